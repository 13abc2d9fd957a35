//! Maps from names that nearly always have few entries, and stay fast if a template has thousands.

use std::collections::HashMap;

use arcstr::ArcStr;

/// So many entries are looked through one by one; that is faster than hashing.
const FEW: usize = 16;

/// What belongs to each of some names, in the order in which they came.
#[derive(Clone, Debug)]
pub(super) struct NameMap<T> {
    entries: Vec<(ArcStr, T)>,
    /// Where each name is, once there are more than a few.
    index: HashMap<ArcStr, usize, foldhash::fast::RandomState>,
}

impl<T> Default for NameMap<T> {
    fn default() -> Self {
        NameMap {
            entries: Vec::new(),
            index: HashMap::default(),
        }
    }
}

impl<T> NameMap<T> {
    #[inline]
    fn position(&self, name: &str) -> Option<usize> {
        if self.entries.len() > FEW {
            return self.indexed_position(name);
        }
        let is_it = |known: &ArcStr| std::ptr::eq(known.as_str(), name) || known == name;
        self.entries.iter().position(|(known, _)| is_it(known))
    }

    #[inline(never)]
    fn indexed_position(&self, name: &str) -> Option<usize> {
        self.index.get(name).copied()
    }

    /// What belongs to a name.
    #[inline]
    pub(super) fn get(&self, name: &str) -> Option<&T> {
        self.position(name).map(|at| &self.entries[at].1)
    }

    /// Changes what belongs to a name and gives what did before.
    pub(super) fn insert(&mut self, name: &ArcStr, value: T) -> Option<T> {
        match self.position(name) {
            Some(at) => Some(std::mem::replace(&mut self.entries[at].1, value)),
            None => {
                self.push(name.clone(), value);
                None
            }
        }
    }

    /// How many names there are.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// All entries, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&ArcStr, &T)> {
        self.entries.iter().map(|(name, value)| (name, value))
    }

    fn push(&mut self, name: ArcStr, value: T) {
        if self.entries.len() == FEW {
            let known = self.entries.iter().enumerate();
            self.index = known.map(|(at, (name, _))| (name.clone(), at)).collect();
        }
        if self.entries.len() >= FEW {
            self.index.insert(name.clone(), self.entries.len());
        }
        self.entries.push((name, value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_and_many_names_are_found() {
        let mut map = NameMap::default();
        for count in 0..50 {
            let name = ArcStr::from(count.to_string());
            assert_eq!(map.insert(&name, count), None);
            assert_eq!(map.insert(&name, count + 2), Some(count));
            for earlier in 0..=count {
                assert_eq!(map.get(&earlier.to_string()), Some(&(earlier + 2)));
            }
            assert_eq!(map.get("x"), None);
        }
        let values: Vec<i32> = map.iter().map(|(_, value)| *value).collect();
        assert_eq!(values, (2..52).collect::<Vec<_>>());
    }
}
