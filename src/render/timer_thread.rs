//! The timer of renders outside of any runtime, which has a thread of its own; behind the feature `timer`.

use std::time::Duration;

use futures_core::future::BoxFuture;
use futures_timer::Delay;

/// Waits so long.
pub(super) fn sleep(time: Duration) -> Option<BoxFuture<'static, ()>> {
    Some(Box::pin(Delay::new(time)))
}
