//! What waiting costs, which none of the peers can do, and how costs grow.

use std::future::poll_fn;
use std::hint::black_box;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use cpu_time::ThreadTime;

use futures_util::{Stream, stream};
use kakehi::{Environment, Error, Limits, RenderOptions, RenderStream, Template, Value};
use serde::Serialize;

use crate::data::{DATA, source_of};
use crate::engines::kakehi::{COMPILE_CHUNK, context, environment};
use crate::measure::{interleaved, median, ratio, show_time};
use crate::memory::counted;

/// One measured property: what it is, what came out, what it should be, and whether it is.
pub struct Finding {
    pub what: &'static str,
    pub found: String,
    pub goal: &'static str,
    pub met: Option<bool>,
}

/// A row of a table of growth: the size, the time, and the time per unit of size.
pub struct Growth {
    pub what: &'static str,
    pub unit: &'static str,
    pub rows: Vec<(u64, f64)>,
}

const ROUNDS: usize = 51;
const SAMPLE: Duration = Duration::from_millis(4);

/// How many renders are suspended at once.
const SUSPENDED: usize = 100_000;

/// Whether the gate of `page_gate.html` is open.
static OPEN: AtomicBool = AtomicBool::new(false);

/// Polls a future that never waits for anything but its turn.
fn finish<F: Future + Unpin>(mut future: F) -> F::Output {
    let mut cx = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = Pin::new(&mut future).poll(&mut cx) {
            return output;
        }
    }
}

/// Reads a stream that never waits for anything but its turn; the number of chunks and of bytes.
fn read(mut stream: RenderStream) -> (usize, usize) {
    let mut cx = Context::from_waker(Waker::noop());
    let (mut chunks, mut bytes) = (0, 0);
    loop {
        match Pin::new(&mut stream).poll_next(&mut cx) {
            Poll::Ready(Some(chunk)) => {
                chunks += 1;
                bytes += chunk.expect("it renders").len();
            }
            Poll::Ready(None) => return (chunks, bytes),
            Poll::Pending => {}
        }
    }
}

/// Whether a task was woken.
#[derive(Default)]
struct Bell(AtomicBool);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Relaxed);
    }
}

/// Reads a stream until it waits for something else than its turn.
fn read_until_it_waits(stream: &mut RenderStream) {
    let bell = Arc::new(Bell::default());
    let waker = Waker::from(Arc::clone(&bell));
    let mut cx = Context::from_waker(&waker);
    loop {
        match Pin::new(&mut *stream).poll_next(&mut cx) {
            Poll::Ready(Some(chunk)) => drop(chunk.expect("it renders")),
            Poll::Ready(None) => panic!("the gate is shut"),
            Poll::Pending if bell.0.swap(false, Relaxed) => {}
            Poll::Pending => return,
        }
    }
}

fn waiting_environment() -> Environment {
    let mut env = environment();
    env.add_template(
        "page_gate.html",
        include_str!("../templates/kakehi/page_gate.html"),
    );
    env.add_template(
        "product_gate.html",
        include_str!("../templates/kakehi/product_gate.html"),
    );
    env.add_template("cell.html", "<td><< n >></td>");
    env.add_async_function("gate", || {
        poll_fn(|_| {
            if OPEN.load(Relaxed) {
                Poll::Ready("open")
            } else {
                Poll::Pending
            }
        })
    });
    env.add_async_function("later", |n: u64| async move { n });
    env.add_function("now", |n: u64| n);
    env.add_function("stream", || {
        Value::from_stream(stream::iter((0..10_000).map(Ok::<i64, Error>)))
    });
    let list = Value::from((0..10_000).map(Value::from).collect::<Vec<_>>());
    env.add_function("list", move || list.clone());
    env.set_limits(Limits {
        memory: None,
        ..Limits::default()
    });
    env
}

/// All findings about waiting.
pub fn findings() -> Vec<Finding> {
    let env = waiting_environment();
    let mut findings = vec![
        async_over_sync(&env),
        async_for(&env),
        conversions(),
        allocations(&env),
    ];
    findings.extend(ready_await(&env));
    findings.extend(suspended(&env));
    findings.extend(streamed(&env));
    findings
}

fn allocations(env: &Environment) -> Finding {
    let allocations = |name: &str, context: Value| {
        let template = env.template(name).expect("it compiles");
        // The second render knows how much the first one wrote.
        drop(template.render(&context));
        counted(|| template.render(&context)).1.calls
    };
    let found = format!(
        "{}, {}, {}",
        allocations("hello.html", context(&DATA.hello)),
        allocations("teams.html", context(&DATA.teams)),
        allocations("page.html", context(&DATA.page))
    );
    Finding {
        what: "allocations of a sync render of `hello`, `teams`, `page`",
        found,
        goal: "1 for a small one",
        met: None,
    }
}

/// What converting contexts costs, dropping them included, against the nearest peer.
fn conversions() -> Finding {
    fn conversion<T: Serialize + 'static>(data: &'static T) -> f64 {
        let times = compare(&[&|| drop(black_box(context(data))), &|| {
            drop(black_box(minijinja::Value::from(minijinja::value::Serde(
                data,
            ))));
        }]);
        ratio(&times[0], &times[1])
    }
    let found = format!(
        "{:.2}, {:.2}, {:.2}, {:.2}",
        conversion(&DATA.page),
        conversion(&DATA.filters),
        conversion(&DATA.big_table),
        conversion(&DATA.chat_json)
    );
    Finding {
        what: "contexts of `page`, `filters`, `big_table`, `chat` made of Rust data: kakehi / minijinja",
        found,
        goal: "",
        met: None,
    }
}

fn compare(pieces: &[&dyn Fn()]) -> Vec<Vec<f64>> {
    interleaved(pieces, ROUNDS, SAMPLE)
}

fn async_over_sync(env: &Environment) -> Finding {
    let template = env.template("page.html").expect("it compiles");
    let context = context(&DATA.page);
    assert_eq!(
        finish(template.render_async(&context)).expect("it renders"),
        template.render(&context).expect("it renders")
    );
    let times = compare(&[
        &|| drop(black_box(finish(template.render_async(&context)))),
        &|| drop(black_box(template.render(&context))),
    ]);
    let ratio = ratio(&times[0], &times[1]);
    Finding {
        what: "`page`, which waits for nothing: async render / sync render",
        found: format!("{ratio:.3}"),
        goal: "≤ 1.03",
        met: Some(ratio <= 1.03),
    }
}

const LOOPED: &str = "<% for n in list() %><td><< n >></td><% end %>";
const STREAMED: &str = "<% async for n in stream() %><td><< n >></td><% end %>";
const INCLUDED: &str = "<% for n in list() %><% include 'cell.html' %><% end %>";
const MACRO: &str =
    "<% macro cell(n) %><td><< n >></td><% end %><% for n in list() %><< cell(n) >><% end %>";
const WAITS: &str = "<% for n in range(10000) %><< await later(n) >><% end %>";
const CALLS: &str = "<% for n in range(10000) %><< now(n) >><% end %>";

/// Branches that print what they await.
fn printing(count: usize) -> String {
    let branches = "<< await later(1) >>".repeat(count);
    format!("<% parallel %>{branches}<% end %>")
}

/// Branches that set a variable each to what they await.
fn setting(count: usize) -> String {
    let branch = |n| format!("<% set x{n} = await later(1) %>");
    let branches: String = (0..count).map(branch).collect();
    format!("<% parallel %>{branches}<% end %>")
}

/// One of the pieces that are compared here, for a profiler.
pub fn piece(name: &str) -> Option<Rc<dyn Fn()>> {
    let whole = match name {
        "async_page" => Some(("page.html", context(&DATA.page))),
        "async_hello" => Some(("hello.html", context(&DATA.hello))),
        _ => None,
    };
    if let Some((name, context)) = whole {
        let template = waiting_environment().template(name).expect("it compiles");
        return Some(Rc::new(move || {
            drop(black_box(finish(template.render_async(&context))))
        }));
    }
    let source = match name {
        "for" => LOOPED.to_owned(),
        "async_for" => STREAMED.to_owned(),
        "await" => WAITS.to_owned(),
        "call" => CALLS.to_owned(),
        "included" => INCLUDED.to_owned(),
        "macro" => MACRO.to_owned(),
        "branches" => printing(1000),
        "set_branches" => setting(1000),
        _ => return None,
    };
    let template = waiting_environment()
        .template_from_str(&source)
        .expect("it compiles");
    Some(Rc::new(move || {
        drop(black_box(finish(template.render_async(()))))
    }))
}

fn async_for(env: &Environment) -> Finding {
    let template = |source: &str| env.template_from_str(source).expect("it compiles");
    let (looped, streamed) = (template(LOOPED), template(STREAMED));
    assert_eq!(
        finish(streamed.render_async(())).expect("it renders"),
        finish(looped.render_async(())).expect("it renders")
    );
    let times = compare(&[
        &|| drop(black_box(finish(streamed.render_async(())))),
        &|| drop(black_box(finish(looped.render_async(())))),
    ]);
    let ratio = ratio(&times[0], &times[1]);
    let per_item = |times: &[f64]| show_time(median(times) / 10_000.0);
    Finding {
        what: "`async for` over a ready stream / `for` over a list (10,000 items, each printed)",
        found: format!(
            "{ratio:.2} ({} / {} per item)",
            per_item(&times[0]),
            per_item(&times[1])
        ),
        goal: "≤ 1.3",
        met: Some(ratio <= 1.3),
    }
}

fn ready_await(env: &Environment) -> [Finding; 2] {
    const COUNT: f64 = 10_000.0;
    let template = |source: &str| env.template_from_str(source).expect("it compiles");
    let (waits, calls) = (template(WAITS), template(CALLS));
    let render = |template: &Template| finish(template.render_async(())).expect("it renders");
    assert_eq!(render(&waits), render(&calls));
    let times = compare(&[&|| drop(black_box(render(&waits))), &|| {
        drop(black_box(render(&calls)))
    }]);
    let differences: Vec<f64> = times[0]
        .iter()
        .zip(&times[1])
        .map(|(a, b)| (a - b) / COUNT)
        .collect();
    let difference = median(&differences);
    let allocations = |template: &Template| counted(|| render(template)).1.calls as f64;
    let more = (allocations(&waits) - allocations(&calls)) / COUNT;
    [
        Finding {
            what: "`await` of a ready future, over a call of a plain function",
            found: show_time(difference),
            goal: "≤ 60 ns",
            met: Some(difference <= 60e-9),
        },
        Finding {
            what: "its allocations, the future's own included",
            found: format!("{more:.1}"),
            goal: "1",
            met: Some(more < 1.5),
        },
    ]
}

fn suspended(env: &Environment) -> [Finding; 3] {
    let template = env.template("page_gate.html").expect("it compiles");
    let context = context(&DATA.page);
    OPEN.store(false, Relaxed);
    let suspend = || {
        let mut stream = template.render_stream(&context);
        read_until_it_waits(&mut stream);
        stream
    };
    drop(suspend());
    let (one, held) = counted(suspend);
    let bytes = held.live.unsigned_abs() + size_of::<RenderStream>();
    drop(one);

    let resident = resident_bytes();
    let start = ThreadTime::now();
    let many: Vec<RenderStream> = (0..SUSPENDED).map(|_| suspend()).collect();
    let until_suspended = start.elapsed().as_secs_f64();
    let grown = resident_bytes().saturating_sub(resident);
    OPEN.store(true, Relaxed);
    let start = ThreadTime::now();
    let expected = read(template.render_stream(&context)).1;
    for stream in many {
        assert!(
            read(stream).1 < expected,
            "part of the page was read before"
        );
    }
    let until_finished = start.elapsed().as_secs_f64();
    let count = SUSPENDED as f64;
    [
        Finding {
            what: "bytes held by one suspended render of `page`, in an include in a block",
            found: format!("{bytes}"),
            goal: "≤ 4096",
            met: Some(bytes <= 4096),
        },
        Finding {
            what: "100,000 of them suspended at once: resident memory for each",
            found: format!("{} bytes", grown / SUSPENDED),
            goal: "",
            met: None,
        },
        Finding {
            what: "starting each of them, and finishing each of them",
            found: format!(
                "{}, {}",
                show_time(until_suspended / count),
                show_time(until_finished / count)
            ),
            goal: "",
            met: None,
        },
    ]
}

/// How much memory the process has; 0 where the system does not say.
fn resident_bytes() -> usize {
    let Ok(sizes) = std::fs::read_to_string("/proc/self/statm") else {
        return 0;
    };
    let pages = sizes
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse::<usize>().ok());
    pages.unwrap_or(0) * 4096
}

fn streamed(env: &Environment) -> [Finding; 2] {
    let template = env
        .template_from_str(
            "<% for n in range(250000) %><li>row << n >> of a list that is rather long</li>\n<% end %>",
        )
        .expect("it compiles");
    let size = template.render(()).expect("it renders").len();
    let (chunks, bytes) = read(template.render_stream(()));
    assert_eq!(bytes, size, "a stream is the same text");
    let times = interleaved(
        &[&|| drop(black_box(template.render(()))), &|| {
            black_box(read(template.render_stream(())));
        }],
        ROUNDS,
        SAMPLE,
    );
    let throughput = ratio(&times[0], &times[1]);
    [
        Finding {
            what: "`render_stream` of 10 MB: throughput / that of `render`",
            found: format!("{throughput:.2}"),
            goal: "≥ 0.9",
            met: Some(throughput >= 0.9),
        },
        Finding {
            what: "its chunks",
            found: format!("{chunks} of {} bytes", bytes / chunks),
            goal: "8 KiB each",
            met: None,
        },
    ]
}

/// How costs grow.
pub fn growth() -> Vec<Growth> {
    let mut env = waiting_environment();
    env.add_template(
        "deep.txt",
        "<< depth >><% if depth > 1 %><% with depth = depth - 1 %><% include 'deep.txt' %><% end %><% end %>",
    );
    let mut rounds = Vec::new();
    for count in [1, 10, 100, 1000, 10_000, 100_000, 1_000_000] {
        let source = format!("<% for n in range({count}) %><< n >> <% end %>");
        let template = env.template_from_str(&source).expect("it compiles");
        rounds.push((count, once(&|| drop(black_box(template.render(()))))));
    }
    let mut compiled = Vec::new();
    let mut rendered = Vec::new();
    let data = context(&DATA.compile);
    for kilobytes in [1, 10, 100, 1000, 10_000] {
        let source = source_of(COMPILE_CHUNK, kilobytes * 1000);
        let compile = || env.template_from_str(&source).expect("it compiles");
        compiled.push((kilobytes as u64, once(&|| drop(black_box(compile())))));
        let template = compile();
        rendered.push((
            kilobytes as u64,
            once(&|| drop(black_box(template.render(&data)))),
        ));
    }
    let mut branches = Vec::new();
    let mut set_branches = Vec::new();
    for count in [1, 10, 100, 1000, 10_000] {
        let of = |source: &str| {
            let template = env.template_from_str(source).expect("it compiles");
            once(&|| {
                drop(black_box(
                    finish(template.render_async(())).expect("it renders"),
                ))
            })
        };
        branches.push((count as u64, of(&printing(count))));
        set_branches.push((count as u64, of(&setting(count))));
    }
    let mut included = Vec::new();
    let options = RenderOptions::new().limits(Limits {
        depth: 20_000,
        ..Limits::default()
    });
    let template = env
        .template("deep.txt")
        .expect("it compiles")
        .with_options(options);
    for depth in [1, 10, 100, 1000, 10_000] {
        let context = kakehi::context! { depth };
        included.push((depth, once(&|| drop(black_box(template.render(&context))))));
        template.render(&context).expect("it renders");
    }
    vec![
        Growth {
            what: "a loop",
            unit: "rounds",
            rows: rounds,
        },
        Growth {
            what: "branches side by side that print what they await",
            unit: "branches",
            rows: branches,
        },
        Growth {
            what: "branches side by side that set a variable each to what they await",
            unit: "branches",
            rows: set_branches,
        },
        Growth {
            what: "compiling",
            unit: "KB of source",
            rows: compiled,
        },
        Growth {
            what: "rendering what was compiled",
            unit: "KB of source",
            rows: rendered,
        },
        Growth {
            what: "includes in includes",
            unit: "deep",
            rows: included,
        },
    ]
}

fn once(run: &dyn Fn()) -> f64 {
    median(&interleaved(&[run], 5, Duration::from_millis(4))[0])
}
