//! A render into a writer of tokio; behind the feature `tokio`.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

pub(crate) use tokio::io::AsyncWrite as TokioWrite;

use crate::render::stream::RenderStream;
use crate::render::write::{Sink, WriteFuture, pump};

/// A writer of tokio.
struct TokioSink<'w, W: ?Sized>(&'w mut W);

impl<W: TokioWrite + Unpin + Send + ?Sized> Sink for TokioSink<'_, W> {
    fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.0).poll_write(cx, bytes)
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0).poll_flush(cx)
    }
}

/// Renders into a writer of tokio.
pub(crate) fn write_to_tokio<'w, W>(stream: RenderStream, writer: &'w mut W) -> WriteFuture<'w>
where
    W: TokioWrite + Unpin + Send + ?Sized,
{
    pump(stream, TokioSink(writer))
}
