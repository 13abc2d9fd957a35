//! Calls of functions, methods, filters, tests, macros and recursive loops.

use std::num::NonZeroU32;

use crate::bytecode::{CallShape, CallSite, Instruction, Program, ShapeId};
use crate::call::{
    Arguments, Budget, CallContext, ContextParts, Flow, Function, NativeFunction, OwnedArguments,
};
use crate::error::Error;
use crate::error::machine::MachineFault;
use crate::value::{
    Pending, Repr, Symbol, Undefined, Value, access, collect, mapping, settled, truth,
};
use crate::vm::dispatch::Control;
use crate::vm::frame::{Called, CodeFrame, Returns};
use crate::vm::library::Library;
use crate::vm::machine::Machine;
use crate::vm::objects::{Blocks, LoopObject, Macro};
use crate::vm::scope::Scope;

/// The instructions that take as long as calling a native function, without what it charges for.
const CALL: u64 = 20;

impl Machine {
    /// What a native function sees of the render.
    pub(super) fn call_context<'a>(
        &'a self,
        library: &Library<'a>,
        name: &'a str,
        awaits: bool,
    ) -> CallContext<'a> {
        let program = library.program(self.running.program);
        let scope = (&self.first_scope, self.running.auto_escape);
        call_context(library, program, &self.render.budget, scope, name, awaits)
    }

    /// The arguments on top of the stack, of a call without spread.
    fn arguments<'a>(&'a self, shape: &'a CallShape) -> Arguments<'a> {
        let values = self.stack.len() - shape.keywords.len();
        let start = values - shape.positional as usize;
        Arguments::new(
            &self.stack[start..values],
            &shape.keywords,
            &self.stack[values..],
        )
    }

    /// The arguments of a call with spread: a list and a mapping on top of the stack.
    fn spread_arguments(&self, first: Option<&Value>) -> Result<OwnedArguments, Error> {
        let at = self.stack.len() - 2;
        let mut positional: Vec<Value> = first.into_iter().cloned().collect();
        positional.extend(collect(&self.render.budget, &self.stack[at])?);
        let mut arguments = OwnedArguments::from_positional(positional);
        let keywords = settled(&self.render.budget, &self.stack[at + 1])?;
        if let Some(mapping) = mapping(keywords) {
            for (name, value) in mapping.iter() {
                let Some(name) = name.as_text() else {
                    return Err(MachineFault::KeywordNotText {
                        found: name.type_name().into(),
                    }
                    .into_error());
                };
                arguments.push_keyword(name.clone(), value.clone());
            }
        }
        Ok(arguments)
    }

    /// Replaces the top `count` values by the result of a call, if it is there already; else other code goes on
    /// first.
    ///
    /// A result is a fifth of what it is returned in, and is all that is moved mostly.
    #[inline(always)]
    fn finish_call(
        &mut self,
        library: &Library<'_>,
        count: usize,
        name: &str,
        awaits: bool,
        called: Result<Flow, Error>,
    ) -> Result<Option<Control>, Error> {
        match called {
            Ok(Flow::Return(value)) => {
                self.replace(count, value);
                Ok(None)
            }
            called => self.go_on(library, count, name, awaits, called?),
        }
    }

    /// As [`finish_call`](Self::finish_call), of a call that answers otherwise.
    #[inline(never)]
    fn go_on(
        &mut self,
        library: &Library<'_>,
        count: usize,
        name: &str,
        awaits: bool,
        flow: Flow,
    ) -> Result<Option<Control>, Error> {
        match flow {
            Flow::Return(value) => {
                self.replace(count, value);
                Ok(None)
            }
            Flow::Future { label, future } => {
                let waits = self.finish_async_call(library, count, label, future);
                Ok(waits.then_some(Control::Switch))
            }
            flow => {
                self.stack.truncate(self.stack.len() - count);
                if let Some(value) = self.follow(library, name, awaits, flow)? {
                    self.stack.push(value);
                }
                Ok(Some(Control::Switch))
            }
        }
    }

    /// Replaces the top `count` values, one at least, by a result.
    #[inline(always)]
    pub(super) fn replace(&mut self, count: usize, value: Value) {
        self.drop_operands(count - 1);
        self.set_top(value);
    }

    /// Drops the top `count` values.
    #[inline]
    fn drop_operands(&mut self, mut count: usize) {
        while count > 0 {
            self.drop_top();
            count -= 1;
        }
    }

    /// `v args -> v`
    #[inline(never)]
    pub(super) fn call_filter(
        &mut self,
        library: &Library<'_>,
        program: &Program,
        site: &CallSite,
        awaits: bool,
    ) -> Result<Option<Control>, Error> {
        let shape = &program.shapes[site.shape.0 as usize];
        let Some(filter) = &site.function else {
            return Err(MachineFault::unknown_filter(
                &site.name,
                library.host.registry.filter_names(),
            ));
        };
        let context = self.call_context(library, &site.name, awaits);
        let flow = match self.call_on_receiver(&**filter, &context, shape) {
            Ok(Flow::Return(value)) if !value.is_pending() => {
                self.replace(shape.values() + 1, value);
                return Ok(None);
            }
            called => called?.with_future_as_value(),
        };
        let flow = match flow {
            // The call was written with `await`: an async filter's result is waited for.
            Flow::Return(value) if awaits && value.is_pending() => Flow::Await {
                value,
                then: Box::new(|_, result| result.map(Flow::Return)),
            },
            flow => flow,
        };
        self.go_on(library, shape.values() + 1, &site.name, awaits, flow)
    }

    /// `v args ->`: writes the filter's result, if the filter can; else nothing, and false.
    #[inline(never)]
    pub(super) fn write_filter(
        &mut self,
        library: &Library<'_>,
        program: &Program,
        site: &CallSite,
    ) -> bool {
        let shape = &program.shapes[site.shape.0 as usize];
        let Some(filter) = &site.function else {
            return false;
        };
        let scope = (&self.first_scope, self.running.auto_escape);
        let (budget, awaits) = (&self.render.budget, program.auto_await);
        let context = call_context(library, program, budget, scope, &site.name, awaits);
        let text = self.output.text();
        let start = text.len();
        if let Ok(true) = filter.write(&context, &with_receiver(&self.stack, shape), text) {
            self.drop_operands(shape.values() + 1);
            return true;
        }
        text.truncate(start);
        false
    }

    /// Calls a filter or test on the value below its arguments.
    #[inline(always)]
    fn call_on_receiver(
        &self,
        function: &dyn Function,
        context: &CallContext<'_>,
        shape: &CallShape,
    ) -> Result<Flow, Error> {
        if shape.spread {
            let receiver = &self.stack[self.stack.len() - 3];
            let arguments = self.spread_arguments(Some(receiver))?;
            return function.call(context, &arguments.borrow());
        }
        function.call(context, &with_receiver(&self.stack, shape))
    }

    /// `v args -> bool`
    #[inline(never)]
    pub(super) fn perform_test(
        &mut self,
        library: &Library<'_>,
        program: &Program,
        site: &CallSite,
    ) -> Result<Option<Control>, Error> {
        let shape = &program.shapes[site.shape.0 as usize];
        let Some(test) = &site.function else {
            return Err(MachineFault::unknown_test(
                &site.name,
                library.host.registry.test_names(),
            ));
        };
        let awaits = program.auto_await;
        let context = self.call_context(library, &site.name, awaits);
        let flow = match self.call_on_receiver(&**test, &context, shape) {
            // An async test's answer may still be awaited: `await (x is blocked)`.
            Ok(Flow::Return(value)) if !value.is_pending() => {
                let holds = truth(&self.render.budget, &value)?;
                self.replace(shape.values() + 1, Value::bool(holds));
                return Ok(None);
            }
            called => called?.with_future_as_value(),
        };
        let flow = match flow {
            Flow::Return(value) if value.is_pending() && awaits => Flow::Await {
                value,
                then: Box::new(|context, result| {
                    let holds = truth(context, &result?)?;
                    Ok(Flow::Return(Value::bool(holds)))
                }),
            },
            flow => flow,
        };
        self.go_on(library, shape.values() + 1, &site.name, awaits, flow)
    }

    /// `callee args -> v`
    pub(super) fn call_function(
        &mut self,
        library: &Library<'_>,
        program: &Program,
        shape: ShapeId,
    ) -> Result<Option<Control>, Error> {
        let shape = &program.shapes[shape.0 as usize];
        let callee = &self.stack[self.stack.len() - shape.values() - 1];
        if let Repr::Object(_) = &callee.0
            && let Some(function) = callee.downcast_object::<NativeFunction>()
            && !shape.spread
        {
            let name = function.name().clone();
            let context = self.call_context(library, &name, program.auto_await);
            let called = function.function().call(&context, &self.arguments(shape));
            let awaits = program.auto_await;
            return self.finish_call(library, shape.values() + 1, &name, awaits, called);
        }
        self.call_value(library, shape, program.auto_await)
    }

    /// Calls whatever lies below the arguments.
    fn call_value(
        &mut self,
        library: &Library<'_>,
        shape: &CallShape,
        awaits: bool,
    ) -> Result<Option<Control>, Error> {
        let at = self.stack.len() - shape.values() - 1;
        // Taken out for the call, and not counted once more.
        let callee = std::mem::replace(&mut self.stack[at], Value(Repr::Unset));
        let result = self.call_callee(library, &callee, shape, awaits);
        if result.is_err()
            && let Some(place) = self.stack.get_mut(at)
        {
            // The instruction may have to run again.
            *place = callee;
        }
        result
    }

    fn call_callee(
        &mut self,
        library: &Library<'_>,
        callee: &Value,
        shape: &CallShape,
        awaits: bool,
    ) -> Result<Option<Control>, Error> {
        if let Some(definition) = callee.downcast_object_arc::<Macro>() {
            self.check_depth()?;
            let base = self.stack.len() - shape.values();
            let is_written = self.is_written(library);
            if shape.spread {
                let arguments = self.spread_arguments(None)?;
                self.enter_macro(library, definition, &arguments.borrow(), base, is_written)?;
            } else if shape.keywords.is_empty()
                && shape.positional as usize <= definition.info().parameters.len()
            {
                self.push_macro(library, definition, base, 1, is_written)?;
                self.fill_missing(definition, base, shape.positional as usize);
            } else {
                let arguments = self.arguments(shape).to_owned();
                self.enter_macro(library, definition, &arguments.borrow(), base, is_written)?;
            }
            return Ok(Some(Control::Switch));
        }
        let arguments = if shape.spread {
            self.spread_arguments(None)?
        } else {
            self.arguments(shape).to_owned()
        };
        let operands = Some(shape.values() + 1);
        if self.call_machine_object(library, callee, &arguments.borrow(), operands)? {
            return Ok(Some(Control::Switch));
        }
        let Some(object) = callee.as_object().filter(|object| object.is_callable()) else {
            return Err(self.not_callable(library, callee));
        };
        let name = object.type_name().to_owned();
        let called = object.call(
            &self.call_context(library, &name, awaits),
            &arguments.borrow(),
        );
        self.finish_call(library, shape.values() + 1, &name, awaits, called)
    }

    /// Whether the result of the running instruction is only written: then it need not become a value first.
    pub(super) fn is_written(&self, library: &Library<'_>) -> bool {
        matches!(self.next_instruction(library), Some(Instruction::EmitValue))
    }

    /// The instruction that the frame on top goes on with.
    pub(super) fn next_instruction<'h>(&self, library: &Library<'h>) -> Option<&'h Instruction> {
        let frame = self.frame();
        library
            .program(frame.program)
            .code
            .get(frame.address as usize)
    }

    /// Enters a loop or a block that is called as a value; false if it is neither. The top `operands`
    /// values belong to the call; none if a native function calls.
    fn call_machine_object(
        &mut self,
        library: &Library<'_>,
        callee: &Value,
        arguments: &Arguments<'_>,
        operands: Option<usize>,
    ) -> Result<bool, Error> {
        let is_written = operands.is_some() && self.is_written(library);
        let operands = operands.unwrap_or(0);
        if let Some(target) = callee.downcast_object::<LoopObject>() {
            let id = target.id;
            let Some(iterable) = arguments.get(0).filter(|_| arguments.len() == 1).cloned() else {
                return Err(MachineFault::LoopArguments {
                    found: arguments.len(),
                }
                .into_error());
            };
            let iterable = match iterable.is_pending() {
                true => settled(&self.render.budget, &iterable)?.clone(),
                false => iterable,
            };
            self.recurse_loop(library, id, iterable, operands, is_written)?;
            return Ok(true);
        }
        if let Some(Blocks::One {
            context,
            name,
            level,
        }) = callee.downcast_object::<Blocks>()
        {
            let (context, name, level) = (context.clone(), name.clone(), *level);
            self.check_depth()?;
            self.enter_block_value(library, &context, (&name, level), operands, is_written)?;
            return Ok(true);
        }
        Ok(false)
    }

    /// Calls a value on behalf of a native function.
    pub(super) fn call_owned(
        &mut self,
        library: &Library<'_>,
        callee: Value,
        arguments: OwnedArguments,
    ) -> Result<(), Error> {
        let arguments = arguments.borrow();
        if let Some(definition) = callee.downcast_object_arc::<Macro>() {
            let base = self.stack.len();
            return self.enter_macro_at(library, definition, &arguments, base, 0, false);
        }
        if self.call_machine_object(library, &callee, &arguments, None)? {
            return Ok(());
        }
        let Some(object) = callee.as_object().filter(|object| object.is_callable()) else {
            return Err(self.not_callable(library, &callee));
        };
        let name = object.type_name().to_owned();
        let flow = object.call(&self.call_context(library, &name, true), &arguments)?;
        match self.follow(library, &name, true, flow)? {
            Some(value) => self.deliver(library, value),
            None => Ok(()),
        }
    }

    fn not_callable(&self, library: &Library<'_>, callee: &Value) -> Error {
        if callee.is_pending() {
            return Pending::unawaited(callee);
        }
        match callee.as_undefined() {
            Some(undefined) => {
                let error = undefined.error();
                match undefined.variable() {
                    Some(name) => MachineFault::suggest_function(
                        error,
                        name,
                        library.host.registry.global_names(),
                    ),
                    None => error,
                }
            }
            None => MachineFault::NotCallable {
                found: callee.type_name().into(),
            }
            .into_error(),
        }
    }

    /// `receiver args -> v`
    pub(super) fn call_method(
        &mut self,
        library: &Library<'_>,
        program: &Program,
        shape: ShapeId,
        name: &Symbol,
    ) -> Result<Option<Control>, Error> {
        let shape = &program.shapes[shape.0 as usize];
        let awaits = program.auto_await;
        let at = self.stack.len() - shape.values() - 1;
        let mut receiver = self.stack[at].clone();
        if receiver.is_pending() {
            receiver = settled(&self.render.budget, &receiver)?.clone();
            self.stack[at] = receiver.clone();
        }
        if let Some(method) = library.host.registry.method(&receiver, name) {
            let context = self.call_context(library, name, awaits);
            let called = if shape.spread {
                method.call_on(&receiver, &context, &self.spread_arguments(None)?.borrow())
            } else {
                method.call_on(&receiver, &context, &self.arguments(shape))
            };
            return self.finish_call(library, shape.values() + 1, name, awaits, called);
        }
        let attribute = access::find_attribute(&self.render.budget, &receiver, name)?;
        if let Some(attribute) = attribute {
            self.stack[at] = attribute;
            let result = self.call_value(library, shape, awaits);
            if result.is_err() {
                // The instruction may have to run again.
                self.stack[at] = receiver;
            }
            return result;
        }
        let Some(object) = receiver.as_object() else {
            return Err(self.no_method(program, &receiver, name));
        };
        let context = self.call_context(library, name, awaits);
        let called = if shape.spread {
            object.call_method(&context, name, &self.spread_arguments(None)?.borrow())
        } else {
            object.call_method(&context, name, &self.arguments(shape))
        };
        self.finish_call(library, shape.values() + 1, name, awaits, called)
    }

    fn no_method(&self, program: &Program, receiver: &Value, name: &Symbol) -> Error {
        match receiver.as_undefined() {
            Some(undefined) => undefined.error(),
            None => Undefined::attribute(receiver, name.text().clone(), program.undefined_policy)
                .error(),
        }
    }

    /// What becomes of the text of something that was called as a value.
    ///
    /// Whether it is markup is decided where the call stands, where it is then written as it is.
    pub(super) fn returns(&self, called: Called, is_written: bool) -> Returns {
        match is_written {
            true => Returns::Nothing(called),
            false => Returns::Text {
                safe: self.frame().auto_escape,
                called,
            },
        }
    }

    /// Opens an activation whose output becomes a value, or is written and nothing else.
    #[inline(always)]
    pub(super) fn push_captured(
        &mut self,
        program: &Program,
        frame: CodeFrame,
    ) -> Result<(), Error> {
        let is_written = matches!(frame.returns, Returns::Nothing(_));
        self.push_unit(program, frame)?;
        if !is_written {
            self.output.put_aside();
        } else if let Some(caller) = self.callers.last_mut() {
            // The instruction that would write it has nothing left to do.
            caller.address += 1;
        }
        Ok(())
    }

    /// How deep the loop about to start is in the rounds of its recursive loop.
    pub(super) fn recursion_depth(&self) -> usize {
        let frame = self.frame();
        match frame.recursion {
            // Only the first loop of the unit is the recursive one.
            Some(rounds) if self.loops.len() == frame.loops as usize => rounds.get() as usize - 1,
            _ => 0,
        }
    }

    /// `v ->`, into the unit of a recursive loop.
    pub(super) fn enter_recursive_loop(
        &mut self,
        library: &Library<'_>,
        unit: u32,
    ) -> Result<Option<Control>, Error> {
        self.check_depth()?;
        let iterable = self.pop();
        let mut frame = CodeFrame {
            returns: Returns::Nothing(Called::Loop),
            recursion: Some(NonZeroU32::MIN),
            ..self.frame().clone()
        };
        let program = self.round(library, &mut frame, unit, 0);
        self.push_unit(program, frame)?;
        self.stack.push(iterable);
        Ok(Some(Control::Switch))
    }

    /// Runs a recursive loop once more, as a value.
    fn recurse_loop(
        &mut self,
        library: &Library<'_>,
        id: u64,
        iterable: Value,
        operands: usize,
        is_written: bool,
    ) -> Result<(), Error> {
        let Some((depth, Some(unit))) = self
            .loops
            .iter()
            .find(|state| state.id == id)
            .map(|state| (state.depth, state.recursive))
        else {
            return Err(MachineFault::LoopNotRecursive.into_error());
        };
        let is_owner = |frame: &&CodeFrame| {
            let first = self.loops.get(frame.loops as usize);
            frame.unit == unit && first.is_some_and(|state| state.id == id)
        };
        let Some(owner) = self.frames().find(is_owner).cloned() else {
            return Err(MachineFault::LoopNotRecursive.into_error());
        };
        self.check_depth()?;
        let cells = match owner.unit(library.program(owner.program)).cells {
            0 => owner.cells.clone(),
            _ => owner.cells.as_ref().and_then(|own| own.around().cloned()),
        };
        let mut frame = CodeFrame {
            returns: self.returns(Called::Loop, is_written),
            recursion: Some(NonZeroU32::MIN.saturating_add(depth + 1)),
            // Cells of the unit are made anew, on those around it.
            cells,
            ..owner
        };
        let program = self.round(library, &mut frame, unit, operands);
        self.push_captured(program, frame)?;
        self.stack.push(iterable);
        Ok(())
    }

    /// Makes of a frame an activation of a recursive loop's unit, with a copy of the frame's slots.
    fn round<'h>(
        &mut self,
        library: &Library<'h>,
        frame: &mut CodeFrame,
        unit: u32,
        operands: usize,
    ) -> &'h Program {
        let program = library.program(frame.program);
        let source = frame.base();
        frame.unit = unit;
        let slots = frame.unit(program).slots as usize;
        frame.operands = operands as u32;
        frame.place(self.stack.len(), self.stack.len());
        frame.scopes = self.scopes.len() as u32;
        for slot in source..source + slots {
            let value = self.stack[slot].clone();
            self.stack.push(value);
        }
        program
    }
}

/// What a native function sees of a render, in a template's scope that escapes or does not.
#[inline(always)]
fn call_context<'a>(
    library: &Library<'a>,
    program: &'a Program,
    budget: &'a Budget,
    (scope, auto_escape): (&'a Scope, bool),
    name: &'a str,
    awaits: bool,
) -> CallContext<'a> {
    budget.shorten_slice(CALL);
    CallContext::new(ContextParts {
        budget,
        registry: library.host.registry,
        extensions: library.host.extensions,
        host_context: scope.host_context(),
        auto_escape,
        policy: program.undefined_policy,
        newline: program.newline,
        awaits,
        futures_are_awaited: awaits,
        name,
        template: &program.origin.name,
    })
}

/// The arguments on top of the stack, with the value below them as the first.
fn with_receiver<'a>(stack: &'a [Value], shape: &'a CallShape) -> Arguments<'a> {
    let values = stack.len() - shape.keywords.len();
    let start = values - shape.positional as usize - 1;
    Arguments::new(&stack[start..values], &shape.keywords, &stack[values..])
}
