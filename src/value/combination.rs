//! What waits for several futures, or for time: said here, done by a driver.

use std::time::Duration;

use crate::error::Error;
use crate::error::value::ValueFault;
use crate::value::{MAX_DEPTH, Value};

/// A future made of others, which a driver turns into one that it can poll.
#[derive(Debug)]
pub(crate) struct Combination {
    pub(crate) kind: CombinationKind,
    /// The futures, and values that stand for themselves.
    pub(crate) items: Vec<Value>,
    /// How many combinations are within each other.
    depth: usize,
}

/// What becomes of the results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CombinationKind {
    /// A list of all results; the first error ends it.
    Gather,
    /// The first result or error.
    Race,
    /// A list of all results and errors.
    Settle,
    /// The only result, unless it takes longer.
    Timeout(Duration),
    /// Nothing, after a while.
    Sleep(Duration),
}

impl Combination {
    /// A combination of some futures and values.
    ///
    /// # Errors
    /// If too many are within each other: each level takes part in every poll of the innermost.
    pub(crate) fn new(kind: CombinationKind, items: Vec<Value>) -> Result<Self, Error> {
        let depths = items.iter().filter_map(|item| {
            let pending = item.as_pending()?;
            Some(pending.depth())
        });
        let depth = depths.max().unwrap_or(0);
        if depth > MAX_DEPTH {
            return Err(ValueFault::TooDeep(MAX_DEPTH).into());
        }
        Ok(Combination { kind, items, depth })
    }

    /// How many combinations are within it.
    pub(super) fn depth(&self) -> usize {
        self.depth
    }
}
