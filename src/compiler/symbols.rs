//! The pass that finds the scopes of a template and the variables in them.
//!
//! A scope's own statements are read first, in order, so that all its variables are known before the
//! scopes within it are.

use crate::bytecode::UnitKind;
use crate::compiler::loops::{LoopAccess, LoopUse};
use crate::compiler::scope::{Initial, MAIN, Part, ScopeId, Scopes, Set};
use crate::compiler::specials;
use crate::compiler::walk;
use crate::error::CompileFault;
use crate::source::Span;
use crate::syntax::List;
use crate::syntax::ast::{
    AssignScope, Body, ExprId, ExprKind, FilterCall, For, Name, Parameter, StmtId, StmtKind,
    Target, Tree,
};

/// A fault and where it is.
pub(super) type Located<T> = Result<T, (CompileFault, Span)>;

/// Finds all scopes of a template, or of the one expression.
pub(super) fn analyze<'src>(
    tree: &Tree<'src>,
    expression: Option<ExprId>,
) -> Located<Scopes<'src>> {
    let mut pass = Pass {
        tree,
        scopes: Scopes {
            template_names: template_names(tree),
            ..Scopes::default()
        },
        scope: ScopeId(0),
        branches: 0,
        inner: Vec::new(),
        early: Set::default(),
        store_position: None,
        for_bodies: 0,
    };
    let kind = match expression {
        Some(_) => UnitKind::Expression,
        None => UnitKind::Template,
    };
    pass.scopes.add_unit(kind, None, None);
    let top = pass.scopes.add_scope(None, MAIN);
    if expression.is_none() {
        pass.declare_special(top, "self", Initial::Blocks);
    }
    pass.solid_scope(top, |pass| {
        if let Some(expression) = expression {
            pass.expression(expression);
        }
        pass.body(tree.body)
    })?;
    pass.blocks()?;
    pass.scopes
        .assign_homes()
        .map_err(|fault| (fault, Span::default()))?;
    Ok(pass.scopes)
}

/// The names that a `let` sets, anywhere.
fn template_names<'src>(tree: &Tree<'src>) -> Set<&'src str> {
    let mut names = Set::default();
    for statement in &tree.statements {
        if let StmtKind::Assign {
            target,
            scope: AssignScope::Template,
            ..
        }
        | StmtKind::AssignBlock {
            target,
            scope: AssignScope::Template,
            ..
        } = &statement.kind
        {
            walk::target_names(tree, *target, &mut |name| {
                names.insert(name.text);
            });
        }
    }
    names
}

/// The state of the pass.
pub(super) struct Pass<'t, 'src> {
    pub(super) tree: &'t Tree<'src>,
    pub(super) scopes: Scopes<'src>,
    /// The scope that statements are read for, possibly a transparent one.
    pub(super) scope: ScopeId,
    /// How many branches that may be skipped the statement is in.
    pub(super) branches: u32,
    /// Statements that open scopes, to be entered when the running scope is complete.
    pub(super) inner: Vec<(StmtId, ScopeId)>,
    /// Names of outer variables that the running scope has read so far.
    pub(super) early: Set<&'src str>,
    /// From where on a name that is set can be read, if not from where it stands.
    pub(super) store_position: Option<u32>,
    /// How many loops of the same unit are around, for the rule that none may set `loop`.
    pub(super) for_bodies: u32,
}

impl<'src> Pass<'_, 'src> {
    /// Reads the statements of a new scope, then the scopes within it.
    fn solid_scope(
        &mut self,
        scope: ScopeId,
        read: impl FnOnce(&mut Self) -> Located<()>,
    ) -> Located<()> {
        let outer = self.enter(scope);
        read(self)?;
        let inner = std::mem::replace(&mut self.inner, outer.inner);
        self.scope = outer.scope;
        self.branches = outer.branches;
        self.early = outer.early;
        for (statement, scope) in inner {
            self.statement_scopes(statement, scope)?;
        }
        Ok(())
    }

    fn enter(&mut self, scope: ScopeId) -> Outer<'src> {
        Outer {
            scope: std::mem::replace(&mut self.scope, scope),
            branches: std::mem::take(&mut self.branches),
            inner: std::mem::take(&mut self.inner),
            early: std::mem::take(&mut self.early),
        }
    }

    fn body(&mut self, body: Body) -> Located<()> {
        self.tree[body]
            .iter()
            .try_for_each(|statement| self.statement(*statement))
    }

    /// Reads statements that may be skipped.
    fn branch(&mut self, body: Body) -> Located<()> {
        self.branches += 1;
        let result = self.body(body);
        self.branches -= 1;
        result
    }

    fn statement(&mut self, id: StmtId) -> Located<()> {
        let tree = self.tree;
        let statement = tree.stmt(id);
        match &statement.kind {
            StmtKind::Text(_) | StmtKind::Break | StmtKind::Continue | StmtKind::Flush => {}
            StmtKind::Output(e) | StmtKind::Do(e) | StmtKind::Extends(e) => self.expression(*e),
            StmtKind::Print(outputs) => tree[*outputs].iter().for_each(|e| self.expression(*e)),
            StmtKind::If {
                arms, otherwise, ..
            } => {
                for arm in &tree[*arms] {
                    self.expression(arm.condition);
                    self.branch(arm.body)?;
                }
                if let Some(body) = otherwise {
                    self.branch(*body)?;
                }
            }
            StmtKind::While { condition, body } => {
                self.expression(*condition);
                self.branch(*body)?;
            }
            StmtKind::Match { subject, cases } => {
                self.expression(*subject);
                for (index, case) in tree[*cases].iter().enumerate() {
                    let scope = self.transparent_scope();
                    self.scopes
                        .by_statement
                        .insert((id, Part::Case(index as u32)), scope);
                    self.bindings(case.pattern, scope);
                    let outer = std::mem::replace(&mut self.scope, scope);
                    if let Some(guard) = case.guard {
                        self.expression(guard);
                    }
                    self.branch(case.body)?;
                    self.scope = outer;
                }
            }
            StmtKind::For(inner) => {
                let inner = &tree[*inner];
                self.expression(inner.iterable);
                inner
                    .concurrent
                    .into_iter()
                    .for_each(|e| self.expression(e));
                self.open(id);
            }
            StmtKind::Assign {
                target,
                value,
                scope,
                only_if_nullish,
            } => {
                if *only_if_nullish && let Target::Name(name) = tree[*target] {
                    self.load(name.text, name.span.start);
                }
                self.expression(*value);
                self.assign(*target, *scope)?;
            }
            StmtKind::AssignBlock {
                target,
                filters,
                scope,
                ..
            } => {
                self.filters(*filters);
                // The body comes after the name but before it is set.
                self.store_position = Some(u32::MAX);
                let result = self.assign(*target, *scope);
                self.store_position = None;
                result?;
                self.open(id);
            }
            StmtKind::With { bindings, .. } => {
                tree[*bindings]
                    .iter()
                    .for_each(|(_, value)| self.expression(*value));
                self.open(id);
            }
            StmtKind::Macro { name, .. } => {
                self.store(tree[*name])?;
                self.open(id);
            }
            StmtKind::CallBlock { call, .. } => {
                self.expression(*call);
                self.open(id);
            }
            StmtKind::FilterBlock { filters, .. } => {
                self.filters(*filters);
                self.open(id);
            }
            StmtKind::Spaceless(body) => self.body(*body)?,
            StmtKind::Parallel { limit, body } => {
                limit.iter().for_each(|e| self.expression(*e));
                self.body(*body)?;
            }
            StmtKind::Try(inner) => {
                let inner = &tree[*inner];
                inner.timeout.into_iter().for_each(|e| self.expression(e));
                self.branch(inner.body)?;
                self.fallback(id, inner.error, inner.fallback)?;
            }
            StmtKind::Defer(_) => self.open(id),
            StmtKind::Own(tag) => {
                let tag = &tree[*tag];
                walk::argument_expressions(&tree[tag.arguments], &mut |e| self.expression(e));
                tag.parts(tree).for_each(|part| self.open(part));
                if tag.sees_variables {
                    self.show();
                }
            }
            StmtKind::OwnPart(_) => {}
            StmtKind::Trans(translation) => {
                let translation = &tree[*translation];
                if let Some(store) = translation.store {
                    self.statement(store)?;
                }
                self.expression(translation.call);
                translation
                    .variables
                    .iter()
                    .for_each(|id| self.expression(*id));
            }
            StmtKind::Cache { key, ttl, .. } => {
                self.expression(*key);
                ttl.iter().for_each(|e| self.expression(*e));
                self.open(id);
            }
            // Its scope begins before its condition, as in Jinja2.
            StmtKind::AutoEscape { .. } => self.open(id),
            StmtKind::Block { scoped, .. } => {
                self.scopes.blocks.push(id);
                if *scoped {
                    self.show();
                }
            }
            StmtKind::Include {
                template,
                with_context,
                ..
            } => {
                self.expression(*template);
                if *with_context {
                    self.show();
                }
            }
            StmtKind::Import {
                template,
                alias,
                with_context,
            } => {
                self.expression(*template);
                if *with_context {
                    self.show();
                }
                self.store(tree[*alias])?;
            }
            StmtKind::FromImport {
                template,
                names,
                with_context,
            } => {
                self.expression(*template);
                if *with_context {
                    self.show();
                }
                for (_, alias) in &tree[*names] {
                    self.store(*alias)?;
                }
            }
        }
        Ok(())
    }

    /// Reads what stands in for a body that failed; the error is a variable of it alone.
    fn fallback(&mut self, id: StmtId, error: Option<Name<'src>>, body: Body) -> Located<()> {
        let scope = self.transparent_scope();
        self.scopes.by_statement.insert((id, Part::Fallback), scope);
        if let Some(name) = error {
            self.declare(scope, name.text, Initial::Parameter);
        }
        let outer = std::mem::replace(&mut self.scope, scope);
        self.branch(body)?;
        self.scope = outer;
        Ok(())
    }

    /// Keeps a statement that opens scopes for later.
    fn open(&mut self, statement: StmtId) {
        self.inner.push((statement, self.scope));
    }

    /// Enters the scopes that a statement opens; `scope` is the one it stands in.
    fn statement_scopes(&mut self, id: StmtId, scope: ScopeId) -> Located<()> {
        let tree = self.tree;
        let unit = self.scopes.scope(scope).unit;
        match &tree.stmt(id).kind {
            StmtKind::For(statement) => self.for_scopes(id, &tree[*statement], scope),
            StmtKind::With { bindings, body } => {
                let inner = self.part(id, Part::Body, scope, unit);
                for (target, _) in &tree[*bindings] {
                    walk::target_names(tree, *target, &mut |name| {
                        self.declare(inner, name.text, Initial::Parameter);
                    });
                }
                self.solid_scope(inner, |pass| pass.body(*body))
            }
            StmtKind::FilterBlock { filters, body }
            | StmtKind::AssignBlock { filters, body, .. } => {
                let inner = self.part(id, Part::Body, scope, unit);
                self.solid_scope(inner, |pass| {
                    pass.body(*body)?;
                    pass.filters(*filters);
                    Ok(())
                })
            }
            StmtKind::Cache { body, .. } => {
                let inner = self.part(id, Part::Body, scope, unit);
                self.solid_scope(inner, |pass| pass.body(*body))
            }
            StmtKind::Defer(inner) => {
                let inner = &tree[*inner];
                let scope_of_body = self.part(id, Part::Body, scope, unit);
                self.solid_scope(scope_of_body, |pass| match &inner.fallback {
                    None => pass.body(inner.body),
                    Some((error, fallback)) => {
                        pass.branch(inner.body)?;
                        pass.fallback(id, *error, *fallback)
                    }
                })?;
                let scope_of_placeholder = self.part(id, Part::Placeholder, scope, unit);
                self.solid_scope(scope_of_placeholder, |pass| pass.body(inner.placeholder))
            }
            StmtKind::AutoEscape { enabled, body } => {
                let inner = self.part(id, Part::Body, scope, unit);
                self.solid_scope(inner, |pass| {
                    pass.expression(*enabled);
                    pass.body(*body)
                })
            }
            StmtKind::Macro {
                parameters, body, ..
            }
            | StmtKind::CallBlock {
                parameters, body, ..
            } => self.macro_scope(id, &tree[*parameters], *body, scope),
            StmtKind::OwnPart(body) => self.macro_scope(id, &[], *body, scope),
            _ => Ok(()),
        }
    }

    fn for_scopes(&mut self, id: StmtId, statement: &For<'src>, scope: ScopeId) -> Located<()> {
        let around = self.scopes.scope(scope).unit;
        let unit = if statement.recursive {
            let owner = self.scopes.unit(around).slot_owner;
            let unit = self
                .scopes
                .add_unit(UnitKind::Loop, Some(around), Some(owner));
            self.scopes.unit_of.insert(id, unit);
            unit
        } else {
            around
        };
        self.scopes.loops.insert(id, LoopUse::default());
        let inner = self.part(id, Part::Body, scope, unit);
        let mut assigns_loop = None;
        walk::target_names(self.tree, statement.target, &mut |name| {
            self.declare(inner, name.text, Initial::Parameter);
            if name.text == "loop" {
                assigns_loop = Some(name.span);
            }
        });
        if let Some(span) = assigns_loop {
            return Err((CompileFault::AssignLoop, span));
        }
        if let Some(condition) = statement.condition {
            let test = self.part(id, Part::Condition, scope, unit);
            // The condition reads the very variables that the body does.
            let names = self.scopes.scope(inner).names.clone();
            self.scopes.scopes[test.0 as usize].names = names;
            self.solid_scope(test, |pass| {
                pass.expression(condition);
                Ok(())
            })?;
        }
        self.declare(inner, "loop", Initial::Loop(id));
        self.for_bodies += 1;
        self.solid_scope(inner, |pass| pass.body(statement.body))?;
        if let Some(body) = statement.otherwise {
            let inner = self.part(id, Part::Otherwise, scope, unit);
            self.solid_scope(inner, |pass| pass.body(body))?;
        }
        self.for_bodies -= 1;
        Ok(())
    }

    fn macro_scope(
        &mut self,
        id: StmtId,
        parameters: &[Parameter<'src>],
        body: Body,
        scope: ScopeId,
    ) -> Located<()> {
        let around = self.scopes.scope(scope).unit;
        let unit = self.scopes.add_unit(UnitKind::Macro, Some(around), None);
        self.scopes.unit_of.insert(id, unit);
        let inner = self.part(id, Part::Body, scope, unit);
        // The parts of a tag of the host see the `caller` of the macro around them.
        let uses = match self.tree.stmt(id).kind {
            StmtKind::OwnPart(_) => [false; 3],
            _ => specials::mentioned(self.tree, body),
        };
        for parameter in parameters {
            let Name { text, span } = parameter.name;
            self.declare_parameter(inner, text).map_err(|f| (f, span))?;
        }
        let explicit = |name: &str| parameters.iter().find(|p| p.name.text == name);
        if uses[specials::CALLER]
            && let Some(caller) = explicit("caller")
            && caller.default.is_none()
        {
            return Err((CompileFault::CallerWithoutDefault, caller.name.span));
        }
        for (name, used) in specials::NAMES.iter().zip(uses) {
            if used && explicit(name).is_none() {
                self.declare_parameter(inner, name)
                    .map_err(|f| (f, Span::default()))?;
            }
        }
        self.scopes.specials.insert(id, uses);
        // Loops around a macro do not count for what stands in it.
        let for_bodies = std::mem::take(&mut self.for_bodies);
        let result = self.solid_scope(inner, |pass| {
            for parameter in parameters {
                if let Some(default) = parameter.default {
                    pass.expression(default);
                }
            }
            pass.body(body)
        });
        self.for_bodies = for_bodies;
        result
    }

    /// Enters the blocks, which see nothing of the scopes they stand in.
    fn blocks(&mut self) -> Located<()> {
        let tree = self.tree;
        let mut next = 0;
        while let Some(&id) = self.scopes.blocks.get(next) {
            next += 1;
            if let StmtKind::Block { body, .. } = &tree.stmt(id).kind {
                let unit = self.scopes.add_unit(UnitKind::Block, None, None);
                self.scopes.unit_of.insert(id, unit);
                let scope = self.scopes.add_scope(None, unit);
                self.scopes.by_statement.insert((id, Part::Body), scope);
                self.declare_special(scope, "self", Initial::Blocks);
                self.declare_special(scope, "super", Initial::Super);
                self.solid_scope(scope, |pass| pass.body(*body))?;
            }
        }
        self.scopes
            .blocks
            .sort_by_key(|id| tree.stmt(*id).span.start);
        Ok(())
    }

    // Expressions.

    fn filters(&mut self, filters: List<FilterCall<'src>>) {
        let tree = self.tree;
        for filter in &tree[filters] {
            walk::argument_expressions(&tree[filter.arguments], &mut |e| self.expression(e));
        }
    }

    pub(super) fn expression(&mut self, id: ExprId) {
        let tree = self.tree;
        let expression = tree.expr(id);
        match &expression.kind {
            ExprKind::Name(name) => {
                self.load(name, expression.span.start);
                self.plain_loop(name, &LoopAccess::Value);
            }
            ExprKind::Comprehension(inner) => {
                let inner = &tree[*inner];
                self.expression(inner.iterable);
                let scope = self.transparent_scope();
                self.scopes.by_comprehension.insert(id, scope);
                walk::target_names(tree, inner.target, &mut |name| {
                    self.declare(scope, name.text, Initial::Parameter);
                });
                let outer = std::mem::replace(&mut self.scope, scope);
                if let Some(condition) = inner.condition {
                    self.expression(condition);
                }
                self.expression(inner.element);
                self.scope = outer;
            }
            ExprKind::Chain { base, steps } => {
                let steps = &tree[*steps];
                match &tree.expr(*base).kind {
                    ExprKind::Name(name) => {
                        self.load(name, tree.expr(*base).span.start);
                        self.plain_loop(name, &LoopAccess::of(tree, steps));
                    }
                    _ => self.expression(*base),
                }
                walk::step_expressions(tree, steps, &mut |e| self.expression(e));
            }
            kind => walk::operands(tree, kind, &mut |e| self.expression(e)),
        }
    }

    /// Notes how the loop is used if the name is that of a loop, also of one around a macro.
    fn plain_loop(&mut self, name: &str, access: &LoopAccess<'_, 'src>) {
        if name != "loop" {
            return;
        }
        if let Some(id) = self.scopes.find(self.scope, name)
            && let Initial::Loop(statement) = self.scopes.variable(id).initial
        {
            self.use_loop(statement, access);
        }
    }
}

/// What the pass returns to when a scope is complete.
struct Outer<'src> {
    scope: ScopeId,
    branches: u32,
    inner: Vec<(StmtId, ScopeId)>,
    early: Set<&'src str>,
}
