//! What goes wrong with values: types that do not fit, numbers that do not fit, things that are missing.

use arcstr::ArcStr;
use thiserror::Error as ThisError;

use crate::error::{Error, ErrorKind};

/// A future or a stream, with the call that gave it where that is known.
fn named(kind: &str, label: &str) -> String {
    if label == kind || label.is_empty() {
        format!("a {kind}")
    } else {
        format!("the {kind} of `{label}`")
    }
}

/// What to do with a generator where a list is needed.
pub(crate) const MAKE_A_LIST: &str =
    "it can be iterated once; make a list of it first with `| list`";

/// The texts of values and of operations on them. Where Python has a message, it is Python's.
#[derive(Debug, ThisError)]
pub(crate) enum ValueFault {
    #[error("'{0}' is undefined")]
    UndefinedName(ArcStr),
    #[error("'{owner}' has no attribute '{name}'")]
    UndefinedAttribute { owner: ArcStr, name: ArcStr },
    #[error("'{owner}' has no element {key}")]
    UndefinedItem { owner: ArcStr, key: ArcStr },
    #[error("it became undefined here")]
    BecameUndefined,

    #[error("unsupported operand type(s) for {operator}: '{left}' and '{right}'")]
    Operands {
        operator: &'static str,
        left: ArcStr,
        right: ArcStr,
    },
    #[error("bad operand type for unary {operator}: '{operand}'")]
    Operand {
        operator: &'static str,
        operand: ArcStr,
    },
    #[error("can only concatenate {left} (not \"{right}\") to {left}")]
    Concatenate { left: &'static str, right: ArcStr },
    #[error("can't multiply sequence by non-int of type '{0}'")]
    RepeatBy(ArcStr),
    #[error("'{operator}' not supported between instances of '{left}' and '{right}'")]
    NotOrdered {
        operator: &'static str,
        left: ArcStr,
        right: ArcStr,
    },
    #[error("'in <string>' requires string as left operand, not {0}")]
    NotInString(ArcStr),
    #[error("a bytes-like object is required, not '{0}'")]
    NotInBytes(ArcStr),
    #[error("byte must be in range(0, 256)")]
    ByteRange,
    #[error("argument of type '{0}' is not iterable")]
    NotAContainer(ArcStr),
    #[error("'{0}' object is not iterable")]
    NotIterable(ArcStr),
    #[error("'{0}' object cannot be sliced")]
    NotSliceable(ArcStr),
    #[error("the parts of a slice must be integers or none, found {0}")]
    SlicePart(ArcStr),
    #[error("object of type '{0}' has no len()")]
    NoLength(ArcStr),
    #[error("'{0}' object is not callable")]
    NotCallable(ArcStr),
    #[error("unhashable type: '{0}'")]
    Unhashable(ArcStr),
    #[error(
        "this list belongs to the host and cannot be changed; copy it first with the `list` filter"
    )]
    FrozenList,
    #[error("this mapping belongs to the host and cannot be changed; copy it first with `dict`")]
    FrozenMap,

    #[error("division by zero")]
    DivisionByZero,
    #[error("modulo by zero")]
    ModuloByZero,
    #[error("0.0 cannot be raised to a negative power")]
    ZeroToNegative,
    #[error("a negative number cannot be raised to a fractional power")]
    NegativeToFraction,
    #[error("the result of `{0}` is an integer beyond 128 bits, which is the largest there is")]
    IntegerOverflow(&'static str),
    #[error("the result of `{0}` is a float beyond the largest there is")]
    FloatOverflow(&'static str),
    #[error("integers have at most 128 bits, and this one has more")]
    IntegerTooLarge,
    #[error("cannot convert float {0} to integer")]
    NotAnInteger(&'static str),
    #[error("range() arg 3 must not be zero")]
    RangeStepZero,
    #[error("a key holds more than {0} values")]
    KeyTooLarge(usize),
    #[error("slice step cannot be zero")]
    SliceStepZero,
    #[error("the length of this sequence is beyond 64 bits")]
    TooLong,
    #[error("values nest deeper than the limit of {0}")]
    TooDeep(usize),

    #[error("not enough arguments for format string")]
    FormatMissing,
    #[error("not all arguments converted during string formatting")]
    FormatUnused,
    #[error("format requires a mapping")]
    FormatMapping,
    #[error("incomplete format")]
    FormatIncomplete,
    #[error("incomplete format key")]
    FormatIncompleteKey,
    #[error("* wants int")]
    FormatStar,
    #[error("width or precision of a format is too large")]
    FormatTooWide,
    #[error("%c requires int or char")]
    FormatChar,
    #[error("%c arg not in range(0x110000)")]
    FormatCharRange,
    #[error("%{conversion} format: {expected} is required, not {found}")]
    FormatNumber {
        conversion: char,
        expected: &'static str,
        found: ArcStr,
    },
    #[error("must be real number, not {0}")]
    FormatReal(ArcStr),
    #[error("unsupported format character '{found}' (0x{code:x}) at index {index}")]
    FormatCharacter {
        found: char,
        code: u32,
        index: usize,
    },
    #[error("the mapping has no key {0}")]
    FormatKey(ArcStr),

    #[error("the future panicked when it was first awaited")]
    Panicked,
    #[error("{} was not awaited; write `await` in front of it", named("future", .0))]
    Unawaited(ArcStr),
    #[error(
        "{} was iterated before, and a stream can be iterated only once; read it into a list with `| await list` to use it again",
        named("stream", .0)
    )]
    StreamConsumed(ArcStr),
    #[error(
        "{} cannot be read without waiting; use `async for`, or a filter with `| await`",
        named("stream", .0)
    )]
    StreamInSyncFor(ArcStr),

    #[error("expected {expected}, found {found}")]
    Expected {
        expected: &'static str,
        found: ArcStr,
    },
    #[error("{number} is out of range for {expected}")]
    OutOfRange {
        expected: &'static str,
        number: ArcStr,
    },
    #[error("cannot convert a value of the host: {0}")]
    Serialize(ArcStr),
    #[error("cannot convert a value for the host: {0}")]
    Deserialize(ArcStr),
}

impl ValueFault {
    /// The category of the error that this becomes.
    fn kind(&self) -> ErrorKind {
        use ValueFault as Fault;
        match self {
            Fault::UndefinedName(_)
            | Fault::UndefinedAttribute { .. }
            | Fault::UndefinedItem { .. }
            | Fault::BecameUndefined => ErrorKind::Undefined,
            Fault::DivisionByZero
            | Fault::ModuloByZero
            | Fault::ZeroToNegative
            | Fault::NegativeToFraction
            | Fault::IntegerOverflow(_)
            | Fault::FloatOverflow(_)
            | Fault::IntegerTooLarge
            | Fault::NotAnInteger(_)
            | Fault::RangeStepZero
            | Fault::KeyTooLarge(_)
            | Fault::SliceStepZero
            | Fault::TooLong
            | Fault::ByteRange
            | Fault::OutOfRange { .. }
            | Fault::FormatIncomplete
            | Fault::FormatIncompleteKey
            | Fault::FormatTooWide
            | Fault::FormatCharRange
            | Fault::FormatCharacter { .. }
            | Fault::FormatKey(_) => ErrorKind::Value,
            Fault::TooDeep(_) => ErrorKind::DepthLimit,
            Fault::Unawaited(_) => ErrorKind::UnawaitedFuture,
            Fault::Panicked => ErrorKind::Host,
            Fault::StreamConsumed(_) => ErrorKind::StreamConsumed,
            Fault::StreamInSyncFor(_) => ErrorKind::StreamInSyncFor,
            Fault::Serialize(_) | Fault::Deserialize(_) => ErrorKind::Serialization,
            _ => ErrorKind::Type,
        }
    }

    /// The text alone, for notes and for undefined values that say what they are.
    pub(crate) fn text(&self) -> ArcStr {
        arcstr::format!("{self}")
    }
}

impl From<ValueFault> for Error {
    #[cold]
    fn from(fault: ValueFault) -> Self {
        Error::new(fault.kind(), fault.text())
    }
}
