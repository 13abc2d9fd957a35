//! Values that are not there yet: futures and streams, held but never polled here.

use std::any::Any;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use arcstr::{ArcStr, literal};
use futures_core::Stream as AsyncStream;
use futures_core::future::BoxFuture;
use futures_core::stream::BoxStream;
use futures_util::stream::StreamExt;

use crate::error::Error;
use crate::error::value::ValueFault;
use crate::value::memo::{Memo, Waiter};
use crate::value::{Charge, Combination, MAX_DEPTH, Repr, Value, drop};

/// What an async call runs.
pub(crate) type ValueFuture = BoxFuture<'static, Result<Value, Error>>;

/// The items that an async source gives.
pub(crate) type ValueStream = BoxStream<'static, Result<Value, Error>>;

/// The result of an async call, now or later. Nothing runs before it is awaited, and it runs once.
pub(crate) struct Pending {
    label: ArcStr,
    memo: Memo,
}

impl Pending {
    /// A future; `label` is what was called.
    pub(crate) fn new(label: ArcStr, future: ValueFuture) -> Self {
        Pending {
            label,
            memo: Memo::new(future),
        }
    }

    /// Polls a future that nobody else has: its value, or what it goes on as, to wait or with its error.
    pub(crate) fn poll_first(
        label: ArcStr,
        mut future: ValueFuture,
        cx: &mut Context<'_>,
    ) -> Result<Value, Arc<Self>> {
        let memo = match future.as_mut().poll(cx) {
            Poll::Ready(outcome) => {
                drop::drop_in_turn(future);
                match outcome {
                    Ok(value) => return Ok(value),
                    Err(error) => Memo::done(Err(error)),
                }
            }
            Poll::Pending => Memo::polled(future, cx.waker()),
        };
        Err(Arc::new(Pending { label, memo }))
    }

    /// What was called.
    pub(crate) fn label(&self) -> &ArcStr {
        &self.label
    }

    /// The result, if it is there.
    #[inline]
    pub(crate) fn result(&self) -> Option<&Result<Value, Error>> {
        self.memo.result()
    }

    /// Someone who waits for it.
    pub(crate) fn wait(self: &Arc<Self>) -> Waiter {
        Waiter::new(Arc::clone(self))
    }

    /// A result that [`Self::complete`] gives.
    pub(crate) fn promise(label: ArcStr) -> Self {
        let memo = Memo::promise();
        Pending { label, memo }
    }

    /// Gives the result, and wakes all who wait.
    pub(crate) fn complete(&self, result: Result<Value, Error>) {
        self.memo.complete(result);
    }

    /// Makes a future of a combination before it is polled first.
    pub(crate) fn begin(&self, start: impl FnOnce(Combination) -> ValueFuture) {
        self.memo.begin(start);
    }

    /// How many combinations are within each other.
    pub(super) fn depth(&self) -> usize {
        self.memo.depth()
    }

    pub(super) fn memo(&self) -> &Memo {
        &self.memo
    }

    /// The error of using a future as if it were its result; it remembers which one.
    #[cold]
    pub(crate) fn unawaited(value: &Value) -> Error {
        let label = value.as_pending().map(|pending| pending.label.clone());
        let fault = ValueFault::Unawaited(label.unwrap_or_default());
        Error::from(fault).with_payload(Arc::new(value.clone()))
    }
}

impl fmt::Debug for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<future {}>", self.label)
    }
}

/// Items that arrive one by one. One pass takes them; there is no second.
pub(crate) struct Stream {
    label: ArcStr,
    state: Mutex<Option<StreamHandle>>,
}

impl Stream {
    /// A stream; `label` is what was called.
    pub(crate) fn new(
        label: ArcStr,
        stream: impl AsyncStream<Item = Result<Value, Error>> + Send + 'static,
    ) -> Self {
        let handle = StreamHandle {
            label: label.clone(),
            stream: Arc::new(StreamCell(Mutex::new(OwnStream(stream.boxed())))),
        };
        Stream {
            label,
            state: Mutex::new(Some(handle)),
        }
    }

    /// What was called.
    pub(crate) fn label(&self) -> &ArcStr {
        &self.label
    }

    /// The items, for the one pass there is.
    pub(crate) fn take(&self) -> Result<StreamHandle, Error> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state
            .take()
            .ok_or_else(|| ValueFault::StreamConsumed(self.label.clone()).into())
    }

    /// The error of a pass that cannot wait; it remembers the stream.
    #[cold]
    pub(crate) fn in_sync_for(value: &Value) -> Error {
        let label = value.as_stream().map(|stream| stream.label.clone());
        let fault = ValueFault::StreamInSyncFor(label.unwrap_or_default());
        Error::from(fault).with_payload(Arc::new(value.clone()))
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<stream {}>", self.label)
    }
}

/// The pass over a stream; the last handle that is dropped drops the stream.
#[derive(Clone)]
pub struct StreamHandle {
    label: ArcStr,
    stream: Arc<StreamCell>,
}

struct StreamCell(Mutex<OwnStream>);

/// A stream that is dropped in turn: as a future, it may own its arguments.
struct OwnStream(ValueStream);

impl Drop for OwnStream {
    fn drop(&mut self) {
        let stream = std::mem::replace(&mut self.0, futures_util::stream::empty().boxed());
        drop::drop_in_turn(stream);
    }
}

/// Who reads a stream: it alone, so that no item takes a lock, or whoever has the same handle.
pub(crate) struct StreamReader {
    label: ArcStr,
    source: ReaderSource,
}

enum ReaderSource {
    Own(OwnStream),
    Shared(Arc<StreamCell>),
}

impl StreamHandle {
    /// A reader of the items; the only one if no other handle is left.
    pub(crate) fn reader(self) -> StreamReader {
        let source = match Arc::try_unwrap(self.stream) {
            Ok(cell) => {
                let stream = cell.0.into_inner();
                ReaderSource::Own(stream.unwrap_or_else(PoisonError::into_inner))
            }
            Err(shared) => ReaderSource::Shared(shared),
        };
        StreamReader {
            label: self.label,
            source,
        }
    }
}

impl StreamReader {
    /// What was called.
    pub(crate) fn label(&self) -> &ArcStr {
        &self.label
    }

    /// Has the driver poll the stream.
    #[inline]
    pub(crate) fn with<R>(&mut self, poll: impl FnOnce(&mut ValueStream) -> R) -> R {
        match &mut self.source {
            ReaderSource::Own(stream) => poll(&mut stream.0),
            ReaderSource::Shared(cell) => with_shared(cell, poll),
        }
    }
}

/// Has the driver poll a stream that others may read as well; apart, so that those who read alone do not set it up.
#[inline(never)]
fn with_shared<R>(cell: &StreamCell, poll: impl FnOnce(&mut ValueStream) -> R) -> R {
    let stream = cell.0.lock();
    poll(&mut stream.unwrap_or_else(PoisonError::into_inner).0)
}

impl fmt::Debug for StreamReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<stream {}>", self.label)
    }
}

impl fmt::Debug for StreamHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<stream {}>", self.label)
    }
}

/// The value to go on with: a future that is done stands for its result where futures are awaited;
/// elsewhere a future is an error, and so is a stream.
#[inline]
pub(crate) fn settled<'a>(charge: &dyn Charge, value: &'a Value) -> Result<&'a Value, Error> {
    match value.0 {
        Repr::Pending(_) | Repr::Stream(_) => settle(charge, value),
        _ => Ok(value),
    }
}

/// As [`settled`], of what is known to be a future or a stream.
#[cold]
fn settle<'a>(charge: &dyn Charge, value: &'a Value) -> Result<&'a Value, Error> {
    let mut value = value;
    // A future may give a future, but one that gives itself would lead nowhere.
    for _ in 0..MAX_DEPTH {
        match &value.0 {
            Repr::Pending(pending) if charge.futures_are_awaited() => match pending.result() {
                Some(Ok(result)) => value = result,
                Some(Err(error)) => return Err(error.clone()),
                None => return Err(Pending::unawaited(value)),
            },
            Repr::Pending(_) | Repr::Stream(_) => return Err(misused(value)),
            _ => return Ok(value),
        }
    }
    Err(ValueFault::TooDeep(MAX_DEPTH).into())
}

/// The error of using a future or a stream as if it were something else.
#[cold]
pub(crate) fn misused(value: &Value) -> Error {
    match &value.0 {
        Repr::Stream(_) => Stream::in_sync_for(value),
        _ => Pending::unawaited(value),
    }
}

impl Error {
    /// The future or the stream that this error is about, where a template did not await one.
    pub(crate) fn pending(&self) -> Option<&Value> {
        let any: &(dyn Any + Send + Sync) = &**self.payload()?;
        any.downcast_ref::<Value>()
    }
}

impl Value {
    /// A value that is there once `future` is done. Nothing runs before a template awaits it, and it
    /// runs once, however often it is awaited.
    ///
    /// ```
    /// use kakehi::{Error, Value, ValueKind};
    /// let value = Value::from_future(async { Ok::<_, Error>(7) });
    /// assert_eq!(value.kind(), ValueKind::Future);
    /// ```
    pub fn from_future<F, T>(future: F) -> Value
    where
        F: Future<Output = Result<T, Error>> + Send + 'static,
        T: Into<Value>,
    {
        Value::pending(
            literal!("future"),
            async move { future.await.map(Into::into) },
        )
    }

    /// Items that arrive one by one, for `async for`.
    ///
    /// ```
    /// use kakehi::{Error, Value, ValueKind};
    /// let value = Value::from_stream(futures_util::stream::iter([Ok::<_, Error>(1), Ok(2)]));
    /// assert_eq!(value.kind(), ValueKind::Stream);
    /// ```
    pub fn from_stream<S, T>(stream: S) -> Value
    where
        S: AsyncStream<Item = Result<T, Error>> + Send + 'static,
        T: Into<Value>,
    {
        Value::stream(literal!("stream"), stream.map(|item| item.map(Into::into)))
    }

    /// A future with the name of what was called.
    pub(crate) fn pending(
        label: ArcStr,
        future: impl Future<Output = Result<Value, Error>> + Send + 'static,
    ) -> Value {
        Value::pending_box(label, Box::pin(future))
    }

    /// A future in its box, with the name of what was called.
    pub(crate) fn pending_box(label: ArcStr, future: ValueFuture) -> Value {
        Value(Repr::Pending(Arc::new(Pending::new(label, future))))
    }

    /// A future made of others.
    pub(crate) fn combination(label: &'static str, combination: Combination) -> Value {
        let (label, memo) = (ArcStr::from(label), Memo::combination(combination));
        Value(Repr::Pending(Arc::new(Pending { label, memo })))
    }

    /// A stream with the name of what was called.
    pub(crate) fn stream(
        label: ArcStr,
        stream: impl AsyncStream<Item = Result<Value, Error>> + Send + 'static,
    ) -> Value {
        Value(Repr::Stream(Arc::new(Stream::new(label, stream))))
    }

    /// The future behind the value.
    pub(crate) fn as_pending(&self) -> Option<&Arc<Pending>> {
        match &self.0 {
            Repr::Pending(pending) => Some(pending),
            _ => None,
        }
    }

    /// The stream behind the value.
    pub(crate) fn as_stream(&self) -> Option<&Arc<Stream>> {
        match &self.0 {
            Repr::Stream(stream) => Some(stream),
            _ => None,
        }
    }
}
