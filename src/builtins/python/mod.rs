//! What Python does with text: classes of characters, casing, splitting, wrapping and format specs.
//!
//! Nothing here knows values or renders; callers charge the budget first.

pub(super) mod casing;
pub(super) mod characters;
pub(super) mod format_spec;
pub(super) mod rounding;
pub(super) mod split;
mod tables;
pub(super) mod wrap;
