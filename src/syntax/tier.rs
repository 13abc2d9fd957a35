//! How tightly expressions bind, for who builds the tree and who prints it.

/// How tightly an expression binds, loosest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(
    not(test),
    allow(dead_code, reason = "only who prints a tree asks about operands")
)]
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
    #[cfg(test)]
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
