//! Maps and records seen as one thing: keys with values, in order.

use crate::error::Error;
use crate::value::{MapView, Record, Repr, Value};

/// A map or a record, looked at.
pub(crate) enum Mapping<'a> {
    /// A map as it is now.
    Map(MapView<'a>),
    /// A record.
    Record(&'a Record),
}

/// `value` as keys with values, if it is a map or a record.
pub(crate) fn mapping(value: &Value) -> Option<Mapping<'_>> {
    match &value.0 {
        Repr::Map(dict) => Some(Mapping::Map(dict.view())),
        Repr::Record(record) => Some(Mapping::Record(record)),
        _ => None,
    }
}

impl Mapping<'_> {
    /// How many keys there are.
    pub(crate) fn len(&self) -> usize {
        match self {
            Mapping::Map(map) => map.len(),
            Mapping::Record(record) => record.len(),
        }
    }

    /// The value of a text.
    pub(crate) fn get_str(&self, key: &str) -> Option<&Value> {
        match self {
            Mapping::Map(map) => map.get_str(key),
            Mapping::Record(record) => {
                let index = record.shape().index_of(key)?;
                record.values().get(index)
            }
        }
    }

    /// The value of a key; a key that is not hashable is an error.
    pub(crate) fn get(&self, key: &Value) -> Result<Option<&Value>, Error> {
        match (self, key.as_text()) {
            (Mapping::Map(map), _) => map.get(key),
            (Mapping::Record(_), Some(text)) => Ok(self.get_str(text)),
            (Mapping::Record(_), None) => {
                super::key::KeyRef::new(key)?;
                Ok(None)
            }
        }
    }

    /// The key and the value at a place in the order.
    pub(crate) fn get_index(&self, index: usize) -> Option<(Value, &Value)> {
        match self {
            Mapping::Map(map) => map
                .get_index(index)
                .map(|(key, value)| (key.clone(), value)),
            Mapping::Record(record) => {
                let name = record.shape().names().get(index)?;
                Some((Value::string(name.text().clone()), &record.values()[index]))
            }
        }
    }

    /// Keys and values in order.
    pub(crate) fn iter(
        &self,
    ) -> impl DoubleEndedIterator<Item = (Value, &Value)> + ExactSizeIterator {
        (0..self.len()).map(|index| {
            self.get_index(index)
                .expect("every index below the length has an entry")
        })
    }
}
