//! The filter `map`, which applies a filter to every item or looks up an attribute of it.

use arcstr::ArcStr;

use crate::builtins::attribute::{Path, look_up};
use crate::builtins::each::{Applied, apply};
use crate::builtins::operand::items;
use crate::builtins::produce::{Answer, generated};
use crate::call::{Bound, Builtin, CallContext, Futures};
use crate::error::builtin::BuiltinFault;
use crate::error::call::CallFault;
use crate::value::truth;

pub(super) const FILTERS: &[Builtin] = &[Builtin::filter("map", &[], map)
    .rest()
    .keywords()
    .futures(Futures::SettleValue)];

fn map(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    // As in Jinja, what is false maps to nothing, none among it.
    if !truth(context, bound.value)? {
        return generated(context, Vec::new());
    }
    let Some(name) = bound.rest().first() else {
        return map_attribute(context, bound);
    };
    let Some(name) = name.as_str() else {
        return Err(BuiltinFault::MapWithoutFilter.into());
    };
    apply(
        context,
        Applied::Filter(ArcStr::from(name)),
        items(context, bound.value)?,
        bound.arguments().skip(1),
        Box::new(generated),
    )
}

fn map_attribute(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let mut attribute = None;
    let mut default = None;
    for (name, given) in bound.keywords() {
        match name.as_str() {
            "attribute" => attribute = Some(given),
            "default" => default = Some(given).filter(|given| !given.is_none()),
            _ => {
                return Err(CallFault::unknown_keyword(
                    bound.name(),
                    name,
                    &["attribute", "default"],
                ));
            }
        }
    }
    let Some(attribute) = attribute else {
        return Err(BuiltinFault::MapWithoutFilter.into());
    };
    look_up(
        context,
        items(context, bound.value)?,
        vec![Path::new(Some(attribute))],
        default.cloned(),
        Box::new(|context, _, mut found| generated(context, found.pop().unwrap_or_default())),
    )
}
