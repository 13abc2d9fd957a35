//! Cached fragments: how often they are made, by whom, and what a bad cache does to a page: nothing.

use std::collections::HashMap;
use std::future::{pending, ready};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_core::future::BoxFuture;
use futures_util::future::join_all;
use kakehi::{Environment, Error, FragmentCache, Template, context};

use crate::events::{Counter, Task};
use crate::host::Rounds;

/// A cache that keeps all, and counts what it is asked.
#[derive(Clone, Debug, Default)]
struct Kept {
    texts: Arc<Mutex<HashMap<String, String>>>,
    gets: Counter,
    puts: Counter,
    /// Answers after some polls.
    rounds: u32,
}

impl FragmentCache for Kept {
    fn get(self: Arc<Self>, key: &str) -> BoxFuture<'static, Result<Option<String>, Error>> {
        self.gets.add();
        let key = key.to_owned();
        Box::pin(async move {
            Rounds(self.rounds).await;
            Ok(self.texts.lock().expect("no panic").get(&key).cloned())
        })
    }

    fn put(
        self: Arc<Self>,
        key: &str,
        text: &str,
        _: Option<Duration>,
    ) -> BoxFuture<'static, Result<(), Error>> {
        let (key, text) = (key.to_owned(), text.to_owned());
        Box::pin(async move {
            Rounds(self.rounds).await;
            self.puts.add();
            self.texts.lock().expect("no panic").insert(key, text);
            Ok(())
        })
    }
}

/// A cache that fails, or never answers.
#[derive(Debug)]
enum Bad {
    Fails,
    NeverAnswers,
}

impl FragmentCache for Bad {
    fn get(self: Arc<Self>, _: &str) -> BoxFuture<'static, Result<Option<String>, Error>> {
        match *self {
            Bad::Fails => Box::pin(ready(Err(Error::host("the cache is down")))),
            Bad::NeverAnswers => Box::pin(pending()),
        }
    }

    fn put(
        self: Arc<Self>,
        _: &str,
        _: &str,
        _: Option<Duration>,
    ) -> BoxFuture<'static, Result<(), Error>> {
        match *self {
            Bad::Fails => Box::pin(ready(Err(Error::host("the cache is down")))),
            Bad::NeverAnswers => Box::pin(pending()),
        }
    }
}

/// An environment with `make(n)`, which waits some rounds and counts; every first of `failing` fails.
fn environment(cache: impl FragmentCache) -> (Environment, Counter) {
    let mut env = Environment::new();
    env.set_fragment_cache(cache);
    let made = Counter::default();
    let counter = made.clone();
    env.add_async_function("make", move |n: u64| {
        let count = counter.add();
        async move {
            Rounds(5).await;
            format!("{n}:{count}")
        }
    });
    let counter = made.clone();
    env.add_async_function("fail_first", move || {
        let count = counter.add();
        async move {
            Rounds(3).await;
            match count {
                1 => Err(Error::host("not yet")),
                _ => Ok(count as u64),
            }
        }
    });
    (env, made)
}

fn compile(env: &Environment, text: &str) -> Template {
    env.template_from_str(text).expect("compiles")
}

#[test]
fn many_renders_make_a_fragment_once() {
    for rounds in [0, 3] {
        let cache = Kept {
            rounds,
            ..Kept::default()
        };
        let (env, made) = environment(cache.clone());
        let page = compile(
            &env,
            "<< n >> <% cache 'k', ttl='5m' %><< await make(7) >><% end %>",
        );
        let renders = (0..100).map(|n| page.render_async(context! { n }));
        let texts = futures_executor::block_on(join_all(renders));
        for (n, text) in texts.into_iter().enumerate() {
            assert_eq!(text.expect("renders"), format!("{n} 7:1"));
        }
        assert_eq!((made.get(), cache.gets.get(), cache.puts.get()), (1, 1, 1));
        // Other templates and clones of the environment share it.
        let other = compile(&env.clone(), "<% cache 'k' %>other<% end %>");
        let text = futures_executor::block_on(other.render_async(())).expect("renders");
        assert_eq!(text, "7:1");
    }
}

#[test]
fn when_the_one_that_makes_it_is_dropped_another_does() {
    let (env, made) = environment(Kept::default());
    let page = compile(&env, "a<% cache 'k' %><< await make(7) >><% end %>");
    let mut first = Task::new(page.render_stream(()));
    assert_eq!(first.chunk(), "a");
    assert!(first.step().is_pending());
    let mut second = Task::new(page.render_stream(()));
    assert_eq!(second.chunk(), "a");
    assert!(second.step().is_pending());
    assert_eq!(made.get(), 1);
    drop(first);
    assert!(second.is_woken(), "the next one is told");
    let text = loop {
        match second.step() {
            std::task::Poll::Pending => assert!(second.is_woken()),
            std::task::Poll::Ready(chunk) => break chunk,
        }
    };
    assert_eq!(text.expect("a chunk").expect("renders"), "7:2");
}

#[test]
fn a_failure_is_not_kept() {
    let (env, made) = environment(Kept::default());
    let page = compile(&env, "<% cache 'k' %><< await fail_first() >><% end %>");
    let renders = (0..3).map(|_| page.render_async(()));
    let results = futures_executor::block_on(join_all(renders));
    let failed = results.iter().filter(|result| result.is_err()).count();
    assert_eq!((failed, made.get()), (1, 2));
    assert_eq!(results[1].as_ref().expect("renders"), "2");
    assert_eq!(results[2].as_ref().expect("renders"), "2");
}

#[test]
fn a_cache_that_fails_fails_no_page() {
    let (env, made) = environment(Bad::Fails);
    let page = compile(&env, "<% cache 'k' %><< await make(1) >><% end %>");
    let renders = (0..10).map(|_| page.render_async(()));
    for text in futures_executor::block_on(join_all(renders)) {
        assert_eq!(text.expect("renders"), "1:1", "still made by one for all");
    }
    let text = futures_executor::block_on(page.render_async(())).expect("renders");
    assert_eq!((text.as_str(), made.get()), ("1:2", 2));
    let plain = compile(&env, "<% cache 'k' %>plain<% end %>");
    assert_eq!(plain.render(()).expect("renders"), "plain");
}

#[test]
fn a_synchronous_render_does_without_a_cache_that_has_to_be_waited_for() {
    let cache = Kept {
        rounds: 1,
        ..Kept::default()
    };
    let (env, _) = environment(cache);
    let page = compile(&env, "<% cache 'k' %><< n >><% end %>");
    assert_eq!(page.render(context! { n => 1 }).expect("renders"), "1");
    assert_eq!(page.render(context! { n => 2 }).expect("renders"), "2");
}

#[test]
fn renders_that_need_each_others_fragments_do_not_wait_for_ever() {
    let (env, _) = environment(Kept::default());
    let texts = [
        "<% cache 'a' %>a<< await make(1) >><% cache 'b' %>b<< await make(2) >><% end %><% end %>",
        "<% cache 'b' %>b<< await make(2) >><% cache 'a' %>a<< await make(1) >><% end %><% end %>",
    ];
    let renders = texts.map(|text| compile(&env, text).render_async(()));
    for text in futures_executor::block_on(join_all(renders)) {
        text.expect("renders");
    }
}

#[test]
fn threads_make_a_fragment_once() {
    let (mut env, _) = environment(Kept::default());
    let made = Counter::default();
    let counter = made.clone();
    env.add_function("slow", move || {
        std::thread::sleep(Duration::from_millis(50));
        counter.add() as u64
    });
    let page = compile(&env, "<% cache 'k' %><< slow() >><% end %>");
    let start = Arc::new(std::sync::Barrier::new(8));
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let (page, start) = (page.clone(), Arc::clone(&start));
            std::thread::spawn(move || {
                start.wait();
                page.render(()).expect("renders")
            })
        })
        .collect();
    for thread in threads {
        assert_eq!(thread.join().expect("no panic"), "1");
    }
    assert_eq!(made.get(), 1);
}

#[test]
fn a_render_within_a_render_makes_its_own() {
    let (env, _) = environment(Kept::default());
    let inner = compile(&env, "<% cache 'k' %>inner<% end %>");
    let mut env = env;
    env.add_function("render", move || inner.render(()));
    let page = compile(&env, "<% cache 'k' %>(<< render() >>)<% end %>");
    assert_eq!(page.render(()).expect("renders"), "(inner)");
}

#[cfg(feature = "tokio")]
mod on_a_clock {
    use super::*;
    use tokio::time::Instant;

    #[tokio::test(start_paused = true)]
    async fn a_cache_that_never_answers_is_waited_for_so_long() {
        let (mut env, _) = environment(Bad::NeverAnswers);
        env.set_fragment_patience(Duration::from_millis(40));
        let page = compile(&env, "<% cache 'k' %>made<% end %>");
        let start = Instant::now();
        assert_eq!(page.render_async(()).await.expect("renders"), "made");
        // Once to ask and once to keep.
        assert_eq!(start.elapsed().as_millis(), 80);
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_stopped_reading_holds_nobody_up() {
        let (env, _) = environment(Kept::default());
        let page = compile(&env, "a<% cache 'k' %><< await make(7) >><% end %>");
        let mut stopped = Task::new(page.render_stream(()));
        assert_eq!(stopped.chunk(), "a");
        assert!(stopped.step().is_pending());
        let start = Instant::now();
        assert_eq!(page.render_async(()).await.expect("renders"), "a7:2");
        assert_eq!(start.elapsed().as_secs(), 10);
    }

    #[cfg(feature = "memory-cache")]
    #[tokio::test(start_paused = true)]
    async fn memory_keeps_a_fragment_for_its_time() {
        let env = Environment::new();
        let page = compile(&env, "<% cache 'k', ttl='1m30s' %><< n >><% end %>");
        for (after, expected) in [(0, "0"), (89, "0"), (2, "2"), (60, "2")] {
            tokio::time::advance(Duration::from_secs(after)).await;
            let n = if expected == "0" { after } else { 2 };
            let text = page.render_async(context! { n }).await.expect("renders");
            assert_eq!(text, expected);
        }
    }
}

#[cfg(feature = "memory-cache")]
#[test]
fn memory_is_bounded() {
    let mut env = Environment::new();
    env.set_fragment_cache(kakehi::MemoryCache::new(100_000));
    let calls = Counter::default();
    let counter = calls.clone();
    env.add_function("tick", move || counter.add() as u64);
    let page = compile(
        &env,
        "<% for n in range(1000) %><% cache n %><< tick() >><< 'x' * 1000 >><% end %><% end %>",
    );
    page.render(()).expect("renders");
    assert_eq!(calls.get(), 1000);
    page.render(()).expect("renders");
    assert!(calls.get() > 1800, "not all 1,000 fragments of 1 KB fit");
}
