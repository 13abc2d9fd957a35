//! What a closure may give back.

use std::error::Error as StdError;

use crate::error::Error;
use crate::value::Value;

/// A result of a function, filter or test: anything that becomes a [`Value`], or a `Result` of it.
///
/// The error can be of any type that is an error, [`Error`] among them, or a text.
///
/// ```
/// let mut env = kakehi::Environment::new();
/// env.add_filter("number", |text: &str| text.parse::<i64>());
/// assert_eq!(env.render_str("<< '41' | number + 1 >>", ()).unwrap(), "42");
/// assert!(env.render_str("<< 'x' | number >>", ()).is_err());
/// ```
pub trait IntoResult {
    /// The value, or the error as the engine's own.
    ///
    /// # Errors
    /// The error of a `Result`.
    fn into_result(self) -> Result<Value, Error>;
}

impl<T: Into<Value>> IntoResult for T {
    fn into_result(self) -> Result<Value, Error> {
        Ok(self.into())
    }
}

impl<T, E> IntoResult for Result<T, E>
where
    T: Into<Value>,
    E: Into<Box<dyn StdError + Send + Sync>>,
{
    fn into_result(self) -> Result<Value, Error> {
        match self {
            Ok(value) => Ok(value.into()),
            Err(error) => Err(Error::from_boxed(error.into())),
        }
    }
}
