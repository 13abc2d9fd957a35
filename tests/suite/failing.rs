//! Parts of a page that fail in place: when their time is over, and what is let go with them.

use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt};
use kakehi::{Environment, ErrorKind, RenderOptions, context};

use crate::events::{Counter, Task};

/// An environment with `never()`, which is pending for ever; what it holds is counted when it is dropped.
fn with_never() -> (Environment, Counter) {
    let mut env = Environment::new();
    let dropped = Counter::default();
    let counter = dropped.clone();
    env.add_async_function("never", move || counter.never());
    let counter = dropped.clone();
    env.add_function("dropped", move || counter.get() as u64);
    (env, dropped)
}

const BUSY: &str = "<% try timeout=0.02 %>a<% for a in range(99999) %><% for b in range(99999) %>\
    <% end %><% end %><% fallback err %><< err.kind >><% end %>";

#[test]
fn a_busy_body_is_stopped_under_every_driver() {
    let env = Environment::new();
    let template = env.template_from_str(BUSY).expect("compiles");
    assert_eq!(template.render(()).expect("renders"), "Timeout");
    let mut written = Vec::new();
    template.render_to((), &mut written).expect("renders");
    assert_eq!(written, b"Timeout");
    let render = futures_executor::block_on(template.render_async(()));
    assert_eq!(render.expect("renders"), "Timeout");
    let chunks = futures_executor::block_on(template.render_stream(()).try_collect::<Vec<_>>());
    assert_eq!(chunks.expect("renders").concat(), b"Timeout");
}

#[test]
fn a_stream_sends_what_stands_before_a_body_and_then_the_body_as_a_whole() {
    let (env, _) = with_never();
    let text =
        "a<% try %>b<% flush %><% async for i in items %><< i >><% end %>c<% fallback %><% end %>d";
    let source = crate::events::Source::default();
    let template = env.template_from_str(text).expect("compiles");
    let items = kakehi::Value::from_stream(source.clone());
    let mut page = Task::new(template.render_stream(context! { items }));
    assert_eq!(page.chunk(), "a");
    source.send(1);
    assert!(page.next().is_pending());
    source.close();
    assert_eq!(page.chunk(), "b1cd");
}

#[test]
fn a_render_that_is_dropped_in_a_body_lets_go_of_all() {
    let (env, dropped) = with_never();
    let text = "a<% try timeout=60 %><% try %><< await never() >><% fallback %>b<% end %><% fallback %>c<% end %>";
    let template = env.template_from_str(text).expect("compiles");
    let mut page = Task::new(template.render_stream(()));
    assert_eq!(page.chunk(), "a");
    assert!(page.next().is_pending());
    assert_eq!(dropped.get(), 0);
    drop(page);
    assert_eq!(dropped.get(), 1);
}

#[cfg(feature = "tokio")]
mod on_a_clock {
    use super::*;
    use tokio::time::Instant;

    fn with_sleep() -> (Environment, Counter) {
        let (mut env, dropped) = with_never();
        env.add_async_function("after", |milliseconds: u64, value: String| async move {
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
            value
        });
        (env, dropped)
    }

    /// What a template prints, and after how many milliseconds.
    async fn rendered(env: &Environment, text: &str) -> (String, u128) {
        let template = env.template_from_str(text).expect("compiles");
        let start = Instant::now();
        let text = template.render_async(()).await.expect("renders");
        (text, start.elapsed().as_millis())
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_is_dropped_when_its_time_is_over() {
        let (env, dropped) = with_sleep();
        let text = "<% try timeout=0.05 %>a<< await never() >><% fallback %>late, << dropped() >> dropped<% end %>";
        assert_eq!(
            rendered(&env, text).await,
            ("late, 1 dropped".to_owned(), 50)
        );
        assert_eq!(dropped.get(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn each_time_begins_with_its_body() {
        let (env, _) = with_sleep();
        let text = "<% for n in [40, 60, 40] %><% try timeout=0.05 %><< await after(n, 'in time') >>\
                <% fallback %>late<% end %>, <% end %>";
        let expected = "in time, late, in time, ".to_owned();
        assert_eq!(rendered(&env, text).await, (expected, 130));
    }

    #[tokio::test(start_paused = true)]
    async fn the_outer_time_ends_inner_bodies_and_fallbacks() {
        let (env, _) = with_sleep();
        for (text, expected, time) in [
            (
                "<% try timeout=0.05 %><% try timeout=0.08 %><< await never() >><% fallback %>inner<% end %>\
                        <% fallback %>outer<% end %>",
                "outer",
                50,
            ),
            (
                "<% try timeout=0.05 %><% try timeout=0.02 %><< await never() >><% fallback %>\
                        << await after(20, 'inner') >><% end %><% fallback %>outer<% end %>",
                "inner",
                40,
            ),
            (
                "<% try timeout=0.05 %><% try timeout=0.02 %><< await never() >><% fallback %>\
                        << await after(60, 'inner') >><% end %><% fallback %>outer<% end %>",
                "outer",
                50,
            ),
        ] {
            assert_eq!(rendered(&env, text).await, (expected.to_owned(), time));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_ready_in_the_last_moment_is_in_time() {
        let (env, _) = with_sleep();
        let text =
            "<% try timeout=0.05 %><< await after(50, 'in time') >><% fallback %>late<% end %>";
        assert_eq!(rendered(&env, text).await, ("in time".to_owned(), 50));
    }

    #[tokio::test(start_paused = true)]
    async fn the_deadline_of_the_render_is_not_caught() {
        let (env, dropped) = with_sleep();
        let text = "<% try timeout=60 %><< await never() >><% fallback %>late<% end %>";
        let template = env.template_from_str(text).expect("compiles");
        let options = RenderOptions::new().deadline(Duration::from_millis(50));
        let error = template.render_async_with((), options).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Deadline);
        assert_eq!(dropped.get(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_goes_on_behind_a_body_whose_time_is_over() {
        let (env, _) = with_sleep();
        let text =
            "a<% try timeout=0.05 %>b<< await never() >><% fallback %>c<% end %>d<% flush %>e";
        let template = env.template_from_str(text).expect("compiles");
        let chunks: Vec<_> = template
            .render_stream(())
            .map(|chunk| chunk.expect("renders"))
            .collect()
            .await;
        assert_eq!(chunks, ["a", "cd", "e"]);
    }
}
