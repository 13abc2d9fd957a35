//! Tests of the drivers: who polls what when, what is sent when, and what is let go.

use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use futures_core::Stream;
use futures_core::stream::FusedStream;
use futures_util::{StreamExt, stream};

use crate::render::{BlockingRender, ParkThread, RenderFuture, RenderStream};
use crate::{
    AsyncFunctionLoader, Environment, Error, ErrorKind, Limits, RenderOptions, Value, context,
};

/// Is pending `left` times; wakes its task each time.
struct Rounds {
    left: usize,
}

impl Future for Rounds {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.left == 0 {
            return Poll::Ready(());
        }
        self.left -= 1;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Counts how often a task is woken.
#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// A future that is ready once the host says so.
#[derive(Clone, Default)]
struct Gate(Arc<Mutex<(bool, Vec<Waker>)>>);

impl Gate {
    fn open(&self) {
        let mut state = self.0.lock().expect("no test panics here");
        state.0 = true;
        state.1.drain(..).for_each(Waker::wake);
    }
}

impl Future for Gate {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.0.lock().expect("no test panics here");
        if state.0 {
            return Poll::Ready(());
        }
        state.1.push(cx.waker().clone());
        Poll::Pending
    }
}

pub(super) fn environment() -> Environment {
    let mut env = Environment::new();
    env.add_async_function("later", |value: Value, rounds: u32| async move {
        Rounds {
            left: rounds as usize,
        }
        .await;
        value
    });
    env.add_function("numbers", |count: i64| {
        Value::from_stream(stream::iter(0..count).then(|number| async move {
            Rounds { left: 1 }.await;
            Ok::<_, Error>(number)
        }))
    });
    env.add_async_function("fail", |message: String| async move {
        Rounds { left: 1 }.await;
        Err::<Value, Error>(Error::host(message))
    });
    env
}

fn poll<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}

fn next(stream: &mut RenderStream) -> Poll<Option<Result<String, Error>>> {
    let polled = Pin::new(stream).poll_next(&mut Context::from_waker(Waker::noop()));
    polled.map(|item| {
        item.map(|chunk| chunk.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    })
}

/// Polls until done, with nothing but a loop for a runtime.
fn drive(mut future: RenderFuture) -> Result<String, Error> {
    loop {
        if let Poll::Ready(result) = poll(&mut future) {
            return result;
        }
    }
}

const WAITING: &str = "a<< await later(1, 2) >>b<% async for n in numbers(3) %><< n >>,<% end %>\
    <% set x %><< await later('x', 1) >><% end %><< x >>\
    <% macro m() %><< await later('m', 1) >><% end %><< m() >><% include 'inner' %>";
const INNER: &str = "[<< await later('i', 3) >>]";
const OUTPUT: &str = "a1b0,1,2,xm[i]";

fn waiting() -> Environment {
    let mut env = environment();
    env.add_template("outer", WAITING);
    env.add_template("inner", INNER);
    env
}

#[test]
fn futures_and_streams_may_move_between_threads() {
    fn check<T: Send + Unpin + 'static>(_: &T) {}
    let env = waiting();
    check(&env.render_async("outer", ()));
    check(&env.render_stream("outer", ()));
    check(&env.template_async("outer"));
    let expression = env.expression("1").expect("compiles");
    check(&expression.eval_async(()));
    let render = env.render_async("outer", ());
    let rendered = std::thread::spawn(move || futures_executor::block_on(render)).join();
    assert_eq!(rendered.expect("no panic").expect("renders"), OUTPUT);
}

#[test]
fn a_bare_poller_is_runtime_enough() {
    assert_eq!(
        drive(waiting().render_async("outer", ())).expect("renders"),
        OUTPUT
    );
}

#[test]
fn another_executor_will_do() {
    let render = waiting().render_async("outer", ());
    assert_eq!(futures_executor::block_on(render).expect("renders"), OUTPUT);
}

#[test]
fn polled_from_another_thread_each_time() {
    let mut render = waiting().render_async("outer", ());
    loop {
        let (back, polled) = std::thread::spawn(move || {
            let polled = poll(&mut render);
            (render, polled)
        })
        .join()
        .expect("no panic");
        render = back;
        if let Poll::Ready(result) = polled {
            assert_eq!(result.expect("renders"), OUTPUT);
            return;
        }
    }
}

#[test]
fn a_render_sleeps_until_it_is_woken() {
    let mut env = Environment::new();
    let gate = Gate::default();
    let wait = gate.clone();
    env.add_async_function("wait", move || {
        let gate = wait.clone();
        async move {
            gate.await;
            "done"
        }
    });
    let template = env
        .template_from_str("<< await wait() >>")
        .expect("compiles");
    let mut render = template.render_async(());
    let wakes = Arc::new(Wakes::default());
    let waker = Waker::from(Arc::clone(&wakes));
    let mut cx = Context::from_waker(&waker);
    assert!(Pin::new(&mut render).poll(&mut cx).is_pending());
    assert_eq!(wakes.0.load(Ordering::SeqCst), 0);
    gate.open();
    assert_eq!(wakes.0.load(Ordering::SeqCst), 1);
    let Poll::Ready(result) = Pin::new(&mut render).poll(&mut cx) else {
        panic!("the gate is open");
    };
    assert_eq!(result.expect("renders"), "done");
}

#[test]
fn nothing_runs_before_the_first_poll() {
    let calls = Arc::new(AtomicUsize::new(0));
    let mut env = Environment::new();
    let count = Arc::clone(&calls);
    env.add_function("call", move || count.fetch_add(1, Ordering::SeqCst) as i64);
    let template = env.template_from_str("<< call() >>").expect("compiles");
    let render = template.render_async(());
    let stream = template.render_stream(());
    assert_eq!(calls.load(Ordering::SeqCst), 0);
    drop((render, stream));
    assert_eq!(calls.load(Ordering::SeqCst), 0);
}

#[test]
fn a_stream_sends_before_it_waits_and_never_sends_nothing() {
    let env = environment();
    let source = "<< await later('', 1) >>a<< await later('b', 2) >><% flush %><% flush %>c";
    let template = env.template_from_str(source).expect("compiles");
    let mut stream = template.render_stream(());
    let mut seen = Vec::new();
    loop {
        match next(&mut stream) {
            Poll::Pending => seen.push("-".to_owned()),
            Poll::Ready(Some(chunk)) => seen.push(chunk.expect("renders")),
            Poll::Ready(None) => break,
        }
    }
    assert_eq!(seen, ["-", "a", "-", "b", "c"]);
    assert!(stream.is_terminated());
    assert!(matches!(next(&mut stream), Poll::Ready(None)));
}

#[test]
fn chunks_have_the_size_asked_for() {
    let env = environment();
    let source = "<% for n in range(10000) %>0123456789<% end %>";
    let template = env.template_from_str(source).expect("compiles");
    for (options, least, most) in [
        (RenderOptions::new(), 8192, 8192 + 10),
        (RenderOptions::new().chunk_size(100), 100, 110),
        (RenderOptions::new().chunk_size(0), 1, 10),
    ] {
        let stream = template.render_stream_with((), options);
        let chunks: Vec<_> = futures_executor::block_on(stream.collect());
        let sizes: Vec<usize> = chunks
            .iter()
            .map(|c| c.as_ref().map_or(0, |c| c.len()))
            .collect();
        let (last, full) = sizes.split_last().expect("there are chunks");
        assert!(
            full.iter().all(|size| (least..=most).contains(size)),
            "{sizes:?}"
        );
        assert!(*last > 0 && *last <= most, "{last}");
        assert_eq!(sizes.iter().sum::<usize>(), 100_000);
    }
}

#[test]
fn a_stream_computes_nothing_ahead_of_its_reader() {
    let calls = Arc::new(AtomicUsize::new(0));
    let mut env = Environment::new();
    let count = Arc::clone(&calls);
    env.add_function("call", move || {
        count.fetch_add(1, Ordering::SeqCst);
        "x".repeat(100)
    });
    let source = "<% for n in range(1000) %><< call() >><% end %>";
    let template = env.template_from_str(source).expect("compiles");
    let mut stream = template.render_stream_with((), RenderOptions::new().chunk_size(1000));
    for chunk in 1..=3 {
        assert!(matches!(next(&mut stream), Poll::Ready(Some(Ok(_)))));
        assert_eq!(calls.load(Ordering::SeqCst), chunk * 10);
    }
}

#[test]
fn an_error_is_the_last_item() {
    let env = environment();
    let template = env
        .template_from_str("a<% flush %>b<< await fail('no') >>c")
        .expect("compiles");
    let items: Vec<_> = futures_executor::block_on(template.render_stream(()).collect());
    assert_eq!(items.len(), 3);
    assert_eq!(items[0].as_ref().expect("a chunk"), "a");
    assert_eq!(items[1].as_ref().expect("a chunk"), "b");
    assert_eq!(items[2].as_ref().unwrap_err().message(), "no");
    let template = env.template_from_str("a<< 1 // 0 >>").expect("compiles");
    let mut stream = template.render_stream(());
    assert!(matches!(next(&mut stream), Poll::Ready(Some(Err(_)))));
    assert!(matches!(next(&mut stream), Poll::Ready(None)));
    let mut stream = env.render_stream("missing", ());
    assert!(matches!(next(&mut stream), Poll::Ready(Some(Err(_)))));
    assert!(matches!(next(&mut stream), Poll::Ready(None)));
    let mut stream = template.render_stream(7);
    assert!(matches!(next(&mut stream), Poll::Ready(Some(Err(_)))));
    assert!(matches!(next(&mut stream), Poll::Ready(None)));
}

#[test]
fn dropped_at_any_suspension_a_render_lets_go_of_everything() {
    let held = Arc::new(());
    let mut polls = 0;
    loop {
        let mut env = environment();
        let keep = Arc::clone(&held);
        env.add_async_function("held", move |value: Value| {
            let keep = Arc::clone(&keep);
            async move {
                Rounds { left: 2 }.await;
                drop(keep);
                value
            }
        });
        let keep = Arc::clone(&held);
        env.set_loader(AsyncFunctionLoader::new(move |_| {
            let keep = Arc::clone(&keep);
            async move {
                Rounds { left: 2 }.await;
                drop(keep);
                Ok(Some(
                    "<% macro m(v) %>(<< await held(v) >>)<% end %>".to_owned(),
                ))
            }
        }));
        let keep = Arc::clone(&held);
        let items = Value::from_stream(stream::unfold((keep, 0), |(keep, n)| async move {
            Rounds { left: 1 }.await;
            (n < 3).then(|| (Ok::<_, Error>(n), (keep, n + 1)))
        }));
        let source = "<% from 'lib' import m %><% async for i in items %><< m(await held(i)) >>\
            <% end %><% filter upper %><< await held('z') >><% end %>";
        let template = env.template_from_str(source).expect("compiles");
        let before = Arc::strong_count(&held);
        let mut render = template.render_async(context! { items });
        drop((template, items));
        let mut done = None;
        for _ in 0..polls {
            if let Poll::Ready(result) = poll(&mut render) {
                done = Some(result);
                break;
            }
        }
        drop(render);
        // The environment's own functions hold two; the stream went with the render.
        assert_eq!(Arc::strong_count(&held), before - 1, "after {polls} polls");
        drop(env);
        assert_eq!(Arc::strong_count(&held), 1, "after {polls} polls");
        if let Some(result) = done {
            assert_eq!(result.expect("renders"), "(0)(1)(2)Z");
            assert!(polls > 15, "{polls}");
            return;
        }
        polls += 1;
    }
}

/// What a template prints, and how often it pauses meanwhile.
fn pauses(env: &Environment, source: &str, options: RenderOptions) -> (String, usize) {
    let template = env.template_from_str(source).expect("compiles");
    let mut render = template.render_async_with((), options);
    let wakes = Arc::new(Wakes::default());
    let waker = Waker::from(Arc::clone(&wakes));
    let mut pauses = 0;
    let result = loop {
        match Pin::new(&mut render).poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(result) => break result,
            Poll::Pending => pauses += 1,
        }
    };
    assert_eq!(wakes.0.load(Ordering::SeqCst), pauses, "{source}");
    (result.expect("renders"), pauses)
}

#[test]
fn a_busy_render_pauses_for_others() {
    let env = environment();
    let source = "<% for n in range(1000) %><% set x = n %><% end %>done";
    let (page, pauses) = pauses(&env, source, RenderOptions::new().yield_every(100));
    assert_eq!(page, "done");
    assert!((20..=100).contains(&pauses), "{pauses}");
}

#[test]
fn what_takes_long_and_is_few_instructions_pauses_too() {
    let mut env = environment();
    env.add_global("items", (0..10_000).collect::<Vec<i64>>());
    env.add_function("now", |n: i64| n);
    for (source, least) in [
        // Builtins count what they do, and a turn that is as long as several leaves as many to others.
        ("<% for n in range(50) %><< items | sum >><% end %>", 300),
        (
            "<% for n in range(50) %><< items | sort | first >><% end %>",
            1000,
        ),
        // So does the call of anything that may.
        (
            "<% for n in range(1000) %><< now(n) | string | upper >><% end %>",
            30,
        ),
        // Waits that are over at once.
        (
            "<% for n in range(1000) %><< await later(n, 0) >><% end %>",
            7,
        ),
        (
            "<% async for n in range(1000) concurrent 10 %><< await later(n, 0) >><% end %>",
            150,
        ),
    ] {
        let (_, pauses) = pauses(&env, source, RenderOptions::new());
        assert!(pauses >= least, "{pauses} pauses of {source}");
    }
}

#[test]
fn a_stream_pauses_for_others_though_its_reader_takes_all_at_once() {
    let text =
        "a line that is rather long, so that a chunk is full before a slice is over".repeat(10);
    let source = format!("<% for n in range(10000) %>{text}<% end %>");
    let template = environment().template_from_str(&source).expect("compiles");
    let mut stream = template.render_stream(());
    let (mut chunks, mut pauses) = (0, 0);
    loop {
        match stream.poll_next_unpin(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Some(chunk)) => chunks += usize::from(chunk.is_ok()),
            Poll::Ready(None) => break,
            Poll::Pending => pauses += 1,
        }
    }
    assert!(chunks > 500, "{chunks}");
    assert!(pauses >= 15, "{pauses}");
}

#[test]
fn a_sync_render_refuses_to_wait_before_it_writes() {
    let mut env = environment();
    env.add_template("leaf", "x\n  << await later(1, 1) >>");
    env.add_template("middle", "<% include 'leaf' %>");
    env.add_template(
        "top",
        "much text\n<% if false %><% include 'middle' %><% end %>",
    );
    let mut written = Vec::new();
    let error = env.render_to("top", (), &mut written).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AsyncRequired);
    assert!(written.is_empty());
    let report = format!("{error:#}");
    for part in ["await later", "leaf:2:", "middle", "top", "render_async"] {
        assert!(report.contains(part), "{part} is missing in:\n{report}");
    }
    // What only running shows is refused where it is.
    env.add_template("dynamic", "text <% include name %>");
    let error = env
        .render("dynamic", context! { name => "leaf" })
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AsyncRequired);
    let error = env
        .render_str(
            "<< 1 >><< f >>",
            context! { f => Value::from_future(async { Ok::<_, Error>(1) }) },
        )
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnawaitedFuture);
}

#[test]
fn what_templates_do_is_asked_anew_when_one_changes() {
    use crate::Waits;
    let mut env = environment();
    env.add_template("page", "<% include 'part' %>");
    env.add_template("part", "x");
    assert_eq!(
        env.template("page").expect("is there").is_async(),
        Waits::No
    );
    let copy = env.clone();
    env.add_template("part", "<< await later(1, 1) >>");
    assert_eq!(
        env.template("page").expect("is there").is_async(),
        Waits::Yes
    );
    assert_eq!(
        copy.template("page").expect("is there").is_async(),
        Waits::No
    );
    env.add_template("part", "<% include 'page' %>");
    assert_eq!(
        env.template("page").expect("is there").is_async(),
        Waits::No
    );
    env.remove_template("part");
    assert_eq!(
        env.template("page").expect("is there").is_async(),
        Waits::No
    );
    env.add_template("part", "<% include ['missing', 'late'] ignore missing %>");
    assert_eq!(
        env.template("page").expect("is there").is_async(),
        Waits::No
    );
    env.add_template("late", "<% import x as y %>");
    assert_eq!(
        env.template("page").expect("is there").is_async(),
        Waits::Unknown
    );
}

#[test]
fn a_host_can_have_sync_renders_wait() {
    let env = waiting();
    let template = env.template("outer").expect("is there");
    let park = RenderOptions::new().block_on(ParkThread);
    assert_eq!(
        template.render_with((), park.clone()).expect("renders"),
        OUTPUT
    );
    let mut bytes = Vec::new();
    template
        .with_options(park)
        .render_to((), &mut bytes)
        .expect("renders");
    assert_eq!(bytes, OUTPUT.as_bytes());
    let executor = RenderOptions::new()
        .block_on(|render: BlockingRender<'_>| futures_executor::block_on(render));
    assert_eq!(template.render_with((), executor).expect("renders"), OUTPUT);
    let lazy = RenderOptions::new().block_on(|_: BlockingRender<'_>| ());
    let error = template.render_with((), lazy).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BlockingInRuntime);
}

#[test]
fn a_deadline_ends_busy_and_waiting_renders() {
    let mut env = environment();
    env.set_limits(Limits {
        deadline: Some(Duration::from_millis(5)),
        ..Limits::default()
    });
    let busy = "x\n<% for a in range(99999) %><% for b in range(99999) %><% end %><% end %>";
    let busy = env.template_from_str(busy).expect("compiles");
    let waiting = env
        .template_from_str("x\n<< await later(1, 4000000000) >>")
        .expect("compiles");
    for error in [
        busy.render(()).unwrap_err(),
        drive(busy.render_async(())).unwrap_err(),
        drive(waiting.render_async(())).unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Deadline);
        assert_eq!(
            error.location().map(|location| location.line),
            Some(2),
            "{error}"
        );
    }
}

#[test]
fn a_panic_of_the_host_ends_one_render_only() {
    let mut env = environment();
    env.add_function("boom", || -> i64 { panic!("as planned") });
    env.add_async_function("aboom", || async {
        Rounds { left: 1 }.await;
        panic!("as planned");
        #[allow(unreachable_code)]
        0
    });
    for source in ["<< boom() >>", "<< await aboom() >>"] {
        let template = env.template_from_str(source).expect("compiles");
        let mut stream = template.render_stream(());
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            while next(&mut stream).is_pending() {}
        }));
        assert!(panicked.is_err());
        assert!(matches!(next(&mut stream), Poll::Ready(None)));
        assert_eq!(env.render_str("fine", ()).expect("renders"), "fine");
    }
}

#[test]
fn contexts_of_every_kind() {
    use std::collections::{BTreeMap, HashMap};
    #[derive(serde::Serialize)]
    struct Page<'a> {
        a: &'a str,
    }
    let env = Environment::new();
    let template = env.template_from_str("<< a >>").expect("compiles");
    let page = Page { a: "x" };
    assert_eq!(template.render(&page).expect("renders"), "x");
    assert_eq!(template.render(page).expect("renders"), "x");
    assert_eq!(
        template
            .render(HashMap::from([("a", "x")]))
            .expect("renders"),
        "x"
    );
    assert_eq!(
        template
            .render(BTreeMap::from([("a", "x")]))
            .expect("renders"),
        "x"
    );
    assert_eq!(
        template
            .render(serde_json::json!({"a": "x"}))
            .expect("renders"),
        "x"
    );
    assert_eq!(
        template.render(context! { a => "x" }).expect("renders"),
        "x"
    );
    assert_eq!(
        template.render(&context! { a => "x" }).expect("renders"),
        "x"
    );
    assert_eq!(
        template
            .render(Some(context! { a => "x" }))
            .expect("renders"),
        "x"
    );
    assert_eq!(template.render(()).expect("renders"), "");
    assert_eq!(template.render(None::<()>).expect("renders"), "");
    assert_eq!(template.render(Value::default()).expect("renders"), "");
    for error in [
        template.render(7),
        template.render("text"),
        template.render([1, 2]),
    ] {
        assert_eq!(error.unwrap_err().kind(), ErrorKind::Serialization);
    }
    // Values come through as they are, also inside of what serde serialises.
    let future = Value::from_future(async { Ok::<_, Error>("later") });
    let inside = HashMap::from([("a", Value::from_safe_string("<b>")), ("f", future)]);
    let source = "<% autoescape true %><< a >><< await f >><% end %>";
    let template = env.template_from_str(source).expect("compiles");
    assert_eq!(
        futures_executor::block_on(template.render_async(&inside)).expect("renders"),
        "<b>later"
    );
}

#[test]
fn an_abandoned_wait_for_a_shared_future_leaves_it_to_the_other() {
    let mut env = Environment::new();
    env.add_template("t", "<< await f >>");
    let gate = Gate::default();
    let wait = gate.clone();
    let f = Value::from_future(async move {
        wait.await;
        Ok::<_, Error>("done")
    });
    let mut first = env.render_async("t", context! { f => f.clone() });
    let second = env.render_async("t", context! { f });
    assert!(poll(&mut first).is_pending());
    let mut second = pin!(second);
    let wakes = Arc::new(Wakes::default());
    let waker = Waker::from(Arc::clone(&wakes));
    assert!(
        second
            .as_mut()
            .poll(&mut Context::from_waker(&waker))
            .is_pending()
    );
    drop(first);
    gate.open();
    assert!(wakes.0.load(Ordering::SeqCst) > 0);
    assert!(
        second
            .as_mut()
            .poll(&mut Context::from_waker(&waker))
            .is_ready()
    );
}

#[test]
fn only_what_a_template_can_read_is_converted() {
    use serde::ser::{Error as _, SerializeStruct};
    /// Fails if its field `costly` is converted.
    struct Page;
    impl serde::Serialize for Page {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            struct Costly;
            impl serde::Serialize for Costly {
                fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
                    Err(S::Error::custom("converted"))
                }
            }
            let mut fields = serializer.serialize_struct("Page", 2)?;
            fields.serialize_field("title", "T")?;
            fields.serialize_field("costly", &Costly)?;
            fields.end()
        }
    }
    let mut env = Environment::new();
    env.add_template("page", "<< title >><% include 'part' %>");
    env.add_template("part", "<< title >>");
    env.template("part").expect("compiles");
    let page = env.template("page").expect("compiles");
    assert_eq!(page.render(Page).expect("renders"), "TT");
    env.add_template("part", "<< costly >>");
    env.template("part").expect("compiles");
    let page = env.template("page").expect("compiles");
    assert_eq!(
        page.render(Page).unwrap_err().kind(),
        ErrorKind::Serialization
    );
    env.add_template("page", "<< title >><% include name %>");
    let page = env.template("page").expect("compiles");
    assert_eq!(
        page.render(Page).unwrap_err().kind(),
        ErrorKind::Serialization
    );
    // Keys of a map are found whatever they are called.
    let map = std::collections::HashMap::from([("a", 1), ("b", 2)]);
    assert_eq!(
        env.render_str("<< a >><< c >>", &map).expect("renders"),
        "1"
    );
}

#[test]
fn a_stream_that_is_always_ready_does_not_keep_the_task() {
    let env = environment();
    let options = || RenderOptions::new().deadline(Duration::from_millis(20));
    for source in [
        "<< rows | await list >>",
        "<% async for row in rows %><% end %>",
        "<< rows | await join >>",
    ] {
        let rows = Value::from_stream(stream::repeat_with(|| Ok::<_, Error>(1)));
        let template = env.template_from_str(source).expect("compiles");
        let mut render = template.render_async_with(context! { rows }, options());
        assert!(poll(&mut render).is_pending());
        assert_eq!(drive(render).unwrap_err().kind(), ErrorKind::Deadline);
    }
}
