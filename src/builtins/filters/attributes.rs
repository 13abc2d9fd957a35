//! Filters that look at one value: its attributes, and what stands in for it.

use arcstr::ArcStr;

use crate::builtins::operand::required_string;
use crate::builtins::produce::{Answer, value};
use crate::call::{Bound, BoundMethod, Builtin, CallContext, Futures};
use crate::value::{Symbol, Undefined, UndefinedPolicy, Value, access, truth};

pub(super) const FILTERS: &[Builtin] = &[
    Builtin::filter("attr", &["name"], attr).required(1),
    Builtin::filter("default", &["default_value", "boolean"], default)
        .futures(Futures::SettleValue),
    Builtin::filter("d", &["default_value", "boolean"], default).futures(Futures::SettleValue),
];

fn default(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let boolean = match bound.get(1) {
        Some(given) => truth(context, given)?,
        None => false,
    };
    // A strict value has no truth, but to stand in for it is what this filter is for.
    let stands = bound.value.is_undefined() || boolean && !truth(context, bound.value)?;
    match stands {
        true => value(bound.get(0).cloned().unwrap_or(Value::string(""))),
        false => value(bound.value.clone()),
    }
}

fn attr(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let name = required_string(bound, 0)?;
    if let Some(undefined) = bound.value.as_undefined() {
        if undefined.policy == UndefinedPolicy::Chainable {
            return value(bound.value.clone());
        }
        return Err(undefined.error());
    }
    // A struct of the host has attributes; a map has keys, which are none.
    if let Some(found) = bound.value.as_record().and_then(|record| record.get(name)) {
        return value(found.to_value());
    }
    if let Some(found) = access::find_own_attribute(context, bound.value, name)? {
        return value(found);
    }
    if let Some(method) = context
        .registry()
        .method(bound.value, &Symbol::new(ArcStr::from(name)))
    {
        return value(BoundMethod::value(bound.value.clone(), method));
    }
    value(Value::missing(Undefined::attribute(
        bound.value,
        ArcStr::from(name),
        context.policy(),
    )))
}
