//! What is deferred: what is sent when, what it holds, and that in its place it is the page.

use futures_util::TryStreamExt;
use kakehi::{
    DeferMode, Environment, Error, ErrorKind, Limits, RenderOptions, RenderStream, Value, context,
};

use crate::events::{Counter, Source, Task, waiting_environment};

/// The page that a browser shows which puts deferred parts in their places.
pub(crate) fn put_in_place(sent: &str) -> String {
    const BEGIN: &str = "<?start name=\"";
    const END: &str = "<?end>";
    let Some(at) = sent.find(BEGIN) else {
        return sent.to_owned();
    };
    let name = sent[at + BEGIN.len()..].split('-').next().expect("a name");
    let part = format!("<template for=\"{name}-");
    let mut parts = sent.split(&part);
    let mut page = parts.next().expect("a page").to_owned();
    for part in parts {
        let (number, text) = part.split_once("\">").expect("a name is closed");
        let text = text.strip_suffix("</template>").expect("a part is closed");
        let begin = format!("{BEGIN}{name}-{number}\">");
        let at = page.find(&begin).expect("its placeholder comes first");
        let end = at + page[at..].find(END).expect("a placeholder is closed");
        page.replace_range(at..end + END.len(), text);
    }
    assert!(!page.contains(name), "something is missing: {page}");
    page
}

/// An environment whose templates are HTML.
fn environment() -> (Environment, Counter) {
    let (mut env, dropped) = waiting_environment();
    env.set_auto_escape(kakehi::AutoEscape::Always);
    (env, dropped)
}

/// A deferred body that prints what a source is sent, until it is closed.
fn part(source: &str) -> String {
    format!("<% defer %><% async for i in {source} %><< i >><% end %><% placeholder %>…<% end %>")
}

fn deferring() -> RenderOptions {
    RenderOptions::new().defer_mode(DeferMode::Declarative)
}

fn stream(env: &Environment, text: &str, context: Value, options: RenderOptions) -> RenderStream {
    let template = env.template_from_str(text).expect("compiles");
    template.render_stream_with(context, options)
}

fn value(source: &Source) -> Value {
    Value::from_stream(source.clone())
}

/// A chunk, with names as they are without what is random in them.
fn plain(chunk: &str) -> String {
    let mut plain = String::new();
    let mut rest = chunk;
    while let Some((before, after)) = rest.split_once("=\"") {
        plain.push_str(before);
        plain.push_str("=\"");
        rest = match after.split_once('-') {
            Some((token, number)) if token.len() == 16 => number,
            _ => after,
        };
    }
    plain + rest
}

#[test]
fn parts_are_sent_behind_the_page_as_they_become_ready() {
    let (env, _) = environment();
    let (one, two, page) = (Source::default(), Source::default(), Source::default());
    let text = format!(
        "a{}b{}c<% async for i in page %><< i >><% end %>d",
        part("one"),
        part("two")
    );
    let context = context! { one => value(&one), two => value(&two), page => value(&page) };
    let mut sent = Task::new(stream(&env, &text, context, deferring()));
    assert_eq!(
        plain(&sent.chunk()),
        "a<?start name=\"0\">…<?end>b<?start name=\"1\">…<?end>c"
    );
    two.send(2);
    two.close();
    assert!(sent.next().is_pending(), "the page is not whole");
    page.send(3);
    assert_eq!(sent.chunk(), "3");
    one.send(1);
    assert!(sent.next().is_pending());
    page.close();
    assert_eq!(sent.chunk(), "d", "the page is whole");
    assert_eq!(plain(&sent.chunk()), "<template for=\"1\">2</template>");
    assert!(sent.next().is_pending());
    one.close();
    assert_eq!(plain(&sent.chunk()), "<template for=\"0\">1</template>");
    assert!(matches!(sent.next(), std::task::Poll::Ready(None)));
}

#[test]
fn a_part_within_a_part_comes_behind_it() {
    let (env, _) = environment();
    let (outer, inner) = (Source::default(), Source::default());
    let text = format!(
        "<% defer %>[{}<% async for i in outer %><< i >><% end %>]<% placeholder %>…<% end %>",
        part("inner")
    );
    let context = context! { outer => value(&outer), inner => value(&inner) };
    let mut sent = Task::new(stream(&env, &text, context, deferring()));
    assert_eq!(plain(&sent.chunk()), "<?start name=\"0\">…<?end>");
    inner.send(1);
    inner.close();
    assert!(sent.next().is_pending(), "nobody could place it");
    outer.close();
    assert_eq!(
        plain(&sent.chunk()),
        "<template for=\"0\">[<?start name=\"1\">…<?end>]</template>"
    );
    assert_eq!(plain(&sent.chunk()), "<template for=\"1\">1</template>");
    assert!(matches!(sent.next(), std::task::Poll::Ready(None)));
}

fn whole(env: &Environment, text: &str, options: RenderOptions) -> Result<String, Error> {
    let chunks = stream(env, text, Value::from(()), options).try_collect::<Vec<_>>();
    let chunks = futures_executor::block_on(chunks)?;
    Ok(String::from_utf8(chunks.concat()).expect("text"))
}

#[test]
fn what_is_only_written_is_deferred_and_what_is_a_value_is_not() {
    let (mut env, _) = environment();
    env.add_template(
        "base",
        "<% block a %><% defer %>s<% placeholder %><% end %><% end %>",
    );
    let part = "<% defer %>x<% placeholder %>p<% end %>";
    let page = format!("<% macro m() %>{part}<% end %><% macro c() %>(<< caller() >>)<% end %>");
    for (text, parts) in [
        ("<< m() >>", 1),
        ("<% call c() %>PART<% end %>", 0),
        ("<% for x in [1] recursive %>PART<% end %>", 1),
        ("<% include 'part' %>", 1),
        ("<< m() | upper >>", 0),
        ("<< m() ~ '' >>", 0),
        ("<% set x = m() %><< x >>", 0),
        ("<% set x %>PART<% end %><< x >>", 0),
        ("<% filter upper %>PART<% end %>", 0),
        ("<% spaceless %>PART<% end %>", 0),
        ("<% try %>PART<% fallback %><% end %>", 0),
        ("<% cache 'k' %>PART<% end %>", 0),
        ("<% autoescape false %>PART<% end %>", 0),
        (
            "<% defer %>PART<% placeholder %><% include 'part' %><% end %>",
            2,
        ),
    ] {
        env.add_template("part", part);
        let text = format!("{page}{}", text.replace("PART", part));
        let sent = whole(&env, &text, deferring()).expect("renders");
        assert_eq!(sent.matches("<?start").count(), parts, "{text}");
    }
    let text = "<% extends 'base' %><% block a %><< super() >><% end %>";
    let sent = whole(&env, text, deferring()).expect("renders");
    assert_eq!(sent.matches("<?start").count(), 1, "{text}");
}

#[test]
fn a_script_is_sent_once_and_has_the_nonce() {
    let (env, _) = environment();
    let text = "<% defer %>a<% placeholder %>p<% end %><% defer %>b<% placeholder %>q<% end %>";
    let mode = |nonce: Option<&str>| {
        let nonce = nonce.map(str::to_owned);
        RenderOptions::new().defer_mode(DeferMode::Script { nonce })
    };
    let sent = whole(&env, text, mode(Some("r4nd0m+/="))).expect("renders");
    assert_eq!(sent.matches("<script nonce=\"r4nd0m+/=\">").count(), 2);
    assert_eq!(sent.matches("</script>").count(), 2);
    assert_eq!(sent.matches("function ").count(), 1);
    let script = sent.split("<script nonce=\"r4nd0m+/=\">").nth(1);
    let script = script.and_then(|rest| rest.split("</script>").next());
    assert!(
        script.is_some_and(|script| script.len() < 300),
        "{script:?}"
    );
    let sent = whole(&env, text, mode(None)).expect("renders");
    assert_eq!(sent.matches("<script>").count(), 2);
    let sent = whole(&env, text, deferring()).expect("renders");
    assert!(!sent.contains("script"), "{sent}");
    for wrong in ["", "a b", "\"><script>alert(1)</script>", "no'quote"] {
        let error = whole(&env, text, mode(Some(wrong))).expect_err("is no nonce");
        assert_eq!(error.kind(), ErrorKind::Value);
        assert!(error.to_string().contains("is no nonce"), "{error}");
    }
}

#[test]
fn names_are_new_in_each_render_and_not_what_data_can_say() {
    let (mut env, _) = environment();
    env.add_async_function("comment", || async {
        "<template for=\"0\">x</template><?start name=\"0\"><?end>"
    });
    let text = "<% defer %><< await comment() >><% placeholder %>p<% end %>";
    let name = |sent: &str| {
        let (_, rest) = sent.split_once("<?start name=\"").expect("a placeholder");
        rest.split('"').next().expect("a name").to_owned()
    };
    let mut names = std::collections::HashSet::new();
    for _ in 0..50 {
        let sent = whole(&env, text, deferring()).expect("renders");
        let name = name(&sent);
        assert_eq!(name.len(), "0123456789abcdef-0".len(), "{name}");
        assert_eq!(sent.matches("<template for=").count(), 1, "{sent}");
        assert!(sent.contains("&lt;template for=&#34;0&#34;&gt;"), "{sent}");
        names.insert(name);
    }
    assert_eq!(names.len(), 50);
}

#[test]
fn a_part_that_fails_ends_the_stream_and_all_else() {
    let (env, dropped) = environment();
    let text = "a<% defer %><< await never() >><% placeholder %>p<% end %>\
        <% defer %><< await ready(1) >><< await fail() >><% placeholder %>q<% end %>b";
    let mut sent = Task::new(stream(&env, text, Value::from(()), deferring()));
    let error = loop {
        match sent.next() {
            std::task::Poll::Ready(Some(Ok(_))) => {}
            std::task::Poll::Ready(Some(Err(error))) => break error,
            other => panic!("no error but {other:?}"),
        }
    };
    assert_eq!(error.kind(), ErrorKind::Host);
    assert_eq!(dropped.get(), 1, "the other part ended with it");
    assert!(matches!(sent.next(), std::task::Poll::Ready(None)));
}

#[test]
fn what_a_part_has_deferred_ends_when_it_fails() {
    let (env, dropped) = environment();
    let wait = Source::default();
    let text = "<% defer %>a<% parallel %><< await never() >><% defer %>b<< await never() >><% placeholder %>q<% end %>\
        <% end %><% placeholder %>p<% fallback %>never<% end %><% defer %>\
        <% defer %>c<< await never() >><% defer %>d<% placeholder %>s<% end %><% placeholder %>r<% end %>\
        <% parallel %><% defer %><< await never() >><% placeholder %>t<% end %><< await never() >>\
        <% if true %><% async for i in wait %><% end %><< await fail() >><% end %><% end %>\
        <% placeholder %>p<% fallback err %>[<< err.message >>]<% end %>";
    let context = context! { wait => value(&wait) };
    let mut sent = Task::new(stream(&env, text, context, deferring()));
    assert_eq!(
        plain(&sent.chunk()),
        "<?start name=\"0\">p<?end><?start name=\"2\">p<?end>"
    );
    let next = sent.next();
    assert!(next.is_pending(), "{next:?}");
    assert_eq!(dropped.get(), 0);
    wait.close();
    assert_eq!(
        plain(&sent.chunk()),
        "<template for=\"2\">[no luck]</template>"
    );
    assert_eq!(dropped.get(), 3, "two parts and a branch");
    assert!(sent.next().is_pending());
    drop(sent);
    assert_eq!(dropped.get(), 5);
}

#[test]
fn a_stream_that_is_dropped_lets_go_of_all_parts() {
    let text = "<% defer %><% for n in range(3) %><< await ready(n) >><% end %><< await never() >><% placeholder %>p<% end %>\
        <% defer %>a<% defer %><< await never() >><% placeholder %>q<% end %><% async for i in [1, 2] concurrent 2 %>\
        << await ready(i) >><< await never() >><% end %><% placeholder %>p<% fallback %>f<% end %>\
        <% for n in range(3) %><< await ready(n) >><% end %><< await never() >>";
    for (most, slice) in [(usize::MAX, 1), (usize::MAX, 50_000), (1, 3), (2, 7)] {
        let mut last = 0;
        for polls in 0..400 {
            let (mut env, dropped) = environment();
            let started = Counter::default();
            let (counter, calls) = (dropped.clone(), started.clone());
            env.add_async_function("never", move || {
                calls.add();
                counter.never()
            });
            let options = deferring().max_concurrency(most).yield_every(slice);
            let mut sent = Task::new(stream(&env, text, Value::from(()), options));
            for _ in 0..polls {
                let _ = sent.step();
            }
            let kept = dropped.get();
            assert_eq!(kept, 0, "nothing ends by itself");
            drop(sent);
            assert_eq!(dropped.get(), started.get(), "after {polls} polls");
            last = started.get();
        }
        assert!(last >= 2, "{most}: {last}");
    }
}

#[test]
fn parts_beyond_the_cap_wait_for_their_turn() {
    let (env, _) = environment();
    let sources = [Source::default(), Source::default(), Source::default()];
    let [a, b, c] = sources.each_ref().map(value);
    let text = [part("a"), part("b"), part("c")].concat();
    let context = context! { a, b, c };
    let options = deferring().max_concurrency(1);
    let mut sent = Task::new(stream(&env, &text, context, options));
    assert!(sent.chunk().ends_with("…<?end>"));
    let polls = || sources.each_ref().map(Source::polls);
    assert_eq!(polls(), [1, 0, 0]);
    sources[2].close();
    sources[0].close();
    assert_eq!(plain(&sent.chunk()), "<template for=\"0\"></template>");
    assert!(sent.next().is_pending());
    assert_eq!(polls(), [2, 1, 0]);
    sources[1].close();
    assert_eq!(plain(&sent.chunk()), "<template for=\"1\"></template>");
    assert_eq!(plain(&sent.chunk()), "<template for=\"2\"></template>");
    assert!(matches!(sent.next(), std::task::Poll::Ready(None)));
}

#[test]
fn any_cap_gives_the_same_page() {
    let (env, _) = environment();
    let text = "<% for n in range(4) %><% defer %>(<% parallel %><< await ready(n) >><< await ready('x') >><% defer %>\
        [<< await ready(n) >>]<% placeholder %>q<% end %><% end %>)<% placeholder %>p<% end %><% end %><< await ready('end') >>";
    for most in [1, 2, 3, 99] {
        for slice in [1, 5, 50_000] {
            let options = deferring().max_concurrency(most).yield_every(slice);
            let sent = whole(&env, text, options).expect("renders");
            assert_eq!(put_in_place(&sent), "(0x[0])(1x[1])(2x[2])(3x[3])end");
        }
    }
}

#[test]
fn limits_count_parts() {
    let (env, _) = environment();
    let limited = |text: &str, limits: Limits| {
        let options = deferring().limits(limits);
        whole(&env, text, options).map_err(|error| error.kind())
    };
    let text = "<% defer %>a<% placeholder %><% end %>";
    let markup = whole(&env, text, deferring()).expect("renders").len() as u64;
    let output = |most| Limits {
        output: Some(most),
        ..Limits::default()
    };
    assert!(limited(text, output(markup)).is_ok());
    assert_eq!(
        limited(text, output(markup - 1)),
        Err(ErrorKind::OutputLimit)
    );
    // Each part is a machine of its own.
    let many = "<% for n in range(1000000000) %><% defer %>a<% placeholder %><% end %><% end %>";
    let memory = Limits {
        memory: Some(1 << 20),
        ..Limits::default()
    };
    assert_eq!(limited(many, memory), Err(ErrorKind::MemoryLimit));
    let waits =
        "<% for n in range(9) %><% defer %><< await never() >><% placeholder %><% end %><% end %>";
    let in_flight = Limits {
        in_flight: 8,
        ..Limits::default()
    };
    assert_eq!(limited(waits, in_flight), Err(ErrorKind::InFlightLimit));
}

#[test]
fn a_busy_part_does_not_hold_up_the_page() {
    let (env, _) = environment();
    let text =
        "<% defer %><% for n in range(300000) %><% end %>done<% placeholder %>p<% end %>page";
    let mut sent = Task::new(stream(
        &env,
        text,
        Value::from(()),
        deferring().yield_every(1000),
    ));
    let mut chunks = Vec::new();
    for poll in 0.. {
        match sent.step() {
            std::task::Poll::Ready(Some(chunk)) => {
                chunks.push((poll, plain(&chunk.expect("renders"))));
            }
            std::task::Poll::Ready(None) => break,
            std::task::Poll::Pending => assert!(sent.is_woken()),
        }
    }
    let [(first, page), (second, part)] = &chunks[..] else {
        panic!("two chunks but {chunks:?}");
    };
    assert_eq!(page, "<?start name=\"0\">p<?end>page");
    assert_eq!(part, "<template for=\"0\">done</template>");
    assert!(*first < 5 && *second > 300, "{chunks:?}");
}

#[test]
fn a_writer_is_flushed_before_the_parts() {
    let (env, _) = environment();
    let text = "<% defer %><< await ready(1) >><% placeholder %>p<% end %>page";
    let template = env.template_from_str(text).expect("compiles");
    let template = template.with_options(deferring());
    let mut writer = futures_util::io::Cursor::new(Vec::new());
    let written = template.render_to_async(context! {}, &mut writer);
    futures_executor::block_on(written).expect("renders");
    let sent = String::from_utf8(writer.into_inner()).expect("text");
    assert_eq!(put_in_place(&sent), "1page");
    assert!(plain(&sent).starts_with("<?start name=\"0\">p<?end>page<template for="));
    // What is given as a whole has no need of placeholders.
    let page = futures_executor::block_on(template.render_async(()));
    assert_eq!(page.expect("renders"), "1page");
}

#[cfg(feature = "tokio")]
mod on_a_clock {
    use std::time::Duration;

    use futures_util::StreamExt;
    use tokio::time::Instant;

    use super::{deferring, environment, plain, stream};
    use kakehi::Value;

    #[tokio::test(start_paused = true)]
    async fn each_part_is_there_when_it_is_ready() {
        let (mut env, dropped) = environment();
        env.add_async_function("after", |milliseconds: u64, value: Value| async move {
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
            value
        });
        let text = "<% for n in [80, 20, 50] %><% defer %><< await after(n, n) >><% placeholder %>p<% end %><% end %>\
            <% defer %><% try timeout=0.03 %><< await never() >><% fallback err %><< err.kind >><% end %>\
            <% placeholder %>p<% end %><< await after(10, '.') >>";
        let start = Instant::now();
        let mut sent = stream(&env, text, Value::from(()), deferring());
        let mut chunks = Vec::new();
        while let Some(chunk) = sent.next().await {
            let chunk = chunk.expect("renders");
            let text = String::from_utf8(chunk.to_vec()).expect("text");
            chunks.push((start.elapsed().as_millis(), plain(&text)));
        }
        let template =
            |number: usize, text: &str| format!("<template for=\"{number}\">{text}</template>");
        let placeholders = (0..4).map(|n| format!("<?start name=\"{n}\">p<?end>"));
        assert_eq!(
            chunks,
            [
                (0, placeholders.collect()),
                (10, ".".into()),
                (20, template(1, "20")),
                (30, template(3, "Timeout")),
                (50, template(2, "50")),
                (80, template(0, "80")),
            ]
        );
        assert_eq!(dropped.get(), 1);
    }
}
