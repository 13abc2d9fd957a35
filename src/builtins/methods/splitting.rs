//! Methods of strings that split them.

use crate::builtins::operand::{integer, required_string, strict_flag};
use crate::builtins::produce::{Answer, charge_values, text_like, value};
use crate::builtins::python::split;
use crate::call::{Bound, Builtin, CallContext};
use crate::error::Error;
use crate::error::builtin::BuiltinFault;
use crate::value::Value;

use super::string::{receiver, text};

pub(super) const METHODS: &[Builtin] = &[
    text("split", &["sep", "maxsplit"], |context, bound| {
        split_by(context, bound, false)
    })
    .named(),
    text("rsplit", &["sep", "maxsplit"], |context, bound| {
        split_by(context, bound, true)
    })
    .named(),
    text("splitlines", &["keepends"], splitlines).named(),
    text("partition", &["sep"], |context, bound| {
        partition(context, bound, false)
    })
    .required(1),
    text("rpartition", &["sep"], |context, bound| {
        partition(context, bound, true)
    })
    .required(1),
];

/// The bytes of a string of its own, the header of its allocation included.
const STRING: u64 = 24;

/// Parts as strings that are safe if the whole is.
fn parts<'a>(
    context: &CallContext<'_>,
    safe: bool,
    parts: impl Iterator<Item = &'a str>,
) -> Result<Vec<Value>, Error> {
    parts
        .map(|part| {
            charge_values(context, 1)?;
            context.memory(part.len() as u64 + STRING)?;
            Ok(text_like(safe, part))
        })
        .collect()
}

fn split_by(context: &CallContext<'_>, bound: &Bound<'_>, from_end: bool) -> Answer {
    let (subject, safe) = receiver(bound)?;
    context.fuel(subject.len() as u64 / 16)?;
    let limit = integer(bound, 1)?.unwrap_or(-1);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut found = match bound.some(0) {
        None if from_end => parts(context, safe, split::words_from_end(subject, limit))?,
        None => parts(context, safe, split::words(subject, limit))?,
        Some(_) => {
            let separator = required_string(bound, 0)?;
            if separator.is_empty() {
                return Err(BuiltinFault::EmptySeparator.into());
            }
            let count = limit.saturating_add(1);
            match from_end {
                true => parts(context, safe, subject.rsplitn(count, separator))?,
                false => parts(context, safe, subject.splitn(count, separator))?,
            }
        }
    };
    if from_end {
        found.reverse();
    }
    value(Value::shared_list(found))
}

fn splitlines(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let (subject, safe) = receiver(bound)?;
    context.fuel(subject.len() as u64 / 16)?;
    let keep_ends = strict_flag(context, bound, 0)?;
    let lines = parts(context, safe, split::lines(subject, keep_ends))?;
    value(Value::shared_list(lines))
}

fn partition(context: &CallContext<'_>, bound: &Bound<'_>, from_end: bool) -> Answer {
    let (subject, safe) = receiver(bound)?;
    context.fuel(subject.len() as u64 / 16)?;
    let separator = required_string(bound, 0)?;
    if separator.is_empty() {
        return Err(BuiltinFault::EmptySeparator.into());
    }
    let found = match from_end {
        true => subject.rsplit_once(separator),
        false => subject.split_once(separator),
    };
    let three = match found {
        Some((before, behind)) => [before, separator, behind],
        None if from_end => ["", "", subject],
        None => [subject, "", ""],
    };
    let mut three = parts(context, safe, three.into_iter())?;
    if found.is_some() && !safe {
        // The separator itself, which may be safe though the receiver is not.
        three[1] = bound.required(0).clone();
    }
    value(Value::tuple(three))
}
