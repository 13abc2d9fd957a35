//! The `attribute` argument of filters: paths into items, and looking up many of them.

use crate::call::{CallContext, resolve};
use crate::value::{Value, access};

use super::produce::{Answer, charge_values};

/// A path into an item: names and indices, one after the other.
#[derive(Clone, Debug, Default)]
pub(super) struct Path(Vec<Value>);

impl Path {
    /// The path of an `attribute` argument: `"a.b.0"`, an index, or none for the item itself.
    pub(super) fn new(attribute: Option<&Value>) -> Self {
        match attribute.filter(|attribute| !attribute.is_none()) {
            None => Path::default(),
            Some(value) => match value.as_str() {
                Some(text) => Path::parse(text),
                None => Path(vec![value.clone()]),
            },
        }
    }

    /// The paths of an `attribute` argument that may name several, `"a,b.c"`.
    pub(super) fn list(attribute: Option<&Value>) -> Vec<Self> {
        match attribute.and_then(Value::as_str) {
            Some(text) => text.split(',').map(Path::parse).collect(),
            None => vec![Path::new(attribute)],
        }
    }

    fn parse(text: &str) -> Self {
        let part = |part: &str| match part.parse::<i64>() {
            Ok(index) if part.bytes().all(|byte| byte.is_ascii_digit()) => Value::int(index),
            _ => Value::string(part),
        };
        Path(text.split('.').map(part).collect())
    }
}

/// What happens with the items and what was found in them: one list of values for each path.
pub(super) type Found =
    Box<dyn FnOnce(&CallContext<'_>, Vec<Value>, Vec<Vec<Value>>) -> Answer + Send>;

/// Looks up `paths` in all `items` and goes on with `then`.
///
/// Futures on the way are awaited if the call may wait, and errors where they must be looked into if not.
/// `default` takes the place of what is missing.
pub(super) fn look_up(
    context: &CallContext<'_>,
    items: Vec<Value>,
    paths: Vec<Path>,
    default: Option<Value>,
    then: Found,
) -> Answer {
    let lookup = LookUp {
        current: items.clone(),
        items,
        paths,
        default,
        path: 0,
        part: 0,
        found: Vec::new(),
    };
    lookup.run(context, then)
}

struct LookUp {
    items: Vec<Value>,
    paths: Vec<Path>,
    default: Option<Value>,
    /// Which path is followed, and how far.
    path: usize,
    part: usize,
    /// What each item has led to on the current path.
    current: Vec<Value>,
    /// The ends of the paths that are done.
    found: Vec<Vec<Value>>,
}

impl LookUp {
    fn run(mut self, context: &CallContext<'_>, then: Found) -> Answer {
        while let Some(path) = self.paths.get(self.path) {
            let Some(part) = path.0.get(self.part) else {
                charge_values(context, self.items.len())?;
                let next = self.items.clone();
                self.found.push(std::mem::replace(&mut self.current, next));
                self.path += 1;
                self.part = 0;
                continue;
            };
            context.fuel(self.current.len() as u64)?;
            for value in &mut self.current {
                let next = access::item(context, context.policy(), value, part)?;
                *value = match &self.default {
                    Some(default) if next.is_undefined() => default.clone(),
                    _ => next,
                };
            }
            self.part += 1;
            if context.awaits() && self.current.iter().any(Value::is_pending) {
                let current = std::mem::take(&mut self.current);
                return resolve(
                    context,
                    current,
                    Box::new(move |context, current| {
                        self.current = current;
                        self.run(context, then)
                    }),
                );
            }
        }
        then(context, self.items, self.found)
    }
}
