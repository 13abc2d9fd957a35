//! One computation of a fragment at a time.
//!
//! Whoever asks for a key first computes it; those who ask meanwhile wait, get its text, or take over if it
//! is given up. Nobody waits in a circle: a render that makes one fragment and needs another, whose maker
//! waits for the first, makes that for itself.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::Waker;
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use arcstr::ArcStr;

/// The fragments of an environment that are being made.
#[derive(Debug, Default)]
pub(crate) struct Flights {
    state: Mutex<State>,
    /// Told when a computation ends, for those who block a thread of their own.
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    flights: HashMap<ArcStr, Flight>,
    next_id: u64,
    /// Which computations each computation waits for.
    waits: HashMap<u64, Vec<u64>>,
}

#[derive(Debug)]
struct Flight {
    id: u64,
    /// The thread that does nothing else until it is made; none of a render that may pause.
    thread: Option<ThreadId>,
    /// The text once it is made, for those who wait and those who ask while it is put into the cache.
    text: Arc<OnceLock<ArcStr>>,
    wakers: Vec<(u64, Waker)>,
}

/// What asking for a fragment gives.
pub(crate) enum FlightTurn {
    /// To be made by who asked.
    Compute(Computation),
    /// Just made by another.
    Made(ArcStr),
    /// Another makes it; who asked is woken.
    Wait,
    /// To be made by who asked, for itself only: waiting would never end.
    Alone,
}

impl Flights {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(
        self: &Arc<Self>,
        state: &mut State,
        key: &ArcStr,
        thread: Option<ThreadId>,
    ) -> Computation {
        state.next_id += 1;
        let id = state.next_id;
        let flight = Flight {
            id,
            thread,
            text: Arc::default(),
            wakers: Vec::new(),
        };
        state.flights.insert(key.clone(), flight);
        Computation {
            flights: Arc::clone(self),
            key: key.clone(),
            id,
        }
    }

    /// Asks for a fragment on a thread that may wait for other threads, but for no longer than `patience`.
    pub(crate) fn ask_blocking(
        self: &Arc<Self>,
        key: &ArcStr,
        held: &[u64],
        patience: Duration,
    ) -> FlightTurn {
        let until = Instant::now().checked_add(patience);
        let mut state = self.lock();
        loop {
            let Some(flight) = state.flights.get(key) else {
                let here = thread::current().id();
                return FlightTurn::Compute(self.begin(&mut state, key, Some(here)));
            };
            if let Some(text) = flight.text.get() {
                return FlightTurn::Made(text.clone());
            }
            let made = Arc::clone(&flight.text);
            let id = flight.id;
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            let goes_on = flight
                .thread
                .is_some_and(|thread| thread != thread::current().id());
            if !goes_on || left.is_some_and(|left| left.is_zero()) || state.is_circle(id, held) {
                return FlightTurn::Alone;
            }
            state.add_waits(id, held);
            let left = left.unwrap_or(Duration::from_secs(1));
            let waited = self.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
            state.remove_waits(id, held);
            if let Some(text) = made.get() {
                return FlightTurn::Made(text.clone());
            }
        }
    }
}

impl State {
    /// Whether a computation waits, directly or through others, for one of those that are held.
    fn is_circle(&self, id: u64, held: &[u64]) -> bool {
        let mut seen = Vec::new();
        let mut queue = vec![id];
        while let Some(id) = queue.pop() {
            if held.contains(&id) {
                return true;
            }
            if !seen.contains(&id) {
                seen.push(id);
                queue.extend(self.waits.get(&id).into_iter().flatten());
            }
        }
        false
    }

    fn add_waits(&mut self, id: u64, held: &[u64]) {
        for holder in held {
            self.waits.entry(*holder).or_default().push(id);
        }
    }

    fn remove_waits(&mut self, id: u64, held: &[u64]) {
        for holder in held {
            if let Some(waits) = self.waits.get_mut(holder) {
                if let Some(at) = waits.iter().position(|other| *other == id) {
                    waits.swap_remove(at);
                }
                if waits.is_empty() {
                    self.waits.remove(holder);
                }
            }
        }
    }
}

/// One who asks for a fragment and can be woken.
#[derive(Debug)]
pub(crate) struct Waiter {
    flights: Arc<Flights>,
    key: ArcStr,
    /// What the render makes that asks.
    held: Vec<u64>,
    waiting: Option<Waiting>,
}

/// What a waiter waits for.
#[derive(Debug)]
struct Waiting {
    /// The number of the waiter itself.
    own: u64,
    /// That of the computation.
    id: u64,
    text: Arc<OnceLock<ArcStr>>,
}

impl Waiter {
    /// Somebody who wants the fragment of a key and makes those of `held` meanwhile.
    pub(crate) fn new(flights: &Arc<Flights>, key: ArcStr, held: Vec<u64>) -> Self {
        Waiter {
            flights: Arc::clone(flights),
            key,
            held,
            waiting: None,
        }
    }

    /// Asks for the fragment.
    pub(crate) fn turn(&mut self, waker: &Waker) -> FlightTurn {
        let flights = Arc::clone(&self.flights);
        let mut state = flights.lock();
        if let Some(text) = self.leave(&mut state) {
            return FlightTurn::Made(text);
        }
        let Some(flight) = state.flights.get(&self.key) else {
            return FlightTurn::Compute(flights.begin(&mut state, &self.key, None));
        };
        if let Some(text) = flight.text.get() {
            return FlightTurn::Made(text.clone());
        }
        let (id, text) = (flight.id, Arc::clone(&flight.text));
        if state.is_circle(id, &self.held) {
            return FlightTurn::Alone;
        }
        state.add_waits(id, &self.held);
        state.next_id += 1;
        let own = state.next_id;
        if let Some(flight) = state.flights.get_mut(&self.key) {
            flight.wakers.push((own, waker.clone()));
        }
        self.waiting = Some(Waiting { own, id, text });
        FlightTurn::Wait
    }

    /// Ends the wait, if there is one, and gives what was waited for.
    fn leave(&mut self, state: &mut State) -> Option<ArcStr> {
        let Waiting { own, id, text } = self.waiting.take()?;
        state.remove_waits(id, &self.held);
        if let Some(flight) = state.flights.get_mut(&self.key) {
            flight.wakers.retain(|(other, _)| *other != own);
        }
        text.get().cloned()
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        if self.waiting.is_some() {
            let flights = Arc::clone(&self.flights);
            self.leave(&mut flights.lock());
        }
    }
}

/// The right to make a fragment. Dropped, it lets others take their turn.
#[derive(Debug)]
pub(crate) struct Computation {
    flights: Arc<Flights>,
    key: ArcStr,
    id: u64,
}

impl Computation {
    /// Which one it is.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// Gives the text to all who wait for it, and to those who ask until it is dropped.
    pub(crate) fn publish(&self, text: ArcStr) {
        let mut state = self.flights.lock();
        let wakers = match state.flights.get_mut(&self.key) {
            Some(flight) if flight.id == self.id => {
                let _ = flight.text.set(text);
                std::mem::take(&mut flight.wakers)
            }
            _ => Vec::new(),
        };
        self.tell(state, wakers);
    }

    fn tell(&self, state: MutexGuard<'_, State>, wakers: Vec<(u64, Waker)>) {
        drop(state);
        self.flights.changed.notify_all();
        for (_, waker) in wakers {
            waker.wake();
        }
    }
}

impl Drop for Computation {
    fn drop(&mut self) {
        let mut state = self.flights.lock();
        state.waits.remove(&self.id);
        let is_own = state
            .flights
            .get(&self.key)
            .is_some_and(|flight| flight.id == self.id);
        let wakers = match is_own {
            true => state.flights.remove(&self.key).map(|flight| flight.wakers),
            false => None,
        };
        self.tell(state, wakers.unwrap_or_default());
    }
}
