//! What goes wrong with a folder that is watched; behind the feature `watch`.

use std::sync::Arc;

use thiserror::Error as ThisError;

use crate::error::{Error, ErrorKind};

/// A folder that the system does not watch.
#[derive(Debug, ThisError)]
#[error("the loader's folder `{path}` could not be watched: {cause}")]
pub(crate) struct WatchFault {
    pub(crate) path: String,
    pub(crate) cause: notify::Error,
}

impl From<WatchFault> for Error {
    #[cold]
    fn from(fault: WatchFault) -> Self {
        let error = Error::new(ErrorKind::Loader, fault.to_string());
        error.with_source(Arc::new(fault.cause))
    }
}
