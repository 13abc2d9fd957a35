//! Parts that run side by side: when they start and end, what they hold, and what is let go with them.

use futures_util::{TryStreamExt, stream};
use kakehi::{Environment, Error, ErrorKind, Limits, RenderOptions, Value, context};

use crate::events::{Counter, Source, Task, waiting_environment};

fn waits_for(name: &str) -> String {
    format!("<% async for i in {name} %><< i >><% end %>")
}

#[test]
fn text_goes_out_when_its_turn_has_come() {
    let (env, _) = waiting_environment();
    let (first, second) = (Source::default(), Source::default());
    let text = format!(
        "a<% parallel %>{}-{}.<% end %>z",
        waits_for("first"),
        waits_for("second")
    );
    let template = env.template_from_str(&text).expect("compiles");
    let mut page = Task::new(template.render_stream(context! {
        first => Value::from_stream(first.clone()),
        second => Value::from_stream(second.clone()),
    }));
    assert_eq!(page.chunk(), "a");
    assert!(page.next().is_pending());
    second.send(7);
    assert!(page.next().is_pending(), "it is not its turn");
    first.send(1);
    assert_eq!(page.chunk(), "1", "the first is not buffered");
    first.send(2);
    assert_eq!(page.chunk(), "2");
    first.close();
    assert_eq!(page.chunk(), "-7");
    second.send(8);
    assert_eq!(page.chunk(), "8");
    second.close();
    assert_eq!(page.chunk(), ".z");
}

#[test]
fn a_branch_in_its_turn_goes_no_further_than_its_reader() {
    let (env, _) = waiting_environment();
    let read = Counter::default();
    let count = read.clone();
    let items = stream::iter((0..100_000_i64).map(move |item| {
        count.add();
        Ok::<_, Error>(item)
    }));
    let text = format!(
        "<% parallel %>{}<< await never() >><% end %>",
        waits_for("items")
    );
    let template = env.template_from_str(&text).expect("compiles");
    let options = RenderOptions::new().chunk_size(100);
    let context = context! { items => Value::from_stream(items) };
    let mut page = Task::new(template.with_options(options).render_stream(context));
    let mut length = 0;
    for _ in 0..50 {
        let chunk = page.chunk();
        length += chunk.len();
        // Each item is a character or more, and some are read before others get their turn.
        assert!(chunk.len() < 500, "{chunk}");
        assert!(read.get() < length + 500, "{} for {length}", read.get());
    }
}

#[test]
fn a_branch_that_fails_is_no_matter_of_a_try_beside_it() {
    let (env, _) = waiting_environment();
    for (open, most) in [
        ("parallel 1", 9),
        ("parallel 2", 9),
        ("parallel", 9),
        ("parallel", 1),
        ("parallel", 2),
    ] {
        let (first, second) = (Source::default(), Source::default());
        let text = format!(
            "<% try %><% {open} %>{}<% try %>{}<% fallback %>inner<% end %><% end %>\
                <% fallback %>outer<% end %>.",
            waits_for("first"),
            waits_for("second")
        );
        let template = env.template_from_str(&text).expect("compiles");
        let options = RenderOptions::new().max_concurrency(most);
        let mut page = Task::new(template.with_options(options).render_stream(context! {
            first => Value::from_stream(first.clone()),
            second => Value::from_stream(second.clone()),
        }));
        assert!(page.next().is_pending());
        first.fail("no luck");
        assert_eq!(page.chunk(), "outer.", "{open}, {most} at most");
    }
}

#[test]
fn a_branch_that_fails_is_no_matter_of_a_try_that_pauses_beside_it() {
    let (env, _) = waiting_environment();
    let first = Source::default();
    let text = format!(
        "<% try %><% parallel %>{}<% try %><% for i in range(5000) %>.<% end %>\
            <% fallback %>inner<% end %><< await never() >><% end %><% fallback %>outer<% end %>.",
        waits_for("first")
    );
    let template = env.template_from_str(&text).expect("compiles");
    let options = RenderOptions::new().yield_every(100);
    let context = context! { first => Value::from_stream(first.clone()) };
    let mut page = Task::new(template.with_options(options).render_stream(context));
    assert!(page.step().is_pending(), "it pauses");
    first.fail("no luck");
    assert_eq!(page.chunk(), "outer.");
}

#[test]
fn a_render_that_is_dropped_lets_go_of_all_that_runs() {
    let (env, dropped) = waiting_environment();
    let text = "<% set t = spawn never() %><% parallel %><< await never() >><% parallel %><< await never() >>\
        << await never() >><% end %><% async for i in [1, 2] concurrent 2 %><< await never() >><% end %>\
        << await gather(never(), never()) >><% end %>";
    let template = env.template_from_str(text).expect("compiles");
    let mut render = Task::new(template.render_stream(()));
    assert!(render.next().is_pending());
    assert_eq!(dropped.get(), 0);
    drop(render);
    assert_eq!(dropped.get(), 8);
}

#[test]
fn a_render_may_be_dropped_at_any_poll() {
    // Each starts some calls that never end, after waits that do; wherever the render is dropped, all of them go.
    for body in [
        "<% parallel %><< await ready(1) >><< await never() >><% if true %><< await ready(2) >><< await never() >><% end %><% end %>",
        "<% parallel 2 %><< await ready(1) >><% parallel %><< await never() >><< await ready(2) >><< await never() >><% end %><% end %>",
        "<% set t = spawn never() %><< await ready(1) >><% set u = spawn never() %><< await ready(2) >><< await t >>",
        "<< await ready(1) >><< await gather(never(), ready(2), never()) >>",
        "<< await ready(1) >><< await race(never(), never()) >>",
        "<< await ready(1) >><< await settle(never(), ready(2), never()) >>",
        "<% async for i in [1, 2, 3] concurrent 2 %><< await ready(i) >><< await never() >><% end %>",
        "<% try %><% parallel %><< await never() >><< await ready(1) >><< await never() >><% end %><% fallback %><% end %>",
    ] {
        let mut most = 0;
        for polls in 0..60 {
            let (mut env, dropped) = waiting_environment();
            let started = Counter::default();
            let (counter, calls) = (dropped.clone(), started.clone());
            env.add_async_function("never", move || {
                calls.add();
                counter.never()
            });
            let template = env.template_from_str(body).expect("compiles");
            let options = RenderOptions::new().yield_every(1).chunk_size(1);
            let mut render = Task::new(template.with_options(options).render_stream(()));
            for _ in 0..polls {
                let _ = render.step();
            }
            assert_eq!(dropped.get(), 0, "nothing ends by itself in {body}");
            drop(render);
            assert_eq!(
                dropped.get(),
                started.get(),
                "after {polls} polls of {body}"
            );
            most = started.get();
        }
        assert_eq!(most, 2, "{body}");
    }
}

#[cfg(feature = "timer")]
#[test]
fn sleep_and_timeout_need_no_runtime() {
    let (env, dropped) = waiting_environment();
    let text = "<< await sleep(0.01) >><% try %><< await timeout(never(), 0.01) >><% fallback err %><< err.kind >><% end %>\
        <% parallel %><< await sleep(0.01) >>,<< await race(sleep(60), ready(7)) >><% end %>";
    let template = env.template_from_str(text).expect("compiles");
    let page = futures_executor::block_on(template.render_async(()));
    assert_eq!(page.expect("renders"), "NoneTimeoutNone,7");
    assert_eq!(dropped.get(), 1);
}

#[test]
fn the_first_error_cancels_the_others() {
    let (env, dropped) = waiting_environment();
    let text = "<% try %><% parallel %><< await never() >><% parallel %><< await never() >><< await never() >>\
        <% end %><< await fail() >><% end %><% fallback err %><< err.message >><% end %>";
    let page = futures_executor::block_on(env.render_str_async(text, ()));
    assert_eq!(page.expect("renders"), "no luck");
    assert_eq!(dropped.get(), 3);
    let text = "<% async for i in range(9) concurrent 3 %><< await never() if i else await fail() >><% end %>";
    let page = futures_executor::block_on(env.render_str_async(text, ()));
    assert_eq!(page.expect_err("fails").message(), "no luck");
}

#[test]
fn a_branch_that_fails_itself_cancels_those_within_it() {
    let (env, dropped) = waiting_environment();
    let text = "<% try %><% parallel %><% if await ready(true) %><% parallel %><< await never() >>\
        << 1 // 0 >><% end %><% end %><% end %><% fallback err %><< err.kind >><% end %><% flush %><< await never() >>";
    let template = env.template_from_str(text).expect("compiles");
    let mut page = Task::new(template.render_stream(()));
    assert_eq!(page.chunk(), "Value");
    assert_eq!(dropped.get(), 1);
}

#[test]
fn limits_hold_over_all_branches_together() {
    let (env, _) = waiting_environment();
    let rendered = |text: &str, limits: Limits| {
        let template = env.template_from_str(text).expect("compiles");
        let options = RenderOptions::new().limits(limits);
        let page = futures_executor::block_on(template.with_options(options).render_async(()));
        page.map_err(|error| error.kind())
    };
    let each = |body: &str| {
        format!("<% async for i in range(9) concurrent 9 %><< await ready(i) >>{body}<% end %>")
    };
    let fuel = Limits {
        fuel: Some(500),
        ..Limits::default()
    };
    let text = each("<% for k in range(20) %><% end %>");
    assert_eq!(rendered(&text, fuel), Err(ErrorKind::Fuel));
    let output = Limits {
        output: Some(50),
        ..Limits::default()
    };
    assert_eq!(
        rendered(&each("123456789"), output),
        Err(ErrorKind::OutputLimit)
    );
    let in_flight = |count| Limits {
        in_flight: count,
        ..Limits::default()
    };
    let text = "<% parallel %><< await never() >><< await never() >><< await never() >><% end %>";
    assert_eq!(rendered(text, in_flight(2)), Err(ErrorKind::InFlightLimit));
    let depth = Limits {
        depth: 20,
        ..Limits::default()
    };
    let text =
        "<% macro m() %><% parallel %><< await ready(1) >><< m() >><% end %><% end %><< m() >>";
    assert_eq!(rendered(text, depth), Err(ErrorKind::DepthLimit));
}

#[test]
fn ten_thousand_branches_under_every_driver_are_the_same() {
    let (env, _) = waiting_environment();
    let text = "<% async for i in range(10000) concurrent 100 %><< await ready(i) >>,<% end %>";
    let template = env.template_from_str(text).expect("compiles");
    let expected: String = (0..10_000).map(|i| format!("{i},")).collect();
    let page = futures_executor::block_on(template.render_async(()));
    assert_eq!(page.expect("renders"), expected);
    let chunks = futures_executor::block_on(template.render_stream(()).try_collect::<Vec<_>>());
    let chunks = chunks.expect("renders");
    assert!(chunks.iter().all(|chunk| chunk.len() < 10_000));
    assert_eq!(chunks.concat(), expected.as_bytes());
}

#[cfg(feature = "tokio")]
mod on_a_clock {
    use std::time::Duration;

    use super::*;
    use tokio::time::Instant;

    /// What a template prints, and after how many milliseconds.
    async fn timed(env: &Environment, text: &str) -> (Result<String, String>, u128) {
        let template = env.template_from_str(text).expect("compiles");
        let start = Instant::now();
        let text = template.render_async(()).await;
        (
            text.map_err(|error| error.message().to_owned()),
            start.elapsed().as_millis(),
        )
    }

    fn with_after() -> (Environment, Counter) {
        let (mut env, dropped) = waiting_environment();
        env.add_async_function("after", |milliseconds: u64, value: Value| async move {
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
            value
        });
        (env, dropped)
    }

    #[tokio::test(start_paused = true)]
    async fn waits_take_as_long_as_the_longest() {
        let (env, _) = with_after();
        let a = "<< await after(50, 1) >>";
        let rows = [
                (format!("{a}{a}{a}"), "111", 150),
                (format!("<% parallel %>{a}{a}{a}<% end %>"), "111", 50),
                (format!("<% parallel 2 %>{a}{a}{a}<% end %>"), "111", 100),
                ("<< await gather(after(50, 1), after(50, 2), after(50, 3)) >>".into(), "[1, 2, 3]", 50),
                ("<< await race(after(50, 1), after(20, 2)) >>".into(), "2", 20),
                ("<% set t = spawn after(50, 1) %><< await after(50, 2) >><< await t >>".into(), "21", 50),
                ("<% parallel %><% set x = await after(50, 1) %><< await after(50, x) >><< await after(80, 2) >><% end %>".into(), "12", 100),
                ("<< await sleep(0.05) >>".into(), "None", 50),
                ("<% try %><< await timeout(after(50, 1), 0.02) >><% fallback err %><< err.kind >><% end %>".into(), "Timeout", 20),
            ];
        for (text, expected, milliseconds) in rows {
            let (page, took) = timed(&env, &text).await;
            assert_eq!(
                (page.as_deref(), took),
                (Ok(expected), milliseconds),
                "{text}"
            );
        }
        let text =
            "<% async for i in range(100) concurrent 10 %><< await after(50, '.') >><% end %>";
        assert_eq!(timed(&env, text).await, (Ok(".".repeat(100)), 500));
    }

    #[tokio::test(start_paused = true)]
    async fn a_whole_template_may_be_parallel_and_a_render_may_be_capped() {
        let (mut env, _) = with_after();
        let text = "<< await after(50, 1) >><< await after(50, 2) >><< await after(50, 3) >>";
        env.set_concurrency(8);
        assert_eq!(timed(&env, text).await, (Ok("123".into()), 50));
        let nested =
            format!("<% macro m() %><% parallel %>{text}<% end %><% end %><< m() >><< m() >>");
        for (most, milliseconds) in [(1, 300), (2, 200), (99, 50)] {
            let options = RenderOptions::new().max_concurrency(most);
            let template = env.template_from_str(&nested).expect("compiles");
            let start = Instant::now();
            let page = template.with_options(options).render_async(()).await;
            assert_eq!(page.expect("renders"), "123123");
            let took = start.elapsed().as_millis();
            assert!(took <= milliseconds, "{most}: {took}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_late_call_is_dropped() {
        let (env, dropped) = with_after();
        let text = "<< await timeout(never(), 0.02) >>";
        let (page, took) = timed(&env, text).await;
        assert_eq!(page, Err("`never` took longer than 0.02 seconds".into()));
        assert_eq!((took, dropped.get()), (20, 1));
        let text = "<% try timeout=0.05 %><% parallel %><< await never() >><< await after(99, 1) >><% end %><% fallback %>late<% end %>";
        assert_eq!(timed(&env, text).await, (Ok("late".into()), 50));
        assert_eq!(dropped.get(), 2);
    }
}
