//! The methods that Python's own types have: of strings, lists, dicts, tuples, ranges and numbers.

mod dict;
mod format;
mod list;
mod number;
mod padding;
mod search;
mod splitting;
mod string;

use crate::call::Builtin;
use crate::value::{Value, ValueKind};

/// The method `name` of the type of `receiver`.
pub(super) fn method(receiver: &Value, name: &str) -> Option<&'static Builtin> {
    let tables: &[&'static [Builtin]] = match receiver.kind() {
        ValueKind::String => &[
            string::METHODS,
            splitting::METHODS,
            search::METHODS,
            padding::METHODS,
            format::METHODS,
        ],
        ValueKind::List => &[list::METHODS, list::SEQUENCE_METHODS],
        ValueKind::Tuple | ValueKind::Range => &[list::SEQUENCE_METHODS],
        ValueKind::Map => &[dict::METHODS],
        ValueKind::Integer | ValueKind::Bool => &[number::INTEGER_METHODS],
        ValueKind::Float => &[number::FLOAT_METHODS],
        ValueKind::Bytes => &[string::BYTES_METHODS],
        _ => &[],
    };
    tables
        .iter()
        .flat_map(|table| table.iter())
        .find(|method| method.name == name)
}
