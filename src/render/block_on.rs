//! Waiting in a synchronous render, where the host asks for it.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Wake, Waker};
use std::thread::{self, Thread};

use crate::render::clock;

/// Something that runs a future to its end on the thread that asks: what
/// [`RenderOptions::block_on`](crate::RenderOptions::block_on) takes.
///
/// Every closure of the right shape is one, if it spells out the type of its argument.
///
/// ```
/// use kakehi::{BlockOn, BlockingRender};
/// struct Executor;
/// impl BlockOn for Executor {
///     fn block_on(&self, render: BlockingRender<'_>) {
///         futures_executor::block_on(render);
///     }
/// }
/// ```
pub trait BlockOn: Send + Sync + 'static {
    /// Runs the render to its end.
    fn block_on(&self, render: BlockingRender<'_>);

    /// Whether blocking here would stop a runtime that is running on this thread, so that the render must
    /// be refused.
    fn would_stop_runtime(&self) -> bool {
        false
    }
}

/// A render that some [`BlockOn`] is to run to its end.
///
/// ```
/// use kakehi::{BlockingRender, RenderOptions};
/// let options = RenderOptions::new().block_on(|render: BlockingRender<'_>| futures_executor::block_on(render));
/// ```
pub type BlockingRender<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

impl<F> BlockOn for F
where
    F: Fn(BlockingRender<'_>) + Send + Sync + 'static,
{
    fn block_on(&self, render: BlockingRender<'_>) {
        self(render);
    }

    fn would_stop_runtime(&self) -> bool {
        clock::in_runtime()
    }
}

/// Waits by putting the thread to sleep until the future wakes it: for futures that need no runtime, or
/// whose runtime is on other threads.
///
/// ```
/// use kakehi::{Environment, ParkThread, RenderOptions};
/// let mut env = Environment::new();
/// env.add_async_function("answer", || async { 42 });
/// let options = RenderOptions::new().block_on(ParkThread);
/// let template = env.template_from_str("<< await answer() >>")?.with_options(options);
/// assert_eq!(template.render(())?, "42");
/// # Ok::<(), kakehi::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct ParkThread;

/// Wakes a thread that parks.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.unpark();
    }
}

impl BlockOn for ParkThread {
    fn block_on(&self, mut render: BlockingRender<'_>) {
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        let mut context = Context::from_waker(&waker);
        while render.as_mut().poll(&mut context).is_pending() {
            // Also returns without cause at times, which only costs a poll.
            thread::park();
        }
    }

    fn would_stop_runtime(&self) -> bool {
        clock::in_runtime()
    }
}
