//! In place of dates, without the feature `datetime`.

use crate::call::Registry;

/// Registers nothing.
pub(super) fn register(_: &mut Registry) {}
