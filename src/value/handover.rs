//! Values that cross serde as they are, objects and futures included.
//!
//! Serde moves plain data only, and neither what serialises nor the serialiser knows the other's type. So a value
//! that must come through as it is, is laid aside and picked up by the very next call.

use std::any::type_name;
use std::cell::Cell;
use std::fmt;

use serde::ser::{Impossible, Serialize, Serializer};

use crate::value::Value;
use crate::value::serializer::is_value_serializer;

/// The name under which a value crosses a serialiser.
const HANDED_OVER: &str = "$kakehi::Value";

thread_local! {
    /// A value on its way through a serialiser; before and after that there is nothing here.
    static HAND: Cell<Option<Value>> = const { Cell::new(None) };
}

/// Whether `S` is one of the engine's own serialisers, which take over values.
#[inline(always)]
pub(super) fn takes_over<S>() -> bool {
    is_value_serializer::<S>() || type_name::<S>() == type_name::<TakeOver>()
}

/// Hands a value over to one of the engine's own serialisers.
#[inline(always)]
pub(super) fn hand_over<S: Serializer>(value: &Value, serializer: S) -> Result<S::Ok, S::Error> {
    HAND.set(Some(value.clone()));
    serializer.serialize_newtype_struct(HANDED_OVER, &())
}

/// The value that was handed over, if `name` says that one is.
#[inline]
pub(super) fn take_over(name: &str) -> Option<Value> {
    // A type of the host may have any name, so only a value that is really there counts.
    if name == HANDED_OVER {
        HAND.take()
    } else {
        None
    }
}

/// What `T` is if it is a value, or a reference to one.
#[inline]
pub(crate) fn as_value<T: Serialize + ?Sized>(value: &T) -> Option<Value> {
    if type_name::<T>().trim_start_matches('&') != type_name::<Value>() {
        return None;
    }
    value.serialize(TakeOver).ok()
}

/// Takes over a value, and nothing else.
struct TakeOver;

macro_rules! refuse {
    ($($method:ident($($argument:ty),*) -> $made:ty;)*) => {
        $(
            fn $method(self, $(_: $argument),*) -> Result<$made, fmt::Error> {
                Err(fmt::Error)
            }
        )*
    };
}

impl Serializer for TakeOver {
    type Ok = Value;
    type Error = fmt::Error;
    type SerializeSeq = Impossible<Value, fmt::Error>;
    type SerializeTuple = Impossible<Value, fmt::Error>;
    type SerializeTupleStruct = Impossible<Value, fmt::Error>;
    type SerializeTupleVariant = Impossible<Value, fmt::Error>;
    type SerializeMap = Impossible<Value, fmt::Error>;
    type SerializeStruct = Impossible<Value, fmt::Error>;
    type SerializeStructVariant = Impossible<Value, fmt::Error>;

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        _value: &T,
    ) -> Result<Value, fmt::Error> {
        take_over(name).ok_or(fmt::Error)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _value: &T) -> Result<Value, fmt::Error> {
        Err(fmt::Error)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _value: &T,
    ) -> Result<Value, fmt::Error> {
        Err(fmt::Error)
    }

    refuse! {
        serialize_bool(bool) -> Value;
        serialize_i8(i8) -> Value;
        serialize_i16(i16) -> Value;
        serialize_i32(i32) -> Value;
        serialize_i64(i64) -> Value;
        serialize_u8(u8) -> Value;
        serialize_u16(u16) -> Value;
        serialize_u32(u32) -> Value;
        serialize_u64(u64) -> Value;
        serialize_f32(f32) -> Value;
        serialize_f64(f64) -> Value;
        serialize_char(char) -> Value;
        serialize_str(&str) -> Value;
        serialize_bytes(&[u8]) -> Value;
        serialize_none() -> Value;
        serialize_unit() -> Value;
        serialize_unit_struct(&'static str) -> Value;
        serialize_unit_variant(&'static str, u32, &'static str) -> Value;
        serialize_seq(Option<usize>) -> Self::SerializeSeq;
        serialize_tuple(usize) -> Self::SerializeTuple;
        serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Self::SerializeTupleVariant;
        serialize_map(Option<usize>) -> Self::SerializeMap;
        serialize_struct(&'static str, usize) -> Self::SerializeStruct;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Self::SerializeStructVariant;
    }
}
