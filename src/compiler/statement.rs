//! Statements, but for those with a file of their own.

use std::sync::Arc;

use crate::bytecode::{Instruction, UnitKind};
use crate::call::Function;
use crate::compiler::activation::Opened;
use crate::compiler::scope::{Part, Place};
use crate::compiler::symbols::Located;
use crate::compiler::{Compiler, Extended};
use crate::error::CompileFault;
use crate::source::Span;
use crate::syntax::Id;
use crate::syntax::ast::{
    AssignScope, Binding, Body, ExprId, ExprKind, FilterCall, IfArm, Name, StmtId, StmtKind, Target,
};
use crate::value::Value;

impl<'src> Compiler<'_, 'src> {
    pub(super) fn body(&mut self, body: Body) -> Located<()> {
        self.tree[body]
            .iter()
            .try_for_each(|statement| self.statement(*statement))
    }

    /// Compiles what may be skipped when the template runs.
    pub(super) fn branch(&mut self, compile: impl FnOnce(&mut Self) -> Located<()>) -> Located<()> {
        self.now.branches += 1;
        let result = compile(self);
        self.now.branches -= 1;
        result
    }

    pub(super) fn statement(&mut self, id: StmtId) -> Located<()> {
        let tree = self.tree;
        let statement = tree.stmt(id);
        self.now.span = statement.span;
        match &statement.kind {
            StmtKind::Text(text) => {
                let text = tree.text(*text);
                self.output(|compiler| {
                    compiler.now.emitter.emit_text(text, statement.span);
                    Ok(())
                })
            }
            StmtKind::Output(value) => self.output(|compiler| compiler.emit_output(*value)),
            StmtKind::Print(values) => self.output(|compiler| {
                let mut values = tree[*values].iter();
                values.try_for_each(|value| compiler.emit_output(*value))
            }),
            StmtKind::If {
                arms,
                otherwise,
                negated,
            } => self.if_statement(&tree[*arms], *otherwise, *negated),
            StmtKind::For(inner) => self.for_statement(id, &tree[*inner]),
            StmtKind::While { condition, body } => self.while_statement(*condition, *body),
            StmtKind::Match { subject, cases } => self.match_statement(id, *subject, &tree[*cases]),
            StmtKind::Break => self.leave_round(true),
            StmtKind::Continue => self.leave_round(false),
            StmtKind::Assign {
                target,
                value,
                scope,
                only_if_nullish,
            } => {
                if *only_if_nullish {
                    self.assign_if_nullish(*target, *value, *scope)
                } else {
                    self.expression(*value)?;
                    self.assign(*target, *scope)
                }
            }
            StmtKind::AssignBlock {
                target,
                filters,
                body,
                scope,
            } => self.assign_block(id, *target, &tree[*filters], *body, *scope),
            StmtKind::With { bindings, body } => self.with_statement(id, &tree[*bindings], *body),
            StmtKind::Macro {
                name,
                parameters,
                body,
            } => {
                let name = tree[*name];
                let definition = self.macro_unit(id, name.text, &tree[*parameters], *body)?;
                self.emit(Instruction::MakeMacro(definition), name.span);
                self.store_name(name);
                self.export_name(name, false);
                Ok(())
            }
            StmtKind::CallBlock {
                parameters,
                call,
                body,
            } => self.call_block(id, &tree[*parameters], *call, *body),
            StmtKind::FilterBlock { filters, body } => {
                self.filter_block(id, &tree[*filters], *body)
            }
            StmtKind::Spaceless(body) => {
                self.capture(|compiler| compiler.body(*body))?;
                self.emit(Instruction::StripSpaces, statement.span);
                self.emit(Instruction::EmitValue, statement.span);
                Ok(())
            }
            StmtKind::Parallel { limit, body } => self.parallel_statement(*limit, *body),
            StmtKind::AutoEscape { enabled, body } => self.auto_escape(id, *enabled, *body),
            StmtKind::Try(inner) => self.try_statement(id, &tree[*inner]),
            StmtKind::Defer(inner) => self.deferred_output(id, &tree[*inner]),
            StmtKind::Cache { key, ttl, body } => self.cache_statement(id, *key, *ttl, *body),
            StmtKind::Do(value) => {
                self.expression(*value)?;
                let span = tree.expr(*value).span;
                if self.options.auto_await {
                    self.emit(Instruction::Await, span);
                }
                self.emit(Instruction::Discard, span);
                Ok(())
            }
            StmtKind::Block { name, .. } => self.block_statement(id, tree[*name]),
            StmtKind::Extends(parent) => self.extends(*parent),
            StmtKind::Include {
                template,
                ignore_missing,
                with_context,
            } => self.include(*template, *ignore_missing, *with_context),
            StmtKind::Import {
                template,
                alias,
                with_context,
            } => {
                self.import(*template, *with_context)?;
                self.store_name(tree[*alias]);
                self.export_name(tree[*alias], true);
                Ok(())
            }
            StmtKind::FromImport {
                template,
                names,
                with_context,
            } => {
                self.import(*template, *with_context)?;
                for (export, alias) in &tree[*names] {
                    let id = self.pools.name(export.text);
                    self.emit(Instruction::LoadExport(id), export.span);
                    self.store_name(*alias);
                    self.export_name(*alias, true);
                }
                self.emit(Instruction::Discard, statement.span);
                Ok(())
            }
            StmtKind::Own(tag) => self.own_tag(&tree[*tag]),
            StmtKind::OwnPart(body) => self.body(*body),
            StmtKind::Trans(translation) => self.trans(&tree[*translation]),
            StmtKind::Flush => {
                self.emit(Instruction::Flush, statement.span);
                Ok(())
            }
        }
    }

    /// Compiles output, unless it is known that the template extends another by here.
    pub(super) fn output(&mut self, compile: impl FnOnce(&mut Self) -> Located<()>) -> Located<()> {
        if !self.now.guards_output {
            return compile(self);
        }
        match self.extended {
            Extended::No => compile(self),
            Extended::Yes => Ok(()),
            Extended::Maybe => {
                let skip = self.mark();
                self.jump(Instruction::JumpIfExtended, skip, self.now.span);
                compile(self)?;
                self.bind(skip);
                Ok(())
            }
        }
    }

    /// Writes a value; a constant becomes text where it is known how it is escaped.
    fn emit_output(&mut self, value: ExprId) -> Located<()> {
        let tree = self.tree;
        let expression = tree.expr(value);
        let span = expression.span;
        if let Some(finalize) = self.registry.finalize() {
            let finalize = Arc::clone(finalize);
            // As in Jinja2, a constant is escaped first where it is known that it will be.
            let known = self.now.escape.filter(|escape| *escape);
            match known.and_then(|escape| self.folded.text(tree, value, escape)) {
                Some(text) => {
                    let constant = self.pools.constant(None, Value::safe(text));
                    self.emit(Instruction::LoadConst(constant), span);
                }
                None => self.expression(value)?,
            }
            return self.finalize(finalize, span);
        }
        if let Some(escape) = self.now.escape
            && let Some(text) = self.folded.text(tree, value, escape)
        {
            self.now.emitter.emit_text(&text, span);
            return Ok(());
        }
        if let ExprKind::Name(name) = &expression.kind {
            let instruction = match self.place(name, span)? {
                Place::Slot(slot) => Some(Instruction::EmitLocal(slot, self.pools.name(name))),
                Place::ContextSlot(slot) => {
                    Some(Instruction::EmitRoot(slot, self.pools.context_name(name)))
                }
                _ => None,
            };
            if let Some(instruction) = instruction {
                self.emit(instruction, span);
                return Ok(());
            }
        }
        self.expression(value)?;
        self.emit(Instruction::EmitValue, span);
        Ok(())
    }

    /// Writes the value on the stack as the host's function gives it.
    fn finalize(&mut self, function: Arc<dyn Function>, span: Span) -> Located<()> {
        if self.options.auto_await {
            self.emit(Instruction::Await, span);
        }
        let shape = self.arguments(&[], &[], span)?;
        let name = Name {
            text: "finalize",
            span,
        };
        let site = self.call_site(name, Some(function), shape);
        self.emit(Instruction::CallFilter(site), span);
        self.emit(Instruction::EmitValue, span);
        Ok(())
    }

    fn if_statement(
        &mut self,
        arms: &[IfArm],
        otherwise: Option<Body>,
        negated: bool,
    ) -> Located<()> {
        let span = self.now.span;
        let end = self.mark();
        self.branch(|compiler| {
            for (index, arm) in arms.iter().enumerate() {
                let next = compiler.mark();
                if negated {
                    compiler.jump_if_true(arm.condition, next)?;
                } else {
                    compiler.jump_if_false(arm.condition, next)?;
                }
                compiler.body(arm.body)?;
                compiler.now.span = span;
                if index + 1 < arms.len() || otherwise.is_some() {
                    compiler.jump(Instruction::Jump, end, span);
                }
                compiler.bind(next);
            }
            otherwise.map_or(Ok(()), |body| compiler.body(body))
        })?;
        self.bind(end);
        self.now.span = span;
        Ok(())
    }

    /// Assigns the value on the stack, and makes what the template itself sets visible.
    fn assign(&mut self, target: Id<Target<'src>>, scope: AssignScope) -> Located<()> {
        self.store_target(target, scope)?;
        self.export_target(target, scope);
        Ok(())
    }

    fn export_target(&mut self, target: Id<Target<'src>>, scope: AssignScope) {
        let tree = self.tree;
        match tree[target] {
            Target::Name(name) if scope == AssignScope::Local => self.export_name(name, false),
            Target::Tuple(targets, _) => tree[targets]
                .iter()
                .for_each(|target| self.export_target(*target, scope)),
            Target::Name(_) | Target::Attribute { .. } => {}
        }
    }

    fn assign_if_nullish(
        &mut self,
        target: Id<Target<'src>>,
        value: ExprId,
        scope: AssignScope,
    ) -> Located<()> {
        let known = self.mark();
        match self.tree[target] {
            Target::Name(name) => {
                if scope == AssignScope::Template {
                    let id = self.pools.context_name(name.text);
                    self.emit(Instruction::LoadName(id), name.span);
                } else {
                    self.load_name(name.text, name.span)?;
                }
                self.jump(Instruction::JumpIfValueOrPop, known, name.span);
                self.expression(value)?;
                self.bind(known);
                self.assign(target, scope)
            }
            Target::Attribute { object, attribute } => {
                let span = object.span.to(attribute.span);
                let id = self.pools.name(attribute.text);
                self.load_name(object.text, object.span)?;
                self.emit(Instruction::Duplicate, object.span);
                self.emit(Instruction::GetAttribute(id), span);
                self.jump(Instruction::JumpIfValueOrPop, known, span);
                self.expression(value)?;
                self.bind(known);
                self.emit(Instruction::SetAttribute(id), span);
                Ok(())
            }
            Target::Tuple(_, span) => Err((CompileFault::NullishTuple, span)),
        }
    }

    /// Compiles a body whose output becomes a text on the stack.
    pub(super) fn capture(
        &mut self,
        compile: impl FnOnce(&mut Self) -> Located<()>,
    ) -> Located<()> {
        let span = self.now.span;
        self.emit(Instruction::BeginCapture, span);
        self.now.opened.push(Opened::Capture);
        compile(self)?;
        self.now.opened.pop();
        self.now.span = span;
        self.emit(Instruction::EndCapture, span);
        Ok(())
    }

    /// Compiles the body of a scope whose output becomes a text, and the filters it goes through; their
    /// arguments see what the body has set.
    fn filtered_capture(
        &mut self,
        id: StmtId,
        filters: &[FilterCall<'src>],
        body: Body,
    ) -> Located<()> {
        let outer = self.now.scope;
        let scope = self.scopes.of(id, Part::Body);
        self.enter_scope(scope)?;
        self.capture(|compiler| compiler.body(body))?;
        for filter in filters {
            self.filter_call(filter, filter.name.span)?;
        }
        self.leave_scope(scope);
        self.now.scope = outer;
        Ok(())
    }

    fn assign_block(
        &mut self,
        id: StmtId,
        target: Id<Target<'src>>,
        filters: &[FilterCall<'src>],
        body: Body,
        scope: AssignScope,
    ) -> Located<()> {
        // What is captured is no output yet, so that a template that extends another may still set it.
        let guards_output = std::mem::replace(&mut self.now.guards_output, false);
        self.filtered_capture(id, filters, body)?;
        self.now.guards_output = guards_output;
        if !filters.is_empty() {
            self.emit(Instruction::MarkSafe, self.now.span);
        }
        self.assign(target, scope)
    }

    fn filter_block(
        &mut self,
        id: StmtId,
        filters: &[FilterCall<'src>],
        body: Body,
    ) -> Located<()> {
        self.filtered_capture(id, filters, body)?;
        let span = filters.last().map_or(self.now.span, |last| last.name.span);
        self.emit(Instruction::ExpectText, span);
        self.emit(Instruction::MarkSafe, span);
        self.emit(Instruction::EmitValue, span);
        Ok(())
    }

    fn with_statement(
        &mut self,
        id: StmtId,
        bindings: &[Binding<'src>],
        body: Body,
    ) -> Located<()> {
        let outer = self.now.scope;
        let scope = self.scopes.of(id, Part::Body);
        // The values see the outer variables, which the new ones do not replace.
        for (target, value) in bindings {
            self.now.scope = outer;
            self.expression(*value)?;
            self.now.scope = scope;
            self.store_target(*target, AssignScope::Local)?;
        }
        self.enter_scope(scope)?;
        self.body(body)?;
        self.leave_scope(scope);
        self.now.scope = outer;
        Ok(())
    }

    fn auto_escape(&mut self, id: StmtId, enabled: ExprId, body: Body) -> Located<()> {
        let tree = self.tree;
        let span = self.now.span;
        let outer = self.now.scope;
        let scope = self.scopes.of(id, Part::Body);
        self.enter_scope(scope)?;
        self.expression(enabled)?;
        self.emit(Instruction::EnterAutoEscape, tree.expr(enabled).span);
        let known = match tree.expr(enabled).kind {
            ExprKind::Bool(enabled) => Some(enabled),
            _ => None,
        };
        let escape = std::mem::replace(&mut self.now.escape, known);
        self.now.opened.push(Opened::AutoEscape);
        self.body(body)?;
        self.now.span = span;
        self.leave_scope(scope);
        self.now.scope = outer;
        self.now.opened.pop();
        self.now.escape = escape;
        self.emit(Instruction::ExitAutoEscape, span);
        Ok(())
    }

    /// Whether the statement stands directly in the template, possibly in a branch.
    pub(super) fn is_top_level(&self) -> bool {
        let mut scope = self.now.scope;
        while self.scopes.scope(scope).transparent
            && let Some(parent) = self.scopes.scope(scope).parent
        {
            scope = parent;
        }
        let opened = &self.now.opened;
        self.scopes.is_top(scope) && opened.iter().all(|opened| *opened == Opened::Try)
    }

    /// What a statement that is not at the top stands in.
    pub(super) fn enclosing(&self) -> &'static str {
        match self.scopes.unit(self.now.unit).kind {
            UnitKind::Block => "a block",
            UnitKind::Macro => "a macro",
            UnitKind::Loop => "a loop",
            _ if !self.now.loops.is_empty() => "a loop",
            _ if self.now.opened.contains(&Opened::Try) => "a `try`",
            _ => "another statement",
        }
    }

    /// The span of the running statement's tag.
    pub(super) fn tag(&self) -> Span {
        self.now.span
    }
}
