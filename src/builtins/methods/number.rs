//! Methods of numbers.

use crate::builtins::operand::{number, refuse};
use crate::builtins::produce::{Answer, value};
use crate::call::{Bound, Builtin, CallContext};
use crate::value::Value;
use crate::value::number::Number;

pub(super) const INTEGER_METHODS: &[Builtin] = &[
    Builtin::method("bit_length", &[], bit_length),
    Builtin::method("bit_count", &[], bit_count),
    Builtin::method("is_integer", &[], |_, _| value(true)),
];

pub(super) const FLOAT_METHODS: &[Builtin] = &[Builtin::method("is_integer", &[], is_integer)];

fn magnitude(bound: &Bound<'_>) -> Result<u128, crate::error::Error> {
    match number(bound.value) {
        Some(Number::Int(number)) => Ok(number.unsigned_abs()),
        _ => Err(refuse(bound, "an integer")),
    }
}

fn bit_length(_: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let bits = u128::BITS - magnitude(bound)?.leading_zeros();
    value(Value::int(bits.into()))
}

fn bit_count(_: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    value(Value::int(magnitude(bound)?.count_ones().into()))
}

fn is_integer(_: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    match number(bound.value) {
        Some(Number::Float(number)) => value(number.is_finite() && number.fract() == 0.0),
        _ => Err(refuse(bound, "a float")),
    }
}
