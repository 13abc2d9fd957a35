//! A conversion on its way: the values that serde handed over and that are not inside of another one yet.
//!
//! They stand on a stack. What ends a list, a map or a record takes those that are its own, so that each is
//! moved twice and nothing grows piece by piece.

use std::cell::Cell;

use crate::error::Error;
use crate::value::shapes::Shapes;
use crate::value::texts::Texts;
use crate::value::{Map, Value};

/// What a conversion has made so far.
#[derive(Default)]
pub(super) struct Conversion<'w> {
    pub(super) memory: Memory,
    /// The texts of lists that were met of late.
    texts: Texts,
    /// The outermost value, once it is there.
    whole: Option<Value>,
    /// Which of the outermost fields are converted; all of them if this is not given.
    wanted: Option<&'w dyn Fn(&str) -> bool>,
}

/// What a conversion leaves to the next one on its thread.
#[derive(Default)]
pub(super) struct Memory {
    stack: Vec<Value>,
    keys: Texts,
    pub(super) shapes: Shapes,
}

thread_local! {
    /// The memory of this thread's last conversion: no value of that is in it, only shapes of types and a few keys
    /// of maps and names of variants.
    static SPARE: Cell<Option<Memory>> = const { Cell::new(None) };
}

/// Where a value goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// It is the outermost one.
    Whole,
    /// Into a map, as a key.
    Key,
    /// Into a list or a tuple.
    Item,
    /// Into anything else.
    Field,
}

/// A height of the stack: what is above can be taken back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark(usize);

impl<'w> Conversion<'w> {
    /// Begins one, of all fields or of those that are wanted.
    pub(super) fn begin(wanted: Option<&'w dyn Fn(&str) -> bool>) -> Self {
        Conversion {
            memory: Memory::take(),
            wanted,
            ..Conversion::default()
        }
    }

    /// Ends it with the outermost value.
    pub(super) fn end(mut self) -> Value {
        let whole = self.take_whole().unwrap_or_default();
        self.memory.keep();
        whole
    }

    /// Whether one of the outermost fields is wanted.
    #[inline]
    pub(super) fn wants(&self, field: &str) -> bool {
        self.wanted.is_none_or(|wanted| wanted(field))
    }

    /// The outermost value, as it is.
    #[inline]
    pub(super) fn take_whole(&mut self) -> Option<Value> {
        self.whole.take()
    }

    /// Where the next value will be.
    #[inline]
    pub(super) fn mark(&self) -> Mark {
        Mark(self.memory.stack.len())
    }

    /// Takes back what came after `mark`.
    #[cold]
    pub(super) fn rewind(&mut self, mark: Mark) {
        self.memory.stack.truncate(mark.0);
    }

    /// Puts a value where it goes.
    #[inline]
    pub(super) fn value(&mut self, place: Place, value: Value) {
        match place {
            Place::Whole => self.whole = Some(value),
            _ => self.memory.stack.push(value),
        }
    }

    /// Puts a text where it goes.
    pub(super) fn text(&mut self, place: Place, text: &str) {
        let text = match place {
            Place::Whole | Place::Field => text.into(),
            Place::Key => self.memory.keys.share(text),
            Place::Item => self.texts.share(text),
        };
        self.value(place, Value::string(text));
    }

    /// Puts the name of a variant, which comes again with each of its kind, where it goes.
    pub(super) fn name(&mut self, place: Place, name: &'static str) {
        let name = self.memory.keys.share(name);
        self.value(place, Value::string(name));
    }

    /// The key at `mark`, if it is a text.
    pub(super) fn key_at(&self, mark: Mark) -> Option<&str> {
        self.memory.stack.get(mark.0)?.as_str()
    }

    /// The values above `mark`.
    #[inline]
    pub(super) fn take(&mut self, mark: Mark) -> Vec<Value> {
        match mark.0 {
            // The stack itself is kept.
            0 => self.memory.stack.drain(..).collect(),
            at => self.memory.stack.split_off(at),
        }
    }

    /// The value on top.
    pub(super) fn take_one(&mut self) -> Value {
        self.memory.stack.pop().unwrap_or_default()
    }

    /// The map of the keys and values above `mark`, in turn.
    pub(super) fn take_map(&mut self, mark: Mark) -> Result<Map, Error> {
        let mut entries = self.memory.stack.drain(mark.0..);
        let mut map = Map::with_capacity(entries.len() / 2);
        while let (Some(key), Some(value)) = (entries.next(), entries.next()) {
            map.insert(key, value)?;
        }
        Ok(map)
    }

    /// A variant of an enum with content: a map from its name to that.
    pub(super) fn tagged(&mut self, variant: &'static str, content: Value) -> Value {
        let mut map = Map::with_capacity(1);
        map.insert_str(self.memory.keys.share(variant), content);
        Value::map(map)
    }
}

impl Memory {
    /// That of the thread's last conversion; none while another one runs, or while the thread ends.
    fn take() -> Self {
        let spare = SPARE.try_with(Cell::take);
        spare.ok().flatten().unwrap_or_default()
    }

    /// Keeps the memory for this thread's next conversion, if it is not too much.
    fn keep(mut self) {
        /// So many values.
        const MOST: usize = 4096;
        if self.stack.capacity() <= MOST {
            self.stack.clear();
            self.keys.look_again();
            self.shapes.forget_many();
            let _ = SPARE.try_with(|spare| spare.set(Some(self)));
        }
    }
}
