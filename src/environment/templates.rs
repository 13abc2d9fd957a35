//! Templates that are added by hand, and forgetting compiled ones.

use std::sync::Arc;

use arcstr::ArcStr;

use crate::environment::Environment;

impl Environment {
    /// Adds a template, or replaces the one of that name. It wins over one that the loader knows.
    ///
    /// It is compiled when it is first used, so that filters, tests and options may still change; a
    /// mistake in it shows then, or when [`Environment::template`] is asked for it.
    ///
    /// ```
    /// use kakehi::{Environment, ErrorKind};
    /// let mut env = Environment::new();
    /// env.add_template("good", "<< 'x' | later >>");
    /// env.add_filter("later", |text: &str| text.repeat(3));
    /// assert_eq!(env.render("good", ())?, "xxx");
    /// env.add_template("bad", "<< 1 + >>");
    /// assert_eq!(env.template("bad").unwrap_err().kind(), ErrorKind::Syntax);
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn add_template(&mut self, name: impl Into<String>, source: impl Into<String>) {
        let name = ArcStr::from(name.into());
        let source = ArcStr::from(source.into());
        let configuration = self.forget(&name);
        Arc::make_mut(&mut configuration.templates).insert(name, source);
    }

    /// Takes out a template that was added, and says whether it was there.
    ///
    /// ```
    /// let mut env = kakehi::Environment::new();
    /// env.add_template("a", "A");
    /// assert!(env.remove_template("a"));
    /// assert!(env.template("a").is_err());
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn remove_template(&mut self, name: &str) -> bool {
        if !self.configuration.templates.contains_key(name) {
            return false;
        }
        let configuration = self.forget(name);
        Arc::make_mut(&mut configuration.templates).remove(name);
        true
    }

    /// The names of the templates that were added, sorted; those of the loader are not among them.
    ///
    /// ```
    /// let mut env = kakehi::Environment::new();
    /// env.add_template("b", "");
    /// env.add_template("a", "");
    /// assert_eq!(env.template_names(), ["a", "b"]);
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn template_names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self
            .configuration
            .templates
            .keys()
            .map(ArcStr::as_str)
            .collect();
        names.sort_unstable();
        names
    }

    /// Forgets all compiled templates, of this environment and its clones, so that they are loaded anew.
    ///
    /// Renders in progress and [`Template`](crate::Template)s keep what they have. Templates that were
    /// added stay known.
    ///
    /// ```
    /// use kakehi::{Environment, MapLoader};
    /// let templates = MapLoader::from_iter([("page", "old")]);
    /// let mut env = Environment::new();
    /// env.set_loader(templates.clone());
    /// assert_eq!(env.render("page", ())?, "old");
    /// templates.insert("page", "new");
    /// assert_eq!(env.render("page", ())?, "old");
    /// env.clear_templates();
    /// assert_eq!(env.render("page", ())?, "new");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn clear_templates(&self) {
        self.configuration.cache.clear();
    }

    /// Forgets one compiled template, as [`Environment::clear_templates`] forgets all, and says whether it
    /// was there.
    ///
    /// ```
    /// use kakehi::{Environment, MapLoader};
    /// let templates = MapLoader::from_iter([("page", "old")]);
    /// let mut env = Environment::new();
    /// env.set_loader(templates.clone());
    /// assert_eq!(env.render("page", ())?, "old");
    /// templates.insert("page", "new");
    /// assert!(env.clear_template("page"));
    /// assert_eq!(env.render("page", ())?, "new");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn clear_template(&self, name: &str) -> bool {
        self.configuration.cache.forget(name)
    }

    /// The configuration, to change the template `name`; other compiled templates are kept.
    fn forget(&mut self, name: &str) -> &mut super::Configuration {
        let configuration = self.changed();
        match Arc::get_mut(&mut configuration.cache) {
            Some(cache) => cache.remove(name),
            None => configuration.cache = Arc::new(configuration.cache.without(name)),
        }
        configuration
    }
}
