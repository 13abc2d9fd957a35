//! Finds the messages of a template that are to be translated, and its comments.

use crate::syntax::Options;
use crate::syntax::ast::{Argument, ExprId, ExprKind, StepKind, Tree};
use crate::syntax::lexer::Lexer;

/// A message of a template.
pub(crate) struct FoundMessage {
    /// Where the call or the tag starts.
    pub(crate) start: usize,
    pub(crate) context: Option<String>,
    pub(crate) singular: String,
    pub(crate) plural: Option<String>,
}

/// The messages that `gettext` and its sisters are called with as literals, `trans` being such a call, in
/// source order.
pub(crate) fn messages(tree: &Tree<'_>) -> Vec<FoundMessage> {
    let mut found: Vec<FoundMessage> = Vec::new();
    for expression in &tree.expressions {
        let ExprKind::Chain { base, steps } = &expression.kind else {
            continue;
        };
        let ExprKind::Name(function) = tree.expr(*base).kind else {
            continue;
        };
        let Some(StepKind::Call(arguments)) = tree[*steps].first().map(|step| &step.kind) else {
            continue;
        };
        // What each literal argument is: the context, the message, its form for many.
        let (has_context, has_plural) = match function {
            "_" | "gettext" => (false, false),
            "ngettext" => (false, true),
            "pgettext" => (true, false),
            "npgettext" => (true, true),
            _ => continue,
        };
        let mut literals = tree[*arguments].iter().map(|argument| match argument {
            Argument::Positional(id) => literal(tree, *id),
            _ => None,
        });
        let mut next = || literals.next().flatten();
        let context = if has_context { next() } else { None };
        let Some(singular) = next() else {
            continue;
        };
        let plural = if has_plural { next() } else { None };
        if (has_context && context.is_none()) || (has_plural && plural.is_none()) {
            continue;
        }
        found.push(FoundMessage {
            start: expression.span.start as usize,
            context,
            singular,
            plural,
        });
    }
    found.sort_by_key(|message| message.start);
    found
}

fn literal(tree: &Tree<'_>, id: ExprId) -> Option<String> {
    match &tree.expr(id).kind {
        ExprKind::String(text) => Some(tree.text(*text).to_owned()),
        _ => None,
    }
}

/// The comments of a text that parses, each with the offset of its delimiter.
pub(crate) fn comments<'src>(source: &'src str, options: &Options) -> Vec<(usize, &'src str)> {
    let mut lexer = Lexer::new(source, options).keeping_comments();
    lexer.by_ref().for_each(drop);
    lexer.into_comments()
}
