//! A loader over a folder that is watched; behind the feature `watch`.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};

use crate::environment::loader::{FileLoader, Load, Loader, Reloaded, Source, Version};
use crate::error::{Error, WatchFault};

/// Templates in a folder, as with [`FileLoader`], that the system watches for changes: a check costs nothing
/// as long as nothing changes, so that every render can make one.
///
/// Set [`TemplateCachePolicy::check_always`](crate::TemplateCachePolicy::check_always) with it. After a change
/// of any file in the folder or below, each template is read once more when it is wanted next, and compiled
/// if its text is another. What is outside of the folder, behind a link, is not watched. Where the watch
/// fails, later, files are read again for each check.
///
/// The crate [`notify`] keeps a thread as long as the loader lives.
///
/// ```
/// use kakehi::{Environment, TemplateCachePolicy, WatchLoader};
/// let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/departures");
/// let mut env = Environment::new();
/// env.set_loader(WatchLoader::new(folder)?);
/// env.set_template_cache(TemplateCachePolicy::new().check_always());
/// assert!(env.template("trains.json").is_ok());
/// # Ok::<(), kakehi::Error>(())
/// ```
pub struct WatchLoader {
    files: FileLoader,
    changes: Arc<Changes>,
    _watcher: RecommendedWatcher,
}

/// What has been heard of the folder.
#[derive(Default)]
struct Changes {
    count: AtomicU64,
    /// Whether changes may have gone unheard, now and from now on.
    is_deaf: AtomicBool,
}

impl Changes {
    fn hear(&self, event: notify::Result<Event>) {
        match event {
            Ok(event) if event.kind.is_access() => return,
            Ok(_) => {}
            Err(_) => self.is_deaf.store(true, Ordering::Release),
        }
        self.count.fetch_add(1, Ordering::AcqRel);
    }

    /// What tells the present from the time after the next change; none if that cannot be told.
    fn version(&self) -> Option<Version> {
        let count = self.count.load(Ordering::Acquire);
        let is_deaf = self.is_deaf.load(Ordering::Acquire);
        (!is_deaf).then(|| Version::from(count.to_string()))
    }
}

impl WatchLoader {
    /// A loader over the folder `root`, which is watched from now on.
    ///
    /// # Errors
    /// Of kind [`Loader`](crate::ErrorKind::Loader) if the folder does not exist or cannot be watched.
    ///
    /// ```
    /// let error = kakehi::WatchLoader::new("/nowhere/at/all").unwrap_err();
    /// assert_eq!(error.kind(), kakehi::ErrorKind::Loader);
    /// ```
    pub fn new(root: impl AsRef<Path>) -> Result<Self, Error> {
        let root = root.as_ref();
        let failed = |cause| WatchFault {
            path: root.display().to_string(),
            cause,
        };
        let changes = Arc::new(Changes::default());
        let heard = Arc::clone(&changes);
        let mut watcher =
            notify::recommended_watcher(move |event| heard.hear(event)).map_err(failed)?;
        watcher
            .watch(root, RecursiveMode::Recursive)
            .map_err(failed)?;
        Ok(WatchLoader {
            files: FileLoader::new(root),
            changes,
            _watcher: watcher,
        })
    }
}

impl Loader for WatchLoader {
    fn load(&self, name: &str) -> Load {
        // Before the file is read: what changes meanwhile is a change after this version.
        let version = self.changes.version();
        self.files
            .load(name)
            .map(|found| found.map(|source| Source { version, ..source }))
    }

    fn reload(&self, name: &str, version: &Version) -> Load<Reloaded> {
        match self.changes.version() {
            Some(now) if now == *version => Load::Ready(Ok(Reloaded::Unchanged)),
            _ => self.load(name).map(Reloaded::from),
        }
    }

    fn list(&self) -> Load<Vec<String>> {
        self.files.list()
    }
}

impl fmt::Debug for WatchLoader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("WatchLoader").field(&self.files).finish()
    }
}
