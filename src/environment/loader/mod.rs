//! Where templates come from: the [`Loader`] trait and the loaders that ship with the engine.

mod combine;
mod embedded;
mod file;
#[cfg(feature = "embed")]
mod folder;
mod function;
mod map;
mod name;
#[cfg(feature = "object-store")]
mod object_store;
mod source;
#[cfg(feature = "sql")]
mod sql;
#[cfg(feature = "watch")]
mod watch;

use std::fmt;
use std::sync::Arc;

use futures_core::future::BoxFuture;

use crate::error::{Error, HostFault};

pub use combine::{ChoiceLoader, PrefixLoader};
pub use embedded::EmbeddedLoader;
pub use file::FileLoader;
#[cfg(feature = "embed")]
pub use folder::list_folder;
pub use function::{AsyncFunctionLoader, FunctionLoader};
pub use map::MapLoader;
#[cfg(feature = "object-store")]
pub use object_store::ObjectStoreLoader;
pub use source::{Reloaded, Source, Version};
#[cfg(feature = "sql")]
pub use sql::SqlLoader;
#[cfg(feature = "watch")]
pub use watch::WatchLoader;

/// Finds the source of a template by its name.
///
/// A loader answers at once or by a future. Environments keep what they compiled, so that a loader is
/// asked once per template however many renders want it, and several renders that want it at the same
/// time share one answer. When it is asked again, and whether it is remembered that a template is missing,
/// says the [`TemplateCachePolicy`](crate::TemplateCachePolicy).
///
/// ```
/// use kakehi::{Environment, Load, Loader};
///
/// struct Greetings;
///
/// impl Loader for Greetings {
///     fn load(&self, name: &str) -> Load {
///         let source = name.strip_prefix("hello/").map(|who| format!("Hello {who}!"));
///         Load::ready(Ok(source))
///     }
/// }
///
/// let mut env = Environment::new();
/// env.set_loader(Greetings);
/// assert_eq!(env.render("hello/ann", ())?, "Hello ann!");
/// # Ok::<(), kakehi::Error>(())
/// ```
pub trait Loader: Send + Sync + 'static {
    /// Starts loading the template `name`; the work of a future is for its polls, not for this call.
    fn load(&self, name: &str) -> Load;

    /// Starts checking whether the template `name` is still of the version that this loader gave, and gives
    /// the new one if it is not.
    ///
    /// Asked only where the [`Source`] had a version. If this method is not written, the template is loaded
    /// anew; a text that is the same is not compiled again.
    ///
    /// ```
    /// use kakehi::{Load, Loader, Reloaded, Source, Version};
    /// struct Daily { day: fn() -> u32 }
    /// impl Loader for Daily {
    ///     fn load(&self, name: &str) -> Load {
    ///         let day = (self.day)();
    ///         let source = Source::new(format!("{name} of day {day}"));
    ///         Load::ready(Ok(Some(source.with_version(day.to_string()))))
    ///     }
    ///     fn reload(&self, name: &str, version: &Version) -> Load<Reloaded> {
    ///         match version.as_str() == (self.day)().to_string() {
    ///             true => Load::Ready(Ok(Reloaded::Unchanged)),
    ///             false => self.load(name).map(Reloaded::from),
    ///         }
    ///     }
    /// }
    /// ```
    fn reload(&self, name: &str, version: &Version) -> Load<Reloaded> {
        let _ = version;
        self.load(name).map(Reloaded::from)
    }

    /// Starts listing the names of all templates, in any order; a loader that cannot know them need not
    /// write this method, and then it is an error of kind [`Loader`](crate::ErrorKind::Loader).
    ///
    /// ```
    /// use kakehi::{Load, Loader, MapLoader};
    /// let templates = MapLoader::from_iter([("b", "B"), ("a", "A")]);
    /// let Load::Ready(names) = templates.list() else { panic!("a map never waits") };
    /// assert_eq!(names?, ["a", "b"]);
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    fn list(&self) -> Load<Vec<String>> {
        Load::Ready(Err(HostFault::CannotList.into()))
    }
}

/// A loader's answer: the source, `None` if it knows no such template, or an error.
///
/// ```
/// use kakehi::{Load, Loader, MapLoader, Source};
/// let templates = MapLoader::from_iter([("page", "text")]);
/// let Load::Ready(answer) = templates.load("page") else { panic!("a map never waits") };
/// assert_eq!(answer?, Some(Source::new("text")));
/// # Ok::<(), kakehi::Error>(())
/// ```
pub enum Load<T = Option<Source>> {
    /// The answer itself.
    Ready(Result<T, Error>),
    /// A future of the answer. A render waits for it; a synchronous one fails with
    /// [`AsyncRequired`](crate::ErrorKind::AsyncRequired).
    Later(BoxFuture<'static, Result<T, Error>>),
}

impl<T: 'static> Load<T> {
    /// The same answer as something else.
    ///
    /// ```
    /// use kakehi::{Load, Reloaded, Source};
    /// let load = Load::ready(Ok(Some("text"))).map(Reloaded::from);
    /// assert!(matches!(load, Load::Ready(Ok(Reloaded::Changed(_)))));
    /// ```
    pub fn map<U>(self, change: impl FnOnce(T) -> U + Send + 'static) -> Load<U> {
        match self {
            Load::Ready(answer) => Load::Ready(answer.map(change)),
            Load::Later(answer) => Load::Later(Box::pin(async move { answer.await.map(change) })),
        }
    }
}

impl Load {
    /// An answer that is there.
    ///
    /// ```
    /// use kakehi::{Load, Source};
    /// let load = Load::ready(Ok(Some("text")));
    /// assert!(matches!(load, Load::Ready(Ok(Some(source))) if source == Source::new("text")));
    /// ```
    pub fn ready(answer: Result<Option<impl Into<Source>>, Error>) -> Self {
        Load::Ready(answer.map(|found| found.map(Into::into)))
    }

    /// An answer that comes later.
    ///
    /// ```
    /// use kakehi::{Load, Loader};
    /// struct Slow;
    /// impl Loader for Slow {
    ///     fn load(&self, name: &str) -> Load {
    ///         let name = name.to_owned();
    ///         Load::later(async move { Ok(Some(format!("I am {name}"))) })
    ///     }
    /// }
    /// ```
    pub fn later<S: Into<Source>>(
        answer: impl Future<Output = Result<Option<S>, Error>> + Send + 'static,
    ) -> Self {
        Load::Later(Box::pin(async move { Ok(answer.await?.map(Into::into)) }))
    }
}

impl<T: fmt::Debug> fmt::Debug for Load<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Load::Ready(answer) => f.debug_tuple("Ready").field(answer).finish(),
            Load::Later(_) => f.write_str("Later(..)"),
        }
    }
}

impl<L: Loader + ?Sized> Loader for Arc<L> {
    fn load(&self, name: &str) -> Load {
        (**self).load(name)
    }

    fn reload(&self, name: &str, version: &Version) -> Load<Reloaded> {
        (**self).reload(name, version)
    }

    fn list(&self) -> Load<Vec<String>> {
        (**self).list()
    }
}

impl<L: Loader + ?Sized> Loader for Box<L> {
    fn load(&self, name: &str) -> Load {
        (**self).load(name)
    }

    fn reload(&self, name: &str, version: &Version) -> Load<Reloaded> {
        (**self).reload(name, version)
    }

    fn list(&self) -> Load<Vec<String>> {
        (**self).list()
    }
}
