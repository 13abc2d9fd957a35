//! A cache in the memory of this process; behind the feature `memory-cache`.

use std::future::ready;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use arcstr::ArcStr;
use futures_core::future::BoxFuture;
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use crate::environment::fragments::FragmentCache;
use crate::error::Error;
use crate::render::Instant;

/// Keeps fragments in memory, up to a number of bytes: those that are asked for most stay.
///
/// With the feature `memory-cache` every new environment has one of 64 MiB, which takes memory only once a
/// template caches something.
///
/// ```
/// use kakehi::{Environment, MemoryCache};
/// let mut env = Environment::new();
/// env.set_fragment_cache(MemoryCache::new(16 << 20));
/// ```
#[derive(Debug)]
pub struct MemoryCache {
    bytes: u64,
    /// Made when first used: an environment that caches nothing has none.
    kept: OnceLock<Cache<ArcStr, Kept, Bytes>>,
}

/// A text and until when it may be used.
#[derive(Clone, Debug)]
struct Kept {
    text: ArcStr,
    /// None for any time.
    until: Option<Instant>,
}

/// Counts the bytes of keys and texts, with what the cache itself needs for an entry.
#[derive(Clone, Debug)]
struct Bytes;

/// About what an entry takes besides its texts.
const ENTRY: u64 = 128;

impl Weighter<ArcStr, Kept> for Bytes {
    fn weight(&self, key: &ArcStr, kept: &Kept) -> u64 {
        (key.len() + kept.text.len()) as u64 + ENTRY
    }
}

impl MemoryCache {
    /// A cache of at most so many bytes of keys and texts.
    ///
    /// ```
    /// let cache = kakehi::MemoryCache::new(1 << 20);
    /// # drop(cache);
    /// ```
    pub fn new(bytes: u64) -> Self {
        MemoryCache {
            bytes,
            kept: OnceLock::new(),
        }
    }

    fn kept(&self) -> &Cache<ArcStr, Kept, Bytes> {
        self.kept.get_or_init(|| {
            // Fragments of about 4 KiB.
            let expected = usize::try_from(self.bytes / 4096).unwrap_or(usize::MAX);
            Cache::with_weighter(expected.clamp(16, 1 << 16), self.bytes, Bytes)
        })
    }
}

impl FragmentCache for MemoryCache {
    fn get(self: Arc<Self>, key: &str) -> BoxFuture<'static, Result<Option<String>, Error>> {
        let kept = self.kept();
        let found = kept.get(key);
        let is_old = found
            .as_ref()
            .and_then(|kept| kept.until)
            .is_some_and(|until| Instant::now() >= until);
        if is_old {
            kept.remove(key);
            return Box::pin(ready(Ok(None)));
        }
        Box::pin(ready(Ok(found.map(|kept| kept.text.to_string()))))
    }

    fn put(
        self: Arc<Self>,
        key: &str,
        text: &str,
        ttl: Option<Duration>,
    ) -> BoxFuture<'static, Result<(), Error>> {
        let kept = Kept {
            text: text.into(),
            until: ttl.and_then(|ttl| Instant::now().checked_add(ttl)),
        };
        self.kept().insert(key.into(), kept);
        Box::pin(ready(Ok(())))
    }
}
