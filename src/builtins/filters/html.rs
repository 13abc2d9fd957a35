//! Filters for HTML: escaping, marking as safe, attributes, and taking tags out.

use crate::builtins::html_text::{strip_tags, unescape};
use crate::builtins::operand::{flag, refuse, text};
use crate::builtins::produce::{Answer, PaidText, text_like, value};
use crate::builtins::python::split;
use crate::call::{Bound, Builtin, CallContext};
use crate::error::Error;
use crate::error::builtin::BuiltinFault;
use crate::value::{Value, display, mapping};

use super::text::{escaped, subject};
use crate::builtins::operand::is_markup;

pub(super) const FILTERS: &[Builtin] = &[
    Builtin::filter("escape", &[], escape).writing(write_escaped),
    Builtin::filter("e", &[], escape).writing(write_escaped),
    Builtin::filter("forceescape", &[], forceescape),
    Builtin::filter("safe", &[], safe).writing(write_safe),
    Builtin::filter("striptags", &[], striptags),
    Builtin::filter("xmlattr", &["autospace"], xmlattr),
];

fn escape(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    if bound.value.is_safe() {
        return value(bound.value.clone());
    }
    let text = text(context, bound.value)?;
    match is_markup(bound.value) {
        true => value(Value::safe(text.into_owned())),
        false => value(Value::safe(escaped(context, &text)?)),
    }
}

fn write_escaped(
    context: &CallContext<'_>,
    bound: &Bound<'_>,
    output: &mut String,
) -> Result<bool, Error> {
    display::write_escaped(context, output, bound.value)?;
    Ok(true)
}

fn forceescape(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let text = text(context, bound.value)?;
    value(Value::safe(escaped(context, &text)?))
}

fn safe(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    value(Value::safe(text(context, bound.value)?.into_owned()))
}

fn write_safe(
    context: &CallContext<'_>,
    bound: &Bound<'_>,
    output: &mut String,
) -> Result<bool, Error> {
    display::write(context, output, bound.value)?;
    Ok(true)
}

fn striptags(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let (text, _) = subject(context, bound)?;
    // The text without tags, the same without white space, and without entities: none is longer.
    context.memory((text.len() as u64).saturating_mul(3))?;
    context.fuel(text.len() as u64 / 4)?;
    let stripped = strip_tags(&text);
    let mut collapsed = String::with_capacity(stripped.len());
    for (index, word) in split::words(&stripped, usize::MAX).enumerate() {
        if index > 0 {
            collapsed.push(' ');
        }
        collapsed.push_str(word);
    }
    value(Value::string(unescape(&collapsed)))
}

fn xmlattr(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let space = flag(context, bound, 0, true)?;
    let Some(attributes) = mapping(bound.value) else {
        return Err(refuse(bound, "a mapping"));
    };
    let mut out = PaidText::new(context);
    for (key, given) in attributes.iter() {
        context.fuel(1)?;
        if given.is_none() || given.is_undefined() {
            continue;
        }
        let Some(name) = key.as_str() else {
            return Err(BuiltinFault::Receiver {
                name: "xmlattr",
                expected: "a mapping with strings as keys",
                found: key.type_name().to_owned(),
            }
            .into());
        };
        context.fuel(name.len() as u64 / 16)?;
        let ends_name = |c: char| matches!(c, ' ' | '\t'..='\r' | '/' | '>' | '=');
        if name.contains(ends_name) {
            let shown = name.chars().take(60).collect();
            return Err(BuiltinFault::AttributeName(shown).into());
        }
        if space || !out.as_str().is_empty() {
            out.push(" ")?;
        }
        match key.is_safe() {
            true => out.push(name)?,
            false => out.push_escaped(name)?,
        }
        out.push("=\"")?;
        let text = text(context, given)?;
        match is_markup(given) {
            true => out.push(&text)?,
            false => out.push_escaped(&text)?,
        }
        out.push("\"")?;
    }
    value(text_like(context.auto_escape(), out.finish()))
}
