//! Attributes and items: what `x.name` and `x[key]` mean.

use crate::error::Error;
use crate::value::number::int_of;
use crate::value::text::{char_at, char_count};
use crate::value::{
    Charge, Content, Dict, Repr, Symbol, Undefined, UndefinedPolicy, Value, settled,
};

/// `value.name`: the attribute, or else the item of that name. A missing one is undefined with `policy`.
pub(crate) fn attribute(
    charge: &dyn Charge,
    policy: UndefinedPolicy,
    value: &Value,
    name: &Symbol,
) -> Result<Value, Error> {
    match find_attribute(charge, value, name)? {
        Some(found) => Ok(found),
        None => {
            let value = settled(charge, value)?;
            let undefined = Undefined::attribute(value, name.text().clone(), policy);
            Ok(Value::missing(undefined))
        }
    }
}

/// `value[key]`: the item, or else the attribute of that name. A missing one is undefined with `policy`.
pub(crate) fn item(
    charge: &dyn Charge,
    policy: UndefinedPolicy,
    value: &Value,
    key: &Value,
) -> Result<Value, Error> {
    match find_item(charge, value, key)? {
        Some(found) => Ok(found),
        None => {
            let value = settled(charge, value)?;
            let key = settled(charge, key)?;
            Ok(Value::missing(Undefined::item(charge, value, key, policy)))
        }
    }
}

/// The attribute of a record or of a dict that no template changes, where it is; `None` says that only
/// [`attribute`] can tell. A dict is asked only if it has no method of the name.
#[inline(always)]
pub(crate) fn field<'a>(value: &'a Value, name: &Symbol, is_method: bool) -> Option<Content<'a>> {
    match &value.0 {
        Repr::Record(record) => record.get_symbol(name),
        Repr::Map(dict) if !is_method => match &**dict {
            Dict::Frozen(map) => map.get_symbol(name).map(Content::Value),
            Dict::Shared(_) => None,
        },
        _ => None,
    }
}

/// As [`attribute`], but `None` where it is missing. What an undefined value has is up to its policy.
pub(crate) fn find_attribute(
    charge: &dyn Charge,
    value: &Value,
    name: &Symbol,
) -> Result<Option<Value>, Error> {
    match &value.0 {
        Repr::Record(record) => Ok(record.get_symbol(name).map(Content::to_value)),
        Repr::Map(dict) => Ok(dict.get_symbol(name)),
        Repr::Tuple(tuple) => Ok(tuple.named_item(name).cloned()),
        Repr::Object(object) => match object.get_attr(name) {
            Some(found) => Ok(Some(found)),
            None => Ok(object.get_item(&Value::string(name.text().clone()))),
        },
        Repr::Undefined(_) if name.text() == "_undefined_name" => Ok(Some(
            value
                .as_undefined()
                .and_then(Undefined::missing_name)
                .map_or(Value::NONE, Value::string),
        )),
        Repr::Undefined(_) => of_undefined(value),
        Repr::Pending(_) | Repr::Stream(_) => find_attribute(charge, settled(charge, value)?, name),
        _ => Ok(None),
    }
}

/// The attribute alone, for `| attr`: items are not looked at.
pub(crate) fn find_own_attribute(
    charge: &dyn Charge,
    value: &Value,
    name: &str,
) -> Result<Option<Value>, Error> {
    match &value.0 {
        Repr::Object(object) => Ok(object.get_attr(name)),
        Repr::Tuple(tuple) => Ok(tuple.named_item(name).cloned()),
        Repr::Undefined(_) => of_undefined(value),
        Repr::Pending(_) | Repr::Stream(_) => {
            find_own_attribute(charge, settled(charge, value)?, name)
        }
        _ => Ok(None),
    }
}

/// As [`item`], but `None` where it is missing. What an undefined value has is up to its policy.
pub(crate) fn find_item(
    charge: &dyn Charge,
    value: &Value,
    key: &Value,
) -> Result<Option<Value>, Error> {
    let key = settled(charge, key)?;
    Ok(match &value.0 {
        Repr::List(list) => index(list.len(), key).and_then(|at| list.get(at)),
        Repr::Tuple(tuple) => {
            let items = tuple.items();
            match key.as_text() {
                Some(name) => tuple.named_item(name).cloned(),
                None => index(items.len(), key).and_then(|at| items.get(at).cloned()),
            }
        }
        // A key that cannot be hashed is no key, and so is missing; a strict undefined one is an error.
        Repr::Map(_) | Repr::Record(_) if key.is_undefined() => {
            key.as_undefined().map_or(Ok(()), Undefined::check)?;
            match &value.0 {
                Repr::Map(dict) => dict.get(key).ok().flatten(),
                _ => None,
            }
        }
        Repr::Map(dict) => dict.get(key).ok().flatten(),
        Repr::Record(record) => {
            let found = key.as_text().and_then(|name| record.get(name));
            found.map(Content::to_value)
        }
        Repr::String(text) | Repr::Safe(text) => {
            let safe = matches!(value.0, Repr::Safe(_));
            if !text.is_ascii() {
                charge.fuel(text.len() as u64 / 64)?;
            }
            index(char_count(text), key)
                .and_then(|at| char_at(text, at))
                .map(|character| Value::text(character, safe))
        }
        Repr::Bytes(bytes) => index(bytes.len(), key)
            .and_then(|at| bytes.get(at))
            .map(|byte| Value::int(i64::from(*byte))),
        Repr::Range(range) => {
            let length = i128::from(range.len());
            int_of(key)
                .map(|at| {
                    if at < 0 {
                        at.saturating_add(length)
                    } else {
                        at
                    }
                })
                .and_then(|at| u64::try_from(at).ok())
                .and_then(|at| range.get(at))
                .map(Value::int)
        }
        Repr::Object(object) => match object.get_item(key) {
            Some(found) => Some(found),
            None => key.as_text().and_then(|name| object.get_attr(name)),
        },
        Repr::Undefined(_) => of_undefined(value)?,
        Repr::Pending(_) | Repr::Stream(_) => {
            return find_item(charge, settled(charge, value)?, key);
        }
        _ => None,
    })
}

/// Anything of an undefined value: an error, or undefined as well.
fn of_undefined(value: &Value) -> Result<Option<Value>, Error> {
    match value.as_undefined() {
        Some(undefined) if undefined.policy != UndefinedPolicy::Chainable => Err(undefined.error()),
        _ => Ok(Some(value.clone())),
    }
}

/// The place in a sequence that a key means; negative ones count from the end.
fn index(length: usize, key: &Value) -> Option<usize> {
    let at = match &key.0 {
        Repr::Int(at) => i128::from(*at),
        _ => int_of(key)?,
    };
    let at = if at < 0 {
        at.saturating_add(length as i128)
    } else {
        at
    };
    usize::try_from(at).ok().filter(|at| *at < length)
}
