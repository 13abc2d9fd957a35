//! Which of its forms a message has for a number: the rule at the head of a catalogue, in C's syntax.

/// How deep a rule may nest.
const DEEPEST: u32 = 64;

/// A rule: operations on a stack, which `n` and constants are put on.
#[derive(Debug)]
pub(super) struct PluralRule(Vec<Operation>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Number,
    Constant(u64),
    Not,
    Binary(Operator),
    /// `condition then otherwise -> value`. Nothing in a rule has effects, so both sides may be computed.
    Choose,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

impl Operator {
    /// The longer ones first, and how tightly each binds.
    const ALL: [(&'static str, Operator, u32); 13] = [
        ("||", Operator::Or, 1),
        ("&&", Operator::And, 2),
        ("==", Operator::Equal, 3),
        ("!=", Operator::NotEqual, 3),
        ("<=", Operator::LessEqual, 4),
        (">=", Operator::GreaterEqual, 4),
        ("<", Operator::Less, 4),
        (">", Operator::Greater, 4),
        ("+", Operator::Add, 5),
        ("-", Operator::Subtract, 5),
        ("*", Operator::Multiply, 6),
        ("/", Operator::Divide, 6),
        ("%", Operator::Remainder, 6),
    ];

    fn apply(self, a: u64, b: u64) -> u64 {
        match self {
            Operator::Or => u64::from(a != 0 || b != 0),
            Operator::And => u64::from(a != 0 && b != 0),
            Operator::Equal => u64::from(a == b),
            Operator::NotEqual => u64::from(a != b),
            Operator::Less => u64::from(a < b),
            Operator::LessEqual => u64::from(a <= b),
            Operator::Greater => u64::from(a > b),
            Operator::GreaterEqual => u64::from(a >= b),
            Operator::Add => a.wrapping_add(b),
            Operator::Subtract => a.wrapping_sub(b),
            Operator::Multiply => a.wrapping_mul(b),
            Operator::Divide => a.checked_div(b).unwrap_or(0),
            Operator::Remainder => a.checked_rem(b).unwrap_or(0),
        }
    }
}

impl PluralRule {
    /// Reads a rule such as `n == 1 ? 0 : n % 10 < 5 ? 1 : 2`; nothing if it is not one.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut reader = Reader {
            rest: text,
            code: Vec::new(),
        };
        reader.ternary(0)?;
        reader.rest.trim().is_empty().then_some(())?;
        Some(PluralRule(reader.code))
    }

    /// The index of the form for a number.
    pub(super) fn form(&self, number: u64) -> usize {
        let mut stack: Vec<u64> = Vec::with_capacity(8);
        for operation in &self.0 {
            let value = match *operation {
                Operation::Number => number,
                Operation::Constant(value) => value,
                Operation::Not => u64::from(pop(&mut stack) == 0),
                Operation::Binary(operator) => {
                    let right = pop(&mut stack);
                    operator.apply(pop(&mut stack), right)
                }
                Operation::Choose => {
                    let otherwise = pop(&mut stack);
                    let then = pop(&mut stack);
                    if pop(&mut stack) != 0 {
                        then
                    } else {
                        otherwise
                    }
                }
            };
            stack.push(value);
        }
        usize::try_from(pop(&mut stack)).unwrap_or(usize::MAX)
    }
}

fn pop(stack: &mut Vec<u64>) -> u64 {
    stack.pop().expect("each operation finds its operands")
}

struct Reader<'a> {
    rest: &'a str,
    code: Vec<Operation>,
}

impl Reader<'_> {
    fn take(&mut self, symbol: &str) -> bool {
        let rest = self.rest.trim_start();
        let found = rest.strip_prefix(symbol);
        self.rest = found.unwrap_or(rest);
        found.is_some()
    }

    fn ternary(&mut self, depth: u32) -> Option<()> {
        let depth = deeper(depth)?;
        self.binary(1, depth)?;
        if self.take("?") {
            self.ternary(depth)?;
            self.take(":").then_some(())?;
            self.ternary(depth)?;
            self.code.push(Operation::Choose);
        }
        Some(())
    }

    /// Operators that bind at least as tightly as `tier`, from the left.
    fn binary(&mut self, tier: u32, depth: u32) -> Option<()> {
        self.operand(depth)?;
        loop {
            let rest = self.rest.trim_start();
            let next = Operator::ALL
                .iter()
                .find(|(symbol, _, _)| rest.starts_with(symbol));
            let Some((symbol, operator, tightness)) = next.filter(|(_, _, its)| *its >= tier)
            else {
                return Some(());
            };
            self.take(symbol);
            self.binary(tightness + 1, deeper(depth)?)?;
            self.code.push(Operation::Binary(*operator));
        }
    }

    fn operand(&mut self, depth: u32) -> Option<()> {
        if self.take("!") {
            self.operand(deeper(depth)?)?;
            self.code.push(Operation::Not);
            return Some(());
        }
        if self.take("(") {
            self.ternary(depth)?;
            return self.take(")").then_some(());
        }
        if self.take("n") {
            self.code.push(Operation::Number);
            return Some(());
        }
        let digits = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, rest) = self.rest.split_at(digits);
        self.code.push(Operation::Constant(digits.parse().ok()?));
        self.rest = rest;
        Some(())
    }
}

fn deeper(depth: u32) -> Option<u32> {
    (depth < DEEPEST).then_some(depth + 1)
}

#[cfg(test)]
mod tests {
    use super::PluralRule;

    fn forms(rule: &str, numbers: &[u64]) -> Vec<usize> {
        let rule = PluralRule::parse(rule).expect("a rule");
        numbers.iter().map(|number| rule.form(*number)).collect()
    }

    #[test]
    fn rules_of_languages() {
        assert_eq!(forms("0", &[0, 1, 2]), [0, 0, 0]);
        assert_eq!(forms("(n != 1)", &[0, 1, 2]), [1, 0, 1]);
        assert_eq!(forms("n>1", &[0, 1, 2]), [0, 0, 1]);
        let russian =
            "(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2)";
        assert_eq!(
            forms(russian, &[1, 2, 5, 11, 12, 21, 22, 111]),
            [0, 1, 2, 2, 2, 0, 1, 2]
        );
        let arabic =
            "n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5";
        assert_eq!(
            forms(arabic, &[0, 1, 2, 3, 11, 100, 102]),
            [0, 1, 2, 3, 4, 5, 5]
        );
        assert_eq!(forms("!(n-1)*2+n/0%7", &[1, 3]), [2, 0]);
    }

    #[test]
    fn what_is_no_rule() {
        for text in [
            "",
            "m",
            "n ==",
            "n ? 1",
            "(n",
            "n)",
            "99999999999999999999",
            "n = 1",
        ] {
            assert!(PluralRule::parse(text).is_none(), "{text}");
        }
        assert!(PluralRule::parse(&"(".repeat(100_000)).is_none());
        assert!(PluralRule::parse(&"!".repeat(100_000)).is_none());
        assert!(PluralRule::parse(&format!("n{}", "+n".repeat(100_000))).is_some());
    }
}
