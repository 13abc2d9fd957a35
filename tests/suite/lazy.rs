//! Values that are made only if a template asks for them.

use futures_executor::block_on;
use kakehi::{CallContext, Context, Environment, Error, ErrorKind, RenderOptions, context};

use crate::events::Counter;
use crate::host::Rounds;

/// A context whose `user` is made after some rounds, and how often it was begun and dropped.
fn lazy_user() -> (Context, Counter, Counter) {
    let (begun, dropped) = (Counter::default(), Counter::default());
    let (count, held) = (begun.clone(), dropped.on_drop());
    let mut context = Context::new();
    context.insert("id", 7);
    context.lazy("user", async move {
        count.add();
        Rounds(3).await;
        drop(held);
        "Ann"
    });
    (context, begun, dropped)
}

fn environment() -> Environment {
    let mut env = Environment::new();
    env.add_template("part", "<< await user >>");
    env.add_template("lib", "<% macro m(user) %><< await user >><% end %>");
    env
}

#[test]
fn a_value_nobody_asks_for_is_not_made() {
    let (context, begun, dropped) = lazy_user();
    let env = environment();
    for text in [
        "<< id >>",
        "<< id >><% if false %><< await user >><% end %>",
    ] {
        let page = block_on(env.render_str_async(text, &context));
        assert_eq!(page.expect("renders"), "7");
    }
    drop(context);
    assert_eq!((begun.get(), dropped.get()), (0, 1));
}

#[test]
fn a_value_is_made_once_for_all_who_ask() {
    let (context, begun, _) = lazy_user();
    let text = "<% import 'lib' as lib %><% parallel %><< await user >> <% include 'part' %> \
        << lib.m(user) >> <% async for i in [1, 2] concurrent 2 %><< await user >> <% end %><% end %>";
    let page = block_on(environment().render_str_async(text, &context));
    assert_eq!(page.expect("renders"), "Ann Ann Ann Ann Ann ");
    assert_eq!(begun.get(), 1);
}

#[test]
fn its_error_meets_all_who_ask() {
    let mut context = Context::new();
    context.lazy("user", async { Err::<i64, _>(Error::host("no database")) });
    let text = "<% try %><< await user >><% fallback %>-<% end %><< await user >>";
    let error = block_on(Environment::new().render_str_async(text, &context)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Host);
    assert!(error.message().contains("no database"), "{error}");
}

#[test]
fn forgetting_to_wait_says_what_to_write() {
    let (context, begun, _) = lazy_user();
    let error = block_on(environment().render_str_async("<< user >>", &context)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnawaitedFuture);
    let report = format!("{error:#}");
    assert!(report.contains("<< await user >>"), "{report}");
    assert_eq!(begun.get(), 0);
    let mut waiting = environment();
    waiting.set_auto_await(true);
    let page = block_on(waiting.render_str_async("<< user | upper >>", &context));
    assert_eq!(page.expect("renders"), "ANN");
}

#[test]
fn the_last_value_of_a_name_counts() {
    let mut context = Context::from_serialize(
        &[("a", 1), ("b", 2)]
            .into_iter()
            .collect::<std::collections::BTreeMap<_, _>>(),
    )
    .expect("has names");
    context.lazy("a", async { 3 });
    context.insert("b", "x");
    context.insert("b", "y");
    let page = block_on(Environment::new().render_str_async("<< await a >><< b >>", &context));
    assert_eq!(page.expect("renders"), "3y");
}

#[test]
fn what_cannot_be_serialised_fails_where_it_is_used() {
    struct Bad;
    impl serde::Serialize for Bad {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("no such thing"))
        }
    }
    let mut context = Context::new();
    context.insert("bad", Bad);
    let env = Environment::new();
    assert_eq!(env.render_str("fine", &context).expect("renders"), "fine");
    let error = env.render_str("<< bad >>", &context).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Serialization);
    assert!(error.message().contains("no such thing"), "{error}");
    assert_eq!(
        Context::from_serialize(&[1]).unwrap_err().kind(),
        ErrorKind::Serialization
    );
}

/// An environment whose global `user` counts how often it is made, from what the render was given.
fn with_global() -> (Environment, Counter) {
    let made = Counter::default();
    let count = made.clone();
    let mut env = environment();
    env.add_async_global("user", move |context: &CallContext| {
        let id = context.context_value("id");
        let tenant = context.extension::<&str>().copied();
        let count = count.add();
        async move {
            Rounds(3).await;
            format!(
                "{}@{}#{count}",
                id.unwrap_or_default(),
                tenant.unwrap_or("-")
            )
        }
    });
    (env, made)
}

#[test]
fn a_global_is_made_once_in_each_render_that_asks() {
    let (env, made) = with_global();
    let text = "<% import 'lib' as lib %><% parallel %><< await user >> <% include 'part' %> \
        << lib.m(user) >> <% async for i in [1, 2] concurrent 2 %><< await user >> <% end %><% end %>";
    let template = env.template_from_str(text).expect("compiles");
    let options = RenderOptions::new().with_extension("acme");
    for render in 1..=2 {
        let page = template.render_async_with(context! { id => 7 }, options.clone());
        let user = format!("7@acme#{render}");
        let expected = format!("{user} {user} {user} {user} {user} ");
        assert_eq!(block_on(page).expect("renders"), expected);
        assert_eq!(made.get(), render);
    }
    let silent = env.render_str_async("<% if false %><< await user >><% end %>", ());
    assert_eq!(block_on(silent).expect("renders"), "");
    assert_eq!(made.get(), 2);
}

#[test]
fn a_global_reads_what_the_template_does_not() {
    #[derive(serde::Serialize)]
    struct Page {
        id: u32,
    }
    let (env, _) = with_global();
    let template = env.template_from_str("<< await user >>").expect("compiles");
    let mut collected = Context::new();
    collected.insert("id", 7);
    let pages = [
        template.render_async(Page { id: 7 }),
        template.render_async(context! { id => 7 }),
        template.render_async(&collected),
    ];
    for (count, page) in pages.into_iter().enumerate() {
        let page = block_on(page).expect("renders");
        assert_eq!(page, format!("7@-#{}", count + 1));
    }
}

#[test]
fn a_global_gives_way_to_the_context_and_to_what_is_added_later() {
    let (mut env, made) = with_global();
    let page = env.render_str("<< user >>", context! { user => "mine" });
    assert_eq!(page.expect("renders"), "mine");
    let template = env
        .template_from_str("<< user + other >>")
        .expect("compiles");
    assert_eq!(
        template
            .undeclared_variables()
            .into_iter()
            .collect::<Vec<_>>(),
        ["other"]
    );
    assert!(env.global_names().contains(&"user"));
    env.add_global("user", "plain");
    assert_eq!(env.render_str("<< user >>", ()).expect("renders"), "plain");
    env.add_async_global("user", |_| async { "late" });
    let page = env.render_str_async("<< await user >>", ());
    assert_eq!(block_on(page).expect("renders"), "late");
    assert!(env.remove_global("user"));
    assert!(!env.remove_global("user"));
    assert_eq!(env.render_str("<< user >>", ()).expect("renders"), "");
    assert_eq!(made.get(), 0);
}

#[test]
fn a_global_that_fails_fails_every_time() {
    let made = Counter::default();
    let count = made.clone();
    let mut env = Environment::new();
    env.add_async_global("user", move |_| {
        count.add();
        async { Err::<i64, _>(Error::host("no database")) }
    });
    let text = "<% try %><< await user >><% fallback %>1<% end %>\
        <% try %><< await user >><% fallback %>2<% end %><< await user >>";
    let error = block_on(env.render_str_async(text, ())).unwrap_err();
    assert!(error.message().contains("no database"), "{error}");
    assert_eq!(made.get(), 1);
}
