//! Methods of dicts, and of the structs of a host, which read as dicts.

use std::sync::Arc;

use crate::builtins::filters::tuples;
use crate::builtins::functions::merge;
use crate::builtins::operand::{items, refuse, shown};
use crate::builtins::produce::{Answer, charge_values, value};
use crate::call::{Bound, Builtin, CallContext};
use crate::error::Error;
use crate::error::builtin::BuiltinFault;
use crate::value::{Charge, Dict, Map, Mapping, Value, mapping, settled};

pub(super) const METHODS: &[Builtin] = &[
    Builtin::method("items", &[], |context, bound| {
        value(Value::dict_view(
            "dict_items",
            tuples(context, bound.value)?,
        ))
    }),
    Builtin::method("keys", &[], |context, bound| {
        let mapping = receiver(bound)?;
        charge_values(context, mapping.len())?;
        value(Value::dict_view(
            "dict_keys",
            mapping.iter().map(|(key, _)| key).collect(),
        ))
    }),
    Builtin::method("values", &[], |context, bound| {
        let mapping = receiver(bound)?;
        charge_values(context, mapping.len())?;
        value(Value::dict_view(
            "dict_values",
            mapping.iter().map(|(_, value)| value.clone()).collect(),
        ))
    }),
    Builtin::method("get", &["key", "default"], get).required(1),
    Builtin::method("copy", &[], |context, bound| {
        let mut map = Map::new();
        merge(context, &mut map, bound.value)?;
        value(Value::shared_map(map))
    }),
    Builtin::method("fromkeys", &["iterable", "value"], fromkeys).required(1),
    Builtin::method("pop", &["key", "default"], pop).required(1),
    Builtin::method("popitem", &[], popitem),
    Builtin::method("setdefault", &["key", "default"], setdefault).required(1),
    Builtin::method("update", &["items"], update).keywords(),
    Builtin::method("clear", &[], |context, bound| {
        // The entries are dropped outside of the change: one of them may hold this dict.
        let entries = own(bound)?.change(context, std::mem::take)?;
        drop(entries);
        value(Value::NONE)
    }),
];

fn receiver<'a>(bound: &Bound<'a>) -> Result<Mapping<'a>, Error> {
    mapping(bound.value).ok_or_else(|| refuse(bound, "a mapping"))
}

/// The receiver as something that may change.
fn own<'a>(bound: &Bound<'a>) -> Result<&'a Arc<Dict>, Error> {
    match bound.value.as_dict() {
        Some(dict) => Ok(dict),
        None => Err(BuiltinFault::Frozen("this mapping").into()),
    }
}

fn get(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let key = settled(context, bound.required(0))?;
    match receiver(bound)?.get(key)? {
        Some(found) => value(found.clone()),
        None => value(bound.get(1).cloned().unwrap_or(Value::NONE)),
    }
}

/// A new dict of keys that all have one value; what the dict holds that has the method does not matter.
fn fromkeys(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let given = bound.get(1).unwrap_or(&Value::NONE);
    let mut map = Map::new();
    for key in items(context, bound.required(0))? {
        charge_values(context, 5)?;
        map.insert(key, given.clone())?;
    }
    value(Value::shared_map(map))
}

fn pop(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let dict = own(bound)?;
    let key = settled(context, bound.required(0))?;
    context.fuel(dict.len() as u64 / 64)?;
    match dict.change(context, |map| map.remove(key))?? {
        Some((_, removed)) => value(removed),
        None => match bound.get(1) {
            Some(default) => value(default.clone()),
            None => Err(BuiltinFault::KeyNotFound(shown(context, key)).into()),
        },
    }
}

fn popitem(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    match own(bound)?.change(context, Map::pop)? {
        Some((key, removed)) => value(Value::tuple(vec![key, removed])),
        None => Err(BuiltinFault::Empty {
            name: "popitem",
            container: "dict",
        }
        .into()),
    }
}

fn setdefault(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let dict = own(bound)?;
    let key = settled(context, bound.required(0))?;
    if let Some(found) = dict.get(key)? {
        return value(found);
    }
    let default = bound.get(1).cloned().unwrap_or(Value::NONE);
    dict.set(context, bound.value, key.clone(), default.clone())?;
    value(default)
}

fn update(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let dict = own(bound)?;
    let mut added = Map::new();
    if let Some(source) = bound.get(0) {
        merge(context, &mut added, settled(context, source)?)?;
    }
    for (name, given) in bound.arguments().keywords() {
        charge_values(context, 5)?;
        added.insert_str(name.clone(), given.clone());
    }
    charge_values(context, added.len().saturating_mul(5))?;
    let stores = added.iter().any(|(_, value)| value.is_container());
    let mut replaced = Vec::new();
    dict.change(context, |map| -> Result<(), Error> {
        for (key, given) in added.iter() {
            // Replaced values are dropped outside of the change: one of them may hold this dict.
            replaced.extend(map.insert(key.clone(), given.clone())?);
        }
        Ok(())
    })??;
    drop(replaced);
    if stores {
        Charge::stored(context, bound.value);
    }
    value(Value::NONE)
}
