//! The one trait for filters, tests and functions, and functions as values.

use std::fmt;
use std::sync::Arc;

use arcstr::ArcStr;

use crate::call::{Arguments, Builtin, CallContext, Flow};
use crate::error::Error;
use crate::value::{Object, Value};

/// A filter, test or function that is written in Rust.
///
/// Plain closures become one by themselves, see
/// [`Environment::add_function`](crate::Environment::add_function); implement it where a closure with
/// typed arguments is not enough.
///
/// ```
/// use std::sync::Arc;
/// use kakehi::{Arguments, CallContext, Environment, Error, Flow, Function, Value};
///
/// /// Texts in the language that it was made for.
/// struct Translate(&'static [(&'static str, &'static str)]);
///
/// impl Function for Translate {
///     fn call(&self, _: &CallContext<'_>, arguments: &Arguments<'_>) -> Result<Flow, Error> {
///         let text = arguments.get(0).and_then(Value::as_str).ok_or(Error::host("takes a text"))?;
///         let known = self.0.iter().find(|(from, _)| *from == text);
///         Ok(Flow::from(Value::from(known.map_or(text, |(_, to)| to))))
///     }
/// }
///
/// let mut env = Environment::new();
/// env.set_function("_", Arc::new(Translate(&[("tea", "お茶")])));
/// assert_eq!(env.render_str("<< _('tea') >>, << _('rice') >>", ())?, "お茶, rice");
/// # Ok::<(), kakehi::Error>(())
/// ```
pub trait Function: Send + Sync + 'static {
    /// Runs the function.
    ///
    /// # Errors
    /// Whatever the function fails with; the place of the call is added on the way up.
    fn call(&self, context: &CallContext<'_>, arguments: &Arguments<'_>) -> Result<Flow, Error>;

    /// Whether calling gives the result or a future of it.
    fn kind(&self) -> FunctionKind {
        FunctionKind::Sync
    }

    /// Whether [`Function::write`] may write; asked for each place of use when a template is compiled.
    fn writes(&self) -> bool {
        false
    }

    /// Writes what the result would print as, escaped where the context escapes, and says whether it did.
    ///
    /// Only called where the result of a filter is printed at once, and only if [`Function::writes`] says so.
    /// A function that cannot do it cheaper than by giving its result answers `false`, and is called.
    ///
    /// # Errors
    /// Whatever keeps it from writing. What it wrote is taken back then, and it is called instead, so that
    /// its errors are those of [`Function::call`]. So it must leave alone what can be read only once, as generators.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use kakehi::{Arguments, CallContext, Environment, Error, Flow, Function, Value};
    ///
    /// /// A text three times.
    /// struct Thrice;
    ///
    /// impl Function for Thrice {
    ///     fn call(&self, _: &CallContext<'_>, arguments: &Arguments<'_>) -> Result<Flow, Error> {
    ///         let text = arguments.get(0).and_then(Value::as_str).ok_or(Error::host("takes a text"))?;
    ///         Ok(Flow::from(Value::from(text.repeat(3))))
    ///     }
    ///
    ///     fn writes(&self) -> bool {
    ///         true
    ///     }
    ///
    ///     fn write(
    ///         &self,
    ///         context: &CallContext<'_>,
    ///         arguments: &Arguments<'_>,
    ///         output: &mut String,
    ///     ) -> Result<bool, Error> {
    ///         let Some(text) = arguments.get(0).and_then(Value::as_str) else {
    ///             return Ok(false);
    ///         };
    ///         if context.auto_escape() {
    ///             return Ok(false);
    ///         }
    ///         (0..3).for_each(|_| output.push_str(text));
    ///         Ok(true)
    ///     }
    /// }
    ///
    /// let mut env = Environment::new();
    /// env.set_filter("thrice", Arc::new(Thrice));
    /// assert_eq!(env.render_str("<< 'ho ' | thrice >>", ())?, "ho ho ho ");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    fn write(
        &self,
        context: &CallContext<'_>,
        arguments: &Arguments<'_>,
        output: &mut String,
    ) -> Result<bool, Error> {
        let _ = (context, arguments, output);
        Ok(false)
    }
}

/// Whether calling a function gives the result or a future of it.
///
/// ```
/// use std::sync::Arc;
/// use kakehi::{Arguments, CallContext, Environment, Error, Flow, Function, FunctionKind, Value};
///
/// /// A function that gives a future, and says so.
/// struct Later;
///
/// impl Function for Later {
///     fn call(&self, _: &CallContext<'_>, _: &Arguments<'_>) -> Result<Flow, Error> {
///         Ok(Flow::from(Value::from_future(async { Ok::<_, Error>(7) })))
///     }
///
///     fn kind(&self) -> FunctionKind {
///         FunctionKind::Async
///     }
/// }
///
/// let mut env = Environment::new();
/// env.set_function("later", Arc::new(Later));
/// assert_eq!(futures_executor::block_on(env.render_str_async("<< await later() >>", ()))?, "7");
/// # Ok::<(), kakehi::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FunctionKind {
    /// Calling runs it and gives its result.
    Sync,
    /// Calling gives a future; it runs when it is awaited.
    Async,
}

/// A function of the host or the engine as a value of a template.
pub(crate) struct NativeFunction {
    name: ArcStr,
    function: Arc<dyn Function>,
}

impl NativeFunction {
    /// The function as a value that knows its name.
    pub(crate) fn value(name: ArcStr, function: Arc<dyn Function>) -> Value {
        Value::from_object(NativeFunction { name, function })
    }

    /// The name it is registered under.
    pub(crate) fn name(&self) -> &ArcStr {
        &self.name
    }

    /// The function itself.
    pub(crate) fn function(&self) -> &Arc<dyn Function> {
        &self.function
    }
}

impl fmt::Debug for NativeFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<function {}>", self.name)
    }
}

impl Object for NativeFunction {
    fn type_name(&self) -> &str {
        "function"
    }

    fn is_callable(&self) -> bool {
        true
    }

    fn call(
        self: &Arc<Self>,
        context: &CallContext<'_>,
        arguments: &Arguments<'_>,
    ) -> Result<Flow, Error> {
        self.function.call(&context.renamed(&self.name), arguments)
    }
}

/// A method of a string, list or dict that was read without being called: `x.upper`.
#[derive(Debug)]
pub(crate) struct BoundMethod {
    receiver: Value,
    method: &'static Builtin,
}

impl BoundMethod {
    /// The method as a value that remembers whose it is.
    pub(crate) fn value(receiver: Value, method: &'static Builtin) -> Value {
        Value::from_object(BoundMethod { receiver, method })
    }
}

impl Object for BoundMethod {
    fn type_name(&self) -> &str {
        "builtin_function_or_method"
    }

    fn is_callable(&self) -> bool {
        true
    }

    fn call(
        self: &Arc<Self>,
        context: &CallContext<'_>,
        arguments: &Arguments<'_>,
    ) -> Result<Flow, Error> {
        self.method.call_on(
            &self.receiver,
            &context.renamed(self.method.name),
            arguments,
        )
    }
}
