//! Loaders made of other loaders.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use crate::environment::loader::{Load, Loader, Reloaded, Version};

/// Several loaders, asked in order until one knows the template.
///
/// ```
/// use kakehi::{ChoiceLoader, Environment, MapLoader};
/// let theme = MapLoader::from_iter([("page", "themed")]);
/// let default = MapLoader::from_iter([("page", "plain"), ("other", "also plain")]);
/// let mut env = Environment::new();
/// env.set_loader(ChoiceLoader::new().with(theme).with(default));
/// assert_eq!(env.render("page", ())?, "themed");
/// assert_eq!(env.render("other", ())?, "also plain");
/// # Ok::<(), kakehi::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct ChoiceLoader {
    loaders: Vec<Arc<dyn Loader>>,
}

impl ChoiceLoader {
    /// No loaders: knows no template.
    ///
    /// ```
    /// let mut env = kakehi::Environment::new();
    /// env.set_loader(kakehi::ChoiceLoader::new());
    /// assert!(env.template("page").is_err());
    /// ```
    pub fn new() -> Self {
        ChoiceLoader::default()
    }

    /// Adds a loader, asked after those before it.
    ///
    /// ```
    /// use kakehi::{ChoiceLoader, FileLoader, MapLoader};
    /// let built_in = MapLoader::from_iter([("page", "plain")]);
    /// let loader = ChoiceLoader::new().with(FileLoader::new("theme")).with(built_in);
    /// ```
    #[must_use]
    pub fn with(mut self, loader: impl Loader) -> Self {
        self.loaders.push(Arc::new(loader));
        self
    }
}

/// Loaders that are still to be asked, with their place among all.
type Rest = std::iter::Enumerate<std::vec::IntoIter<Arc<dyn Loader>>>;

/// Which loader gave a template before, and the version that it gave.
type Known = (usize, Version);

/// Asks loaders in order; one that answers later holds up those after it.
fn choose(name: &str, mut rest: Rest, known: Option<Known>) -> Load<Reloaded> {
    while let Some((index, loader)) = rest.next() {
        let load = match &known {
            Some((giver, version)) if *giver == index => loader.reload(name, version),
            _ => loader.load(name).map(Reloaded::from),
        };
        match load {
            Load::Ready(Ok(Reloaded::Missing)) => {}
            Load::Ready(answer) => return Load::Ready(answer.map(|found| given_by(index, found))),
            Load::Later(answer) => {
                let name = name.to_owned();
                return Load::Later(Box::pin(async move {
                    match answer.await? {
                        Reloaded::Missing => match choose(&name, rest, known) {
                            Load::Ready(answer) => answer,
                            Load::Later(answer) => answer.await,
                        },
                        found => Ok(given_by(index, found)),
                    }
                }));
            }
        }
    }
    Load::Ready(Ok(Reloaded::Missing))
}

/// Notes in the version which loader gave it.
fn given_by(index: usize, found: Reloaded) -> Reloaded {
    match found {
        Reloaded::Changed(mut source) => {
            source.version = source
                .version
                .map(|version| Version::from(format!("{index} {version}")));
            Reloaded::Changed(source)
        }
        Reloaded::Unchanged | Reloaded::Missing => found,
    }
}

impl ChoiceLoader {
    fn rest(&self) -> Rest {
        self.loaders.clone().into_iter().enumerate()
    }
}

impl Loader for ChoiceLoader {
    fn load(&self, name: &str) -> Load {
        choose(name, self.rest(), None).map(|found| match found {
            Reloaded::Changed(source) => Some(source),
            Reloaded::Missing | Reloaded::Unchanged => None,
        })
    }

    fn reload(&self, name: &str, version: &Version) -> Load<Reloaded> {
        let known = version.as_str().split_once(' ');
        let known =
            known.and_then(|(index, version)| Some((index.parse().ok()?, Version::from(version))));
        choose(name, self.rest(), known)
    }

    fn list(&self) -> Load<Vec<String>> {
        gather(self.loaders.iter().map(|loader| loader.list()).collect())
    }
}

/// The names that several loaders list, each once.
fn gather(lists: Vec<Load<Vec<String>>>) -> Load<Vec<String>> {
    let mut names = BTreeSet::new();
    let mut later = Vec::new();
    for list in lists {
        match list {
            Load::Ready(Ok(listed)) => names.extend(listed),
            Load::Ready(Err(error)) => return Load::Ready(Err(error)),
            Load::Later(listed) => later.push(listed),
        }
    }
    if later.is_empty() {
        return Load::Ready(Ok(names.into_iter().collect()));
    }
    Load::Later(Box::pin(async move {
        for listed in later {
            names.extend(listed.await?);
        }
        Ok(names.into_iter().collect())
    }))
}

impl fmt::Debug for ChoiceLoader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChoiceLoader({} loaders)", self.loaders.len())
    }
}

/// Loaders by the first part of the name: `admin/page.html` is `page.html` of the loader for `admin`.
///
/// ```
/// use kakehi::{Environment, MapLoader, PrefixLoader};
/// let mut env = Environment::new();
/// env.set_loader(
///     PrefixLoader::new()
///         .with("admin", MapLoader::from_iter([("page", "for admins")]))
///         .with("shop", MapLoader::from_iter([("page", "for customers")])),
/// );
/// assert_eq!(env.render("shop/page", ())?, "for customers");
/// # Ok::<(), kakehi::Error>(())
/// ```
#[derive(Clone)]
pub struct PrefixLoader {
    delimiter: String,
    loaders: Vec<(String, Arc<dyn Loader>)>,
}

impl PrefixLoader {
    /// No loaders, and `/` between prefix and name.
    ///
    /// ```
    /// let mut env = kakehi::Environment::new();
    /// env.set_loader(kakehi::PrefixLoader::new());
    /// assert!(env.template("shop/page").is_err());
    /// ```
    pub fn new() -> Self {
        PrefixLoader::with_delimiter("/")
    }

    /// No loaders, and `delimiter` between prefix and name.
    ///
    /// ```
    /// use kakehi::{Environment, MapLoader, PrefixLoader};
    /// let mut env = Environment::new();
    /// let pages = MapLoader::from_iter([("page", "found")]);
    /// env.set_loader(PrefixLoader::with_delimiter("::").with("app", pages));
    /// assert_eq!(env.render("app::page", ())?, "found");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn with_delimiter(delimiter: impl Into<String>) -> Self {
        PrefixLoader {
            delimiter: delimiter.into(),
            loaders: Vec::new(),
        }
    }

    /// Adds the loader for a prefix, in place of an earlier one for the same.
    ///
    /// ```
    /// use kakehi::{FileLoader, PrefixLoader};
    /// let loader = PrefixLoader::new()
    ///     .with("mail", FileLoader::new("mail/templates"))
    ///     .with("web", FileLoader::new("web/templates"));
    /// ```
    #[must_use]
    pub fn with(mut self, prefix: impl Into<String>, loader: impl Loader) -> Self {
        let prefix = prefix.into();
        self.loaders.retain(|(other, _)| *other != prefix);
        self.loaders.push((prefix, Arc::new(loader)));
        self
    }
}

impl Default for PrefixLoader {
    fn default() -> Self {
        PrefixLoader::new()
    }
}

impl PrefixLoader {
    /// The loader for a name, and the name it knows the template by.
    fn find<'n>(&self, name: &'n str) -> Option<(&'n str, &Arc<dyn Loader>)> {
        // A prefix may hold the delimiter itself: the longest that fits is meant.
        self.loaders
            .iter()
            .filter_map(|(prefix, loader)| {
                let rest = name.strip_prefix(prefix)?.strip_prefix(&self.delimiter)?;
                Some((prefix.len(), rest, loader))
            })
            .max_by_key(|(length, ..)| *length)
            .map(|(_, rest, loader)| (rest, loader))
    }
}

impl Loader for PrefixLoader {
    fn load(&self, name: &str) -> Load {
        self.find(name)
            .map_or(Load::Ready(Ok(None)), |(rest, loader)| loader.load(rest))
    }

    fn reload(&self, name: &str, version: &Version) -> Load<Reloaded> {
        self.find(name)
            .map_or(Load::Ready(Ok(Reloaded::Missing)), |(rest, loader)| {
                loader.reload(rest, version)
            })
    }

    fn list(&self) -> Load<Vec<String>> {
        let lists = self.loaders.iter().map(|(prefix, loader)| {
            let start = format!("{prefix}{}", self.delimiter);
            let prefixed = move |name: String| format!("{start}{name}");
            loader
                .list()
                .map(move |names| names.into_iter().map(prefixed).collect())
        });
        gather(lists.collect())
    }
}

impl fmt::Debug for PrefixLoader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefixes = self.loaders.iter().map(|(prefix, _)| prefix);
        f.write_str("PrefixLoader")?;
        f.debug_set().entries(prefixes).finish()
    }
}
