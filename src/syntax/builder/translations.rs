//! `trans`: from its parts to the call of `gettext` that it stands for.
//!
//! As in Jinja2, a translation is a call of the function `gettext`, `ngettext`, `pgettext` or `npgettext`
//! with a message in which variables are `%(name)s`. The tree has both, so that the call is compiled like
//! any other, and tools can show the tag as it was written.

use std::borrow::Cow;

use crate::error::{SyntaxFault, SyntaxNote};
use crate::source::Span;
use crate::syntax::List;
use crate::syntax::ast::{
    Argument, AssignScope, Body, Entry, ExprId, ExprKind, Name, Step, StepKind, StmtId, StmtKind,
    Target, Text, TransVariable, Translation,
};
use crate::syntax::builder::{AstBuilder, Growing, span};
use crate::syntax::lexer::is_space;

/// The tag of a `trans` without its context: whether it says `trimmed` or `notrimmed`, and its variables.
pub(in crate::syntax) type TransHead<'src> = (Option<bool>, List<TransVariable<'src>>);

/// `pluralize name` and what follows.
pub(in crate::syntax) type Plural<'src> = (Option<Name<'src>>, Body);

/// Where the result of a call is kept that says how many there are, so that it is called once.
const COUNT: &str = "_trans";

/// The text of a message, and the variables in it.
struct Message<'src> {
    text: String,
    variables: Vec<Name<'src>>,
}

impl<'src> AstBuilder<'src> {
    pub(in crate::syntax) fn plain_trans_head(&mut self) -> TransHead<'src> {
        (None, List::default())
    }

    pub(in crate::syntax) fn trans_head(
        &mut self,
        mut trimmed: Option<bool>,
        variables: Growing<TransVariable<'src>>,
    ) -> TransHead<'src> {
        let mut kept: Vec<TransVariable<'src>> = Vec::new();
        for (name, value) in self.take(variables) {
            // The words are names where there is a value, and once the question is settled.
            if trimmed.is_none() && value.is_none() && matches!(name.text, "trimmed" | "notrimmed")
            {
                trimmed = Some(name.text == "trimmed");
                continue;
            }
            if let Some((first, _)) = kept.iter().find(|(known, _)| known.text == name.text) {
                let fault = SyntaxFault::DuplicateTranslationVariable {
                    name: name.text.into(),
                };
                let first = first.span;
                let error = crate::error::SyntaxError::new(fault, name.span);
                self.report(error.with_note(SyntaxNote::FirstGiven, Some(first)));
                continue;
            }
            kept.push((name, value));
        }
        (trimmed, self.tree.lists.list(kept))
    }

    pub(in crate::syntax) fn trans(
        &mut self,
        l: u32,
        context: Option<ExprId>,
        (trimmed, written): TransHead<'src>,
        r: u32,
        singular: Body,
        plural: Option<Plural<'src>>,
    ) -> StmtId {
        let tag = span(l, r);
        let below = self
            .body_depth(singular)
            .max(plural.map_or(0, |(_, body)| self.body_depth(body)));
        let one = self.message(singular);
        let many = plural.map(|(_, body)| self.message(body));
        let mut variables: Vec<(Name<'src>, ExprId)> = Vec::new();
        let mut store = None;
        for index in 0..written.len() {
            let (name, value) = self.tree[written][index];
            let mut value = value.unwrap_or_else(|| self.name(name));
            if index == 0 && self.is_call(value) {
                (store, value) = self.store_count(value);
            }
            variables.push((name, value));
        }
        // How many there are: what `pluralize` names, or else the first variable.
        let named = plural.and_then(|(name, _)| name);
        let mut count = match named {
            Some(name) => {
                let known = variables.iter().find(|(known, _)| known.text == name.text);
                if known.is_none() {
                    let fault = SyntaxFault::UnknownTranslationVariable {
                        name: name.text.into(),
                    };
                    self.fault(fault, name.span);
                }
                known.copied()
            }
            None => variables.first().copied(),
        };
        if count.is_none()
            && let Some(name) = one.variables.first()
        {
            count = Some((*name, self.name(*name)));
        }
        if count.is_none() && plural.is_some() && named.is_none() {
            self.fault(SyntaxFault::PluralizeWithoutVariables, tag);
        }
        let referenced = one
            .variables
            .iter()
            .chain(many.iter().flat_map(|many| &many.variables));
        let referenced: Vec<Name<'src>> = referenced.copied().collect();
        for name in &referenced {
            if !variables.iter().any(|(known, _)| known.text == name.text) {
                let value = self.name(*name);
                variables.push((*name, value));
            }
        }
        let count = count.filter(|_| plural.is_some());
        let trim = trimmed.unwrap_or(self.translation.trimmed);
        let formats = self.translation.formats_messages;
        let finish = |text: String| {
            let text = if trim { trim_message(&text) } else { text };
            match referenced.is_empty() && !formats {
                true => text.replace("%%", "%"),
                false => text,
            }
        };
        let one = finish(one.text);
        let many = many.map(|many| finish(many.text));
        let keywords = if formats { &variables[..] } else { &[] };
        let call = self.gettext(tag, context, one, many.zip(count), keywords);
        let dict = (!formats && !variables.is_empty()).then(|| self.variables(tag, &variables));
        let below = below
            .max(self.depth(call))
            .max(dict.map_or(0, |dict| self.depth(dict)));
        let translation = Translation {
            context,
            trimmed,
            written,
            singular,
            plural,
            store,
            call,
            formats,
            variables: dict,
        };
        let translation = self.tree.lists.add(translation);
        self.add_statement(StmtKind::Trans(translation), tag, below)
    }

    /// The call that gives the translated message.
    fn gettext(
        &mut self,
        tag: Span,
        context: Option<ExprId>,
        one: String,
        many: Option<(String, (Name<'src>, ExprId))>,
        keywords: &[(Name<'src>, ExprId)],
    ) -> ExprId {
        let function = match (context.is_some(), many.is_some()) {
            (false, false) => "gettext",
            (false, true) => "ngettext",
            (true, false) => "pgettext",
            (true, true) => "npgettext",
        };
        let base = self.add(ExprKind::Name(function), tag, 0);
        let mut arguments: Vec<Argument<'src>> = Vec::new();
        arguments.extend(context.map(Argument::Positional));
        let one = self.message_text(one, tag);
        arguments.push(Argument::Positional(one));
        // The function knows `num` by the count.
        let mut counts_num = false;
        if let Some((many, (name, count))) = many {
            let many = self.message_text(many, tag);
            arguments.push(Argument::Positional(many));
            arguments.push(Argument::Positional(count));
            counts_num = name.text == "num";
        }
        for (name, value) in keywords {
            if !(counts_num && name.text == "num") {
                arguments.push(Argument::Keyword(*name, *value));
            }
        }
        let arguments = self.tree.lists.list(arguments);
        let below = self.arguments_depth(arguments);
        let step = Step {
            kind: StepKind::Call(arguments),
            span: tag,
        };
        let chain = ExprKind::Chain {
            base,
            steps: self.tree.lists.list([step]),
        };
        self.add(chain, tag, below)
    }

    fn message_text(&mut self, text: String, tag: Span) -> ExprId {
        let text = self.tree.add_text(Cow::Owned(text));
        self.add(ExprKind::String(text), tag, 0)
    }

    /// The dict that a message is formatted with.
    fn variables(&mut self, tag: Span, variables: &[(Name<'src>, ExprId)]) -> ExprId {
        let mut entries = Vec::with_capacity(variables.len());
        let mut below = 0;
        for (name, value) in variables {
            let key = self.add(ExprKind::String(Text::Written(name.text)), name.span, 0);
            entries.push(Entry::Pair(key, *value));
            below = below.max(self.depth(*value));
        }
        let entries = self.tree.lists.list(entries);
        self.add(ExprKind::Dict(entries), tag, below.max(1))
    }

    /// Whether the expression is a call, which should not be made twice.
    fn is_call(&self, value: ExprId) -> bool {
        match &self.tree.expr(value).kind {
            ExprKind::Chain { steps, .. } => self.tree[*steps]
                .last()
                .is_some_and(|step| matches!(step.kind, StepKind::Call(_))),
            _ => false,
        }
    }

    /// A statement that keeps a value, and the name it is kept under.
    fn store_count(&mut self, value: ExprId) -> (Option<StmtId>, ExprId) {
        let span = self.tree.expr(value).span;
        let name = Name { text: COUNT, span };
        let kind = StmtKind::Assign {
            target: self.tree.lists.add(Target::Name(name)),
            value,
            scope: AssignScope::Local,
            only_if_nullish: false,
        };
        let below = self.depth(value);
        let statement = self.add_statement(kind, span, below);
        (Some(statement), self.name(name))
    }

    /// A body as a message: text as it is, but for `%`, and variables as `%(name)s`.
    fn message(&mut self, body: Body) -> Message<'src> {
        let mut message = Message {
            text: String::new(),
            variables: Vec::new(),
        };
        let mut faulty = None;
        for id in &self.tree[body] {
            let statement = self.tree.stmt(*id);
            match &statement.kind {
                StmtKind::Text(text) => {
                    let text = self.tree.text(*text);
                    message.text.push_str(&text.replace('%', "%%"));
                }
                StmtKind::Output(value) => {
                    let value = self.tree.expr(*value);
                    let ExprKind::Name(text) = value.kind else {
                        faulty.get_or_insert((SyntaxFault::ExpressionInTranslation, value.span));
                        continue;
                    };
                    message.text.push_str("%(");
                    message.text.push_str(text);
                    message.text.push_str(")s");
                    let span = value.span;
                    message.variables.push(Name { text, span });
                }
                StmtKind::Trans(_) => {
                    faulty.get_or_insert((SyntaxFault::NestedTranslation, statement.span));
                }
                _ => {
                    faulty.get_or_insert((SyntaxFault::TagInTranslation, statement.span));
                }
            }
        }
        if let Some((fault, span)) = faulty {
            self.fault(fault, span);
        }
        message
    }
}

/// Without white space around it, and with one space for each line break and the white space around that.
fn trim_message(text: &str) -> String {
    let mut lines = text.trim_matches(is_space).split('\n');
    let mut trimmed = lines.next().unwrap_or_default().to_owned();
    let mut blank = false;
    for line in lines {
        let line = line.trim_start_matches(is_space);
        let kept = trimmed.trim_end_matches(is_space).len();
        if !blank {
            trimmed.truncate(kept);
            trimmed.push(' ');
        }
        blank = line.is_empty();
        trimmed.push_str(line);
    }
    trimmed
}

#[cfg(test)]
mod tests {
    use super::trim_message;

    #[test]
    fn a_line_break_is_one_space() {
        for (text, expected) in [
            ("", ""),
            ("  a b  ", "a b"),
            ("a\nb", "a b"),
            ("\n  a  \n\t\n  b c\n", "a b c"),
            ("a \n b\n\nc", "a b c"),
        ] {
            assert_eq!(trim_message(text), expected, "{text:?}");
        }
    }
}
