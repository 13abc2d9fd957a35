//! Serde, inwards: any type of the host becomes a value.

use std::any::type_name;
use std::mem::ManuallyDrop;
use std::sync::Arc;

use serde::ser::{self, Serialize, Serializer};

use crate::error::Error;
use crate::error::value::ValueFault;
use crate::value::conversion::{Conversion, Mark, Place};
use crate::value::serialize::{self, SerdeError};
use crate::value::shapes::{KnownShape, same_str};
use crate::value::{MAX_DEPTH, Value};

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
        convert(value, None)
    }
}

/// Converts a context, but only the fields that `wanted` names: a template reads no others.
///
/// A context that is a value already is taken as it is.
pub(crate) fn from_fields<T: Serialize + ?Sized>(
    value: &T,
    wanted: &dyn Fn(&str) -> bool,
) -> Result<Value, Error> {
    convert(value, Some(wanted))
}

fn convert<T: Serialize + ?Sized>(
    value: &T,
    wanted: Option<&dyn Fn(&str) -> bool>,
) -> Result<Value, Error> {
    let mut conversion = Conversion::begin(wanted);
    value.serialize(ValueSerializer::new(&mut conversion))?;
    Ok(conversion.end())
}

/// What `T` is if it is a value, or a reference to one.
#[inline]
pub(crate) fn as_value<T: Serialize + ?Sized>(value: &T) -> Option<Value> {
    if type_name::<T>().trim_start_matches('&') != type_name::<Value>() {
        return None;
    }
    // Nothing is made in a conversion that takes over what is there, so there is nothing to drop.
    let mut conversion = ManuallyDrop::new(Conversion::default());
    value
        .serialize(ValueSerializer::new(&mut conversion))
        .ok()?;
    conversion.take_whole()
}

/// Whether `S` is the serialiser that makes values. Serde lets types that serialise not ask for more
/// than the name of the serialiser's type, and no other type has this one.
pub(super) fn is_value_serializer<S>() -> bool {
    type_name::<S>() == type_name::<ValueSerializer<'static, 'static>>()
}

/// Makes a value of what serialises, and puts it where it goes. Small, as each value has its own.
struct ValueSerializer<'a, 'w> {
    conversion: &'a mut Conversion<'w>,
    place: Place,
    /// How many levels there may be inside.
    depth: u8,
}

const _: () = assert!(MAX_DEPTH <= u8::MAX as usize);

impl<'a, 'w> ValueSerializer<'a, 'w> {
    /// The serialiser of the outermost value.
    #[inline]
    fn new(conversion: &'a mut Conversion<'w>) -> Self {
        ValueSerializer {
            conversion,
            place: Place::Whole,
            depth: MAX_DEPTH as u8,
        }
    }

    #[inline]
    fn value(self, value: impl Into<Value>) -> Result<(), SerdeError> {
        self.conversion.value(self.place, value.into());
        Ok(())
    }

    /// Begins what holds others.
    #[inline]
    fn open(self) -> Result<Container<'a, 'w>, SerdeError> {
        let Some(inside) = self.depth.checked_sub(1) else {
            return Err(ValueFault::TooDeep(MAX_DEPTH).into());
        };
        Ok(Container {
            first: self.conversion.mark(),
            conversion: self.conversion,
            place: self.place,
            inside,
            variant: None,
        })
    }

    /// Begins what holds others and is the content of a variant of an enum.
    fn open_variant(self, variant: &'static str) -> Result<Container<'a, 'w>, SerdeError> {
        Ok(Container {
            variant: Some(variant),
            ..self.open()?
        })
    }
}

/// What holds others, on its way. They are on the conversion's stack.
struct Container<'a, 'w> {
    conversion: &'a mut Conversion<'w>,
    /// Where it goes once it is there.
    place: Place,
    /// How many levels there may be inside of what is inside.
    inside: u8,
    /// The variant of an enum that it is the content of.
    variant: Option<&'static str>,
    /// Where what is inside begins.
    first: Mark,
}

impl Container<'_, '_> {
    /// Converts what is inside, all or nothing of it.
    #[inline]
    fn push<T: Serialize + ?Sized>(&mut self, place: Place, value: &T) -> Result<(), SerdeError> {
        let mark = self.conversion.mark();
        let serializer = ValueSerializer {
            conversion: self.conversion,
            place,
            depth: self.inside,
        };
        let done = value.serialize(serializer);
        if done.is_err() {
            self.conversion.rewind(mark);
        }
        done
    }

    /// Whether a field is converted.
    #[inline]
    fn wants(&self, field: &str) -> bool {
        self.place != Place::Whole || self.conversion.wants(field)
    }

    /// Ends with what was made of all that.
    fn close(self, value: Value) -> Result<(), SerdeError> {
        let value = match self.variant {
            Some(variant) => self.conversion.tagged(variant, value),
            None => value,
        };
        self.conversion.value(self.place, value);
        Ok(())
    }
}

impl<'a, 'w> Serializer for ValueSerializer<'a, 'w> {
    type Ok = ();
    type Error = SerdeError;
    type SerializeSeq = Items<'a, 'w>;
    type SerializeTuple = Items<'a, 'w>;
    type SerializeTupleStruct = Items<'a, 'w>;
    type SerializeTupleVariant = Items<'a, 'w>;
    type SerializeMap = Entries<'a, 'w>;
    type SerializeStruct = Fields<'a, 'w>;
    type SerializeStructVariant = Fields<'a, 'w>;

    #[inline]
    fn serialize_bool(self, flag: bool) -> Result<(), SerdeError> {
        self.value(flag)
    }

    #[inline]
    fn serialize_i8(self, int: i8) -> Result<(), SerdeError> {
        self.value(int)
    }

    #[inline]
    fn serialize_i16(self, int: i16) -> Result<(), SerdeError> {
        self.value(int)
    }

    #[inline]
    fn serialize_i32(self, int: i32) -> Result<(), SerdeError> {
        self.value(int)
    }

    #[inline]
    fn serialize_i64(self, int: i64) -> Result<(), SerdeError> {
        self.value(int)
    }

    fn serialize_i128(self, int: i128) -> Result<(), SerdeError> {
        self.value(int)
    }

    #[inline]
    fn serialize_u8(self, int: u8) -> Result<(), SerdeError> {
        self.value(int)
    }

    #[inline]
    fn serialize_u16(self, int: u16) -> Result<(), SerdeError> {
        self.value(int)
    }

    #[inline]
    fn serialize_u32(self, int: u32) -> Result<(), SerdeError> {
        self.value(int)
    }

    #[inline]
    fn serialize_u64(self, int: u64) -> Result<(), SerdeError> {
        self.value(int)
    }

    fn serialize_u128(self, int: u128) -> Result<(), SerdeError> {
        self.value(Value::try_from(int)?)
    }

    #[inline]
    fn serialize_f32(self, float: f32) -> Result<(), SerdeError> {
        self.value(float)
    }

    #[inline]
    fn serialize_f64(self, float: f64) -> Result<(), SerdeError> {
        self.value(float)
    }

    fn serialize_char(self, character: char) -> Result<(), SerdeError> {
        self.value(character)
    }

    #[inline]
    fn serialize_str(self, text: &str) -> Result<(), SerdeError> {
        self.conversion.text(self.place, text);
        Ok(())
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), SerdeError> {
        self.value(Value::bytes(bytes.to_vec()))
    }

    #[inline]
    fn serialize_none(self) -> Result<(), SerdeError> {
        self.value(Value::NONE)
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), SerdeError> {
        value.serialize(self)
    }

    #[inline]
    fn serialize_unit(self) -> Result<(), SerdeError> {
        self.value(Value::NONE)
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), SerdeError> {
        self.value(Value::NONE)
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<(), SerdeError> {
        self.conversion.name(self.place, variant);
        Ok(())
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<(), SerdeError> {
        match serialize::take_over(name) {
            Some(value) => self.value(value),
            None => value.serialize(self),
        }
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), SerdeError> {
        let mut container = self.open_variant(variant)?;
        container.push(Place::Field, value)?;
        let content = container.conversion.take_one();
        container.close(content)
    }

    #[inline]
    fn serialize_seq(self, _length: Option<usize>) -> Result<Items<'a, 'w>, SerdeError> {
        Ok(Items::new(self.open()?, Value::list))
    }

    fn serialize_tuple(self, _length: usize) -> Result<Items<'a, 'w>, SerdeError> {
        Ok(Items::new(self.open()?, Value::list))
    }

    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        _length: usize,
    ) -> Result<Items<'a, 'w>, SerdeError> {
        Ok(Items::new(self.open()?, Value::tuple))
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Items<'a, 'w>, SerdeError> {
        Ok(Items::new(self.open_variant(variant)?, Value::tuple))
    }

    fn serialize_map(self, _length: Option<usize>) -> Result<Entries<'a, 'w>, SerdeError> {
        Ok(Entries {
            container: self.open()?,
            key: None,
        })
    }

    #[inline]
    fn serialize_struct(
        self,
        name: &'static str,
        _length: usize,
    ) -> Result<Fields<'a, 'w>, SerdeError> {
        Ok(Fields::new(self.open()?, name))
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Fields<'a, 'w>, SerdeError> {
        Ok(Fields::new(self.open_variant(variant)?, variant))
    }
}

struct Items<'a, 'w> {
    container: Container<'a, 'w>,
    /// What the items make.
    sequence: fn(Vec<Value>) -> Value,
}

impl<'a, 'w> Items<'a, 'w> {
    fn new(container: Container<'a, 'w>, sequence: fn(Vec<Value>) -> Value) -> Self {
        Items {
            container,
            sequence,
        }
    }

    #[inline]
    fn push<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), SerdeError> {
        self.container.push(Place::Item, item)
    }

    fn finish(self) -> Result<(), SerdeError> {
        let container = self.container;
        let items = container.conversion.take(container.first);
        container.close((self.sequence)(items))
    }
}

impl ser::SerializeSeq for Items<'_, '_> {
    type Ok = ();
    type Error = SerdeError;

    #[inline]
    fn serialize_element<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), SerdeError> {
        self.push(item)
    }

    fn end(self) -> Result<(), SerdeError> {
        self.finish()
    }
}

impl ser::SerializeTuple for Items<'_, '_> {
    type Ok = ();
    type Error = SerdeError;

    #[inline]
    fn serialize_element<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), SerdeError> {
        self.push(item)
    }

    fn end(self) -> Result<(), SerdeError> {
        self.finish()
    }
}

impl ser::SerializeTupleStruct for Items<'_, '_> {
    type Ok = ();
    type Error = SerdeError;

    #[inline]
    fn serialize_field<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), SerdeError> {
        self.push(item)
    }

    fn end(self) -> Result<(), SerdeError> {
        self.finish()
    }
}

impl ser::SerializeTupleVariant for Items<'_, '_> {
    type Ok = ();
    type Error = SerdeError;

    #[inline]
    fn serialize_field<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), SerdeError> {
        self.push(item)
    }

    fn end(self) -> Result<(), SerdeError> {
        self.finish()
    }
}

struct Entries<'a, 'w> {
    container: Container<'a, 'w>,
    /// The key whose value is next.
    key: Option<Mark>,
}

impl ser::SerializeMap for Entries<'_, '_> {
    type Ok = ();
    type Error = SerdeError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), SerdeError> {
        if let Some(earlier) = self.key.take() {
            self.container.conversion.rewind(earlier);
        }
        let mark = self.container.conversion.mark();
        self.container.push(Place::Key, key)?;
        self.key = Some(mark);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), SerdeError> {
        // A value without a key has that of nothing.
        if self.key.is_none() {
            self.serialize_key(&())?;
        }
        let Some(key) = self.key.take() else {
            return Ok(());
        };
        let name = self.container.conversion.key_at(key);
        let done = match name.is_none_or(|name| self.container.wants(name)) {
            true => self.container.push(Place::Field, value),
            false => {
                self.container.conversion.rewind(key);
                return Ok(());
            }
        };
        if done.is_err() {
            self.container.conversion.rewind(key);
        }
        done
    }

    fn end(mut self) -> Result<(), SerdeError> {
        if let Some(key) = self.key.take() {
            self.container.conversion.rewind(key);
        }
        let map = self.container.conversion.take_map(self.container.first)?;
        self.container.close(Value::map(map))
    }
}

/// The fields of a struct: compared with those of the row before as long as they agree.
struct Fields<'a, 'w> {
    container: Container<'a, 'w>,
    type_name: &'static str,
    /// The shape that all fields so far agree with.
    guess: Option<&'static KnownShape>,
    /// The fields that it has besides.
    expected: &'static [&'static str],
    /// The fields so far, once there is no such shape.
    fields: Vec<&'static str>,
}

impl<'a, 'w> Fields<'a, 'w> {
    #[inline]
    fn new(container: Container<'a, 'w>, type_name: &'static str) -> Self {
        let guess = container.conversion.memory.shapes.guess(type_name);
        Fields {
            container,
            type_name,
            guess,
            expected: guess.map_or(&[], KnownShape::fields),
            fields: Vec::new(),
        }
    }

    #[inline]
    fn push<T: Serialize + ?Sized>(
        &mut self,
        field: &'static str,
        value: &T,
    ) -> Result<(), SerdeError> {
        if !self.container.wants(field) {
            return Ok(());
        }
        self.container.push(Place::Field, value)?;
        match self.expected {
            [next, rest @ ..] if same_str(next, field) => self.expected = rest,
            _ => self.part(field),
        }
        Ok(())
    }

    /// Goes on with a field that the row before did not have here.
    #[cold]
    fn part(&mut self, field: &'static str) {
        self.leave_guess();
        self.fields.push(field);
    }

    /// Spells out the fields so far.
    fn leave_guess(&mut self) {
        if let Some(known) = self.guess.take() {
            let count = known.fields().len() - self.expected.len();
            self.fields = known.fields()[..count].to_vec();
            self.expected = &[];
        }
    }

    fn finish(mut self) -> Result<(), SerdeError> {
        let shape = match self.guess {
            Some(known) if self.expected.is_empty() => Arc::clone(known.shape()),
            _ => {
                self.leave_guess();
                let shapes = &mut self.container.conversion.memory.shapes;
                shapes.of(self.type_name, &self.fields)
            }
        };
        let container = self.container;
        let values = container.conversion.take(container.first);
        container.close(Value::record(shape, values))
    }
}

impl ser::SerializeStruct for Fields<'_, '_> {
    type Ok = ();
    type Error = SerdeError;

    #[inline]
    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        field: &'static str,
        value: &T,
    ) -> Result<(), SerdeError> {
        self.push(field, value)
    }

    fn end(self) -> Result<(), SerdeError> {
        self.finish()
    }
}

impl ser::SerializeStructVariant for Fields<'_, '_> {
    type Ok = ();
    type Error = SerdeError;

    #[inline]
    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        field: &'static str,
        value: &T,
    ) -> Result<(), SerdeError> {
        self.push(field, value)
    }

    fn end(self) -> Result<(), SerdeError> {
        self.finish()
    }
}
