//! Expressions.

use std::borrow::Cow;

use crate::error::SyntaxFault;
use crate::source::Span;
use crate::syntax::List;
use crate::syntax::ast::{
    Argument, Comprehension, ConditionalArm, Element, Entry, ExprId, ExprKind, FilterCall, Name,
    Step, StepKind, UnaryOperator,
};
use crate::syntax::builder::{AstBuilder, Growing, TargetNode, span};
use crate::syntax::lexer::literal;
use crate::syntax::validate;

/// `| name`, `| await name`, `?| name`.
#[derive(Clone, Copy)]
pub(in crate::syntax) struct FilterHead<'src> {
    pub(in crate::syntax) start: u32,
    pub(in crate::syntax) optional: bool,
    pub(in crate::syntax) awaited: bool,
    pub(in crate::syntax) name: Name<'src>,
}

/// `is name`, `is not name`.
#[derive(Clone, Copy)]
pub(in crate::syntax) struct TestHead<'src> {
    pub(in crate::syntax) start: u32,
    pub(in crate::syntax) negated: bool,
    pub(in crate::syntax) name: Name<'src>,
}

/// What stands in square brackets behind an expression.
#[derive(Clone, Copy)]
pub(in crate::syntax) enum Subscript {
    Index(ExprId),
    Slice(SliceParts),
}

/// `start:stop:step`.
#[derive(Clone, Copy)]
pub(in crate::syntax) struct SliceParts {
    start: Option<ExprId>,
    stop: Option<ExprId>,
    step: Option<ExprId>,
    span: Span,
}

impl Subscript {
    pub(in crate::syntax) fn slice(
        l: u32,
        start: Option<ExprId>,
        stop: Option<ExprId>,
        step: Option<ExprId>,
        r: u32,
    ) -> Self {
        Subscript::Slice(SliceParts {
            start,
            stop,
            step,
            span: span(l, r),
        })
    }
}

impl<'src> AstBuilder<'src> {
    // ---- literals and names

    pub(in crate::syntax) fn name(&mut self, name: Name<'src>) -> ExprId {
        self.add(ExprKind::Name(name.text), name.span, 0)
    }

    pub(in crate::syntax) fn none(&mut self, l: u32, r: u32) -> ExprId {
        self.add(ExprKind::None, span(l, r), 0)
    }

    pub(in crate::syntax) fn bool(&mut self, l: u32, value: bool, r: u32) -> ExprId {
        self.add(ExprKind::Bool(value), span(l, r), 0)
    }

    pub(in crate::syntax) fn integer(&mut self, l: u32, r: u32) -> ExprId {
        let value = literal::decode_integer(self.written(l, r)).unwrap_or_else(|| {
            self.fault(SyntaxFault::IntegerTooLarge, span(l, r));
            0
        });
        let kind = match i64::try_from(value) {
            Ok(small) => ExprKind::Integer(small),
            Err(_) => ExprKind::BigInteger(self.tree.lists.add(value)),
        };
        self.add(kind, span(l, r), 0)
    }

    pub(in crate::syntax) fn float(&mut self, l: u32, r: u32) -> ExprId {
        let value = literal::decode_float(self.written(l, r));
        self.add(ExprKind::Float(value), span(l, r), 0)
    }

    pub(in crate::syntax) fn string(&mut self, l: u32, r: u32) -> ExprId {
        let text = self.decode(l, r);
        let text = self.tree.add_text(text);
        self.add(ExprKind::String(text), span(l, r), 0)
    }

    /// A string that is written next to another one.
    pub(in crate::syntax) fn more_string(&mut self, id: ExprId, l: u32, r: u32) -> ExprId {
        let more = self.decode(l, r);
        if let ExprKind::String(text) = self.tree.expr(id).kind {
            let text = self.tree.lengthen(text, &more);
            self.tree.expressions[id.index()].kind = ExprKind::String(text);
        }
        self.tree.expressions[id.index()].span.end = r;
        id
    }

    fn decode(&mut self, l: u32, r: u32) -> Cow<'src, str> {
        literal::decode_string(self.written(l, r), self.newline).unwrap_or_else(
            |(at, length, fault)| {
                let start = l as usize + at;
                self.fault(fault, Span::new(start, start + length));
                Cow::Borrowed("")
            },
        )
    }

    // ---- collections

    pub(in crate::syntax) fn tuple(&mut self, l: u32, items: Growing<ExprId>, r: u32) -> ExprId {
        let items = self.complete(items);
        self.tuple_of(l, items, r)
    }

    pub(in crate::syntax) fn empty_tuple(&mut self, l: u32, r: u32) -> ExprId {
        self.tuple_of(l, List::default(), r)
    }

    pub(in crate::syntax) fn tuple_of_one(&mut self, l: u32, item: ExprId, r: u32) -> ExprId {
        let items = self.tree.lists.list([item]);
        self.tuple_of(l, items, r)
    }

    fn tuple_of(&mut self, l: u32, items: List<ExprId>, r: u32) -> ExprId {
        let below = self.deepest(&self.tree[items]);
        self.add(ExprKind::Tuple(items), span(l, r), below)
    }

    pub(in crate::syntax) fn list(&mut self, l: u32, elements: Growing<Element>, r: u32) -> ExprId {
        let elements = self.complete(elements);
        let depth = |element: &Element| match element {
            Element::Item(id) | Element::Spread(id) => self.depth(*id),
        };
        let below = self.tree[elements].iter().map(depth).max().unwrap_or(0);
        self.add(ExprKind::List(elements), span(l, r), below)
    }

    pub(in crate::syntax) fn dict(&mut self, l: u32, entries: Growing<Entry>, r: u32) -> ExprId {
        let entries = self.complete(entries);
        let depth = |entry: &Entry| match entry {
            Entry::Pair(key, value) => self.depth(*key).max(self.depth(*value)),
            Entry::Spread(id) => self.depth(*id),
        };
        let below = self.tree[entries].iter().map(depth).max().unwrap_or(0);
        self.add(ExprKind::Dict(entries), span(l, r), below)
    }

    #[allow(clippy::too_many_arguments)]
    pub(in crate::syntax) fn comprehension(
        &mut self,
        l: u32,
        element: ExprId,
        is_async: bool,
        target: TargetNode<'src>,
        iterable: ExprId,
        condition: Option<ExprId>,
        r: u32,
    ) -> ExprId {
        let below = self
            .deepest(&[element, iterable, condition.unwrap_or(element)])
            .max(target.depth);
        let comprehension = Comprehension {
            element,
            target: target.target,
            iterable,
            condition,
            is_async,
        };
        let comprehension = self.tree.lists.add(comprehension);
        self.add(ExprKind::Comprehension(comprehension), span(l, r), below)
    }

    // ---- prefix operators

    pub(in crate::syntax) fn unary(
        &mut self,
        l: u32,
        operators: Growing<UnaryOperator>,
        operand: ExprId,
        r: u32,
    ) -> ExprId {
        let operators = self.complete(operators);
        let below = self.depth(operand);
        self.add(ExprKind::Unary { operators, operand }, span(l, r), below)
    }

    /// One sign.
    pub(in crate::syntax) fn sign(
        &mut self,
        l: u32,
        sign: UnaryOperator,
        operand: ExprId,
        r: u32,
    ) -> ExprId {
        let operators = self.open_with(sign);
        self.unary(l, operators, operand, r)
    }

    pub(in crate::syntax) fn await_(&mut self, l: u32, operand: ExprId, r: u32) -> ExprId {
        let below = self.depth(operand);
        self.add(ExprKind::Await(operand), span(l, r), below)
    }

    pub(in crate::syntax) fn spawn(&mut self, l: u32, operand: ExprId, r: u32) -> ExprId {
        let below = self.depth(operand);
        self.add(ExprKind::Spawn(operand), span(l, r), below)
    }

    // ---- conditionals

    /// `value if condition`
    pub(in crate::syntax) fn conditional(
        &mut self,
        l: u32,
        value: ExprId,
        condition: ExprId,
        r: u32,
    ) -> ExprId {
        let below = self.depth(value).max(self.depth(condition));
        let kind = ExprKind::Conditional {
            arms: self.tree.lists.list([ConditionalArm { value, condition }]),
            otherwise: None,
        };
        self.add(kind, span(l, r), below)
    }

    /// `… else value if condition`
    pub(in crate::syntax) fn conditional_arm(
        &mut self,
        _l: u32,
        id: ExprId,
        value: ExprId,
        condition: ExprId,
        r: u32,
    ) -> ExprId {
        if let ExprKind::Conditional { arms, .. } = &mut self.tree.expressions[id.index()].kind {
            let arm = ConditionalArm { value, condition };
            self.tree.lists.append(arms, arm);
        }
        self.extend(id, self.depth(value).max(self.depth(condition)), r)
    }

    /// `value if condition if condition`: the last arm so far is the value of the new one.
    pub(in crate::syntax) fn conditional_again(
        &mut self,
        _l: u32,
        id: ExprId,
        condition: ExprId,
        r: u32,
    ) -> ExprId {
        let ExprKind::Conditional { arms, .. } = self.tree.expr(id).kind else {
            return id;
        };
        let Some(last) = self.tree[arms].last().copied() else {
            return id;
        };
        let start = self.tree.expr(last.value).span.start;
        let end = self.tree.expr(last.condition).span.end;
        let value = self.conditional(start, last.value, last.condition, end);
        let arm = ConditionalArm { value, condition };
        self.tree.lists.replace_last(arms, arm);
        self.extend(id, self.depth(value).max(self.depth(condition)), r)
    }

    /// `… else value`
    pub(in crate::syntax) fn conditional_else(
        &mut self,
        _l: u32,
        id: ExprId,
        value: ExprId,
        r: u32,
    ) -> ExprId {
        if let ExprKind::Conditional { otherwise, .. } = &mut self.tree.expressions[id.index()].kind
        {
            *otherwise = Some(value);
        }
        self.extend(id, self.depth(value), r)
    }

    // ---- chains

    /// Adds a step whose deepest part is `below` deep to `base`, which may be a chain already.
    fn step(&mut self, l: u32, base: ExprId, step: Step<'src>, below: u16) -> ExprId {
        let end = step.span.end;
        if let Some((ExprKind::Chain { steps, .. }, lists)) = self.open_expr(l, base) {
            lists.append(steps, step);
            return self.extend(base, below, end);
        }
        let below = below.max(self.depth(base));
        let kind = ExprKind::Chain {
            base,
            steps: self.tree.lists.list([step]),
        };
        self.add(kind, span(l, end), below)
    }

    pub(in crate::syntax) fn attribute(
        &mut self,
        l: u32,
        base: ExprId,
        m: u32,
        name: Name<'src>,
        optional: bool,
        r: u32,
    ) -> ExprId {
        let step = Step {
            kind: StepKind::Attribute { name, optional },
            span: span(m, r),
        };
        self.step(l, base, step, 0)
    }

    pub(in crate::syntax) fn item(
        &mut self,
        l: u32,
        base: ExprId,
        m: u32,
        index: ExprId,
        optional: bool,
        r: u32,
    ) -> ExprId {
        let step = Step {
            kind: StepKind::Item { index, optional },
            span: span(m, r),
        };
        self.step(l, base, step, self.depth(index))
    }

    /// `x[]`, which is `x[()]`.
    pub(in crate::syntax) fn empty_item(
        &mut self,
        l: u32,
        base: ExprId,
        m: u32,
        optional: bool,
        r: u32,
    ) -> ExprId {
        let index = self.empty_tuple(m, r);
        self.item(l, base, m, index, optional, r)
    }

    pub(in crate::syntax) fn subscript(
        &mut self,
        l: u32,
        base: ExprId,
        m: u32,
        subscript: Subscript,
        optional: bool,
        r: u32,
    ) -> ExprId {
        match subscript {
            Subscript::Index(index) => self.item(l, base, m, index, optional, r),
            Subscript::Slice(SliceParts {
                start, stop, step, ..
            }) => {
                let parts = [start, stop, step];
                let below = parts.iter().flatten().map(|id| self.depth(*id)).max();
                let kind = StepKind::Slice {
                    start,
                    stop,
                    step,
                    optional,
                };
                let step = Step {
                    kind,
                    span: span(m, r),
                };
                self.step(l, base, step, below.unwrap_or(0))
            }
        }
    }

    /// `x[a, b]`, which is `x[(a, b)]`.
    pub(in crate::syntax) fn subscripts(
        &mut self,
        l: u32,
        base: ExprId,
        m: u32,
        list: Growing<Subscript>,
        optional: bool,
        r: u32,
    ) -> ExprId {
        let mut items = Vec::new();
        for subscript in self.take(list) {
            match subscript {
                Subscript::Index(index) => items.push(index),
                Subscript::Slice(slice) => self.fault(SyntaxFault::SliceInTuple, slice.span),
            }
        }
        let items = self.tree.lists.list(items);
        let index = self.tuple_of(m + 1, items, r - 1);
        self.item(l, base, m, index, optional, r)
    }

    pub(in crate::syntax) fn arguments(
        &mut self,
        arguments: Growing<Argument<'src>>,
    ) -> List<Argument<'src>> {
        let arguments = self.complete(arguments);
        let fault = validate::arguments(&self.tree, &self.tree[arguments]);
        self.report_if(fault);
        arguments
    }

    pub(super) fn arguments_depth(&self, arguments: List<Argument<'src>>) -> u16 {
        let depth = |argument: &Argument<'src>| match argument {
            Argument::Positional(id)
            | Argument::Keyword(_, id)
            | Argument::Spread(id)
            | Argument::KeywordSpread(id) => self.depth(*id),
        };
        self.tree[arguments].iter().map(depth).max().unwrap_or(0)
    }

    pub(in crate::syntax) fn call(
        &mut self,
        l: u32,
        base: ExprId,
        m: u32,
        arguments: List<Argument<'src>>,
        r: u32,
    ) -> ExprId {
        let below = self.arguments_depth(arguments);
        let step = Step {
            kind: StepKind::Call(arguments),
            span: span(m, r),
        };
        self.step(l, base, step, below)
    }

    pub(in crate::syntax) fn filter(
        &mut self,
        l: u32,
        base: ExprId,
        head: FilterHead<'src>,
        arguments: List<Argument<'src>>,
        r: u32,
    ) -> ExprId {
        let below = self.arguments_depth(arguments);
        let filter = FilterCall {
            name: head.name,
            arguments,
            awaited: head.awaited,
        };
        let kind = StepKind::Filter {
            filter,
            optional: head.optional,
        };
        let step = Step {
            kind,
            span: span(head.start, r),
        };
        self.step(l, base, step, below)
    }

    /// A filter without an input, of a block.
    pub(in crate::syntax) fn filter_call(
        &mut self,
        awaited: bool,
        name: Name<'src>,
        arguments: Option<List<Argument<'src>>>,
    ) -> FilterCall<'src> {
        FilterCall {
            name,
            arguments: arguments.unwrap_or_default(),
            awaited,
        }
    }

    /// The depth of the deepest argument of some filters.
    pub(super) fn filters_depth(&self, filters: List<FilterCall<'src>>) -> u16 {
        let depth = |filter: &FilterCall<'src>| self.arguments_depth(filter.arguments);
        self.tree[filters].iter().map(depth).max().unwrap_or(0)
    }

    /// A test with an argument that stands behind it without parentheses.
    pub(in crate::syntax) fn test_with(
        &mut self,
        l: u32,
        base: ExprId,
        head: TestHead<'src>,
        argument: ExprId,
        r: u32,
    ) -> ExprId {
        let arguments = self.tree.lists.list([Argument::Positional(argument)]);
        self.test(l, base, head, arguments, r)
    }

    pub(in crate::syntax) fn test(
        &mut self,
        l: u32,
        base: ExprId,
        head: TestHead<'src>,
        arguments: List<Argument<'src>>,
        r: u32,
    ) -> ExprId {
        // Jinja2 refuses `x is a is b`, but not `x is a(1) is b`.
        if let Some((ExprKind::Chain { steps, .. }, lists)) = self.open_expr(l, base)
            && let Some(Step {
                kind: StepKind::Test { name, .. },
                span: before,
            }) = lists[*steps].last()
            && name.span.end == before.end
        {
            self.fault(
                SyntaxFault::ChainedTest,
                span(head.start, head.name.span.end),
            );
        }
        let below = self.arguments_depth(arguments);
        let kind = StepKind::Test {
            name: head.name,
            arguments,
            negated: head.negated,
        };
        let step = Step {
            kind,
            span: span(head.start, r),
        };
        self.step(l, base, step, below)
    }
}
