//! What a loader gives: the text of a template, and what tells this version from the next.

use std::fmt;
use std::time::{Duration, SystemTime};

use arcstr::ArcStr;

use crate::error::{Error, HostFault};

/// A template as a loader found it.
///
/// ```
/// use kakehi::Source;
/// let source = Source::new("Hello!").with_version("v1");
/// assert_eq!(source.text(), "Hello!");
/// assert_eq!(source.version().map(|version| version.as_str()), Some("v1"));
/// assert!(Source::from("no version").version().is_none());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    pub(crate) text: String,
    pub(crate) version: Option<Version>,
}

impl Source {
    /// A template's text. Without a version, a later check loads the text again and compares.
    ///
    /// ```
    /// assert_eq!(kakehi::Source::new("<< 1 + 1 >>").text(), "<< 1 + 1 >>");
    /// ```
    pub fn new(text: impl Into<String>) -> Self {
        Source {
            text: text.into(),
            version: None,
        }
    }

    /// The text in the bytes of a template.
    pub(super) fn text_of(name: &str, bytes: Vec<u8>) -> Result<String, Error> {
        String::from_utf8(bytes).map_err(|error| {
            HostFault::InvalidUtf8 {
                name: name.to_owned(),
                offset: error.utf8_error().valid_up_to(),
            }
            .into()
        })
    }

    /// Says which version this is.
    ///
    /// ```
    /// let source = kakehi::Source::new("text").with_version("etag-7");
    /// assert_eq!(source.version().unwrap().as_str(), "etag-7");
    /// ```
    #[must_use]
    pub fn with_version(mut self, version: impl Into<Version>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// The text.
    ///
    /// ```
    /// assert_eq!(kakehi::Source::new("text").text(), "text");
    /// ```
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The version, if the loader said which.
    ///
    /// ```
    /// assert!(kakehi::Source::new("text").version().is_none());
    /// ```
    pub fn version(&self) -> Option<&Version> {
        self.version.as_ref()
    }
}

impl From<String> for Source {
    fn from(text: String) -> Self {
        Source::new(text)
    }
}

impl From<&str> for Source {
    fn from(text: &str) -> Self {
        Source::new(text)
    }
}

/// What tells one version of a template from another: an etag, a time, a hash, a number.
///
/// Only the loader that made it reads it. It must change when the text does.
///
/// ```
/// use kakehi::Version;
/// assert_eq!(Version::from("etag-7").as_str(), "etag-7");
/// assert_ne!(Version::from("etag-7"), Version::from("etag-8"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Version(ArcStr);

impl Version {
    /// The version of what was written at `modified` and differs by `rest` besides; none while it may be written
    /// again without its time showing that.
    pub(super) fn of_time(modified: SystemTime, rest: impl fmt::Display) -> Option<Self> {
        /// No clock of a store is coarser.
        const COARSEST_CLOCK: Duration = Duration::from_secs(3);
        let age = SystemTime::now().duration_since(modified).ok()?;
        let since = modified.duration_since(SystemTime::UNIX_EPOCH).ok()?;
        (age > COARSEST_CLOCK).then(|| Version::from(format!("{} {rest}", since.as_nanos())))
    }

    /// The version as the loader wrote it.
    ///
    /// ```
    /// assert_eq!(kakehi::Version::from("2".to_owned()).as_str(), "2");
    /// ```
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for Version {
    fn from(version: String) -> Self {
        Version(version.into())
    }
}

impl From<&str> for Version {
    fn from(version: &str) -> Self {
        Version(version.into())
    }
}

impl From<ArcStr> for Version {
    fn from(version: ArcStr) -> Self {
        Version(version)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What has become of a template that a loader gave before.
///
/// ```
/// use kakehi::{Reloaded, Source};
/// let changed = Reloaded::from(Some(Source::new("new text")));
/// assert_eq!(changed, Reloaded::Changed(Source::new("new text")));
/// assert_eq!(Reloaded::from(None), Reloaded::Missing);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reloaded {
    /// It is still of that version.
    Unchanged,
    /// It may have changed, and is this now.
    Changed(Source),
    /// It is no longer there.
    Missing,
}

impl Reloaded {
    /// What a load gives that was no check.
    pub(super) fn into_source(self) -> Option<Source> {
        match self {
            Reloaded::Changed(source) => Some(source),
            Reloaded::Unchanged | Reloaded::Missing => None,
        }
    }
}

impl From<Option<Source>> for Reloaded {
    fn from(found: Option<Source>) -> Self {
        found.map_or(Reloaded::Missing, Reloaded::Changed)
    }
}
