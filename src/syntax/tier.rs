//! How tightly expressions bind, for who prints them.

/// How tightly an expression binds, after the tiers of the grammar.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tier {
    Expression,
    Nullish,
    Or,
    And,
    Not,
    Comparison,
    Range,
    Sum,
    Concat,
    Product,
    Power,
    Operand,
    Unary,
    Awaited,
    Postfix,
    Atom,
}

impl Tier {
    /// The next tighter one.
    pub(super) fn tighter(self) -> Tier {
        const TIERS: [Tier; 16] = [
            Tier::Expression,
            Tier::Nullish,
            Tier::Or,
            Tier::And,
            Tier::Not,
            Tier::Comparison,
            Tier::Range,
            Tier::Sum,
            Tier::Concat,
            Tier::Product,
            Tier::Power,
            Tier::Operand,
            Tier::Unary,
            Tier::Awaited,
            Tier::Postfix,
            Tier::Atom,
        ];
        TIERS[(self as usize + 1).min(TIERS.len() - 1)]
    }
}
