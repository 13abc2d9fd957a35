//! A compiled expression, ready to be evaluated.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use crate::environment::{Compiled, Configuration, Environment, Waits, waits};
use crate::error::Error;
use crate::render::{self, EvalFuture, Plan, RenderOptions};
use crate::value::Value;
use crate::vm::Entry;

/// A compiled expression: what may stand between the delimiters of an output, giving its value instead of
/// text.
///
/// ```
/// let env = kakehi::Environment::new();
/// let adult = env.expression("age >= 18 and not banned")?;
/// let value = adult.eval(kakehi::context! { age => 20, banned => false })?;
/// assert!(value.is_true());
/// # Ok::<(), kakehi::Error>(())
/// ```
#[derive(Clone)]
pub struct Expression {
    configuration: Arc<Configuration>,
    compiled: Arc<Compiled>,
    options: Arc<RenderOptions>,
    undefined_to_none: bool,
}

impl Environment {
    /// Compiles an expression.
    ///
    /// # Errors
    /// If the text is no expression, or names filters or tests that nobody knows.
    ///
    /// ```
    /// let env = kakehi::Environment::new();
    /// assert_eq!(env.expression("[1, 2, 3] | sum")?.eval(())?.as_i64(), Some(6));
    /// assert!(env.expression("1 +").is_err());
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn expression(&self, source: &str) -> Result<Expression, Error> {
        let program = self.configuration.compile_expression(source)?;
        Ok(Expression {
            configuration: Arc::clone(&self.configuration),
            compiled: Compiled::new(program),
            options: Arc::clone(render::no_options()),
            undefined_to_none: false,
        })
    }
}

impl Expression {
    /// The expression's text.
    ///
    /// ```
    /// assert_eq!(kakehi::Environment::new().expression("1 + 1")?.source(), "1 + 1");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn source(&self) -> &str {
        &self.compiled.program.origin.text
    }

    /// The same expression, evaluated with `options`.
    ///
    /// ```
    /// use kakehi::{Environment, ErrorKind, RenderOptions};
    /// let expression = Environment::new().expression("'x' * 1000000000")?;
    /// let careful = expression.with_options(RenderOptions::untrusted());
    /// assert_eq!(careful.eval(()).unwrap_err().kind(), ErrorKind::MemoryLimit);
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    #[must_use]
    pub fn with_options(&self, options: RenderOptions) -> Expression {
        Expression {
            options: Arc::new(options),
            ..self.clone()
        }
    }

    /// The same expression, whose value is none where it would be undefined.
    ///
    /// ```
    /// use kakehi::Environment;
    /// let expression = Environment::new().expression("user.name if user")?;
    /// assert!(expression.eval(())?.is_undefined());
    /// assert!(expression.undefined_to_none().eval(())?.is_none());
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    #[must_use]
    pub fn undefined_to_none(&self) -> Expression {
        Expression {
            undefined_to_none: true,
            ..self.clone()
        }
    }

    /// Evaluates the expression.
    ///
    /// # Errors
    /// If it fails, or waits, see [`Expression::eval_async`].
    ///
    /// ```
    /// let env = kakehi::Environment::new();
    /// assert_eq!(env.expression("a + 1")?.eval(kakehi::context! { a => 1 })?.as_i64(), Some(2));
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn eval(&self, context: impl Serialize) -> Result<Value, Error> {
        let value = render::evaluate(self.plan(), context)?;
        Ok(render::defined_or(value, self.undefined_to_none))
    }

    /// Evaluates the expression and waits where it waits.
    ///
    /// ```
    /// let mut env = kakehi::Environment::new();
    /// env.add_async_function("price", |name: String| async move { name.len() });
    /// let total = env.expression("await price('tea') * 2")?;
    /// assert_eq!(futures_executor::block_on(total.eval_async(()))?.as_i64(), Some(6));
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn eval_async(&self, context: impl Serialize) -> EvalFuture {
        EvalFuture::new(self.plan().job(context), self.undefined_to_none)
    }

    /// As [`Expression::eval`], with options.
    ///
    /// ```
    /// use kakehi::{Environment, RenderOptions};
    /// let expression = Environment::new().expression("1 + 1")?;
    /// assert_eq!(expression.eval_with((), RenderOptions::untrusted())?.as_i64(), Some(2));
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn eval_with(
        &self,
        context: impl Serialize,
        options: RenderOptions,
    ) -> Result<Value, Error> {
        self.with_options(options).eval(context)
    }

    /// As [`Expression::eval_async`], with options.
    ///
    /// ```
    /// use kakehi::{Environment, RenderOptions};
    /// let expression = Environment::new().expression("1 + 1")?;
    /// let value = expression.eval_async_with((), RenderOptions::untrusted());
    /// assert_eq!(futures_executor::block_on(value)?.as_i64(), Some(2));
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn eval_async_with(&self, context: impl Serialize, options: RenderOptions) -> EvalFuture {
        self.with_options(options).eval_async(context)
    }

    /// Whether evaluating it waits.
    ///
    /// ```
    /// use kakehi::{Environment, Waits};
    /// assert_eq!(Environment::new().expression("await f()")?.is_async(), Waits::Yes);
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn is_async(&self) -> Waits {
        waits(&self.configuration, &self.compiled)
    }

    fn plan(&self) -> Plan<'_> {
        Plan {
            configuration: &self.configuration,
            compiled: &self.compiled,
            entry: &Entry::Expression,
            options: &self.options,
        }
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Expression")
            .field("source", &self.source())
            .finish_non_exhaustive()
    }
}
