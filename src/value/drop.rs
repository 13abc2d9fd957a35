//! Dropping nested values without recursion, so that depth cannot overflow the stack.
//!
//! What a list, tuple, map or record holds is taken out and dropped one by one ([`drop_all`]). Nobody
//! can look into an object of the host or a future, so these wait for their turn ([`drop_in_turn`]).

use std::any::Any;
use std::hash::BuildHasher;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

use foldhash::fast::FixedState;

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

/// What one thread has yet to drop; it is there only while the thread is inside of [`drop_in_turn`].
struct Queue {
    thread: ThreadId,
    waiting: Vec<Waiting>,
}

/// The queues of all threads, in several places so that threads seldom wait for each other.
static QUEUES: [Mutex<Vec<Queue>>; 32] = [const { Mutex::new(Vec::new()) }; 32];

/// Drops `item`, but never inside of another such drop on the same thread: there it waits until the
/// outer one is done. So a chain of futures, each of which owns the one before, is dropped in a loop.
pub(super) fn drop_in_turn(item: Waiting) {
    let turn = Turn::of_this_thread();
    {
        let mut queues = turn.queues();
        match queues.iter_mut().find(|queue| queue.thread == turn.thread) {
            Some(queue) => {
                queue.waiting.push(item);
                // The turn is that of the outer drop.
                std::mem::forget(turn);
                return;
            }
            None => queues.push(Queue {
                thread: turn.thread,
                waiting: Vec::new(),
            }),
        }
    }
    let mut next = Some(item);
    while let Some(item) = next {
        drop(item);
        next = turn.next();
    }
    std::mem::forget(turn);
}

/// The time during which a thread drops what waits. It ends with the last thing that does; also if the
/// drop of something of the host panics, when the thread must not seem to be dropping still.
struct Turn {
    thread: ThreadId,
    place: usize,
}

impl Turn {
    fn of_this_thread() -> Self {
        let thread = thread::current().id();
        let hash = FixedState::default().hash_one(thread);
        Turn {
            thread,
            place: hash as usize % QUEUES.len(),
        }
    }

    fn queues(&self) -> MutexGuard<'static, Vec<Queue>> {
        QUEUES[self.place]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The next thing to drop; without one, the turn ends.
    fn next(&self) -> Option<Waiting> {
        let mut queues = self.queues();
        let place = queues
            .iter()
            .position(|queue| queue.thread == self.thread)?;
        let next = queues[place].waiting.pop();
        if next.is_none() {
            queues.swap_remove(place);
        }
        next
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut queues = self.queues();
        let place = queues.iter().position(|queue| queue.thread == self.thread);
        // What is left could panic again, during the panic that leads here, and so is kept for good.
        std::mem::forget(place.map(|place| queues.swap_remove(place)));
    }
}
