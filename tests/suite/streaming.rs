//! Streams of a page: what goes out when, what is computed when, and what is let go when.

use std::task::Poll;

use futures_util::{Stream, StreamExt, stream};
use kakehi::{Environment, Error, ErrorKind, RenderOptions, Value, context};

use crate::events::{CallLog, Counter, Source, Task};

/// An environment with `tick()`, which counts its calls.
fn with_ticks() -> (Environment, CallLog) {
    let mut env = Environment::new();
    let log = CallLog::default();
    let calls = log.clone();
    env.add_function("tick", move || {
        calls.note("tick");
        ""
    });
    (env, log)
}

#[test]
fn what_is_written_goes_out_before_a_wait_and_only_then() {
    let env = Environment::new();
    let source = Source::default();
    let template = env
        .template_from_str("a<% async for i in items %><< i >><% end %>z")
        .expect("compiles");
    let mut page =
        Task::new(template.render_stream(context! { items => Value::from_stream(source.clone()) }));
    assert_eq!(page.chunk(), "a");
    assert!(page.next().is_pending());
    // Two items that are there are one chunk.
    source.send(1);
    source.send(2);
    assert!(page.is_woken());
    assert_eq!(page.chunk(), "12");
    assert!(page.next().is_pending());
    source.close();
    assert_eq!(page.chunk(), "z");
    assert!(matches!(page.next(), Poll::Ready(None)));
    assert!(
        matches!(page.next(), Poll::Ready(None)),
        "a stream that ended stays ended"
    );
}

#[test]
fn nothing_is_sent_before_a_wait_if_nothing_was_written() {
    let env = Environment::new();
    let source = Source::default();
    let template = env
        .template_from_str(
            "<% set x = 1 %><% async for i in items %><% if i > 1 %><< i >><% end %><% end %>",
        )
        .expect("compiles");
    let mut page =
        Task::new(template.render_stream(context! { items => Value::from_stream(source.clone()) }));
    assert!(page.next().is_pending());
    source.send(1);
    assert!(page.next().is_pending());
    source.send(2);
    assert_eq!(page.chunk(), "2");
    source.close();
    assert!(matches!(page.next(), Poll::Ready(None)));
}

#[test]
fn text_inside_of_a_capture_waits_for_its_end() {
    // A filter needs the whole body; what stands before it goes out.
    let env = Environment::new();
    let source = Source::default();
    for (head, tail) in [
        ("filter upper", ""),
        ("set x", "<< x | upper >>"),
        ("capture x | upper", "<< x >>"),
    ] {
        let text =
            format!("a<% {head} %>b<% async for i in items %>c<< i >><% end %><% end %>{tail}");
        let template = env.template_from_str(&text).expect("compiles");
        let source = source.clone();
        let items = Source::default();
        let mut page = Task::new(
            template.render_stream(context! { items => Value::from_stream(items.clone()) }),
        );
        assert_eq!(page.chunk(), "a", "{head}");
        items.send(1);
        assert!(page.next().is_pending(), "{head}");
        items.close();
        assert_eq!(page.chunk(), "BC1", "{head}");
        drop(source);
    }
}

#[test]
fn nothing_is_computed_while_nobody_reads() {
    let (env, log) = with_ticks();
    let text = "<% for i in range(100) %><< tick() >>x<% flush %><% end %>";
    let template = env.template_from_str(text).expect("compiles");
    let mut page = Task::new(template.render_stream(()));
    assert_eq!(log.of("tick"), 0, "nothing runs before the first poll");
    for round in 1..=100 {
        assert_eq!(page.chunk(), "x");
        assert_eq!(log.of("tick"), round);
    }
    assert!(matches!(page.next(), Poll::Ready(None)));
}

#[test]
fn a_full_chunk_stops_the_template_until_it_is_taken() {
    let (env, log) = with_ticks();
    let text = "<% for i in range(100000) %><< tick() >>0123456789<% end %>";
    let template = env.template_from_str(text).expect("compiles");
    let mut page = Task::new(template.render_stream(()));
    let mut length = 0;
    for _ in 0..20 {
        // A render pauses for others, too.
        let chunk = loop {
            if let Poll::Ready(chunk) = page.next() {
                break chunk.expect("goes on").expect("renders");
            }
        };
        assert!((8192..8192 + 10).contains(&chunk.len()), "{}", chunk.len());
        length += chunk.len();
        assert!(log.of("tick") <= length / 10 + 1, "ran ahead");
    }
}

#[test]
fn chunks_are_of_the_size_that_was_asked_for() {
    let env = Environment::new();
    let template = env
        .template_from_str("<% for i in range(1000) %><< i >>,<% end %>")
        .expect("compiles");
    let whole = template.render(()).expect("renders");
    for size in [0, 1, 7, 100, 4096, 1_000_000] {
        let options = RenderOptions::new().chunk_size(size);
        let chunks: Vec<_> =
            futures_executor::block_on(template.render_stream_with((), options).collect());
        let chunks: Vec<_> = chunks
            .into_iter()
            .map(|chunk| chunk.expect("renders"))
            .collect();
        assert_eq!(chunks.concat(), whole.as_bytes(), "{size}");
        for chunk in &chunks[..chunks.len() - 1] {
            assert!(
                (size.max(1)..size.max(1) + 4).contains(&chunk.len()),
                "{size}: {}",
                chunk.len()
            );
        }
    }
}

#[test]
fn a_template_that_prints_nothing_is_a_stream_of_nothing() {
    let env = Environment::new();
    for text in [
        "",
        "<# c #>",
        "<% flush %><% flush %>",
        "<% set x = 1 %><% flush %><< '' >><% flush %>",
    ] {
        let mut page = Task::new(
            env.template_from_str(text)
                .expect("compiles")
                .render_stream(()),
        );
        assert!(matches!(page.next(), Poll::Ready(None)), "{text}");
    }
}

#[test]
fn an_error_is_the_last_item_and_what_came_before_it_was_sent() {
    let mut env = Environment::new();
    env.add_async_function("fail", || async { Err::<Value, _>(Error::host("no luck")) });
    let template = env
        .template_from_str("one<% flush %>two<% flush %>three<< await fail() >>four")
        .expect("compiles");
    let mut page = Task::new(template.render_stream(()));
    assert_eq!(page.chunk(), "one");
    assert_eq!(page.chunk(), "two");
    let Poll::Ready(Some(Err(error))) = page.next() else {
        panic!("there is an error");
    };
    assert_eq!(
        (error.kind(), error.message()),
        (ErrorKind::Host, "no luck")
    );
    assert!(matches!(page.next(), Poll::Ready(None)));
}

#[test]
fn an_error_of_a_stream_comes_after_its_items() {
    let env = Environment::new();
    let source = Source::default();
    let template = env
        .template_from_str("<% async for i in items %>\n<< i >>\n<% end %>")
        .expect("compiles");
    let mut page =
        Task::new(template.render_stream(context! { items => Value::from_stream(source.clone()) }));
    source.send(1);
    source.send(2);
    source.fail("line cut");
    let mut text = String::new();
    let error = loop {
        match page.next() {
            Poll::Ready(Some(Ok(chunk))) => text += &chunk,
            Poll::Ready(Some(Err(error))) => break error,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(error.message(), "line cut");
    assert_eq!(error.location().map(|location| location.line), Some(1));
    assert!("\n1\n\n2\n".starts_with(&text), "{text:?}");
    assert!(matches!(page.next(), Poll::Ready(None)));
}

/// A stream that counts what is dropped with it.
fn counted(dropped: &Counter) -> impl Stream<Item = Result<i64, Error>> + Send + 'static + use<> {
    let guard = dropped.on_drop();
    stream::iter(1..).map(move |number| {
        let _ = &guard;
        Ok(number)
    })
}

#[test]
fn a_loop_that_is_left_lets_go_of_its_stream_at_once() {
    // `dropped()` says in the page, right after the loop, how many streams are gone.
    for body in [
        "<% async for i in items() %><% if i > 2 %><% break %><% end %><% end %>",
        "<% macro m() %><% async for i in items() %><% break %><% end %><% end %><< m() >>",
        "<% async for i in items() if i > 2 %><% break %><% end %>",
        "<% async for i in items() %><% async for j in [1] %><% end %><% break %><% end %>",
        "<% async for i in items() %><< loop.last and '' or '' >><% break %><% end %>",
        "<% set x = items() | await first %>",
    ] {
        let mut env = Environment::new();
        let dropped = Counter::default();
        let (made, seen) = (dropped.clone(), dropped.clone());
        env.add_function("items", move || Value::from_stream(counted(&made)));
        env.add_function("dropped", move || seen.get() as u64);
        let template = env
            .template_from_str(&format!("{body}|<< dropped() >>"))
            .expect("compiles");
        let page = futures_executor::block_on(template.render_async(())).expect("renders");
        assert_eq!(page, "|1", "{body}");
    }
}

#[test]
fn an_error_or_a_dropped_render_lets_go_of_the_stream_at_once() {
    let env = Environment::new();
    let text = "<% async for i in items %><< i >><% flush %><< 1 // (3 - i) >><% end %>";
    let template = env.template_from_str(text).expect("compiles");
    let dropped = Counter::default();
    let items = || context! { items => Value::from_stream(counted(&dropped)) };

    let mut page = Task::new(template.render_stream(items()));
    while let Poll::Ready(Some(Ok(_))) = page.next() {}
    assert_eq!(
        dropped.get(),
        1,
        "the error ended the loop; the render is still held"
    );

    let mut page = Task::new(template.render_stream(items()));
    assert_eq!(page.chunk(), "1");
    assert_eq!(dropped.get(), 1);
    drop(page);
    assert_eq!(dropped.get(), 2);

    // Never polled.
    drop(template.render_stream(items()));
    assert_eq!(dropped.get(), 3);
}

#[test]
fn a_slow_reader_holds_a_few_chunks() {
    // 4 MB in rows of 1 KB; what was written and not yet read is never more than two chunks and a row.
    const ROW: usize = 1024;
    const CHUNK: usize = 8 * 1024;
    for text in [
        "<% for n in range(4000) %><< row(n) >><% end %>",
        "<% async for n in rows() %><< row(n) >><% end %>",
        "<% parallel %><% async for n in rows() %><< row(n) >><% end %>end<% end %>",
        "<% async for n in rows() concurrent 3 %><< row(n) >><% end %>",
        "<% macro m() %><% for n in range(4000) %><< row(n) >><% end %><% end %><< m() >>",
    ] {
        let mut env = Environment::new();
        let written = Counter::default();
        let rows = written.clone();
        env.add_function("row", move |_: i64| {
            rows.add();
            "x".repeat(ROW)
        });
        env.add_function("rows", || {
            Value::from_stream(stream::iter((0..4000).map(Ok::<i64, Error>)))
        });
        let template = env.template_from_str(text).expect("compiles");
        let mut page = Task::new(template.render_stream(context! {}));
        let mut read = 0;
        loop {
            match page.next() {
                Poll::Ready(Some(chunk)) => read += chunk.expect("renders").len(),
                Poll::Ready(None) => break,
                Poll::Pending => assert!(page.is_woken(), "{text}"),
            }
            let ahead = (written.get() * ROW).saturating_sub(read);
            assert!(
                ahead <= 2 * CHUNK + 4 * ROW,
                "{ahead} bytes are held of {text}"
            );
        }
        assert!(read >= 4000 * ROW, "{text}");
    }
}

#[test]
fn a_stream_is_asked_for_one_item_at_a_time() {
    // A loop that does not look ahead takes an item when it has printed the one before.
    let env = Environment::new();
    let taken = Counter::default();
    let items = |taken: &Counter| {
        let taken = taken.clone();
        Value::from_stream(stream::iter(1..=5).map(move |number| {
            taken.add();
            Ok::<_, Error>(number)
        }))
    };
    let template = env
        .template_from_str("<% async for i in items %><< i >><% flush %><% end %>")
        .expect("compiles");
    let mut page = Task::new(template.render_stream(context! { items => items(&taken) }));
    for number in 1..=5 {
        assert_eq!(page.chunk(), number.to_string());
        assert_eq!(taken.get(), number);
    }
    // One that asks for `loop.last` looks one item ahead, one that asks for `loop.length` reads all.
    for (field, ahead) in [
        ("last", 2),
        ("nextitem", 2),
        ("length", 5),
        ("revindex", 5),
        ("index", 1),
    ] {
        let taken = Counter::default();
        let text = format!(
            "<% async for i in items %><< i >><% flush %><< loop.{field} and '' >><% end %>"
        );
        let template = env.template_from_str(&text).expect("compiles");
        let mut page = Task::new(template.render_stream(context! { items => items(&taken) }));
        assert_eq!(page.chunk(), "1");
        assert_eq!(taken.get(), ahead, "{field}");
    }
}
