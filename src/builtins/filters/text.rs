//! Filters that change text: case, white space, parts of it.

use std::borrow::Cow;

use arcstr::ArcStr;

use crate::builtins::operand::{self, text};
use crate::builtins::produce::{Answer, PaidText, text_like, value};
use crate::builtins::python::{casing, characters};
use crate::call::{Bound, Builtin, CallContext};
use crate::error::Error;
use crate::value::Value;

pub(super) const FILTERS: &[Builtin] = &[
    Builtin::filter("upper", &[], upper)
        .writing(|context, bound, output| write_change(context, bound, output, UPPER)),
    Builtin::filter("lower", &[], lower)
        .writing(|context, bound, output| write_change(context, bound, output, LOWER)),
    Builtin::filter("capitalize", &[], capitalize)
        .writing(|context, bound, output| write_change(context, bound, output, CAPITALIZE)),
    Builtin::filter("title", &[], title),
    Builtin::filter("trim", &["chars"], trim).writing(write_trim),
    Builtin::filter("replace", &["old", "new", "count"], replace)
        .required(2)
        .writing(write_replace),
    Builtin::filter("string", &[], string),
    Builtin::filter("wordcount", &[], wordcount),
];

/// A text that a filter works on.
type Subject<'a> = Cow<'a, ArcStr>;

/// The text of the value, whether it is safe, and fuel for looking at all of it.
pub(super) fn subject<'a>(
    context: &CallContext<'_>,
    bound: &Bound<'a>,
) -> Result<(Subject<'a>, bool), Error> {
    let text = text(context, bound.value)?;
    context.fuel(text.len() as u64 / 16)?;
    Ok((text, bound.value.is_safe()))
}

/// A change of case, of ASCII in place and of any text.
#[derive(Clone, Copy)]
struct Case {
    ascii: fn(&mut str),
    any: fn(&str) -> String,
}

const UPPER: Case = Case {
    ascii: str::make_ascii_uppercase,
    any: str::to_uppercase,
};
const LOWER: Case = Case {
    ascii: str::make_ascii_lowercase,
    any: str::to_lowercase,
};
const CAPITALIZE: Case = Case {
    ascii: |text| {
        text.make_ascii_lowercase();
        if let Some(first) = text.get_mut(..1) {
            first.make_ascii_uppercase();
        }
    },
    any: casing::capitalize,
};

/// Appends a text in another case; the longest change triples it.
fn push_changed(out: &mut PaidText<'_, '_>, text: &str, case: Case) -> Result<(), Error> {
    if text.is_ascii() {
        return out.push_cased(text, case.ascii);
    }
    out.context().memory(text.len() as u64)?;
    out.push(&(case.any)(text))
}

fn change(context: &CallContext<'_>, bound: &Bound<'_>, case: Case) -> Answer {
    let (text, safe) = subject(context, bound)?;
    let mut out = PaidText::new(context);
    push_changed(&mut out, &text, case)?;
    value(text_like(safe, out.share()))
}

/// Writes a change of case as it is printed.
fn write_change(
    context: &CallContext<'_>,
    bound: &Bound<'_>,
    output: &mut String,
    case: Case,
) -> Result<bool, Error> {
    let (text, safe) = subject(context, bound)?;
    if !context.auto_escape() || safe {
        return print(context, output, |out| push_changed(out, &text, case));
    }
    let mut changed = PaidText::new(context);
    push_changed(&mut changed, &text, case)?;
    let written = print(context, output, |out| out.push_escaped(changed.as_str()));
    changed.discard();
    written
}

/// Writes to the output, which pays for it.
pub(super) fn print<'c, 'a>(
    context: &'c CallContext<'a>,
    output: &mut String,
    write: impl FnOnce(&mut PaidText<'c, 'a>) -> Result<(), Error>,
) -> Result<bool, Error> {
    let mut out = PaidText::after(context, output);
    let written = write(&mut out);
    *output = out.finish();
    written.map(|()| true)
}

fn upper(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    change(context, bound, UPPER)
}

fn lower(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    change(context, bound, LOWER)
}

fn capitalize(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    change(context, bound, CAPITALIZE)
}

/// Unlike the others, this one gives text that is not safe.
fn title(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let (text, _) = subject(context, bound)?;
    context.memory(text.len() as u64)?;
    value(Value::string(casing::title_words(&text)))
}

/// The part of the text that is left.
fn trimmed<'t>(
    context: &CallContext<'_>,
    bound: &Bound<'_>,
    text: &'t str,
) -> Result<&'t str, Error> {
    let Some(chars) = bound.some(0) else {
        return Ok(text.trim_matches(characters::is_space));
    };
    let Some(chars) = chars.as_str() else {
        return Err(operand::refuse_argument(bound, 0, "a string"));
    };
    context.memory((chars.len() as u64).saturating_mul(4))?;
    let set = characters::Set::new(chars);
    Ok(text.trim_matches(|character| set.contains(character)))
}

fn trim(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let (text, safe) = subject(context, bound)?;
    let trimmed = trimmed(context, bound, &text)?;
    if trimmed.len() == text.len() {
        return value(text_like(safe, text.into_owned()));
    }
    context.memory(trimmed.len() as u64)?;
    value(text_like(safe, trimmed))
}

fn write_trim(
    context: &CallContext<'_>,
    bound: &Bound<'_>,
    output: &mut String,
) -> Result<bool, Error> {
    let (text, safe) = subject(context, bound)?;
    let trimmed = trimmed(context, bound, &text)?;
    print(context, output, |out| {
        match context.auto_escape() && !safe {
            true => out.push_escaped(trimmed),
            false => out.push(trimmed),
        }
    })
}

fn string(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    if bound.value.as_str().is_some() {
        return value(bound.value.clone());
    }
    value(Value::string(text(context, bound.value)?.into_owned()))
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
    let mut out = PaidText::new(context);
    let safe = push_replaced(&mut out, bound)?;
    value(text_like(safe, out.share()))
}

fn write_replace(
    context: &CallContext<'_>,
    bound: &Bound<'_>,
    output: &mut String,
) -> Result<bool, Error> {
    if context.auto_escape() {
        let mut replaced = PaidText::new(context);
        let safe = push_replaced(&mut replaced, bound)?;
        let written = print(context, output, |out| match safe {
            true => out.push(replaced.as_str()),
            false => out.push_escaped(replaced.as_str()),
        });
        replaced.discard();
        return written;
    }
    print(context, output, |out| push_replaced(out, bound).map(|_| ()))
}

/// Appends the text with its parts replaced, and says whether it is safe.
fn push_replaced(out: &mut PaidText<'_, '_>, bound: &Bound<'_>) -> Result<bool, Error> {
    let context = out.context();
    let (mut subject, mut safe) = subject(context, bound)?;
    let (old, new) = (bound.required(0), bound.required(1));
    let count = operand::optional_integer(bound, 2)?.unwrap_or(-1);
    let old_text = text(context, old)?;
    let mut new_text = text(context, new)?;
    if context.auto_escape() {
        if !safe && (operand::is_markup(old) || operand::is_markup(new)) {
            subject = Cow::Owned(escaped(context, &subject)?);
            safe = true;
        }
        if safe && !operand::is_markup(new) {
            new_text = Cow::Owned(escaped(context, &new_text)?);
        }
    } else {
        // Without escaping nothing of this is markup to Jinja.
        safe = false;
    }
    replace_in(out, &subject, &old_text, &new_text, count)?;
    Ok(safe)
}

/// The text escaped for HTML.
pub(in crate::builtins) fn escaped(context: &CallContext<'_>, text: &str) -> Result<ArcStr, Error> {
    let mut out = PaidText::new(context);
    out.push_escaped(text)?;
    Ok(out.share())
}

/// `str.replace`: at most `count` times unless that is negative.
pub(in crate::builtins) fn replace_text(
    context: &CallContext<'_>,
    text: &str,
    old: &str,
    new: &str,
    count: i64,
) -> Result<ArcStr, Error> {
    let mut out = PaidText::new(context);
    replace_in(&mut out, text, old, new, count)?;
    Ok(out.share())
}

fn replace_in(
    out: &mut PaidText<'_, '_>,
    text: &str,
    old: &str,
    new: &str,
    count: i64,
) -> Result<(), Error> {
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    let mut start = 0;
    // The searcher of the standard library takes longer to set up than most texts to search.
    match *old.as_bytes() {
        [byte] => {
            for at in memchr::memchr_iter(byte, text.as_bytes()).take(count) {
                replace_next(out, &text[start..at], new)?;
                start = at + 1;
            }
        }
        _ => {
            for (at, old) in text.match_indices(old).take(count) {
                replace_next(out, &text[start..at], new)?;
                start = at + old.len();
            }
        }
    }
    out.push(&text[start..])
}

fn replace_next(out: &mut PaidText<'_, '_>, before: &str, new: &str) -> Result<(), Error> {
    out.context().fuel(1)?;
    out.push(before)?;
    out.push(new)
}
