//! How long compiled templates are kept, and when a loader is asked whether they still hold.

use std::time::Duration;

use crate::environment::Environment;

/// How many templates are kept if nobody says otherwise.
const CAPACITY: usize = 10_000;

/// How long an environment keeps compiled templates, and when it asks the loader whether they still hold.
///
/// By default it never asks: a template is loaded once, and again after
/// [`Environment::clear_templates`]. With [`check_every`](Self::check_every) or
/// [`check_always`](Self::check_always) the first render that wants a template whose check is due has the
/// loader look, by [`Loader::reload`](crate::Loader::reload), for all that want it at the same time. One
/// that has not changed is not compiled again.
///
/// A check is a part of the renders that want the template, and nothing runs on its own: when nobody
/// renders, nobody asks. A render keeps the templates that it has begun with, and so does a
/// [`Template`](crate::Template) keep itself; those that it includes are looked up by each render.
///
/// ```
/// use std::time::Duration;
/// use kakehi::{Environment, TemplateCachePolicy};
/// let mut env = Environment::new();
/// env.set_template_cache(
///     TemplateCachePolicy::new()
///         .check_every(Duration::from_secs(5))
///         .serve_stale(Duration::from_secs(60))
///         .remember_missing(Duration::from_secs(1))
///         .capacity(500),
/// );
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TemplateCachePolicy {
    /// None if templates are never checked.
    pub(super) every: Option<Duration>,
    pub(super) stale: Duration,
    pub(super) missing: Duration,
    pub(super) capacity: usize,
}

impl TemplateCachePolicy {
    /// Templates are never checked, missing ones not remembered, and 10,000 kept.
    ///
    /// ```
    /// let env = kakehi::Environment::new();
    /// assert_eq!(*env.template_cache(), kakehi::TemplateCachePolicy::new());
    /// ```
    pub fn new() -> Self {
        TemplateCachePolicy {
            every: None,
            stale: Duration::ZERO,
            missing: Duration::ZERO,
            capacity: CAPACITY,
        }
    }

    /// Never asks the loader again; what changes is seen after [`Environment::clear_templates`].
    ///
    /// ```
    /// use kakehi::TemplateCachePolicy;
    /// let policy = TemplateCachePolicy::new().check_always().check_never();
    /// assert_eq!(policy, TemplateCachePolicy::new());
    /// ```
    #[must_use]
    pub fn check_never(mut self) -> Self {
        self.every = None;
        self
    }

    /// Asks the loader about a template when that was done longer ago than `interval`.
    ///
    /// ```
    /// use std::time::Duration;
    /// use kakehi::{Environment, MapLoader, TemplateCachePolicy};
    /// let templates = MapLoader::from_iter([("page", "old")]);
    /// let mut env = Environment::new();
    /// env.set_loader(templates.clone());
    /// env.set_template_cache(TemplateCachePolicy::new().check_every(Duration::from_millis(20)));
    /// assert_eq!(env.render("page", ())?, "old");
    /// templates.insert("page", "new");
    /// std::thread::sleep(Duration::from_millis(30));
    /// assert_eq!(env.render("page", ())?, "new");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    #[must_use]
    pub fn check_every(mut self, interval: Duration) -> Self {
        self.every = Some(interval);
        self
    }

    /// Asks the loader about a template in each render that uses it; for development.
    ///
    /// ```
    /// use kakehi::{Environment, MapLoader, TemplateCachePolicy};
    /// let templates = MapLoader::from_iter([("page", "old")]);
    /// let mut env = Environment::new();
    /// env.set_loader(templates.clone());
    /// env.set_template_cache(TemplateCachePolicy::new().check_always());
    /// assert_eq!(env.render("page", ())?, "old");
    /// templates.insert("page", "new");
    /// assert_eq!(env.render("page", ())?, "new");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    #[must_use]
    pub fn check_always(self) -> Self {
        self.check_every(Duration::ZERO)
    }

    /// For so long after a check is due, renders are served the template as it is, and do not wait for the
    /// check that goes on beside them. Not at all by default: renders wait for the loader.
    ///
    /// The check is driven by the renders of the template while they wait for other things, and goes on
    /// in the next one where it stopped. When it fails, the template is served until this time is over, and
    /// then the failure is the render's. A synchronous render makes a check of a loader that answers at
    /// once itself; of one that answers later it can only serve what is there.
    ///
    /// ```
    /// use std::time::Duration;
    /// use kakehi::{AsyncFunctionLoader, Environment, TemplateCachePolicy};
    /// # futures_executor::block_on(async {
    /// let mut env = Environment::new();
    /// env.set_loader(AsyncFunctionLoader::new(|name: String| async move { Ok(Some(name)) }));
    /// let policy = TemplateCachePolicy::new().check_always();
    /// env.set_template_cache(policy.serve_stale(Duration::from_secs(60)));
    /// assert_eq!(env.render_async("page", ()).await?, "page");
    /// // A check is due, and this render cannot wait for it.
    /// assert_eq!(env.render("page", ())?, "page");
    /// # Ok::<(), kakehi::Error>(())
    /// # }).unwrap();
    /// ```
    #[must_use]
    pub fn serve_stale(mut self, time: Duration) -> Self {
        self.stale = time;
        self
    }

    /// Remembers for so long that the loader does not know a template. Not at all by default.
    ///
    /// ```
    /// use std::time::Duration;
    /// use kakehi::{Environment, MapLoader, TemplateCachePolicy};
    /// let templates = MapLoader::new();
    /// let mut env = Environment::new();
    /// env.set_loader(templates.clone());
    /// env.set_template_cache(TemplateCachePolicy::new().remember_missing(Duration::from_secs(60)));
    /// assert!(env.render("page", ()).is_err());
    /// templates.insert("page", "here by now");
    /// assert!(env.render("page", ()).is_err());
    /// env.clear_templates();
    /// assert_eq!(env.render("page", ())?, "here by now");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    #[must_use]
    pub fn remember_missing(mut self, time: Duration) -> Self {
        self.missing = time;
        self
    }

    /// Keeps at most so many templates, missing ones that are remembered among them. When there are more,
    /// an eighth of them is forgotten, those first that were not used since this was done last.
    ///
    /// ```
    /// use kakehi::{Environment, FunctionLoader, TemplateCachePolicy};
    /// let mut env = Environment::new();
    /// env.set_loader(FunctionLoader::new(|name| Ok(Some(name.to_owned()))));
    /// env.set_template_cache(TemplateCachePolicy::new().capacity(100));
    /// for tenant in 0..1000 {
    ///     env.render(&format!("tenant {tenant}"), ())?;
    /// }
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    #[must_use]
    pub fn capacity(mut self, templates: usize) -> Self {
        self.capacity = templates;
        self
    }
}

impl Default for TemplateCachePolicy {
    fn default() -> Self {
        TemplateCachePolicy::new()
    }
}

impl Environment {
    /// Sets how long compiled templates are kept, and when the loader is asked about them.
    ///
    /// ```
    /// use kakehi::{Environment, TemplateCachePolicy};
    /// let mut env = Environment::new();
    /// env.set_template_cache(TemplateCachePolicy::new().check_always());
    /// ```
    pub fn set_template_cache(&mut self, policy: TemplateCachePolicy) {
        self.changed().template_cache = policy;
    }

    /// How long compiled templates are kept, and when the loader is asked about them.
    ///
    /// ```
    /// use kakehi::TemplateCachePolicy;
    /// assert_eq!(*kakehi::Environment::new().template_cache(), TemplateCachePolicy::default());
    /// ```
    pub fn template_cache(&self) -> &TemplateCachePolicy {
        &self.configuration.template_cache
    }
}
