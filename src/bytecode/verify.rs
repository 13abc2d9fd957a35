//! Checks everything that the machine takes for granted of a program.
//!
//! Each unit's code is walked along all its ways with an abstract state: how many values are on the
//! stack, and how many loops, captures and escaping modes are open. Where ways meet they must agree.

use std::collections::HashMap;

use crate::bytecode::{
    Effect, Instruction, Label, Program, Shortcut, Slot, Unit, UnitKind, Variable, Visible,
    VisibleSource,
};
use crate::error::VerifyFault;

/// What is open at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct State {
    stack: usize,
    loops: usize,
    captures: usize,
    escapes: usize,
    tries: usize,
    fragments: usize,
    parallels: usize,
    defers: usize,
    /// The innermost branch.
    branch: Option<u16>,
}

/// What is around a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Around {
    Nothing,
    Unit(usize),
    /// It stands in code that nothing leads to.
    Unknown,
}

/// What is around each unit.
struct OuterUnits(Vec<Around>);

impl OuterUnits {
    /// Whether the unit may ever run.
    fn runs(&self, unit: usize) -> bool {
        self.0[unit] != Around::Unknown
    }
}

impl Program {
    /// Checks the program.
    ///
    /// # Errors
    /// The first thing found that the machine could not run.
    pub(crate) fn verify(&self) -> Result<(), VerifyFault> {
        self.verify_units()?;
        self.verify_spans()?;
        let outer = self.outer_units()?;
        for (index, unit) in self.units.iter().enumerate() {
            if !outer.runs(index) {
                continue;
            }
            UnitWalk {
                program: self,
                index,
                unit,
                outer: &outer,
                states: vec![None; (unit.end.0 - unit.entry.0) as usize],
                open: Vec::new(),
                around: HashMap::new(),
            }
            .walk()?;
        }
        Ok(())
    }

    /// Units follow each other and make up the whole code.
    fn verify_units(&self) -> Result<(), VerifyFault> {
        let mut address = Label(0);
        for (index, unit) in self.units.iter().enumerate() {
            if unit.entry != address || unit.end <= unit.entry {
                return Err(VerifyFault::Units(index));
            }
            address = unit.end;
        }
        let complete = address.0 as usize == self.code.len() && !self.units.is_empty();
        let units = |unit: u32| (unit as usize) < self.units.len();
        let tables = self.macros.iter().all(|definition| units(definition.unit))
            && self.blocks.iter().all(|block| units(block.unit))
            && self
                .loops
                .iter()
                .all(|info| info.recursive.is_none_or(units))
            && self
                .call_sites
                .iter()
                .all(|site| (site.shape.0 as usize) < self.shapes.len())
            && self
                .context_names
                .iter()
                .all(|name| (name.0 as usize) < self.names.len());
        if complete && tables {
            Ok(())
        } else {
            Err(VerifyFault::Units(self.units.len()))
        }
    }

    /// Spans are in order, within the text, and cover all code.
    fn verify_spans(&self) -> Result<(), VerifyFault> {
        let covered = self.spans.first().is_some_and(|(start, _)| start.0 == 0);
        let ordered = self.spans.windows(2).all(|pair| pair[0].0 < pair[1].0);
        let inside = self.spans.iter().all(|(start, span)| {
            (start.0 as usize) < self.code.len()
                && span.start <= span.end
                && span.end as usize <= self.origin.text.len()
        });
        if covered && ordered && inside {
            Ok(())
        } else {
            Err(VerifyFault::Spans)
        }
    }

    /// The unit in which each macro and recursive loop stands.
    fn outer_units(&self) -> Result<OuterUnits, VerifyFault> {
        let mut outer: Vec<Around> = self
            .units
            .iter()
            .map(|unit| match unit.kind {
                UnitKind::Macro | UnitKind::Loop => Around::Unknown,
                UnitKind::Template | UnitKind::Expression | UnitKind::Block => Around::Nothing,
            })
            .collect();
        for (index, unit) in self.units.iter().enumerate() {
            if outer[index] == Around::Unknown {
                continue;
            }
            for address in unit.entry.0..unit.end.0 {
                let inner = match self.code[address as usize] {
                    Instruction::MakeMacro(definition) => {
                        self.macros
                            .get(definition as usize)
                            .ok_or(VerifyFault::Operand(address))?
                            .unit as usize
                    }
                    Instruction::EnterRecursiveLoop(inner) => inner as usize,
                    _ => continue,
                };
                match outer.get_mut(inner) {
                    // A unit comes after the one it stands in, so that walks outwards end.
                    Some(place) if inner > index => *place = Around::Unit(index),
                    _ => return Err(VerifyFault::Operand(address)),
                }
            }
        }
        Ok(OuterUnits(outer))
    }

    /// Whether the unit at `index` can reach a cell so many levels out.
    fn has_cell(&self, outer: &OuterUnits, index: usize, levels: u8, cell: u16) -> bool {
        let mut left = levels;
        let mut unit = Some(index);
        while let Some(index) = unit {
            let cells = self.units[index].cells;
            if cells > 0 {
                if left == 0 {
                    return cell < cells;
                }
                left -= 1;
            }
            unit = match outer.0[index] {
                Around::Unit(around) => Some(around),
                Around::Nothing | Around::Unknown => None,
            };
        }
        false
    }
}

/// The walk along the code of one unit.
struct UnitWalk<'p> {
    program: &'p Program,
    index: usize,
    unit: &'p Unit,
    outer: &'p OuterUnits,
    states: Vec<Option<State>>,
    /// Addresses that are still to be walked from.
    open: Vec<u32>,
    /// The branch around each branch.
    around: HashMap<u16, Option<u16>>,
}

impl UnitWalk<'_> {
    fn walk(mut self) -> Result<(), VerifyFault> {
        let start = State {
            stack: usize::from(self.unit.kind == UnitKind::Loop),
            loops: 0,
            captures: 0,
            escapes: 0,
            tries: 0,
            fragments: 0,
            parallels: 0,
            defers: 0,
            branch: None,
        };
        self.reach(self.unit.entry.0, self.unit.entry, start)?;
        while let Some(address) = self.open.pop() {
            self.step(address)?;
        }
        Ok(())
    }

    /// Notes that `from` goes on at `to`.
    fn reach(&mut self, from: u32, to: Label, state: State) -> Result<(), VerifyFault> {
        if to < self.unit.entry || to >= self.unit.end {
            return Err(VerifyFault::Target(from));
        }
        if state.stack > self.unit.stack as usize {
            return Err(VerifyFault::Stack(from));
        }
        match &mut self.states[(to.0 - self.unit.entry.0) as usize] {
            Some(known) if *known != state => Err(VerifyFault::Join(to.0)),
            Some(_) => Ok(()),
            unknown => {
                *unknown = Some(state);
                self.open.push(to.0);
                Ok(())
            }
        }
    }

    fn step(&mut self, address: u32) -> Result<(), VerifyFault> {
        let mut state = self.states[(address - self.unit.entry.0) as usize]
            .expect("an address is only walked from once it was reached");
        let instruction = self.program.code[address as usize];
        if !self.has_operands(instruction, state) {
            return Err(VerifyFault::Operand(address));
        }
        let effect = Effect::of(instruction, &self.program.shapes, &self.program.call_sites)
            .ok_or(VerifyFault::Operand(address))?;
        let before = state;
        track(&mut state, instruction).ok_or(VerifyFault::Balance(address))?;
        match instruction {
            Instruction::BeginBranch(site, _) => {
                self.around.insert(site, state.branch);
                state.branch = Some(site);
            }
            Instruction::EndBranch(site) if state.branch == Some(site) => {
                state.branch = self.around[&site];
            }
            Instruction::EndBranch(_) => return Err(VerifyFault::Balance(address)),
            _ => {}
        }
        if let Instruction::Return = instruction {
            let end = State {
                stack: usize::from(self.unit.kind == UnitKind::Expression),
                loops: 0,
                captures: 0,
                escapes: 0,
                tries: 0,
                fragments: 0,
                parallels: 0,
                defers: 0,
                branch: None,
            };
            return if state == end {
                Ok(())
            } else {
                Err(VerifyFault::Balance(address))
            };
        }
        if let (Some(change), Some(target)) = (effect.jump, instruction.target()) {
            let backwards = matches!(instruction, Instruction::JumpBack(_));
            if (target.0 <= address) != backwards {
                return Err(VerifyFault::Target(address));
            }
            let stack = apply(state.stack, change).ok_or(VerifyFault::Stack(address))?;
            // What fails in a `try` has left it, a cached fragment is not made, and a branch runs elsewhere.
            let after = match instruction {
                Instruction::EnterTry(_)
                | Instruction::BeginBranch(..)
                | Instruction::BeginDefer(..)
                | Instruction::EnterTimedTry(_)
                | Instruction::EnterCache(_) => before,
                _ => state,
            };
            self.reach(address, target, State { stack, ..after })?;
        }
        if let (Some(change), Some(length)) = (effect.jump, instruction.shortens()) {
            if !self.is_shortcut(address, length) {
                return Err(VerifyFault::Operand(address));
            }
            let stack = apply(state.stack, change).ok_or(VerifyFault::Stack(address))?;
            let behind = Label(address + 1 + length as u32);
            self.reach(address, behind, State { stack, ..state })?;
        }
        if let Some(change) = effect.next {
            let stack = apply(state.stack, change).ok_or(VerifyFault::Stack(address))?;
            self.reach(address, Label(address + 1), State { stack, ..state })?;
        }
        Ok(())
    }

    /// Whether the instructions behind a shortcut are those that it stands for, which have its operands.
    fn is_shortcut(&self, address: u32, length: usize) -> bool {
        use Instruction as I;
        let start = address as usize + 1;
        let end = self.unit.end.0 as usize;
        let Some(plain) = self.program.code[..end].get(start..start + length) else {
            return false;
        };
        let instruction = self.program.code[address as usize];
        let is_method = matches!(
            instruction,
            I::LoadField {
                is_method: true,
                ..
            } | I::EmitField {
                is_method: true,
                ..
            } | I::TestField {
                is_method: true,
                ..
            } | I::CompareField {
                is_method: true,
                ..
            }
        );
        Shortcut::of_end(plain, |_| is_method).is_some_and(|known| known.instruction == instruction)
    }

    /// How many slots the code of a branch has.
    fn slots(&self, branch: Option<u16>) -> usize {
        let own = branch.and_then(|site| self.program.branches[site as usize].slots.as_ref());
        own.map_or(self.unit.slots as usize, |slots| slots.len())
    }

    /// Whether a branch has copies of slots that are there, and gives and takes over its own.
    fn has_slots(&self, site: u16, around: usize) -> bool {
        let Some(info) = self.program.branches.get(site as usize) else {
            return false;
        };
        let own = self.slots(Some(site));
        let takes = info.after.iter().flat_map(|earlier| &earlier.takes);
        let mut named = info.writes.iter().chain(takes.map(|(_, slot)| slot));
        let mut copies = info.slots.iter().flatten();
        named.all(|slot| (slot.0 as usize) < own) && copies.all(|slot| (slot.0 as usize) < around)
    }

    /// Whether what the operands name exists.
    fn has_operands(&self, instruction: Instruction, state: State) -> bool {
        use Instruction as I;
        let program = self.program;
        let slots = self.slots(state.branch);
        let slot = |slot: Slot| (slot.0 as usize) < slots;
        let variable = |variable: Variable| match variable.get() {
            Ok(of) => slot(of),
            Err(cell) => cell < self.unit.cells,
        };
        let visible = |shown: &Option<Vec<Visible>>| {
            let mut shown = shown.iter().flatten();
            shown.all(|shown| match shown.source {
                VisibleSource::Local(local) => variable(local),
                VisibleSource::Cell(levels, cell) => {
                    program.has_cell(self.outer, self.index, levels, cell)
                }
                VisibleSource::Loop => true,
            })
        };
        let name = |id: crate::bytecode::NameId| (id.0 as usize) < program.names.len();
        match instruction {
            I::EmitText(text) => (text as usize) < program.texts.len(),
            I::LoadConst(constant) => (constant as usize) < program.constants.len(),
            I::EmitLocal(of, id)
            | I::EmitRoot(of, id)
            | I::LoadLocal(of, id)
            | I::LoadRoot(of, id) => slot(of) && name(id),
            I::StoreLocal(of) | I::JumpIfSet(of, _) => slot(of),
            I::LoadName(id)
            | I::StoreName(id)
            | I::GetAttribute(id)
            | I::GetAttributeOrNone(id)
            | I::SetAttribute(id)
            | I::CallMethod(_, id)
            | I::LoadExport(id) => name(id),
            I::ExportLocal(of, id) | I::ShareLocal(of, id) => variable(of) && name(id),
            I::LoadCell(levels, cell, id) => {
                program.has_cell(self.outer, self.index, levels, cell) && name(id)
            }
            I::StoreCell(cell) => cell < self.unit.cells,
            I::Move { from, to } => variable(from) && variable(to),
            I::Clear(of) => variable(of),
            I::EnterLoop(info) => (info as usize) < program.loops.len(),
            I::BeginBranch(site, _) => self.has_slots(site, slots),
            I::EndBranch(site) | I::BeginDefer(site, _) | I::EndDefer(site, _) => {
                (site as usize) < program.branches.len()
            }
            I::LoadLoopField(level, _)
            | I::LoadLoop(level)
            | I::CycleLoop(level, _)
            | I::ChangedLoop(level, _) => (level as usize) < state.loops,
            I::EnterRecursiveLoop(unit) => program
                .units
                .get(unit as usize)
                .is_some_and(|unit| unit.kind == UnitKind::Loop),
            I::IncludeTemplate(site) => {
                let site = program.includes.get(site as usize);
                site.is_some_and(|site| visible(&site.visible))
            }
            I::ImportTemplate(site) | I::LoadVisible(site) => {
                let site = program.imports.get(site as usize);
                site.is_some_and(|site| visible(&site.visible))
            }
            I::CallBlock(block) => {
                let block = program.blocks.get(block as usize);
                block.is_some_and(|block| visible(&block.visible))
            }
            I::MakeMacro(definition) => (definition as usize) < program.macros.len(),
            _ => true,
        }
    }
}

fn apply(stack: usize, change: crate::bytecode::StackChange) -> Option<usize> {
    Some(stack.checked_sub(change.pops)? + change.pushes)
}

/// Follows what an instruction opens or closes.
fn track(state: &mut State, instruction: Instruction) -> Option<()> {
    use Instruction as I;
    match instruction {
        I::EnterLoop(_) => state.loops += 1,
        I::ExitLoop | I::ExitLoopElse(_) => state.loops = state.loops.checked_sub(1)?,
        I::NextItem(_) | I::AcceptItem | I::HoldItem(_) | I::ReleaseItem(_) | I::CompleteRound => {
            state.loops.checked_sub(1).map(|_| ())?
        }
        I::EnterParallel => state.parallels += 1,
        I::BeginBranch(..) | I::EndBranch(_) => state.parallels.checked_sub(1).map(|_| ())?,
        I::ExitParallel => state.parallels = state.parallels.checked_sub(1)?,
        I::BeginCapture => state.captures += 1,
        I::EndCapture => state.captures = state.captures.checked_sub(1)?,
        I::BeginDefer(..) => state.defers += 1,
        I::EndDefer(..) => state.defers = state.defers.checked_sub(1)?,
        I::EnterTry(_) | I::EnterTimedTry(_) => {
            state.tries += 1;
            state.captures += 1;
        }
        I::ExitTry => {
            state.tries = state.tries.checked_sub(1)?;
            state.captures = state.captures.checked_sub(1)?;
        }
        I::EnterCache(_) => {
            state.fragments += 1;
            state.captures += 1;
        }
        I::ExitCache => {
            state.fragments = state.fragments.checked_sub(1)?;
            state.captures = state.captures.checked_sub(1)?;
        }
        I::EnterAutoEscape => state.escapes += 1,
        I::ExitAutoEscape => state.escapes = state.escapes.checked_sub(1)?,
        _ => {}
    }
    Some(())
}
