//! Filters that lay text out: indenting, wrapping, centring, shortening.

use std::borrow::Cow;

use super::text::subject;
use crate::builtins::operand::{self, flag, integer};
use crate::builtins::produce::{Answer, PaidText, spaces, text_like, value};
use crate::builtins::python::split;
use crate::builtins::python::wrap::{Wrapping, wrap};
use crate::call::{Bound, Builtin, CallContext};
use crate::error::Error;
use crate::value::{Value, settled, text};

pub(super) const FILTERS: &[Builtin] = &[
    Builtin::filter("indent", &["width", "first", "blank"], indent),
    Builtin::filter("center", &["width"], center),
    Builtin::filter(
        "truncate",
        &["length", "killwords", "end", "leeway"],
        truncate,
    ),
    Builtin::filter(
        "wordwrap",
        &[
            "width",
            "break_long_words",
            "wrapstring",
            "break_on_hyphens",
        ],
        wordwrap,
    ),
];

fn indent(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    if settled(context, bound.value)?.as_str().is_none() {
        return Err(operand::refuse(bound, "a string"));
    }
    let (text, safe) = subject(context, bound)?;
    let given = bound.get(0);
    let indentation = match given.and_then(Value::as_str) {
        // As Jinja has it, what safe text is indented by is markup, whatever it is.
        Some(text) => Cow::Borrowed(text),
        None => {
            let width = integer(bound, 0)?.unwrap_or(4);
            Cow::Owned(spaces(context, width)?)
        }
    };
    let first = flag(context, bound, 1, false)?;
    let blank = flag(context, bound, 2, false)?;
    // Safe indentation makes other text safe where it is joined to all of it.
    let escapes = !safe && given.is_some_and(Value::is_safe);
    let mut out = PaidText::new(context);
    let escapes_whole = escapes && first && !blank;
    if first && !escapes_whole {
        out.push(&indentation)?;
    }
    // As if a newline were added and the text then split at line ends: a last empty line stays one,
    // but a carriage return takes the newline in.
    let last_line = match text.chars().next_back() {
        Some(last) => (last != '\r' && split::ends_line(last)).then_some(""),
        None => Some(""),
    };
    for (index, line) in split::lines(&text, false).chain(last_line).enumerate() {
        context.fuel(1)?;
        if index > 0 {
            out.push("\n")?;
            if blank || !line.is_empty() {
                out.push(&indentation)?;
            }
        }
        match escapes && (blank || index > 0) {
            true => out.push_escaped(line)?,
            false => out.push(line)?,
        }
    }
    if escapes_whole {
        let mut whole = PaidText::new(context);
        whole.push(&indentation)?;
        whole.push_escaped(out.as_str())?;
        return value(Value::safe(whole.finish()));
    }
    value(text_like(safe || escapes && blank, out.finish()))
}

fn center(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let (text, safe) = subject(context, bound)?;
    let width = integer(bound, 0)?.unwrap_or(80);
    value(text_like(safe, pad_both(context, &text, width, " ")?))
}

/// `str.center`: an odd rest goes to the left where the width is odd as well.
pub(in crate::builtins) fn pad_both(
    context: &CallContext<'_>,
    text: &str,
    width: i64,
    fill: &str,
) -> Result<String, Error> {
    let length = operand::length(text) as i64;
    let padding = width.saturating_sub(length).max(0);
    let left = padding / 2 + (padding & width & 1);
    pad(context, text, left, padding - left, fill)
}

/// The text between `left` and `right` fill characters.
pub(in crate::builtins) fn pad(
    context: &CallContext<'_>,
    text: &str,
    left: i64,
    right: i64,
    fill: &str,
) -> Result<String, Error> {
    let mut out = PaidText::new(context);
    out.repeat(fill, left.max(0) as usize)?;
    out.push(text)?;
    out.repeat(fill, right.max(0) as usize)?;
    Ok(out.finish())
}

fn truncate(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let given = settled(context, bound.value)?;
    let (text, safe) = subject(context, bound)?;
    let length = integer(bound, 0)?.unwrap_or(255);
    let kill_words = flag(context, bound, 1, false)?;
    // An undefined end is as long as no text, and cannot be put behind one.
    let undefined_end = bound
        .get(2)
        .and_then(Value::as_undefined)
        .is_some_and(|undefined| undefined.check().is_ok());
    let end = match bound.get(2) {
        None => Cow::Borrowed("..."),
        Some(end) => match end.as_str() {
            None if undefined_end => Cow::Borrowed(""),
            None => return Err(operand::refuse_argument(bound, 2, "a string")),
            Some(end_text) if safe && !end.is_safe() => text::escaped(end_text),
            Some(end_text) => Cow::Borrowed(end_text),
        },
    };
    // The length of the end counts as it was given, not as it was escaped.
    let end_length = match bound.get(2).and_then(Value::as_str) {
        Some(text) => operand::length(text) as i64,
        None if undefined_end => 0,
        None => 3,
    };
    let policies = context.registry().policies();
    let leeway = operand::optional_integer(bound, 3)?;
    let leeway = leeway.unwrap_or(i64::from(policies.truncate_leeway));
    if length < end_length {
        return Err(operand::refuse_range(
            bound,
            0,
            "at least the length of `end`",
            length,
        ));
    }
    if leeway < 0 {
        return Err(operand::refuse_range(bound, 3, "at least 0", leeway));
    }
    if given.as_str().is_none() {
        // Anything with a length is left as it is if it is short enough.
        let known = crate::value::length(context, given)?;
        return match known as i64 <= length.saturating_add(leeway) {
            true => value(given.clone()),
            false => Err(operand::refuse(bound, "a string")),
        };
    }
    if (operand::length(&text) as i64) <= length.saturating_add(leeway) {
        return value(text_like(safe, text.into_owned()));
    }
    if undefined_end {
        return Err(operand::refuse_argument(bound, 2, "a string"));
    }
    let kept = &text[..split::byte_of(&text, (length - end_length) as usize)];
    let kept = match kill_words {
        true => kept,
        false => kept.rfind(' ').map_or(kept, |space| &kept[..space]),
    };
    let mut out = PaidText::new(context);
    // A safe end makes the whole safe, so what is before it is escaped.
    let safe_end = bound.get(2).is_some_and(Value::is_safe);
    match safe_end && !safe {
        true => out.push_escaped(kept)?,
        false => out.push(kept)?,
    }
    out.push(&end)?;
    value(text_like(safe || safe_end, out.finish()))
}

fn wordwrap(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    if settled(context, bound.value)?.as_str().is_none() {
        return Err(operand::refuse(bound, "a string"));
    }
    let (text, _) = subject(context, bound)?;
    // Without a line there is nothing that the width would have to be right for.
    let width = match text.is_empty() {
        true => 79,
        false => integer(bound, 0)?.unwrap_or(79),
    };
    let break_long_words = flag(context, bound, 1, true)?;
    let break_on_hyphens = flag(context, bound, 3, true)?;
    let (between, between_is_safe) = match bound.some(2) {
        None => (context.newline(), false),
        Some(given) => match given.as_str() {
            Some(text) => (text, given.is_safe()),
            None => return Err(operand::refuse_argument(bound, 2, "a string")),
        },
    };
    let Some(width) = usize::try_from(width).ok().filter(|&width| width > 0) else {
        return Err(operand::refuse_range(bound, 0, "above 0", width));
    };
    let wrapping = Wrapping {
        width,
        break_long_words,
        break_on_hyphens,
    };
    // Characters, pieces and runs of hyphens are lists beside the text while it is wrapped.
    context.memory((text.len() as u64).saturating_mul(32))?;
    context.fuel(text.len() as u64)?;
    let mut out = PaidText::new(context);
    for (index, paragraph) in split::lines(&text, false).enumerate() {
        if index > 0 {
            out.push(between)?;
        }
        for (index, line) in wrap(paragraph, wrapping).iter().enumerate() {
            if index > 0 {
                out.push(between)?;
            }
            match between_is_safe {
                true => out.push_escaped(line)?,
                false => out.push(line)?,
            }
        }
    }
    value(text_like(between_is_safe, out.finish()))
}
