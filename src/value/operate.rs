//! The operators, as Python has them: `+ - * / // % **`, unary `-` and `+`, and `~`.

use arcstr::ArcStr;

use crate::error::Error;
use crate::error::value::ValueFault;
use crate::value::number::{self, Number, int_of, number_of};
use crate::value::text::escape_html;
use crate::value::{Charge, Repr, UndefinedPolicy, Value, display, percent, settled, values_size};

/// `a + b`: sums numbers, joins strings, lists, tuples and bytes.
pub(crate) fn add(charge: &dyn Charge, a: &Value, b: &Value) -> Result<Value, Error> {
    match (&a.0, &b.0) {
        (Repr::Int(a), Repr::Int(b)) => return Ok(add_ints(*a, *b)),
        (Repr::Float(a), Repr::Float(b)) => return Ok(Value::float(a.get() + b.get())),
        (Repr::String(a), Repr::String(b)) => {
            return Ok(Value::string(join_texts(charge, &[a, b])?));
        }
        _ => {}
    }
    let (a, b) = (settled(charge, a)?, settled(charge, b)?);
    if let (Some(a), Some(b)) = (number_of(a), number_of(b)) {
        return arithmetic("+", a, b, i128::checked_add, |a, b| a + b);
    }
    match (&a.0, &b.0) {
        (Repr::Safe(a), Repr::Safe(b)) => Ok(Value::safe(join_texts(charge, &[a, b])?)),
        (Repr::Safe(_), Repr::String(_)) | (Repr::String(_), Repr::Safe(_)) => {
            concat(charge, &[a.clone(), b.clone()], true)
        }
        (Repr::String(a), Repr::String(b)) => Ok(Value::string(join_texts(charge, &[a, b])?)),
        (Repr::List(a), Repr::List(b)) => {
            let items = join_items(charge, &a.items(), &b.items())?;
            Ok(Value::shared_list(items))
        }
        (Repr::Tuple(a), Repr::Tuple(b)) => {
            Ok(Value::tuple(join_items(charge, a.items(), b.items())?))
        }
        (Repr::Bytes(a), Repr::Bytes(b)) => {
            charge.memory(a.len() as u64 + b.len() as u64)?;
            Ok(Value::bytes([&a[..], &b[..]].concat()))
        }
        // As in Jinja2, an undefined value that chains is markup without text where it is added to some.
        (Repr::Safe(_), Repr::Undefined(_))
            if b.as_undefined()
                .is_some_and(|undefined| undefined.policy == UndefinedPolicy::Chainable) =>
        {
            Ok(a.clone())
        }
        _ => Err(cannot_add(a, b)),
    }
}

#[cold]
fn cannot_add(a: &Value, b: &Value) -> Error {
    let left = match &a.0 {
        Repr::String(_) => "str",
        Repr::List(_) => "list",
        Repr::Tuple(_) => "tuple",
        _ => return operands("+", a, b),
    };
    // An undefined operand is asked first, and says what it is.
    match b.as_undefined() {
        Some(undefined) => undefined.error(),
        None => {
            let right = b.type_name().into();
            ValueFault::Concatenate { left, right }.into()
        }
    }
}

/// `a - b`.
pub(crate) fn subtract(charge: &dyn Charge, a: &Value, b: &Value) -> Result<Value, Error> {
    match (&a.0, &b.0) {
        (Repr::Int(a), Repr::Int(b)) => {
            return Ok(match a.checked_sub(*b) {
                Some(difference) => Value::int(difference),
                None => (i128::from(*a) - i128::from(*b)).into(),
            });
        }
        (Repr::Float(a), Repr::Float(b)) => return Ok(Value::float(a.get() - b.get())),
        _ => {}
    }
    let (a, b) = numbers(charge, "-", a, b)?;
    arithmetic("-", a, b, i128::checked_sub, |a, b| a - b)
}

/// `a * b`: multiplies numbers, repeats sequences.
pub(crate) fn multiply(charge: &dyn Charge, a: &Value, b: &Value) -> Result<Value, Error> {
    match (&a.0, &b.0) {
        (Repr::Int(a), Repr::Int(b)) => {
            return Ok(match a.checked_mul(*b) {
                Some(product) => Value::int(product),
                None => (i128::from(*a) * i128::from(*b)).into(),
            });
        }
        (Repr::Float(a), Repr::Float(b)) => return Ok(Value::float(a.get() * b.get())),
        _ => {}
    }
    let (a, b) = (settled(charge, a)?, settled(charge, b)?);
    if let (Some(a), Some(b)) = (number_of(a), number_of(b)) {
        return arithmetic("*", a, b, i128::checked_mul, |a, b| a * b);
    }
    match (is_repeatable(a), is_repeatable(b)) {
        (true, _) => repeat(charge, a, b),
        (false, true) => repeat(charge, b, a),
        (false, false) => Err(operands("*", a, b)),
    }
}

fn is_repeatable(value: &Value) -> bool {
    matches!(
        value.0,
        Repr::String(_) | Repr::Safe(_) | Repr::List(_) | Repr::Tuple(_) | Repr::Bytes(_)
    )
}

/// A sequence, so many times; charged before it is built.
fn repeat(charge: &dyn Charge, sequence: &Value, count: &Value) -> Result<Value, Error> {
    let Some(times) = int_of(count) else {
        return Err(match count.as_undefined() {
            Some(undefined) => undefined.error(),
            None => ValueFault::RepeatBy(count.type_name().into()).into(),
        });
    };
    let times = times.max(0);
    let pay = |unit: usize, size: usize| -> Result<usize, Error> {
        if unit == 0 {
            return Ok(0);
        }
        let size = (unit as i128).saturating_mul(size as i128);
        let total = u64::try_from(times.saturating_mul(size)).unwrap_or(u64::MAX);
        charge.memory(total)?;
        charge.fuel(total / 256)?;
        usize::try_from(times)
            .ok()
            .filter(|_| total <= isize::MAX as u64)
            .ok_or_else(|| ValueFault::TooLong.into())
    };
    let item = size_of::<Value>();
    Ok(match &sequence.0 {
        Repr::String(text) => Value::string(text.repeat(pay(text.len(), 1)?)),
        Repr::Safe(text) => Value::safe(text.repeat(pay(text.len(), 1)?)),
        Repr::Bytes(bytes) => Value::bytes(bytes.repeat(pay(bytes.len(), 1)?)),
        Repr::List(list) => {
            let items = list.items();
            Value::shared_list(repeat_items(&items, pay(items.len(), item)?))
        }
        Repr::Tuple(tuple) => {
            let items = tuple.items();
            Value::tuple(repeat_items(items, pay(items.len(), item)?))
        }
        _ => return Err(operands("*", sequence, count)),
    })
}

fn repeat_items(items: &[Value], times: usize) -> Vec<Value> {
    let mut all = Vec::with_capacity(items.len() * times);
    for _ in 0..times {
        all.extend_from_slice(items);
    }
    all
}

/// `a / b`: always a float.
pub(crate) fn divide(charge: &dyn Charge, a: &Value, b: &Value) -> Result<Value, Error> {
    let (a, b) = numbers(charge, "/", a, b)?;
    number::divide(a, b).map(Value::float)
}

/// `a // b`: the floor of the quotient.
pub(crate) fn floor_divide(charge: &dyn Charge, a: &Value, b: &Value) -> Result<Value, Error> {
    if let (Repr::Int(a), Repr::Int(b @ 1..)) = (&a.0, &b.0) {
        return Ok(Value::int(a.div_euclid(*b)));
    }
    let (a, b) = numbers(charge, "//", a, b)?;
    number::floor_divide(a, b).map(Value::from)
}

/// `a % b`: what is left, with the sign of `b`; of a string, the string with its placeholders filled.
pub(crate) fn remainder(charge: &dyn Charge, a: &Value, b: &Value) -> Result<Value, Error> {
    match (&a.0, &b.0) {
        (Repr::Int(a), Repr::Int(b @ 1..)) => return Ok(Value::int(a.rem_euclid(*b))),
        (Repr::String(text), _) => {
            let text = percent::format(charge, text, settled(charge, b)?, false)?;
            return Ok(Value::string(text));
        }
        (Repr::Safe(text), _) => {
            let text = percent::format(charge, text, settled(charge, b)?, true)?;
            return Ok(Value::safe(text));
        }
        _ => {}
    }
    let (a, b) = numbers(charge, "%", a, b)?;
    number::remainder(a, b).map(Value::from)
}

/// `a ** b`.
pub(crate) fn power(charge: &dyn Charge, a: &Value, b: &Value) -> Result<Value, Error> {
    let (a, b) = numbers(charge, "** or pow()", a, b)?;
    number::power(a, b).map(Value::from)
}

/// `-a`.
pub(crate) fn negate(charge: &dyn Charge, a: &Value) -> Result<Value, Error> {
    match unary(charge, "-", a)? {
        Number::Int(int) => match int.checked_neg() {
            Some(int) => Ok(int.into()),
            None => Err(ValueFault::IntegerOverflow("-").into()),
        },
        Number::Float(float) => Ok(Value::float(-float)),
    }
}

/// `+a`.
pub(crate) fn plus(charge: &dyn Charge, a: &Value) -> Result<Value, Error> {
    unary(charge, "+", a).map(Value::from)
}

fn unary(charge: &dyn Charge, operator: &'static str, a: &Value) -> Result<Number, Error> {
    let a = settled(charge, a)?;
    number_of(a).ok_or_else(|| match a.as_undefined() {
        Some(undefined) => undefined.error(),
        None => {
            let operand = a.type_name().into();
            ValueFault::Operand { operator, operand }.into()
        }
    })
}

/// `a ~ b ~ …`: the texts of all, joined. With `auto_escape`, one that is markup makes the whole
/// markup, and the others are escaped; without, the result is plain text.
pub(crate) fn concat(
    charge: &dyn Charge,
    parts: &[Value],
    auto_escape: bool,
) -> Result<Value, Error> {
    let mut out = String::new();
    let mut settled_parts = Vec::new();
    let parts = match parts.iter().any(Value::is_unsettled) {
        false => parts,
        true => {
            for part in parts {
                settled_parts.push(settled(charge, part)?.clone());
            }
            &settled_parts[..]
        }
    };
    let safe = auto_escape && parts.iter().any(is_markup);
    // Texts are paid for before they are copied; what else is printed pays as it goes.
    let texts = parts.iter().filter_map(Value::as_text);
    let size = texts.map(|text| text.len()).sum::<usize>();
    charge.memory(size as u64)?;
    out.reserve(size);
    for part in parts {
        let before = out.len();
        match part.as_text() {
            Some(text) if safe && !is_markup(part) => escape_html(text, &mut out),
            Some(text) => out.push_str(text),
            None => {
                if safe {
                    display::write_escaped(charge, &mut out, part)?;
                } else {
                    display::write(charge, &mut out, part)?;
                }
                charge.memory((out.len() - before) as u64)?;
            }
        }
    }
    Ok(Value::text(out, safe))
}

/// Whether a value prints as markup.
fn is_markup(value: &Value) -> bool {
    match &value.0 {
        Repr::Safe(_) => true,
        Repr::Object(object) => object.is_markup(),
        _ => false,
    }
}

fn add_ints(a: i64, b: i64) -> Value {
    match a.checked_add(b) {
        Some(sum) => Value::int(sum),
        None => (i128::from(a) + i128::from(b)).into(),
    }
}

/// Both operands as numbers.
fn numbers(
    charge: &dyn Charge,
    operator: &'static str,
    a: &Value,
    b: &Value,
) -> Result<(Number, Number), Error> {
    let (a, b) = (settled(charge, a)?, settled(charge, b)?);
    match (number_of(a), number_of(b)) {
        (Some(a), Some(b)) => Ok((a, b)),
        _ => Err(operands(operator, a, b)),
    }
}

fn arithmetic(
    operator: &'static str,
    a: Number,
    b: Number,
    ints: fn(i128, i128) -> Option<i128>,
    floats: fn(f64, f64) -> f64,
) -> Result<Value, Error> {
    match (a, b) {
        (Number::Int(a), Number::Int(b)) => match ints(a, b) {
            Some(int) => Ok(int.into()),
            None => Err(ValueFault::IntegerOverflow(operator).into()),
        },
        _ => Ok(Value::float(floats(a.to_f64(), b.to_f64()))),
    }
}

/// The error of operands that do not go together; an undefined one says what it is.
#[cold]
fn operands(operator: &'static str, a: &Value, b: &Value) -> Error {
    if let Some(undefined) = a.as_undefined().or(b.as_undefined()) {
        return undefined.error();
    }
    let fault = ValueFault::Operands {
        operator,
        left: a.type_name().into(),
        right: b.type_name().into(),
    };
    fault.into()
}

fn join_texts(charge: &dyn Charge, texts: &[&ArcStr; 2]) -> Result<String, Error> {
    let [a, b] = texts;
    charge.memory(a.len() as u64 + b.len() as u64)?;
    let mut out = String::with_capacity(a.len() + b.len());
    out.push_str(a);
    out.push_str(b);
    Ok(out)
}

fn join_items(charge: &dyn Charge, a: &[Value], b: &[Value]) -> Result<Vec<Value>, Error> {
    charge.memory(values_size(a.len() + b.len()))?;
    charge.fuel((a.len() + b.len()) as u64 / 8)?;
    Ok([a, b].concat())
}
