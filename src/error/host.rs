//! What goes wrong between the engine and its host: loading, contexts, drivers, output.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error as ThisError;

use crate::error::{Error, ErrorKind, suggest};

/// The texts of environments, loaders and drivers.
#[derive(Debug, ThisError)]
pub(crate) enum HostFault {
    #[error("template `{name}` not found; {searched}{hint}")]
    TemplateNotFound {
        name: String,
        searched: &'static str,
        hint: String,
    },
    #[error(
        "the context must be a mapping, found a value of type `{found}`; give it names with `context!`"
    )]
    ContextNotMapping { found: String },
    #[error("template `{name}` is not valid UTF-8: the byte at offset {offset} is wrong")]
    InvalidUtf8 { name: String, offset: usize },
    #[error("template `{name}` is a link that leads out of the loader's folder `{root}`")]
    LinkOutside { name: String, root: String },
    #[error("template `{name}` could not be read from `{path}`: {cause}")]
    Unreadable {
        name: String,
        path: String,
        cause: std::io::Error,
    },
    #[error("the loader's folder `{path}` could not be opened: {cause}")]
    NoFolder { path: String, cause: std::io::Error },
    #[error(
        "the loader cannot list its templates; one that can has the method `list`, as those over folders and maps"
    )]
    CannotList,
    #[error("a template of {length} bytes is too long; at most 4 GiB are possible")]
    TooLong { length: usize },
    #[error("template `{name}` can only be loaded by waiting; use `{instead}`")]
    LoadWaits { name: String, instead: &'static str },
    #[error("the loader can list its templates only by waiting; use `{instead}`")]
    ListWaits { instead: &'static str },
    #[error(
        "this render would block inside a running async runtime and stop it, or wait for a current-thread runtime that may not run; use `render_async` here, or block on a multi-thread runtime from a thread of your own"
    )]
    BlockingInRuntime,
    #[error("the host's `block_on` came back before the render had ended")]
    BlockOnGaveUp,
    #[error("the render took longer than its deadline of {0:?}")]
    Deadline(Duration),
    #[error(
        "`{0}` cannot be the name of a tag: it is one of the language's own, starts with `end`, or is no identifier"
    )]
    TagName(String),
    #[error(
        "`{0}` is no nonce: browsers know letters, digits, `+`, `/`, `-`, `_`, and at most two `=` at the end"
    )]
    Nonce(String),
    #[error("{what} took longer than {seconds} seconds")]
    Timeout { what: String, seconds: f64 },
    #[error(
        "there is no timer to wait for: render inside of a tokio runtime with the feature `tokio`, or turn on the feature `timer`"
    )]
    NoTimer,
    #[error("the output could not be written: {0}")]
    Output(std::io::Error),
    #[error("the output could not be written: the writer takes no more bytes")]
    WriteZero,
}

impl HostFault {
    fn kind(&self) -> ErrorKind {
        match self {
            HostFault::TemplateNotFound { .. } => ErrorKind::TemplateNotFound,
            HostFault::ContextNotMapping { .. } => ErrorKind::Serialization,
            HostFault::InvalidUtf8 { .. }
            | HostFault::LinkOutside { .. }
            | HostFault::Unreadable { .. }
            | HostFault::NoFolder { .. }
            | HostFault::CannotList => ErrorKind::Loader,
            HostFault::TooLong { .. } => ErrorKind::Syntax,
            HostFault::LoadWaits { .. } | HostFault::ListWaits { .. } => ErrorKind::AsyncRequired,
            HostFault::BlockingInRuntime | HostFault::BlockOnGaveUp => ErrorKind::BlockingInRuntime,
            HostFault::Deadline(_) => ErrorKind::Deadline,
            HostFault::TagName(_) | HostFault::Nonce(_) => ErrorKind::Value,
            HostFault::Timeout { .. } => ErrorKind::Timeout,
            HostFault::NoTimer => ErrorKind::Host,
            HostFault::Output(_) | HostFault::WriteZero => ErrorKind::Output,
        }
    }

    /// A template that nobody knows, though perhaps one of a similar name.
    pub(crate) fn not_found<'a>(
        name: &str,
        searched: &'static str,
        known: impl Iterator<Item = &'a str>,
    ) -> Error {
        let hint = suggest(name, known);
        HostFault::TemplateNotFound {
            name: name.to_owned(),
            searched,
            hint: hint.map_or(String::new(), |hint| format!("; did you mean `{hint}`?")),
        }
        .into()
    }

    /// A call that took longer than it may.
    pub(crate) fn timeout(label: Option<&str>, allowed: Duration) -> Error {
        HostFault::Timeout {
            what: label.map_or_else(|| "the wait".to_owned(), |label| format!("`{label}`")),
            seconds: allowed.as_secs_f64(),
        }
        .into()
    }

    /// A file of a template that could not be read.
    pub(crate) fn unreadable(name: &str, path: &Path, cause: std::io::Error) -> Error {
        HostFault::Unreadable {
            name: name.to_owned(),
            path: path.display().to_string(),
            cause,
        }
        .into()
    }
}

impl From<HostFault> for Error {
    #[cold]
    fn from(fault: HostFault) -> Self {
        let error = Error::new(fault.kind(), fault.to_string());
        match fault {
            HostFault::Output(cause)
            | HostFault::Unreadable { cause, .. }
            | HostFault::NoFolder { cause, .. } => error.with_source(Arc::new(cause)),
            _ => error,
        }
    }
}
