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
    undefined_to_none: bool,
}

impl EvalFuture {
    pub(crate) fn new(job: Result<Job, Error>, undefined_to_none: bool) -> Self {
        EvalFuture {
            driver: Driver::new(job, false),
            undefined_to_none,
        }
    }
}

impl Future for EvalFuture {
    type Output = Result<Value, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let future = self.get_mut();
        let to_none = future.undefined_to_none;
        future.driver.poll(cx).map_ok(|step| match step {
            Step::Finished { value, .. } => defined_or(value, to_none),
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

/// The value; none in place of an undefined one, if that is wished.
pub(crate) fn defined_or(value: Value, undefined_to_none: bool) -> Value {
    match undefined_to_none && value.is_undefined() {
        true => Value::NONE,
        false => value,
    }
}
