//! What the compiler knows of the unit it is making, and shorthands to emit into it.

use crate::bytecode::{Instruction, Label};
use crate::compiler::Compiler;
use crate::compiler::branch_slots::{BranchSlots, placed};
use crate::compiler::emitter::{Emitter, Mark};
use crate::compiler::scope::{ScopeId, UnitId};
use crate::error::CompileFault;
use crate::source::Span;
use crate::syntax::ast::StmtId;

/// The unit that is being made, and where in it the compiler is.
#[derive(Debug)]
pub(super) struct Activation {
    pub(super) emitter: Emitter,
    pub(super) unit: UnitId,
    pub(super) scope: ScopeId,
    /// The loops that are open, outermost first.
    pub(super) loops: Vec<OpenLoop>,
    /// What is open and must be closed on the way out of a loop.
    pub(super) opened: Vec<Opened>,
    /// How many loops cannot be left from here, as they are around something that runs beside others.
    pub(super) barrier: usize,
    /// Whether output is escaped, where that is known.
    pub(super) escape: Option<bool>,
    /// The slots of the branches that are open, each within the one before.
    pub(super) branch_slots: Vec<BranchSlots>,
    /// Output is left out once the template extends another.
    pub(super) guards_output: bool,
    /// In a branch, where an unknown filter is an error only if it is reached.
    pub(super) branches: u32,
    /// The construct that is being compiled, for faults that have no better place.
    pub(super) span: Span,
}

/// A loop that is open.
#[derive(Clone, Copy, Debug)]
pub(super) struct OpenLoop {
    /// The `for` it belongs to; none of a comprehension or a `while`.
    pub(super) statement: Option<StmtId>,
    /// The machine knows it as a loop: all but `while`.
    pub(super) counted: bool,
    /// Its rounds run side by side, so that no `break` ends them.
    pub(super) concurrent: bool,
    /// Where `continue` and `break` go, in a body of statements.
    pub(super) exits: Option<(Mark, Mark)>,
    /// How many constructs were open around it.
    pub(super) opened: usize,
}

/// Something that must be closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opened {
    Capture,
    AutoEscape,
    Try,
}

impl Activation {
    pub(super) fn new(unit: UnitId, scope: ScopeId, depth: usize, escape: Option<bool>) -> Self {
        Activation {
            emitter: Emitter::new(depth),
            unit,
            scope,
            loops: Vec::new(),
            barrier: 0,
            branch_slots: Vec::new(),
            opened: Vec::new(),
            escape,
            guards_output: false,
            branches: 0,
            span: Span::default(),
        }
    }
}

impl Compiler<'_, '_> {
    pub(super) fn emit(&mut self, instruction: Instruction, span: Span) {
        let instruction = placed(&mut self.now.branch_slots, instruction);
        self.now.emitter.emit(instruction, span, &mut self.pools);
    }

    pub(super) fn jump(
        &mut self,
        instruction: impl FnOnce(Label) -> Instruction,
        mark: Mark,
        span: Span,
    ) {
        let Activation {
            emitter,
            branch_slots,
            ..
        } = &mut self.now;
        let placed = |label| placed(branch_slots, instruction(label));
        emitter.jump(placed, mark, span, &mut self.pools);
    }

    pub(super) fn mark(&mut self) -> Mark {
        self.now.emitter.mark()
    }

    pub(super) fn bind(&mut self, mark: Mark) {
        self.now.emitter.bind(mark, &mut self.pools);
    }

    /// A mark at the next instruction.
    pub(super) fn here(&mut self) -> Mark {
        self.now.emitter.here(&mut self.pools)
    }

    /// An operand of 16 bits that counts `what`.
    pub(super) fn small(
        &self,
        count: usize,
        what: &'static str,
        span: Span,
    ) -> Result<u16, (CompileFault, Span)> {
        u16::try_from(count).map_err(|_| {
            let most = u64::from(u16::MAX);
            (CompileFault::TooMany { what, most }, span)
        })
    }
}
