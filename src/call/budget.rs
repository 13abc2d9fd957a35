//! What a render has left of its limits.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;

use crate::error::Error;
use crate::error::call::CallFault;
use crate::limits::Limits;
use crate::value::{Charge, Containers, Undefined, Value};

/// The counters of one render, charged by the machine and by every builtin before it allocates.
///
/// A charge goes through a shared reference; the counters are cells, so a budget is `Send` and is used
/// by one machine at a time.
#[derive(Debug)]
pub(crate) struct Budget {
    limits: Limits,
    fuel_left: Cell<u64>,
    /// The slice of instructions is used up when less fuel is left; 0 if there is no end to it.
    slice_end: Cell<u64>,
    memory_left: Cell<u64>,
    output_left: Cell<u64>,
    futures_are_awaited: Cell<bool>,
    others_waiting: Cell<usize>,
    /// Room for text that is being made, kept from one builtin to the next.
    scratch: RefCell<String>,
    /// None while there are none.
    containers: RefCell<Option<Box<Containers>>>,
    undefined_hook: Option<UndefinedHook>,
}

/// Hears of undefined values that are used.
#[derive(Clone)]
pub(crate) struct UndefinedHook(pub(crate) Arc<dyn Fn(&Error) + Send + Sync>);

impl fmt::Debug for UndefinedHook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UndefinedHook(..)")
    }
}

/// What there is where the host set no limit. No allocation is that large, and no render that long.
const UNLIMITED: u64 = isize::MAX as u64;

impl Budget {
    /// A full budget.
    pub(crate) fn new(limits: &Limits) -> Self {
        let mut budget = Budget {
            fuel_left: Cell::default(),
            slice_end: Cell::default(),
            memory_left: Cell::default(),
            output_left: Cell::default(),
            futures_are_awaited: Cell::default(),
            others_waiting: Cell::default(),
            scratch: RefCell::default(),
            containers: RefCell::default(),
            undefined_hook: None,
            limits: Limits::default(),
        };
        budget.fill(limits);
        budget
    }

    /// Fills a budget that was not used, or has been [retired](Self::retire).
    #[inline]
    pub(crate) fn fill(&mut self, limits: &Limits) {
        *self.fuel_left.get_mut() = limits.fuel.unwrap_or(UNLIMITED).min(UNLIMITED);
        *self.memory_left.get_mut() = limits.memory.unwrap_or(UNLIMITED);
        *self.output_left.get_mut() = limits.output.unwrap_or(u64::MAX);
        self.limits.clone_from(limits);
    }

    /// Makes a budget whose render is over fit for another one, unless it holds too much for that.
    #[inline(always)]
    pub(crate) fn retire(&mut self) -> bool {
        const MOST: usize = 1024;
        *self.others_waiting.get_mut() = 0;
        if self.undefined_hook.is_some() {
            self.undefined_hook = None;
        }
        self.scratch.get_mut().capacity() <= MOST && self.containers.get_mut().is_none()
    }

    /// Says who hears of undefined values that are used.
    pub(crate) fn set_undefined_hook(&mut self, hook: Option<&UndefinedHook>) {
        self.undefined_hook = hook.cloned();
    }

    /// Pays for `rounds` instructions or rounds of a loop.
    #[inline]
    pub(crate) fn fuel(&self, rounds: u64) -> Result<(), Error> {
        match self.fuel_left.get().checked_sub(rounds) {
            Some(left) => {
                self.fuel_left.set(left);
                Ok(())
            }
            None => {
                self.fuel_left.set(0);
                Err(CallFault::out_of_fuel(self.limits.fuel))
            }
        }
    }

    /// Begins a slice that is used up after so many instructions and what builtins count as such; without a
    /// number it has no end.
    #[inline]
    pub(crate) fn begin_slice(&self, instructions: Option<NonZeroU32>) {
        self.slice_end.set(match instructions {
            Some(count) => (self.fuel_left.get() + 1).saturating_sub(count.get().into()),
            None => 0,
        });
    }

    /// Ends the slice that is not used up.
    #[inline]
    pub(crate) fn end_slice(&self) {
        self.slice_end.set(self.fuel_left.get() + 1);
    }

    /// Uses up part of the slice for what takes the time of so many instructions and is none.
    #[inline]
    pub(crate) fn shorten_slice(&self, instructions: u64) {
        self.slice_end.set(self.slice_end.get() + instructions);
    }

    /// How many slices of so many instructions were used up besides the one that is over.
    pub(crate) fn slices_overdrawn(&self, instructions: NonZeroU32) -> u64 {
        let overdrawn = self
            .slice_end
            .get()
            .saturating_sub(self.fuel_left.get() + 1);
        overdrawn / u64::from(instructions.get())
    }

    /// Whether others are to get their turn.
    #[inline]
    pub(crate) fn is_slice_over(&self) -> bool {
        self.fuel_left.get() < self.slice_end.get()
    }

    /// Pays for `bytes` that are about to be allocated.
    #[inline]
    pub(crate) fn memory(&self, bytes: u64) -> Result<(), Error> {
        match self.memory_left.get().checked_sub(bytes) {
            Some(left) => {
                // Without a limit every charge must be possible, but none adds up.
                if self.limits.memory.is_some() {
                    self.memory_left.set(left);
                }
                Ok(())
            }
            None => Err(CallFault::out_of_memory(self.limits.memory)),
        }
    }

    /// Pays for `bytes` of output.
    #[inline]
    pub(crate) fn output(&self, bytes: u64) -> Result<(), Error> {
        match self.output_left.get().checked_sub(bytes) {
            Some(left) => {
                self.output_left.set(left);
                Ok(())
            }
            None => Err(CallFault::too_much_output(self.limits.output)),
        }
    }

    /// Fails if `depth` calls, includes and blocks may not be open at once.
    #[inline]
    pub(crate) fn depth(&self, depth: usize) -> Result<(), Error> {
        if depth > self.limits.depth {
            return Err(self.too_deep());
        }
        Ok(())
    }

    /// The error of more that is open at once than may be.
    #[cold]
    pub(crate) fn too_deep(&self) -> Error {
        CallFault::too_deep(self.limits.depth)
    }

    /// Fails if one stream may not give `count` items.
    #[inline]
    pub(crate) fn items(&self, count: u64) -> Result<(), Error> {
        match self.limits.items {
            Some(limit) if count > limit => Err(CallFault::too_many_items(limit)),
            _ => Ok(()),
        }
    }

    /// How many items one stream may give.
    pub(crate) fn most_items(&self) -> u64 {
        self.limits.items.unwrap_or(u64::MAX)
    }

    /// One of the items that a stream may give still; fails if there is none.
    pub(crate) fn one_item_less(&self, left: u64) -> Result<u64, Error> {
        left.checked_sub(1)
            .ok_or_else(|| CallFault::too_many_items(self.most_items()))
    }

    /// Fails if `count` more waits may not be in flight at once.
    pub(crate) fn in_flight(&self, count: usize) -> Result<(), Error> {
        let count = count.saturating_add(self.others_waiting.get());
        if count > self.limits.in_flight {
            return Err(CallFault::too_many_in_flight(self.limits.in_flight));
        }
        Ok(())
    }

    /// Says how many waits are in flight besides those of the machine that runs.
    pub(crate) fn set_others_waiting(&self, count: usize) {
        self.others_waiting.set(count);
    }

    /// An empty text with room, as it was given back last.
    pub(crate) fn take_scratch(&self) -> String {
        self.scratch.take()
    }

    /// Keeps the room of a text that is not needed any more.
    pub(crate) fn keep_scratch(&self, mut text: String) {
        const MOST: usize = 64 * 1024;
        if text.capacity() <= MOST {
            text.clear();
            self.scratch.replace(text);
        }
    }

    /// Says whether futures that are done count as their results from here on.
    pub(crate) fn set_futures_are_awaited(&self, awaited: bool) {
        self.futures_are_awaited.set(awaited);
    }

    /// How many containers could be part of a cycle.
    #[cfg(test)]
    pub(crate) fn remembered(&self) -> usize {
        self.containers
            .borrow()
            .as_ref()
            .map_or(0, |containers| containers.len())
    }

    /// Whether any container could be part of a cycle.
    pub(crate) fn has_containers(&self) -> bool {
        self.containers.borrow().is_some()
    }

    /// Empties the containers that templates tied into cycles.
    ///
    /// `something_left` says that a result may still hold some of them.
    pub(crate) fn break_cycles(&self, something_left: bool) {
        if let Some(containers) = &mut *self.containers.borrow_mut() {
            containers.break_cycles(something_left);
        }
    }

    /// What is left of the fuel, where it is limited.
    #[cfg(test)]
    pub(crate) fn fuel_left(&self) -> Option<u64> {
        self.limits.fuel.map(|_| self.fuel_left.get())
    }
}

impl Charge for Budget {
    fn fuel(&self, rounds: u64) -> Result<(), Error> {
        Budget::fuel(self, rounds)
    }

    fn memory(&self, bytes: u64) -> Result<(), Error> {
        Budget::memory(self, bytes)
    }

    fn futures_are_awaited(&self) -> bool {
        self.futures_are_awaited.get()
    }

    fn stored(&self, container: &Value) {
        let mut containers = self.containers.borrow_mut();
        containers.get_or_insert_default().remember(container);
    }

    fn used_undefined(&self, undefined: &Undefined) {
        if let Some(UndefinedHook(hook)) = &self.undefined_hook {
            hook(&undefined.error());
        }
    }
}
