//! What goes wrong with stores of templates; behind the features `object-store` and `sql`.

use std::error::Error as StdError;
use std::fmt::Display;
use std::sync::Arc;

use thiserror::Error as ThisError;

use crate::error::{Error, ErrorKind};

/// The texts of stores of templates.
#[derive(Debug, ThisError)]
pub(crate) enum StoreFault<C: StdError> {
    #[error("template `{name}` could not be read from {store}: {cause}")]
    Unreadable {
        name: String,
        store: String,
        cause: C,
    },
    #[error("the templates in {store} could not be listed: {cause}")]
    Unlisted { store: String, cause: C },
}

impl<C: StdError + Send + Sync + 'static> StoreFault<C> {
    /// A template that a store has but does not give.
    pub(crate) fn unreadable(name: String, store: &dyn Display, cause: C) -> Error {
        let store = store.to_string();
        StoreFault::Unreadable { name, store, cause }.into()
    }

    /// A store that does not say what it has.
    pub(crate) fn unlisted(store: &dyn Display, cause: C) -> Error {
        let store = store.to_string();
        StoreFault::Unlisted { store, cause }.into()
    }
}

impl<C: StdError + Send + Sync + 'static> From<StoreFault<C>> for Error {
    #[cold]
    fn from(fault: StoreFault<C>) -> Self {
        let error = Error::new(ErrorKind::Loader, fault.to_string());
        let (StoreFault::Unreadable { cause, .. } | StoreFault::Unlisted { cause, .. }) = fault;
        error.with_source(Arc::new(cause))
    }
}
