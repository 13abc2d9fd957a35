//! Lines and columns, as people count them.

/// A place in a template: line and column, both counted from 1.
///
/// Columns count characters, not bytes, so that they agree with what an editor shows.
///
/// ```
/// let env = kakehi::Environment::new();
/// let error = env.render_str("one\n<< 1 + >>", ()).unwrap_err();
/// let location = error.location().unwrap();
/// assert_eq!((location.line, location.column), (2, 8));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Location {
    /// The line, from 1.
    pub line: u32,
    /// The character within the line, from 1.
    pub column: u32,
}

impl Location {
    /// The location of byte `offset` in `text`; past the end, the location of the end.
    pub(crate) fn of(text: &str, offset: usize) -> Self {
        let mut offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let before = &text[..offset];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Location {
            line: memchr::memchr_iter(b'\n', before.as_bytes()).count() as u32 + 1,
            column: before[line_start..].chars().count() as u32 + 1,
        }
    }
}
