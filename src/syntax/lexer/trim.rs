//! White space control: what is cut off template text beside tags, outputs and comments.

/// Whether Python calls the character white space.
pub(crate) fn is_space(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\x1c'..='\x1f')
}

/// The length of the newline at the start of `text`, if there is one.
pub(crate) fn newline_len(text: &[u8]) -> usize {
    match text {
        [b'\r', b'\n', ..] => 2,
        [b'\r' | b'\n', ..] => 1,
        _ => 0,
    }
}

/// The length of `source` without the newline that ends it.
pub(super) fn without_trailing_newline(source: &str) -> usize {
    let bytes = source.as_bytes();
    match bytes {
        [.., b'\r', b'\n'] => bytes.len() - 2,
        [.., b'\r' | b'\n'] => bytes.len() - 1,
        _ => bytes.len(),
    }
}

/// `text` without white space at its end, for `<%-`.
pub(super) fn strip_end(text: &str) -> &str {
    text.trim_end_matches(is_space)
}

/// `text` without the white space between the start of its last line and its end, for `lstrip_blocks`.
///
/// `at_line_start` says that the text itself starts a line. A last line that holds more than white space
/// is left alone.
pub(super) fn strip_line_start(text: &str, at_line_start: bool) -> &str {
    let line = memchr::memrchr2(b'\n', b'\r', text.as_bytes()).map_or(0, |at| at + 1);
    if (line > 0 || at_line_start) && text[line..].chars().all(is_space) {
        &text[..line]
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_newline_ends_a_source() {
        for (source, length) in [
            ("", 0),
            ("a", 1),
            ("a\n", 1),
            ("a\r\n", 1),
            ("a\r", 1),
            ("a\n\n", 2),
            ("a\r\n\r\n", 3),
            ("\n", 0),
        ] {
            assert_eq!(without_trailing_newline(source), length, "{source:?}");
        }
    }

    #[test]
    fn only_blank_line_starts_are_stripped() {
        for (text, at_line_start, expected) in [
            ("a\n  ", false, "a\n"),
            ("a\r  ", false, "a\r"),
            ("a\n b ", false, "a\n b "),
            ("  ", true, ""),
            ("  ", false, "  "),
            ("", true, ""),
            ("a\n\u{a0}\t", true, "a\n"),
        ] {
            assert_eq!(strip_line_start(text, at_line_start), expected, "{text:?}");
        }
    }
}
