//! What a native function sees of the render that called it.

use std::fmt;

use crate::call::{
    Arguments, Budget, Extensions, Flow, Function, Registry, RenderTranslations, Translations,
};
use crate::error::Error;
use crate::error::call::CallFault;
use crate::value::{Charge, Undefined, UndefinedPolicy, Value, mapping};

/// The render behind a call: its budget, its extensions, whether output is escaped.
///
/// A closure that takes `&CallContext` as its first parameter gets it without using up an argument.
///
/// ```
/// use kakehi::{CallContext, Environment};
/// let mut env = Environment::new();
/// env.add_function("escaping", |ctx: &CallContext| ctx.auto_escape());
/// assert_eq!(env.render_str("<< escaping() >>", ()).unwrap(), "False");
/// ```
#[derive(Clone, Copy)]
pub struct CallContext<'a> {
    parts: ContextParts<'a>,
}

/// What the machine makes a [`CallContext`] of.
#[derive(Clone, Copy)]
pub(crate) struct ContextParts<'a> {
    /// The render's counters.
    pub(crate) budget: &'a Budget,
    /// The filters, tests and globals of the environment.
    pub(crate) registry: &'a Registry,
    /// The host's values for this render.
    pub(crate) extensions: &'a Extensions,
    /// What the host gave the render.
    pub(crate) host_context: &'a Value,
    /// Whether output is escaped where the call stands.
    pub(crate) auto_escape: bool,
    /// What undefined values do.
    pub(crate) policy: UndefinedPolicy,
    /// What filters break lines with.
    pub(crate) newline: &'static str,
    /// Whether this call may wait: `| await f`, or `auto_await`.
    pub(crate) awaits: bool,
    /// Whether futures that are done count as their results, because the machine awaited them for this call.
    pub(crate) futures_are_awaited: bool,
    /// The name the callee was called by.
    pub(crate) name: &'a str,
    /// The name of the template the call stands in.
    pub(crate) template: &'a str,
}

impl<'a> CallContext<'a> {
    /// The context of one call.
    pub(crate) fn new(parts: ContextParts<'a>) -> Self {
        CallContext { parts }
    }

    /// The name that the function, filter or test was called by.
    ///
    /// ```
    /// use kakehi::{CallContext, Environment};
    /// let mut env = Environment::new();
    /// for name in ["red", "green"] {
    ///     env.add_filter(name, |text: &str, context: &CallContext| format!("<{}>{text}", context.name()));
    /// }
    /// assert_eq!(env.render_str("<< 'x' | red | green >>", ())?, "<green><red>x");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn name(&self) -> &'a str {
        self.parts.name
    }

    /// The name of the template the call stands in.
    ///
    /// ```
    /// use kakehi::{CallContext, Environment};
    /// let mut env = Environment::new();
    /// env.add_function("here", |context: &CallContext| context.template().to_owned());
    /// assert_eq!(env.render_named_str("page.txt", "<< here() >>", ())?, "page.txt");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn template(&self) -> &'a str {
        self.parts.template
    }

    /// Whether output is escaped where the call stands.
    ///
    /// ```
    /// use kakehi::{CallContext, Environment, Value};
    /// let mut env = Environment::new();
    /// env.add_function("line", |context: &CallContext| match context.auto_escape() {
    ///     true => Value::from_safe_string("<br>"),
    ///     false => Value::from("\n"),
    /// });
    /// assert_eq!(env.render_named_str("a.html", "a<< line() >>b", ())?, "a<br>b");
    /// assert_eq!(env.render_named_str("a.txt", "a<< line() >>b", ())?, "a\nb");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn auto_escape(&self) -> bool {
        self.parts.auto_escape
    }

    /// The value of type `T` that the host gave this render, such as a database pool.
    ///
    /// ```
    /// use kakehi::{CallContext, Environment, RenderOptions};
    /// struct User(String);
    /// let mut env = Environment::new();
    /// env.add_function("me", |context: &CallContext| context.extension::<User>().map(|user| user.0.clone()));
    /// let template = env.template_from_str("I am << me() >>")?;
    /// let options = RenderOptions::new().with_extension(User("Ann".to_owned()));
    /// assert_eq!(template.render_with((), options)?, "I am Ann");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn extension<T: Send + Sync + 'static>(&self) -> Option<&'a T> {
        self.parts.extensions.get::<T>()
    }

    /// The value of a name of the render's context: of what the host gave it, not of what the template set.
    ///
    /// Of a struct, the fields that the template itself cannot read may be missing, unless it reads a global
    /// of [`add_async_global`](crate::Environment::add_async_global); of a [`Value`] or
    /// [`Context`](crate::Context) all names are there.
    ///
    /// ```
    /// use kakehi::{CallContext, Environment, context};
    /// let mut env = Environment::new();
    /// env.add_filter("localized", |text: &str, context: &CallContext| match context.context_value("language") {
    ///     Some(language) => format!("{text} ({language})"),
    ///     None => text.to_owned(),
    /// });
    /// let template = env.template_from_str("<< 'tea' | localized >>")?;
    /// assert_eq!(template.render(context! { language => "fr" })?, "tea (fr)");
    /// assert_eq!(template.render(())?, "tea");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn context_value(&self, name: &str) -> Option<Value> {
        let context = self.parts.host_context;
        match (mapping(context), context.as_object()) {
            (Some(mapping), _) => mapping.get_str(name).cloned(),
            (None, Some(object)) => object.get_attr(name),
            (None, None) => None,
        }
    }

    /// Pays for `rounds` rounds of a loop out of the render's fuel.
    ///
    /// # Errors
    /// [`ErrorKind::Fuel`](crate::ErrorKind::Fuel) when the render has used up its instructions.
    ///
    /// ```
    /// use kakehi::{CallContext, Environment, Error, ErrorKind, Limits};
    /// let mut env = Environment::new();
    /// env.add_function("search", |context: &CallContext| -> Result<i64, Error> {
    ///     context.fuel(1_000_000)?;
    ///     Ok(42)
    /// });
    /// env.set_limits(Limits { fuel: Some(1000), ..Limits::default() });
    /// assert_eq!(env.render_str("<< search() >>", ()).unwrap_err().kind(), ErrorKind::Fuel);
    /// ```
    pub fn fuel(&self, rounds: u64) -> Result<(), Error> {
        self.parts.budget.fuel(rounds)
    }

    /// Pays for `bytes` that the call is about to allocate.
    ///
    /// # Errors
    /// [`ErrorKind::MemoryLimit`](crate::ErrorKind::MemoryLimit) when that is more than the render may.
    ///
    /// ```
    /// use kakehi::{CallContext, Environment, Error, ErrorKind};
    /// let mut env = Environment::new();
    /// env.add_function("zeros", |count: u64, context: &CallContext| -> Result<String, Error> {
    ///     context.memory(count)?;
    ///     Ok("0".repeat(count as usize))
    /// });
    /// assert_eq!(env.render_str("<< zeros(3) >>", ())?, "000");
    /// let error = env.render_str("<< zeros(10 ** 12) >>", ()).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::MemoryLimit);
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn memory(&self, bytes: u64) -> Result<(), Error> {
        self.parts.budget.memory(bytes)
    }

    /// Fails if `count` more waits may not be in flight at once.
    pub(crate) fn in_flight(&self, count: usize) -> Result<(), Error> {
        self.parts.budget.in_flight(count)
    }

    /// Applies a filter of the environment that answers at once.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownFilter`](crate::ErrorKind::UnknownFilter), the filter's own error, or
    /// [`ErrorKind::Host`](crate::ErrorKind::Host) if the filter calls back into the template or waits.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use kakehi::{Arguments, CallContext, Environment, Error, Flow, Function};
    ///
    /// /// Does what `upper` does.
    /// struct Loud;
    ///
    /// impl Function for Loud {
    ///     fn call(&self, context: &CallContext<'_>, arguments: &Arguments<'_>) -> Result<Flow, Error> {
    ///         context.call_filter("upper", arguments).map(Flow::from)
    ///     }
    /// }
    ///
    /// let mut env = Environment::new();
    /// env.set_filter("loud", Arc::new(Loud));
    /// assert_eq!(env.render_str("<< 'hey' | loud >>", ())?, "HEY");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn call_filter(&self, name: &str, arguments: &Arguments<'_>) -> Result<Value, Error> {
        let filter = self.filter(name)?;
        self.at_once(name, filter.call(&self.renamed(name), arguments)?)
    }

    /// Performs a test of the environment that answers at once.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownTest`](crate::ErrorKind::UnknownTest), the test's own error, or
    /// [`ErrorKind::Host`](crate::ErrorKind::Host) if the test calls back into the template or waits.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use kakehi::{Arguments, CallContext, Environment, Error, Flow, Function, Value};
    ///
    /// /// Whether the test `odd` says no.
    /// struct NotOdd;
    ///
    /// impl Function for NotOdd {
    ///     fn call(&self, context: &CallContext<'_>, arguments: &Arguments<'_>) -> Result<Flow, Error> {
    ///         let odd = context.perform_test("odd", arguments)?;
    ///         Ok(Flow::from(Value::from(!odd)))
    ///     }
    /// }
    ///
    /// let mut env = Environment::new();
    /// env.set_test("not_odd", Arc::new(NotOdd));
    /// assert_eq!(env.render_str("<< 2 is not_odd >>", ())?, "True");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn perform_test(&self, name: &str, arguments: &Arguments<'_>) -> Result<bool, Error> {
        let test = self.test(name)?;
        let answer = self.at_once(name, test.call(&self.renamed(name), arguments)?)?;
        crate::value::truth(self, &answer)
    }

    /// The filter called `name`, or an error that suggests the nearest name.
    pub(crate) fn filter(&self, name: &str) -> Result<&'a dyn Function, Error> {
        let registry = self.parts.registry;
        registry
            .filter(name)
            .map(|filter| &**filter)
            .ok_or_else(|| CallFault::unknown_filter(name, registry.filter_names()))
    }

    /// The test called `name`, or an error that suggests the nearest name.
    pub(crate) fn test(&self, name: &str) -> Result<&'a dyn Function, Error> {
        let registry = self.parts.registry;
        registry
            .test(name)
            .map(|test| &**test)
            .ok_or_else(|| CallFault::unknown_test(name, registry.test_names()))
    }

    /// The same context under a name that lives shorter.
    pub(crate) fn renamed<'b>(&'b self, name: &'b str) -> CallContext<'b> {
        CallContext {
            parts: ContextParts { name, ..self.parts },
        }
    }

    /// Whether the call may wait.
    pub(crate) fn awaits(&self) -> bool {
        self.parts.awaits
    }

    /// Whether futures that are done count as their results.
    pub(crate) fn awaited(&self) -> bool {
        self.parts.futures_are_awaited
    }

    /// What undefined values do.
    pub(crate) fn policy(&self) -> UndefinedPolicy {
        self.parts.policy
    }

    /// What filters break lines with.
    pub(crate) fn newline(&self) -> &'static str {
        self.parts.newline
    }

    /// The render's counters.
    pub(crate) fn budget(&self) -> &'a Budget {
        self.parts.budget
    }

    /// The filters, tests, globals and methods.
    pub(crate) fn registry(&self) -> &'a Registry {
        self.parts.registry
    }

    /// Where translations come from, if from anywhere.
    pub(crate) fn translations(&self) -> Option<&'a dyn Translations> {
        match self.parts.extensions.get::<RenderTranslations>() {
            Some(RenderTranslations(translations)) => Some(&**translations),
            None => self.parts.registry.translating().translations.as_deref(),
        }
    }

    /// Whether `gettext` and its sisters put variables into messages.
    pub(crate) fn formats_messages(&self) -> bool {
        self.parts.registry.translating().formats_messages
    }

    fn at_once(&self, name: &str, flow: Flow) -> Result<Value, Error> {
        match flow.with_future_as_value() {
            Flow::Return(value) => Ok(value),
            _ => Err(CallFault::cannot_call_back(name)),
        }
    }
}

impl Charge for CallContext<'_> {
    fn fuel(&self, rounds: u64) -> Result<(), Error> {
        self.parts.budget.fuel(rounds)
    }

    fn memory(&self, bytes: u64) -> Result<(), Error> {
        self.parts.budget.memory(bytes)
    }

    fn futures_are_awaited(&self) -> bool {
        self.parts.futures_are_awaited
    }

    fn stored(&self, container: &Value) {
        self.parts.budget.stored(container);
    }

    fn used_undefined(&self, undefined: &Undefined) {
        self.parts.budget.used_undefined(undefined);
    }
}

impl fmt::Debug for CallContext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallContext")
            .field("name", &self.parts.name)
            .field("template", &self.parts.template)
            .field("auto_escape", &self.parts.auto_escape)
            .finish_non_exhaustive()
    }
}
