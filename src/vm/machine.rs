//! The machine itself: its state, and running it from suspension to suspension.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Weak};

use arcstr::ArcStr;

use crate::bytecode::Program;
use crate::call::{Budget, Extensions, Registry};
use crate::error::Error;
use crate::limits::Limits;
use crate::value::{Repr, Value};
use crate::vm::branches::{Group, GroupId};
use crate::vm::cells::Cells;
use crate::vm::context::Context;
use crate::vm::dispatch::Control;
use crate::vm::fragments::Fragment;
use crate::vm::frame::{Called, CodeFrame, Frame, Returns};
use crate::vm::handlers::Handler;
use crate::vm::loops::LoopState;
use crate::vm::outcome::{Answer, Outcome, Suspension};
use crate::vm::output::OutputBuffer;
use crate::vm::waits::Waiting;

/// What a machine needs to start.
#[derive(Debug)]
pub(crate) struct Setup {
    pub(crate) program: Arc<Program>,
    pub(crate) entry: Entry,
    /// The host's context: a map, record or object, or none.
    pub(crate) context: Value,
    pub(crate) registry: Registry,
    pub(crate) extensions: Arc<Extensions>,
    /// The machine enforces all but the deadline.
    pub(crate) limits: Limits,
    /// Yields every so many instructions.
    pub(crate) slice: Option<NonZeroU32>,
    /// Suspends to flush once so many bytes of output are ready.
    pub(crate) chunk: Option<usize>,
    /// The first capacity of the output.
    pub(crate) capacity: usize,
}

/// What of the program runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    Template,
    /// One block, in the most derived definition; what the template sets outside of blocks is set first.
    Block(ArcStr),
    Expression,
}

/// A render that can stop at any instruction and go on later.
#[derive(Debug)]
pub(crate) struct Machine {
    pub(super) frames: Vec<Frame>,
    /// The slots and operands of all frames.
    pub(super) stack: Vec<Value>,
    pub(super) loops: Vec<LoopState>,
    pub(super) output: OutputBuffer,
    /// Escaping modes to go back to.
    pub(super) escapes: Vec<bool>,
    /// The open `try`s, outermost first.
    pub(super) handlers: Vec<Handler>,
    /// The fragments that are being made, outermost first.
    pub(super) fragments: Vec<Fragment>,
    /// The open blocks whose branches run side by side, outermost first.
    pub(super) groups: Vec<Group>,
    /// Those that an error has left.
    pub(super) dropped: Vec<GroupId>,
    /// The branch of the program that this machine is, if it is one.
    pub(super) branch: Option<u16>,
    /// How many frames are open in the machines that it was split off.
    pub(super) depth: usize,
    pub(super) render: RenderState,
    /// What the instruction to run next waits for.
    pub(super) waiting: Waiting,
    /// The address of the instruction that last met a future its operands do not hold, and how often.
    pub(super) retries: (usize, u32),
    /// Instructions left before the machine yields.
    pub(super) slice_left: u32,
    pub(super) slice: u32,
}

/// What all frames of a render share.
#[derive(Debug)]
pub(super) struct RenderState {
    pub(super) registry: Registry,
    pub(super) extensions: Arc<Extensions>,
    pub(super) budget: Budget,
    /// The templates used so far; none where there is no such template. The render keeps them, so that
    /// it sees one version of each.
    pub(super) templates: HashMap<ArcStr, Option<Arc<Program>>, foldhash::fast::FixedState>,
    /// Modules imported without context, which are made once.
    pub(super) modules: HashMap<ArcStr, Value, foldhash::fast::FixedState>,
    /// The number of the next loop, which `loop` as a value finds its loop by.
    pub(super) next_loop: u64,
    /// The number of the next `try`.
    pub(super) next_handler: u64,
    /// The number of the last block with branches.
    pub(super) next_group: u64,
    /// Whether the render's result is a value, which outlives the machine.
    pub(super) gave_value: bool,
    /// Contexts and cells that macros may keep alive in a circle.
    pub(super) survivors: Vec<Survivor>,
}

impl RenderState {
    /// Notes a context that something it holds may hold in turn.
    fn remember_context(&mut self, context: &Arc<Context>) {
        let is_known = |survivor: &Survivor| match survivor {
            Survivor::Context(known) => std::ptr::eq(known.as_ptr(), Arc::as_ptr(context)),
            Survivor::Cells(_) => false,
        };
        if !self.survivors.iter().rev().take(4).any(is_known) {
            self.survivors
                .push(Survivor::Context(Arc::downgrade(context)));
        }
    }
}

/// Something that a macro it holds may hold in turn.
#[derive(Debug)]
pub(super) enum Survivor {
    Context(Weak<Context>),
    Cells(Weak<Cells>),
}

impl Machine {
    /// A machine at the start of a render.
    pub(crate) fn new(setup: Setup) -> Self {
        let Setup {
            program,
            entry,
            context: root,
            registry,
            extensions,
            limits,
            slice,
            chunk,
            capacity,
        } = setup;
        let slice = slice.map_or(u32::MAX, NonZeroU32::get);
        let mut machine = Machine {
            frames: Vec::with_capacity(4),
            stack: Vec::with_capacity(32),
            loops: Vec::new(),
            output: OutputBuffer::new(capacity, chunk),
            escapes: Vec::new(),
            handlers: Vec::new(),
            fragments: Vec::new(),
            groups: Vec::new(),
            dropped: Vec::new(),
            branch: None,
            depth: 0,
            render: RenderState {
                registry,
                extensions,
                budget: Budget::new(limits),
                templates: HashMap::default(),
                modules: HashMap::default(),
                next_loop: 0,
                next_handler: 0,
                next_group: 0,
                gave_value: false,
                survivors: Vec::new(),
            },
            waiting: Waiting::Nothing,
            retries: (0, 0),
            slice_left: slice,
            slice,
        };
        let context = Context::root(Some(root));
        let returns = match entry {
            Entry::Block(block) => Returns::Prelude { block },
            Entry::Template | Entry::Expression => Returns::Finish,
        };
        if matches!(returns, Returns::Prelude { .. }) {
            machine
                .output
                .begin_capture(&machine.render.budget)
                .expect("nothing is written yet");
        }
        context.add_template(&program);
        let auto_escape = program.auto_escape;
        let frame = CodeFrame {
            unit: 0,
            address: 0,
            base: 0,
            operands: 0,
            returns,
            context,
            cells: None,
            around: None,
            recursion: 0,
            auto_escape,
            parent: None,
            block: None,
            loops: 0,
            captures: 0,
            escapes: 0,
            program,
        };
        if let Err(error) = machine.push_unit(frame) {
            machine.waiting = Waiting::Failed(error);
        }
        machine
    }

    /// Runs until the end, an error, or a suspension.
    pub(crate) fn run(&mut self) -> Result<Outcome, Error> {
        loop {
            let control = match self.continue_waiting() {
                Ok(Some(suspension)) => Ok(Control::Suspend(suspension)),
                Ok(None) => self.run_frame(),
                Err(error) => Err(error),
            };
            match control {
                Ok(Control::Switch) => {
                    if self.slice_left == 0 && !matches!(self.waiting, Waiting::Failed(_)) {
                        return Ok(Outcome::Suspended(Suspension::Yield));
                    }
                }
                Ok(Control::Suspend(suspension)) => {
                    self.check_suspension(&suspension)
                        .map_err(|error| self.locate(error))?;
                    return Ok(Outcome::Suspended(suspension));
                }
                Ok(Control::Finish(value)) => {
                    self.output.settle(&self.render.budget)?;
                    self.render.gave_value |= self.branch.is_none() && value.is_container();
                    return Ok(Outcome::Finished(value));
                }
                Err(error) => {
                    let error = self.locate(error);
                    self.unwind(error)?;
                }
            }
        }
    }

    /// Pays for what was written before a suspension, and for the wait that it starts.
    fn check_suspension(&mut self, suspension: &Suspension) -> Result<(), Error> {
        self.output.settle(&self.render.budget)?;
        match suspension {
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
            | Suspension::Join
            | Suspension::Yield => Ok(()),
        }
    }

    /// Takes the answer to the suspension that [`Self::run`] returned last.
    pub(crate) fn resume(&mut self, answer: Answer) {
        match answer {
            Answer::Loaded {
                name,
                program: Ok(program),
            } => {
                self.render.templates.insert(name, program);
            }
            Answer::Loaded {
                name,
                program: Err(error),
            } => self.waiting = Waiting::Failed(self.locate_load(name, error)),
            Answer::Item(item) => self.receive(item),
            Answer::Awaited | Answer::Joined | Answer::Spawned => {}
            Answer::InPlace => self.run_in_place(),
            Answer::Continue => self.slice_left = self.slice,
            Answer::Fragment(answer) => self.waiting = Waiting::Fragment(answer),
            Answer::TimedOut { handler } => self.time_out(handler),
        }
    }

    /// Has the machine yield every so many instructions from here on.
    pub(crate) fn set_slice(&mut self, slice: NonZeroU32) {
        self.slice = slice.get();
        self.slice_left = self.slice_left.min(self.slice);
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
    ///
    /// Pays for each of the unit's instructions once; loops pay for further rounds at their ends.
    pub(super) fn push_unit(&mut self, mut frame: CodeFrame) -> Result<(), Error> {
        let unit = &frame.program.units[frame.unit];
        let cost = unit.end.0 - unit.entry.0;
        self.render.budget.fuel(cost as u64)?;
        self.use_slice(cost);
        frame.address = unit.entry.0 as usize;
        frame.loops = self.loops.len();
        frame.escapes = self.escapes.len();
        if unit.cells > 0 {
            frame.cells = Some(Cells::new(unit.cells, frame.cells.take()));
        }
        self.stack
            .resize(frame.base + unit.slots as usize, Value(Repr::Unset));
        self.frames.push(Frame::Code(frame));
        Ok(())
    }

    /// Uses up part of the slice; whether it is at its end.
    #[inline]
    pub(super) fn use_slice(&mut self, cost: u32) -> bool {
        self.slice_left = self.slice_left.saturating_sub(cost);
        if self.slice_left == 0 && self.slice == u32::MAX {
            // Without a slice the count starts anew.
            self.slice_left = self.slice;
        }
        self.slice_left == 0
    }

    /// The running activation.
    pub(super) fn frame(&self) -> &CodeFrame {
        match self.frames.last() {
            Some(Frame::Code(frame)) => frame,
            _ => unreachable!("code runs only in a code frame"),
        }
    }

    /// The running activation.
    pub(super) fn frame_mut(&mut self) -> &mut CodeFrame {
        match self.frames.last_mut() {
            Some(Frame::Code(frame)) => frame,
            _ => unreachable!("code runs only in a code frame"),
        }
    }

    /// Takes the top value of the stack.
    #[inline]
    pub(super) fn pop(&mut self) -> Value {
        self.stack
            .pop()
            .expect("verified programs keep the stack balanced")
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
        self.render.budget.depth(self.depth + self.frames.len())
    }

    /// Removes the running activation and all it has on the stacks.
    pub(super) fn pop_frame(&mut self) -> Frame {
        let frame = self.frames.pop().expect("there is a frame to leave");
        if let Frame::Code(frame) = &frame {
            self.stack.truncate(frame.base - frame.operands);
            self.loops.truncate(frame.loops);
            self.escapes.truncate(frame.escapes);
            self.output.drop_captures(frame.captures);
            // The outermost activation of a branch is a copy of one that goes on.
            if self.branch.is_none() || !self.frames.is_empty() {
                self.remember(frame);
            }
            if !self.groups.is_empty() {
                self.drop_groups(self.frames.len(), usize::MAX);
            }
        }
        frame
    }

    /// Notes the context and the cells that outlive their activation.
    fn remember(&mut self, frame: &CodeFrame) {
        // Those of a macro are its definer's.
        let is_own = !matches!(
            frame.returns,
            Returns::Text {
                called: Called::Macro | Called::Loop,
                ..
            }
        );
        if is_own && Arc::strong_count(&frame.context) > 1 {
            self.render.remember_context(&frame.context);
        }
        let survivors = &mut self.render.survivors;
        if let Some(cells) = &frame.cells
            && Arc::strong_count(cells) > 1
        {
            survivors.push(Survivor::Cells(Arc::downgrade(cells)));
        }
    }

    /// Leaves frames until a `try` or a native function is found that wants to know of the error.
    fn unwind(&mut self, mut error: Error) -> Result<(), Error> {
        self.waiting = Waiting::Nothing;
        loop {
            if error.kind().is_limit() {
                return Err(error);
            }
            let native = |frame: &Frame| matches!(frame, Frame::Native(_));
            let native = self.frames.iter().rposition(native);
            if self.has_handler_above(native) {
                return self.catch(self.handlers.len() - 1, &error);
            }
            let Some(at) = native else {
                return Err(error);
            };
            while self.frames.len() > at + 1 {
                self.pop_frame();
            }
            self.abandon_fragments();
            match self.continue_native(Err(error)) {
                Ok(()) => return Ok(()),
                Err(next) => error = self.locate(next),
            }
        }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        while !self.frames.is_empty() {
            self.pop_frame();
        }
        for survivor in self.render.survivors.drain(..) {
            match survivor {
                Survivor::Context(context) => {
                    if let Some(context) = context.upgrade() {
                        context.clear();
                    }
                }
                Survivor::Cells(cells) => {
                    if let Some(cells) = cells.upgrade() {
                        cells.clear();
                    }
                }
            }
        }
        self.render.budget.break_cycles(self.render.gave_value);
    }
}
