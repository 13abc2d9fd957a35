//! Operators between operands, by how tightly they bind.
//!
//! The grammar gives operands and operators from left to right. One that waits for its right operand is on a
//! stack, until an operator comes that binds no tighter.

use crate::syntax::ast::{BinaryOperator, CompareOperator, ExprId, ExprKind};
use crate::syntax::builder::{AstBuilder, span};
use crate::syntax::tier::Tier;

/// An operator between two operands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::syntax) enum Infix {
    Coalesce,
    Or,
    And,
    Compare(CompareOperator),
    Range {
        inclusive: bool,
    },
    /// `by`, behind a range.
    Step,
    Concat,
    Binary(BinaryOperator),
}

/// An operand with the `not`s before it.
#[derive(Clone, Copy)]
pub(in crate::syntax) struct Operand {
    pub(in crate::syntax) nots: u32,
    /// Where the `not`s start, if there are any.
    pub(in crate::syntax) start: u32,
    /// Where the operand itself starts, with its parentheses.
    pub(in crate::syntax) inner: u32,
    pub(in crate::syntax) id: ExprId,
    pub(in crate::syntax) end: u32,
}

/// Operands and operators up to some point: the operators that wait, from the bottom of the stack, and the
/// operand behind the last of them.
#[derive(Clone, Copy)]
pub(in crate::syntax) struct Run {
    bottom: u32,
    last: Part,
}

/// An expression that may become an operand, and where it stands, with its parentheses.
#[derive(Clone, Copy)]
pub(super) struct Part {
    start: u32,
    id: ExprId,
    end: u32,
}

/// What waits for its right operand.
pub(super) enum Waiting {
    Infix(Part, Infix),
    /// A range that has a step: its start and end.
    Stepped(Part, bool, ExprId),
    /// So many `not`s that start there.
    Not(u32, u32),
}

impl Infix {
    fn tier(self) -> Tier {
        match self {
            Infix::Coalesce => Tier::Nullish,
            Infix::Or => Tier::Or,
            Infix::And => Tier::And,
            Infix::Compare(_) => Tier::Comparison,
            Infix::Range { .. } => Tier::Range,
            // It takes the end of the range, and leaves the range open.
            Infix::Step => Tier::Sum,
            Infix::Concat => Tier::Concat,
            Infix::Binary(operator) => tier(operator),
        }
    }
}

impl Waiting {
    fn tier(&self) -> Tier {
        match self {
            Waiting::Infix(_, operator) => operator.tier(),
            Waiting::Stepped(..) => Tier::Range,
            Waiting::Not(..) => Tier::Not,
        }
    }
}

/// The tier of an arithmetic operator: only operators of one tier share a node.
fn tier(operator: BinaryOperator) -> Tier {
    match operator {
        BinaryOperator::Add | BinaryOperator::Subtract => Tier::Sum,
        BinaryOperator::Multiply
        | BinaryOperator::Divide
        | BinaryOperator::FloorDivide
        | BinaryOperator::Remainder => Tier::Product,
        BinaryOperator::Power => Tier::Power,
    }
}

/// Defines methods for operators whose operands are one list.
macro_rules! list_operators {
    ($($name:ident => $variant:ident,)*) => {
        impl<'src> AstBuilder<'src> {
            $(fn $name(&mut self, l: u32, left: ExprId, right: ExprId, r: u32) -> ExprId {
                if let Some((ExprKind::$variant(operands), lists)) = self.open_expr(l, left) {
                    lists.append(operands, right);
                    return self.extend(left, self.depth(right), r);
                }
                let below = self.depth(left).max(self.depth(right));
                let mut operands = self.tree.lists.list([left]);
                self.tree.lists.append(&mut operands, right);
                self.add(ExprKind::$variant(operands), span(l, r), below)
            })*
        }
    };
}

list_operators! {
    coalesce => Coalesce,
    or => Or,
    and => And,
    concat => Concat,
}

impl<'src> AstBuilder<'src> {
    /// The first operand of a run.
    pub(in crate::syntax) fn run(&mut self, operand: Operand) -> Run {
        let bottom = self.waiting.len() as u32;
        Run {
            bottom,
            last: self.open_operand(operand),
        }
    }

    /// A run with one more operand.
    pub(in crate::syntax) fn infix(&mut self, run: Run, operator: Infix, operand: Operand) -> Run {
        let left = self.close(run, operator.tier());
        if operator == Infix::Step
            && let Some(Waiting::Infix(start, Infix::Range { inclusive })) = self.waiting.last()
        {
            let stepped = Waiting::Stepped(*start, *inclusive, left.id);
            self.waiting.pop();
            self.waiting.push(stepped);
        } else {
            self.waiting.push(Waiting::Infix(left, operator));
        }
        Run {
            bottom: run.bottom,
            last: self.open_operand(operand),
        }
    }

    /// The expression that a whole run is.
    pub(in crate::syntax) fn operators(&mut self, run: Run) -> ExprId {
        self.close(run, Tier::Expression).id
    }

    fn open_operand(&mut self, operand: Operand) -> Part {
        if operand.nots > 0 {
            self.waiting.push(Waiting::Not(operand.nots, operand.start));
        }
        Part {
            start: operand.inner,
            id: operand.id,
            end: operand.end,
        }
    }

    /// The last operand of a run, with all operators before it that bind as tightly as `tier` or tighter.
    fn close(&mut self, run: Run, tier: Tier) -> Part {
        let mut last = run.last;
        while self.waiting.len() > run.bottom as usize
            && let Some(waiting) = self.waiting.pop_if(|waiting| waiting.tier() >= tier)
        {
            last = self.apply(waiting, last);
        }
        last
    }

    fn apply(&mut self, waiting: Waiting, right: Part) -> Part {
        let (start, id) = match waiting {
            Waiting::Infix(left, operator) => (left.start, self.infix_node(left, operator, right)),
            Waiting::Stepped(first, inclusive, end) => {
                let step = Some(right.id);
                let id = self.range(first.start, first.id, inclusive, end, step, right.end);
                (first.start, id)
            }
            Waiting::Not(count, start) => (start, self.not(start, count, right.id, right.end)),
        };
        Part {
            start,
            id,
            end: right.end,
        }
    }

    fn infix_node(&mut self, left: Part, operator: Infix, right: Part) -> ExprId {
        let (l, r) = (left.start, right.end);
        match operator {
            Infix::Coalesce => self.coalesce(l, left.id, right.id, r),
            Infix::Or => self.or(l, left.id, right.id, r),
            Infix::And => self.and(l, left.id, right.id, r),
            Infix::Compare(operator) => self.compare(l, left.id, operator, right.id, r),
            Infix::Range { inclusive } => self.range(l, left.id, inclusive, right.id, None, r),
            Infix::Step => unreachable!("the grammar has steps behind ranges only"),
            Infix::Concat => self.concat(l, left.id, right.id, r),
            Infix::Binary(operator) => self.binary(l, left.id, operator, right.id, r),
        }
    }

    pub(in crate::syntax) fn not(&mut self, l: u32, count: u32, operand: ExprId, r: u32) -> ExprId {
        let below = self.depth(operand);
        self.add(ExprKind::Not { count, operand }, span(l, r), below)
    }

    fn range(
        &mut self,
        l: u32,
        start: ExprId,
        inclusive: bool,
        end: ExprId,
        step: Option<ExprId>,
        r: u32,
    ) -> ExprId {
        let below = self.deepest(&[start, end, step.unwrap_or(end)]);
        let kind = ExprKind::Range {
            start,
            end,
            step,
            inclusive,
        };
        self.add(kind, span(l, r), below)
    }

    fn binary(
        &mut self,
        l: u32,
        left: ExprId,
        operator: BinaryOperator,
        right: ExprId,
        r: u32,
    ) -> ExprId {
        if let Some((ExprKind::Binary { rest, .. }, lists)) = self.open_expr(l, left)
            && lists[*rest]
                .first()
                .is_some_and(|(first, _)| tier(*first) == tier(operator))
        {
            lists.append(rest, (operator, right));
            return self.extend(left, self.depth(right), r);
        }
        let below = self.depth(left).max(self.depth(right));
        let kind = ExprKind::Binary {
            first: left,
            rest: self.tree.lists.list([(operator, right)]),
        };
        self.add(kind, span(l, r), below)
    }

    fn compare(
        &mut self,
        l: u32,
        left: ExprId,
        operator: CompareOperator,
        right: ExprId,
        r: u32,
    ) -> ExprId {
        if let Some((ExprKind::Compare { rest, .. }, lists)) = self.open_expr(l, left) {
            lists.append(rest, (operator, right));
            return self.extend(left, self.depth(right), r);
        }
        let below = self.depth(left).max(self.depth(right));
        let kind = ExprKind::Compare {
            first: left,
            rest: self.tree.lists.list([(operator, right)]),
        };
        self.add(kind, span(l, r), below)
    }
}
