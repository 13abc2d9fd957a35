//! The guide for authors of templates: its examples print what it says, and it names all builtins. The
//! README says what each dependency is for.

use futures_util::stream;
use kakehi::{Environment, Error, Value, context};

const GUIDE: &str = include_str!("../../docs/templates.md");

/// A fenced block: what follows the fence, and its content.
#[derive(Clone, Copy)]
struct Fence<'a> {
    info: &'a str,
    content: &'a str,
    line: usize,
}

fn fences(text: &str) -> Vec<Fence<'_>> {
    let mut fences = Vec::new();
    let mut open: Option<(&str, usize, usize)> = None;
    let mut offset = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let end = offset + line.len();
        if let Some(info) = line.strip_prefix("```") {
            open = match open {
                None => Some((info.trim_end(), end, number + 2)),
                Some((info, start, line)) => {
                    let content = text[start..offset].trim_end_matches('\n');
                    fences.push(Fence {
                        info,
                        content,
                        line,
                    });
                    None
                }
            };
        }
        offset = end;
    }
    fences
}

fn environment() -> Environment {
    let mut env = Environment::new();
    env.add_async_function("fetch_user", |id: i64| async move {
        context! { id, name => format!("user {id}") }
    });
    env.add_function("ticks", |count: i64| {
        Value::from_stream(stream::iter((1..=count).map(Ok::<_, Error>)))
    });
    env.add_async_filter("in_yen", |amount: f64| async move {
        format!("{:.0} yen", amount * 164.0)
    });
    env
}

#[test]
fn examples_print_what_the_guide_says() {
    let fences = fences(GUIDE);
    let json = fences
        .iter()
        .find(|fence| fence.info == "json")
        .expect("there is a context");
    let context: serde_json::Value = serde_json::from_str(json.content).expect("is JSON");
    let mut env = environment();
    let mut count = 0;
    for (at, fence) in fences.iter().enumerate() {
        if let Some(name) = fence.info.strip_prefix("kakehi ") {
            env.add_template(name, fence.content);
        }
        if fence.info != "kakehi" {
            continue;
        }
        let expected = &fences[at + 1];
        assert_eq!(
            expected.info, "text",
            "line {}: an output follows",
            fence.line
        );
        let page = env.render_str_async(fence.content, &context);
        match futures_executor::block_on(page) {
            Ok(page) => {
                assert_eq!(
                    page.trim_end_matches('\n'),
                    expected.content,
                    "line {}",
                    fence.line
                );
            }
            Err(error) => panic!("line {}: {error:#}", fence.line),
        }
        count += 1;
    }
    assert!(count > 15, "found {count} examples only");
}

#[test]
fn builtins_are_all_named() {
    let env = Environment::new();
    let names = [env.filter_names(), env.test_names(), env.global_names()].concat();
    let missing: Vec<_> = names
        .into_iter()
        .filter(|name| !GUIDE.contains(&format!("`{name}`")))
        .collect();
    assert!(missing.is_empty(), "the guide does not name {missing:?}");
}

#[test]
fn readme_says_what_dependencies_are_for() {
    let readme = include_str!("../../README.md");
    let mut section = "";
    let mut count = 0;
    for line in include_str!("../../Cargo.toml").lines() {
        if line.starts_with('[') {
            section = line;
        }
        let Some((name, _)) = line.split_once(" = ") else {
            continue;
        };
        if section.ends_with("dependencies]") && !name.starts_with('#') {
            assert!(
                readme.contains(&format!("`{name}`")),
                "{name} is not in the README"
            );
            count += 1;
        }
    }
    assert!(count > 15, "found {count} dependencies only");
}
