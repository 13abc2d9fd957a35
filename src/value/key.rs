//! Values as keys of maps: hashing and key equality as Python has them.

use std::hash::{BuildHasherDefault, Hash, Hasher};

use indexmap::Equivalent;

use crate::error::Error;
use crate::error::value::ValueFault;
use crate::value::charge::MAX_DEPTH;
use crate::value::dict_view::DictView;
use crate::value::number::{Number, number_of};
use crate::value::symbol::{hash_bytes, hash_str, hash_word};
use crate::value::{Repr, Symbol, Value, pending};

/// Values that a key may hold. Tuples that share their parts hold more than memory could, and each look into
/// a map walks over all of them.
const MOST_VALUES: usize = 10_000;

/// A value that was found to be hashable, with nothing in it that could not be compared.
#[derive(Clone, Debug)]
pub(super) struct Key(Value);

impl Key {
    /// The key of a value; lists, maps and the like are none.
    pub(super) fn new(value: Value) -> Result<Self, Error> {
        check(&value, MAX_DEPTH, &mut 0)?;
        Ok(Key(value))
    }

    /// The value.
    pub(super) fn value(&self) -> &Value {
        &self.0
    }

    /// The value.
    pub(super) fn into_value(self) -> Value {
        self.0
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        same(&self.0, &other.0)
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(hash(&self.0));
    }
}

/// A borrowed value that was checked as [`Key::new`] does.
pub(super) struct KeyRef<'a>(pub(super) &'a Value);

impl<'a> KeyRef<'a> {
    /// The key of a value, borrowed.
    pub(super) fn new(value: &'a Value) -> Result<Self, Error> {
        check(value, MAX_DEPTH, &mut 0)?;
        Ok(KeyRef(value))
    }
}

impl Hash for KeyRef<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(hash(self.0));
    }
}

impl Equivalent<Key> for KeyRef<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        same(self.0, &key.0)
    }
}

/// A text as a key, hashed when it is looked up.
pub(super) struct TextKey<'a>(pub(super) &'a str);

impl Hash for TextKey<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(hash_str(self.0));
    }
}

impl Equivalent<Key> for TextKey<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        is_text(&key.0, self.0)
    }
}

impl Equivalent<Key> for Symbol {
    fn equivalent(&self, key: &Key) -> bool {
        is_name(&key.0, self)
    }
}

/// Hands on the hash that a key has already.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct KeyHasher(u64);

/// Builds [`KeyHasher`]s.
pub(crate) type BuildKeyHasher = BuildHasherDefault<KeyHasher>;

impl Hasher for KeyHasher {
    fn write(&mut self, bytes: &[u8]) {
        // Keys only ever write their one hash; this is here because the trait wants it.
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Whether `value` is this text.
pub(super) fn is_text(value: &Value, text: &str) -> bool {
    value.as_text().is_some_and(|own| own == text)
}

/// Whether `value` is this name.
#[inline]
pub(super) fn is_name(value: &Value, name: &Symbol) -> bool {
    value.as_text().is_some_and(|own| name.is(own))
}

/// Fails if `value` cannot be a key; `seen` counts the values in it.
fn check(value: &Value, depth: usize, seen: &mut usize) -> Result<(), Error> {
    match &value.0 {
        Repr::Tuple(tuple) => {
            if depth == 0 {
                return Err(ValueFault::TooDeep(MAX_DEPTH).into());
            }
            *seen += tuple.items().len();
            if *seen > MOST_VALUES {
                return Err(ValueFault::KeyTooLarge(MOST_VALUES).into());
            }
            tuple
                .items()
                .iter()
                .try_for_each(|item| check(item, depth - 1, seen))
        }
        Repr::Undefined(_) => value.as_undefined().map_or(Ok(()), |known| known.check()),
        Repr::List(_) | Repr::Map(_) | Repr::Record(_) => {
            Err(ValueFault::Unhashable(value.type_name().into()).into())
        }
        Repr::Object(_) if value.as_dict_view().is_some_and(DictView::is_set) => {
            Err(ValueFault::Unhashable(value.type_name().into()).into())
        }
        Repr::Pending(_) | Repr::Stream(_) => Err(pending::misused(value)),
        _ => Ok(()),
    }
}

/// The hash of a checked value: equal keys have equal hashes, whatever their types.
pub(super) fn hash(value: &Value) -> u64 {
    match &value.0 {
        Repr::String(text) | Repr::Safe(text) => hash_str(text),
        Repr::Bytes(bytes) => hash_bytes(1, bytes),
        Repr::None => hash_word(2, 0),
        Repr::Undefined(_) => hash_word(3, 0),
        Repr::Range(range) => {
            let len = range.len();
            let start = if len == 0 { 0 } else { range.start };
            let step = if len < 2 { 0 } else { range.step };
            let ends = (start as u64 as u128) << 64 | step as u64 as u128;
            hash_word(4, ends ^ (len as u128).rotate_left(32))
        }
        Repr::Tuple(tuple) => tuple.items().iter().fold(hash_word(5, 0), |sum, item| {
            hash_word(5, (sum as u128) << 64 | hash(item) as u128)
        }),
        Repr::Object(object) => hash_word(6, object.address() as u128),
        Repr::List(_) | Repr::Map(_) | Repr::Record(_) | Repr::Pending(_) | Repr::Stream(_) => {
            hash_word(7, 0)
        }
        _ => match number_of(value) {
            Some(Number::Int(int)) => hash_word(8, int as u128),
            Some(Number::Float(float)) => match Number::exact_int(float) {
                Some(int) => hash_word(8, int as u128),
                None => hash_word(9, u128::from(float.to_bits())),
            },
            None => hash_word(7, 1),
        },
    }
}

/// Whether two checked values are the same key.
pub(super) fn same(a: &Value, b: &Value) -> bool {
    if let (Some(a), Some(b)) = (a.as_text(), b.as_text()) {
        return a == b;
    }
    match (&a.0, &b.0) {
        (Repr::Bytes(a), Repr::Bytes(b)) => a == b,
        (Repr::None, Repr::None) => true,
        (Repr::Undefined(_), Repr::Undefined(_)) => true,
        (Repr::Range(a), Repr::Range(b)) => a.same_items(b),
        (Repr::Tuple(a), Repr::Tuple(b)) => {
            let (a, b) = (a.items(), b.items());
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Repr::Object(a), Repr::Object(b)) => a.address() == b.address(),
        // A nan is found again as itself, as Python finds it by identity.
        (Repr::Float(a), Repr::Float(b)) if a.0 == b.0 => true,
        _ => match (number_of(a), number_of(b)) {
            (Some(a), Some(b)) => a.equals(b),
            _ => false,
        },
    }
}
