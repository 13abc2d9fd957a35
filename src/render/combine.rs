//! Waiting for several futures at once, and for time: `gather`, `race`, `settle`, `timeout`, `sleep`.

use std::sync::Arc;
use std::time::Duration;

use futures_core::future::BoxFuture;
use futures_util::future::{Either, FutureExt, ready, select, select_all};
use futures_util::stream::{self, StreamExt};

use crate::error::{Error, HostFault};
use crate::render::clock;
use crate::value::{Combination, CombinationKind, Pending, Value, Waiter};

/// Waits for a future, of which a combination has at most `most` in flight.
pub(super) fn wait(pending: &Arc<Pending>, most: usize) -> Waiter {
    pending.begin(|combination| start(combination, most));
    pending.wait()
}

/// The result of a value: that of a future, or itself.
fn settle(value: Value, most: usize) -> BoxFuture<'static, Result<Value, Error>> {
    match value.as_pending() {
        Some(pending) => wait(pending, most).boxed(),
        None => ready(Ok(value)).boxed(),
    }
}

fn start(combination: Combination, most: usize) -> BoxFuture<'static, Result<Value, Error>> {
    let Combination { kind, items, .. } = combination;
    match kind {
        CombinationKind::Gather => gather(items, most).boxed(),
        CombinationKind::Race => race(items, most).boxed(),
        CombinationKind::Settle => settle_all(items, most).boxed(),
        CombinationKind::Timeout(allowed) => timeout(items, allowed, most).boxed(),
        CombinationKind::Sleep(time) => sleep(time).boxed(),
    }
}

/// All results, each in its item's place, and the first error as soon as there is one.
async fn gather(mut items: Vec<Value>, most: usize) -> Result<Value, Error> {
    let futures: Vec<_> = pending_items(&items).collect();
    let mut results = stream::iter(futures)
        .map(|(index, pending)| async move { (index, wait(&pending, most).await) })
        .buffer_unordered(most);
    while let Some((index, result)) = results.next().await {
        items[index] = result?;
    }
    Ok(Value::shared_list(items))
}

/// All results and errors, each in its item's place.
async fn settle_all(items: Vec<Value>, most: usize) -> Result<Value, Error> {
    let futures: Vec<_> = pending_items(&items).collect();
    let mut settled: Vec<Value> = items
        .into_iter()
        .map(|item| Value::from_settled(Ok(item)))
        .collect();
    let mut results = stream::iter(futures)
        .map(|(index, pending)| async move { (index, wait(&pending, most).await) })
        .buffer_unordered(most);
    while let Some((index, result)) = results.next().await {
        settled[index] = Value::from_settled(result);
    }
    Ok(Value::shared_list(settled))
}

/// The futures among some values, with their places.
fn pending_items(items: &[Value]) -> impl Iterator<Item = (usize, Arc<Pending>)> {
    let indexed = items.iter().enumerate();
    indexed.filter_map(|(index, item)| Some((index, Arc::clone(item.as_pending()?))))
}

/// The first result or error; of several that are there, that of the first item.
async fn race(items: Vec<Value>, most: usize) -> Result<Value, Error> {
    let waits = items.into_iter().map(|item| settle(item, most));
    select_all(waits).await.0
}

async fn timeout(items: Vec<Value>, allowed: Duration, most: usize) -> Result<Value, Error> {
    let label = items
        .first()
        .and_then(Value::as_pending)
        .map(|pending| pending.label().clone());
    let wait = settle(items.into_iter().next().unwrap_or(Value::NONE), most);
    // The timer comes second: what is ready is never late.
    match select(wait, sleep(allowed).boxed()).await {
        Either::Left((result, _)) => result,
        Either::Right((Ok(_), _)) => Err(HostFault::timeout(label.as_deref(), allowed)),
        Either::Right((Err(error), _)) => Err(error),
    }
}

async fn sleep(time: Duration) -> Result<Value, Error> {
    if !time.is_zero() {
        clock::sleep(time).ok_or(HostFault::NoTimer)?.await;
    }
    Ok(Value::NONE)
}
