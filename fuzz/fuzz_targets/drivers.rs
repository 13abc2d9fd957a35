//! A template gives the same page, or the same error, however it is driven.

#![no_main]

use futures_util::StreamExt;
use kakehi::{Environment, Error, ErrorKind, Limits, RenderOptions, Template, Value, context};
use libfuzzer_sys::fuzz_target;

/// Small enough for a template to reach them in a moment, and without a clock.
fn options() -> RenderOptions {
    RenderOptions::new().limits(Limits {
        fuel: Some(20_000),
        output: Some(1 << 16),
        memory: Some(1 << 22),
        depth: 50,
        deadline: None,
        ..Limits::untrusted()
    })
}

fn environment(mut env: Environment) -> Environment {
    env.add_async_function("later", |value: Value| async move { value });
    env.add_template("part", "part");
    // Chance is no difference between drivers.
    env.add_filter("random", |value: Value| value);
    env.add_filter("shuffle", |value: Value| value);
    env.add_function("lipsum", || "lorem ipsum");
    env
}

fn data() -> Value {
    context! {
        name => "<Ann>",
        number => 7,
        items => vec![1, 2, 3],
        user => context! { name => "Bo", tags => vec!["a", "b"] },
    }
}

fn at_once(template: &Template) -> Result<String, Error> {
    template.render_with(data(), options())
}

fn step_by_step(template: &Template) -> Result<String, Error> {
    let options = options().chunk_size(1).yield_every(1);
    let mut stream = template.render_stream_with(data(), options);
    futures_executor::block_on(async {
        let mut page = Vec::new();
        while let Some(chunk) = stream.next().await {
            page.extend_from_slice(&chunk?);
        }
        Ok(String::from_utf8(page).expect("a page is text"))
    })
}

/// Whether a render may end so in one way and not in the other: one that cannot wait, and limits, which are
/// noticed a little sooner or later.
fn depends_on_driver(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::AsyncRequired
            | ErrorKind::Fuel
            | ErrorKind::OutputLimit
            | ErrorKind::MemoryLimit
            | ErrorKind::DepthLimit
            | ErrorKind::InFlightLimit
            | ErrorKind::ItemLimit
    )
}

fuzz_target!(|source: &str| {
    for env in [Environment::new(), Environment::jinja()] {
        let Ok(template) = environment(env).template_from_str(source) else {
            continue;
        };
        match (at_once(&template), step_by_step(&template)) {
            (Ok(whole), Ok(stepped)) => assert_eq!(whole, stepped),
            (Err(error), _) | (_, Err(error)) if depends_on_driver(&error) => {}
            (Err(one), Err(other)) => assert_eq!(one.to_string(), other.to_string()),
            (one, other) => panic!("at once: {one:?}; step by step: {other:?}"),
        }
    }
});
