//! Where things stand in a template's text: spans, locations, and the text itself.
//!
//! Everything above refers to source by [`Span`], two byte offsets. An [`Origin`] (a template's name
//! and text) turns a span into the [`Location`] that people read.

mod location;
mod origin;
mod span;

pub use location::Location;
pub(crate) use origin::{Origin, Place};
pub(crate) use span::Span;
