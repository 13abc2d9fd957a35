//! The shapes of structs that were converted before: rows of one type share theirs, over all conversions.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use arcstr::ArcStr;

use crate::value::Shape;

/// So many shapes are remembered of one type; one whose fields come and go at random may have any number.
const MOST_OF_TYPE: usize = 64;

/// So many types are remembered.
const MOST_TYPES: usize = 4096;

/// A shape with the fields it is of.
#[derive(Debug)]
pub(super) struct KnownShape {
    type_name: &'static str,
    fields: Box<[&'static str]>,
    shape: Arc<Shape>,
}

impl KnownShape {
    /// The names of its fields.
    pub(super) fn fields(&'static self) -> &'static [&'static str] {
        &self.fields
    }

    /// The shape itself.
    pub(super) fn shape(&self) -> &Arc<Shape> {
        &self.shape
    }
}

/// The shapes of each type, for the whole process: they are few, and live as long as the names they are of.
static KNOWN: LazyLock<RwLock<Known>> = LazyLock::new(RwLock::default);

type Known = HashMap<&'static str, Vec<&'static KnownShape>, foldhash::fast::FixedState>;

/// The shapes that the conversions of a thread have met of late, one a type: that of the row before.
#[derive(Default)]
pub(super) struct Shapes(Vec<&'static KnownShape>);

impl Shapes {
    /// The shape that the next row of this type most likely has.
    #[inline]
    pub(super) fn guess(&mut self, type_name: &'static str) -> Option<&'static KnownShape> {
        let of_type = |known: &&&KnownShape| same_str(known.type_name, type_name);
        match self.0.iter().rfind(of_type) {
            Some(known) => Some(known),
            None => self.first(type_name),
        }
    }

    /// The latest shape of a type that was not met yet.
    #[cold]
    fn first(&mut self, type_name: &'static str) -> Option<&'static KnownShape> {
        let known = KNOWN.read().unwrap_or_else(PoisonError::into_inner);
        let known = *known.get(type_name)?.last()?;
        self.0.push(known);
        Some(known)
    }

    /// The shape of these fields.
    #[cold]
    pub(super) fn of(&mut self, type_name: &'static str, fields: &[&'static str]) -> Arc<Shape> {
        let found = {
            let known = KNOWN.read().unwrap_or_else(PoisonError::into_inner);
            find(&known, type_name, fields)
        };
        let Some(known) = found.or_else(|| remember(type_name, fields)) else {
            return shape_of(fields);
        };
        let of_type = |met: &&mut &KnownShape| same_str(met.type_name, type_name);
        match self.0.iter_mut().find(of_type) {
            Some(met) => *met = known,
            None => self.0.push(known),
        }
        Arc::clone(&known.shape)
    }

    /// Forgets all, if they are many.
    pub(super) fn forget_many(&mut self) {
        /// So many are looked through as fast as one is looked up among those of the process.
        const MANY: usize = 16;
        if self.0.len() > MANY {
            self.0.clear();
        }
    }
}

fn find(known: &Known, type_name: &str, fields: &[&'static str]) -> Option<&'static KnownShape> {
    let shapes = known.get(type_name)?;
    let found = shapes.iter().rev().find(|known| *known.fields == *fields);
    found.copied()
}

/// Makes a shape and keeps it for good, if there is room.
#[cold]
fn remember(type_name: &'static str, fields: &[&'static str]) -> Option<&'static KnownShape> {
    let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = find(&known, type_name, fields) {
        return Some(found);
    }
    if known.len() >= MOST_TYPES && !known.contains_key(type_name) {
        return None;
    }
    let shapes = known.entry(type_name).or_default();
    if shapes.len() >= MOST_OF_TYPE {
        return None;
    }
    let made: &'static KnownShape = Box::leak(Box::new(KnownShape {
        type_name,
        fields: fields.into(),
        shape: shape_of(fields),
    }));
    shapes.push(made);
    Some(made)
}

fn shape_of(fields: &[&'static str]) -> Arc<Shape> {
    Shape::new(fields.iter().map(|field| ArcStr::from(*field)).collect())
}

/// Whether two names are equal; those of one type are mostly one and the same text in the program.
#[inline]
pub(super) fn same_str(a: &'static str, b: &'static str) -> bool {
    a.len() == b.len() && (std::ptr::eq(a.as_ptr(), b.as_ptr()) || a == b)
}
