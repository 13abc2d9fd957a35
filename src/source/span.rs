//! Byte ranges of a template's source.

/// A half-open range of bytes in one template's source.
///
/// Sources are refused above 4 GiB, so that 32 bits are enough.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Span {
    /// Offset of the first byte.
    pub(crate) start: u32,
    /// Offset one past the last byte.
    pub(crate) end: u32,
}

impl Span {
    /// The span from `start` to `end`, which the parser counts as `usize`.
    pub(crate) fn new(start: usize, end: usize) -> Self {
        debug_assert!(start <= end && end <= u32::MAX as usize);
        Span {
            start: start as u32,
            end: end as u32,
        }
    }

    /// The smallest span that holds both.
    pub(crate) fn to(self, other: Span) -> Self {
        Span {
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }
}
