//! A future that runs once, whoever polls it, and whose result is kept for all who ask.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, Wake, Waker, ready};

use slab::Slab;

use crate::error::Error;
use crate::error::value::ValueFault;
use crate::value::pending::ValueFuture;
use crate::value::{Combination, Pending, Value, drop};

/// What a future gives.
pub(crate) type Outcome = Result<Value, Error>;

/// A future's state: not started, waiting, being polled, or over with its result.
///
/// Whoever asks polls the future with a waker of its own, so that one who waits alone costs nothing.
/// From the second on there is a list of those who wait, and the future wakes them all: the first of them
/// to run polls it, so that it goes on if another one stands still or is dropped.
pub(super) struct Memo {
    result: OnceLock<Outcome>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// None while it is polled, when it is over, and for a result that someone else gives.
    future: Option<ValueFuture>,
    /// What a driver has to make a future of before it polls.
    combination: Option<Box<Combination>>,
    is_polled: bool,
    /// The waker it was polled with, as long as that is the only one.
    alone: Option<Waker>,
    crowd: Option<Arc<Crowd>>,
}

/// Everyone who waits for a future, from the second on.
#[derive(Default)]
struct Crowd {
    /// By the key each has; none for one who was woken and did not poll since.
    wakers: Mutex<Slab<Option<Waker>>>,
    /// Whether the future has something to do since it was last polled.
    is_woken: AtomicBool,
}

/// Who may poll.
enum Turn<'a> {
    /// Nobody any more.
    Over,
    /// Not who asks; it is woken.
    Wait,
    /// Who asks, with the crowd's waker if there is one.
    Poll(Polling<'a>, Option<Waker>),
}

/// A future that is taken out to be polled. Dropped without an answer, it has panicked.
struct Polling<'a> {
    memo: &'a Memo,
    future: Option<ValueFuture>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing is done under a lock that could panic half-way.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Memo {
    /// A future that runs when it is polled first.
    pub(super) fn new(future: ValueFuture) -> Self {
        Memo {
            result: OnceLock::new(),
            state: Mutex::new(State {
                future: Some(future),
                ..State::default()
            }),
        }
    }

    /// A future that was polled with `waker` and waits.
    pub(super) fn polled(future: ValueFuture, waker: &Waker) -> Self {
        Memo {
            result: OnceLock::new(),
            state: Mutex::new(State {
                future: Some(future),
                alone: Some(waker.clone()),
                ..State::default()
            }),
        }
    }

    /// A future that is over.
    pub(super) fn done(outcome: Outcome) -> Self {
        Memo {
            result: OnceLock::from(outcome),
            state: Mutex::default(),
        }
    }

    /// A combination, which [`Self::begin`] makes a future of.
    pub(super) fn combination(combination: Combination) -> Self {
        Memo {
            result: OnceLock::new(),
            state: Mutex::new(State {
                combination: Some(Box::new(combination)),
                ..State::default()
            }),
        }
    }

    /// A result that [`Self::complete`] gives.
    pub(super) fn promise() -> Self {
        Memo {
            result: OnceLock::new(),
            state: Mutex::default(),
        }
    }

    /// Makes a future of a combination, once.
    pub(super) fn begin(&self, start: impl FnOnce(Combination) -> ValueFuture) {
        let mut state = lock(&self.state);
        if let Some(combination) = state.combination.take() {
            state.future = Some(start(*combination));
        }
    }

    /// How many combinations are within each other.
    pub(super) fn depth(&self) -> usize {
        match &lock(&self.state).combination {
            Some(combination) => combination.depth() + 1,
            None => 0,
        }
    }

    /// The result, if it is there.
    #[inline]
    pub(super) fn result(&self) -> Option<&Outcome> {
        self.result.get()
    }

    /// Gives the result, unless there is one, and wakes all who wait.
    pub(super) fn complete(&self, outcome: Outcome) {
        // A second result, of a future that was polled after the end of a promise, is not needed.
        let _ = self.result.set(outcome);
        let mut state = lock(&self.state);
        state.is_polled = false;
        let alone = state.alone.take();
        let crowd = state.crowd.take();
        let future = state.future.take();
        std::mem::drop(state);
        if let Some(future) = future {
            drop::drop_in_turn(future);
        }
        if let Some(crowd) = crowd {
            crowd.wake_all();
        }
        if let Some(waker) = alone {
            waker.wake();
        }
    }

    /// Polls the future, or has `waker` woken when there is something new.
    fn poll(&self, key: &mut Option<usize>, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let (mut polling, crowd) = match self.turn(key, cx.waker()) {
                Turn::Over => return Poll::Ready(()),
                Turn::Wait => return Poll::Pending,
                Turn::Poll(polling, crowd) => (polling, crowd),
            };
            let waker = crowd.as_ref().unwrap_or(cx.waker());
            match polling.poll(&mut Context::from_waker(waker)) {
                Poll::Ready(outcome) => {
                    polling.finish(outcome);
                    return Poll::Ready(());
                }
                Poll::Pending => {
                    let alone = crowd.is_none().then(|| cx.waker());
                    if polling.pause(alone) {
                        return Poll::Pending;
                    }
                    // Others came while it was polled: now it must wake them as well.
                }
            }
        }
    }

    fn turn(&self, key: &mut Option<usize>, waker: &Waker) -> Turn<'_> {
        if self.result.get().is_some() {
            return Turn::Over;
        }
        let mut state = lock(&self.state);
        let is_idle = state.future.is_some();
        if !is_idle && !state.is_polled && self.result.get().is_some() {
            return Turn::Over;
        }
        let is_new = match (&state.crowd, &state.alone) {
            (Some(_), _) => false,
            // A promise has nothing to poll, but may have many who wait.
            (None, Some(alone)) => !alone.will_wake(waker) || state.is_polled,
            (None, None) if is_idle => false,
            (None, None) if state.is_polled => true,
            (None, None) => {
                state.alone = Some(waker.clone());
                return Turn::Wait;
            }
        };
        if is_new {
            let crowd = Crowd::default();
            // Who waited alone stays without a key; its waker goes when it is woken.
            if let Some(alone) = state.alone.take() {
                lock(&crowd.wakers).insert(Some(alone));
            }
            // The future does not know the crowd yet.
            crowd.is_woken.store(true, Ordering::Release);
            state.crowd = Some(Arc::new(crowd));
        }
        let crowd_waker = match &state.crowd {
            Some(crowd) => {
                crowd.join(key, waker);
                if !is_idle || !crowd.is_woken.swap(false, Ordering::AcqRel) {
                    return Turn::Wait;
                }
                Some(Waker::from(Arc::clone(crowd)))
            }
            None if is_idle => None,
            None => return Turn::Wait,
        };
        state.is_polled = true;
        let future = state.future.take();
        Turn::Poll(Polling { memo: self, future }, crowd_waker)
    }
}

impl Polling<'_> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Outcome> {
        let future = self.future.as_mut().expect("it is polled once a turn");
        Pin::new(future).poll(cx)
    }

    fn finish(mut self, outcome: Outcome) {
        if let Some(future) = self.future.take() {
            drop::drop_in_turn(future);
        }
        self.memo.complete(outcome);
    }

    /// Puts the future back; `alone` is the waker it was polled with, if that was not the crowd's. False
    /// if it must be polled once more, since others wait that it does not know of.
    fn pause(mut self, alone: Option<&Waker>) -> bool {
        let mut state = lock(&self.memo.state);
        state.future = self.future.take();
        state.is_polled = false;
        match (alone, &state.crowd) {
            (Some(_), Some(_)) => return false,
            (Some(waker), None) => match &mut state.alone {
                Some(known) => known.clone_from(waker),
                unknown => *unknown = Some(waker.clone()),
            },
            (None, _) => {}
        }
        true
    }
}

impl Drop for Polling<'_> {
    fn drop(&mut self) {
        // What is left of a future that panicked is of no use, but those who wait for it go on.
        if let Some(future) = self.future.take() {
            std::mem::drop(future);
            self.memo.complete(Err(ValueFault::Panicked.into()));
        }
    }
}

impl Crowd {
    /// Adds the waker of someone, or replaces the one it had.
    fn join(&self, key: &mut Option<usize>, waker: &Waker) {
        let mut wakers = lock(&self.wakers);
        match key.and_then(|key| wakers.get_mut(key)) {
            Some(Some(known)) => known.clone_from(waker),
            Some(none) => *none = Some(waker.clone()),
            None => *key = Some(wakers.insert(Some(waker.clone()))),
        }
    }

    fn wake_all(&self) {
        self.is_woken.store(true, Ordering::Release);
        // Woken outside of the lock: a waker may do anything, such as polling at once.
        let wakers: Vec<Waker> = lock(&self.wakers)
            .iter_mut()
            .filter_map(|(_, waker)| waker.take())
            .collect();
        wakers.into_iter().for_each(Waker::wake);
    }
}

impl Wake for Crowd {
    fn wake(self: Arc<Self>) {
        self.wake_all();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.wake_all();
    }
}

impl Drop for Memo {
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        // The future may own its arguments, and so the last handle to another future.
        if let Some(future) = state.future.take() {
            drop::drop_in_turn(future);
        }
        if let Some(combination) = state.combination.take() {
            drop::drop_in_turn(combination);
        }
    }
}

/// Someone who waits for a future; the future is done when its result is there.
pub(crate) struct Waiter {
    pending: Arc<Pending>,
    key: Option<usize>,
}

impl Waiter {
    /// Someone who did not ask yet.
    pub(super) fn new(pending: Arc<Pending>) -> Self {
        Waiter { pending, key: None }
    }

    /// Ready once the future is done; its result is where it was.
    pub(crate) fn poll_done(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.pending.memo().poll(&mut self.key, cx)
    }
}

impl Future for Waiter {
    type Output = Outcome;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Outcome> {
        let this = self.get_mut();
        ready!(this.poll_done(cx));
        let result = this.pending.result().cloned();
        Poll::Ready(result.expect("a future that is done has a result"))
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        let Some(key) = self.key else {
            return;
        };
        let crowd = lock(&self.pending.memo().state).crowd.clone();
        if let Some(crowd) = crowd {
            lock(&crowd.wakers).try_remove(key);
        }
    }
}
