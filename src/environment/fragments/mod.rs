//! The fragments that templates cache, and who makes which of them.

mod flights;
#[cfg(feature = "memory-cache")]
mod memory;
#[cfg(feature = "redis")]
mod redis;
mod settings;

#[cfg(feature = "memory-cache")]
#[path = "default_memory.rs"]
mod default;
#[cfg(not(feature = "memory-cache"))]
#[path = "default_none.rs"]
mod default;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_core::future::BoxFuture;

use crate::error::Error;

pub(crate) use flights::{Computation, FlightTurn, Flights, Waiter};
#[cfg(feature = "memory-cache")]
pub use memory::MemoryCache;
#[cfg(feature = "redis")]
pub use redis::RedisCache;

/// Where `<% cache key, ttl=… %>` keeps what it made: in this process, or in a server that many share.
///
/// A cache that fails, or that takes longer than
/// [`Environment::set_fragment_patience`](crate::Environment::set_fragment_patience) allows, never fails
/// a page: the fragment is made anew. However many renders of an environment want a fragment at the same
/// time, one asks the cache, and makes it if it is not there; the others wait for that.
///
/// A key is text that is different for different values of the template's key; it may be long. The text of
/// a fragment is output as it was written, escaped or not; keys say which.
///
/// ```
/// use std::collections::HashMap;
/// use std::future::ready;
/// use std::sync::{Arc, Mutex};
/// use std::time::Duration;
/// use futures_core::future::BoxFuture;
/// use kakehi::{Environment, Error, FragmentCache};
///
/// #[derive(Debug, Default)]
/// struct Kept(Mutex<HashMap<String, String>>);
///
/// impl FragmentCache for Kept {
///     fn get(self: Arc<Self>, key: &str) -> BoxFuture<'static, Result<Option<String>, Error>> {
///         Box::pin(ready(Ok(self.0.lock().unwrap().get(key).cloned())))
///     }
///     fn put(self: Arc<Self>, key: &str, text: &str, _: Option<Duration>) -> BoxFuture<'static, Result<(), Error>> {
///         self.0.lock().unwrap().insert(key.to_owned(), text.to_owned());
///         Box::pin(ready(Ok(())))
///     }
/// }
///
/// let mut env = Environment::new();
/// env.set_fragment_cache(Kept::default());
/// let template = env.template_from_str("<% cache 'n' %><< n >><% end %>")?;
/// assert_eq!(template.render(kakehi::context! { n => 1 })?, "1");
/// assert_eq!(template.render(kakehi::context! { n => 2 })?, "1");
/// # Ok::<(), kakehi::Error>(())
/// ```
pub trait FragmentCache: fmt::Debug + Send + Sync + 'static {
    /// The text that is kept under a key, if it is there and not too old.
    ///
    /// # Errors
    /// Any; the fragment counts as not there then.
    fn get(self: Arc<Self>, key: &str) -> BoxFuture<'static, Result<Option<String>, Error>>;

    /// Keeps a text for `ttl`, or for as long as the cache likes.
    ///
    /// # Errors
    /// Any; the fragment is made again next time then.
    fn put(
        self: Arc<Self>,
        key: &str,
        text: &str,
        ttl: Option<Duration>,
    ) -> BoxFuture<'static, Result<(), Error>>;
}

/// The cache of an environment, and what is being made for it.
#[derive(Debug)]
pub(crate) struct Fragments {
    /// None if fragments are not kept: each render makes its own.
    pub(crate) cache: Option<Arc<dyn FragmentCache>>,
    /// How long a render waits for the cache.
    pub(crate) patience: Duration,
    pub(crate) flights: Arc<Flights>,
}

/// How long a render waits for the cache unless told otherwise.
const PATIENCE: Duration = Duration::from_millis(500);

impl Fragments {
    /// The same patience with another cache, whose fragments are made apart.
    pub(crate) fn with_cache(&self, cache: Option<Arc<dyn FragmentCache>>) -> Self {
        Fragments {
            cache,
            patience: self.patience,
            flights: Arc::default(),
        }
    }

    /// The same cache with another patience.
    pub(crate) fn with_patience(&self, patience: Duration) -> Self {
        Fragments {
            cache: self.cache.clone(),
            patience,
            flights: Arc::clone(&self.flights),
        }
    }
}

impl Default for Fragments {
    fn default() -> Self {
        Fragments {
            cache: default::cache(),
            patience: PATIENCE,
            flights: Arc::default(),
        }
    }
}
