//! Listing and compiling all templates of an environment.

use std::collections::BTreeSet;
use std::sync::Arc;

use arcstr::ArcStr;

use crate::environment::{Environment, Load, LoadNow, load_now};
use crate::error::{Error, HostFault};
use crate::render::LoadFuture;

impl Environment {
    /// The names of all templates, sorted: those that were added, and those that the loader lists.
    ///
    /// # Errors
    /// The loader's, if it cannot list its templates; [`AsyncRequired`](crate::ErrorKind::AsyncRequired) if it
    /// can only do so by waiting, see [`Environment::list_templates_async`].
    ///
    /// ```
    /// use kakehi::{Environment, MapLoader};
    /// let mut env = Environment::new();
    /// env.set_loader(MapLoader::from_iter([("page.html", ""), ("mail.txt", "")]));
    /// env.add_template("added.html", "");
    /// assert_eq!(env.list_templates()?, ["added.html", "mail.txt", "page.html"]);
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn list_templates(&self) -> Result<Vec<String>, Error> {
        match self.configuration.list() {
            Load::Ready(listed) => Ok(self.with_added(listed?)),
            Load::Later(_) => {
                let instead = "list_templates_async";
                Err(HostFault::ListWaits { instead }.into())
            }
        }
    }

    /// As [`Environment::list_templates`], waiting for the loader if need be.
    ///
    /// ```
    /// let mut env = kakehi::Environment::new();
    /// env.add_template("a", "A");
    /// assert_eq!(futures_executor::block_on(env.list_templates_async())?, ["a"]);
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn list_templates_async(
        &self,
    ) -> impl Future<Output = Result<Vec<String>, Error>> + Send + use<> {
        let environment = self.clone();
        async move {
            let listed = match environment.configuration.list() {
                Load::Ready(listed) => listed?,
                Load::Later(listed) => listed.await?,
            };
            Ok(environment.with_added(listed))
        }
    }

    /// Loads and compiles all templates, so that no render has to, and gives the errors of those that are no
    /// templates.
    ///
    /// # Errors
    /// As [`Environment::list_templates`].
    ///
    /// ```
    /// let mut env = kakehi::Environment::new();
    /// env.add_template("good", "<< 1 + 1 >>");
    /// env.add_template("bad", "<< 1 + >>");
    /// let errors = env.compile_templates()?;
    /// assert_eq!(errors.len(), 1);
    /// assert_eq!(errors[0].template(), Some("bad"));
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn compile_templates(&self) -> Result<Vec<Error>, Error> {
        let mut errors = Vec::new();
        for name in self.list_templates()? {
            match load_now(&self.configuration, &ArcStr::from(name.as_str())) {
                LoadNow::Failed(error) => errors.push(error),
                LoadNow::Waits => {
                    let instead = "compile_templates_async";
                    return Err(HostFault::LoadWaits { name, instead }.into());
                }
                // One that was there when they were listed may be gone by now.
                LoadNow::Found(_) | LoadNow::Missing => {}
            }
        }
        Ok(errors)
    }

    /// As [`Environment::compile_templates`], waiting for the loader if need be.
    ///
    /// ```
    /// let mut env = kakehi::Environment::new();
    /// env.add_template("good", "<< 1 + 1 >>");
    /// assert!(futures_executor::block_on(env.compile_templates_async())?.is_empty());
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn compile_templates_async(
        &self,
    ) -> impl Future<Output = Result<Vec<Error>, Error>> + Send + use<> {
        let environment = self.clone();
        async move {
            let mut errors = Vec::new();
            for name in environment.list_templates_async().await? {
                let configuration = Arc::clone(&environment.configuration);
                let load = LoadFuture::new(configuration, ArcStr::from(name));
                errors.extend(load.await.err());
            }
            Ok(errors)
        }
    }

    /// The names that the loader lists, and those of templates that were added.
    fn with_added(&self, listed: Vec<String>) -> Vec<String> {
        let mut names = BTreeSet::from_iter(listed);
        names.extend(self.template_names().into_iter().map(str::to_owned));
        names.into_iter().collect()
    }
}
