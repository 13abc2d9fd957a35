//! What the machine and its driver say to each other.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use arcstr::ArcStr;

use crate::bytecode::Program;
use crate::error::Error;
use crate::value::{Pending, StreamReader, Value, ValueFuture};

/// Why the machine stopped.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The render ended; the value is that of an expression, else none.
    Finished(Value),
    /// The machine needs something from outside.
    Suspended(Suspension),
}

/// What the machine needs before it can go on.
#[derive(Debug)]
pub(crate) enum Suspension {
    /// A template that this render did not use yet.
    Load { name: ArcStr },
    /// A future's result: to be driven until [`Pending::result`] is there.
    Await { pending: Arc<Pending> },
    /// The next item of a stream.
    Next { stream: StreamReader },
    /// Somebody to take the output written so far.
    Flush,
    /// A timer for a `try` that was just entered, see [`Machine::is_open`](crate::vm::Machine::is_open).
    Timer { handler: HandlerId, after: Duration },
    /// A fragment of the cache, or the right to make it.
    Fragment { key: ArcStr },
    /// A fragment is made: somebody to keep it.
    Keep {
        key: ArcStr,
        text: ArcStr,
        ttl: Option<Duration>,
        token: FragmentToken,
    },
    /// Nothing: a branch may be [split off](crate::vm::Machine::split) here, or runs in place.
    Branch,
    /// Somebody to take over a [deferred](crate::vm::Machine::defer) body.
    Defer,
    /// The end of the branches of the innermost block.
    Join,
    /// Somebody to start a future now.
    Spawn { pending: Arc<Pending> },
    /// Nothing: its slice of instructions is used up.
    Yield,
}

/// Which open `try` of a machine; no two of a machine are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HandlerId(pub(super) u64);

/// The right to make a fragment, which only the driver looks into. Others wait until it is dropped.
pub(crate) type FragmentToken = Box<dyn Any + Send + Sync>;

/// What the cache says to a key.
#[derive(Debug)]
pub(crate) enum FragmentAnswer {
    Found(ArcStr),
    /// The fragment has to be made; with a token, to be handed over with it.
    Make(Option<FragmentToken>),
}

/// A driver that can be asked for what may be there by now, so that the machine need not stop for it.
///
/// What is not there the machine suspends for, at once and for the same thing.
pub(crate) trait Supply: fmt::Debug {
    /// Puts the next item of a stream into `slot`, if it has one. An item inside of the answer would go through
    /// memory twice.
    fn item(&self, stream: &mut StreamReader, slot: &mut Value) -> Poll<Option<Result<(), Error>>>;

    /// Whether a future has its result.
    fn settles(&self, pending: &Arc<Pending>) -> bool;

    /// The value of a future that nobody has polled; or the future, to wait for or with its error.
    fn begin(&self, label: ArcStr, future: ValueFuture) -> Result<Value, Arc<Pending>>;
}

/// What the driver answers.
#[derive(Debug)]
pub(crate) enum Answer {
    /// To `Load`; `Ok(None)` if there is no such template.
    Loaded {
        name: ArcStr,
        program: Result<Option<Arc<Program>>, Error>,
    },
    /// To `Await`: the pending value has its result.
    Awaited,
    /// To `Branch`: it was not split off.
    InPlace,
    /// To `Join`: all branches of the block have ended.
    Joined,
    /// To `Spawn`.
    Spawned,
    /// To `Next`, with the stream; `Ok(None)` at its end.
    Item {
        item: Result<Option<Value>, Error>,
        stream: Option<StreamReader>,
    },
    /// To `Fragment`.
    Fragment(FragmentAnswer),
    /// To `Flush`, `Timer`, `Keep` and `Yield`.
    Continue,
    /// To any suspension: the timer of a `try` that is still open is over. What the machine waits for is
    /// of no use any more.
    TimedOut { handler: HandlerId },
}
