//! The functions that make ranges, dicts and namespaces.

use crate::builtins::operand::{integer, items, refuse_argument, shown};
use crate::builtins::produce::{Answer, charge_values, value};
use crate::call::{Bound, Builtin, CallContext, Futures};
use crate::error::Error;
use crate::error::builtin::BuiltinFault;
use crate::value::{Map, Value, mapping, settled};

pub(super) const RANGE: Builtin = positional(Builtin::function(
    "range",
    &["start", "stop", "step"],
    range,
))
.required(1)
.futures(Futures::Settle);
pub(super) const DICT: Builtin = positional(Builtin::function("dict", &["items"], dict)).keywords();
pub(super) const NAMESPACE: Builtin =
    positional(Builtin::function("namespace", &["items"], namespace)).keywords();

/// The same function without names for its parameters, so that every keyword is a name of the caller's own.
const fn positional(mut function: Builtin) -> Builtin {
    function.signature.positional_only = true;
    function
}

fn range(_: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let mut bounds = Vec::new();
    for index in 0..3 {
        bounds.extend(integer(bound, index)?);
    }
    match *bounds.as_slice() {
        [stop] => value(Value::range(0, stop, 1)?),
        [start, stop] => value(Value::range(start, stop, 1)?),
        [start, stop, step] => value(Value::range(start, stop, step)?),
        _ => Err(refuse_argument(bound, 0, "an integer")),
    }
}

fn dict(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    value(Value::shared_map(entries(context, bound)?))
}

fn namespace(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    value(Value::namespace(entries(context, bound)?))
}

/// The entries of a mapping or of pairs, then those given by keywords.
fn entries(context: &CallContext<'_>, bound: &Bound<'_>) -> Result<Map, Error> {
    let mut map = Map::new();
    if let Some(given) = bound.get(0) {
        merge(context, &mut map, settled(context, given)?)?;
    }
    for (name, given) in bound.arguments().keywords() {
        charge_values(context, 5)?;
        map.insert_str(name.clone(), given.clone());
    }
    Ok(map)
}

/// Puts the entries of a mapping, or of pairs, into `map`.
pub(in crate::builtins) fn merge(
    context: &CallContext<'_>,
    map: &mut Map,
    source: &Value,
) -> Result<(), Error> {
    if let Some(undefined) = source.as_undefined() {
        return Err(undefined.error());
    }
    if let Some(mapping) = mapping(source) {
        charge_values(context, mapping.len().saturating_mul(5))?;
        for (key, value) in mapping.iter() {
            map.insert(key, value.clone())?;
        }
        return Ok(());
    }
    for pair in items(context, source)? {
        let parts = match crate::value::length(context, &pair) {
            Ok(2) => items(context, &pair)?,
            _ => Vec::new(),
        };
        let Ok([key, value]) = <[Value; 2]>::try_from(parts) else {
            return Err(BuiltinFault::NoPair("dict", shown(context, &pair)).into());
        };
        charge_values(context, 5)?;
        map.insert(key, value)?;
    }
    Ok(())
}
