//! What goes wrong with calls: arguments, limits, names nobody knows, and builtins that refuse their input.

use std::fmt;
use std::sync::Arc;

use thiserror::Error as ThisError;

use crate::error::{Error, ErrorKind, suggest};

/// The texts of calls and of the budget.
#[derive(Debug, ThisError)]
pub(crate) enum CallFault {
    #[error("the render used up its fuel of {0} instructions")]
    Fuel(u64),
    #[error("the render allocated more than its limit of {0} bytes")]
    Memory(u64),
    #[error("the render wrote more than its limit of {0} bytes")]
    Output(u64),
    #[error("calls, includes and blocks nest deeper than the limit of {0}")]
    Depth(usize),
    #[error("a stream gave more items than the limit of {0}")]
    Items(u64),
    #[error("more waits are in flight than the limit of {0}")]
    InFlight(usize),
    #[error("no filter named `{name}`{hint}")]
    UnknownFilter { name: String, hint: String },
    #[error("no test named `{name}`{hint}")]
    UnknownTest { name: String, hint: String },
    #[error("`{0}` calls back into the template or waits, which is not possible here")]
    CannotCallBack(String),
    #[error("`{0}` needs a value to be applied to")]
    NoValue(String),
    #[error("`{name}` takes {expected}, got {given}")]
    TooMany {
        name: String,
        expected: String,
        given: usize,
    },
    #[error("`{name}` got the argument `{argument}` twice")]
    Twice { name: String, argument: String },
    #[error("unknown keyword argument `{argument}` for `{name}`{hint}")]
    UnknownKeyword {
        name: String,
        argument: String,
        hint: String,
    },
    #[error("`{name}` misses its argument `{argument}`")]
    Missing { name: String, argument: String },
    #[error("`{name}` misses its argument {position}")]
    MissingPosition { name: String, position: usize },
    #[error("argument {position} of `{name}`: {message}")]
    InArgument {
        name: String,
        position: usize,
        message: String,
    },
    #[error("argument `{argument}` of `{name}`: {message}")]
    InKeyword {
        name: String,
        argument: String,
        message: String,
    },
    #[error("expected {expected}, found {found}")]
    Expected { expected: String, found: String },
    #[error("`{owner}` has no method `{name}`")]
    NoMethod { owner: String, name: String },
    #[error("{number} does not fit the type `{wanted}`")]
    OutOfRange { number: i128, wanted: &'static str },
}

impl CallFault {
    fn at(self, kind: ErrorKind) -> Error {
        Error::new(kind, self.to_string())
    }

    #[cold]
    pub(crate) fn out_of_fuel(limit: Option<u64>) -> Error {
        CallFault::Fuel(limit.unwrap_or(u64::MAX)).at(ErrorKind::Fuel)
    }

    #[cold]
    pub(crate) fn out_of_memory(limit: Option<u64>) -> Error {
        CallFault::Memory(limit.unwrap_or(isize::MAX as u64)).at(ErrorKind::MemoryLimit)
    }

    #[cold]
    pub(crate) fn too_much_output(limit: Option<u64>) -> Error {
        CallFault::Output(limit.unwrap_or(u64::MAX)).at(ErrorKind::OutputLimit)
    }

    #[cold]
    pub(crate) fn too_deep(limit: usize) -> Error {
        CallFault::Depth(limit).at(ErrorKind::DepthLimit)
    }

    #[cold]
    pub(crate) fn too_many_items(limit: u64) -> Error {
        CallFault::Items(limit).at(ErrorKind::ItemLimit)
    }

    #[cold]
    pub(crate) fn too_many_in_flight(limit: usize) -> Error {
        CallFault::InFlight(limit).at(ErrorKind::InFlightLimit)
    }

    #[cold]
    pub(crate) fn unknown_filter<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Error {
        CallFault::UnknownFilter {
            name: name.to_owned(),
            hint: did_you_mean(name, known),
        }
        .at(ErrorKind::UnknownFilter)
    }

    #[cold]
    pub(crate) fn unknown_test<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Error {
        CallFault::UnknownTest {
            name: name.to_owned(),
            hint: did_you_mean(name, known),
        }
        .at(ErrorKind::UnknownTest)
    }

    #[cold]
    pub(crate) fn cannot_call_back(name: &str) -> Error {
        CallFault::CannotCallBack(name.to_owned()).at(ErrorKind::Host)
    }

    #[cold]
    pub(crate) fn no_value(name: &str) -> Error {
        CallFault::NoValue(name.to_owned()).at(ErrorKind::Argument)
    }

    #[cold]
    pub(crate) fn too_many(name: &str, most: usize, required: usize, given: usize) -> Error {
        let expected = match (most, required) {
            (0, _) => "no arguments".to_owned(),
            (1, 1) => "1 argument".to_owned(),
            (1, _) => "at most 1 argument".to_owned(),
            (most, required) if most == required => format!("{most} arguments"),
            (most, _) => format!("at most {most} arguments"),
        };
        CallFault::TooMany {
            name: name.to_owned(),
            expected,
            given,
        }
        .at(ErrorKind::Argument)
    }

    #[cold]
    pub(crate) fn given_twice(name: &str, argument: &str) -> Error {
        CallFault::Twice {
            name: name.to_owned(),
            argument: argument.to_owned(),
        }
        .at(ErrorKind::Argument)
    }

    #[cold]
    pub(crate) fn unknown_keyword(name: &str, argument: &str, known: &[&str]) -> Error {
        let hint = match known {
            [] => "; it takes none".to_owned(),
            [only] => format!("; it takes `{only}`"),
            many => format!("; it takes `{}`", many.join("`, `")),
        };
        CallFault::UnknownKeyword {
            name: name.to_owned(),
            argument: argument.to_owned(),
            hint,
        }
        .at(ErrorKind::Argument)
    }

    #[cold]
    pub(crate) fn missing(name: &str, argument: &str) -> Error {
        CallFault::Missing {
            name: name.to_owned(),
            argument: argument.to_owned(),
        }
        .at(ErrorKind::Argument)
    }

    #[cold]
    pub(crate) fn missing_position(name: &str, position: usize) -> Error {
        CallFault::MissingPosition {
            name: name.to_owned(),
            position,
        }
        .at(ErrorKind::Argument)
    }

    /// Says which argument could not be converted; other failures pass as they are.
    #[cold]
    pub(crate) fn in_argument(mut error: Error, name: &str, position: usize) -> Error {
        if is_about_the_value(&error) {
            error.0.message = CallFault::InArgument {
                name: name.to_owned(),
                position,
                message: error.message().to_owned(),
            }
            .to_string()
            .into();
        }
        error
    }

    /// Says which keyword could not be converted; other failures pass as they are.
    #[cold]
    pub(crate) fn in_keyword(mut error: Error, name: &str, argument: &str) -> Error {
        if is_about_the_value(&error) {
            error.0.message = CallFault::InKeyword {
                name: name.to_owned(),
                argument: argument.to_owned(),
                message: error.message().to_owned(),
            }
            .to_string()
            .into();
        }
        error
    }

    /// An argument is of the wrong type.
    #[cold]
    pub(crate) fn expected(expected: &str, found: impl fmt::Display) -> Error {
        CallFault::Expected {
            expected: expected.to_owned(),
            found: found.to_string(),
        }
        .at(ErrorKind::Type)
    }

    #[cold]
    pub(crate) fn no_method(owner: &str, name: &str) -> Error {
        CallFault::NoMethod {
            owner: owner.to_owned(),
            name: name.to_owned(),
        }
        .at(ErrorKind::Undefined)
    }

    #[cold]
    pub(crate) fn out_of_range(number: i128, wanted: &'static str) -> Error {
        CallFault::OutOfRange { number, wanted }.at(ErrorKind::Value)
    }
}

fn is_about_the_value(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Type | ErrorKind::Value | ErrorKind::Serialization
    )
}

fn did_you_mean<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    match suggest(name, known) {
        Some(near) => format!("; did you mean `{near}`?"),
        None => String::new(),
    }
}

impl Error {
    /// The engine's own error as it is, or any other as the failure of a host with that cause.
    pub(crate) fn from_boxed(error: Box<dyn std::error::Error + Send + Sync>) -> Self {
        match error.downcast::<Error>() {
            Ok(own) => *own,
            Err(other) => {
                let mut error = Error::host(other.to_string());
                error.0.source = Some(Arc::from(other));
                error
            }
        }
    }
}
