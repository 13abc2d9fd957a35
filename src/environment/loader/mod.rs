//! Where templates come from: the [`Loader`] trait and the loaders that ship with the engine.

mod combine;
mod embedded;
mod file;
#[cfg(feature = "embed")]
mod folder;
mod function;
mod map;

use std::fmt;
use std::sync::Arc;

use futures_core::future::BoxFuture;

use crate::error::Error;

pub use combine::{ChoiceLoader, PrefixLoader};
pub use embedded::EmbeddedLoader;
pub use file::FileLoader;
pub use function::{AsyncFunctionLoader, FunctionLoader};
pub use map::MapLoader;

/// Finds the source of a template by its name.
///
/// A loader answers at once or by a future. Environments keep what they compiled, so that a loader is
/// asked once per template however many renders want it, and several renders that want it at the same
/// time share one answer. That a template is missing is not remembered.
///
/// ```
/// use kakehi::{Environment, Load, Loader};
///
/// struct Greetings;
///
/// impl Loader for Greetings {
///     fn load(&self, name: &str) -> Load {
///         let source = name.strip_prefix("hello/").map(|who| format!("Hello {who}!"));
///         Load::Ready(Ok(source))
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
}

/// A loader's answer: the source, `None` if it knows no such template, or an error.
///
/// ```
/// use kakehi::{Load, Loader, MapLoader};
/// let templates = MapLoader::from_iter([("page", "text")]);
/// let Load::Ready(answer) = templates.load("page") else { panic!("a map never waits") };
/// assert_eq!(answer?, Some("text".to_owned()));
/// # Ok::<(), kakehi::Error>(())
/// ```
pub enum Load {
    /// The answer itself.
    Ready(Result<Option<String>, Error>),
    /// A future of the answer. A render waits for it; a synchronous one fails with
    /// [`AsyncRequired`](crate::ErrorKind::AsyncRequired).
    Later(BoxFuture<'static, Result<Option<String>, Error>>),
}

impl Load {
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
    pub fn later(
        answer: impl Future<Output = Result<Option<String>, Error>> + Send + 'static,
    ) -> Self {
        Load::Later(Box::pin(answer))
    }
}

impl fmt::Debug for Load {
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
}

impl<L: Loader + ?Sized> Loader for Box<L> {
    fn load(&self, name: &str) -> Load {
        (**self).load(name)
    }
}
