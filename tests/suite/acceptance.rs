//! A real document that is a template: rendered, it is the expected page to the byte.

use std::fs;
use std::path::Path;

use futures_util::TryStreamExt;
use kakehi::{Environment, Rest, Value};

fn environment(template: &str) -> Environment {
    let mut env = Environment::jinja();
    env.set_keep_trailing_newline(true);
    env.add_filter("provider_dir", |name: &str| {
        name.to_lowercase().replace(' ', "_")
    });
    env.add_function("zip", |lists: Rest<Vec<Value>>| {
        let shortest = lists.0.iter().map(Vec::len).min().unwrap_or(0);
        let row = |at: usize| Value::from_tuple(lists.0.iter().map(|list| list[at].clone()));
        (0..shortest).map(row).collect::<Vec<_>>()
    });
    env.add_template("template.md", template);
    env
}

#[test]
fn a_page_of_documentation_is_right_to_the_byte() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/acceptance/mirascope-async");
    if !folder.is_dir() {
        println!("skipped: there is no {}", folder.display());
        return;
    }
    let read = |name: &str| fs::read_to_string(folder.join(name)).expect("the folder is whole");
    let env = environment(&read("template.md"));
    let context: serde_json::Value = serde_json::from_str(&read("context.json")).expect("is JSON");
    let expected = read("expected.md");
    let equal = |page: &str, how: &str| {
        let differs = page.lines().zip(expected.lines()).position(|(a, b)| a != b);
        assert!(
            page == expected,
            "{how}: the first different line is {differs:?}"
        );
    };

    equal(
        &env.render("template.md", &context).expect("renders"),
        "sync",
    );
    let page = futures_executor::block_on(env.render_async("template.md", &context));
    equal(&page.expect("renders"), "async");
    let chunks: Vec<_> =
        futures_executor::block_on(env.render_stream("template.md", &context).try_collect())
            .expect("renders");
    equal(
        &String::from_utf8(chunks.concat()).expect("is text"),
        "stream",
    );
    let mut bytes = Vec::new();
    env.render_to("template.md", &context, &mut bytes)
        .expect("renders");
    equal(&String::from_utf8(bytes).expect("is text"), "writer");
}
