//! Visits the direct parts of expressions, targets and patterns.

use crate::syntax::Id;
use crate::syntax::ast::{
    Argument, Element, Entry, ExprId, ExprKind, Name, Pattern, Step, StepKind, Target, Tree,
};

/// The operands of an expression, in order; of a chain its base and what its steps hold.
pub(super) fn operands<'src>(
    tree: &Tree<'src>,
    kind: &ExprKind<'src>,
    visit: &mut dyn FnMut(ExprId),
) {
    match kind {
        ExprKind::Name(_)
        | ExprKind::None
        | ExprKind::Bool(_)
        | ExprKind::Integer(_)
        | ExprKind::BigInteger(_)
        | ExprKind::Float(_)
        | ExprKind::String(_) => {}
        ExprKind::List(elements) => {
            for element in &tree[*elements] {
                let (Element::Item(e) | Element::Spread(e)) = element;
                visit(*e);
            }
        }
        ExprKind::Tuple(parts)
        | ExprKind::Concat(parts)
        | ExprKind::And(parts)
        | ExprKind::Or(parts)
        | ExprKind::Coalesce(parts) => tree[*parts].iter().copied().for_each(visit),
        ExprKind::Dict(entries) => {
            for entry in &tree[*entries] {
                match entry {
                    Entry::Pair(key, value) => {
                        visit(*key);
                        visit(*value);
                    }
                    Entry::Spread(e) => visit(*e),
                }
            }
        }
        ExprKind::Comprehension(inner) => {
            let inner = &tree[*inner];
            visit(inner.iterable);
            inner.condition.into_iter().for_each(&mut *visit);
            visit(inner.element);
        }
        ExprKind::Range {
            start, end, step, ..
        } => {
            visit(*start);
            visit(*end);
            step.iter().copied().for_each(visit);
        }
        ExprKind::Unary { operand, .. } | ExprKind::Not { operand, .. } => visit(*operand),
        ExprKind::Binary { first, rest } => {
            visit(*first);
            tree[*rest].iter().for_each(|(_, e)| visit(*e));
        }
        ExprKind::Compare { first, rest } => {
            visit(*first);
            tree[*rest].iter().for_each(|(_, e)| visit(*e));
        }
        ExprKind::Conditional { arms, otherwise } => {
            for arm in &tree[*arms] {
                visit(arm.condition);
                visit(arm.value);
            }
            otherwise.iter().copied().for_each(visit);
        }
        ExprKind::Chain { base, steps } => {
            visit(*base);
            step_expressions(tree, &tree[*steps], visit);
        }
        ExprKind::Await(operand) | ExprKind::Spawn(operand) => visit(*operand),
    }
}

/// The expressions within the steps of a chain, in order.
pub(super) fn step_expressions<'src>(
    tree: &Tree<'src>,
    steps: &[Step<'src>],
    visit: &mut dyn FnMut(ExprId),
) {
    for step in steps {
        match &step.kind {
            StepKind::Attribute { .. } => {}
            StepKind::Item { index, .. } => visit(*index),
            StepKind::Slice {
                start, stop, step, ..
            } => [start, stop, step]
                .into_iter()
                .flatten()
                .for_each(|e| visit(*e)),
            StepKind::Call(arguments) | StepKind::Test { arguments, .. } => {
                argument_expressions(&tree[*arguments], visit);
            }
            StepKind::Filter { filter, .. } => {
                argument_expressions(&tree[filter.arguments], visit);
            }
        }
    }
}

/// The expressions of arguments, in order.
pub(super) fn argument_expressions(arguments: &[Argument<'_>], visit: &mut dyn FnMut(ExprId)) {
    for argument in arguments {
        match argument {
            Argument::Positional(e)
            | Argument::Keyword(_, e)
            | Argument::Spread(e)
            | Argument::KeywordSpread(e) => visit(*e),
        }
    }
}

/// The names that a target assigns, not counting objects whose attributes it assigns.
pub(super) fn target_names<'src>(
    tree: &Tree<'src>,
    target: Id<Target<'src>>,
    visit: &mut dyn FnMut(Name<'src>),
) {
    match tree[target] {
        Target::Name(name) => visit(name),
        Target::Tuple(targets, _) => {
            let targets = tree[targets].iter();
            targets.for_each(|target| target_names(tree, *target, visit));
        }
        Target::Attribute { .. } => {}
    }
}

/// The names that a pattern binds, as often as it does.
pub(super) fn pattern_names<'src>(
    tree: &Tree<'src>,
    pattern: Id<Pattern<'src>>,
    visit: &mut dyn FnMut(Name<'src>),
) {
    match tree[pattern] {
        Pattern::Any | Pattern::Literal(_) => {}
        Pattern::Bind(name) => visit(name),
        Pattern::Sequence { items, rest, .. } => {
            for item in &tree[items] {
                pattern_names(tree, *item, visit);
            }
            if let Some(Some(name)) = rest {
                visit(name);
            }
        }
        Pattern::Mapping { entries, rest, .. } => {
            for (_, item) in &tree[entries] {
                pattern_names(tree, *item, visit);
            }
            rest.into_iter().for_each(visit);
        }
        Pattern::Either(patterns) => {
            for pattern in &tree[patterns] {
                pattern_names(tree, *pattern, visit);
            }
        }
    }
}

/// The literals and keys of a pattern.
pub(super) fn pattern_expressions<'src>(
    tree: &Tree<'src>,
    pattern: Id<Pattern<'src>>,
    visit: &mut dyn FnMut(ExprId),
) {
    match tree[pattern] {
        Pattern::Any | Pattern::Bind(_) => {}
        Pattern::Literal(e) => visit(e),
        Pattern::Sequence { items, .. } | Pattern::Either(items) => {
            for item in &tree[items] {
                pattern_expressions(tree, *item, visit);
            }
        }
        Pattern::Mapping { entries, .. } => {
            for (key, item) in &tree[entries] {
                visit(*key);
                pattern_expressions(tree, *item, visit);
            }
        }
    }
}
