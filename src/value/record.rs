//! Records: rows of one type, which share the names of their fields.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arcstr::ArcStr;

use crate::value::tape::{Spot, TapedRecord};
use crate::value::{Content, Symbol, Value, drop};

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

    /// What tells it from other shapes.
    #[inline]
    pub(super) fn number(&self) -> u64 {
        self.number
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
    pub(super) fn find_symbol(&self, name: &Symbol) -> Option<usize> {
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

/// One row: a value for each field of its shape.
#[derive(Debug)]
pub(crate) struct Record(Row);

#[derive(Debug)]
enum Row {
    Own {
        shape: Arc<Shape>,
        values: Box<[Value]>,
    },
    /// One of a context.
    Taped(TapedRecord),
}

impl Record {
    /// A row; there is one value for each field.
    pub(crate) fn new(shape: Arc<Shape>, values: Vec<Value>) -> Self {
        debug_assert_eq!(shape.len(), values.len());
        Record(Row::Own {
            shape,
            values: values.into(),
        })
    }

    /// The row at a place of a tape.
    pub(super) fn taped(taped: TapedRecord) -> Self {
        Record(Row::Taped(taped))
    }

    /// Where it is on a tape, if it is.
    pub(super) fn spot(&self) -> Option<Spot<'_>> {
        match &self.0 {
            Row::Own { .. } => None,
            Row::Taped(taped) => Some(taped.spot()),
        }
    }

    /// The row at a place of a tape, to be put elsewhere.
    #[inline]
    pub(super) fn taped_mut(&mut self) -> Option<&mut TapedRecord> {
        match &mut self.0 {
            Row::Own { .. } => None,
            Row::Taped(taped) => Some(taped),
        }
    }

    /// The names of the fields.
    #[inline]
    pub(crate) fn shape(&self) -> &Arc<Shape> {
        match &self.0 {
            Row::Own { shape, .. } => shape,
            Row::Taped(taped) => taped.shape(),
        }
    }

    /// How many fields there are.
    pub(crate) fn len(&self) -> usize {
        self.shape().len()
    }

    /// The values, in the order of the fields.
    pub(crate) fn values(&self) -> &[Value] {
        match &self.0 {
            Row::Own { values, .. } => values,
            Row::Taped(taped) => taped.values(),
        }
    }

    /// The value of a field.
    pub(crate) fn get(&self, name: &str) -> Option<Content<'_>> {
        let index = self.shape().index_of(name)?;
        match &self.0 {
            Row::Own { values, .. } => values.get(index).map(Content::Value),
            Row::Taped(taped) => taped.get(index),
        }
    }

    /// The value of a field whose name is hashed already.
    #[inline(always)]
    pub(crate) fn get_symbol(&self, name: &Symbol) -> Option<Content<'_>> {
        match &self.0 {
            Row::Own { shape, values } => {
                let value = values.get(shape.index_of_symbol(name)?)?;
                Some(Content::Value(value))
            }
            Row::Taped(taped) => taped.get_symbol(name),
        }
    }

    /// Names and values in the order of the fields.
    pub(crate) fn iter(
        &self,
    ) -> impl DoubleEndedIterator<Item = (&Symbol, &Value)> + ExactSizeIterator {
        self.shape().names().iter().zip(self.values())
    }

    /// Takes the values out of a record that is about to be dropped.
    pub(super) fn take(&mut self) -> Vec<Value> {
        match &mut self.0 {
            Row::Own { values, .. } => std::mem::take(values).into_vec(),
            Row::Taped(_) => Vec::new(),
        }
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        if let Row::Own { values, .. } = &self.0
            && drop::has_nested(values)
        {
            drop::drop_nested(self.take());
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
