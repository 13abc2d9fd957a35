//! Renders as futures: where they run, when they are polled, and that they do not disturb each other.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::thread;

use futures_util::future::join_all;
use futures_util::{StreamExt, TryStreamExt};
use kakehi::{
    Block, CallContext, Environment, Error, ErrorKind, EvalFuture, Expression, ParkThread,
    RenderFuture, RenderOptions, RenderStream, Template, Value, Waits, WriteFuture, context,
};

use crate::events::{CallLog, Counter, Source, Task};
use crate::host::{Mode, Rounds, populate};

const PAGE: &str = "a<< await get(1) >><% async for n in numbers(3) %><< n >>,<% end %>\
    <% include 'part' %><% from 'lib' import m %><< m(await get('x')) >>";
const OUTPUT: &str = "a11,2,3,[2](x)";

fn environment() -> Environment {
    let mut env = Environment::new();
    populate(&mut env, Mode::Plain);
    env.add_template("page", PAGE);
    env.add_template("part", "[<< await later(2, 3) >>]");
    env.add_template("lib", "<% macro m(v) %>(<< await later(v, 1) >>)<% end %>");
    env
}

async fn text(stream: RenderStream) -> Result<String, Error> {
    let chunks: Vec<_> = stream.try_collect().await?;
    Ok(String::from_utf8(chunks.concat()).expect("output is text"))
}

#[test]
fn all_that_is_public_may_move_between_threads() {
    fn owned<T: Send + Unpin + 'static>() {}
    fn shared<T: Send + Sync + 'static>() {}
    owned::<RenderFuture>();
    owned::<RenderStream>();
    owned::<EvalFuture>();
    owned::<WriteFuture<'static>>();
    shared::<Environment>();
    shared::<Template>();
    shared::<Block>();
    shared::<Expression>();
    shared::<Value>();
    shared::<Error>();
    shared::<RenderOptions>();
    // The future of `template_async` has no name.
    fn sends<T: Send + 'static>(_: T) {}
    sends(Environment::new().template_async("x"));
}

#[test]
fn any_executor_will_do() {
    let env = environment();
    assert_eq!(
        futures_executor::block_on(env.render_async("page", ())).expect("renders"),
        OUTPUT
    );
    assert_eq!(
        futures_executor::block_on(text(env.render_stream("page", ()))).expect("renders"),
        OUTPUT
    );
    // A bare loop that polls.
    let mut render = env.render_async("page", ());
    let mut cx = Context::from_waker(Waker::noop());
    let page = loop {
        if let Poll::Ready(page) = Pin::new(&mut render).poll(&mut cx) {
            break page;
        }
    };
    assert_eq!(page.expect("renders"), OUTPUT);
}

#[tokio::test(flavor = "current_thread")]
async fn runs_on_a_runtime_of_one_thread() {
    let env = environment();
    let render = tokio::spawn(env.render_async("page", ()));
    let stream = tokio::spawn(text(env.render_stream("page", ())));
    assert_eq!(render.await.expect("joins").expect("renders"), OUTPUT);
    assert_eq!(stream.await.expect("joins").expect("renders"), OUTPUT);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn runs_on_a_runtime_of_many_threads() {
    let env = environment();
    let renders = (0..50).map(|_| tokio::spawn(env.render_async("page", ())));
    for render in join_all(renders).await {
        assert_eq!(render.expect("joins").expect("renders"), OUTPUT);
    }
    let streams = (0..50).map(|_| tokio::spawn(text(env.render_stream("page", ()))));
    for stream in join_all(streams).await {
        assert_eq!(stream.expect("joins").expect("renders"), OUTPUT);
    }
}

#[test]
fn a_render_may_be_polled_from_another_thread_each_time() {
    let env = environment();
    let mut render = env.render_async("page", ());
    let page = loop {
        let (polled, back) = thread::spawn(move || {
            let polled = Pin::new(&mut render).poll(&mut Context::from_waker(Waker::noop()));
            (polled, render)
        })
        .join()
        .expect("no panic");
        match polled {
            Poll::Ready(page) => break page,
            Poll::Pending => render = back,
        }
    };
    assert_eq!(page.expect("renders"), OUTPUT);
}

#[test]
fn a_render_that_waits_is_not_woken_without_cause() {
    let mut env = Environment::new();
    let gate = Source::default();
    let inner = gate.clone();
    env.add_async_function("gate", move || {
        let gate = inner.clone();
        async move { gate.receive().await }
    });
    let template = env
        .template_from_str(
            "<< await gate() >><% set x = gate() %><% for i in [1] %><< await x >><% end %>",
        )
        .expect("compiles");
    let mut render = Task::new(template.render_async(()));
    assert!(render.run().is_pending());
    assert_eq!((render.wakes(), gate.polls()), (0, 1));
    gate.send(1);
    assert_eq!(render.wakes(), 1);
    // It may be polled once more than need be, but then it sleeps until there is something.
    assert!(render.run().is_pending());
    assert!(render.wakes() <= 2 && gate.polls() <= 4);
    let before = render.wakes();
    assert!(render.run().is_pending());
    assert_eq!(render.wakes(), before);
    gate.send(2);
    let Poll::Ready(page) = render.run() else {
        panic!("all is there");
    };
    assert_eq!(page.expect("renders"), "12");
    assert!(render.wakes() <= 4 && gate.polls() <= 6);
}

#[test]
fn a_new_waker_replaces_the_old_one() {
    // A task that moves to another executor is woken there.
    let env = Environment::new();
    let gate = Source::default();
    let template = env
        .template_from_str("<% async for i in items %><< i >><% end %>")
        .expect("compiles");
    let mut render = template.render_async(context! { items => Value::from_stream(gate.clone()) });
    let mut first = Task::new(&mut render);
    assert!(first.poll().is_pending());
    let first_wakes = first.wakes();
    let mut second = Task::new(&mut render);
    assert!(second.poll().is_pending());
    gate.send(7);
    gate.close();
    assert_eq!(second.wakes(), 1);
    assert_eq!(first_wakes, 0);
    assert!(matches!(second.run(), Poll::Ready(Ok(page)) if page == "7"));
}

#[test]
fn two_renders_polled_in_turn_by_one_task_do_not_see_each_other() {
    // Globals, macros, namespaces, loops, extensions and escaping are each render's own.
    let mut env = environment();
    env.add_function("who", |context: &CallContext<'_>| {
        context.extension::<String>().cloned().unwrap_or_default()
    });
    let text = "<% set ns = namespace(n=0) %><% let seen = [] %><% autoescape html %>\
        <% macro m(x) %><< who() >><< await get(x) >><% do seen.append(name) %><% end %><% async for i in numbers(3) %>\
        << loop.index >><< m(name) >><% set ns.n = ns.n + i %><% end %><< ns.n >><< seen >><% end %>";
    let template = env.template_from_str(text).expect("compiles");
    let render = |name: &str, html: bool| {
        let options = RenderOptions::new()
            .with_extension(format!("<{name}>"))
            .yield_every(1);
        template.render_async_with(context! { name, html }, options)
    };
    let expected_a = "1<a>a2<a>a3<a>a6['a', 'a', 'a']";
    let expected_b = "1&lt;b&gt;b2&lt;b&gt;b3&lt;b&gt;b6[&#39;b&#39;, &#39;b&#39;, &#39;b&#39;]";
    let (mut a, mut b) = (Task::new(render("a", false)), Task::new(render("b", true)));
    let (mut page_a, mut page_b) = (None, None);
    while page_a.is_none() || page_b.is_none() {
        for (task, page) in [(&mut a, &mut page_a), (&mut b, &mut page_b)] {
            if page.is_none()
                && let Poll::Ready(result) = task.poll()
            {
                *page = Some(result.expect("renders"));
            }
        }
    }
    assert_eq!(page_a.as_deref(), Some(expected_a));
    assert_eq!(page_b.as_deref(), Some(expected_b));
}

#[test]
fn a_value_awaited_by_two_renders_runs_once() {
    let env = Environment::new();
    let runs = Counter::default();
    let count = runs.clone();
    let gate = Source::default();
    let inner = gate.clone();
    let shared = Value::from_future(async move {
        count.add();
        inner.receive().await
    });
    let template = env
        .template_from_str("<< await x >><< await x >>")
        .expect("compiles");
    let mut a = Task::new(template.render_async(context! { x => shared.clone() }));
    let mut b = Task::new(template.render_async(context! { x => shared }));
    assert!(a.poll().is_pending() && b.poll().is_pending());
    // The one that was polled first may go; the other goes on.
    drop(a);
    gate.send(5);
    assert!(b.is_woken());
    assert!(matches!(b.run(), Poll::Ready(Ok(page)) if page == "55"));
    assert_eq!(runs.get(), 1);
}

#[test]
fn a_failed_future_fails_at_each_await_with_its_line() {
    // Its error is kept, not its place: the second await of the same future names its own line.
    let mut env = environment();
    env.add_async_function("fetch", || async {
        Rounds(1).await;
        Err::<Value, _>(Error::host("no luck"))
    });
    let failing = Value::from_future(async { Err::<Value, _>(Error::host("no luck")) });
    for (line, text) in [
        (1, "<< await f >>\n\n<< await f >>"),
        (3, "\n<# no await here #>\n<< await f >>"),
        (4, "<% set g = f %>\n\n\n<< await g >>"),
    ] {
        let template = env.template_from_str(text).expect("compiles");
        for _ in 0..2 {
            let render = template.render_async(context! { f => failing.clone() });
            let error = futures_executor::block_on(render).unwrap_err();
            assert_eq!(error.message(), "no luck");
            assert_eq!(
                error.location().map(|location| location.line),
                Some(line),
                "{text}"
            );
        }
    }
}

fn panics<T>(render: impl FnOnce() -> T) -> bool {
    catch_unwind(AssertUnwindSafe(render)).is_err()
}

#[test]
fn a_panic_of_the_host_reaches_the_caller_and_harms_nobody_else() {
    let mut env = environment();
    env.add_function("boom", || -> i64 { panic!("as planned") });
    env.add_filter("boom", |_: Value| -> i64 { panic!("as planned") });
    env.add_test("boom", |_: Value| -> bool { panic!("as planned") });
    env.add_async_function("aboom", || async {
        Rounds(1).await;
        panic!("as planned");
        #[expect(unreachable_code)]
        0
    });
    for (source, waits) in [
        ("<< boom() >>", false),
        ("<< 1 | boom >>", false),
        ("<< [1] | map('boom') | list >>", false),
        ("<< 1 is boom >>", false),
        ("<% macro m() %><< boom() >><% end %><< m() >>", false),
        ("<< await aboom() >>", true),
    ] {
        let template = env.template_from_str(source).expect("compiles");
        if !waits {
            assert!(panics(|| template.render(())), "{source}");
        }
        let render = || futures_executor::block_on(template.render_async(()));
        assert!(panics(render), "{source}");
        // The environment, its cache and even the template go on.
        assert_eq!(
            futures_executor::block_on(env.render_async("page", ())).expect("renders"),
            OUTPUT
        );
        assert!(panics(render), "{source}");
    }
}

#[test]
fn a_host_function_may_render_with_the_same_environment() {
    // The function holds a copy of the environment as it was before the function was added.
    let mut env = Environment::new();
    env.add_template("inner", "<b><< x >></b>");
    let copy = env.clone();
    let again = env.clone();
    env.add_function("render", move |name: &str, x: i64| {
        copy.render(name, context! { x })
    });
    env.add_async_function("arender", move |name: String, x: i64| {
        again.render_async(&name, context! { x })
    });
    env.add_template(
        "outer",
        "<% for i in range(2) %><< render('inner', i) >><% end %><% include 'inner' %>",
    );
    assert_eq!(
        env.render("outer", context! { x => 9 }).expect("renders"),
        "<b>0</b><b>1</b><b>9</b>"
    );
    env.add_template(
        "aouter",
        "<< await arender('inner', 3) >><< render('inner', 4) >>",
    );
    let page = futures_executor::block_on(env.render_async("aouter", ()));
    assert_eq!(page.expect("renders"), "<b>3</b><b>4</b>");
}

#[test]
fn an_extension_can_be_the_environment_itself() {
    // So that a function renders with all that the environment has by now, also recursively.
    let mut env = Environment::new();
    env.add_function("render", |context: &CallContext<'_>, name: &str, n: i64| {
        let env = context
            .extension::<Environment>()
            .expect("the host gave it");
        let options = RenderOptions::new().with_extension(env.clone());
        env.template(name)?.render_with(context! { n }, options)
    });
    env.add_template(
        "down",
        "<< n >><% if n > 0 %> << render('down', n - 1) >><% end %>",
    );
    let options = RenderOptions::new().with_extension(env.clone());
    let page = env
        .template("down")
        .expect("is there")
        .render_with(context! { n => 5 }, options);
    assert_eq!(page.expect("renders"), "5 4 3 2 1 0");
}

#[test]
fn blocks_render_by_themselves_on_all_surfaces() {
    let mut env = environment();
    env.add_template(
        "base",
        "<head><% block title %>base<% end %></head><% block body %><% end %>",
    );
    env.add_template(
        "child",
        "<% extends 'base' %><% let user = await fetch_user(7) %><% block title %><< super() >>: << user.name >><% end %>\
         <% block body %><% async for n in numbers(2) %><< n >><% flush %><% end %><% end %>",
    );
    let template = env.template("child").expect("is there");
    for (name, expected) in [("title", "base: user7"), ("body", "12")] {
        let block = template.block(name).expect("is there");
        assert_eq!(
            futures_executor::block_on(block.render_async(())).expect("renders"),
            expected
        );
        assert_eq!(
            futures_executor::block_on(text(block.render_stream(()))).expect("renders"),
            expected
        );
        let mut writer = futures_util::io::Cursor::new(Vec::new());
        futures_executor::block_on(block.render_to_async((), &mut writer)).expect("renders");
        assert_eq!(writer.into_inner(), expected.as_bytes());
        let park = RenderOptions::new().block_on(ParkThread);
        assert_eq!(
            block.render_with((), park.clone()).expect("renders"),
            expected
        );
        let mut bytes = Vec::new();
        block
            .with_options(park)
            .render_to((), &mut bytes)
            .expect("renders");
        assert_eq!(bytes, expected.as_bytes());
        let error = block.render(()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AsyncRequired);
    }
    // Nothing of the layout or of other blocks is in a block's stream.
    let body = template.block("body").expect("is there");
    let chunks: Vec<_> = futures_executor::block_on(body.render_stream(()).collect());
    assert_eq!(chunks.len(), 2);
}

#[test]
fn expressions_wait_too() {
    let env = environment();
    let expression = env.expression("[await get(1), *[x async for x in numbers(2)]]");
    let expression = match expression {
        Ok(expression) => expression,
        Err(_) => env
            .expression("[await get(1), *(numbers(2) | await list)]")
            .expect("compiles"),
    };
    assert_eq!(expression.is_async(), Waits::Yes);
    let value = futures_executor::block_on(expression.eval_async(())).expect("evaluates");
    assert_eq!(format!("{value:?}"), "[1, 1, 2]");
    assert_eq!(
        expression.eval(()).unwrap_err().kind(),
        ErrorKind::AsyncRequired
    );
    let park = RenderOptions::new().block_on(ParkThread);
    assert_eq!(
        format!("{:?}", expression.eval_with((), park).expect("evaluates")),
        "[1, 1, 2]"
    );
}

#[test]
fn a_sync_render_is_refused_before_it_does_anything() {
    let mut env = environment();
    let log = CallLog::default();
    let calls = log.clone();
    env.add_function("note", move || calls.note("note"));
    env.add_template("deep", "line one\nline two << await get(1) >>");
    env.add_template("middle", "<% include 'deep' %>");
    env.add_template(
        "top",
        "text << note() >><% flush %><% if false %>\n<% include 'middle' %><% end %>",
    );
    let mut written = Vec::new();
    let error = env.render_to("top", (), &mut written).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AsyncRequired);
    assert!(written.is_empty());
    assert_eq!(log.of("note"), 0);
    let report = format!("{error:#}");
    for part in [
        "await get",
        "deep:2:",
        "middle:1:",
        "top:2:",
        "render_async",
    ] {
        assert!(report.contains(part), "{part} is missing in:\n{report}");
    }
    // The same for parents, imports, and `async for`.
    env.add_template("child", "<% extends 'deep' %>");
    env.add_template("importing", "<% import 'lib' as lib %>");
    env.add_template("looping", "x\n<% async for x in xs %><% end %>");
    for (name, place) in [
        ("child", "deep:2:"),
        ("importing", "lib:1:"),
        ("looping", "looping:2:"),
    ] {
        let mut written = Vec::new();
        let error = env.render_to(name, (), &mut written).unwrap_err();
        let report = format!("{error:#}");
        assert_eq!(error.kind(), ErrorKind::AsyncRequired, "{report}");
        assert!(report.contains(place), "{place} is missing in:\n{report}");
        assert!(written.is_empty());
        assert_eq!(env.template(name).expect("is there").is_async(), Waits::Yes);
    }
}

#[test]
fn where_a_runtime_gives_up_there_is_an_error_and_no_deadlock() {
    let env = environment();
    let lazy = RenderOptions::new().block_on(|_: kakehi::BlockingRender<'_>| ());
    let error = env
        .template("page")
        .expect("is there")
        .render_with((), lazy)
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BlockingInRuntime);
}

#[test]
fn a_value_can_go_from_one_render_to_the_next() {
    // Also when the render that made it is gone, cycles and all.
    let env = Environment::new();
    let list = env
        .expression("[1, {'a': (2, 3)}, 'x' ~ 1]")
        .expect("compiles")
        .eval(())
        .expect("evaluates");
    let list = Arc::new(list);
    let page = env.render_str("<< list[1].a >>", context! { list => (*list).clone() });
    assert_eq!(page.expect("renders"), "(2, 3)");
}
