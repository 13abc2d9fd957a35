//! A render as a future of its whole output.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::error::Error;
use crate::render::driver::{Driver, Step};
use crate::render::job::Job;

/// A render that gives its whole output at its end.
///
/// Made by `render_async` of [`Environment`](crate::Environment), [`Template`](crate::Template) and
/// [`Block`](crate::Block). Nothing runs before it is polled, it needs no runtime, and dropping it
/// releases all that the render holds.
///
/// # Errors
/// As the synchronous render, but for those about waiting.
///
/// ```
/// fn assert_sends<T: Send + 'static>(_: &T) {}
/// let env = kakehi::Environment::new();
/// let render = env.template_from_str("<< 1 + 1 >>")?.render_async(());
/// assert_sends(&render);
/// assert_eq!(futures_executor::block_on(render)?, "2");
/// # Ok::<(), kakehi::Error>(())
/// ```
#[must_use = "a render does nothing unless it is awaited"]
pub struct RenderFuture {
    driver: Driver,
}

impl RenderFuture {
    pub(crate) fn new(job: Result<Job, Error>) -> Self {
        RenderFuture {
            driver: Driver::new(job, false),
        }
    }
}

impl Future for RenderFuture {
    type Output = Result<String, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.get_mut().driver.poll(cx).map_ok(|step| match step {
            // A driver without chunks gives its output at the end.
            Step::Chunk { text, .. } | Step::Finished { rest: text, .. } => text,
        })
    }
}

impl fmt::Debug for RenderFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RenderFuture")
            .field("is_over", &self.driver.is_over())
            .finish_non_exhaustive()
    }
}
