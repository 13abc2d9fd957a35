//! The tree of a template for tools: nodes of one shape, made from the tree that is compiled.

use std::ops::Range;
use std::sync::Arc;

use crate::source::{Location, Origin, Span};
use crate::syntax::ast::{
    Argument, AssignScope, Body, Element, Entry, Expr, ExprId, ExprKind, FilterCall, Name,
    Parameter, Pattern, Step, StepKind, StmtId, StmtKind, Target, Tree,
};
use crate::syntax::dump::{binary_spelling, compare_spelling, unary_spelling};
use crate::syntax::{Id, List};

/// The tree of a template, to be read by tools such as linters and editors.
///
/// Made by [`Environment::parse`](crate::Environment::parse). New kinds of nodes may come, and nodes may get
/// more children, as the language grows.
///
/// ```
/// use kakehi::{Environment, NodeKind};
/// let tree = Environment::jinja().parse("page", "{% for x in xs %}{{ x.name | upper }}{% endfor %}")?;
/// let filters = tree.nodes().filter(|node| node.kind() == NodeKind::Filter);
/// let names: Vec<_> = filters.filter_map(|node| node.name()).collect();
/// assert_eq!(names, ["upper"]);
/// # Ok::<(), kakehi::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct SyntaxTree {
    origin: Arc<Origin>,
    nodes: Vec<Node>,
    body: Vec<u32>,
}

#[derive(Clone, Debug)]
struct Node {
    kind: NodeKind,
    name: Option<Box<str>>,
    span: Span,
    children: Vec<u32>,
}

/// What a node of a [`SyntaxTree`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NodeKind {
    /// Text that is printed as it is; its name is the text.
    Text,
    /// An expression that is printed.
    Output,
    /// A statement; its name is the word of its tag, and those that define something hold a [`NodeKind::Target`] or
    /// [`NodeKind::Parameter`] for each name.
    Statement,
    /// Statements in a row; the name says what part of the statement they are, such as `body` or `else`.
    Body,
    /// A name that is set, imported or defined.
    Target,
    /// A parameter of a macro or a call block; its child is the default.
    Parameter,
    /// A variable.
    Variable,
    /// `none`, a boolean or a number; its name is how it is written.
    Literal,
    /// A string; its name is the text.
    String,
    /// A list, tuple or dict, by its name; pairs of a dict are keys and values in turn.
    Collection,
    /// `x.name`
    Attribute,
    /// `x[key]`
    Item,
    /// `x[a:b:c]`
    Slice,
    /// `f(…)`; the first child is what is called.
    Call,
    /// `x | name(…)`; the first child is `x`, but in a block that is filtered.
    Filter,
    /// `x is name(…)`; the first child is `x`.
    Test,
    /// `name=value` in a call.
    Keyword,
    /// `*x` or `**x`, by its name.
    Spread,
    /// An operator, by its name, and its operands.
    Operator,
    /// A pattern of `match`, by its name.
    Pattern,
}

/// A node of a [`SyntaxTree`].
#[derive(Clone, Copy, Debug)]
pub struct SyntaxNode<'t> {
    tree: &'t SyntaxTree,
    index: u32,
}

impl SyntaxTree {
    /// The statements of the template itself.
    ///
    /// ```
    /// let tree = kakehi::Environment::jinja().parse("page", "a{{ b }}c")?;
    /// assert_eq!(tree.body().count(), 3);
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn body(&self) -> impl ExactSizeIterator<Item = SyntaxNode<'_>> {
        self.body.iter().map(|index| self.node(*index))
    }

    /// All nodes, each before what is in it.
    ///
    /// ```
    /// let tree = kakehi::Environment::jinja().parse("page", "{{ a + b }}")?;
    /// let names: Vec<_> = tree.nodes().filter_map(|node| node.name()).collect();
    /// assert_eq!(names, ["+", "a", "b"]);
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn nodes(&self) -> impl Iterator<Item = SyntaxNode<'_>> {
        walk(self, self.body.iter().rev().copied().collect())
    }

    /// The name of the template.
    ///
    /// ```
    /// assert_eq!(kakehi::Environment::new().parse("page", "")?.name(), "page");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn name(&self) -> &str {
        &self.origin.name
    }

    /// The text of the template.
    ///
    /// ```
    /// assert_eq!(kakehi::Environment::new().parse("page", "text")?.source(), "text");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn source(&self) -> &str {
        &self.origin.text
    }

    fn node(&self, index: u32) -> SyntaxNode<'_> {
        SyntaxNode { tree: self, index }
    }
}

/// Nodes and what is in them, in order; the last one of `open` is next.
fn walk(tree: &SyntaxTree, mut open: Vec<u32>) -> impl Iterator<Item = SyntaxNode<'_>> {
    std::iter::from_fn(move || {
        let node = tree.node(open.pop()?);
        open.extend(node.data().children.iter().rev());
        Some(node)
    })
}

impl<'t> SyntaxNode<'t> {
    fn data(&self) -> &'t Node {
        &self.tree.nodes[self.index as usize]
    }

    /// What the node is.
    ///
    /// ```
    /// use kakehi::{Environment, NodeKind};
    /// let tree = Environment::jinja().parse("page", "{{ a }}")?;
    /// assert_eq!(tree.body().next().map(|node| node.kind()), Some(NodeKind::Output));
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn kind(&self) -> NodeKind {
        self.data().kind
    }

    /// Its name, of a kind that has one: a variable, an attribute, a filter, the word of a tag, an operator, the text
    /// of a string.
    ///
    /// ```
    /// let tree = kakehi::Environment::jinja().parse("page", "{% set a = 1 %}")?;
    /// assert_eq!(tree.body().next().and_then(|node| node.name()), Some("set"));
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn name(&self) -> Option<&'t str> {
        self.data().name.as_deref()
    }

    /// The nodes directly in it, in the order of the source.
    ///
    /// ```
    /// let tree = kakehi::Environment::jinja().parse("page", "{{ f(1, x=2) }}")?;
    /// let call = tree.body().next().and_then(|output| output.children().next()).unwrap();
    /// assert_eq!(call.children().count(), 3);
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn children(&self) -> impl ExactSizeIterator<Item = SyntaxNode<'t>> + use<'t> {
        let tree = self.tree;
        self.data().children.iter().map(|index| tree.node(*index))
    }

    /// The node and all that is in it, each before what is in it.
    ///
    /// ```
    /// let tree = kakehi::Environment::jinja().parse("page", "{{ a }}{{ b }}")?;
    /// assert_eq!(tree.body().map(|output| output.descendants().count()).sum::<usize>(), 4);
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn descendants(&self) -> impl Iterator<Item = SyntaxNode<'t>> + use<'t> {
        walk(self.tree, vec![self.index])
    }

    /// The bytes of the source that it stands for; of a statement with a body, its first tag.
    ///
    /// ```
    /// let tree = kakehi::Environment::jinja().parse("page", "a {{ b }}")?;
    /// let output = tree.body().nth(1).unwrap();
    /// assert_eq!(&tree.source()[output.span()], "{{ b }}");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn span(&self) -> Range<usize> {
        let span = self.data().span;
        span.start as usize..span.end as usize
    }

    /// The line and column where it starts.
    ///
    /// ```
    /// let tree = kakehi::Environment::jinja().parse("page", "\n{{ b }}")?;
    /// assert_eq!(tree.body().nth(1).unwrap().location().line, 2);
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn location(&self) -> Location {
        Location::of(&self.tree.origin.text, self.span().start)
    }
}

/// The outline of a tree of this origin.
pub(crate) fn outline(origin: &Arc<Origin>, tree: &Tree<'_>) -> SyntaxTree {
    let mut maker = Maker {
        tree,
        nodes: Vec::new(),
    };
    let body = maker.statements(tree.body);
    SyntaxTree {
        origin: Arc::clone(origin),
        nodes: maker.nodes,
        body,
    }
}

/// The tree's depth is limited, and so is the recursion over it.
struct Maker<'t, 'src> {
    tree: &'t Tree<'src>,
    nodes: Vec<Node>,
}

impl<'t, 'src> Maker<'t, 'src> {
    fn add(&mut self, kind: NodeKind, name: Option<&str>, span: Span, children: Vec<u32>) -> u32 {
        self.nodes.push(Node {
            kind,
            name: name.map(Box::from),
            span,
            children,
        });
        (self.nodes.len() - 1) as u32
    }

    fn named(&mut self, kind: NodeKind, name: &Name<'_>, children: Vec<u32>) -> u32 {
        self.add(kind, Some(name.text), name.span, children)
    }

    fn statements(&mut self, body: Body) -> Vec<u32> {
        self.tree[body]
            .iter()
            .map(|id| self.statement(*id))
            .collect()
    }

    fn body(&mut self, part: &str, span: Span, body: Body) -> u32 {
        let statements = self.statements(body);
        self.add(NodeKind::Body, Some(part), span, statements)
    }

    fn expressions(&mut self, ids: &[ExprId]) -> Vec<u32> {
        ids.iter().map(|id| self.expression(*id)).collect()
    }

    fn targets(&mut self, target: Id<Target<'src>>, children: &mut Vec<u32>) {
        match &self.tree[target] {
            Target::Name(name) => children.push(self.named(NodeKind::Target, name, Vec::new())),
            Target::Tuple(targets, _) => {
                let targets = self.tree[*targets].iter();
                targets.for_each(|target| self.targets(*target, children));
            }
            Target::Attribute { object, attribute } => {
                let owner = self.named(NodeKind::Variable, object, Vec::new());
                children.push(self.named(NodeKind::Attribute, attribute, vec![owner]));
            }
        }
    }

    fn parameters(&mut self, parameters: List<Parameter<'src>>, children: &mut Vec<u32>) {
        for parameter in &self.tree[parameters] {
            let default = parameter.default.map(|id| self.expression(id));
            let default = default.into_iter().collect();
            children.push(self.named(NodeKind::Parameter, &parameter.name, default));
        }
    }

    fn statement(&mut self, id: StmtId) -> u32 {
        let statement = self.tree.stmt(id);
        let span = statement.span;
        let mut children = Vec::new();
        let word = match &statement.kind {
            StmtKind::Text(text) => {
                let text = self.tree.text(*text);
                return self.add(NodeKind::Text, Some(text), span, children);
            }
            StmtKind::Output(value) => {
                children.push(self.expression(*value));
                return self.add(NodeKind::Output, None, span, children);
            }
            StmtKind::OwnPart(body) => return self.body("body", span, *body),
            StmtKind::Print(values) => {
                children = self.expressions(&self.tree[*values]);
                "print"
            }
            StmtKind::If {
                arms,
                otherwise,
                negated,
            } => {
                for arm in &self.tree[*arms] {
                    children.push(self.expression(arm.condition));
                    children.push(self.body("body", span, arm.body));
                }
                if let Some(body) = otherwise {
                    children.push(self.body("else", span, *body));
                }
                if *negated { "unless" } else { "if" }
            }
            StmtKind::For(inner) => {
                let inner = &self.tree[*inner];
                self.targets(inner.target, &mut children);
                let parts = [Some(inner.iterable), inner.condition, inner.concurrent];
                children.extend(parts.into_iter().flatten().map(|id| self.expression(id)));
                children.push(self.body("body", span, inner.body));
                if let Some(body) = inner.otherwise {
                    children.push(self.body("else", span, body));
                }
                if inner.is_async { "async for" } else { "for" }
            }
            StmtKind::While { condition, body } => {
                children.push(self.expression(*condition));
                children.push(self.body("body", span, *body));
                "while"
            }
            StmtKind::Match { subject, cases } => {
                children.push(self.expression(*subject));
                for case in &self.tree[*cases] {
                    children.push(self.pattern(case.pattern, span));
                    children.extend(case.guard.map(|id| self.expression(id)));
                    children.push(self.body("case", span, case.body));
                }
                "match"
            }
            StmtKind::Break => "break",
            StmtKind::Continue => "continue",
            StmtKind::Assign {
                target,
                value,
                scope,
                ..
            } => {
                self.targets(*target, &mut children);
                children.push(self.expression(*value));
                assign(*scope)
            }
            StmtKind::AssignBlock {
                target,
                filters,
                body,
                scope,
            } => {
                self.targets(*target, &mut children);
                let filters = self.tree[*filters].iter();
                children.extend(filters.map(|filter| self.filter(filter, None)));
                children.push(self.body("body", span, *body));
                assign(*scope)
            }
            StmtKind::With { bindings, body } => {
                for (target, value) in &self.tree[*bindings] {
                    self.targets(*target, &mut children);
                    children.push(self.expression(*value));
                }
                children.push(self.body("body", span, *body));
                "with"
            }
            StmtKind::Macro {
                name,
                parameters,
                body,
            } => {
                children.push(self.named(NodeKind::Target, &self.tree[*name], Vec::new()));
                self.parameters(*parameters, &mut children);
                children.push(self.body("body", span, *body));
                "macro"
            }
            StmtKind::CallBlock {
                parameters,
                call,
                body,
            } => {
                self.parameters(*parameters, &mut children);
                children.push(self.expression(*call));
                children.push(self.body("body", span, *body));
                "call"
            }
            StmtKind::FilterBlock { filters, body } => {
                let filters = self.tree[*filters].iter();
                children.extend(filters.map(|filter| self.filter(filter, None)));
                children.push(self.body("body", span, *body));
                "filter"
            }
            StmtKind::Spaceless(body) => {
                children.push(self.body("body", span, *body));
                "spaceless"
            }
            StmtKind::Parallel { limit, body } => {
                children.extend(limit.map(|id| self.expression(id)));
                children.push(self.body("body", span, *body));
                "parallel"
            }
            StmtKind::AutoEscape { enabled, body } => {
                children.push(self.expression(*enabled));
                children.push(self.body("body", span, *body));
                "autoescape"
            }
            StmtKind::Try(inner) => {
                let inner = &self.tree[*inner];
                children.extend(inner.timeout.map(|id| self.expression(id)));
                children.push(self.body("body", span, inner.body));
                let error = inner.error.as_ref();
                children.extend(error.map(|name| self.named(NodeKind::Target, name, Vec::new())));
                children.push(self.body("fallback", span, inner.fallback));
                "try"
            }
            StmtKind::Defer(inner) => {
                let inner = &self.tree[*inner];
                children.push(self.body("body", span, inner.body));
                children.push(self.body("placeholder", span, inner.placeholder));
                if let Some((error, body)) = &inner.fallback {
                    let error = error.as_ref();
                    children
                        .extend(error.map(|name| self.named(NodeKind::Target, name, Vec::new())));
                    children.push(self.body("fallback", span, *body));
                }
                "defer"
            }
            StmtKind::Cache { key, ttl, body } => {
                children.push(self.expression(*key));
                children.extend(ttl.map(|id| self.expression(id)));
                children.push(self.body("body", span, *body));
                "cache"
            }
            StmtKind::Do(value) => {
                children.push(self.expression(*value));
                "do"
            }
            StmtKind::Block { name, body, .. } => {
                children.push(self.named(NodeKind::Target, &self.tree[*name], Vec::new()));
                children.push(self.body("body", span, *body));
                "block"
            }
            StmtKind::Extends(template) => {
                children.push(self.expression(*template));
                "extends"
            }
            StmtKind::Include { template, .. } => {
                children.push(self.expression(*template));
                "include"
            }
            StmtKind::Import {
                template, alias, ..
            } => {
                children.push(self.expression(*template));
                children.push(self.named(NodeKind::Target, &self.tree[*alias], Vec::new()));
                "import"
            }
            StmtKind::FromImport {
                template, names, ..
            } => {
                children.push(self.expression(*template));
                for (_, alias) in &self.tree[*names] {
                    children.push(self.named(NodeKind::Target, alias, Vec::new()));
                }
                "from"
            }
            StmtKind::Flush => "flush",
            StmtKind::Trans(inner) => {
                let inner = &self.tree[*inner];
                children.extend(inner.context.map(|id| self.expression(id)));
                for (name, value) in &self.tree[inner.written] {
                    let value = value.map(|id| self.expression(id)).into_iter().collect();
                    children.push(self.named(NodeKind::Keyword, name, value));
                }
                children.push(self.body("body", span, inner.singular));
                if let Some((_, body)) = &inner.plural {
                    children.push(self.body("pluralize", span, *body));
                }
                "trans"
            }
            StmtKind::Own(tag) => {
                let tag = &self.tree[*tag];
                self.arguments(tag.arguments, &mut children);
                children.extend(tag.body.map(|part| self.statement(part)));
                for (name, part) in &self.tree[tag.branches] {
                    let part = self.statement(*part);
                    children.push(self.named(NodeKind::Body, name, vec![part]));
                }
                tag.name.text
            }
        };
        self.add(NodeKind::Statement, Some(word), span, children)
    }

    fn pattern(&mut self, pattern: Id<Pattern<'src>>, span: Span) -> u32 {
        let mut children = Vec::new();
        let (name, span) = match &self.tree[pattern] {
            Pattern::Any => ("_", span),
            Pattern::Bind(name) => return self.named(NodeKind::Target, name, children),
            Pattern::Literal(value) => return self.expression(*value),
            Pattern::Sequence { items, rest, span } => {
                let items = self.tree[*items].iter();
                children.extend(items.map(|item| self.pattern(*item, *span)));
                let rest = rest.as_ref().and_then(Option::as_ref);
                children.extend(rest.map(|name| self.named(NodeKind::Target, name, Vec::new())));
                ("[]", *span)
            }
            Pattern::Mapping {
                entries,
                rest,
                span,
            } => {
                for (key, pattern) in &self.tree[*entries] {
                    children.push(self.expression(*key));
                    children.push(self.pattern(*pattern, *span));
                }
                let rest = rest.as_ref();
                children.extend(rest.map(|name| self.named(NodeKind::Target, name, Vec::new())));
                ("{}", *span)
            }
            Pattern::Either(choices) => {
                let choices = self.tree[*choices].iter();
                children.extend(choices.map(|choice| self.pattern(*choice, span)));
                ("|", span)
            }
        };
        self.add(NodeKind::Pattern, Some(name), span, children)
    }

    fn arguments(&mut self, arguments: List<Argument<'src>>, children: &mut Vec<u32>) {
        for argument in &self.tree[arguments] {
            let node = match argument {
                Argument::Positional(value) => self.expression(*value),
                Argument::Keyword(name, value) => {
                    let value = self.expression(*value);
                    self.named(NodeKind::Keyword, name, vec![value])
                }
                Argument::Spread(value) => self.spread("*", *value),
                Argument::KeywordSpread(value) => self.spread("**", *value),
            };
            children.push(node);
        }
    }

    fn spread(&mut self, stars: &str, value: ExprId) -> u32 {
        let span = self.tree.expr(value).span;
        let value = self.expression(value);
        self.add(NodeKind::Spread, Some(stars), span, vec![value])
    }

    fn filter(&mut self, filter: &FilterCall<'src>, operand: Option<u32>) -> u32 {
        let mut children: Vec<u32> = operand.into_iter().collect();
        self.arguments(filter.arguments, &mut children);
        self.named(NodeKind::Filter, &filter.name, children)
    }

    fn operator(&mut self, name: &str, span: Span, operands: &[ExprId]) -> u32 {
        let operands = self.expressions(operands);
        self.add(NodeKind::Operator, Some(name), span, operands)
    }

    fn expression(&mut self, id: ExprId) -> u32 {
        let expression = self.tree.expr(id);
        let span = expression.span;
        let literal = |maker: &mut Self, text: &str| {
            maker.add(NodeKind::Literal, Some(text), span, Vec::new())
        };
        match &expression.kind {
            ExprKind::Name(name) => self.add(NodeKind::Variable, Some(name), span, Vec::new()),
            ExprKind::None => literal(self, "none"),
            ExprKind::Bool(value) => literal(self, if *value { "true" } else { "false" }),
            ExprKind::Integer(value) => literal(self, &value.to_string()),
            ExprKind::BigInteger(value) => literal(self, &self.tree[*value].to_string()),
            ExprKind::Float(value) => literal(self, &format!("{value:?}")),
            ExprKind::String(text) => {
                let text = self.tree.text(*text);
                self.add(NodeKind::String, Some(text), span, Vec::new())
            }
            ExprKind::Chain { base, steps } => {
                let mut node = self.expression(*base);
                for step in &self.tree[*steps] {
                    node = self.step(step, node);
                }
                node
            }
            _ => self.compound(expression),
        }
    }

    /// An expression that is made of others.
    fn compound(&mut self, expression: &Expr<'src>) -> u32 {
        let span = expression.span;
        let mut children = Vec::new();
        match &expression.kind {
            ExprKind::List(elements) => {
                for element in &self.tree[*elements] {
                    children.push(match element {
                        Element::Item(id) => self.expression(*id),
                        Element::Spread(id) => self.spread("*", *id),
                    });
                }
                self.add(NodeKind::Collection, Some("list"), span, children)
            }
            ExprKind::Tuple(items) => {
                children = self.expressions(&self.tree[*items]);
                self.add(NodeKind::Collection, Some("tuple"), span, children)
            }
            ExprKind::Dict(entries) => {
                for entry in &self.tree[*entries] {
                    match entry {
                        Entry::Pair(key, value) => {
                            children.extend(self.expressions(&[*key, *value]));
                        }
                        Entry::Spread(id) => children.push(self.spread("**", *id)),
                    }
                }
                self.add(NodeKind::Collection, Some("dict"), span, children)
            }
            ExprKind::Comprehension(inner) => {
                let inner = &self.tree[*inner];
                children.push(self.expression(inner.element));
                self.targets(inner.target, &mut children);
                children.push(self.expression(inner.iterable));
                children.extend(inner.condition.map(|id| self.expression(id)));
                self.add(NodeKind::Collection, Some("comprehension"), span, children)
            }
            ExprKind::Range {
                start,
                end,
                step,
                inclusive,
            } => {
                let parts = [Some(*start), Some(*end), *step];
                children.extend(parts.into_iter().flatten().map(|id| self.expression(id)));
                let name = if *inclusive { ".." } else { "..." };
                self.add(NodeKind::Operator, Some(name), span, children)
            }
            ExprKind::Unary { operators, operand } => {
                let mut node = self.expression(*operand);
                for operator in self.tree[*operators].iter().rev() {
                    let name = unary_spelling(*operator);
                    node = self.add(NodeKind::Operator, Some(name), span, vec![node]);
                }
                node
            }
            ExprKind::Not { operand, .. } => self.operator("not", span, &[*operand]),
            ExprKind::Binary { first, rest } => {
                let mut node = self.expression(*first);
                for (operator, operand) in &self.tree[*rest] {
                    let operand = self.expression(*operand);
                    let name = binary_spelling(*operator);
                    node = self.add(NodeKind::Operator, Some(name), span, vec![node, operand]);
                }
                node
            }
            ExprKind::Compare { first, rest } => {
                children.push(self.expression(*first));
                let mut names = Vec::new();
                for (operator, operand) in &self.tree[*rest] {
                    names.push(compare_spelling(*operator));
                    children.push(self.expression(*operand));
                }
                self.add(NodeKind::Operator, Some(&names.join(" ")), span, children)
            }
            ExprKind::Concat(operands) => self.operator("~", span, &self.tree[*operands]),
            ExprKind::And(operands) => self.operator("and", span, &self.tree[*operands]),
            ExprKind::Or(operands) => self.operator("or", span, &self.tree[*operands]),
            ExprKind::Coalesce(operands) => self.operator("??", span, &self.tree[*operands]),
            ExprKind::Conditional { arms, otherwise } => {
                for arm in &self.tree[*arms] {
                    children.extend(self.expressions(&[arm.value, arm.condition]));
                }
                children.extend(otherwise.map(|id| self.expression(id)));
                self.add(NodeKind::Operator, Some("if"), span, children)
            }
            ExprKind::Await(operand) => self.operator("await", span, &[*operand]),
            ExprKind::Spawn(operand) => self.operator("spawn", span, &[*operand]),
            _ => unreachable!("all others are made of nothing else"),
        }
    }

    fn step(&mut self, step: &Step<'src>, operand: u32) -> u32 {
        let span = Span {
            start: self.nodes[operand as usize].span.start,
            end: step.span.end,
        };
        let mut children = vec![operand];
        match &step.kind {
            StepKind::Attribute { name, .. } => {
                self.add(NodeKind::Attribute, Some(name.text), span, children)
            }
            StepKind::Item { index, .. } => {
                children.push(self.expression(*index));
                self.add(NodeKind::Item, None, span, children)
            }
            StepKind::Slice {
                start, stop, step, ..
            } => {
                let parts = [start, stop, step].into_iter().flatten();
                children.extend(parts.map(|id| self.expression(*id)));
                self.add(NodeKind::Slice, None, span, children)
            }
            StepKind::Call(arguments) => {
                self.arguments(*arguments, &mut children);
                self.add(NodeKind::Call, None, span, children)
            }
            StepKind::Filter { filter, .. } => {
                let node = self.filter(filter, Some(operand));
                self.nodes[node as usize].span = span;
                node
            }
            StepKind::Test {
                name,
                arguments,
                negated,
            } => {
                self.arguments(*arguments, &mut children);
                let test = self.add(NodeKind::Test, Some(name.text), span, children);
                match negated {
                    true => self.add(NodeKind::Operator, Some("not"), span, vec![test]),
                    false => test,
                }
            }
        }
    }
}

fn assign(scope: AssignScope) -> &'static str {
    match scope {
        AssignScope::Local => "set",
        AssignScope::Template => "let",
    }
}
