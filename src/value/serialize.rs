//! Serde, outwards: values serialise, to themselves where the engine's own serialiser takes them.

use std::fmt;

use serde::ser::{self, Serialize, Serializer};

use crate::error::Error;
use crate::error::value::ValueFault;
use crate::value::handover::{hand_over, takes_over};
use crate::value::{MAX_DEPTH, Repr, Value, mapping, pending};

/// The error type that serde wants, around the engine's own.
#[derive(Debug)]
pub(crate) struct SerdeError(pub(super) Error);

impl fmt::Display for SerdeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.message())
    }
}

impl std::error::Error for SerdeError {}

impl ser::Error for SerdeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        ValueFault::Serialize(arcstr::format!("{message}")).into()
    }
}

impl From<SerdeError> for Error {
    fn from(error: SerdeError) -> Self {
        error.0
    }
}

impl From<Error> for SerdeError {
    fn from(error: Error) -> Self {
        SerdeError(error)
    }
}

impl From<ValueFault> for SerdeError {
    fn from(fault: ValueFault) -> Self {
        SerdeError(fault.into())
    }
}

/// The value itself where it becomes a value again; else its content, as Python's `json` would see it.
impl Serialize for Value {
    #[inline(always)]
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if takes_over::<S>() {
            return hand_over(self, serializer);
        }
        Nested {
            value: self,
            depth: MAX_DEPTH,
        }
        .serialize(serializer)
    }
}

/// A value with the number of levels that it may still nest.
struct Nested<'a> {
    value: &'a Value,
    depth: usize,
}

impl Nested<'_> {
    fn inside<'a, E: ser::Error>(&self, value: &'a Value) -> Result<Nested<'a>, E> {
        match self.depth.checked_sub(1) {
            Some(depth) => Ok(Nested { value, depth }),
            None => Err(E::custom(ValueFault::TooDeep(MAX_DEPTH))),
        }
    }
}

impl Serialize for Nested<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if takes_over::<S>() {
            return hand_over(self.value, serializer);
        }
        match &self.value.0 {
            Repr::Unset | Repr::OnTape(_) | Repr::Undefined(_) | Repr::None => {
                serializer.serialize_unit()
            }
            Repr::Bool(flag) => serializer.serialize_bool(flag.get()),
            Repr::Int(int) => serializer.serialize_i64(*int),
            Repr::BigInt(int) => match u64::try_from(**int) {
                Ok(int) => serializer.serialize_u64(int),
                Err(_) => serializer.serialize_i128(**int),
            },
            Repr::Float(float) => serializer.serialize_f64(float.get()),
            Repr::String(text) | Repr::Safe(text) => serializer.serialize_str(text),
            Repr::Bytes(bytes) => serializer.serialize_bytes(bytes),
            Repr::List(list) => self.items(&list.items(), serializer),
            Repr::Tuple(tuple) => self.items(tuple.items(), serializer),
            Repr::Range(_) => match self.value.try_iter() {
                Ok(items) => serializer.collect_seq(items),
                Err(error) => Err(ser::Error::custom(error)),
            },
            Repr::Map(_) | Repr::Record(_) => self.map(serializer),
            Repr::Object(object) => match object.iterate() {
                Some(items) => {
                    let items = items.map(|item| OwnedNested(item, self.depth));
                    serializer.collect_seq(items)
                }
                None => match self.value.as_namespace() {
                    Some(namespace) => {
                        let map = Value::map(namespace.snapshot());
                        self.inside(&map)?.serialize(serializer)
                    }
                    None => serializer.serialize_str(&object.render()),
                },
            },
            Repr::Pending(_) | Repr::Stream(_) => {
                Err(ser::Error::custom(pending::misused(self.value).message()))
            }
        }
    }
}

impl Nested<'_> {
    fn items<S: Serializer>(&self, items: &[Value], serializer: S) -> Result<S::Ok, S::Error> {
        use ser::SerializeSeq as _;
        let mut sequence = serializer.serialize_seq(Some(items.len()))?;
        for item in items {
            sequence.serialize_element(&self.inside(item)?)?;
        }
        sequence.end()
    }

    fn map<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use ser::SerializeMap as _;
        let Some(mapping) = mapping(self.value) else {
            return serializer.serialize_unit();
        };
        let mut map = serializer.serialize_map(Some(mapping.len()))?;
        for (key, value) in mapping.iter() {
            map.serialize_entry(&self.inside(&key)?, &self.inside(value)?)?;
        }
        map.end()
    }
}

/// An item that an object gave, with the number of levels above it that may still nest.
struct OwnedNested(Value, usize);

impl Serialize for OwnedNested {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let outer = Nested {
            value: &self.0,
            depth: self.1,
        };
        outer.inside(&self.0)?.serialize(serializer)
    }
}
