//! In place of slugs, without the feature `slug`.

use crate::call::Registry;

/// Registers nothing.
pub(super) fn register(_: &mut Registry) {}
