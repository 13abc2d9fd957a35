//! Templates that change while they are kept: when the loader is asked, by whom, and what renders see.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use kakehi::{
    ChoiceLoader, Environment, Error, ErrorKind, Load, Loader, MapLoader, PrefixLoader, Reloaded,
    Source as Template, TemplateCachePolicy, Version, context,
};
use serde::Serialize;

use crate::events::{Counter, Source, Task};

const LONG: Duration = Duration::from_secs(3600);

/// Templates with versions, whose loads and checks are counted and may wait for the test.
#[derive(Clone, Default)]
struct Store {
    templates: Arc<Mutex<HashMap<String, (u32, String)>>>,
    loads: Counter,
    checks: Counter,
    /// Answers come when the test sends something, if there is one.
    gate: Option<Source>,
    fails: Arc<Mutex<bool>>,
    dropped: Counter,
}

impl Store {
    fn of(templates: &[(&str, &str)]) -> Self {
        let store = Store::default();
        for (name, text) in templates {
            store.put(name, text);
        }
        store
    }

    fn waiting(templates: &[(&str, &str)]) -> (Self, Source) {
        let gate = Source::default();
        let store = Store {
            gate: Some(gate.clone()),
            ..Store::of(templates)
        };
        (store, gate)
    }

    fn put(&self, name: &str, text: &str) {
        let mut templates = self.templates.lock().expect("no panic");
        let version = templates.get(name).map_or(1, |(version, _)| version + 1);
        templates.insert(name.to_owned(), (version, text.to_owned()));
    }

    fn remove(&self, name: &str) {
        self.templates.lock().expect("no panic").remove(name);
    }

    fn fail(&self, fails: bool) {
        *self.fails.lock().expect("no panic") = fails;
    }

    fn counts(&self) -> (usize, usize) {
        (self.loads.get(), self.checks.get())
    }

    fn find(&self, name: &str) -> Result<Option<Template>, Error> {
        if *self.fails.lock().expect("no panic") {
            return Err(Error::host("the store is closed"));
        }
        let templates = self.templates.lock().expect("no panic");
        Ok(templates
            .get(name)
            .map(|(version, text)| Template::new(text.as_str()).with_version(version.to_string())))
    }

    fn answer<T: Send + 'static>(
        &self,
        find: impl FnOnce(&Store) -> Result<T, Error> + Send + 'static,
    ) -> Load<T> {
        let Some(gate) = self.gate.clone() else {
            return Load::Ready(find(self));
        };
        let (store, guard) = (self.clone(), self.dropped.on_drop());
        Load::Later(Box::pin(async move {
            let _guard = guard;
            gate.receive().await?;
            find(&store)
        }))
    }
}

impl Loader for Store {
    fn load(&self, name: &str) -> Load {
        self.loads.add();
        let name = name.to_owned();
        self.answer(move |store| store.find(&name))
    }

    fn reload(&self, name: &str, version: &Version) -> Load<Reloaded> {
        self.checks.add();
        let (name, version) = (name.to_owned(), version.clone());
        self.answer(move |store| {
            Ok(match store.find(&name)? {
                Some(found) if found.version() == Some(&version) => Reloaded::Unchanged,
                found => Reloaded::from(found),
            })
        })
    }
}

fn environment(loader: impl Loader, policy: TemplateCachePolicy) -> Environment {
    let mut env = Environment::new();
    env.set_loader(loader);
    env.set_template_cache(policy);
    env
}

fn page(env: &Environment, name: &str) -> String {
    env.render(name, ()).expect("renders")
}

#[test]
fn without_a_policy_the_loader_is_asked_once() {
    let store = Store::of(&[("page", "old")]);
    let env = environment(store.clone(), TemplateCachePolicy::new());
    assert_eq!(page(&env, "page"), "old");
    store.put("page", "new");
    assert_eq!(page(&env, "page"), "old");
    assert_eq!(store.counts(), (1, 0));
    assert!(env.clear_template("page"));
    assert!(!env.clear_template("page"));
    assert_eq!(page(&env, "page"), "new");
    assert_eq!(store.counts(), (2, 0));
}

#[test]
fn every_render_checks_what_it_uses_once() {
    let store = Store::of(&[
        ("page", "<% include 'part' %><% include 'part' %>"),
        ("part", "old "),
    ]);
    let env = environment(store.clone(), TemplateCachePolicy::new().check_always());
    assert_eq!(page(&env, "page"), "old old ");
    let (loads, checks) = store.counts();
    assert_eq!(loads, 2);
    assert_eq!(page(&env, "page"), "old old ");
    assert_eq!(store.counts(), (2, checks + 2));
    store.put("part", "new ");
    assert_eq!(page(&env, "page"), "new new ");
    store.remove("part");
    let error = env.render("page", ()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TemplateNotFound);
    store.put("part", "back ");
    assert_eq!(page(&env, "page"), "back back ");
}

#[test]
fn a_render_that_runs_keeps_the_version_it_began_with() {
    let store = Store::of(&[
        (
            "page",
            "<% include 'part' %><% flush %><% include 'part' %><% include 'late' %>",
        ),
        ("part", "1"),
        ("late", "1"),
    ]);
    for policy in [
        TemplateCachePolicy::new(),
        TemplateCachePolicy::new().check_always(),
    ] {
        store.put("part", "1");
        let env = environment(store.clone(), policy);
        let mut running = Task::new(env.render_stream("page", ()));
        assert_eq!(running.chunk(), "1");
        store.put("part", "2");
        env.clear_templates();
        assert_eq!(page(&env, "page"), "221");
        // What it has not used yet is looked up.
        assert_eq!(running.chunk(), "11");
    }
}

#[test]
fn a_render_sees_all_of_its_context_whatever_changes_meanwhile() {
    #[derive(Serialize)]
    struct Page {
        old: &'static str,
        new: &'static str,
    }
    let values = Page {
        old: "old",
        new: "new",
    };
    let store = Store::of(&[
        ("page", ".<% flush %><% include 'part' %>"),
        ("part", "[<< old >>]"),
    ]);
    let env = environment(store.clone(), TemplateCachePolicy::new());
    let template = env.template("page").expect("is there");
    for _ in 0..3 {
        assert_eq!(env.render("page", &values).expect("renders"), ".[old]");
    }
    // The field `new` was not converted for this one, as no template read it.
    let mut running = Task::new(env.render_stream("page", &values));
    assert_eq!(running.chunk(), ".");
    store.put("part", "[<< new >>]");
    env.clear_template("part");
    assert_eq!(env.render("page", &values).expect("renders"), ".[new]");
    assert_eq!(template.render(&values).expect("renders"), ".[new]");
    assert_eq!(running.chunk(), "[old]");
}

#[test]
fn a_template_that_changes_is_known_to_wait_by_those_that_include_it() {
    let store = Store::of(&[("page", "<% include 'part' %>"), ("part", "x")]);
    for policy in [
        TemplateCachePolicy::new(),
        TemplateCachePolicy::new().check_always(),
    ] {
        store.put("part", "x");
        let mut env = environment(store.clone(), policy);
        env.add_async_function("f", || async { 1 });
        assert_eq!(page(&env, "page"), "x");
        store.put("part", "<< await f() >>");
        env.clear_template("part");
        let error = env.render("page", ()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AsyncRequired);
        store.put("part", "x");
        env.clear_template("part");
        assert_eq!(page(&env, "page"), "x");
    }
}

#[test]
fn renders_at_the_same_time_share_one_check() {
    let (store, gate) = Store::waiting(&[("page", "old")]);
    let env = environment(store.clone(), TemplateCachePolicy::new().check_always());
    gate.send(1);
    let first = futures_executor::block_on(env.render_async("page", ()));
    assert_eq!(first.expect("renders"), "old");
    store.put("page", "new");
    let mut renders: Vec<_> = (0..20)
        .map(|_| Task::new(env.render_async("page", ())))
        .collect();
    for render in &mut renders {
        assert!(render.poll().is_pending());
    }
    // The one that drives the check leaves; another goes on.
    drop(renders.remove(0));
    assert!(renders.iter().any(Task::is_woken));
    for render in &mut renders {
        assert!(render.run().is_pending());
    }
    gate.send(1);
    while let Some(at) = renders.iter().position(Task::is_woken) {
        if let Poll::Ready(page) = renders[at].poll() {
            assert_eq!(page.expect("renders"), "new");
            renders.swap_remove(at);
        }
    }
    assert!(renders.is_empty(), "{} renders are asleep", renders.len());
    assert_eq!(store.counts(), (1, 1));
}

#[test]
fn a_stale_template_is_served_while_it_is_checked_beside_the_render() {
    let (store, gate) = Store::waiting(&[("page", "old << await other() >>")]);
    let policy = TemplateCachePolicy::new().check_always().serve_stale(LONG);
    let mut env = environment(store.clone(), policy);
    let other = Source::default();
    let inner = other.clone();
    env.add_async_function("other", move || {
        let other = inner.clone();
        async move { other.receive().await }
    });
    let run = |env: &Environment| futures_executor::block_on(env.render_async("page", ()));
    gate.send(1);
    other.send(1);
    assert_eq!(run(&env).expect("renders"), "old 1");
    store.put("page", "new << await other() >>");
    // This render is served the old one and waits for something else; meanwhile the check is over.
    let mut render = Task::new(env.render_async("page", ()));
    assert!(render.poll().is_pending());
    gate.send(1);
    assert!(render.is_woken(), "the check wakes the render");
    assert!(render.poll().is_pending());
    other.send(2);
    assert!(matches!(render.poll(), Poll::Ready(Ok(page)) if page == "old 2"));
    other.send(3);
    assert_eq!(run(&env).expect("renders"), "new 3");
    assert_eq!(store.loads.get(), 1);
}

#[test]
fn a_check_goes_on_from_render_to_render() {
    let (store, gate) = Store::waiting(&[("page", "old")]);
    let policy = TemplateCachePolicy::new().check_always().serve_stale(LONG);
    let env = environment(store.clone(), policy);
    let run = |env: &Environment| futures_executor::block_on(env.render_async("page", ()));
    gate.send(1);
    assert_eq!(run(&env).expect("renders"), "old");
    store.put("page", "new");
    // None of these waits for anything, and so none can wait for the check.
    for _ in 0..5 {
        assert_eq!(run(&env).expect("renders"), "old");
    }
    assert_eq!(page(&env, "page"), "old");
    assert_eq!(store.counts(), (1, 1));
    gate.send(1);
    assert_eq!(run(&env).expect("renders"), "new");
    assert_eq!(store.counts(), (1, 1));
    // A check under way is dropped with what it was for.
    assert_eq!(run(&env).expect("renders"), "new");
    assert_eq!((store.counts(), store.dropped.get()), ((1, 2), 2));
    env.clear_templates();
    assert_eq!(store.dropped.get(), 3);
}

#[test]
fn a_synchronous_render_serves_what_is_stale_or_says_that_it_would_wait() {
    let (store, gate) = Store::waiting(&[("page", "text")]);
    let policy = TemplateCachePolicy::new().check_always();
    let mut env = environment(store.clone(), policy);
    gate.send(1);
    let first = futures_executor::block_on(env.render_async("page", ()));
    assert_eq!(first.expect("renders"), "text");
    let error = env.render("page", ()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AsyncRequired);
    env.set_template_cache(policy.serve_stale(LONG));
    assert_eq!(page(&env, "page"), "text");
}

#[test]
fn a_check_that_fails_leaves_the_template_as_it_is() {
    let store = Store::of(&[("page", "old")]);
    let policy = TemplateCachePolicy::new().check_always();
    let mut env = environment(store.clone(), policy);
    assert_eq!(page(&env, "page"), "old");
    store.fail(true);
    // Without time to serve it, the failure is the render's …
    let error = env.render("page", ()).unwrap_err();
    assert!(error.message().contains("the store is closed"), "{error}");
    // … and with it, nobody's.
    env.set_template_cache(policy.serve_stale(LONG));
    assert_eq!(page(&env, "page"), "old");
    let rendered = futures_executor::block_on(env.render_async("page", ()));
    assert_eq!(rendered.expect("renders"), "old");
    store.fail(false);
    store.put("page", "<% if %>");
    assert_eq!(page(&env, "page"), "old");
    env.set_template_cache(policy);
    let error = env.render("page", ()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Syntax);
    store.put("page", "mended");
    assert_eq!(page(&env, "page"), "mended");
}

#[test]
fn that_a_template_is_missing_is_remembered_if_asked_for() {
    let store = Store::of(&[("page", "<% include ['theme', 'plain'] %>"), ("plain", "p")]);
    let policy = TemplateCachePolicy::new().remember_missing(LONG);
    let env = environment(store.clone(), policy);
    for _ in 0..5 {
        assert_eq!(page(&env, "page"), "p");
        let error = env.render("nowhere", ()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TemplateNotFound);
        let error = futures_executor::block_on(env.render_async("nowhere", ())).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TemplateNotFound);
    }
    assert_eq!(store.loads.get(), 4);
    store.put("theme", "t");
    env.clear_template("theme");
    assert_eq!(page(&env, "page"), "t");
}

#[test]
fn no_more_templates_are_kept_than_there_is_room_for() {
    let store = Store::of(&[("hot", "hot")]);
    for n in 0..1000 {
        store.put(&n.to_string(), "cold");
    }
    let policy = TemplateCachePolicy::new().capacity(100);
    let env = environment(store.clone(), policy);
    for n in 0..1000 {
        assert_eq!(page(&env, &n.to_string()), "cold");
        assert_eq!(page(&env, "hot"), "hot");
        assert!(format!("{env:?}").len() < 10_000);
    }
    // What is used all the time is not loaded again and again.
    let loads = store.loads.get();
    assert!((1001..1010).contains(&loads), "{loads} loads");
    // Some hundred of them are there, no more.
    let before = store.loads.get();
    for n in 0..1000 {
        page(&env, &n.to_string());
    }
    assert!(store.loads.get() - before >= 900);

    let none = environment(store.clone(), TemplateCachePolicy::new().capacity(0));
    let before = store.loads.get();
    for _ in 0..3 {
        assert_eq!(page(&none, "hot"), "hot");
    }
    assert_eq!(store.loads.get() - before, 3);
}

#[test]
fn templates_that_were_added_are_not_checked() {
    let store = Store::of(&[("part", "part")]);
    let mut env = environment(store.clone(), TemplateCachePolicy::new().check_always());
    env.add_template("page", "<% include 'part' %>");
    assert_eq!(page(&env, "page"), "part");
    assert_eq!(page(&env, "page"), "part");
    assert_eq!(store.counts().0, 1);
    env.add_template("page", "replaced");
    assert_eq!(page(&env, "page"), "replaced");
}

#[test]
fn a_choice_asks_the_loader_that_gave_the_template() {
    let (theme, own) = (Store::default(), Store::of(&[("page", "own")]));
    let choice = ChoiceLoader::new()
        .with(MapLoader::from_iter([("other", "other")]))
        .with(theme.clone())
        .with(own.clone());
    let loader = PrefixLoader::new().with("site", choice);
    let env = environment(loader, TemplateCachePolicy::new().check_always());
    assert_eq!(page(&env, "site/page"), "own");
    assert_eq!(page(&env, "site/page"), "own");
    assert_eq!((theme.counts(), own.counts()), ((2, 0), (1, 1)));
    theme.put("page", "themed");
    assert_eq!(page(&env, "site/page"), "themed");
    assert_eq!(page(&env, "site/page"), "themed");
    assert_eq!((theme.counts(), own.counts()), ((3, 1), (1, 1)));
    theme.remove("page");
    own.put("page", "own again");
    assert_eq!(page(&env, "site/page"), "own again");
    own.remove("page");
    let error = env.render("site/page", context! {}).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TemplateNotFound);
}

#[test]
fn threads_render_while_templates_change() {
    let store = Store::of(&[
        ("page", "<% include 'part' %>|<% include 'part' %>"),
        ("part", "aaaa"),
    ]);
    let policy = TemplateCachePolicy::new()
        .check_always()
        .remember_missing(Duration::from_micros(10));
    for policy in [policy, policy.serve_stale(LONG), policy.capacity(1)] {
        let env = environment(store.clone(), policy);
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        let page = page(&env, "page");
                        let (left, right) = page.split_once('|').expect("two parts");
                        assert_eq!(left, right);
                    }
                });
            }
            scope.spawn(|| {
                for letter in ('a'..='z').cycle().take(200) {
                    store.put("part", &letter.to_string().repeat(4));
                    std::thread::yield_now();
                }
            });
        });
    }
}

/// What depends on the time, on a clock that the test moves.
#[cfg(feature = "tokio")]
mod on_a_paused_clock {
    use super::*;
    use tokio::time::advance;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn a_check_is_due_at_intervals() {
        let store = Store::of(&[("page", "old")]);
        let policy = TemplateCachePolicy::new().check_every(5 * SECOND);
        let env = environment(store.clone(), policy);
        assert_eq!(page(&env, "page"), "old");
        store.put("page", "new");
        advance(4 * SECOND).await;
        assert_eq!(page(&env, "page"), "old");
        advance(SECOND).await;
        assert_eq!(page(&env, "page"), "new");
        assert_eq!(page(&env, "page"), "new");
        assert_eq!(store.counts(), (1, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_failing_store_is_outlived_for_a_while_and_not_hammered() {
        let store = Store::of(&[("page", "old")]);
        let policy = TemplateCachePolicy::new()
            .check_every(5 * SECOND)
            .serve_stale(60 * SECOND);
        let env = environment(store.clone(), policy);
        assert_eq!(page(&env, "page"), "old");
        store.fail(true);
        for _ in 0..60 {
            advance(SECOND).await;
            assert_eq!(page(&env, "page"), "old");
        }
        assert_eq!(store.counts(), (1, 12));
        advance(5 * SECOND).await;
        assert!(env.render("page", ()).is_err());
        assert!(env.render_async("page", ()).await.is_err());
        store.fail(false);
        assert_eq!(page(&env, "page"), "old");
    }

    #[tokio::test(start_paused = true)]
    async fn a_missing_template_is_looked_for_again_after_its_time() {
        let store = Store::default();
        let policy = TemplateCachePolicy::new().remember_missing(SECOND);
        let env = environment(store.clone(), policy);
        assert!(env.render("page", ()).is_err());
        store.put("page", "here");
        assert!(env.render("page", ()).is_err());
        advance(SECOND).await;
        assert_eq!(page(&env, "page"), "here");
        assert_eq!(store.loads.get(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_check_that_nobody_went_on_with_is_begun_anew() {
        let (store, gate) = Store::waiting(&[("page", "old")]);
        let policy = TemplateCachePolicy::new()
            .check_always()
            .serve_stale(10 * SECOND);
        let env = environment(store.clone(), policy);
        gate.send(1);
        assert_eq!(env.render_async("page", ()).await.expect("renders"), "old");
        assert_eq!(env.render_async("page", ()).await.expect("renders"), "old");
        assert_eq!((store.checks.get(), store.dropped.get()), (1, 1));
        store.put("page", "new");
        advance(11 * SECOND).await;
        // It is too old to be served now, and so is the question.
        let mut render = Task::new(env.render_async("page", ()));
        assert!(render.poll().is_pending());
        assert_eq!((store.checks.get(), store.dropped.get()), (2, 2));
        gate.send(1);
        assert!(matches!(render.poll(), Poll::Ready(Ok(page)) if page == "new"));
    }
}
