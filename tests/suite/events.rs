//! Hosts that tests move by hand: futures and streams that are ready when told, tasks that count how often
//! they are woken, and counts of what was called.

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use futures_util::Stream;
use kakehi::{Environment, Error, RenderStream, Value};

/// Counts; clones count together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counter(Arc<AtomicUsize>);

impl Counter {
    pub(crate) fn add(&self) -> usize {
        self.0.fetch_add(1, Ordering::SeqCst) + 1
    }

    pub(crate) fn get(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    /// A future that is pending for ever and is counted when it is dropped, begun or not.
    pub(crate) fn never(&self) -> impl Future<Output = ()> + Send + use<> {
        let held = self.on_drop();
        async move {
            std::future::pending::<()>().await;
            drop(held);
        }
    }

    /// Something that is counted when it is dropped.
    pub(crate) fn on_drop(&self) -> Dropped {
        Dropped(self.clone())
    }
}

/// An environment with `never()`, which is pending for ever and counts what is dropped with it, `fail()` and
/// `ready(value)`.
pub(crate) fn waiting_environment() -> (Environment, Counter) {
    let mut env = Environment::new();
    let dropped = Counter::default();
    let counter = dropped.clone();
    env.add_async_function("never", move || counter.never());
    env.add_async_function("fail", || async { Err::<i64, _>(Error::host("no luck")) });
    env.add_async_function("ready", |value: Value| async move { value });
    (env, dropped)
}

/// Is counted when it is dropped.
#[derive(Debug)]
pub(crate) struct Dropped(Counter);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.add();
    }
}

/// What a test sends to a template, item by item; clones are the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Source(Arc<Mutex<SourceState>>);

#[derive(Debug, Default)]
struct SourceState {
    items: VecDeque<Result<i64, String>>,
    closed: bool,
    waker: Option<Waker>,
    polls: usize,
}

impl Source {
    /// Makes an item ready.
    pub(crate) fn send(&self, item: i64) {
        self.change(|state| state.items.push_back(Ok(item)));
    }

    /// Makes an error ready.
    pub(crate) fn fail(&self, message: &str) {
        self.change(|state| state.items.push_back(Err(message.to_owned())));
    }

    /// Ends the stream.
    pub(crate) fn close(&self) {
        self.change(|state| state.closed = true);
    }

    /// How often it was polled.
    pub(crate) fn polls(&self) -> usize {
        self.0.lock().expect("no panic").polls
    }

    fn change(&self, change: impl FnOnce(&mut SourceState)) {
        let waker = {
            let mut state = self.0.lock().expect("no panic");
            change(&mut state);
            state.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn poll_item(&self, cx: &mut Context<'_>) -> Poll<Option<Result<i64, Error>>> {
        let mut state = self.0.lock().expect("no panic");
        state.polls += 1;
        match state.items.pop_front() {
            Some(item) => Poll::Ready(Some(item.map_err(Error::host))),
            None if state.closed => Poll::Ready(None),
            None => {
                state.waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }

    /// The next item, for hosts.
    pub(crate) async fn receive(&self) -> Result<i64, Error> {
        let item = std::future::poll_fn(|cx| self.poll_item(cx)).await;
        item.unwrap_or_else(|| Err(Error::host("closed")))
    }
}

impl Stream for Source {
    type Item = Result<i64, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_item(cx)
    }
}

#[derive(Debug, Default)]
struct Wakes(Counter);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.add();
    }
}

/// A future or stream that is polled by hand, as a task of its own.
#[derive(Debug)]
pub(crate) struct Task<F> {
    inner: F,
    wakes: Arc<Wakes>,
    seen: usize,
}

impl<F: Unpin> Task<F> {
    pub(crate) fn new(inner: F) -> Self {
        Task {
            inner,
            wakes: Arc::default(),
            seen: 0,
        }
    }

    /// How often it was woken.
    pub(crate) fn wakes(&self) -> usize {
        self.wakes.0.get()
    }

    /// Whether it was woken since it was polled last.
    pub(crate) fn is_woken(&self) -> bool {
        self.wakes() > self.seen
    }

    fn with<T>(&mut self, poll: impl FnOnce(Pin<&mut F>, &mut Context<'_>) -> T) -> T {
        self.seen = self.wakes();
        let waker = Waker::from(Arc::clone(&self.wakes));
        poll(Pin::new(&mut self.inner), &mut Context::from_waker(&waker))
    }

    pub(crate) fn poll(&mut self) -> Poll<F::Output>
    where
        F: Future,
    {
        self.with(F::poll)
    }

    /// Polls as long as the task is woken, and once in any case.
    pub(crate) fn run(&mut self) -> Poll<F::Output>
    where
        F: Future,
    {
        loop {
            let polled = self.poll();
            if polled.is_ready() || !self.is_woken() {
                return polled;
            }
        }
    }
}

impl Task<RenderStream> {
    /// The next chunk as text; polls as long as the task is woken, and once in any case.
    pub(crate) fn next(&mut self) -> Poll<Option<Result<String, Error>>> {
        loop {
            let polled = self.step();
            if polled.is_ready() || !self.is_woken() {
                return polled;
            }
        }
    }

    /// What one poll gives.
    pub(crate) fn step(&mut self) -> Poll<Option<Result<String, Error>>> {
        self.with(RenderStream::poll_next).map(|item| {
            item.map(|chunk| {
                let chunk = chunk?;
                assert!(!chunk.is_empty(), "an empty chunk");
                Ok(String::from_utf8(chunk.to_vec()).expect("output is text"))
            })
        })
    }

    /// The next chunk, which must be there.
    pub(crate) fn chunk(&mut self) -> String {
        match self.next() {
            Poll::Ready(Some(Ok(chunk))) => chunk,
            other => panic!("no chunk but {other:?}"),
        }
    }
}

/// How often each host function was called.
#[derive(Clone, Debug, Default)]
pub(crate) struct CallLog(Arc<Mutex<HashMap<String, usize>>>);

impl CallLog {
    pub(crate) fn note(&self, name: &str) {
        *self
            .0
            .lock()
            .expect("no panic")
            .entry(name.to_owned())
            .or_insert(0) += 1;
    }

    pub(crate) fn of(&self, name: &str) -> usize {
        self.0
            .lock()
            .expect("no panic")
            .get(name)
            .copied()
            .unwrap_or(0)
    }
}
