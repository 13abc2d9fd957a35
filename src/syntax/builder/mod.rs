//! Builds the tree: the grammar's actions call it, one method for each production.
//!
//! It computes each node's depth and refuses what nests too deeply, appends to nodes that chain, and asks
//! `validate` about rules that are not about shape. Faults are collected, so that the parser goes on and
//! a file's other faults are found too.

mod expressions;
mod growing;
mod operators;
mod own;
mod patterns;
mod statements;
mod translations;

pub(super) use expressions::{FilterHead, SliceParts, Subscript, TestHead};
pub(super) use growing::Growing;
pub(super) use operators::{Infix, Operand, Run};
pub(super) use patterns::{PatternEntry, PatternNode, TargetNode};
pub(super) use statements::LoopHead;
pub(super) use translations::{Plural, TransHead};

use std::sync::Arc;

use crate::error::{SyntaxError, SyntaxFault};
use crate::source::Span;
use crate::syntax::ast::{Body, Expr, ExprId, ExprKind, Name, Stmt, StmtId, StmtKind, Tree};
use crate::syntax::builder::growing::Stacks;
use crate::syntax::builder::operators::Waiting;
use crate::syntax::lexer::literal;
use crate::syntax::lists::Lists;
use crate::syntax::options::TranslationOptions;
use crate::syntax::validate;
use crate::syntax::{Options, TagShape};

/// Faults that are kept; more are no help to anyone.
const MOST_FAULTS: usize = 100;

/// How many bytes of a page there are to one node at least; with more nodes than that, their room has to grow.
const BYTES_TO_A_NODE: usize = 20;

/// Builds the tree of one template.
pub(super) struct AstBuilder<'src> {
    source: &'src str,
    newline: &'static str,
    /// Whether all newlines of the source are that already.
    is_normal: bool,
    nesting: u16,
    translation: TranslationOptions,
    tags: Arc<Vec<TagShape>>,
    tree: Tree<'src>,
    stacks: Stacks<'src>,
    /// Operators whose right operand is not complete, of all runs that are open.
    waiting: Vec<Waiting>,
    faults: Vec<SyntaxError>,
    /// Whether there is a `break`, `continue` or `defer` to check at the end.
    checks_bodies: bool,
    /// Whether something nests beyond the limit: then nobody may walk the tree.
    too_deep: bool,
}

fn span(start: u32, end: u32) -> Span {
    Span { start, end }
}

impl<'src> AstBuilder<'src> {
    pub(super) fn new(source: &'src str, options: &Options) -> Self {
        let newline = options.whitespace.newline_sequence.as_str();
        AstBuilder {
            source,
            newline,
            is_normal: literal::is_normal(source, newline),
            nesting: options.nesting,
            translation: options.translation,
            tags: Arc::clone(&options.tags),
            tree: Tree::with_capacity(source.len() / BYTES_TO_A_NODE),
            stacks: Stacks::default(),
            waiting: Vec::new(),
            faults: Vec::new(),
            checks_bodies: false,
            too_deep: false,
        }
    }

    /// The tree, and the faults that did not stop the parser, in the order of their places.
    ///
    /// The tree is empty if it would be too deep to be walked.
    pub(super) fn into_parts(mut self) -> (Tree<'src>, Vec<SyntaxError>) {
        if self.too_deep {
            self.tree = Tree::default();
        } else if self.checks_bodies {
            validate::bodies(&self.tree, &mut self.faults);
        }
        self.faults.sort_by_key(|fault| fault.span.start);
        (self.tree, self.faults)
    }

    /// The template's own statements: the grammar's last action.
    pub(super) fn finish(&mut self, body: Body) {
        self.tree.body = body;
    }

    #[cold]
    fn fault(&mut self, fault: SyntaxFault, span: Span) {
        self.report(SyntaxError::new(fault, span));
    }

    #[cold]
    #[allow(clippy::boxed_local, reason = "faults are made boxed, as results")]
    fn report(&mut self, error: Box<SyntaxError>) {
        if self.faults.len() < MOST_FAULTS {
            self.faults.push(*error);
        }
    }

    fn report_if(&mut self, error: Option<Box<SyntaxError>>) {
        if let Some(error) = error {
            self.report(error);
        }
    }

    /// The depth of a node over `below`, which is the depth of its deepest child.
    ///
    /// Beyond the limit it is a fault, and counting starts anew, so that one fault is reported and not one
    /// for each level further out.
    fn depth_over(&mut self, below: u16, span: Span) -> u16 {
        if below < self.nesting {
            return below + 1;
        }
        let limit = self.nesting;
        self.too_deep = true;
        self.fault(SyntaxFault::Nesting { limit }, span);
        1
    }

    fn depth(&self, id: ExprId) -> u16 {
        self.tree.expr(id).depth
    }

    fn deepest(&self, ids: &[ExprId]) -> u16 {
        ids.iter().map(|id| self.depth(*id)).max().unwrap_or(0)
    }

    fn body_depth(&self, body: Body) -> u16 {
        let depth = |id: &StmtId| self.tree.stmt(*id).depth;
        self.tree[body].iter().map(depth).max().unwrap_or(0)
    }

    /// Adds an expression over children whose deepest is `below` deep.
    fn add(&mut self, kind: ExprKind<'src>, span: Span, below: u16) -> ExprId {
        let depth = self.depth_over(below, span);
        let id = ExprId::new(self.tree.expressions.len());
        self.tree.expressions.push(Expr { kind, span, depth });
        id
    }

    /// Adds a statement over children whose deepest is `below` deep.
    fn add_statement(&mut self, kind: StmtKind<'src>, span: Span, below: u16) -> StmtId {
        let depth = self.depth_over(below, span);
        let id = StmtId(self.tree.statements.len() as u32);
        self.tree.statements.push(Stmt { kind, span, depth });
        id
    }

    /// The expression if it starts at `start`: then it is not in parentheses, and its list may be appended to.
    fn open_expr(
        &mut self,
        start: u32,
        id: ExprId,
    ) -> Option<(&mut ExprKind<'src>, &mut Lists<'src>)> {
        let expr = &mut self.tree.expressions[id.index()];
        (expr.span.start == start).then_some((&mut expr.kind, &mut self.tree.lists))
    }

    /// Makes the expression reach to `end`, over one more child.
    fn extend(&mut self, id: ExprId, child: u16, end: u32) -> ExprId {
        let Span { start, .. } = self.tree.expr(id).span;
        let depth = self.depth_over(child, span(start, end));
        let expr = &mut self.tree.expressions[id.index()];
        expr.span.end = end;
        expr.depth = expr.depth.max(depth);
        id
    }

    // ---- names

    /// The source between two offsets.
    fn written(&self, start: u32, end: u32) -> &'src str {
        &self.source[start as usize..end as usize]
    }

    /// A name, by where it stands.
    pub(super) fn name_at(&mut self, start: u32, end: u32) -> Name<'src> {
        Name {
            text: self.written(start, end),
            span: span(start, end),
        }
    }

    pub(super) fn dotted_name(&mut self, first: Name<'src>, last: Name<'src>) -> Name<'src> {
        let name = self.name_at(first.span.start, last.span.end);
        if name.text.len() != first.text.len() + 1 + last.text.len() {
            self.fault(SyntaxFault::SpacedName, name.span);
        }
        name
    }
}
