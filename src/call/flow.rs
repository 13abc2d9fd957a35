//! How a native function answers, and how answers are chained.

use std::fmt;

use arcstr::ArcStr;

use crate::call::{CallContext, OwnedArguments};
use crate::error::Error;
use crate::value::{StreamHandle, Value, ValueFuture};

/// What a native function wants next: to return, or something that only the machine can do.
///
/// Made by [`Flow::from`] a value, [`Flow::call`], and [`Flow::wait`].
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
    /// The result of an async call: a future that nobody has polled.
    #[doc(hidden)]
    Future {
        /// What was called.
        label: ArcStr,
        /// What was begun.
        future: ValueFuture,
    },
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

impl Flow {
    /// The result that prints as nothing.
    ///
    /// ```
    /// use kakehi::Flow;
    /// assert!(matches!(Flow::nothing(), Flow::Return(value) if value.as_str() == Some("")));
    /// ```
    pub fn nothing() -> Flow {
        Flow::Return(Value::string(""))
    }

    /// The same with a future as a value.
    #[inline]
    pub(crate) fn with_future_as_value(self) -> Flow {
        match self {
            Flow::Future { label, future } => Flow::Return(Value::pending_box(label, future)),
            other => other,
        }
    }

    /// Has the machine call something, a macro or the part of a tag for instance, and goes on with what that
    /// gives, or with its error.
    ///
    /// What is called may wait, in a render that can.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use kakehi::{Arguments, CallContext, Environment, Error, Flow, Function, Value};
    ///
    /// /// What a macro gives, or a dash if it fails.
    /// struct Safely;
    ///
    /// impl Function for Safely {
    ///     fn call(&self, _: &CallContext<'_>, arguments: &Arguments<'_>) -> Result<Flow, Error> {
    ///         let callee = arguments.get(0).cloned().unwrap_or_default();
    ///         Ok(Flow::call(callee, [Value::from(1)], |_, result| {
    ///             Ok(Flow::from(result.unwrap_or_else(|_| Value::from("-"))))
    ///         }))
    ///     }
    /// }
    ///
    /// let mut env = Environment::new();
    /// env.set_function("safely", Arc::new(Safely));
    /// let source = "<% macro a(n) %><< n + 1 >><% end %><% macro b(n) %><< n + 'x' >><% end %><< safely(a) >><< safely(b) >>";
    /// assert_eq!(env.render_str(source, ())?, "2-");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn call<F>(callee: Value, arguments: impl Into<Vec<Value>>, then: F) -> Flow
    where
        F: FnOnce(&CallContext<'_>, Result<Value, Error>) -> Result<Flow, Error> + Send + 'static,
    {
        Flow::Call {
            callee,
            arguments: OwnedArguments::from_positional(arguments.into()),
            then: Box::new(then),
        }
    }

    /// Waits for a future and goes on with its result, or with its error. A value that is no future is passed
    /// on at once.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use kakehi::{Arguments, CallContext, Environment, Error, Flow, Function, Value};
    ///
    /// /// Waits, whether the template says `await` or not.
    /// struct Seven;
    ///
    /// impl Function for Seven {
    ///     fn call(&self, _: &CallContext<'_>, _: &Arguments<'_>) -> Result<Flow, Error> {
    ///         let future = Value::from_future(async { Ok::<_, Error>(7) });
    ///         Ok(Flow::wait(future, |_, number| number.map(Flow::from)))
    ///     }
    /// }
    ///
    /// let mut env = Environment::new();
    /// env.set_function("seven", Arc::new(Seven));
    /// assert_eq!(futures_executor::block_on(env.render_str_async("<< seven() + 1 >>", ()))?, "8");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn wait<F>(value: Value, then: F) -> Flow
    where
        F: FnOnce(&CallContext<'_>, Result<Value, Error>) -> Result<Flow, Error> + Send + 'static,
    {
        Flow::Await {
            value,
            then: Box::new(then),
        }
    }
}

impl From<Value> for Flow {
    fn from(value: Value) -> Self {
        Flow::Return(value)
    }
}

impl fmt::Debug for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Flow::Return(_) => "Return",
            Flow::Future { .. } => "Future",
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
        Flow::Future { label, future } => {
            return then(context, Ok(Value::pending_box(label, future)));
        }
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
