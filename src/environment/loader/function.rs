//! Loaders that are a function.

use std::fmt;

use crate::environment::loader::{Load, Loader};
use crate::error::Error;

/// A function from a template's name to its source.
///
/// ```
/// use kakehi::{Environment, FunctionLoader};
/// let mut env = Environment::new();
/// env.set_loader(FunctionLoader::new(|name| Ok(Some(format!("This is {name}.")))));
/// assert_eq!(env.render("a.txt", ())?, "This is a.txt.");
/// # Ok::<(), kakehi::Error>(())
/// ```
pub struct FunctionLoader<F> {
    function: F,
}

impl<F> FunctionLoader<F>
where
    F: Fn(&str) -> Result<Option<String>, Error> + Send + Sync + 'static,
{
    /// A loader that calls `function`, which answers `None` for a template it does not know.
    ///
    /// ```
    /// use kakehi::{Environment, ErrorKind, FunctionLoader};
    /// let mut env = Environment::new();
    /// env.set_loader(FunctionLoader::new(|name| Ok((name == "page").then(|| "a page".to_owned()))));
    /// assert_eq!(env.render("page", ())?, "a page");
    /// assert_eq!(env.render("other", ()).unwrap_err().kind(), ErrorKind::TemplateNotFound);
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn new(function: F) -> Self {
        FunctionLoader { function }
    }
}

impl<F> Loader for FunctionLoader<F>
where
    F: Fn(&str) -> Result<Option<String>, Error> + Send + Sync + 'static,
{
    fn load(&self, name: &str) -> Load {
        Load::ready((self.function)(name))
    }
}

impl<F> fmt::Debug for FunctionLoader<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FunctionLoader(..)")
    }
}

/// An async function from a template's name to its source, such as a query to a database.
///
/// ```
/// use kakehi::{AsyncFunctionLoader, Environment, ErrorKind};
/// # futures_executor::block_on(async {
/// let mut env = Environment::new();
/// env.set_loader(AsyncFunctionLoader::new(|name: String| async move {
///     Ok((name == "page").then(|| "from afar".to_owned()))
/// }));
/// assert_eq!(env.render_async("page", ()).await?, "from afar");
///
/// // A synchronous render cannot wait for a template that is not there yet.
/// env.clear_templates();
/// assert_eq!(env.render("page", ()).unwrap_err().kind(), ErrorKind::AsyncRequired);
/// # Ok::<(), kakehi::Error>(())
/// # }).unwrap();
/// ```
pub struct AsyncFunctionLoader<F> {
    function: F,
}

impl<F, R> AsyncFunctionLoader<F>
where
    F: Fn(String) -> R + Send + Sync + 'static,
    R: Future<Output = Result<Option<String>, Error>> + Send + 'static,
{
    /// A loader that calls `function`, whose future gives `None` for a template it does not know.
    ///
    /// ```
    /// use kakehi::{AsyncFunctionLoader, Environment};
    /// async fn fetch(name: String) -> Result<Option<String>, kakehi::Error> {
    ///     Ok(Some(format!("fetched {name}")))
    /// }
    /// let mut env = Environment::new();
    /// env.set_loader(AsyncFunctionLoader::new(fetch));
    /// assert_eq!(futures_executor::block_on(env.render_async("page", ()))?, "fetched page");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn new(function: F) -> Self {
        AsyncFunctionLoader { function }
    }
}

impl<F, R> Loader for AsyncFunctionLoader<F>
where
    F: Fn(String) -> R + Send + Sync + 'static,
    R: Future<Output = Result<Option<String>, Error>> + Send + 'static,
{
    fn load(&self, name: &str) -> Load {
        Load::later((self.function)(name.to_owned()))
    }
}

impl<F> fmt::Debug for AsyncFunctionLoader<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AsyncFunctionLoader(..)")
    }
}
