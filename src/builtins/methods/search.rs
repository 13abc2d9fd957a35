//! Methods of strings that look for parts in them.

use crate::builtins::operand::{self, optional_integer, required_string};
use crate::builtins::produce::{Answer, value};
use crate::builtins::python::split;
use crate::call::{Bound, Builtin, CallContext};
use crate::error::Error;
use crate::error::builtin::BuiltinFault;
use crate::value::Value;

use super::string::{receiver, text};

pub(super) const METHODS: &[Builtin] = &[
    text("find", &["sub", "start", "end"], |context, bound| {
        found(context, bound, false)
    })
    .required(1),
    text("rfind", &["sub", "start", "end"], |context, bound| {
        found(context, bound, true)
    })
    .required(1),
    text("index", &["sub", "start", "end"], |context, bound| {
        index(context, bound, false)
    })
    .required(1),
    text("rindex", &["sub", "start", "end"], |context, bound| {
        index(context, bound, true)
    })
    .required(1),
    text("count", &["sub", "start", "end"], count).required(1),
    text(
        "startswith",
        &["prefix", "start", "end"],
        |context, bound| any_of(context, bound, |text, part| text.starts_with(part)),
    )
    .required(1),
    text("endswith", &["suffix", "start", "end"], |context, bound| {
        any_of(context, bound, |text, part| text.ends_with(part))
    })
    .required(1),
];

/// The part of the receiver to look in, and the byte at which it begins.
fn searched<'a>(
    context: &CallContext<'_>,
    bound: &Bound<'a>,
) -> Result<Option<(&'a str, usize)>, Error> {
    let (text, _) = receiver(bound)?;
    context.fuel(text.len() as u64 / 16)?;
    let start = optional_integer(bound, 1)?;
    let end = optional_integer(bound, 2)?;
    Ok(split::range(text, start, end).map(|(from, to)| (&text[from..to], from)))
}

/// At which character of the receiver the part is found.
fn position(
    context: &CallContext<'_>,
    bound: &Bound<'_>,
    last: bool,
) -> Result<Option<usize>, Error> {
    let part = required_string(bound, 0)?;
    let Some((text, from)) = searched(context, bound)? else {
        return Ok(None);
    };
    let at = match last {
        true => text.rfind(part),
        false => text.find(part),
    };
    let (whole, _) = receiver(bound)?;
    Ok(at.map(|at| operand::length(&whole[..from + at])))
}

fn found(context: &CallContext<'_>, bound: &Bound<'_>, last: bool) -> Answer {
    let position = position(context, bound, last)?;
    value(Value::int(position.map_or(-1, |at| at as i64)))
}

fn index(context: &CallContext<'_>, bound: &Bound<'_>, last: bool) -> Answer {
    match position(context, bound, last)? {
        Some(at) => value(Value::int(at as i64)),
        None => Err(BuiltinFault::TextNotFound {
            part: required_string(bound, 0)?.chars().take(60).collect(),
        }
        .into()),
    }
}

fn count(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let part = required_string(bound, 0)?;
    let count = match searched(context, bound)? {
        Some((text, _)) => split::count(text, part),
        None => 0,
    };
    value(Value::int(count as i64))
}

/// Whether a string fits, or one of a tuple of strings.
fn any_of(context: &CallContext<'_>, bound: &Bound<'_>, fits: fn(&str, &str) -> bool) -> Answer {
    let part = bound.required(0);
    let searched = searched(context, bound)?;
    let fits = |part: &str| searched.is_some_and(|(text, _)| fits(text, part));
    let Some(parts) = part.as_tuple() else {
        return value(fits(required_string(bound, 0)?));
    };
    context.fuel(parts.items().len() as u64)?;
    for part in parts.items() {
        let Some(part) = part.as_str() else {
            return Err(operand::refuse_argument(
                bound,
                0,
                "a string or a tuple of strings",
            ));
        };
        if fits(part) {
            return value(true);
        }
    }
    value(false)
}
