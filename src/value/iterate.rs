//! Passes over values: lists by items, maps by keys, strings by characters, ranges without a list.

use std::fmt;
use std::sync::Arc;

use arcstr::ArcStr;

use crate::error::Error;
use crate::error::value::ValueFault;
use crate::value::text::char_count;
use crate::value::{
    Charge, Dict, List, Map, MapView, Range, Record, Repr, Tuple, Unlimited, Value, settled,
    values_size,
};

/// One pass over the items of a value.
///
/// ```
/// use kakehi::{Value, ValueIter};
/// let squares = ValueIter::new((1..=3).map(|n| Value::from(n * n)));
/// assert_eq!(squares.collect::<Value>().to_string(), "[1, 4, 9]");
/// ```
pub struct ValueIter(Source);

enum Source {
    Empty,
    Frozen {
        list: Arc<List>,
        next: usize,
    },
    /// Items of a list that may change meanwhile: what is left of the state it had last.
    Shared {
        list: Arc<List>,
        items: Arc<Vec<Value>>,
        next: usize,
    },
    Tuple {
        tuple: Arc<Tuple>,
        next: usize,
    },
    Chars {
        text: ArcStr,
        next: usize,
    },
    Bytes {
        bytes: Arc<Vec<u8>>,
        next: usize,
    },
    Range {
        next: i64,
        step: i64,
        left: u64,
    },
    FrozenKeys {
        dict: Arc<Dict>,
        next: usize,
    },
    SharedKeys {
        map: Arc<Map>,
        next: usize,
    },
    Names {
        record: Arc<Record>,
        next: usize,
    },
    Other(Box<dyn Iterator<Item = Value> + Send>),
}

impl ValueIter {
    /// A pass over the items that a Rust iterator gives.
    ///
    /// ```
    /// use kakehi::{Value, ValueIter};
    /// let mut items = ValueIter::new([1, 2].into_iter().map(Value::from));
    /// assert_eq!(items.next(), Some(Value::from(1)));
    /// ```
    pub fn new(items: impl Iterator<Item = Value> + Send + 'static) -> Self {
        ValueIter(Source::Other(Box::new(items)))
    }

    /// A pass over nothing.
    ///
    /// ```
    /// assert!(kakehi::ValueIter::empty().next().is_none());
    /// ```
    pub fn empty() -> Self {
        ValueIter(Source::Empty)
    }

    /// How many items are left, where that is known.
    ///
    /// ```
    /// use kakehi::{Value, ValueIter};
    /// let items = ValueIter::new(vec![Value::NONE].into_iter());
    /// assert_eq!(items.known_len(), Some(1));
    /// ```
    pub fn known_len(&self) -> Option<usize> {
        match self.size_hint() {
            (low, Some(high)) if low == high => Some(low),
            _ => None,
        }
    }

    fn of_range(range: &Range) -> Self {
        ValueIter(Source::Range {
            next: range.start,
            step: range.step,
            left: range.len(),
        })
    }
}

impl Iterator for ValueIter {
    type Item = Value;

    fn next(&mut self) -> Option<Value> {
        match &mut self.0 {
            Source::Empty => None,
            Source::Frozen { list, next } => match &**list {
                List::Frozen(items) => step(next, |at| items.get(at).cloned()),
                List::Taped(_) => step(next, |at| list.get(at)),
                List::Shared(_) => None,
            },
            Source::Shared { list, items, next } => {
                if *next >= items.len() {
                    // What was added since is part of the pass, as in Python.
                    let now = list.snapshot()?;
                    if *next >= now.len() {
                        return None;
                    }
                    *items = now;
                }
                step(next, |at| items.get(at).cloned())
            }
            Source::Tuple { tuple, next } => step(next, |at| tuple.items().get(at).cloned()),
            Source::Chars { text, next } => {
                let character = text[*next..].chars().next()?;
                *next += character.len_utf8();
                Some(Value::from(character))
            }
            Source::Bytes { bytes, next } => step(next, |at| {
                bytes.get(at).map(|byte| Value::int(i64::from(*byte)))
            }),
            Source::Range { next, step, left } => {
                *left = left.checked_sub(1)?;
                let int = *next;
                // The step behind the last item may lead out of 64 bits; nobody looks at it.
                *next = int.wrapping_add(*step);
                Some(Value::int(int))
            }
            Source::FrozenKeys { dict, next } => match &**dict {
                Dict::Frozen(map) => step(next, |at| key_at(map, at)),
                Dict::Shared(_) => None,
            },
            Source::SharedKeys { map, next } => step(next, |at| key_at(map, at)),
            Source::Names { record, next } => step(next, |at| {
                let name = record.shape().names().get(at)?;
                Some(Value::string(name.text().clone()))
            }),
            Source::Other(items) => items.next(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = match &self.0 {
            Source::Empty => 0,
            Source::Frozen { list, next } | Source::Shared { list, next, .. } => {
                list.len().saturating_sub(*next)
            }
            Source::Tuple { tuple, next } => tuple.items().len() - next,
            Source::Chars { text, next } => char_count(&text[*next..]),
            Source::Bytes { bytes, next } => bytes.len() - next,
            Source::Range { left, .. } => match usize::try_from(*left) {
                Ok(left) => left,
                Err(_) => return (usize::MAX, None),
            },
            Source::FrozenKeys { dict, next } => dict.len() - next,
            Source::SharedKeys { map, next } => map.len() - next,
            Source::Names { record, next } => record.len() - next,
            Source::Other(items) => return items.size_hint(),
        };
        (left, Some(left))
    }
}

/// Gives what is at `next` and moves on, if there is anything.
fn step(next: &mut usize, get: impl FnOnce(usize) -> Option<Value>) -> Option<Value> {
    let item = get(*next)?;
    *next += 1;
    Some(item)
}

fn key_at(map: &Map, index: usize) -> Option<Value> {
    map.get_index(index).map(|(key, _)| key.clone())
}

impl fmt::Debug for ValueIter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ValueIter")
            .field("left", &self.size_hint())
            .finish()
    }
}

/// A pass over `value`: an undefined one has no items, a number is an error.
pub(crate) fn iterate(charge: &dyn Charge, value: &Value) -> Result<ValueIter, Error> {
    Ok(ValueIter(match &value.0 {
        Repr::List(list) => match list.snapshot() {
            None => Source::Frozen {
                list: list.clone(),
                next: 0,
            },
            Some(items) => Source::Shared {
                list: list.clone(),
                items,
                next: 0,
            },
        },
        Repr::Tuple(tuple) => Source::Tuple {
            tuple: tuple.clone(),
            next: 0,
        },
        Repr::String(text) | Repr::Safe(text) => Source::Chars {
            text: text.clone(),
            next: 0,
        },
        Repr::Bytes(bytes) => Source::Bytes {
            bytes: bytes.clone(),
            next: 0,
        },
        Repr::Range(range) => return Ok(ValueIter::of_range(range)),
        Repr::Map(dict) => match dict.view() {
            MapView::Borrowed(_) => Source::FrozenKeys {
                dict: dict.clone(),
                next: 0,
            },
            MapView::Snapshot(map) => Source::SharedKeys { map, next: 0 },
        },
        Repr::Record(record) => Source::Names {
            record: record.clone(),
            next: 0,
        },
        Repr::Object(object) => match object.iterate() {
            Some(items) => return Ok(items),
            None => return Err(ValueFault::NotIterable(value.type_name().into()).into()),
        },
        Repr::Undefined(_) | Repr::Unset => {
            if let Some(undefined) = value.as_undefined() {
                undefined.check()?;
                charge.used_undefined(undefined);
            }
            Source::Empty
        }
        Repr::Pending(_) | Repr::Stream(_) => return iterate(charge, settled(charge, value)?),
        _ => return Err(ValueFault::NotIterable(value.type_name().into()).into()),
    }))
}

/// All items of `value`, paid for as they come.
pub(crate) fn collect(charge: &dyn Charge, value: &Value) -> Result<Vec<Value>, Error> {
    const BATCH: usize = 64;
    let items = iterate(charge, value)?;
    let known = items.known_len();
    if let Some(length) = known {
        charge.memory(values_size(length))?;
        charge.fuel(length as u64)?;
    }
    let mut all = Vec::with_capacity(known.unwrap_or_default());
    for item in items {
        if known.is_none_or(|length| all.len() >= length) && all.len() % BATCH == 0 {
            charge.memory(values_size(BATCH))?;
            charge.fuel(BATCH as u64)?;
        }
        all.push(item);
    }
    Ok(all)
}

/// How many items `value` has, as Python's `len()`.
pub(crate) fn length(charge: &dyn Charge, value: &Value) -> Result<usize, Error> {
    let value = settled(charge, value)?;
    if let Some(undefined) = value.as_undefined() {
        return undefined.check().map(|()| 0);
    }
    match &value.0 {
        Repr::Range(range) => usize::try_from(range.len()).map_err(|_| ValueFault::TooLong.into()),
        _ => value
            .len()
            .ok_or_else(|| value.advise(ValueFault::NoLength(value.type_name().into()).into())),
    }
}

impl Value {
    /// A pass over the items of the value: a list's items, a map's keys, a string's characters.
    ///
    /// # Errors
    ///
    /// A value without items, such as a number, a future or a stream.
    ///
    /// ```
    /// use kakehi::Value;
    /// let letters: Vec<Value> = Value::from("ab").try_iter()?.collect();
    /// assert_eq!(letters, [Value::from("a"), Value::from("b")]);
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn try_iter(&self) -> Result<ValueIter, Error> {
        iterate(&Unlimited, self)
    }

    /// How many items, characters or bytes the value has; `None` if it has no length.
    ///
    /// ```
    /// use kakehi::Value;
    /// assert_eq!(Value::from("né").len(), Some(2));
    /// assert_eq!(Value::from(7).len(), None);
    /// ```
    pub fn len(&self) -> Option<usize> {
        Some(match &self.0 {
            Repr::String(text) | Repr::Safe(text) => char_count(text),
            Repr::Bytes(bytes) => bytes.len(),
            Repr::List(list) => list.len(),
            Repr::Tuple(tuple) => tuple.items().len(),
            Repr::Range(range) => usize::try_from(range.len()).ok()?,
            Repr::Map(dict) => dict.len(),
            Repr::Record(record) => record.len(),
            Repr::Object(object) => return object.len(),
            _ => return None,
        })
    }
}
