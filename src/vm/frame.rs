//! Activations of units.

use std::sync::Arc;

use arcstr::ArcStr;

use crate::bytecode::Program;
use crate::call::{Continuation, NextContinuation};
use crate::value::{StreamHandle, Value};
use crate::vm::cells::Cells;
use crate::vm::context::Context;

/// One open call: of a unit, or of a native function that waits for something.
#[derive(Debug)]
pub(super) enum Frame {
    Code(CodeFrame),
    Native(NativeFrame),
}

/// An activation of a unit.
#[derive(Clone, Debug)]
pub(super) struct CodeFrame {
    pub(super) program: Arc<Program>,
    /// The index of the unit in the program.
    pub(super) unit: usize,
    /// The next instruction, while another frame runs or the machine is suspended.
    pub(super) address: usize,
    /// Where the slots begin on the value stack; the operands are above them.
    pub(super) base: usize,
    /// How many values below `base` belong to the call and go with it.
    pub(super) operands: usize,
    pub(super) returns: Returns,
    pub(super) context: Arc<Context>,
    /// The captured variables that its code counts from.
    pub(super) cells: Option<Arc<Cells>>,
    /// The captured variables around those of the unit itself.
    pub(super) around: Option<Arc<Cells>>,
    /// How many rounds of a recursive loop are open around this one.
    pub(super) recursion: usize,
    pub(super) auto_escape: bool,
    /// The parent that `extends` named.
    pub(super) parent: Option<Arc<Program>>,
    /// The block that runs, for `super()`.
    pub(super) block: Option<BlockLevel>,
    /// How many loops, captures and saved escaping modes there were before.
    pub(super) loops: usize,
    pub(super) captures: usize,
    pub(super) escapes: usize,
}

/// Which definition of a block runs.
#[derive(Clone, Debug)]
pub(super) struct BlockLevel {
    pub(super) name: ArcStr,
    /// 0 is the most derived definition.
    pub(super) level: usize,
}

/// What becomes of a unit's output and where the render goes on.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Returns {
    /// The render ends; of an expression, with the value on the stack.
    Finish,
    /// The output stands where it was written.
    Nothing(Called),
    /// The captured output is the result; safe text if `safe`.
    Text { safe: bool, called: Called },
    /// The template's exports are the result.
    Module { name: ArcStr, cached: bool },
    /// Everything so far only set the stage for one block.
    Prelude { block: ArcStr },
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
