//! Waiting in synchronous renders on tokio: where it works, and where it is refused and never a deadlock.

use std::time::Duration;

use kakehi::{Environment, ErrorKind, RenderOptions};
use tokio::runtime::{Builder, Handle, Runtime};

fn environment() -> Environment {
    let mut env = Environment::new();
    // Needs the runtime's timer.
    env.add_async_function("rest", || async {
        tokio::time::sleep(Duration::from_millis(1)).await;
        "rested"
    });
    env.add_template("page", "<< await rest() >>");
    env
}

fn runtimes() -> [Runtime; 2] {
    [Builder::new_current_thread(), Builder::new_multi_thread()]
        .map(|mut builder| builder.enable_time().build().expect("a runtime"))
}

fn blocking(handle: &Handle) -> RenderOptions {
    RenderOptions::new().block_on(handle.clone())
}

#[test]
fn outside_of_a_runtime_a_render_blocks_on_its_handle() {
    let [current_thread, multi_thread] = runtimes();
    let env = environment();
    let template = env.template("page").expect("is there");
    let page = template.render_with((), blocking(multi_thread.handle()));
    assert_eq!(page.expect("renders"), "rested");
    // Nobody runs this one, so that its timer would never fire.
    let page = template.render_with((), blocking(current_thread.handle()));
    assert_eq!(page.unwrap_err().kind(), ErrorKind::BlockingInRuntime);
}

#[test]
fn inside_of_a_runtime_a_render_is_refused() {
    for runtime in runtimes() {
        let handle = runtime.handle().clone();
        let error = runtime.block_on(async move {
            let render = tokio::spawn(async move {
                let env = environment();
                let template = env.template("page").expect("is there");
                let mut written = Vec::new();
                let error = template
                    .with_options(blocking(&handle))
                    .render_to((), &mut written)
                    .unwrap_err();
                assert!(written.is_empty());
                error
            });
            render.await.expect("no panic")
        });
        assert_eq!(error.kind(), ErrorKind::BlockingInRuntime);
        let report = format!("{error:#}");
        assert!(
            report.contains("render_async"),
            "says what to do instead: {report}"
        );
    }
}

#[test]
fn a_function_of_a_render_that_is_polled_cannot_block_either() {
    // A sync render inside of a host function of an async render.
    for runtime in runtimes() {
        let mut env = environment();
        let inner = env.clone();
        let handle = runtime.handle().clone();
        env.add_function("nested", move || {
            inner.template("page")?.render_with((), blocking(&handle))
        });
        let template = env.template_from_str("<< nested() >>").expect("compiles");
        let error = runtime.block_on(async { tokio::spawn(template.render_async(())).await });
        let error = error.expect("no panic").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BlockingInRuntime);
    }
}

#[test]
fn on_a_thread_for_blocking_a_render_may_wait() {
    for runtime in runtimes() {
        let handle = runtime.handle().clone();
        let page = runtime.block_on(async move {
            let render = tokio::task::spawn_blocking(move || {
                environment()
                    .template("page")?
                    .render_with((), blocking(&handle))
            });
            render.await.expect("no panic")
        });
        assert_eq!(page.expect("renders"), "rested");
    }
}

#[test]
fn a_tokio_writer_gets_the_page() {
    for runtime in runtimes() {
        let env = environment();
        let template = env.template("page").expect("is there");
        let mut writer = Vec::new();
        runtime
            .block_on(template.render_to_tokio((), &mut writer))
            .expect("renders");
        assert_eq!(writer, b"rested");
    }
}

#[tokio::test(start_paused = true)]
async fn a_deadline_ends_a_render_that_nothing_wakes() {
    let mut env = Environment::new();
    env.add_async_function("never", std::future::pending::<i64>);
    let template = env
        .template_from_str("text\n<< await never() >>")
        .expect("compiles");
    let options = RenderOptions::new().deadline(Duration::from_secs(5));
    let start = tokio::time::Instant::now();
    let error = template.render_async_with((), options).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Deadline);
    assert_eq!(error.location().map(|location| location.line), Some(2));
    assert_eq!(start.elapsed().as_secs(), 5);
}
