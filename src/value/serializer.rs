//! Serde, inwards: any type of the host becomes a value.

use std::any::type_name;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::ser::{self, Serialize, Serializer};

use crate::error::Error;
use crate::error::value::ValueFault;
use crate::value::conversion::{Conversion, Mark, Memory, Place};
use crate::value::handover::take_over;
use crate::value::serialize::SerdeError;
use crate::value::shapes::Names;
use crate::value::tape::{Block, TapeWriter};
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
        Memory::lend(|memory| {
            let mut conversion = Conversion::new(memory, None);
            value.serialize(ValueSerializer::<Values>::new(&mut conversion))?;
            Ok(conversion.end())
        })
    }
}

/// Converts the context of a render, but only the fields that `wanted` names, if a template reads no others. Its lists
/// and structs stay on a tape.
///
/// A context that is a value already is taken as it is.
pub(crate) fn of_context<T: Serialize + ?Sized>(
    context: &T,
    wanted: Option<&dyn Fn(&str) -> bool>,
) -> Result<Value, Error> {
    Memory::lend(|memory| {
        let mut conversion = Conversion::new(memory, wanted);
        context.serialize(ValueSerializer::<Context>::new(&mut conversion))?;
        Ok(conversion.end())
    })
}

/// Whether `S` is the serialiser that makes values. Serde lets types that serialise not ask for more than the name of
/// the serialiser's type, and no other type has this one.
#[inline(always)]
pub(super) fn is_value_serializer<S>() -> bool {
    let name = type_name::<S>();
    name == type_name::<ValueSerializer<'static, 'static, Values>>()
        || name == type_name::<ValueSerializer<'static, 'static, Cells>>()
        || name == type_name::<ValueSerializer<'static, 'static, ContextNames>>()
        || name == type_name::<ValueSerializer<'static, 'static, Context>>()
}

/// What a serialiser makes, known at compile time, as there is one for every value.
trait Makes {
    /// What is made of what a list or a struct holds.
    type Inside: Makes;
    /// What is made of what a map holds.
    type InMap: Makes;
    /// Whether it is put into a cell of a tape.
    const CELL: bool = false;
    /// Whether it is one of the context's own.
    const NAME: bool = false;
}

/// Values.
enum Values {}

impl Makes for Values {
    type Inside = Values;
    type InMap = Values;
}

/// The context of a render.
enum Context {}

impl Makes for Context {
    type Inside = ContextNames;
    type InMap = ContextNames;
}

/// The values of a context.
enum ContextNames {}

impl Makes for ContextNames {
    type Inside = Cells;
    type InMap = Values;
    const NAME: bool = true;
}

/// What is inside of those.
enum Cells {}

impl Makes for Cells {
    type Inside = Cells;
    type InMap = Values;
    const CELL: bool = true;
}

/// Makes a value of what serialises, and puts it where it goes. Small, as each value has its own.
struct ValueSerializer<'a, 'w, M> {
    conversion: &'a mut Conversion<'w>,
    /// The cell, on a tape.
    cell: u32,
    place: Place,
    /// How deep it is in others.
    level: u8,
    makes: PhantomData<M>,
}

const _: () = assert!(size_of::<ValueSerializer<Values>>() == 16);
const _: () = assert!(MAX_DEPTH < u8::MAX as usize);

impl<'a, 'w, M: Makes> ValueSerializer<'a, 'w, M> {
    /// The serialiser of the outermost value.
    #[inline]
    fn new(conversion: &'a mut Conversion<'w>) -> Self {
        ValueSerializer {
            conversion,
            cell: 0,
            place: Place::Whole,
            level: 0,
            makes: PhantomData,
        }
    }

    #[inline]
    fn value(self, value: impl Into<Value>) -> Result<(), SerdeError> {
        match M::CELL {
            true => self.conversion.memory.tape.put(self.cell, value.into()),
            false => self.conversion.value(self.place, value.into()),
        }
        Ok(())
    }

    /// Begins what holds others, about as many as `length`.
    #[inline]
    fn open<I: Makes>(self, length: usize) -> Result<Container<'a, 'w, I>, SerdeError> {
        if usize::from(self.level) == MAX_DEPTH {
            return Err(ValueFault::TooDeep(MAX_DEPTH).into());
        }
        let memory = &mut *self.conversion.memory;
        memory.is_used = true;
        let block = match I::CELL {
            true => memory.tape.open(length)?,
            false => Block::default(),
        };
        Ok(Container {
            first: self.conversion.mark(),
            conversion: self.conversion,
            block,
            cell: self.cell,
            place: self.place,
            level: self.level + 1,
            makes: PhantomData,
        })
    }
}

/// What holds others, on its way.
struct Container<'a, 'w, I> {
    conversion: &'a mut Conversion<'w>,
    /// Where what is inside begins on the stack.
    first: Mark,
    /// How much there is so far, and where that is on a tape.
    block: Block,
    /// Where it goes itself, once it is there.
    cell: u32,
    place: Place,
    /// How deep what is inside is in others.
    level: u8,
    makes: PhantomData<I>,
}

impl<'w, I: Makes> Container<'_, 'w, I> {
    /// Converts what is inside, all or nothing of it, and counts it. As a value, it goes to `place`.
    #[inline]
    fn push<T: Serialize + ?Sized>(&mut self, place: Place, value: &T) -> Result<(), SerdeError> {
        let mark = self.conversion.mark();
        let tape = &mut self.conversion.memory.tape;
        let (place, cell) = match I::CELL {
            true => (Place::Cell, tape.next(&mut self.block)?),
            false => (place, 0),
        };
        let done = value.serialize(self.inside::<I>(place, cell));
        match done {
            Ok(()) => self.block.length += 1,
            Err(_) => self.conversion.rewind(mark),
        }
        done
    }

    /// The serialiser of what is inside.
    #[inline(always)]
    fn inside<'b, M>(&'b mut self, place: Place, cell: u32) -> ValueSerializer<'b, 'w, M> {
        ValueSerializer {
            conversion: self.conversion,
            cell,
            place,
            level: self.level,
            makes: PhantomData,
        }
    }

    /// Whether a field is converted.
    #[inline]
    fn wants(&self, field: &str) -> bool {
        !I::NAME || self.conversion.wants(field)
    }

    /// Ends what is inside: the values above this on the stack.
    #[inline]
    fn end(&mut self) -> Mark {
        if I::NAME {
            self.conversion.end_tape(self.first);
        }
        self.first
    }

    /// The values inside.
    #[inline]
    fn take(&mut self) -> Vec<Value> {
        let first = self.end();
        self.conversion.take(first)
    }

    /// Ends as the content of a variant of an enum.
    fn close_variant(self, variant: &'static str, content: Value) -> Result<(), SerdeError> {
        let value = self.conversion.tagged(variant, content);
        self.close(value)
    }

    /// Ends with what was made of all that.
    #[inline]
    fn close(self, value: Value) -> Result<(), SerdeError> {
        match self.place {
            Place::Cell => self.conversion.memory.tape.put(self.cell, value),
            _ => self.conversion.value(self.place, value),
        }
        Ok(())
    }
}

impl<'a, 'w, M: Makes> Serializer for ValueSerializer<'a, 'w, M> {
    type Ok = ();
    type Error = SerdeError;
    type SerializeSeq = Items<'a, 'w, M::Inside>;
    type SerializeTuple = Items<'a, 'w, M::Inside>;
    type SerializeTupleStruct = TupleItems<'a, 'w>;
    type SerializeTupleVariant = Variant<TupleItems<'a, 'w>>;
    type SerializeMap = Entries<'a, 'w, M::InMap>;
    type SerializeStruct = Fields<'a, 'w, M::Inside>;
    type SerializeStructVariant = Variant<Fields<'a, 'w, Values>>;

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
        if M::CELL {
            let tape = &mut self.conversion.memory.tape;
            let text = tape.text(text);
            tape.put(self.cell, text);
        } else {
            self.conversion.text(self.place, text);
        }
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
        let name = self.conversion.memory.keys.share(variant);
        self.value(Value::string(name))
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<(), SerdeError> {
        match take_over(name) {
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
        let mut container = self.open::<Values>(0)?;
        container.push(Place::Field, value)?;
        let content = container.conversion.take_one();
        container.close_variant(variant, content)
    }

    #[inline]
    fn serialize_seq(self, length: Option<usize>) -> Result<Self::SerializeSeq, SerdeError> {
        Ok(Items(self.open(length.unwrap_or_default())?))
    }

    fn serialize_tuple(self, length: usize) -> Result<Self::SerializeTuple, SerdeError> {
        Ok(Items(self.open(length)?))
    }

    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        _length: usize,
    ) -> Result<TupleItems<'a, 'w>, SerdeError> {
        Ok(TupleItems(self.open(0)?))
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Self::SerializeTupleVariant, SerdeError> {
        Ok(Variant {
            variant,
            content: TupleItems(self.open(0)?),
        })
    }

    fn serialize_map(self, _length: Option<usize>) -> Result<Self::SerializeMap, SerdeError> {
        Ok(Entries {
            container: self.open(0)?,
            key: None,
        })
    }

    #[inline]
    fn serialize_struct(
        self,
        name: &'static str,
        length: usize,
    ) -> Result<Self::SerializeStruct, SerdeError> {
        Ok(Fields::new(self.open(length)?, name))
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Self::SerializeStructVariant, SerdeError> {
        Ok(Variant {
            variant,
            content: Fields::new(self.open(0)?, variant),
        })
    }
}

/// A list.
struct Items<'a, 'w, I>(Container<'a, 'w, I>);

impl<I: Makes> Items<'_, '_, I> {
    #[inline]
    fn finish(self) -> Result<(), SerdeError> {
        let Items(mut container) = self;
        let list = match I::CELL {
            true => TapeWriter::list(container.block),
            false => Value::list(container.take()),
        };
        container.close(list)
    }
}

/// A tuple of Rust's that has a name.
struct TupleItems<'a, 'w>(Container<'a, 'w, Values>);

impl<I: Makes> ser::SerializeSeq for Items<'_, '_, I> {
    type Ok = ();
    type Error = SerdeError;

    #[inline]
    fn serialize_element<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), SerdeError> {
        self.0.push(Place::Item, item)
    }

    fn end(self) -> Result<(), SerdeError> {
        self.finish()
    }
}

impl<I: Makes> ser::SerializeTuple for Items<'_, '_, I> {
    type Ok = ();
    type Error = SerdeError;

    #[inline]
    fn serialize_element<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), SerdeError> {
        self.0.push(Place::Item, item)
    }

    fn end(self) -> Result<(), SerdeError> {
        self.finish()
    }
}

impl ser::SerializeTupleStruct for TupleItems<'_, '_> {
    type Ok = ();
    type Error = SerdeError;

    #[inline]
    fn serialize_field<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), SerdeError> {
        self.0.push(Place::Item, item)
    }

    fn end(self) -> Result<(), SerdeError> {
        let TupleItems(mut container) = self;
        let items = container.take();
        container.close(Value::tuple(items))
    }
}

/// What holds others and is the content of a variant of an enum.
struct Variant<C> {
    variant: &'static str,
    content: C,
}

impl ser::SerializeTupleVariant for Variant<TupleItems<'_, '_>> {
    type Ok = ();
    type Error = SerdeError;

    #[inline]
    fn serialize_field<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), SerdeError> {
        self.content.0.push(Place::Item, item)
    }

    fn end(self) -> Result<(), SerdeError> {
        let TupleItems(mut container) = self.content;
        let items = container.take();
        container.close_variant(self.variant, Value::tuple(items))
    }
}

/// A map.
struct Entries<'a, 'w, I> {
    container: Container<'a, 'w, I>,
    /// The key whose value is next.
    key: Option<Mark>,
}

impl<I: Makes> ser::SerializeMap for Entries<'_, '_, I> {
    type Ok = ();
    type Error = SerdeError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), SerdeError> {
        let Entries { container, .. } = self;
        if let Some(earlier) = self.key.take() {
            container.conversion.rewind(earlier);
        }
        let mark = container.conversion.mark();
        let done = key.serialize(container.inside::<Values>(Place::Key, 0));
        match done {
            Ok(()) => self.key = Some(mark),
            Err(_) => container.conversion.rewind(mark),
        }
        done
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), SerdeError> {
        // A value without a key has that of nothing.
        if self.key.is_none() {
            self.serialize_key(&())?;
        }
        let Entries { container, key } = self;
        let Some(key) = key.take() else {
            return Ok(());
        };
        let name = container.conversion.key_at(key);
        let done = match name.is_none_or(|name| container.wants(name)) {
            true => container.push(Place::Field, value),
            false => {
                container.conversion.rewind(key);
                return Ok(());
            }
        };
        if done.is_err() {
            container.conversion.rewind(key);
        }
        done
    }

    fn end(self) -> Result<(), SerdeError> {
        let Entries { mut container, key } = self;
        if let Some(key) = key {
            container.conversion.rewind(key);
        }
        let first = container.end();
        let map = container.conversion.take_map(first)?;
        container.close(Value::map(map))
    }
}

/// The fields of a struct.
struct Fields<'a, 'w, I> {
    container: Container<'a, 'w, I>,
    names: Names,
}

impl<'a, 'w, I: Makes> Fields<'a, 'w, I> {
    #[inline]
    fn new(container: Container<'a, 'w, I>, type_name: &'static str) -> Self {
        Fields {
            names: container.conversion.memory.shapes.names(type_name),
            container,
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
        let index = self.container.block.length as usize;
        self.container.push(Place::Field, value)?;
        self.names.push(index, field);
        Ok(())
    }

    /// The record of all fields, or the cell of one.
    #[inline]
    fn finish(self) -> (Container<'a, 'w, I>, Value) {
        let Fields {
            mut container,
            names,
        } = self;
        let memory = &mut *container.conversion.memory;
        let count = container.block.length as usize;
        let shape = memory.shapes.of(names, count);
        let record = match I::CELL {
            true => memory.tape.record(container.block, &shape),
            false => Value::record(Arc::clone(&shape), container.take()),
        };
        (container, record)
    }
}

impl<I: Makes> ser::SerializeStruct for Fields<'_, '_, I> {
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
        let (container, record) = self.finish();
        container.close(record)
    }
}

impl ser::SerializeStructVariant for Variant<Fields<'_, '_, Values>> {
    type Ok = ();
    type Error = SerdeError;

    #[inline]
    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        field: &'static str,
        value: &T,
    ) -> Result<(), SerdeError> {
        self.content.push(field, value)
    }

    fn end(self) -> Result<(), SerdeError> {
        let (container, record) = self.content.finish();
        container.close_variant(self.variant, record)
    }
}
