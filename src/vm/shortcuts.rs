//! What shortcuts do: the work of several instructions, for operands of the kinds they know.

use crate::bytecode::{Arithmetic, CompareOperator, Instruction};
use crate::value::{Content, Part, Repr, Tape, Value, display, text};
use crate::vm::output::OutputBuffer;

/// Writes text or a small integer; else nothing, and false.
#[inline(always)]
pub(super) fn emit<'v>(
    output: &mut OutputBuffer,
    content: impl Into<Content<'v>>,
    auto_escape: bool,
) -> bool {
    let out = output.text();
    let value = match content.into() {
        Content::Value(value) => value,
        Content::Part(tape, part) => return emit_part(out, tape, part, auto_escape),
    };
    match &value.0 {
        Repr::Safe(safe) => out.push_str(safe),
        Repr::String(string) if auto_escape => text::escape_html(string, out),
        Repr::String(string) => out.push_str(string),
        Repr::Int(integer) => display::write_integer(out, *integer),
        _ => return false,
    }
    true
}

/// Writes the text of a tape; else nothing, and false.
#[inline(never)]
fn emit_part(out: &mut String, tape: &Tape, part: Part, auto_escape: bool) -> bool {
    let Some(text) = tape.text_of(part) else {
        return false;
    };
    match auto_escape {
        true => text::escape_html(text, out),
        false => out.push_str(text),
    }
    true
}

/// Whether a value counts as true, if that is easily seen.
#[inline(always)]
pub(super) fn truth<'v>(content: impl Into<Content<'v>>) -> Option<bool> {
    let value = match content.into() {
        Content::Value(value) => value,
        Content::Part(tape, part) => return Some(tape.is_true(part)),
    };
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
pub(super) fn compare<'v>(
    operator: CompareOperator,
    a: impl Into<Content<'v>>,
    b: &Value,
) -> Option<bool> {
    let a = match a.into() {
        Content::Value(a) => a,
        Content::Part(tape, part) => return compare_part(operator, tape.text_of(part)?, b),
    };
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

/// Tells a text of a tape from a value.
#[inline(never)]
fn compare_part(operator: CompareOperator, a: &str, b: &Value) -> Option<bool> {
    let is_equal = a == b.as_str()?;
    match operator {
        CompareOperator::Equal => Some(is_equal),
        CompareOperator::NotEqual => Some(!is_equal),
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
