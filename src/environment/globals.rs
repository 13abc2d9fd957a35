//! The filters, tests, functions and globals that a host adds to an environment.

use std::sync::Arc;

use arcstr::ArcStr;

use crate::call::{CallContext, Function, IntoAsyncFunction, IntoFunction, IntoResult};
use crate::environment::Environment;
use crate::value::Value;

impl Environment {
    /// Adds a filter from a closure: `<< value | name(arguments) >>`.
    ///
    /// The closure's first argument is the value; see [`FromArgument`](crate::FromArgument) for the
    /// types it can have.
    ///
    /// ```
    /// let mut env = kakehi::Environment::new();
    /// env.add_filter("shout", |text: &str| text.to_uppercase() + "!");
    /// assert_eq!(env.render_str("<< 'hey' | shout >>", ())?, "HEY!");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn add_filter<A: 'static>(
        &mut self,
        name: impl Into<String>,
        filter: impl IntoFunction<A>,
    ) {
        self.registry()
            .add_filter(ArcStr::from(name.into()), filter);
    }

    /// Adds a test from a closure: `<% if value is name %>`.
    ///
    /// ```
    /// let mut env = kakehi::Environment::new();
    /// env.add_test("big", |number: i64| number > 100);
    /// assert_eq!(env.render_str("<< 'yes' if 101 is big >>", ())?, "yes");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn add_test<A: 'static>(&mut self, name: impl Into<String>, test: impl IntoFunction<A>) {
        self.registry().add_test(ArcStr::from(name.into()), test);
    }

    /// Adds a function from a closure: `<< name(arguments) >>`.
    ///
    /// ```
    /// let mut env = kakehi::Environment::new();
    /// env.add_function("add", |a: i64, b: Option<i64>| a + b.unwrap_or(1));
    /// assert_eq!(env.render_str("<< add(2) >> << add(2, 3) >>", ())?, "3 5");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn add_function<A: 'static>(
        &mut self,
        name: impl Into<String>,
        function: impl IntoFunction<A>,
    ) {
        self.registry()
            .add_function(ArcStr::from(name.into()), function);
    }

    /// Adds a filter from an async closure: `<< value | await name >>`.
    ///
    /// ```
    /// # futures_executor::block_on(async {
    /// let mut env = kakehi::Environment::new();
    /// env.add_async_filter("shout", |text: String| async move { text.to_uppercase() });
    /// assert_eq!(env.render_str_async("<< 'hey' | await shout >>", ()).await?, "HEY");
    /// # Ok::<(), kakehi::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn add_async_filter<A: 'static>(
        &mut self,
        name: impl Into<String>,
        filter: impl IntoAsyncFunction<A>,
    ) {
        self.registry()
            .add_async_filter(ArcStr::from(name.into()), filter);
    }

    /// Adds a test from an async closure.
    ///
    /// ```
    /// let mut env = kakehi::Environment::new();
    /// env.add_async_test("known", |name: String| async move { name == "ann" });
    /// let page = env.render_str_async("<< await ('ann' is known) >>", ());
    /// assert_eq!(futures_executor::block_on(page)?, "True");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn add_async_test<A: 'static>(
        &mut self,
        name: impl Into<String>,
        test: impl IntoAsyncFunction<A>,
    ) {
        self.registry()
            .add_async_test(ArcStr::from(name.into()), test);
    }

    /// Adds a function from an async closure: `<< await name(arguments) >>`.
    ///
    /// ```
    /// # futures_executor::block_on(async {
    /// let mut env = kakehi::Environment::new();
    /// env.add_async_function("user", |id: u64| async move { format!("user {id}") });
    /// assert_eq!(env.render_str_async("<< await user(7) >>", ()).await?, "user 7");
    /// # Ok::<(), kakehi::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn add_async_function<A: 'static>(
        &mut self,
        name: impl Into<String>,
        function: impl IntoAsyncFunction<A>,
    ) {
        self.registry()
            .add_async_function(ArcStr::from(name.into()), function);
    }

    /// Sets a global: a name that every template sees where its context has no such name.
    ///
    /// ```
    /// let mut env = kakehi::Environment::new();
    /// env.add_global("site", "Example");
    /// assert_eq!(env.render_str("<< site >>", ())?, "Example");
    /// assert_eq!(env.render_str("<< site >>", kakehi::context! { site => "Mine" })?, "Mine");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn add_global(&mut self, name: impl Into<String>, value: impl Into<Value>) {
        self.registry()
            .set_global(ArcStr::from(name.into()), value.into());
    }

    /// Adds a global that each render makes for itself, by a future that runs at most once: if a template
    /// awaits it. All who await it in one render, in whatever part, get the same result or the same error.
    ///
    /// The closure is called when the render comes upon the name first, and takes from the [`CallContext`] what
    /// the future needs: the host's extensions, the context of the render. As with all globals, a name of the
    /// context goes before.
    ///
    /// ```
    /// use kakehi::{CallContext, Environment, context};
    /// # futures_executor::block_on(async {
    /// let mut env = Environment::new();
    /// env.add_async_global("user", |context: &CallContext| {
    ///     let id = context.context_value("user_id");
    ///     async move { id.map(|id| format!("user {id}")) }
    /// });
    /// let text = "<< await user >>, again << await user >>";
    /// assert_eq!(env.render_str_async(text, context! { user_id => 7 }).await?, "user 7, again user 7");
    /// # Ok::<(), kakehi::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn add_async_global<F, Running>(&mut self, name: impl Into<String>, make: F)
    where
        F: Fn(&CallContext<'_>) -> Running + Send + Sync + 'static,
        Running: Future + Send + 'static,
        Running::Output: IntoResult,
    {
        let name = ArcStr::from(name.into());
        let label = name.clone();
        let make = move |context: &CallContext<'_>| {
            let running = make(context);
            Value::pending(label.clone(), async move { running.await.into_result() })
        };
        self.registry().set_lazy_global(name, Arc::new(make));
    }

    /// Adds a filter that sees its call as the machine does, the value as the first argument.
    ///
    /// ```
    /// use kakehi::{Arguments, CallContext, Environment, Error, Flow, Function, Value};
    /// struct Count;
    /// impl Function for Count {
    ///     fn call(&self, _: &CallContext<'_>, arguments: &Arguments<'_>) -> Result<Flow, Error> {
    ///         Ok(Flow::Return(Value::from(arguments.positional().len() as i64)))
    ///     }
    /// }
    /// let mut env = Environment::new();
    /// env.set_filter("count", std::sync::Arc::new(Count));
    /// assert_eq!(env.render_str("<< 1 | count(2, 3) >>", ())?, "3");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn set_filter(&mut self, name: impl Into<String>, filter: Arc<dyn Function>) {
        self.registry()
            .set_filter(ArcStr::from(name.into()), filter);
    }

    /// Adds a test that sees its call as the machine does, the value as the first argument.
    ///
    /// ```
    /// use kakehi::{Arguments, CallContext, Environment, Error, Flow, Function, Value};
    /// struct Many;
    /// impl Function for Many {
    ///     fn call(&self, _: &CallContext<'_>, arguments: &Arguments<'_>) -> Result<Flow, Error> {
    ///         Ok(Flow::Return(Value::from(arguments.positional().len() > 2)))
    ///     }
    /// }
    /// let mut env = Environment::new();
    /// env.set_test("many", std::sync::Arc::new(Many));
    /// assert_eq!(env.render_str("<< 1 is many(2, 3) >>", ())?, "True");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn set_test(&mut self, name: impl Into<String>, test: Arc<dyn Function>) {
        self.registry().set_test(ArcStr::from(name.into()), test);
    }

    /// Adds a function that sees its call as the machine does.
    ///
    /// ```
    /// use kakehi::{Arguments, CallContext, Environment, Error, Flow, Function, Value};
    /// struct Count;
    /// impl Function for Count {
    ///     fn call(&self, _: &CallContext<'_>, arguments: &Arguments<'_>) -> Result<Flow, Error> {
    ///         Ok(Flow::Return(Value::from(arguments.positional().len() as i64)))
    ///     }
    /// }
    /// let mut env = Environment::new();
    /// env.set_function("count", std::sync::Arc::new(Count));
    /// assert_eq!(env.render_str("<< count(2, 3) >>", ())?, "2");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn set_function(&mut self, name: impl Into<String>, function: Arc<dyn Function>) {
        self.registry()
            .set_function(ArcStr::from(name.into()), function);
    }

    /// Forgets a filter, also one of the engine's own, and says whether it was there.
    ///
    /// ```
    /// let mut env = kakehi::Environment::new();
    /// assert!(env.remove_filter("upper"));
    /// assert!(env.render_str("<< 'a' | upper >>", ()).is_err());
    /// ```
    pub fn remove_filter(&mut self, name: &str) -> bool {
        self.registry().remove_filter(name)
    }

    /// Forgets a test and says whether it was there.
    ///
    /// ```
    /// assert!(kakehi::Environment::new().remove_test("even"));
    /// ```
    pub fn remove_test(&mut self, name: &str) -> bool {
        self.registry().remove_test(name)
    }

    /// Forgets a global, a function for instance, and says whether it was there.
    ///
    /// ```
    /// assert!(kakehi::Environment::new().remove_global("range"));
    /// ```
    pub fn remove_global(&mut self, name: &str) -> bool {
        self.registry().remove_global(name)
    }

    /// The names of all filters, sorted.
    ///
    /// ```
    /// let env = kakehi::Environment::new();
    /// assert!(env.filter_names().contains(&"upper"));
    /// ```
    pub fn filter_names(&self) -> Vec<&str> {
        sorted(self.configuration.registry.filter_names())
    }

    /// The names of all tests, sorted.
    ///
    /// ```
    /// assert!(kakehi::Environment::new().test_names().contains(&"even"));
    /// ```
    pub fn test_names(&self) -> Vec<&str> {
        sorted(self.configuration.registry.test_names())
    }

    /// The names of all globals, functions among them, sorted.
    ///
    /// ```
    /// assert!(kakehi::Environment::new().global_names().contains(&"range"));
    /// ```
    pub fn global_names(&self) -> Vec<&str> {
        sorted(self.configuration.registry.global_names())
    }

    /// The global called `name`; none for those that each render makes for itself.
    ///
    /// ```
    /// let mut env = kakehi::Environment::new();
    /// env.add_global("answer", 42);
    /// assert_eq!(env.global("answer").and_then(|value| value.as_i64()), Some(42));
    /// ```
    pub fn global(&self, name: &str) -> Option<&Value> {
        self.configuration.registry.global(name)
    }
}

fn sorted<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    names
}
