//! A cache in a Redis server, for many machines; behind the feature `redis`.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_core::future::BoxFuture;
use redis::Client;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use tokio::runtime::Handle;

use crate::environment::fragments::FragmentCache;
use crate::error::{Error, RedisFault};

/// How long a fragment stays whose template does not say.
const TTL: Duration = Duration::from_secs(24 * 60 * 60);

/// How long it may take to connect.
const CONNECT: Duration = Duration::from_secs(2);

/// Keeps fragments in a Redis server, or one that speaks as it does, so that many machines share them.
///
/// It connects when a fragment is asked for first, shares one connection among all renders, and connects
/// anew when that breaks. As long as the server cannot be reached, fragments are made as if there were no
/// cache; a key that is of another type than a text is not there.
///
/// It works in renders that tokio runs. Others, and synchronous ones, do without it.
///
/// ```
/// use kakehi::{Environment, RedisCache};
/// let mut env = Environment::new();
/// env.set_fragment_cache(RedisCache::new("redis://127.0.0.1:6379/0")?.with_prefix("shop:"));
/// # Ok::<(), kakehi::Error>(())
/// ```
pub struct RedisCache {
    client: Client,
    /// Made when first used: it needs tokio to be there.
    connection: OnceLock<ConnectionManager>,
    prefix: String,
    ttl: Duration,
}

impl RedisCache {
    /// A cache in the server at `url`, such as `redis://user:password@host:6379/database`. It does not
    /// connect yet.
    ///
    /// Without more, keys begin with `kakehi:`, and a fragment whose template gives no `ttl` stays for a day.
    ///
    /// # Errors
    /// Of kind [`Value`](crate::ErrorKind::Value) if that is no such address.
    ///
    /// ```
    /// let error = kakehi::RedisCache::new("localhost").unwrap_err();
    /// assert_eq!(error.kind(), kakehi::ErrorKind::Value);
    /// ```
    pub fn new(url: &str) -> Result<Self, Error> {
        Ok(RedisCache {
            client: Client::open(url).map_err(RedisFault::Address)?,
            connection: OnceLock::new(),
            prefix: "kakehi:".to_owned(),
            ttl: TTL,
        })
    }

    /// The same cache whose keys begin with `prefix`: what else is in the server has other names.
    ///
    /// ```
    /// use kakehi::RedisCache;
    /// let cache = RedisCache::new("redis://127.0.0.1")?.with_prefix("shop:");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn with_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// The same cache where a fragment whose template gives no `ttl` stays for so long.
    ///
    /// ```
    /// use std::time::Duration;
    /// use kakehi::RedisCache;
    /// let cache = RedisCache::new("redis://127.0.0.1")?.with_default_ttl(Duration::from_secs(600));
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn with_default_ttl(mut self, ttl: Duration) -> Self {
        self.ttl = ttl;
        self
    }

    fn key(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }

    /// The connection that all renders share.
    fn connection(&self) -> Result<ConnectionManager, RedisFault> {
        if Handle::try_current().is_err() {
            return Err(RedisFault::NoRuntime);
        }
        if let Some(connection) = self.connection.get() {
            return Ok(connection.clone());
        }
        let config = ConnectionManagerConfig::new()
            // Who asks next tries again; a page does not wait for that.
            .set_number_of_retries(0)
            .set_connection_timeout(Some(CONNECT))
            // The environment's patience is what bounds an answer.
            .set_response_timeout(None);
        let connection = ConnectionManager::new_lazy_with_config(self.client.clone(), config)
            .map_err(RedisFault::Failed)?;
        Ok(self.connection.get_or_init(|| connection).clone())
    }
}

/// Milliseconds for `PX`, which takes no nought.
fn milliseconds(ttl: Duration) -> u64 {
    // Redis counts in a signed number of 64 bits, from the time that it is.
    let most = i64::MAX as u64 / 4;
    u64::try_from(ttl.as_millis()).map_or(most, |ttl| ttl.clamp(1, most))
}

impl FragmentCache for RedisCache {
    fn get(self: Arc<Self>, key: &str) -> BoxFuture<'static, Result<Option<String>, Error>> {
        let key = self.key(key);
        Box::pin(async move {
            let mut connection = self.connection()?;
            let mut command = redis::cmd("GET");
            let answer = command.arg(key).query_async(&mut connection);
            Ok(answer.await.map_err(RedisFault::Failed)?)
        })
    }

    fn put(
        self: Arc<Self>,
        key: &str,
        text: &str,
        ttl: Option<Duration>,
    ) -> BoxFuture<'static, Result<(), Error>> {
        let mut command = redis::cmd("SET");
        command.arg(self.key(key)).arg(text);
        command.arg("PX").arg(milliseconds(ttl.unwrap_or(self.ttl)));
        Box::pin(async move {
            let mut connection = self.connection()?;
            let answer = command.query_async(&mut connection);
            Ok(answer.await.map_err(RedisFault::Failed)?)
        })
    }
}

impl fmt::Debug for RedisCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The address may have a password in it.
        f.debug_struct("RedisCache")
            .field("prefix", &self.prefix)
            .field("ttl", &self.ttl)
            .finish_non_exhaustive()
    }
}
