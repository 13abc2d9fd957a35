//! Texts that are parts of a larger one, so that many take one allocation.

use std::sync::{Arc, OnceLock};

/// The longest text that is a part; a longer one is worth an allocation of its own.
pub(super) const LONGEST_PART: usize = 4096;

/// The text that others are parts of, all of it known once the conversion that makes it has ended.
#[derive(Debug, Default)]
pub(crate) struct SharedText(OnceLock<Box<str>>);

impl SharedText {
    /// The part of so many bytes from `start` on.
    #[inline]
    pub(crate) fn part(&self, start: u32, length: u16) -> &str {
        let (start, length) = (start as usize, usize::from(length));
        let text = self.0.get().map_or("", |text| text);
        text.get(start..start + length).unwrap_or_default()
    }
}

/// A text that grows, with parts of it given out.
#[derive(Debug, Default)]
pub(super) struct TextWriter {
    text: String,
    shared: Option<Arc<SharedText>>,
}

impl TextWriter {
    /// How long the text is.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    /// How many bytes there is room for.
    pub(super) fn capacity(&self) -> usize {
        self.text.capacity()
    }

    /// Takes back what was written beyond `length`. Its parts are not looked at any more.
    pub(super) fn truncate(&mut self, length: usize) {
        self.text.truncate(length);
    }

    /// Writes a text and gives it as a part; none if it is too long for one. Parts are empty until the end.
    #[inline]
    pub(super) fn write(&mut self, text: &str) -> Option<(Arc<SharedText>, u32, u16)> {
        let (Ok(start), Ok(length)) = (u32::try_from(self.text.len()), u16::try_from(text.len()))
        else {
            return None;
        };
        if text.len() > LONGEST_PART {
            return None;
        }
        self.text.push_str(text);
        let shared = self.shared.get_or_insert_default();
        Some((Arc::clone(shared), start, length))
    }

    /// Ends the text, so that its parts can be read, and empties this for another one.
    pub(super) fn finish(&mut self) {
        if let Some(shared) = self.shared.take() {
            // Nobody else sets it.
            let _ = shared.0.set(self.text.as_str().into());
        }
        self.text.clear();
    }
}
