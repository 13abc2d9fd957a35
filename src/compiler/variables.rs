//! Code that reads, sets and initialises variables.

use crate::bytecode::{Instruction, LoopField, Variable, Visible, VisibleSource};
use crate::compiler::Compiler;
use crate::compiler::scope::{Home, Initial, Place, ScopeId, Set, VariableId};
use crate::compiler::symbols::Located;
use crate::source::Span;
use crate::syntax::Id;
use crate::syntax::ast::{AssignScope, Name, Target};

impl<'src> Compiler<'_, 'src> {
    /// Where a name is, seen from here.
    pub(super) fn place(&mut self, name: &'src str, span: Span) -> Located<Place> {
        self.scopes
            .place(self.now.scope, name)
            .map_err(|fault| (fault, span))
    }

    /// Reads a name.
    pub(super) fn load_name(&mut self, name: &'src str, span: Span) -> Located<()> {
        let place = self.place(name, span)?;
        self.load_place(place, name, span)
    }

    pub(super) fn load_place(&mut self, place: Place, name: &'src str, span: Span) -> Located<()> {
        let instruction = match place {
            Place::Slot(slot) => Instruction::LoadLocal(slot, self.pools.name(name)),
            Place::ContextSlot(slot) => Instruction::LoadRoot(slot, self.pools.context_name(name)),
            Place::ContextName => Instruction::LoadName(self.pools.context_name(name)),
            Place::Cell(levels, cell) => Instruction::LoadCell(levels, cell, self.pools.name(name)),
            Place::Loop(statement) => Instruction::LoadLoop(self.loop_level(statement, span)?),
            Place::Blocks => Instruction::LoadSelf,
            Place::Super => Instruction::LoadSuper,
        };
        self.emit(instruction, span);
        Ok(())
    }

    /// Sets a name to the value on the stack.
    pub(super) fn store_name(&mut self, name: Name<'src>) {
        match self.scopes.stored_variable(self.now.scope, name.text) {
            Some(variable) => self.store_variable(variable, name.span),
            None => self.store_template_name(name),
        }
    }

    /// Sets a name of the template's context to the value on the stack, as `let` does.
    pub(super) fn store_template_name(&mut self, name: Name<'src>) {
        let id = self.pools.name(name.text);
        self.emit(Instruction::StoreName(id), name.span);
    }

    fn store_variable(&mut self, variable: VariableId, span: Span) {
        match self.scopes.variable(variable).home {
            Home::Slot(slot) => self.emit(Instruction::StoreLocal(slot), span),
            Home::Cell(cell) => self.emit(Instruction::StoreCell(cell), span),
            Home::None => unreachable!("variables that are set live somewhere"),
        }
    }

    /// After a name of the template itself was set: makes it visible in the context; `share` withholds it
    /// from importers.
    pub(super) fn export_name(&mut self, name: Name<'src>, share: bool) {
        let Some(id) = self.scopes.stored_variable(self.now.scope, name.text) else {
            return;
        };
        let variable = self.scopes.variable(id);
        if !self.scopes.is_top(variable.scope) {
            return;
        }
        if let Some(operand) = variable.operand() {
            let id = self.pools.name(name.text);
            let instruction = if share {
                Instruction::ShareLocal(operand, id)
            } else {
                Instruction::ExportLocal(operand, id)
            };
            self.emit(instruction, name.span);
        }
    }

    /// Assigns the value on the stack to a target.
    pub(super) fn store_target(
        &mut self,
        target: Id<Target<'src>>,
        scope: AssignScope,
    ) -> Located<()> {
        let tree = self.tree;
        match tree[target] {
            Target::Name(name) => match scope {
                AssignScope::Local => self.store_name(name),
                AssignScope::Template => self.store_template_name(name),
            },
            Target::Tuple(targets, span) => {
                self.emit(Instruction::UnpackSequence(targets.len() as u32), span);
                for target in &tree[targets] {
                    self.store_target(*target, scope)?;
                }
            }
            Target::Attribute { object, attribute } => {
                self.load_name(object.text, object.span)?;
                self.emit(Instruction::Swap, object.span);
                let name = self.pools.name(attribute.text);
                let span = object.span.to(attribute.span);
                self.emit(Instruction::SetAttribute(name), span);
            }
        }
        Ok(())
    }

    /// Gives a scope's variables what they start as. In a loop this runs each round, after the targets
    /// were set.
    pub(super) fn enter_scope(&mut self, scope: ScopeId) -> Located<()> {
        self.now.scope = scope;
        for index in 0..self.scopes.scope(scope).variables.len() {
            self.initialize(self.scopes.scope(scope).variables[index])?;
        }
        Ok(())
    }

    fn initialize(&mut self, id: VariableId) -> Located<()> {
        let variable = self.scopes.variable(id);
        let scope = self.scopes.scope(variable.scope);
        let (name, home) = (variable.name, variable.home);
        let observed = variable.read_early || variable.captured || scope.shown;
        let fresh = scope.starts_unit;
        let Some(operand) = variable.operand() else {
            return Ok(());
        };
        let span = self.now.span;
        match variable.initial {
            Initial::Parameter => {}
            Initial::Loop(statement) => {
                let level = self.loop_level(statement, span)?;
                self.emit(Instruction::LoadLoop(level), span);
                self.store_variable(id, span);
            }
            Initial::Super => {
                self.emit(Instruction::LoadSuper, span);
                self.store_variable(id, span);
            }
            Initial::Blocks => {}
            Initial::Nothing => {
                if observed && !fresh {
                    self.emit(Instruction::Clear(operand), span);
                }
            }
            Initial::Context => match home {
                Home::Cell(_) => {
                    self.load_context(name, span)?;
                    self.store_variable(id, span);
                }
                // The first read of an unset slot looks in the context.
                _ if !fresh => self.emit(Instruction::Clear(operand), span),
                _ => {}
            },
            Initial::Outer(outer) => {
                if observed {
                    self.copy_outer(outer, id, operand)?;
                }
            }
        }
        Ok(())
    }

    /// Copies an outer variable to one of this scope, as it is.
    fn copy_outer(&mut self, outer: VariableId, id: VariableId, to: Variable) -> Located<()> {
        let span = self.now.span;
        let name = self.scopes.variable(id).name;
        let in_cell = matches!(self.scopes.variable(id).home, Home::Cell(_));
        let place = self
            .scopes
            .variable_place(self.now.unit, outer)
            .map_err(|fault| (fault, span))?;
        match place {
            Place::Slot(slot) => {
                let from = Variable::slot(slot);
                self.emit(Instruction::Move { from, to }, span);
            }
            Place::ContextSlot(_) if self.scopes.is_root(outer) && !in_cell => {
                self.emit(Instruction::Clear(to), span);
            }
            // An unset slot still means the context's value, and so does its copy.
            Place::ContextSlot(slot) if !in_cell => {
                let from = Variable::slot(slot);
                self.emit(Instruction::Move { from, to }, span);
            }
            Place::ContextName if !in_cell => self.emit(Instruction::Clear(to), span),
            Place::Cell(0, cell) if self.scopes.unit(self.now.unit).cells > 0 => {
                let from = Variable::cell(cell);
                self.emit(Instruction::Move { from, to }, span);
            }
            place => {
                self.load_place(place, name, span)?;
                self.store_variable(id, span);
            }
        }
        Ok(())
    }

    /// Reads a name of the context past all variables.
    fn load_context(&mut self, name: &'src str, span: Span) -> Located<()> {
        let id = self.pools.context_name(name);
        if self.scopes.template_names.contains(name) {
            self.emit(Instruction::LoadName(id), span);
            return Ok(());
        }
        let slot = self
            .scopes
            .root_slot(self.now.unit, name)
            .map_err(|fault| (fault, span))?;
        self.emit(Instruction::LoadRoot(slot, id), span);
        Ok(())
    }

    /// Forgets the captured variables of a scope that is left: macros that outlive it find nothing.
    pub(super) fn leave_scope(&mut self, scope: ScopeId) {
        if self.scopes.scope(scope).starts_unit {
            return;
        }
        let span = self.now.span;
        for index in 0..self.scopes.scope(scope).variables.len() {
            let variable = self
                .scopes
                .variable(self.scopes.scope(scope).variables[index]);
            if let Home::Cell(cell) = variable.home {
                self.emit(Instruction::Clear(Variable::cell(cell)), span);
            }
        }
    }

    /// How many loops further out that of a `for` is.
    pub(super) fn loop_level(
        &self,
        statement: crate::syntax::ast::StmtId,
        span: Span,
    ) -> Located<u8> {
        let counted = self.now.loops.iter().rev().filter(|open| open.counted);
        let level = counted
            .take_while(|open| open.statement != Some(statement))
            .count();
        u8::try_from(level).map_err(|_| {
            let most = u64::from(u8::MAX);
            let what = "loops within each other";
            (crate::error::CompileFault::TooMany { what, most }, span)
        })
    }

    /// Reads a field of a loop of this unit.
    pub(super) fn load_loop_field(
        &mut self,
        statement: crate::syntax::ast::StmtId,
        field: LoopField,
        span: Span,
    ) -> Located<()> {
        let level = self.loop_level(statement, span)?;
        self.emit(Instruction::LoadLoopField(level, field), span);
        Ok(())
    }

    /// The variables seen here that another template or block may read by name. Those of the template
    /// itself are in the context anyway.
    pub(super) fn visible(&mut self, span: Span) -> Located<Vec<Visible>> {
        let mut seen = Set::default();
        let mut visible = Vec::new();
        let mut next = Some(self.now.scope);
        while let Some(scope) = next {
            next = self.scopes.scope(scope).parent;
            if self.scopes.is_top(scope) {
                break;
            }
            for index in 0..self.scopes.scope(scope).variables.len() {
                let id = self.scopes.scope(scope).variables[index];
                let variable = self.scopes.variable(id);
                let name = variable.name;
                let hidden = matches!(variable.initial, Initial::Blocks | Initial::Super)
                    || self.scopes.is_root(id);
                if hidden || !seen.insert(name) {
                    continue;
                }
                let place = self
                    .scopes
                    .variable_place(self.now.unit, id)
                    .map_err(|fault| (fault, span))?;
                let source = match place {
                    Place::Slot(slot) | Place::ContextSlot(slot) => {
                        VisibleSource::Local(Variable::slot(self.now.slot(slot)))
                    }
                    Place::Cell(levels, cell) => VisibleSource::Cell(levels, cell),
                    Place::Loop(_) => VisibleSource::Loop,
                    Place::ContextName | Place::Blocks | Place::Super => continue,
                };
                visible.push(Visible {
                    name: name.into(),
                    source,
                });
            }
        }
        Ok(visible)
    }
}
