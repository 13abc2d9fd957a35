//! What goes wrong with a loader over an object store; behind the feature `object-store`.

use std::sync::Arc;

use ::object_store::path::Error as PathError;
use thiserror::Error as ThisError;

use crate::error::{Error, ErrorKind};

/// The beginning of an object's path that cannot be one.
#[derive(Debug, ThisError)]
#[error(
    "`{prefix}` cannot be the beginning of an object's path: {cause}; write it as `a/b`, without `/` around it"
)]
pub(crate) struct PrefixFault {
    pub(crate) prefix: String,
    pub(crate) cause: PathError,
}

impl From<PrefixFault> for Error {
    #[cold]
    fn from(fault: PrefixFault) -> Self {
        let error = Error::new(ErrorKind::Loader, fault.to_string());
        error.with_source(Arc::new(fault.cause))
    }
}
