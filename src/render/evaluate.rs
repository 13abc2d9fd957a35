//! The evaluation of an expression as a future.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::error::Error;
use crate::render::driver::{Driver, Step};
use crate::render::job::Job;
use crate::value::Value;

/// The evaluation of an [`Expression`](crate::Expression) that may wait.
///
/// ```
/// let mut env = kakehi::Environment::new();
/// env.add_async_function("answer", || async { 42 });
/// let answer = env.expression("await answer() + 1")?.eval_async(());
/// assert_eq!(futures_executor::block_on(answer)?.as_i64(), Some(43));
/// # Ok::<(), kakehi::Error>(())
/// ```
#[must_use = "an evaluation does nothing unless it is awaited"]
pub struct EvalFuture {
    driver: Driver,
}

impl EvalFuture {
    pub(crate) fn new(job: Result<Job<'_>, Error>) -> Self {
        EvalFuture {
            driver: Driver::new(job, false),
        }
    }
}

impl Future for EvalFuture {
    type Output = Result<Value, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.get_mut().driver.poll(cx).map_ok(|step| match step {
            Step::Finished { value, .. } => value,
            Step::Chunk { .. } => unreachable!("a driver without chunks gives none"),
        })
    }
}

impl fmt::Debug for EvalFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EvalFuture")
            .field("is_over", &self.driver.is_over())
            .finish_non_exhaustive()
    }
}
