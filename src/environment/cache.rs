//! Compiled templates by name, how long they hold, and one load at a time per name.
//!
//! Whoever wants a template that is not there, or whose check is due, takes part in a
//! [`Flight`](crate::environment::flight), the load in progress. The cache holds the first load of a
//! template weakly, so that one without participants is gone, with all that its loader held. It holds a
//! check itself, since renders that are served the old version come and go: the next one goes on with
//! it. No lock is held while a loader or the compiler runs.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak};

use arcstr::ArcStr;

use crate::environment::compiled::Compiled;
use crate::environment::flight::{Basis, Flight, Participant};
use crate::environment::loader::Version;
use crate::environment::policy::TemplateCachePolicy;
use crate::error::Error;
use crate::render::Instant;

/// The answer of a load: none if there is no such template.
pub(crate) type Loaded = Result<Option<Arc<Compiled>>, Error>;

/// What a load found: none if there is no such template.
pub(crate) type Found = Result<Option<(Arc<Compiled>, Option<Version>)>, Error>;

type ByName<T> = HashMap<ArcStr, T, foldhash::fast::RandomState>;

/// Compiled templates by name.
#[derive(Default)]
pub(crate) struct Cache {
    table: RwLock<Table>,
    /// Whether some template knows what those it names do, and must forget it when one changes.
    summarised: AtomicBool,
    /// Counts changes of templates that were there: what was known of several before is not known now.
    generation: AtomicU64,
}

#[derive(Default)]
struct Table {
    kept: ByName<Kept>,
    flights: ByName<Flying>,
}

/// What is known of a name.
enum Kept {
    Ready(Ready),
    /// The loader did not know it then.
    Missing {
        since: Instant,
    },
}

/// A compiled template.
struct Ready {
    compiled: Arc<Compiled>,
    version: Option<Version>,
    /// When it was last known to hold.
    checked: Instant,
    /// When a check was last tried.
    tried: Instant,
    /// Whether it was wanted since room was made last.
    used: AtomicBool,
}

/// A load in progress.
enum Flying {
    /// The first load of a template: over when nobody takes part.
    First(Weak<Flight>),
    /// A check.
    Check(Arc<Flight>),
}

/// What the cache says of a name.
pub(crate) enum Lookup {
    Found(Arc<Compiled>),
    Missing,
    /// The loader is to be asked.
    Ask,
}

/// What who wants to ask the loader gets.
pub(crate) enum Joined {
    /// It was answered meanwhile.
    Found(Arc<Compiled>),
    Missing,
    /// A part in the load, and what may be served without waiting for it.
    Flight(Participant, Option<Arc<Compiled>>),
}

impl Ready {
    fn new(compiled: Arc<Compiled>, version: Option<Version>) -> Self {
        let now = Instant::now();
        Ready {
            compiled,
            version,
            checked: now,
            tried: now,
            used: AtomicBool::new(true),
        }
    }

    /// Whether the loader is to be asked about it.
    fn is_due(&self, policy: &TemplateCachePolicy) -> bool {
        policy
            .every
            .is_some_and(|interval| self.tried.elapsed() >= interval || !self.holds(policy))
    }

    /// Whether it may be served at all without asking.
    fn holds(&self, policy: &TemplateCachePolicy) -> bool {
        policy
            .every
            .is_none_or(|interval| self.checked.elapsed() < interval.saturating_add(policy.stale))
    }

    fn note_use(&self) {
        // A store even of the same value would take the cache line from every other core.
        if !self.used.load(Ordering::Relaxed) {
            self.used.store(true, Ordering::Relaxed);
        }
    }
}

impl Kept {
    fn look(&self, policy: &TemplateCachePolicy) -> Lookup {
        match self {
            Kept::Ready(ready) if ready.is_due(policy) => Lookup::Ask,
            Kept::Ready(ready) => {
                ready.note_use();
                Lookup::Found(Arc::clone(&ready.compiled))
            }
            Kept::Missing { since } if since.elapsed() < policy.missing => Lookup::Missing,
            Kept::Missing { .. } => Lookup::Ask,
        }
    }
}

impl Cache {
    /// What is known of a template without asking the loader.
    pub(crate) fn look(&self, name: &str, policy: &TemplateCachePolicy) -> Lookup {
        self.read()
            .kept
            .get(name)
            .map_or(Lookup::Ask, |kept| kept.look(policy))
    }

    /// The template as it is there, whether it holds or not.
    pub(crate) fn peek(&self, name: &str) -> Option<Arc<Compiled>> {
        match self.read().kept.get(name) {
            Some(Kept::Ready(ready)) => Some(Arc::clone(&ready.compiled)),
            _ => None,
        }
    }

    /// Takes part in loading or checking a template, unless that is over by now.
    pub(crate) fn join(self: &Arc<Self>, name: &ArcStr, policy: &TemplateCachePolicy) -> Joined {
        let mut abandoned = None;
        let mut table = self.write();
        let ready = match table.kept.get(name) {
            None => None,
            Some(kept) => match (kept.look(policy), kept) {
                (Lookup::Found(compiled), _) => return Joined::Found(compiled),
                (Lookup::Missing, _) => return Joined::Missing,
                (Lookup::Ask, Kept::Ready(ready)) => Some(ready),
                (Lookup::Ask, Kept::Missing { .. }) => None,
            },
        };
        let basis = ready.map(|ready| Basis {
            compiled: Arc::clone(&ready.compiled),
            version: ready.version.clone(),
        });
        let stale = ready
            .filter(|ready| ready.holds(policy))
            .map(|ready| Arc::clone(&ready.compiled));
        let flight = match table.flights.get(name) {
            Some(Flying::First(flight)) => flight.upgrade(),
            // One that nobody has driven for long: what its loader holds may be of no use any more.
            Some(Flying::Check(flight))
                if Arc::strong_count(flight) == 1 && flight.began.elapsed() > policy.stale =>
            {
                None
            }
            Some(Flying::Check(flight)) => Some(Arc::clone(flight)),
            None => None,
        };
        let flight = flight.unwrap_or_else(|| {
            let is_check = basis.is_some();
            let flight = Arc::new(Flight::new(basis));
            let flying = match is_check {
                true => Flying::Check(Arc::clone(&flight)),
                false => Flying::First(Arc::downgrade(&flight)),
            };
            abandoned = table.flights.insert(name.clone(), flying);
            flight
        });
        let participant = Participant::new(Arc::clone(self), name.clone(), flight);
        drop(table);
        // What its loader held is dropped without the lock.
        drop(abandoned);
        Joined::Flight(participant, stale)
    }

    /// Puts in a template unless another one came first, and gives the one that is there.
    pub(crate) fn insert(
        &self,
        name: &ArcStr,
        compiled: Arc<Compiled>,
        version: Option<Version>,
        policy: &TemplateCachePolicy,
    ) -> Arc<Compiled> {
        let mut table = self.write();
        if let Some(Kept::Ready(first)) = table.kept.get(name) {
            return Arc::clone(&first.compiled);
        }
        let ready = Ready::new(Arc::clone(&compiled), version);
        table.kept.insert(name.clone(), Kept::Ready(ready));
        let removed = table.make_room(name, policy.capacity);
        drop(table);
        drop(removed);
        compiled
    }

    /// Takes in what a load found, if it still counts, and gives the answer for all who wanted it.
    pub(super) fn conclude(
        &self,
        name: &ArcStr,
        flight: &Arc<Flight>,
        found: Found,
        policy: &TemplateCachePolicy,
    ) -> Loaded {
        let mut table = self.write();
        // Not if the cache was cleared meanwhile: what was loaded may be old by now.
        if !table.is_flying(name, flight) {
            drop(table);
            return found.map(|found| found.map(|(compiled, _)| compiled));
        }
        let over = table.flights.remove(name);
        let old = match table.kept.get_mut(name) {
            Some(Kept::Ready(ready)) => Some(ready),
            _ => None,
        };
        let mut removed = Vec::new();
        let answer = match (found, old) {
            (Ok(Some((compiled, version))), Some(old))
                if Arc::ptr_eq(&old.compiled.program, &compiled.program) =>
            {
                let used = std::mem::take(&mut old.used);
                *old = Ready {
                    used,
                    ..Ready::new(Arc::clone(&old.compiled), version)
                };
                Ok(Some(Arc::clone(&old.compiled)))
            }
            (Ok(Some((compiled, version))), old) => {
                let changed = old.is_some();
                let ready = Ready::new(Arc::clone(&compiled), version);
                removed.extend(table.kept.insert(name.clone(), Kept::Ready(ready)));
                if changed {
                    self.forget_summaries(&mut table);
                }
                removed.extend(table.make_room(name, policy.capacity));
                Ok(Some(compiled))
            }
            (Ok(None), old) => {
                let changed = old.is_some();
                if policy.missing.is_zero() {
                    removed.extend(table.kept.remove(name));
                } else {
                    let missing = Kept::Missing {
                        since: Instant::now(),
                    };
                    removed.extend(table.kept.insert(name.clone(), missing));
                    removed.extend(table.make_room(name, policy.capacity));
                }
                if changed {
                    self.forget_summaries(&mut table);
                }
                Ok(None)
            }
            (Err(error), old) => {
                if let Some(old) = old {
                    old.tried = Instant::now();
                }
                Err(error)
            }
        };
        drop(table);
        drop((removed, over));
        answer
    }

    /// Takes out a first load in which nobody takes part but the one who leaves it.
    pub(super) fn leave(&self, name: &ArcStr, flight: &Arc<Flight>) {
        // The lock keeps others from joining meanwhile.
        let mut table = self.write();
        if Arc::strong_count(flight) == 1 && table.is_flying(name, flight) {
            table.flights.remove(name);
        }
    }

    /// Forgets all templates. Loads in progress are finished for those who wait, and not kept.
    pub(crate) fn clear(&self) {
        let mut table = self.write();
        let forgotten = std::mem::take(&mut *table);
        self.note_change();
        drop(table);
        // Dropped only now that the lock is free: programs may hold much.
        drop(forgotten);
    }

    /// Forgets one template, as [`Cache::clear`] forgets all, and says whether it was there.
    pub(crate) fn forget(&self, name: &str) -> bool {
        let mut table = self.write();
        let kept = table.kept.remove(name);
        let flight = table.flights.remove(name);
        let was_there = matches!(kept, Some(Kept::Ready(_)));
        if was_there {
            self.forget_summaries(&mut table);
        }
        drop(table);
        drop((kept, flight));
        was_there
    }

    /// The same templates without `name`, which has changed, for a configuration of its own.
    pub(crate) fn without(&self, name: &str) -> Self {
        let kept = self
            .read()
            .kept
            .iter()
            .filter_map(|(other, kept)| match kept {
                Kept::Ready(ready) if other != name => {
                    let compiled = Compiled::new(Arc::clone(&ready.compiled.program));
                    let ready = Ready {
                        compiled,
                        version: ready.version.clone(),
                        used: AtomicBool::new(ready.used.load(Ordering::Relaxed)),
                        ..*ready
                    };
                    Some((other.clone(), Kept::Ready(ready)))
                }
                _ => None,
            })
            .collect();
        Cache {
            table: RwLock::new(Table {
                kept,
                flights: HashMap::default(),
            }),
            ..Cache::default()
        }
    }

    /// Takes out `name`, which has changed.
    pub(crate) fn remove(&mut self, name: &str) {
        if *self.summarised.get_mut() {
            *self = self.without(name);
        } else {
            self.forget(name);
        }
    }

    /// Notes that a template knows what those it names do.
    pub(crate) fn note_summary(&self) {
        self.summarised.store(true, Ordering::Relaxed);
    }

    /// How often a template that was there has changed.
    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    fn note_change(&self) {
        self.generation.fetch_add(1, Ordering::Release);
        self.summarised.store(false, Ordering::Relaxed);
    }

    /// Makes all templates find out anew what those they name do.
    fn forget_summaries(&self, table: &mut Table) {
        if self.summarised.load(Ordering::Relaxed) {
            for kept in table.kept.values_mut() {
                if let Kept::Ready(ready) = kept {
                    ready.compiled = Compiled::new(Arc::clone(&ready.compiled.program));
                }
            }
        }
        self.note_change();
    }

    fn read(&self) -> RwLockReadGuard<'_, Table> {
        self.table.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Table> {
        self.table.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn is_flying(&self, name: &ArcStr, flight: &Arc<Flight>) -> bool {
        match self.flights.get(name) {
            Some(Flying::First(other)) => std::ptr::eq(other.as_ptr(), &**flight),
            Some(Flying::Check(other)) => Arc::ptr_eq(other, flight),
            None => false,
        }
    }

    /// Forgets an eighth of the templates if there are too many, and gives them to be dropped without the
    /// lock; `newest` stays if any does.
    fn make_room(&mut self, newest: &ArcStr, capacity: usize) -> Vec<Kept> {
        let mut removed = Vec::new();
        if self.kept.len() <= capacity {
            return removed;
        }
        let mut excess = self.kept.len() - (capacity - capacity / 8);
        // Each that was used gets a second chance; if all were, the second round takes any.
        for _ in 0..2 {
            let names: Vec<ArcStr> = self
                .kept
                .iter()
                .filter(|(name, kept)| *name != newest && !kept.take_use())
                .take(excess)
                .map(|(name, _)| name.clone())
                .collect();
            excess -= names.len();
            removed.extend(names.iter().filter_map(|name| self.kept.remove(name)));
        }
        if capacity == 0 {
            removed.extend(self.kept.remove(newest));
        }
        // A check of what is not kept is of no use.
        let Table { kept, flights } = self;
        flights.retain(|name, flying| match flying {
            Flying::Check(_) => kept.contains_key(name),
            Flying::First(_) => true,
        });
        removed
    }
}

impl Kept {
    /// Whether it was used since this was asked last.
    fn take_use(&self) -> bool {
        match self {
            Kept::Ready(ready) => ready.used.swap(false, Ordering::Relaxed),
            Kept::Missing { .. } => false,
        }
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cache({} templates)", self.read().kept.len())
    }
}
