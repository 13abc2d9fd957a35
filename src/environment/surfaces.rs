//! Rendering straight from an environment, by name or from a text.

use std::io;
use std::sync::Arc;

use futures_io::AsyncWrite;
use serde::Serialize;

use crate::environment::{Compiled, Environment, find_now};
use crate::error::Error;
use crate::render::{self, Job, Plan, RenderFuture, RenderStream, WriteFuture};
use crate::vm::Entry;

/// The name of a template that has none.
pub(super) const UNNAMED: &str = "<string>";

impl Environment {
    /// Renders the template `name`.
    ///
    /// The context is anything serde can serialise to a mapping: a struct, a map, `context! { … }`,
    /// or `()` for none.
    ///
    /// # Errors
    /// If there is no such template, if it is no template, or if it fails; also if it waits, see
    /// [`Environment::render_async`].
    ///
    /// ```
    /// use kakehi::Environment;
    /// use serde::Serialize;
    ///
    /// #[derive(Serialize)]
    /// struct Page<'a> { title: &'a str, tags: Vec<&'a str> }
    ///
    /// let mut env = Environment::new();
    /// env.add_template("page", "<< title >>: << tags | join(', ') >>");
    /// let page = Page { title: "Kakehi", tags: vec!["rust", "async"] };
    /// assert_eq!(env.render("page", &page)?, "Kakehi: rust, async");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn render(&self, name: &str, context: impl Serialize) -> Result<String, Error> {
        render::render(self.plan(&self.find(name)?), context)
    }

    /// Renders the template `name` and waits where it waits.
    ///
    /// ```
    /// # futures_executor::block_on(async {
    /// let mut env = kakehi::Environment::new();
    /// env.add_async_function("user", |id: u64| async move { format!("user {id}") });
    /// env.add_template("page", "Hello << await user(id) >>!");
    /// let page = env.render_async("page", kakehi::context! { id => 7 }).await?;
    /// assert_eq!(page, "Hello user 7!");
    /// # Ok::<(), kakehi::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn render_async(&self, name: &str, context: impl Serialize) -> RenderFuture {
        RenderFuture::new(self.job(name, context))
    }

    /// Renders the template `name` in chunks.
    ///
    /// ```
    /// use futures_util::StreamExt;
    /// let mut env = kakehi::Environment::new();
    /// env.add_template("page", "<% for n in range(3) %><< n >><% flush %><% end %>");
    /// let mut stream = env.render_stream("page", ());
    /// futures_executor::block_on(async {
    ///     while let Some(chunk) = stream.next().await {
    ///         println!("{:?}", chunk?);
    ///     }
    ///     Ok::<(), kakehi::Error>(())
    /// })
    /// # ?; Ok::<(), kakehi::Error>(())
    /// ```
    pub fn render_stream(&self, name: &str, context: impl Serialize) -> RenderStream {
        RenderStream::new(self.job(name, context))
    }

    /// Renders the template `name` into a writer, chunk by chunk, and flushes it at the end.
    ///
    /// ```
    /// let mut env = kakehi::Environment::new();
    /// env.add_template("page", "some text");
    /// let mut bytes = Vec::new();
    /// env.render_to("page", (), &mut bytes)?;
    /// assert_eq!(bytes, b"some text");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn render_to(
        &self,
        name: &str,
        context: impl Serialize,
        writer: &mut (impl io::Write + ?Sized),
    ) -> Result<(), Error> {
        render::render_to(self.plan(&self.find(name)?), context, writer)
    }

    /// Renders the template `name` into an async writer and waits where it waits.
    ///
    /// ```
    /// use futures_util::io::Cursor;
    /// let mut env = kakehi::Environment::new();
    /// env.add_template("page", "some text");
    /// let mut writer = Cursor::new(Vec::new());
    /// futures_executor::block_on(env.render_to_async("page", (), &mut writer))?;
    /// assert_eq!(writer.into_inner(), b"some text");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn render_to_async<'w>(
        &self,
        name: &str,
        context: impl Serialize,
        writer: &'w mut (impl AsyncWrite + Unpin + Send + ?Sized),
    ) -> WriteFuture<'w> {
        render::write_to(self.render_stream(name, context), writer)
    }

    /// Renders a text that is no template of the environment, but may use its templates.
    ///
    /// ```
    /// let env = kakehi::Environment::new();
    /// assert_eq!(env.render_str("<< a + b >>", kakehi::context! { a => 1, b => 2 })?, "3");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn render_str(&self, source: &str, context: impl Serialize) -> Result<String, Error> {
        self.render_named_str(UNNAMED, source, context)
    }

    /// Renders a text under a name, which errors show and by which auto-escaping is decided.
    ///
    /// ```
    /// let env = kakehi::Environment::new();
    /// assert_eq!(env.render_named_str("a.html", "<< '<' >>", ())?, "&lt;");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn render_named_str(
        &self,
        name: &str,
        source: &str,
        context: impl Serialize,
    ) -> Result<String, Error> {
        render::render(self.plan(&self.compile_text(name, source)?), context)
    }

    /// Renders a text and waits where it waits.
    ///
    /// ```
    /// let mut env = kakehi::Environment::new();
    /// env.add_async_function("answer", || async { 42 });
    /// let page = env.render_str_async("<< await answer() >>", ());
    /// assert_eq!(futures_executor::block_on(page)?, "42");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn render_str_async(&self, source: &str, context: impl Serialize) -> RenderFuture {
        let compiled = self.compile_unnamed(source);
        RenderFuture::new(compiled.and_then(|compiled| self.plan(&compiled).job(context)))
    }

    /// A text compiled under a name.
    pub(crate) fn compile_text(&self, name: &str, source: &str) -> Result<Arc<Compiled>, Error> {
        self.configuration.compile(name, source).map(Compiled::new)
    }

    /// A text compiled without a name.
    pub(crate) fn compile_unnamed(&self, source: &str) -> Result<Arc<Compiled>, Error> {
        self.compile_text(UNNAMED, source)
    }

    fn job(&self, name: &str, context: impl Serialize) -> Result<Job, Error> {
        match self.configuration.cached(name) {
            Some(compiled) => self.plan(&compiled).job(context),
            None => Job::named(&self.configuration, name, context),
        }
    }

    fn find(&self, name: &str) -> Result<Arc<Compiled>, Error> {
        find_now(&self.configuration, name, "render_async")
    }

    fn plan<'p>(&'p self, compiled: &'p Arc<Compiled>) -> Plan<'p> {
        Plan {
            configuration: &self.configuration,
            compiled,
            entry: &Entry::Template,
            options: render::no_options(),
        }
    }
}
