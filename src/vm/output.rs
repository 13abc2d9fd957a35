//! Where a render's text goes.

use crate::call::Budget;
use crate::error::Error;

/// The text written so far, and the texts that captures have put aside.
#[derive(Debug)]
pub(super) struct OutputBuffer {
    /// Where text goes now.
    text: String,
    /// The texts around the running captures, the render's own output first.
    outer: Vec<String>,
    /// Bytes of `text` that are paid for.
    charged: usize,
    /// `charged` of the outer texts.
    outer_charged: Vec<usize>,
    /// The length of `text` at which `overflow` has something to do.
    mark: usize,
    /// How much output is worth handing on.
    chunk: Option<usize>,
}

/// How many bytes are written between two looks at the budget.
const STRIDE: usize = 4096;

impl OutputBuffer {
    /// An empty buffer.
    pub(super) fn new() -> Self {
        OutputBuffer {
            text: String::new(),
            outer: Vec::new(),
            charged: 0,
            outer_charged: Vec::new(),
            mark: mark(0, None),
            chunk: None,
        }
    }

    /// Begins anew with room for `capacity` bytes.
    #[inline]
    pub(super) fn set_up(&mut self, capacity: usize, chunk: Option<usize>) {
        self.text = String::with_capacity(capacity);
        self.charged = 0;
        self.chunk = chunk;
        self.mark = mark(0, chunk);
    }

    /// Where text goes now.
    #[inline]
    pub(super) fn text(&mut self) -> &mut String {
        &mut self.text
    }

    /// Whether [`Self::settle`] must be called.
    #[inline]
    pub(super) fn is_over_mark(&self) -> bool {
        self.text.len() >= self.mark
    }

    /// Pays for what was written.
    #[inline]
    pub(super) fn charge(&mut self, budget: &Budget) -> Result<(), Error> {
        budget.output((self.text.len() - self.charged) as u64)?;
        self.charged = self.text.len();
        Ok(())
    }

    /// Pays for what was written; whether a chunk is ready to be handed on.
    #[cold]
    pub(super) fn settle(&mut self, budget: &Budget) -> Result<bool, Error> {
        self.charge(budget)?;
        self.set_mark();
        Ok(self.outer.is_empty() && self.chunk.is_some_and(|chunk| self.text.len() >= chunk))
    }

    /// Diverts text from here on; what was written before is paid for later.
    pub(super) fn put_aside(&mut self) {
        self.outer.push(std::mem::take(&mut self.text));
        self.outer_charged.push(std::mem::take(&mut self.charged));
        self.set_mark();
    }

    /// Diverts text from here on.
    pub(super) fn begin_capture(&mut self, budget: &Budget) -> Result<(), Error> {
        self.settle(budget)?;
        self.put_aside();
        Ok(())
    }

    /// Ends the innermost capture and gives its text.
    pub(super) fn end_capture(&mut self, budget: &Budget) -> Result<String, Error> {
        budget.output((self.text.len() - self.charged) as u64)?;
        let outer = self.outer.pop().expect("captures are balanced");
        self.charged = self.outer_charged.pop().expect("captures are balanced");
        let text = std::mem::replace(&mut self.text, outer);
        self.set_mark();
        Ok(text)
    }

    /// Ends the innermost capture and writes its text where it stands.
    pub(super) fn join_capture(&mut self, budget: &Budget) -> Result<(), Error> {
        budget.output((self.text.len() - self.charged) as u64)?;
        let inner = self.text.len();
        let outer = self.outer.pop().expect("captures are balanced");
        let charged = self.outer_charged.pop().expect("captures are balanced");
        let text = std::mem::replace(&mut self.text, outer);
        // Nothing has to be copied where nothing was written before.
        if self.text.is_empty() {
            self.text = text;
        } else {
            self.text.push_str(&text);
        }
        self.charged = charged + inner;
        self.set_mark();
        Ok(())
    }

    /// Takes the text of the innermost capture, which must be paid for, and begins it anew.
    pub(super) fn take_inner(&mut self) -> String {
        self.charged = 0;
        let text = std::mem::take(&mut self.text);
        self.set_mark();
        text
    }

    /// Writes text that is paid for below the innermost captures, where so many are around it.
    pub(super) fn insert(&mut self, captures: usize, text: &str) {
        self.outer[captures].push_str(text);
        self.outer_charged[captures] += text.len();
    }

    /// Writes text that is paid for.
    pub(super) fn write_paid(&mut self, text: &str) {
        self.text.push_str(text);
        self.charged += text.len();
        self.set_mark();
    }

    /// Has chunks be handed on from here on.
    pub(super) fn set_chunk(&mut self, chunk: usize) {
        self.chunk = Some(chunk);
        self.set_mark();
    }

    /// How many captures are running.
    pub(super) fn captures(&self) -> usize {
        self.outer.len()
    }

    /// Drops captures until `count` are left.
    #[inline]
    pub(super) fn drop_captures(&mut self, count: usize) {
        if self.outer.len() > count {
            self.drop_captures_above(count);
        }
    }

    fn drop_captures_above(&mut self, count: usize) {
        while self.outer.len() > count {
            self.text = self.outer.pop().expect("just counted");
            self.charged = self.outer_charged.pop().expect("captures are balanced");
        }
        self.set_mark();
    }

    /// How much of the render's own output is ready.
    pub(super) fn ready(&self) -> usize {
        self.outer.first().unwrap_or(&self.text).len()
    }

    /// Takes the render's own output, finished as it is, from under any captures; it must be paid for.
    pub(super) fn take(&mut self) -> String {
        match self.outer.first_mut() {
            Some(text) => {
                self.outer_charged[0] = 0;
                std::mem::take(text)
            }
            None => {
                self.charged = 0;
                let is_full = self.chunk.is_some_and(|chunk| self.text.len() >= chunk);
                // After a full chunk comes another one, most likely, with as much behind its end.
                let room = match is_full {
                    true => self.text.len() + self.text.len() / 16,
                    false => 0,
                };
                let text = std::mem::replace(&mut self.text, String::with_capacity(room));
                self.set_mark();
                text
            }
        }
    }

    /// Makes the buffer of a branch that has ended, and whose text was taken, a new one with the room of `text`; false if
    /// that is too much to keep.
    pub(super) fn retire(&mut self, mut text: String) -> bool {
        text.clear();
        self.text = text;
        self.chunk = None;
        self.set_mark();
        self.text.capacity() <= STRIDE
    }

    /// As [`take`](Self::take), where nothing comes after it.
    #[inline]
    pub(super) fn take_last(&mut self) -> String {
        debug_assert!(self.outer.is_empty(), "what has ended captures nothing");
        std::mem::take(&mut self.text)
    }

    fn set_mark(&mut self) {
        let chunk = self.chunk.filter(|_| self.outer.is_empty());
        self.mark = mark(self.charged, chunk);
    }
}

/// The length at which there is something to do, for a text of which so much is paid for and which is handed
/// on in chunks.
#[inline]
fn mark(charged: usize, chunk: Option<usize>) -> usize {
    let stride = charged + STRIDE;
    match chunk {
        Some(chunk) => stride.min(chunk.max(1)).max(charged + 1),
        None => stride,
    }
}
