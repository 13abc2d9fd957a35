//! How an environment reads and compiles templates.

use std::sync::Arc;

use crate::call::{Policies, UndefinedHook};
use crate::environment::Environment;
use crate::environment::auto_escape::AutoEscape;
use crate::environment::loader::Loader;
use crate::error::Error;
use crate::limits::Limits;
use crate::syntax::{Delimiters, Newline, Whitespace};
use crate::value::UndefinedPolicy;

impl Environment {
    /// Sets where templates come from that were not added by [`Environment::add_template`].
    ///
    /// ```
    /// use kakehi::{Environment, MapLoader};
    /// let mut env = Environment::new();
    /// env.set_loader(MapLoader::from_iter([("a", "<% include 'b' %>!"), ("b", "Hello")]));
    /// assert_eq!(env.render("a", ())?, "Hello!");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn set_loader(&mut self, loader: impl Loader) {
        self.recompiled().loader = Some(Arc::new(loader));
    }

    /// Sets the strings that mark statements, outputs and comments.
    ///
    /// ```
    /// use kakehi::{Delimiters, Environment};
    /// let mut env = Environment::new();
    /// env.set_delimiters(Delimiters::builder().output("${", "}").build()?);
    /// assert_eq!(env.render_str("${ 1 + 1 }", ())?, "2");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn set_delimiters(&mut self, delimiters: Delimiters) {
        self.recompiled().syntax.delimiters = delimiters;
    }

    /// Sets how white space is treated.
    ///
    /// ```
    /// use kakehi::{Environment, Whitespace};
    /// let mut env = Environment::new();
    /// env.set_whitespace(Whitespace { trim_blocks: true, ..Whitespace::default() });
    /// assert_eq!(env.render_str("<% if true %>\nyes\n<% end %>\n", ())?, "yes\n");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn set_whitespace(&mut self, whitespace: Whitespace) {
        self.recompiled().syntax.whitespace = whitespace;
    }

    /// Sets whether the first newline after a tag or comment is dropped; off by default.
    ///
    /// ```
    /// let mut env = kakehi::Environment::new();
    /// env.set_trim_blocks(true);
    /// assert_eq!(env.render_str("<% if true %>\nyes<% end %>", ())?, "yes");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn set_trim_blocks(&mut self, on: bool) {
        self.recompiled().syntax.whitespace.trim_blocks = on;
    }

    /// Sets whether spaces and tabs between the start of a line and a tag are dropped; off by default.
    ///
    /// ```
    /// let mut env = kakehi::Environment::new();
    /// env.set_lstrip_blocks(true);
    /// assert_eq!(env.render_str("  <% if true %>yes<% end %>", ())?, "yes");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn set_lstrip_blocks(&mut self, on: bool) {
        self.recompiled().syntax.whitespace.lstrip_blocks = on;
    }

    /// Sets whether the newline that ends a template is kept; off by default.
    ///
    /// ```
    /// let mut env = kakehi::Environment::new();
    /// assert_eq!(env.render_str("text\n", ())?, "text");
    /// env.set_keep_trailing_newline(true);
    /// assert_eq!(env.render_str("text\n", ())?, "text\n");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn set_keep_trailing_newline(&mut self, on: bool) {
        self.recompiled().syntax.whitespace.keep_trailing_newline = on;
    }

    /// Sets what newlines of templates become; `\n` by default.
    ///
    /// ```
    /// let mut env = kakehi::Environment::new();
    /// env.set_newline_sequence(kakehi::Newline::CrLf);
    /// assert_eq!(env.render_str("a\nb", ())?, "a\r\nb");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn set_newline_sequence(&mut self, newline: Newline) {
        self.recompiled().syntax.whitespace.newline_sequence = newline;
    }

    /// Sets which templates escape what they print: an [`AutoEscape`], or a
    /// [`SelectAutoEscape`](crate::SelectAutoEscape).
    ///
    /// ```
    /// use kakehi::{AutoEscape, Environment};
    /// let mut env = Environment::new();
    /// env.set_auto_escape(AutoEscape::by(|name| name.starts_with("pages/")));
    /// assert_eq!(env.render_named_str("pages/a", "<< '&' >>", ())?, "&amp;");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn set_auto_escape(&mut self, auto_escape: impl Into<AutoEscape>) {
        self.recompiled().auto_escape = auto_escape.into();
    }

    /// Sets what undefined values allow.
    ///
    /// ```
    /// use kakehi::{Environment, ErrorKind, UndefinedPolicy};
    /// let mut env = Environment::new();
    /// assert_eq!(env.render_str("[<< nobody >>]", ())?, "[]");
    /// env.set_undefined(UndefinedPolicy::Strict);
    /// let error = env.render_str("[<< nobody >>]", ()).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Undefined);
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn set_undefined(&mut self, policy: UndefinedPolicy) {
        self.recompiled().undefined = policy;
    }

    /// Sets what filters do where a template does not say.
    ///
    /// ```
    /// use kakehi::{Environment, Policies};
    /// let mut policies = Policies::default();
    /// policies.json.indent = Some("  ".to_owned());
    /// let mut env = Environment::new();
    /// env.set_policies(policies);
    /// assert_eq!(env.render_str("<< [1] | tojson >>", ())?, "[\n  1\n]");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn set_policies(&mut self, policies: Policies) {
        self.changed().registry.set_policies(policies);
    }

    /// What filters do where a template does not say.
    ///
    /// ```
    /// assert_eq!(kakehi::Environment::new().policies().truncate_leeway, 5);
    /// ```
    pub fn policies(&self) -> &Policies {
        self.configuration.registry.policies()
    }

    /// Has `hook` told of undefined values that are used where that is allowed: printed, iterated, or asked
    /// whether they are true. It gets the error that a strict environment would fail with, for a log; of one
    /// that is used while a template waits it may be told again.
    ///
    /// ```
    /// use std::sync::{Arc, Mutex};
    /// use kakehi::Environment;
    /// let log = Arc::new(Mutex::new(Vec::new()));
    /// let mut env = Environment::new();
    /// let written = Arc::clone(&log);
    /// env.set_undefined_hook(move |used| written.lock().unwrap().push(used.to_string()));
    /// let source = "<< user >><< nobody | default('-') >><% if missing is defined %><% end %>";
    /// assert_eq!(env.render_str(source, ())?, "-");
    /// assert_eq!(*log.lock().unwrap(), ["'user' is undefined"]);
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn set_undefined_hook(&mut self, hook: impl Fn(&Error) + Send + Sync + 'static) {
        let hook = UndefinedHook(Arc::new(hook));
        self.changed().registry.set_undefined_hook(hook);
    }

    /// Sets whether `map`, `select`, `reject`, `selectattr`, `rejectattr`, `unique`, `batch`, `slice`, `items`
    /// and `reverse` give generators, as in Jinja2: what can be iterated once, is always true, and has neither
    /// a length nor items by number. Otherwise they give lists. Off by default, and on in
    /// [`Environment::jinja`] and [`Environment::chat`].
    ///
    /// ```
    /// use kakehi::{Environment, context};
    /// let mut env = Environment::jinja();
    /// let source = "{{ xs | select('odd') | length }}";
    /// let error = env.render_str(source, context! { xs => [1, 2, 3] }).unwrap_err();
    /// assert_eq!(error.message(), "object of type 'generator' has no len()");
    /// env.set_generators(false);
    /// assert_eq!(env.render_str(source, context! { xs => [1, 2, 3] })?, "2");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn set_generators(&mut self, on: bool) {
        self.changed().registry.set_generators(on);
    }

    /// Sets whether futures are awaited wherever their result is needed; off by default, and on in
    /// [`Environment::jinja`].
    ///
    /// ```
    /// let mut env = kakehi::Environment::new();
    /// env.add_async_function("answer", || async { 42 });
    /// env.set_auto_await(true);
    /// let page = env.render_str_async("<< answer() + 1 >>", ());
    /// assert_eq!(futures_executor::block_on(page)?, "43");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn set_auto_await(&mut self, on: bool) {
        self.recompiled().auto_await = on;
    }

    /// Makes every template and block a `parallel` block of so many branches at once, without a change to
    /// its source; off by default, and with 0 or 1.
    ///
    /// For hosts whose async functions have no side effects: what a template prints stays the same.
    ///
    /// ```
    /// let mut env = kakehi::Environment::new();
    /// env.add_async_function("part", |name: String| async move { format!("[{name}]") });
    /// env.set_concurrency(8);
    /// let page = env.render_str_async("<< await part('a') >> and << await part('b') >>", ());
    /// assert_eq!(futures_executor::block_on(page)?, "[a] and [b]");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn set_concurrency(&mut self, branches: usize) {
        self.recompiled().concurrency = (branches > 1).then_some(branches);
    }

    /// Sets what each render may use, where its own [`RenderOptions`](crate::RenderOptions) do not say.
    ///
    /// ```
    /// use kakehi::{Environment, ErrorKind, Limits};
    /// let mut env = Environment::new();
    /// env.set_limits(Limits::untrusted());
    /// let endless = "<% for a in range(99999) %><% for b in range(99999) %><% end %><% end %>";
    /// assert_eq!(env.render_str(endless, ()).unwrap_err().kind(), ErrorKind::Fuel);
    /// ```
    pub fn set_limits(&mut self, limits: Limits) {
        self.changed().limits = limits;
    }

    /// What each render may use.
    ///
    /// ```
    /// assert_eq!(kakehi::Environment::new().limits().fuel, None);
    /// ```
    pub fn limits(&self) -> &Limits {
        &self.configuration.limits
    }

    /// The strings that mark statements, outputs and comments.
    ///
    /// ```
    /// assert_eq!(kakehi::Environment::jinja().delimiters().output(), ("{{", "}}"));
    /// ```
    pub fn delimiters(&self) -> &Delimiters {
        &self.configuration.syntax.delimiters
    }

    /// How white space is treated.
    ///
    /// ```
    /// assert!(!kakehi::Environment::new().whitespace().trim_blocks);
    /// ```
    pub fn whitespace(&self) -> Whitespace {
        self.configuration.syntax.whitespace
    }

    /// What undefined values allow.
    ///
    /// ```
    /// use kakehi::{Environment, UndefinedPolicy};
    /// assert_eq!(Environment::new().undefined(), UndefinedPolicy::Lenient);
    /// ```
    pub fn undefined(&self) -> UndefinedPolicy {
        self.configuration.undefined
    }

    /// Whether futures are awaited wherever their result is needed.
    ///
    /// ```
    /// assert!(kakehi::Environment::jinja().auto_await());
    /// ```
    pub fn auto_await(&self) -> bool {
        self.configuration.auto_await
    }
}
