//! What is wrong with catalogues of messages.

use thiserror::Error as ThisError;

use crate::error::{Error, ErrorKind};

/// The texts of catalogues.
#[derive(Debug, ThisError)]
pub(crate) enum CatalogFault {
    #[error("the catalogue of messages cannot be read: {0}")]
    Unreadable(String),
    #[error("`{0}` is no rule for the plural forms of messages; one is `n != 1`")]
    PluralRule(String),
}

impl From<CatalogFault> for Error {
    #[cold]
    fn from(fault: CatalogFault) -> Self {
        Error::new(ErrorKind::Host, fault.to_string())
    }
}
