//! What builtin filters, tests, functions and methods refuse.

use thiserror::Error as ThisError;

use crate::error::{Error, ErrorKind};

/// What an undefined value says that there was nothing to take from.
pub(crate) const NO_FIRST_ITEM: &str = "No first item, sequence was empty.";
/// See [`NO_FIRST_ITEM`].
pub(crate) const NO_LAST_ITEM: &str = "No last item, sequence was empty.";
/// See [`NO_FIRST_ITEM`].
pub(crate) const NO_RANDOM_ITEM: &str = "No random item, sequence was empty.";
/// See [`NO_FIRST_ITEM`].
pub(crate) const NO_EXTREME_ITEM: &str = "No aggregated item, sequence was empty.";

/// The texts of the builtins.
#[derive(Debug, ThisError)]
pub(crate) enum BuiltinFault {
    #[error("`{name}` cannot be applied to {found}, it takes {expected}")]
    Receiver {
        name: &'static str,
        expected: &'static str,
        found: String,
    },
    #[error("argument `{parameter}` of `{name}` must be {expected}, found {found}")]
    Argument {
        name: &'static str,
        parameter: &'static str,
        expected: &'static str,
        found: String,
    },
    #[error("argument `{parameter}` of `{name}` must be {expected}, got {given}")]
    Range {
        name: &'static str,
        parameter: &'static str,
        expected: &'static str,
        given: String,
    },
    #[error("the result of `{0}` does not fit an integer of 128 bits")]
    Overflow(&'static str),
    #[error("`{0}` cannot turn {1} into an integer")]
    NoInteger(&'static str, String),
    #[error("`{name}` cannot read the number `{text}`")]
    NoNumber { name: &'static str, text: String },
    #[error("`_` stands for `gettext`, and there is no such function")]
    NoGettext,
    #[error("`sum` adds numbers; use `join` for strings")]
    SumOfStrings,
    #[error("`map` needs the name of a filter, or `attribute=`")]
    MapWithoutFilter,
    #[error("`{0}` needs the name of an attribute")]
    NoAttributeName(&'static str),
    #[error("`{name}` needs the name of a test as a string, found {found}")]
    NoTestName { name: &'static str, found: String },
    #[error("`format` takes either positional or keyword arguments, not both")]
    FormatBoth,
    #[error("`{0}` is no name of an attribute: it has white space, `/`, `>` or `=`")]
    AttributeName(String),
    #[error("{0} cannot be turned into JSON")]
    NoJson(String),
    #[error("{0} cannot be a key in JSON; a key is a string, a number, a bool or none")]
    NoJsonKey(String),
    #[error("values nest deeper than `{0}` can write")]
    TooDeep(&'static str),
    #[error("`{0}` needs pairs of a key and a value, found {1}")]
    NoPair(&'static str, String),
    #[error("`cycler` needs at least one item")]
    EmptyCycler,
    #[error("`race` needs at least one future")]
    EmptyRace,
    #[error("an empty separator splits nothing")]
    EmptySeparator,
    #[error("`{part}` is not in the text")]
    TextNotFound { part: String },
    #[error("{item} is not in the {container}")]
    ItemNotFound {
        item: String,
        container: &'static str,
    },
    #[error("`{name}` from an empty {container}")]
    Empty {
        name: &'static str,
        container: &'static str,
    },
    #[error("index {index} is out of range, the list has {length} items")]
    IndexOutOfRange { index: i64, length: usize },
    #[error("key {0} is not in the dict")]
    KeyNotFound(String),
    #[error("{0} may not change: it is data of the host; copy it with `list` or `dict` first")]
    Frozen(&'static str),
    #[error("item {index} of `join` must be a string, found {found}")]
    JoinItem { index: usize, found: String },
    #[error("a format ends inside `{{`; write `{{{{` for a brace")]
    FormatOpen,
    #[error("a single `}}` in a format; write `}}}}` for a brace")]
    FormatClose,
    #[error("a format mixes numbered and automatic fields")]
    FormatMixed,
    #[error("a format asks for argument {index}, got {given}")]
    FormatIndex { index: usize, given: usize },
    #[error("a format asks for the argument `{0}`, which was not given")]
    FormatName(String),
    #[error("`{0}` is no field of a format")]
    FormatField(String),
    #[error("`!{0}` is no conversion; use `!s`, `!r` or `!a`")]
    FormatConversion(String),
    #[error("fields of a format nest too deep")]
    FormatDepth,
    #[error("`{spec}` is no format for {found}")]
    FormatSpec { spec: String, found: String },
    #[error("{0}")]
    Required(String),
    #[error("the bytes are no UTF-8 text")]
    NotUtf8,
}

impl BuiltinFault {
    fn kind(&self) -> ErrorKind {
        match self {
            BuiltinFault::Receiver { .. }
            | BuiltinFault::Argument { .. }
            | BuiltinFault::SumOfStrings
            | BuiltinFault::NoJson(_)
            | BuiltinFault::NoJsonKey(_)
            | BuiltinFault::NoPair(..)
            | BuiltinFault::Frozen(_)
            | BuiltinFault::JoinItem { .. } => ErrorKind::Type,
            BuiltinFault::MapWithoutFilter
            | BuiltinFault::NoAttributeName(_)
            | BuiltinFault::NoTestName { .. }
            | BuiltinFault::FormatBoth
            | BuiltinFault::EmptyCycler
            | BuiltinFault::EmptyRace
            | BuiltinFault::FormatIndex { .. }
            | BuiltinFault::FormatName(_) => ErrorKind::Argument,
            BuiltinFault::TooDeep(_) => ErrorKind::DepthLimit,
            _ => ErrorKind::Value,
        }
    }
}

impl From<BuiltinFault> for Error {
    #[cold]
    fn from(fault: BuiltinFault) -> Self {
        Error::new(fault.kind(), fault.to_string())
    }
}
