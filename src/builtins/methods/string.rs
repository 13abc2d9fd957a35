//! Methods of strings that change case, strip, replace and join, and those that ask what a string is.
//!
//! On a safe string every result is safe, and what is put into it is escaped.

use std::borrow::Cow;

use arcstr::ArcStr;

use crate::builtins::filters::{escaped, replace_text};
use crate::builtins::operand::{self, items, required_string};
use crate::builtins::produce::{Answer, PaidText, text_like, value};
use crate::builtins::python::{casing, characters};
use crate::call::{Bound, Builtin, CallContext, Futures};
use crate::error::Error;
use crate::error::builtin::BuiltinFault;
use crate::value::{Value, display};

pub(super) const METHODS: &[Builtin] = &[
    text("upper", &[], |context, bound| {
        changed(context, bound, str::to_uppercase)
    }),
    text("lower", &[], |context, bound| {
        changed(context, bound, str::to_lowercase)
    }),
    text("title", &[], |context, bound| {
        changed(context, bound, casing::title)
    }),
    text("capitalize", &[], |context, bound| {
        changed(context, bound, casing::capitalize)
    }),
    text("swapcase", &[], |context, bound| {
        changed(context, bound, casing::swap)
    }),
    text("casefold", &[], |context, bound| {
        changed(context, bound, casing::fold)
    }),
    text("strip", &["chars"], |context, bound| {
        strip(context, bound, true, true)
    }),
    text("lstrip", &["chars"], |context, bound| {
        strip(context, bound, true, false)
    }),
    text("rstrip", &["chars"], |context, bound| {
        strip(context, bound, false, true)
    }),
    text("removeprefix", &["prefix"], |context, bound| {
        let (text, _) = receiver(bound)?;
        cut(
            context,
            bound,
            text.strip_prefix(required_string(bound, 0)?),
        )
    })
    .required(1),
    text("removesuffix", &["suffix"], |context, bound| {
        let (text, _) = receiver(bound)?;
        cut(
            context,
            bound,
            text.strip_suffix(required_string(bound, 0)?),
        )
    })
    .required(1),
    text("replace", &["old", "new", "count"], replace).required(2),
    text("join", &["iterable"], join).required(1),
    text("isalpha", &[], |context, bound| {
        is(context, bound, |text| {
            characters::all(text, characters::is_letter)
        })
    }),
    text("isalnum", &[], |context, bound| {
        is(context, bound, |text| {
            characters::all(text, characters::is_alphanumeric)
        })
    }),
    text("isascii", &[], |context, bound| {
        is(context, bound, str::is_ascii)
    }),
    text("isdecimal", &[], |context, bound| {
        is(context, bound, |text| {
            characters::all(text, characters::is_decimal)
        })
    }),
    text("isdigit", &[], |context, bound| {
        is(context, bound, |text| {
            characters::all(text, characters::is_digit)
        })
    }),
    text("isnumeric", &[], |context, bound| {
        is(context, bound, |text| {
            characters::all(text, characters::is_numeric)
        })
    }),
    text("isspace", &[], |context, bound| {
        is(context, bound, |text| {
            characters::all(text, characters::is_space)
        })
    }),
    text("isprintable", &[], |context, bound| {
        is(context, bound, |text| {
            text.chars().all(crate::value::text::is_printable)
        })
    }),
    text("islower", &[], |context, bound| {
        is(context, bound, characters::is_lower)
    }),
    text("isupper", &[], |context, bound| {
        is(context, bound, characters::is_upper)
    }),
    text("istitle", &[], |context, bound| {
        is(context, bound, characters::is_titled)
    }),
    text("isidentifier", &[], |context, bound| {
        is(context, bound, characters::is_identifier)
    }),
    text("encode", &[], |context, bound| {
        let (text, _) = receiver(bound)?;
        context.memory(text.len() as u64)?;
        value(Value::bytes(text.as_bytes().to_vec()))
    }),
];

pub(super) const BYTES_METHODS: &[Builtin] = &[text("decode", &[], |context, bound| {
    let bytes = bound.value.as_bytes().unwrap_or_default();
    context.memory(bytes.len() as u64)?;
    match std::str::from_utf8(bytes) {
        Ok(text) => value(text),
        Err(_) => Err(BuiltinFault::NotUtf8.into()),
    }
})];

/// A method that looks at its arguments, so that futures among them must be awaited.
pub(super) const fn text(
    name: &'static str,
    parameters: &'static [&'static str],
    run: fn(&CallContext<'_>, &Bound<'_>) -> Answer,
) -> Builtin {
    Builtin::method(name, parameters, run).futures(Futures::Settle)
}

/// The text of the receiver, and whether it is safe.
pub(super) fn receiver<'a>(bound: &Bound<'a>) -> Result<(&'a ArcStr, bool), Error> {
    match bound.value.as_text() {
        Some(text) => Ok((text, bound.value.is_safe())),
        None => Err(operand::refuse(bound, "a string")),
    }
}

/// A string that goes into the receiver: escaped if that is safe and the string is not. Into a safe one goes
/// whatever can be printed.
pub(super) fn inserted<'a>(
    context: &CallContext<'_>,
    bound: &Bound<'a>,
    index: usize,
) -> Result<Cow<'a, str>, Error> {
    let given = bound.required(index);
    if bound.value.is_safe() && given.as_str().is_none() {
        let text = display::to_text(context, given)?;
        return match operand::is_markup(given) {
            true => Ok(Cow::Owned(text.to_string())),
            false => Ok(Cow::Owned(escaped(context, &text)?.to_string())),
        };
    }
    let text = required_string(bound, index)?;
    match bound.value.is_safe() && !bound.required(index).is_safe() {
        true => Ok(Cow::Owned(escaped(context, text)?.to_string())),
        false => Ok(Cow::Borrowed(text)),
    }
}

/// Applies a change of case; the longest change triples a text.
fn changed(context: &CallContext<'_>, bound: &Bound<'_>, case: fn(&str) -> String) -> Answer {
    let (text, safe) = receiver(bound)?;
    context.fuel(text.len() as u64 / 16)?;
    context.memory(text.len() as u64)?;
    let changed = case(text);
    context.memory(changed.len().saturating_sub(text.len()) as u64)?;
    value(text_like(safe, changed))
}

fn is(context: &CallContext<'_>, bound: &Bound<'_>, class: fn(&str) -> bool) -> Answer {
    let (text, _) = receiver(bound)?;
    context.fuel(text.len() as u64 / 16)?;
    value(class(text))
}

/// A part of the receiver, or all of it if there is nothing to cut off.
pub(super) fn cut(context: &CallContext<'_>, bound: &Bound<'_>, part: Option<&str>) -> Answer {
    let (text, safe) = receiver(bound)?;
    match part {
        Some(part) if part.len() < text.len() => {
            context.memory(part.len() as u64)?;
            value(text_like(safe, part))
        }
        _ => value(bound.value.clone()),
    }
}

fn strip(context: &CallContext<'_>, bound: &Bound<'_>, left: bool, right: bool) -> Answer {
    let (text, _) = receiver(bound)?;
    let set = match bound.some(0) {
        None => None,
        Some(_) => {
            let chars = required_string(bound, 0)?;
            context.memory((chars.len() as u64).saturating_mul(4))?;
            Some(characters::Set::new(chars))
        }
    };
    context.fuel(text.len() as u64 / 16)?;
    let is_stripped = |character: char| match &set {
        Some(set) => set.contains(character),
        None => characters::is_space(character),
    };
    let mut part = text.as_str();
    if left {
        part = part.trim_start_matches(is_stripped);
    }
    if right {
        part = part.trim_end_matches(is_stripped);
    }
    cut(context, bound, Some(part))
}

fn replace(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let (text, safe) = receiver(bound)?;
    context.fuel(text.len() as u64 / 16)?;
    let old = required_string(bound, 0)?;
    let new = inserted(context, bound, 1)?;
    let count = operand::integer(bound, 2)?.unwrap_or(-1);
    let replaced = replace_text(context, text, old, &new, count)?;
    value(text_like(safe, replaced))
}

fn join(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let (separator, safe) = receiver(bound)?;
    let mut out = PaidText::new(context);
    for (index, item) in items(context, bound.required(0))?.iter().enumerate() {
        if index > 0 {
            out.push(separator)?;
        }
        match item.as_str() {
            Some(text) if safe && !item.is_safe() => out.push_escaped(text)?,
            Some(text) => out.push(text)?,
            // A safe string joins whatever it can escape, a plain one only strings.
            None if safe => {
                let text = display::to_text(context, item)?;
                match operand::is_markup(item) {
                    true => out.push(&text)?,
                    false => out.push_escaped(&text)?,
                }
            }
            None => {
                return Err(BuiltinFault::JoinItem {
                    index,
                    found: item.type_name().to_owned(),
                }
                .into());
            }
        }
    }
    value(text_like(safe, out.finish()))
}
