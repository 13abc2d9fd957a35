//! Records: rows of one type, which share the names of their fields and may share their memory.

use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arcstr::ArcStr;

use crate::value::{Repr, Symbol, Value, drop};

/// Up to this many fields are compared one by one.
const SMALL: usize = 12;

/// The names of the fields of a type, shared by all its records.
///
/// A name that is looked up in many records remembers its index: in the next record of the same shape it is
/// found at once.
#[derive(Debug)]
pub(crate) struct Shape {
    names: Box<[Symbol]>,
    /// Hash and index of each name, by hash; empty where comparing one by one is faster.
    by_hash: Box<[(u64, u32)]>,
    /// No other shape of the process has the same, up to where symbols do not remember them.
    number: u64,
}

/// The number of the next shape.
static NEXT: AtomicU64 = AtomicU64::new(1);

impl Shape {
    /// The shape of these names, none of which comes twice.
    pub(crate) fn new(names: Vec<ArcStr>) -> Arc<Self> {
        let names: Box<[Symbol]> = names.into_iter().map(Symbol::new).collect();
        let mut by_hash = Vec::new();
        if names.len() > SMALL {
            by_hash.extend(
                (0u32..)
                    .zip(&names)
                    .map(|(index, name)| (name.hash(), index)),
            );
            by_hash.sort_unstable();
        }
        Arc::new(Shape {
            names,
            by_hash: by_hash.into(),
            number: NEXT.fetch_add(1, Ordering::Relaxed),
        })
    }

    /// How many fields there are.
    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    /// The names, in the order of the fields.
    pub(crate) fn names(&self) -> &[Symbol] {
        &self.names
    }

    /// The index of a field.
    pub(crate) fn index_of(&self, name: &str) -> Option<usize> {
        if self.by_hash.is_empty() {
            return self.names.iter().position(|own| **own == *name);
        }
        self.search(crate::value::symbol::hash_str(name), name)
    }

    /// The index of a field whose name is hashed already.
    #[inline]
    pub(crate) fn index_of_symbol(&self, name: &Symbol) -> Option<usize> {
        name.place_in(self.number)
            .or_else(|| self.find_symbol(name))
    }

    #[inline(never)]
    fn find_symbol(&self, name: &Symbol) -> Option<usize> {
        let guess = name.place();
        let is_it = self.names.get(guess).is_some_and(|own| own == name);
        let found = match self.by_hash.is_empty() {
            _ if is_it => Some(guess),
            true => self.names.iter().position(|own| own == name),
            false => self.search(name.hash(), name),
        };
        if let Some(index) = found {
            name.found_at(index, self.number);
        }
        found
    }

    fn search(&self, hash: u64, name: &str) -> Option<usize> {
        let start = self.by_hash.partition_point(|(own, _)| *own < hash);
        self.by_hash[start..]
            .iter()
            .take_while(|(own, _)| *own == hash)
            .map(|(_, index)| *index as usize)
            .find(|index| *self.names[*index] == *name)
    }
}

/// Rows of one shape, one after another, so that many take one allocation.
///
/// A row keeps the whole table alive.
#[derive(Debug)]
pub(crate) struct Table {
    shape: Arc<Shape>,
    /// A value for each field of each row.
    values: Vec<Value>,
}

impl Table {
    /// Rows of a shape; there is one value for each field of each row.
    pub(crate) fn new(shape: Arc<Shape>, values: Vec<Value>) -> Arc<Self> {
        debug_assert!(values.len().is_multiple_of(shape.len().max(1)));
        Arc::new(Table { shape, values })
    }

    /// So many records of a shape, of the values for each field of each.
    pub(super) fn rows(shape: &Arc<Shape>, count: usize, mut values: Vec<Value>) -> Vec<Value> {
        let width = shape.len();
        // So many are numbered in one table.
        let most = (u32::MAX as usize).checked_div(width).unwrap_or(count);
        let mut rows = Vec::with_capacity(count);
        while rows.len() < count {
            let here = most.min(count - rows.len());
            let rest = values.split_off(here * width);
            let table = Table::new(Arc::clone(shape), mem::replace(&mut values, rest));
            let starts = (0..here).map(|row| (row * width) as u32);
            rows.extend(starts.map(|start| Value(Repr::Record(start, Arc::clone(&table)))));
        }
        rows
    }

    /// The values of all rows.
    pub(super) fn values(&self) -> &[Value] {
        &self.values
    }

    /// Takes the values out of a table that is about to be dropped.
    pub(super) fn take(&mut self) -> Vec<Value> {
        std::mem::take(&mut self.values)
    }
}

impl Drop for Table {
    fn drop(&mut self) {
        if drop::has_nested(&self.values) {
            drop::drop_nested(self.take());
        }
    }
}

/// One row: a value for each field of its shape.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record<'a> {
    table: &'a Arc<Table>,
    /// Which of the table's values is the row's first.
    start: u32,
}

impl<'a> Record<'a> {
    /// The row of a table that begins with the value at `start`.
    #[inline]
    pub(crate) fn new(table: &'a Arc<Table>, start: u32) -> Self {
        Record { table, start }
    }

    /// The names of the fields.
    #[inline]
    pub(crate) fn shape(self) -> &'a Arc<Shape> {
        &self.table.shape
    }

    /// The values, in the order of the fields.
    #[inline]
    pub(crate) fn values(self) -> &'a [Value] {
        let start = self.start as usize;
        &self.table.values[start..start + self.table.shape.len()]
    }

    /// The value of a field.
    pub(crate) fn get(self, name: &str) -> Option<&'a Value> {
        self.values().get(self.shape().index_of(name)?)
    }

    /// The value of a field whose name is hashed already.
    #[inline]
    pub(crate) fn get_symbol(self, name: &Symbol) -> Option<&'a Value> {
        let index = self.shape().index_of_symbol(name)?;
        self.table.values.get(self.start as usize + index)
    }

    /// Names and values in the order of the fields.
    pub(crate) fn iter(
        self,
    ) -> impl DoubleEndedIterator<Item = (&'a Symbol, &'a Value)> + ExactSizeIterator {
        self.shape().names().iter().zip(self.values())
    }

    /// What tells the row from every other container that is alive.
    pub(crate) fn address(self) -> usize {
        // A table lies in memory of its own, which the values of one without fields do not.
        match self.values() {
            [] => Arc::as_ptr(self.table) as usize,
            [first, ..] => std::ptr::from_ref(first) as usize,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_where_shapes_take_turns() {
        let shape =
            |names: &[&str]| Shape::new(names.iter().map(|name| ArcStr::from(*name)).collect());
        let shapes = [
            shape(&["a", "b"]),
            shape(&["b", "a"]),
            shape(&["c"]),
            shape(&["a", "c"]),
        ];
        let names = ["a", "b", "c", "d"].map(Symbol::new);
        for round in 0..20 {
            for name in &names {
                let shape = &shapes[round % shapes.len()];
                let expected = shape.names().iter().position(|own| **own == **name);
                assert_eq!(shape.index_of_symbol(name), expected, "{name:?}");
            }
        }
    }
}
