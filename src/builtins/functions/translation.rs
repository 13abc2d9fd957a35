//! The functions `gettext`, `ngettext`, `pgettext`, `npgettext`, and `_`, which is the first of them.

use std::borrow::Cow;

use arcstr::ArcStr;

use crate::builtins::operand::refuse_argument;
use crate::builtins::produce::{Answer, value};
use crate::call::{Bound, Builtin, CallContext, Flow, Futures};
use crate::error::Error;
use crate::error::builtin::BuiltinFault;
use crate::error::call::CallFault;
use crate::value::number::{Number, number_of};
use crate::value::{Map, Value, operate};

pub(super) const GETTEXT: Builtin = translation("gettext", &["message"], 1, gettext);
pub(super) const NGETTEXT: Builtin =
    translation("ngettext", &["singular", "plural", "n"], 3, ngettext);
pub(super) const PGETTEXT: Builtin = translation("pgettext", &["context", "message"], 2, pgettext);
pub(super) const NPGETTEXT: Builtin = translation(
    "npgettext",
    &["context", "singular", "plural", "n"],
    4,
    npgettext,
);
pub(super) const ALIAS: Builtin = Builtin::function("_", &[], alias).rest().keywords();

/// Keywords are variables of the message, so parameters have no names for the caller.
const fn translation(
    name: &'static str,
    parameters: &'static [&'static str],
    required: usize,
    run: fn(&CallContext<'_>, &Bound<'_>) -> Answer,
) -> Builtin {
    let mut builtin = Builtin::function(name, parameters, run)
        .required(required)
        .keywords()
        .futures(Futures::Settle);
    builtin.signature.positional_only = true;
    builtin
}

/// Whatever `gettext` is in this environment.
fn alias(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let Some(callee) = context.registry().global("gettext") else {
        return Err(BuiltinFault::NoGettext.into());
    };
    Ok(Flow::Call {
        callee: callee.clone(),
        arguments: bound.arguments().to_owned(),
        then: Box::new(|_, result| result.map(Flow::Return)),
    })
}

fn gettext(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let message = translate(context, bound, None, 0)?;
    finish(context, bound, message, &[])
}

fn pgettext(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let message = translate(context, bound, Some(0), 1)?;
    finish(context, bound, message, &[("context", 0)])
}

fn ngettext(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let message = translate_count(context, bound, None, 0)?;
    finish(context, bound, message, &[("num", 2)])
}

fn npgettext(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let message = translate_count(context, bound, Some(0), 1)?;
    finish(context, bound, message, &[("context", 0), ("num", 3)])
}

/// The translation of the argument at `at`; what is no text, or is not translated, is passed on.
fn translate(
    context: &CallContext<'_>,
    bound: &Bound<'_>,
    message_context: Option<usize>,
    at: usize,
) -> Result<Value, Error> {
    let message = bound.required(at);
    let (Some(translations), Some(text)) = (context.translations(), message.as_str()) else {
        return Ok(message.clone());
    };
    let translated = translations.gettext(context_text(bound, message_context)?, text);
    answer(context, translated, message, text)
}

/// The translation of the two arguments from `at`, for as many as the argument behind them says.
fn translate_count(
    context: &CallContext<'_>,
    bound: &Bound<'_>,
    message_context: Option<usize>,
    at: usize,
) -> Result<Value, Error> {
    let (singular, plural, number) = (
        bound.required(at),
        bound.required(at + 1),
        bound.required(at + 2),
    );
    let is_one = crate::value::compare::equal(context, number, &Value::int(1))?;
    let untranslated = if is_one { singular } else { plural };
    let (Some(translations), Some(one), Some(many)) =
        (context.translations(), singular.as_str(), plural.as_str())
    else {
        return Ok(untranslated.clone());
    };
    let count = match number_of(number) {
        Some(Number::Int(count)) => count.clamp(i64::MIN.into(), i64::MAX.into()) as i64,
        Some(Number::Float(count)) => count.round() as i64,
        None => return Err(refuse_argument(bound, at + 2, "a number")),
    };
    let message_context = context_text(bound, message_context)?;
    let translated = translations.ngettext(message_context, one, many, count);
    let text = if is_one { one } else { many };
    answer(context, translated, untranslated, text)
}

fn context_text<'a>(bound: &Bound<'a>, at: Option<usize>) -> Result<Option<&'a str>, Error> {
    let Some(at) = at else {
        return Ok(None);
    };
    match bound.required(at).as_str() {
        Some(text) => Ok(Some(text)),
        None => Err(refuse_argument(bound, at, "a string")),
    }
}

/// The translated text; a message that is left as it was stays safe where it was.
fn answer(
    context: &CallContext<'_>,
    translated: Cow<'_, str>,
    message: &Value,
    text: &str,
) -> Result<Value, Error> {
    if translated == text {
        return Ok(message.clone());
    }
    context.memory(translated.len() as u64)?;
    Ok(Value::string(ArcStr::from(translated.as_ref())))
}

/// Puts the variables into the message, if that is for these functions to do; `known` are variables that
/// arguments stand for.
fn finish(
    context: &CallContext<'_>,
    bound: &Bound<'_>,
    message: Value,
    known: &[(&'static str, usize)],
) -> Answer {
    if !context.formats_messages() {
        return match bound.arguments().keywords().next() {
            Some((name, _)) => Err(CallFault::unknown_keyword(bound.name(), name, &[])),
            None => value(message),
        };
    }
    let message = match message.as_str() {
        Some(text) if context.auto_escape() && !message.is_safe() => {
            Value::safe(ArcStr::from(text))
        }
        _ => message,
    };
    let mut variables = Map::new();
    for (name, at) in known {
        variables.insert_str(ArcStr::from(*name), bound.required(*at).clone());
    }
    for (name, given) in bound.arguments().keywords() {
        variables.insert_str(name.clone(), given.clone());
    }
    value(operate::remainder(
        context,
        &message,
        &Value::shared_map(variables),
    )?)
}
