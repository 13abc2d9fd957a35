//! What shortcuts do: the work of several instructions, for operands of the kinds they know.

use crate::bytecode::{Arithmetic, CompareOperator, Instruction};
use crate::value::{Repr, Value, display, text};
use crate::vm::output::OutputBuffer;

/// Writes text or a small integer; else nothing, and false.
#[inline(always)]
pub(super) fn emit(output: &mut OutputBuffer, value: &Value, auto_escape: bool) -> bool {
    let out = output.text();
    match &value.0 {
        Repr::Safe(safe) => out.push_str(safe),
        Repr::String(string) if auto_escape => text::escape_html(string, out),
        Repr::String(string) => out.push_str(string),
        Repr::Int(integer) => display::write_integer(out, *integer),
        _ => return false,
    }
    true
}

/// Whether a value counts as true, if that is easily seen.
#[inline(always)]
pub(super) fn truth(value: &Value) -> Option<bool> {
    match &value.0 {
        Repr::Bool(flag) => Some(flag.get()),
        Repr::Int(integer) => Some(*integer != 0),
        Repr::String(text) | Repr::Safe(text) => Some(!text.is_empty()),
        Repr::None => Some(false),
        Repr::List(list) => Some(list.len() != 0),
        _ => None,
    }
}

/// Where a conditional jump goes on.
#[inline(always)]
pub(super) fn decide(code: &[Instruction], at: usize, truth: bool) -> usize {
    match code[at] {
        Instruction::JumpIfFalse(label) if !truth => label.0 as usize,
        Instruction::JumpIfTrue(label) if truth => label.0 as usize,
        _ => at + 1,
    }
}

/// Whether two integers are in an order.
#[inline(always)]
pub(super) fn is_ordered(operator: CompareOperator, a: i64, b: i64) -> bool {
    match operator {
        CompareOperator::Equal => a == b,
        CompareOperator::NotEqual => a != b,
        CompareOperator::Less => a < b,
        CompareOperator::LessEqual => a <= b,
        CompareOperator::Greater => a > b,
        CompareOperator::GreaterEqual => a >= b,
        // Not an order; such shortcuts are not made.
        CompareOperator::In | CompareOperator::NotIn => false,
    }
}

/// Whether two integers or texts are in an order, if that is what they are. Texts are only told apart.
#[inline(always)]
pub(super) fn compare(operator: CompareOperator, a: &Value, b: &Value) -> Option<bool> {
    match (&a.0, &b.0) {
        (Repr::Int(a), Repr::Int(b)) => match operator {
            CompareOperator::In | CompareOperator::NotIn => None,
            _ => Some(is_ordered(operator, *a, *b)),
        },
        (Repr::String(a) | Repr::Safe(a), Repr::String(b) | Repr::Safe(b)) => match operator {
            CompareOperator::Equal => Some(a == b),
            CompareOperator::NotEqual => Some(a != b),
            _ => None,
        },
        _ => None,
    }
}

/// The result of an operator, if it has 64 bits.
#[inline(always)]
pub(super) fn operate(operator: Arithmetic, a: i64, b: i64) -> Option<i64> {
    match operator {
        Arithmetic::Add => a.checked_add(b),
        Arithmetic::Subtract => a.checked_sub(b),
        Arithmetic::Multiply => a.checked_mul(b),
        Arithmetic::FloorDivide => floor_divide(a, b),
        Arithmetic::Remainder => remainder(a, b),
    }
}

/// The quotient, rounded down.
#[inline(always)]
pub(super) fn floor_divide(a: i64, b: i64) -> Option<i64> {
    let quotient = a.checked_div(b)?;
    let inexact = a % b != 0 && (a < 0) != (b < 0);
    Some(quotient - i64::from(inexact))
}

/// The remainder, with the sign of the divisor.
#[inline(always)]
pub(super) fn remainder(a: i64, b: i64) -> Option<i64> {
    let remainder = a.checked_rem(b)?;
    let wrong_sign = remainder != 0 && (remainder < 0) != (b < 0);
    Some(if wrong_sign { remainder + b } else { remainder })
}
