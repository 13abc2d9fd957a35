//! The cache that environments start with: one in memory; behind the feature `memory-cache`.

use std::sync::Arc;

use crate::environment::fragments::{FragmentCache, MemoryCache};

/// Bytes of text in the cache of a new environment.
const BYTES: u64 = 64 << 20;

/// The cache of a new environment.
pub(super) fn cache() -> Option<Arc<dyn FragmentCache>> {
    Some(Arc::new(MemoryCache::new(BYTES)))
}
