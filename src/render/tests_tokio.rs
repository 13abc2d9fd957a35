//! Tests of the drivers inside tokio.

use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::time::Instant;

use crate::{Environment, ErrorKind, ParkThread, RenderOptions};

fn environment() -> Environment {
    let mut env = Environment::new();
    env.add_async_function("sleep", |milliseconds: u64| async move {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
        "slept"
    });
    env.add_async_function("never", std::future::pending::<()>);
    env
}

fn runtimes() -> [Runtime; 2] {
    [
        Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime starts"),
        Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime starts"),
    ]
}

#[test]
fn a_render_can_be_spawned() {
    let template = environment()
        .template_from_str("<< await sleep(1) >>")
        .expect("compiles");
    for runtime in runtimes() {
        let render = template.render_async(());
        let rendered = runtime.block_on(async { tokio::spawn(render).await });
        assert_eq!(rendered.expect("no panic").expect("renders"), "slept");
    }
}

#[test]
fn the_deadline_wakes_a_render_that_nothing_else_wakes() {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build();
    runtime.expect("a runtime starts").block_on(async {
        let template = environment()
            .template_from_str("\n<< await never() >>")
            .expect("compiles");
        let start = Instant::now();
        let options = RenderOptions::new().deadline(Duration::from_secs(60));
        let error = template.render_async_with((), options).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Deadline);
        assert_eq!(error.location().map(|location| location.line), Some(2));
        let took = start.elapsed();
        assert!((60_000..60_100).contains(&took.as_millis()), "{took:?}");
        let options = RenderOptions::new().deadline(Duration::from_secs(60));
        let template = environment()
            .template_from_str("<< await sleep(59000) >>")
            .expect("compiles");
        assert_eq!(
            template
                .render_async_with((), options)
                .await
                .expect("in time"),
            "slept"
        );
    });
}

#[test]
fn blocking_is_refused_where_it_would_stop_the_runtime_and_works_elsewhere() {
    let template = environment()
        .template_from_str("<< await sleep(1) >>")
        .expect("compiles");
    for runtime in runtimes() {
        let handle = runtime.handle().clone();
        let on_handle = template.with_options(RenderOptions::new().block_on(handle.clone()));
        let on_thread = template.with_options(RenderOptions::new().block_on(ParkThread));
        let refused = |render: Result<String, crate::Error>| {
            assert_eq!(render.unwrap_err().kind(), ErrorKind::BlockingInRuntime);
        };
        // In the runtime's own thread, and in a task.
        let (one, other) = (on_handle.clone(), on_thread.clone());
        runtime.block_on(async {
            refused(one.render(()));
            refused(other.render(()));
        });
        let (one, other) = (on_handle.clone(), on_thread.clone());
        let task = async move {
            refused(one.render(()));
            refused(other.render(()));
            // Also after it was refused once, and for templates that wait for nothing.
            refused(one.render(()));
        };
        runtime
            .block_on(async { tokio::spawn(task).await })
            .expect("no panic");
        // On threads that may block.
        let one = on_handle.clone();
        let blocking = runtime.block_on(async {
            let render = move || (Handle::try_current().is_ok(), one.render(()));
            tokio::task::spawn_blocking(render).await
        });
        let (inside, rendered) = blocking.expect("no panic");
        assert!(inside);
        assert_eq!(rendered.expect("renders"), "slept");
        // The current-thread runtime only turns its clock while somebody is in it.
        if runtime.handle().runtime_flavor() == tokio::runtime::RuntimeFlavor::MultiThread {
            assert_eq!(on_handle.render(()).expect("renders"), "slept");
            let _entered = runtime.enter();
            assert_eq!(on_handle.render(()).expect("renders"), "slept");
            assert_eq!(on_thread.render(()).expect("renders"), "slept");
        }
    }
}

#[test]
fn a_writer_of_tokio_gets_the_page() {
    let template = environment()
        .template_from_str("a<< await sleep(1) >>b")
        .expect("compiles");
    for runtime in runtimes() {
        let mut bytes: Vec<u8> = Vec::new();
        runtime
            .block_on(template.render_to_tokio((), &mut bytes))
            .expect("renders");
        assert_eq!(bytes, b"asleptb");
    }
}
