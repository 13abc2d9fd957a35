//! What Rust sees of a value: its kind, its content, its attributes and items.

use arcstr::ArcStr;

use crate::error::Error;
use crate::error::value::ValueFault;
use crate::value::number::{Number, number_of};
use crate::value::{Repr, Symbol, Unlimited, Value, access, pending, truth};

impl Value {
    /// The text of a string, safe or not.
    ///
    /// ```
    /// assert_eq!(kakehi::Value::from("text").as_str(), Some("text"));
    /// ```
    pub fn as_str(&self) -> Option<&str> {
        self.as_text().map(ArcStr::as_str)
    }

    /// The integer, if it is one that fits; a bool counts as 0 or 1, a float with a whole value as that.
    ///
    /// ```
    /// use kakehi::Value;
    /// assert_eq!(Value::from(2.0).as_i64(), Some(2));
    /// assert_eq!(Value::from(2.5).as_i64(), None);
    /// ```
    pub fn as_i64(&self) -> Option<i64> {
        match &self.0 {
            Repr::Int(int) => Some(*int),
            _ => self.as_i128().and_then(|int| i64::try_from(int).ok()),
        }
    }

    /// The integer, as [`as_i64`](Value::as_i64), up to the largest there is.
    ///
    /// ```
    /// use kakehi::Value;
    /// assert_eq!(Value::from(u64::MAX).as_i64(), None);
    /// assert_eq!(Value::from(u64::MAX).as_i128(), Some(u64::MAX.into()));
    /// ```
    pub fn as_i128(&self) -> Option<i128> {
        match number_of(self)? {
            Number::Int(int) => Some(int),
            Number::Float(float) => Number::exact_int(float),
        }
    }

    /// The number as a float, rounded if it must be.
    ///
    /// ```
    /// assert_eq!(kakehi::Value::from(3).as_f64(), Some(3.0));
    /// ```
    pub fn as_f64(&self) -> Option<f64> {
        number_of(self).map(Number::to_f64)
    }

    /// The bool, if it is one; see [`is_true`](Value::is_true) for what counts as true.
    ///
    /// ```
    /// use kakehi::Value;
    /// assert_eq!(Value::from(true).as_bool(), Some(true));
    /// assert_eq!(Value::from(1).as_bool(), None);
    /// ```
    pub fn as_bool(&self) -> Option<bool> {
        match &self.0 {
            Repr::Bool(flag) => Some(flag.get()),
            _ => None,
        }
    }

    /// The bytes of a value of bytes, or of a string.
    ///
    /// ```
    /// assert_eq!(kakehi::Value::from("text").as_bytes(), Some(&b"text"[..]));
    /// ```
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match &self.0 {
            Repr::Bytes(bytes) => Some(bytes),
            _ => self.as_text().map(|text| text.as_bytes()),
        }
    }

    /// Whether the value is undefined.
    ///
    /// ```
    /// let value = kakehi::context! { a => 1 };
    /// assert!(value.get_attr("b").is_undefined());
    /// ```
    pub fn is_undefined(&self) -> bool {
        matches!(self.0, Repr::Undefined(_) | Repr::Unset)
    }

    /// Whether the value is `none`.
    ///
    /// ```
    /// use kakehi::Value;
    /// assert!(Value::from(None::<i64>).is_none());
    /// assert!(!Value::UNDEFINED.is_none());
    /// ```
    pub fn is_none(&self) -> bool {
        matches!(self.0, Repr::None)
    }

    /// Whether the value is text that is markup already, which is not escaped again.
    ///
    /// ```
    /// use kakehi::Value;
    /// assert!(Value::from_safe_string("<br>").is_safe());
    /// assert!(!Value::from("<br>").is_safe());
    /// ```
    pub fn is_safe(&self) -> bool {
        matches!(self.0, Repr::Safe(_))
    }

    /// Whether the value is a number; bools are.
    ///
    /// ```
    /// use kakehi::Value;
    /// assert!(Value::from(1.5).is_number());
    /// assert!(!Value::from("1.5").is_number());
    /// ```
    pub fn is_number(&self) -> bool {
        number_of(self).is_some()
    }

    /// Whether the value can be called.
    ///
    /// ```
    /// let env = kakehi::Environment::new();
    /// assert!(env.global("range").unwrap().is_callable());
    /// ```
    pub fn is_callable(&self) -> bool {
        self.as_object().is_some_and(|object| object.is_callable())
    }

    /// Whether the value is a future that must be awaited.
    ///
    /// ```
    /// use kakehi::{Error, Value};
    /// assert!(Value::from_future(async { Ok::<_, Error>(1) }).is_pending());
    /// ```
    pub fn is_pending(&self) -> bool {
        matches!(self.0, Repr::Pending(_))
    }

    /// Whether the value is a stream.
    ///
    /// ```
    /// use kakehi::{Error, Value};
    /// assert!(Value::from_stream(futures_util::stream::empty::<Result<i64, Error>>()).is_stream());
    /// ```
    pub fn is_stream(&self) -> bool {
        matches!(self.0, Repr::Stream(_))
    }

    /// Whether the value is a future or a stream.
    pub(crate) fn is_unsettled(&self) -> bool {
        matches!(self.0, Repr::Pending(_) | Repr::Stream(_))
    }

    /// Whether the value counts as true where a condition asks: not none, not undefined, not zero, not
    /// empty. A future or a stream counts as true.
    ///
    /// ```
    /// use kakehi::Value;
    /// assert!(Value::from("no").is_true());
    /// assert!(!Value::from("").is_true());
    /// ```
    pub fn is_true(&self) -> bool {
        match self.0 {
            Repr::Pending(_) | Repr::Stream(_) => true,
            _ => truth(&Unlimited, self).unwrap_or(false),
        }
    }

    /// Whether the value has a length of 0, or none at all.
    ///
    /// ```
    /// use kakehi::Value;
    /// assert!(Value::from("").is_empty());
    /// assert!(!Value::from(vec![0]).is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len().is_none_or(|length| length == 0)
    }

    /// The attribute or the item called `name`, as `value.name` in a template; undefined if it is missing.
    ///
    /// ```
    /// use kakehi::{Value, context};
    /// let user = context! { name => "ann" };
    /// assert_eq!(user.get_attr("name"), Value::from("ann"));
    /// ```
    pub fn get_attr(&self, name: &str) -> Value {
        let found = access::find_attribute(&Unlimited, self, &Symbol::new(name));
        found.ok().flatten().unwrap_or_default()
    }

    /// The item of `key`, as `value[key]` in a template; undefined if it is missing.
    ///
    /// ```
    /// use kakehi::Value;
    /// let list = Value::from(vec!["a", "b"]);
    /// assert_eq!(list.get_item(&Value::from(-1)), Value::from("b"));
    /// ```
    pub fn get_item(&self, key: &Value) -> Value {
        let found = access::find_item(&Unlimited, self, key);
        found.ok().flatten().unwrap_or_default()
    }
}

macro_rules! to_ints {
    ($($type:ty)*) => {$(
        impl TryFrom<&Value> for $type {
            type Error = Error;

            fn try_from(value: &Value) -> Result<Self, Error> {
                match value.as_i128() {
                    Some(int) => <$type>::try_from(int).map_err(|_| {
                        let number = arcstr::format!("{int}");
                        ValueFault::OutOfRange { expected: stringify!($type), number }.into()
                    }),
                    None => Err(expected("an integer", value)),
                }
            }
        }
    )*};
}

to_ints!(i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize);

macro_rules! to_types {
    ($($type:ty, $expected:literal, |$value:ident| $convert:expr;)*) => {$(
        impl TryFrom<&Value> for $type {
            type Error = Error;

            fn try_from($value: &Value) -> Result<Self, Error> {
                $convert.ok_or_else(|| expected($expected, $value))
            }
        }
    )*};
}

to_types! {
    f64, "a number", |value| value.as_f64();
    f32, "a number", |value| value.as_f64().map(|float| float as f32);
    bool, "a bool", |value| value.as_bool();
    String, "a string", |value| value.as_str().map(str::to_owned);
    ArcStr, "a string", |value| value.as_text().cloned();
    char, "a string of one character", |value| one_char(value);
}

impl<'a> TryFrom<&'a Value> for &'a str {
    type Error = Error;

    fn try_from(value: &'a Value) -> Result<Self, Error> {
        value.as_str().ok_or_else(|| expected("a string", value))
    }
}

fn one_char(value: &Value) -> Option<char> {
    let mut characters = value.as_str()?.chars();
    let first = characters.next()?;
    characters.next().is_none().then_some(first)
}

macro_rules! from_owned {
    ($($type:ty)*) => {$(
        impl TryFrom<Value> for $type {
            type Error = Error;

            fn try_from(value: Value) -> Result<Self, Error> {
                <$type>::try_from(&value)
            }
        }
    )*};
}

from_owned!(i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize f32 f64 bool String ArcStr char);

/// The error of a value that is not what was expected; an undefined value and a future say so.
#[cold]
pub(crate) fn expected(expected: &'static str, value: &Value) -> Error {
    if let Some(undefined) = value.as_undefined() {
        return undefined.error();
    }
    if value.is_unsettled() {
        return pending::misused(value);
    }
    let found = arcstr::format!("{}", value.kind());
    ValueFault::Expected { expected, found }.into()
}
