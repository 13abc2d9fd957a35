//! Rules that are not about shape: what parses and still is no template.

use std::collections::HashSet;

use crate::error::{SyntaxError, SyntaxFault, SyntaxNote};
use crate::source::Span;
use crate::syntax::ast::{Argument, AssignScope, Body, Name, Parameter, StmtId, StmtKind, Tree};

/// Faults that one rule reports in one template.
const MOST_FAULTS: usize = 100;

/// Refuses two parameters of one name, and one without a default behind one with a default.
pub(super) fn parameters(parameters: &[Parameter<'_>]) -> Option<Box<SyntaxError>> {
    let mut has_default = false;
    for parameter in parameters {
        let name = parameter.name;
        if has_default && parameter.default.is_none() {
            let fault = SyntaxFault::MissingDefault {
                name: name.text.into(),
            };
            return Some(SyntaxError::new(fault, name.span));
        }
        has_default |= parameter.default.is_some();
    }
    let (first, again) = duplicate(parameters.iter().map(|parameter| parameter.name))?;
    let fault = SyntaxFault::DuplicateParameter {
        name: again.text.into(),
    };
    let error = SyntaxError::new(fault, again.span);
    Some(error.with_note(SyntaxNote::FirstGiven, Some(first)))
}

/// Refuses a positional argument behind a keyword, and a keyword that is given twice.
pub(super) fn arguments(tree: &Tree<'_>, arguments: &[Argument<'_>]) -> Option<Box<SyntaxError>> {
    let mut keywords = 0;
    let mut spreads_keywords = false;
    for argument in arguments {
        match argument {
            Argument::Keyword(..) => keywords += 1,
            Argument::KeywordSpread(_) => spreads_keywords = true,
            Argument::Positional(id) if keywords > 0 || spreads_keywords => {
                let span = tree.expr(*id).span;
                return Some(SyntaxError::new(SyntaxFault::PositionalAfterKeyword, span));
            }
            Argument::Spread(id) if spreads_keywords => {
                let span = tree.expr(*id).span;
                return Some(SyntaxError::new(SyntaxFault::PositionalAfterKeyword, span));
            }
            Argument::Positional(_) | Argument::Spread(_) => {}
        }
    }
    if keywords < 2 {
        return None;
    }
    let names = arguments.iter().filter_map(|argument| match argument {
        Argument::Keyword(name, _) => Some(*name),
        _ => None,
    });
    let (first, again) = duplicate(names)?;
    let fault = SyntaxFault::DuplicateArgument {
        name: again.text.into(),
    };
    let error = SyntaxError::new(fault, again.span);
    Some(error.with_note(SyntaxNote::FirstGiven, Some(first)))
}

/// The first name that was there before, and where it was.
fn duplicate<'src>(names: impl Iterator<Item = Name<'src>>) -> Option<(Span, Name<'src>)> {
    let mut few: Vec<Name<'src>> = Vec::new();
    let mut many: HashSet<&'src str> = HashSet::new();
    for name in names {
        let known = if few.len() < 16 {
            few.iter().any(|before| before.text == name.text)
        } else {
            if many.is_empty() {
                many.extend(few.iter().map(|before| before.text));
            }
            !many.insert(name.text)
        };
        if known {
            let first = few.iter().find(|before| before.text == name.text);
            return Some((first.map_or(name.span, |first| first.span), name));
        }
        few.push(name);
    }
    None
}

/// The fault, if the body holds more than white space, placed at what it holds.
pub(super) fn only_blank(
    tree: &Tree<'_>,
    body: Body,
    fault: SyntaxFault,
) -> Option<Box<SyntaxError>> {
    let shown = tree[body].iter().map(|id| tree.stmt(*id)).find(|statement| {
        !matches!(statement.kind, StmtKind::Text(text) if tree.text(text).chars().all(super::lexer::is_space))
    })?;
    Some(SyntaxError::new(fault, shown.span))
}

/// Finds each `break` and `continue` that is in no loop of its own macro or block, and what a deferred body or a
/// placeholder cannot hold.
pub(super) fn bodies(tree: &Tree<'_>, faults: &mut Vec<SyntaxError>) {
    check_body(tree, &tree[tree.body], Around::default(), faults);
}

/// What a statement stands in.
#[derive(Clone, Copy, Default)]
struct Around {
    round: Round,
    is_deferred: bool,
    is_placeholder: bool,
}

/// Which loop a statement is in.
#[derive(Clone, Copy, Default)]
enum Round {
    #[default]
    None,
    Loop,
    /// A block of this name, in a loop, that has to run to its end.
    Whole(&'static str),
}

impl Around {
    /// What stands in a loop.
    fn round(self) -> Self {
        let round = Round::Loop;
        Around { round, ..self }
    }

    /// What runs on its own.
    fn alone(self) -> Self {
        let round = Round::None;
        Around { round, ..self }
    }

    /// What stands in a block that has to run to its end.
    fn whole(self, tag: &'static str) -> Self {
        let round = match self.round {
            Round::None => Round::None,
            Round::Loop | Round::Whole(_) => Round::Whole(tag),
        };
        Around { round, ..self }
    }
}

/// The nesting limit bounds the recursion.
fn check_body(tree: &Tree<'_>, body: &[StmtId], around: Around, faults: &mut Vec<SyntaxError>) {
    let leaves = |word| match around.round {
        Round::Loop => None,
        Round::None => Some(SyntaxFault::OutsideLoop { word }),
        Round::Whole(tag) => Some(SyntaxFault::LeavesWhole { word, tag }),
    };
    for id in body {
        let statement = tree.stmt(*id);
        let fault = match &statement.kind {
            StmtKind::Break => leaves("break"),
            StmtKind::Continue => leaves("continue"),
            StmtKind::Assign { scope, .. } | StmtKind::AssignBlock { scope, .. } => {
                let is_seen = *scope == AssignScope::Template;
                (is_seen && around.is_deferred).then_some(SyntaxFault::LetInDefer)
            }
            StmtKind::Defer(_) => around
                .is_placeholder
                .then_some(SyntaxFault::DeferInPlaceholder),
            _ => None,
        };
        if let Some(fault) = fault
            && faults.len() < MOST_FAULTS
        {
            faults.push(*SyntaxError::new(fault, statement.span));
        }
    }
    for id in body {
        match &tree.stmt(*id).kind {
            StmtKind::If {
                arms, otherwise, ..
            } => {
                for arm in &tree[*arms] {
                    check_body(tree, &tree[arm.body], around, faults);
                }
                if let Some(body) = otherwise {
                    check_body(tree, &tree[*body], around, faults);
                }
            }
            StmtKind::For(for_) => {
                let for_ = tree[*for_];
                check_body(tree, &tree[for_.body], around.round(), faults);
                if let Some(body) = for_.otherwise {
                    check_body(tree, &tree[body], around, faults);
                }
            }
            StmtKind::While { body, .. } => check_body(tree, &tree[*body], around.round(), faults),
            StmtKind::Match { cases, .. } => {
                for case in &tree[*cases] {
                    check_body(tree, &tree[case.body], around, faults);
                }
            }
            StmtKind::AssignBlock { body, .. }
            | StmtKind::With { body, .. }
            | StmtKind::FilterBlock { body, .. }
            | StmtKind::Spaceless(body)
            | StmtKind::Parallel { body, .. }
            | StmtKind::AutoEscape { body, .. } => check_body(tree, &tree[*body], around, faults),
            StmtKind::Cache { body, .. } => {
                check_body(tree, &tree[*body], around.whole("cache"), faults);
            }
            StmtKind::Defer(inner) => {
                let inner = &tree[*inner];
                let around = Around {
                    is_deferred: true,
                    ..around.whole("defer")
                };
                check_body(tree, &tree[inner.body], around, faults);
                let placeholder = Around {
                    is_placeholder: true,
                    ..around
                };
                check_body(tree, &tree[inner.placeholder], placeholder, faults);
                if let Some((_, body)) = inner.fallback {
                    check_body(tree, &tree[body], around, faults);
                }
            }
            StmtKind::Try(inner) => {
                let inner = &tree[*inner];
                check_body(tree, &tree[inner.body], around, faults);
                check_body(tree, &tree[inner.fallback], around, faults);
            }
            StmtKind::Own(tag) => {
                for part in tree[*tag].parts(tree) {
                    check_body(tree, &[part], around.alone(), faults);
                }
            }
            // Macros, callers and blocks run on their own: a loop around them is not theirs.
            StmtKind::Macro { body, .. }
            | StmtKind::CallBlock { body, .. }
            | StmtKind::OwnPart(body)
            | StmtKind::Block { body, .. } => {
                check_body(tree, &tree[*body], around.alone(), faults);
            }
            StmtKind::Text(_)
            | StmtKind::Output(_)
            | StmtKind::Print(_)
            | StmtKind::Break
            | StmtKind::Continue
            | StmtKind::Assign { .. }
            | StmtKind::Do(_)
            | StmtKind::Extends(_)
            | StmtKind::Include { .. }
            | StmtKind::Import { .. }
            | StmtKind::FromImport { .. }
            | StmtKind::Flush
            | StmtKind::Trans(_) => {}
        }
    }
}
