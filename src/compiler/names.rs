//! What declaring, setting and reading a name means in the symbol pass.

use crate::compiler::loops::LoopAccess;
use crate::compiler::scope::{
    Home, Initial, Part, Scope, ScopeId, UnitId, VariableId, VariableInfo,
};
use crate::compiler::symbols::{Located, Pass};
use crate::compiler::walk;
use crate::error::CompileFault;
use crate::syntax::Id;
use crate::syntax::ast::{AssignScope, Name, Pattern, StmtId, Target};

impl<'src> Pass<'_, 'src> {
    pub(super) fn part(
        &mut self,
        id: StmtId,
        part: Part,
        parent: ScopeId,
        unit: UnitId,
    ) -> ScopeId {
        let scope = self.scopes.add_scope(Some(parent), unit);
        self.scopes.by_statement.insert((id, part), scope);
        scope
    }

    pub(super) fn transparent_scope(&mut self) -> ScopeId {
        let unit = self.scopes.scope(self.scope).unit;
        let scope = self.scopes.add_scope(Some(self.scope), unit);
        self.scopes.scopes[scope.0 as usize].transparent = true;
        scope
    }

    pub(super) fn declare(
        &mut self,
        scope: ScopeId,
        name: &'src str,
        initial: Initial,
    ) -> VariableId {
        let id = VariableId(self.scopes.variables.len() as u32);
        self.scopes.variables.push(VariableInfo {
            name,
            scope,
            initial,
            stored: false,
            captured: false,
            first_store: 0,
            read_early: false,
            home: Home::None,
        });
        let Scope {
            names, variables, ..
        } = &mut self.scopes.scopes[scope.0 as usize];
        match names.get(name) {
            // `a, a` names one variable.
            Some(known) if initial == Initial::Parameter => {
                let known = *known;
                self.scopes.variables.pop();
                known
            }
            _ => {
                names.insert(name, id);
                variables.push(id);
                id
            }
        }
    }

    pub(super) fn declare_special(&mut self, scope: ScopeId, name: &'src str, initial: Initial) {
        self.declare(scope, name, initial);
    }

    /// A parameter of a macro, which the machine puts in the next slot.
    pub(super) fn declare_parameter(
        &mut self,
        scope: ScopeId,
        name: &'src str,
    ) -> Result<(), CompileFault> {
        let id = self.declare(scope, name, Initial::Parameter);
        let slot = self.scopes.add_slot(self.scopes.scope(scope).unit)?;
        self.scopes.variables[id.0 as usize].home = Home::Slot(slot);
        Ok(())
    }

    /// The names that a pattern binds are variables of its case alone.
    pub(super) fn bindings(&mut self, pattern: Id<Pattern<'src>>, scope: ScopeId) {
        walk::pattern_names(self.tree, pattern, &mut |name| {
            self.declare(scope, name.text, Initial::Parameter);
        });
        walk::pattern_expressions(self.tree, pattern, &mut |e| self.expression(e));
    }

    pub(super) fn assign(&mut self, target: Id<Target<'src>>, scope: AssignScope) -> Located<()> {
        match self.tree[target] {
            Target::Name(name) => match scope {
                AssignScope::Local => self.store(name)?,
                AssignScope::Template => self.load(name.text, name.span.start),
            },
            Target::Tuple(targets, _) => self.tree[targets]
                .iter()
                .try_for_each(|target| self.assign(*target, scope))?,
            Target::Attribute { object, .. } => self.load(object.text, object.span.start),
        }
        Ok(())
    }

    /// Notes that the scope sets a name.
    pub(super) fn store(&mut self, name: Name<'src>) -> Located<()> {
        if name.text == "loop" && self.for_bodies > 0 {
            return Err((CompileFault::AssignLoop, name.span));
        }
        let mut scope = self.scope;
        loop {
            if self.sets_context(scope, name.text) {
                return Ok(());
            }
            let info = self.scopes.scope(scope);
            if let Some(&known) = info.names.get(name.text) {
                self.store_known(known, name.span.start);
                return Ok(());
            }
            if !info.transparent {
                break;
            }
            scope = info.parent.expect("transparent scopes stand in others");
        }
        let outer = self
            .scopes
            .scope(scope)
            .parent
            .and_then(|parent| self.scopes.find(parent, name.text));
        let skipped = self.branches > 0;
        let initial = match outer {
            Some(outer) => {
                self.reference(scope, outer, name.span.start);
                Initial::Outer(outer)
            }
            None if skipped => Initial::Context,
            None => Initial::Nothing,
        };
        let id = self.declare(scope, name.text, initial);
        let read_early = skipped || self.early.contains(name.text);
        let variable = &mut self.scopes.variables[id.0 as usize];
        variable.stored = true;
        variable.first_store = self.store_position.unwrap_or(name.span.start);
        variable.read_early = read_early;
        Ok(())
    }

    /// Whether `set` means a `let` here: the template's own variable of that name is the context's.
    fn sets_context(&self, scope: ScopeId, name: &str) -> bool {
        self.scopes.is_top(scope) && self.scopes.template_names.contains(name)
    }

    fn store_known(&mut self, id: VariableId, position: u32) {
        let variable = &mut self.scopes.variables[id.0 as usize];
        variable.stored = true;
        match variable.initial {
            // Such a name is an ordinary variable then.
            Initial::Blocks | Initial::Super => {
                variable.initial = Initial::Nothing;
                variable.first_store = position;
                variable.read_early = true;
            }
            Initial::Context => variable.read_early = true,
            _ => {}
        }
    }

    /// Notes that the scope reads a name.
    pub(super) fn load(&mut self, name: &'src str, position: u32) {
        let mut scope = self.scope;
        loop {
            let info = self.scopes.scope(scope);
            if info.names.contains_key(name) {
                return;
            }
            if !info.transparent {
                break;
            }
            scope = info.parent.expect("transparent scopes stand in others");
        }
        let outer = self
            .scopes
            .scope(scope)
            .parent
            .and_then(|parent| self.scopes.find(parent, name));
        match outer {
            Some(outer) => {
                self.early.insert(name);
                self.reference(scope, outer, position);
            }
            None => {
                self.declare(scope, name, Initial::Context);
            }
        }
    }

    /// Notes that a variable is read from an inner scope.
    fn reference(&mut self, scope: ScopeId, id: VariableId, position: u32) {
        let variable = self.scopes.variable(id);
        let unit = self.scopes.scope(scope).unit;
        let owner = self.scopes.scope(variable.scope).unit;
        let captured = match variable.initial {
            Initial::Loop(_) => unit != owner,
            Initial::Blocks => false,
            _ => self.scopes.unit(unit).slot_owner != self.scopes.unit(owner).slot_owner,
        };
        let loop_escapes = match variable.initial {
            Initial::Loop(statement) if captured => Some(statement),
            _ => None,
        };
        let variable = &mut self.scopes.variables[id.0 as usize];
        variable.captured |= captured;
        variable.read_early |= position < variable.first_store;
        if let Some(statement) = loop_escapes {
            self.use_loop(statement, &LoopAccess::Shown);
        }
    }

    /// Another template or block may read every variable seen here by its name.
    pub(super) fn show(&mut self) {
        let unit = self.scopes.scope(self.scope).unit;
        let mut next = Some(self.scope);
        let mut loops = true;
        while let Some(scope) = next {
            let info = &mut self.scopes.scopes[scope.0 as usize];
            info.shown = true;
            next = info.parent;
            if next.is_none() && self.scopes.is_top(scope) {
                break;
            }
            let inside = self.scopes.scope(scope).unit == unit;
            for index in 0..self.scopes.scope(scope).variables.len() {
                let id = self.scopes.scope(scope).variables[index];
                match self.scopes.variable(id).initial {
                    Initial::Loop(statement) if loops => {
                        loops = false;
                        if inside {
                            self.use_loop(statement, &LoopAccess::Shown);
                        } else {
                            self.reference(self.scope, id, u32::MAX);
                        }
                    }
                    Initial::Loop(_) | Initial::Blocks | Initial::Super => {}
                    _ => self.reference(self.scope, id, u32::MAX),
                }
            }
        }
    }

    pub(super) fn use_loop(&mut self, statement: StmtId, access: &LoopAccess<'_, 'src>) {
        if let Some(usage) = self.scopes.loops.get_mut(&statement) {
            usage.add(access);
        }
    }
}
