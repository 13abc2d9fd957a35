//! Tests of the cache: one load per name whoever asks, and none that hangs or sticks.

use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use crate::{
    AsyncFunctionLoader, ChoiceLoader, Environment, Error, ErrorKind, FunctionLoader, Load, Loader,
    MapLoader, PrefixLoader, RenderFuture, Whitespace, context,
};

/// Wakes whom it should and counts.
#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// A loader whose answers the test gives out by hand.
#[derive(Clone, Default)]
struct Desk {
    asked: Arc<AtomicUsize>,
    open: Arc<Mutex<(bool, Option<Waker>)>>,
    panics: Arc<AtomicUsize>,
}

impl Desk {
    fn open(&self) {
        let mut state = self.open.lock().expect("no test panics here");
        state.0 = true;
        if let Some(waker) = state.1.take() {
            waker.wake();
        }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

/// Remembers the last waker only, as futures may.
struct Answer {
    desk: Desk,
    name: String,
}

impl Future for Answer {
    type Output = Result<Option<String>, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let panics = &self.desk.panics;
        if panics.load(Ordering::SeqCst) > 0 {
            panics.fetch_sub(1, Ordering::SeqCst);
            panic!("as planned");
        }
        let mut state = self.desk.open.lock().expect("no test panics here");
        if !state.0 {
            state.1 = Some(cx.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(match self.name.as_str() {
            "missing" => Ok(None),
            "failing" => Err(Error::host("the desk is closed")),
            "broken" => Ok(Some("<% if %>".to_owned())),
            name => Ok(Some(format!("I am {name}"))),
        })
    }
}

impl Loader for Desk {
    fn load(&self, name: &str) -> Load {
        self.asked.fetch_add(1, Ordering::SeqCst);
        Load::later(Answer {
            desk: self.clone(),
            name: name.to_owned(),
        })
    }
}

fn with_desk() -> (Environment, Desk) {
    let desk = Desk::default();
    let mut env = Environment::new();
    env.set_loader(desk.clone());
    (env, desk)
}

struct Task {
    render: RenderFuture,
    wakes: Arc<Wakes>,
}

impl Task {
    fn new(render: RenderFuture) -> Self {
        Task {
            render,
            wakes: Arc::default(),
        }
    }

    fn poll(&mut self) -> Poll<Result<String, Error>> {
        let waker = Waker::from(Arc::clone(&self.wakes));
        Pin::new(&mut self.render).poll(&mut Context::from_waker(&waker))
    }

    fn woken(&self) -> bool {
        self.wakes.0.load(Ordering::SeqCst) > 0
    }
}

#[test]
fn twenty_renders_load_a_template_once() {
    let (env, desk) = with_desk();
    let mut tasks: Vec<Task> = (0..20)
        .map(|_| Task::new(env.render_async("page", ())))
        .collect();
    for task in &mut tasks {
        assert!(task.poll().is_pending());
    }
    assert_eq!(desk.asked(), 1);
    desk.open();
    // One is woken by the loader; polled, it wakes the others.
    while let Some(at) = tasks.iter().position(Task::woken) {
        let mut task = tasks.swap_remove(at);
        assert!(matches!(task.poll(), Poll::Ready(Ok(page)) if page == "I am page"));
    }
    assert!(tasks.is_empty(), "{} are asleep", tasks.len());
    assert_eq!(desk.asked(), 1);
    assert_eq!(env.render("page", ()).expect("is cached"), "I am page");
}

#[test]
fn whoever_leads_may_leave() {
    let (env, desk) = with_desk();
    let mut first = Task::new(env.render_async("page", ()));
    let mut second = Task::new(env.render_async("page", ()));
    let mut third = Task::new(env.render_async("page", ()));
    assert!(first.poll().is_pending());
    assert!(second.poll().is_pending());
    assert!(third.poll().is_pending());
    drop(first);
    assert!(second.woken() && third.woken());
    assert!(third.poll().is_pending());
    drop(third);
    assert!(second.poll().is_pending());
    desk.open();
    assert!(second.poll().is_ready());
    // Nothing was asked twice: the load went on where it was.
    assert_eq!(desk.asked(), 1);
}

#[test]
fn a_load_that_nobody_wants_any_more_is_dropped() {
    let (env, desk) = with_desk();
    let before = Arc::strong_count(&desk.asked);
    let mut only = Task::new(env.render_async("page", ()));
    assert!(only.poll().is_pending());
    assert_eq!(Arc::strong_count(&desk.asked), before + 1);
    drop(only);
    assert_eq!(Arc::strong_count(&desk.asked), before);
    desk.open();
    let mut again = Task::new(env.render_async("page", ()));
    assert!(again.poll().is_ready());
    assert_eq!(desk.asked(), 2);
}

#[test]
fn a_loader_that_panics_harms_only_who_ran_it() {
    let (env, desk) = with_desk();
    let mut first = Task::new(env.render_async("page", ()));
    let mut second = Task::new(env.render_async("page", ()));
    assert!(first.poll().is_pending());
    assert!(second.poll().is_pending());
    desk.panics.store(1, Ordering::SeqCst);
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| first.poll()));
    assert!(panicked.is_err());
    assert!(second.woken());
    desk.open();
    assert!(matches!(second.poll(), Poll::Ready(Ok(_))));
    assert_eq!(env.render("page", ()).expect("is cached"), "I am page");
}

#[test]
fn failures_reach_all_and_are_not_kept() {
    for (name, kind) in [
        ("missing", ErrorKind::TemplateNotFound),
        ("failing", ErrorKind::Host),
        ("broken", ErrorKind::Syntax),
    ] {
        let (env, desk) = with_desk();
        let mut first = Task::new(env.render_async(name, ()));
        let mut second = Task::new(env.render_async(name, ()));
        assert!(first.poll().is_pending());
        assert!(second.poll().is_pending());
        desk.open();
        for task in [&mut first, &mut second] {
            let Poll::Ready(Err(error)) = task.poll() else {
                panic!("{name} fails");
            };
            assert_eq!(error.kind(), kind);
        }
        assert_eq!(desk.asked(), 1);
        assert!(Task::new(env.render_async(name, ())).poll().is_ready());
        assert_eq!(desk.asked(), 2);
    }
}

#[test]
fn a_sync_render_does_not_wait_for_a_future_of_another() {
    let (env, desk) = with_desk();
    let mut waiting = Task::new(env.render_async("page", ()));
    assert!(waiting.poll().is_pending());
    assert_eq!(
        env.render("page", ()).unwrap_err().kind(),
        ErrorKind::AsyncRequired
    );
    assert_eq!(
        env.template("page").unwrap_err().kind(),
        ErrorKind::AsyncRequired
    );
    desk.open();
    assert!(waiting.poll().is_ready());
    assert!(env.render("page", ()).is_ok());
}

#[test]
fn a_cleared_cache_takes_no_late_answer() {
    let (env, desk) = with_desk();
    let mut late = Task::new(env.render_async("page", ()));
    assert!(late.poll().is_pending());
    env.clear_templates();
    desk.open();
    assert!(late.poll().is_ready());
    assert!(Task::new(env.render_async("page", ())).poll().is_ready());
    assert_eq!(desk.asked(), 2);
}

#[test]
fn threads_load_a_template_once() {
    let asked = Arc::new(AtomicUsize::new(0));
    let mut env = Environment::new();
    let count = Arc::clone(&asked);
    env.set_loader(FunctionLoader::new(move |name| {
        count.fetch_add(1, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(20));
        Ok(Some(name.to_owned()))
    }));
    let barrier = Barrier::new(8);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                barrier.wait();
                assert_eq!(env.render("page", ()).expect("renders"), "page");
            });
        }
    });
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[test]
fn a_loader_may_render_with_its_own_environment() {
    let slot: Arc<Mutex<Option<Environment>>> = Arc::default();
    let mut env = Environment::new();
    let inner = Arc::clone(&slot);
    env.set_loader(FunctionLoader::new(move |name| {
        let env = inner.lock().expect("no test panics here").clone();
        let env = env.expect("is set before it is used");
        Ok(match name {
            "page" => Some(env.render("layout", context! { title => "T" })?),
            "layout" => Some("<h1><< title >></h1>".to_owned()),
            _ => None,
        })
    }));
    *slot.lock().expect("no test panics here") = Some(env.clone());
    assert_eq!(env.render("page", ()).expect("renders"), "<h1>T</h1>");
    *slot.lock().expect("no test panics here") = None;
}

#[test]
fn changing_a_copy_changes_nothing_else() {
    let mut env = Environment::new();
    env.add_template("page", "<< f() >>\n\n");
    env.add_function("f", || "one");
    let before = env.template("page").expect("is there");
    let mut copy = env.clone();
    copy.add_function("f", || "two");
    copy.set_whitespace(Whitespace {
        keep_trailing_newline: true,
        ..Whitespace::default()
    });
    assert_eq!(env.render("page", ()).expect("renders"), "one\n");
    assert_eq!(copy.render("page", ()).expect("renders"), "two\n\n");
    assert_eq!(before.render(()).expect("renders"), "one\n");
    copy.add_template("page", "three");
    copy.add_template("more", "more");
    assert_eq!(env.render("page", ()).expect("renders"), "one\n");
    assert_eq!(copy.render("page", ()).expect("renders"), "three");
    assert!(env.template("more").is_err());
}

#[test]
fn loaders_combine_whether_they_wait_or_not() {
    fn waiting(templates: &'static [(&'static str, &'static str)]) -> impl Loader {
        AsyncFunctionLoader::new(move |name: String| async move {
            let found = templates.iter().find(|(known, _)| *known == name);
            Ok(found.map(|(_, source)| (*source).to_owned()))
        })
    }
    let mut env = Environment::new();
    env.set_loader(
        ChoiceLoader::new()
            .with(MapLoader::from_iter([("a", "sync a")]))
            .with(waiting(&[("a", "async a"), ("b", "async b")]))
            .with(
                PrefixLoader::new()
                    .with("x", waiting(&[("c", "async x/c")]))
                    .with("x/y", MapLoader::from_iter([("c", "sync x/y/c")])),
            )
            .with(waiting(&[("d", "last d")])),
    );
    for (name, expected) in [
        ("a", "sync a"),
        ("b", "async b"),
        ("x/c", "async x/c"),
        ("x/y/c", "sync x/y/c"),
        ("d", "last d"),
    ] {
        let rendered = futures_executor::block_on(env.render_async(name, ()));
        assert_eq!(rendered.expect("renders"), expected);
    }
    for name in ["e", "x", "x/", "x/z", "xc", ""] {
        let error = futures_executor::block_on(env.render_async(name, ())).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TemplateNotFound, "{name}");
    }
}

#[test]
fn a_missing_template_is_told_apart_from_a_misspelt_one() {
    let mut env = Environment::new();
    let error = env.template("page").unwrap_err();
    assert!(error.message().contains("there is no loader"), "{error}");
    env.add_template("page.html", "");
    let error = env.template("pgae.html").unwrap_err();
    assert!(
        error.message().contains("did you mean `page.html`?"),
        "{error}"
    );
}

#[test]
fn many_threads_render_while_templates_are_forgotten() {
    let mut env = Environment::new();
    env.set_loader(
        ChoiceLoader::new()
            .with(MapLoader::from_iter([("page", "<% include 'part' %>!")]))
            .with(AsyncFunctionLoader::new(|name: String| async move {
                std::thread::yield_now();
                Ok((name == "part").then(|| "part".to_owned()))
            })),
    );
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..500 {
                    let page = futures_executor::block_on(env.render_async("page", ()));
                    assert_eq!(page.expect("renders"), "part!");
                    match env.render("page", ()) {
                        Ok(page) => assert_eq!(page, "part!"),
                        Err(error) => assert_eq!(error.kind(), ErrorKind::AsyncRequired),
                    }
                }
            });
        }
        scope.spawn(|| {
            for _ in 0..500 {
                env.clear_templates();
                std::thread::yield_now();
            }
        });
    });
}

#[test]
fn a_text_that_is_the_same_is_not_compiled_again() {
    let templates = MapLoader::from_iter([("page", "same")]);
    let mut env = Environment::new();
    env.set_loader(templates.clone());
    env.set_template_cache(crate::TemplateCachePolicy::new().check_always());
    let program = |env: &Environment| {
        let template = env.template("page").expect("is there");
        Arc::clone(&template.compiled.program)
    };
    let first = program(&env);
    templates.insert("page", "same");
    assert!(Arc::ptr_eq(&first, &program(&env)));
    templates.insert("page", "other");
    assert!(!Arc::ptr_eq(&first, &program(&env)));
}
