//! Breaking the cycles that templates make, so that nothing outlives a render for good.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use crate::value::{Dict, List, Namespace, Repr, Value};

/// The containers of a render into which containers were stored: every cycle runs through one of them.
#[derive(Debug, Default)]
pub(crate) struct Containers {
    known: HashMap<usize, WeakContainer>,
}

#[derive(Debug)]
enum WeakContainer {
    List(Weak<List>),
    Dict(Weak<Dict>),
    Namespace(Weak<Namespace>),
}

impl WeakContainer {
    fn of(value: &Value) -> Option<Self> {
        match &value.0 {
            Repr::List(list) => Some(WeakContainer::List(Arc::downgrade(list))),
            Repr::Map(dict) => Some(WeakContainer::Dict(Arc::downgrade(dict))),
            Repr::Object(_) => value
                .downcast_object_arc::<Namespace>()
                .map(|namespace| WeakContainer::Namespace(Arc::downgrade(namespace))),
            _ => None,
        }
    }

    fn upgrade(&self) -> Option<Value> {
        match self {
            WeakContainer::List(list) => list.upgrade().map(|list| Value(Repr::List(list))),
            WeakContainer::Dict(dict) => dict.upgrade().map(|dict| Value(Repr::Map(dict))),
            WeakContainer::Namespace(namespace) => namespace.upgrade().map(Value::from_arc_object),
        }
    }
}

impl Containers {
    /// Remembers a container that another container was stored into, without keeping it alive.
    pub(crate) fn remember(&mut self, container: &Value) {
        let (Some(address), Some(weak)) = (address(container), WeakContainer::of(container)) else {
            return;
        };
        // Most of what is remembered dies soon; the table is swept before it would grow.
        if self.known.len() == self.known.capacity() {
            self.known.retain(|_, weak| weak.upgrade().is_some());
        }
        self.known.insert(address, weak);
    }

    /// How many containers are remembered.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.known.len()
    }

    /// Empties each remembered container that can be reached from itself; the others stay as they are.
    ///
    /// Nobody can look into a future, a stream or an object, which may hold anything. So unless
    /// `something_left`, a container that holds one of them and is still there is taken for a cycle too.
    pub(crate) fn break_cycles(&mut self, something_left: bool) {
        let mut search = Search::default();
        let mut suspects = Vec::new();
        for weak in std::mem::take(&mut self.known).into_values() {
            if let Some(container) = weak.upgrade() {
                if !something_left && children(&container).iter().any(|c| address(c).is_none()) {
                    suspects.push(container.clone());
                }
                search.visit(container);
            }
        }
        for container in search.cyclic.into_iter().chain(suspects) {
            clear(&container);
        }
    }
}

/// What tells a container from every other one that is alive.
fn address(value: &Value) -> Option<usize> {
    match &value.0 {
        Repr::List(list) => Some(match list.spot() {
            Some(spot) => spot.address(),
            None => Arc::as_ptr(list) as usize,
        }),
        Repr::Tuple(tuple) => Some(Arc::as_ptr(tuple) as usize),
        Repr::Map(dict) => Some(Arc::as_ptr(dict) as usize),
        Repr::Record(record) => Some(match record.spot() {
            Some(spot) => spot.address(),
            None => Arc::as_ptr(record) as usize,
        }),
        Repr::Object(object) => value.as_namespace().map(|_| object.address()),
        _ => None,
    }
}

fn clear(value: &Value) {
    match &value.0 {
        Repr::List(list) => list.clear(),
        Repr::Map(dict) => dict.clear(),
        _ => {
            if let Some(namespace) = value.as_namespace() {
                namespace.clear();
            }
        }
    }
}

fn is_shared(value: &Value) -> bool {
    match &value.0 {
        Repr::List(list) => list.is_shared(),
        Repr::Map(dict) => dict.is_shared(),
        _ => value.as_namespace().is_some(),
    }
}

/// The containers directly inside of one.
fn children(value: &Value) -> Vec<Value> {
    let containers = |items: &[Value]| {
        let items = items.iter().filter(|item| item.is_container());
        items.cloned().collect::<Vec<_>>()
    };
    match &value.0 {
        Repr::List(list) => containers(&list.items()),
        Repr::Tuple(tuple) => containers(tuple.items()),
        Repr::Record(record) => containers(record.values()),
        Repr::Map(dict) => {
            let map = dict.view();
            let all = map.iter().flat_map(|(key, value)| [key, value]);
            all.filter(|item| item.is_container()).cloned().collect()
        }
        _ => match value.as_namespace() {
            Some(namespace) => {
                let map = namespace.snapshot();
                let values = map.values().filter(|item| item.is_container());
                values.cloned().collect()
            }
            None => Vec::new(),
        },
    }
}

/// A walk, depth first and without recursion, that finds the containers that reach each other:
/// Tarjan's strongly connected components.
#[derive(Default)]
struct Search {
    /// When each container was met, and whether its component is still open.
    met: HashMap<usize, (usize, bool)>,
    path: Vec<Step>,
    /// The containers whose components are still open.
    open: Vec<Value>,
    cyclic: Vec<Value>,
}

struct Step {
    address: usize,
    children: Vec<Value>,
    /// The earliest container that can be reached from here, by when it was met.
    lowest: usize,
    met: usize,
    /// How many containers were open before this one.
    below: usize,
    holds_itself: bool,
}

impl Search {
    fn visit(&mut self, start: Value) {
        self.enter(start);
        while let Some(step) = self.path.last_mut() {
            match step.children.pop() {
                Some(child) => self.enter(child),
                None => self.leave(),
            }
        }
    }

    fn enter(&mut self, container: Value) {
        let Some(address) = address(&container) else {
            return;
        };
        if let Some((met, open)) = self.met.get(&address) {
            if let (true, Some(step)) = (open, self.path.last_mut()) {
                step.lowest = step.lowest.min(*met);
                step.holds_itself |= step.address == address;
            }
            return;
        }
        let met = self.met.len();
        self.met.insert(address, (met, true));
        self.path.push(Step {
            address,
            children: children(&container),
            lowest: met,
            met,
            below: self.open.len(),
            holds_itself: false,
        });
        self.open.push(container);
    }

    fn leave(&mut self) {
        let Some(step) = self.path.pop() else {
            return;
        };
        if let Some(parent) = self.path.last_mut() {
            parent.lowest = parent.lowest.min(step.lowest);
        }
        if step.lowest < step.met {
            return;
        }
        let component = self.open.split_off(step.below);
        let cyclic = component.len() > 1 || step.holds_itself;
        for container in component {
            if let Some((_, open)) = address(&container).and_then(|at| self.met.get_mut(&at)) {
                *open = false;
            }
            if cyclic && is_shared(&container) {
                self.cyclic.push(container);
            }
        }
    }
}
