//! What hosts set for cached fragments.

use std::sync::Arc;
use std::time::Duration;

use crate::environment::Environment;
use crate::environment::fragments::FragmentCache;

impl Environment {
    /// Sets where `<% cache %>` keeps its fragments.
    ///
    /// With the feature `memory-cache` an environment starts with a cache in memory; without, fragments
    /// are not kept until a cache is set. Renders that are running keep the cache they began with.
    ///
    /// See [`FragmentCache`] for an example.
    pub fn set_fragment_cache(&mut self, cache: impl FragmentCache) {
        let configuration = self.changed();
        let fragments = configuration.fragments.with_cache(Some(Arc::new(cache)));
        configuration.fragments = Arc::new(fragments);
    }

    /// Keeps no fragments: each render makes its own.
    ///
    /// ```
    /// let mut env = kakehi::Environment::new();
    /// env.unset_fragment_cache();
    /// let template = env.template_from_str("<% cache 'n' %><< n >><% end %>")?;
    /// assert_eq!(template.render(kakehi::context! { n => 1 })?, "1");
    /// assert_eq!(template.render(kakehi::context! { n => 2 })?, "2");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn unset_fragment_cache(&mut self) {
        let configuration = self.changed();
        configuration.fragments = Arc::new(configuration.fragments.with_cache(None));
    }

    /// Sets how long a render waits for the cache of fragments before it does without; half a second
    /// unless told otherwise.
    ///
    /// With the feature `tokio` and in its runtime a timer ends the wait; without, it ends when the render
    /// is polled next. A synchronous render does not wait at all: it uses caches that answer at once.
    ///
    /// ```
    /// use std::time::Duration;
    /// let mut env = kakehi::Environment::new();
    /// env.set_fragment_patience(Duration::from_millis(50));
    /// ```
    pub fn set_fragment_patience(&mut self, patience: Duration) {
        let configuration = self.changed();
        let fragments = configuration.fragments.with_patience(patience);
        configuration.fragments = Arc::new(fragments);
    }
}
