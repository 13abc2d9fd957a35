//! A loader over templates in memory.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use crate::environment::loader::{Load, Loader};

/// Templates in memory, by name.
///
/// A clone shares the templates, so that they can be changed after the loader was given to an
/// environment; call [`Environment::clear_templates`](crate::Environment::clear_templates) then.
///
/// ```
/// use kakehi::{Environment, MapLoader};
/// let templates = MapLoader::new();
/// templates.insert("hello", "Hello << name >>!");
/// let mut env = Environment::new();
/// env.set_loader(templates);
/// assert_eq!(env.render("hello", kakehi::context! { name => "Ann" })?, "Hello Ann!");
/// # Ok::<(), kakehi::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct MapLoader {
    templates: Arc<RwLock<HashMap<String, String>>>,
}

impl MapLoader {
    /// No templates.
    ///
    /// ```
    /// let mut env = kakehi::Environment::new();
    /// env.set_loader(kakehi::MapLoader::new());
    /// assert!(env.template("page").is_err());
    /// ```
    pub fn new() -> Self {
        MapLoader::default()
    }

    /// Puts in a template, in place of an earlier one of the same name.
    ///
    /// ```
    /// use kakehi::{Environment, MapLoader};
    /// let templates = MapLoader::new();
    /// let mut env = Environment::new();
    /// env.set_loader(templates.clone());
    /// templates.insert("page", "put in later");
    /// assert_eq!(env.render("page", ())?, "put in later");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn insert(&self, name: impl Into<String>, source: impl Into<String>) {
        self.templates
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(name.into(), source.into());
    }

    /// Takes out a template and says whether it was there.
    ///
    /// ```
    /// let templates = kakehi::MapLoader::from_iter([("a", "A")]);
    /// assert!(templates.remove("a"));
    /// assert!(!templates.remove("a"));
    /// ```
    pub fn remove(&self, name: &str) -> bool {
        self.templates
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(name)
            .is_some()
    }
}

impl<N: Into<String>, S: Into<String>> FromIterator<(N, S)> for MapLoader {
    fn from_iter<I: IntoIterator<Item = (N, S)>>(templates: I) -> Self {
        let templates = templates
            .into_iter()
            .map(|(name, source)| (name.into(), source.into()))
            .collect();
        MapLoader {
            templates: Arc::new(RwLock::new(templates)),
        }
    }
}

impl Loader for MapLoader {
    fn load(&self, name: &str) -> Load {
        let templates = self
            .templates
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        Load::ready(Ok(templates.get(name).cloned()))
    }
    fn list(&self) -> Load<Vec<String>> {
        let templates = self
            .templates
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        let mut names: Vec<String> = templates.keys().cloned().collect();
        names.sort_unstable();
        Load::Ready(Ok(names))
    }
}
