//! The instructions that the run loop does not do itself: they are rarer or cost more than a call, and the
//! loop is faster the less there is in it.

use crate::bytecode::Instruction;
use crate::error::Error;
use crate::value::{self, Repr, Undefined, UndefinedPolicy, Value};
use crate::vm::dispatch::{Control, place, undefined_name};
use crate::vm::fragments::Entered;
use crate::vm::library::Library;
use crate::vm::machine::Machine;
use crate::vm::operators;
use crate::vm::outcome::Suspension;

/// About what a macro value takes, with the context it may keep alive.
const MACRO_SIZE: u64 = 256;

impl Machine {
    /// Does an instruction of the frame on top, which goes on at its address; why the run loop stops, if it
    /// does.
    #[inline(never)]
    pub(super) fn run_other(
        &mut self,
        library: &Library<'_>,
        instruction: Instruction,
        base: usize,
    ) -> Result<Option<Control>, Error> {
        let frame = self.frame();
        let program = library.program(frame.program);
        let next = frame.address as usize;
        let auto_escape = frame.auto_escape;
        let policy = program.undefined_policy;

        /// Leaves the run loop.
        macro_rules! leave {
            ($control:expr) => {
                return Ok(Some($control))
            };
        }
        /// Calls something that may push or pop frames.
        macro_rules! switch {
            ($result:expr) => {
                if let Some(control) = $result? {
                    leave!(control);
                }
            };
        }
        /// Asks for a template first; the instruction runs again when it is there.
        macro_rules! load {
            ($result:expr) => {
                match $result? {
                    None => leave!(Control::Switch),
                    Some(name) => {
                        self.frame_mut().address = next as u32 - 1;
                        leave!(self.suspend(Suspension::Load { name }));
                    }
                }
            };
        }
        /// Pays for what was written and hands a chunk on.
        macro_rules! written {
            () => {
                if self.output.is_over_mark() && self.output.settle(&self.render.budget)? {
                    leave!(self.suspend(Suspension::Flush));
                }
            };
        }
        /// Replaces the two top values by the result of an operation on them.
        macro_rules! binary {
            ($operation:path) => {{
                let at = self.stack.len() - 2;
                let value = $operation(&self.render.budget, &self.stack[at], &self.stack[at + 1])?;
                self.stack.truncate(at + 1);
                self.stack[at] = value;
            }};
        }
        /// Replaces the top value by the result of an operation on it.
        macro_rules! unary {
            ($operation:path) => {{
                let value = $operation(&self.render.budget, self.top())?;
                self.set_top(value);
            }};
        }
        macro_rules! jump {
            ($label:expr) => {
                self.frame_mut().address = $label.0
            };
        }

        match instruction {
            Instruction::BeginCapture => {
                self.output.begin_capture(&self.render.budget)?;
            }
            Instruction::EndCapture => {
                let text = self.output.end_capture(&self.render.budget)?;
                self.render.budget.memory(text.len() as u64)?;
                self.stack.push(operators::captured(text, auto_escape));
            }
            Instruction::MarkSafe => {
                if auto_escape {
                    self.mark_safe()?;
                }
            }
            Instruction::ExpectText => self.expect_text()?,
            Instruction::StripSpaces => self.strip_spaces()?,
            Instruction::Flush => {
                // What stands in a capture cannot be sent yet.
                if self.output.captures() == 0 {
                    leave!(self.suspend(Suspension::Flush));
                }
            }
            Instruction::LoadNone => self.stack.push(Value::NONE),
            Instruction::LoadUndefined => {
                let place = place(program, next);
                self.stack.push(Value::missing(
                    Undefined::hint(crate::error::machine::NO_ELSE, UndefinedPolicy::Lenient)
                        .at(place),
                ));
            }
            Instruction::LoadName(name) => {
                let value = self.root_name(library, program, name, policy, next);
                self.stack.push(value);
            }
            Instruction::LoadVisible(site) => {
                let site = &program.imports[site as usize];
                let visible = self.visible_names(library, site.visible.as_deref())?;
                self.stack.push(visible);
            }
            Instruction::StoreName(name) => {
                let value = self.pop();
                self.export(library, program.name(name).text(), value, true);
            }
            Instruction::ExportLocal(variable, name) => {
                let value = self.variable(base, variable);
                if !matches!(value.0, Repr::Unset) {
                    let name = program.name(name).text();
                    self.export(library, name, value, true);
                }
            }
            Instruction::ShareLocal(variable, name) => {
                let value = self.variable(base, variable);
                if !matches!(value.0, Repr::Unset) {
                    let name = program.name(name).text();
                    self.export(library, name, value, false);
                }
            }
            Instruction::LoadCell(levels, cell, name) => {
                let value = match self.load_cell(levels, cell) {
                    Value(Repr::Unset) => undefined_name(program, name, policy, next),
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
                let value = self.get_attribute(library, program.name(name))?;
                let value = match value {
                    Some(value) => value,
                    None => Value::missing(
                        self.missing_attribute(program.name(name), policy)
                            .at(place(program, next)),
                    ),
                };
                self.set_top(value);
            }
            Instruction::GetAttributeOrNone(name) => {
                let value = self.get_attribute(library, program.name(name))?;
                self.set_top(value.unwrap_or(Value::NONE));
            }
            Instruction::GetItem => {
                let value = self.get_item()?;
                let value = match value {
                    Some(value) => value,
                    None => Value::missing(self.missing_item(policy).at(place(program, next))),
                };
                self.stack.pop();
                self.set_top(value);
            }
            Instruction::GetItemOrNone => {
                let value = self.get_item()?.unwrap_or(Value::NONE);
                self.stack.pop();
                self.set_top(value);
            }
            Instruction::GetSlice => {
                let at = self.stack.len() - 4;
                let [v, start, stop, step] = &self.stack[at..] else {
                    unreachable!("four values were just counted");
                };
                let value = value::sequence::slice(&self.render.budget, v, start, stop, step)?;
                self.stack.truncate(at + 1);
                self.stack[at] = value;
            }
            Instruction::SetAttribute(name) => {
                self.set_attribute(program.name(name).text())?;
            }
            Instruction::MakeList(count) => self.make_list(count as usize)?,
            Instruction::MakeTuple(count) => self.make_tuple(count as usize)?,
            Instruction::MakeMap(count) => self.make_map(count as usize)?,
            Instruction::MakeRange {
                inclusive,
                has_step,
            } => self.make_range(inclusive, has_step)?,
            Instruction::AppendList => self.append_list()?,
            Instruction::ExtendList => self.extend_list()?,
            Instruction::InsertMap => self.insert_map()?,
            Instruction::ExtendMap => self.extend_map(false)?,
            Instruction::ExtendKeywords => self.extend_map(true)?,
            Instruction::UnpackSequence(count) => {
                self.unpack_sequence(count as usize)?;
            }
            Instruction::Negate => unary!(value::operate::negate),
            Instruction::Plus => unary!(value::operate::plus),
            Instruction::Divide => binary!(value::operate::divide),
            Instruction::Power => binary!(value::operate::power),
            Instruction::Concat(count) => {
                let at = self.stack.len() - count as usize;
                let text =
                    value::operate::concat(&self.render.budget, &self.stack[at..], auto_escape)?;
                self.stack.truncate(at);
                self.stack.push(text);
            }
            Instruction::CompareChain(operator, otherwise) => {
                let at = self.stack.len() - 2;
                let holds = operators::compare(
                    &self.render.budget,
                    operator,
                    &self.stack[at],
                    &self.stack[at + 1],
                )?;
                if holds {
                    self.stack.swap_remove(at);
                } else {
                    self.stack.truncate(at + 1);
                    self.stack[at] = Value::FALSE;
                    jump!(otherwise);
                }
            }
            Instruction::Swap => {
                let at = self.stack.len() - 2;
                self.stack.swap(at, at + 1);
            }
            Instruction::JumpIfValueOrPop(label) => {
                if self.is_nullish()? {
                    self.stack.pop();
                } else {
                    jump!(label);
                }
            }
            Instruction::JumpIfNullish(label) => {
                if self.is_nullish()? {
                    self.set_top(Value::NONE);
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
                self.enter_loop(info, program.auto_await)?;
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
            Instruction::ExitLoop => {
                self.exit_loop();
            }
            Instruction::ExitLoopElse(label) => {
                if self.exit_loop() {
                    jump!(label);
                }
            }
            Instruction::LoadLoopField(up, field) => {
                let value = self.loop_field(up, field, policy)?;
                self.stack.push(value);
            }
            Instruction::LoadLoop(up) => {
                let value = self.loop_value(up);
                self.stack.push(value);
            }
            Instruction::CycleLoop(up, count) => self.cycle_loop(up, count)?,
            Instruction::ChangedLoop(up, count) => self.changed_loop(up, count)?,
            Instruction::EnterRecursiveLoop(unit) => {
                switch!(self.enter_recursive_loop(library, unit));
            }
            Instruction::AwaitFilter(site) => {
                self.render.budget.set_futures_are_awaited(true);
                let site = &program.call_sites[site as usize];
                switch!(self.call_filter(library, program, site, true));
                self.render
                    .budget
                    .set_futures_are_awaited(program.auto_await);
            }
            Instruction::CallFunction(shape) => {
                switch!(self.call_function(library, program, shape));
            }
            Instruction::CallMethod(shape, name) => {
                switch!(self.call_method(library, program, shape, program.name(name)));
            }
            Instruction::CallSuper => switch!(self.call_super(library)),
            Instruction::LoadSuper => {
                let value = self.load_super(library, policy, || place(program, next));
                self.stack.push(value);
            }
            Instruction::LoadSelf => {
                let value = self.load_self(library);
                self.stack.push(value);
            }
            Instruction::MakeMacro(index) => {
                self.render.budget.memory(MACRO_SIZE)?;
                let value = self.make_macro(library, index as usize);
                self.stack.push(value);
            }
            Instruction::EnterAutoEscape => {
                let truth = self.truth()?;
                self.stack.pop();
                self.escapes.push(auto_escape);
                self.frame_mut().auto_escape = truth;
            }
            Instruction::ExitAutoEscape => {
                let truth = self.escapes.pop().expect("escaping modes are balanced");
                self.frame_mut().auto_escape = truth;
            }
            Instruction::EnterTry(fallback) => {
                self.enter_try(fallback, None)?;
            }
            Instruction::EnterTimedTry(fallback) => {
                if let Some(timer) = self.enter_timed_try(fallback)? {
                    leave!(self.suspend(timer));
                }
            }
            Instruction::ExitTry => {
                self.exit_try()?;
                written!();
            }
            Instruction::EnterCache(end) => match self.enter_cache()? {
                Entered::Ask(key) => {
                    self.frame_mut().address = next as u32 - 1;
                    leave!(self.suspend(Suspension::Fragment { key }));
                }
                Entered::Made => {
                    jump!(end);
                    written!();
                }
                Entered::Making => {}
            },
            Instruction::ExitCache => {
                if let Some(keep) = self.exit_cache()? {
                    leave!(self.suspend(keep));
                }
                written!();
            }
            Instruction::IncludeTemplate(site) => {
                load!(self.include_template(library, site, &program.includes[site as usize]));
            }
            Instruction::ImportTemplate(site) => {
                load!(self.import_template(library, site, &program.imports[site as usize]));
            }
            Instruction::LoadExport(name) => {
                let value =
                    self.load_export(program.name(name).text(), policy, || place(program, next));
                self.stack.push(value);
            }
            Instruction::ExtendTemplate => load!(self.extend_template(library)),
            Instruction::CallBlock(block) => {
                switch!(self.call_block(library, &program.blocks[block as usize]));
            }
            Instruction::Await => {
                if let Repr::Pending(pending) = &self.top().0 {
                    if pending.result().is_none()
                        && let Some(supply) = library.host.supply
                    {
                        // Where it does, the result is found below.
                        supply.settles(pending);
                    }
                    match pending.result() {
                        Some(result) => {
                            let value = result.clone()?;
                            self.set_top(value);
                        }
                        None => {
                            let pending = pending.clone();
                            self.frame_mut().address = next as u32 - 1;
                            leave!(self.suspend(Suspension::Await { pending }));
                        }
                    }
                }
            }
            Instruction::StartTask => {
                if let Repr::Pending(pending) = &self.top().0
                    && pending.result().is_none()
                {
                    let pending = pending.clone();
                    leave!(self.suspend(Suspension::Spawn { pending }));
                }
            }
            Instruction::EnterParallel => self.enter_parallel(program)?,
            Instruction::BeginBranch(site, behind) => {
                self.output.settle(&self.render.budget)?;
                self.stop_at_branch(site, behind);
                if program.branches[site as usize].is_in_place {
                    self.run_in_place();
                    leave!(Control::Switch);
                }
                leave!(self.suspend(Suspension::Branch));
            }
            Instruction::EndBranch(site) => {
                if self.ends_branch(site) {
                    leave!(self.finish(self.branch_result(program, site)));
                }
                if self.end_in_place(program, site) {
                    leave!(Control::Switch);
                }
            }
            Instruction::BeginDefer(..) => {
                if self.begin_defer(library, program)? {
                    leave!(self.suspend(Suspension::Defer));
                }
            }
            Instruction::EndDefer(site, behind) => {
                if self.ends_branch(site) {
                    leave!(self.finish(Value::NONE));
                }
                jump!(behind);
            }
            Instruction::ExitParallel => {
                if !self.exit_parallel()? {
                    self.frame_mut().address = next as u32 - 1;
                    leave!(self.suspend(Suspension::Join));
                }
                written!();
            }
            Instruction::MatchSequence {
                rest,
                length,
                otherwise,
            } => {
                if !self.match_sequence(rest, length as usize)? {
                    jump!(otherwise);
                }
            }
            Instruction::MatchMapping(otherwise) => {
                if !self.match_mapping()? {
                    jump!(otherwise);
                }
            }
            Instruction::MatchKey(otherwise) => {
                if !self.match_key()? {
                    jump!(otherwise);
                }
            }
            Instruction::WithoutKeys(count) => {
                self.without_keys(count as usize)?;
            }
            _ => unreachable!("the run loop does the others"),
        }
        Ok(None)
    }
}
