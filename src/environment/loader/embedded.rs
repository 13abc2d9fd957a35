//! A loader over templates that are part of the program.

use arcstr::literal;

use crate::environment::loader::{Load, Loader, Reloaded, Source, Version};

/// Templates that were put into the program when it was compiled.
///
/// Made by [`embed_templates!`](crate::embed_templates), or, for a whole folder and with the feature
/// `embed`, by `embed_folder!`.
///
/// ```
/// use kakehi::{EmbeddedLoader, Environment};
/// static TEMPLATES: EmbeddedLoader = EmbeddedLoader::new(&[("hello", "Hello << name >>!")]);
/// let mut env = Environment::new();
/// env.set_loader(TEMPLATES);
/// assert_eq!(env.render("hello", kakehi::context! { name => "Ann" })?, "Hello Ann!");
/// # Ok::<(), kakehi::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct EmbeddedLoader {
    templates: Templates,
}

/// The two shapes that embedded templates come in.
#[derive(Clone, Copy, Debug)]
enum Templates {
    Listed(&'static [(&'static str, &'static str)]),
    Found {
        find: fn(&str) -> Option<&'static str>,
        list: fn() -> Vec<String>,
    },
}

impl EmbeddedLoader {
    /// A loader over pairs of name and source.
    ///
    /// ```
    /// use kakehi::{EmbeddedLoader, Environment};
    /// let mut env = Environment::new();
    /// env.set_loader(EmbeddedLoader::new(&[("hello", "Hello!")]));
    /// assert_eq!(env.render("hello", ())?, "Hello!");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub const fn new(templates: &'static [(&'static str, &'static str)]) -> Self {
        EmbeddedLoader {
            templates: Templates::Listed(templates),
        }
    }

    /// A loader that looks templates up by a function, and lists them by another.
    #[doc(hidden)]
    pub const fn found_by(
        find: fn(&str) -> Option<&'static str>,
        list: fn() -> Vec<String>,
    ) -> Self {
        EmbeddedLoader {
            templates: Templates::Found { find, list },
        }
    }
}

impl Loader for EmbeddedLoader {
    fn load(&self, name: &str) -> Load {
        let source = match self.templates {
            Templates::Listed(templates) => templates
                .iter()
                .find(|(listed, _)| *listed == name)
                .map(|(_, source)| *source),
            Templates::Found { find, .. } => find(name),
        };
        // There is one version of it, as long as the program runs.
        let version = |text| Source::new(text).with_version(literal!("embedded"));
        Load::Ready(Ok(source.map(version)))
    }

    fn reload(&self, _: &str, _: &Version) -> Load<Reloaded> {
        Load::Ready(Ok(Reloaded::Unchanged))
    }

    fn list(&self) -> Load<Vec<String>> {
        Load::Ready(Ok(match self.templates {
            Templates::Listed(templates) => {
                let names = templates.iter().map(|(name, _)| (*name).to_owned());
                names.collect()
            }
            Templates::Found { list, .. } => list(),
        }))
    }
}

/// Puts template files into the program and gives a loader over them.
///
/// Takes their folder, as `include_str!` takes it (relative to the file that says so, or absolute), and their
/// names below it.
///
/// ```
/// let mut env = kakehi::Environment::new();
/// env.set_loader(kakehi::embed_templates!(
///     concat!(env!("CARGO_MANIFEST_DIR"), "/grammar"),
///     ["template.lalrpop"],
/// ));
/// assert!(env.template("missing").is_err());
/// ```
#[macro_export]
macro_rules! embed_templates {
    ($folder:expr, [$($name:literal),* $(,)?] $(,)?) => {
        $crate::EmbeddedLoader::new(&[
            $(($name, ::core::include_str!(::core::concat!($folder, "/", $name)))),*
        ])
    };
}
