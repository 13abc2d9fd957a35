//! Parts of a template that run side by side: how a machine splits, and how its parts join again.
//!
//! A branch is a machine of its own, on a copy of the variables it sees. The render's counters and templates
//! are lent to whichever machine runs. What branches write comes in the order of the template: behind the
//! first branch the machine's own text is put aside, and pieces are put where they belong as branches end.

use std::collections::VecDeque;
use std::sync::Arc;

use arcstr::literal;

use crate::bytecode::{Earlier, Label, Program};
use crate::error::Error;
use crate::error::machine::MachineFault;
use crate::value::{Pending, Repr, Unlimited, Value, display, settled};
use crate::vm::cells::Cells;
use crate::vm::context::Context;
use crate::vm::deferred::contexts;
use crate::vm::frame::CodeFrame;
use crate::vm::library::{Host, ProgramId};
use crate::vm::machine::Machine;
use crate::vm::scope::{Scope, ScopeId, ScopeNames};
use crate::vm::seldom::Seldom;
use crate::vm::waits::Waiting;

/// Which open block of a machine; no two of a machine are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct GroupId(u64);

/// An open block whose branches run.
#[derive(Debug)]
pub(super) struct Group {
    id: GroupId,
    /// The program that it stands in.
    program: Arc<Program>,
    /// How many callers and captures there were when it was opened, and where the slots of its activation began
    /// and ended.
    callers: usize,
    captures: usize,
    slots: (usize, usize),
    /// The branch that the machine suspended at, and what stands behind it.
    ahead: (u16, Label),
    /// How many branches may run at once.
    limit: usize,
    running: usize,
    /// Whether the machine's own text is put aside, behind that of a branch.
    is_put_aside: bool,
    /// The branches whose text is not in its place yet, in order, and the number of the first.
    pieces: VecDeque<Piece>,
    first: usize,
    /// What the branches of a `parallel` block give, by their position in it; none for those that ran in
    /// place, and those nobody waits for.
    results: Vec<Option<Arc<Pending>>>,
}

/// What a branch has written, and what follows up to the next one.
#[derive(Debug)]
struct Piece {
    /// What the driver knows the branch by.
    key: usize,
    text: String,
    is_done: bool,
    behind: String,
}

impl Group {
    /// Forgets its branches; gives what the driver knows those by that run.
    fn drop_branches(&mut self) -> impl Iterator<Item = usize> {
        let running = self.pieces.drain(..).filter(|piece| !piece.is_done);
        running.map(|piece| piece.key)
    }
}

/// Where a branch belongs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BranchPlace {
    group: GroupId,
    number: usize,
    /// The index of the branch in the program.
    site: u16,
}

/// Where a machine belongs that was split off.
pub(crate) struct Split {
    pub(crate) place: BranchPlace,
    pub(crate) result: Option<Arc<Pending>>,
}

/// The instructions that take as long as making a machine, and giving it turns.
const BRANCH: u64 = 300;

impl Machine {
    /// `n ->`: opens a block whose branches run at once.
    pub(super) fn enter_parallel(&mut self, program: &Arc<Program>) -> Result<(), Error> {
        let value = settled(&self.render.budget, self.top())?;
        let limit = match &value.0 {
            Repr::None => usize::MAX,
            Repr::Int(limit) if *limit > 0 => usize::try_from(*limit).unwrap_or(usize::MAX),
            _ => {
                let found = display::to_repr(&Unlimited, value)?;
                return Err(MachineFault::Concurrency { found }.into_error());
            }
        };
        self.pop();
        self.render.next_group += 1;
        let group = Group {
            id: GroupId(self.render.next_group),
            program: Arc::clone(program),
            callers: self.callers.len(),
            captures: self.output.captures(),
            slots: (self.running.base(), self.running.floor()),
            ahead: (0, Label(0)),
            limit,
            running: 0,
            is_put_aside: false,
            pieces: VecDeque::new(),
            first: 0,
            results: Vec::new(),
        };
        self.seldom().groups.push(group);
        Ok(())
    }

    /// `->`: closes the innermost block; false if its branches still run.
    pub(super) fn exit_parallel(&mut self) -> Result<bool, Error> {
        let group = self.group();
        if group.running > 0 {
            return Ok(false);
        }
        if group.is_put_aside {
            self.output.join_capture(&self.render.budget)?;
        }
        self.seldom().groups.pop();
        Ok(true)
    }

    fn group(&mut self) -> &mut Group {
        let groups = &mut self.seldom().groups;
        groups.last_mut().expect("blocks are balanced")
    }

    /// Whether the branch that ends is this machine.
    pub(super) fn ends_branch(&self, site: u16) -> bool {
        self.branch() == Some(site) && self.callers.is_empty()
    }

    /// What a branch gives at its end: the variables that it sets.
    pub(super) fn branch_result(&self, program: &Program, site: u16) -> Value {
        let frame = self.frame();
        let writes = &program.branches[site as usize].writes;
        if writes.is_empty() {
            return Value::NONE;
        }
        let slots = writes.iter();
        Value::tuple(
            slots
                .map(|slot| self.stack[frame.base() + slot.0 as usize].clone())
                .collect(),
        )
    }

    /// How many branches of the innermost block run, and how many may.
    pub(crate) fn load(&self) -> (usize, usize) {
        let group = self.groups().last().expect("blocks are balanced");
        (group.running, group.limit)
    }

    /// Suspends at a branch, which `behind` comes after.
    pub(super) fn stop_at_branch(&mut self, site: u16, behind: Label) {
        self.group().ahead = (site, behind);
    }

    /// What a branch has to wait for first: those that it comes after and that are not done.
    fn earlier(&mut self, site: u16) -> Waiting {
        let group = self.group();
        let after = &group.program.branches[site as usize].after;
        if after.is_empty() {
            return Waiting::Nothing;
        }
        let after = after.iter();
        let results = after.enumerate().filter_map(|(index, earlier)| {
            let result = group.results.get(earlier.position as usize)?.as_ref()?;
            Some((Arc::clone(result), index as u32))
        });
        let earlier: Vec<_> = results
            .filter(|(result, _)| result.result().is_none())
            .collect();
        match earlier.is_empty() {
            true => Waiting::Nothing,
            false => Waiting::Branches {
                site,
                earlier: earlier.into_iter(),
            },
        }
    }

    /// Runs the branch that the machine suspended at in its own place in the order of things, on slots of its own.
    pub(crate) fn run_in_place(&mut self) {
        let (site, _) = self.group().ahead;
        self.waiting = self.earlier(site);
        let group = self.group();
        let program = Arc::clone(&group.program);
        let info = &program.branches[site as usize];
        if !info.is_round {
            group.results.push(None);
        }
        if let Some(slots) = &info.slots {
            let (base, own) = (self.running.base(), self.stack.len());
            for slot in slots {
                let value = self.stack[base + slot.0 as usize].clone();
                self.stack.push(value);
            }
            self.running.place(own, self.stack.len());
        }
    }

    /// Ends a branch that ran in place; whether the machine's slots are others now.
    pub(super) fn end_in_place(&mut self, program: &Program, site: u16) -> bool {
        let Some(slots) = &program.branches[site as usize].slots else {
            return false;
        };
        let own = self.running.base();
        let (base, floor) = self.group().slots;
        // Names of the context that it has looked up are kept as well.
        for (index, slot) in slots.iter().enumerate() {
            self.stack.swap(own + index, base + slot.0 as usize);
        }
        self.stack.truncate(own);
        self.running.place(base, floor);
        true
    }

    /// Splits off the branch that the machine suspended at, and goes on behind it: an idle machine becomes that of the
    /// branch, which the driver knows by `key`. The render must be lent to this one.
    pub(crate) fn split(&mut self, host: &Host<'_>, key: usize, machine: &mut Machine) -> Split {
        let (site, behind) = self.group().ahead;
        let earlier = self.earlier(site);
        let context = self.with_library(host, |machine, library| {
            machine.share(library, machine.running.scope)
        });
        let frame = &self.running;
        let program = &self.groups().last().expect("blocks are balanced").program;
        let info = &program.branches[site as usize];
        let (is_round, is_awaited) = (info.is_round, info.is_awaited);
        let cells = match &frame.cells {
            Some(cells) if is_round => Some(cells.copy()),
            cells => cells.clone(),
        };
        let room = frame.unit(program).stack as usize;
        match &info.slots {
            Some(slots) => {
                machine.stack.reserve(slots.len() + room);
                let slots = slots.iter().map(|slot| frame.base() + slot.0 as usize);
                let values = slots.map(|slot| self.stack[slot].clone());
                machine.stack.extend(values);
            }
            None => self.copy_slots(machine, room),
        }
        self.branch_off(machine, site, context, cells);
        machine.seldom().owns_cells = is_round;
        machine.waiting = earlier;
        let result = is_awaited.then(|| Arc::new(Pending::promise(literal!("branch"))));
        self.frame_mut().address = behind.0;
        self.put_text_aside();
        let group = self.group();
        let number = group.first + group.pieces.len();
        group.pieces.push_back(Piece {
            key,
            text: String::new(),
            is_done: false,
            behind: String::new(),
        });
        group.running += 1;
        if !is_round {
            group.results.push(result.clone());
        }
        let place = BranchPlace {
            group: group.id,
            number,
            site,
        };
        Split { place, result }
    }

    /// Gives an idle machine a copy of all slots of the running activation, with `room` for operands.
    pub(super) fn copy_slots(&self, machine: &mut Machine, room: usize) {
        let slots = &self.stack[self.running.base()..self.running.floor()];
        machine.stack.reserve(slots.len() + room);
        machine.stack.extend_from_slice(slots);
    }

    /// Has a machine that does nothing but hold its slots go on where this one is, with the names of a context.
    pub(super) fn branch_off(
        &self,
        machine: &mut Machine,
        site: u16,
        context: Arc<Context>,
        cells: Option<Arc<Cells>>,
    ) {
        let frame = &self.running;
        let loops = self.loops[frame.loops as usize..].iter();
        machine.loops.extend(loops.map(|state| state.snapshot()));
        machine.running = CodeFrame {
            operands: 0,
            scope: ScopeId::FIRST,
            loops: 0,
            captures: 0,
            escapes: 0,
            scopes: 0,
            cells,
            ..frame.clone()
        };
        machine.running.place(0, machine.stack.len());
        let names = ScopeNames::Context {
            context,
            own: false,
        };
        self.render
            .budget
            .shorten_slice(BRANCH + 2 * machine.stack.len() as u64);
        machine.first_scope = Scope::new(names, frame.program);
        let seldom = machine.seldom();
        seldom.branch = Some(site);
        seldom.is_collected = !self.is_straight();
        seldom.depth = self.depth() + self.open() - 1;
        machine.has_begun = true;
        machine.slice = self.slice;
    }

    /// Makes the machine of a branch that has come to its end idle again, with the room that it and its text have; false
    /// if that is too much to keep.
    pub(crate) fn retire_branch(&mut self, text: String) -> bool {
        const MOST: usize = 256;
        debug_assert!(self.callers.is_empty() && self.escapes.is_empty() && self.scopes.is_empty());
        debug_assert!(matches!(self.waiting, Waiting::Nothing) && self.output.captures() == 0);
        debug_assert!(self.natives().is_empty() && self.handlers().is_empty());
        debug_assert!(self.groups().is_empty() && self.fragments().is_empty());
        let room = self.stack.capacity()
            + 8 * (self.loops.capacity() + self.callers.capacity() + self.scopes.capacity());
        self.stack.clear();
        self.loops.clear();
        self.running.cells = None;
        self.first_scope = Scope::new(ScopeNames::Host(Value::NONE), ProgramId::FIRST);
        self.seldom().retries = (0, 0);
        room <= MOST && self.output.retire(text)
    }

    /// Whether what is written now goes to the reader as it is.
    pub(super) fn is_straight(&self) -> bool {
        let aside = self.groups().iter().filter(|group| group.is_put_aside);
        let is_collected = self
            .seldom
            .as_ref()
            .is_some_and(|seldom| seldom.is_collected);
        !is_collected && self.output.captures() == aside.count()
    }

    /// Ends the piece of the machine's own text before a branch.
    fn put_text_aside(&mut self) {
        let groups = self.seldom.as_mut().map(|seldom| &mut seldom.groups);
        let group = groups.and_then(|groups| groups.last_mut());
        let group = group.expect("blocks are balanced");
        if !group.is_put_aside {
            self.output.put_aside();
            group.is_put_aside = true;
            return;
        }
        let text = self.output.take_inner();
        match group.pieces.back_mut() {
            Some(piece) => piece.behind = text,
            None => self.output.insert(group.captures, &text),
        }
    }

    /// Takes the text of a branch since the last time, and what it set if it is done; false if its block is not open any
    /// more.
    pub(crate) fn receive_branch(
        &mut self,
        place: BranchPlace,
        text: &mut String,
        done: Option<&Value>,
    ) -> bool {
        let groups = self.seldom.iter_mut().flat_map(|seldom| &mut seldom.groups);
        let Some(group) = groups.into_iter().find(|group| group.id == place.group) else {
            return false;
        };
        let at = place.number - group.first;
        let piece = &mut group.pieces[at];
        if at == 0 && piece.text.is_empty() {
            self.output.insert(group.captures, text);
            text.clear();
        } else if piece.text.is_empty() {
            piece.text = std::mem::take(text);
        } else {
            piece.text.push_str(text);
            text.clear();
        }
        piece.is_done = done.is_some();
        group.running -= usize::from(done.is_some());
        while let Some(front) = group.pieces.front_mut() {
            self.output
                .insert(group.captures, &std::mem::take(&mut front.text));
            if !front.is_done {
                break;
            }
            self.output.insert(group.captures, &front.behind);
            group.pieces.pop_front();
            group.first += 1;
        }
        if let Some(values) = done {
            let info = &group.program.branches[place.site as usize];
            let values = values.as_tuple().map_or(&[][..], |values| values.items());
            let (base, _) = group.slots;
            for (own, value) in info.writes.iter().zip(values) {
                self.stack[base + info.around(*own).0 as usize] = value.clone();
            }
        }
        true
    }

    /// Takes over what an earlier branch has set to where this branch sees it.
    pub(super) fn take_over(&mut self, earlier: &Earlier, values: &Value) {
        let Some(values) = values.as_tuple() else {
            return;
        };
        let base = self.running.base();
        for (index, slot) in &earlier.takes {
            self.stack[base + slot.0 as usize] = values.items()[*index as usize].clone();
        }
    }

    /// A branch has failed, and with it its block, whose other branches are of no use any more. The render must be lent
    /// to the machine.
    pub(crate) fn fail_branch(&mut self, host: &Host<'_>, place: BranchPlace, error: Error) {
        let mut groups = self.groups().iter();
        if let Some(at) = groups.position(|open| open.id == place.group) {
            while self.groups().len() > at + 1 {
                self.drop_group();
            }
            // What the machine itself did meanwhile is of no use, but the place is that of the block.
            let callers = self.groups()[at].callers;
            self.seldom()
                .natives
                .retain(|native| native.callers < callers);
            while self.callers.len() > callers {
                self.pop_frame();
            }
            // A `try` within the block may be open where the machine pauses.
            let Seldom {
                handlers,
                groups,
                dropped,
                ..
            } = self.seldom();
            handlers.retain(|handler| handler.groups <= at);
            let group = &mut groups[at];
            let failed = place.number - group.first;
            group.pieces[failed].is_done = true;
            dropped.extend(group.drop_branches());
        }
        self.waiting = Waiting::Failed(self.continue_trace(host, error));
    }

    fn drop_group(&mut self) {
        let seldom = self.seldom();
        if let Some(mut group) = seldom.groups.pop() {
            seldom.dropped.extend(group.drop_branches());
            // One of its branches may have run in place.
            let frame = self.callers.get_mut(group.callers);
            let frame = frame.unwrap_or(&mut self.running);
            let (base, floor) = group.slots;
            frame.place(base, floor);
        }
    }

    /// Drops blocks that were opened in activations which are left, with so many callers there are now, or
    /// until so many blocks are left.
    pub(super) fn drop_groups(&mut self, callers: usize, most: usize) {
        while let Some(last) = self.groups().last()
            && (last.callers > callers || self.groups().len() > most)
        {
            self.drop_group();
        }
    }

    /// Whether an error has left a block with branches, or what this deferred body has deferred.
    pub(crate) fn has_dropped(&self) -> bool {
        let seldom = self.seldom.as_ref();
        seldom.is_some_and(|seldom| seldom.gave_up || !seldom.dropped.is_empty())
    }

    /// The branches that are of no use any more since the last time, as the driver knows them: an error has left their
    /// blocks.
    pub(crate) fn take_dropped(&mut self) -> Vec<usize> {
        match &mut self.seldom {
            Some(seldom) => std::mem::take(&mut seldom.dropped),
            None => Vec::new(),
        }
    }

    /// The branch whose text is the next to be handed on, as the driver knows it.
    pub(crate) fn next_branch(&self) -> Option<usize> {
        let group = self.groups().first()?;
        let next = group.pieces.front()?;
        (group.captures == 0).then_some(next.key)
    }

    /// Suspends to flush at so many bytes from here on.
    pub(crate) fn stream(&mut self, chunk: usize) {
        self.output.set_chunk(chunk);
    }

    /// Swaps what all machines of a render share.
    pub(crate) fn lend_render(&mut self, other: &mut Machine) {
        std::mem::swap(&mut self.render, &mut other.render);
    }

    /// Leaves everything, while the render is lent to the machine. A macro may keep what it has seen.
    pub(crate) fn abandon(&mut self) {
        self.seldom().natives.clear();
        while !self.callers.is_empty() {
            self.pop_frame();
        }
        self.drop_groups(usize::MAX, 0);
        if let Some(cells) = self.running.cells.take() {
            self.render.remember_cells(&cells);
        }
        self.remember_contexts();
        self.first_scope.set_host(Value::NONE);
    }

    /// Notes the context of its first scope, and those around it, if they outlive it.
    pub(super) fn remember_contexts(&mut self) {
        if let ScopeNames::Context { context, .. } = &self.first_scope.names {
            contexts(context).for_each(|context| self.render.remember_context(context));
        }
    }

    /// Whether it has captured variables that are not those of the machine which it was split off.
    pub(crate) fn has_own_cells(&self) -> bool {
        let seldom = self.seldom.as_ref();
        self.running.cells.is_some() && seldom.is_some_and(|seldom| seldom.owns_cells)
    }

    /// Says how many other machines of the render wait.
    pub(crate) fn set_others_waiting(&self, count: usize) {
        self.render.budget.set_others_waiting(count);
    }
}
