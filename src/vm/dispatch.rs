//! The run loop: fetches instructions and does them, or calls the method that does.

use std::num::NonZeroU32;

use crate::bytecode::{Instruction, Label, LoopField, Program};
use crate::error::Error;
use crate::source::Place;
use crate::value::{self, Repr, Undefined, UndefinedPolicy, Value, access};
use crate::vm::frame::Returns;
use crate::vm::library::Library;
use crate::vm::loops::{AtOnce, Fetched};
use crate::vm::machine::Machine;
use crate::vm::operators;
use crate::vm::outcome::Suspension;
use crate::vm::shortcuts;
use crate::vm::waits::Waiting;

/// Why the run loop stopped.
///
/// What it suspends for and what it gives is in the machine: an answer that fits into registers is what most
/// calls and returns need. A word, as an error is, so that a result of both does.
#[derive(Clone, Copy)]
#[repr(usize)]
pub(super) enum Control {
    /// Other code goes on: a frame was pushed or popped, or the instruction must run again.
    Switch,
    /// The machine [asks](Machine::suspend) for something.
    Suspend,
    /// The render has its [result](Machine::finish).
    Finish,
}

impl Machine {
    /// Asks for something.
    pub(super) fn suspend(&mut self, suspension: Suspension) -> Control {
        self.suspension = Some(suspension);
        Control::Suspend
    }

    /// Ends the render with a value.
    pub(super) fn finish(&mut self, value: Value) -> Control {
        self.result = value;
        Control::Finish
    }

    /// Runs frames until the machine must wait, all is done, or something but code is to be run.
    pub(super) fn run_frame(&mut self, library: &Library<'_>) -> Result<Control, Error> {
        if self.native().is_some() {
            return self.run_native(library);
        }
        // A slice of one instruction means: stop wherever possible.
        match self.slice {
            Some(NonZeroU32::MIN) => self.run_code::<true>(library),
            _ => self.run_code::<false>(library),
        }
    }

    /// Whether the code of the frame on top is all there is to do next.
    fn runs_code(&mut self) -> bool {
        !self.render.budget.is_slice_over()
            && !self.render.has_adopted()
            && matches!(self.waiting, Waiting::Nothing)
            && self.native().is_none()
    }

    fn run_code<const STEPPING: bool>(&mut self, library: &Library<'_>) -> Result<Control, Error> {
        let mut program: &Program;
        let mut code: &[Instruction];
        let mut base;
        let mut next;
        let mut auto_escape;
        let mut policy;
        /// Goes on with the frame on top.
        macro_rules! enter {
            () => {
                let frame = &self.running;
                program = library.program(frame.program);
                code = &program.code;
                base = frame.base();
                next = frame.address as usize;
                auto_escape = frame.auto_escape;
                policy = program.undefined_policy;
                self.render
                    .budget
                    .set_futures_are_awaited(program.auto_await);
            };
        }
        enter!();

        /// Gives the value of an operation, or has the failing instruction wait or fail.
        macro_rules! attempt {
            ($result:expr) => {
                match $result {
                    Ok(value) => value,
                    Err(error) => return self.wait_or_fail(program, next - 1, error),
                }
            };
        }
        /// Leaves the loop with the instruction done.
        macro_rules! leave {
            ($control:expr) => {{
                self.frame_mut().address = next as u32;
                return Ok($control);
            }};
        }
        /// Pays for what was written and hands a chunk on.
        macro_rules! written {
            () => {
                if self.output.is_over_mark() && attempt!(self.output.settle(&self.render.budget)) {
                    leave!(self.suspend(Suspension::Flush));
                }
            };
        }
        /// Writes a value.
        macro_rules! emit {
            ($value:expr) => {{
                let value = $value;
                if !shortcuts::emit(&mut self.output, value, auto_escape) {
                    attempt!(operators::emit_other(
                        &self.render.budget,
                        self.output.text(),
                        value,
                        auto_escape
                    ));
                }
            }};
        }
        /// Writes a text of the template.
        macro_rules! write_text {
            ($text:expr) => {
                self.output.text().push_str(&program.texts[$text as usize])
            };
        }
        /// As `written`, with the text that follows what was written: one does mostly.
        macro_rules! written_with_text {
            () => {
                if self.output.is_over_mark() {
                    written!();
                } else if !STEPPING && let Instruction::EmitText(text) = code[next] {
                    next += 1;
                    write_text!(text);
                    written!();
                }
            };
        }
        /// Replaces the two top values by the result of an operation on them.
        macro_rules! binary {
            ($operation:path) => {{
                let at = self.stack.len() - 2;
                let value = attempt!($operation(
                    &self.render.budget,
                    &self.stack[at],
                    &self.stack[at + 1]
                ));
                self.drop_top();
                self.stack[at].put(value);
            }};
        }
        /// The same, decided here for small integers and for floats.
        macro_rules! arithmetic {
            ($operation:path, $integers:path, $floats:expr) => {{
                let floats: fn(f64, f64) -> Option<f64> = $floats;
                let result = match &self.stack[..] {
                    [.., Value(Repr::Int(a)), Value(Repr::Int(b))] => {
                        $integers(*a, *b).map(Value::int)
                    }
                    [.., Value(Repr::Float(a)), Value(Repr::Float(b))] => {
                        floats(a.get(), b.get()).map(Value::float)
                    }
                    _ => None,
                };
                match result {
                    Some(result) => {
                        std::mem::forget(self.stack.pop());
                        self.set_top(result);
                    }
                    None => binary!($operation),
                }
            }};
        }
        macro_rules! jump {
            ($label:expr) => {
                next = $label.0 as usize
            };
        }
        /// Takes the next item of a loop into a slot, or ends the loop, in place of the plain instructions that
        /// follow; these do what cannot be done at once.
        macro_rules! next_into {
            ($slot:expr) => {
                // What mostly happens comes first; a match would jump by a table.
                let found = self.next_into(library, base + $slot.0 as usize);
                if found == AtOnce::Taken {
                    next += 2;
                } else if found == AtOnce::Wait {
                    self.frame_mut().address = next as u32;
                    return Ok(self.wait_for_item());
                } else if found == AtOnce::End
                    && let Instruction::NextItem(end) = code[next]
                {
                    jump!(end);
                }
            };
        }

        loop {
            if STEPPING {
                if self.render.budget.is_slice_over() {
                    leave!(self.suspend(Suspension::Yield));
                }
                self.render.budget.end_slice();
            }
            let instruction = &code[next];
            next += 1;
            match *instruction {
                Instruction::EmitText(text) => {
                    write_text!(text);
                    written!();
                }
                Instruction::EmitValue => {
                    emit!(self.stack.last().expect("verified"));
                    self.drop_top();
                    written_with_text!();
                }
                Instruction::EmitLocal(slot, name) => {
                    let value = &self.stack[base + slot.0 as usize];
                    if !shortcuts::emit(&mut self.output, value, auto_escape) {
                        let undefined;
                        let value = match value.0 {
                            Repr::Unset => {
                                undefined = undefined_name(program, name, policy, next);
                                &undefined
                            }
                            _ => value,
                        };
                        attempt!(operators::emit_other(
                            &self.render.budget,
                            self.output.text(),
                            value,
                            auto_escape
                        ));
                    }
                    written_with_text!();
                }
                Instruction::EmitRoot(slot, name) => {
                    let at = base + slot.0 as usize;
                    if !matches!(self.stack[at].0, Repr::Unset) {
                        emit!(&self.stack[at]);
                    } else if !self.emit_host_field(program.name(name), auto_escape) {
                        // Written from where it is, it need not be counted once more; this has to be kept.
                        let value = self.root_name(library, program, name, policy, next);
                        self.stack[at].put(value);
                        emit!(&self.stack[at]);
                    }
                    written_with_text!();
                }
                Instruction::LoadConst(constant) => {
                    let value = &program.constants[constant as usize];
                    if !STEPPING && let Instruction::IncludeTemplate(site) = code[next] {
                        let info = &program.includes[site as usize];
                        match self.include_known(library, value, site, info, next + 1) {
                            Ok(None) => self.stack.push(value.clone()),
                            Ok(Some(_)) if self.runs_code() => {
                                enter!();
                            }
                            Ok(Some(control)) => return Ok(control),
                            Err(error) => return self.wait_or_fail(program, next, error),
                        }
                    } else {
                        self.stack.push(value.clone());
                    }
                }
                Instruction::LoadInteger(integer) => self.stack.push(Value::int(integer as i64)),
                Instruction::LoadLocal(slot, name) => {
                    let value = &self.stack[base + slot.0 as usize];
                    let value = match value.0 {
                        Repr::Unset => undefined_name(program, name, policy, next),
                        _ => value.copied(),
                    };
                    self.stack.push(value);
                }
                Instruction::StoreLocal(slot) => {
                    let value = self.pop();
                    self.stack[base + slot.0 as usize].put(value);
                }
                Instruction::LoadRoot(slot, name) => {
                    let at = base + slot.0 as usize;
                    if let Repr::Unset = self.stack[at].0 {
                        let value = self.root_name(library, program, name, policy, next);
                        self.stack[at].put(value);
                    }
                    let value = self.stack[at].copied();
                    self.stack.push(value);
                }
                Instruction::GetAttribute(name) if self.replace_by_field(program.name(name)) => {}

                Instruction::Not => {
                    let truth = attempt!(self.truth());
                    self.set_top(Value::bool(!truth));
                }
                Instruction::Add => {
                    arithmetic!(value::operate::add, i64::checked_add, |a, b| Some(a + b));
                }
                Instruction::Subtract => {
                    arithmetic!(value::operate::subtract, i64::checked_sub, |a, b| Some(
                        a - b
                    ));
                }
                Instruction::Multiply => {
                    arithmetic!(value::operate::multiply, i64::checked_mul, |a, b| Some(
                        a * b
                    ));
                }
                Instruction::FloorDivide => {
                    arithmetic!(
                        value::operate::floor_divide,
                        shortcuts::floor_divide,
                        |_, _| None
                    );
                }
                Instruction::Remainder => {
                    arithmetic!(value::operate::remainder, shortcuts::remainder, |_, _| None);
                }
                Instruction::Compare(operator) => {
                    let at = self.stack.len() - 2;
                    let holds = attempt!(operators::compare(
                        &self.render.budget,
                        operator,
                        &self.stack[at],
                        &self.stack[at + 1]
                    ));
                    self.drop_top();
                    self.set_top(Value::bool(holds));
                }
                Instruction::Duplicate => {
                    let value = self.top().clone();
                    self.stack.push(value);
                }
                Instruction::Discard => {
                    self.stack.pop();
                }
                Instruction::Jump(label) => jump!(label),
                Instruction::JumpBack(label) => {
                    let cost = next as u32 - label.0;
                    attempt!(self.render.budget.fuel(cost as u64));
                    jump!(label);
                    if !STEPPING {
                        if self.render.budget.is_slice_over() {
                            leave!(self.suspend(Suspension::Yield));
                        }
                        if let Instruction::NextItemInto(slot) = code[next] {
                            next += 1;
                            next_into!(slot);
                        }
                    }
                }
                Instruction::JumpIfFalse(label) => {
                    let truth = attempt!(self.truth());
                    self.drop_top();
                    if !truth {
                        jump!(label);
                    }
                }
                Instruction::JumpIfTrue(label) => {
                    let truth = attempt!(self.truth());
                    self.drop_top();
                    if truth {
                        jump!(label);
                    }
                }
                Instruction::JumpIfFalseOrPop(label) => {
                    if attempt!(self.truth()) {
                        self.stack.pop();
                    } else {
                        jump!(label);
                    }
                }
                Instruction::JumpIfTrueOrPop(label) => {
                    if attempt!(self.truth()) {
                        jump!(label);
                    } else {
                        self.stack.pop();
                    }
                }
                Instruction::JumpIfSet(slot, label) => {
                    if !matches!(self.stack[base + slot.0 as usize].0, Repr::Unset) {
                        jump!(label);
                    }
                }
                Instruction::NextItem(end) => {
                    if !STEPPING && self.ask_for_item(library) {
                        self.frame_mut().address = next as u32 - 1;
                        return Ok(self.wait_for_item());
                    }
                    let state = self.loops.last_mut().expect("loops are balanced");
                    match attempt!(state.next(&self.render.budget)) {
                        Fetched::Item(item) => self.stack.push(item),
                        Fetched::End => jump!(end),
                        Fetched::Wait => {
                            self.frame_mut().address = next as u32 - 1;
                            return Ok(self.wait_for_item());
                        }
                    }
                }
                Instruction::CompleteRound => self.complete_round(),
                Instruction::LoadLoopField(0, LoopField::First) => {
                    let is_first = self.loop_at(0).index0 == 0;
                    // It is mostly asked for to be tested.
                    match code[next] {
                        Instruction::JumpIfFalse(_) | Instruction::JumpIfTrue(_) if !STEPPING => {
                            next = shortcuts::decide(code, next, is_first);
                        }
                        _ => self.stack.push(Value::bool(is_first)),
                    }
                }
                Instruction::Return => {
                    self.frame_mut().address = next as u32;
                    if self.running.returns == Returns::Finish && self.running.parent.is_none() {
                        return Ok(Control::Finish);
                    }
                    match self.leave_unit(library) {
                        Ok(Control::Switch) if self.runs_code() => {
                            enter!();
                        }
                        Ok(control) => return Ok(control),
                        Err(error) => return self.wait_or_fail(program, next - 1, error),
                    }
                }
                // A machine that stops wherever it can runs the plain instructions.
                _ if STEPPING && instruction.shortens().is_some() => {}
                Instruction::LoadField {
                    is_method,
                    slot,
                    name,
                } => {
                    let value = &self.stack[base + slot.0 as usize];
                    if let Some(field) = access::field(value, program.name(name), is_method) {
                        let value = field.to_value();
                        self.stack.push(value);
                        next += 2;
                    }
                }
                Instruction::EmitField {
                    is_method,
                    slot,
                    name,
                } => {
                    let value = &self.stack[base + slot.0 as usize];
                    if let Some(field) = access::field(value, program.name(name), is_method)
                        && shortcuts::emit(&mut self.output, field, auto_escape)
                    {
                        next += 3;
                        written_with_text!();
                    }
                }
                Instruction::TestField {
                    is_method,
                    slot,
                    name,
                } => {
                    let value = &self.stack[base + slot.0 as usize];
                    if let Some(field) = access::field(value, program.name(name), is_method)
                        && let Some(truth) = shortcuts::truth(field)
                    {
                        next = shortcuts::decide(code, next + 2, truth);
                    }
                }
                Instruction::CompareField {
                    is_method,
                    slot,
                    name,
                } => {
                    let value = &self.stack[base + slot.0 as usize];
                    if let Some(field) = access::field(value, program.name(name), is_method)
                        && let Instruction::Compare(operator) = code[next + 3]
                        && let Some(holds) = match code[next + 2] {
                            Instruction::LoadInteger(integer) => {
                                let other = Value::int(integer.into());
                                shortcuts::compare(operator, field, &other)
                            }
                            Instruction::LoadConst(constant) => {
                                let other = &program.constants[constant as usize];
                                shortcuts::compare(operator, field, other)
                            }
                            _ => None,
                        }
                    {
                        next = shortcuts::decide(code, next + 4, holds);
                    }
                }
                Instruction::TestLocal(slot) => {
                    let value = &self.stack[base + slot.0 as usize];
                    if let Some(truth) = shortcuts::truth(value) {
                        next = shortcuts::decide(code, next + 1, truth);
                    }
                }
                Instruction::CompareLocal(operator, slot, integer) => {
                    if let Repr::Int(value) = self.stack[base + slot.0 as usize].0 {
                        let holds = shortcuts::is_ordered(operator, value, integer.into());
                        next = shortcuts::decide(code, next + 3, holds);
                    }
                }
                Instruction::CompareInteger(operator, integer) => {
                    if let Repr::Int(value) = self.top().0 {
                        let holds = shortcuts::is_ordered(operator, value, integer.into());
                        std::mem::forget(self.stack.pop());
                        next = shortcuts::decide(code, next + 2, holds);
                    }
                }
                Instruction::OperateLocal(operator, slot, integer) => {
                    if let Repr::Int(value) = self.stack[base + slot.0 as usize].0
                        && let Some(result) = shortcuts::operate(operator, value, integer.into())
                    {
                        self.stack.push(Value::int(result));
                        next += 3;
                    }
                }
                Instruction::OperateInteger(operator, integer) => {
                    if let Some(Value(Repr::Int(value))) = self.stack.last_mut()
                        && let Some(result) = shortcuts::operate(operator, *value, integer.into())
                    {
                        *value = result;
                        next += 2;
                    }
                }
                Instruction::NextItemInto(slot) => {
                    next_into!(slot);
                }
                Instruction::CallFilter(site) => {
                    let site = &program.call_sites[site as usize];
                    if !STEPPING
                        && site.writes
                        && matches!(code[next], Instruction::EmitValue)
                        && self.write_filter(library, program, site)
                    {
                        next += 1;
                        written_with_text!();
                    } else {
                        self.frame_mut().address = next as u32;
                        let called = self.call_filter(library, program, site, program.auto_await);
                        if let Some(control) = attempt!(called) {
                            return Ok(control);
                        }
                    }
                }
                Instruction::PerformTest(site) => {
                    self.frame_mut().address = next as u32;
                    let site = &program.call_sites[site as usize];
                    if let Some(control) = attempt!(self.perform_test(library, program, site)) {
                        return Ok(control);
                    }
                }
                other => {
                    self.frame_mut().address = next as u32;
                    match self.run_other(library, other, base) {
                        Ok(None) => {
                            let frame = self.frame();
                            next = frame.address as usize;
                            auto_escape = frame.auto_escape;
                        }
                        Ok(Some(Control::Switch)) if self.runs_code() => {
                            enter!();
                        }
                        Ok(Some(control)) => return Ok(control),
                        Err(error) => return self.wait_or_fail(program, next - 1, error),
                    }
                }
            }
        }
    }
}

/// The undefined value of a name that nothing defines.
#[cold]
pub(super) fn undefined_name(
    program: &Program,
    name: crate::bytecode::NameId,
    policy: UndefinedPolicy,
    next: usize,
) -> Value {
    let place = place(program, next);
    Value::missing(Undefined::name(program.name(name).text().clone(), policy).at(place))
}

/// The place of the instruction before `next`.
#[cold]
pub(super) fn place(program: &Program, next: usize) -> Place {
    Place {
        origin: program.origin.clone(),
        span: program.span(Label(next as u32 - 1)),
    }
}
