//! What one render is told.

use std::fmt;
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;
use std::time::Duration;

use crate::call::{Extensions, RenderTranslations, Translations};
use crate::limits::Limits;
use crate::render::block_on::BlockOn;
use crate::render::defer_mode::DeferMode;

/// Bytes of a stream's chunk unless told otherwise.
const CHUNK_SIZE: NonZeroUsize = NonZeroUsize::new(8 * 1024).expect("not zero");

/// Instructions between two looks at the clock and, in async renders, two pauses for others: some ten
/// microseconds, of which a pause takes a few hundredths. Runtimes look at timers and sockets only every so many
/// turns of tasks that are ready, 61 in tokio, and these have to be over within a millisecond too.
const YIELD_EVERY: NonZeroU32 = NonZeroU32::new(1_500).expect("not zero");

/// What one render is told: limits, values for its functions, how it streams and waits.
///
/// ```
/// use std::time::Duration;
/// use kakehi::{Environment, RenderOptions};
/// let env = Environment::new();
/// let template = env.template_from_str("<< 1 + 1 >>")?;
/// let careful = template.with_options(RenderOptions::untrusted().deadline(Duration::from_secs(1)));
/// assert_eq!(careful.render(())?, "2");
/// # Ok::<(), kakehi::Error>(())
/// ```
#[derive(Clone, Default)]
#[must_use = "options do nothing until they are given to `with_options` or `render_with`"]
pub struct RenderOptions {
    limits: Option<Limits>,
    deadline: Option<Duration>,
    extensions: Arc<Extensions>,
    chunk_size: Option<NonZeroUsize>,
    yield_every: Option<NonZeroU32>,
    max_concurrency: Option<NonZeroUsize>,
    block_on: Option<Arc<dyn BlockOn>>,
    defer_mode: DeferMode,
}

impl RenderOptions {
    /// Options that change nothing.
    ///
    /// ```
    /// use kakehi::{Environment, RenderOptions};
    /// let template = Environment::new().template_from_str("text")?;
    /// assert_eq!(template.render_with((), RenderOptions::new())?, "text");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn new() -> Self {
        RenderOptions::default()
    }

    /// Options for a template from a stranger: [`Limits::untrusted`].
    ///
    /// ```
    /// use kakehi::{Environment, ErrorKind, RenderOptions};
    /// let env = Environment::new();
    /// let template = env.template_from_str("<< 'x' * 1000000000 >>")?.with_options(RenderOptions::untrusted());
    /// assert_eq!(template.render(()).unwrap_err().kind(), ErrorKind::MemoryLimit);
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn untrusted() -> Self {
        RenderOptions::new().limits(Limits::untrusted())
    }

    /// Sets what the render may use, in place of the environment's limits.
    ///
    /// ```
    /// use kakehi::{Environment, ErrorKind, Limits, RenderOptions};
    /// let template = Environment::new().template_from_str("a long text")?;
    /// let options = RenderOptions::new().limits(Limits { output: Some(3), ..Limits::default() });
    /// assert_eq!(template.render_with((), options).unwrap_err().kind(), ErrorKind::OutputLimit);
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = Some(limits);
        self
    }

    /// Sets how long the render may take, whatever its other limits are.
    ///
    /// A synchronous render looks at the clock between slices of instructions, see
    /// [`RenderOptions::yield_every`]; an async one also whenever it is polled. With the feature `tokio`
    /// and inside that runtime, whose timer must be enabled, it sets a timer as well, so that a future of
    /// the host that never wakes is noticed too; without, that takes a timeout around the render.
    ///
    /// ```
    /// use std::time::Duration;
    /// use kakehi::{Environment, ErrorKind, RenderOptions};
    /// let endless = "<% for a in range(99999) %><% for b in range(99999) %><% end %><% end %>";
    /// let template = Environment::new().template_from_str(endless)?;
    /// let hasty = template.with_options(RenderOptions::new().deadline(Duration::from_millis(5)));
    /// assert_eq!(hasty.render(()).unwrap_err().kind(), ErrorKind::Deadline);
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Puts in a value that functions, filters and tests find by its type, see
    /// [`CallContext::extension`](crate::CallContext::extension).
    ///
    /// ```
    /// use kakehi::{CallContext, Environment, RenderOptions};
    /// struct Tenant(&'static str);
    /// let mut env = Environment::new();
    /// env.add_function("tenant", |context: &CallContext| {
    ///     context.extension::<Tenant>().map_or("nobody", |tenant| tenant.0)
    /// });
    /// let template = env.template_from_str("<< tenant() >>")?;
    /// assert_eq!(template.render(())?, "nobody");
    /// let options = RenderOptions::new().with_extension(Tenant("acme"));
    /// assert_eq!(template.render_with((), options)?, "acme");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn with_extension<T: Send + Sync + 'static>(mut self, value: T) -> Self {
        Arc::make_mut(&mut self.extensions).insert(value);
        self
    }

    /// Sets where the translations of messages come from, in place of the environment's.
    ///
    /// ```
    /// use std::borrow::Cow;
    /// use kakehi::{Environment, RenderOptions, Translations};
    /// struct Dutch;
    /// impl Translations for Dutch {
    ///     fn gettext<'a>(&'a self, _: Option<&'a str>, message: &'a str) -> Cow<'a, str> {
    ///         Cow::Borrowed(if message == "tea" { "thee" } else { message })
    ///     }
    ///     fn ngettext<'a>(&'a self, _: Option<&'a str>, _: &'a str, many: &'a str, _: i64) -> Cow<'a, str> {
    ///         Cow::Borrowed(many)
    ///     }
    /// }
    /// let template = Environment::new().template_from_str("<< _('tea') >>")?;
    /// let options = RenderOptions::new().with_translations(Dutch);
    /// assert_eq!(template.render_with((), options)?, "thee");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn with_translations(self, translations: impl Translations) -> Self {
        self.with_extension(RenderTranslations(Arc::new(translations)))
    }

    /// Sets at how many bytes a stream or writer gets a chunk; 8 KiB unless told otherwise, and at least
    /// one. A chunk may be longer, by the text or value that was written last.
    ///
    /// ```
    /// use futures_util::TryStreamExt;
    /// use kakehi::{Environment, RenderOptions};
    /// let template = Environment::new().template_from_str("<% for n in range(4) %><< n >>,<% end %>")?;
    /// let chunks = template.render_stream_with((), RenderOptions::new().chunk_size(4));
    /// let chunks: Vec<_> = futures_executor::block_on(chunks.try_collect())?;
    /// assert_eq!(chunks, ["0,1,", "2,3,"]);
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn chunk_size(mut self, bytes: usize) -> Self {
        self.chunk_size = Some(NonZeroUsize::new(bytes).unwrap_or(NonZeroUsize::MIN));
        self
    }

    /// Sets after how many instructions an async render lets others run, and any render looks at the clock
    /// if it has a deadline; 1,500 unless told otherwise, and at least one.
    ///
    /// That is ten to twenty microseconds. What builtins do counts as instructions, such as one for each item of a
    /// list that is summed; but a single call of a filter or a function is not interrupted: sorting or joining a
    /// million items, or a function of the host that computes for long, holds the thread until it is done.
    /// [`Limits`] bound the former; for the latter there are threads of the host's.
    ///
    /// ```
    /// use kakehi::{Environment, RenderOptions};
    /// let template = Environment::new().template_from_str("<< range(1000) | sum >>")?;
    /// let polite = template.with_options(RenderOptions::new().yield_every(1_000));
    /// assert_eq!(futures_executor::block_on(polite.render_async(()))?, "499500");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn yield_every(mut self, instructions: u32) -> Self {
        self.yield_every = Some(NonZeroU32::new(instructions).unwrap_or(NonZeroU32::MIN));
        self
    }

    /// Sets how many branches and futures of one render run at once at most; any number unless told
    /// otherwise. More of them wait for their turn.
    ///
    /// Unlike [`Limits::in_flight`], this is no limit that fails.
    ///
    /// ```
    /// use kakehi::{Environment, RenderOptions};
    /// let mut env = Environment::new();
    /// env.add_async_function("double", |n: i64| async move { n * 2 });
    /// let source = "<% async for n in range(9) concurrent 9 %><< await double(n) >> <% end %>";
    /// let template = env.template_from_str(source)?.with_options(RenderOptions::new().max_concurrency(2));
    /// assert_eq!(futures_executor::block_on(template.render_async(()))?, "0 2 4 6 8 10 12 14 16 ");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn max_concurrency(mut self, most: usize) -> Self {
        self.max_concurrency = Some(NonZeroUsize::new(most).unwrap_or(NonZeroUsize::MIN));
        self
    }

    /// Sets how a stream sends what the template puts in `defer` blocks; in its place unless told otherwise.
    ///
    /// In the other modes a block of HTML is replaced by its placeholder, the page goes on, and the block is
    /// sent behind the page when it is ready, before others that take longer. Whole texts, what is captured or not
    /// escaped as HTML, and synchronous renders that cannot wait have it in its place in any mode. A nonce that is none
    /// is an error of kind [`Value`](crate::ErrorKind::Value) when the render starts.
    ///
    /// ```
    /// use futures_util::TryStreamExt;
    /// use kakehi::{DeferMode, Environment, RenderOptions};
    /// let mut env = Environment::new();
    /// env.add_async_function("news", || async { "all is well" });
    /// env.add_template("page.html", "<% defer %><< await news() >><% placeholder %>…<% end %> and so on");
    /// let page = env.template("page.html")?;
    /// let options = RenderOptions::new().defer_mode(DeferMode::Declarative);
    /// let chunks = page.render_stream_with((), options);
    /// let chunks: Vec<_> = futures_executor::block_on(chunks.try_collect())?;
    /// let text = String::from_utf8_lossy(&chunks[0]);
    /// assert!(text.starts_with("<?start name=") && text.ends_with("…<?end> and so on"));
    /// let text = String::from_utf8_lossy(&chunks[1]);
    /// assert!(text.starts_with("<template for=") && text.ends_with(">all is well</template>"));
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn defer_mode(mut self, mode: DeferMode) -> Self {
        self.defer_mode = mode;
        self
    }

    /// Lets synchronous renders wait, by blocking their thread on a runtime.
    ///
    /// Takes a closure that runs a future to its end, [`ParkThread`](crate::ParkThread), or, with the
    /// feature `tokio`, a `tokio::runtime::Handle`. A render inside a runtime that is running fails with
    /// [`BlockingInRuntime`](crate::ErrorKind::BlockingInRuntime) where that can be known.
    ///
    /// ```
    /// use kakehi::{Environment, RenderOptions};
    /// let mut env = Environment::new();
    /// env.add_async_function("user", |id: u64| async move { format!("user {id}") });
    /// let options = RenderOptions::new().block_on(|render: kakehi::BlockingRender<'_>| futures_executor::block_on(render));
    /// let template = env.template_from_str("<< await user(7) >>")?.with_options(options);
    /// assert_eq!(template.render(())?, "user 7");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn block_on(mut self, runtime: impl BlockOn) -> Self {
        self.block_on = Some(Arc::new(runtime));
        self
    }

    /// The limits of a render in an environment with limits of its own, but for how long it may take.
    #[inline]
    pub(crate) fn resolve_limits<'l>(&'l self, environment: &'l Limits) -> &'l Limits {
        self.limits.as_ref().unwrap_or(environment)
    }

    /// How long a render may take in an environment with limits of its own.
    #[inline]
    pub(crate) fn resolve_deadline(&self, environment: &Limits) -> Option<Duration> {
        let limits = self.limits.as_ref().unwrap_or(environment);
        self.deadline.or(limits.deadline)
    }

    pub(crate) fn extensions(&self) -> &Arc<Extensions> {
        &self.extensions
    }

    pub(crate) fn chunk(&self) -> usize {
        self.chunk_size.unwrap_or(CHUNK_SIZE).get()
    }

    pub(crate) fn most_concurrent(&self) -> usize {
        self.max_concurrency.map_or(usize::MAX, NonZeroUsize::get)
    }

    pub(crate) fn slice(&self) -> NonZeroU32 {
        self.yield_every.unwrap_or(YIELD_EVERY)
    }

    pub(super) fn deferral(&self) -> &DeferMode {
        &self.defer_mode
    }

    pub(crate) fn blocker(&self) -> Option<&Arc<dyn BlockOn>> {
        self.block_on.as_ref()
    }
}

impl fmt::Debug for RenderOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RenderOptions")
            .field("limits", &self.limits)
            .field("deadline", &self.deadline)
            .field("extensions", &self.extensions)
            .field("chunk_size", &self.chunk_size)
            .field("yield_every", &self.yield_every)
            .field("max_concurrency", &self.max_concurrency)
            .field("block_on", &self.block_on.is_some())
            .field("defer_mode", &self.defer_mode)
            .finish()
    }
}
