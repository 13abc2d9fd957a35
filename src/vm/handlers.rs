//! `try`: what is put back when a body fails or takes too long.
//!
//! An error leaves frames, loops and captures until it finds an open `try`, and the machine goes on with
//! that one's fallback. Nothing is undone but output: variables keep what the body has set.

use std::time::Duration;

use crate::bytecode::Label;
use crate::error::Error;
use crate::error::machine::MachineFault;
use crate::value::{Repr, Unlimited, Value, display, number, settled};
use crate::vm::library::Library;
use crate::vm::machine::Machine;
use crate::vm::outcome::{HandlerId, Suspension};
use crate::vm::waits::Waiting;

/// An open `try`, and the state of the machine before it.
#[derive(Debug)]
pub(super) struct Handler {
    id: HandlerId,
    /// Where its fallback begins.
    fallback: Label,
    timeout: Option<Duration>,
    auto_escape: bool,
    /// How many callers, native functions, blocks with branches, values, loops, captures and saved escaping
    /// modes there were.
    callers: usize,
    natives: usize,
    pub(super) groups: usize,
    stack: usize,
    loops: usize,
    captures: usize,
    escapes: usize,
    fragments: usize,
    /// Whether its text is put aside; all text of a deferred body is so anyhow.
    is_aside: bool,
}

impl Machine {
    /// Has a deferred body, of which nothing has run yet, go on at its fallback if it fails.
    pub(super) fn catch_deferred(&mut self, id: u64, fallback: Label) {
        let handler = Handler {
            id: HandlerId(id),
            fallback,
            timeout: None,
            auto_escape: self.frame().auto_escape,
            callers: 0,
            natives: 0,
            groups: 0,
            stack: self.stack.len(),
            loops: self.loops.len(),
            captures: 0,
            escapes: 0,
            fragments: 0,
            is_aside: false,
        };
        self.seldom().handlers.push(handler);
    }

    /// `->`: opens a `try`.
    pub(super) fn enter_try(
        &mut self,
        fallback: Label,
        timeout: Option<Duration>,
    ) -> Result<HandlerId, Error> {
        let captures = self.output.captures();
        self.output.begin_capture(&self.render.budget)?;
        let id = HandlerId(self.render.next_handler);
        self.render.next_handler += 1;
        let handler = Handler {
            id,
            fallback,
            timeout,
            auto_escape: self.frame().auto_escape,
            callers: self.callers.len(),
            natives: self.natives().len(),
            groups: self.groups().len(),
            stack: self.stack.len(),
            loops: self.loops.len(),
            captures,
            escapes: self.escapes.len(),
            fragments: self.fragments().len(),
            is_aside: true,
        };
        self.seldom().handlers.push(handler);
        Ok(id)
    }

    /// `seconds ->`: opens a `try` that may take so long; the timer that is needed for that.
    pub(super) fn enter_timed_try(&mut self, fallback: Label) -> Result<Option<Suspension>, Error> {
        let timeout = self.timeout()?;
        // The seconds are no part of what is put back.
        let seconds = self.pop();
        match (self.enter_try(fallback, timeout), timeout) {
            (Ok(handler), Some(after)) => Ok(Some(Suspension::Timer { handler, after })),
            (Ok(_), None) => Ok(None),
            (Err(error), _) => {
                self.stack.push(seconds);
                Err(error)
            }
        }
    }

    /// The number of seconds on top of the stack as a time; none means any time.
    fn timeout(&self) -> Result<Option<Duration>, Error> {
        let value = settled(&self.render.budget, self.top())?;
        if let Repr::None = value.0 {
            return Ok(None);
        }
        if let Some(undefined) = value.as_undefined() {
            return Err(undefined.error());
        }
        let fault = |found: &str| {
            let found = found.into();
            MachineFault::Seconds { found }.into_error()
        };
        let seconds = match number::number_of(value) {
            Some(number) => number.to_f64(),
            None => return Err(fault(value.type_name())),
        };
        if seconds.is_nan() || seconds < 0.0 {
            return Err(fault(&display::to_repr(&Unlimited, value)?));
        }
        // What is longer than a time can be never ends.
        Ok(Duration::try_from_secs_f64(seconds).ok())
    }

    /// `->`: the body of the innermost `try` came to its end.
    pub(super) fn exit_try(&mut self) -> Result<(), Error> {
        if self.handlers().last().is_some_and(|last| last.is_aside) {
            self.output.join_capture(&self.render.budget)?;
        }
        self.seldom().handlers.pop();
        Ok(())
    }

    /// Whether a `try` is still open.
    pub(crate) fn is_open(&self, handler: HandlerId) -> bool {
        self.handlers().iter().any(|open| open.id == handler)
    }

    /// Whether the innermost `try` is nearer to what runs than any native function.
    pub(super) fn has_handler_above(&self) -> bool {
        let natives = self.natives().len();
        self.handlers()
            .last()
            .is_some_and(|handler| handler.natives == natives)
    }

    /// Goes on with the fallback of an open `try`, leaving all that was begun within it.
    pub(super) fn catch(&mut self, at: usize, error: &Error) -> Result<(), Error> {
        // Text that is dropped has been written nevertheless.
        self.output.settle(&self.render.budget)?;
        let caught = Value::from_error(error);
        self.waiting = Waiting::Nothing;
        let seldom = self.seldom();
        seldom.retries = (0, 0);
        seldom.handlers.truncate(at + 1);
        let handler = seldom.handlers.pop().expect("the handler is open");
        seldom.natives.truncate(handler.natives);
        while self.callers.len() > handler.callers {
            self.pop_frame();
        }
        self.drop_groups(usize::MAX, handler.groups);
        let frame = self.frame_mut();
        frame.address = handler.fallback.0;
        frame.auto_escape = handler.auto_escape;
        self.stack.truncate(handler.stack);
        self.loops.truncate(handler.loops);
        self.escapes.truncate(handler.escapes);
        self.seldom().fragments.truncate(handler.fragments);
        self.output.drop_captures(handler.captures);
        if !handler.is_aside {
            self.output.take_inner();
            self.seldom().gave_up = true;
        }
        self.stack.push(caught);
        Ok(())
    }

    /// The time of an open `try` is over; those within it do not catch that.
    pub(super) fn time_out(
        &mut self,
        library: &Library<'_>,
        handler: HandlerId,
    ) -> Result<(), Error> {
        let Some(at) = self.handlers().iter().position(|open| open.id == handler) else {
            return Ok(());
        };
        let timeout = self.handlers()[at].timeout.unwrap_or_default();
        let error = self.locate_in(library, MachineFault::Timeout(timeout).into_error());
        self.catch(at, &error)
    }
}
