//! Templates in stores of the host: an object store, and a folder that is watched.

use std::fmt;
use std::fs;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use futures_util::future::join_all;
use futures_util::stream::{BoxStream, StreamExt};
use kakehi::{
    ChoiceLoader, Environment, ErrorKind, Load, Loader, MapLoader, ObjectStoreLoader, Reloaded,
    TemplateCachePolicy, WatchLoader,
};
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error as StoreError, GetOptions, GetResult, ListResult, MultipartUpload,
    ObjectMeta, ObjectStore, ObjectStoreExt, PutMultipartOptions, PutOptions, PutPayload,
    PutResult, Result as StoreResult,
};

use crate::events::{Counter, Source, waiting_environment};

/// A store in memory that counts what it sends, and fails when told.
#[derive(Debug, Default)]
struct Counted {
    objects: InMemory,
    asked: Counter,
    sent: Counter,
    fails: AtomicBool,
}

impl Counted {
    async fn of(objects: &[(&str, &'static str)]) -> Arc<Self> {
        let store = Arc::new(Counted::default());
        for (path, text) in objects {
            store.write(path, *text).await;
        }
        store
    }

    async fn write(&self, path: &str, text: impl Into<PutPayload>) {
        let put = self.objects.put(&path.into(), text.into()).await;
        put.expect("memory takes everything");
    }

    fn check(&self) -> StoreResult<()> {
        match self.fails.load(Ordering::SeqCst) {
            true => Err(StoreError::Generic {
                store: "counted",
                source: "the line is down".into(),
            }),
            false => Ok(()),
        }
    }
}

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Counted(bucket)")
    }
}

#[async_trait]
impl ObjectStore for Counted {
    async fn put_opts(
        &self,
        location: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> StoreResult<PutResult> {
        self.objects.put_opts(location, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> StoreResult<Box<dyn MultipartUpload>> {
        self.objects.put_multipart_opts(location, options).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> StoreResult<GetResult> {
        self.asked.add();
        // As with a real one, there is time for others to ask.
        tokio::task::yield_now().await;
        self.check()?;
        let found = self.objects.get_opts(location, options).await?;
        self.sent.add();
        Ok(found)
    }

    async fn get_ranges(
        &self,
        location: &Path,
        ranges: &[Range<u64>],
    ) -> StoreResult<Vec<bytes::Bytes>> {
        self.objects.get_ranges(location, ranges).await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, StoreResult<Path>>,
    ) -> BoxStream<'static, StoreResult<Path>> {
        self.objects.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, StoreResult<ObjectMeta>> {
        match self.check() {
            Ok(()) => self.objects.list(prefix),
            Err(error) => futures_util::stream::iter([Err(error)]).boxed(),
        }
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> StoreResult<ListResult> {
        self.objects.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> StoreResult<()> {
        self.objects.copy_opts(from, to, options).await
    }
}

fn environment(store: &Arc<Counted>) -> Environment {
    let mut env = Environment::new();
    env.set_loader(ObjectStoreLoader::new(store.clone()));
    env.set_template_cache(TemplateCachePolicy::new().check_always());
    env
}

async fn answer<T>(load: Load<T>) -> Result<T, kakehi::Error> {
    match load {
        Load::Ready(answer) => answer,
        Load::Later(answer) => answer.await,
    }
}

#[tokio::test]
async fn what_has_not_changed_is_not_sent_again() {
    let store = Counted::of(&[("page", "[<% include 'part' %>]"), ("part", "old")]).await;
    let env = environment(&store);
    for _ in 0..3 {
        assert_eq!(env.render_async("page", ()).await.unwrap(), "[old]");
    }
    assert_eq!((store.asked.get(), store.sent.get()), (6, 2));
    store.write("part", "new").await;
    assert_eq!(env.render_async("page", ()).await.unwrap(), "[new]");
    assert_eq!((store.asked.get(), store.sent.get()), (8, 3));
    store.objects.delete(&"part".into()).await.unwrap();
    let error = env.render_async("page", ()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TemplateNotFound);
}

#[tokio::test]
async fn a_running_render_keeps_the_versions_it_began_with() {
    let store = Counted::of(&[
        (
            "page",
            "<% include 'part' %> <% async for n in gate() %><% include 'part' %><% end %>",
        ),
        ("part", "old"),
    ])
    .await;
    let mut env = environment(&store);
    let gate = Source::default();
    let sent = gate.clone();
    env.add_function("gate", move || kakehi::Value::from_stream(sent.clone()));
    let mut running = env.render_stream("page", ());
    let first = running.next().await.expect("there is a chunk").unwrap();
    assert_eq!(first, "old ");
    store.write("part", "new").await;
    assert_eq!(env.render_async("part", ()).await.unwrap(), "new");
    gate.send(1);
    gate.close();
    let rest: Vec<_> = running.map(Result::unwrap).collect().await;
    assert_eq!(rest.concat(), b"old");
}

#[tokio::test]
async fn many_renders_share_one_answer_and_one_that_there_is_none() {
    let store = Counted::of(&[("page", "text")]).await;
    let mut env = environment(&store);
    let long = Duration::from_secs(3600);
    env.set_template_cache(TemplateCachePolicy::new().remember_missing(long));
    let pages = join_all((0..10).map(|_| env.render_async("page", ()))).await;
    assert!(pages.into_iter().all(|page| page.unwrap() == "text"));
    assert_eq!(store.asked.get(), 1);
    let missing = join_all((0..10).map(|_| env.render_async("other", ()))).await;
    for page in missing {
        assert_eq!(page.unwrap_err().kind(), ErrorKind::TemplateNotFound);
    }
    assert!(env.render_async("other", ()).await.is_err());
    assert_eq!(store.asked.get(), 2);
}

#[tokio::test]
async fn a_store_that_fails_is_named_and_what_was_loaded_is_served_meanwhile() {
    let store = Counted::of(&[("page", "text")]).await;
    let mut env = environment(&store);
    let policy = TemplateCachePolicy::new().check_always();
    env.set_template_cache(policy.serve_stale(Duration::from_secs(3600)));
    assert_eq!(env.render_async("page", ()).await.unwrap(), "text");
    store.fails.store(true, Ordering::SeqCst);
    assert_eq!(env.render_async("page", ()).await.unwrap(), "text");
    let error = env.render_async("other", ()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Loader);
    for part in ["`other`", "Counted(bucket)", "the line is down"] {
        assert!(error.message().contains(part), "{error}");
    }
    let error = env.list_templates_async().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Loader);
    assert!(error.message().contains("Counted(bucket)"), "{error}");
}

#[tokio::test]
async fn no_name_leads_out_of_the_prefix() {
    let store = Counted::of(&[
        ("secret", "secret"),
        ("shop/page", "page"),
        ("shop/mail/a", "mail"),
        ("shops/b", "other"),
    ])
    .await;
    let loader = ObjectStoreLoader::new(store.clone())
        .with_prefix("shop")
        .unwrap();
    let names = [
        "",
        ".",
        "..",
        "../secret",
        "/secret",
        "mail/../../secret",
        "mail//a",
        "page/",
        "a\\b",
        "c:d",
        "\0",
    ];
    for name in names {
        assert_eq!(answer(loader.load(name)).await.unwrap(), None, "{name:?}");
    }
    assert_eq!(store.asked.get(), 0);
    assert_eq!(
        answer(loader.load("mail/a")).await.unwrap().unwrap().text(),
        "mail"
    );
    assert_eq!(answer(loader.list()).await.unwrap(), ["mail/a", "page"]);
}

#[tokio::test]
async fn an_object_that_is_no_text_is_an_error_and_others_are_asked_for_what_is_not_there() {
    let store = Counted::of(&[]).await;
    store.write("bad", &b"ab\xffc"[..]).await;
    let mut env = environment(&store);
    let error = env.render_async("bad", ()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Loader);
    assert!(error.message().contains("offset 2"), "{error}");
    let own = MapLoader::from_iter([("page", "own")]);
    let objects = ObjectStoreLoader::new(store);
    env.set_loader(ChoiceLoader::new().with(objects).with(own));
    assert_eq!(env.render_async("page", ()).await.unwrap(), "own");
    assert_eq!(
        env.render("page", ()).unwrap_err().kind(),
        ErrorKind::AsyncRequired
    );
}

/// A folder that is removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("kakehi-{test}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(path.join("mail")).expect("a folder can be made");
        let folder = Folder(path);
        folder.write("page", "[<% include 'mail/part' %>]");
        folder.write("mail/part", "old");
        folder
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.0.join(name), text).expect("a file can be written");
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[tokio::test]
async fn a_folder_can_be_an_object_store() {
    let folder = Folder::new("object-store");
    let store = LocalFileSystem::new_with_prefix(&folder.0).expect("there is the folder");
    let loader = ObjectStoreLoader::new(Arc::new(store));
    assert_eq!(answer(loader.list()).await.unwrap(), ["mail/part", "page"]);
    let source = answer(loader.load("mail/part")).await.unwrap().unwrap();
    assert_eq!(source.text(), "old");
    let version = source.version().expect("files have ETags");
    let reload = || async { answer(loader.reload("mail/part", version)).await.unwrap() };
    assert_eq!(reload().await, Reloaded::Unchanged);
    folder.write("mail/part", "longer");
    assert!(matches!(reload().await, Reloaded::Changed(source) if source.text() == "longer"));
    fs::remove_file(folder.0.join("mail/part")).unwrap();
    assert_eq!(reload().await, Reloaded::Missing);
}

/// Waits until something holds that the system tells in its own time.
fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "not seen: {what}"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_watched_folder_is_read_again_after_changes_only() {
    let folder = Folder::new("watch");
    let loader = Arc::new(WatchLoader::new(&folder.0).expect("can be watched"));
    let (mut env, _) = waiting_environment();
    env.set_loader(loader.clone());
    env.set_template_cache(TemplateCachePolicy::new().check_always());
    let page = || env.render("page", ()).map_err(|error| error.kind());
    eventually("the page", || page() == Ok("[old]".to_owned()));
    // What was written before may be heard of only now.
    eventually("quiet", || {
        let Load::Ready(Ok(Some(source))) = loader.load("page") else {
            panic!("files are read at once");
        };
        std::thread::sleep(Duration::from_millis(50));
        let version = source.version().expect("nothing has failed");
        matches!(
            loader.reload("page", version),
            Load::Ready(Ok(Reloaded::Unchanged))
        )
    });
    folder.write("mail/part", "new");
    eventually("a change", || page() == Ok("[new]".to_owned()));
    fs::remove_file(folder.0.join("mail/part")).unwrap();
    eventually("a removal", || page() == Err(ErrorKind::TemplateNotFound));
    folder.write("mail/part", "back");
    eventually("a new file", || page() == Ok("[back]".to_owned()));
    fs::create_dir(folder.0.join("late")).unwrap();
    folder.write("late/x", "x");
    eventually("a file in a new folder", || {
        env.render("late/x", ()).is_ok()
    });
    assert_eq!(
        env.list_templates().unwrap(),
        ["late/x", "mail/part", "page"]
    );
    assert_eq!(
        env.render("../page", ()).unwrap_err().kind(),
        ErrorKind::TemplateNotFound
    );
}
