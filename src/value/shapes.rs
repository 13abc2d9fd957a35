//! The shapes of structs that were converted before: rows of one type share theirs, over all conversions.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use arcstr::ArcStr;

use crate::value::Shape;

/// So many shapes are remembered of one type; one whose fields come and go at random may have any number.
const MOST_OF_TYPE: usize = 64;

/// So many types are remembered.
const MOST_TYPES: usize = 4096;

/// A shape with the fields it is of.
pub(super) struct KnownShape {
    type_name: &'static str,
    fields: Box<[&'static str]>,
    shape: Arc<Shape>,
}

impl KnownShape {
    /// The first of its names.
    #[cold]
    fn spell(&self, count: usize) -> Box<OtherNames> {
        Box::new(OtherNames {
            type_name: self.type_name,
            fields: self.fields[..count].to_vec(),
        })
    }
}

/// The names of a struct's fields on their way: compared with those of the row before as long as they agree.
pub(super) enum Names {
    /// All fields so far agree with a shape.
    Agree(&'static KnownShape),
    /// There is no such shape.
    Other(Box<OtherNames>),
}

/// Names that were not met before.
pub(super) struct OtherNames {
    type_name: &'static str,
    fields: Vec<&'static str>,
}

impl Names {
    /// Adds the name of the field after so many.
    #[inline]
    pub(super) fn push(&mut self, count: usize, field: &'static str) {
        if let Names::Agree(known) = self
            && let Some(expected) = known.fields.get(count)
            && same_str(expected, field)
        {
            return;
        }
        self.part(count, field);
    }

    /// Goes on with a field that the row before did not have here.
    #[cold]
    fn part(&mut self, count: usize, field: &'static str) {
        if let Names::Agree(known) = self {
            *self = Names::Other(known.spell(count));
        }
        if let Names::Other(names) = self {
            names.fields.push(field);
        }
    }

    /// No names yet, of a type that was not met before.
    #[cold]
    fn none(type_name: &'static str) -> Self {
        Names::Other(Box::new(OtherNames {
            type_name,
            fields: Vec::new(),
        }))
    }
}

/// The shape of a row.
pub(super) enum RowShape {
    Known(&'static Arc<Shape>),
    Other(Arc<Shape>),
}

impl Deref for RowShape {
    type Target = Arc<Shape>;

    #[inline]
    fn deref(&self) -> &Arc<Shape> {
        match self {
            RowShape::Known(shape) => shape,
            RowShape::Other(shape) => shape,
        }
    }
}

/// The shapes of each type, for the whole process: they are few, and live as long as the names they are of.
static KNOWN: LazyLock<RwLock<Known>> = LazyLock::new(RwLock::default);

type Known = HashMap<&'static str, Vec<&'static KnownShape>, foldhash::fast::FixedState>;

/// The shapes that the conversions of a thread have met of late, one a type: that of the row before. The latest type
/// is the last. With each comes its name from where it was last met, as a program may have several copies of it.
#[derive(Default)]
pub(super) struct Shapes(Vec<(&'static str, &'static KnownShape)>);

impl Shapes {
    /// Begins the names of a row, which most likely agree with those of the row of its type before.
    #[inline]
    pub(super) fn names(&mut self, type_name: &'static str) -> Names {
        match self.0.last() {
            Some((name, known)) if is_one(name, type_name) => Names::Agree(known),
            _ => self.names_of_other(type_name),
        }
    }

    /// As [`names`](Self::names), of another type than that of the row before.
    fn names_of_other(&mut self, type_name: &'static str) -> Names {
        let is_it = |(name, _): &(&'static str, _)| same_str(name, type_name);
        let known = match self.0.iter().rposition(is_it) {
            Some(at) => self.0.remove(at).1,
            None => {
                let known = KNOWN.read().unwrap_or_else(PoisonError::into_inner);
                match known
                    .get(type_name)
                    .and_then(|shapes| shapes.last().copied())
                {
                    Some(known) => known,
                    None => return Names::none(type_name),
                }
            }
        };
        self.0.push((type_name, known));
        Names::Agree(known)
    }

    /// The shape of these names, of which there are so many.
    #[inline]
    pub(super) fn of(&mut self, names: Names, count: usize) -> RowShape {
        match names {
            Names::Agree(known) if known.fields.len() == count => RowShape::Known(&known.shape),
            Names::Agree(known) => self.of_others(*known.spell(count)),
            Names::Other(names) => self.of_others(*names),
        }
    }

    #[cold]
    fn of_others(&mut self, names: OtherNames) -> RowShape {
        let OtherNames { type_name, fields } = names;
        let found = {
            let known = KNOWN.read().unwrap_or_else(PoisonError::into_inner);
            find(&known, type_name, &fields)
        };
        let Some(known) = found.or_else(|| remember(type_name, &fields)) else {
            return RowShape::Other(shape_of(&fields));
        };
        let mut met = self.0.iter_mut();
        match met.find(|(name, _)| same_str(name, type_name)) {
            Some((_, met)) => *met = known,
            None => self.0.push((type_name, known)),
        }
        RowShape::Known(&known.shape)
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
fn same_str(a: &'static str, b: &'static str) -> bool {
    is_one(a, b) || a == b
}

/// Whether two names are one and the same text in the program.
#[inline]
fn is_one(a: &'static str, b: &'static str) -> bool {
    a.len() == b.len() && std::ptr::eq(a.as_ptr(), b.as_ptr())
}
