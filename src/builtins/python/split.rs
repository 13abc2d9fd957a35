//! Splitting text into words and lines, and finding parts, as Python's `str` does.

use crate::builtins::python::characters::is_space;

/// `str.split()` without a separator: words between white space, at most `limit` splits.
pub(crate) fn words(text: &str, limit: usize) -> impl Iterator<Item = &str> {
    let mut rest = text.trim_start_matches(is_space);
    let mut left = limit;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        if left == 0 {
            return Some(std::mem::take(&mut rest));
        }
        left -= 1;
        let end = rest.find(is_space).unwrap_or(rest.len());
        let word = &rest[..end];
        rest = rest[end..].trim_start_matches(is_space);
        Some(word)
    })
}

/// `str.rsplit()` without a separator, from the last word to the first.
pub(crate) fn words_from_end(text: &str, limit: usize) -> impl Iterator<Item = &str> {
    let mut rest = text.trim_end_matches(is_space);
    let mut left = limit;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        if left == 0 {
            return Some(std::mem::take(&mut rest));
        }
        left -= 1;
        let start = rest
            .char_indices()
            .rev()
            .find(|&(_, character)| is_space(character))
            .map_or(0, |(at, character)| at + character.len_utf8());
        let word = &rest[start..];
        rest = rest[..start].trim_end_matches(is_space);
        Some(word)
    })
}

/// `str.splitlines`: the lines, with or without what ends them.
pub(crate) fn lines(text: &str, keep_ends: bool) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let Some((at, end)) = rest.char_indices().find(|&(_, c)| ends_line(c)) else {
            return Some(std::mem::take(&mut rest));
        };
        let mut next = at + end.len_utf8();
        if rest[at..].starts_with("\r\n") {
            next += 1;
        }
        let line = &rest[..if keep_ends { next } else { at }];
        rest = &rest[next..];
        Some(line)
    })
}

/// Whether a line ends at this character.
pub(crate) fn ends_line(character: char) -> bool {
    matches!(
        character,
        '\n' | '\r' | '\x0b' | '\x0c' | '\x1c'..='\x1e' | '\u{85}' | '\u{2028}' | '\u{2029}'
    )
}

/// The byte range of the characters `start..end`, with Python's meaning of negative indices.
///
/// `None` where `start` is behind the end of the text or behind `end`, so that not even an empty text is found.
pub(crate) fn range(text: &str, start: Option<i64>, end: Option<i64>) -> Option<(usize, usize)> {
    let whole = matches!(start, None | Some(0)) && end.is_none();
    if whole {
        return Some((0, text.len()));
    }
    let length = text.chars().count() as i64;
    let clamp = |index: i64| match index {
        index if index < 0 => (length.saturating_add(index)).max(0),
        index => index,
    };
    let start = clamp(start.unwrap_or(0));
    let end = clamp(end.unwrap_or(length)).min(length);
    if start > end {
        return None;
    }
    let from = byte_of(text, start as usize);
    Some((from, from + byte_of(&text[from..], (end - start) as usize)))
}

/// The byte at which the character at `index` starts, or the end.
pub(crate) fn byte_of(text: &str, index: usize) -> usize {
    match text.is_ascii() {
        true => index.min(text.len()),
        false => text
            .char_indices()
            .nth(index)
            .map_or(text.len(), |(at, _)| at),
    }
}

/// How many times `part` occurs without overlapping; an empty one between all characters and at the ends.
pub(crate) fn count(text: &str, part: &str) -> usize {
    match part.is_empty() {
        true => text.chars().count() + 1,
        false => text.matches(part).count(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_agree_with_python() {
        // text, limit, split(None, limit), rsplit(None, limit)
        let rows: [(&str, usize, &[&str], &[&str]); 5] = [
            ("", usize::MAX, &[], &[]),
            ("  a b\t c ", usize::MAX, &["a", "b", "c"], &["a", "b", "c"]),
            ("  a b  c ", 1, &["a", "b  c "], &["  a b", "c"]),
            ("  a b  c ", 0, &["a b  c "], &["  a b  c"]),
            (
                "a\x1cb\u{a0}c",
                usize::MAX,
                &["a", "b", "c"],
                &["a", "b", "c"],
            ),
        ];
        for (text, limit, forward, backward) in rows {
            assert_eq!(words(text, limit).collect::<Vec<_>>(), forward, "{text:?}");
            let mut found: Vec<_> = words_from_end(text, limit).collect();
            found.reverse();
            assert_eq!(found, backward, "{text:?}");
        }
    }

    #[test]
    fn lines_agree_with_python() {
        let rows: [(&str, &[&str], &[&str]); 4] = [
            ("", &[], &[]),
            (
                "a\nb\r\nc\rd",
                &["a", "b", "c", "d"],
                &["a\n", "b\r\n", "c\r", "d"],
            ),
            ("a\n\nb\n", &["a", "", "b"], &["a\n", "\n", "b\n"]),
            (
                "a\u{2028}b\x0bc\x1e",
                &["a", "b", "c"],
                &["a\u{2028}", "b\x0b", "c\x1e"],
            ),
        ];
        for (text, bare, kept) in rows {
            assert_eq!(lines(text, false).collect::<Vec<_>>(), bare, "{text:?}");
            assert_eq!(lines(text, true).collect::<Vec<_>>(), kept, "{text:?}");
        }
    }

    #[test]
    fn ranges_count_characters() {
        assert_eq!(range("äöü", Some(1), None), Some((2, 6)));
        assert_eq!(range("äöü", Some(-1), None), Some((4, 6)));
        assert_eq!(range("äöü", Some(3), None), Some((6, 6)));
        assert_eq!(range("äöü", Some(4), None), None);
        assert_eq!(range("abc", Some(2), Some(1)), None);
        assert_eq!(range("abc", Some(i64::MIN), Some(i64::MAX)), Some((0, 3)));
    }
}
