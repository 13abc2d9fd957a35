//! One block of a template, rendered by itself.

use std::fmt;
use std::io;

use futures_io::AsyncWrite;
use serde::Serialize;

use crate::error::Error;
use crate::render::{self, Plan, RenderFuture, RenderOptions, RenderStream, WriteFuture};
use crate::template::Template;
use crate::vm::Entry;

/// One block of a template, to be rendered by itself; made by [`Template::block`].
///
/// ```
/// let mut env = kakehi::Environment::new();
/// env.add_template("base", "<% block title %>Site<% end %>|<% block body %><% end %>");
/// env.add_template("page", "<% extends 'base' %><% block title %>Page of << super() >><% end %>");
/// assert_eq!(env.template("page")?.block("title")?.render(())?, "Page of Site");
/// # Ok::<(), kakehi::Error>(())
/// ```
#[derive(Clone)]
pub struct Block {
    pub(crate) template: Template,
    /// The block, by its name.
    pub(crate) entry: Entry,
}

impl Block {
    /// The block's name.
    ///
    /// ```
    /// let env = kakehi::Environment::new();
    /// let template = env.template_from_str("head <% block body %>text<% end %>")?;
    /// let block = template.block("body")?;
    /// assert_eq!(block.name(), "body");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn name(&self) -> &str {
        self.entry.block_name()
    }

    /// The template that it is a block of.
    ///
    /// ```
    /// let env = kakehi::Environment::new();
    /// let template = env.template_from_str("head <% block body %>text<% end %>")?;
    /// let block = template.block("body")?;
    /// assert_eq!(block.template().render(())?, "head text");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn template(&self) -> &Template {
        &self.template
    }

    /// The same block, which renders with `options` on every surface.
    ///
    /// ```
    /// let env = kakehi::Environment::new();
    /// let template = env.template_from_str("head <% block body %>text<% end %>")?;
    /// let block = template.block("body")?;
    /// assert_eq!(block.with_options(kakehi::RenderOptions::untrusted()).render(())?, "text");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    #[must_use]
    pub fn with_options(&self, options: RenderOptions) -> Block {
        Block {
            template: self.template.with_options(options),
            entry: self.entry.clone(),
        }
    }

    /// Renders the block.
    ///
    /// # Errors
    /// If the block fails, or waits, see [`Block::render_async`].
    ///
    /// ```
    /// let env = kakehi::Environment::new();
    /// let template = env.template_from_str("head <% block body %>body<% end %>")?;
    /// assert_eq!(template.block("body")?.render(())?, "body");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn render(&self, context: impl Serialize) -> Result<String, Error> {
        render::render(self.plan(), context)
    }

    /// Renders the block and waits where it waits.
    ///
    /// ```
    /// let mut env = kakehi::Environment::new();
    /// env.add_async_function("answer", || async { 42 });
    /// let template = env.template_from_str("head <% block body %><< await answer() >><% end %>")?;
    /// let block = template.block("body")?;
    /// assert_eq!(futures_executor::block_on(block.render_async(()))?, "42");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn render_async(&self, context: impl Serialize) -> RenderFuture {
        RenderFuture::new(self.plan().job(context))
    }

    /// Renders the block in chunks.
    ///
    /// ```
    /// use futures_util::TryStreamExt;
    /// let env = kakehi::Environment::new();
    /// let template = env.template_from_str("head <% block body %>a<% flush %>b<% end %>")?;
    /// let chunks = template.block("body")?.render_stream(());
    /// let chunks: Vec<_> = futures_executor::block_on(chunks.try_collect())?;
    /// assert_eq!(chunks, ["a", "b"]);
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn render_stream(&self, context: impl Serialize) -> RenderStream {
        RenderStream::new(self.plan().job(context))
    }

    /// Renders the block into a writer, chunk by chunk, and flushes it at the end.
    ///
    /// # Errors
    /// As [`Block::render`], and if the writer fails. What was written by then stays written.
    ///
    /// ```
    /// let env = kakehi::Environment::new();
    /// let template = env.template_from_str("head <% block body %>text<% end %>")?;
    /// let block = template.block("body")?;
    /// let mut bytes = Vec::new();
    /// block.render_to((), &mut bytes)?;
    /// assert_eq!(bytes, b"text");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn render_to(
        &self,
        context: impl Serialize,
        writer: &mut (impl io::Write + ?Sized),
    ) -> Result<(), Error> {
        render::render_to(self.plan(), context, writer)
    }

    /// Renders the block into an async writer and waits where it waits.
    ///
    /// ```
    /// let env = kakehi::Environment::new();
    /// let template = env.template_from_str("head <% block body %>text<% end %>")?;
    /// let block = template.block("body")?;
    /// let mut writer = futures_util::io::Cursor::new(Vec::new());
    /// futures_executor::block_on(block.render_to_async((), &mut writer))?;
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

    /// As [`Block::render`], with options.
    ///
    /// ```
    /// let env = kakehi::Environment::new();
    /// let template = env.template_from_str("head <% block body %>text<% end %>")?;
    /// let block = template.block("body")?;
    /// assert_eq!(block.render_with((), kakehi::RenderOptions::untrusted())?, "text");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn render_with(
        &self,
        context: impl Serialize,
        options: RenderOptions,
    ) -> Result<String, Error> {
        self.with_options(options).render(context)
    }

    /// As [`Block::render_async`], with options.
    ///
    /// ```
    /// let env = kakehi::Environment::new();
    /// let template = env.template_from_str("head <% block body %>text<% end %>")?;
    /// let block = template.block("body")?;
    /// let page = block.render_async_with((), kakehi::RenderOptions::untrusted());
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

    /// As [`Block::render_stream`], with options.
    ///
    /// ```
    /// let env = kakehi::Environment::new();
    /// let template = env.template_from_str("head <% block body %>text<% end %>")?;
    /// let block = template.block("body")?;
    /// let chunks = block.render_stream_with((), kakehi::RenderOptions::untrusted());
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

    fn plan(&self) -> Plan<'_> {
        self.template.plan(&self.entry)
    }
}

impl fmt::Debug for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Block")
            .field("template", &self.template.name())
            .field("name", &self.name())
            .finish_non_exhaustive()
    }
}
