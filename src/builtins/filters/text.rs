//! Filters that change text: case, white space, parts of it.

use arcstr::ArcStr;

use crate::builtins::operand::{self, text};
use crate::builtins::produce::{Answer, PaidText, text_like, value};
use crate::builtins::python::{casing, characters, split};
use crate::call::{Bound, Builtin, CallContext};
use crate::error::Error;
use crate::value::Value;

pub(super) const FILTERS: &[Builtin] = &[
    Builtin::filter("upper", &[], upper)
        .writing(|context, bound, output| write_change(context, bound, output, str::to_uppercase)),
    Builtin::filter("lower", &[], lower)
        .writing(|context, bound, output| write_change(context, bound, output, str::to_lowercase)),
    Builtin::filter("capitalize", &[], capitalize)
        .writing(|context, bound, output| write_change(context, bound, output, casing::capitalize)),
    Builtin::filter("title", &[], title),
    Builtin::filter("trim", &["chars"], trim),
    Builtin::filter("replace", &["old", "new", "count"], replace).required(2),
    Builtin::filter("string", &[], string),
    Builtin::filter("wordcount", &[], wordcount),
];

/// The text of the value, whether it is safe, and fuel for looking at all of it.
pub(super) fn subject(
    context: &CallContext<'_>,
    bound: &Bound<'_>,
) -> Result<(ArcStr, bool), Error> {
    let text = text(context, bound.value)?;
    context.fuel(text.len() as u64 / 16)?;
    Ok((text, bound.value.is_safe()))
}

/// Applies a change of case; the longest change triples a text.
fn change(context: &CallContext<'_>, bound: &Bound<'_>, case: fn(&str) -> String) -> Answer {
    let (text, safe) = subject(context, bound)?;
    context.memory(text.len() as u64)?;
    let changed = case(&text);
    context.memory(changed.len().saturating_sub(text.len()) as u64)?;
    value(text_like(safe, changed))
}

/// Writes a change of case as it is printed, without a string of its own where nothing must be escaped.
fn write_change(
    context: &CallContext<'_>,
    bound: &Bound<'_>,
    output: &mut String,
    case: fn(&str) -> String,
) -> Result<bool, Error> {
    let (text, safe) = subject(context, bound)?;
    context.memory(text.len() as u64)?;
    let changed = case(&text);
    let mut out = PaidText::after(context, output);
    let written = match context.auto_escape() && !safe {
        true => out.push_escaped(&changed),
        false => out.push(&changed),
    };
    *output = out.finish();
    written.map(|()| true)
}

fn upper(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    change(context, bound, str::to_uppercase)
}

fn lower(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    change(context, bound, str::to_lowercase)
}

fn capitalize(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    change(context, bound, casing::capitalize)
}

/// Unlike the others, this one gives text that is not safe.
fn title(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let (text, _) = subject(context, bound)?;
    context.memory(text.len() as u64)?;
    value(Value::string(casing::title_words(&text)))
}

fn trim(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let (text, safe) = subject(context, bound)?;
    let trimmed = match bound.some(0) {
        None => text.trim_matches(characters::is_space),
        Some(chars) => {
            let Some(chars) = chars.as_str() else {
                return Err(operand::refuse_argument(bound, 0, "a string"));
            };
            context.memory((chars.len() as u64).saturating_mul(4))?;
            let set = characters::Set::new(chars);
            text.trim_matches(|character| set.contains(character))
        }
    };
    if trimmed.len() == text.len() {
        return value(text_like(safe, text.clone()));
    }
    context.memory(trimmed.len() as u64)?;
    value(text_like(safe, trimmed))
}

fn string(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    if bound.value.as_str().is_some() {
        return value(bound.value.clone());
    }
    value(Value::string(text(context, bound.value)?))
}

fn wordcount(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let (text, _) = subject(context, bound)?;
    let mut in_word = false;
    let mut words = 0_i64;
    for character in text.chars() {
        let is_word = characters::is_word(character);
        words += i64::from(is_word && !in_word);
        in_word = is_word;
    }
    value(Value::int(words))
}

fn replace(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let (mut subject, mut safe) = subject(context, bound)?;
    let (old, new) = (bound.required(0), bound.required(1));
    let count = operand::optional_integer(bound, 2)?.unwrap_or(-1);
    let old_text = text(context, old)?;
    let mut new_text = text(context, new)?;
    if context.auto_escape() {
        if !safe && (operand::is_markup(old) || operand::is_markup(new)) {
            subject = escaped(context, &subject)?;
            safe = true;
        }
        if safe && !operand::is_markup(new) {
            new_text = escaped(context, &new_text)?;
        }
    } else {
        // Without escaping nothing of this is markup to Jinja.
        safe = false;
    }
    let replaced = replace_text(context, &subject, &old_text, &new_text, count)?;
    value(text_like(safe, replaced))
}

/// The text escaped for HTML.
pub(in crate::builtins) fn escaped(context: &CallContext<'_>, text: &str) -> Result<ArcStr, Error> {
    let mut out = PaidText::new(context);
    out.push_escaped(text)?;
    Ok(out.finish().into())
}

/// `str.replace`: at most `count` times unless that is negative.
pub(in crate::builtins) fn replace_text(
    context: &CallContext<'_>,
    text: &str,
    old: &str,
    new: &str,
    count: i64,
) -> Result<String, Error> {
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    let found = split::count(text, old).min(count);
    context.fuel(found as u64)?;
    let grown = (new.len() as u64).saturating_mul(found as u64);
    context.memory(grown.saturating_add(text.len() as u64))?;
    Ok(text.replacen(old, new, found))
}
