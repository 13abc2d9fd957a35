//! The filter `format`, which is printf.

use crate::builtins::operand::text;
use crate::builtins::produce::{Answer, charge_values, text_like, value};
use crate::call::{Bound, Builtin, CallContext};
use crate::error::builtin::BuiltinFault;
use crate::value::{Map, Value, percent};

pub(super) const FILTERS: &[Builtin] = &[Builtin::filter("format", &[], format).rest().keywords()];

fn format(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let given = bound.arguments();
    charge_values(context, given.len().saturating_mul(4))?;
    let positional = bound.rest();
    let mut keywords = bound.keywords().peekable();
    let arguments = match (positional.is_empty(), keywords.peek().is_none()) {
        (false, false) => return Err(BuiltinFault::FormatBoth.into()),
        (true, false) => {
            let mut map = Map::new();
            for (name, value) in keywords {
                map.insert_str(name.clone(), value.clone());
            }
            Value::map(map)
        }
        _ => Value::tuple(positional.to_vec()),
    };
    let template = text(context, bound.value)?;
    let safe = bound.value.is_safe();
    value(text_like(
        safe,
        percent::format(context, &template, &arguments, safe)?,
    ))
}
