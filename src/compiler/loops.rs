//! `for`, `while`, `break`, `continue`, and comprehensions.

use crate::bytecode::{Instruction, LoopField, LoopInfo};
use crate::compiler::Compiler;
use crate::compiler::activation::{OpenLoop, Opened};
use crate::compiler::emitter::Mark;
use crate::compiler::pools;
use crate::compiler::scope::Part;
use crate::compiler::symbols::Located;
use crate::error::CompileFault;
use crate::source::Span;
use crate::syntax::Id;
use crate::syntax::ast::{
    Argument, AssignScope, Body, Comprehension, ExprId, For, Step, StepKind, StmtId, Target, Tree,
};

/// What the body of a loop asks of `loop`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LoopUse {
    lookahead: bool,
    sized: bool,
    remembers: bool,
    /// `loop` is passed on as a value, so that anything may be asked of it.
    escapes: bool,
}

/// How `loop` is used at one place.
#[derive(Debug)]
pub(super) enum LoopAccess<'a, 'src> {
    /// `loop.index`, and the number of steps that is.
    Field(LoopField),
    /// `loop.cycle(…)`
    Cycle(&'a [Argument<'src>]),
    /// `loop.changed(…)`
    Changed(&'a [Argument<'src>]),
    /// `loop(…)`
    Recursion,
    /// Anything else: as a value.
    Value,
    /// Shown to another template by its name, or read by a macro in the body.
    Shown,
}

impl<'a, 'src> LoopAccess<'a, 'src> {
    /// What the first steps after `loop` ask.
    pub(super) fn of(tree: &'a Tree<'src>, steps: &[Step<'src>]) -> Self {
        let plain = |arguments: &[Argument<'src>]| {
            let mut arguments = arguments.iter();
            arguments.all(|argument| matches!(argument, Argument::Positional(_)))
        };
        match steps {
            [first, rest @ ..] => match (first.kind, rest.first().map(|step| step.kind)) {
                (StepKind::Call(_), _) => LoopAccess::Recursion,
                (
                    StepKind::Attribute {
                        name,
                        optional: false,
                    },
                    next,
                ) => match (name.text, next) {
                    ("cycle", Some(StepKind::Call(arguments))) if plain(&tree[arguments]) => {
                        LoopAccess::Cycle(&tree[arguments])
                    }
                    ("changed", Some(StepKind::Call(arguments))) if plain(&tree[arguments]) => {
                        LoopAccess::Changed(&tree[arguments])
                    }
                    (name, _) => field(name).map_or(LoopAccess::Value, LoopAccess::Field),
                },
                _ => LoopAccess::Value,
            },
            [] => LoopAccess::Value,
        }
    }

    /// How many steps it takes up.
    pub(super) fn steps(&self) -> usize {
        match self {
            LoopAccess::Field(_) => 1,
            LoopAccess::Cycle(_) | LoopAccess::Changed(_) => 2,
            LoopAccess::Recursion | LoopAccess::Value | LoopAccess::Shown => 0,
        }
    }
}

fn field(name: &str) -> Option<LoopField> {
    Some(match name {
        "index" => LoopField::Index,
        "index0" => LoopField::Index0,
        "revindex" => LoopField::RevIndex,
        "revindex0" => LoopField::RevIndex0,
        "first" => LoopField::First,
        "last" => LoopField::Last,
        "length" => LoopField::Length,
        "depth" => LoopField::Depth,
        "depth0" => LoopField::Depth0,
        "previtem" => LoopField::PreviousItem,
        "nextitem" => LoopField::NextItem,
        _ => return None,
    })
}

impl LoopUse {
    /// Notes one more use.
    pub(super) fn add(&mut self, access: &LoopAccess<'_, '_>) {
        match access {
            LoopAccess::Field(LoopField::Last | LoopField::NextItem) => self.lookahead = true,
            LoopAccess::Field(LoopField::Length | LoopField::RevIndex | LoopField::RevIndex0) => {
                self.sized = true
            }
            LoopAccess::Field(LoopField::PreviousItem)
            | LoopAccess::Recursion
            | LoopAccess::Shown => self.remembers = true,
            LoopAccess::Field(_) | LoopAccess::Cycle(_) | LoopAccess::Changed(_) => {}
            LoopAccess::Value => {
                self.lookahead = true;
                self.remembers = true;
                self.escapes = true;
            }
        }
    }
}

/// A loop over what is on the stack, and how its items are taken.
struct Header<'src> {
    statement: StmtId,
    target: Id<Target<'src>>,
    condition: Option<ExprId>,
    usage: LoopUse,
    span: Span,
}

impl<'src> Compiler<'_, 'src> {
    pub(super) fn for_statement(&mut self, id: StmtId, inner: &For<'src>) -> Located<()> {
        let span = self.now.span;
        if inner.is_async {
            self.note_wait("async for".into(), span);
        }
        self.expression(inner.iterable)?;
        if !inner.recursive {
            return self.for_code(id, inner, None, span);
        }
        let unit = self.scopes.unit_of[&id];
        self.emit(
            Instruction::EnterRecursiveLoop(unit.0),
            self.tree.expr(inner.iterable).span,
        );
        let guards_output = self.now.guards_output;
        let branches = self.now.branches;
        let outer = self.begin_unit(unit, self.now.scope, 1);
        self.now.guards_output = guards_output;
        self.now.branches = branches;
        self.now.span = span;
        self.for_code(id, inner, Some(unit.0), span)?;
        self.end_unit("loop")?;
        self.now = outer;
        Ok(())
    }

    /// The loop itself; its iterable is on the stack.
    fn for_code(
        &mut self,
        id: StmtId,
        inner: &For<'src>,
        recursive: Option<u32>,
        span: Span,
    ) -> Located<()> {
        let usage = self.scopes.loops[&id];
        let scope = self.now.scope;
        let mut header = Header {
            statement: id,
            target: inner.target,
            condition: inner.condition,
            usage,
            span,
        };
        let mut is_async = inner.is_async;
        // Of a stream, an escaping `loop` does not know the length: reading it all might never end.
        let counts = usage.sized || (usage.escapes && !inner.is_async);
        if header.condition.is_some() && counts {
            self.collect_accepted(&header, inner)?;
            header.condition = None;
            is_async = false;
        }
        let info = LoopInfo {
            is_async,
            filtered: header.condition.is_some(),
            lookahead: usage.lookahead,
            sized: usage.sized,
            remembers: usage.remembers,
            recursive,
        };
        let info = pools::add(&mut self.pools.loops, info);
        let iterable = self.tree.expr(inner.iterable).span;
        self.emit(Instruction::EnterLoop(info), iterable);
        if let Some(limit) = inner.concurrent {
            self.expression(limit)?;
            self.emit(Instruction::EnterParallel, self.tree.expr(limit).span);
        }
        let (again, done) = (self.mark(), self.mark());
        self.now.loops.push(OpenLoop {
            statement: Some(id),
            counted: true,
            concurrent: false,
            exits: Some((again, done)),
            opened: self.now.opened.len(),
        });
        let has_else = inner.otherwise.is_some();
        self.rounds(&header, inner, again, done)?;
        self.now.loops.pop();
        if inner.concurrent.is_some() {
            self.emit(Instruction::ExitParallel, span);
        }
        let after = self.mark();
        if has_else {
            self.jump(Instruction::ExitLoopElse, after, span);
        } else {
            self.emit(Instruction::ExitLoop, span);
        }
        if let Some(body) = inner.otherwise {
            self.enter_scope(self.scopes.of(id, Part::Otherwise))?;
            self.body(body)?;
            self.leave_scope(self.now.scope);
        }
        self.bind(after);
        self.now.scope = scope;
        self.now.span = span;
        self.leave_scope(self.scopes.of(id, Part::Body));
        Ok(())
    }

    /// Takes items and runs the body for each, up to where the loop is left.
    fn rounds(
        &mut self,
        header: &Header<'src>,
        inner: &For<'src>,
        again: Mark,
        done: Mark,
    ) -> Located<()> {
        let span = header.span;
        let next = self.here();
        let Some(condition) = header.condition else {
            self.jump(Instruction::NextItem, done, span);
            self.loop_body(header, inner)?;
            self.bind(again);
            self.jump(Instruction::JumpBack, next, span);
            self.bind(done);
            return Ok(());
        };
        let reject = self.mark();
        if !header.usage.lookahead {
            self.jump(Instruction::NextItem, done, span);
            self.test_item(header, condition, reject)?;
            self.emit(Instruction::Duplicate, span);
            self.emit(Instruction::AcceptItem, span);
            self.loop_body(header, inner)?;
            self.bind(again);
            self.jump(Instruction::JumpBack, next, span);
            self.bind(reject);
            self.emit(Instruction::Discard, span);
            self.jump(Instruction::JumpBack, next, span);
            self.bind(done);
            return Ok(());
        }
        // The body always runs for the item before the one that just passed, and at the end once more.
        let drain = self.mark();
        self.jump(Instruction::NextItem, drain, span);
        self.test_item(header, condition, reject)?;
        self.jump(Instruction::HoldItem, again, span);
        let body = self.here();
        self.loop_body(header, inner)?;
        self.bind(again);
        self.jump(Instruction::JumpBack, next, span);
        self.bind(reject);
        self.emit(Instruction::Discard, span);
        self.jump(Instruction::JumpBack, next, span);
        self.bind(drain);
        self.jump(Instruction::ReleaseItem, done, span);
        self.jump(Instruction::JumpBack, body, span);
        self.bind(done);
        Ok(())
    }

    /// Assigns a copy of the item and goes to `reject`, with the item, unless it passes.
    fn test_item(&mut self, header: &Header<'src>, condition: ExprId, reject: Mark) -> Located<()> {
        let scope = self.now.scope;
        self.now.scope = self.scopes.of(header.statement, Part::Condition);
        self.emit(Instruction::Duplicate, header.span);
        self.store_target(header.target, AssignScope::Local)?;
        self.jump_if_false(condition, reject)?;
        self.now.scope = scope;
        Ok(())
    }

    /// Replaces the iterable on the stack by a list of the items that pass.
    fn collect_accepted(&mut self, header: &Header<'src>, inner: &For<'src>) -> Located<()> {
        let span = header.span;
        let Some(condition) = header.condition else {
            return Ok(());
        };
        self.emit(Instruction::MakeList(0), span);
        self.emit(Instruction::Swap, span);
        let iterable = self.tree.expr(inner.iterable).span;
        self.begin_collecting(inner.is_async, iterable);
        let (next, reject, done) = (self.here(), self.mark(), self.mark());
        self.jump(Instruction::NextItem, done, span);
        self.test_item(header, condition, reject)?;
        self.emit(Instruction::AppendList, span);
        self.jump(Instruction::JumpBack, next, span);
        self.bind(reject);
        self.emit(Instruction::Discard, span);
        self.jump(Instruction::JumpBack, next, span);
        self.bind(done);
        self.emit(Instruction::ExitLoop, span);
        self.now.loops.pop();
        Ok(())
    }

    /// Enters a loop without `loop`, over what is on the stack.
    fn begin_collecting(&mut self, is_async: bool, span: Span) {
        let info = LoopInfo {
            is_async,
            ..LoopInfo::default()
        };
        let info = pools::add(&mut self.pools.loops, info);
        self.emit(Instruction::EnterLoop(info), span);
        self.now.loops.push(OpenLoop {
            statement: None,
            counted: true,
            concurrent: false,
            exits: None,
            opened: self.now.opened.len(),
        });
    }

    /// Runs the body for the item on the stack.
    fn loop_body(&mut self, header: &Header<'src>, inner: &For<'src>) -> Located<()> {
        let outer = self.now.scope;
        let scope = self.scopes.of(header.statement, Part::Body);
        self.now.scope = scope;
        self.store_target(header.target, AssignScope::Local)?;
        if inner.concurrent.is_some() {
            let mut body = self.tree[inner.body].iter();
            let recurs = body.any(|id| self.effects(*id).recurs);
            self.round(
                recurs,
                |compiler| {
                    compiler.enter_scope(scope)?;
                    compiler.body(inner.body)
                },
                header.span,
            )?;
        } else {
            self.enter_scope(scope)?;
            self.body(inner.body)?;
        }
        if inner.otherwise.is_some() {
            self.emit(Instruction::CompleteRound, header.span);
        }
        self.now.scope = outer;
        self.now.span = header.span;
        Ok(())
    }

    pub(super) fn while_statement(&mut self, condition: ExprId, body: Body) -> Located<()> {
        let span = self.now.span;
        let (again, done) = (self.here(), self.mark());
        self.jump_if_false(condition, done)?;
        // `continue` goes forward to the jump back: one place charges for the round.
        let next = self.mark();
        self.now.loops.push(OpenLoop {
            statement: None,
            counted: false,
            concurrent: false,
            exits: Some((next, done)),
            opened: self.now.opened.len(),
        });
        self.branch(|compiler| compiler.body(body))?;
        self.now.loops.pop();
        self.bind(next);
        self.jump(Instruction::JumpBack, again, span);
        self.bind(done);
        Ok(())
    }

    /// `break`, or `continue`.
    pub(super) fn leave_round(&mut self, breaks: bool) -> Located<()> {
        let span = self.now.span;
        let word = if breaks { "break" } else { "continue" };
        let loops = self.now.loops.iter().enumerate().rev();
        let mut bodies = loops.filter_map(|(index, open)| Some((index, open, open.exits?)));
        let (index, open, (again, done)) = bodies
            .next()
            .expect("the parser refuses `break` and `continue` outside of loops");
        if index < self.now.barrier || breaks && open.concurrent {
            return Err((CompileFault::LeavesBranch(word), span));
        }
        let (opened, mark) = (open.opened, if breaks { done } else { again });
        for index in (opened..self.now.opened.len()).rev() {
            match self.now.opened[index] {
                Opened::Capture => {
                    self.emit(Instruction::EndCapture, span);
                    self.emit(Instruction::Discard, span);
                }
                Opened::AutoEscape => self.emit(Instruction::ExitAutoEscape, span),
                // Leaving is not failing: what was written stays.
                Opened::Try => self.emit(Instruction::ExitTry, span),
            }
        }
        self.jump(Instruction::Jump, mark, span);
        Ok(())
    }

    pub(super) fn comprehension(&mut self, id: ExprId, inner: &Comprehension<'src>) -> Located<()> {
        let span = self.tree.expr(id).span;
        if inner.is_async {
            self.note_wait("async for".into(), span);
        }
        self.emit(Instruction::MakeList(0), span);
        self.expression(inner.iterable)?;
        self.begin_collecting(inner.is_async, self.tree.expr(inner.iterable).span);
        let outer = self.now.scope;
        let (next, again, done) = (self.here(), self.mark(), self.mark());
        self.jump(Instruction::NextItem, done, span);
        self.now.scope = self.scopes.by_comprehension[&id];
        self.store_target(inner.target, AssignScope::Local)?;
        if let Some(condition) = inner.condition {
            self.jump_if_false(condition, again)?;
        }
        self.expression(inner.element)?;
        self.emit(Instruction::AppendList, span);
        self.bind(again);
        self.jump(Instruction::JumpBack, next, span);
        self.bind(done);
        self.emit(Instruction::ExitLoop, span);
        self.now.scope = outer;
        self.now.loops.pop();
        Ok(())
    }

    /// `loop` with what is asked of it first; the rest of the steps follow. None if it is not the loop of
    /// this unit.
    pub(super) fn loop_access<'a>(
        &mut self,
        statement: StmtId,
        base: Span,
        steps: &'a [Step<'src>],
    ) -> Located<&'a [Step<'src>]> {
        let access = LoopAccess::of(self.tree, steps);
        let (used, rest) = steps.split_at(access.steps());
        let span = used.last().map_or(base, |step| base.to(step.span));
        let mut loops = self.now.loops.iter();
        let is_beside = loops.any(|open| open.statement == Some(statement) && open.concurrent);
        if is_beside && let LoopAccess::Changed(_) = access {
            return Err((CompileFault::ChangedConcurrent, span));
        }
        match access {
            LoopAccess::Field(field) => self.load_loop_field(statement, field, span)?,
            LoopAccess::Cycle(arguments) | LoopAccess::Changed(arguments) => {
                for argument in arguments {
                    if let Argument::Positional(value) = argument {
                        self.expression(*value)?;
                    }
                }
                let level = self.loop_level(statement, span)?;
                let count = self.small(arguments.len(), "arguments", span)?;
                let instruction = match access {
                    LoopAccess::Cycle(_) => Instruction::CycleLoop(level, count),
                    _ => Instruction::ChangedLoop(level, count),
                };
                self.emit(instruction, span);
            }
            LoopAccess::Recursion | LoopAccess::Value | LoopAccess::Shown => {
                let level = self.loop_level(statement, base)?;
                self.emit(Instruction::LoadLoop(level), base);
            }
        }
        Ok(rest)
    }
}
