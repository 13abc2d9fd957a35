//! Trees as source again: what is printed parses to the same tree.
//!
//! Spelling is not kept, only meaning: line statements become tags, `capture` becomes `set`, parentheses
//! stand where the tree needs them.

mod translations;

use crate::syntax::ast::{
    Argument, Body, Element, Entry, ExprId, ExprKind, FilterCall, Name, Parameter, Pattern, Step,
    StepKind, StmtId, StmtKind, Target, Tree,
};
use crate::syntax::dump::{
    assign_word, binary_spelling, compare_spelling, context_words, target_spelling, unary_spelling,
};
use crate::syntax::tier::Tier;
use crate::syntax::{Delimiters, Id};

/// The source of a tree in the given delimiters. To be parsed with `keep_trailing_newline` and without
/// trimming.
pub(crate) fn print_tree(tree: &Tree<'_>, delimiters: &Delimiters) -> String {
    let mut printer = Printer {
        tree,
        delimiters,
        out: String::new(),
    };
    printer.body(tree.body);
    printer.out
}

/// The tree's depth is limited, and so is the recursion over it.
struct Printer<'tree, 'src> {
    tree: &'tree Tree<'src>,
    delimiters: &'tree Delimiters,
    out: String,
}

impl<'tree, 'src> Printer<'tree, 'src> {
    fn push(&mut self, text: &str) {
        self.out.push_str(text);
    }

    /// A tag: what `inside` writes between its delimiters.
    fn tag(&mut self, inside: impl FnOnce(&mut Self)) {
        self.push(&self.delimiters.statement_start);
        self.push(" ");
        inside(self);
        self.push(" ");
        self.push(&self.delimiters.statement_end);
    }

    fn word_tag(&mut self, words: &str) {
        self.tag(|printer| printer.push(words));
    }

    fn fallback(&mut self, error: Option<Name<'_>>, body: Body) {
        match error {
            Some(error) => self.word_tag(&format!("fallback {}", error.text)),
            None => self.word_tag("fallback"),
        }
        self.body(body);
    }

    fn body(&mut self, body: Body) {
        let mut after_text = false;
        for id in &self.tree[body] {
            let is_text = matches!(self.tree.stmt(*id).kind, StmtKind::Text(_));
            self.stmt(*id, after_text);
            after_text = is_text;
        }
    }

    /// Text beside other text, or with what could be taken for a start in it, is written as a raw block.
    fn text(&mut self, text: &str, after_text: bool) {
        let delimiters = self.delimiters;
        let starts = [
            Some(&delimiters.statement_start),
            Some(&delimiters.output_start),
            Some(&delimiters.comment_start),
            delimiters.line_statement.as_ref(),
            delimiters.line_comment.as_ref(),
        ];
        let raw = after_text
            || starts.into_iter().flatten().any(|start| {
                let ends_like_start = text
                    .chars()
                    .next_back()
                    .is_some_and(|last| start.contains(last));
                text.contains(start.as_str()) || ends_like_start
            });
        if raw {
            self.word_tag("raw");
            self.push(text);
            self.word_tag("endraw");
        } else {
            self.push(text);
        }
    }

    fn stmt(&mut self, id: StmtId, after_text: bool) {
        match &self.tree.stmt(id).kind {
            StmtKind::Text(text) => self.text(self.tree.text(*text), after_text),
            StmtKind::Output(value) => {
                self.push(&self.delimiters.output_start);
                self.push(" ");
                self.expr(*value, Tier::Expression);
                self.push(" ");
                self.push(&self.delimiters.output_end);
            }
            StmtKind::Print(values) => self.tag(|printer| {
                printer.push("print ");
                printer.list(&printer.tree[*values], |printer, id| {
                    printer.expr(*id, Tier::Expression)
                });
            }),
            StmtKind::If {
                arms,
                otherwise,
                negated,
            } => {
                let (mut word, closer) = match negated {
                    true => ("unless ", "endunless"),
                    false => ("if ", "endif"),
                };
                for arm in &self.tree[*arms] {
                    self.value_tag(word, arm.condition, Tier::Nullish);
                    self.body(arm.body);
                    word = "elif ";
                }
                self.otherwise(*otherwise);
                self.word_tag(closer);
            }
            StmtKind::For(for_) => {
                let for_ = &self.tree[*for_];
                self.tag(|printer| {
                    printer.push(if for_.is_async { "async for " } else { "for " });
                    printer.target(for_.target);
                    printer.push(" in ");
                    printer.expr(for_.iterable, Tier::Nullish);
                    if let Some(condition) = for_.condition {
                        printer.push(" if ");
                        printer.expr(condition, Tier::Expression);
                    }
                    if for_.recursive {
                        printer.push(" recursive");
                    }
                    if let Some(limit) = for_.concurrent {
                        printer.push(" concurrent ");
                        printer.expr(limit, Tier::Nullish);
                    }
                });
                self.body(for_.body);
                self.otherwise(for_.otherwise);
                self.word_tag("endfor");
            }
            StmtKind::While { condition, body } => {
                self.value_tag("while ", *condition, Tier::Nullish);
                self.body(*body);
                self.word_tag("endwhile");
            }
            StmtKind::Match { subject, cases } => {
                self.value_tag("match ", *subject, Tier::Expression);
                for case in &self.tree[*cases] {
                    self.tag(|printer| {
                        printer.push("case ");
                        printer.pattern(case.pattern);
                        if let Some(guard) = case.guard {
                            printer.push(" if ");
                            printer.expr(guard, Tier::Expression);
                        }
                    });
                    self.body(case.body);
                }
                self.word_tag("endmatch");
            }
            StmtKind::Break => self.word_tag("break"),
            StmtKind::Continue => self.word_tag("continue"),
            StmtKind::Assign {
                target,
                value,
                scope,
                only_if_nullish,
            } => self.tag(|printer| {
                printer.push(assign_word(*scope));
                printer.push(" ");
                printer.target(*target);
                printer.push(if *only_if_nullish { " ??= " } else { " = " });
                printer.expr(*value, Tier::Expression);
            }),
            StmtKind::AssignBlock {
                target,
                filters,
                body,
                scope,
            } => {
                self.tag(|printer| {
                    printer.push(assign_word(*scope));
                    printer.push(" ");
                    printer.target(*target);
                    for filter in &printer.tree[*filters] {
                        printer.push(" | ");
                        printer.filter(filter, false);
                    }
                });
                self.body(*body);
                self.word_tag(&format!("end{}", assign_word(*scope)));
            }
            StmtKind::With { bindings, body } => {
                self.tag(|printer| {
                    printer.push("with ");
                    printer.list(&printer.tree[*bindings], |printer, (target, value)| {
                        printer.target(*target);
                        printer.push(" = ");
                        printer.expr(*value, Tier::Expression);
                    });
                });
                self.body(*body);
                self.word_tag("endwith");
            }
            StmtKind::Macro {
                name,
                parameters,
                body,
            } => {
                self.tag(|printer| {
                    printer.push("macro ");
                    printer.push(printer.tree[*name].text);
                    printer.parameters(&printer.tree[*parameters]);
                });
                self.body(*body);
                self.word_tag("endmacro");
            }
            StmtKind::CallBlock {
                parameters,
                call,
                body,
            } => {
                self.tag(|printer| {
                    printer.push("call");
                    printer.parameters(&printer.tree[*parameters]);
                    printer.push(" ");
                    printer.expr(*call, Tier::Postfix);
                });
                self.body(*body);
                self.word_tag("endcall");
            }
            StmtKind::FilterBlock { filters, body } => {
                self.tag(|printer| {
                    printer.push("filter ");
                    for (index, filter) in printer.tree[*filters].iter().enumerate() {
                        if index > 0 {
                            printer.push(" | ");
                        }
                        printer.filter(filter, false);
                    }
                });
                self.body(*body);
                self.word_tag("endfilter");
            }
            StmtKind::Spaceless(body) => {
                self.word_tag("spaceless");
                self.body(*body);
                self.word_tag("endspaceless");
            }
            StmtKind::Parallel { limit, body } => {
                match limit {
                    Some(limit) => self.value_tag("parallel ", *limit, Tier::Expression),
                    None => self.word_tag("parallel"),
                }
                self.body(*body);
                self.word_tag("endparallel");
            }
            StmtKind::AutoEscape { enabled, body } => {
                self.value_tag("autoescape ", *enabled, Tier::Expression);
                self.body(*body);
                self.word_tag("endautoescape");
            }
            StmtKind::Try(inner) => {
                let inner = &self.tree[*inner];
                match inner.timeout {
                    Some(timeout) => {
                        self.value_tag("try timeout=", timeout, Tier::Expression);
                    }
                    None => self.word_tag("try"),
                }
                self.body(inner.body);
                self.fallback(inner.error, inner.fallback);
                self.word_tag("endtry");
            }
            StmtKind::Defer(inner) => {
                let inner = &self.tree[*inner];
                self.word_tag("defer");
                self.body(inner.body);
                self.word_tag("placeholder");
                self.body(inner.placeholder);
                if let Some((error, body)) = inner.fallback {
                    self.fallback(error, body);
                }
                self.word_tag("enddefer");
            }
            StmtKind::Cache { key, ttl, body } => {
                self.tag(|printer| {
                    printer.push("cache ");
                    printer.expr(*key, Tier::Expression);
                    if let Some(ttl) = ttl {
                        printer.push(", ttl=");
                        printer.expr(*ttl, Tier::Expression);
                    }
                });
                self.body(*body);
                self.word_tag("endcache");
            }
            StmtKind::Do(value) => self.value_tag("do ", *value, Tier::Expression),
            StmtKind::Block {
                name,
                scoped,
                required,
                body,
            } => {
                let scoped = if *scoped { " scoped" } else { "" };
                let required = if *required { " required" } else { "" };
                self.word_tag(&format!(
                    "block {}{scoped}{required}",
                    self.tree[*name].text
                ));
                self.body(*body);
                self.word_tag("endblock");
            }
            StmtKind::Extends(template) => {
                self.value_tag("extends ", *template, Tier::Expression);
            }
            StmtKind::Include {
                template,
                ignore_missing,
                with_context,
            } => self.tag(|printer| {
                printer.push("include ");
                printer.expr(*template, Tier::Expression);
                printer.push(if *ignore_missing {
                    " ignore missing"
                } else {
                    ""
                });
                printer.push(context_words(*with_context, true));
            }),
            StmtKind::Import {
                template,
                alias,
                with_context,
            } => self.tag(|printer| {
                printer.push("import ");
                printer.expr(*template, Tier::Expression);
                printer.push(" as ");
                printer.push(printer.tree[*alias].text);
                printer.push(context_words(*with_context, false));
            }),
            StmtKind::FromImport {
                template,
                names,
                with_context,
            } => self.tag(|printer| {
                printer.push("from ");
                printer.expr(*template, Tier::Expression);
                printer.push(" import ");
                printer.list(&printer.tree[*names], |printer, (name, alias)| {
                    printer.push(&format!("{} as {}", name.text, alias.text));
                });
                printer.push(context_words(*with_context, false));
            }),
            StmtKind::Flush => self.word_tag("flush"),
            StmtKind::Own(tag) => self.own_tag(&self.tree[*tag]),
            StmtKind::OwnPart(body) => self.body(*body),
            StmtKind::Trans(translation) => self.trans(&self.tree[*translation]),
        }
    }

    fn value_tag(&mut self, word: &str, value: ExprId, tier: Tier) {
        self.tag(|printer| {
            printer.push(word);
            printer.expr(value, tier);
        });
    }

    fn otherwise(&mut self, body: Option<Body>) {
        if let Some(body) = body {
            self.word_tag("else");
            self.body(body);
        }
    }

    fn list<T>(&mut self, items: &'tree [T], mut write: impl FnMut(&mut Self, &'tree T)) {
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.push(", ");
            }
            write(self, item);
        }
    }

    fn target(&mut self, target: Id<Target<'src>>) {
        self.push(&target_spelling(self.tree, target));
    }

    fn parameters(&mut self, parameters: &'tree [Parameter<'src>]) {
        self.push("(");
        self.list(parameters, |printer, parameter| {
            printer.push(parameter.name.text);
            if let Some(default) = parameter.default {
                printer.push("=");
                printer.expr(default, Tier::Expression);
            }
        });
        self.push(")");
    }

    fn filter(&mut self, filter: &'tree FilterCall<'src>, parentheses: bool) {
        if filter.awaited {
            self.push("await ");
        }
        self.push(filter.name.text);
        if parentheses || !filter.arguments.is_empty() {
            self.arguments(&self.tree[filter.arguments]);
        }
    }

    fn arguments(&mut self, arguments: &'tree [Argument<'src>]) {
        self.push("(");
        self.list(arguments, |printer, argument| {
            let value = match argument {
                Argument::Positional(value) => value,
                Argument::Keyword(name, value) => {
                    printer.push(name.text);
                    printer.push("=");
                    value
                }
                Argument::Spread(value) => {
                    printer.push("*");
                    value
                }
                Argument::KeywordSpread(value) => {
                    printer.push("**");
                    value
                }
            };
            printer.expr(*value, Tier::Expression);
        });
        self.push(")");
    }

    fn pattern(&mut self, pattern: Id<Pattern<'src>>) {
        match self.tree[pattern] {
            Pattern::Any => self.push("_"),
            Pattern::Bind(name) => self.push(name.text),
            Pattern::Literal(value) => self.expr(value, Tier::Unary),
            Pattern::Sequence { items, rest, .. } => {
                self.push("[");
                self.list(&self.tree[items], |printer, item| printer.pattern(*item));
                if let Some(rest) = rest {
                    self.push(if items.is_empty() { "*" } else { ", *" });
                    self.push(rest.map_or("_", |name| name.text));
                }
                self.push("]");
            }
            Pattern::Mapping { entries, rest, .. } => {
                self.push("{");
                self.list(&self.tree[entries], |printer, (key, pattern)| {
                    printer.expr(*key, Tier::Unary);
                    printer.push(": ");
                    printer.pattern(*pattern);
                });
                if let Some(rest) = rest {
                    self.push(if entries.is_empty() { "**" } else { ", **" });
                    self.push(rest.text);
                }
                self.push("}");
            }
            Pattern::Either(choices) => {
                for (index, choice) in self.tree[choices].iter().enumerate() {
                    if index > 0 {
                        self.push(" | ");
                    }
                    if matches!(self.tree[*choice], Pattern::Either(_)) {
                        self.push("(");
                        self.pattern(*choice);
                        self.push(")");
                    } else {
                        self.pattern(*choice);
                    }
                }
            }
        }
    }

    fn tier(&self, kind: &ExprKind<'_>) -> Tier {
        match kind {
            ExprKind::Name(_)
            | ExprKind::None
            | ExprKind::Bool(_)
            | ExprKind::Integer(_)
            | ExprKind::BigInteger(_)
            | ExprKind::Float(_)
            | ExprKind::String(_)
            | ExprKind::List(_)
            | ExprKind::Tuple(_)
            | ExprKind::Dict(_)
            | ExprKind::Comprehension(_) => Tier::Atom,
            ExprKind::Range { .. } => Tier::Range,
            ExprKind::Unary { .. } => Tier::Unary,
            ExprKind::Not { .. } => Tier::Not,
            ExprKind::Binary { rest, .. } => {
                match self.tree[*rest]
                    .first()
                    .map(|(first, _)| binary_spelling(*first))
                {
                    Some("+" | "-") => Tier::Sum,
                    Some("**") => Tier::Power,
                    _ => Tier::Product,
                }
            }
            ExprKind::Concat(_) => Tier::Concat,
            ExprKind::And(_) => Tier::And,
            ExprKind::Or(_) => Tier::Or,
            ExprKind::Coalesce(_) => Tier::Nullish,
            ExprKind::Compare { .. } => Tier::Comparison,
            ExprKind::Conditional { .. } => Tier::Expression,
            ExprKind::Chain { steps, .. } => {
                let piped = self.tree[*steps].iter().any(|step| is_piped(&step.kind));
                if piped { Tier::Operand } else { Tier::Postfix }
            }
            ExprKind::Await(_) | ExprKind::Spawn(_) => Tier::Awaited,
        }
    }

    /// The expression where one of at least that tier may stand, in parentheses if it binds looser.
    fn expr(&mut self, id: ExprId, at_least: Tier) {
        let kind = &self.tree.expr(id).kind;
        // These two may be read as one with what follows them.
        let joins = matches!(kind, ExprKind::Name("async" | "await"));
        let parentheses = self.tier(kind) < at_least || joins;
        if parentheses {
            self.push("(");
        }
        self.bare_expr(kind);
        if parentheses {
            self.push(")");
        }
    }

    fn operands(&mut self, operands: &'tree [ExprId], operator: &str, tier: Tier) {
        for (index, operand) in operands.iter().enumerate() {
            if index > 0 {
                self.push(operator);
            }
            self.expr(*operand, tier.tighter());
        }
    }

    fn bare_expr(&mut self, kind: &'tree ExprKind<'src>) {
        let tier = self.tier(kind);
        match kind {
            ExprKind::Name(name) => self.push(name),
            ExprKind::None => self.push("none"),
            ExprKind::Bool(value) => self.push(if *value { "true" } else { "false" }),
            ExprKind::Integer(value) => self.push(&value.to_string()),
            ExprKind::BigInteger(value) => self.push(&self.tree[*value].to_string()),
            ExprKind::Float(value) if value.is_infinite() => self.push("1e999"),
            ExprKind::Float(value) => self.push(&format!("{value:?}")),
            ExprKind::String(text) => self.string(self.tree.text(*text)),
            ExprKind::List(elements) => {
                self.push("[");
                self.list(&self.tree[*elements], |printer, element| match element {
                    Element::Item(id) => printer.expr(*id, Tier::Expression),
                    Element::Spread(id) => {
                        printer.push("*");
                        printer.expr(*id, Tier::Expression);
                    }
                });
                self.push("]");
            }
            ExprKind::Tuple(items) => {
                self.push("(");
                self.list(&self.tree[*items], |printer, id| {
                    printer.expr(*id, Tier::Expression)
                });
                self.push(if items.len() == 1 { ",)" } else { ")" });
            }
            ExprKind::Dict(entries) => {
                self.push("{");
                self.list(&self.tree[*entries], |printer, entry| match entry {
                    Entry::Pair(key, value) => {
                        printer.expr(*key, Tier::Expression);
                        printer.push(": ");
                        printer.expr(*value, Tier::Expression);
                    }
                    Entry::Spread(id) => {
                        printer.push("**");
                        printer.expr(*id, Tier::Expression);
                    }
                });
                self.push("}");
            }
            ExprKind::Comprehension(comprehension) => {
                let comprehension = &self.tree[*comprehension];
                self.push("[");
                self.expr(comprehension.element, Tier::Expression);
                self.push(if comprehension.is_async {
                    " async for "
                } else {
                    " for "
                });
                self.target(comprehension.target);
                self.push(" in ");
                self.expr(comprehension.iterable, Tier::Nullish);
                if let Some(condition) = comprehension.condition {
                    self.push(" if ");
                    self.expr(condition, Tier::Expression);
                }
                self.push("]");
            }
            ExprKind::Range {
                start,
                end,
                step,
                inclusive,
            } => {
                self.expr(*start, Tier::Sum);
                self.push(if *inclusive { " .. " } else { " ... " });
                self.expr(*end, Tier::Sum);
                if let Some(step) = step {
                    self.push(" by ");
                    self.expr(*step, Tier::Sum);
                }
            }
            ExprKind::Unary { operators, operand } => {
                for operator in &self.tree[*operators] {
                    self.push(unary_spelling(*operator));
                }
                self.expr(*operand, Tier::Awaited);
            }
            ExprKind::Not { count, operand } => {
                for _ in 0..*count {
                    self.push("not ");
                }
                self.expr(*operand, Tier::Comparison);
            }
            ExprKind::Binary { first, rest } => {
                self.expr(*first, tier.tighter());
                for (operator, operand) in &self.tree[*rest] {
                    self.push(" ");
                    self.push(binary_spelling(*operator));
                    self.push(" ");
                    self.expr(*operand, tier.tighter());
                }
            }
            ExprKind::Compare { first, rest } => {
                self.expr(*first, tier.tighter());
                for (operator, operand) in &self.tree[*rest] {
                    self.push(" ");
                    self.push(compare_spelling(*operator));
                    self.push(" ");
                    self.expr(*operand, tier.tighter());
                }
            }
            ExprKind::Concat(operands) => self.operands(&self.tree[*operands], " ~ ", tier),
            ExprKind::And(operands) => self.operands(&self.tree[*operands], " and ", tier),
            ExprKind::Or(operands) => self.operands(&self.tree[*operands], " or ", tier),
            ExprKind::Coalesce(operands) => self.operands(&self.tree[*operands], " ?? ", tier),
            ExprKind::Conditional { arms, otherwise } => {
                for (index, arm) in self.tree[*arms].iter().enumerate() {
                    if index > 0 {
                        self.push(" else ");
                    }
                    self.expr(arm.value, Tier::Nullish);
                    self.push(" if ");
                    self.expr(arm.condition, Tier::Nullish);
                }
                if let Some(otherwise) = otherwise {
                    self.push(" else ");
                    self.expr(*otherwise, Tier::Nullish);
                }
            }
            ExprKind::Chain { base, steps } => self.chain(*base, &self.tree[*steps]),
            ExprKind::Await(operand) => {
                // `await [x]` is an item of a variable.
                if self.starts_with_bracket(*operand) {
                    self.push("await (");
                    self.expr(*operand, Tier::Awaited);
                    self.push(")");
                } else {
                    self.push("await ");
                    self.expr(*operand, Tier::Awaited);
                }
            }
            ExprKind::Spawn(operand) => {
                self.push("spawn ");
                self.expr(*operand, Tier::Awaited);
            }
        }
    }

    fn starts_with_bracket(&self, id: ExprId) -> bool {
        match &self.tree.expr(id).kind {
            ExprKind::List(_) | ExprKind::Comprehension(_) => true,
            ExprKind::Chain { base, .. } => self.starts_with_bracket(*base),
            _ => false,
        }
    }

    fn chain(&mut self, base: ExprId, steps: &'tree [Step<'src>]) {
        let starts_piped = steps.first().is_some_and(|step| is_piped(&step.kind));
        // A chain as the base of a chain was in parentheses: without them it would be one with it.
        let is_chain = matches!(self.tree.expr(base).kind, ExprKind::Chain { .. });
        let calls = matches!(steps.first(), Some(step) if matches!(step.kind, StepKind::Call(_)));
        match &self.tree.expr(base).kind {
            ExprKind::Name(name) if *name != "await" || !calls => self.push(name),
            _ if starts_piped && !is_chain => self.expr(base, Tier::Unary),
            _ => self.expr(base, Tier::Atom),
        }
        for (index, step) in steps.iter().enumerate() {
            let next = steps.get(index + 1).map(|step| &step.kind);
            // A call behind a filter or test must not be taken for its arguments, nor a test for chained.
            let parentheses = matches!(next, Some(StepKind::Call(_) | StepKind::Test { .. }));
            self.step(&step.kind, parentheses);
        }
    }

    fn step(&mut self, step: &'tree StepKind<'src>, parentheses: bool) {
        match step {
            StepKind::Attribute { name, optional } => {
                self.push(if *optional { "?." } else { "." });
                self.push(name.text);
            }
            StepKind::Item { index, optional } => {
                self.push(if *optional { "?[" } else { "[" });
                self.expr(*index, Tier::Expression);
                self.push("]");
            }
            StepKind::Slice {
                start,
                stop,
                step,
                optional,
            } => {
                self.push(if *optional { "?[" } else { "[" });
                for (index, part) in [start, stop, step].into_iter().enumerate() {
                    if index == 1 || index == 2 && part.is_some() {
                        self.push(":");
                    }
                    if let Some(part) = part {
                        self.expr(*part, Tier::Expression);
                    }
                }
                self.push("]");
            }
            StepKind::Call(arguments) => self.arguments(&self.tree[*arguments]),
            StepKind::Filter { filter, optional } => {
                self.push(if *optional { " ?| " } else { " | " });
                self.filter(filter, parentheses);
            }
            StepKind::Test {
                name,
                arguments,
                negated,
            } => {
                self.push(if *negated { " is not " } else { " is " });
                self.push(name.text);
                if parentheses || !arguments.is_empty() {
                    self.arguments(&self.tree[*arguments]);
                }
            }
        }
    }

    fn string(&mut self, text: &str) {
        self.push("'");
        for character in text.chars() {
            match character {
                '\'' => self.push("\\'"),
                '\\' => self.push("\\\\"),
                '\n' => self.push("\\n"),
                '\r' => self.push("\\r"),
                '\t' => self.push("\\t"),
                control if control.is_control() => {
                    self.push(&format!("\\x{:02x}", control as u32));
                }
                character => self.out.push(character),
            }
        }
        self.push("'");
    }
}

fn is_piped(step: &StepKind<'_>) -> bool {
    matches!(step, StepKind::Filter { .. } | StepKind::Test { .. })
}
