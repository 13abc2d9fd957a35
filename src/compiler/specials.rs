//! Which of `caller`, `varargs` and `kwargs` the body of a macro uses, as Jinja2 decides it.
//!
//! The names count wherever they are read before they are set, also in macros and `call` blocks within
//! the body, but not in its blocks.

use crate::compiler::walk;
use crate::syntax::ast::{
    Body, ExprId, ExprKind, FilterCall, Name, Parameter, StmtId, StmtKind, Target, Tree,
};
use crate::syntax::{Id, List};

/// The names, in the order of [`mentioned`]'s answer.
pub(super) const NAMES: [&str; 3] = ["caller", "varargs", "kwargs"];

/// The index of `caller`.
pub(super) const CALLER: usize = 0;
/// The index of `varargs`.
pub(super) const VARARGS: usize = 1;
/// The index of `kwargs`.
pub(super) const KWARGS: usize = 2;

/// Which of the [`NAMES`] the body reads before it sets them.
pub(super) fn mentioned(tree: &Tree<'_>, body: Body) -> [bool; 3] {
    let mut search = Search {
        tree,
        found: [false; 3],
        hidden: [false; 3],
    };
    search.body(body);
    search.found
}

struct Search<'t, 'src> {
    tree: &'t Tree<'src>,
    found: [bool; 3],
    /// Set before they were read.
    hidden: [bool; 3],
}

impl<'src> Search<'_, 'src> {
    fn body(&mut self, body: Body) {
        self.tree[body].iter().for_each(|id| self.statement(*id));
    }

    fn read(&mut self, name: &str) {
        if let Some(index) = NAMES.iter().position(|known| *known == name) {
            self.found[index] |= !self.hidden[index];
        }
    }

    fn write(&mut self, name: Name<'_>) {
        if let Some(index) = NAMES.iter().position(|known| *known == name.text) {
            self.hidden[index] |= !self.found[index];
        }
    }

    fn target(&mut self, target: Id<Target<'src>>) {
        walk::target_names(self.tree, target, &mut |name| self.write(name));
    }

    fn expression(&mut self, id: ExprId) {
        let tree = self.tree;
        match &tree.expr(id).kind {
            ExprKind::Name(name) => self.read(name),
            kind => walk::operands(tree, kind, &mut |e| self.expression(e)),
        }
    }

    fn filters(&mut self, filters: List<FilterCall<'src>>) {
        let tree = self.tree;
        for filter in &tree[filters] {
            walk::argument_expressions(&tree[filter.arguments], &mut |e| self.expression(e));
        }
    }

    fn parameters(&mut self, parameters: List<Parameter<'src>>) {
        let parameters = &self.tree[parameters];
        parameters.iter().for_each(|p| self.write(p.name));
        for default in parameters.iter().filter_map(|p| p.default) {
            self.expression(default);
        }
    }

    fn statement(&mut self, id: StmtId) {
        let tree = self.tree;
        match &tree.stmt(id).kind {
            StmtKind::Text(_)
            | StmtKind::Break
            | StmtKind::Continue
            | StmtKind::Flush
            | StmtKind::Block { .. } => {}
            StmtKind::Output(e) | StmtKind::Do(e) | StmtKind::Extends(e) => self.expression(*e),
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
                self.target(inner.target);
                self.expression(inner.iterable);
                inner
                    .concurrent
                    .into_iter()
                    .for_each(|e| self.expression(e));
                self.body(inner.body);
                inner.otherwise.iter().for_each(|body| self.body(*body));
                inner.condition.into_iter().for_each(|e| self.expression(e));
            }
            StmtKind::While { condition, body } => {
                self.expression(*condition);
                self.body(*body);
            }
            StmtKind::Match { subject, cases } => {
                self.expression(*subject);
                for case in &tree[*cases] {
                    case.guard.into_iter().for_each(|e| self.expression(e));
                    self.body(case.body);
                }
            }
            StmtKind::Assign { target, value, .. } => {
                self.target(*target);
                self.expression(*value);
            }
            StmtKind::AssignBlock {
                target,
                filters,
                body,
                ..
            } => {
                self.target(*target);
                self.filters(*filters);
                self.body(*body);
            }
            StmtKind::With { bindings, body } => {
                let bindings = &tree[*bindings];
                bindings.iter().for_each(|(target, _)| self.target(*target));
                bindings.iter().for_each(|(_, e)| self.expression(*e));
                self.body(*body);
            }
            StmtKind::Macro {
                parameters, body, ..
            } => {
                self.parameters(*parameters);
                self.body(*body);
            }
            StmtKind::CallBlock {
                parameters,
                call,
                body,
            } => {
                self.expression(*call);
                self.parameters(*parameters);
                self.body(*body);
            }
            StmtKind::FilterBlock { filters, body } => {
                self.body(*body);
                self.filters(*filters);
            }
            StmtKind::Spaceless(body) => self.body(*body),
            StmtKind::Cache { key, ttl, body } => {
                self.expression(*key);
                ttl.iter().for_each(|e| self.expression(*e));
                self.body(*body);
            }
            StmtKind::Parallel { limit, body } => {
                limit.iter().for_each(|e| self.expression(*e));
                self.body(*body);
            }
            StmtKind::Try(inner) => {
                let inner = &tree[*inner];
                inner.timeout.into_iter().for_each(|e| self.expression(e));
                self.body(inner.body);
                inner.error.into_iter().for_each(|name| self.write(name));
                self.body(inner.fallback);
            }
            StmtKind::Defer(inner) => {
                let inner = &tree[*inner];
                self.body(inner.body);
                self.body(inner.placeholder);
                if let Some((error, body)) = inner.fallback {
                    error.into_iter().for_each(|name| self.write(name));
                    self.body(body);
                }
            }
            StmtKind::Own(tag) => {
                let tag = &tree[*tag];
                walk::argument_expressions(&tree[tag.arguments], &mut |e| self.expression(e));
                tag.parts(tree).for_each(|part| self.statement(part));
            }
            StmtKind::OwnPart(body) => self.body(*body),
            StmtKind::Trans(translation) => {
                let translation = &tree[*translation];
                translation.store.iter().for_each(|id| self.statement(*id));
                self.expression(translation.call);
                translation
                    .variables
                    .iter()
                    .for_each(|id| self.expression(*id));
            }
            StmtKind::AutoEscape { enabled, body } => {
                self.expression(*enabled);
                self.body(*body);
            }
            StmtKind::Include { template, .. } => self.expression(*template),
            StmtKind::Import {
                template, alias, ..
            } => {
                self.expression(*template);
                self.write(tree[*alias]);
            }
            StmtKind::FromImport {
                template, names, ..
            } => {
                self.expression(*template);
                tree[*names]
                    .iter()
                    .for_each(|(_, alias)| self.write(*alias));
            }
        }
    }
}
