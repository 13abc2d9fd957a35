//! What every value goes through before it is printed.

use std::sync::Arc;

use crate::call::{Function, IntoFunction};
use crate::environment::Environment;

impl Environment {
    /// Sets a closure that every value of an output goes through before it is printed, and escaped where
    /// that is on: to print none as nothing, for instance. Text of the template does not.
    ///
    /// ```
    /// use kakehi::{Environment, Value};
    /// let mut env = Environment::new();
    /// env.add_finalize(|value: Value| if value.is_none() { Value::from("") } else { value });
    /// assert_eq!(env.render_str("[<< none >>] << 1 >>", ())?, "[] 1");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn add_finalize<A: 'static>(&mut self, finalize: impl IntoFunction<A>) {
        self.registry().add_finalize(finalize);
    }

    /// The same with a function that sees its call as the machine does, the value as its only argument. It
    /// may call back and, where waiting is automatic, wait.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use kakehi::{Arguments, CallContext, Environment, Error, Flow, Function, Value};
    /// struct Brackets;
    /// impl Function for Brackets {
    ///     fn call(&self, _: &CallContext<'_>, arguments: &Arguments<'_>) -> Result<Flow, Error> {
    ///         Ok(Flow::from(Value::from(format!("[{}]", arguments.get(0).unwrap_or(&Value::default())))))
    ///     }
    /// }
    /// let mut env = Environment::new();
    /// env.set_finalize(Arc::new(Brackets));
    /// assert_eq!(env.render_str("a << 1 >>", ())?, "a [1]");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn set_finalize(&mut self, finalize: Arc<dyn Function>) {
        self.registry().set_finalize(finalize);
    }
}
