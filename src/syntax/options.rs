//! What a template's text may look like: delimiters, white space, depth.

use std::sync::Arc;

use arcstr::ArcStr;

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
    pub(crate) translation: TranslationOptions,
    /// The tags that the host adds.
    pub(crate) tags: Arc<Vec<TagShape>>,
}

/// A tag of the host, as far as the parser has to know it.
#[derive(Clone, Debug)]
pub(crate) struct TagShape {
    pub(crate) name: ArcStr,
    pub(crate) has_body: bool,
    /// The tags that may stand between its parts.
    pub(crate) branches: Vec<ArcStr>,
    /// Whether it is given the variables it sees.
    pub(crate) sees_variables: bool,
    /// Whether it says that it waits.
    pub(crate) waits: bool,
}

impl Options {
    /// The tag of the host that is called `name`.
    pub(crate) fn tag(&self, name: &str) -> Option<&TagShape> {
        self.tags.iter().find(|tag| tag.name == name)
    }
}

/// What `trans` does unless its tag says otherwise.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct TranslationOptions {
    /// Line breaks in messages, and the white space around them, are one space.
    pub(crate) trimmed: bool,
    /// `gettext` and its sisters put variables into messages, not `trans`: what Jinja2 calls new-style.
    pub(crate) formats_messages: bool,
}

/// How deep expressions and blocks may nest unless told otherwise.
const DEFAULT_NESTING: u16 = 200;

impl Default for Options {
    fn default() -> Self {
        Options {
            delimiters: Delimiters::default(),
            whitespace: Whitespace::default(),
            nesting: DEFAULT_NESTING,
            translation: TranslationOptions::default(),
            tags: Arc::new(vec![TagShape {
                name: ArcStr::from("debug"),
                has_body: false,
                branches: Vec::new(),
                sees_variables: true,
                waits: false,
            }]),
        }
    }
}
