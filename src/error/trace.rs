//! How a render got to where it failed.

use arcstr::ArcStr;

use crate::source::Place;

/// One step on the way from the rendered template to the failing place.
#[derive(Clone, Debug)]
pub(crate) struct TraceEntry {
    /// What was entered.
    pub(crate) kind: TraceKind,
    /// Its name.
    pub(crate) name: ArcStr,
    /// Where it was entered from.
    pub(crate) place: Place,
}

/// What a trace entry entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TraceKind {
    /// An included template.
    Include,
    /// An imported template.
    Import,
    /// A parent template.
    Extends,
    /// A block.
    Block,
    /// A macro or the body of a `call` block.
    Macro,
    /// A deeper round of a recursive loop.
    Loop,
}
