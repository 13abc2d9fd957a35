//! Errors: one public type, its categories, and every text the engine says.
//!
//! Each layer has a private enum here with its texts ([`SyntaxFault`], `ValueFault`, …); they become
//! an [`Error`] when they leave their layer, and gain a place and a trace on their way up.

pub(crate) mod builtin;
pub(crate) mod call;
#[cfg(feature = "gettext")]
mod catalog;
mod compile;
#[cfg(feature = "datetime")]
mod dates;
mod host;
mod kind;
pub(crate) mod machine;
mod mend;
#[cfg(feature = "object-store")]
mod object_store;
#[cfg(feature = "redis")]
mod redis;
mod report;
#[cfg(any(feature = "object-store", feature = "sql"))]
mod store;
mod suggest;
mod syntax;
mod trace;
pub(crate) mod value;
#[cfg(feature = "watch")]
mod watch;

#[cfg(feature = "gettext")]
pub(crate) use catalog::CatalogFault;
pub(crate) use compile::{CompileFault, VerifyFault};
#[cfg(feature = "datetime")]
pub(crate) use dates::DateFault;
pub(crate) use host::HostFault;
pub use kind::ErrorKind;
#[cfg(feature = "object-store")]
pub(crate) use object_store::PrefixFault;
#[cfg(feature = "redis")]
pub(crate) use redis::RedisFault;
#[cfg(any(feature = "object-store", feature = "sql"))]
pub(crate) use store::StoreFault;
pub(crate) use suggest::suggest;
pub(crate) use syntax::{DelimiterFault, SyntaxError, SyntaxFault, SyntaxNote};
pub(crate) use trace::{TraceEntry, TraceKind};
#[cfg(feature = "watch")]
pub(crate) use watch::WatchFault;

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use arcstr::ArcStr;

use crate::source::{Location, Place};

/// What went wrong, where, and how the render got there.
///
/// `{}` is one line: the message and `template:line:column`. `{:#}` is a report: an excerpt of the
/// source with a caret, notes, the trace through includes, macros and blocks, and the causes.
///
/// ```
/// let env = kakehi::Environment::new();
/// let error = env.render_str("<< 7 // 0 >>", ()).unwrap_err();
/// assert_eq!(error.to_string(), "division by zero (in <string>:1:4)");
/// ```
#[derive(Clone)]
pub struct Error(Box<Repr>);

const _: () = assert!(size_of::<Error>() == size_of::<usize>());

#[derive(Clone)]
struct Repr {
    kind: ErrorKind,
    message: ArcStr,
    place: Option<Place>,
    notes: Vec<Note>,
    trace: Vec<TraceEntry>,
    /// Whether the trace is complete: an error that passes through a template's callers gets it once.
    traced: bool,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
    payload: Option<Arc<dyn Any + Send + Sync>>,
}

/// A remark under the excerpt, with a place of its own where it has one.
#[derive(Clone)]
pub(crate) struct Note {
    pub(crate) text: ArcStr,
    pub(crate) place: Option<Place>,
}

impl Error {
    /// An error of a host's function, filter, test, object or loader, with its message.
    ///
    /// ```
    /// use kakehi::{Environment, Error};
    /// let mut env = Environment::new();
    /// env.add_function("fail", || -> Result<String, Error> { Err(Error::host("no luck")) });
    /// let error = env.render_str("<< fail() >>", ()).unwrap_err();
    /// assert_eq!(error.message(), "no luck");
    /// ```
    pub fn host(message: impl Into<String>) -> Self {
        Error::new(ErrorKind::Host, message.into())
    }

    /// An error of a host that keeps `source` as its cause.
    ///
    /// ```
    /// let cause = "x".parse::<i32>().unwrap_err();
    /// let error = kakehi::Error::from_source(cause);
    /// assert!(std::error::Error::source(&error).is_some());
    /// ```
    pub fn from_source(source: impl std::error::Error + Send + Sync + 'static) -> Self {
        let mut error = Error::host(source.to_string());
        error.0.source = Some(Arc::new(source));
        error
    }

    /// An error of the given category; where it happened is added on its way up.
    #[cold]
    pub(crate) fn new(kind: ErrorKind, message: impl Into<ArcStr>) -> Self {
        Error(Box::new(Repr {
            kind,
            message: message.into(),
            place: None,
            notes: Vec::new(),
            trace: Vec::new(),
            traced: false,
            source: None,
            payload: None,
        }))
    }

    /// The category.
    ///
    /// ```
    /// let error = kakehi::Environment::new().render_str("\n<< 7 // 0 >>", ()).unwrap_err();
    /// assert_eq!(error.kind(), kakehi::ErrorKind::Value);
    /// ```
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What went wrong, without the place.
    ///
    /// ```
    /// let error = kakehi::Environment::new().render_str("\n<< 7 // 0 >>", ()).unwrap_err();
    /// assert_eq!(error.message(), "division by zero");
    /// ```
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The name of the template it happened in, where that is known.
    ///
    /// ```
    /// let error = kakehi::Environment::new().render_str("\n<< 7 // 0 >>", ()).unwrap_err();
    /// assert_eq!(error.template(), Some("<string>"));
    /// ```
    pub fn template(&self) -> Option<&str> {
        self.0
            .place
            .as_ref()
            .map(|place| place.origin.name.as_str())
    }

    /// Line and column, where they are known.
    ///
    /// ```
    /// let error = kakehi::Environment::new().render_str("\n<< 7 // 0 >>", ()).unwrap_err();
    /// let location = error.location().unwrap();
    /// assert_eq!((location.line, location.column), (2, 4));
    /// ```
    pub fn location(&self) -> Option<Location> {
        self.0.place.as_ref().map(Place::location)
    }

    /// Adds the place, unless an inner layer knew a nearer one.
    pub(crate) fn or_at(mut self, place: impl FnOnce() -> Place) -> Self {
        if self.0.place.is_none() {
            self.0.place = Some(place());
        }
        self
    }

    /// Adds the mended source to an error that a word would cure; `label` is the call that gave the future
    /// or stream.
    pub(crate) fn with_mended_source(self, label: &str) -> Self {
        let mended = self.0.place.as_ref().and_then(|place| {
            let source = &place.origin.text;
            match self.0.kind {
                ErrorKind::UnawaitedFuture => mend::with_await(source, place.span, label),
                ErrorKind::StreamInSyncFor => mend::with_async_for(source, place.span),
                _ => None,
            }
        });
        match mended {
            Some(mended) => self.with_note(format!("write `{mended}`"), None),
            None => self,
        }
    }

    /// Adds a remark, with its own place where it has one.
    pub(crate) fn with_note(mut self, text: impl Into<ArcStr>, place: Option<Place>) -> Self {
        self.0.notes.push(Note {
            text: text.into(),
            place,
        });
        self
    }

    /// Adds the cause.
    pub(crate) fn with_source(mut self, source: Arc<dyn std::error::Error + Send + Sync>) -> Self {
        self.0.source = Some(source);
        self
    }

    /// Adds what the error is about, for the layer that can do something about it.
    pub(crate) fn with_payload(mut self, payload: Arc<dyn Any + Send + Sync>) -> Self {
        self.0.payload = Some(payload);
        self
    }

    /// What the error is about, where a layer added that.
    pub(crate) fn payload(&self) -> Option<&Arc<dyn Any + Send + Sync>> {
        self.0.payload.as_ref()
    }

    /// Adds the next outer call, include, block or macro to the trace.
    pub(crate) fn push_trace(&mut self, entry: TraceEntry) {
        self.0.trace.push(entry);
    }

    /// Whether the trace is complete.
    pub(crate) fn is_traced(&self) -> bool {
        self.0.traced
    }

    /// Says that the trace is complete.
    pub(crate) fn mark_traced(&mut self) {
        self.0.traced = true;
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            return report::write(f, &self.0);
        }
        f.write_str(&self.0.message)?;
        if let Some(place) = &self.0.place {
            let Location { line, column } = place.location();
            write!(f, " (in {}:{line}:{column})", place.origin.name)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {self}", self.0.kind)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        let source = self.0.source.as_deref()?;
        Some(source)
    }
}
