//! The run loop: fetches instructions and does them, or calls the method that does.

use std::sync::Arc;

use crate::bytecode::{Instruction, Label, Program};
use crate::error::Error;
use crate::source::Place;
use crate::value::{self, Repr, Undefined, UndefinedPolicy, Value};
use crate::vm::fragments::Entered;
use crate::vm::frame::Frame;
use crate::vm::loops::Fetched;
use crate::vm::machine::Machine;
use crate::vm::operators;
use crate::vm::outcome::Suspension;

/// Why the run loop stopped.
pub(super) enum Control {
    /// Other code goes on: a frame was pushed or popped, or the instruction must run again.
    Switch,
    Suspend(Suspension),
    Finish(Value),
}

/// About what a macro value takes, with the context it may keep alive.
const MACRO_SIZE: u64 = 256;

impl Machine {
    /// Runs the frame on top until another one is on top, the machine must wait, or all is done.
    pub(super) fn run_frame(&mut self) -> Result<Control, Error> {
        match self.frames.last() {
            Some(Frame::Native(_)) => self.run_native(),
            // A slice of one instruction means: stop wherever possible.
            _ if self.slice == 1 => self.run_code::<true>(),
            _ => self.run_code::<false>(),
        }
    }

    fn run_code<const STEPPING: bool>(&mut self) -> Result<Control, Error> {
        let frame = self.frame();
        let program: Arc<Program> = frame.program.clone();
        let code = &program.code[..];
        let base = frame.base;
        let mut next = frame.address;
        let mut auto_escape = frame.auto_escape;
        let policy = program.undefined_policy;
        self.render
            .budget
            .set_futures_are_awaited(program.auto_await);

        /// Gives the value of an operation, or has the failing instruction wait or fail.
        macro_rules! attempt {
            ($result:expr) => {
                match $result {
                    Ok(value) => value,
                    Err(error) => return self.wait_or_fail(&program, next - 1, error),
                }
            };
        }
        /// Leaves the loop with the instruction done.
        macro_rules! leave {
            ($control:expr) => {{
                self.frame_mut().address = next;
                return Ok($control);
            }};
        }
        /// Calls something that may push or pop frames.
        macro_rules! switch {
            ($result:expr) => {{
                self.frame_mut().address = next;
                match $result {
                    Ok(false) => {}
                    Ok(true) => return Ok(Control::Switch),
                    Err(error) => return self.wait_or_fail(&program, next - 1, error),
                }
            }};
        }
        /// Asks for a template first; the instruction runs again when it is there.
        macro_rules! load {
            ($result:expr) => {{
                self.frame_mut().address = next;
                match $result {
                    Ok(None) => return Ok(Control::Switch),
                    Ok(Some(name)) => {
                        self.frame_mut().address = next - 1;
                        return Ok(Control::Suspend(Suspension::Load { name }));
                    }
                    Err(error) => return self.wait_or_fail(&program, next - 1, error),
                }
            }};
        }
        /// Pays for what was written and hands a chunk on.
        macro_rules! written {
            () => {
                if self.output.is_over_mark() && attempt!(self.output.settle(&self.render.budget)) {
                    leave!(Control::Suspend(Suspension::Flush));
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
                self.stack.truncate(at + 1);
                self.stack[at] = value;
            }};
        }
        /// Replaces the top value by the result of an operation on it.
        macro_rules! unary {
            ($operation:path) => {{
                let value = attempt!($operation(&self.render.budget, self.top()));
                *self.stack.last_mut().expect("verified") = value;
            }};
        }
        macro_rules! jump {
            ($label:expr) => {
                next = $label.0 as usize
            };
        }
        macro_rules! place {
            () => {
                Place {
                    origin: program.origin.clone(),
                    span: program.span(Label(next as u32 - 1)),
                }
            };
        }

        loop {
            if STEPPING {
                if self.slice_left == 0 {
                    leave!(Control::Suspend(Suspension::Yield));
                }
                self.slice_left -= 1;
            }
            let instruction = &code[next];
            next += 1;
            match *instruction {
                Instruction::EmitText(text) => {
                    self.output.text().push_str(&program.texts[text as usize]);
                    written!();
                }
                Instruction::EmitValue => {
                    let value = self.stack.last().expect("verified");
                    attempt!(operators::emit(
                        &self.render.budget,
                        &mut self.output,
                        value,
                        auto_escape
                    ));
                    self.stack.pop();
                    written!();
                }
                Instruction::EmitLocal(slot, name) => {
                    let value = &self.stack[base + slot.0 as usize];
                    if let Repr::Unset = value.0 {
                        let value = undefined_name(&program, name, policy, place!());
                        attempt!(operators::emit(
                            &self.render.budget,
                            &mut self.output,
                            &value,
                            auto_escape
                        ));
                    } else {
                        attempt!(operators::emit(
                            &self.render.budget,
                            &mut self.output,
                            value,
                            auto_escape
                        ));
                    }
                    written!();
                }
                Instruction::BeginCapture => {
                    attempt!(self.output.begin_capture(&self.render.budget));
                }
                Instruction::EndCapture => {
                    let text = attempt!(self.output.end_capture(&self.render.budget));
                    attempt!(self.render.budget.memory(text.len() as u64));
                    self.stack.push(operators::captured(text, auto_escape));
                }
                Instruction::MarkSafe => {
                    if auto_escape {
                        attempt!(self.mark_safe());
                    }
                }
                Instruction::ExpectText => attempt!(self.expect_text()),
                Instruction::StripSpaces => attempt!(self.strip_spaces()),
                Instruction::Flush => {
                    // What stands in a capture cannot be sent yet.
                    if self.output.captures() == 0 {
                        leave!(Control::Suspend(Suspension::Flush));
                    }
                }

                Instruction::LoadConst(constant) => {
                    self.stack
                        .push(program.constants[constant as usize].clone());
                }
                Instruction::LoadInteger(integer) => self.stack.push(Value::int(integer as i64)),
                Instruction::LoadNone => self.stack.push(Value::NONE),
                Instruction::LoadUndefined => {
                    let place = place!();
                    self.stack.push(Value::missing(
                        Undefined::hint(crate::error::machine::NO_ELSE, UndefinedPolicy::Lenient)
                            .at(place),
                    ));
                }

                Instruction::LoadLocal(slot, name) => {
                    let value = &self.stack[base + slot.0 as usize];
                    let value = match value.0 {
                        Repr::Unset => undefined_name(&program, name, policy, place!()),
                        _ => value.clone(),
                    };
                    self.stack.push(value);
                }
                Instruction::StoreLocal(slot) => {
                    let value = self.pop();
                    self.stack[base + slot.0 as usize] = value;
                }
                Instruction::LoadRoot(slot, name) => {
                    let at = base + slot.0 as usize;
                    if let Repr::Unset = self.stack[at].0 {
                        self.stack[at] = match self.lookup(program.name(name)) {
                            Some(value) => value,
                            None => undefined_name(&program, name, policy, place!()),
                        };
                    }
                    let value = self.stack[at].clone();
                    self.stack.push(value);
                }
                Instruction::LoadName(name) => {
                    let value = match self.lookup(program.name(name)) {
                        Some(value) => value,
                        None => undefined_name(&program, name, policy, place!()),
                    };
                    self.stack.push(value);
                }
                Instruction::LoadVisible(site) => {
                    let site = &program.imports[site as usize];
                    let visible = attempt!(self.visible_names(site.visible.as_deref()));
                    self.stack.push(visible);
                }
                Instruction::StoreName(name) => {
                    let value = self.pop();
                    self.frame()
                        .context
                        .set_export(program.name(name).text(), value);
                }
                Instruction::ExportLocal(variable, name) => {
                    let value = self.variable(base, variable);
                    if !matches!(value.0, Repr::Unset) {
                        let name = program.name(name).text();
                        self.frame().context.set_export(name, value);
                    }
                }
                Instruction::ShareLocal(variable, name) => {
                    let value = self.variable(base, variable);
                    if !matches!(value.0, Repr::Unset) {
                        let name = program.name(name).text();
                        self.frame().context.set_shared(name, value);
                    }
                }
                Instruction::LoadCell(levels, cell, name) => {
                    let value = match self.load_cell(levels, cell) {
                        Value(Repr::Unset) => undefined_name(&program, name, policy, place!()),
                        value => value,
                    };
                    self.stack.push(value);
                }
                Instruction::StoreCell(cell) => {
                    let value = self.pop();
                    self.store_cell(cell, value);
                }
                Instruction::Move { from, to } => {
                    let value = self.variable(base, from);
                    self.set_variable(base, to, value);
                }
                Instruction::Clear(variable) => {
                    self.set_variable(base, variable, Value(Repr::Unset));
                }

                Instruction::GetAttribute(name) => {
                    let value = attempt!(self.get_attribute(program.name(name)));
                    let value = match value {
                        Some(value) => value,
                        None => Value::missing(
                            self.missing_attribute(program.name(name), policy)
                                .at(place!()),
                        ),
                    };
                    *self.stack.last_mut().expect("verified") = value;
                }
                Instruction::GetAttributeOrNone(name) => {
                    let value = attempt!(self.get_attribute(program.name(name)));
                    *self.stack.last_mut().expect("verified") = value.unwrap_or(Value::NONE);
                }
                Instruction::GetItem => {
                    let value = attempt!(self.get_item());
                    let value = match value {
                        Some(value) => value,
                        None => Value::missing(self.missing_item(policy).at(place!())),
                    };
                    self.stack.pop();
                    *self.stack.last_mut().expect("verified") = value;
                }
                Instruction::GetItemOrNone => {
                    let value = attempt!(self.get_item()).unwrap_or(Value::NONE);
                    self.stack.pop();
                    *self.stack.last_mut().expect("verified") = value;
                }
                Instruction::GetSlice => {
                    let at = self.stack.len() - 4;
                    let [v, start, stop, step] = &self.stack[at..] else {
                        unreachable!("four values were just counted");
                    };
                    let value = attempt!(value::sequence::slice(
                        &self.render.budget,
                        v,
                        start,
                        stop,
                        step
                    ));
                    self.stack.truncate(at + 1);
                    self.stack[at] = value;
                }
                Instruction::SetAttribute(name) => {
                    attempt!(self.set_attribute(program.name(name).text()));
                }

                Instruction::MakeList(count) => attempt!(self.make_list(count as usize)),
                Instruction::MakeTuple(count) => attempt!(self.make_tuple(count as usize)),
                Instruction::MakeMap(count) => attempt!(self.make_map(count as usize)),
                Instruction::MakeRange {
                    inclusive,
                    has_step,
                } => attempt!(self.make_range(inclusive, has_step)),
                Instruction::AppendList => attempt!(self.append_list()),
                Instruction::ExtendList => attempt!(self.extend_list()),
                Instruction::InsertMap => attempt!(self.insert_map()),
                Instruction::ExtendMap => attempt!(self.extend_map(false)),
                Instruction::ExtendKeywords => attempt!(self.extend_map(true)),
                Instruction::UnpackSequence(count) => {
                    attempt!(self.unpack_sequence(count as usize));
                }

                Instruction::Negate => unary!(value::operate::negate),
                Instruction::Plus => unary!(value::operate::plus),
                Instruction::Not => {
                    let truth = attempt!(self.truth());
                    *self.stack.last_mut().expect("verified") = Value::bool(!truth);
                }
                Instruction::Add => binary!(operators::add),
                Instruction::Subtract => binary!(operators::subtract),
                Instruction::Multiply => binary!(operators::multiply),
                Instruction::Divide => binary!(value::operate::divide),
                Instruction::FloorDivide => binary!(operators::floor_divide),
                Instruction::Remainder => binary!(operators::remainder),
                Instruction::Power => binary!(value::operate::power),
                Instruction::Concat(count) => {
                    let at = self.stack.len() - count as usize;
                    let text = attempt!(value::operate::concat(
                        &self.render.budget,
                        &self.stack[at..],
                        auto_escape
                    ));
                    self.stack.truncate(at);
                    self.stack.push(text);
                }
                Instruction::Compare(operator) => {
                    let at = self.stack.len() - 2;
                    let holds = attempt!(operators::compare(
                        &self.render.budget,
                        operator,
                        &self.stack[at],
                        &self.stack[at + 1]
                    ));
                    self.stack.truncate(at + 1);
                    self.stack[at] = Value::bool(holds);
                }
                Instruction::CompareChain(operator, otherwise) => {
                    let at = self.stack.len() - 2;
                    let holds = attempt!(operators::compare(
                        &self.render.budget,
                        operator,
                        &self.stack[at],
                        &self.stack[at + 1]
                    ));
                    if holds {
                        self.stack.swap_remove(at);
                    } else {
                        self.stack.truncate(at + 1);
                        self.stack[at] = Value::FALSE;
                        jump!(otherwise);
                    }
                }

                Instruction::Duplicate => {
                    let value = self.top().clone();
                    self.stack.push(value);
                }
                Instruction::Swap => {
                    let at = self.stack.len() - 2;
                    self.stack.swap(at, at + 1);
                }
                Instruction::Discard => {
                    self.stack.pop();
                }

                Instruction::Jump(label) => jump!(label),
                Instruction::JumpBack(label) => {
                    let cost = next as u32 - label.0;
                    attempt!(self.render.budget.fuel(cost as u64));
                    jump!(label);
                    if !STEPPING && self.use_slice(cost) {
                        leave!(Control::Suspend(Suspension::Yield));
                    }
                }
                Instruction::JumpIfFalse(label) => {
                    let truth = attempt!(self.truth());
                    self.stack.pop();
                    if !truth {
                        jump!(label);
                    }
                }
                Instruction::JumpIfTrue(label) => {
                    let truth = attempt!(self.truth());
                    self.stack.pop();
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
                Instruction::JumpIfValueOrPop(label) => {
                    if attempt!(self.is_nullish()) {
                        self.stack.pop();
                    } else {
                        jump!(label);
                    }
                }
                Instruction::JumpIfNullish(label) => {
                    if attempt!(self.is_nullish()) {
                        *self.stack.last_mut().expect("verified") = Value::NONE;
                        jump!(label);
                    }
                }
                Instruction::JumpIfSet(slot, label) => {
                    if !matches!(self.stack[base + slot.0 as usize].0, Repr::Unset) {
                        jump!(label);
                    }
                }
                Instruction::JumpIfExtended(label) => {
                    if self.frame().parent.is_some() {
                        jump!(label);
                    }
                }

                Instruction::EnterLoop(info) => {
                    let info = &program.loops[info as usize];
                    attempt!(self.enter_loop(info, program.auto_await));
                }
                Instruction::NextItem(end) => {
                    let state = self.loops.last_mut().expect("loops are balanced");
                    match attempt!(state.next(&self.render.budget)) {
                        Fetched::Item(item) => self.stack.push(item),
                        Fetched::End => jump!(end),
                        Fetched::Wait(stream) => {
                            self.frame_mut().address = next - 1;
                            return Ok(self.wait_for_item(stream));
                        }
                    }
                }
                Instruction::AcceptItem => {
                    let item = self.pop();
                    self.loop_at(0).begin_round(&item);
                }
                Instruction::HoldItem(label) => {
                    if !self.hold_item() {
                        jump!(label);
                    }
                }
                Instruction::ReleaseItem(label) => {
                    if !self.release_item() {
                        jump!(label);
                    }
                }
                Instruction::CompleteRound => self.complete_round(),
                Instruction::ExitLoop => {
                    self.exit_loop();
                }
                Instruction::ExitLoopElse(label) => {
                    if self.exit_loop() {
                        jump!(label);
                    }
                }
                Instruction::LoadLoopField(up, field) => {
                    let value = attempt!(self.loop_field(up, field, policy));
                    self.stack.push(value);
                }
                Instruction::LoadLoop(up) => {
                    let value = self.loop_value(up);
                    self.stack.push(value);
                }
                Instruction::CycleLoop(up, count) => attempt!(self.cycle_loop(up, count)),
                Instruction::ChangedLoop(up, count) => attempt!(self.changed_loop(up, count)),
                Instruction::EnterRecursiveLoop(unit) => {
                    switch!(self.enter_recursive_loop(unit as usize));
                }

                Instruction::CallFilter(site) => {
                    switch!(self.call_filter(&program, site as usize, program.auto_await));
                }
                Instruction::AwaitFilter(site) => {
                    self.render.budget.set_futures_are_awaited(true);
                    switch!(self.call_filter(&program, site as usize, true));
                    self.render
                        .budget
                        .set_futures_are_awaited(program.auto_await);
                }
                Instruction::PerformTest(site) => {
                    switch!(self.perform_test(&program, site as usize));
                }
                Instruction::CallFunction(shape) => {
                    switch!(self.call_function(&program, shape));
                }
                Instruction::CallMethod(shape, name) => {
                    switch!(self.call_method(&program, shape, program.name(name)));
                }
                Instruction::CallSuper => switch!(self.call_super()),
                Instruction::LoadSuper => {
                    let value = self.load_super(policy, || place!());
                    self.stack.push(value);
                }
                Instruction::LoadSelf => {
                    let value = self.load_self();
                    self.stack.push(value);
                }
                Instruction::Return => {
                    self.frame_mut().address = next;
                    return match self.leave_unit() {
                        Ok(control) => Ok(control),
                        Err(error) => self.wait_or_fail(&program, next - 1, error),
                    };
                }
                Instruction::MakeMacro(index) => {
                    attempt!(self.render.budget.memory(MACRO_SIZE));
                    let value = self.make_macro(&program, index as usize);
                    self.stack.push(value);
                }

                Instruction::EnterAutoEscape => {
                    let truth = attempt!(self.truth());
                    self.stack.pop();
                    self.escapes.push(auto_escape);
                    auto_escape = truth;
                    self.frame_mut().auto_escape = truth;
                }
                Instruction::ExitAutoEscape => {
                    auto_escape = self.escapes.pop().expect("escaping modes are balanced");
                    self.frame_mut().auto_escape = auto_escape;
                }

                Instruction::EnterTry(fallback) => {
                    attempt!(self.enter_try(fallback, None));
                }
                Instruction::EnterTimedTry(fallback) => {
                    if let Some(timer) = attempt!(self.enter_timed_try(fallback)) {
                        leave!(Control::Suspend(timer));
                    }
                }
                Instruction::ExitTry => {
                    attempt!(self.exit_try());
                    written!();
                }

                Instruction::EnterCache(end) => match attempt!(self.enter_cache()) {
                    Entered::Ask(key) => {
                        self.frame_mut().address = next - 1;
                        return Ok(Control::Suspend(Suspension::Fragment { key }));
                    }
                    Entered::Made => {
                        jump!(end);
                        written!();
                    }
                    Entered::Making => {}
                },
                Instruction::ExitCache => {
                    if let Some(keep) = attempt!(self.exit_cache()) {
                        leave!(Control::Suspend(keep));
                    }
                    written!();
                }

                Instruction::IncludeTemplate(site) => {
                    load!(self.include_template(&program.includes[site as usize]));
                }
                Instruction::ImportTemplate(site) => {
                    load!(self.import_template(&program.imports[site as usize]));
                }
                Instruction::LoadExport(name) => {
                    let value = self.load_export(program.name(name).text(), policy, || place!());
                    self.stack.push(value);
                }
                Instruction::ExtendTemplate => load!(self.extend_template()),
                Instruction::CallBlock(block) => {
                    switch!(self.call_block(&program.blocks[block as usize]));
                }

                Instruction::Await => {
                    if let Repr::Pending(pending) = &self.top().0 {
                        match pending.result() {
                            Some(result) => {
                                let value = attempt!(result.clone());
                                *self.stack.last_mut().expect("verified") = value;
                            }
                            None => {
                                let pending = pending.clone();
                                self.frame_mut().address = next - 1;
                                return Ok(Control::Suspend(Suspension::Await { pending }));
                            }
                        }
                    }
                }

                Instruction::StartTask => {
                    if let Repr::Pending(pending) = &self.top().0
                        && pending.result().is_none()
                    {
                        let pending = pending.clone();
                        leave!(Control::Suspend(Suspension::Spawn { pending }));
                    }
                }

                Instruction::EnterParallel => attempt!(self.enter_parallel()),
                Instruction::BeginBranch(..) => {
                    attempt!(self.output.settle(&self.render.budget));
                    leave!(Control::Suspend(Suspension::Branch));
                }
                Instruction::EndBranch(site) => {
                    if self.ends_branch(site) {
                        leave!(Control::Finish(self.branch_result(site)));
                    }
                }
                Instruction::ExitParallel => {
                    if !attempt!(self.exit_parallel()) {
                        self.frame_mut().address = next - 1;
                        return Ok(Control::Suspend(Suspension::Join));
                    }
                    written!();
                }

                Instruction::MatchSequence {
                    rest,
                    length,
                    otherwise,
                } => {
                    if !attempt!(self.match_sequence(rest, length as usize)) {
                        jump!(otherwise);
                    }
                }
                Instruction::MatchMapping(otherwise) => {
                    if !attempt!(self.match_mapping()) {
                        jump!(otherwise);
                    }
                }
                Instruction::MatchKey(otherwise) => {
                    if !attempt!(self.match_key()) {
                        jump!(otherwise);
                    }
                }
                Instruction::WithoutKeys(count) => {
                    attempt!(self.without_keys(count as usize));
                }
            }
        }
    }
}

/// The undefined value of a name that nothing defines.
#[cold]
fn undefined_name(
    program: &Program,
    name: crate::bytecode::NameId,
    policy: UndefinedPolicy,
    place: Place,
) -> Value {
    Value::missing(Undefined::name(program.name(name).text().clone(), policy).at(place))
}
