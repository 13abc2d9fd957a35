//! Slices and membership: what `x[a:b:c]` and `a in b` mean.

use crate::error::Error;
use crate::error::value::ValueFault;
use crate::value::dict_view::DictView;
use crate::value::number::{Number, int_of, number_of};
use crate::value::text::{char_count, char_slice};
use crate::value::{
    Charge, Map, Repr, UndefinedPolicy, Value, compare, mapping, settled, values_size,
};

/// A slice of a sequence of known length: where it starts, its step, and how many items it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// The index of the first item.
    pub(crate) start: i128,
    /// Where it stops, which of a slice without items may be before the start.
    pub(crate) stop: i128,
    /// From one index to the next; never 0.
    pub(crate) step: i128,
    /// How many items there are.
    pub(crate) len: usize,
}

impl Bounds {
    /// The bounds of a slice, cut to the sequence's length as Python cuts them.
    pub(crate) fn new(
        length: usize,
        start: Option<i128>,
        stop: Option<i128>,
        step: Option<i128>,
    ) -> Result<Self, Error> {
        let step = step.unwrap_or(1);
        if step == 0 {
            return Err(ValueFault::SliceStepZero.into());
        }
        let length = length as i128;
        let (lowest, highest) = if step > 0 {
            (0, length)
        } else {
            (-1, length - 1)
        };
        let cut = |index: i128| {
            let index = if index < 0 {
                index.saturating_add(length)
            } else {
                index
            };
            index.clamp(lowest, highest)
        };
        let (first, last) = if step > 0 {
            (lowest, highest)
        } else {
            (highest, lowest)
        };
        let start = start.map_or(first, cut);
        let stop = stop.map_or(last, cut);
        // Steps beyond the length are all alike.
        let step = step.clamp(-length - 1, length + 1);
        let distance = if step > 0 { stop - start } else { start - stop };
        let len = if distance <= 0 {
            0
        } else {
            ((distance - 1) / step.abs() + 1) as usize
        };
        Ok(Bounds {
            start,
            stop,
            step,
            len,
        })
    }

    /// The indices, in order; all are within the sequence.
    pub(crate) fn indices(&self) -> impl Iterator<Item = usize> + use<> {
        let Bounds {
            start, step, len, ..
        } = *self;
        (0..len).map(move |round| (start + round as i128 * step) as usize)
    }
}

/// `value[start:stop:step]`, with `none` for what is not given.
pub(crate) fn slice(
    charge: &dyn Charge,
    value: &Value,
    start: &Value,
    stop: &Value,
    step: &Value,
) -> Result<Value, Error> {
    let value = settled(charge, value)?;
    if let Some(undefined) = value.as_undefined() {
        return match undefined.policy {
            UndefinedPolicy::Chainable => Ok(value.clone()),
            _ => Err(undefined.error()),
        };
    }
    let parts = [
        settled(charge, start)?,
        settled(charge, stop)?,
        settled(charge, step)?,
    ];
    let Some([start, stop, step]) = bound_numbers(parts) else {
        return Err(wrong_part(parts));
    };
    let bounds = |length| Bounds::new(length, start, stop, step);
    Ok(match &value.0 {
        Repr::String(text) | Repr::Safe(text) => {
            let bounds = bounds(char_count(text))?;
            // No part of a text is longer than the text, and no character than four bytes.
            charge.memory(text.len().min(bounds.len.saturating_mul(4)) as u64)?;
            charge.fuel(text.len() as u64 / 64)?;
            let safe = matches!(value.0, Repr::Safe(_));
            Value::text(char_slice(text, &bounds), safe)
        }
        Repr::List(list) => {
            let items = list.items();
            let items = slice_items(charge, &items, bounds(items.len())?)?;
            Value::shared_list(items)
        }
        Repr::Tuple(tuple) => {
            let items = tuple.items();
            Value::tuple(slice_items(charge, items, bounds(items.len())?)?)
        }
        Repr::Bytes(bytes) => {
            let bounds = bounds(bytes.len())?;
            charge.memory(bounds.len as u64)?;
            Value::bytes(bounds.indices().map(|at| bytes[at]).collect())
        }
        Repr::Range(range) => {
            let length = usize::try_from(range.len()).map_err(|_| ValueFault::TooLong)?;
            let bounds = bounds(length)?;
            let sliced = range.slice(bounds.start, bounds.stop, step.unwrap_or(1));
            let sliced = sliced.ok_or(ValueFault::TooLong)?;
            Value::range(sliced.start, sliced.stop, sliced.step)?
        }
        _ => return Err(ValueFault::NotSliceable(value.type_name().into()).into()),
    })
}

fn slice_items(charge: &dyn Charge, items: &[Value], bounds: Bounds) -> Result<Vec<Value>, Error> {
    charge.memory(values_size(bounds.len))?;
    charge.fuel(bounds.len as u64 / 8)?;
    Ok(bounds.indices().map(|at| items[at].clone()).collect())
}

/// The three numbers of a slice; `None` if one of them is neither an integer nor none.
fn bound_numbers(parts: [&Value; 3]) -> Option<[Option<i128>; 3]> {
    let mut numbers = [None; 3];
    for (number, part) in numbers.iter_mut().zip(parts) {
        if !matches!(part.0, Repr::None) {
            *number = Some(int_of(part)?);
        }
    }
    Some(numbers)
}

/// Fails because a part is no integer.
#[cold]
fn wrong_part(parts: [&Value; 3]) -> Error {
    let wrong = |part: &&&Value| !matches!(part.0, Repr::None) && int_of(part).is_none();
    match parts.iter().find(wrong) {
        Some(part) => match part.as_undefined() {
            Some(undefined) => undefined.error(),
            None => ValueFault::SlicePart(part.type_name().into()).into(),
        },
        None => ValueFault::SlicePart("nothing".into()).into(),
    }
}

/// `item in container`.
pub(crate) fn contains(
    charge: &dyn Charge,
    container: &Value,
    item: &Value,
) -> Result<bool, Error> {
    let container = settled(charge, container)?;
    let item = settled(charge, item)?;
    match &container.0 {
        Repr::String(text) | Repr::Safe(text) => match item.as_text() {
            Some(part) => {
                charge.fuel(text.len() as u64 / 64)?;
                Ok(memchr::memmem::find(text.as_bytes(), part.as_bytes()).is_some())
            }
            None => match item.as_undefined() {
                Some(undefined) => Err(undefined.error()),
                None => Err(ValueFault::NotInString(item.type_name().into()).into()),
            },
        },
        Repr::List(list) => contains_item(charge, &list.items(), item),
        Repr::Tuple(tuple) => contains_item(charge, tuple.items(), item),
        Repr::Range(range) => match number_of(item) {
            Some(Number::Int(int)) => Ok(range.contains(int)),
            Some(Number::Float(float)) => {
                let whole = Number::exact_int(float);
                Ok(whole.is_some_and(|int| range.contains(int)))
            }
            None => match item.as_undefined() {
                Some(undefined) if range.len() > 0 => undefined.check().map(|()| false),
                _ => Ok(false),
            },
        },
        Repr::Bytes(bytes) => match &item.0 {
            Repr::Bytes(part) => Ok(memchr::memmem::find(bytes, part).is_some()),
            _ => match int_of(item) {
                Some(int) => match u8::try_from(int) {
                    Ok(byte) => Ok(memchr::memchr(byte, bytes).is_some()),
                    Err(_) => Err(ValueFault::ByteRange.into()),
                },
                None => Err(ValueFault::NotInBytes(item.type_name().into()).into()),
            },
        },
        Repr::Map(_) | Repr::Record(_) => match mapping(container) {
            Some(mapping) => Ok(mapping.get(item)?.is_some()),
            None => Ok(false),
        },
        Repr::Undefined(_) | Repr::Unset => match container.as_undefined() {
            Some(undefined) => undefined.check().map(|()| false),
            None => Ok(false),
        },
        Repr::Object(object) => {
            let Some(items) = object.iterate() else {
                return Err(ValueFault::NotAContainer(container.type_name().into()).into());
            };
            // Keys are looked up, and what cannot be a key is not even compared.
            if container.as_dict_view().is_some_and(DictView::is_keys) {
                Map::new().get(item)?;
            }
            for own in items {
                if compare::same_or_equal(charge, &own, item)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        _ => Err(ValueFault::NotAContainer(container.type_name().into()).into()),
    }
}

fn contains_item(charge: &dyn Charge, items: &[Value], item: &Value) -> Result<bool, Error> {
    for own in items {
        if compare::same_or_equal(charge, own, item)? {
            return Ok(true);
        }
    }
    Ok(false)
}
