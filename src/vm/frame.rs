//! Activations of units.

use std::num::NonZeroU32;
use std::sync::Arc;

use arcstr::ArcStr;

use crate::bytecode::{Program, Unit};
use crate::call::{Continuation, NextContinuation};
use crate::value::{StreamHandle, Value};
use crate::vm::cells::Cells;
use crate::vm::library::ProgramId;
use crate::vm::scope::ScopeId;

/// An activation of a unit.
///
/// Each call copies one aside, and back: what can be counted in 32 bits is.
#[derive(Clone, Debug)]
pub(super) struct CodeFrame {
    pub(super) program: ProgramId,
    /// The index of the unit in the program.
    pub(super) unit: u32,
    /// The next instruction, while another frame runs or the machine is suspended.
    pub(super) address: u32,
    /// Where the slots begin on the value stack.
    pub(super) base: u32,
    /// Where the operands begin, above the slots.
    pub(super) floor: u32,
    /// How many values below `base` belong to the call and go with it.
    pub(super) operands: u32,
    /// Where names are looked up that are no variables.
    pub(super) scope: ScopeId,
    pub(super) returns: Returns,
    /// The captured variables that its code counts from.
    pub(super) cells: Option<Arc<Cells>>,
    /// In a round of a recursive loop: how many are open, this one among them.
    pub(super) recursion: Option<NonZeroU32>,
    pub(super) auto_escape: bool,
    /// The parent that `extends` named.
    pub(super) parent: Option<ProgramId>,
    /// The block that runs, for `super()`.
    pub(super) block: Option<BlockLevel>,
    /// How many loops, captures, saved escaping modes and scopes there were before.
    pub(super) loops: u32,
    pub(super) captures: u32,
    pub(super) escapes: u32,
    pub(super) scopes: u32,
}

const _: () = assert!(size_of::<CodeFrame>() <= 80);

/// There must be fewer values on the stack: an activation says in 32 bits where its own are.
pub(super) const MOST_VALUES: usize = u32::MAX as usize;

impl CodeFrame {
    /// An activation that does nothing yet, of the unit `unit` of a program, whose slots are from `base` on.
    #[inline(always)]
    pub(super) fn new(
        program: ProgramId,
        unit: u32,
        base: usize,
        scope: ScopeId,
        returns: Returns,
    ) -> Self {
        CodeFrame {
            program,
            unit,
            address: 0,
            base: base as u32,
            floor: base as u32,
            operands: 0,
            scope,
            returns,
            cells: None,
            recursion: None,
            auto_escape: false,
            parent: None,
            block: None,
            loops: 0,
            captures: 0,
            escapes: 0,
            scopes: 0,
        }
    }

    /// Whether it is the activation that a render begins with, or ended with and may begin with again.
    pub(super) fn is_first(&self) -> bool {
        let is_outermost = self.program == ProgramId::FIRST
            && self.scope == ScopeId::FIRST
            && (self.unit, self.base) == (0, 0);
        is_outermost && self.cells.is_none() && self.parent.is_none() && self.block.is_none()
    }

    /// Where the slots begin on the value stack.
    #[inline]
    pub(super) fn base(&self) -> usize {
        self.base as usize
    }

    /// Where the operands begin, above the slots.
    #[inline]
    pub(super) fn floor(&self) -> usize {
        self.floor as usize
    }

    /// Says where the values are on the stack.
    pub(super) fn place(&mut self, base: usize, floor: usize) {
        self.base = base as u32;
        self.floor = floor as u32;
    }

    /// The unit's description.
    #[inline]
    pub(super) fn unit<'p>(&self, program: &'p Program) -> &'p Unit {
        &program.units[self.unit as usize]
    }

    /// Puts the frame at the start of its unit.
    #[inline(always)]
    pub(super) fn begin(&mut self, unit: &Unit) {
        self.address = unit.entry.0;
        self.floor = self.base.saturating_add(unit.slots.into());
        if unit.cells > 0 {
            self.make_cells(unit.cells);
        }
    }

    #[cold]
    #[inline(never)]
    fn make_cells(&mut self, count: u16) {
        self.cells = Some(Cells::new(count, self.cells.take()));
    }
}

/// Which definition of a block runs.
#[derive(Clone, Copy, Debug)]
pub(super) struct BlockLevel {
    /// The index of the definition in the program of the activation.
    pub(super) block: u32,
    /// 0 is the most derived definition.
    pub(super) level: u32,
}

/// What becomes of a unit's output and where the render goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Returns {
    /// The render ends.
    Finish,
    /// The render of an expression ends, with the value on the stack.
    Value,
    /// The output stands where it was written.
    Nothing(Called),
    /// The captured output is the result; safe text if `safe`.
    Text { safe: bool, called: Called },
    /// The template's exports are the result.
    Module { cached: bool },
    /// Everything so far only set the stage for one block, see [`Seldom::block`](super::seldom::Seldom).
    Prelude,
}

/// What was called, for the trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Called {
    Include,
    Block,
    Macro,
    Loop,
}

/// A native function in the middle of its work.
#[derive(Debug)]
pub(super) struct NativeFrame {
    /// How many activations there were when it was called, without the running one.
    pub(super) callers: usize,
    /// The name it was called by.
    pub(super) name: ArcStr,
    /// Whether the call may wait.
    pub(super) awaits: bool,
    pub(super) step: NativeStep,
}

/// What a native function waits for.
pub(super) enum NativeStep {
    /// The result of the frames above.
    Call(Continuation),
    /// A future's result.
    Await(Value, Continuation),
    /// A stream's next item, and the item once it is there.
    Next(
        StreamHandle,
        Option<Result<Option<Value>, crate::error::Error>>,
        NextContinuation,
    ),
}

impl std::fmt::Debug for NativeStep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            NativeStep::Call(_) => "Call",
            NativeStep::Await(..) => "Await",
            NativeStep::Next(..) => "Next",
        })
    }
}
