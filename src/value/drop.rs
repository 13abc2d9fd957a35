//! Dropping nested values without much recursion, so that depth cannot overflow the stack.
//!
//! What a list, tuple, map or record deep inside of others holds is taken out and dropped one by one
//! ([`drop_nested`]). Nobody can look into an object of the host or a future, so these wait for their turn
//! ([`drop_in_turn`]).

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::sync::Arc;

use crate::value::{Repr, Value};

/// Whether dropping `items` one by one could recurse.
pub(super) fn has_nested(items: &[Value]) -> bool {
    items.iter().any(nests)
}

/// Whether dropping `value` may drop further values by recursion.
pub(super) fn nests(value: &Value) -> bool {
    matches!(
        value.0,
        Repr::List(_) | Repr::Tuple(_) | Repr::Map(_) | Repr::Record(_)
    )
}

/// How deep values are dropped by recursion, which costs less than taking all of them apart.
const SHALLOW: u32 = 32;

thread_local! {
    /// In how many containers this thread is while it drops what they hold; 0 before and after.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// One container deeper, until it is dropped.
pub(super) struct Level(());

impl Level {
    /// Goes one deeper, unless that is deep enough.
    pub(super) fn enter() -> Option<Level> {
        let depth = DEPTH.get();
        (depth < SHALLOW).then(|| {
            DEPTH.set(depth + 1);
            Level(())
        })
    }
}

impl Drop for Level {
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get() - 1);
    }
}

/// Drops what a container held, of which some nests.
pub(super) fn drop_nested(values: Vec<Value>) {
    match Level::enter() {
        Some(_level) => drop(values),
        None => drop_all(values),
    }
}

/// Drops `values` and all that only they hold.
fn drop_all(mut values: Vec<Value>) {
    while let Some(value) = values.pop() {
        // Only the last owner takes the content apart; what is left of it then has nothing to drop.
        match value.0 {
            Repr::List(list) => {
                if let Some(mut list) = Arc::into_inner(list) {
                    values.append(&mut list.take());
                }
            }
            Repr::Tuple(tuple) => {
                if let Some(mut tuple) = Arc::into_inner(tuple) {
                    values.append(&mut tuple.take());
                }
            }
            Repr::Map(dict) => {
                if let Some(mut dict) = Arc::into_inner(dict) {
                    dict.take().take_values(&mut values);
                }
            }
            Repr::Record(record) => {
                if let Some(mut record) = Arc::into_inner(record) {
                    values.append(&mut record.take());
                }
            }
            _ => {}
        }
    }
}

/// Something that waits to be dropped.
type Waiting = Box<dyn Any>;

thread_local! {
    /// What this thread has yet to drop, while it is inside of [`drop_in_turn`]. No part of a render
    /// depends on it: there is nothing here before and after each drop.
    static QUEUE: RefCell<Option<Vec<Waiting>>> = const { RefCell::new(None) };
}

/// Drops `item`, but never inside of another such drop on the same thread: there it waits until the
/// outer one is done. So a chain of futures, each of which owns the one before, is dropped in a loop.
pub(super) fn drop_in_turn<T: 'static>(item: T) {
    let mut item = Some(item);
    // While a thread ends there is no queue any more, and the item is dropped where it is.
    let is_outermost = QUEUE.try_with(|queue| match &mut *queue.borrow_mut() {
        Some(waiting) => {
            waiting.extend(item.take().map(|item| Box::new(item) as Waiting));
            false
        }
        idle => {
            *idle = Some(Vec::new());
            true
        }
    });
    if is_outermost != Ok(true) {
        return;
    }
    let turn = Turn;
    drop(item);
    while let Some(next) = turn.next() {
        drop(next);
    }
}

/// The time during which a thread drops what waits; it ends also if a drop of the host's panics.
struct Turn;

impl Turn {
    fn next(&self) -> Option<Waiting> {
        QUEUE.with_borrow_mut(|queue| queue.as_mut()?.pop())
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // After a panic, what is left could panic again, during the first panic; it is kept for good.
        std::mem::forget(QUEUE.take());
    }
}
