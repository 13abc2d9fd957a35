//! Templates and blocks into a writer of tokio; behind the feature `tokio`.

use serde::Serialize;

use crate::render::{self, TokioWrite, WriteFuture};
use crate::template::{Block, Template};

impl Template {
    /// Renders the template into a writer of tokio and waits where it waits.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let env = kakehi::Environment::new();
    /// let template = env.template_from_str("text")?;
    /// let mut bytes: Vec<u8> = Vec::new();
    /// template.render_to_tokio((), &mut bytes).await?;
    /// assert_eq!(bytes, b"text");
    /// # Ok::<(), kakehi::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn render_to_tokio<'w>(
        &self,
        context: impl Serialize,
        writer: &'w mut (impl TokioWrite + Unpin + Send + ?Sized),
    ) -> WriteFuture<'w> {
        render::write_to_tokio(self.render_stream(context), writer)
    }
}

impl Block {
    /// Renders the block into a writer of tokio and waits where it waits.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let env = kakehi::Environment::new();
    /// let template = env.template_from_str("head <% block body %>text<% end %>")?;
    /// let mut bytes: Vec<u8> = Vec::new();
    /// template.block("body")?.render_to_tokio((), &mut bytes).await?;
    /// assert_eq!(bytes, b"text");
    /// # Ok::<(), kakehi::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn render_to_tokio<'w>(
        &self,
        context: impl Serialize,
        writer: &'w mut (impl TokioWrite + Unpin + Send + ?Sized),
    ) -> WriteFuture<'w> {
        render::write_to_tokio(self.render_stream(context), writer)
    }
}
