//! The timer of renders outside of any runtime: there is none.

use std::time::Duration;

use futures_core::future::BoxFuture;

/// Waits so long; none, as there is no timer.
pub(super) fn sleep(_: Duration) -> Option<BoxFuture<'static, ()>> {
    None
}
