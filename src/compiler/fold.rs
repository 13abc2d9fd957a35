//! Computes at compile time what consists of literals and operators alone.
//!
//! Filters, tests and functions are the host's and are never called here. What fails, or would be large,
//! is left to run time, where its error has a place and its memory a limit.

use arcstr::ArcStr;

use crate::bytecode::Instruction;
use crate::compiler::Compiler;
use crate::compiler::pools::ConstantKey;
use crate::compiler::scope::Map;
use crate::error::{CompileFault, Error};
use crate::source::Span;
use crate::syntax::ast::{
    BinaryOperator, CompareOperator, Element, ExprId, ExprKind, Tree, UnaryOperator,
};
use crate::value::{Charge, Repr, Unlimited, Value, compare, display, operate, sequence, truth};

/// The most that computing one operator may allocate or loop.
const LIMIT: u64 = 1024;

/// The constants that are known so far.
#[derive(Debug, Default)]
pub(super) struct Folded {
    known: Map<ExprId, Option<Value>>,
}

/// Refuses what is large.
struct SmallOnly;

impl Charge for SmallOnly {
    fn fuel(&self, rounds: u64) -> Result<(), Error> {
        self.memory(rounds)
    }

    fn memory(&self, bytes: u64) -> Result<(), Error> {
        if bytes > LIMIT {
            return Err(CompileFault::LargeConstant.into());
        }
        Ok(())
    }
}

impl Folded {
    /// The value of an expression, if it is a constant.
    fn value(&mut self, tree: &Tree<'_>, id: ExprId) -> Option<Value> {
        match &tree.expr(id).kind {
            ExprKind::None => Some(Value::NONE),
            ExprKind::Bool(flag) => Some(Value::bool(*flag)),
            ExprKind::Integer(integer) => Some(Value::int(*integer)),
            ExprKind::BigInteger(integer) => Some(Value::from(tree[*integer])),
            ExprKind::Float(float) => Some(Value::float(*float)),
            ExprKind::String(text) => Some(Value::string(ArcStr::from(tree.text(*text)))),
            ExprKind::Name(_)
            | ExprKind::List(_)
            | ExprKind::Dict(_)
            | ExprKind::Comprehension(_)
            | ExprKind::Range { .. }
            | ExprKind::Chain { .. }
            | ExprKind::Await(_)
            | ExprKind::Spawn(_) => None,
            kind => {
                if let Some(known) = self.known.get(&id) {
                    return known.clone();
                }
                let value = self.compute(tree, kind);
                self.known.insert(id, value.clone());
                value
            }
        }
    }

    fn values(&mut self, tree: &Tree<'_>, ids: &[ExprId]) -> Option<Vec<Value>> {
        ids.iter().map(|id| self.value(tree, *id)).collect()
    }

    fn compute<'src>(&mut self, tree: &Tree<'src>, kind: &ExprKind<'src>) -> Option<Value> {
        match kind {
            ExprKind::Tuple(items) => Some(Value::tuple(self.values(tree, &tree[*items])?)),
            ExprKind::Unary { operators, operand } => {
                let mut value = self.value(tree, *operand)?;
                for operator in tree[*operators].iter().rev() {
                    value = match operator {
                        UnaryOperator::Negate => operate::negate(&SmallOnly, &value),
                        UnaryOperator::Plus => operate::plus(&SmallOnly, &value),
                    }
                    .ok()?;
                }
                Some(value)
            }
            ExprKind::Not { count, operand } => {
                let holds = truth(&SmallOnly, &self.value(tree, *operand)?).ok()?;
                Some(Value::bool(holds ^ (count % 2 == 1)))
            }
            ExprKind::Binary { first, rest } => {
                let mut value = self.value(tree, *first)?;
                for (operator, operand) in &tree[*rest] {
                    value = binary(*operator, &value, &self.value(tree, *operand)?).ok()?;
                }
                Some(value)
            }
            ExprKind::Concat(parts) => {
                let parts = self.values(tree, &tree[*parts])?;
                // Constants are never safe text, so that escaping makes no difference.
                operate::concat(&SmallOnly, &parts, false).ok()
            }
            ExprKind::And(parts) => self.decide(tree, &tree[*parts], |value| !value),
            ExprKind::Or(parts) => self.decide(tree, &tree[*parts], |value| value),
            ExprKind::Coalesce(parts) => {
                let parts = self.values(tree, &tree[*parts])?;
                let last = parts.last()?.clone();
                Some(parts.into_iter().find(|v| !v.is_none()).unwrap_or(last))
            }
            ExprKind::Compare { first, rest } => {
                let mut left = self.value(tree, *first)?;
                let mut result = true;
                for (operator, operand) in &tree[*rest] {
                    let right = self.value(tree, *operand)?;
                    result = result && holds(*operator, &left, &right).ok()?;
                    left = right;
                }
                Some(Value::bool(result))
            }
            ExprKind::Conditional { arms, otherwise } => {
                let mut chosen = None;
                for arm in &tree[*arms] {
                    let value = self.value(tree, arm.value)?;
                    let condition = self.value(tree, arm.condition)?;
                    if chosen.is_none() && truth(&SmallOnly, &condition).ok()? {
                        chosen = Some(value);
                    }
                }
                let otherwise = self.value(tree, (*otherwise)?)?;
                Some(chosen.unwrap_or(otherwise))
            }
            _ => None,
        }
    }

    /// The first operand whose truth decides, else the last.
    fn decide(
        &mut self,
        tree: &Tree<'_>,
        parts: &[ExprId],
        decides: fn(bool) -> bool,
    ) -> Option<Value> {
        let parts = self.values(tree, parts)?;
        let last = parts.last()?.clone();
        for part in parts {
            if decides(truth(&SmallOnly, &part).ok()?) {
                return Some(part);
            }
        }
        Some(last)
    }

    /// What a constant prints as.
    pub(super) fn text(&mut self, tree: &Tree<'_>, id: ExprId, escape: bool) -> Option<String> {
        let value = self.value(tree, id)?;
        let mut text = String::new();
        if escape {
            display::write_escaped(&Unlimited, &mut text, &value).ok()?;
        } else {
            display::write(&Unlimited, &mut text, &value).ok()?;
        }
        Some(text)
    }

    /// The names that an expression for a template may give, if they are known.
    pub(super) fn template_names(&mut self, tree: &Tree<'_>, id: ExprId) -> Option<Vec<ArcStr>> {
        let candidates = match &tree.expr(id).kind {
            ExprKind::List(elements) => tree[*elements]
                .iter()
                .map(|element| match element {
                    Element::Item(item) => Some(*item),
                    Element::Spread(_) => None,
                })
                .collect::<Option<Vec<ExprId>>>()?,
            ExprKind::Tuple(items) => tree[*items].to_vec(),
            _ => vec![id],
        };
        candidates
            .into_iter()
            .map(|id| self.value(tree, id)?.as_text().cloned())
            .collect()
    }
}

fn binary(operator: BinaryOperator, left: &Value, right: &Value) -> Result<Value, Error> {
    let apply = match operator {
        BinaryOperator::Add => operate::add,
        BinaryOperator::Subtract => operate::subtract,
        BinaryOperator::Multiply => operate::multiply,
        BinaryOperator::Divide => operate::divide,
        BinaryOperator::FloorDivide => operate::floor_divide,
        BinaryOperator::Remainder => operate::remainder,
        BinaryOperator::Power => operate::power,
    };
    apply(&SmallOnly, left, right)
}

fn holds(operator: CompareOperator, left: &Value, right: &Value) -> Result<bool, Error> {
    use compare::Relation;
    let relation = match operator {
        CompareOperator::Equal => return compare::equal(&SmallOnly, left, right),
        CompareOperator::NotEqual => return Ok(!compare::equal(&SmallOnly, left, right)?),
        CompareOperator::In => return sequence::contains(&SmallOnly, right, left),
        CompareOperator::NotIn => return Ok(!sequence::contains(&SmallOnly, right, left)?),
        CompareOperator::Less => Relation::Less,
        CompareOperator::LessEqual => Relation::LessOrEqual,
        CompareOperator::Greater => Relation::Greater,
        CompareOperator::GreaterEqual => Relation::GreaterOrEqual,
    };
    compare::relate(&SmallOnly, relation, left, right)
}

/// A constant text and what tells it from others.
pub(super) fn string(text: &str) -> (ConstantKey, Value) {
    let key = ConstantKey::String(text.to_owned());
    (key, Value::string(ArcStr::from(text)))
}

/// What tells a constant from others; none for those that are not compared.
fn key(value: &Value) -> Option<ConstantKey> {
    Some(match &value.0 {
        Repr::Bool(flag) => ConstantKey::Bool(flag.get()),
        Repr::Int(integer) => ConstantKey::Integer(i128::from(*integer)),
        Repr::BigInt(integer) => ConstantKey::Integer(**integer),
        Repr::Float(float) => ConstantKey::Float(float.get().to_bits()),
        Repr::String(text) => ConstantKey::String(text.to_string()),
        _ => return None,
    })
}

impl Compiler<'_, '_> {
    /// Loads the expression's value if it is a constant, and says whether it is.
    pub(super) fn constant(&mut self, id: ExprId, span: Span) -> bool {
        let Some(value) = self.folded.value(self.tree, id) else {
            return false;
        };
        let instruction = match &value.0 {
            Repr::None => Instruction::LoadNone,
            Repr::Int(integer) if i32::try_from(*integer).is_ok() => {
                Instruction::LoadInteger(*integer as i32)
            }
            _ => {
                let key = key(&value);
                Instruction::LoadConst(self.pools.constant(key, value))
            }
        };
        self.emit(instruction, span);
        true
    }
}
