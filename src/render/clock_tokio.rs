//! The clock of deadlines, with tokio's timer where its runtime runs; behind the feature `tokio`.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::{Instant, Sleep};

use crate::render::block_on::{BlockOn, BlockingRender};

/// When a render must be over.
#[derive(Debug)]
pub(crate) struct Deadline {
    pub(crate) allowed: Duration,
    at: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Deadline {
    /// `allowed` from now on.
    pub(crate) fn start(allowed: Duration) -> Self {
        Deadline {
            allowed,
            // None if that is beyond what the clock can count.
            at: Instant::now().checked_add(allowed),
            timer: None,
        }
    }

    /// Whether it is over.
    pub(crate) fn is_over(&self) -> bool {
        self.at.is_some_and(|at| Instant::now() >= at)
    }

    /// Wakes the task when it is over, if it runs in the runtime.
    pub(crate) fn poll_over(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Some(at) = self.at else {
            return Poll::Pending;
        };
        if self.timer.is_none() && !in_runtime() {
            return Poll::Pending;
        }
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(at)));
        timer.as_mut().poll(context)
    }
}

/// Whether a runtime is known to run on this thread.
pub(crate) fn in_runtime() -> bool {
    Handle::try_current().is_ok()
}

impl BlockOn for Handle {
    fn block_on(&self, render: BlockingRender<'_>) {
        Handle::block_on(self, render);
    }

    fn would_stop_runtime(&self) -> bool {
        in_runtime()
    }
}
