//! Macros: made, called, and their arguments sorted.

use std::sync::Arc;

use crate::bytecode::MacroInfo;
use crate::call::{Arguments, Budget};
use crate::error::Error;
use crate::error::machine::MachineFault;
use crate::value::{Map, Repr, Undefined, Value};
use crate::vm::frame::{Called, CodeFrame};
use crate::vm::library::Library;
use crate::vm::machine::Machine;
use crate::vm::objects::Macro;
use crate::vm::scope::{Scope, ScopeNames};

impl Machine {
    /// A macro value with what it captures here.
    pub(super) fn make_macro(&mut self, library: &Library<'_>, index: usize) -> Value {
        let context = self.share(library, self.running.scope);
        let frame = self.frame();
        Value::from_object(Macro {
            program: library.program(frame.program).clone(),
            id: frame.program,
            index,
            context,
            cells: frame.cells.clone(),
            auto_escape: frame.auto_escape,
        })
    }

    /// Enters a macro whose callee is the value below `base`.
    pub(super) fn enter_macro(
        &mut self,
        library: &Library<'_>,
        definition: &Arc<Macro>,
        arguments: &Arguments<'_>,
        base: usize,
        is_written: bool,
    ) -> Result<(), Error> {
        let kept = self.stack.split_off(base);
        let result = self.enter_macro_at(library, definition, arguments, base, 1, is_written);
        if result.is_err() {
            self.stack.truncate(base);
            self.stack.extend(kept);
        }
        result
    }

    pub(super) fn enter_macro_at(
        &mut self,
        library: &Library<'_>,
        definition: &Arc<Macro>,
        arguments: &Arguments<'_>,
        base: usize,
        operands: u32,
        is_written: bool,
    ) -> Result<(), Error> {
        let info = definition.info();
        let bound = bind(&self.render.budget, info, arguments)?;
        self.check_depth()?;
        self.push_macro(library, definition, base, operands, is_written)?;
        for (slot, value) in bound.slots.into_iter().enumerate() {
            if let Some(value) = value {
                self.stack[base + slot] = value;
            }
        }
        self.fill_missing(definition, base, 0);
        if let Some(slot) = info.varargs {
            self.stack[base + slot.0 as usize] = Value::tuple(bound.varargs);
        }
        if let Some(slot) = info.kwargs {
            self.stack[base + slot.0 as usize] = Value::shared_map(bound.kwargs);
        }
        if let (Some(slot), Some(caller)) = (info.caller, bound.caller) {
            self.stack[base + slot.0 as usize] = caller;
        }
        Ok(())
    }

    pub(super) fn push_macro(
        &mut self,
        library: &Library<'_>,
        definition: &Arc<Macro>,
        base: usize,
        operands: u32,
        is_written: bool,
    ) -> Result<(), Error> {
        let program = match library.number(&definition.program, definition.id) {
            Some(program) => program,
            None => self.adopt(library, &definition.program),
        };
        let returns = self.returns(Called::Macro, is_written);
        let scopes = self.scopes.len() as u32;
        let names = ScopeNames::Context {
            context: definition.context.clone(),
            own: false,
        };
        let scope = self.push_scope(Scope::new(names, program));
        let unit = definition.info().unit;
        self.push_captured(
            &definition.program,
            CodeFrame {
                operands,
                cells: definition.cells.clone(),
                auto_escape: definition.auto_escape,
                scopes,
                ..CodeFrame::new(program, unit, base, scope, returns)
            },
        )
    }

    /// Says of each parameter that was not given, and has no default, that it was not.
    #[inline]
    pub(super) fn fill_missing(&mut self, definition: &Macro, base: usize, given: usize) {
        let info = definition.info();
        let has_more = info.varargs.is_some() || info.kwargs.is_some() || info.caller.is_some();
        if given < info.first_default as usize || has_more {
            self.fill_missing_with(definition, info, base, given);
        }
    }

    #[inline(never)]
    fn fill_missing_with(
        &mut self,
        definition: &Macro,
        info: &MacroInfo,
        base: usize,
        given: usize,
    ) {
        let policy = definition.program.undefined_policy;
        for slot in given..info.first_default as usize {
            if matches!(self.stack[base + slot].0, Repr::Unset) {
                self.stack[base + slot] = Value::missing(Undefined::hint(
                    MachineFault::missing_parameter(&info.parameters[slot]),
                    policy,
                ));
            }
        }
        if info.varargs.is_some() || info.kwargs.is_some() || info.caller.is_some() {
            let slots = [
                (info.varargs, Value::tuple(Vec::new())),
                (info.kwargs, Value::shared_map(Map::new())),
                (
                    info.caller,
                    Value::missing(Undefined::hint(
                        crate::error::machine::NO_CALLER.clone(),
                        policy,
                    )),
                ),
            ];
            for (slot, value) in slots {
                if let Some(slot) = slot {
                    let slot = &mut self.stack[base + slot.0 as usize];
                    if matches!(slot.0, Repr::Unset) {
                        *slot = value;
                    }
                }
            }
        }
    }
}

/// A macro's arguments, sorted.
struct Bound {
    slots: Vec<Option<Value>>,
    varargs: Vec<Value>,
    kwargs: Map,
    caller: Option<Value>,
}

/// Sorts the arguments of a call by the macro's parameters, as Jinja2 does.
fn bind(budget: &Budget, info: &MacroInfo, arguments: &Arguments<'_>) -> Result<Bound, Error> {
    let given = arguments.positional();
    let parameters = &info.parameters;
    budget.memory(((given.len() + parameters.len()) * size_of::<Value>()) as u64)?;
    let mut bound = Bound {
        slots: given
            .iter()
            .take(parameters.len())
            .cloned()
            .map(Some)
            .collect(),
        varargs: given.iter().skip(parameters.len()).cloned().collect(),
        kwargs: Map::new(),
        caller: None,
    };
    bound.slots.resize(parameters.len(), None);
    for (name, value) in arguments.keywords() {
        if let Some(slot) = parameters.iter().position(|known| known == name) {
            if bound.slots[slot].is_some() && info.kwargs.is_some() {
                bound.kwargs.insert_str(name.clone(), value.clone());
                continue;
            }
            if bound.slots[slot].is_some() {
                return Err(MachineFault::RepeatedArgument {
                    callee: info.name.clone(),
                    name: name.clone(),
                }
                .into_error());
            }
            bound.slots[slot] = Some(value.clone());
        } else if name == "caller" && info.caller.is_some() {
            bound.caller = Some(value.clone());
        } else if info.kwargs.is_some() {
            bound.kwargs.insert_str(name.clone(), value.clone());
        } else {
            return Err(MachineFault::unknown_keyword(&info.name, name, parameters));
        }
    }
    if !bound.varargs.is_empty() && info.varargs.is_none() {
        return Err(MachineFault::TooManyArguments {
            callee: info.name.clone(),
            most: parameters.len(),
            found: given.len(),
        }
        .into_error());
    }
    Ok(bound)
}
