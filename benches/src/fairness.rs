//! How long a busy render keeps its neighbours on the same thread waiting.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use cpu_time::ProcessTime;
use kakehi::{Environment, Limits, Value};
use tokio::runtime::{Builder, Runtime};
use tokio::task::yield_now;

use crate::measure::show_time;
use crate::waiting::Finding;

/// Loops of a million rounds, with their bodies.
const BUSY: [(&str, &str); 5] = [
    (
        "one thread: the longest wait of a woken task, and that of timers and sockets, for a render of a million rounds that print a number",
        "<% for n in range(1000000) %><< n >> <% end %>",
    ),
    (
        "… apply six filters",
        "<% for n in range(1000000) %>\
         << n | string | replace('1', 'one') | title | center(20) | trim | length >><% end %>",
    ),
    (
        "… sum and sort a list of 1,000 items",
        "<% for n in range(1000000) %><< list() | sum >><< list() | sort | first >><% end %>",
    ),
    (
        "… await what is there",
        "<% for n in range(1000000) %><< await later(n) >><% end %>",
    ),
    (
        "… are branches, ten at a time",
        "<% async for n in range(1000000) concurrent 10 %><< await later(n) >><% end %>",
    ),
];

/// How many turns of the neighbour are looked at, if the render takes so long.
const TURNS: u32 = 2000;

/// What a neighbour bears, in time of the processor: that on the wall is also that of other programs.
pub fn fairness() -> Vec<Finding> {
    let runtime = Builder::new_current_thread()
        .build()
        .expect("a runtime can be made");
    let env = environment();
    BUSY.into_iter()
        .map(|(what, source)| {
            let woken = longest_wait(&runtime, &env, source, wake);
            let timed = longest_wait(&runtime, &env, source, yield_now);
            Finding {
                what,
                found: format!("{}, {}", show_time(woken), show_time(timed)),
                goal: "≤ 1 ms",
                met: Some(woken.max(timed) <= 1e-3),
            }
        })
        .collect()
}

fn environment() -> Environment {
    let mut env = Environment::new();
    let list = Value::from((0..1000).rev().map(Value::from).collect::<Vec<_>>());
    env.add_function("list", move || list.clone());
    env.add_async_function("later", |n: u64| async move { n });
    env.set_limits(Limits {
        memory: None,
        ..Limits::default()
    });
    env
}

/// The longest time between two turns of a task while a render is busy, in seconds.
fn longest_wait<T: Future + Send + 'static>(
    runtime: &Runtime,
    env: &Environment,
    source: &str,
    turn: fn() -> T,
) -> f64 {
    let template = env.template_from_str(source).expect("it compiles");
    runtime.block_on(async {
        let render = tokio::spawn(template.render_async(()));
        let busy = render.abort_handle();
        let neighbour = tokio::spawn(async move {
            let mut longest = Duration::ZERO;
            for _ in 0..TURNS {
                let began = ProcessTime::now();
                turn().await;
                longest = longest.max(began.elapsed());
                if busy.is_finished() {
                    break;
                }
            }
            longest.as_secs_f64()
        });
        let longest = neighbour.await.expect("it does not panic");
        render.abort();
        longest
    })
}

/// Wakes the task at once: its next turn is when its runtime comes to it.
fn wake() -> impl Future<Output = ()> + Send {
    let mut woken = false;
    poll_fn(move |cx| {
        if std::mem::replace(&mut woken, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
}
