//! Filters on sequences as a whole: their ends, length, order, and cutting them into parts.

use std::borrow::Cow;

use arcstr::literal;

use crate::builtins::attribute::{Path, look_up};
use crate::builtins::operand::{self, integer, is_markup, items, refuse};
use crate::builtins::produce::{
    Answer, PaidText, charge_values, generated, nothing, text_like, value,
};
use crate::call::{Bound, Builtin, CallContext, Flow, Futures};
use crate::error::Error;
use crate::error::builtin::{NO_FIRST_ITEM, NO_LAST_ITEM, NO_RANDOM_ITEM};
use crate::value::number::Number;
use crate::value::text::escaped;
use crate::value::{Content, Contents, Repr, Value, ValueKind, display, iterate, mapping, settled};

use super::text::print;

pub(super) const FILTERS: &[Builtin] = &[
    Builtin::filter("list", &[], list),
    Builtin::filter("first", &[], first).futures(Futures::Keep),
    Builtin::filter("last", &[], last),
    Builtin::filter("length", &[], count).writing(write_count),
    Builtin::filter("count", &[], count).writing(write_count),
    Builtin::filter("reverse", &[], reverse),
    Builtin::filter("random", &[], random),
    Builtin::filter("join", &["d", "attribute"], join).writing(write_join),
    Builtin::filter("batch", &["linecount", "fill_with"], batch)
        .required(1)
        .futures(Futures::SettleValue),
    Builtin::filter("slice", &["slices", "fill_with"], slice)
        .required(1)
        .futures(Futures::SettleValue),
    Builtin::filter("items", &[], pairs),
];

fn list(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    value(Value::shared_list(items(context, bound.value)?))
}

fn first(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    if context.awaits()
        && let Some(stream) = bound.value.as_stream()
    {
        // One item is all that is read of the stream.
        return Ok(Flow::Next {
            stream: stream.take()?,
            then: Box::new(|context, item| match item? {
                Some(item) => value(item),
                None => nothing(context, NO_FIRST_ITEM),
            }),
        });
    }
    let subject = settled(context, bound.value)?;
    match iterate(context, subject)?.next() {
        Some(item) => value(item),
        None => nothing(context, NO_FIRST_ITEM),
    }
}

fn last(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let found = match bound.value {
        value if value.as_list().is_some() => value
            .as_list()
            .and_then(|list| list.get(list.len().checked_sub(1)?)),
        value if value.as_range().is_some() => value
            .as_range()
            .and_then(|range| range.get(range.len().checked_sub(1)?))
            .map(Value::int),
        // As in Jinja2, what is read once cannot be read from its end.
        value if context.registry().generators() && value.is_object_without_length() => {
            return Err(refuse(bound, "a sequence"));
        }
        _ => items(context, bound.value)?.pop(),
    };
    match found {
        Some(item) => value(item_of(bound.value, item)),
        None => nothing(context, NO_LAST_ITEM),
    }
}

/// An item that was taken by its position: of safe text, it is safe.
fn item_of(whole: &Value, item: Value) -> Value {
    match (whole.is_safe(), item.as_text()) {
        (true, Some(text)) => Value::safe(text.clone()),
        _ => item,
    }
}

fn count(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    // A range may be longer than the largest integer of 64 bits.
    let length = crate::value::length(context, bound.value)?;
    value(Value::from(length as u64))
}

fn write_count(
    context: &CallContext<'_>,
    bound: &Bound<'_>,
    output: &mut String,
) -> Result<bool, Error> {
    let Ok(length) = i64::try_from(crate::value::length(context, bound.value)?) else {
        return Ok(false);
    };
    display::write_integer(output, length);
    Ok(true)
}

fn reverse(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    if let Some(text) = bound.value.as_str() {
        context.fuel(text.len() as u64 / 16)?;
        context.memory(text.len() as u64)?;
        let reversed: String = text.chars().rev().collect();
        return value(text_like(bound.value.is_safe(), reversed));
    }
    let mut items = items(context, bound.value)?;
    items.reverse();
    // As in Jinja2, what cannot be read backwards is made a list, which is reversed.
    match bound.value.kind() {
        ValueKind::Object if bound.value.is_object_without_length() => {
            value(Value::shared_list(items))
        }
        _ => generated(context, items),
    }
}

fn random(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    use std::hash::{BuildHasher, RandomState};
    let count = crate::value::length(context, bound.value)?;
    if count == 0 {
        return nothing(context, NO_RANDOM_ITEM);
    }
    // Every new hasher of the standard library has keys that nobody can foresee.
    let index = (RandomState::new().hash_one(count) % count as u64) as usize;
    if let Some(list) = bound.value.as_list() {
        return value(list.get(index).unwrap_or(Value::NONE));
    }
    if let Some(range) = bound.value.as_range() {
        return value(range.get(index as u64).map_or(Value::NONE, Value::int));
    }
    context.fuel(index as u64 / 16)?;
    match iterate(context, bound.value)?.nth(index) {
        Some(item) => value(item_of(bound.value, item)),
        None => Err(refuse(bound, "a sequence")),
    }
}

fn join(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let separator = bound.get(0).unwrap_or(&NO_SEPARATOR);
    let Some(attribute) = bound.some(1) else {
        return join_contents(context, separator, &joined(context, bound.value)?);
    };
    let separator = separator.clone();
    look_up(
        context,
        items(context, bound.value)?,
        vec![Path::new(Some(attribute))],
        None,
        Box::new(move |context, _, mut found| {
            let found = found.pop().unwrap_or_default();
            join_contents(context, &separator, &found.into())
        }),
    )
}

static NO_SEPARATOR: Value = Value(Repr::String(literal!("")));

/// The items to be joined, which are only looked at.
fn joined<'a>(context: &CallContext<'_>, value: &'a Value) -> Result<Contents<'a>, Error> {
    let borrowed = match &value.0 {
        Repr::List(list) => Some(list.contents()),
        Repr::Tuple(tuple) => Some(tuple.items().into()),
        _ => None,
    };
    match borrowed {
        Some(contents) if !contents.any(Value::is_pending) => {
            context.fuel(contents.len() as u64)?;
            Ok(contents)
        }
        _ => Ok(items(context, value)?.into()),
    }
}

/// Joins texts; under auto-escaping, markup among them or as the separator makes the result markup.
fn join_contents(context: &CallContext<'_>, separator: &Value, items: &Contents<'_>) -> Answer {
    context.fuel(items.len() as u64)?;
    let safe = context.auto_escape() && (is_markup(separator) || items.any(is_markup));
    let mut out = PaidText::new(context);
    write_contents(&mut out, safe, separator, items)?;
    value(text_like(safe, out.share()))
}

/// What is printed escaped anyway is escaped part by part, with or without markup among the parts.
fn write_join(
    context: &CallContext<'_>,
    bound: &Bound<'_>,
    output: &mut String,
) -> Result<bool, Error> {
    if bound.some(1).is_some() {
        return Ok(false);
    }
    let separator = bound.get(0).unwrap_or(&NO_SEPARATOR);
    let value = settled(context, bound.value)?;
    // Where writing fails the filter is called, which would find nothing left of what can be read once.
    if matches!(value.0, Repr::Object(_)) {
        return Ok(false);
    }
    let subjects = joined(context, value)?;
    context.fuel(subjects.len() as u64)?;
    print(context, output, |out| {
        write_contents(out, context.auto_escape(), separator, &subjects)
    })
}

/// As [`write_joined`], for items of either kind.
fn write_contents(
    out: &mut PaidText<'_, '_>,
    escapes: bool,
    separator: &Value,
    items: &Contents<'_>,
) -> Result<(), Error> {
    match items {
        Contents::Values(items) => {
            write_joined(out, escapes, separator, items.iter().map(Content::Value))
        }
        Contents::Taped(list) => write_joined(out, escapes, separator, list.iter()),
    }
}

/// Writes items with a separator between them, and escapes what is no markup if `escapes` says so.
fn write_joined<'c>(
    out: &mut PaidText<'_, '_>,
    escapes: bool,
    separator: &Value,
    items: impl Iterator<Item = Content<'c>>,
) -> Result<(), Error> {
    let context = out.context();
    let text = operand::text(context, separator)?;
    let between = match escapes && !is_markup(separator) {
        true => {
            context.memory((text.len() as u64).saturating_mul(5))?;
            escaped(&text)
        }
        false => Cow::Borrowed(text.as_str()),
    };
    for (index, item) in items.enumerate() {
        if index > 0 {
            out.push(&between)?;
        }
        match item.as_str() {
            Some(text) if escapes && !item.is(Value::is_safe) => out.push_escaped(text)?,
            Some(text) => out.push(text)?,
            None => {
                let item = item.to_value();
                let item = settled(context, &item)?;
                let text = display::to_text(context, item)?;
                match escapes && !is_markup(item) {
                    true => out.push_escaped(&text)?,
                    false => out.push(&text)?,
                }
            }
        }
    }
    Ok(())
}

fn batch(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    // A count that no length is equal to makes one batch; what is to be filled needs a number.
    let count = match operand::number(bound.required(0)) {
        Some(Number::Int(count)) => operand::saturate(count),
        Some(Number::Float(count)) if bound.some(1).is_none() && count.fract() == 0.0 => {
            count as i64
        }
        _ => -1,
    };
    let fill = bound.some(1);
    let mut batches = Vec::new();
    let mut batch = Vec::new();
    for item in items(context, bound.value)? {
        // Not "at least": a count below 1 never closes a batch but for an empty first one.
        if batch.len() as i64 == count {
            charge_values(context, 4)?;
            batches.push(Value::shared_list(std::mem::take(&mut batch)));
        }
        context.memory(size_of::<Value>() as u64)?;
        batch.push(item);
    }
    if !batch.is_empty() {
        if fill.is_some() {
            integer(bound, 0)?;
        }
        if let Some(fill) = fill
            && let Ok(count) = usize::try_from(count)
            && batch.len() < count
        {
            charge_values(context, count - batch.len())?;
            batch.resize(count, fill.clone());
        }
        batches.push(Value::shared_list(batch));
    }
    generated(context, batches)
}

fn slice(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let slices = integer(bound, 0)?.unwrap_or(0);
    let fill = bound.some(1);
    if slices == 0 {
        return Err(operand::refuse_range(bound, 0, "above 0", slices));
    }
    let items = items(context, bound.value)?;
    let slices = usize::try_from(slices).unwrap_or(0);
    // Each slice is a list of its own, beside the items themselves.
    charge_values(
        context,
        slices.saturating_mul(5).saturating_add(items.len()),
    )?;
    let mut parts = Vec::with_capacity(slices);
    let (size, longer) = match slices {
        0 => (0, 0),
        _ => (items.len() / slices, items.len() % slices),
    };
    let mut items = items.into_iter();
    for index in 0..slices {
        let mut part: Vec<Value> = items
            .by_ref()
            .take(size + usize::from(index < longer))
            .collect();
        if let Some(fill) = fill
            && index >= longer
        {
            part.push(fill.clone());
        }
        parts.push(Value::shared_list(part));
    }
    generated(context, parts)
}

fn pairs(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    // Nothing is asked of an undefined value, so a strict one has no items either.
    if bound.value.as_undefined().is_some() {
        return generated(context, Vec::new());
    }
    match mapping(bound.value) {
        Some(_) => generated(context, tuples(context, bound.value)?),
        None => Err(refuse(bound, "a mapping")),
    }
}

/// The keys and values of a mapping as tuples.
pub(in crate::builtins) fn tuples(
    context: &CallContext<'_>,
    subject: &Value,
) -> Result<Vec<Value>, Error> {
    let Some(mapping) = mapping(subject) else {
        return Ok(Vec::new());
    };
    charge_values(context, mapping.len().saturating_mul(6))?;
    Ok(mapping
        .iter()
        .map(|(key, value)| Value::tuple(vec![key, value.clone()]))
        .collect())
}
