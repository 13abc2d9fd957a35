//! The drivers: they start a machine and answer its suspensions.
//!
//! [`blocking`] answers what it can at once and refuses to wait; [`driver`] waits, and the future, the
//! stream and the writers are thin covers over it. This is the only layer that polls, awaits, reads the
//! clock or knows a runtime. Neither driver needs one, spawns anything or holds a lock while it waits.

mod block_on;
mod blocking;
mod branches;
mod combine;
mod context;
mod defer_mode;
mod deferred;
mod driver;
mod evaluate;
mod fragments;
mod future;
mod job;
mod lane;
mod load;
mod options;
mod spare;
mod stream;
mod timers;
mod write;

#[cfg(not(feature = "tokio"))]
#[path = "clock_std.rs"]
mod clock;
#[cfg(feature = "tokio")]
#[path = "clock_tokio.rs"]
mod clock;
#[cfg(not(feature = "timer"))]
#[path = "timer_none.rs"]
mod timer;
#[cfg(feature = "timer")]
#[path = "timer_thread.rs"]
mod timer;
#[cfg(feature = "tokio")]
mod write_tokio;

pub use block_on::{BlockOn, BlockingRender, ParkThread};
pub(crate) use blocking::{evaluate, render, render_to};
pub(crate) use clock::Instant;
pub use context::Context;
pub use defer_mode::DeferMode;
pub use evaluate::EvalFuture;
pub(crate) use evaluate::defined_or;
pub use future::RenderFuture;
pub(crate) use job::{Job, Plan, no_options};
pub(crate) use load::LoadFuture;
pub use options::RenderOptions;
pub use stream::RenderStream;
pub use write::WriteFuture;
pub(crate) use write::write_to;
#[cfg(feature = "tokio")]
pub(crate) use write_tokio::{TokioWrite, write_to_tokio};

#[cfg(test)]
mod tests;
#[cfg(all(test, feature = "tokio"))]
mod tests_tokio;
