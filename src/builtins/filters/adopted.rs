//! Filters that Jinja2 does not have, under the names by which users of other engines know them.

use std::hash::{BuildHasher, RandomState};

use arcstr::{ArcStr, literal};

use crate::builtins::operand::{
    integer, items, number, optional_integer, refuse, required_string, string, text,
};
use crate::builtins::produce::{Answer, PaidText, charge_values, value};
use crate::call::{Bound, Builtin, CallContext, Futures};
use crate::error::Error;
use crate::error::builtin::BuiltinFault;
use crate::value::number::Number;
use crate::value::{Map, Symbol, Value, ValueKind, access, mapping, truth};

use crate::builtins::python::split;

pub(super) const FILTERS: &[Builtin] = &[
    Builtin::filter("bool", &[], |context, bound| {
        value(truth(context, bound.value)?)
    }),
    Builtin::filter("lines", &[], lines),
    Builtin::filter("split", &["sep", "maxsplits"], split_text),
    Builtin::filter("chain", &[], chain).rest(),
    Builtin::filter("zip", &[], zip).rest(),
    Builtin::filter("take", &["count"], take).required(1),
    Builtin::filter("skip", &["count"], skip).required(1),
    Builtin::filter("shuffle", &[], shuffle),
    Builtin::filter("compact", &["truthy"], compact),
    Builtin::filter("get", &["key", "default"], get)
        .required(1)
        .futures(Futures::SettleValue),
    Builtin::filter("require", &["message"], require),
    Builtin::filter("pluralize", &["singular", "plural"], pluralize),
    Builtin::filter("commas", &[], |context, bound| {
        value(grouped(context, bound, None, ",")?)
    }),
    Builtin::filter("decimal", &["places"], |context, bound| {
        let places = integer(bound, 0)?.unwrap_or(2);
        value(grouped(context, bound, Some(places), "")?)
    }),
    Builtin::filter("format_number", &["decimal_places"], |context, bound| {
        let places = integer(bound, 0)?.unwrap_or(0);
        value(grouped(context, bound, Some(places), ",")?)
    }),
    Builtin::filter("classes", &[], |context, bound| {
        let mut out = PaidText::new(context);
        classes(context, bound.value, &mut out, DEEPEST)?;
        value(out.finish())
    }),
    Builtin::filter("typeof", &[], |_, bound| value(type_of(bound.value))),
];

/// How deep lists of class names may nest.
const DEEPEST: usize = 16;

/// Digits behind the point at most.
const MOST_PLACES: i64 = 100;

fn lines(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let text = text(context, bound.value)?;
    context.fuel(text.len() as u64 / 16)?;
    let mut found = Vec::new();
    for line in split::lines(&text, false) {
        charge_values(context, 1)?;
        context.memory(line.len() as u64)?;
        found.push(Value::string(ArcStr::from(line)));
    }
    value(Value::shared_list(found))
}

/// The method of strings, which the filter is another spelling of.
fn split_text(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let Some(method) = context
        .registry()
        .method(bound.value, &Symbol::new(literal!("split")))
    else {
        return Err(refuse(bound, "a string"));
    };
    let separator = bound.some(0).cloned().unwrap_or(Value::NONE);
    let most = optional_integer(bound, 1)?.unwrap_or(-1);
    let arguments = [separator, Value::int(most)];
    let arguments = crate::call::Arguments::new(&arguments, &[], &[]);
    method.call_on(bound.value, context, &arguments)
}

/// The items of all, or, of mappings only, their entries, the later ones winning.
fn chain(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let all = || std::iter::once(bound.value).chain(bound.rest());
    if all().all(|part| mapping(part).is_some()) {
        let mut merged = Map::new();
        for part in all().filter_map(mapping) {
            charge_values(context, 2 * part.len())?;
            for (key, item) in part.iter() {
                merged.insert(key, item.clone())?;
            }
        }
        return value(Value::shared_map(merged));
    }
    let mut chained = Vec::new();
    for part in all() {
        let part = items(context, part)?;
        charge_values(context, part.len())?;
        chained.extend(part);
    }
    value(Value::shared_list(chained))
}

/// Tuples of the first items, of the second ones, and so on, up to the end of the shortest.
fn zip(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let mut columns = vec![items(context, bound.value)?.into_iter()];
    for other in bound.rest() {
        columns.push(items(context, other)?.into_iter());
    }
    let mut rows = Vec::new();
    while let Some(row) = columns.iter_mut().map(Iterator::next).collect() {
        charge_values(context, columns.len() + 2)?;
        rows.push(Value::tuple(row));
    }
    value(Value::shared_list(rows))
}

fn take(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let mut found = items(context, bound.value)?;
    found.truncate(count(bound)?);
    value(Value::shared_list(found))
}

fn skip(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let mut found = items(context, bound.value)?;
    found.drain(..count(bound)?.min(found.len()));
    value(Value::shared_list(found))
}

/// The items in an order of chance, each as likely as any other (the shuffle of Fisher and Yates).
fn shuffle(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let mut found = items(context, bound.value)?;
    context.fuel(found.len() as u64)?;
    // Every new hasher of the standard library has keys that nobody can foresee.
    let chance = RandomState::new();
    for last in (1..found.len()).rev() {
        let other = chance.hash_one(last) % (last as u64 + 1);
        found.swap(last, other as usize);
    }
    value(Value::shared_list(found))
}

fn count(bound: &Bound<'_>) -> Result<usize, Error> {
    Ok(usize::try_from(integer(bound, 0)?.unwrap_or(0)).unwrap_or(0))
}

/// Without what is false, or with `truthy=false` without what is none.
fn compact(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let truthy = bound.get(0).map_or(Ok(true), |on| truth(context, on))?;
    let mut kept = Vec::new();
    for item in items(context, bound.value)? {
        let keep = match truthy {
            true => truth(context, &item)?,
            false => !(item.is_none() || item.is_undefined()),
        };
        if keep {
            kept.push(item);
        }
    }
    value(Value::shared_list(kept))
}

/// The item of a key, and never a method.
fn get(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let default = bound.get(1).cloned().unwrap_or(Value::NONE);
    if bound.value.is_none() || bound.value.is_undefined() {
        return value(default);
    }
    let found = access::find_item(context, bound.value, bound.required(0))?;
    value(found.unwrap_or(default))
}

fn require(_: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    if !(bound.value.is_none() || bound.value.is_undefined()) {
        return value(bound.value.clone());
    }
    Err(match (string(bound, 0)?, bound.value.as_undefined()) {
        (Some(message), _) => BuiltinFault::Required(message.to_owned()).into(),
        (None, Some(undefined)) => undefined.error(),
        (None, None) => BuiltinFault::Required("a required value is none".to_owned()).into(),
    })
}

/// Nothing for one and `s` for any other number, or the endings that are given: `'es'`, `'y,ies'`, or
/// `'y', 'ies'`.
fn pluralize(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let is_one = match number(bound.value) {
        Some(Number::Int(number)) => number == 1,
        Some(Number::Float(number)) => number == 1.0,
        None => match bound.value.kind() {
            ValueKind::String => bound.value.as_str() == Some("1"),
            _ => crate::value::length(context, bound.value)? == 1,
        },
    };
    let (one, many) = match (string(bound, 0)?, string(bound, 1)?) {
        (None, many) => ("", many.unwrap_or("s")),
        (Some(one), Some(many)) => (one, many),
        (Some(both), None) => both.split_once(',').unwrap_or(("", both)),
    };
    value(if is_one { one } else { many })
}

/// A number as text with so many digits behind the point, its thousands set apart.
fn grouped(
    context: &CallContext<'_>,
    bound: &Bound<'_>,
    places: Option<i64>,
    separator: &str,
) -> Result<Value, Error> {
    let Some(number) = number(bound.value) else {
        return Err(refuse(bound, "a number"));
    };
    let places = places.map(|places| places.clamp(0, MOST_PLACES) as usize);
    let text = match (number, places) {
        (Number::Int(number), None) => number.to_string(),
        (Number::Int(number), Some(0)) => number.to_string(),
        (Number::Int(number), Some(places)) => format!("{number}.{}", "0".repeat(places)),
        (Number::Float(number), Some(places)) if number.is_finite() => {
            format!("{number:.places$}")
        }
        (Number::Float(_), _) => text(context, bound.value)?.to_string(),
    };
    context.memory(2 * text.len() as u64)?;
    let digits = text.trim_start_matches('-');
    let sign = &text[..text.len() - digits.len()];
    let whole = digits.bytes().take_while(u8::is_ascii_digit).count();
    let (whole, fraction) = digits.split_at(whole);
    let mut out = String::with_capacity(2 * text.len());
    out.push_str(sign);
    for (index, digit) in whole.char_indices() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            out.push_str(separator);
        }
        out.push(digit);
    }
    out.push_str(fraction);
    Ok(Value::string(out))
}

/// The names in a text, in lists of such, or the keys of a mapping whose values are true.
fn classes(
    context: &CallContext<'_>,
    names: &Value,
    out: &mut PaidText<'_, '_>,
    depth: usize,
) -> Result<(), Error> {
    if depth == 0 {
        return Err(BuiltinFault::TooDeep("classes").into());
    }
    context.fuel(1)?;
    if !truth(context, names)? {
        return Ok(());
    }
    if let Some(entries) = mapping(names) {
        for (name, on) in entries.iter() {
            if truth(context, on)? {
                classes(context, &name, out, depth - 1)?;
            }
        }
        return Ok(());
    }
    if names.as_str().is_none() && names.len().is_some() {
        for name in items(context, names)? {
            classes(context, &name, out, depth - 1)?;
        }
        return Ok(());
    }
    let name = text(context, names)?;
    if !out.as_str().is_empty() {
        out.push(" ")?;
    }
    out.push(name.trim())
}

/// The name of a value's type, as Python has it for those of JSON.
fn type_of(value: &Value) -> &str {
    match value.kind() {
        ValueKind::None => "none",
        ValueKind::Undefined => "undefined",
        ValueKind::String => "str",
        ValueKind::Map => "dict",
        _ => value.type_name(),
    }
}

/// Tests of the same kind: how texts begin and end.
pub(in crate::builtins) fn starts(_: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    value(subject(bound)?.starts_with(required_string(bound, 0)?))
}

/// See [`starts`].
pub(in crate::builtins) fn ends(_: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    value(subject(bound)?.ends_with(required_string(bound, 0)?))
}

fn subject<'a>(bound: &Bound<'a>) -> Result<&'a str, Error> {
    let text = bound.value.as_str();
    text.ok_or_else(|| refuse(bound, "a string"))
}
