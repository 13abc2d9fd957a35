//! Pages into writers: chunk by chunk, flushed where a reader waits, and what comes of writers that fail.

use std::io::{self, Write};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::AsyncWrite;
use kakehi::{Environment, Error, ErrorKind, ParkThread, RenderOptions, Value, context};

use crate::events::{CallLog, Source, Task};

/// What a writer was asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Event {
    Write(String),
    Flush,
}

/// Notes what it gets; fails after some writes, takes little at a time, or is not ready at first.
#[derive(Debug)]
struct Recorder {
    events: Vec<Event>,
    /// Bytes taken before it fails.
    room: usize,
    most: usize,
    /// Whether each call is answered by `Pending` first.
    hesitates: bool,
    hesitated: bool,
}

impl Default for Recorder {
    fn default() -> Self {
        Recorder {
            events: Vec::new(),
            room: usize::MAX,
            most: usize::MAX,
            hesitates: false,
            hesitated: false,
        }
    }
}

impl Recorder {
    fn take(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.room == 0 {
            return Err(io::Error::new(
                io::ErrorKind::BrokenPipe,
                "the reader has gone",
            ));
        }
        let count = bytes.len().min(self.most).min(self.room);
        self.room -= count;
        let text = String::from_utf8_lossy(&bytes[..count]).into_owned();
        self.events.push(Event::Write(text));
        Ok(count)
    }

    fn text(&self) -> String {
        let texts = self.events.iter().filter_map(|event| match event {
            Event::Write(text) => Some(text.as_str()),
            Event::Flush => None,
        });
        texts.collect()
    }

    fn hesitate(&mut self, cx: &mut Context<'_>) -> bool {
        self.hesitated = self.hesitates && !self.hesitated;
        if self.hesitated {
            cx.waker().wake_by_ref();
        }
        self.hesitated
    }
}

impl Write for Recorder {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.take(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.events.push(Event::Flush);
        Ok(())
    }
}

impl AsyncWrite for Recorder {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.hesitate(cx) {
            return Poll::Pending;
        }
        Poll::Ready(self.take(bytes))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.hesitate(cx) {
            return Poll::Pending;
        }
        self.events.push(Event::Flush);
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        panic!("the writer is the host's to close");
    }
}

fn environment() -> (Environment, CallLog) {
    let mut env = Environment::new();
    let log = CallLog::default();
    let calls = log.clone();
    env.add_function("note", move || {
        calls.note("note");
        ""
    });
    env.add_template(
        "page",
        "one<% flush %><< note() >>two<% flush %><< note() >>three",
    );
    (env, log)
}

fn wrote(text: &str) -> Event {
    Event::Write(text.to_owned())
}

#[test]
fn a_writer_is_flushed_where_the_template_says_and_at_the_end() {
    let (env, _) = environment();
    let expected = [
        wrote("one"),
        Event::Flush,
        wrote("two"),
        Event::Flush,
        wrote("three"),
        Event::Flush,
    ];
    let mut writer = Recorder::default();
    env.render_to("page", (), &mut writer).expect("renders");
    assert_eq!(writer.events, expected);
    let mut writer = Recorder::default();
    futures_executor::block_on(env.render_to_async("page", (), &mut writer)).expect("renders");
    assert_eq!(writer.events, expected);
}

#[test]
fn a_writer_that_takes_little_and_hesitates_gets_all() {
    let (env, _) = environment();
    let mut writer = Recorder {
        most: 2,
        hesitates: true,
        ..Recorder::default()
    };
    futures_executor::block_on(env.render_to_async("page", (), &mut writer)).expect("renders");
    assert_eq!(writer.text(), "onetwothree");
    let mut writer = Recorder {
        most: 1,
        ..Recorder::default()
    };
    env.render_to("page", (), &mut writer).expect("renders");
    assert_eq!(writer.text(), "onetwothree");
}

#[test]
fn a_writer_that_fails_ends_the_render_there() {
    // What comes after the failure is not computed.
    for room in 0..11 {
        let expected = &"onetwothree"[..room];
        for waits in [false, true] {
            let (env, log) = environment();
            let mut writer = Recorder {
                room,
                ..Recorder::default()
            };
            let error = if waits {
                futures_executor::block_on(env.render_to_async("page", (), &mut writer))
                    .unwrap_err()
            } else {
                env.render_to("page", (), &mut writer).unwrap_err()
            };
            assert_eq!(error.kind(), ErrorKind::Output);
            assert!(
                format!("{error:#}").contains("the reader has gone"),
                "{error:#}"
            );
            assert_eq!(writer.text(), expected);
            assert!(log.of("note") <= room / 3, "{room}: {}", log.of("note"));
        }
    }
}

#[test]
fn a_template_that_fails_leaves_what_was_written() {
    let (mut env, _) = environment();
    env.add_function("boom", || Err::<Value, _>(Error::host("no luck")));
    env.add_template("failing", "one<% flush %>two<< boom() >>");
    let mut writer = Recorder::default();
    assert_eq!(
        env.render_to("failing", (), &mut writer)
            .unwrap_err()
            .message(),
        "no luck"
    );
    assert_eq!(writer.events[..2], [wrote("one"), Event::Flush]);
    let mut writer = Recorder::default();
    let error =
        futures_executor::block_on(env.render_to_async("failing", (), &mut writer)).unwrap_err();
    assert_eq!(error.message(), "no luck");
    assert_eq!(writer.events[..2], [wrote("one"), Event::Flush]);
}

#[test]
fn a_writer_that_is_not_ready_holds_the_template_back() {
    let (env, log) = environment();
    let text = "<% for i in range(1000) %><< note() >>x<% flush %><% end %>";
    let template = env.template_from_str(text).expect("compiles");
    // Never ready again after five bytes.
    struct Stuck(usize);
    impl AsyncWrite for Stuck {
        fn poll_write(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            if self.0 == 5 {
                return Poll::Pending;
            }
            self.0 += bytes.len();
            Poll::Ready(Ok(bytes.len()))
        }
        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
        fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }
    let mut writer = Stuck(0);
    let mut render = Task::new(template.render_to_async((), &mut writer));
    for _ in 0..10 {
        assert!(render.poll().is_pending());
    }
    assert_eq!(log.of("note"), 6);
}

#[test]
fn what_is_written_goes_out_before_a_wait() {
    let env = Environment::new();
    let template = env
        .template_from_str("a<% async for i in items %><< i >><% end %>")
        .expect("compiles");
    let source = Source::default();
    source.send(1);
    let mut writer = Recorder::default();
    let items = Value::from_stream(source.clone());
    let mut render = Task::new(template.render_to_async(context! { items }, &mut writer));
    assert!(render.run().is_pending());
    drop(render);
    assert_eq!(writer.text(), "a1");
    assert_eq!(writer.events.last(), Some(&Event::Flush));
    // The same where a synchronous render may block.
    source.send(2);
    source.close();
    let mut writer = Recorder::default();
    let options = RenderOptions::new().block_on(ParkThread);
    let items = Value::from_stream(source.clone());
    template
        .with_options(options)
        .render_to(context! { items }, &mut writer)
        .expect("renders");
    assert_eq!(writer.text(), "a2");
}
