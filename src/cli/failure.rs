//! What ends the program early, and the exit code it gives: 1 for templates, 2 for the command line.

use std::io;
use std::path::Path;
use std::process::ExitCode;

use kakehi::Error;

/// Why the program ends early.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A template is at fault.
    Template(Error),
    /// Templates are at fault, and the reports are out already.
    Reported,
    /// The command line, or a file that it names, is at fault.
    Usage(String),
    /// Nobody reads the output any more.
    Closed,
}

impl Failure {
    /// Writes the report and gives the exit code.
    pub(crate) fn report(self) -> ExitCode {
        match self {
            Failure::Template(error) => {
                eprintln!("error: {}", format!("{error:#}").trim_end());
                ExitCode::from(1)
            }
            Failure::Reported => ExitCode::from(1),
            Failure::Usage(message) => {
                eprintln!("error: {message}");
                ExitCode::from(2)
            }
            Failure::Closed => ExitCode::SUCCESS,
        }
    }

    /// A file that cannot be used.
    pub(crate) fn file(path: &Path, cause: impl std::fmt::Display) -> Self {
        Failure::Usage(format!("{}: {cause}", path.display()))
    }

    /// Output that cannot be written.
    pub(crate) fn output(cause: io::Error) -> Self {
        if cause.kind() == io::ErrorKind::BrokenPipe {
            return Failure::Closed;
        }
        Failure::Usage(format!("the output could not be written: {cause}"))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let mut cause = std::error::Error::source(&error);
        while let Some(inner) = cause {
            if let Some(io) = inner.downcast_ref::<io::Error>()
                && io.kind() == io::ErrorKind::BrokenPipe
            {
                return Failure::Closed;
            }
            cause = inner.source();
        }
        Failure::Template(error)
    }
}
