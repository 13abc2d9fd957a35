//! Maps: values by keys, in the order the keys came.

use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arcstr::ArcStr;
use indexmap::IndexMap;

use crate::error::Error;
use crate::error::value::ValueFault;
use crate::value::key::{BuildKeyHasher, Key, KeyRef, TextKey, is_name, is_text, same};
use crate::value::{Charge, Repr, Symbol, Value, drop};

/// Up to this many keys are compared one by one; with more of them hashing is faster.
const SMALL: usize = 8;

/// Values by keys, in the order the keys came. A key is any hashable value, equal as Python has it:
/// `1`, `1.0` and `True` are one key.
#[derive(Clone, Debug)]
pub(crate) struct Map(Entries);

#[derive(Clone, Debug)]
enum Entries {
    Small(Vec<(Key, Value)>),
    Large(Box<IndexMap<Key, Value, BuildKeyHasher>>),
}

impl Default for Map {
    fn default() -> Self {
        Map::new()
    }
}

impl Map {
    /// A map without keys.
    pub(crate) fn new() -> Self {
        Map(Entries::Small(Vec::new()))
    }

    /// A map without keys that has room for `capacity` of them.
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        if capacity <= SMALL {
            return Map(Entries::Small(Vec::with_capacity(capacity)));
        }
        let entries = IndexMap::with_capacity_and_hasher(capacity, BuildKeyHasher::default());
        Map(Entries::Large(Box::new(entries)))
    }

    /// How many keys there are.
    pub(crate) fn len(&self) -> usize {
        match &self.0 {
            Entries::Small(entries) => entries.len(),
            Entries::Large(entries) => entries.len(),
        }
    }

    /// The value of a key; a key that is not hashable is an error.
    pub(crate) fn get(&self, key: &Value) -> Result<Option<&Value>, Error> {
        if let Some(text) = key.as_text() {
            return Ok(self.get_str(text));
        }
        let key = KeyRef::new(key)?;
        Ok(match &self.0 {
            Entries::Small(entries) => entries
                .iter()
                .find(|(own, _)| same(own.value(), key.0))
                .map(|(_, value)| value),
            Entries::Large(entries) => entries.get(&key),
        })
    }

    /// The value of a text.
    pub(crate) fn get_str(&self, key: &str) -> Option<&Value> {
        match &self.0 {
            Entries::Small(entries) => find_text(entries, key),
            Entries::Large(entries) => entries.get(&TextKey(key)),
        }
    }

    /// The value of a name that is hashed already.
    #[inline]
    pub(crate) fn get_symbol(&self, key: &Symbol) -> Option<&Value> {
        match &self.0 {
            Entries::Small(entries) => match entries.get(key.place()) {
                Some((own, value)) if is_name(own.value(), key) => Some(value),
                _ => find_name(entries, key),
            },
            Entries::Large(entries) => entries.get(key),
        }
    }

    /// Whether there is this key.
    pub(crate) fn contains_key(&self, key: &Value) -> Result<bool, Error> {
        Ok(self.get(key)?.is_some())
    }

    /// The place of a key in the order.
    pub(crate) fn index_of(&self, key: &Value) -> Result<Option<usize>, Error> {
        let key = KeyRef::new(key)?;
        Ok(match &self.0 {
            Entries::Small(entries) => entries.iter().position(|(own, _)| same(own.value(), key.0)),
            Entries::Large(entries) => entries.get_index_of(&key),
        })
    }

    /// Sets the value of a key and gives the one it had; a known key keeps its place and its spelling.
    pub(crate) fn insert(&mut self, key: Value, value: Value) -> Result<Option<Value>, Error> {
        Ok(self.insert_key(Key::new(key)?, value))
    }

    /// Sets the value of a text.
    pub(crate) fn insert_str(&mut self, key: impl Into<ArcStr>, value: Value) -> Option<Value> {
        let key = Value(Repr::String(key.into()));
        match Key::new(key) {
            Ok(key) => self.insert_key(key, value),
            Err(_) => None,
        }
    }

    fn insert_key(&mut self, key: Key, value: Value) -> Option<Value> {
        if let Entries::Small(entries) = &mut self.0 {
            let known = entries
                .iter_mut()
                .find(|(own, _)| same(own.value(), key.value()));
            if let Some((_, known)) = known {
                return Some(std::mem::replace(known, value));
            }
            if entries.len() < SMALL {
                entries.push((key, value));
                return None;
            }
            let all: IndexMap<_, _, _> = std::mem::take(entries).into_iter().collect();
            self.0 = Entries::Large(Box::new(all));
        }
        match &mut self.0 {
            Entries::Large(entries) => entries.insert(key, value),
            Entries::Small(_) => None,
        }
    }

    /// Takes a key out; the others keep their order.
    pub(crate) fn remove(&mut self, key: &Value) -> Result<Option<(Value, Value)>, Error> {
        let Some(index) = self.index_of(key)? else {
            return Ok(None);
        };
        let entry = match &mut self.0 {
            Entries::Small(entries) => Some(entries.remove(index)),
            Entries::Large(entries) => entries.shift_remove_index(index),
        };
        Ok(entry.map(|(key, value)| (key.into_value(), value)))
    }

    /// Takes the last key out.
    pub(crate) fn pop(&mut self) -> Option<(Value, Value)> {
        let (key, value) = match &mut self.0 {
            Entries::Small(entries) => entries.pop(),
            Entries::Large(entries) => entries.pop(),
        }?;
        Some((key.into_value(), value))
    }

    /// The key and the value at a place in the order.
    pub(crate) fn get_index(&self, index: usize) -> Option<(&Value, &Value)> {
        match &self.0 {
            Entries::Small(entries) => entries.get(index).map(|(key, value)| (key.value(), value)),
            Entries::Large(entries) => entries
                .get_index(index)
                .map(|(key, value)| (key.value(), value)),
        }
    }

    /// Keys and values in order.
    pub(crate) fn iter(
        &self,
    ) -> impl DoubleEndedIterator<Item = (&Value, &Value)> + ExactSizeIterator {
        (0..self.len()).map(|index| {
            self.get_index(index)
                .expect("every index below the length has an entry")
        })
    }

    /// The values in the order of their keys.
    pub(crate) fn values(&self) -> impl DoubleEndedIterator<Item = &Value> + ExactSizeIterator {
        self.iter().map(|(_, value)| value)
    }

    /// Moves all keys and values to `values`.
    pub(super) fn take_values(&mut self, values: &mut Vec<Value>) {
        let entries = std::mem::replace(&mut self.0, Entries::Small(Vec::new()));
        match entries {
            Entries::Small(entries) => {
                for (key, value) in entries {
                    values.extend([key.into_value(), value]);
                }
            }
            Entries::Large(entries) => {
                for (key, value) in *entries {
                    values.extend([key.into_value(), value]);
                }
            }
        }
    }

    /// Whether dropping it could recurse.
    pub(super) fn has_nested(&self) -> bool {
        self.iter()
            .any(|(key, value)| drop::nests(key) || drop::nests(value))
    }
}

/// The value of a name that is not where it was found last.
#[inline(never)]
fn find_name<'a>(entries: &'a [(Key, Value)], name: &Symbol) -> Option<&'a Value> {
    let at = entries
        .iter()
        .position(|(own, _)| is_name(own.value(), name))?;
    name.found_at(at, 0);
    Some(&entries[at].1)
}

fn find_text<'a>(entries: &'a [(Key, Value)], key: &str) -> Option<&'a Value> {
    entries
        .iter()
        .find(|(own, _)| is_text(own.value(), key))
        .map(|(_, value)| value)
}

/// A map as a value: as with lists, a host's never changes and a template's own is shared.
#[derive(Debug)]
pub(crate) enum Dict {
    /// One that never changes.
    Frozen(Map),
    /// A template's own.
    Shared(Mutex<Arc<Map>>),
}

impl Dict {
    /// A map that never changes.
    pub(crate) fn frozen(map: Map) -> Self {
        Dict::Frozen(map)
    }

    /// A map that a template may change.
    pub(crate) fn shared(map: Map) -> Self {
        Dict::Shared(Mutex::new(Arc::new(map)))
    }

    /// How many keys there are.
    pub(crate) fn len(&self) -> usize {
        match self {
            Dict::Frozen(map) => map.len(),
            Dict::Shared(map) => lock(map).len(),
        }
    }

    /// Whether a template may change it.
    pub(crate) fn is_shared(&self) -> bool {
        matches!(self, Dict::Shared(_))
    }

    /// The keys and values as they are now; a later change does not reach them.
    pub(crate) fn view(&self) -> MapView<'_> {
        match self {
            Dict::Frozen(map) => MapView::Borrowed(map),
            Dict::Shared(map) => MapView::Snapshot(Arc::clone(&lock(map))),
        }
    }

    /// The value of a key.
    pub(crate) fn get(&self, key: &Value) -> Result<Option<Value>, Error> {
        match self {
            Dict::Frozen(map) => Ok(map.get(key)?.cloned()),
            Dict::Shared(map) => Ok(lock(map).get(key)?.cloned()),
        }
    }

    /// The value of a name.
    pub(crate) fn get_symbol(&self, key: &Symbol) -> Option<Value> {
        match self {
            Dict::Frozen(map) => map.get_symbol(key).cloned(),
            Dict::Shared(map) => lock(map).get_symbol(key).cloned(),
        }
    }

    /// Changes the map. `change` must not look at this map by other ways.
    pub(crate) fn change<R>(
        &self,
        charge: &dyn Charge,
        change: impl FnOnce(&mut Map) -> R,
    ) -> Result<R, Error> {
        let Dict::Shared(map) = self else {
            return Err(ValueFault::FrozenMap.into());
        };
        let mut map = lock(map);
        if Arc::strong_count(&map) > 1 {
            charge.memory(map_size(map.len()))?;
        }
        Ok(change(Arc::make_mut(&mut map)))
    }

    /// Sets the value of a key. `this` is the value that this map is of.
    pub(crate) fn set(
        &self,
        charge: &dyn Charge,
        this: &Value,
        key: Value,
        value: Value,
    ) -> Result<(), Error> {
        charge.memory(map_size(1))?;
        let key = Key::new(key)?;
        let container = value.is_container() || key.value().is_container();
        let old = self.change(charge, |map| map.insert_key(key, value))?;
        std::mem::drop(old);
        if container {
            charge.stored(this);
        }
        Ok(())
    }

    /// Empties a map that a template may change.
    pub(crate) fn clear(&self) {
        if let Dict::Shared(map) = self {
            let map = std::mem::take(&mut *lock(map));
            std::mem::drop(map);
        }
    }

    /// Takes the map out of a value that is about to be dropped.
    pub(super) fn take(&mut self) -> Map {
        match self {
            Dict::Frozen(map) => std::mem::take(map),
            Dict::Shared(map) => {
                let map = map.get_mut().unwrap_or_else(PoisonError::into_inner);
                Arc::into_inner(std::mem::take(map)).unwrap_or_default()
            }
        }
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        if self.has_nested() {
            let mut values = Vec::with_capacity(self.len() * 2);
            self.take_values(&mut values);
            drop::drop_nested(values);
        }
    }
}

/// The bytes of a map of `count` keys, for [`Charge::memory`].
pub(crate) fn map_size(count: usize) -> u64 {
    const ENTRY: u64 = 2 * size_of::<Value>() as u64 + 16;
    (count as u64).saturating_mul(ENTRY)
}

/// A change that fails half-way leaves a map as it was, so a poisoned lock is as good as any.
fn lock(map: &Mutex<Arc<Map>>) -> MutexGuard<'_, Arc<Map>> {
    map.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The keys and values of a map at one moment.
#[derive(Debug)]
pub(crate) enum MapView<'a> {
    /// Borrowed from a map that never changes.
    Borrowed(&'a Map),
    /// Shared with a map that copies itself before it changes.
    Snapshot(Arc<Map>),
}

impl Deref for MapView<'_> {
    type Target = Map;

    fn deref(&self) -> &Map {
        match self {
            MapView::Borrowed(map) => map,
            MapView::Snapshot(map) => map,
        }
    }
}
