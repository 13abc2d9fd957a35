//! A template's name and text, and places in it.

use std::sync::Arc;

use arcstr::ArcStr;

use crate::source::{Location, Span};

/// The name a template was loaded under and its whole text, kept for error reports.
#[derive(Debug)]
pub(crate) struct Origin {
    /// The template's name, or a name in angle brackets for text that has none.
    pub(crate) name: ArcStr,
    /// The source as the loader gave it.
    pub(crate) text: ArcStr,
}

/// A span together with the template it is in.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The template.
    pub(crate) origin: Arc<Origin>,
    /// The range within its text.
    pub(crate) span: Span,
}

impl Place {
    /// Whether this is the same range of the same template.
    pub(crate) fn is_same(&self, other: &Place) -> bool {
        self.span == other.span && Arc::ptr_eq(&self.origin, &other.origin)
    }

    /// Line and column of the place's first byte.
    pub(crate) fn location(&self) -> Location {
        Location::of(&self.origin.text, self.span.start as usize)
    }
}
