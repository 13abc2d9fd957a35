//! The data that templates work on.
//!
//! A [`Value`] is 16 bytes: a tag and a payload of one 64-bit integer or one pointer, so that it
//! travels in two registers. Cloning never allocates. Everything here is `Send + Sync`, knows no
//! template and no runtime, and is bounded in depth where it recurses.
//!
//! Values behave as Python's do. An operation that may allocate, recurse or meet a future takes a
//! [`Charge`]: who pays for it, and whether futures that are done stand for their results.

pub(crate) mod access;
mod charge;
mod combination;
pub(crate) mod compare;
mod context;
mod conversion;
mod convert;
mod cycles;
mod deserialize;
mod dict_view;
pub(crate) mod display;
mod drop;
pub(crate) mod extract;
mod failure;
pub(crate) mod float;
mod generator;
mod handover;
mod iterate;
mod key;
mod kind;
mod list;
mod map;
mod mapping;
mod memo;
mod namespace;
pub(crate) mod number;
mod object;
pub(crate) mod operate;
mod pending;
pub(crate) mod percent;
mod plain;
mod range;
mod record;
pub(crate) mod sequence;
mod serialize;
mod serializer;
mod shapes;
mod symbol;
mod tape;
pub(crate) mod text;
mod texts;
mod undefined;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use arcstr::ArcStr;

pub(crate) use charge::{Charge, MAX_DEPTH, Unlimited, values_size};
pub(crate) use combination::{Combination, CombinationKind};
pub(crate) use cycles::Containers;
pub(crate) use generator::Generator;
pub(crate) use handover::as_value;
pub use iterate::ValueIter;
pub(crate) use iterate::{collect, iterate, length};
pub(crate) use key::BuildKeyHasher;
pub use kind::ValueKind;
pub(crate) use list::{Contents, List, Tuple};
pub(crate) use map::{Dict, Map, MapView};
pub(crate) use mapping::{Mapping, mapping};
pub(crate) use memo::Waiter;
pub(crate) use namespace::Namespace;
pub use object::Object;
pub(crate) use object::ObjectBox;
pub use pending::StreamHandle;
pub(crate) use pending::StreamReader;
pub(crate) use pending::{Pending, Stream, ValueFuture, settled};
pub(crate) use range::Range;
pub(crate) use record::{Record, Shape};
pub(crate) use serializer::of_context;
pub(crate) use symbol::Symbol;
pub(crate) use tape::{Content, Part, Tape};
pub(crate) use undefined::Undefined;
pub use undefined::UndefinedPolicy;

use crate::error::Error;
use crate::value::tape::Spot;

/// A value of a template: what contexts hold, expressions give and functions take.
///
/// Values are made by `From`, from anything that serde serialises ([`Value::from_serialize`]), or from
/// an [`Object`] of the host. They compare, print and convert as Python's values do.
///
/// ```
/// use kakehi::Value;
/// let value = Value::from(vec![Value::from(1), Value::from("a"), Value::from(2.5)]);
/// assert_eq!(value.to_string(), "[1, 'a', 2.5]");
/// assert_eq!(value.len(), Some(3));
/// ```
#[derive(Clone)]
pub struct Value(pub(crate) Repr);

/// What a value is. Every payload is one word and nothing lies beside the tag, so that a value travels in two
/// registers; a size test guards the former.
#[derive(Clone)]
pub(crate) enum Repr {
    // First those that own nothing, which one comparison tells from the rest.
    /// A variable slot that nothing was stored in; never leaves the machine.
    Unset,
    /// A part of a tape; never leaves that.
    OnTape(Part),
    None,
    Bool(Flag),
    Int(i64),
    Float(Bits),
    /// With what is known of its name and place, and its policy; a lenient one of which nothing is
    /// known has no payload.
    Undefined(Option<Arc<Undefined>>),
    /// An integer beyond 64 bits; one that fits is always an `Int`.
    BigInt(Arc<i128>),
    String(ArcStr),
    /// Text that is markup already and is not escaped again.
    Safe(ArcStr),
    Bytes(Arc<Vec<u8>>),
    List(Arc<List>),
    Tuple(Arc<Tuple>),
    Range(Arc<Range>),
    Map(Arc<Dict>),
    Record(Arc<Record>),
    /// A host object or a callable; the box inside makes the handle thin.
    Object(Arc<ObjectBox>),
    Pending(Arc<Pending>),
    Stream(Arc<Stream>),
}

/// A bool as a word.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Flag(u64);

impl Flag {
    /// A bool as a word.
    pub(crate) const fn new(flag: bool) -> Self {
        Flag(flag as u64)
    }

    /// The bool.
    pub(crate) const fn get(self) -> bool {
        self.0 != 0
    }
}

/// A float as a word.
#[derive(Clone, Copy)]
pub(crate) struct Bits(u64);

impl Bits {
    /// A float as a word.
    pub(crate) const fn new(float: f64) -> Self {
        Bits(float.to_bits())
    }

    /// The float.
    pub(crate) const fn get(self) -> f64 {
        f64::from_bits(self.0)
    }
}

const _: () = assert!(size_of::<Value>() == 16);

impl Value {
    /// The value `none`.
    pub const NONE: Value = Value(Repr::None);
    /// An undefined value of which nothing is known.
    pub const UNDEFINED: Value = Value(Repr::Undefined(None));
    /// The value `true`.
    pub const TRUE: Value = Value(Repr::Bool(Flag::new(true)));
    /// The value `false`.
    pub const FALSE: Value = Value(Repr::Bool(Flag::new(false)));

    /// An undefined value of which nothing is known.
    ///
    /// ```
    /// assert!(kakehi::Value::undefined().is_undefined());
    /// ```
    pub const fn undefined() -> Value {
        Value::UNDEFINED
    }

    /// The value `none`.
    ///
    /// ```
    /// assert_eq!(kakehi::Value::none().to_string(), "None");
    /// ```
    pub const fn none() -> Value {
        Value::NONE
    }

    pub(crate) const fn int(int: i64) -> Value {
        Value(Repr::Int(int))
    }

    pub(crate) const fn float(float: f64) -> Value {
        Value(Repr::Float(Bits::new(float)))
    }

    pub(crate) const fn bool(flag: bool) -> Value {
        Value(Repr::Bool(Flag::new(flag)))
    }

    pub(crate) fn string(text: impl Into<ArcStr>) -> Value {
        Value(Repr::String(text.into()))
    }

    /// Text that is markup already.
    pub(crate) fn safe(text: impl Into<ArcStr>) -> Value {
        Value(Repr::Safe(text.into()))
    }

    /// Text that is markup already if `safe` says so.
    pub(crate) fn text(text: impl Into<ArcStr>, safe: bool) -> Value {
        match safe {
            true => Value::safe(text),
            false => Value::string(text),
        }
    }

    pub(crate) fn bytes(bytes: Vec<u8>) -> Value {
        Value(Repr::Bytes(Arc::new(bytes)))
    }

    /// A list that never changes.
    pub(crate) fn list(items: Vec<Value>) -> Value {
        Value(Repr::List(Arc::new(List::frozen(items))))
    }

    /// A list of a template's own, which it may change.
    pub(crate) fn shared_list(items: Vec<Value>) -> Value {
        Value(Repr::List(Arc::new(List::shared(items))))
    }

    pub(crate) fn tuple(items: Vec<Value>) -> Value {
        Value(Repr::Tuple(Arc::new(Tuple::new(items))))
    }

    /// A tuple whose items have names as well.
    pub(crate) fn named_tuple(names: &'static [&'static str], items: Vec<Value>) -> Value {
        Value(Repr::Tuple(Arc::new(Tuple::named(names, items))))
    }

    /// A map that never changes.
    pub(crate) fn map(map: Map) -> Value {
        Value(Repr::Map(Arc::new(Dict::frozen(map))))
    }

    /// A map of a template's own, which it may change.
    pub(crate) fn shared_map(map: Map) -> Value {
        Value(Repr::Map(Arc::new(Dict::shared(map))))
    }

    /// A row of a shape; there is one value for each field.
    pub(crate) fn record(shape: Arc<Shape>, values: Vec<Value>) -> Value {
        Value(Repr::Record(Arc::new(Record::new(shape, values))))
    }

    /// The integers from `start` to before `stop`; a step of 0 is an error.
    pub(crate) fn range(start: i64, stop: i64, step: i64) -> Result<Value, Error> {
        Ok(Value(Repr::Range(Arc::new(Range::new(start, stop, step)?))))
    }

    /// The text of a string, safe or not.
    #[inline]
    pub(crate) fn as_text(&self) -> Option<&ArcStr> {
        match &self.0 {
            Repr::String(text) | Repr::Safe(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_list(&self) -> Option<&Arc<List>> {
        match &self.0 {
            Repr::List(list) => Some(list),
            _ => None,
        }
    }

    pub(crate) fn as_tuple(&self) -> Option<&Arc<Tuple>> {
        match &self.0 {
            Repr::Tuple(tuple) => Some(tuple),
            _ => None,
        }
    }

    pub(crate) fn as_dict(&self) -> Option<&Arc<Dict>> {
        match &self.0 {
            Repr::Map(dict) => Some(dict),
            _ => None,
        }
    }

    pub(crate) fn as_record(&self) -> Option<&Arc<Record>> {
        match &self.0 {
            Repr::Record(record) => Some(record),
            _ => None,
        }
    }

    pub(crate) fn as_range(&self) -> Option<&Range> {
        match &self.0 {
            Repr::Range(range) => Some(range),
            _ => None,
        }
    }

    /// Whether the value can hold itself, directly or not.
    pub(crate) fn is_container(&self) -> bool {
        matches!(
            self.0,
            Repr::List(_)
                | Repr::Tuple(_)
                | Repr::Map(_)
                | Repr::Record(_)
                | Repr::Object(_)
                | Repr::Pending(_)
                | Repr::Stream(_)
        )
    }

    /// The type's name as Python and its messages have it.
    pub(crate) fn type_name(&self) -> &str {
        match &self.0 {
            Repr::Unset | Repr::OnTape(_) | Repr::Undefined(_) => "Undefined",
            Repr::None => "NoneType",
            Repr::Bool(_) => "bool",
            Repr::Int(_) | Repr::BigInt(_) => "int",
            Repr::Float(_) => "float",
            Repr::String(_) => "str",
            Repr::Safe(_) => "Markup",
            Repr::Bytes(_) => "bytes",
            Repr::List(_) => "list",
            Repr::Tuple(_) => "tuple",
            Repr::Range(_) => "range",
            Repr::Map(_) | Repr::Record(_) => "dict",
            Repr::Object(object) => object.get().type_name(),
            Repr::Pending(_) => "future",
            Repr::Stream(_) => "stream",
        }
    }

    /// Whether both are one and the same, as Python's `is` has it; equal constants without a place of
    /// their own in memory are the same.
    pub(crate) fn is_same(&self, other: &Value) -> bool {
        match (&self.0, &other.0) {
            (Repr::Undefined(a), Repr::Undefined(b)) => match (a, b) {
                (Some(a), Some(b)) => Arc::ptr_eq(a, b),
                (None, None) => true,
                _ => false,
            },
            (Repr::None, Repr::None) | (Repr::Unset, Repr::Unset) => true,
            (Repr::Bool(a), Repr::Bool(b)) => a == b,
            (Repr::Int(a), Repr::Int(b)) => a == b,
            (Repr::BigInt(a), Repr::BigInt(b)) => a == b,
            (Repr::Float(a), Repr::Float(b)) => a.0 == b.0,
            (Repr::String(a), Repr::String(b)) | (Repr::Safe(a), Repr::Safe(b)) => a == b,
            (Repr::Bytes(a), Repr::Bytes(b)) => a == b,
            (Repr::List(a), Repr::List(b)) => {
                Arc::ptr_eq(a, b) || Spot::is_one((a.spot(), self), (b.spot(), other))
            }
            (Repr::Tuple(a), Repr::Tuple(b)) => {
                Arc::ptr_eq(a, b) || a.items().is_empty() && b.items().is_empty()
            }
            (Repr::Range(a), Repr::Range(b)) => Arc::ptr_eq(a, b),
            (Repr::Map(a), Repr::Map(b)) => Arc::ptr_eq(a, b),
            (Repr::Record(a), Repr::Record(b)) => {
                Arc::ptr_eq(a, b) || Spot::is_one((a.spot(), self), (b.spot(), other))
            }
            (Repr::Object(a), Repr::Object(b)) => a.get().address() == b.get().address(),
            (Repr::Pending(a), Repr::Pending(b)) => Arc::ptr_eq(a, b),
            (Repr::Stream(a), Repr::Stream(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }
}

/// Whether `value` counts as true, as Python has it. A strict undefined is an error.
pub(crate) fn truth(charge: &dyn Charge, value: &Value) -> Result<bool, Error> {
    Ok(match &value.0 {
        Repr::Unset | Repr::OnTape(_) | Repr::None => false,
        Repr::Undefined(_) => {
            if let Some(undefined) = value.as_undefined() {
                undefined.check()?;
                charge.used_undefined(undefined);
            }
            false
        }
        Repr::Bool(flag) => flag.get(),
        Repr::Int(int) => *int != 0,
        Repr::BigInt(int) => **int != 0,
        Repr::Float(float) => float.get() != 0.0,
        Repr::String(text) | Repr::Safe(text) => !text.is_empty(),
        Repr::Bytes(bytes) => !bytes.is_empty(),
        Repr::List(list) => list.len() != 0,
        Repr::Tuple(tuple) => !tuple.items().is_empty(),
        Repr::Range(range) => range.len() != 0,
        Repr::Map(dict) => dict.len() != 0,
        Repr::Record(record) => record.len() != 0,
        Repr::Object(object) => object.get().is_true(),
        Repr::Pending(_) | Repr::Stream(_) => return truth(charge, settled(charge, value)?),
    })
}
