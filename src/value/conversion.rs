//! A conversion on its way: the values that serde handed over and that are not inside of another one yet.
//!
//! They stand on a stack. What ends a list, a map or a record takes those that are its own, so that each is
//! moved twice and nothing grows piece by piece. The records of a list stay apart until it ends: if all are of
//! one shape, they share a table.

use std::cell::Cell;
use std::sync::Arc;

use crate::error::Error;
use crate::value::part::TextWriter;
use crate::value::shapes::{KnownShape, Shapes};
use crate::value::texts::Texts;
use crate::value::{Map, Repr, Shape, Table, Value};

/// What a conversion has made so far.
#[derive(Default)]
pub(super) struct Conversion<'w> {
    pub(super) memory: Memory,
    /// The shape of the record whose values were left on top, for the list around it.
    left: Option<&'static KnownShape>,
    /// The outermost value, once it is there.
    whole: Option<Value>,
    /// The texts that were met of late, if each has its own memory.
    own: Option<Texts>,
    /// Which of the outermost fields are converted; all of them if this is not given.
    wanted: Option<&'w dyn Fn(&str) -> bool>,
}

/// What a conversion leaves to the next one on its thread.
#[derive(Default)]
pub(super) struct Memory {
    stack: Vec<Value>,
    text: TextWriter,
    keys: Texts,
    pub(super) shapes: Shapes,
}

thread_local! {
    /// The memory of this thread's last conversion, without its values.
    static SPARE: Cell<Option<Memory>> = const { Cell::new(None) };
}

/// Where a value goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// It is the outermost one.
    Whole,
    /// Into a list, which takes records apart.
    Item,
    /// Into a map, as a key.
    Key,
    /// Into anything else.
    Field,
}

/// A height of the stack: what is above can be taken back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    stack: usize,
    texts: usize,
}

impl<'w> Conversion<'w> {
    /// One whose values may be kept for long, and by themselves: each text has its own memory.
    pub(super) fn of_values() -> Self {
        Conversion {
            own: Some(Texts::default()),
            ..Conversion::of_context(None)
        }
    }

    /// One of what a render reads, of all fields or of those that are wanted: its texts share their memory.
    pub(super) fn of_context(wanted: Option<&'w dyn Fn(&str) -> bool>) -> Self {
        Conversion {
            memory: Memory::take(),
            wanted,
            ..Conversion::default()
        }
    }

    /// Ends it with the outermost value.
    pub(super) fn end(mut self) -> Value {
        let whole = self.take_whole().unwrap_or_default();
        self.memory.text.finish();
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
        Mark {
            stack: self.memory.stack.len(),
            texts: self.memory.text.len(),
        }
    }

    /// Takes back what came after `mark`.
    #[cold]
    pub(super) fn rewind(&mut self, mark: Mark) {
        self.left = None;
        self.memory.stack.truncate(mark.stack);
        self.memory.text.truncate(mark.texts);
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
    #[inline(never)]
    pub(super) fn text(&mut self, place: Place, text: &str) {
        let value = match (place, &mut self.own) {
            (Place::Whole, _) => Value::string(text),
            (Place::Key, _) => Value::string(self.memory.keys.share(text)),
            (_, Some(own)) => Value::string(own.share(text)),
            (_, None) => match self.memory.text.write(text) {
                Some((text, start, length)) => Value(Repr::Part {
                    text,
                    start,
                    length,
                }),
                None => Value::string(text),
            },
        };
        self.value(place, value);
    }

    /// The key at `mark`, if it is a text.
    pub(super) fn key_at(&self, mark: Mark) -> Option<&str> {
        self.memory.stack.get(mark.stack)?.as_text()
    }

    /// Puts a record where it goes. Its values are those above `mark`; a list takes them as they are.
    #[inline]
    pub(super) fn record(&mut self, place: Place, mark: Mark, shape: &'static KnownShape) {
        match place {
            Place::Item => self.left = Some(shape),
            _ => {
                let record = self.take_record(mark, shape.shape());
                self.value(place, record);
            }
        }
    }

    /// The shape of the record whose values were left on top, if there is one.
    #[inline]
    pub(super) fn take_left(&mut self) -> Option<&'static KnownShape> {
        self.left.take()
    }

    /// The values above `mark`.
    #[inline]
    pub(super) fn take(&mut self, mark: Mark) -> Vec<Value> {
        self.memory.stack.drain(mark.stack..).collect()
    }

    /// The value on top.
    pub(super) fn take_one(&mut self) -> Value {
        self.memory.stack.pop().unwrap_or_default()
    }

    /// The record whose values are those above `mark`.
    pub(super) fn take_record(&mut self, mark: Mark, shape: &Arc<Shape>) -> Value {
        let values = self.take(mark);
        Value::record(Arc::clone(shape), values)
    }

    /// So many records of one shape, whose values are those above `mark`.
    pub(super) fn take_rows(&mut self, mark: Mark, shape: &Arc<Shape>, count: usize) -> Vec<Value> {
        Table::rows(shape, count, self.take(mark))
    }

    /// Makes the rows of a list, from `first` to `mark`, what they are in one of several kinds, and says where
    /// what is above is then.
    #[cold]
    pub(super) fn part_rows(
        &mut self,
        first: Mark,
        mark: Mark,
        shape: &Arc<Shape>,
        count: usize,
    ) -> Mark {
        let latest = self.take(mark);
        let rows = self.take_rows(first, shape, count);
        self.memory.stack.extend(rows);
        let moved = self.mark();
        self.memory.stack.extend(latest);
        moved
    }

    /// The map of the keys and values above `mark`, in turn.
    pub(super) fn take_map(&mut self, mark: Mark) -> Result<Map, Error> {
        let mut entries = self.memory.stack.drain(mark.stack..);
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
        /// So many values and bytes of texts.
        const MOST: (usize, usize) = (4096, 1 << 16);
        if self.stack.capacity() <= MOST.0 && self.text.capacity() <= MOST.1 {
            self.stack.clear();
            self.keys.look_again();
            self.shapes.forget_many();
            let _ = SPARE.try_with(|spare| spare.set(Some(self)));
        }
    }
}
