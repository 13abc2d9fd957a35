//! The machine that runs programs.
//!
//! Rules of this layer:
//!
//! 1. A [`Machine`] owns its values and output. It borrows nothing and is `Send`; its driver lends it the
//!    [`Host`] whenever it runs it.
//! 2. [`Machine::run`] returns only at the end, at an error, or at a [`Suspension`]; then only
//!    [`Machine::resume`] with the matching [`Answer`] is legal. An instruction that suspends has changed
//!    nothing: it runs again once the answer is there.
//! 3. The machine never calls itself: macros, blocks, includes and callers push frames, and a native
//!    function that wants something called says so with a [`Flow`](crate::call::Flow).
//! 4. Whatever can grow has a limit. Dropping a machine at any suspension is safe.
//! 5. Nothing here does I/O, reads a clock, polls a future or knows a runtime; nothing is thread-local.

mod blocks;
mod branches;
mod calls;
mod cells;
mod context;
mod deferred;
mod dispatch;
mod fragments;
mod frame;
mod handlers;
mod imports;
mod instructions;
mod library;
mod loops;
mod machine;
mod macros;
mod names;
mod objects;
mod operators;
mod outcome;
mod output;
mod scope;
mod seldom;
mod shortcuts;
mod trace;
mod waits;

pub(crate) use branches::BranchPlace;
pub(crate) use library::Host;
pub(crate) use machine::{Entry, Machine, Setup, Stopped};
pub(crate) use outcome::{
    Answer, FragmentAnswer, FragmentToken, HandlerId, Outcome, Supply, Suspension,
};
