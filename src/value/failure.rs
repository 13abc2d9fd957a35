//! An error as templates see it.

use crate::error::Error;
use crate::value::{Map, Value};

impl Value {
    /// A result or an error as a mapping: `ok`, `value`, `error`.
    pub(crate) fn from_settled(result: Result<Value, Error>) -> Value {
        let (ok, value, error) = match result {
            Ok(value) => (true, value, Value::NONE),
            Err(error) => (false, Value::NONE, Value::from_error(&error)),
        };
        let mut map = Map::with_capacity(3);
        map.insert_str("ok", Value::bool(ok));
        map.insert_str("value", value);
        map.insert_str("error", error);
        Value::map(map)
    }

    /// What a template may know of an error: `kind`, `message`, and `template`, `line` and `column` of where
    /// it happened, which are none where that is not known.
    pub(crate) fn from_error(error: &Error) -> Value {
        let or_none = |value: Option<Value>| value.unwrap_or(Value::NONE);
        let location = error.location();
        let mut map = Map::with_capacity(5);
        map.insert_str("kind", Value::string(format!("{:?}", error.kind())));
        map.insert_str("message", Value::string(error.message()));
        map.insert_str("template", or_none(error.template().map(Value::string)));
        map.insert_str(
            "line",
            or_none(location.map(|at| Value::int(at.line.into()))),
        );
        map.insert_str(
            "column",
            or_none(location.map(|at| Value::int(at.column.into()))),
        );
        Value::map(map)
    }
}
