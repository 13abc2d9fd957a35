//! Names that carry their hash, so that looking one up hashes nothing.

use std::fmt;
use std::hash::{BuildHasher, Hasher};
use std::ops::Deref;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use arcstr::ArcStr;
use foldhash::quality::RandomState;

/// The seed of every hash of a value. It differs from process to process, so that nobody can send
/// keys that all collide.
static SEED: LazyLock<RandomState> = LazyLock::new(RandomState::default);

/// So many bits say where a name is.
const SHIFT: u32 = 32;
const PLACES: u64 = (1 << SHIFT) - 1;

/// A name with its hash.
pub(crate) struct Symbol {
    text: ArcStr,
    hash: u64,
    /// Where the name was found last, and the number of the shape it was found in, if it was one. The next row
    /// is mostly of the same shape, so that this is where it is.
    place: AtomicU64,
}

impl Clone for Symbol {
    fn clone(&self) -> Self {
        Symbol {
            text: self.text.clone(),
            hash: self.hash,
            place: AtomicU64::new(self.place.load(Ordering::Relaxed)),
        }
    }
}

impl Symbol {
    /// The symbol of a name.
    pub(crate) fn new(text: impl Into<ArcStr>) -> Self {
        let text = text.into();
        let hash = hash_str(&text);
        Symbol {
            text,
            hash,
            place: AtomicU64::new(0),
        }
    }

    /// Where the name was found last; no more than a guess of where it is next.
    #[inline]
    pub(crate) fn place(&self) -> usize {
        (self.place.load(Ordering::Relaxed) & PLACES) as usize
    }

    /// Where the name is in the shape of this number, which is not 0, if that is known.
    #[inline]
    pub(crate) fn place_in(&self, shape: u64) -> Option<usize> {
        let place = self.place.load(Ordering::Relaxed);
        (place >> SHIFT == shape).then_some((place & PLACES) as usize)
    }

    /// Remembers where the name was found, in the shape of a number or, with 0, elsewhere.
    pub(crate) fn found_at(&self, place: usize, shape: u64) {
        let known = self.place.load(Ordering::Relaxed);
        let place = place as u64;
        let shape = if shape > PLACES { 0 } else { shape };
        // A store takes the cache line from every other core, so there is one only where it helps; where shapes
        // take turns, the latest stays.
        if known & PLACES != place || known >> SHIFT < shape {
            self.place
                .store(shape << SHIFT | place & PLACES, Ordering::Relaxed);
        }
    }

    /// The name.
    pub(crate) fn text(&self) -> &ArcStr {
        &self.text
    }

    /// Whether `text` is this name.
    ///
    /// Names are mostly short, and mostly the same or of another length, so nothing is called for those.
    #[inline]
    pub(crate) fn is(&self, text: &ArcStr) -> bool {
        let (a, b) = (self.text.as_bytes(), text.as_bytes());
        if a.len() != b.len() {
            return false;
        }
        match (
            a.first_chunk::<4>(),
            a.last_chunk::<4>(),
            b.first_chunk::<4>(),
            b.last_chunk::<4>(),
        ) {
            (Some(a0), Some(a1), Some(b0), Some(b1)) if a.len() <= 8 => a0 == b0 && a1 == b1,
            _ => ArcStr::ptr_eq(&self.text, text) || a == b,
        }
    }

    /// Its hash, the same one that a string value of this text has.
    pub(crate) fn hash(&self) -> u64 {
        self.hash
    }
}

impl Deref for Symbol {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl PartialEq for Symbol {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash && self.is(&other.text)
    }
}

impl Eq for Symbol {}

impl std::hash::Hash for Symbol {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl fmt::Debug for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.text.as_str(), f)
    }
}

/// The hash of a text as a key.
pub(crate) fn hash_str(text: &str) -> u64 {
    hash_bytes(0, text.as_bytes())
}

/// The hash of bytes as a key; `domain` keeps kinds apart that are never equal.
pub(crate) fn hash_bytes(domain: u8, bytes: &[u8]) -> u64 {
    let mut hasher = SEED.build_hasher();
    hasher.write(bytes);
    hasher.write_u8(domain);
    hasher.finish()
}

/// The hash of a word as a key.
pub(crate) fn hash_word(domain: u8, word: u128) -> u64 {
    let mut hasher = SEED.build_hasher();
    hasher.write_u128(word);
    hasher.write_u8(domain);
    hasher.finish()
}
