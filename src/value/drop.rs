//! Dropping nested values without recursion, so that depth cannot overflow the stack.
//!
//! What a list, tuple, map or record holds is taken out and dropped one by one ([`drop_all`]). Nobody
//! can look into an object of the host or a future, so these wait for their turn ([`drop_in_turn`]).

use std::any::Any;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

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

/// Drops `values` and all that only they hold.
pub(super) fn drop_all(mut values: Vec<Value>) {
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
type Waiting = Box<dyn Any + Send>;

/// What each thread that is dropping something has yet to drop. An entry is there only while its
/// thread is inside of [`drop_in_turn`].
static QUEUES: LazyLock<Mutex<HashMap<ThreadId, Vec<Waiting>>>> = LazyLock::new(Mutex::default);

fn queues() -> MutexGuard<'static, HashMap<ThreadId, Vec<Waiting>>> {
    QUEUES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Drops `item`, but never inside of another such drop on the same thread: there it waits until the
/// outer one is done. So a chain of futures, each of which owns the one before, is dropped in a loop.
pub(super) fn drop_in_turn(item: Waiting) {
    let thread = thread::current().id();
    if let Some(queue) = queues().get_mut(&thread) {
        queue.push(item);
        return;
    }
    queues().insert(thread, Vec::new());
    // Also if the drop of something of the host panics, the thread must not seem to be dropping still.
    let _turn = Turn(thread);
    drop(item);
    loop {
        let next = queues().get_mut(&thread).and_then(Vec::pop);
        match next {
            Some(next) => drop(next),
            None => break,
        }
    }
}

/// The time during which a thread drops what waits.
struct Turn(ThreadId);

impl Drop for Turn {
    fn drop(&mut self) {
        let left = queues().remove(&self.0);
        // There is something left only after a panic.
        std::mem::forget(left.filter(|left| !left.is_empty()));
    }
}
