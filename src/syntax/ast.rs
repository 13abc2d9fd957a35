//! The tree of a template: nodes in an arena, referred to by id.
//!
//! Ids instead of boxes make the parser's symbols small and dropping the tree trivial. Operands that
//! chain (`a + b + c`, `a.b.c`, `x | f | g`, `elif`) are lists in one node, so that depth means nesting.

use std::borrow::Cow;
use std::num::NonZeroU32;

use crate::source::Span;
use crate::syntax::lists::{Id, List, Lists};

/// The id of an expression in its [`Tree`]: its index, counted from one, so that an optional one is as small.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ExprId(NonZeroU32);

impl ExprId {
    /// The id of the expression at that index, which is less than the length of the source in bytes.
    pub(crate) fn new(index: usize) -> Self {
        let number = u32::try_from(index + 1).ok().and_then(NonZeroU32::new);
        ExprId(number.expect("a source of 4 GiB is refused"))
    }

    pub(crate) fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// The id of a statement in its [`Tree`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct StmtId(pub(crate) u32);

/// A parsed template.
#[derive(Debug, Default)]
pub(crate) struct Tree<'src> {
    pub(crate) expressions: Vec<Expr<'src>>,
    pub(crate) statements: Vec<Stmt<'src>>,
    pub(crate) lists: Lists<'src>,
    /// Texts that do not stand in the source as they are.
    texts: Vec<String>,
    /// The statements of the template itself.
    pub(crate) body: Body,
}

/// Statements in order.
pub(crate) type Body = List<StmtId>;

/// A name and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Name<'src> {
    pub(crate) text: &'src str,
    pub(crate) span: Span,
}

/// Text of a template, or of a string in it: `tree.text(…)`.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Text<'src> {
    /// As it stands in the source.
    Written(&'src str),
    /// With escapes decoded or newlines replaced, by its index.
    Made(u32),
}

/// An expression.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expr<'src> {
    pub(crate) kind: ExprKind<'src>,
    pub(crate) span: Span,
    /// One more than the deepest child, so that passes over the tree may recurse.
    pub(crate) depth: u16,
}

/// What an expression is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ExprKind<'src> {
    Name(&'src str),
    None,
    Bool(bool),
    Integer(i64),
    /// A literal beyond 64 bits.
    BigInteger(Id<i128>),
    Float(f64),
    String(Text<'src>),
    List(List<Element>),
    Tuple(List<ExprId>),
    Dict(List<Entry>),
    Comprehension(Id<Comprehension<'src>>),
    /// `1..5`, `1...5`, `1..10 by 3`
    Range {
        start: ExprId,
        end: ExprId,
        step: Option<ExprId>,
        /// `..` includes its end, `...` does not.
        inclusive: bool,
    },
    /// Prefix operators, outermost first: `- + x`.
    Unary {
        operators: List<UnaryOperator>,
        operand: ExprId,
    },
    /// `not not x`: `count` times.
    Not {
        count: u32,
        operand: ExprId,
    },
    /// Operators of one tier, applied from the left: `a + b - c`, `a * b / c`, `a ** b ** c`.
    Binary {
        first: ExprId,
        rest: List<(BinaryOperator, ExprId)>,
    },
    /// `a ~ b ~ c`
    Concat(List<ExprId>),
    And(List<ExprId>),
    Or(List<ExprId>),
    /// `a ?? b ?? c`
    Coalesce(List<ExprId>),
    /// `a < b <= c`, each operand evaluated once.
    Compare {
        first: ExprId,
        rest: List<(CompareOperator, ExprId)>,
    },
    /// `a if x else b if y else c`: arms in order, then what is left.
    Conditional {
        arms: List<ConditionalArm>,
        otherwise: Option<ExprId>,
    },
    /// `base` followed by attributes, items, calls, filters and tests, in the order applied.
    Chain {
        base: ExprId,
        steps: List<Step<'src>>,
    },
    /// `await e`
    Await(ExprId),
    /// `spawn e`
    Spawn(ExprId),
}

/// One arm of a conditional expression: `value if condition`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ConditionalArm {
    pub(crate) value: ExprId,
    pub(crate) condition: ExprId,
}

/// An element of a list literal.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Element {
    Item(ExprId),
    /// `*e`
    Spread(ExprId),
}

/// An entry of a dict literal.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Entry {
    Pair(ExprId, ExprId),
    /// `**e`
    Spread(ExprId),
}

/// `[element for target in iterable if condition]`
#[derive(Clone, Copy, Debug)]
pub(crate) struct Comprehension<'src> {
    pub(crate) element: ExprId,
    pub(crate) target: Id<Target<'src>>,
    pub(crate) iterable: ExprId,
    pub(crate) condition: Option<ExprId>,
    /// `async for`
    pub(crate) is_async: bool,
}

/// One step of a chain.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step<'src> {
    pub(crate) kind: StepKind<'src>,
    /// From the step's first token (`.`, `[`, `(`, `|`, `is`) to its last.
    pub(crate) span: Span,
}

/// What a step does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum StepKind<'src> {
    /// `.name`, and `?.name` if optional.
    Attribute { name: Name<'src>, optional: bool },
    /// `[index]`, `.0`, and `?[index]` if optional.
    Item { index: ExprId, optional: bool },
    /// `[start:stop:step]`
    Slice {
        start: Option<ExprId>,
        stop: Option<ExprId>,
        step: Option<ExprId>,
        optional: bool,
    },
    /// `(arguments)`
    Call(List<Argument<'src>>),
    /// `| name(arguments)`, `|> …`, `?| …` if optional, `| await …` if awaited.
    Filter {
        filter: FilterCall<'src>,
        optional: bool,
    },
    /// `is name(arguments)`, `is not …`
    Test {
        name: Name<'src>,
        arguments: List<Argument<'src>>,
        negated: bool,
    },
}

/// A filter's name and arguments, in an expression or at the head of a block.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FilterCall<'src> {
    /// The name, dots included.
    pub(crate) name: Name<'src>,
    pub(crate) arguments: List<Argument<'src>>,
    pub(crate) awaited: bool,
}

/// An argument of a call, as written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Argument<'src> {
    Positional(ExprId),
    Keyword(Name<'src>, ExprId),
    /// `*e`
    Spread(ExprId),
    /// `**e`
    KeywordSpread(ExprId),
}

/// A prefix operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UnaryOperator {
    Negate,
    Plus,
}

/// An arithmetic operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BinaryOperator {
    Add,
    Subtract,
    Multiply,
    Divide,
    FloorDivide,
    Remainder,
    Power,
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CompareOperator {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
    NotIn,
}

/// What is assigned to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target<'src> {
    Name(Name<'src>),
    /// `a, b` and `(a, (b, c))`
    Tuple(List<Id<Target<'src>>>, Span),
    /// `ns.attribute`, of a namespace only.
    Attribute {
        object: Name<'src>,
        attribute: Name<'src>,
    },
}

/// A statement.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stmt<'src> {
    pub(crate) kind: StmtKind<'src>,
    /// From the tag's start delimiter to its end, for a block that of its first tag.
    pub(crate) span: Span,
    pub(crate) depth: u16,
}

/// What a statement is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum StmtKind<'src> {
    Text(Text<'src>),
    /// `<< e >>`
    Output(ExprId),
    /// `print a, b`
    Print(List<ExprId>),
    /// `if`, `elif`, `else`; `unless` negates its one condition.
    If {
        arms: List<IfArm>,
        otherwise: Option<Body>,
        negated: bool,
    },
    For(Id<For<'src>>),
    While {
        condition: ExprId,
        body: Body,
    },
    Match {
        subject: ExprId,
        cases: List<MatchCase<'src>>,
    },
    Break,
    Continue,
    /// `set targets = value`, `let …`, and `… ??= …`.
    Assign {
        target: Id<Target<'src>>,
        value: ExprId,
        scope: AssignScope,
        only_if_nullish: bool,
    },
    /// Block `set`, block `let` and `capture`.
    AssignBlock {
        target: Id<Target<'src>>,
        filters: List<FilterCall<'src>>,
        body: Body,
        scope: AssignScope,
    },
    With {
        bindings: List<Binding<'src>>,
        body: Body,
    },
    Macro {
        name: Id<Name<'src>>,
        parameters: List<Parameter<'src>>,
        body: Body,
    },
    CallBlock {
        parameters: List<Parameter<'src>>,
        /// A chain whose last step is a call.
        call: ExprId,
        body: Body,
    },
    FilterBlock {
        filters: List<FilterCall<'src>>,
        body: Body,
    },
    Spaceless(Body),
    /// `parallel`, and how much of it may run at once.
    Parallel {
        limit: Option<ExprId>,
        body: Body,
    },
    AutoEscape {
        enabled: ExprId,
        body: Body,
    },
    Try(Id<Try<'src>>),
    Defer(Id<Defer<'src>>),
    Cache {
        key: ExprId,
        /// How long the fragment is kept.
        ttl: Option<ExprId>,
        body: Body,
    },
    Do(ExprId),
    Block {
        name: Id<Name<'src>>,
        scoped: bool,
        required: bool,
        body: Body,
    },
    Extends(ExprId),
    Include {
        template: ExprId,
        ignore_missing: bool,
        with_context: bool,
    },
    Import {
        template: ExprId,
        alias: Id<Name<'src>>,
        with_context: bool,
    },
    FromImport {
        template: ExprId,
        names: List<Import<'src>>,
        with_context: bool,
    },
    Flush,
    Trans(Id<Translation<'src>>),
    /// A tag of the host.
    Own(Id<OwnTag<'src>>),
    /// A part of a tag of the host; stands in the tag only.
    OwnPart(Body),
}

// A page is text and outputs: what is large and seldom has an arena of its own, so that they stay small.
const _: () = assert!(size_of::<Stmt<'_>>() <= 40 && size_of::<Expr<'_>>() <= 40);

/// One arm of an `if`: what follows where the condition holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IfArm {
    pub(crate) condition: ExprId,
    pub(crate) body: Body,
}

/// Where an assignment is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AssignScope {
    /// `set`: in the scope it stands in.
    Local,
    /// `let`: in the whole template from there on.
    Template,
}

/// A `for` loop.
#[derive(Clone, Copy, Debug)]
pub(crate) struct For<'src> {
    pub(crate) target: Id<Target<'src>>,
    pub(crate) iterable: ExprId,
    pub(crate) condition: Option<ExprId>,
    pub(crate) recursive: bool,
    pub(crate) is_async: bool,
    /// How many bodies may run at once, where that is more than one.
    pub(crate) concurrent: Option<ExprId>,
    pub(crate) body: Body,
    /// `else` or `empty`
    pub(crate) otherwise: Option<Body>,
}

/// A `defer`: a body that may be sent after the rest of the page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Defer<'src> {
    pub(crate) body: Body,
    /// What stands in for the body until it is ready.
    pub(crate) placeholder: Body,
    /// What stands in for it if it fails, and the name of the error there.
    pub(crate) fallback: Option<(Option<Name<'src>>, Body)>,
}

/// A `try`: a body, and what stands in for it if it fails.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Try<'src> {
    /// In seconds.
    pub(crate) timeout: Option<ExprId>,
    pub(crate) body: Body,
    /// The name of the error in the fallback.
    pub(crate) error: Option<Name<'src>>,
    pub(crate) fallback: Body,
}

/// `trans`: the tag as it is written, and the call that it stands for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Translation<'src> {
    /// The message's context, a string.
    pub(crate) context: Option<ExprId>,
    /// `trimmed` or `notrimmed`
    pub(crate) trimmed: Option<bool>,
    /// The variables of the tag.
    pub(crate) written: List<TransVariable<'src>>,
    pub(crate) singular: Body,
    /// The variable that `pluralize` names, and what follows it.
    pub(crate) plural: Option<(Option<Name<'src>>, Body)>,
    /// Keeps the count where it is the result of a call.
    pub(crate) store: Option<StmtId>,
    /// The call of `gettext` or one of its sisters.
    pub(crate) call: ExprId,
    /// Whether the call puts the variables into the message.
    pub(crate) formats: bool,
    /// The dict of variables that are put into the message otherwise, if there are any.
    pub(crate) variables: Option<ExprId>,
}

/// A tag of the host.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OwnTag<'src> {
    pub(crate) name: Name<'src>,
    pub(crate) arguments: List<Argument<'src>>,
    /// Its first part.
    pub(crate) body: Option<StmtId>,
    /// The parts behind that, each with its name.
    pub(crate) branches: List<OwnBranch<'src>>,
    /// Whether it is given the variables it sees.
    pub(crate) sees_variables: bool,
    /// Whether it says that it waits.
    pub(crate) waits: bool,
}

impl<'src> OwnTag<'src> {
    /// All parts, in order.
    pub(crate) fn parts(&self, tree: &Tree<'src>) -> impl Iterator<Item = StmtId> {
        let branches = tree[self.branches].iter().map(|(_, part)| *part);
        self.body.into_iter().chain(branches)
    }
}

/// A part of a tag of the host behind its first: its name and what follows it.
pub(crate) type OwnBranch<'src> = (Name<'src>, StmtId);

/// A variable of a `trans` tag, with its value where one is given.
pub(crate) type TransVariable<'src> = (Name<'src>, Option<ExprId>);

/// An exported name and the name it gets.
pub(crate) type Import<'src> = (Name<'src>, Name<'src>);

/// What a `with` assigns, and its value.
pub(crate) type Binding<'src> = (Id<Target<'src>>, ExprId);

/// A parameter of a macro or a call block.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parameter<'src> {
    pub(crate) name: Name<'src>,
    pub(crate) default: Option<ExprId>,
}

/// `case pattern if guard`
#[derive(Clone, Copy, Debug)]
pub(crate) struct MatchCase<'src> {
    pub(crate) pattern: Id<Pattern<'src>>,
    pub(crate) guard: Option<ExprId>,
    pub(crate) body: Body,
}

/// What a `case` fits.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pattern<'src> {
    /// `_`
    Any,
    /// A name: fits everything, and is bound to it.
    Bind(Name<'src>),
    /// A literal, possibly with a sign.
    Literal(ExprId),
    /// `[a, b, *rest]`; the rest's name where there is one.
    Sequence {
        items: List<Id<Pattern<'src>>>,
        rest: Option<Option<Name<'src>>>,
        span: Span,
    },
    /// `{'k': p, **rest}`
    Mapping {
        entries: List<(ExprId, Id<Pattern<'src>>)>,
        rest: Option<Name<'src>>,
        span: Span,
    },
    /// `p | p`
    Either(List<Id<Pattern<'src>>>),
}

impl<'src> Tree<'src> {
    /// An empty tree with room for so many nodes of each kind.
    pub(crate) fn with_capacity(nodes: usize) -> Self {
        Tree {
            expressions: Vec::with_capacity(nodes),
            statements: Vec::with_capacity(nodes),
            lists: Lists::with_capacity(nodes),
            texts: Vec::new(),
            body: Body::default(),
        }
    }

    /// Adds a text, which is a part of the source or made from one.
    pub(crate) fn add_text(&mut self, text: Cow<'src, str>) -> Text<'src> {
        match text {
            Cow::Borrowed(text) => Text::Written(text),
            Cow::Owned(text) => {
                self.texts.push(text);
                Text::Made(self.texts.len() as u32 - 1)
            }
        }
    }

    /// Puts more behind a text.
    pub(crate) fn lengthen(&mut self, text: Text<'src>, more: &str) -> Text<'src> {
        match text {
            Text::Written(text) => self.add_text(Cow::Owned([text, more].concat())),
            Text::Made(index) => {
                self.texts[index as usize].push_str(more);
                text
            }
        }
    }

    pub(crate) fn text(&self, text: Text<'src>) -> &str {
        match text {
            Text::Written(text) => text,
            Text::Made(index) => &self.texts[index as usize],
        }
    }

    /// The expression of an id.
    pub(crate) fn expr(&self, id: ExprId) -> &Expr<'src> {
        &self.expressions[id.index()]
    }

    /// The statement of an id.
    pub(crate) fn stmt(&self, id: StmtId) -> &Stmt<'src> {
        &self.statements[id.0 as usize]
    }
}
