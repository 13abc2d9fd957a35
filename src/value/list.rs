//! Lists and tuples: sequences of values, and how they are changed and dropped.

use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::Error;
use crate::error::value::ValueFault;
use crate::value::charge::values_size;
use crate::value::tape::{Spot, TapedList};
use crate::value::{Charge, Content, Value, drop};

/// A list. Hosts' lists, constants and most results never change; a list that a template makes is the
/// template's own: it is shared by all who hold it and changes under all of them, as Python's do.
#[derive(Debug)]
pub(crate) enum List {
    /// One that never changes.
    Frozen(Vec<Value>),
    /// One of a context, which never changes either.
    Taped(TapedList),
    /// A template's own.
    Shared(Mutex<Arc<Vec<Value>>>),
}

impl List {
    /// A list that never changes.
    pub(crate) fn frozen(items: Vec<Value>) -> Self {
        List::Frozen(items)
    }

    /// A list that a template may change.
    pub(crate) fn shared(items: Vec<Value>) -> Self {
        List::Shared(Mutex::new(Arc::new(items)))
    }

    /// How many items there are.
    pub(crate) fn len(&self) -> usize {
        match self {
            List::Frozen(items) => items.len(),
            List::Taped(taped) => taped.len(),
            List::Shared(items) => lock(items).len(),
        }
    }

    /// Whether a template may change it.
    pub(crate) fn is_shared(&self) -> bool {
        matches!(self, List::Shared(_))
    }

    /// Where it is on a tape, if it is.
    pub(super) fn spot(&self) -> Option<Spot<'_>> {
        match self {
            List::Taped(taped) => Some(taped.spot()),
            _ => None,
        }
    }

    /// The item at `index`.
    pub(crate) fn get(&self, index: usize) -> Option<Value> {
        match self {
            List::Frozen(items) => items.get(index).cloned(),
            List::Taped(taped) => taped.get(index).map(Content::to_value),
            List::Shared(items) => lock(items).get(index).cloned(),
        }
    }

    /// The items as they are now; a later change does not reach them.
    pub(crate) fn items(&self) -> Items<'_> {
        match self {
            List::Frozen(items) => Items::Borrowed(items),
            List::Taped(taped) => Items::Borrowed(taped.values()),
            List::Shared(items) => Items::Snapshot(Arc::clone(&lock(items))),
        }
    }

    /// The items as they are now, for who only looks at them.
    pub(crate) fn contents(&self) -> Contents<'_> {
        match self {
            List::Taped(taped) => Contents::Taped(taped),
            _ => Contents::Values(self.items()),
        }
    }

    /// The items as they are now, if a template may change the list.
    pub(super) fn snapshot(&self) -> Option<Arc<Vec<Value>>> {
        match self {
            List::Frozen(_) | List::Taped(_) => None,
            List::Shared(items) => Some(Arc::clone(&lock(items))),
        }
    }

    /// Changes the items. `change` must not look at this list by other ways.
    pub(crate) fn change<R>(
        &self,
        charge: &dyn Charge,
        change: impl FnOnce(&mut Vec<Value>) -> R,
    ) -> Result<R, Error> {
        let List::Shared(items) = self else {
            return Err(ValueFault::FrozenList.into());
        };
        let mut items = lock(items);
        if Arc::strong_count(&items) > 1 {
            charge.memory(values_size(items.len()))?;
        }
        Ok(change(Arc::make_mut(&mut items)))
    }

    /// Adds an item at the end. `this` is the value that this list is of.
    pub(crate) fn append(
        &self,
        charge: &dyn Charge,
        this: &Value,
        item: Value,
    ) -> Result<(), Error> {
        charge.memory(values_size(1))?;
        let container = item.is_container();
        self.change(charge, |items| items.push(item))?;
        if container {
            charge.stored(this);
        }
        Ok(())
    }

    /// Empties a list that a template may change.
    pub(crate) fn clear(&self) {
        if let List::Shared(items) = self {
            // The items are dropped after the lock is released: one of them may be this list's owner.
            let items = std::mem::take(&mut *lock(items));
            std::mem::drop(items);
        }
    }

    /// Takes the items out of a list that is about to be dropped.
    pub(super) fn take(&mut self) -> Vec<Value> {
        match self {
            List::Frozen(items) => std::mem::take(items),
            List::Taped(_) => Vec::new(),
            List::Shared(items) => {
                let items = items.get_mut().unwrap_or_else(PoisonError::into_inner);
                Arc::into_inner(std::mem::take(items)).unwrap_or_default()
            }
        }
    }
}

impl Drop for List {
    fn drop(&mut self) {
        let nested = match self {
            List::Frozen(items) => drop::has_nested(items),
            List::Taped(_) => false,
            List::Shared(items) => {
                let items = items.get_mut().unwrap_or_else(PoisonError::into_inner);
                Arc::strong_count(items) == 1 && drop::has_nested(items)
            }
        };
        if nested {
            drop::drop_nested(self.take());
        }
    }
}

/// Nothing that runs under the lock can leave a list half changed, so a poisoned lock is as good as any.
fn lock(items: &Mutex<Arc<Vec<Value>>>) -> MutexGuard<'_, Arc<Vec<Value>>> {
    items.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The items of a list at one moment.
#[derive(Debug)]
pub(crate) enum Items<'a> {
    /// Borrowed from a list that never changes.
    Borrowed(&'a [Value]),
    /// Shared with a list that copies itself before it changes.
    Snapshot(Arc<Vec<Value>>),
}

impl Deref for Items<'_> {
    type Target = [Value];

    fn deref(&self) -> &[Value] {
        match self {
            Items::Borrowed(items) => items,
            Items::Snapshot(items) => items,
        }
    }
}

/// The items of a list at one moment, of which not all may be values yet.
pub(crate) enum Contents<'a> {
    /// All are values.
    Values(Items<'a>),
    /// They are on a tape.
    Taped(&'a TapedList),
}

impl Contents<'_> {
    /// How many items there are.
    pub(crate) fn len(&self) -> usize {
        match self {
            Contents::Values(items) => items.len(),
            Contents::Taped(list) => list.len(),
        }
    }

    /// Whether one of the items is something that no plain text, list or record is.
    pub(crate) fn any(&self, is: impl Fn(&Value) -> bool) -> bool {
        match self {
            Contents::Values(items) => items.iter().any(is),
            Contents::Taped(list) => list.iter().any(|item| item.is(&is)),
        }
    }
}

impl<'a> From<&'a [Value]> for Contents<'a> {
    fn from(items: &'a [Value]) -> Self {
        Contents::Values(Items::Borrowed(items))
    }
}

impl From<Vec<Value>> for Contents<'_> {
    fn from(items: Vec<Value>) -> Self {
        Contents::Values(Items::Snapshot(Arc::new(items)))
    }
}

/// A tuple.
#[derive(Debug)]
pub(crate) struct Tuple {
    items: Vec<Value>,
    /// What its items are called, of a tuple with names.
    names: &'static [&'static str],
}

impl Tuple {
    /// A tuple of these items.
    pub(crate) fn new(items: Vec<Value>) -> Self {
        Tuple { items, names: &[] }
    }

    /// A tuple whose items have names as well.
    pub(crate) fn named(names: &'static [&'static str], items: Vec<Value>) -> Self {
        debug_assert_eq!(names.len(), items.len());
        Tuple { items, names }
    }

    /// The item of that name.
    pub(crate) fn named_item(&self, name: &str) -> Option<&Value> {
        let at = self.names.iter().position(|known| *known == name)?;
        self.items.get(at)
    }

    /// The items.
    pub(crate) fn items(&self) -> &[Value] {
        &self.items
    }

    /// Takes the items out of a tuple that is about to be dropped.
    pub(super) fn take(&mut self) -> Vec<Value> {
        std::mem::take(&mut self.items)
    }
}

impl Drop for Tuple {
    fn drop(&mut self) {
        if drop::has_nested(&self.items) {
            drop::drop_nested(self.take());
        }
    }
}
