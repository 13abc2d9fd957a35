//! What templates are compiled and rendered with: configuration, loaders, the cache of templates.
//!
//! An [`Environment`] is one pointer to a [`Configuration`] that nobody changes while it is shared:
//! changing an environment copies it first, so that renders in progress and clones keep what they
//! started with, and nothing is locked. Only the cache of compiled templates is shared and written to.

mod auto_escape;
mod cache;
#[cfg(feature = "gettext")]
mod catalog;
mod chat;
mod compiled;
mod configuration;
mod finalize;
mod flight;
mod fragments;
mod globals;
mod inspect;
mod listing;
mod load;
mod loader;
#[cfg(feature = "gettext")]
mod machine_object;
mod options;
#[cfg(feature = "gettext")]
mod plural_rule;
mod policy;
mod reads;
mod references;
mod surfaces;
#[cfg(feature = "tokio")]
mod surfaces_tokio;
mod tags;
mod templates;
#[cfg(test)]
mod tests;
mod translations;
mod waits;

use std::fmt;
use std::sync::Arc;

pub use auto_escape::{AutoEscape, SelectAutoEscape};
pub(crate) use cache::{Joined, Loaded, Lookup};
#[cfg(feature = "gettext")]
pub use catalog::GettextCatalog;
pub(crate) use compiled::Compiled;
pub(crate) use configuration::Configuration;
pub(crate) use flight::{Participant, Turn};
pub use fragments::FragmentCache;
#[cfg(feature = "memory-cache")]
pub use fragments::MemoryCache;
#[cfg(feature = "redis")]
pub use fragments::RedisCache;
pub(crate) use fragments::{Computation, FlightTurn, Fragments, Waiter};
pub(crate) use load::{LoadNow, compile_answer, find_now, load_now};
#[cfg(feature = "object-store")]
pub use loader::ObjectStoreLoader;
#[cfg(feature = "sql")]
pub use loader::SqlLoader;
#[cfg(feature = "watch")]
pub use loader::WatchLoader;
#[cfg(feature = "embed")]
pub use loader::list_folder;
pub use loader::{
    AsyncFunctionLoader, ChoiceLoader, EmbeddedLoader, FileLoader, FunctionLoader, Load, Loader,
    MapLoader, PrefixLoader, Reloaded, Source, Version,
};
pub use policy::TemplateCachePolicy;
pub(crate) use reads::{Linked, convert_context};
pub use translations::Message;
pub use waits::Waits;
pub(crate) use waits::{refuse_if_waiting, waits};

use crate::call::Registry;
use crate::syntax::Delimiters;

/// What templates are compiled and rendered with.
///
/// An environment knows the language's delimiters and options, filters, tests, functions and globals,
/// and where templates come from. Cloning it is cheap, and clones share their compiled templates.
/// Changing one does not change its clones or what it renders already; where the change matters to
/// compiled templates, they are compiled anew.
///
/// ```
/// use kakehi::{Environment, context};
/// let mut env = Environment::new();
/// env.add_template("hello", "Hello << name >>!");
/// assert_eq!(env.render("hello", context! { name => "Ann" })?, "Hello Ann!");
/// # Ok::<(), kakehi::Error>(())
/// ```
#[derive(Clone)]
pub struct Environment {
    pub(crate) configuration: Arc<Configuration>,
}

impl Environment {
    /// An environment with kakehi's own delimiters, `<% %>`, `<< >>` and `<# #>`, in which templates say
    /// `await` where they wait.
    ///
    /// ```
    /// let env = kakehi::Environment::new();
    /// assert_eq!(env.render_str("<% if 1 < 2 %><< 6 * 7 >><% end %>", ())?, "42");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn new() -> Self {
        Environment {
            configuration: Arc::default(),
        }
    }

    /// An environment that renders Jinja2's templates unchanged: `{% %}`, `{{ }}` and `{# #}`, and futures
    /// are awaited wherever their result is needed.
    ///
    /// ```
    /// let env = kakehi::Environment::jinja();
    /// assert_eq!(env.render_str("{% if 1 < 2 %}{{ 6 * 7 }}{% endif %}", ())?, "42");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn jinja() -> Self {
        let mut environment = Environment::new();
        environment.set_delimiters(Delimiters::jinja());
        environment.set_auto_await(true);
        environment.set_generators(true);
        environment
    }

    /// The configuration, to change what compiled templates do not depend on.
    fn changed(&mut self) -> &mut Configuration {
        Arc::make_mut(&mut self.configuration)
    }

    /// The configuration, to change what compiled templates depend on: they are forgotten.
    fn recompiled(&mut self) -> &mut Configuration {
        let configuration = self.changed();
        configuration.cache = Arc::default();
        configuration
    }

    fn registry(&mut self) -> &mut Registry {
        &mut self.recompiled().registry
    }
}

impl Default for Environment {
    fn default() -> Self {
        Environment::new()
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.configuration.fmt(f)
    }
}
