//! Serde, outwards: values become types of the host, and anything that deserialises can be a value.

use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{
    self, Deserialize, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess,
    IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use crate::error::Error;
use crate::error::value::ValueFault;
use crate::value::serialize::SerdeError;
use crate::value::{MAX_DEPTH, Map, Mapping, Repr, Value, ValueIter, mapping, pending};

impl Value {
    /// Converts the value to a type of the host.
    ///
    /// # Errors
    ///
    /// An error of kind [`Serialization`](crate::ErrorKind::Serialization) where the value does not fit
    /// the type; a future or a stream that was not awaited.
    ///
    /// ```
    /// use kakehi::{Value, context};
    /// #[derive(serde::Deserialize)]
    /// struct User {
    ///     name: String,
    ///     age: u8,
    /// }
    /// let user: User = context! { name => "ann", age => 31 }.deserialize()?;
    /// assert_eq!((user.name.as_str(), user.age), ("ann", 31));
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn deserialize<T: DeserializeOwned>(&self) -> Result<T, Error> {
        T::deserialize(Source::new(self)).map_err(Error::from)
    }
}

impl de::Error for SerdeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        ValueFault::Deserialize(arcstr::format!("{message}")).into()
    }
}

/// A value that is read, with the number of levels that it may still nest.
#[derive(Clone, Copy)]
struct Source<'v> {
    value: &'v Value,
    depth: usize,
}

impl<'v> Source<'v> {
    fn new(value: &'v Value) -> Self {
        Source {
            value,
            depth: MAX_DEPTH,
        }
    }

    /// How many levels there may be inside of this one.
    fn inside(&self) -> Result<usize, SerdeError> {
        self.depth
            .checked_sub(1)
            .ok_or_else(|| ValueFault::TooDeep(MAX_DEPTH).into())
    }
}

impl<'de, 'v> Deserializer<'de> for Source<'v> {
    type Error = SerdeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SerdeError> {
        match &self.value.0 {
            Repr::Unset | Repr::OnTape(_) | Repr::Undefined(_) | Repr::None => visitor.visit_unit(),
            Repr::Bool(flag) => visitor.visit_bool(flag.get()),
            Repr::Int(int) => visitor.visit_i64(*int),
            Repr::BigInt(int) => match u64::try_from(**int) {
                Ok(int) => visitor.visit_u64(int),
                Err(_) => visitor.visit_i128(**int),
            },
            Repr::Float(float) => visitor.visit_f64(float.get()),
            Repr::String(text) | Repr::Safe(text) => visitor.visit_str(text),
            Repr::Bytes(bytes) => visitor.visit_bytes(bytes),
            Repr::Map(_) | Repr::Record(_) => match mapping(self.value) {
                Some(mapping) => visitor.visit_map(Entries {
                    depth: self.inside()?,
                    mapping,
                    next: 0,
                }),
                None => visitor.visit_unit(),
            },
            Repr::Pending(_) | Repr::Stream(_) => Err(pending::misused(self.value).into()),
            _ => {
                let items = self.value.try_iter()?;
                visitor.visit_seq(Items {
                    depth: self.inside()?,
                    items,
                })
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SerdeError> {
        match self.value.is_none() || self.value.is_undefined() {
            true => visitor.visit_none(),
            false => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, SerdeError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, SerdeError> {
        if let Some(name) = self.value.as_text() {
            let name: StrDeserializer<'_, SerdeError> = name.as_str().into_deserializer();
            return visitor.visit_enum(name);
        }
        // A variant with content is a map from its name to that.
        let mapping = mapping(self.value).filter(|mapping| mapping.len() == 1);
        let entry = mapping.as_ref().and_then(|mapping| mapping.get_index(0));
        match entry {
            Some((name, content)) => visitor.visit_enum(Variant {
                name,
                content: Source {
                    value: content,
                    depth: self.inside()?,
                },
            }),
            None => Err(de::Error::custom(
                "an enum is a string or a mapping with one key",
            )),
        }
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SerdeError> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SerdeError> {
        match self.value.as_f64() {
            Some(float) => visitor.visit_f64(float),
            None => self.deserialize_any(visitor),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SerdeError> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map struct identifier
    }
}

struct Items {
    depth: usize,
    items: ValueIter,
}

impl<'de> SeqAccess<'de> for Items {
    type Error = SerdeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, SerdeError> {
        let Some(item) = self.items.next() else {
            return Ok(None);
        };
        let item = Source {
            value: &item,
            depth: self.depth,
        };
        seed.deserialize(item).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        self.items.known_len()
    }
}

struct Entries<'v> {
    depth: usize,
    mapping: Mapping<'v>,
    next: usize,
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = SerdeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, SerdeError> {
        let Some((key, _)) = self.mapping.get_index(self.next) else {
            return Ok(None);
        };
        let key = Source {
            value: &key,
            depth: self.depth,
        };
        seed.deserialize(key).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<T::Value, SerdeError> {
        let entry = self.mapping.get_index(self.next);
        self.next += 1;
        match entry {
            Some((_, value)) => seed.deserialize(Source {
                value,
                depth: self.depth,
            }),
            None => Err(de::Error::custom("a mapping has no more values")),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.mapping.len() - self.next)
    }
}

struct Variant<'v> {
    name: Value,
    content: Source<'v>,
}

impl<'de, 'v> EnumAccess<'de> for Variant<'v> {
    type Error = SerdeError;
    type Variant = Source<'v>;

    fn variant_seed<N: DeserializeSeed<'de>>(
        self,
        seed: N,
    ) -> Result<(N::Value, Source<'v>), SerdeError> {
        let name = seed.deserialize(Source::new(&self.name))?;
        Ok((name, self.content))
    }
}

impl<'de> VariantAccess<'de> for Source<'_> {
    type Error = SerdeError;

    fn unit_variant(self) -> Result<(), SerdeError> {
        Deserialize::deserialize(self)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(
        self,
        seed: T,
    ) -> Result<T::Value, SerdeError> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(
        self,
        _length: usize,
        visitor: V,
    ) -> Result<V::Value, SerdeError> {
        self.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, SerdeError> {
        self.deserialize_any(visitor)
    }
}

/// For `T::deserialize(&value)`.
impl<'de> Deserializer<'de> for &Value {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        Ok(Source::new(self).deserialize_any(visitor)?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        Ok(Source::new(self).deserialize_option(visitor)?)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        Ok(Source::new(self).deserialize_newtype_struct(name, visitor)?)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        Ok(Source::new(self).deserialize_enum(name, variants, visitor)?)
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        Ok(Source::new(self).deserialize_f32(visitor)?)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        Ok(Source::new(self).deserialize_f64(visitor)?)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

impl de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        ValueFault::Deserialize(arcstr::format!("{message}")).into()
    }
}

impl<'de> IntoDeserializer<'de, Error> for &'de Value {
    type Deserializer = &'de Value;

    fn into_deserializer(self) -> &'de Value {
        self
    }
}

/// Reads a value from any format of serde.
///
/// ```
/// use kakehi::Value;
/// let value: Value = serde_json::from_str(r#"{"id": 7, "tags": ["a"]}"#).unwrap();
/// assert_eq!(value.to_string(), "{'id': 7, 'tags': ['a']}");
/// ```
impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E: de::Error>(self, flag: bool) -> Result<Value, E> {
        Ok(flag.into())
    }

    fn visit_i64<E: de::Error>(self, int: i64) -> Result<Value, E> {
        Ok(int.into())
    }

    fn visit_i128<E: de::Error>(self, int: i128) -> Result<Value, E> {
        Ok(int.into())
    }

    fn visit_u64<E: de::Error>(self, int: u64) -> Result<Value, E> {
        Ok(int.into())
    }

    fn visit_u128<E: de::Error>(self, int: u128) -> Result<Value, E> {
        Value::try_from(int).map_err(E::custom)
    }

    fn visit_f64<E: de::Error>(self, float: f64) -> Result<Value, E> {
        Ok(float.into())
    }

    fn visit_char<E: de::Error>(self, character: char) -> Result<Value, E> {
        Ok(character.into())
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Value, E> {
        Ok(Value::bytes(bytes.to_vec()))
    }

    fn visit_none<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::NONE)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Deserialize::deserialize(deserializer)
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::NONE)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> Result<Value, D::Error> {
        Deserialize::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut all = Vec::new();
        while let Some(item) = items.next_element::<Value>()? {
            all.push(item);
        }
        Ok(Value::list(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some((key, value)) = entries.next_entry::<Value, Value>()? {
            map.insert(key, value).map_err(de::Error::custom)?;
        }
        Ok(Value::map(map))
    }
}
