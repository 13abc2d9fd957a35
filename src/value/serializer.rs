//! Serde, inwards: any type of the host becomes a value.

use std::any::type_name;
use std::mem::ManuallyDrop;

use serde::ser::{self, Serialize, Serializer};

use crate::error::Error;
use crate::error::value::ValueFault;
use crate::value::serialize::{self, SerdeError};
use crate::value::shapes::{KnownShape, Shapes};
use crate::value::texts::Texts;
use crate::value::{MAX_DEPTH, Map, Value};

impl Value {
    /// Converts anything that serde serialises. Structs of one type share the names of their fields;
    /// values inside come through as they are, objects and futures included. Tuples and arrays, which
    /// serde does not tell apart, become lists.
    ///
    /// # Errors
    ///
    /// An error of kind [`Serialization`](crate::ErrorKind::Serialization): the type's own, or an
    /// integer beyond 128 bits, or a map key that cannot be one; of kind
    /// [`DepthLimit`](crate::ErrorKind::DepthLimit) where the data nests too deep.
    ///
    /// ```
    /// use kakehi::Value;
    /// #[derive(serde::Serialize)]
    /// struct User {
    ///     name: &'static str,
    ///     age: u8,
    /// }
    /// let users = [User { name: "ann", age: 31 }, User { name: "bob", age: 27 }];
    /// let value = Value::from_serialize(&users)?;
    /// assert_eq!(value.get_item(&Value::from(1)).get_attr("name"), Value::from("bob"));
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn from_serialize<T: Serialize + ?Sized>(value: &T) -> Result<Value, Error> {
        let met = Met::default();
        Ok(value.serialize(ValueSerializer::new(&met))?)
    }
}

/// Converts a context, but only the fields that `wanted` names: a template reads no others.
///
/// A context that is a value already is taken as it is.
pub(crate) fn from_fields<T: Serialize + ?Sized>(
    value: &T,
    wanted: &dyn Fn(&str) -> bool,
) -> Result<Value, Error> {
    let met = Met {
        wanted: Some(wanted),
        ..Met::default()
    };
    Ok(value.serialize(ValueSerializer::new(&met))?)
}

/// What `T` is if it is a value, or a reference to one.
#[inline]
pub(crate) fn as_value<T: Serialize + ?Sized>(value: &T) -> Option<Value> {
    if type_name::<T>().trim_start_matches('&') != type_name::<Value>() {
        return None;
    }
    // Nothing is met in a conversion that takes over what is there, so there is nothing to drop.
    let met = ManuallyDrop::new(Met::default());
    value.serialize(ValueSerializer::new(&met)).ok()
}

/// Whether `S` is the serialiser that makes values. Serde lets types that serialise not ask for more
/// than the name of the serialiser's type, and no other type has this one.
pub(super) fn is_value_serializer<S>() -> bool {
    type_name::<S>() == type_name::<ValueSerializer<'static>>()
}

/// What a conversion has met so far and may meet again.
#[derive(Default)]
struct Met<'w> {
    shapes: Shapes,
    texts: Texts,
    /// Which of the outermost fields are converted; all of them if this is not given.
    wanted: Option<&'w dyn Fn(&str) -> bool>,
}

/// Makes values of what serialises.
#[derive(Clone, Copy)]
struct ValueSerializer<'a> {
    met: &'a Met<'a>,
    /// How many levels there may be inside.
    depth: usize,
}

impl<'a> ValueSerializer<'a> {
    fn new(met: &'a Met<'a>) -> Self {
        ValueSerializer {
            met,
            depth: MAX_DEPTH,
        }
    }

    /// The serialiser of what is inside.
    fn inside(self) -> Result<Self, SerdeError> {
        match self.depth.checked_sub(1) {
            Some(depth) => Ok(ValueSerializer { depth, ..self }),
            None => Err(ValueFault::TooDeep(MAX_DEPTH).into()),
        }
    }

    /// Whether a field of what is converted here is wanted.
    #[inline]
    fn wants(self, name: &str) -> bool {
        match self.met.wanted {
            Some(wanted) if self.depth == MAX_DEPTH => wanted(name),
            _ => true,
        }
    }
}

impl<'a> Serializer for ValueSerializer<'a> {
    type Ok = Value;
    type Error = SerdeError;
    type SerializeSeq = Items<'a>;
    type SerializeTuple = Items<'a>;
    type SerializeTupleStruct = Items<'a>;
    type SerializeTupleVariant = Items<'a>;
    type SerializeMap = Entries<'a>;
    type SerializeStruct = Fields<'a>;
    type SerializeStructVariant = Fields<'a>;

    fn serialize_bool(self, flag: bool) -> Result<Value, SerdeError> {
        Ok(flag.into())
    }

    fn serialize_i8(self, int: i8) -> Result<Value, SerdeError> {
        Ok(int.into())
    }

    fn serialize_i16(self, int: i16) -> Result<Value, SerdeError> {
        Ok(int.into())
    }

    fn serialize_i32(self, int: i32) -> Result<Value, SerdeError> {
        Ok(int.into())
    }

    fn serialize_i64(self, int: i64) -> Result<Value, SerdeError> {
        Ok(int.into())
    }

    fn serialize_i128(self, int: i128) -> Result<Value, SerdeError> {
        Ok(int.into())
    }

    fn serialize_u8(self, int: u8) -> Result<Value, SerdeError> {
        Ok(int.into())
    }

    fn serialize_u16(self, int: u16) -> Result<Value, SerdeError> {
        Ok(int.into())
    }

    fn serialize_u32(self, int: u32) -> Result<Value, SerdeError> {
        Ok(int.into())
    }

    fn serialize_u64(self, int: u64) -> Result<Value, SerdeError> {
        Ok(int.into())
    }

    fn serialize_u128(self, int: u128) -> Result<Value, SerdeError> {
        Ok(int.try_into()?)
    }

    fn serialize_f32(self, float: f32) -> Result<Value, SerdeError> {
        Ok(float.into())
    }

    fn serialize_f64(self, float: f64) -> Result<Value, SerdeError> {
        Ok(float.into())
    }

    fn serialize_char(self, character: char) -> Result<Value, SerdeError> {
        Ok(character.into())
    }

    fn serialize_str(self, text: &str) -> Result<Value, SerdeError> {
        Ok(Value::string(self.met.texts.share(text)))
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<Value, SerdeError> {
        Ok(Value::bytes(bytes.to_vec()))
    }

    fn serialize_none(self) -> Result<Value, SerdeError> {
        Ok(Value::NONE)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Value, SerdeError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Value, SerdeError> {
        Ok(Value::NONE)
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<Value, SerdeError> {
        Ok(Value::NONE)
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<Value, SerdeError> {
        Ok(variant.into())
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<Value, SerdeError> {
        match serialize::take_over(name) {
            Some(value) => Ok(value),
            None => value.serialize(self),
        }
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Value, SerdeError> {
        Ok(tagged(variant, value.serialize(self.inside()?)?))
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Items<'a>, SerdeError> {
        Ok(Items::new(self.inside()?, length, None, false))
    }

    fn serialize_tuple(self, length: usize) -> Result<Items<'a>, SerdeError> {
        Ok(Items::new(self.inside()?, Some(length), None, false))
    }

    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        length: usize,
    ) -> Result<Items<'a>, SerdeError> {
        Ok(Items::new(self.inside()?, Some(length), None, true))
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Items<'a>, SerdeError> {
        Ok(Items::new(
            self.inside()?,
            Some(length),
            Some(variant),
            true,
        ))
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Entries<'a>, SerdeError> {
        self.inside()?;
        Ok(Entries {
            serializer: self,
            map: Map::with_capacity(length.unwrap_or_default().min(MOST_RESERVED)),
            key: None,
        })
    }

    fn serialize_struct(self, name: &'static str, length: usize) -> Result<Fields<'a>, SerdeError> {
        Fields::new(self, name, length, None)
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Fields<'a>, SerdeError> {
        Fields::new(self, variant, length, Some(variant))
    }
}

/// A type may promise more items than it gives, so that no more than this is reserved.
const MOST_RESERVED: usize = 4096;

/// A variant of an enum with content: a map from its name to that.
fn tagged(variant: &'static str, value: Value) -> Value {
    let mut map = Map::with_capacity(1);
    map.insert_str(variant, value);
    Value::map(map)
}

struct Items<'a> {
    serializer: ValueSerializer<'a>,
    items: Vec<Value>,
    variant: Option<&'static str>,
    tuple: bool,
}

impl<'a> Items<'a> {
    fn new(
        serializer: ValueSerializer<'a>,
        length: Option<usize>,
        variant: Option<&'static str>,
        tuple: bool,
    ) -> Self {
        Items {
            serializer,
            items: Vec::with_capacity(length.unwrap_or_default().min(MOST_RESERVED)),
            variant,
            tuple,
        }
    }

    fn push<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), SerdeError> {
        self.items.push(item.serialize(self.serializer)?);
        Ok(())
    }

    fn finish(self) -> Value {
        let items = match self.tuple {
            true => Value::tuple(self.items),
            false => Value::list(self.items),
        };
        match self.variant {
            Some(variant) => tagged(variant, items),
            None => items,
        }
    }
}

impl ser::SerializeSeq for Items<'_> {
    type Ok = Value;
    type Error = SerdeError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), SerdeError> {
        self.push(item)
    }

    fn end(self) -> Result<Value, SerdeError> {
        Ok(self.finish())
    }
}

impl ser::SerializeTuple for Items<'_> {
    type Ok = Value;
    type Error = SerdeError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), SerdeError> {
        self.push(item)
    }

    fn end(self) -> Result<Value, SerdeError> {
        Ok(self.finish())
    }
}

impl ser::SerializeTupleStruct for Items<'_> {
    type Ok = Value;
    type Error = SerdeError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), SerdeError> {
        self.push(item)
    }

    fn end(self) -> Result<Value, SerdeError> {
        Ok(self.finish())
    }
}

impl ser::SerializeTupleVariant for Items<'_> {
    type Ok = Value;
    type Error = SerdeError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), SerdeError> {
        self.push(item)
    }

    fn end(self) -> Result<Value, SerdeError> {
        Ok(self.finish())
    }
}

struct Entries<'a> {
    serializer: ValueSerializer<'a>,
    map: Map,
    key: Option<Value>,
}

impl Entries<'_> {
    fn add<T: Serialize + ?Sized>(&mut self, key: Value, value: &T) -> Result<(), SerdeError> {
        if let Some(name) = key.as_text()
            && !self.serializer.wants(name)
        {
            return Ok(());
        }
        let value = value.serialize(self.serializer.inside()?)?;
        self.map.insert(key, value)?;
        Ok(())
    }
}

impl ser::SerializeMap for Entries<'_> {
    type Ok = Value;
    type Error = SerdeError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), SerdeError> {
        self.key = Some(key.serialize(self.serializer.inside()?)?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), SerdeError> {
        let key = self.key.take().unwrap_or_default();
        self.add(key, value)
    }

    fn serialize_entry<K: Serialize + ?Sized, T: Serialize + ?Sized>(
        &mut self,
        key: &K,
        value: &T,
    ) -> Result<(), SerdeError> {
        let key = key.serialize(self.serializer.inside()?)?;
        self.add(key, value)
    }

    fn end(self) -> Result<Value, SerdeError> {
        Ok(Value::map(self.map))
    }
}

/// The fields of a struct: compared with those of the row before as long as they agree.
struct Fields<'a> {
    serializer: ValueSerializer<'a>,
    inside: ValueSerializer<'a>,
    type_name: &'static str,
    variant: Option<&'static str>,
    /// The shape that all fields so far agree with.
    guess: Option<&'static KnownShape>,
    /// The fields so far, once there is no such shape.
    fields: Vec<&'static str>,
    values: Vec<Value>,
}

impl<'a> Fields<'a> {
    fn new(
        serializer: ValueSerializer<'a>,
        type_name: &'static str,
        length: usize,
        variant: Option<&'static str>,
    ) -> Result<Self, SerdeError> {
        Ok(Fields {
            serializer,
            inside: serializer.inside()?,
            type_name,
            variant,
            guess: serializer.met.shapes.guess(type_name),
            fields: Vec::new(),
            values: Vec::with_capacity(length.min(MOST_RESERVED)),
        })
    }

    fn push<T: Serialize + ?Sized>(
        &mut self,
        field: &'static str,
        value: &T,
    ) -> Result<(), SerdeError> {
        if !self.serializer.wants(field) {
            return Ok(());
        }
        let value = value.serialize(self.inside)?;
        let count = self.values.len();
        if !self
            .guess
            .is_some_and(|known| known.has_field(count, field))
        {
            self.part(field);
        }
        self.values.push(value);
        Ok(())
    }

    /// Goes on with a field that the row before did not have here.
    #[cold]
    fn part(&mut self, field: &'static str) {
        if let Some(known) = self.guess.take() {
            self.fields = known.fields()[..self.values.len()].to_vec();
        }
        self.fields.push(field);
    }

    fn finish(self) -> Value {
        let (shapes, count) = (&self.serializer.met.shapes, self.values.len());
        let shape = match self.guess {
            Some(known) if known.fields().len() == count => known.shape.clone(),
            Some(known) => shapes.of(self.type_name, known.fields()[..count].to_vec()),
            None => shapes.of(self.type_name, self.fields),
        };
        let record = Value::record(shape, self.values);
        match self.variant {
            Some(variant) => tagged(variant, record),
            None => record,
        }
    }
}

impl ser::SerializeStruct for Fields<'_> {
    type Ok = Value;
    type Error = SerdeError;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        field: &'static str,
        value: &T,
    ) -> Result<(), SerdeError> {
        self.push(field, value)
    }

    fn end(self) -> Result<Value, SerdeError> {
        Ok(self.finish())
    }
}

impl ser::SerializeStructVariant for Fields<'_> {
    type Ok = Value;
    type Error = SerdeError;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        field: &'static str,
        value: &T,
    ) -> Result<(), SerdeError> {
        self.push(field, value)
    }

    fn end(self) -> Result<Value, SerdeError> {
        Ok(self.finish())
    }
}
