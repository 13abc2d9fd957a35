//! Loaders that wait, and environments that change while they are used.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::thread;

use kakehi::{
    AsyncFunctionLoader, ChoiceLoader, Environment, Error, ErrorKind, MapLoader, ParkThread,
    PrefixLoader, RenderOptions, Waits, context,
};
use tokio::sync::RwLock;

use crate::events::{CallLog, Counter, Source, Task};
use crate::host::Rounds;

/// An environment whose templates come after some waits, and the log of what was loaded.
fn from_afar(templates: &'static [(&'static str, &'static str)]) -> (Environment, CallLog) {
    let mut env = Environment::new();
    let log = CallLog::default();
    let calls = log.clone();
    env.set_loader(AsyncFunctionLoader::new(move |name: String| {
        calls.note(&name);
        async move {
            Rounds(2).await;
            let found = templates.iter().find(|(known, _)| *known == name);
            Ok(found.map(|(_, source)| (*source).to_owned()))
        }
    }));
    (env, log)
}

const SITE: &[(&str, &str)] = &[
    (
        "base",
        "(<% block title %>base<% end %>|<% block body %><% end %>)",
    ),
    (
        "page",
        "<% extends 'base' %><% import 'lib' as lib %><% block title %>page<% end %>\
         <% block body %><< lib.m(1) >><% include 'part' %><% include ['gone', 'part'] %><% include 'gone' ignore missing %><% end %>",
    ),
    (
        "lib",
        "<% from 'inner' import n %><% macro m(x) %>(<< n(x) >>)<% end %>",
    ),
    ("inner", "<% macro n(x) %><< x + 1 >><% end %>"),
    ("part", "[part]"),
    ("broken", "text\n<% include 'misspelt' %>"),
    ("wrong", "<% if %>"),
];

#[test]
fn extends_import_and_include_wait_for_their_templates() {
    let (env, log) = from_afar(SITE);
    let page = futures_executor::block_on(env.render_async("page", ()));
    assert_eq!(page.expect("renders"), "(page|(2)[part][part])");
    for name in ["page", "base", "lib", "inner", "part"] {
        assert_eq!(log.of(name), 1, "{name}");
    }
    // What was loaded is there for synchronous renders as well, but that a name is unknown is asked anew.
    let error = env.render("page", ()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AsyncRequired);
    assert_eq!(env.render("part", ()).expect("is there"), "[part]");
    let park = RenderOptions::new().block_on(ParkThread);
    let template = env.template("page").expect("is there");
    assert_eq!(
        template.render_with((), park).expect("renders"),
        "(page|(2)[part][part])"
    );
}

#[test]
fn template_async_waits_for_the_template_only() {
    let (env, log) = from_afar(SITE);
    let template = futures_executor::block_on(env.template_async("page")).expect("is there");
    assert_eq!((log.of("page"), log.of("base")), (1, 0));
    // What it names is known only when that is there.
    assert_eq!(template.is_async(), Waits::Unknown);
    let page = futures_executor::block_on(template.render_async(()));
    assert_eq!(page.expect("renders"), "(page|(2)[part][part])");
    let error = futures_executor::block_on(env.template_async("gone")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TemplateNotFound);
    let error = futures_executor::block_on(env.template_async("wrong")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Syntax);
}

#[test]
fn a_template_that_is_missing_is_named_with_the_place_that_wants_it() {
    let (env, _) = from_afar(SITE);
    let error = futures_executor::block_on(env.render_async("broken", ())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TemplateNotFound);
    assert_eq!(
        (error.template(), error.location().map(|place| place.line)),
        (Some("broken"), Some(2))
    );
    assert!(error.message().contains("misspelt"), "{error}");
}

#[test]
fn twenty_renders_load_each_template_once() {
    let mut env = Environment::new();
    let (log, gate) = (CallLog::default(), Source::default());
    let (calls, inner) = (log.clone(), gate.clone());
    env.set_loader(AsyncFunctionLoader::new(move |name: String| {
        calls.note(&name);
        let gate = inner.clone();
        async move {
            gate.receive().await?;
            Ok(Some(if name == "page" {
                "<% include 'part' %>!".to_owned()
            } else {
                "part".to_owned()
            }))
        }
    }));
    let mut renders: Vec<_> = (0..20)
        .map(|_| Task::new(env.render_async("page", ())))
        .collect();
    for render in &mut renders {
        assert!(render.poll().is_pending());
    }
    // The page is there, then the part of it; nobody is polled who was not woken.
    gate.send(1);
    gate.send(2);
    let mut pages = Vec::new();
    while let Some(at) = renders.iter().position(Task::is_woken) {
        if let Poll::Ready(page) = renders[at].poll() {
            pages.push(page.expect("renders"));
            renders.swap_remove(at);
        }
    }
    assert!(renders.is_empty(), "{} renders are asleep", renders.len());
    assert_eq!(pages, vec!["part!"; 20]);
    assert_eq!((log.of("page"), log.of("part")), (1, 1));
}

#[test]
fn when_the_render_that_loads_is_dropped_another_one_goes_on() {
    let mut env = Environment::new();
    let (loads, dropped, gate) = (Counter::default(), Counter::default(), Source::default());
    let (count, guard, inner) = (loads.clone(), dropped.clone(), gate.clone());
    env.set_loader(AsyncFunctionLoader::new(move |_| {
        count.add();
        let (gate, guard) = (inner.clone(), guard.on_drop());
        async move {
            let _guard = guard;
            gate.receive().await?;
            Ok(Some("page".to_owned()))
        }
    }));
    let mut first = Task::new(env.render_async("page", ()));
    let mut second = Task::new(env.render_async("page", ()));
    let mut third = Task::new(env.template_async("page"));
    assert!(first.poll().is_pending());
    assert!(second.poll().is_pending());
    assert!(third.poll().is_pending());
    drop(first);
    // One of the others is woken to take over, and the load is not begun anew.
    assert!(second.is_woken() || third.is_woken());
    assert!(second.run().is_pending());
    assert!(third.run().is_pending());
    gate.send(1);
    let mut pages = 0;
    let mut loaded = 0;
    while pages + loaded < 2 {
        assert!(
            second.is_woken() && pages == 0 || third.is_woken() && loaded == 0,
            "asleep"
        );
        if pages == 0
            && second.is_woken()
            && matches!(second.run(), Poll::Ready(Ok(ref page)) if page == "page")
        {
            pages += 1;
        }
        if loaded == 0 && third.is_woken() && matches!(third.run(), Poll::Ready(Ok(_))) {
            loaded += 1;
        }
    }
    assert_eq!((loads.get(), dropped.get()), (1, 1));

    // When all are dropped the load is, and the next one begins anew.
    env.clear_templates();
    let mut only = Task::new(env.render_async("page", ()));
    assert!(only.poll().is_pending());
    drop(only);
    assert_eq!((loads.get(), dropped.get()), (2, 2));
}

#[test]
fn a_loader_that_fails_is_asked_again_by_the_next_render() {
    let mut env = Environment::new();
    let loads = Counter::default();
    let count = loads.clone();
    env.set_loader(AsyncFunctionLoader::new(move |_| {
        let attempt = count.add();
        async move {
            Rounds(1).await;
            match attempt {
                1 => Err(Error::host("the database sleeps")),
                _ => Ok(Some("awake".to_owned())),
            }
        }
    }));
    let text = "<% include 'x' ignore missing %>";
    let template = env.template_from_str(text).expect("compiles");
    // `ignore missing` is for templates that are not there; this one could not be read.
    let error = futures_executor::block_on(template.render_async(())).unwrap_err();
    assert!(error.message().contains("the database sleeps"), "{error}");
    assert_eq!(
        futures_executor::block_on(template.render_async(())).expect("renders"),
        "awake"
    );
}

#[test]
fn loaders_that_wait_combine_with_those_that_do_not() {
    let mut env = Environment::new();
    let remote = AsyncFunctionLoader::new(|name: String| async move {
        Rounds(1).await;
        Ok((name == "a").then(|| "remote a, <% include 'local/b' %>".to_owned()))
    });
    let local = MapLoader::from_iter([("b", "local b")]);
    env.set_loader(
        ChoiceLoader::new()
            .with(PrefixLoader::new().with("local", local))
            .with(remote),
    );
    assert_eq!(env.render("local/b", ()).expect("renders"), "local b");
    assert_eq!(
        futures_executor::block_on(env.render_async("a", ())).expect("renders"),
        "remote a, local b"
    );
}

/// A page is of one version or of the other, never a mixture within one template.
fn is_of_one_version(page: &str) -> bool {
    let mut parts = page.split('|');
    let whole = |part: &str| part.chars().all(|c| part.starts_with(c));
    parts.all(|part| part.len() == 20 && whole(part))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_renders_while_templates_are_replaced() {
    let versions: Vec<String> = ('a'..='z')
        .map(|letter| letter.to_string().repeat(20))
        .collect();
    let mut env = Environment::new();
    env.add_async_function("pause", || async {
        Rounds(1).await;
        ""
    });
    env.add_template("part", versions[0].clone());
    env.add_template(
        "page",
        "<% include 'part' %>|<< await pause() >><% include 'part' %>",
    );
    let shared = Arc::new(RwLock::new(env));
    let over = Arc::new(AtomicBool::new(false));
    let writer = {
        let (shared, over, versions) = (Arc::clone(&shared), Arc::clone(&over), versions.clone());
        tokio::spawn(async move {
            let mut replaced = 0;
            while !over.load(Ordering::SeqCst) {
                let version = versions[replaced % versions.len()].clone();
                shared.write().await.add_template("part", version);
                replaced += 1;
                tokio::task::yield_now().await;
            }
            replaced
        })
    };
    let renders: Vec<_> = (0..1000)
        .map(|_| {
            let shared = Arc::clone(&shared);
            tokio::spawn(async move {
                // The lock is not held while the page is made.
                let render = shared.read().await.render_async("page", ());
                render.await.expect("renders")
            })
        })
        .collect();
    for render in renders {
        let page = render.await.expect("no panic");
        assert!(is_of_one_version(&page), "{page}");
        // One render sees one version of each template, also after a wait.
        let (first, second) = page.split_once('|').expect("two parts");
        assert_eq!(first, second);
    }
    over.store(true, Ordering::SeqCst);
    assert!(writer.await.expect("no panic") > 0);
}

#[test]
fn threads_share_an_environment_while_its_cache_is_cleared() {
    let loader = MapLoader::from_iter([
        ("page", "<% include 'part' %>|<% include 'part' %>"),
        ("part", "aaaaaaaaaaaaaaaaaaaa"),
    ]);
    let mut env = Environment::new();
    env.set_loader(loader.clone());
    let env = Arc::new(env);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..200 {
                    let page = env.render("page", ()).expect("renders");
                    assert!(is_of_one_version(&page), "{page}");
                }
            });
        }
        scope.spawn(|| {
            for letter in ('a'..='z').cycle().take(200) {
                loader.insert("part", letter.to_string().repeat(20));
                env.clear_templates();
            }
        });
    });
}

#[test]
fn a_render_goes_on_with_the_environment_it_began_with() {
    let mut env = Environment::new();
    env.add_template("page", "<< greet() >><% flush %><% include 'part' %>");
    env.add_template("part", "old");
    env.add_function("greet", || "hello ");
    let mut page = Task::new(env.render_stream("page", context! {}));
    assert_eq!(page.chunk(), "hello ");
    env.add_template("part", "new");
    env.remove_global("greet");
    assert_eq!(page.chunk(), "old");
    assert_eq!(
        env.render("page", ()).unwrap_err().kind(),
        ErrorKind::Undefined
    );
}
