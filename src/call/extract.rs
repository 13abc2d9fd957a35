//! Typed arguments: how each parameter of a closure is taken from a call.

use std::borrow::Cow;

use arcstr::ArcStr;
use serde::de::DeserializeOwned;

use crate::call::{Arguments, CallContext};
use crate::error::Error;
use crate::error::call::CallFault;
use crate::value::{Value, ValueKind, display};

/// A type that a [`Value`] converts to.
///
/// Implement it for a type of your own to take it as an argument of functions and filters.
///
/// ```
/// use kakehi::{Environment, Error, FromValue, Value};
/// struct Percent(f64);
/// impl FromValue for Percent {
///     fn from_value(value: &Value) -> Result<Self, Error> {
///         f64::from_value(value).map(|share| Percent(share * 100.0))
///     }
/// }
/// let mut env = Environment::new();
/// env.add_filter("percent", |share: Percent| format!("{}%", share.0));
/// assert_eq!(env.render_str("<< 0.5 | percent >>", ()).unwrap(), "50%");
/// ```
pub trait FromValue: Sized {
    /// Converts the value.
    ///
    /// # Errors
    /// A type error that says what was expected and what was found.
    fn from_value(value: &Value) -> Result<Self, Error>;
}

/// A parameter of a closure: how it is taken from the arguments of a call.
///
/// Implemented for everything that is [`FromValue`], and for `&str`, `&Value`, `Cow<str>` (which takes any
/// value as its text), `Option` (none where the argument is missing, none or undefined), [`Rest`], [`Kwargs`],
/// [`Serde`] and `&CallContext`.
///
/// ```
/// use std::borrow::Cow;
/// use kakehi::{Environment, Value};
/// let mut env = Environment::new();
/// env.add_filter("shorten", |text: Cow<'_, str>, length: usize, end: Option<&str>| {
///     let short: String = text.chars().take(length).collect();
///     short + end.unwrap_or("…")
/// });
/// assert_eq!(env.render_str("<< 'a long text' | shorten(6) >>", ())?, "a long…");
/// assert_eq!(env.render_str("<< 123456 | shorten(3, '?') >>", ())?, "123?");
///
/// env.add_test("empty", |value: &Value| value.is_empty());
/// assert_eq!(env.render_str("<< [] is empty >>", ())?, "True");
/// # Ok::<(), kakehi::Error>(())
/// ```
pub trait FromArgument<'a> {
    /// The type itself, with the lifetime of the call.
    type Output;

    /// Takes it from the arguments that are left.
    ///
    /// # Errors
    /// An argument is missing or has the wrong type.
    fn from_argument(reader: &mut ArgumentReader<'a>) -> Result<Self::Output, Error>;
}

/// The arguments of a call that are not taken yet.
///
/// ```
/// use kakehi::{ArgumentReader, Environment, Error, FromArgument, FromValue};
///
/// /// A point, which takes two arguments.
/// struct Point(f64, f64);
///
/// impl<'a> FromArgument<'a> for Point {
///     type Output = Point;
///
///     fn from_argument(reader: &mut ArgumentReader<'a>) -> Result<Point, Error> {
///         let x = f64::from_value(reader.expect_value()?)?;
///         let y = f64::from_value(reader.expect_value()?)?;
///         Ok(Point(x, y))
///     }
/// }
///
/// let mut env = Environment::new();
/// env.add_function("far", |from: Point, to: Point| (from.0 - to.0).hypot(from.1 - to.1));
/// assert_eq!(env.render_str("<< far(0, 0, 3, 4) >>", ())?, "5.0");
/// # Ok::<(), kakehi::Error>(())
/// ```
#[derive(Debug)]
pub struct ArgumentReader<'a> {
    context: &'a CallContext<'a>,
    arguments: Arguments<'a>,
    position: usize,
    keywords_taken: bool,
}

impl<'a> ArgumentReader<'a> {
    pub(crate) fn new(context: &'a CallContext<'_>, arguments: Arguments<'a>) -> Self {
        ArgumentReader {
            context,
            arguments,
            position: 0,
            keywords_taken: false,
        }
    }

    /// The call's context.
    ///
    /// ```
    /// use kakehi::{ArgumentReader, Environment, Error, FromArgument};
    /// struct Taken(String);
    /// impl<'a> FromArgument<'a> for Taken {
    ///     type Output = Taken;
    ///     fn from_argument(reader: &mut ArgumentReader<'a>) -> Result<Taken, Error> {
    ///         Ok(Taken(reader.context().name().to_owned()))
    ///     }
    /// }
    /// let mut env = Environment::new();
    /// env.add_function("f", |taken: Taken| taken.0);
    /// assert_eq!(env.render_str("<< f() >>", ())?, "f");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn context(&self) -> &'a CallContext<'a> {
        self.context
    }

    /// Takes the next positional argument.
    ///
    /// ```
    /// use kakehi::{ArgumentReader, Environment, Error, FromArgument};
    /// struct Taken(String);
    /// impl<'a> FromArgument<'a> for Taken {
    ///     type Output = Taken;
    ///     fn from_argument(reader: &mut ArgumentReader<'a>) -> Result<Taken, Error> {
    ///         let mut count = 0;
    ///         while reader.next_value().is_some() {
    ///             count += 1;
    ///         }
    ///         Ok(Taken(format!("{count} arguments")))
    ///     }
    /// }
    /// let mut env = Environment::new();
    /// env.add_function("f", |taken: Taken| taken.0);
    /// assert_eq!(env.render_str("<< f(1, 2) >>", ())?, "2 arguments");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn next_value(&mut self) -> Option<&'a Value> {
        let value = self.arguments.get(self.position)?;
        self.position += 1;
        Some(value)
    }

    /// Takes the next positional argument, which must be there.
    ///
    /// # Errors
    /// There is none.
    ///
    /// ```
    /// use kakehi::{ArgumentReader, Environment, Error, FromArgument};
    /// struct Taken(String);
    /// impl<'a> FromArgument<'a> for Taken {
    ///     type Output = Taken;
    ///     fn from_argument(reader: &mut ArgumentReader<'a>) -> Result<Taken, Error> {
    ///         Ok(Taken(reader.expect_value()?.to_string()))
    ///     }
    /// }
    /// let mut env = Environment::new();
    /// env.add_function("f", |taken: Taken| taken.0);
    /// assert_eq!(env.render_str("<< f(7) >>", ())?, "7");
    /// assert!(env.render_str("<< f() >>", ()).is_err());
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn expect_value(&mut self) -> Result<&'a Value, Error> {
        let position = self.position;
        self.next_value()
            .ok_or_else(|| CallFault::missing_position(self.context.name(), position + 1))
    }

    /// Takes all positional arguments that are left.
    ///
    /// ```
    /// use kakehi::{ArgumentReader, Environment, Error, FromArgument};
    /// struct Taken(String);
    /// impl<'a> FromArgument<'a> for Taken {
    ///     type Output = Taken;
    ///     fn from_argument(reader: &mut ArgumentReader<'a>) -> Result<Taken, Error> {
    ///         Ok(Taken(format!("{} left", reader.rest().len())))
    ///     }
    /// }
    /// let mut env = Environment::new();
    /// env.add_function("f", |taken: Taken| taken.0);
    /// assert_eq!(env.render_str("<< f(1, 2) >>", ())?, "2 left");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn rest(&mut self) -> &'a [Value] {
        let rest = &self.arguments.positional()[self.position..];
        self.position = self.arguments.positional().len();
        rest
    }

    /// Takes all keyword arguments.
    ///
    /// ```
    /// use kakehi::{ArgumentReader, Environment, Error, FromArgument};
    /// struct Taken(String);
    /// impl<'a> FromArgument<'a> for Taken {
    ///     type Output = Taken;
    ///     fn from_argument(reader: &mut ArgumentReader<'a>) -> Result<Taken, Error> {
    ///         let names: Vec<_> = reader.keywords().map(|(name, _)| name.as_str()).collect();
    ///         Ok(Taken(names.join(" and ")))
    ///     }
    /// }
    /// let mut env = Environment::new();
    /// env.add_function("f", |taken: Taken| taken.0);
    /// assert_eq!(env.render_str("<< f(a=1, b=2) >>", ())?, "a and b");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn keywords(&mut self) -> impl ExactSizeIterator<Item = (&'a ArcStr, &'a Value)> + use<'a> {
        self.keywords_taken = true;
        self.arguments.keywords()
    }

    /// Converts the argument that was just taken, and names it in the error.
    fn convert<T>(&self, result: Result<T, Error>) -> Result<T, Error> {
        result.map_err(|error| CallFault::in_argument(error, self.context.name(), self.position))
    }

    /// Fails if arguments are left that nobody took.
    pub(crate) fn finish(mut self) -> Result<(), Error> {
        let taken = self.position;
        let given = self.arguments.positional().len();
        if given > taken {
            return Err(CallFault::too_many(
                self.context.name(),
                taken,
                taken,
                given,
            ));
        }
        if !self.keywords_taken
            && let Some((name, _)) = self.keywords().next()
        {
            return Err(CallFault::unknown_keyword(self.context.name(), name, &[]));
        }
        Ok(())
    }
}

impl<'a, T: FromValue> FromArgument<'a> for T {
    type Output = T;

    fn from_argument(reader: &mut ArgumentReader<'a>) -> Result<T, Error> {
        let value = reader.expect_value()?;
        reader.convert(T::from_value(value))
    }
}

impl<'a> FromArgument<'a> for &Value {
    type Output = &'a Value;

    fn from_argument(reader: &mut ArgumentReader<'a>) -> Result<&'a Value, Error> {
        reader.expect_value()
    }
}

impl<'a> FromArgument<'a> for &str {
    type Output = &'a str;

    fn from_argument(reader: &mut ArgumentReader<'a>) -> Result<&'a str, Error> {
        let value = reader.expect_value()?;
        reader.convert(text(value))
    }
}

impl<'a> FromArgument<'a> for Cow<'_, str> {
    type Output = Cow<'a, str>;

    fn from_argument(reader: &mut ArgumentReader<'a>) -> Result<Cow<'a, str>, Error> {
        let value = reader.expect_value()?;
        if let Some(text) = value.as_str() {
            return Ok(Cow::Borrowed(text));
        }
        let mut text = String::new();
        reader.convert(display::write(reader.context, &mut text, value))?;
        Ok(Cow::Owned(text))
    }
}

impl<'a> FromArgument<'a> for &CallContext<'_> {
    type Output = &'a CallContext<'a>;

    fn from_argument(reader: &mut ArgumentReader<'a>) -> Result<Self::Output, Error> {
        Ok(reader.context)
    }
}

impl<'a, T: FromArgument<'a>> FromArgument<'a> for Option<T> {
    type Output = Option<T::Output>;

    fn from_argument(reader: &mut ArgumentReader<'a>) -> Result<Self::Output, Error> {
        match reader.arguments.get(reader.position) {
            None => Ok(None),
            Some(value) if value.is_none() || value.is_undefined() => {
                reader.position += 1;
                Ok(None)
            }
            Some(_) => T::from_argument(reader).map(Some),
        }
    }
}

/// All positional arguments that are left.
///
/// ```
/// use kakehi::{Environment, Rest};
/// let mut env = Environment::new();
/// env.add_function("total", |numbers: Rest<i64>| numbers.0.iter().sum::<i64>());
/// assert_eq!(env.render_str("<< total(1, 2, 3) >>", ()).unwrap(), "6");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Rest<T>(pub Vec<T>);

impl<'a, T: FromValue> FromArgument<'a> for Rest<T> {
    type Output = Rest<T>;

    fn from_argument(reader: &mut ArgumentReader<'a>) -> Result<Rest<T>, Error> {
        let mut taken = Vec::new();
        while let Some(value) = reader.next_value() {
            taken.push(reader.convert(T::from_value(value))?);
        }
        Ok(Rest(taken))
    }
}

/// The keyword arguments of a call.
///
/// ```
/// use kakehi::{Environment, Error, Kwargs};
/// let mut env = Environment::new();
/// env.add_filter("tag", |text: &str, options: Kwargs| -> Result<String, Error> {
///     let name: String = options.get("name")?.unwrap_or("p".into());
///     options.no_others(&["name"])?;
///     Ok(format!("<{name}>{text}</{name}>"))
/// });
/// assert_eq!(env.render_str("<< 'x' | tag(name='b') >>", ()).unwrap(), "<b>x</b>");
/// assert!(env.render_str("<< 'x' | tag(nam='b') >>", ()).is_err());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Kwargs {
    callee: ArcStr,
    values: Vec<(ArcStr, Value)>,
}

impl Kwargs {
    /// The keyword called `name`, converted; `None` where it was not given.
    ///
    /// # Errors
    /// It has another type.
    ///
    /// ```
    /// use kakehi::{Environment, Error, Kwargs};
    /// let mut env = Environment::new();
    /// env.add_function("size", |options: Kwargs| -> Result<i64, Error> {
    ///     Ok(options.get::<i64>("width")?.unwrap_or(80))
    /// });
    /// assert_eq!(env.render_str("<< size() >> << size(width=40) >>", ())?, "80 40");
    /// assert!(env.render_str("<< size(width='wide') >>", ()).is_err());
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn get<T: FromValue>(&self, name: &str) -> Result<Option<T>, Error> {
        let Some((_, value)) = self.values.iter().find(|(known, _)| known == name) else {
            return Ok(None);
        };
        match T::from_value(value) {
            Ok(value) => Ok(Some(value)),
            Err(error) => Err(CallFault::in_keyword(error, &self.callee, name)),
        }
    }

    /// All keywords in the order they were written.
    ///
    /// ```
    /// use kakehi::{Environment, Kwargs};
    /// let mut env = Environment::new();
    /// env.add_function("query", |parameters: Kwargs| {
    ///     let pairs: Vec<_> = parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
    ///     pairs.join("&")
    /// });
    /// assert_eq!(env.render_str("<< query(page=2, order='name') >>", ())?, "page=2&order=name");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> {
        self.values
            .iter()
            .map(|(name, value)| (name.as_str(), value))
    }

    /// Fails if a keyword was given that is not among `known`.
    ///
    /// # Errors
    /// An argument error that names the keyword.
    ///
    /// ```
    /// use kakehi::{Environment, ErrorKind, Kwargs};
    /// let mut env = Environment::new();
    /// env.add_function("f", |options: Kwargs| options.no_others(&["width"]).map(|()| "fine"));
    /// assert_eq!(env.render_str("<< f(width=3) >>", ())?, "fine");
    /// assert_eq!(env.render_str("<< f(wide=3) >>", ()).unwrap_err().kind(), ErrorKind::Argument);
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn no_others(&self, known: &[&str]) -> Result<(), Error> {
        match self.iter().find(|(name, _)| !known.contains(name)) {
            Some((name, _)) => Err(CallFault::unknown_keyword(&self.callee, name, known)),
            None => Ok(()),
        }
    }
}

impl<'a> FromArgument<'a> for Kwargs {
    type Output = Kwargs;

    fn from_argument(reader: &mut ArgumentReader<'a>) -> Result<Kwargs, Error> {
        Ok(Kwargs {
            callee: ArcStr::from(reader.context.name()),
            values: reader
                .keywords()
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
        })
    }
}

/// An argument that is converted by serde.
///
/// ```
/// use kakehi::{Environment, Serde};
/// #[derive(serde::Deserialize)]
/// struct Point { x: i64, y: i64 }
/// let mut env = Environment::new();
/// env.add_filter("norm", |point: Serde<Point>| point.0.x * point.0.x + point.0.y * point.0.y);
/// assert_eq!(env.render_str("<< {'x': 3, 'y': 4} | norm >>", ()).unwrap(), "25");
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Serde<T>(pub T);

impl<T: DeserializeOwned> FromValue for Serde<T> {
    fn from_value(value: &Value) -> Result<Self, Error> {
        T::deserialize(value).map(Serde)
    }
}

impl FromValue for Value {
    fn from_value(value: &Value) -> Result<Self, Error> {
        Ok(value.clone())
    }
}

fn text(value: &Value) -> Result<&str, Error> {
    value
        .as_str()
        .ok_or_else(|| CallFault::expected("a string", value.kind()))
}

impl FromValue for String {
    fn from_value(value: &Value) -> Result<Self, Error> {
        text(value).map(str::to_owned)
    }
}

impl FromValue for ArcStr {
    fn from_value(value: &Value) -> Result<Self, Error> {
        text(value).map(ArcStr::from)
    }
}

impl FromValue for bool {
    fn from_value(value: &Value) -> Result<Self, Error> {
        value
            .as_bool()
            .ok_or_else(|| CallFault::expected("a boolean", value.kind()))
    }
}

macro_rules! integers {
    ($($type:ty),*) => {$(
        impl FromValue for $type {
            fn from_value(value: &Value) -> Result<Self, Error> {
                let Some(number) = value.as_i128() else {
                    return Err(CallFault::expected("an integer", value.kind()));
                };
                <$type>::try_from(number)
                    .map_err(|_| CallFault::out_of_range(number, stringify!($type)))
            }
        }
    )*};
}

integers!(
    i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize
);

impl FromValue for f64 {
    fn from_value(value: &Value) -> Result<Self, Error> {
        value
            .as_f64()
            .ok_or_else(|| CallFault::expected("a number", value.kind()))
    }
}

impl FromValue for f32 {
    fn from_value(value: &Value) -> Result<Self, Error> {
        f64::from_value(value).map(|number| number as f32)
    }
}

impl<T: FromValue> FromValue for Vec<T> {
    fn from_value(value: &Value) -> Result<Self, Error> {
        if value.as_str().is_some() || value.kind() == ValueKind::Map {
            return Err(CallFault::expected("a sequence", value.kind()));
        }
        value.try_iter()?.map(|item| T::from_value(&item)).collect()
    }
}
