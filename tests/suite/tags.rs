//! The tags of the host that cases can use, and what a host may get wrong.

use kakehi::{Environment, Error, ErrorKind, Flow, Tag, TagCall, Value};

use crate::host::{Mode, Rounds};

/// Adds tags: `stamp` shows its arguments, `twice` its body two times, `ask` one of its parts, `quote` its
/// body in quotes after a wait, `names` the variables it sees.
pub(crate) fn add(env: &mut Environment, mode: Mode) {
    let waits = mode == Mode::AllAsync;
    let added = [
        env.add_tag(Tag::new("stamp"), |_, call| {
            let mut shown: Vec<String> = call
                .positional()
                .iter()
                .map(|value| value.to_string())
                .collect();
            shown.extend(
                call.keywords()
                    .map(|(name, value)| format!("{name}={value}")),
            );
            Ok(Flow::from(Value::from(format!("[{}]", shown.join(" ")))))
        }),
        env.add_tag(Tag::new("twice").body(), |_, call| {
            let body = part(call, None);
            Ok(Flow::call(body.clone(), [], move |_, first| {
                let first = first?;
                Ok(Flow::call(body, [], move |_, second| {
                    Ok(Flow::from(Value::from_safe_string(format!(
                        "{first}{}",
                        second?
                    ))))
                }))
            }))
        }),
        env.add_tag(
            Tag::new("ask")
                .parameters(["question", "default"])
                .required(1)
                .branch("else")
                .branch("maybe"),
            |_, call| {
                let question = call.get("question").cloned().unwrap_or_default();
                let answer = question
                    .as_str()
                    .or(call.get("default").and_then(Value::as_str));
                let part = match answer {
                    Some("yes") => call.body(),
                    Some("no") => call.branch("else"),
                    _ => call.branch("maybe"),
                };
                Ok(match part.cloned() {
                    Some(part) => Flow::call(part, [], |_, text| text.map(Flow::from)),
                    None => Flow::nothing(),
                })
            },
        ),
        env.add_tag(
            Tag::new("quote").parameters(["mark"]).body(),
            move |_, call| {
                let mark = call.get("mark").map_or("'".to_owned(), Value::to_string);
                let body = part(call, None);
                let mark = match waits {
                    true => Value::from_future(async move {
                        Rounds(2).await;
                        Ok::<_, Error>(mark)
                    }),
                    false => Value::from(mark),
                };
                Ok(Flow::wait(mark, move |_, mark| {
                    let mark = mark?;
                    Ok(Flow::call(body, [], move |_, text| {
                        Ok(Flow::from(Value::from_safe_string(format!(
                            "{mark}{}{mark}",
                            text?
                        ))))
                    }))
                }))
            },
        ),
        env.add_tag(Tag::new("names").sees_variables(), |_, call| {
            let mut names: Vec<String> = call
                .variables()
                .and_then(|variables| variables.try_iter().ok())
                .into_iter()
                .flatten()
                .map(|name| name.to_string())
                .collect();
            names.sort();
            Ok(Flow::from(Value::from(names.join(" "))))
        }),
        env.add_tag(Tag::new("slow").waits(), |_, call| {
            let answer = call
                .positional()
                .first()
                .map_or(Value::default(), |value| (*value).clone());
            let future = Value::from_future(async move {
                Rounds(1).await;
                Ok::<_, Error>(answer)
            });
            Ok(Flow::wait(future, |_, answer| answer.map(Flow::from)))
        }),
    ];
    for added in added {
        added.expect("the tag has a name of its own");
    }
}

fn part(call: &TagCall<'_>, name: Option<&str>) -> Value {
    let part = match name {
        None => call.body(),
        Some(name) => call.branch(name),
    };
    part.cloned().unwrap_or_default()
}

#[test]
fn a_tag_has_a_name_of_its_own() {
    let mut env = Environment::new();
    for name in ["if", "endwrap", "end", "raw", "two words", "a-b", "", "1st"] {
        let error = env
            .add_tag(Tag::new(name), |_, _| Ok(Flow::nothing()))
            .expect_err(name);
        assert_eq!(error.kind(), ErrorKind::Value, "{name}");
    }
    let error = env
        .add_tag(Tag::new("fine").branch("endless"), |_, _| {
            Ok(Flow::nothing())
        })
        .expect_err("a branch that looks like an end");
    assert_eq!(error.kind(), ErrorKind::Value);
}

#[test]
fn a_tag_that_says_so_is_refused_before_the_template_runs() {
    let mut env = Environment::new();
    add(&mut env, Mode::Plain);
    let template = env
        .template_from_str("text <% slow 1 %>")
        .expect("a template");
    assert_eq!(template.is_async(), kakehi::Waits::Yes);
    let error = template.render(()).expect_err("it waits");
    assert_eq!(error.kind(), ErrorKind::AsyncRequired);
    let text = futures_executor::block_on(template.render_async(()));
    assert_eq!(text.expect("renders"), "text 1");
}

#[test]
fn a_newer_tag_replaces_an_older_one_and_the_templates_are_compiled_anew() {
    let mut env = Environment::new();
    env.add_template("t", "<% word %>");
    assert_eq!(
        env.render("t", ()).expect_err("no tag").kind(),
        ErrorKind::Syntax
    );
    for word in ["a", "b"] {
        env.add_tag(Tag::new("word"), move |_, _| {
            Ok(Flow::from(Value::from(word)))
        })
        .expect("a name of its own");
        assert_eq!(env.render("t", ()).expect("renders"), word);
    }
}
