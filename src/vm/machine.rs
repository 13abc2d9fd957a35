//! The machine itself: its state, and running it from suspension to suspension.

use std::num::NonZeroU32;
use std::sync::{Arc, Weak};

use arcstr::ArcStr;

use crate::bytecode::Program;
use crate::call::Budget;
use crate::error::Error;
use crate::limits::Limits;
use crate::value::{Repr, Value};
use crate::vm::cells::Cells;
use crate::vm::context::Context;
use crate::vm::dispatch::Control;
use crate::vm::frame::{CodeFrame, MOST_VALUES, NativeFrame, Returns};
use crate::vm::library::{Host, Library, ProgramId};
use crate::vm::loops::LoopState;
use crate::vm::outcome::{Answer, Outcome, Suspension};
use crate::vm::output::OutputBuffer;
use crate::vm::scope::{Scope, ScopeId, ScopeNames};
use crate::vm::seldom::{Kept, Seldom};
use crate::vm::waits::Waiting;

/// What a machine needs to start.
#[derive(Debug)]
pub(crate) struct Setup<'s> {
    pub(crate) entry: &'s Entry,
    /// The host's context: a map, record or object, or none.
    pub(crate) context: Value,
    /// The machine enforces all but the deadline.
    pub(crate) limits: &'s Limits,
    /// Yields every so many instructions.
    pub(crate) slice: Option<NonZeroU32>,
    /// Suspends to flush once so many bytes of output are ready.
    pub(crate) chunk: Option<usize>,
    /// The first capacity of the output.
    pub(crate) capacity: usize,
    /// Whether what is deferred can be sent after all else.
    pub(crate) defers: bool,
}

/// What of the program runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    Template,
    /// One block, in the most derived definition; what the template sets outside of blocks is set first.
    Block(ArcStr),
    Expression,
}

impl Entry {
    /// The name of the block; empty if it is none.
    pub(crate) fn block_name(&self) -> &str {
        match self {
            Entry::Block(name) => name,
            Entry::Template | Entry::Expression => "",
        }
    }
}

/// A render that can stop at any instruction and go on later.
///
/// What a small template does not need takes no allocation: the first activation and the first scope are
/// fields, and no `Vec` has room before something is put in.
#[derive(Debug)]
pub(crate) struct Machine {
    /// The activation whose code runs, or that called the native function that runs.
    pub(super) running: CodeFrame,
    /// Those that wait for it, outermost first.
    pub(super) callers: Vec<CodeFrame>,
    /// The slots and operands of all frames.
    pub(super) stack: Vec<Value>,
    pub(super) loops: Vec<LoopState>,
    pub(super) output: OutputBuffer,
    /// Escaping modes to go back to.
    pub(super) escapes: Vec<bool>,
    /// What few templates need.
    pub(super) seldom: Option<Box<Seldom>>,
    /// Where the template that the render started with finds names.
    pub(super) first_scope: Scope,
    /// Where the templates that it called do.
    pub(super) scopes: Vec<Scope>,
    pub(super) render: RenderState,
    /// Whether it has begun its program, which it does when it runs first.
    pub(super) has_begun: bool,
    /// What the instruction to run next waits for.
    pub(super) waiting: Waiting,
    /// What it asks the driver for.
    pub(super) suspension: Option<Suspension>,
    /// What it gives in the end; none if it is no expression.
    pub(super) result: Value,
    /// After how many instructions the machine yields.
    pub(super) slice: Option<NonZeroU32>,
    /// How many slices it used up in one, when it yielded last.
    overdrawn: u64,
}

/// What all frames of a render share.
#[derive(Debug)]
pub(super) struct RenderState {
    pub(super) budget: Budget,
    /// Whether what is deferred can be sent after all else.
    pub(super) defers: bool,
    /// None while no template was used but the first, and nothing was left behind.
    pub(super) kept: Option<Box<Kept>>,
    /// The number of the next loop, which no other of the machine has and which `loop` as a value finds its loop by.
    pub(super) next_loop: u64,
    /// The number of the next `try`.
    pub(super) next_handler: u64,
    /// The number of the last block with branches.
    pub(super) next_group: u64,
    /// Whether the render's result is a value, which outlives the machine.
    pub(super) gave_value: bool,
}

/// How a machine stopped that did not fail. A word, as an error is, so that a result of both fits into registers.
#[derive(Clone, Copy)]
#[repr(usize)]
pub(crate) enum Stopped {
    /// All is done.
    Finished,
    /// It has a [suspension](Machine::take_suspension).
    Suspended,
}

/// Something that a macro it holds may hold in turn.
#[derive(Debug)]
pub(super) enum Survivor {
    Context(Weak<Context>),
    Cells(Weak<Cells>),
}

impl Machine {
    /// A machine that has nothing to do.
    pub(crate) fn idle() -> Self {
        Machine {
            running: CodeFrame::new(ProgramId::FIRST, 0, 0, ScopeId::FIRST, Returns::Finish),
            callers: Vec::new(),
            stack: Vec::new(),
            loops: Vec::new(),
            output: OutputBuffer::new(),
            escapes: Vec::new(),
            seldom: None,
            first_scope: Scope::new(ScopeNames::Host(Value::NONE), ProgramId::FIRST),
            scopes: Vec::new(),
            render: RenderState::new(),
            has_begun: false,
            waiting: Waiting::Nothing,
            suspension: None,
            result: Value::NONE,
            slice: None,
            overdrawn: 0,
        }
    }

    /// Puts an idle machine before the start of a render.
    #[inline(always)]
    pub(crate) fn set_up(&mut self, setup: Setup<'_>) {
        let Setup {
            entry,
            context,
            limits,
            slice,
            chunk,
            capacity,
            defers,
        } = setup;
        let returns = match entry {
            Entry::Block(block) => {
                self.seldom().block = Some(block.clone());
                Returns::Prelude
            }
            Entry::Template => Returns::Finish,
            Entry::Expression => Returns::Value,
        };
        self.running.returns = returns;
        self.output.set_up(capacity, chunk);
        self.first_scope.set_host(context);
        self.render.budget.fill(limits);
        self.render.defers = defers;
        self.has_begun = false;
        self.render.budget.begin_slice(slice);
        self.slice = slice;
    }

    /// Makes a machine whose render has ended idle again, with the room that it has; false if that is not worth
    /// it: the render left something behind, or was a large one.
    #[inline(always)]
    pub(crate) fn retire(&mut self) -> bool {
        const MOST: usize = 256;
        let room = self.stack.capacity()
            + 8 * (self.loops.capacity() + self.callers.capacity() + self.scopes.capacity());
        let ScopeNames::Host(root) = &mut self.first_scope.names else {
            return false;
        };
        root.put(Value::NONE);
        if !(room <= MOST && self.is_plain() && self.render.retire()) {
            return false;
        }
        debug_assert!(self.loops.is_empty() && self.escapes.is_empty() && self.scopes.is_empty());
        debug_assert!(matches!(self.waiting, Waiting::Nothing) && self.output.captures() == 0);
        debug_assert!(self.callers.is_empty());
        debug_assert!(
            self.running.is_first(),
            "what begins with it begins as the first"
        );
        while let Some(value) = self.stack.pop() {
            value.discard();
        }
        debug_assert!(self.result.is_none(), "who wants a result takes it");
        true
    }

    /// Puts the machine at the start of its program.
    #[inline]
    fn begin(&mut self, library: &Library<'_>) -> Result<(), Error> {
        let program = library.program(self.running.program);
        self.has_begun = true;
        let hook = library.host.registry.undefined_hook();
        if hook.is_some() {
            self.render.budget.set_undefined_hook(hook);
        }
        self.running.auto_escape = program.auto_escape;
        if self.running.returns == Returns::Prelude {
            self.output.put_aside();
        }
        self.begin_unit_here(program)
    }

    /// Runs until the end, an error, or a suspension.
    pub(crate) fn run(&mut self, host: &Host<'_>) -> Result<Outcome, Error> {
        Ok(match self.run_on(host)? {
            Stopped::Finished => Outcome::Finished(self.take_result()),
            Stopped::Suspended => Outcome::Suspended(self.take_suspension()),
        })
    }

    /// As [`run`](Self::run), but only says how it stopped.
    pub(crate) fn run_on(&mut self, host: &Host<'_>) -> Result<Stopped, Error> {
        self.run_here(host)
    }

    /// As [`run_on`](Self::run_on), without a call.
    #[inline(always)]
    pub(crate) fn run_here(&mut self, host: &Host<'_>) -> Result<Stopped, Error> {
        loop {
            let stopped = self.with_library(host, |machine, library| machine.run_some(library));
            if let Ok(Control::Finish) = stopped {
                self.output.charge(&self.render.budget)?;
                return Ok(Stopped::Finished);
            }
            if self.interrupt(host, stopped)? {
                return Ok(Stopped::Suspended);
            }
        }
    }

    /// The value of a machine that ended; that of an expression, else none.
    #[inline]
    pub(crate) fn take_result(&mut self) -> Value {
        std::mem::replace(&mut self.result, Value::NONE)
    }

    /// How many slices it used up besides the one that it yielded after.
    pub(crate) fn overdrawn(&self) -> u64 {
        self.overdrawn
    }

    /// What a machine that did not end needs.
    pub(crate) fn take_suspension(&mut self) -> Suspension {
        self.suspension.take().expect("it asks for something")
    }

    /// Whether the machine suspends: it may only need to be lent more programs, or go on where an error is caught.
    #[inline(never)]
    fn interrupt(
        &mut self,
        host: &Host<'_>,
        stopped: Result<Control, Error>,
    ) -> Result<bool, Error> {
        match stopped {
            Ok(Control::Suspend) => {}
            Ok(Control::Switch | Control::Finish) => {
                let is_over = self.render.budget.is_slice_over();
                if !is_over || matches!(self.waiting, Waiting::Failed(_)) {
                    return Ok(false);
                }
                self.suspend(Suspension::Yield);
            }
            Err(error) => {
                let error = self.locate(host, error);
                self.with_library(host, |machine, library| machine.unwind(library, error))?;
                return Ok(false);
            }
        }
        self.check_suspension()
            .map_err(|error| self.locate(host, error))?;
        Ok(true)
    }

    /// Lends the programs that were loaded so far to code that changes all else of the machine; those that it
    /// adopts are in the library from the next time on.
    #[inline(always)]
    pub(super) fn with_library<R>(
        &mut self,
        host: &Host<'_>,
        run: impl FnOnce(&mut Self, &Library<'_>) -> R,
    ) -> R {
        let Some(kept) = &mut self.render.kept else {
            let result = run(self, &Library::new(host, &[]));
            if let Some(kept) = &mut self.render.kept {
                kept.programs.append(&mut kept.adopted);
            }
            return result;
        };
        let programs = std::mem::take(&mut kept.programs);
        let result = run(self, &Library::new(host, &programs));
        let kept = self.render.kept();
        kept.programs = programs;
        kept.programs.append(&mut kept.adopted);
        result
    }

    /// Runs frame after frame, for as long as all they need is in the library.
    #[inline(never)]
    fn run_some(&mut self, library: &Library<'_>) -> Result<Control, Error> {
        if !self.has_begun {
            self.begin(library)?;
        }
        loop {
            if let Some(suspension) = self.continue_waiting(library)? {
                return Ok(self.suspend(suspension));
            }
            match self.run_frame(library)? {
                Control::Switch
                    if !self.render.budget.is_slice_over() && !self.render.has_adopted() => {}
                control => return Ok(control),
            }
        }
    }

    /// Pays for what was written before a suspension, and for the wait that it starts.
    fn check_suspension(&mut self) -> Result<(), Error> {
        self.output.settle(&self.render.budget)?;
        match self.suspension.as_ref().expect("it asks for something") {
            // One machine waits for one thing at a time; the budget knows of the others.
            Suspension::Await { .. }
            | Suspension::Next { .. }
            | Suspension::Fragment { .. }
            | Suspension::Spawn { .. } => self.render.budget.in_flight(1),
            Suspension::Load { .. }
            | Suspension::Flush
            | Suspension::Timer { .. }
            | Suspension::Keep { .. }
            | Suspension::Branch
            | Suspension::Defer
            | Suspension::Join => Ok(()),
            // Nothing else begins a slice: a stream whose reader takes each chunk at once is to pause too.
            Suspension::Yield => {
                // One who steps through its instructions counts them.
                let slice = self.slice.filter(|slice| *slice != NonZeroU32::MIN);
                self.overdrawn =
                    slice.map_or(0, |slice| self.render.budget.slices_overdrawn(slice));
                self.render.budget.begin_slice(self.slice);
                Ok(())
            }
        }
    }

    /// Takes the answer to the suspension that [`Self::run`] returned last.
    pub(crate) fn resume(&mut self, answer: Answer) {
        match answer {
            Answer::Loaded {
                name,
                program: Ok(program),
            } => {
                let id = program.map(|program| {
                    let programs = &mut self.render.kept().programs;
                    programs.push(program);
                    ProgramId::after(programs.len() - 1)
                });
                self.render.kept().templates.insert(&name, id);
            }
            Answer::Loaded {
                name,
                program: Err(error),
            } => self.waiting = Waiting::LoadFailed { name, error },
            Answer::Item { item, stream } => self.receive(item, stream),
            Answer::Awaited | Answer::Joined | Answer::Spawned | Answer::Continue => {}
            Answer::InPlace => self.run_in_place(),
            Answer::Fragment(answer) => self.waiting = Waiting::Fragment(answer),
            Answer::TimedOut { handler } => self.waiting = Waiting::TimedOut(handler),
        }
    }

    /// Has the machine yield every so many instructions from here on.
    pub(crate) fn set_slice(&mut self, slice: NonZeroU32) {
        self.slice = Some(slice);
        self.render.budget.begin_slice(self.slice);
    }

    /// The programs that were loaded so far.
    pub(super) fn programs(&self) -> &[Arc<Program>] {
        self.render.kept.as_ref().map_or(&[], |kept| &kept.programs)
    }

    /// The number of a program that this render did not load itself.
    pub(super) fn adopt(&mut self, library: &Library<'_>, program: &Arc<Program>) -> ProgramId {
        let adopted = &mut self.render.kept().adopted;
        adopted.push(program.clone());
        ProgramId::after(library.loaded() + adopted.len() - 1)
    }

    /// A program, which may have been adopted only now.
    pub(super) fn program(&self, library: &Library<'_>, id: ProgramId) -> Arc<Program> {
        let program = match id.adopted(library) {
            Some(index) => self.render.kept.as_ref().map(|kept| &kept.adopted[index]),
            None => Some(library.program(id)),
        };
        program.expect("adopted programs are kept").clone()
    }

    /// Takes what is left of the output of a machine that ended.
    #[inline]
    pub(crate) fn take_last_output(&mut self) -> String {
        self.output.take_last()
    }

    /// Takes the output that is finished so far.
    pub(crate) fn take_output(&mut self) -> String {
        self.output.take()
    }

    /// How many bytes of output are finished.
    pub(crate) fn output_len(&self) -> usize {
        self.output.ready()
    }

    /// Opens an activation of a unit, whose slots lie from its `base` on as far as they are given.
    #[inline(always)]
    pub(super) fn push_unit(
        &mut self,
        program: &Program,
        mut frame: CodeFrame,
    ) -> Result<(), Error> {
        frame.captures = self.output.captures() as u32;
        self.callers
            .push(std::mem::replace(&mut self.running, frame));
        let begun = self.begin_unit(program);
        if begun.is_err() {
            self.running = self.callers.pop().expect("just pushed");
        }
        begun
    }

    /// Puts the running activation at the start of its unit.
    ///
    /// Pays for each of the unit's instructions once; loops pay for further rounds at their ends.
    pub(super) fn begin_unit(&mut self, program: &Program) -> Result<(), Error> {
        self.begin_unit_here(program)
    }

    /// As [`begin_unit`](Self::begin_unit), without a call.
    #[inline(always)]
    fn begin_unit_here(&mut self, program: &Program) -> Result<(), Error> {
        let unit = self.running.unit(program);
        let cost = unit.end.0 - unit.entry.0;
        self.render.budget.fuel(cost as u64)?;
        self.running.begin(unit);
        self.running.loops = self.loops.len() as u32;
        self.running.escapes = self.escapes.len() as u32;
        let floor = self.running.floor();
        let room = floor + unit.stack as usize;
        if room > self.stack.capacity() || self.stack.len() > floor {
            self.fit_stack(floor, room)?;
        }
        while self.stack.len() < floor {
            self.stack.push(Value(Repr::Unset));
        }
        Ok(())
    }

    /// Makes room on the stack, and drops what is above the slots to be.
    #[cold]
    #[inline(never)]
    fn fit_stack(&mut self, floor: usize, room: usize) -> Result<(), Error> {
        if room >= MOST_VALUES {
            return Err(self.render.budget.too_deep());
        }
        self.stack.truncate(floor);
        self.stack.reserve(room - self.stack.len());
        Ok(())
    }

    /// The running activation.
    #[inline]
    pub(super) fn frame(&self) -> &CodeFrame {
        &self.running
    }

    /// The running activation.
    #[inline]
    pub(super) fn frame_mut(&mut self) -> &mut CodeFrame {
        &mut self.running
    }

    /// An open activation, counted from the outermost.
    pub(super) fn frame_at(&self, index: usize) -> &CodeFrame {
        self.callers.get(index).unwrap_or(&self.running)
    }

    /// The open activations, the running one first.
    pub(super) fn frames(&self) -> impl Iterator<Item = &CodeFrame> {
        std::iter::once(&self.running).chain(self.callers.iter().rev())
    }

    /// The native function that is to run next, unless code is.
    #[inline]
    pub(super) fn native(&mut self) -> Option<&mut NativeFrame> {
        let callers = self.callers.len();
        let native = self.seldom.as_mut()?.natives.last_mut()?;
        (native.callers == callers).then_some(native)
    }

    /// Takes the top value of the stack.
    #[inline]
    pub(super) fn pop(&mut self) -> Value {
        self.stack
            .pop()
            .expect("verified programs keep the stack balanced")
    }

    /// Drops the top value of the stack.
    #[inline(always)]
    pub(super) fn drop_top(&mut self) {
        if self.top().is_plain() {
            std::mem::forget(self.stack.pop());
        } else {
            self.stack.pop();
        }
    }

    /// The top value of the stack.
    #[inline]
    pub(super) fn top(&self) -> &Value {
        self.stack
            .last()
            .expect("verified programs keep the stack balanced")
    }

    /// Fails if one more frame would be too deep.
    pub(super) fn check_depth(&self) -> Result<(), Error> {
        self.render.budget.depth(self.depth() + self.open())
    }

    /// How many activations and native functions are open.
    pub(super) fn open(&self) -> usize {
        self.callers.len() + 1 + self.natives().len()
    }

    /// Removes the running activation and all it has on the stacks; the one that called it runs on.
    pub(super) fn pop_frame(&mut self) {
        if !self.groups().is_empty() {
            self.drop_groups(self.callers.len() - 1, usize::MAX);
        }
        let left = &self.running;
        let values = left.base() - left.operands as usize;
        let (loops, escapes) = (left.loops as usize, left.escapes as usize);
        let (captures, scopes) = (left.captures as usize, left.scopes as usize);
        while self.stack.len() > values {
            self.drop_top();
        }
        if self.loops.len() > loops {
            self.loops.truncate(loops);
        }
        self.escapes.truncate(escapes);
        self.output.drop_captures(captures);
        self.drop_scopes(scopes);
        if let Some(cells) = self.running.cells.take() {
            self.render.remember_cells(&cells);
        }
        let caller = self.callers.pop().expect("there is a frame to go back to");
        // It holds nothing any more: to look for that would take as long as all the rest.
        std::mem::forget(std::mem::replace(&mut self.running, caller));
    }

    /// Whether nothing was made that could be part of a circle, or be left behind.
    fn is_plain(&self) -> bool {
        self.seldom.is_none()
            && self.render.kept.is_none()
            && self.running.cells.is_none()
            && self.first_scope.is_plain()
    }

    /// Leaves frames until a `try` or a native function is found that wants to know of the error.
    fn unwind(&mut self, library: &Library<'_>, mut error: Error) -> Result<(), Error> {
        self.waiting = Waiting::Nothing;
        loop {
            if error.kind().is_limit() {
                return Err(error);
            }
            if self.has_handler_above() {
                return self.catch(self.handlers().len() - 1, &error);
            }
            if self.natives().is_empty() {
                return Err(error);
            }
            while self.native().is_none() {
                self.pop_frame();
            }
            self.abandon_fragments();
            match self.continue_native(library, Err(error)) {
                Ok(()) => return Ok(()),
                Err(next) => error = self.locate_in(library, next),
            }
        }
    }
}

impl RenderState {
    /// The state of no render; also what a machine has while that of its render is lent to another one.
    pub(super) fn new() -> Self {
        RenderState {
            budget: Budget::new(&Limits::default()),
            defers: false,
            kept: None,
            next_loop: 0,
            next_handler: 0,
            next_group: 0,
            gave_value: false,
        }
    }

    /// Makes the state of a render that has left nothing behind that of none again; false if there is too much
    /// of it.
    #[inline]
    fn retire(&mut self) -> bool {
        self.gave_value = false;
        self.budget.retire()
    }

    /// Whether programs were met since the machine ran on last.
    #[inline]
    pub(super) fn has_adopted(&self) -> bool {
        let kept = self.kept.as_ref();
        kept.is_some_and(|kept| !kept.adopted.is_empty())
    }

    /// What is kept of the templates that were used, made now if there is none.
    pub(super) fn kept(&mut self) -> &mut Kept {
        self.kept.get_or_insert_default()
    }

    /// Notes a context that something it holds may hold in turn, if it outlives its scope.
    pub(super) fn remember_context(&mut self, context: &Arc<Context>) {
        let is_known = |survivor: &Survivor| match survivor {
            Survivor::Context(known) => std::ptr::eq(known.as_ptr(), Arc::as_ptr(context)),
            Survivor::Cells(_) => false,
        };
        if Arc::strong_count(context) == 1 {
            return;
        }
        let survivors = &mut self.kept().survivors;
        if !survivors.iter().rev().take(4).any(is_known) {
            survivors.push(Survivor::Context(Arc::downgrade(context)));
        }
    }

    /// Notes cells if they outlive their activation.
    pub(super) fn remember_cells(&mut self, cells: &Arc<Cells>) {
        if Arc::strong_count(cells) > 1 {
            let weak = Arc::downgrade(cells);
            self.kept().survivors.push(Survivor::Cells(weak));
        }
    }
}

impl Drop for Machine {
    #[inline]
    fn drop(&mut self) {
        if self.is_plain() && self.callers.is_empty() && !self.render.budget.has_containers() {
            return;
        }
        // Natives may hold what frames hold, and only what is held elsewhere counts.
        if let Some(seldom) = &mut self.seldom {
            seldom.natives.clear();
        }
        while !self.callers.is_empty() {
            self.pop_frame();
        }
        self.stack.clear();
        self.loops.clear();
        // A branch that ends before its render has left everything by now.
        if let Some(cells) = &self.running.cells {
            self.render.remember_cells(cells);
        }
        self.remember_contexts();
        if let Some(kept) = &mut self.render.kept {
            kept.clear_survivors();
        }
        self.render.budget.break_cycles(self.render.gave_value);
    }
}
