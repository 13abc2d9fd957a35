//! Rendering into a writer of tokio; behind the feature `tokio`.

use serde::Serialize;
use tokio::io::AsyncWrite;

use crate::environment::Environment;
use crate::render::{self, WriteFuture};

impl Environment {
    /// Renders the template `name` into a writer of tokio and waits where it waits.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let mut env = kakehi::Environment::new();
    /// env.add_template("page", "some text");
    /// let mut bytes: Vec<u8> = Vec::new();
    /// env.render_to_tokio("page", (), &mut bytes).await?;
    /// assert_eq!(bytes, b"some text");
    /// # Ok::<(), kakehi::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn render_to_tokio<'w>(
        &self,
        name: &str,
        context: impl Serialize,
        writer: &'w mut (impl AsyncWrite + Unpin + Send + ?Sized),
    ) -> WriteFuture<'w> {
        render::write_to_tokio(self.render_stream(name, context), writer)
    }
}
