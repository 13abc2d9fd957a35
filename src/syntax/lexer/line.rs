//! Where a line statement ends.

use crate::syntax::lexer::code;

/// The end of the line statement, if nothing but white space stands between `at` and a newline.
///
/// As in Jinja2, blank lines that follow belong to the statement.
pub(super) fn end_of_line(source: &str, at: usize) -> Option<usize> {
    let blank = code::skip_space(source, at);
    if blank == source.len() {
        return Some(blank);
    }
    let newline = memchr::memrchr2(b'\n', b'\r', &source.as_bytes()[at..blank])?;
    Some(at + newline + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_lines_belong_to_the_statement() {
        for (source, end) in [
            ("  \n x", Some(3)),
            (" \n\n  \n x", Some(6)),
            ("\r\nx", Some(2)),
            ("  ", Some(2)),
            ("", Some(0)),
            (" x\n", None),
        ] {
            assert_eq!(end_of_line(source, 0), end, "{source:?}");
        }
    }
}
