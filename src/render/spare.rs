//! The machine that a thread keeps for its next synchronous render: making one and its stack costs as much as a
//! small template.

use std::cell::Cell;

use crate::vm::Machine;

thread_local! {
    /// A machine that has nothing to do, and holds nothing of the render that it was of.
    static SPARE: Cell<Option<Box<Machine>>> = const { Cell::new(None) };
}

/// A machine that has nothing to do.
pub(super) fn take() -> Box<Machine> {
    let spare = SPARE.try_with(Cell::take);
    match spare {
        Ok(Some(machine)) => machine,
        // A template may be rendered within another one, or while the thread ends.
        _ => Box::new(Machine::idle()),
    }
}

/// Keeps a machine whose render has ended, unless it is not worth it.
pub(super) fn keep(mut machine: Box<Machine>) {
    if machine.retire() {
        let _ = SPARE.try_with(|spare| spare.set(Some(machine)));
    }
}
