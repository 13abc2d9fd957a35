//! A render as a stream of chunks.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use futures_core::stream::FusedStream;

use crate::error::Error;
use crate::render::driver::{Driver, Step};
use crate::render::job::Job;

/// A render that gives its output in chunks, as it goes.
///
/// There is a chunk when enough is written (8 KiB unless told otherwise), when the render is about to
/// wait with something to send, and at `flush` in the template; never an empty one. Nothing is computed
/// ahead of the reader: polling runs the render up to its next chunk. An error is the last item.
/// Dropping the stream releases all that the render holds.
///
/// ```
/// use futures_util::StreamExt;
/// let mut env = kakehi::Environment::new();
/// env.add_template("page", "one <% flush %>two");
/// let chunks = futures_executor::block_on(env.render_stream("page", ()).collect::<Vec<_>>());
/// let chunks: Vec<_> = chunks.into_iter().collect::<Result<_, _>>()?;
/// assert_eq!(chunks, ["one ", "two"]);
/// # Ok::<(), kakehi::Error>(())
/// ```
#[must_use = "a render does nothing unless its stream is read"]
pub struct RenderStream {
    driver: Driver,
}

impl RenderStream {
    pub(crate) fn new(job: Result<Job, Error>) -> Self {
        RenderStream {
            driver: Driver::new(job, true),
        }
    }

    /// The next chunk that is not empty, and whether the reader should see it at once.
    pub(crate) fn poll_chunk(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<(Bytes, bool), Error>>> {
        if self.driver.is_over() {
            return Poll::Ready(None);
        }
        let (text, flush) = match ready!(self.driver.poll(cx)) {
            Ok(Step::Chunk { text, flush }) => (text, flush),
            Ok(Step::Finished { rest, .. }) if rest.is_empty() => return Poll::Ready(None),
            // Whoever writes flushes at the end in any case.
            Ok(Step::Finished { rest, .. }) => (rest, false),
            Err(error) => return Poll::Ready(Some(Err(error))),
        };
        Poll::Ready(Some(Ok((Bytes::from(text), flush))))
    }
}

impl Stream for RenderStream {
    type Item = Result<Bytes, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut()
            .poll_chunk(cx)
            .map(|chunk| chunk.map(|chunk| chunk.map(|(bytes, _)| bytes)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        if self.driver.is_over() {
            (0, Some(0))
        } else {
            (0, None)
        }
    }
}

impl FusedStream for RenderStream {
    fn is_terminated(&self) -> bool {
        self.driver.is_over()
    }
}

impl fmt::Debug for RenderStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RenderStream")
            .field("is_over", &self.driver.is_over())
            .finish_non_exhaustive()
    }
}
