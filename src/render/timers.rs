//! The timers of a machine's open `try`s.

use std::task::Context;
use std::time::Duration;

use crate::render::clock::Deadline;
use crate::vm::{HandlerId, Machine};

/// The timers of one machine, that of the outermost `try` first.
#[derive(Debug, Default)]
pub(crate) struct Timers(Vec<(HandlerId, Deadline)>);

impl Timers {
    /// Starts the timer of a `try` that was just entered.
    pub(crate) fn start(&mut self, handler: HandlerId, after: Duration) {
        self.0.push((handler, Deadline::start(after)));
    }

    /// Forgets all of them.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// The outermost `try` whose time is over.
    pub(crate) fn over(&mut self, machine: &Machine) -> Option<HandlerId> {
        self.find(machine, |timer| timer.is_over())
    }

    /// As [`Timers::over`]; else the task is woken when the time of one is, where there is a runtime's timer.
    pub(crate) fn poll_over(
        &mut self,
        machine: &Machine,
        cx: &mut Context<'_>,
    ) -> Option<HandlerId> {
        self.find(machine, |timer| {
            timer.is_over() || timer.poll_over(cx).is_ready()
        })
    }

    fn find(
        &mut self,
        machine: &Machine,
        mut is_over: impl FnMut(&mut Deadline) -> bool,
    ) -> Option<HandlerId> {
        if self.0.is_empty() {
            return None;
        }
        self.0.retain(|(handler, _)| machine.is_open(*handler));
        let mut over = None;
        for (handler, timer) in &mut self.0 {
            // Each is asked, as each may have to wake the task.
            if is_over(timer) && over.is_none() {
                over = Some(*handler);
            }
        }
        over
    }
}
