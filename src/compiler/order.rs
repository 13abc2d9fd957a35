//! Which branches of a `parallel` block come after which: who reads or sets what an earlier one sets, and, for
//! what macros and other templates see, who sets what an earlier one may read.

use crate::bytecode::Slot;
use crate::compiler::Compiler;
use crate::compiler::effects::Effects;
use crate::compiler::scope::{Home, Map};

/// What the branches of a block do so far, by their positions.
///
/// Only the last one that sets a name is looked for, as it comes after all others that do.
#[derive(Debug, Default)]
pub(super) struct EarlierBranches<'src> {
    branches: Vec<Written>,
    setters: Map<&'src str, u32>,
    /// Those of names that macros see.
    shared_setters: Map<&'src str, u32>,
    /// Who reads a name that macros see, since it was last set.
    shared_readers: Map<&'src str, Vec<u32>>,
    calls: Vec<u32>,
    by_name: Vec<u32>,
}

/// What a branch sets.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) site: u16,
    /// The slots of the unit, in the order in which the branch gives them.
    pub(super) slots: Vec<Slot>,
}

impl EarlierBranches<'_> {
    /// The branch at a position.
    pub(super) fn at(&self, position: u32) -> &Written {
        &self.branches[position as usize]
    }
}

impl<'src> Compiler<'_, 'src> {
    /// The positions of the branches that a statement comes after.
    pub(super) fn comes_after(
        &self,
        earlier: &EarlierBranches<'src>,
        now: &Effects<'src>,
    ) -> Vec<u32> {
        let mut after: Vec<u32> = Vec::new();
        if now.by_name {
            after.extend(earlier.setters.values());
        } else {
            let names = now.reads.iter().chain(&now.writes);
            after.extend(names.filter_map(|name| earlier.setters.get(name)));
            if now.calls {
                after.extend(earlier.shared_setters.values());
            }
        }
        // What a branch reads is its own copy, but for what macros and other templates see.
        if !now.writes.is_empty() {
            after.extend(&earlier.by_name);
        }
        let mut sets_shared = false;
        for name in now.writes.iter().filter(|name| self.is_shared(name)) {
            sets_shared = true;
            after.extend(earlier.shared_readers.get(name).into_iter().flatten());
        }
        if sets_shared {
            after.extend(&earlier.calls);
        }
        after.sort_unstable();
        after.dedup();
        after
    }

    /// Notes what a branch does.
    pub(super) fn add_branch(
        &self,
        earlier: &mut EarlierBranches<'src>,
        effects: &Effects<'src>,
        written: Written,
    ) {
        let position = earlier.branches.len() as u32;
        earlier.branches.push(written);
        for name in &effects.writes {
            earlier.setters.insert(name, position);
            if self.is_shared(name) {
                earlier.shared_setters.insert(name, position);
                earlier.shared_readers.remove(name);
            }
        }
        for name in effects.reads.iter().filter(|name| self.is_shared(name)) {
            let readers = earlier.shared_readers.entry(name);
            readers.or_default().push(position);
        }
        if effects.calls {
            earlier.calls.push(position);
        }
        if effects.by_name {
            earlier.by_name.push(position);
        }
    }

    /// Whether a variable is one that macros see.
    fn is_shared(&self, name: &str) -> bool {
        let captured = self
            .scopes
            .find(self.now.scope, name)
            .is_some_and(|id| matches!(self.scopes.variable(id).home, Home::Cell(_)));
        captured || self.scopes.template_names.contains(name)
    }

    /// The slots of the running unit that a statement sets.
    pub(super) fn written_slots(&self, effects: &Effects<'src>) -> Vec<Slot> {
        let mut slots: Vec<Slot> = effects
            .writes
            .iter()
            .filter_map(|name| {
                let variable = self.scopes.stored_variable(self.now.scope, name)?;
                match self.scopes.variable(variable).home {
                    Home::Slot(slot) => Some(slot),
                    Home::Cell(_) | Home::None => None,
                }
            })
            .collect();
        slots.sort_unstable_by_key(|slot| slot.0);
        slots
    }
}
