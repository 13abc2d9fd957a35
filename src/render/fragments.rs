//! Asking for cached fragments, and keeping them.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use arcstr::ArcStr;
use futures_core::future::BoxFuture;

use crate::environment::{Computation, FlightTurn, Fragments, Waiter};
use crate::error::Error;
use crate::render::clock::Deadline;
use crate::vm::{FragmentAnswer, FragmentToken, Machine};

/// How long a render waits for another one that makes the same fragment, before it makes it for itself:
/// that one's reader may have stopped reading.
const MOST_WAIT: Duration = Duration::from_secs(10);

/// The computations of a machine.
fn held(machine: &Machine) -> Vec<u64> {
    machine
        .fragment_tokens()
        .filter_map(|token| token.downcast_ref::<Computation>())
        .map(Computation::id)
        .collect()
}

/// Asks for a fragment.
pub(super) fn ask(
    fragments: &Arc<Fragments>,
    machine: &Machine,
    key: ArcStr,
) -> BoxFuture<'static, FragmentAnswer> {
    let Some(cache) = fragments.cache.clone() else {
        return Box::pin(std::future::ready(FragmentAnswer::Make(None)));
    };
    let mut waiter = Waiter::new(&fragments.flights, key.clone(), held(machine));
    let patience = fragments.patience;
    Box::pin(async move {
        let mut late = Deadline::start(MOST_WAIT);
        let turn = poll_fn(|cx| match waiter.turn(cx.waker()) {
            FlightTurn::Wait if is_late(&mut late, cx) => Poll::Ready(FlightTurn::Alone),
            FlightTurn::Wait => Poll::Pending,
            turn => Poll::Ready(turn),
        })
        .await;
        match turn {
            FlightTurn::Made(text) => FragmentAnswer::Found(text),
            FlightTurn::Compute(computation) => {
                match in_time(cache.get(&key), patience).await {
                    Some(Ok(Some(text))) => {
                        let text = ArcStr::from(text);
                        computation.publish(text.clone());
                        FragmentAnswer::Found(text)
                    }
                    // A cache that fails is one that has nothing.
                    Some(Ok(None) | Err(_)) | None => {
                        FragmentAnswer::Make(Some(Box::new(computation)))
                    }
                }
            }
            FlightTurn::Alone | FlightTurn::Wait => FragmentAnswer::Make(None),
        }
    })
}

/// Keeps a fragment that was made.
pub(super) fn keep(
    fragments: &Arc<Fragments>,
    key: &str,
    text: ArcStr,
    ttl: Option<Duration>,
    token: FragmentToken,
) -> BoxFuture<'static, ()> {
    if let Some(computation) = token.downcast_ref::<Computation>() {
        computation.publish(text.clone());
    }
    let put = match &fragments.cache {
        Some(cache) if ttl != Some(Duration::ZERO) => cache.clone().put(key, &text, ttl),
        _ => Box::pin(std::future::ready(Ok(()))),
    };
    let patience = fragments.patience;
    Box::pin(async move {
        // What is not kept is made again.
        let _ = in_time(put, patience).await;
        drop(token);
    })
}

/// The answer of the cache, unless it takes too long.
async fn in_time<T>(
    mut answer: BoxFuture<'static, Result<T, Error>>,
    patience: Duration,
) -> Option<Result<T, Error>> {
    let mut late = Deadline::start(patience);
    poll_fn(|cx| match answer.as_mut().poll(cx) {
        Poll::Ready(answer) => Poll::Ready(Some(answer)),
        Poll::Pending if is_late(&mut late, cx) => Poll::Ready(None),
        Poll::Pending => Poll::Pending,
    })
    .await
}

fn is_late(deadline: &mut Deadline, cx: &mut Context<'_>) -> bool {
    deadline.is_over() || deadline.poll_over(cx).is_ready()
}

/// Asks for a fragment in a render that cannot wait for futures.
pub(super) fn ask_now(
    fragments: &Arc<Fragments>,
    machine: &Machine,
    key: &ArcStr,
) -> FragmentAnswer {
    let Some(cache) = fragments.cache.clone() else {
        return FragmentAnswer::Make(None);
    };
    match fragments
        .flights
        .ask_blocking(key, &held(machine), MOST_WAIT)
    {
        FlightTurn::Made(text) => FragmentAnswer::Found(text),
        FlightTurn::Compute(computation) => match at_once(cache.get(key)) {
            Some(Ok(Some(text))) => {
                let text = ArcStr::from(text);
                computation.publish(text.clone());
                FragmentAnswer::Found(text)
            }
            _ => FragmentAnswer::Make(Some(Box::new(computation))),
        },
        FlightTurn::Alone | FlightTurn::Wait => FragmentAnswer::Make(None),
    }
}

/// Keeps a fragment in a render that cannot wait: a cache that has to be waited for is not given it.
pub(super) fn keep_now(
    fragments: &Arc<Fragments>,
    key: &str,
    text: ArcStr,
    ttl: Option<Duration>,
    token: FragmentToken,
) {
    let kept = keep(fragments, key, text, ttl, token);
    at_once(kept);
}

fn at_once<T>(mut future: BoxFuture<'static, T>) -> Option<T> {
    let mut cx = Context::from_waker(Waker::noop());
    match future.as_mut().poll(&mut cx) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}
