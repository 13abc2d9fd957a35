//! Values from Rust's types.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasher;
use std::sync::LazyLock;

use arcstr::ArcStr;

use crate::error::Error;
use crate::error::value::ValueFault;
use crate::value::{Map, Repr, Value, ValueKind};

/// The strings of one ASCII character, which loops over text give again and again.
static ASCII: LazyLock<Vec<ArcStr>> = LazyLock::new(|| {
    (0u8..128)
        .map(|byte| ArcStr::from((byte as char).encode_utf8(&mut [0; 4]) as &str))
        .collect()
});

macro_rules! from_small_ints {
    ($($type:ty)*) => {$(
        impl From<$type> for Value {
            #[inline]
            fn from(int: $type) -> Self {
                Value::int(int.into())
            }
        }
    )*};
}

from_small_ints!(i8 i16 i32 i64 u8 u16 u32);

macro_rules! from_large_ints {
    ($($type:ty)*) => {$(
        impl From<$type> for Value {
            #[inline]
            fn from(int: $type) -> Self {
                match i64::try_from(int) {
                    Ok(int) => Value::int(int),
                    Err(_) => Value::from(int as i128),
                }
            }
        }
    )*};
}

from_large_ints!(u64 usize isize);

/// Integers above the largest that has a sign are refused.
impl TryFrom<u128> for Value {
    type Error = Error;

    fn try_from(int: u128) -> Result<Self, Error> {
        i128::try_from(int)
            .map(Value::from)
            .map_err(|_| ValueFault::IntegerTooLarge.into())
    }
}

impl From<f64> for Value {
    #[inline]
    fn from(float: f64) -> Self {
        Value::float(float)
    }
}

impl From<f32> for Value {
    #[inline]
    fn from(float: f32) -> Self {
        Value::float(float.into())
    }
}

impl From<bool> for Value {
    #[inline]
    fn from(flag: bool) -> Self {
        Value::bool(flag)
    }
}

impl From<()> for Value {
    #[inline]
    fn from((): ()) -> Self {
        Value::NONE
    }
}

impl From<char> for Value {
    fn from(character: char) -> Self {
        match ASCII.get(character as usize) {
            Some(text) => Value::string(text.clone()),
            None => Value::string(character.encode_utf8(&mut [0; 4]) as &str),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::string(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::string(text)
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Value::string(text.as_str())
    }
}

impl From<Cow<'_, str>> for Value {
    fn from(text: Cow<'_, str>) -> Self {
        Value::string(text)
    }
}

impl From<ArcStr> for Value {
    fn from(text: ArcStr) -> Self {
        Value::string(text)
    }
}

impl From<&Value> for Value {
    fn from(value: &Value) -> Self {
        value.clone()
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::NONE, Into::into)
    }
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(items: Vec<T>) -> Self {
        items.into_iter().collect()
    }
}

impl<T: Into<Value>, const N: usize> From<[T; N]> for Value {
    fn from(items: [T; N]) -> Self {
        items.into_iter().collect()
    }
}

impl<T: Clone + Into<Value>> From<&[T]> for Value {
    fn from(items: &[T]) -> Self {
        items.iter().cloned().collect()
    }
}

impl<K: Into<String>, V: Into<Value>, S: BuildHasher> From<HashMap<K, V, S>> for Value {
    fn from(map: HashMap<K, V, S>) -> Self {
        map_of(map.into_iter())
    }
}

impl<K: Into<String>, V: Into<Value>> From<BTreeMap<K, V>> for Value {
    fn from(map: BTreeMap<K, V>) -> Self {
        map_of(map.into_iter())
    }
}

fn map_of<K: Into<String>, V: Into<Value>>(entries: impl Iterator<Item = (K, V)>) -> Value {
    let mut map = Map::with_capacity(entries.size_hint().0);
    for (key, value) in entries {
        map.insert_str(key.into(), value.into());
    }
    Value::map(map)
}

macro_rules! from_tuples {
    ($(($($name:ident)+))*) => {$(
        impl<$($name: Into<Value>),+> From<($($name,)+)> for Value {
            #[allow(non_snake_case)]
            fn from(($($name,)+): ($($name,)+)) -> Self {
                Value::tuple(vec![$($name.into()),+])
            }
        }
    )*};
}

from_tuples!((A)(A B)(A B C)(A B C D)(A B C D E)(A B C D E F));

/// A list of the items.
impl<T: Into<Value>> FromIterator<T> for Value {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Value::list(items.into_iter().map(Into::into).collect())
    }
}

/// An undefined value.
impl Default for Value {
    fn default() -> Self {
        Value::UNDEFINED
    }
}

impl Value {
    /// What kind of value this is.
    ///
    /// ```
    /// use kakehi::{Value, ValueKind};
    /// assert_eq!(Value::from(1.5).kind(), ValueKind::Float);
    /// ```
    pub fn kind(&self) -> ValueKind {
        match &self.0 {
            Repr::Unset | Repr::OnTape(_) | Repr::Undefined(_) => ValueKind::Undefined,
            Repr::None => ValueKind::None,
            Repr::Bool(_) => ValueKind::Bool,
            Repr::Int(_) | Repr::BigInt(_) => ValueKind::Integer,
            Repr::Float(_) => ValueKind::Float,
            Repr::String(_) | Repr::Safe(_) => ValueKind::String,
            Repr::Bytes(_) => ValueKind::Bytes,
            Repr::List(_) => ValueKind::List,
            Repr::Tuple(_) => ValueKind::Tuple,
            Repr::Range(_) => ValueKind::Range,
            Repr::Map(_) | Repr::Record(_) => ValueKind::Map,
            Repr::Object(_) => ValueKind::Object,
            Repr::Pending(_) => ValueKind::Future,
            Repr::Stream(_) => ValueKind::Stream,
        }
    }

    /// A value of bytes that are no text.
    ///
    /// ```
    /// assert_eq!(kakehi::Value::from_bytes(vec![104, 105]).to_string(), "b'hi'");
    /// ```
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Value {
        Value::bytes(bytes.into())
    }

    /// A tuple of the items.
    ///
    /// ```
    /// use kakehi::Value;
    /// assert_eq!(Value::from_tuple([Value::from(1)]).to_string(), "(1,)");
    /// ```
    pub fn from_tuple(items: impl IntoIterator<Item = Value>) -> Value {
        Value::tuple(items.into_iter().collect())
    }

    /// A map whose keys may be any hashable values.
    ///
    /// # Errors
    ///
    /// A key that is not hashable, such as a list.
    ///
    /// ```
    /// use kakehi::Value;
    /// let map = Value::from_pairs([(Value::from(1), Value::from("one"))])?;
    /// assert_eq!(map.to_string(), "{1: 'one'}");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn from_pairs(pairs: impl IntoIterator<Item = (Value, Value)>) -> Result<Value, Error> {
        let pairs = pairs.into_iter();
        let mut map = Map::with_capacity(pairs.size_hint().0);
        for (key, value) in pairs {
            map.insert(key, value)?;
        }
        Ok(Value::map(map))
    }
}
