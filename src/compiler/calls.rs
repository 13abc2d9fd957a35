//! Chains: attributes, items, calls, filters and tests, in the order applied.

use arcstr::ArcStr;

use crate::bytecode::{CallSite, Instruction, ShapeId};
use crate::compiler::emitter::Mark;
use crate::compiler::scope::Place;
use crate::compiler::symbols::Located;
use crate::compiler::{Compiler, pools};
use crate::error::CompileFault;
use crate::source::Span;
use crate::syntax::ast::{Argument, ExprId, ExprKind, FilterCall, Name, Step, StepKind};

impl<'src> Compiler<'_, 'src> {
    /// Compiles a chain; `caller` is what a `call` block passes to the last call.
    pub(super) fn chain(
        &mut self,
        base: ExprId,
        steps: &[Step<'src>],
        caller: &[(ArcStr, u32)],
    ) -> Located<()> {
        let start = self.tree.expr(base).span;
        let mut steps = self.chain_base(base, steps)?;
        // Where `?.` goes if there is nothing to go on with: past all but filters and tests.
        let mut nothing: Option<Mark> = None;
        while let [step, rest @ ..] = steps {
            steps = rest;
            if let StepKind::Filter { .. } | StepKind::Test { .. } = step.kind {
                nothing.take().into_iter().for_each(|mark| self.bind(mark));
            }
            match &step.kind {
                StepKind::Attribute { name, optional } => {
                    if *optional {
                        self.skip_if_nullish(&mut nothing, step.span);
                    }
                    if let Some((call, after)) = rest.split_first()
                        && let StepKind::Call(arguments) = call.kind
                    {
                        let arguments = &self.tree[arguments];
                        steps = after;
                        let caller = if after.is_empty() { caller } else { &[] };
                        let span = step.span.to(call.span);
                        if *optional {
                            self.optional_method(*name, arguments, caller, span, &mut nothing)?;
                        } else {
                            let shape = self.arguments(arguments, caller, span)?;
                            let id = self.pools.name(name.text);
                            self.emit(Instruction::CallMethod(shape, id), span);
                        }
                        continue;
                    }
                    let id = self.pools.name(name.text);
                    let instruction = if *optional {
                        Instruction::GetAttributeOrNone(id)
                    } else {
                        Instruction::GetAttribute(id)
                    };
                    self.emit(instruction, step.span);
                }
                StepKind::Item { index, optional } => {
                    if *optional {
                        self.skip_if_nullish(&mut nothing, step.span);
                    }
                    self.expression(*index)?;
                    let instruction = if *optional {
                        Instruction::GetItemOrNone
                    } else {
                        Instruction::GetItem
                    };
                    self.emit(instruction, step.span);
                }
                StepKind::Slice {
                    start,
                    stop,
                    step: by,
                    optional,
                } => {
                    if *optional {
                        self.skip_if_nullish(&mut nothing, step.span);
                    }
                    for part in [start, stop, by] {
                        match part {
                            Some(part) => self.expression(*part)?,
                            None => self.emit(Instruction::LoadNone, step.span),
                        }
                    }
                    self.emit(Instruction::GetSlice, step.span);
                }
                StepKind::Call(arguments) => {
                    let span = start.to(step.span);
                    let caller = if rest.is_empty() { caller } else { &[] };
                    let shape = self.arguments(&self.tree[*arguments], caller, span)?;
                    self.emit(Instruction::CallFunction(shape), span);
                }
                StepKind::Filter { filter, optional } => {
                    let past = self.mark();
                    if *optional {
                        self.jump(Instruction::JumpIfNullish, past, step.span);
                    }
                    self.filter_call(filter, step.span)?;
                    self.bind(past);
                }
                StepKind::Test {
                    name,
                    arguments,
                    negated,
                } => {
                    self.test(*name, &self.tree[*arguments], step.span)?;
                    if *negated {
                        self.emit(Instruction::Not, step.span);
                    }
                }
            }
        }
        nothing.into_iter().for_each(|mark| self.bind(mark));
        Ok(())
    }

    /// Loads what a chain starts with, together with the steps that belong to it.
    fn chain_base<'a>(
        &mut self,
        base: ExprId,
        steps: &'a [Step<'src>],
    ) -> Located<&'a [Step<'src>]> {
        let tree = self.tree;
        let expression = tree.expr(base);
        let ExprKind::Name(name) = &expression.kind else {
            self.expression(base)?;
            return Ok(steps);
        };
        let place = self.place(name, expression.span)?;
        match (place, steps) {
            (Place::Loop(statement), _) => self.loop_access(statement, expression.span, steps),
            (Place::Super, [call, rest @ ..]) if matches!(&call.kind, StepKind::Call(arguments) if arguments.is_empty()) =>
            {
                self.emit(Instruction::CallSuper, expression.span.to(call.span));
                Ok(rest)
            }
            _ => {
                self.load_place(place, name, expression.span)?;
                Ok(steps)
            }
        }
    }

    /// Ends the steps up to the next filter with none if there is nothing to apply them to.
    fn skip_if_nullish(&mut self, nothing: &mut Option<Mark>, span: Span) {
        let mark = *nothing.get_or_insert_with(|| self.now.emitter.mark());
        self.jump(Instruction::JumpIfNullish, mark, span);
    }

    /// `?.name(…)`: a mapping without that key has nothing to call either.
    fn optional_method(
        &mut self,
        name: Name<'src>,
        arguments: &[Argument<'src>],
        caller: &[(ArcStr, u32)],
        span: Span,
        nothing: &mut Option<Mark>,
    ) -> Located<()> {
        let id = self.pools.name(name.text);
        self.emit(Instruction::GetAttributeOrNone(id), span);
        self.skip_if_nullish(nothing, span);
        let shape = self.arguments(arguments, caller, span)?;
        self.emit(Instruction::CallFunction(shape), span);
        Ok(())
    }

    /// Applies a filter to the value on the stack.
    pub(super) fn filter_call(&mut self, filter: &FilterCall<'src>, span: Span) -> Located<()> {
        let name = filter.name;
        let function = self.registry.filter(name.text).cloned();
        if function.is_none() && self.now.branches == 0 {
            let known = self.registry.filter_names();
            return Err((CompileFault::unknown_filter(name.text, known), name.span));
        }
        let shape = self.arguments(&self.tree[filter.arguments], &[], span)?;
        let site = self.call_site(name, function, shape);
        if filter.awaited {
            let construct = format!("| await {}", name.text);
            self.note_wait(construct, span);
            self.emit(Instruction::AwaitFilter(site), span);
        } else {
            self.emit(Instruction::CallFilter(site), span);
        }
        Ok(())
    }

    fn test(&mut self, name: Name<'src>, arguments: &[Argument<'src>], span: Span) -> Located<()> {
        let function = self.registry.test(name.text).cloned();
        if function.is_none() && self.now.branches == 0 {
            let known = self.registry.test_names();
            return Err((CompileFault::unknown_test(name.text, known), name.span));
        }
        let shape = self.arguments(arguments, &[], span)?;
        let site = self.call_site(name, function, shape);
        self.emit(Instruction::PerformTest(site), span);
        Ok(())
    }

    pub(super) fn call_site(
        &mut self,
        name: Name<'src>,
        function: Option<std::sync::Arc<dyn crate::call::Function>>,
        shape: ShapeId,
    ) -> u32 {
        let writes = function.as_ref().is_some_and(|function| function.writes());
        let id = self.pools.name(name.text);
        let site = CallSite {
            name: self.pools.names[id.0 as usize].text().clone(),
            function,
            shape,
            writes: writes && !self.pools.shapes[shape.0 as usize].spread,
        };
        pools::add(&mut self.pools.call_sites, site)
    }
}
