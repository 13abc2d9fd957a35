//! Notes the places of a template that wait, as a reader would name them.

use crate::bytecode::WaitSite;
use crate::compiler::Compiler;
use crate::source::Span;
use crate::syntax::ast::{ExprId, ExprKind, Step, StepKind};

/// How long a description gets before the rest is left out.
const LONG: usize = 60;

impl<'src> Compiler<'_, 'src> {
    /// Notes that the template waits here.
    pub(super) fn note_wait(&mut self, construct: String, span: Span) {
        self.pools.waits.push(WaitSite {
            construct: construct.into(),
            span,
        });
    }

    /// `await fetch_user(…)`
    pub(super) fn describe_await(&self, operand: ExprId) -> String {
        let mut text = String::from("await ");
        match &self.tree.expr(operand).kind {
            ExprKind::Name(name) => text.push_str(name),
            ExprKind::Chain { base, steps } => {
                match &self.tree.expr(*base).kind {
                    ExprKind::Name(name) => text.push_str(name),
                    _ => text.push('…'),
                }
                for step in &self.tree[*steps] {
                    if text.len() > LONG {
                        text.push('…');
                        break;
                    }
                    describe_step(step, &mut text);
                }
            }
            _ => text.push('…'),
        }
        text
    }
}

fn describe_step(step: &Step<'_>, text: &mut String) {
    match &step.kind {
        StepKind::Attribute { name, optional } => {
            text.push_str(if *optional { "?." } else { "." });
            text.push_str(name.text);
        }
        StepKind::Item { .. } | StepKind::Slice { .. } => text.push_str("[…]"),
        StepKind::Call(arguments) if arguments.is_empty() => text.push_str("()"),
        StepKind::Call(_) => text.push_str("(…)"),
        StepKind::Filter { filter, .. } => {
            text.push_str(" | ");
            text.push_str(filter.name.text);
        }
        StepKind::Test { name, negated, .. } => {
            text.push_str(if *negated { " is not " } else { " is " });
            text.push_str(name.text);
        }
    }
}
