//! The methods that Python's own types have: of strings, lists, dicts, tuples, ranges and numbers.

mod dict;
mod format;
mod list;
mod number;
mod padding;
mod search;
mod splitting;
mod string;

use std::sync::LazyLock;

use crate::call::Methods;
use crate::value::ValueKind as Kind;

/// All of them.
pub(super) static METHODS: LazyLock<Methods> = LazyLock::new(|| {
    Methods::new(&[
        (&[Kind::String], string::METHODS),
        (&[Kind::String], splitting::METHODS),
        (&[Kind::String], search::METHODS),
        (&[Kind::String], padding::METHODS),
        (&[Kind::String], format::METHODS),
        (&[Kind::List], list::METHODS),
        (
            &[Kind::List, Kind::Tuple, Kind::Range],
            list::SEQUENCE_METHODS,
        ),
        (&[Kind::Map], dict::METHODS),
        (&[Kind::Integer, Kind::Bool], number::INTEGER_METHODS),
        (&[Kind::Float], number::FLOAT_METHODS),
        (&[Kind::Bytes], string::BYTES_METHODS),
    ])
});
