//! A compiled template.

use std::fmt;
use std::sync::Arc;

use arcstr::ArcStr;

use crate::bytecode::{Instruction, Label, NameId, ShapeId, Slot, Variable};
use crate::call::Function;
use crate::source::{Origin, Span};
use crate::value::{Symbol, UndefinedPolicy, Value};

/// A compiled template: code, and the tables that instructions index.
#[derive(Debug)]
pub(crate) struct Program {
    /// Name and source.
    pub(crate) origin: Arc<Origin>,
    /// The code of all units, one after the other.
    pub(crate) code: Vec<Instruction>,
    /// Where code comes from: the span of an address is that of the last entry at or before it.
    pub(crate) spans: Vec<(Label, Span)>,
    /// Pieces of code that run in an activation of their own; the first is the template itself.
    pub(crate) units: Vec<Unit>,
    pub(crate) constants: Vec<Value>,
    pub(crate) names: Vec<Symbol>,
    pub(crate) texts: Vec<Box<str>>,
    pub(crate) shapes: Vec<CallShape>,
    /// Filters and tests by place of use.
    pub(crate) call_sites: Vec<CallSite>,
    pub(crate) loops: Vec<LoopInfo>,
    /// The places where a branch starts.
    pub(crate) branches: Vec<BranchSite>,
    pub(crate) macros: Vec<MacroInfo>,
    /// The template's blocks; no two have the same name.
    pub(crate) blocks: Vec<BlockInfo>,
    /// The indices of the blocks, by name.
    pub(crate) block_order: Vec<u32>,
    pub(crate) includes: Vec<IncludeSite>,
    pub(crate) imports: Vec<ImportSite>,
    /// Whether output is escaped where no `autoescape` block says otherwise.
    pub(crate) auto_escape: bool,
    /// Whether a future is awaited wherever its result is needed.
    pub(crate) auto_await: bool,
    pub(crate) undefined_policy: UndefinedPolicy,
    /// What filters break lines with.
    pub(crate) newline: &'static str,
    /// The templates that this one names.
    pub(crate) references: Vec<Reference>,
    /// The places that wait, in source order.
    pub(crate) waits: Vec<WaitSite>,
    /// Names that are read from the context, for introspection and to skip what no template reads.
    pub(crate) context_names: Vec<NameId>,
}

/// Code that runs in an activation of its own.
#[derive(Debug)]
pub(crate) struct Unit {
    pub(crate) kind: UnitKind,
    /// The name of the block or macro.
    pub(crate) name: ArcStr,
    pub(crate) entry: Label,
    /// One past the last instruction.
    pub(crate) end: Label,
    /// How many slots an activation has; a recursive loop's unit has those of the unit it stands in.
    pub(crate) slots: u16,
    /// How many cells an activation has: variables that macros defined in it capture.
    pub(crate) cells: u16,
    /// The most values its expressions have on the stack at once.
    pub(crate) stack: u16,
}

/// What a unit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UnitKind {
    Template,
    /// An expression by itself: leaves one value on the stack before `Return`.
    Expression,
    Block,
    /// A macro, or the body of a `call` block.
    Macro,
    /// A recursive loop: runs on a copy of the slots of the unit around it.
    Loop,
}

/// How a call's arguments lie on the stack: positional ones, then the values of the keywords. With
/// `spread`, a list of positional and a map of keyword arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CallShape {
    pub(crate) positional: u16,
    pub(crate) keywords: Vec<ArcStr>,
    pub(crate) spread: bool,
}

impl CallShape {
    /// How many values the arguments are on the stack.
    pub(crate) fn values(&self) -> usize {
        if self.spread {
            2
        } else {
            self.positional as usize + self.keywords.len()
        }
    }
}

/// A filter or test where it is used.
#[derive(Clone)]
pub(crate) struct CallSite {
    pub(crate) name: ArcStr,
    /// None if there is no such filter or test and the place may never be reached.
    pub(crate) function: Option<Arc<dyn Function>>,
    pub(crate) shape: ShapeId,
    /// Whether the function may write its result where it is printed at once.
    pub(crate) writes: bool,
}

impl fmt::Debug for CallSite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CallSite").field(&self.name).finish()
    }
}

/// What the machine must know of a loop before it starts.
#[derive(Clone, Debug, Default)]
pub(crate) struct LoopInfo {
    /// `async for`: may iterate streams.
    pub(crate) is_async: bool,
    /// Has an `if`: items count only once `AcceptItem` or `HoldItem` says so.
    pub(crate) filtered: bool,
    /// Reads `loop.last` or `loop.nextitem`: keeps one item ahead.
    pub(crate) lookahead: bool,
    /// Reads `loop.length`, `loop.revindex` or `loop.revindex0`: reads a source of unknown length to
    /// its end first.
    pub(crate) sized: bool,
    /// Reads `loop.previtem`, or `loop` as a value.
    pub(crate) remembers: bool,
    /// The unit to run again when `loop(…)` is called.
    pub(crate) recursive: Option<u32>,
}

/// A part of a template that runs beside others.
#[derive(Clone, Debug, Default)]
pub(crate) struct BranchSite {
    /// The slots around it of which it has copies, by its own numbers of these; none if it has all, as they are.
    pub(crate) slots: Option<Vec<Slot>>,
    /// Its slots whose values the code behind it sees as well.
    pub(crate) writes: Vec<Slot>,
    /// The branches of the same block that come first: they set what this one reads, or read what this one sets.
    pub(crate) after: Vec<Earlier>,
    /// Whether another one comes after this one.
    pub(crate) is_awaited: bool,
    /// Whether it is the body of a loop, whose captured variables are its own.
    pub(crate) is_round: bool,
    /// Whether it changes what stands behind it, so that it runs in its place, and what follows waits for it.
    pub(crate) is_in_place: bool,
    /// Of a deferred body, whether something stands in for it if it fails.
    pub(crate) has_fallback: bool,
}

/// A branch that another one comes after.
#[derive(Clone, Debug)]
pub(crate) struct Earlier {
    /// Its position in their block.
    pub(crate) position: u32,
    /// Which of what it writes the later one sees, and in which slot.
    pub(crate) takes: Vec<(u16, Slot)>,
}

impl BranchSite {
    /// The slot around the branch that one of its own is a copy of.
    pub(crate) fn around(&self, own: Slot) -> Slot {
        match &self.slots {
            Some(slots) => slots[own.0 as usize],
            None => own,
        }
    }
}

/// A macro, or the body of a `call` block.
#[derive(Clone, Debug)]
pub(crate) struct MacroInfo {
    pub(crate) name: ArcStr,
    /// Whether it is the body of a `call` block, which has no name of its own.
    pub(crate) is_caller: bool,
    pub(crate) unit: u32,
    /// In the slots from 0 on.
    pub(crate) parameters: Vec<ArcStr>,
    /// The first parameter with a default; those before it are required to be given to be defined.
    pub(crate) first_default: u16,
    /// Where `caller`, `varargs` and `kwargs` go, if the body uses them.
    pub(crate) caller: Option<Slot>,
    pub(crate) varargs: Option<Slot>,
    pub(crate) kwargs: Option<Slot>,
}

/// A block where it is defined.
#[derive(Clone, Debug)]
pub(crate) struct BlockInfo {
    pub(crate) name: ArcStr,
    pub(crate) unit: u32,
    pub(crate) required: bool,
    /// The variables a scoped block sees besides the context.
    pub(crate) visible: Option<Vec<Visible>>,
}

/// An `include` where it stands.
#[derive(Clone, Debug)]
pub(crate) struct IncludeSite {
    pub(crate) ignore_missing: bool,
    /// The variables the template sees besides the context; none without context.
    pub(crate) visible: Option<Vec<Visible>>,
}

/// An `import` where it stands.
#[derive(Clone, Debug)]
pub(crate) struct ImportSite {
    /// The variables the module sees besides the context; none without context.
    pub(crate) visible: Option<Vec<Visible>>,
}

/// A variable that another template or block may read by name.
#[derive(Clone, Debug)]
pub(crate) struct Visible {
    pub(crate) name: ArcStr,
    pub(crate) source: VisibleSource,
}

/// Where a visible variable is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum VisibleSource {
    Local(Variable),
    /// A captured variable of an outer unit, as in `LoadCell`.
    Cell(u8, u16),
    /// `loop`, of the innermost loop.
    Loop,
}

/// Another template that this one names.
#[derive(Clone, Debug)]
pub(crate) struct Reference {
    pub(crate) kind: ReferenceKind,
    /// The names it may have, in the order tried; none if they are known only when it runs.
    pub(crate) names: Option<Vec<ArcStr>>,
    pub(crate) span: Span,
}

/// How a template is referred to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReferenceKind {
    Extends,
    Include,
    Import,
}

/// A construct that waits.
#[derive(Clone, Debug)]
pub(crate) struct WaitSite {
    /// As one would write it, such as `await fetch_user(…)` or `async for`.
    pub(crate) construct: ArcStr,
    pub(crate) span: Span,
}

impl Program {
    /// Whether it hands all names that it sees to something else.
    pub(crate) fn hands_names_over(&self) -> bool {
        let mut code = self.code.iter();
        code.any(|instruction| matches!(instruction, Instruction::LoadVisible(_)))
    }

    /// The source of the instruction at `address`.
    pub(crate) fn span(&self, address: Label) -> Span {
        let after = self.spans.partition_point(|(start, _)| *start <= address);
        self.spans[..after]
            .last()
            .map_or(Span::default(), |(_, span)| *span)
    }

    /// The index of the block of a name.
    pub(crate) fn block(&self, name: &str) -> Option<usize> {
        let by_name = |index: &u32| self.blocks[*index as usize].name.as_str().cmp(name);
        let found = self.block_order.binary_search_by(by_name).ok()?;
        Some(self.block_order[found] as usize)
    }

    /// The text of a name.
    pub(crate) fn name(&self, id: NameId) -> &Symbol {
        &self.names[id.0 as usize]
    }
}
