//! The clock of deadlines, with tokio's timer where its runtime runs; behind the feature `tokio`.

use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_core::future::BoxFuture;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::consume_budget;
use tokio::time::Sleep;

pub(crate) use tokio::time::Instant;

use crate::render::block_on::{BlockOn, BlockingRender};
use crate::render::timer;

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
        if self.timer.is_none() && Handle::try_current().is_err() {
            return Poll::Pending;
        }
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(at)));
        timer.as_mut().poll(context)
    }
}

/// Whether a runtime is at work on this thread, so that blocking would stop it.
///
/// Where blocking is fine, in `spawn_blocking` or `block_in_place` say, there is a current runtime too. The
/// difference that shows is tokio's budget: only a task that the runtime polls has one and runs out of it.
pub(crate) fn in_runtime() -> bool {
    if Handle::try_current().is_err() {
        return false;
    }
    let mut cx = Context::from_waker(Waker::noop());
    // A budget is 128 rounds; what is used of it here is gone, but the render is refused then anyway.
    (0..MOST_BUDGET).any(|_| pin!(consume_budget()).poll(&mut cx).is_pending())
}

/// More rounds than any task may have before it must pause.
const MOST_BUDGET: usize = 1024;

impl BlockOn for Handle {
    fn block_on(&self, render: BlockingRender<'_>) {
        Handle::block_on(self, render);
    }

    fn would_stop_runtime(&self) -> bool {
        // A thread outside of any runtime cannot know whether somebody runs a current-thread runtime; if
        // nobody does, its timers never fire.
        let may_stand_still =
            self.runtime_flavor() == RuntimeFlavor::CurrentThread && Handle::try_current().is_err();
        may_stand_still || in_runtime()
    }
}

/// Waits so long, by tokio's timer where its runtime runs; none without a timer.
pub(crate) fn sleep(time: Duration) -> Option<BoxFuture<'static, ()>> {
    match Handle::try_current() {
        Ok(_) => Some(Box::pin(tokio::time::sleep(time))),
        Err(_) => timer::sleep(time),
    }
}
