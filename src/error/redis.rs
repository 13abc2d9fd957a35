//! What goes wrong with a Redis server; behind the feature `redis`.

use std::sync::Arc;

use redis::RedisError;
use thiserror::Error as ThisError;

use crate::error::{Error, ErrorKind};

/// The texts of the cache in a Redis server.
#[derive(Debug, ThisError)]
pub(crate) enum RedisFault {
    #[error("this is no address of a Redis server, such as `redis://127.0.0.1:6379/0`: {0}")]
    Address(RedisError),
    #[error("the Redis server did not do it: {0}")]
    Failed(RedisError),
    #[error("a cache in a Redis server needs a render that tokio runs")]
    NoRuntime,
}

impl From<RedisFault> for Error {
    #[cold]
    fn from(fault: RedisFault) -> Self {
        let kind = match fault {
            RedisFault::Address(_) => ErrorKind::Value,
            RedisFault::Failed(_) | RedisFault::NoRuntime => ErrorKind::Host,
        };
        let error = Error::new(kind, fault.to_string());
        match fault {
            RedisFault::Address(cause) | RedisFault::Failed(cause) => {
                error.with_source(Arc::new(cause))
            }
            RedisFault::NoRuntime => error,
        }
    }
}
