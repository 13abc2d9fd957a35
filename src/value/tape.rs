//! Tapes: the contexts of renders, as serde hands them over.
//!
//! Most of what a context holds is printed once or not at all. So only its own names have values; the lists and
//! structs below them are cells of 16 bytes, which refer to each other by their places, and one text. What a template
//! looks at is read from its cell, and a value is made of it only where one is needed.
//!
//! Any number of [`TapedList`]s may stand for one list of a tape; the place of its first item is what tells it from
//! others. What wants slices of values gets those of a list made for the purpose, once for each place, so that they
//! take no more than they would have without a tape. Records are alike.

use std::iter::repeat_with;
use std::sync::{Arc, OnceLock};

use crate::error::Error;
use crate::error::value::ValueFault;
use crate::value::{List, Record, Repr, Shape, Symbol, Value, drop};

/// A longer text is a value from the start: it is too much to be made anew each time that it is read.
const LONGEST_TEXT: usize = 128;

/// All that one context holds.
#[derive(Debug)]
pub(crate) struct Tape {
    /// What is no text, list or struct is itself, the others are [`Part`]s.
    cells: Vec<Value>,
    /// Whether a cell has more than its own two words.
    owns: bool,
    text: String,
    shapes: Vec<TapedShape>,
    /// The values of lists and records by their first places, as far as something wanted them.
    made: OnceLock<Box<[OnceLock<Value>]>>,
}

/// A shape, with its number at hand.
#[derive(Debug)]
struct TapedShape {
    number: u64,
    shape: Arc<Shape>,
}

/// A part of a tape, in one word.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part(u64);

/// What a part of a tape is.
#[derive(Clone, Copy)]
enum PartKind {
    /// So many bytes of the text.
    Text { start: u32, length: u32 },
    /// So many cells.
    List { first: u32, length: u32 },
    /// The cells from the first on, one for each field of a shape.
    Record { first: u32, shape: u32 },
}

impl Part {
    const BITS: u32 = 31;
    /// The largest place, length or number.
    const MOST: usize = (1 << Part::BITS) - 1;
    const TEXT: u64 = 0;
    const LIST: u64 = 1;
    const RECORD: u64 = 2;

    /// The numbers are at most [`Part::MOST`].
    #[inline(always)]
    fn new(kind: u64, first: u32, number: u32) -> Part {
        debug_assert!(first.max(number) as usize <= Part::MOST);
        Part((u64::from(first) << Part::BITS | u64::from(number)) << 2 | kind)
    }

    #[inline(always)]
    fn kind(self) -> PartKind {
        let first = (self.0 >> (2 + Part::BITS)) as u32;
        let number = (self.0 >> 2) as u32 & Part::MOST as u32;
        match self.0 & 3 {
            Part::LIST => PartKind::List {
                first,
                length: number,
            },
            Part::RECORD => PartKind::Record {
                first,
                shape: number,
            },
            _ => PartKind::Text {
                start: first,
                length: number,
            },
        }
    }
}

/// Something that a template sees, which may not be a value yet.
#[derive(Clone, Copy)]
pub(crate) enum Content<'a> {
    /// A value.
    Value(&'a Value),
    /// A part of a tape.
    Part(&'a Arc<Tape>, Part),
}

impl<'a> From<&'a Value> for Content<'a> {
    #[inline(always)]
    fn from(value: &'a Value) -> Self {
        Content::Value(value)
    }
}

impl<'a> Content<'a> {
    /// What a cell of a tape is.
    #[inline(always)]
    fn of(tape: &'a Arc<Tape>, cell: &'a Value) -> Self {
        match cell.0 {
            Repr::OnTape(part) => Content::Part(tape, part),
            _ => Content::Value(cell),
        }
    }

    /// The text that it is, if it is one.
    #[inline(always)]
    pub(crate) fn as_str(&self) -> Option<&'a str> {
        match self {
            Content::Value(value) => value.as_str(),
            Content::Part(tape, part) => tape.text_of(*part),
        }
    }

    /// Whether it is something that no plain text, list or record is.
    #[inline(always)]
    pub(crate) fn is(&self, something: impl FnOnce(&Value) -> bool) -> bool {
        match self {
            Content::Value(value) => something(value),
            Content::Part(..) => false,
        }
    }

    /// It as a value.
    #[inline(always)]
    pub(crate) fn to_value(self) -> Value {
        match self {
            Content::Value(value) => value.copied(),
            Content::Part(tape, part) => tape.value_of(part),
        }
    }
}

#[inline(never)]
fn text_value(text: &str) -> Value {
    Value::string(text)
}

/// A list of a tape.
#[derive(Debug)]
pub(crate) struct TapedList {
    tape: Arc<Tape>,
    first: u32,
    length: u32,
}

impl TapedList {
    /// How many items there are.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.length as usize
    }

    #[inline(always)]
    fn cells(&self) -> &[Value] {
        self.tape.cells(self.first, self.len())
    }

    /// An item.
    #[inline]
    pub(crate) fn get(&self, index: usize) -> Option<Content<'_>> {
        let cell = self.cells().get(index)?;
        Some(Content::of(&self.tape, cell))
    }

    /// The items in order.
    #[inline(always)]
    pub(crate) fn iter(&self) -> impl Iterator<Item = Content<'_>> {
        let cells = self.cells().iter();
        cells.map(|cell| Content::of(&self.tape, cell))
    }

    /// Puts an item into a slot; false, and nothing, if there is none.
    #[inline(never)]
    pub(crate) fn put_item(&self, index: usize, slot: &mut Value) -> bool {
        let Some(cell) = self.cells().get(index) else {
            return false;
        };
        // Most loops are over records, and are done with the one before.
        if let Repr::OnTape(part) = cell.0
            && let PartKind::Record { first, shape } = part.kind()
            && let Repr::Record(record) = &mut slot.0
            && let Some(row) = Arc::get_mut(record).and_then(Record::taped_mut)
            && Arc::ptr_eq(&row.tape, &self.tape)
        {
            row.first = first;
            row.shape = shape;
        } else {
            slot.put(Content::of(&self.tape, cell).to_value());
        }
        true
    }

    /// The items as values.
    pub(crate) fn values(&self) -> &[Value] {
        let made = self.tape.made_list(self.first, self.length);
        match made.as_list().map(|list| &**list) {
            Some(List::Frozen(items)) => items,
            _ => unreachable!("a list of values is made of a list"),
        }
    }

    /// Where it is.
    pub(super) fn spot(&self) -> Spot<'_> {
        Spot {
            tape: &self.tape,
            first: self.first,
        }
    }
}

/// A record of a tape.
#[derive(Debug)]
pub(crate) struct TapedRecord {
    tape: Arc<Tape>,
    first: u32,
    shape: u32,
}

impl TapedRecord {
    /// The names of the fields.
    #[inline]
    pub(crate) fn shape(&self) -> &Arc<Shape> {
        &self.tape.shapes[self.shape as usize].shape
    }

    /// A field.
    pub(crate) fn get(&self, index: usize) -> Option<Content<'_>> {
        let cells = self.tape.cells(self.first, self.shape().len());
        let cell = cells.get(index)?;
        Some(Content::of(&self.tape, cell))
    }

    /// The field of a name that is hashed already.
    #[inline(always)]
    pub(crate) fn get_symbol(&self, name: &Symbol) -> Option<Content<'_>> {
        let TapedShape { number, shape } = &self.tape.shapes[self.shape as usize];
        let index = match name.place_in(*number) {
            Some(index) => index,
            None => shape.find_symbol(name)?,
        };
        let cell = self.tape.cells.get(self.first as usize + index)?;
        Some(Content::of(&self.tape, cell))
    }

    /// The values of the fields.
    pub(crate) fn values(&self) -> &[Value] {
        let made = self.tape.made_record(self.first, self.shape);
        let record = made.as_record();
        record.expect("a record is made of a record").values()
    }

    /// Where it is.
    pub(super) fn spot(&self) -> Spot<'_> {
        Spot {
            tape: &self.tape,
            first: self.first,
        }
    }
}

impl Tape {
    #[inline(always)]
    fn cells(&self, first: u32, length: usize) -> &[Value] {
        &self.cells[first as usize..][..length]
    }

    #[inline]
    fn text(&self, start: u32, length: u32) -> &str {
        let start = start as usize;
        &self.text[start..start + length as usize]
    }

    /// The text that a part is, if it is one.
    #[inline]
    pub(crate) fn text_of(&self, part: Part) -> Option<&str> {
        match part.kind() {
            PartKind::Text { start, length } => Some(self.text(start, length)),
            PartKind::List { .. } | PartKind::Record { .. } => None,
        }
    }

    /// Whether a part counts as true.
    #[inline(never)]
    pub(crate) fn is_true(&self, part: Part) -> bool {
        match part.kind() {
            PartKind::Text { length, .. } | PartKind::List { length, .. } => length != 0,
            PartKind::Record { shape, .. } => self.shapes[shape as usize].shape.len() != 0,
        }
    }

    /// A part as a value.
    #[inline(never)]
    fn value_of(self: &Arc<Self>, part: Part) -> Value {
        match part.kind() {
            PartKind::Text { start, length } => Value::string(self.text(start, length)),
            PartKind::List { first, length } => {
                let list = TapedList {
                    tape: Arc::clone(self),
                    first,
                    length,
                };
                Value(Repr::List(Arc::new(List::Taped(list))))
            }
            PartKind::Record { first, shape } => {
                let record = TapedRecord {
                    tape: Arc::clone(self),
                    first,
                    shape,
                };
                Value(Repr::Record(Arc::new(Record::taped(record))))
            }
        }
    }

    /// What was made of the list or record that begins at `first`, or is made of it now.
    fn made(&self, first: u32, make: impl FnOnce() -> Value) -> &Value {
        let made = self.made.get_or_init(|| {
            let places = repeat_with(OnceLock::new).take(self.cells.len());
            places.collect()
        });
        made[first as usize].get_or_init(make)
    }

    fn made_list(&self, first: u32, length: u32) -> &Value {
        self.made(first, || Value::list(self.values(first, length as usize)))
    }

    fn made_record(&self, first: u32, shape: u32) -> &Value {
        let shape = &self.shapes[shape as usize].shape;
        self.made(first, || {
            Value::record(Arc::clone(shape), self.values(first, shape.len()))
        })
    }

    /// The values of some cells.
    ///
    /// Conversions bound how deep cells nest, and so the recursion.
    fn values(&self, first: u32, length: usize) -> Vec<Value> {
        let value = |cell: &Value| match cell.0 {
            Repr::OnTape(part) => match part.kind() {
                PartKind::Text { start, length } => Value::string(self.text(start, length)),
                PartKind::List { first, length } => self.made_list(first, length).clone(),
                PartKind::Record { first, shape } => self.made_record(first, shape).clone(),
            },
            _ => cell.clone(),
        };
        self.cells(first, length).iter().map(value).collect()
    }
}

/// Where a list or record is, which is what tells it from others.
#[derive(Clone, Copy)]
pub(super) struct Spot<'a> {
    tape: &'a Tape,
    first: u32,
}

impl Spot<'_> {
    /// A number that no other container has which is alive.
    pub(super) fn address(self) -> usize {
        std::ptr::from_ref(&self.tape.cells[self.first as usize]) as usize
    }

    /// Whether both stand for one list or record, or one was made of the other. With each comes the value at hand.
    pub(super) fn is_one(
        (a, value): (Option<Self>, &Value),
        (b, other): (Option<Self>, &Value),
    ) -> bool {
        match (a, b) {
            (Some(a), Some(b)) => a.address() == b.address(),
            (Some(spot), None) => spot.has_made(other),
            (None, Some(spot)) => spot.has_made(value),
            (None, None) => false,
        }
    }

    fn has_made(self, value: &Value) -> bool {
        let made = self.tape.made.get();
        let made = made.and_then(|made| made[self.first as usize].get());
        made.is_some_and(|made| made.is_same(value))
    }
}

impl Drop for Tape {
    fn drop(&mut self) {
        let cells = std::mem::take(&mut self.cells);
        if !self.owns {
            cells.into_iter().for_each(std::mem::forget);
            return;
        }
        // A value may hold a part of another tape, and so on.
        match drop::Level::enter() {
            Some(_level) => cells.into_iter().for_each(Value::discard),
            None => drop::drop_in_turn(cells),
        }
    }
}

/// A tape on its way.
///
/// What a list or record holds lies side by side, with room for as many as it says that it has, before what those
/// hold themselves. If it has more, all of it moves behind the rest.
#[derive(Debug, Default)]
pub(super) struct TapeWriter {
    cells: Vec<Value>,
    /// Whether a cell has more than its own two words.
    owns: bool,
    text: String,
    shapes: Vec<TapedShape>,
    /// How much room the tape before took.
    last: (usize, usize),
}

/// The cells of a list or record on its way.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Block {
    first: u32,
    pub(super) length: u32,
    room: u32,
}

impl TapeWriter {
    /// A text as a cell.
    #[inline]
    pub(super) fn text(&mut self, text: &str) -> Value {
        let start = self.text.len();
        if text.len() > LONGEST_TEXT || start > Part::MOST {
            return text_value(text);
        }
        self.text.push_str(text);
        Value(Repr::OnTape(Part::new(
            Part::TEXT,
            start as u32,
            text.len() as u32,
        )))
    }

    /// Begins a list or record that says to hold so much.
    #[inline]
    pub(super) fn open(&mut self, length: usize) -> Result<Block, Error> {
        /// What is longer has to show it.
        const MOST: usize = 1 << 12;
        if self.cells.capacity() == 0 {
            self.make_room();
        }
        let first = self.cells.len();
        // No two begin at one place.
        let room = length.clamp(1, MOST);
        if first + room > Part::MOST {
            return Err(ValueFault::TooLong.into());
        }
        self.cells.resize_with(first + room, || Value::NONE);
        Ok(Block {
            first: first as u32,
            length: 0,
            room: room as u32,
        })
    }

    #[cold]
    fn make_room(&mut self) {
        self.cells.reserve(self.last.0);
        self.text.reserve(self.last.1);
    }

    /// The place of what comes next into a list or record.
    #[inline(always)]
    pub(super) fn next(&mut self, block: &mut Block) -> Result<u32, Error> {
        if block.length == block.room {
            self.grow(block)?;
        }
        Ok(block.first + block.length)
    }

    /// Doubles the room of a list or record.
    #[cold]
    fn grow(&mut self, block: &mut Block) -> Result<(), Error> {
        let (first, length) = (block.first as usize, block.length as usize);
        let is_last = first + length == self.cells.len();
        let moved = if is_last { first } else { self.cells.len() };
        let end = moved + 2 * length;
        if end > Part::MOST {
            return Err(ValueFault::TooLong.into());
        }
        self.cells.resize_with(end, || Value::NONE);
        if !is_last {
            for index in 0..length {
                self.cells.swap(first + index, moved + index);
            }
        }
        block.first = moved as u32;
        block.room *= 2;
        Ok(())
    }

    /// Puts a cell where it goes.
    #[inline]
    pub(super) fn put(&mut self, place: u32, cell: Value) {
        self.owns |= !cell.is_plain();
        if let Some(place) = self.cells.get_mut(place as usize) {
            place.put(cell);
        }
    }

    /// A list as a cell.
    #[inline]
    pub(super) fn list(block: Block) -> Value {
        Value(Repr::OnTape(Part::new(
            Part::LIST,
            block.first,
            block.length,
        )))
    }

    /// A record as a cell.
    pub(super) fn record(&mut self, block: Block, shape: &Arc<Shape>) -> Value {
        debug_assert_eq!(shape.len(), block.length as usize);
        let number = shape.number();
        let is_it = |known: &TapedShape| Arc::ptr_eq(&known.shape, shape);
        let at = self.shapes.iter().rposition(is_it).unwrap_or_else(|| {
            let shape = Arc::clone(shape);
            self.shapes.push(TapedShape { number, shape });
            self.shapes.len() - 1
        });
        Value(Repr::OnTape(Part::new(
            Part::RECORD,
            block.first,
            at as u32,
        )))
    }

    /// Forgets a tape that was not ended.
    pub(super) fn clear(&mut self) {
        *self = TapeWriter {
            last: self.last,
            ..TapeWriter::default()
        };
    }

    /// Ends the tape: makes values of the outermost cells.
    pub(super) fn finish(&mut self, values: &mut [Value]) {
        if self.cells.is_empty() {
            return;
        }
        /// The most room that is asked for at once.
        const MOST: (usize, usize) = (1 << 12, 1 << 16);
        self.last = (self.cells.len().min(MOST.0), self.text.len().min(MOST.1));
        self.cells.shrink_to_fit();
        self.text.shrink_to_fit();
        let tape = Arc::new(Tape {
            cells: std::mem::take(&mut self.cells),
            owns: self.owns,
            text: std::mem::take(&mut self.text),
            shapes: std::mem::take(&mut self.shapes),
            made: OnceLock::new(),
        });
        for value in values {
            if let Repr::OnTape(part) = value.0 {
                *value = tape.value_of(part);
            }
        }
    }
}
