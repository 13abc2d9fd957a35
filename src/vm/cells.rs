//! Variables that macros capture.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::value::{Repr, Value};

/// The captured variables of one activation of a unit, and of the activations around it.
///
/// Macros see a variable as it is when they run, not as it was when they were made, so the variable
/// itself is shared.
pub(super) struct Cells {
    values: Mutex<Vec<Value>>,
    outer: Option<Arc<Cells>>,
}

impl Cells {
    /// Cells that nothing was stored in.
    pub(super) fn new(count: u16, outer: Option<Arc<Cells>>) -> Arc<Self> {
        Arc::new(Cells {
            values: Mutex::new(vec![Value(Repr::Unset); count as usize]),
            outer,
        })
    }

    /// The cells `levels` activations further out.
    pub(super) fn up(self: &Arc<Self>, levels: u8) -> &Arc<Self> {
        let mut cells = self;
        for _ in 0..levels {
            cells = cells
                .outer
                .as_ref()
                .expect("the compiler counts the activations that have cells");
        }
        cells
    }

    /// The cells of the activation around.
    pub(super) fn around(&self) -> Option<&Arc<Self>> {
        self.outer.as_ref()
    }

    /// Cells of their own that hold the same.
    pub(super) fn copy(&self) -> Arc<Self> {
        Arc::new(Cells {
            values: Mutex::new(self.lock().clone()),
            outer: self.outer.clone(),
        })
    }

    /// The same with those around them.
    pub(super) fn copy_all(&self) -> Arc<Self> {
        Arc::new(Cells {
            values: Mutex::new(self.lock().clone()),
            outer: self.outer.as_ref().map(|outer| outer.copy_all()),
        })
    }

    /// What a cell holds.
    pub(super) fn load(&self, index: u16) -> Value {
        self.lock()[index as usize].clone()
    }

    /// Changes what a cell holds.
    pub(super) fn store(&self, index: u16, value: Value) {
        let old = std::mem::replace(&mut self.lock()[index as usize], value);
        // Dropped outside of the lock: a macro may be the last to hold these very cells.
        drop(old);
    }

    /// Forgets everything, which breaks cycles through macros.
    pub(super) fn clear(&self) {
        let values = std::mem::take(&mut *self.lock());
        drop(values);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Value>> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Cells {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cells").finish_non_exhaustive()
    }
}
