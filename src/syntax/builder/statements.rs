//! Statements.

use std::borrow::Cow;

use crate::error::{SyntaxFault, SyntaxNote};
use crate::source::Span;
use crate::syntax::ast::{
    Argument, AssignScope, Binding, Body, Defer, ExprId, ExprKind, FilterCall, For, IfArm, Import,
    MatchCase, Name, Parameter, StepKind, StmtId, StmtKind, Try,
};
use crate::syntax::builder::{AstBuilder, Growing, PatternNode, TargetNode, span};
use crate::syntax::lexer::literal;
use crate::syntax::validate;
use crate::syntax::{Id, List};

/// The tag of a `for` loop: the loop, which has no body yet.
#[derive(Clone, Copy)]
pub(in crate::syntax) struct LoopHead<'src> {
    for_: Id<For<'src>>,
    span: Span,
    depth: u16,
}

impl<'src> AstBuilder<'src> {
    pub(in crate::syntax) fn text(&mut self, l: u32, r: u32) -> StmtId {
        let text = self.written(l, r);
        let text = match self.is_normal {
            true => Cow::Borrowed(text),
            false => literal::normalize_newlines(text, self.newline),
        };
        let text = self.tree.add_text(text);
        self.add_statement(StmtKind::Text(text), span(l, r), 0)
    }

    pub(in crate::syntax) fn output(&mut self, l: u32, value: ExprId, r: u32) -> StmtId {
        self.add_statement(StmtKind::Output(value), span(l, r), self.depth(value))
    }

    pub(in crate::syntax) fn print(&mut self, l: u32, values: Growing<ExprId>, r: u32) -> StmtId {
        let values = self.complete(values);
        let below = self.deepest(&self.tree[values]);
        self.add_statement(StmtKind::Print(values), span(l, r), below)
    }

    pub(in crate::syntax) fn do_(&mut self, l: u32, value: ExprId, r: u32) -> StmtId {
        self.add_statement(StmtKind::Do(value), span(l, r), self.depth(value))
    }

    pub(in crate::syntax) fn flush(&mut self, l: u32, r: u32) -> StmtId {
        self.add_statement(StmtKind::Flush, span(l, r), 0)
    }

    pub(in crate::syntax) fn break_(&mut self, l: u32, r: u32) -> StmtId {
        self.checks_bodies = true;
        self.add_statement(StmtKind::Break, span(l, r), 0)
    }

    pub(in crate::syntax) fn continue_(&mut self, l: u32, r: u32) -> StmtId {
        self.checks_bodies = true;
        self.add_statement(StmtKind::Continue, span(l, r), 0)
    }

    // ---- conditions and loops

    pub(in crate::syntax) fn if_(
        &mut self,
        (span, arms): (Span, Growing<IfArm>),
        otherwise: Option<Body>,
        negated: bool,
    ) -> StmtId {
        let arms = self.complete(arms);
        let depth = |arm: &IfArm| self.depth(arm.condition).max(self.body_depth(arm.body));
        let below = self.tree[arms].iter().map(depth).max().unwrap_or(0);
        let below = below.max(otherwise.map_or(0, |body| self.body_depth(body)));
        let kind = StmtKind::If {
            arms,
            otherwise,
            negated,
        };
        self.add_statement(kind, span, below)
    }

    pub(in crate::syntax) fn unless(
        &mut self,
        (span, condition): (Span, ExprId),
        body: Body,
        otherwise: Option<Body>,
    ) -> StmtId {
        let arms = self.open_with(IfArm { condition, body });
        self.if_((span, arms), otherwise, true)
    }

    #[allow(clippy::too_many_arguments)]
    pub(in crate::syntax) fn loop_head(
        &mut self,
        l: u32,
        is_async: bool,
        target: TargetNode<'src>,
        iterable: ExprId,
        condition: Option<ExprId>,
        recursive: bool,
        concurrent: Option<ExprId>,
        r: u32,
    ) -> LoopHead<'src> {
        let depth = self
            .deepest(&[
                iterable,
                condition.unwrap_or(iterable),
                concurrent.unwrap_or(iterable),
            ])
            .max(target.depth);
        let for_ = For {
            target: target.target,
            iterable,
            condition,
            recursive,
            is_async,
            concurrent,
            body: Body::default(),
            otherwise: None,
        };
        LoopHead {
            for_: self.tree.lists.add(for_),
            span: span(l, r),
            depth,
        }
    }

    pub(in crate::syntax) fn for_(
        &mut self,
        head: LoopHead<'src>,
        body: Body,
        otherwise: Option<Body>,
    ) -> StmtId {
        let below = head
            .depth
            .max(self.body_depth(body))
            .max(otherwise.map_or(0, |body| self.body_depth(body)));
        let for_ = &mut self.tree.lists[head.for_];
        for_.body = body;
        for_.otherwise = otherwise;
        self.add_statement(StmtKind::For(head.for_), head.span, below)
    }

    pub(in crate::syntax) fn while_(
        &mut self,
        l: u32,
        condition: ExprId,
        r: u32,
        body: Body,
    ) -> StmtId {
        let below = self.depth(condition).max(self.body_depth(body));
        self.add_statement(StmtKind::While { condition, body }, span(l, r), below)
    }

    // ---- match

    pub(in crate::syntax) fn match_(
        &mut self,
        l: u32,
        subject: ExprId,
        r: u32,
        before: Body,
        cases: Growing<MatchCase<'src>>,
    ) -> StmtId {
        let cases = self.complete(cases);
        let fault = validate::only_blank(&self.tree, before, SyntaxFault::TextBeforeCase);
        self.report_if(fault);
        let depth = |case: &MatchCase<'src>| {
            let guard = case.guard.map_or(0, |guard| self.depth(guard));
            self.body_depth(case.body).max(guard)
        };
        let below = self.tree[cases].iter().map(depth).max().unwrap_or(0);
        let below = below.max(self.depth(subject));
        self.add_statement(StmtKind::Match { subject, cases }, span(l, r), below)
    }

    pub(in crate::syntax) fn match_case(
        &mut self,
        pattern: PatternNode<'src>,
        guard: Option<ExprId>,
        body: Body,
    ) -> MatchCase<'src> {
        MatchCase {
            pattern: pattern.pattern,
            guard,
            body,
        }
    }

    // ---- assignments

    pub(in crate::syntax) fn assign(
        &mut self,
        l: u32,
        scope: AssignScope,
        target: TargetNode<'src>,
        only_if_nullish: bool,
        value: ExprId,
        r: u32,
    ) -> StmtId {
        let below = self.depth(value).max(target.depth);
        let kind = StmtKind::Assign {
            target: target.target,
            value,
            scope,
            only_if_nullish,
        };
        self.add_statement(kind, span(l, r), below)
    }

    pub(in crate::syntax) fn assign_block(
        &mut self,
        l: u32,
        scope: AssignScope,
        target: TargetNode<'src>,
        filters: Growing<FilterCall<'src>>,
        r: u32,
        body: Body,
    ) -> StmtId {
        let filters = self.complete(filters);
        let below = self
            .body_depth(body)
            .max(self.filters_depth(filters))
            .max(target.depth);
        let kind = StmtKind::AssignBlock {
            target: target.target,
            filters,
            body,
            scope,
        };
        self.add_statement(kind, span(l, r), below)
    }

    pub(in crate::syntax) fn with(
        &mut self,
        l: u32,
        bindings: Growing<Binding<'src>>,
        r: u32,
        body: Body,
    ) -> StmtId {
        let bindings = self.complete(bindings);
        let values = self.tree[bindings]
            .iter()
            .map(|(_, value)| self.depth(*value));
        let below = values.max().unwrap_or(0).max(self.body_depth(body));
        self.add_statement(StmtKind::With { bindings, body }, span(l, r), below)
    }

    // ---- macros and calls

    /// Parameters, and how deep the deepest default is.
    fn parameters(&mut self, parameters: Growing<Parameter<'src>>) -> (List<Parameter<'src>>, u16) {
        let parameters = self.complete(parameters);
        let fault = validate::parameters(&self.tree[parameters]);
        self.report_if(fault);
        let all = self.tree[parameters].iter();
        let defaults = all.filter_map(|parameter| parameter.default);
        let below = defaults.map(|id| self.depth(id)).max().unwrap_or(0);
        (parameters, below)
    }

    pub(in crate::syntax) fn macro_(
        &mut self,
        l: u32,
        name: Name<'src>,
        parameters: Growing<Parameter<'src>>,
        r: u32,
        body: Body,
    ) -> StmtId {
        let (parameters, below) = self.parameters(parameters);
        let below = below.max(self.body_depth(body));
        let kind = StmtKind::Macro {
            name: self.tree.lists.add(name),
            parameters,
            body,
        };
        self.add_statement(kind, span(l, r), below)
    }

    pub(in crate::syntax) fn call_block(
        &mut self,
        l: u32,
        parameters: Option<Growing<Parameter<'src>>>,
        call: ExprId,
        r: u32,
        body: Body,
    ) -> StmtId {
        let expr = self.tree.expr(call);
        let arguments = match &expr.kind {
            ExprKind::Chain { steps, .. } => match self.tree[*steps].last().map(|step| step.kind) {
                Some(StepKind::Call(arguments)) => Some(arguments),
                _ => None,
            },
            _ => None,
        };
        // The body is the argument of that name.
        let again = arguments
            .into_iter()
            .flat_map(|arguments| &self.tree[arguments])
            .find_map(|argument| match argument {
                Argument::Keyword(name, _) if name.text == "caller" => Some(name.span),
                _ => None,
            });
        if arguments.is_none() {
            let span = expr.span;
            self.fault(SyntaxFault::NoCall, span);
        }
        if let Some(span) = again {
            let name = "caller".to_owned();
            self.fault(SyntaxFault::DuplicateArgument { name }, span);
        }
        let (parameters, below) = match parameters {
            Some(parameters) => self.parameters(parameters),
            None => (List::default(), 0),
        };
        let below = below.max(self.body_depth(body)).max(self.depth(call));
        let kind = StmtKind::CallBlock {
            parameters,
            call,
            body,
        };
        self.add_statement(kind, span(l, r), below)
    }

    pub(in crate::syntax) fn filter_block(
        &mut self,
        l: u32,
        filters: Growing<FilterCall<'src>>,
        r: u32,
        body: Body,
    ) -> StmtId {
        let filters = self.complete(filters);
        let below = self.filters_depth(filters).max(self.body_depth(body));
        self.add_statement(StmtKind::FilterBlock { filters, body }, span(l, r), below)
    }

    pub(in crate::syntax) fn parallel(
        &mut self,
        l: u32,
        limit: Option<ExprId>,
        r: u32,
        body: Body,
    ) -> StmtId {
        let below = limit.map_or(0, |limit| self.depth(limit));
        let below = below.max(self.body_depth(body));
        self.add_statement(StmtKind::Parallel { limit, body }, span(l, r), below)
    }

    pub(in crate::syntax) fn spaceless(&mut self, l: u32, r: u32, body: Body) -> StmtId {
        let below = self.body_depth(body);
        self.add_statement(StmtKind::Spaceless(body), span(l, r), below)
    }

    pub(in crate::syntax) fn autoescape(
        &mut self,
        l: u32,
        enabled: ExprId,
        r: u32,
        body: Body,
    ) -> StmtId {
        let below = self.depth(enabled).max(self.body_depth(body));
        self.add_statement(StmtKind::AutoEscape { enabled, body }, span(l, r), below)
    }

    pub(in crate::syntax) fn try_(
        &mut self,
        l: u32,
        timeout: Option<ExprId>,
        r: u32,
        body: Body,
        (error, fallback): (Option<Name<'src>>, Body),
    ) -> StmtId {
        let below = timeout
            .map_or(0, |timeout| self.depth(timeout))
            .max(self.body_depth(body))
            .max(self.body_depth(fallback));
        let kind = StmtKind::Try(self.tree.lists.add(Try {
            timeout,
            body,
            error,
            fallback,
        }));
        self.add_statement(kind, span(l, r), below)
    }

    pub(in crate::syntax) fn defer(
        &mut self,
        l: u32,
        r: u32,
        body: Body,
        placeholder: Option<Body>,
        fallback: Option<(Option<Name<'src>>, Body)>,
    ) -> StmtId {
        self.checks_bodies = true;
        let placeholder = placeholder.unwrap_or_default();
        let failed = fallback.map_or(0, |(_, body)| self.body_depth(body));
        let below = self
            .body_depth(body)
            .max(self.body_depth(placeholder))
            .max(failed);
        let kind = StmtKind::Defer(self.tree.lists.add(Defer {
            body,
            placeholder,
            fallback,
        }));
        self.add_statement(kind, span(l, r), below)
    }

    pub(in crate::syntax) fn cache(
        &mut self,
        l: u32,
        key: ExprId,
        ttl: Option<ExprId>,
        r: u32,
        body: Body,
    ) -> StmtId {
        let below = self
            .deepest(&[key, ttl.unwrap_or(key)])
            .max(self.body_depth(body));
        self.add_statement(StmtKind::Cache { key, ttl, body }, span(l, r), below)
    }

    // ---- templates

    #[allow(clippy::too_many_arguments)]
    pub(in crate::syntax) fn block(
        &mut self,
        l: u32,
        name: Name<'src>,
        scoped: bool,
        required: bool,
        r: u32,
        body: Body,
        closed: Option<Name<'src>>,
    ) -> StmtId {
        if let Some(closed) = closed.filter(|closed| closed.text != name.text) {
            let fault = SyntaxFault::WrongBlockName {
                found: closed.text.into(),
                name: name.text.into(),
            };
            let opened = SyntaxNote::Opened {
                opened: format!("block {}", name.text),
            };
            let error = crate::error::SyntaxError::new(fault, closed.span);
            self.report(error.with_note(opened, Some(span(l, r))));
        }
        if required {
            let fault = SyntaxFault::RequiredBlockWithBody;
            let fault = validate::only_blank(&self.tree, body, fault);
            self.report_if(fault);
        }
        let below = self.body_depth(body);
        let kind = StmtKind::Block {
            name: self.tree.lists.add(name),
            scoped,
            required,
            body,
        };
        self.add_statement(kind, span(l, r), below)
    }

    pub(in crate::syntax) fn extends(&mut self, l: u32, template: ExprId, r: u32) -> StmtId {
        self.add_statement(
            StmtKind::Extends(template),
            span(l, r),
            self.depth(template),
        )
    }

    pub(in crate::syntax) fn include(
        &mut self,
        l: u32,
        template: ExprId,
        ignore_missing: bool,
        context: Option<bool>,
        r: u32,
    ) -> StmtId {
        let kind = StmtKind::Include {
            template,
            ignore_missing,
            with_context: context.unwrap_or(true),
        };
        self.add_statement(kind, span(l, r), self.depth(template))
    }

    pub(in crate::syntax) fn import(
        &mut self,
        l: u32,
        template: ExprId,
        alias: Name<'src>,
        context: Option<bool>,
        r: u32,
    ) -> StmtId {
        let kind = StmtKind::Import {
            template,
            alias: self.tree.lists.add(alias),
            with_context: context.unwrap_or(false),
        };
        self.add_statement(kind, span(l, r), self.depth(template))
    }

    pub(in crate::syntax) fn import_names(
        &mut self,
        l: u32,
        template: ExprId,
        names: Growing<Import<'src>>,
        context: Option<bool>,
        r: u32,
    ) -> StmtId {
        let names = self.complete(names);
        let mut exports = self.tree[names].iter().map(|(name, _)| *name);
        if let Some(name) = exports.find(|name| name.text.starts_with('_')) {
            let fault = SyntaxFault::PrivateImport {
                name: name.text.into(),
            };
            self.fault(fault, name.span);
        }
        let kind = StmtKind::FromImport {
            template,
            names,
            with_context: context.unwrap_or(false),
        };
        self.add_statement(kind, span(l, r), self.depth(template))
    }
}
