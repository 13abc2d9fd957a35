//! Compiled templates by name, and one load at a time per name.
//!
//! Whoever wants a template that is not there takes part in a [`Flight`], the load in progress. Nobody
//! owns it: whichever participant runs drives it, the others sleep, and when one is dropped the rest
//! wake and go on where it stopped. The cache holds flights weakly, so that one without participants is
//! gone, with all that its loader held. No lock is held while a loader or the compiler runs.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::sync::{
    Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, RwLockReadGuard,
    RwLockWriteGuard, Weak,
};
use std::task::Waker;
use std::thread::{self, ThreadId};

use arcstr::ArcStr;
use futures_core::future::BoxFuture;

use crate::bytecode::Program;
use crate::environment::reads::Reads;
use crate::environment::waits::WaitSummary;
use crate::error::Error;

/// A compiled template with what is known of it.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) program: Arc<Program>,
    /// Bytes of the last output, to start the next one with.
    size: AtomicUsize,
    /// Whether it waits, itself or in what it names; found out when first asked.
    pub(crate) waits: OnceLock<WaitSummary>,
    /// What it reads, itself or in what it names; found out once all that is loaded.
    pub(crate) reads: OnceLock<Reads>,
    /// How often `reads` could not be found out.
    asked: AtomicU8,
}

/// How often to look whether all that a template names is loaded: some of it may never be.
const MOST_ASKED: u8 = 8;

impl Compiled {
    /// A template nothing is known of yet.
    pub(crate) fn new(program: Arc<Program>) -> Arc<Self> {
        let text: usize = program.texts.iter().map(|text| text.len()).sum();
        Arc::new(Compiled {
            program,
            size: AtomicUsize::new(text),
            waits: OnceLock::new(),
            reads: OnceLock::new(),
            asked: AtomicU8::new(0),
        })
    }

    /// Whether it is worth another look if something was not loaded yet.
    pub(crate) fn may_be_asked_again(&self) -> bool {
        self.asked.fetch_add(1, Ordering::Relaxed) < MOST_ASKED
    }

    /// How many bytes of output to expect.
    pub(crate) fn expected_size(&self) -> usize {
        // One huge page should not make all later ones ask for as much.
        self.size.load(Ordering::Relaxed).min(1 << 20)
    }

    /// Remembers how many bytes a render wrote.
    pub(crate) fn wrote(&self, bytes: usize) {
        // A store even of the same number would take the cache line from every other core.
        if self.size.load(Ordering::Relaxed) != bytes {
            self.size.store(bytes, Ordering::Relaxed);
        }
    }
}

/// The answer of a load: none if there is no such template.
pub(crate) type Loaded = Result<Option<Arc<Compiled>>, Error>;

type Entries = HashMap<ArcStr, Entry, foldhash::fast::RandomState>;

/// Compiled templates by name.
#[derive(Default)]
pub(crate) struct Cache {
    entries: RwLock<Entries>,
    /// Whether some template knows what those it names do, and must forget it when one changes.
    summarised: AtomicBool,
}

enum Entry {
    Ready(Arc<Compiled>),
    Loading(Weak<Flight>),
}

impl Cache {
    /// The template, if it is compiled.
    pub(crate) fn get(&self, name: &str) -> Option<Arc<Compiled>> {
        match self.read().get(name) {
            Some(Entry::Ready(compiled)) => Some(Arc::clone(compiled)),
            _ => None,
        }
    }

    /// Takes part in loading a template, or gives it if it is there by now.
    pub(crate) fn join(self: &Arc<Self>, name: &ArcStr) -> Result<Participant, Arc<Compiled>> {
        let mut entries = self.write();
        let flight = match entries.get(name) {
            Some(Entry::Ready(compiled)) => return Err(Arc::clone(compiled)),
            Some(Entry::Loading(flight)) => flight.upgrade(),
            None => None,
        };
        let flight = flight.unwrap_or_else(|| {
            let flight = Arc::new(Flight::default());
            entries.insert(name.clone(), Entry::Loading(Arc::downgrade(&flight)));
            flight
        });
        let id = flight.lock().enter();
        Ok(Participant {
            cache: Arc::clone(self),
            name: name.clone(),
            flight,
            id,
        })
    }

    /// Puts in a template unless another one came first, and gives the one that is there.
    pub(crate) fn insert(&self, name: &ArcStr, compiled: Arc<Compiled>) -> Arc<Compiled> {
        let mut entries = self.write();
        if let Some(Entry::Ready(first)) = entries.get(name) {
            return Arc::clone(first);
        }
        entries.insert(name.clone(), Entry::Ready(Arc::clone(&compiled)));
        compiled
    }

    /// Forgets all templates. Loads in progress are finished for those who wait, and not kept.
    pub(crate) fn clear(&self) {
        let entries = std::mem::take(&mut *self.write());
        // Dropped only now that the lock is free: programs may hold much.
        drop(entries);
    }

    /// The same templates without `name`, which has changed, for a configuration of its own.
    pub(crate) fn without(&self, name: &str) -> Self {
        let entries = self
            .read()
            .iter()
            .filter_map(|(other, entry)| match entry {
                Entry::Ready(compiled) if other != name => {
                    let compiled = Compiled::new(Arc::clone(&compiled.program));
                    Some((other.clone(), Entry::Ready(compiled)))
                }
                _ => None,
            })
            .collect();
        Cache {
            entries: RwLock::new(entries),
            summarised: AtomicBool::new(false),
        }
    }

    /// Takes out `name`, which has changed.
    pub(crate) fn remove(&mut self, name: &str) {
        if *self.summarised.get_mut() {
            *self = self.without(name);
        } else {
            self.write().remove(name);
        }
    }

    /// Notes that a template knows what those it names do.
    pub(crate) fn note_summary(&self) {
        self.summarised.store(true, Ordering::Relaxed);
    }

    fn read(&self) -> RwLockReadGuard<'_, Entries> {
        self.entries.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Entries> {
        self.entries.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cache({} templates)", self.read().len())
    }
}

/// The future of a loader's answer.
pub(crate) type Source = BoxFuture<'static, Result<Option<String>, Error>>;

/// The load of one template, shared by all who want it at the same time.
#[derive(Default)]
pub(crate) struct Flight {
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
    Idle(Option<Source>),
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
    Run(Running, Option<Source>),
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
            Progress::Idle(source) => {
                let source = source.take();
                Turn::Run(self.run(state), source)
            }
        }
    }

    /// As [`Participant::turn`], for a thread that cannot wait for futures but may wait for other threads.
    ///
    /// Answers `Wait` where the load depends on a future, or on this very thread.
    pub(crate) fn turn_blocking(&self) -> Turn {
        let mut state = self.flight.lock();
        loop {
            match &state.progress {
                Progress::Done(loaded) => return Turn::Done(loaded.clone()),
                Progress::Running(thread) if *thread == thread::current().id() => {
                    return Turn::Wait;
                }
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
    pub(crate) fn finish(&self, mut running: Running, loaded: Loaded) -> Loaded {
        let mut entries = self.cache.write();
        // Not if the cache was cleared meanwhile: what was loaded may be old by now.
        let ours = matches!(
            entries.get(&self.name),
            Some(Entry::Loading(flight)) if std::ptr::eq(flight.as_ptr(), &*self.flight)
        );
        if ours {
            match &loaded {
                Ok(Some(compiled)) => {
                    entries.insert(self.name.clone(), Entry::Ready(Arc::clone(compiled)));
                }
                _ => {
                    entries.remove(&self.name);
                }
            }
        }
        drop(entries);
        running.over = true;
        self.flight.set(Progress::Done(loaded.clone()));
        loaded
    }

    /// Puts the load down until `waker` is woken by the loader's future.
    pub(crate) fn pause(&self, mut running: Running, source: Source, waker: &Waker) {
        running.over = true;
        let mut state = self.flight.lock();
        state.progress = Progress::Idle(Some(source));
        state.register(self.id, waker);
        drop(state);
        self.flight.changed.notify_all();
    }

    /// Leaves the loader's future to participants that can wait for it.
    pub(crate) fn leave(&self, mut running: Running, source: Source) {
        running.over = true;
        self.flight.set(Progress::Idle(Some(source)));
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
        // The last one takes the entry with it. The cache's lock keeps others from joining meanwhile, and
        // the flight itself, with the loader's future, is dropped after that lock.
        let mut entries = self.cache.write();
        if Arc::strong_count(&self.flight) == 1
            && let Some(Entry::Loading(flight)) = entries.get(&self.name)
            && std::ptr::eq(flight.as_ptr(), &*self.flight)
        {
            entries.remove(&self.name);
        }
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
