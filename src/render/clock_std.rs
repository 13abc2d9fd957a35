//! The clock of deadlines, without a runtime: looked at, never waited for.

use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::future::BoxFuture;

use crate::render::timer;

pub(crate) use std::time::Instant;

/// When a render must be over.
#[derive(Debug)]
pub(crate) struct Deadline {
    pub(crate) allowed: Duration,
    at: Option<Instant>,
}

impl Deadline {
    /// `allowed` from now on.
    pub(crate) fn start(allowed: Duration) -> Self {
        Deadline {
            allowed,
            // None if that is beyond what the clock can count.
            at: Instant::now().checked_add(allowed),
        }
    }

    /// Whether it is over.
    pub(crate) fn is_over(&self) -> bool {
        self.at.is_some_and(|at| Instant::now() >= at)
    }

    /// Wakes the task when it is over; without a runtime there is no timer that could.
    pub(crate) fn poll_over(&mut self, _: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }
}

/// Whether a runtime is known to run on this thread.
pub(crate) fn in_runtime() -> bool {
    false
}

/// Waits so long; none without a timer.
pub(crate) fn sleep(time: Duration) -> Option<BoxFuture<'static, ()>> {
    timer::sleep(time)
}
