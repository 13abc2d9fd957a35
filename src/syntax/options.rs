//! What a template's text may look like: delimiters, white space, depth.

use crate::syntax::Delimiters;

/// How the white space of templates is treated, as in Jinja2.
///
/// ```
/// use kakehi::{Newline, Whitespace};
/// let whitespace = Whitespace { trim_blocks: true, ..Whitespace::default() };
/// assert_eq!(whitespace.newline_sequence, Newline::Lf);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Whitespace {
    /// Drop the first newline after a tag or comment.
    pub trim_blocks: bool,
    /// Drop spaces and tabs between the start of a line and a tag or comment.
    pub lstrip_blocks: bool,
    /// Keep the newline that ends the source.
    pub keep_trailing_newline: bool,
    /// What every newline of the source becomes.
    pub newline_sequence: Newline,
}

/// A way to end a line.
///
/// ```
/// assert_eq!(kakehi::Newline::CrLf.as_str(), "\r\n");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Newline {
    /// `\n`
    #[default]
    Lf,
    /// `\r\n`
    CrLf,
    /// `\r`
    Cr,
}

impl Newline {
    /// The characters.
    ///
    /// ```
    /// assert_eq!(kakehi::Newline::Lf.as_str(), "\n");
    /// ```
    pub fn as_str(self) -> &'static str {
        match self {
            Newline::Lf => "\n",
            Newline::CrLf => "\r\n",
            Newline::Cr => "\r",
        }
    }
}

/// Everything the parser can be told.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) delimiters: Delimiters,
    pub(crate) whitespace: Whitespace,
    /// How deep expressions and blocks may nest.
    pub(crate) nesting: u16,
}

/// How deep expressions and blocks may nest unless told otherwise.
const DEFAULT_NESTING: u16 = 200;

impl Default for Options {
    fn default() -> Self {
        Options {
            delimiters: Delimiters::default(),
            whitespace: Whitespace::default(),
            nesting: DEFAULT_NESTING,
        }
    }
}
