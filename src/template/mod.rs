//! A compiled template, ready to be rendered.

mod block;
mod macros;
#[cfg(feature = "tokio")]
mod tokio;

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::sync::Arc;

use arcstr::ArcStr;
use futures_io::AsyncWrite;
use futures_util::FutureExt;
use serde::Serialize;

pub use block::Block;
pub use macros::MacroSignature;

use crate::bytecode::{Reference, ReferenceKind};
use crate::environment::{Compiled, Configuration, Environment, Waits, find_now, waits};
use crate::error::machine::MachineFault;
use crate::error::{Error, ErrorKind};
use crate::render::{
    self, LoadFuture, Plan, RenderFuture, RenderOptions, RenderStream, WriteFuture,
};
use crate::value::Value;
use crate::vm::Entry;

/// A compiled template of an environment.
///
/// It keeps what it was compiled with: changing the environment, or the source, does not change it.
/// Cloning it is cheap.
///
/// ```
/// let mut env = kakehi::Environment::new();
/// env.add_template("hello", "Hello << name >>!");
/// let template = env.template("hello")?;
/// for name in ["Ann", "Bob"] {
///     println!("{}", template.render(kakehi::context! { name })?);
/// }
/// # Ok::<(), kakehi::Error>(())
/// ```
#[derive(Clone)]
pub struct Template {
    pub(crate) configuration: Arc<Configuration>,
    pub(crate) compiled: Arc<Compiled>,
    pub(crate) options: Arc<RenderOptions>,
}

impl Environment {
    /// The first of some templates that exists.
    ///
    /// # Errors
    /// Of kind [`TemplateNotFound`](crate::ErrorKind::TemplateNotFound) if none of them does, with the first
    /// name; otherwise as [`Environment::template`] for the first one that exists.
    ///
    /// ```
    /// let mut env = kakehi::Environment::new();
    /// env.add_template("page.html", "");
    /// assert_eq!(env.select_template(&["page.de.html", "page.html"])?.name(), "page.html");
    /// assert!(env.select_template(&["a", "b"]).is_err());
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn select_template(&self, names: &[&str]) -> Result<Template, Error> {
        let mut missing = None;
        for name in names {
            match self.template(name) {
                Err(error) if error.kind() == ErrorKind::TemplateNotFound => {
                    missing.get_or_insert(error);
                }
                answer => return answer,
            }
        }
        Err(missing.unwrap_or_else(|| self.configuration.not_found("")))
    }

    /// The template `name`, loaded and compiled if it is not yet.
    ///
    /// # Errors
    /// Of kind [`TemplateNotFound`](crate::ErrorKind::TemplateNotFound) if nobody knows it,
    /// [`AsyncRequired`](crate::ErrorKind::AsyncRequired) if it can only be loaded by waiting, see
    /// [`Environment::template_async`]; the loader's own; and those of a text that is no template.
    ///
    /// ```
    /// use kakehi::{Environment, ErrorKind};
    /// let mut env = Environment::new();
    /// env.add_template("a", "A");
    /// assert_eq!(env.template("a")?.name(), "a");
    /// assert_eq!(env.template("b").unwrap_err().kind(), ErrorKind::TemplateNotFound);
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn template(&self, name: &str) -> Result<Template, Error> {
        let compiled = find_now(&self.configuration, name, "template_async")?;
        Ok(Template::of(&self.configuration, compiled))
    }

    /// The template `name`, waiting for its loader if need be.
    ///
    /// ```
    /// # futures_executor::block_on(async {
    /// let mut env = kakehi::Environment::new();
    /// env.set_loader(kakehi::AsyncFunctionLoader::new(|name: String| async move {
    ///     Ok(Some(format!("I am {name}")))
    /// }));
    /// let template = env.template_async("page").await?;
    /// assert_eq!(template.render(())?, "I am page");
    /// # Ok::<(), kakehi::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn template_async(
        &self,
        name: &str,
    ) -> impl Future<Output = Result<Template, Error>> + Send + Unpin + use<> {
        let configuration = Arc::clone(&self.configuration);
        let name = ArcStr::from(name);
        let load = LoadFuture::new(Arc::clone(&configuration), name.clone());
        load.map(move |loaded| match loaded? {
            Some(compiled) => Ok(Template::of(&configuration, compiled)),
            None => Err(configuration.not_found(&name)),
        })
    }

    /// A template from a text, which is not kept in the environment.
    ///
    /// ```
    /// let template = kakehi::Environment::new().template_from_str("<< 1 + 1 >>")?;
    /// assert_eq!(template.render(())?, "2");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn template_from_str(&self, source: &str) -> Result<Template, Error> {
        let compiled = self.compile_unnamed(source)?;
        Ok(Template::of(&self.configuration, compiled))
    }

    /// A template from a text, with the name that errors show and by which auto-escaping is decided.
    ///
    /// ```
    /// let template = kakehi::Environment::new().template_from_named_str("a.html", "<< '<' >>")?;
    /// assert_eq!(template.render(())?, "&lt;");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn template_from_named_str(&self, name: &str, source: &str) -> Result<Template, Error> {
        let compiled = self.compile_text(name, source)?;
        Ok(Template::of(&self.configuration, compiled))
    }
}

impl Template {
    fn of(configuration: &Arc<Configuration>, compiled: Arc<Compiled>) -> Self {
        Template {
            configuration: Arc::clone(configuration),
            compiled,
            options: Arc::clone(render::no_options()),
        }
    }

    /// The template's name.
    ///
    /// ```
    /// let template = kakehi::Environment::new().template_from_str("text")?;
    /// assert_eq!(template.name(), "<string>");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn name(&self) -> &str {
        &self.compiled.program.origin.name
    }

    /// The template's source, as its loader gave it.
    ///
    /// ```
    /// let template = kakehi::Environment::new().template_from_str("<< 1 >>")?;
    /// assert_eq!(template.source(), "<< 1 >>");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn source(&self) -> &str {
        &self.compiled.program.origin.text
    }

    /// The same template, which renders with `options` on every surface.
    ///
    /// ```
    /// use kakehi::{Environment, ErrorKind, Limits, RenderOptions};
    /// let template = Environment::new().template_from_str("<< 'x' * 100 >>")?;
    /// let limits = Limits { output: Some(50), ..Limits::default() };
    /// let limited = template.with_options(RenderOptions::new().limits(limits));
    /// assert_eq!(limited.render(()).unwrap_err().kind(), ErrorKind::OutputLimit);
    /// assert_eq!(template.render(())?.len(), 100);
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    #[must_use]
    pub fn with_options(&self, options: RenderOptions) -> Template {
        Template {
            options: Arc::new(options),
            ..self.clone()
        }
    }

    /// The same template with globals of its own, which it and what it includes, imports and extends see: those of
    /// its environment are hidden by ones of the same name. It is compiled anew, and so is what it names, so make
    /// it once and keep it.
    ///
    /// # Errors
    /// If it cannot be compiled with them.
    ///
    /// ```
    /// use kakehi::{Environment, Value};
    /// let mut env = Environment::new();
    /// env.add_global("site", "A");
    /// env.add_template("part", "[<< site >>]");
    /// env.add_template("page", "<< site >> <% include 'part' %>");
    /// let page = env.template("page")?;
    /// assert_eq!(page.with_globals([("site", Value::from("B"))])?.render(())?, "B [B]");
    /// assert_eq!(page.render(())?, "A [A]");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn with_globals<N: Into<String>>(
        &self,
        globals: impl IntoIterator<Item = (N, Value)>,
    ) -> Result<Template, Error> {
        let mut configuration = Configuration::clone(&self.configuration);
        configuration.cache = Arc::default();
        for (name, value) in globals {
            configuration.registry.set_global(name.into(), value);
        }
        let origin = &self.compiled.program.origin;
        let program = configuration.compile(&origin.name, &origin.text)?;
        Ok(Template {
            configuration: Arc::new(configuration),
            compiled: Compiled::new(program),
            options: Arc::clone(&self.options),
        })
    }

    /// Renders the template.
    ///
    /// # Errors
    /// If the template fails, or waits, see [`Template::render_async`].
    ///
    /// ```
    /// let mut env = kakehi::Environment::new();
    /// env.add_template("hello", "Hello << name >>!");
    /// let template = env.template("hello")?;
    /// assert_eq!(template.render(kakehi::context! { name => "Ann" })?, "Hello Ann!");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn render(&self, context: impl Serialize) -> Result<String, Error> {
        render::render(self.plan(&Entry::Template), context)
    }

    /// Renders the template and waits where it waits.
    ///
    /// ```
    /// let mut env = kakehi::Environment::new();
    /// env.add_async_function("answer", || async { 42 });
    /// let template = env.template_from_str("<< await answer() >>")?;
    /// assert_eq!(futures_executor::block_on(template.render_async(()))?, "42");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn render_async(&self, context: impl Serialize) -> RenderFuture {
        RenderFuture::new(self.plan(&Entry::Template).job(context))
    }

    /// Renders the template in chunks.
    ///
    /// ```
    /// use futures_util::TryStreamExt;
    /// let template = kakehi::Environment::new().template_from_str("a<% flush %>b")?;
    /// let chunks: Vec<_> = futures_executor::block_on(template.render_stream(()).try_collect())?;
    /// assert_eq!(chunks, ["a", "b"]);
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn render_stream(&self, context: impl Serialize) -> RenderStream {
        RenderStream::new(self.plan(&Entry::Template).job(context))
    }

    /// Renders the template into a writer, chunk by chunk, and flushes it at the end.
    ///
    /// # Errors
    /// As [`Template::render`], and if the writer fails. What was written by then stays written.
    ///
    /// ```
    /// let template = kakehi::Environment::new().template_from_str("text")?;
    /// let mut bytes = Vec::new();
    /// template.render_to((), &mut bytes)?;
    /// assert_eq!(bytes, b"text");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn render_to(
        &self,
        context: impl Serialize,
        writer: &mut (impl io::Write + ?Sized),
    ) -> Result<(), Error> {
        render::render_to(self.plan(&Entry::Template), context, writer)
    }

    /// Renders the template into an async writer and waits where it waits.
    ///
    /// ```
    /// let env = kakehi::Environment::new();
    /// let template = env.template_from_str("text")?;
    /// let mut writer = futures_util::io::Cursor::new(Vec::new());
    /// futures_executor::block_on(template.render_to_async((), &mut writer))?;
    /// assert_eq!(writer.into_inner(), b"text");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn render_to_async<'w>(
        &self,
        context: impl Serialize,
        writer: &'w mut (impl AsyncWrite + Unpin + Send + ?Sized),
    ) -> WriteFuture<'w> {
        render::write_to(self.render_stream(context), writer)
    }

    /// As [`Template::render`], with options.
    ///
    /// ```
    /// use kakehi::{Environment, RenderOptions};
    /// let template = Environment::new().template_from_str("<< 1 + 1 >>")?;
    /// assert_eq!(template.render_with((), RenderOptions::untrusted())?, "2");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn render_with(
        &self,
        context: impl Serialize,
        options: RenderOptions,
    ) -> Result<String, Error> {
        self.with_options(options).render(context)
    }

    /// As [`Template::render_async`], with options.
    ///
    /// ```
    /// let env = kakehi::Environment::new();
    /// let template = env.template_from_str("text")?;
    /// let page = template.render_async_with((), kakehi::RenderOptions::untrusted());
    /// assert_eq!(futures_executor::block_on(page)?, "text");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn render_async_with(
        &self,
        context: impl Serialize,
        options: RenderOptions,
    ) -> RenderFuture {
        self.with_options(options).render_async(context)
    }

    /// As [`Template::render_stream`], with options.
    ///
    /// ```
    /// let env = kakehi::Environment::new();
    /// let template = env.template_from_str("text")?;
    /// let chunks = template.render_stream_with((), kakehi::RenderOptions::untrusted());
    /// let chunks = futures_util::TryStreamExt::try_collect::<Vec<_>>(chunks);
    /// assert_eq!(futures_executor::block_on(chunks)?, ["text"]);
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn render_stream_with(
        &self,
        context: impl Serialize,
        options: RenderOptions,
    ) -> RenderStream {
        self.with_options(options).render_stream(context)
    }

    /// A block of the template, to be rendered by itself.
    ///
    /// It is as the template would show it: `super()` works, and what the template sets outside of blocks
    /// is set. If the template extends another one, the block may come from there.
    ///
    /// # Errors
    /// If the template has no such block and extends no other. In one that does, it shows when the block is
    /// rendered.
    ///
    /// ```
    /// let env = kakehi::Environment::new();
    /// let template = env.template_from_str("<% block a %>A<% end %>B")?;
    /// assert_eq!(template.block("a")?.render(())?, "A");
    /// assert!(template.block("b").is_err());
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn block(&self, name: &str) -> Result<Block, Error> {
        let program = &self.compiled.program;
        let extends = |reference: &Reference| reference.kind == ReferenceKind::Extends;
        if !self.block_names().any(|own| own == name) && !program.references.iter().any(extends) {
            let name = ArcStr::from(name);
            return Err(MachineFault::NoSuchBlock { name }.into_error());
        }
        Ok(Block {
            template: self.clone(),
            entry: Entry::Block(ArcStr::from(name)),
        })
    }

    /// The names of the blocks that the template itself defines, in source order.
    ///
    /// ```
    /// let env = kakehi::Environment::new();
    /// let template = env.template_from_str("<% block a %><% block b %><% end %><% end %>")?;
    /// assert_eq!(template.block_names().collect::<Vec<_>>(), ["a", "b"]);
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn block_names(&self) -> impl Iterator<Item = &str> {
        self.compiled
            .program
            .blocks
            .iter()
            .map(|block| block.name.as_str())
    }

    /// Whether rendering it waits. Loads the templates that it names, where that needs no waiting.
    ///
    /// ```
    /// use kakehi::{Environment, Waits};
    /// let mut env = Environment::new();
    /// env.add_template("page", "<% include 'part' %>");
    /// env.add_template("part", "<< await f() >>");
    /// assert_eq!(env.template("page")?.is_async(), Waits::Yes);
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn is_async(&self) -> Waits {
        waits(&self.configuration, &self.compiled)
    }

    /// The names that the template reads from its context and that are no globals of its environment.
    ///
    /// Templates that it includes, imports or extends are not looked at.
    ///
    /// ```
    /// let env = kakehi::Environment::new();
    /// let template = env.template_from_str("<% set a = 1 %><< a + b >><< range(c) >>")?;
    /// assert_eq!(template.undeclared_variables().into_iter().collect::<Vec<_>>(), ["b", "c"]);
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn undeclared_variables(&self) -> BTreeSet<String> {
        let program = &self.compiled.program;
        let names = program
            .context_names
            .iter()
            .map(|name| program.name(*name).text().as_str());
        names
            .filter(|name| !self.configuration.registry.has_global(name))
            .map(str::to_owned)
            .collect()
    }

    /// The templates that the template includes, imports or extends, each once in source order; `None`
    /// stands for those whose name is known only when it runs.
    ///
    /// ```
    /// let env = kakehi::Environment::new();
    /// let template = env.template_from_str("<% include 'a' %><% include ['b', 'c'] %><% include d %>")?;
    /// let expected = [Some("a"), Some("b"), Some("c"), None];
    /// assert_eq!(template.referenced_templates(), expected.map(|name| name.map(String::from)));
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn referenced_templates(&self) -> Vec<Option<String>> {
        let mut found = Vec::new();
        let mut seen = BTreeSet::new();
        for reference in &self.compiled.program.references {
            let names = match &reference.names {
                Some(names) => names.iter().map(|name| Some(name.as_str())).collect(),
                None => vec![None],
            };
            for name in names {
                if seen.insert(name) {
                    found.push(name.map(str::to_owned));
                }
            }
        }
        found
    }

    /// The macros that the template defines, in source order.
    ///
    /// ```
    /// let env = kakehi::Environment::new();
    /// let template = env.template_from_str("<% macro field(name, kind='text') %><< caller() >><< kwargs >><% end %>")?;
    /// let field = template.macros().next().unwrap();
    /// assert_eq!(field.name(), "field");
    /// assert_eq!(field.parameters().collect::<Vec<_>>(), ["name", "kind"]);
    /// assert_eq!(field.required_parameters(), 1);
    /// assert!(field.takes_caller() && field.takes_keywords() && !field.takes_more());
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn macros(&self) -> impl Iterator<Item = MacroSignature<'_>> {
        let macros = self.compiled.program.macros.iter();
        macros
            .filter(|info| !info.is_caller)
            .map(MacroSignature::of)
    }

    #[inline(always)]
    pub(crate) fn plan<'p>(&'p self, entry: &'p Entry) -> Plan<'p> {
        Plan {
            configuration: &self.configuration,
            compiled: &self.compiled,
            entry,
            options: &self.options,
        }
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Template")
            .field("name", &self.name())
            .finish_non_exhaustive()
    }
}
