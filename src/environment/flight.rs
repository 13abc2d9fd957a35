//! The load of a template, shared by all who want it at the same time.
//!
//! Nobody owns a [`Flight`]: whichever participant runs drives it, the others sleep, and when one is
//! dropped the rest wake and go on where it stopped.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread::{self, ThreadId};

use arcstr::ArcStr;
use futures_core::future::BoxFuture;

use crate::environment::cache::{Cache, Found, Loaded};
use crate::environment::compiled::Compiled;
use crate::environment::loader::{Reloaded, Source, Version};
use crate::environment::policy::TemplateCachePolicy;
use crate::error::Error;
use crate::render::Instant;

/// The question to a loader, on its way to an answer.
pub(crate) enum Fetch {
    Answered(Result<Reloaded, Error>),
    First(BoxFuture<'static, Result<Option<Source>, Error>>),
    Again(BoxFuture<'static, Result<Reloaded, Error>>),
}

impl Fetch {
    /// The answer; or the question again if there is none yet, and the task is woken when there is news.
    pub(crate) fn poll(self, cx: &mut Context<'_>) -> Result<Result<Reloaded, Error>, Self> {
        match self {
            Fetch::Answered(answer) => Ok(answer),
            Fetch::First(mut future) => match future.as_mut().poll(cx) {
                Poll::Ready(answer) => Ok(answer.map(Reloaded::from)),
                Poll::Pending => Err(Fetch::First(future)),
            },
            Fetch::Again(mut future) => match future.as_mut().poll(cx) {
                Poll::Ready(answer) => Ok(answer),
                Poll::Pending => Err(Fetch::Again(future)),
            },
        }
    }
}

/// What a check starts from.
pub(crate) struct Basis {
    pub(crate) compiled: Arc<Compiled>,
    pub(crate) version: Option<Version>,
}

/// The load of one template, shared by all who want it at the same time.
pub(crate) struct Flight {
    /// What it checks; none if it is the first load of a template.
    basis: Option<Basis>,
    pub(super) began: Instant,
    state: Mutex<FlightState>,
    /// Told when `progress` changes, for participants that block a thread of their own.
    changed: Condvar,
}

#[derive(Default)]
struct FlightState {
    progress: Progress,
    next_id: u64,
    /// Who to wake, by participant.
    wakers: Vec<(u64, Waker)>,
}

/// How far a load is.
enum Progress {
    /// Nobody runs it at the moment; with the loader's future once it was asked.
    Idle(Option<Fetch>),
    /// A participant runs it on this thread at this moment.
    Running(ThreadId),
    /// Over; late participants take the answer from here.
    Done(Loaded),
}

impl Default for Progress {
    fn default() -> Self {
        Progress::Idle(None)
    }
}

impl Flight {
    /// A load that nobody takes part in yet.
    pub(super) fn new(basis: Option<Basis>) -> Self {
        Flight {
            basis,
            began: Instant::now(),
            state: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, FlightState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the progress and tells everybody.
    fn set(&self, progress: Progress) {
        let mut state = self.lock();
        state.progress = progress;
        let wakers = std::mem::take(&mut state.wakers);
        drop(state);
        self.changed.notify_all();
        for (_, waker) in wakers {
            waker.wake();
        }
    }
}

impl FlightState {
    fn enter(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    fn register(&mut self, id: u64, waker: &Waker) {
        match self.wakers.iter_mut().find(|(other, _)| *other == id) {
            Some((_, known)) => known.clone_from(waker),
            None => self.wakers.push((id, waker.clone())),
        }
    }
}

/// What a participant finds when its turn comes.
pub(crate) enum Turn {
    /// The load is over.
    Done(Loaded),
    /// It is this participant's to run, with the loader's future if it was asked already.
    Run(Running, Option<Fetch>),
    /// Another participant runs it.
    Wait,
}

/// One who wants the template.
pub(crate) struct Participant {
    cache: Arc<Cache>,
    name: ArcStr,
    flight: Arc<Flight>,
    id: u64,
}

impl Participant {
    pub(super) fn new(cache: Arc<Cache>, name: ArcStr, flight: Arc<Flight>) -> Self {
        let id = flight.lock().enter();
        Participant {
            cache,
            name,
            flight,
            id,
        }
    }

    /// What is checked; none if the template is loaded for the first time.
    pub(crate) fn basis(&self) -> Option<&Basis> {
        self.flight.basis.as_ref()
    }

    /// The name of the template.
    pub(crate) fn name(&self) -> &ArcStr {
        &self.name
    }

    /// Takes the load over, or has `waker` woken when there is news.
    pub(crate) fn turn(&self, waker: &Waker) -> Turn {
        let mut state = self.flight.lock();
        match &mut state.progress {
            Progress::Done(loaded) => Turn::Done(loaded.clone()),
            Progress::Running(_) => {
                state.register(self.id, waker);
                Turn::Wait
            }
            Progress::Idle(fetch) => {
                let fetch = fetch.take();
                Turn::Run(self.run(state), fetch)
            }
        }
    }

    /// As [`Participant::turn`], for a thread that cannot wait for futures but, if it `may_block`, for other
    /// threads.
    ///
    /// Answers `Wait` where the load depends on a future, or on this very thread.
    pub(crate) fn turn_blocking(&self, may_block: bool) -> Turn {
        let mut state = self.flight.lock();
        loop {
            match &state.progress {
                Progress::Done(loaded) => return Turn::Done(loaded.clone()),
                Progress::Running(thread) if *thread == thread::current().id() => {
                    return Turn::Wait;
                }
                Progress::Running(_) if !may_block => return Turn::Wait,
                Progress::Running(_) => {
                    state = self
                        .flight
                        .changed
                        .wait(state)
                        .unwrap_or_else(PoisonError::into_inner);
                }
                Progress::Idle(Some(_)) => return Turn::Wait,
                Progress::Idle(None) => return Turn::Run(self.run(state), None),
            }
        }
    }

    fn run(&self, mut state: MutexGuard<'_, FlightState>) -> Running {
        state.progress = Progress::Running(thread::current().id());
        Running {
            flight: Arc::clone(&self.flight),
            over: false,
        }
    }

    /// Ends the load for everybody and keeps what it gave.
    pub(crate) fn finish(
        &self,
        mut running: Running,
        found: Found,
        policy: &TemplateCachePolicy,
    ) -> Loaded {
        let loaded = self.cache.conclude(&self.name, &self.flight, found, policy);
        running.over = true;
        self.flight.set(Progress::Done(loaded.clone()));
        loaded
    }

    /// Puts the load down until `waker` is woken by the loader's future.
    pub(crate) fn pause(&self, mut running: Running, fetch: Fetch, waker: &Waker) {
        running.over = true;
        let mut state = self.flight.lock();
        state.progress = Progress::Idle(Some(fetch));
        state.register(self.id, waker);
        drop(state);
        self.flight.changed.notify_all();
    }

    /// Leaves the loader's future to participants that can wait for it.
    pub(crate) fn leave(&self, mut running: Running, fetch: Fetch) {
        running.over = true;
        self.flight.set(Progress::Idle(Some(fetch)));
    }
}

impl Drop for Participant {
    fn drop(&mut self) {
        let mut state = self.flight.lock();
        state.wakers.retain(|(id, _)| *id != self.id);
        // The loader's future may know only the waker of this participant: another must poll it.
        let wakers = match &state.progress {
            Progress::Idle(_) => std::mem::take(&mut state.wakers),
            _ => Vec::new(),
        };
        drop(state);
        for (_, waker) in wakers {
            waker.wake();
        }
        // The last one ends a first load; with the loader's future it is dropped after the cache's lock.
        self.cache.leave(&self.name, &self.flight);
    }
}

/// The right to run a load. Dropped before its end, as a panic in a loader does, it gives the load up,
/// and the next participant starts it anew.
pub(crate) struct Running {
    flight: Arc<Flight>,
    over: bool,
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.over {
            self.flight.set(Progress::Idle(None));
        }
    }
}
