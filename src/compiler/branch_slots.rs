//! The slots that a branch has: copies of those around it that its code names, and no others, so that a branch
//! takes what it uses, however many variables there are.

use crate::bytecode::{Instruction, Slot, UnitKind};
use crate::compiler::Compiler;
use crate::compiler::activation::Activation;
use crate::compiler::scope::Map;

/// The slots of a branch, numbered in the order in which its code first names them.
#[derive(Debug, Default)]
pub(super) struct BranchSlots {
    /// Those of the unit that they are copies of.
    of: Vec<Slot>,
    own: Map<u16, Slot>,
}

impl BranchSlots {
    /// The branch's own slot for one of the unit.
    fn own(&mut self, slot: Slot) -> Slot {
        *self.own.entry(slot.0).or_insert_with(|| {
            self.of.push(slot);
            Slot(self.of.len() as u16 - 1)
        })
    }

    /// The branch's own slot for one of the unit, if it has one.
    pub(super) fn find(&self, slot: Slot) -> Option<Slot> {
        self.own.get(&slot.0).copied()
    }
}

/// An instruction with its slots where the innermost of some branches has them.
#[inline]
pub(super) fn placed(branches: &mut [BranchSlots], instruction: Instruction) -> Instruction {
    match branches.last_mut() {
        Some(slots) => instruction.with_slots(|slot| slots.own(slot)),
        None => instruction,
    }
}

impl Activation {
    /// Where the running code has a slot of its unit.
    pub(super) fn slot(&mut self, slot: Slot) -> Slot {
        match self.branch_slots.last_mut() {
            Some(slots) => slots.own(slot),
            None => slot,
        }
    }

    /// Ends the slots of a branch; gives them, and those around it that they are copies of.
    pub(super) fn end_branch_slots(&mut self) -> Option<(BranchSlots, Vec<Slot>)> {
        let slots = self.branch_slots.pop()?;
        let around = slots.of.iter().map(|slot| self.slot(*slot)).collect();
        Some((slots, around))
    }
}

impl Compiler<'_, '_> {
    /// Begins the slots of a branch, unless it has all: a round of a recursive loop runs on a copy of them.
    pub(super) fn begin_branch_slots(&mut self, recurs: bool) -> bool {
        let in_recursive_loop = self.scopes.unit(self.now.unit).kind == UnitKind::Loop;
        let has_own = !recurs && !in_recursive_loop;
        if has_own {
            self.now.branch_slots.push(BranchSlots::default());
        }
        has_own
    }
}
