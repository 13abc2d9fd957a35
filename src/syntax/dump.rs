//! Trees and tokens as text for people: one node or token a line.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::error::Error;
use crate::source::Origin;
use crate::syntax::ast::{
    Argument, AssignScope, BinaryOperator, Body, CompareOperator, Element, Entry, ExprId, ExprKind,
    FilterCall, Parameter, Pattern, StepKind, StmtId, StmtKind, Target, Translation, Tree,
    UnaryOperator,
};
use crate::syntax::lexer::Lexer;
use crate::syntax::{Id, List, Options};

/// The tokens of a template, one a line, each behind its line and column.
///
/// # Errors
///
/// Of kind `Syntax`, if the text cannot be split into tokens.
pub(crate) fn dump_tokens(origin: &Arc<Origin>, options: &Options) -> Result<String, Error> {
    let source = origin.text.as_str();
    let mut out = String::new();
    let (mut line, mut column, mut at) = (1, 1, 0);
    for lexed in Lexer::new(source, options) {
        let (start, token, end) = lexed.map_err(|error| error.into_error(origin))?;
        let token = token.describe(&source[start as usize..end as usize]);
        for character in source[at..start as usize].chars() {
            column += 1;
            if character == '\n' {
                (line, column) = (line + 1, 1);
            }
        }
        at = start as usize;
        writeln!(out, "{line}:{column} {token}").expect("strings take everything");
    }
    Ok(out)
}

/// A tree, one node a line, children indented below their parent.
pub(crate) fn dump_tree(tree: &Tree<'_>) -> String {
    let mut dump = Dump {
        tree,
        out: String::new(),
        indent: 0,
    };
    dump.body(tree.body);
    dump.out
}

/// An expression of a tree, as [`dump_tree`] shows it.
#[cfg(test)]
pub(super) fn dump_expression(tree: &Tree<'_>, id: ExprId) -> String {
    let mut dump = Dump {
        tree,
        out: String::new(),
        indent: 0,
    };
    dump.expr(id);
    dump.out
}

pub(super) fn binary_spelling(operator: BinaryOperator) -> &'static str {
    match operator {
        BinaryOperator::Add => "+",
        BinaryOperator::Subtract => "-",
        BinaryOperator::Multiply => "*",
        BinaryOperator::Divide => "/",
        BinaryOperator::FloorDivide => "//",
        BinaryOperator::Remainder => "%",
        BinaryOperator::Power => "**",
    }
}

pub(super) fn compare_spelling(operator: CompareOperator) -> &'static str {
    match operator {
        CompareOperator::Equal => "==",
        CompareOperator::NotEqual => "!=",
        CompareOperator::Less => "<",
        CompareOperator::LessEqual => "<=",
        CompareOperator::Greater => ">",
        CompareOperator::GreaterEqual => ">=",
        CompareOperator::In => "in",
        CompareOperator::NotIn => "not in",
    }
}

pub(super) fn unary_spelling(operator: UnaryOperator) -> &'static str {
    match operator {
        UnaryOperator::Negate => "-",
        UnaryOperator::Plus => "+",
    }
}

pub(super) fn target_spelling<'src>(tree: &Tree<'src>, target: Id<Target<'src>>) -> String {
    match tree[target] {
        Target::Name(name) => name.text.to_owned(),
        Target::Attribute { object, attribute } => format!("{}.{}", object.text, attribute.text),
        Target::Tuple(items, _) => {
            let items = tree[items].iter();
            let items: Vec<String> = items.map(|item| target_spelling(tree, *item)).collect();
            let comma = if items.len() == 1 { "," } else { "" };
            format!("({}{comma})", items.join(", "))
        }
    }
}

/// The tree's depth is limited, and so is the recursion over it.
struct Dump<'tree, 'src> {
    tree: &'tree Tree<'src>,
    out: String,
    indent: usize,
}

impl<'tree, 'src> Dump<'tree, 'src> {
    fn line(&mut self, text: impl std::fmt::Display) {
        let indent = 2 * self.indent;
        writeln!(self.out, "{:indent$}{text}", "").expect("strings take everything");
    }

    /// Writes what `below` does one level deeper.
    fn nested(&mut self, below: impl FnOnce(&mut Self)) {
        self.indent += 1;
        below(self);
        self.indent -= 1;
    }

    fn under(&mut self, label: impl std::fmt::Display, below: impl FnOnce(&mut Self)) {
        self.line(label);
        self.nested(below);
    }

    fn body(&mut self, body: Body) {
        for id in &self.tree[body] {
            self.stmt(*id);
        }
    }

    fn labelled_body(&mut self, label: &str, body: Body) {
        self.under(label, |dump| dump.body(body));
    }

    fn stmt(&mut self, id: StmtId) {
        match &self.tree.stmt(id).kind {
            StmtKind::Text(text) => self.line(format_args!("text {:?}", self.tree.text(*text))),
            StmtKind::Output(value) => self.under("output", |dump| dump.expr(*value)),
            StmtKind::Print(values) => self.under("print", |dump| dump.exprs(&dump.tree[*values])),
            StmtKind::If {
                arms,
                otherwise,
                negated,
            } => self.under(if *negated { "unless" } else { "if" }, |dump| {
                for arm in &dump.tree[*arms] {
                    dump.under("condition", |dump| dump.expr(arm.condition));
                    dump.labelled_body("then", arm.body);
                }
                if let Some(body) = otherwise {
                    dump.labelled_body("else", *body);
                }
            }),
            StmtKind::For(for_) => {
                let for_ = &self.tree[*for_];
                let target = target_spelling(self.tree, for_.target);
                let async_ = if for_.is_async { "async " } else { "" };
                let recursive = if for_.recursive { " recursive" } else { "" };
                self.under(format_args!("{async_}for {target}{recursive}"), |dump| {
                    dump.under("in", |dump| dump.expr(for_.iterable));
                    if let Some(condition) = for_.condition {
                        dump.under("if", |dump| dump.expr(condition));
                    }
                    dump.labelled_body("body", for_.body);
                    if let Some(body) = for_.otherwise {
                        dump.labelled_body("else", body);
                    }
                });
            }
            StmtKind::While { condition, body } => self.under("while", |dump| {
                dump.under("condition", |dump| dump.expr(*condition));
                dump.labelled_body("body", *body);
            }),
            StmtKind::Match { subject, cases } => self.under("match", |dump| {
                dump.expr(*subject);
                for case in &dump.tree[*cases] {
                    dump.under("case", |dump| {
                        dump.pattern(case.pattern);
                        if let Some(guard) = case.guard {
                            dump.under("if", |dump| dump.expr(guard));
                        }
                        dump.labelled_body("body", case.body);
                    });
                }
            }),
            StmtKind::Break => self.line("break"),
            StmtKind::Continue => self.line("continue"),
            StmtKind::Assign {
                target,
                value,
                scope,
                only_if_nullish,
            } => {
                let operator = if *only_if_nullish { "??=" } else { "=" };
                let (word, target) = (assign_word(*scope), target_spelling(self.tree, *target));
                self.under(format_args!("{word} {target} {operator}"), |dump| {
                    dump.expr(*value);
                });
            }
            StmtKind::AssignBlock {
                target,
                filters,
                body,
                scope,
            } => {
                let (word, target) = (assign_word(*scope), target_spelling(self.tree, *target));
                self.under(format_args!("{word} {target}"), |dump| {
                    dump.filters(*filters);
                    dump.labelled_body("body", *body);
                });
            }
            StmtKind::With { bindings, body } => self.under("with", |dump| {
                for (target, value) in &dump.tree[*bindings] {
                    let target = target_spelling(dump.tree, *target);
                    dump.under(format_args!("{target} ="), |dump| dump.expr(*value));
                }
                dump.labelled_body("body", *body);
            }),
            StmtKind::Macro {
                name,
                parameters,
                body,
            } => self.under(format_args!("macro {}", self.tree[*name].text), |dump| {
                dump.parameters(*parameters);
                dump.labelled_body("body", *body);
            }),
            StmtKind::CallBlock {
                parameters,
                call,
                body,
            } => self.under("call", |dump| {
                dump.parameters(*parameters);
                dump.expr(*call);
                dump.labelled_body("body", *body);
            }),
            StmtKind::FilterBlock { filters, body } => self.under("filter", |dump| {
                dump.filters(*filters);
                dump.labelled_body("body", *body);
            }),
            StmtKind::Spaceless(body) => self.labelled_body("spaceless", *body),
            StmtKind::Parallel { limit, body } => self.under("parallel", |dump| {
                if let Some(limit) = limit {
                    dump.under("limit", |dump| dump.expr(*limit));
                }
                dump.labelled_body("body", *body);
            }),
            StmtKind::AutoEscape { enabled, body } => self.under("autoescape", |dump| {
                dump.expr(*enabled);
                dump.labelled_body("body", *body);
            }),
            StmtKind::Try(inner) => self.under("try", |dump| {
                let inner = &dump.tree[*inner];
                if let Some(timeout) = inner.timeout {
                    dump.under("timeout", |dump| dump.expr(timeout));
                }
                dump.labelled_body("body", inner.body);
                let error = inner.error.map_or("", |error| error.text);
                let label = format!("fallback {error}");
                dump.labelled_body(label.trim_end(), inner.fallback);
            }),
            StmtKind::Defer(inner) => self.under("defer", |dump| {
                let inner = &dump.tree[*inner];
                dump.labelled_body("body", inner.body);
                dump.labelled_body("placeholder", inner.placeholder);
                if let Some((error, body)) = inner.fallback {
                    let error = error.map_or("", |error| error.text);
                    let label = format!("fallback {error}");
                    dump.labelled_body(label.trim_end(), body);
                }
            }),
            StmtKind::Cache { key, ttl, body } => self.under("cache", |dump| {
                dump.expr(*key);
                if let Some(ttl) = ttl {
                    dump.under("ttl", |dump| dump.expr(*ttl));
                }
                dump.labelled_body("body", *body);
            }),
            StmtKind::Do(value) => self.under("do", |dump| dump.expr(*value)),
            StmtKind::Block {
                name,
                scoped,
                required,
                body,
            } => {
                let scoped = if *scoped { " scoped" } else { "" };
                let required = if *required { " required" } else { "" };
                let label = format!("block {}{scoped}{required}", self.tree[*name].text);
                self.labelled_body(&label, *body);
            }
            StmtKind::Extends(template) => self.under("extends", |dump| dump.expr(*template)),
            StmtKind::Include {
                template,
                ignore_missing,
                with_context,
            } => {
                let missing = if *ignore_missing {
                    " ignore missing"
                } else {
                    ""
                };
                let context = context_words(*with_context, true);
                self.under(format_args!("include{missing}{context}"), |dump| {
                    dump.expr(*template);
                });
            }
            StmtKind::Import {
                template,
                alias,
                with_context,
            } => {
                let context = context_words(*with_context, false);
                let alias = self.tree[*alias].text;
                self.under(format_args!("import as {alias}{context}"), |dump| {
                    dump.expr(*template);
                });
            }
            StmtKind::FromImport {
                template,
                names,
                with_context,
            } => {
                let context = context_words(*with_context, false);
                self.under(format_args!("from import{context}"), |dump| {
                    dump.expr(*template);
                    for (name, alias) in &dump.tree[*names] {
                        dump.line(format_args!("{} as {}", name.text, alias.text));
                    }
                });
            }
            StmtKind::Flush => self.line("flush"),
            StmtKind::Own(tag) => self.under(self.tree[*tag].name.text, |dump| {
                let tag = &dump.tree[*tag];
                dump.arguments(tag.arguments);
                tag.body.iter().for_each(|part| dump.stmt(*part));
                for (name, part) in &dump.tree[tag.branches] {
                    dump.under(name.text, |dump| dump.stmt(*part));
                }
            }),
            StmtKind::OwnPart(body) => self.labelled_body("body", *body),
            StmtKind::Trans(translation) => self.trans(&self.tree[*translation]),
        }
    }

    fn trans(&mut self, translation: &'tree Translation<'src>) {
        let trimmed = match translation.trimmed {
            Some(true) => "trans trimmed",
            Some(false) => "trans notrimmed",
            None => "trans",
        };
        self.under(trimmed, |dump| {
            translation.context.iter().for_each(|id| dump.expr(*id));
            for (name, value) in &dump.tree[translation.written] {
                dump.under(format_args!("variable {}", name.text), |dump| {
                    value.iter().for_each(|value| dump.expr(*value));
                });
            }
            dump.labelled_body("singular", translation.singular);
            if let Some((name, body)) = translation.plural {
                let name = name.map_or("", |name| name.text);
                dump.under(format_args!("pluralize {name}"), |dump| {
                    dump.labelled_body("plural", body);
                });
            }
            translation.store.iter().for_each(|id| dump.stmt(*id));
            dump.expr(translation.call);
            translation.variables.iter().for_each(|id| dump.expr(*id));
        });
    }

    fn parameters(&mut self, parameters: List<Parameter<'src>>) {
        for parameter in &self.tree[parameters] {
            self.under(format_args!("parameter {}", parameter.name.text), |dump| {
                if let Some(default) = parameter.default {
                    dump.expr(default);
                }
            });
        }
    }

    fn filters(&mut self, filters: List<FilterCall<'src>>) {
        for filter in &self.tree[filters] {
            self.filter("|", filter);
        }
    }

    fn filter(&mut self, pipe: &str, filter: &'tree FilterCall<'src>) {
        let awaited = if filter.awaited { "await " } else { "" };
        self.under(
            format_args!("{pipe} {awaited}{}", filter.name.text),
            |dump| {
                dump.arguments(filter.arguments);
            },
        );
    }

    fn arguments(&mut self, arguments: List<Argument<'src>>) {
        for argument in &self.tree[arguments] {
            match argument {
                Argument::Positional(value) => self.expr(*value),
                Argument::Keyword(name, value) => {
                    self.under(format_args!("{}=", name.text), |dump| dump.expr(*value));
                }
                Argument::Spread(value) => self.under("*", |dump| dump.expr(*value)),
                Argument::KeywordSpread(value) => self.under("**", |dump| dump.expr(*value)),
            }
        }
    }

    fn pattern(&mut self, pattern: Id<Pattern<'src>>) {
        match self.tree[pattern] {
            Pattern::Any => self.line("any"),
            Pattern::Bind(name) => self.line(format_args!("bind {}", name.text)),
            Pattern::Literal(value) => self.under("literal", |dump| dump.expr(value)),
            Pattern::Sequence { items, rest, .. } => self.under("sequence", |dump| {
                dump.patterns(items);
                if let Some(rest) = rest {
                    dump.line(format_args!("*{}", rest.map_or("_", |name| name.text)));
                }
            }),
            Pattern::Mapping { entries, rest, .. } => self.under("mapping", |dump| {
                for (key, pattern) in &dump.tree[entries] {
                    dump.under("key", |dump| {
                        dump.expr(*key);
                        dump.pattern(*pattern);
                    });
                }
                if let Some(rest) = rest {
                    dump.line(format_args!("**{}", rest.text));
                }
            }),
            Pattern::Either(choices) => self.under("either", |dump| dump.patterns(choices)),
        }
    }

    fn patterns(&mut self, patterns: List<Id<Pattern<'src>>>) {
        for pattern in &self.tree[patterns] {
            self.pattern(*pattern);
        }
    }

    fn exprs(&mut self, ids: &[ExprId]) {
        for id in ids {
            self.expr(*id);
        }
    }

    fn expr(&mut self, id: ExprId) {
        match &self.tree.expr(id).kind {
            ExprKind::Name(name) => self.line(format_args!("name {name}")),
            ExprKind::None => self.line("none"),
            ExprKind::Bool(value) => self.line(value),
            ExprKind::Integer(value) => self.line(format_args!("integer {value}")),
            ExprKind::BigInteger(value) => {
                self.line(format_args!("integer {}", self.tree[*value]));
            }
            ExprKind::Float(value) => self.line(format_args!("float {value:?}")),
            ExprKind::String(text) => {
                self.line(format_args!("string {:?}", self.tree.text(*text)));
            }
            ExprKind::List(elements) => self.under("list", |dump| {
                for element in &dump.tree[*elements] {
                    match element {
                        Element::Item(id) => dump.expr(*id),
                        Element::Spread(id) => dump.under("*", |dump| dump.expr(*id)),
                    }
                }
            }),
            ExprKind::Tuple(items) => self.under("tuple", |dump| dump.exprs(&dump.tree[*items])),
            ExprKind::Dict(entries) => self.under("dict", |dump| {
                for entry in &dump.tree[*entries] {
                    match entry {
                        Entry::Pair(key, value) => {
                            dump.under("pair", |dump| dump.exprs(&[*key, *value]));
                        }
                        Entry::Spread(id) => dump.under("**", |dump| dump.expr(*id)),
                    }
                }
            }),
            ExprKind::Comprehension(comprehension) => self.under("comprehension", |dump| {
                let comprehension = &dump.tree[*comprehension];
                dump.expr(comprehension.element);
                let async_ = if comprehension.is_async { "async " } else { "" };
                let target = target_spelling(dump.tree, comprehension.target);
                dump.under(format_args!("{async_}for {target}"), |dump| {
                    dump.expr(comprehension.iterable);
                });
                if let Some(condition) = comprehension.condition {
                    dump.under("if", |dump| dump.expr(condition));
                }
            }),
            ExprKind::Range {
                start,
                end,
                step,
                inclusive,
            } => self.under(if *inclusive { "range .." } else { "range ..." }, |dump| {
                dump.exprs(&[*start, *end]);
                if let Some(step) = step {
                    dump.under("by", |dump| dump.expr(*step));
                }
            }),
            ExprKind::Unary { operators, operand } => {
                let signs = self.tree[*operators].iter();
                let signs: Vec<&str> = signs.map(|sign| unary_spelling(*sign)).collect();
                self.under(format_args!("unary {}", signs.join(" ")), |dump| {
                    dump.expr(*operand);
                });
            }
            ExprKind::Not { count: 1, operand } => self.under("not", |dump| dump.expr(*operand)),
            ExprKind::Not { count, operand } => {
                self.under(format_args!("not {count} times"), |dump| {
                    dump.expr(*operand)
                });
            }
            ExprKind::Binary { first, rest } => self.under("binary", |dump| {
                dump.expr(*first);
                for (operator, operand) in &dump.tree[*rest] {
                    dump.under(binary_spelling(*operator), |dump| dump.expr(*operand));
                }
            }),
            ExprKind::Concat(operands) => {
                self.under("concat", |dump| dump.exprs(&dump.tree[*operands]))
            }
            ExprKind::And(operands) => self.under("and", |dump| dump.exprs(&dump.tree[*operands])),
            ExprKind::Or(operands) => self.under("or", |dump| dump.exprs(&dump.tree[*operands])),
            ExprKind::Coalesce(operands) => {
                self.under("coalesce", |dump| dump.exprs(&dump.tree[*operands]))
            }
            ExprKind::Compare { first, rest } => self.under("compare", |dump| {
                dump.expr(*first);
                for (operator, operand) in &dump.tree[*rest] {
                    dump.under(compare_spelling(*operator), |dump| dump.expr(*operand));
                }
            }),
            ExprKind::Conditional { arms, otherwise } => self.under("conditional", |dump| {
                for arm in &dump.tree[*arms] {
                    dump.expr(arm.value);
                    dump.under("if", |dump| dump.expr(arm.condition));
                }
                if let Some(otherwise) = otherwise {
                    dump.under("else", |dump| dump.expr(*otherwise));
                }
            }),
            ExprKind::Chain { base, steps } => self.under("chain", |dump| {
                dump.expr(*base);
                for step in &dump.tree[*steps] {
                    dump.step(&step.kind);
                }
            }),
            ExprKind::Await(operand) => self.under("await", |dump| dump.expr(*operand)),
            ExprKind::Spawn(operand) => self.under("spawn", |dump| dump.expr(*operand)),
        }
    }

    fn step(&mut self, step: &'tree StepKind<'src>) {
        let mark = |optional: &bool| if *optional { "?" } else { "" };
        match step {
            StepKind::Attribute { name, optional } => {
                self.line(format_args!("{}.{}", mark(optional), name.text));
            }
            StepKind::Item { index, optional } => {
                self.under(format_args!("{}[]", mark(optional)), |dump| {
                    dump.expr(*index)
                });
            }
            StepKind::Slice {
                start,
                stop,
                step,
                optional,
            } => self.under(format_args!("{}[:]", mark(optional)), |dump| {
                for (label, part) in [("start", start), ("stop", stop), ("step", step)] {
                    if let Some(part) = part {
                        dump.under(label, |dump| dump.expr(*part));
                    }
                }
            }),
            StepKind::Call(arguments) => self.under("()", |dump| dump.arguments(*arguments)),
            StepKind::Filter { filter, optional } => {
                self.filter(if *optional { "?|" } else { "|" }, filter);
            }
            StepKind::Test {
                name,
                arguments,
                negated,
            } => {
                let not = if *negated { "not " } else { "" };
                self.under(format_args!("is {not}{}", name.text), |dump| {
                    dump.arguments(*arguments);
                });
            }
        }
    }
}

pub(super) fn assign_word(scope: AssignScope) -> &'static str {
    match scope {
        AssignScope::Local => "set",
        AssignScope::Template => "let",
    }
}

/// The words that say whether the context is passed, if that is not the default.
pub(super) fn context_words(with_context: bool, default: bool) -> &'static str {
    match (with_context, default) {
        (true, false) => " with context",
        (false, true) => " without context",
        _ => "",
    }
}
