//! How a native function answers, and how answers are chained.

use std::fmt;

use crate::call::{CallContext, OwnedArguments};
use crate::error::Error;
use crate::value::{StreamHandle, Value};

/// What a native function wants next: to return, or something that only the machine can do.
///
/// Made by [`Flow::from`] a value; the other answers are the engine's own.
///
/// ```
/// use kakehi::{Flow, Value};
/// let flow = Flow::from(Value::from(7));
/// assert!(matches!(flow, Flow::Return(value) if value.as_i64() == Some(7)));
/// ```
#[non_exhaustive]
pub enum Flow {
    /// The result.
    Return(Value),
    /// Call something and go on with its result.
    #[doc(hidden)]
    Call {
        /// A macro, a function, anything callable.
        callee: Value,
        /// What it is called with.
        arguments: OwnedArguments,
        /// What happens with the result.
        then: Continuation,
    },
    /// Wait for a future and go on with its result; a value that is no future is passed on at once.
    #[doc(hidden)]
    Await {
        /// The future.
        value: Value,
        /// What happens with its result.
        then: Continuation,
    },
    /// Read the next item of a stream and go on with it; `None` at the end.
    #[doc(hidden)]
    Next {
        /// The stream, which `then` may hold as well to read on.
        stream: StreamHandle,
        /// What happens with the item.
        then: NextContinuation,
    },
}

/// The rest of a native function after a call or a wait.
pub(crate) type Continuation =
    Box<dyn FnOnce(&CallContext<'_>, Result<Value, Error>) -> Result<Flow, Error> + Send>;

/// The rest of a native function after an item of a stream.
pub(crate) type NextContinuation =
    Box<dyn FnOnce(&CallContext<'_>, Result<Option<Value>, Error>) -> Result<Flow, Error> + Send>;

impl From<Value> for Flow {
    fn from(value: Value) -> Self {
        Flow::Return(value)
    }
}

impl fmt::Debug for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Flow::Return(_) => "Return",
            Flow::Call { .. } => "Call",
            Flow::Await { .. } => "Await",
            Flow::Next { .. } => "Next",
        })
    }
}

/// Goes on with `then` once `flow` has its result, however often it calls or waits before.
pub(crate) fn and_then(
    context: &CallContext<'_>,
    flow: Flow,
    then: Continuation,
) -> Result<Flow, Error> {
    Ok(match flow {
        Flow::Return(value) => return then(context, Ok(value)),
        Flow::Call {
            callee,
            arguments,
            then: inner,
        } => Flow::Call {
            callee,
            arguments,
            then: chain(inner, then),
        },
        Flow::Await { value, then: inner } => Flow::Await {
            value,
            then: chain(inner, then),
        },
        Flow::Next {
            stream,
            then: inner,
        } => Flow::Next {
            stream,
            then: Box::new(move |context, item| match inner(context, item) {
                Ok(flow) => and_then(context, flow, then),
                Err(error) => then(context, Err(error)),
            }),
        },
    })
}

fn chain(inner: Continuation, outer: Continuation) -> Continuation {
    Box::new(move |context, result| match inner(context, result) {
        Ok(flow) => and_then(context, flow, outer),
        Err(error) => outer(context, Err(error)),
    })
}

/// What happens with many results once all of them are there.
pub(crate) type ResolvedContinuation =
    Box<dyn FnOnce(&CallContext<'_>, Vec<Value>) -> Result<Flow, Error> + Send>;

/// Goes on with `then` once every future among `values` is replaced by its result.
///
/// Without a future among them, `then` runs at once. A call that may not wait passes futures on as they are.
pub(crate) fn resolve(
    context: &CallContext<'_>,
    values: Vec<Value>,
    then: ResolvedContinuation,
) -> Result<Flow, Error> {
    if !context.awaits() {
        return then(context, values);
    }
    resolve_from(context, values, 0, then)
}

fn resolve_from(
    context: &CallContext<'_>,
    mut values: Vec<Value>,
    start: usize,
    then: ResolvedContinuation,
) -> Result<Flow, Error> {
    let Some(at) = (start..values.len()).find(|&at| values[at].is_pending()) else {
        return then(context, values);
    };
    Ok(Flow::Await {
        value: values[at].clone(),
        then: Box::new(move |context, result| {
            values[at] = result?;
            resolve_from(context, values, at + 1, then)
        }),
    })
}
