//! How builtins read what they are given.

use std::borrow::Cow;

use arcstr::ArcStr;

use crate::call::{Bound, CallContext};
use crate::error::Error;
use crate::error::builtin::BuiltinFault;
use crate::value::number::{Number, number_of};
use crate::value::{Value, display, settled, truth};

/// What iterating gives, charged and copied.
pub(super) fn items(context: &CallContext<'_>, value: &Value) -> Result<Vec<Value>, Error> {
    let value = settled(context, value)?;
    // Work that is known beforehand is refused before memory is taken for it.
    let known = value.len().unwrap_or(0);
    context.fuel(known as u64)?;
    let mut items = crate::value::collect(context, value)?;
    context.fuel(items.len().saturating_sub(known) as u64)?;
    if context.awaited() {
        for item in &mut items {
            if item.is_pending() {
                *item = settled(context, item)?.clone();
            }
        }
    }
    Ok(items)
}

/// The text of a value: what `str()` gives.
pub(super) fn text<'a>(
    context: &CallContext<'_>,
    value: &'a Value,
) -> Result<Cow<'a, ArcStr>, Error> {
    let value = settled(context, value)?;
    match value.as_text() {
        Some(text) => Ok(Cow::Borrowed(text)),
        None => display::to_text(context, value).map(Cow::Owned),
    }
}

/// How a value appears in an error.
pub(super) fn shown(context: &CallContext<'_>, value: &Value) -> String {
    match display::to_repr(context, value) {
        Ok(text) => text.chars().take(60).collect(),
        Err(_) => value.type_name().to_owned(),
    }
}

/// Whether a value is markup that is not escaped again.
pub(super) fn is_markup(value: &Value) -> bool {
    value.is_safe() || value.as_object().is_some_and(|object| object.is_markup())
}

/// The number that a bool, an integer or a float is.
pub(super) fn number(value: &Value) -> Option<Number> {
    number_of(value)
}

/// Fails because the value itself is of the wrong type; an undefined one says what is undefined.
#[cold]
pub(super) fn refuse(bound: &Bound<'_>, expected: &'static str) -> Error {
    match bound.value.as_undefined() {
        Some(undefined) => undefined.error(),
        None => {
            let fault = BuiltinFault::Receiver {
                name: bound.name(),
                expected,
                found: bound.value.type_name().to_owned(),
            };
            bound.value.advise(fault.into())
        }
    }
}

/// Fails because an argument is of the wrong type; an undefined one says what is undefined.
#[cold]
pub(super) fn refuse_argument(bound: &Bound<'_>, index: usize, expected: &'static str) -> Error {
    let found = bound.get(index).unwrap_or(&Value::NONE);
    match found.as_undefined() {
        Some(undefined) => undefined.error(),
        None => BuiltinFault::Argument {
            name: bound.name(),
            parameter: bound.parameter(index),
            expected,
            found: found.type_name().to_owned(),
        }
        .into(),
    }
}

/// Fails because an argument is out of its range.
#[cold]
pub(super) fn refuse_range(
    bound: &Bound<'_>,
    index: usize,
    expected: &'static str,
    given: impl ToString,
) -> Error {
    BuiltinFault::Range {
        name: bound.name(),
        parameter: bound.parameter(index),
        expected,
        given: given.to_string(),
    }
    .into()
}

/// The integer argument at `index` where one was given; one beyond 64 bits counts as the largest or smallest.
pub(super) fn integer(bound: &Bound<'_>, index: usize) -> Result<Option<i64>, Error> {
    let Some(value) = bound.get(index) else {
        return Ok(None);
    };
    match number(value) {
        Some(Number::Int(number)) => Ok(Some(saturate(number))),
        _ => Err(refuse_argument(bound, index, "an integer")),
    }
}

/// As [`integer`], with none counting as not given.
pub(super) fn optional_integer(bound: &Bound<'_>, index: usize) -> Result<Option<i64>, Error> {
    match bound.some(index) {
        Some(_) => integer(bound, index),
        None => Ok(None),
    }
}

/// The nearest 64-bit integer.
pub(super) fn saturate(number: i128) -> i64 {
    number.clamp(i64::MIN.into(), i64::MAX.into()) as i64
}

/// Whether the argument at `index` is true.
pub(super) fn flag(
    context: &CallContext<'_>,
    bound: &Bound<'_>,
    index: usize,
    default: bool,
) -> Result<bool, Error> {
    match bound.get(index) {
        Some(value) => truth(context, value),
        None => Ok(default),
    }
}

/// As [`flag`], of an argument that has to be a number or a boolean.
pub(super) fn strict_flag(
    context: &CallContext<'_>,
    bound: &Bound<'_>,
    index: usize,
) -> Result<bool, Error> {
    integer(bound, index)?;
    flag(context, bound, index, false)
}

/// The string argument at `index` where one was given.
pub(super) fn string<'a>(bound: &Bound<'a>, index: usize) -> Result<Option<&'a str>, Error> {
    match bound.get(index) {
        None => Ok(None),
        Some(value) => match value.as_str() {
            Some(text) => Ok(Some(text)),
            None => Err(refuse_argument(bound, index, "a string")),
        },
    }
}

/// The string argument at `index`, which is a required one.
pub(super) fn required_string<'a>(bound: &Bound<'a>, index: usize) -> Result<&'a str, Error> {
    bound
        .required(index)
        .as_str()
        .ok_or_else(|| refuse_argument(bound, index, "a string"))
}

/// The length of a text in characters.
pub(super) fn length(text: &str) -> usize {
    match text.is_ascii() {
        true => text.len(),
        false => text.chars().count(),
    }
}
