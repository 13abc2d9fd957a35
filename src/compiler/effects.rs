//! What a statement may do besides writing output: wait, read and set variables, run other code.

use crate::call::{FunctionKind, NativeFunction};
use crate::compiler::Compiler;
use crate::compiler::scope::Set;
use crate::compiler::walk;
use crate::syntax::ast::{
    AssignScope, Body, ExprId, ExprKind, FilterCall, StepKind, StmtId, StmtKind, Target,
};
use crate::syntax::{Id, List};

/// What a statement may do; rather too much than too little.
#[derive(Debug, Default)]
pub(super) struct Effects<'src> {
    /// It may have to wait.
    pub(super) waits: bool,
    /// It may call macros, which read variables that they captured.
    pub(super) calls: bool,
    /// There is a recursive loop in it.
    pub(super) recurs: bool,
    /// It may extend another template, which is for the machine itself to do.
    pub(super) extends: bool,
    /// It runs code that reads variables by their names: includes and blocks.
    pub(super) by_name: bool,
    /// The names in it.
    pub(super) reads: Set<&'src str>,
    /// The names that it sets in the scope it stands in, or changes what they hold.
    pub(super) writes: Set<&'src str>,
}

/// The search through one statement.
struct Search<'c, 't, 'src> {
    compiler: &'c Compiler<'t, 'src>,
    found: Effects<'src>,
    /// How many scopes around hide what is set.
    hidden: u32,
}

impl<'t, 'src> Compiler<'t, 'src> {
    /// What a statement may do.
    pub(super) fn effects(&self, id: StmtId) -> Effects<'src> {
        let mut search = Search {
            compiler: self,
            found: Effects::default(),
            hidden: 0,
        };
        search.statement(id);
        search.found
    }
}

impl<'src> Search<'_, '_, 'src> {
    fn body(&mut self, body: Body) {
        self.compiler.tree[body]
            .iter()
            .for_each(|id| self.statement(*id));
    }

    /// A body whose variables are its own.
    fn inner(&mut self, body: Body) {
        self.hidden += 1;
        self.body(body);
        self.hidden -= 1;
    }

    fn write(&mut self, name: &'src str) {
        if self.hidden == 0 {
            self.found.writes.insert(name);
        }
    }

    fn target(&mut self, target: Id<Target<'src>>, scope: AssignScope) {
        match self.compiler.tree[target] {
            Target::Name(name) if scope == AssignScope::Template => {
                self.found.writes.insert(name.text);
            }
            Target::Name(name) => self.write(name.text),
            Target::Tuple(targets, _) => {
                let targets = self.compiler.tree[targets].iter();
                targets.for_each(|target| self.target(*target, scope));
            }
            // What the name holds changes, for all who see it.
            Target::Attribute { object, .. } => {
                self.found.reads.insert(object.text);
                self.found.writes.insert(object.text);
            }
        }
    }

    fn filters(&mut self, filters: List<FilterCall<'src>>) {
        let tree = self.compiler.tree;
        for filter in &tree[filters] {
            self.filter(filter);
            walk::argument_expressions(&tree[filter.arguments], &mut |e| self.expression(e));
        }
    }

    fn filter(&mut self, filter: &FilterCall<'src>) {
        let registry = self.compiler.registry;
        let known = registry.filter(filter.name.text);
        let is_async = known.is_some_and(|known| known.kind() == FunctionKind::Async);
        self.found.waits |= filter.awaited || is_async && self.compiler.options.auto_await;
    }

    fn read(&mut self, name: &'src str) {
        self.found.reads.insert(name);
        match name {
            // Blocks as values, and what a `call` block hands in.
            "self" | "super" | "caller" => {
                self.found.calls = true;
                self.found.by_name |= name != "caller";
                self.found.waits = true;
            }
            // A name may hold a future.
            _ => self.found.waits |= self.compiler.options.auto_await && name != "loop",
        }
    }

    /// A call of a name.
    fn called(&mut self, name: &'src str) {
        let scopes = &self.compiler.scopes;
        let is_variable = scopes
            .find(self.compiler.now.scope, name)
            .is_some_and(|id| !scopes.is_root(id))
            || scopes.template_names.contains(name);
        if is_variable {
            self.found.calls = true;
            self.found.waits = true;
            return;
        }
        let function = self.compiler.registry.global(name);
        let function = function.and_then(|value| value.downcast_object::<NativeFunction>());
        let is_sync = function.is_some_and(|f| f.function().kind() == FunctionKind::Sync);
        self.found.waits |= self.compiler.options.auto_await && !is_sync;
    }

    fn expression(&mut self, id: ExprId) {
        let tree = self.compiler.tree;
        match &tree.expr(id).kind {
            ExprKind::Name(name) => self.read(name),
            ExprKind::Await(operand) => {
                self.found.waits = true;
                self.expression(*operand);
            }
            ExprKind::Comprehension(inner) => {
                self.found.waits |= tree[*inner].is_async;
                walk::operands(tree, &tree.expr(id).kind, &mut |e| self.expression(e));
            }
            ExprKind::Chain { base, steps } => {
                let steps = &tree[*steps];
                let calls = steps
                    .iter()
                    .any(|step| matches!(step.kind, StepKind::Call(_)));
                match &tree.expr(*base).kind {
                    ExprKind::Name(name) => {
                        if calls {
                            self.called(name);
                            self.found.reads.insert(name);
                        } else {
                            self.read(name);
                        }
                    }
                    _ => {
                        if calls {
                            self.found.calls = true;
                            self.found.waits = true;
                        }
                        self.expression(*base);
                    }
                }
                for step in steps {
                    match &step.kind {
                        StepKind::Filter { filter, .. } => self.filter(filter),
                        StepKind::Test { .. } => {
                            self.found.waits |= self.compiler.options.auto_await;
                        }
                        _ => {}
                    }
                }
                if let ExprKind::Name("self" | "super" | "caller") = &tree.expr(*base).kind {
                    self.found.calls = true;
                    self.found.by_name = true;
                    self.found.waits = true;
                }
                walk::step_expressions(tree, steps, &mut |e| self.expression(e));
            }
            kind => walk::operands(tree, kind, &mut |e| self.expression(e)),
        }
    }

    fn statement(&mut self, id: StmtId) {
        let tree = self.compiler.tree;
        match &tree.stmt(id).kind {
            StmtKind::Text(_) | StmtKind::Break | StmtKind::Continue | StmtKind::Flush => {}
            StmtKind::Output(e) => self.expression(*e),
            StmtKind::Extends(e) => {
                self.found.extends = true;
                self.expression(*e);
            }
            StmtKind::Do(e) => {
                let before = std::mem::take(&mut self.found.reads);
                self.expression(*e);
                // What is done is done to one of these.
                self.found.writes.extend(self.found.reads.iter().copied());
                self.found.reads.extend(before);
            }
            StmtKind::Print(outputs) => tree[*outputs].iter().for_each(|e| self.expression(*e)),
            StmtKind::If {
                arms, otherwise, ..
            } => {
                for arm in &tree[*arms] {
                    self.expression(arm.condition);
                    self.body(arm.body);
                }
                otherwise.iter().for_each(|body| self.body(*body));
            }
            StmtKind::For(inner) => {
                let inner = &tree[*inner];
                self.found.waits |= inner.is_async;
                self.found.recurs |= inner.recursive;
                self.expression(inner.iterable);
                inner.condition.into_iter().for_each(|e| self.expression(e));
                inner
                    .concurrent
                    .into_iter()
                    .for_each(|e| self.expression(e));
                self.inner(inner.body);
                inner.otherwise.iter().for_each(|body| self.inner(*body));
            }
            StmtKind::While { condition, body } => {
                self.expression(*condition);
                self.body(*body);
            }
            StmtKind::Match { subject, cases } => {
                self.expression(*subject);
                for case in &tree[*cases] {
                    walk::pattern_expressions(tree, case.pattern, &mut |e| self.expression(e));
                    case.guard.into_iter().for_each(|e| self.expression(e));
                    self.body(case.body);
                }
            }
            StmtKind::Assign {
                target,
                value,
                scope,
                only_if_nullish,
            } => {
                self.target(*target, *scope);
                self.expression(*value);
                if *only_if_nullish {
                    walk::target_names(tree, *target, &mut |name| self.read(name.text));
                }
            }
            StmtKind::AssignBlock {
                target,
                filters,
                body,
                scope,
            } => {
                self.target(*target, *scope);
                self.filters(*filters);
                self.inner(*body);
            }
            StmtKind::With { bindings, body } => {
                tree[*bindings]
                    .iter()
                    .for_each(|(_, e)| self.expression(*e));
                self.inner(*body);
            }
            // Its body runs where it is called.
            StmtKind::Macro { name, .. } => self.write(tree[*name].text),
            StmtKind::CallBlock { call, body, .. } => {
                self.found.calls = true;
                self.found.waits = true;
                self.expression(*call);
                self.inner(*body);
            }
            StmtKind::FilterBlock { filters, body } => {
                self.filters(*filters);
                self.inner(*body);
            }
            StmtKind::Spaceless(body) => self.body(*body),
            StmtKind::Parallel { limit, body } => {
                limit.iter().for_each(|e| self.expression(*e));
                self.body(*body);
            }
            StmtKind::AutoEscape { enabled, body } => {
                self.expression(*enabled);
                self.inner(*body);
            }
            StmtKind::Try(inner) => {
                let inner = &tree[*inner];
                inner.timeout.into_iter().for_each(|e| self.expression(e));
                self.body(inner.body);
                self.body(inner.fallback);
            }
            StmtKind::Defer(inner) => {
                let inner = &tree[*inner];
                self.inner(inner.body);
                self.inner(inner.placeholder);
                inner
                    .fallback
                    .iter()
                    .for_each(|(_, body)| self.inner(*body));
            }
            StmtKind::Cache { key, ttl, body } => {
                // Who makes a fragment may have to wait for another render that does.
                self.found.waits = true;
                self.expression(*key);
                ttl.iter().for_each(|e| self.expression(*e));
                self.inner(*body);
            }
            StmtKind::Trans(inner) => {
                let inner = &tree[*inner];
                let values = tree[inner.written].iter().filter_map(|(_, value)| *value);
                values.for_each(|e| self.expression(e));
                inner.store.into_iter().for_each(|id| self.statement(id));
                inner.variables.into_iter().for_each(|e| self.expression(e));
                self.expression(inner.call);
            }
            StmtKind::Own(inner) => {
                let inner = &tree[*inner];
                self.found.calls = true;
                self.found.waits = true;
                self.found.by_name |= inner.sees_variables;
                walk::argument_expressions(&tree[inner.arguments], &mut |e| self.expression(e));
                inner.parts(tree).for_each(|part| self.statement(part));
            }
            StmtKind::OwnPart(body) => self.inner(*body),
            StmtKind::Block { .. } => {
                self.found.calls = true;
                self.found.by_name = true;
                self.found.waits = true;
            }
            StmtKind::Include {
                template,
                with_context,
                ..
            } => {
                self.found.waits = true;
                self.found.by_name |= *with_context;
                self.expression(*template);
            }
            StmtKind::Import {
                template,
                alias,
                with_context,
            } => {
                self.found.waits = true;
                self.found.by_name |= *with_context;
                self.expression(*template);
                self.write(tree[*alias].text);
            }
            StmtKind::FromImport {
                template,
                names,
                with_context,
            } => {
                self.found.waits = true;
                self.found.by_name |= *with_context;
                self.expression(*template);
                tree[*names]
                    .iter()
                    .for_each(|(_, alias)| self.write(alias.text));
            }
        }
    }
}
