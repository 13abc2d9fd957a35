//! Arithmetic as Python has it: integers that widen, floor division, exact comparisons.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::error::Error;
use crate::error::value::ValueFault;
use crate::value::{Repr, Value};

/// A number: an integer of up to 128 bits, or a float. Bools are the integers 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    /// An integer.
    Int(i128),
    /// A float.
    Float(f64),
}

/// `value` as a number, if it is one.
pub(crate) fn number_of(value: &Value) -> Option<Number> {
    Some(match &value.0 {
        Repr::Bool(flag) => Number::Int(flag.get().into()),
        Repr::Int(int) => Number::Int((*int).into()),
        Repr::BigInt(int) => Number::Int(**int),
        Repr::Float(float) => Number::Float(float.get()),
        _ => return None,
    })
}

/// `value` as an integer, if it is one; floats are none.
pub(crate) fn int_of(value: &Value) -> Option<i128> {
    match number_of(value)? {
        Number::Int(int) => Some(int),
        Number::Float(_) => None,
    }
}

impl From<i128> for Value {
    fn from(int: i128) -> Self {
        match i64::try_from(int) {
            Ok(int) => Value::int(int),
            Err(_) => Value(Repr::BigInt(Arc::new(int))),
        }
    }
}

impl From<Number> for Value {
    fn from(number: Number) -> Self {
        match number {
            Number::Int(int) => int.into(),
            Number::Float(float) => Value::float(float),
        }
    }
}

impl Number {
    /// The number as a float, rounded if it must be.
    pub(crate) fn to_f64(self) -> f64 {
        match self {
            Number::Int(int) => int as f64,
            Number::Float(float) => float,
        }
    }

    /// The integer that a float is exactly, if it is one of up to 128 bits.
    pub(crate) fn exact_int(float: f64) -> Option<i128> {
        const END: f64 = 170_141_183_460_469_231_731_687_303_715_884_105_728.0;
        let whole = (-END..END).contains(&float) && float.trunc() == float;
        whole.then_some(float as i128)
    }

    /// Whether both are the same number, exactly.
    pub(crate) fn equals(self, other: Number) -> bool {
        self.compare(other) == Some(Ordering::Equal)
    }

    /// The exact order of both; a nan has none.
    pub(crate) fn compare(self, other: Number) -> Option<Ordering> {
        match (self, other) {
            (Number::Int(a), Number::Int(b)) => Some(a.cmp(&b)),
            (Number::Float(a), Number::Float(b)) => a.partial_cmp(&b),
            (Number::Int(a), Number::Float(b)) => compare_int_float(a, b),
            (Number::Float(a), Number::Int(b)) => compare_int_float(b, a).map(Ordering::reverse),
        }
    }
}

fn compare_int_float(int: i128, float: f64) -> Option<Ordering> {
    if float.is_nan() {
        return None;
    }
    Some(match Number::exact_int(float.trunc()) {
        Some(whole) => int.cmp(&whole).then_with(|| {
            0.0f64
                .partial_cmp(&float.fract())
                .unwrap_or(Ordering::Equal)
        }),
        None if float > 0.0 => Ordering::Less,
        None => Ordering::Greater,
    })
}

/// `a / b`: always a float.
pub(crate) fn divide(a: Number, b: Number) -> Result<f64, Error> {
    match (a, b) {
        (_, Number::Int(0)) => Err(ValueFault::DivisionByZero.into()),
        (_, Number::Float(0.0)) => Err(ValueFault::DivisionByZero.into()),
        (Number::Int(a), Number::Int(b)) => Ok(divide_ints(a, b)),
        _ => Ok(a.to_f64() / b.to_f64()),
    }
}

/// The quotient of two integers, rounded once; `b` is not 0.
fn divide_ints(a: i128, b: i128) -> f64 {
    const EXACT: u128 = 1 << 53;
    let negative = (a < 0) != (b < 0);
    let (a, b) = (a.unsigned_abs(), b.unsigned_abs());
    let quotient = if a <= EXACT && b <= EXACT {
        a as f64 / b as f64
    } else {
        // Long division until there are more bits than a float holds; the last one then also stands
        // for all that would follow, so that the conversion rounds as if it saw them.
        let (mut bits, mut rest) = (a / b, a % b);
        let mut shift = 0;
        while rest != 0 && bits < EXACT << 3 && shift < 1000 {
            rest <<= 1;
            bits <<= 1;
            if rest >= b {
                rest -= b;
                bits |= 1;
            }
            shift += 1;
        }
        bits |= u128::from(rest != 0);
        bits as f64 * 2f64.powi(-shift)
    };
    if negative { -quotient } else { quotient }
}

/// `a // b`.
pub(crate) fn floor_divide(a: Number, b: Number) -> Result<Number, Error> {
    if let (Number::Int(a), Number::Int(b)) = (a, b) {
        if b == 0 {
            return Err(ValueFault::DivisionByZero.into());
        }
        let quotient = a.checked_div(b).ok_or(ValueFault::IntegerOverflow("//"))?;
        let inexact = a.wrapping_rem(b) != 0 && (a < 0) != (b < 0);
        return Ok(Number::Int(quotient - i128::from(inexact)));
    }
    let (a, b) = (a.to_f64(), b.to_f64());
    if b == 0.0 {
        return Err(ValueFault::DivisionByZero.into());
    }
    Ok(Number::Float(divide_with_rest(a, b).0))
}

/// `a % b`, which has the sign of `b`.
pub(crate) fn remainder(a: Number, b: Number) -> Result<Number, Error> {
    if let (Number::Int(a), Number::Int(b)) = (a, b) {
        if b == 0 {
            return Err(ValueFault::ModuloByZero.into());
        }
        let rest = a.wrapping_rem(b);
        let moved = rest != 0 && (rest < 0) != (b < 0);
        return Ok(Number::Int(if moved { rest + b } else { rest }));
    }
    let (a, b) = (a.to_f64(), b.to_f64());
    if b == 0.0 {
        return Err(ValueFault::ModuloByZero.into());
    }
    Ok(Number::Float(divide_with_rest(a, b).1))
}

/// The floor of `a / b`, and what is left, with the sign of `b`; `b` is not 0.
fn divide_with_rest(a: f64, b: f64) -> (f64, f64) {
    let mut rest = a % b;
    // The difference is a multiple of b, so that dividing it is nearly exact.
    let mut quotient = (a - rest) / b;
    if rest == 0.0 {
        rest = 0f64.copysign(b);
    } else if (b < 0.0) != (rest < 0.0) {
        rest += b;
        quotient -= 1.0;
    }
    if quotient == 0.0 {
        return (0f64.copysign(a / b), rest);
    }
    let floor = quotient.floor();
    let floor = if quotient - floor > 0.5 {
        floor + 1.0
    } else {
        floor
    };
    (floor, rest)
}

/// `a ** b`: of integers an integer, unless the exponent is negative.
pub(crate) fn power(a: Number, b: Number) -> Result<Number, Error> {
    if let (Number::Int(base), Number::Int(exponent @ 0..)) = (a, b) {
        return power_int(base, exponent)
            .map(Number::Int)
            .ok_or_else(|| ValueFault::IntegerOverflow("**").into());
    }
    let (base, exponent) = (a.to_f64(), b.to_f64());
    if base == 0.0 && exponent < 0.0 && exponent.is_finite() {
        return Err(ValueFault::ZeroToNegative.into());
    }
    let fraction = exponent.is_finite() && exponent.fract() != 0.0;
    if base < 0.0 && base.is_finite() && fraction {
        return Err(ValueFault::NegativeToFraction.into());
    }
    let result = base.powf(exponent);
    if result.is_infinite() && base.is_finite() && exponent.is_finite() {
        return Err(ValueFault::FloatOverflow("**").into());
    }
    Ok(Number::Float(result))
}

fn power_int(base: i128, exponent: i128) -> Option<i128> {
    match (base, u32::try_from(exponent)) {
        (_, Ok(exponent)) => base.checked_pow(exponent),
        // Only these stay small for any exponent.
        (0 | 1, _) => Some(base),
        (-1, _) => Some(if exponent % 2 == 0 { 1 } else { -1 }),
        _ => None,
    }
}

/// `float` cut to an integer, as Python's `int()` does.
pub(crate) fn truncate(float: f64) -> Result<i128, Error> {
    if float.is_nan() {
        return Err(ValueFault::NotAnInteger("NaN").into());
    }
    if float.is_infinite() {
        return Err(ValueFault::NotAnInteger("infinity").into());
    }
    Number::exact_int(float.trunc()).ok_or_else(|| ValueFault::IntegerTooLarge.into())
}

/// The integer that `text` spells, as Python's `int(text, base)` reads it; `None` if it spells none.
///
/// Base 0 takes the prefixes of literals. An integer beyond 128 bits is an error.
pub(crate) fn parse_int(text: &str, base: u32) -> Result<Option<i128>, Error> {
    let text = trim_number(text);
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let Some((digits, base)) = strip_base(digits, base) else {
        return Ok(None);
    };
    let mut sum = 0i128;
    let mut overflow = false;
    let mut after_digit = false;
    for character in digits.chars() {
        if character == '_' {
            if !after_digit {
                return Ok(None);
            }
            after_digit = false;
            continue;
        }
        let digit = match character.to_digit(base.max(2)) {
            Some(digit) => digit,
            None => match decimal_digit(character) {
                Some(digit) if digit < base => digit,
                _ => return Ok(None),
            },
        };
        after_digit = true;
        // Summed towards the sign, so that the lowest integer is read as well.
        let digit = i128::from(if negative {
            -(digit as i64)
        } else {
            digit as i64
        });
        match sum
            .checked_mul(base.into())
            .and_then(|sum| sum.checked_add(digit))
        {
            Some(next) => sum = next,
            None => overflow = true,
        }
    }
    match (after_digit, overflow) {
        (false, _) => Ok(None),
        (true, true) => Err(ValueFault::IntegerTooLarge.into()),
        (true, false) => Ok(Some(sum)),
    }
}

/// Takes the prefix of a base off, which must agree with `base` where that is not 0.
fn strip_base(digits: &str, base: u32) -> Option<(&str, u32)> {
    let prefixed = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => Some(16),
        [b'0', b'o' | b'O', ..] => Some(8),
        [b'0', b'b' | b'B', ..] => Some(2),
        _ => None,
    };
    match (base, prefixed) {
        (0, Some(own)) => Some((strip_separator(&digits[2..]), own)),
        (0, None) => {
            // A decimal literal has no leading zeros.
            let zero = digits.chars().all(|digit| matches!(digit, '0' | '_'));
            (zero || !digits.starts_with('0')).then_some((digits, 10))
        }
        (2..=36, Some(own)) if own == base => Some((strip_separator(&digits[2..]), base)),
        (2..=36, _) => Some((digits, base)),
        _ => None,
    }
}

/// Python lets one underscore follow the prefix.
fn strip_separator(digits: &str) -> &str {
    digits.strip_prefix('_').unwrap_or(digits)
}

/// The float that `text` spells, as Python's `float(text)` reads it.
pub(crate) fn parse_float(text: &str) -> Option<f64> {
    let text = trim_number(text);
    if text.is_ascii() && !text.contains('_') {
        return parse_plain_float(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match decimal_digit(character) {
            Some(digit) => plain.push(char::from_digit(digit, 10)?),
            None if character == '_' => {
                // Between digits only.
                let before = plain.ends_with(|last: char| last.is_ascii_digit());
                let after = characters
                    .peek()
                    .is_some_and(|next| decimal_digit(*next).is_some());
                if !(before && after) {
                    return None;
                }
            }
            None => plain.push(character),
        }
    }
    parse_plain_float(&plain)
}

fn parse_plain_float(text: &str) -> Option<f64> {
    // Rust reads what Python reads, and nothing else, once there are no underscores.
    text.parse().ok()
}

/// The value of a decimal digit of the scripts in common use; Python reads them all.
fn decimal_digit(character: char) -> Option<u32> {
    if let Some(digit) = character.to_digit(10) {
        return Some(digit);
    }
    const ZEROS: [u32; 22] = [
        0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xE50,
        0xED0, 0xF20, 0x1040, 0x17E0, 0x1810, 0xA620, 0xA8D0, 0xFF10, 0x1D7CE,
    ];
    let code = character as u32;
    ZEROS
        .iter()
        .find(|zero| (**zero..**zero + 10).contains(&code))
        .map(|zero| code - zero)
}

/// Takes off the white space that Python allows around a number: in ASCII only that of C.
fn trim_number(text: &str) -> &str {
    match text.is_ascii() {
        true => text.trim_matches([' ', '\t', '\n', '\r', '\x0b', '\x0c']),
        false => text.trim_matches(is_python_space),
    }
}

/// What Python's `str.strip()` and `str.split()` take for white space.
pub(crate) fn is_python_space(character: char) -> bool {
    character.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&character)
}
