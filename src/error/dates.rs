//! What dates and times refuse.

use thiserror::Error as ThisError;

use crate::error::{Error, ErrorKind};

/// The texts of dates.
#[derive(Debug, ThisError)]
pub(crate) enum DateFault {
    #[error(
        "`{name}` cannot read {found} as a date; it takes a date, an ISO string or a timestamp"
    )]
    NoDate { name: &'static str, found: String },
    #[error("{0}")]
    Format(String),
    #[error("`{0}` is no time zone that is known here; one is `Europe/Vienna`")]
    NoTimeZone(String),
}

impl From<DateFault> for Error {
    #[cold]
    fn from(fault: DateFault) -> Self {
        Error::new(ErrorKind::Value, fault.to_string())
    }
}
