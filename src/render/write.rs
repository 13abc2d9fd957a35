//! A render into an async writer.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::future::BoxFuture;
use futures_io::AsyncWrite;

use crate::error::{Error, HostFault};
use crate::render::stream::RenderStream;

/// A render into a writer, chunk by chunk; done when all is written and flushed.
///
/// The writer is flushed before the render waits, where the template says so, and at the end.
///
/// ```
/// let env = kakehi::Environment::new();
/// let template = env.template_from_str("<< 6 * 7 >>")?;
/// let mut writer = futures_util::io::Cursor::new(Vec::new());
/// futures_executor::block_on(template.render_to_async((), &mut writer))?;
/// assert_eq!(writer.into_inner(), b"42");
/// # Ok::<(), kakehi::Error>(())
/// ```
#[must_use = "a render does nothing unless it is awaited"]
pub struct WriteFuture<'w> {
    inner: BoxFuture<'w, Result<(), Error>>,
}

impl Future for WriteFuture<'_> {
    type Output = Result<(), Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.get_mut().inner.as_mut().poll(cx)
    }
}

impl fmt::Debug for WriteFuture<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriteFuture").finish_non_exhaustive()
    }
}

/// What the traits for async writers have in common.
pub(crate) trait Sink: Send {
    fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>>;
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;
}

/// A writer of the crate `futures`.
struct FuturesSink<'w, W: ?Sized>(&'w mut W);

impl<W: AsyncWrite + Unpin + Send + ?Sized> Sink for FuturesSink<'_, W> {
    fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.0).poll_write(cx, bytes)
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0).poll_flush(cx)
    }
}

/// Renders into a writer of the crate `futures`.
pub(crate) fn write_to<'w, W>(stream: RenderStream, writer: &'w mut W) -> WriteFuture<'w>
where
    W: AsyncWrite + Unpin + Send + ?Sized,
{
    pump(stream, FuturesSink(writer))
}

/// Hands all chunks of a stream to a sink; the render goes on only when a chunk is written.
pub(crate) fn pump<'w>(mut stream: RenderStream, mut sink: impl Sink + 'w) -> WriteFuture<'w> {
    let inner = async move {
        while let Some(chunk) = poll_fn(|cx| stream.poll_chunk(cx)).await {
            let (mut bytes, flush) = chunk?;
            while !bytes.is_empty() {
                write_some(&mut sink, &mut bytes).await?;
            }
            if flush {
                flush_sink(&mut sink).await?;
            }
        }
        flush_sink(&mut sink).await
    };
    WriteFuture {
        inner: Box::pin(inner),
    }
}

async fn write_some(sink: &mut impl Sink, bytes: &mut Bytes) -> Result<(), Error> {
    let written = poll_fn(|cx| sink.poll_write(cx, bytes)).await;
    match written.map_err(HostFault::Output)? {
        0 => Err(HostFault::WriteZero.into()),
        written => {
            bytes::Buf::advance(bytes, written.min(bytes.len()));
            Ok(())
        }
    }
}

async fn flush_sink(sink: &mut impl Sink) -> Result<(), Error> {
    let flushed = poll_fn(|cx| sink.poll_flush(cx)).await;
    flushed.map_err(|cause| HostFault::Output(cause).into())
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::io;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use futures_io::AsyncWrite;

    use crate::render::tests::environment;
    use crate::{Environment, Error, ErrorKind};

    /// Takes what it is told to take at each call.
    struct Writer {
        steps: VecDeque<io::Result<usize>>,
        taken: Vec<u8>,
        flushes: Vec<usize>,
    }

    impl AsyncWrite for Writer {
        fn poll_write(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            match self.steps.pop_front() {
                None => Poll::Ready(Ok(bytes.len())),
                Some(Ok(usize::MAX)) => {
                    cx.waker().wake_by_ref();
                    Poll::Pending
                }
                Some(Ok(most)) => Poll::Ready(Ok(most.min(bytes.len()))),
                Some(Err(error)) => Poll::Ready(Err(error)),
            }
            .map_ok(|taken| {
                self.taken.extend_from_slice(&bytes[..taken]);
                taken
            })
        }

        fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            let taken = self.taken.len();
            self.flushes.push(taken);
            Poll::Ready(Ok(()))
        }

        fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            self.poll_flush(cx)
        }
    }

    fn write(steps: impl IntoIterator<Item = io::Result<usize>>) -> (Result<(), Error>, Writer) {
        let mut writer = Writer {
            steps: steps.into_iter().collect(),
            taken: Vec::new(),
            flushes: Vec::new(),
        };
        let source = "one<% flush %>two<< await later('three', 1) >>four";
        let template = environment().template_from_str(source).expect("compiles");
        let result = futures_executor::block_on(template.render_to_async((), &mut writer));
        (result, writer)
    }

    #[test]
    fn a_writer_gets_all_and_is_flushed_where_a_reader_waits() {
        let (result, writer) = write([Ok(1), Ok(usize::MAX), Ok(1), Ok(1), Ok(2)]);
        result.expect("renders");
        assert_eq!(writer.taken, b"onetwothreefour");
        assert_eq!(writer.flushes, [3, 6, 15]);
    }

    #[test]
    fn a_writer_that_fails_ends_the_render() {
        let (result, _) = write([Ok(2), Err(io::Error::other("full"))]);
        let error = result.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Output);
        assert!(std::error::Error::source(&error).is_some());
        let (result, _) = write([Ok(0)]);
        assert_eq!(result.unwrap_err().kind(), ErrorKind::Output);

        struct Full;
        impl io::Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::Error::other("full"))
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let error = Environment::new()
            .template_from_str("x")
            .expect("compiles")
            .render_to((), &mut Full);
        assert_eq!(error.unwrap_err().kind(), ErrorKind::Output);
    }
}
