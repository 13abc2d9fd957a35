//! Decisions of the generators, read from bytes: fewer and smaller bytes make a smaller template, which is
//! how a failing one is reduced.

/// A sequence of decisions; when its bytes are used up, all further ones are the first alternative.
#[derive(Debug)]
pub(super) struct Choices<'a> {
    bytes: &'a [u8],
}

impl<'a> Choices<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Choices { bytes }
    }

    /// One of `count` alternatives.
    pub(super) fn below(&mut self, count: usize) -> usize {
        match self.bytes.split_first() {
            Some((first, rest)) => {
                self.bytes = rest;
                usize::from(*first) % count
            }
            None => 0,
        }
    }

    /// True once in `times`, and never at the end.
    pub(super) fn rarely(&mut self, times: usize) -> bool {
        self.below(times) == times - 1
    }

    /// One of some alternatives.
    pub(super) fn one<'b>(&mut self, alternatives: &[&'b str]) -> &'b str {
        alternatives[self.below(alternatives.len())]
    }

    /// The bytes that are left.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes
    }

    /// Whether nothing is left to decide.
    pub(super) fn is_over(&self) -> bool {
        self.bytes.is_empty()
    }
}
