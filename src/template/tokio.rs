//! Templates and blocks into a writer of tokio; behind the feature `tokio`.

use serde::Serialize;

use crate::render::{self, TokioWrite, WriteFuture};
use crate::template::{Block, Template};

impl Template {
    /// Renders the template into a writer of tokio and waits where it waits.
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
    pub fn render_to_tokio<'w>(
        &self,
        context: impl Serialize,
        writer: &'w mut (impl TokioWrite + Unpin + Send + ?Sized),
    ) -> WriteFuture<'w> {
        render::write_to_tokio(self.render_stream(context), writer)
    }
}
