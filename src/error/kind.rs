//! What category an error is of.

/// The category of an [`Error`](crate::Error), for code that handles errors rather than shows them.
///
/// ```
/// use kakehi::{Environment, ErrorKind};
/// let error = Environment::new().render_str("<< 1 | upperr >>", ()).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::UnknownFilter);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The text is no template: a slip of the lexer's or the grammar's rules.
    Syntax,
    /// The text parses but means nothing, such as two blocks of one name.
    Compile,
    /// No loader knows the template.
    TemplateNotFound,
    /// An undefined value was used where its policy forbids it.
    Undefined,
    /// A value has the wrong type for what is done with it.
    Type,
    /// A value has the right type but cannot be used, such as a division by zero.
    Value,
    /// A call has too many, too few, or unknown arguments.
    Argument,
    /// No filter has this name.
    UnknownFilter,
    /// No test has this name.
    UnknownTest,
    /// Templates extend or import each other in a way that cannot work.
    Inheritance,
    /// A future was used as if it were its result.
    UnawaitedFuture,
    /// A stream was iterated a second time.
    StreamConsumed,
    /// A plain `for`, or a filter that cannot wait, met a stream.
    StreamInSyncFor,
    /// A template that waits was rendered synchronously.
    AsyncRequired,
    /// A blocking render was asked for inside a running async runtime.
    BlockingInRuntime,
    /// A value of the host could not be converted.
    Serialization,
    /// A loader failed for another reason than that the template is missing.
    Loader,
    /// The output could not be written.
    Output,
    /// Something took longer than the template allows it to.
    Timeout,
    /// The render used up its instructions.
    Fuel,
    /// The render wrote more than it may.
    OutputLimit,
    /// The template allocated more than it may.
    MemoryLimit,
    /// Calls, includes, inheritance or values nest deeper than they may.
    DepthLimit,
    /// More waits are in flight than may be.
    InFlightLimit,
    /// A stream gave more items than it may.
    ItemLimit,
    /// The render took longer than it may.
    Deadline,
    /// A function, filter, test or object of the host failed.
    Host,
}

impl ErrorKind {
    /// Whether this is one of the limits of a render, which no template can catch.
    ///
    /// ```
    /// use kakehi::ErrorKind;
    /// assert!(ErrorKind::Deadline.is_limit());
    /// assert!(!ErrorKind::Undefined.is_limit());
    /// ```
    pub fn is_limit(self) -> bool {
        matches!(
            self,
            ErrorKind::Fuel
                | ErrorKind::OutputLimit
                | ErrorKind::MemoryLimit
                | ErrorKind::DepthLimit
                | ErrorKind::InFlightLimit
                | ErrorKind::ItemLimit
                | ErrorKind::Deadline
        )
    }
}
