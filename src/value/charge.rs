//! How an operation pays for what it is about to do.

use crate::error::Error;
use crate::value::{Undefined, Value};

/// How deep values may nest where something walks through them: print, comparison, hash, conversion.
pub(crate) const MAX_DEPTH: usize = 200;

/// Who pays for the work and the memory of an operation, and what it may take for granted.
///
/// An operation that allocates or loops in proportion to its input calls this before it does so.
pub(crate) trait Charge {
    /// Pays for `rounds` rounds of work.
    fn fuel(&self, rounds: u64) -> Result<(), Error>;

    /// Pays for `bytes` that are about to be allocated.
    fn memory(&self, bytes: u64) -> Result<(), Error>;

    /// Whether a future that is done counts as its result wherever it is met.
    fn futures_are_awaited(&self) -> bool {
        false
    }

    /// Hears that `container` now holds another container, so that a cycle may have come to be.
    fn stored(&self, _container: &Value) {}

    /// Hears that an undefined value is used where that is allowed.
    fn used_undefined(&self, _undefined: &Undefined) {}
}

/// Pays for everything; for hosts that use values outside of a render.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unlimited;

impl Charge for Unlimited {
    fn fuel(&self, _rounds: u64) -> Result<(), Error> {
        Ok(())
    }

    fn memory(&self, _bytes: u64) -> Result<(), Error> {
        Ok(())
    }
}

/// The bytes of a sequence of `count` values, for [`Charge::memory`].
pub(crate) fn values_size(count: usize) -> u64 {
    (count as u64).saturating_mul(size_of::<Value>() as u64)
}
