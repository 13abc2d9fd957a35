//! The shapes that one conversion of rows has met, so that rows of one type share theirs.

use std::cell::RefCell;
use std::sync::Arc;

use arcstr::ArcStr;

use crate::value::Shape;

/// So many shapes are remembered; a type whose fields come and go at random may have any number.
const MOST: usize = 64;

/// The shapes of one conversion: rows of one type find that of the row before.
#[derive(Default)]
pub(super) struct Shapes(RefCell<Vec<KnownShape>>);

struct KnownShape {
    type_name: &'static str,
    fields: Vec<&'static str>,
    shape: Arc<Shape>,
}

impl Shapes {
    /// The place of a shape for this type, the latest one first.
    pub(super) fn guess(&self, type_name: &'static str) -> Option<usize> {
        let known = self.0.borrow();
        known
            .iter()
            .rposition(|known| same_str(known.type_name, type_name))
    }

    /// Whether the shape at `place` has this field next.
    pub(super) fn has_field(&self, place: usize, index: usize, field: &'static str) -> bool {
        let known = self.0.borrow();
        let field_there = known[place].fields.get(index);
        field_there.is_some_and(|there| same_str(there, field))
    }

    /// The first fields of the shape at `place`.
    pub(super) fn fields(&self, place: usize, count: usize) -> Vec<&'static str> {
        self.0.borrow()[place].fields[..count].to_vec()
    }

    /// The shape at `place`, if it has exactly `count` fields.
    pub(super) fn complete(&self, place: usize, count: usize) -> Option<Arc<Shape>> {
        let known = self.0.borrow();
        let known = &known[place];
        (known.fields.len() == count).then(|| known.shape.clone())
    }

    /// The shape of these fields, a known one if there is one.
    pub(super) fn of(&self, type_name: &'static str, fields: Vec<&'static str>) -> Arc<Shape> {
        let mut known = self.0.borrow_mut();
        let found = known
            .iter()
            .rev()
            .find(|known| known.type_name == type_name && known.fields == fields);
        if let Some(found) = found {
            return found.shape.clone();
        }
        let shape = Shape::new(fields.iter().map(|field| ArcStr::from(*field)).collect());
        if known.len() < MOST {
            known.push(KnownShape {
                type_name,
                fields,
                shape: shape.clone(),
            });
        }
        shape
    }
}

/// Names of one type are mostly one and the same text in the program.
fn same_str(a: &'static str, b: &'static str) -> bool {
    std::ptr::eq(a, b) || a == b
}
