//! What templates are compiled to: [`Program`], its [`Instruction`]s, and tools over them.
//!
//! A program owns everything it needs and is `Send + Sync`; it knows neither the tree it came from nor
//! the machine that runs it. [`Program::verify`] checks what the machine relies on.

mod disassemble;
mod effect;
mod instruction;
mod program;
mod shortcut;
mod verify;

pub(crate) use effect::{Effect, StackChange};
pub(crate) use instruction::{
    Arithmetic, CompareOperator, Instruction, Label, LoopField, NameId, ShapeId, Slot, Variable,
};
pub(crate) use program::{
    BlockInfo, BranchSite, CallShape, CallSite, Earlier, ImportSite, IncludeSite, LoopInfo,
    MacroInfo, Program, Reference, ReferenceKind, Unit, UnitKind, Visible, VisibleSource, WaitSite,
};
pub(crate) use shortcut::Shortcut;
