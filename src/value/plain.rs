//! Copies and drops of values that own nothing, decided where they happen: numbers pass through a render by
//! the million, and a call of the general code for each costs more than all else that is done with them.

use crate::value::{Repr, Value};

impl Value {
    /// Whether the value is all in its own two words.
    #[inline(always)]
    pub(crate) fn is_plain(&self) -> bool {
        matches!(
            self.0,
            Repr::Unset
                | Repr::OnTape(_)
                | Repr::None
                | Repr::Bool(_)
                | Repr::Int(_)
                | Repr::Float(_)
        )
    }

    /// A clone.
    #[inline(always)]
    pub(crate) fn copied(&self) -> Value {
        match self.0 {
            Repr::Int(integer) => Value(Repr::Int(integer)),
            Repr::Float(float) => Value(Repr::Float(float)),
            Repr::Bool(flag) => Value(Repr::Bool(flag)),
            _ => self.clone(),
        }
    }

    /// Drops it.
    #[inline(always)]
    pub(crate) fn discard(self) {
        if self.is_plain() {
            std::mem::forget(self);
        }
    }

    /// Puts another value in its place.
    #[inline(always)]
    pub(crate) fn put(&mut self, value: Value) {
        if self.is_plain() {
            std::mem::forget(std::mem::replace(self, value));
        } else {
            *self = value;
        }
    }
}
