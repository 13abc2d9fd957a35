//! Futures: run once, whoever polls them, and woken whoever waits.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use crate::error::{Error, ErrorKind};
use crate::value::{Pending, Value, Waiter};

/// Counts how often it is woken.
#[derive(Default)]
struct Bell(AtomicUsize);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Bell {
    fn new() -> (Arc<Self>, Waker) {
        let bell = Arc::new(Bell::default());
        (Arc::clone(&bell), Waker::from(bell))
    }

    fn rings(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// A future that is done once it is told so.
#[derive(Default)]
struct Gate {
    is_open: bool,
    polls: usize,
    waker: Option<Waker>,
}

fn gate() -> (Arc<Mutex<Gate>>, Arc<Pending>) {
    let gate = Arc::new(Mutex::new(Gate::default()));
    let inner = Arc::clone(&gate);
    let value = Value::pending("gate".into(), async move {
        poll_fn(|cx| {
            let mut gate = inner.lock().expect("nobody panics");
            gate.polls += 1;
            gate.waker = Some(cx.waker().clone());
            if gate.is_open {
                Poll::Ready(Ok::<_, Error>(Value::int(7)))
            } else {
                Poll::Pending
            }
        })
        .await
    });
    let pending = value.as_pending().expect("it is a future").clone();
    (gate, pending)
}

/// Wakes what polled the gate last; opens the gate first if told so.
fn ring(gate: &Mutex<Gate>, opens: bool) {
    let waker = {
        let mut gate = gate.lock().expect("nobody panics");
        gate.is_open |= opens;
        gate.waker.take().expect("it was polled")
    };
    waker.wake();
}

fn polls(gate: &Mutex<Gate>) -> usize {
    gate.lock().expect("nobody panics").polls
}

fn poll(waiter: &mut Waiter, waker: &Waker) -> bool {
    waiter.poll_done(&mut Context::from_waker(waker)).is_ready()
}

#[test]
fn one_who_waits_is_woken_and_finds_the_result() {
    let (gate, pending) = gate();
    let (bell, waker) = Bell::new();
    let mut waiter = pending.wait();
    assert!(!poll(&mut waiter, &waker));
    assert!(pending.result().is_none());
    ring(&gate, true);
    assert_eq!(bell.rings(), 1);
    assert!(poll(&mut waiter, &waker));
    assert!(poll(&mut waiter, &waker), "it stays done");
    assert_eq!(polls(&gate), 2);
    let result = pending.result().expect("it is done");
    assert_eq!(result.as_ref().ok().and_then(Value::as_i64), Some(7));
}

#[test]
fn all_who_wait_are_woken_and_one_polls() {
    let (gate, pending) = gate();
    let bells: Vec<_> = (0..3).map(|_| Bell::new()).collect();
    let mut waiters: Vec<_> = bells.iter().map(|_| pending.wait()).collect();
    for ((_, waker), waiter) in bells.iter().zip(&mut waiters) {
        assert!(!poll(waiter, waker));
    }
    // The first alone, and once more when it was not alone any more.
    assert_eq!(polls(&gate), 2);
    ring(&gate, false);
    for ((bell, waker), waiter) in bells.iter().zip(&mut waiters) {
        assert_eq!(bell.rings(), 1);
        assert!(!poll(waiter, waker));
    }
    assert_eq!(polls(&gate), 3, "nothing new happened after the first poll");
    ring(&gate, true);
    for ((bell, waker), waiter) in bells.iter().zip(&mut waiters) {
        assert_eq!(bell.rings(), 2);
        assert!(poll(waiter, waker));
    }
    assert_eq!(polls(&gate), 4);
}

#[test]
fn another_goes_on_when_who_polled_is_dropped_or_stands_still() {
    for drops in [true, false] {
        let (gate, pending) = gate();
        let ((_, first), (bell, second)) = (Bell::new(), Bell::new());
        let (mut polls_first, mut waits) = (pending.wait(), pending.wait());
        assert!(!poll(&mut polls_first, &first));
        assert!(!poll(&mut waits, &second));
        if drops {
            drop(polls_first);
        }
        ring(&gate, true);
        assert_eq!(bell.rings(), 1);
        assert!(poll(&mut waits, &second));
    }
}

#[test]
fn a_panic_is_an_error_for_the_others() {
    let value = Value::pending("odd".into(), async { panic!("as planned") });
    let pending = value.as_pending().expect("it is a future").clone();
    let mut waiter = pending.wait();
    let (_, waker) = Bell::new();
    let attempt = catch_unwind(AssertUnwindSafe(|| poll(&mut waiter, &waker)));
    assert!(attempt.is_err(), "the panic is the host's to see");
    assert!(poll(&mut waiter, &waker));
    let result = pending.result().expect("it is over");
    let error = result.as_ref().expect_err("it gave no result");
    assert_eq!(error.kind(), ErrorKind::Host);
}

#[test]
fn a_future_that_nobody_holds_is_dropped() {
    let held = Arc::new(());
    let inner = Arc::clone(&held);
    let value = Value::pending("held".into(), async move {
        std::future::pending::<()>().await;
        drop(inner);
        Ok(Value::NONE)
    });
    let mut waiters: Vec<_> = (0..2)
        .map(|_| value.as_pending().expect("it is a future").wait())
        .collect();
    for waiter in &mut waiters {
        assert!(!poll(waiter, &Bell::new().1));
    }
    drop(value);
    assert_eq!(Arc::strong_count(&held), 2);
    drop(waiters);
    assert_eq!(Arc::strong_count(&held), 1);
}
