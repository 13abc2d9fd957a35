//! What can be iterated once: the results of `map`, `select` and others where they are as in Jinja2.

use std::sync::{Arc, Mutex, PoisonError};

use crate::error::Error;
use crate::error::value::MAKE_A_LIST;
use crate::value::{Object, Value, ValueIter};

/// Items that are gone when they have been read. Nobody can ask how many there are.
#[derive(Debug)]
pub(crate) struct Generator(Mutex<std::vec::IntoIter<Value>>);

impl Generator {
    /// A generator of these items.
    pub(crate) fn new(items: Vec<Value>) -> Self {
        Generator(Mutex::new(items.into_iter()))
    }

    fn next(&self) -> Option<Value> {
        // Taking an item cannot be interrupted half-way.
        let mut items = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        items.next()
    }
}

impl Value {
    /// The error of using the value where it cannot be used, with what to do if it is a generator.
    #[cold]
    pub(crate) fn advise(&self, error: Error) -> Error {
        match self.downcast_object::<Generator>() {
            Some(_) => error.with_note(MAKE_A_LIST, None),
            None => error,
        }
    }
}

impl Object for Generator {
    fn type_name(&self) -> &str {
        "generator"
    }

    fn iterate(self: &Arc<Self>) -> Option<ValueIter> {
        let generator = Arc::clone(self);
        Some(ValueIter::new(std::iter::from_fn(move || generator.next())))
    }
}
