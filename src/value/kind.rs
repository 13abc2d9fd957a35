//! What kind of value a value is, for hosts that look.

use std::fmt;

/// The kind of a [`Value`](crate::Value).
///
/// ```
/// use kakehi::{Value, ValueKind};
/// assert_eq!(Value::from(7).kind(), ValueKind::Integer);
/// assert_eq!(Value::from("seven").kind().to_string(), "string");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ValueKind {
    /// Nothing known, as of a variable that nobody set.
    Undefined,
    /// The value `none`.
    None,
    /// True or false.
    Bool,
    /// An integer of up to 128 bits.
    Integer,
    /// A floating point number.
    Float,
    /// Text, safe or not.
    String,
    /// Bytes that are no text.
    Bytes,
    /// A sequence that templates may change if they made it.
    List,
    /// A sequence that nobody changes.
    Tuple,
    /// Integers from a start to a stop.
    Range,
    /// Keys with values: a map or a struct of the host.
    Map,
    /// An object of the host, or something callable.
    Object,
    /// The result of an async call that must be awaited.
    Future,
    /// Items that arrive one by one and must be awaited.
    Stream,
}

impl fmt::Display for ValueKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            ValueKind::Undefined => "undefined",
            ValueKind::None => "none",
            ValueKind::Bool => "bool",
            ValueKind::Integer => "integer",
            ValueKind::Float => "float",
            ValueKind::String => "string",
            ValueKind::Bytes => "bytes",
            ValueKind::List => "list",
            ValueKind::Tuple => "tuple",
            ValueKind::Range => "range",
            ValueKind::Map => "map",
            ValueKind::Object => "object",
            ValueKind::Future => "future",
            ValueKind::Stream => "stream",
        })
    }
}
