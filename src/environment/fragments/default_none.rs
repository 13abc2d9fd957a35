//! The cache that environments start with: none, without the feature `memory-cache`.

use std::sync::Arc;

use crate::environment::fragments::FragmentCache;

/// The cache of a new environment.
pub(super) fn cache() -> Option<Arc<dyn FragmentCache>> {
    None
}
