//! What the documentation of other tools shows and what their async code gets wrong, one test each.
//!
//! The first part follows the examples of Kida, htpy, DynaPrompt, Mirascope and DSPy; the second shows that
//! faults they have or had are not here. Constructs by themselves are in the case files.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::task::Poll;

use futures_util::{StreamExt, TryStreamExt, stream};
use kakehi::{
    CallContext, Environment, Error, ErrorKind, ParkThread, RenderOptions, RenderStream, Value,
    context,
};

use crate::events::{Counter, Source, Task};
use crate::host::{Mode, Rounds, populate};

fn environment() -> Environment {
    let mut env = Environment::new();
    populate(&mut env, Mode::Plain);
    env
}

fn joined(stream: RenderStream) -> Result<String, Error> {
    let chunks: Vec<_> = futures_executor::block_on(stream.try_collect())?;
    Ok(String::from_utf8(chunks.concat()).expect("output is text"))
}

/// The page, which is the same on all surfaces that wait, and refused where none can.
fn page(env: &Environment, name: &str, context: &Value) -> String {
    let whole = futures_executor::block_on(env.render_async(name, context)).expect("renders");
    assert_eq!(
        joined(env.render_stream(name, context)).expect("renders"),
        whole
    );
    let error = env.render(name, context).expect_err("waits");
    assert_eq!(error.kind(), ErrorKind::AsyncRequired);
    let park = RenderOptions::new().block_on(ParkThread);
    let blocking = env
        .template(name)
        .expect("is there")
        .render_with(context, park);
    assert_eq!(blocking.expect("renders"), whole);
    whole
}

mod kida {
    use super::*;

    #[test]
    fn a_list_of_users_from_an_async_iterator() {
        let mut env = environment();
        env.add_function("users", || {
            let users = ["Alice", "Bob", "<Eve>"].map(|name| Ok::<_, Error>(context! { name }));
            Value::from_stream(stream::iter(users))
        });
        env.add_template(
            "users.html",
            "<ul>\n<% async for user in users() %>  <li><< loop.index >>. << user.name >></li>\n<% empty %>  <li>none</li>\n<% end %></ul>",
        );
        assert_eq!(
            page(&env, "users.html", &context! {}),
            "<ul>\n  <li>1. Alice</li>\n  <li>2. Bob</li>\n  <li>3. &lt;Eve&gt;</li>\n</ul>"
        );
    }

    #[test]
    fn an_awaited_fetch() {
        let mut env = environment();
        env.add_template(
            "page",
            "<% set user = await fetch_user(7) %>Hello, << user.name >>!",
        );
        assert_eq!(page(&env, "page", &context! {}), "Hello, user7!");
    }

    #[tokio::test]
    async fn what_was_gathered_before_the_render() {
        // The host waits for all at once; the template has nothing to wait for.
        let (a, b) = tokio::join!(async { 1 }, async { "two" });
        let env = environment();
        let page = env
            .render_str("<< a >> and << b >>", context! { a, b })
            .expect("renders");
        assert_eq!(page, "1 and two");
    }

    #[test]
    fn records_are_sent_as_they_arrive() {
        let env = environment();
        let source = Source::default();
        let template = env
            .template_from_str("<% async for record in records %><tr><< record >></tr><% end %>")
            .expect("compiles");
        let records = Value::from_stream(source.clone());
        let mut page = Task::new(template.render_stream(context! { records }));
        for record in 1..=3 {
            source.send(record);
            assert_eq!(page.chunk(), format!("<tr>{record}</tr>"));
            assert!(page.next().is_pending());
        }
        source.close();
        assert!(matches!(page.next(), Poll::Ready(None)));
    }

    #[test]
    fn a_generator_that_fails_is_an_error_to_handle() {
        let mut env = environment();
        env.add_template(
            "page",
            "<% async for n in numbers_then_fail(2, 'db gone') %><< n >><% end %>",
        );
        let error = futures_executor::block_on(env.render_async("page", ())).unwrap_err();
        assert_eq!(
            (error.kind(), error.message()),
            (ErrorKind::Host, "db gone")
        );
        let items = futures_executor::block_on(env.render_stream("page", ()).collect::<Vec<_>>());
        let texts: Vec<_> = items.iter().filter_map(|item| item.as_ref().ok()).collect();
        assert_eq!(texts, ["1", "2"]);
        assert!(items.last().is_some_and(Result::is_err));
    }
}

mod htpy {
    use super::*;

    #[test]
    fn an_async_component() {
        let mut env = environment();
        env.add_async_function("magic_number", || async {
            Rounds(2).await;
            42
        });
        env.add_template(
            "page.html",
            "<% macro component() %><p>The magic number is: << await magic_number() >></p><% end %><h1>Hi</h1><< component() >>",
        );
        assert_eq!(
            page(&env, "page.html", &context! {}),
            "<h1>Hi</h1><p>The magic number is: 42</p>"
        );
    }

    #[test]
    fn a_list_of_an_async_iterator() {
        let mut env = environment();
        env.add_template(
            "page",
            "<ul><% async for n in numbers(3) %><li><< n >></li><% end %></ul>",
        );
        assert_eq!(
            page(&env, "page", &context! {}),
            "<ul><li>1</li><li>2</li><li>3</li></ul>"
        );
    }

    #[test]
    fn chunks_are_the_page() {
        let env = environment();
        let template = env.template_from_str("<p>hello!</p>").expect("compiles");
        let chunks: Vec<_> =
            futures_executor::block_on(template.render_stream(()).try_collect()).expect("renders");
        assert_eq!(chunks, ["<p>hello!</p>"]);
    }

    #[test]
    fn rendering_synchronously_is_an_error_and_never_a_page_without_the_rest() {
        let mut env = environment();
        env.add_template("page", "<p>start</p><< await get('x') >>");
        let mut written = Vec::new();
        let error = env.render_to("page", (), &mut written).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AsyncRequired);
        assert!(written.is_empty());
    }
}

mod dynaprompt {
    use super::*;

    #[test]
    fn an_async_render_is_the_same_text_each_time() {
        // So that its hash can stand for it.
        let mut env = environment();
        env.add_template(
            "prompt",
            "You are << await get(role) >>.\n<% async for n in numbers(2) %>- << n >>\n<% end %>",
        );
        let context = context! { role => "a poet" };
        assert_eq!(
            page(&env, "prompt", &context),
            "You are a poet.\n- 1\n- 2\n"
        );
        assert_eq!(
            page(&env, "prompt", &context),
            "You are a poet.\n- 1\n- 2\n"
        );
    }

    #[tokio::test]
    async fn handlers_share_one_environment() {
        let mut env = environment();
        env.add_template("prompt", "Hello << (await fetch_user(id)).name >>!");
        let env = Arc::new(env);
        let handlers: Vec<_> = (0..20)
            .map(|id| {
                let env = Arc::clone(&env);
                tokio::spawn(async move { env.render_async("prompt", context! { id }).await })
            })
            .collect();
        for (id, handler) in handlers.into_iter().enumerate() {
            let page = handler.await.expect("no panic").expect("renders");
            assert_eq!(page, format!("Hello user{id}!"));
        }
    }

    #[tokio::test]
    async fn what_a_hook_fetched_before_is_in_the_context() {
        // A hook is code of the host that waits before it renders; the template only sees the name.
        async fn before(id: i64) -> Value {
            Rounds(1).await;
            context! { user_name => format!("user{id}"), lang => "en" }
        }
        let env = environment();
        let template = env
            .template_from_str("<< user_name >> (<< lang >>)")
            .expect("compiles");
        assert_eq!(
            template
                .render_async(before(3).await)
                .await
                .expect("renders"),
            "user3 (en)"
        );
        assert_eq!(
            template
                .render_async(before(4).await)
                .await
                .expect("renders"),
            "user4 (en)"
        );
    }

    #[test]
    fn rendered_again_with_one_value_changed_the_others_stay() {
        let env = environment();
        let template = env
            .template_from_str("<< greeting >> << await get(name) >>")
            .expect("compiles");
        let base = context! { greeting => "Hallo", name => "Ann" };
        let again = context! { name => "Bob", ..base.clone() };
        for (context, expected) in [
            (&base, "Hallo Ann"),
            (&again, "Hallo Bob"),
            (&base, "Hallo Ann"),
        ] {
            let page = futures_executor::block_on(template.render_async(context));
            assert_eq!(page.expect("renders"), expected);
        }
    }
}

mod mirascope {
    use super::*;

    #[test]
    fn a_basic_call() {
        let mut env = environment();
        env.add_async_function("recommend", |genre: String| async move {
            Rounds(1).await;
            format!("a {genre} book")
        });
        env.add_template("page", "<< await recommend('fantasy') >>");
        assert_eq!(page(&env, "page", &context! {}), "a fantasy book");
    }

    #[test]
    fn three_genres_stand_in_their_order() {
        // Whichever is ready first.
        let mut env = environment();
        env.add_template(
            "page",
            "<% for genre, waits in genres %><< await later(genre, waits) >><< ', ' if not loop.last >><% end %>",
        );
        let genres = context! { genres => vec![("fantasy", 9), ("mystery", 1), ("romance", 4)] };
        assert_eq!(page(&env, "page", &genres), "fantasy, mystery, romance");
    }

    #[test]
    fn a_streamed_answer() {
        let env = environment();
        let source = Source::default();
        let template = env
            .template_from_str("<% async for token in answer %><< token >><% end %>.")
            .expect("compiles");
        let mut page = Task::new(
            template.render_stream(context! { answer => Value::from_stream(source.clone()) }),
        );
        source.send(4);
        source.send(2);
        assert_eq!(page.chunk(), "42");
        source.close();
        assert_eq!(page.chunk(), ".");
    }

    #[test]
    fn an_async_tool_is_a_method_that_waits() {
        let mut env = environment();
        env.add_template(
            "page",
            "<% for id in ids %><< (await db.user(id)).name >>;<% end %>",
        );
        assert_eq!(
            page(&env, "page", &context! { ids => vec![1, 2] }),
            "user1;user2;"
        );
    }
}

mod dspy {
    use super::*;

    #[test]
    fn a_tool_that_does_not_wait_can_be_awaited_all_the_same() {
        let mut env = environment();
        env.add_function("tool", |x: i64| x * 2);
        env.add_template("page", "<< await tool(21) >>");
        assert_eq!(
            futures_executor::block_on(env.render_async("page", ())).expect("renders"),
            "42"
        );
    }

    #[test]
    fn a_tool_that_waits_is_awaited() {
        let mut env = environment();
        env.add_async_function("tool", |x: i64| async move {
            Rounds(1).await;
            Ok::<_, Infallible>(x * 2)
        });
        env.add_template("page", "<< await tool(21) >>");
        assert_eq!(page(&env, "page", &context! {}), "42");
    }

    #[test]
    fn a_sync_call_of_it_is_an_error_unless_the_host_opts_in() {
        let mut env = environment();
        env.add_template("page", "<< await get(1) >>");
        let template = env.template("page").expect("is there");
        assert_eq!(
            template.render(()).unwrap_err().kind(),
            ErrorKind::AsyncRequired
        );
        let opted = RenderOptions::new().block_on(ParkThread);
        assert_eq!(template.render_with((), opted).expect("renders"), "1");
    }

    #[test]
    fn chained_calls_wait_for_each_other() {
        let mut env = environment();
        env.add_template(
            "page",
            "<% set a = await get(1) %><% set b = await later(a + 1, 2) %><< await get(a + b) >>",
        );
        assert_eq!(page(&env, "page", &context! {}), "3");
    }
}

/// Where an await is lost or refused elsewhere, on every surface: body after body.
#[test]
fn an_await_is_lost_in_no_body() {
    let mut env = environment();
    env.add_template("part", "[<< await get('W') >>]");
    env.add_template(
        "base",
        "<html><< await get('B') >><% block content %><% end %></html>",
    );
    env.add_template("macros", "<% macro m() %>M<< await get('a') >><% end %>");
    let rows = [
        (
            "<% macro m() %>[<< await get('x') >>]<% end %><< m() >>",
            "[x]",
        ),
        (
            "<% macro m() %>[<% async for i in numbers(2) %><< i >><% end %>]<% end %><< m() >>",
            "[12]",
        ),
        (
            "<% macro m() %>(<< caller() >>)<% end %><% call m() %><< await get('x') >><% end %>",
            "(x)",
        ),
        ("<< await get(none) ?? 'd' >>", "d"),
        ("<< missing ?? await get('x') >>", "x"),
        ("<< await get(1) is defined >>", "True"),
        ("<< await get('') | default('D', true) >>", "D"),
        ("A<% include 'part' %>B", "A[W]B"),
        (
            "<% extends 'base' %><% block content %>child<% end %>",
            "<html>Bchild</html>",
        ),
        (
            "<% extends 'base' %><% block content %><< super() >><< await get('c') >><% end %>",
            "<html>Bc</html>",
        ),
        ("<% from 'macros' import m %><< m() >>", "Ma"),
        ("<% import 'macros' as lib %><< lib.m() >>", "Ma"),
        (
            "<% macro w() %><% include 'part' %><% end %><< await get(1) >><< w() >>",
            "1[W]",
        ),
        ("<% for x in await get_list(2) %><< x >><% end %>", "12"),
        (
            "<% if await get(false) %>a<% elif await get(true) %>b<% end %>",
            "b",
        ),
        ("<% unless await get(false) %>u<% end %>", "u"),
        (
            "<% let n = 0 %><% while await get(n) < 2 %><% let n = n + 1 %><< n >><% end %>",
            "12",
        ),
        (
            "<% match await get(1) %><% case 1 if await get(true) %>m<% end %>",
            "m",
        ),
        ("<% with x = await get('w') %><< x >><% end %>", "w"),
        ("<% filter upper %><< await get('f') >><% end %>", "F"),
        ("<% set x %><< await get('s') >><% end %><< x >>", "s"),
        (
            "<% capture x | upper %><< await get('s') >><% end %><< x >>",
            "S",
        ),
        (
            "<% let x = await get('l') %><% for i in [1] %><< x >><% end %>",
            "l",
        ),
        (
            "<% spaceless %> <b> <i><< await get('p') >></i> </b> <% end %>",
            "<b><i>p</i></b>",
        ),
        ("<< (await get('y')) if await get(true) else 'n' >>", "y"),
        ("<< await get(false) or await get('o') >>", "o"),
        ("<< [await get(1), {'k': await get(2)}] >>", "[1, {'k': 2}]"),
        (
            "<< dict(a=await get(1), **await get({'b': 2})) >>",
            "{'a': 1, 'b': 2}",
        ),
        ("<< 'abcd'[await get(1):await get(3)] >>", "bc"),
        ("<% include await get('part') %>", "[W]"),
        ("<% extends await get('base') %>", "<html>B</html>"),
        ("<< await get(3) ** 2 >>", "9"),
        (
            "<% macro m(x=await get('d')) %><< x >><% end %><< m() >>",
            "d",
        ),
        (
            "<< [await get(i) for i in [1, 2] if await get(true)] >>",
            "[1, 2]",
        ),
        (
            "<% raw %><< await x >><% endraw %><< await get(1) >>",
            "<< await x >>1",
        ),
    ];
    for (at, (source, expected)) in rows.iter().enumerate() {
        let name = format!("row{at}");
        env.add_template(name.clone(), *source);
        assert_eq!(page(&env, &name, &context! {}), *expected, "{source}");
        if source.contains("extends") {
            continue;
        }
        // The same in a block by itself.
        let name = format!("block{at}");
        env.add_template(
            name.clone(),
            format!("-<% block content %>{source}<% end %>-"),
        );
        let block = env
            .template(&name)
            .expect("compiles")
            .block("content")
            .expect("is there");
        let whole = futures_executor::block_on(block.render_async(())).expect("renders");
        assert_eq!(whole.trim(), expected.trim(), "{source}");
        assert_eq!(joined(block.render_stream(())).expect("renders"), whole);
    }
}

#[test]
fn a_block_by_itself_sees_what_was_awaited_above_it() {
    let mut env = environment();
    env.add_template(
        "page",
        "<% let x = await get('X') %><% block content %>[<< x >>]<% end %>",
    );
    let template = env.template("page").expect("is there");
    let block = template.block("content").expect("is there");
    assert_eq!(
        futures_executor::block_on(block.render_async(())).expect("renders"),
        "[X]"
    );
    assert_eq!(
        futures_executor::block_on(template.render_async(())).expect("renders"),
        "[X]"
    );
}

#[test]
fn an_error_in_an_include_is_of_the_include_in_a_stream_too() {
    let mut env = environment();
    env.add_template("page", "one\n<% include 'part' %>");
    env.add_template("part", "\n\n<< await fail('no') >>");
    let whole = futures_executor::block_on(env.render_async("page", ())).unwrap_err();
    let streamed = joined(env.render_stream("page", ())).unwrap_err();
    for error in [&whole, &streamed] {
        assert_eq!(error.template(), Some("part"));
        assert_eq!(error.location().map(|place| place.line), Some(3));
    }
    assert_eq!(format!("{whole:#}"), format!("{streamed:#}"));
    assert!(format!("{whole:#}").contains("page:2"), "{whole:#}");
}

#[test]
fn ignore_missing_swallows_only_that_a_template_is_not_there() {
    let mut env = environment();
    env.add_template("broken", "<% if %>");
    env.add_template("failing", "<< await fail('no') >>");
    env.add_template("leads", "<% include 'gone' %>");
    for name in ["broken", "failing", "leads"] {
        let source = format!("a<% include '{name}' ignore missing %>b");
        let template = env.template_from_str(&source).expect("compiles");
        assert!(
            futures_executor::block_on(template.render_async(())).is_err(),
            "{name}"
        );
        assert!(joined(template.render_stream(())).is_err(), "{name}");
    }
    let template = env
        .template_from_str("a<% include 'gone' ignore missing %>b")
        .expect("compiles");
    assert_eq!(joined(template.render_stream(())).expect("renders"), "ab");
}

#[test]
fn none_a_scalar_or_a_list_iterated_with_async_for() {
    // A list is as good as a stream; what cannot be iterated is an error and not an empty loop.
    let env = environment();
    let template = env
        .template_from_str("<% async for m in messages %><< m >>;<% else %>none<% end %>")
        .expect("compiles");
    let render =
        |messages: Value| futures_executor::block_on(template.render_async(context! { messages }));
    assert_eq!(render(vec![1, 2].into()).expect("renders"), "1;2;");
    assert_eq!(render(Vec::<i64>::new().into()).expect("renders"), "none");
    assert_eq!(render(Value::from("ab")).expect("renders"), "a;b;");
    for scalar in [Value::from(1), Value::from(())] {
        assert_eq!(render(scalar).unwrap_err().kind(), ErrorKind::Type);
    }
}

#[test]
fn a_stream_closed_by_another_task_ends_the_render_with_its_error() {
    let env = environment();
    let source = Source::default();
    let template = env
        .template_from_str("<% async for i in items %><< i >><% end %>")
        .expect("compiles");
    let mut page =
        Task::new(template.render_stream(context! { items => Value::from_stream(source.clone()) }));
    assert!(page.next().is_pending());
    let other = source.clone();
    std::thread::spawn(move || other.fail("closed"))
        .join()
        .expect("no panic");
    assert!(page.is_woken());
    assert!(matches!(page.next(), Poll::Ready(Some(Err(error))) if error.message() == "closed"));
}

#[test]
fn a_future_or_a_stream_is_never_printed_as_what_it_is() {
    let env = environment();
    for source in [
        "<< get(1) >>",
        "<< [get(1)] >>",
        "<< numbers(2) >>",
        "<< get(1) ~ 'x' >>",
        "<< '%s' % get(1) >>",
    ] {
        let template = env.template_from_str(source).expect("compiles");
        let error = futures_executor::block_on(template.render_async(())).unwrap_err();
        assert!(
            matches!(
                error.kind(),
                ErrorKind::UnawaitedFuture | ErrorKind::StreamInSyncFor
            ),
            "{source}: {error}"
        );
    }
}

#[test]
fn a_future_used_twice_runs_once_and_a_stream_used_twice_is_an_error() {
    let runs = Counter::default();
    let count = runs.clone();
    let mut env = environment();
    env.add_function("once", move || {
        let count = count.clone();
        Value::from_future(async move {
            Rounds(1).await;
            Ok::<_, Error>(count.add() as u64)
        })
    });
    env.add_template(
        "page",
        "<% set f = once() %><< await f >><< await f >><% include 'part' %>",
    );
    env.add_template("part", "<< await f >>");
    let page = futures_executor::block_on(env.render_async("page", ()));
    assert_eq!(page.expect("renders"), "111");
    assert_eq!(runs.get(), 1);
    let source = "<% set s = numbers(2) %><% async for i in s %><< i >><% end %>\n<% async for i in s %><< i >><% else %>empty<% end %>";
    let template = env.template_from_str(source).expect("compiles");
    let error = futures_executor::block_on(template.render_async(())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::StreamConsumed);
    assert_eq!(error.location().map(|place| place.line), Some(2));
}

#[test]
fn what_is_captured_is_escaped_once() {
    let mut env = environment();
    let source = "<% set x %><b><< await get('<&>') >></b><% end %><< x >><% capture y %><< x >><% end %><< y >>";
    env.add_template("page.html", source);
    assert_eq!(
        page(&env, "page.html", &context! {}),
        "<b>&lt;&amp;&gt;</b><b>&lt;&amp;&gt;</b>"
    );
}

#[test]
fn an_item_can_be_a_pair_and_the_one_before_it_too() {
    let mut env = environment();
    env.add_function("pairs", || {
        let pairs = [("a", 1), ("b", 2)]
            .map(|(k, v)| Ok::<_, Error>(Value::from_tuple([k.into(), v.into()])));
        Value::from_stream(stream::iter(pairs))
    });
    env.add_template(
        "page",
        "<% async for k, v in pairs() %><< k >><< v >>:<< loop.previtem[0] if loop.previtem is defined else '-' >> <% end %>",
    );
    assert_eq!(page(&env, "page", &context! {}), "a1:- b2:a ");
}

#[test]
fn a_render_that_fails_gives_its_error_and_never_the_source() {
    let mut env = environment();
    env.add_template("page", "secret source << await fail('no') >>");
    let error = futures_executor::block_on(env.render_async("page", ())).unwrap_err();
    assert!(!error.to_string().contains("secret source"));
}

#[test]
fn what_is_missing_is_an_error_where_the_host_wants_that() {
    // A secret that is not there must not become an empty line of a prompt.
    let mut env = environment();
    env.add_function("secret", |context: &CallContext<'_>, name: &str| {
        let known = context.extension::<Vec<String>>();
        let found = known.and_then(|known| known.iter().find(|known| **known == name).cloned());
        found.ok_or_else(|| Error::host(format!("there is no secret {name}")))
    });
    let template = env
        .template_from_str("key=<< secret('api') >>")
        .expect("compiles");
    let error = template.render(()).unwrap_err();
    assert_eq!(error.message(), "there is no secret api");
    let options = RenderOptions::new().with_extension(vec!["api".to_owned()]);
    assert_eq!(
        template.render_with((), options).expect("renders"),
        "key=api"
    );
    env.set_undefined(kakehi::UndefinedPolicy::Strict);
    assert_eq!(
        env.render_str("<< nothing >>", ()).unwrap_err().kind(),
        ErrorKind::Undefined
    );
}

#[test]
fn events_happen_in_the_order_of_the_document() {
    // Nothing starts before the template comes to it.
    let events: Arc<Mutex<Vec<String>>> = Arc::default();
    let mut env = environment();
    let log = Arc::clone(&events);
    env.add_async_function("step", move |name: String| {
        let log = Arc::clone(&log);
        async move {
            log.lock().expect("no panic").push(format!("start {name}"));
            Rounds(2).await;
            log.lock().expect("no panic").push(format!("end {name}"));
            name
        }
    });
    env.add_template("page", "<% set b = step('b') %><< await step('a') >><% if false %><< await step('x') >><% end %><< await b >>");
    let page = futures_executor::block_on(env.render_async("page", ()));
    assert_eq!(page.expect("renders"), "ab");
    assert_eq!(
        *events.lock().expect("no panic"),
        ["start a", "end a", "start b", "end b"]
    );
}
