//! A conversion on its way: the values that serde handed over and that are not inside of another one yet.
//!
//! They stand on a stack. What ends a list, a map or a record takes those that are its own, so that each is
//! moved twice and nothing grows piece by piece. The lists and structs of a render's context go on a tape instead.

use std::cell::RefCell;

use crate::error::Error;
use crate::value::shapes::Shapes;
use crate::value::tape::TapeWriter;
use crate::value::texts::Texts;
use crate::value::{Map, Value};

/// What a conversion has made so far.
pub(super) struct Conversion<'w> {
    pub(super) memory: &'w mut Memory,
    /// The texts of lists that were met of late.
    texts: Texts,
    /// The outermost value, once it is there.
    whole: Option<Value>,
    /// Which of the outermost fields are converted; all of them if this is not given.
    wanted: Option<&'w dyn Fn(&str) -> bool>,
}

/// What conversions have room in, each after the other on its thread.
#[derive(Default)]
pub(super) struct Memory {
    /// Whether there may be something besides room.
    pub(super) is_used: bool,
    stack: Vec<Value>,
    pub(super) tape: TapeWriter,
    pub(super) keys: Texts,
    pub(super) shapes: Shapes,
}

thread_local! {
    /// That of this thread. Between conversions no value is in it, only shapes of types and a few keys of maps and
    /// names of variants.
    static MEMORY: RefCell<Memory> = RefCell::default();
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
    /// Into a cell of a tape.
    Cell,
}

/// A height of the stack: what is above can be taken back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark(usize);

impl<'w> Conversion<'w> {
    /// Begins one, of all the outermost fields or of those that are wanted.
    #[inline]
    pub(super) fn new(memory: &'w mut Memory, wanted: Option<&'w dyn Fn(&str) -> bool>) -> Self {
        Conversion {
            memory,
            texts: Texts::default(),
            whole: None,
            wanted,
        }
    }

    /// The outermost value.
    #[inline]
    pub(super) fn end(self) -> Value {
        self.whole.unwrap_or_default()
    }

    /// Whether one of the outermost fields is wanted.
    #[inline]
    pub(super) fn wants(&self, field: &str) -> bool {
        self.wanted.is_none_or(|wanted| wanted(field))
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
            Place::Key => self.memory.keys.share(text),
            Place::Item => self.texts.share(text),
            _ => text.into(),
        };
        self.value(place, Value::string(text));
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

    /// Ends the tape of a context, whose own values are those above `mark`.
    pub(super) fn end_tape(&mut self, mark: Mark) {
        let Memory { stack, tape, .. } = self.memory;
        tape.finish(&mut stack[mark.0..]);
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
    /// Lends that of the thread, or another one while another conversion runs or the thread ends.
    #[inline]
    pub(super) fn lend<R>(convert: impl FnOnce(&mut Memory) -> R) -> R {
        let mut convert = Some(convert);
        let done = MEMORY.try_with(|memory| {
            let mut memory = memory.try_borrow_mut().ok()?;
            // A panic may have left something.
            memory.clean();
            let done = convert.take()?(&mut memory);
            memory.clean();
            Some(done)
        });
        match (done, convert) {
            (Ok(Some(done)), _) => done,
            (_, Some(convert)) => convert(&mut Memory::default()),
            _ => unreachable!("what was not done is there"),
        }
    }

    /// Forgets what is left of a conversion, and gives back what is too much room.
    #[inline]
    fn clean(&mut self) {
        if std::mem::take(&mut self.is_used) {
            self.forget();
        }
    }

    fn forget(&mut self) {
        /// So many values.
        const MOST: usize = 4096;
        self.stack.clear();
        self.stack.shrink_to(MOST);
        self.tape.clear();
        self.keys.look_again();
        self.shapes.forget_many();
    }
}
