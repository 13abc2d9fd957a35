//! A loader over an object store; behind the feature `object-store`.

use std::sync::Arc;

use ::object_store::path::Path;
use ::object_store::{Error as StoreError, GetOptions, ObjectMeta, ObjectStore};
use futures_util::TryStreamExt;

use crate::environment::loader::name::leads_below;
use crate::environment::loader::{Load, Loader, Reloaded, Source, Version};
use crate::error::{Error, PrefixFault, StoreFault};

/// Templates in an object store: a bucket of S3, GCS or Azure, a folder, a map in memory, whatever the crate
/// [`object_store`] speaks to.
///
/// A template's name is the path of its object below the prefix, such as `mail/welcome.txt`. No name leads
/// out of it: one that is absolute, or has a `..`, a `\`, a `:`, an empty part or a NUL in it, is a template
/// that does not exist. An object that is not UTF-8 is an error.
///
/// A check for changes asks the store with the ETag that it gave before, so that what has not changed is not
/// sent again; a store without ETags is asked by time and length. When checks are made says the
/// [`TemplateCachePolicy`](crate::TemplateCachePolicy). Renders wait for the store as they wait for anything,
/// so that only asynchronous ones can use it.
///
/// ```
/// use std::sync::Arc;
/// use kakehi::{Environment, ObjectStoreLoader};
/// use object_store::memory::InMemory;
/// use object_store::{ObjectStore, ObjectStoreExt};
/// # futures_executor::block_on(async {
/// let store = Arc::new(InMemory::new());
/// store.put(&"shop/page.html".into(), "Hello << name >>!".into()).await?;
///
/// let mut env = Environment::new();
/// env.set_loader(ObjectStoreLoader::new(store).with_prefix("shop")?);
/// let page = env.render_async("page.html", kakehi::context! { name => "Ann" }).await?;
/// assert_eq!(page, "Hello Ann!");
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct ObjectStoreLoader {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
}

impl ObjectStoreLoader {
    /// A loader over all objects of a store.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use kakehi::ObjectStoreLoader;
    /// let loader = ObjectStoreLoader::new(Arc::new(object_store::memory::InMemory::new()));
    /// ```
    pub fn new(store: Arc<dyn ObjectStore>) -> Self {
        ObjectStoreLoader {
            store,
            prefix: Path::default(),
        }
    }

    /// The same loader over the objects whose paths begin with `prefix` and a `/`.
    ///
    /// # Errors
    /// Of kind [`Loader`](crate::ErrorKind::Loader) if that can be no path of an object.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use kakehi::{ErrorKind, ObjectStoreLoader};
    /// let loader = ObjectStoreLoader::new(Arc::new(object_store::memory::InMemory::new()));
    /// assert!(loader.clone().with_prefix("tenants/7").is_ok());
    /// assert_eq!(loader.with_prefix("a//b").unwrap_err().kind(), ErrorKind::Loader);
    /// ```
    pub fn with_prefix(mut self, prefix: &str) -> Result<Self, Error> {
        self.prefix = Path::parse(prefix).map_err(|cause| PrefixFault {
            prefix: prefix.to_owned(),
            cause,
        })?;
        Ok(self)
    }

    /// Where a template's object is; none if the name can be that of no template.
    fn location(&self, name: &str) -> Option<Path> {
        if !leads_below(name) {
            return None;
        }
        let path = match self.prefix.as_ref() {
            "" => Path::parse(name),
            prefix => Path::parse(format!("{prefix}/{name}")),
        };
        path.ok()
    }

    fn read(&self, name: &str, known: Option<Version>) -> Load<Reloaded> {
        let Some(location) = self.location(name) else {
            return Load::Ready(Ok(Reloaded::Missing));
        };
        let (store, name) = (Arc::clone(&self.store), name.to_owned());
        Load::Later(Box::pin(async move {
            match get(&*store, &location, &name, known).await {
                Ok(found) => found,
                Err(StoreError::NotFound { .. }) => Ok(Reloaded::Missing),
                Err(StoreError::NotModified { .. }) => Ok(Reloaded::Unchanged),
                Err(cause) => Err(StoreFault::unreadable(name, &store, cause)),
            }
        }))
    }
}

async fn get(
    store: &dyn ObjectStore,
    location: &Path,
    name: &str,
    known: Option<Version>,
) -> Result<Result<Reloaded, Error>, StoreError> {
    let etag = known
        .as_ref()
        .and_then(|known| known.as_str().strip_prefix(ETAG));
    let options = GetOptions::new().with_if_none_match(etag);
    let found = store.get_opts(location, options).await?;
    let version = version(&found.meta);
    if version.is_some() && version == known {
        return Ok(Ok(Reloaded::Unchanged));
    }
    let bytes = found.bytes().await?;
    let text = Source::text_of(name, bytes.into());
    Ok(text.map(|text| Reloaded::Changed(Source { text, version })))
}

/// What a version begins with that is an ETag.
const ETAG: &str = "etag ";

/// What tells an object from what it will be after a change; none while that cannot be told.
fn version(meta: &ObjectMeta) -> Option<Version> {
    match &meta.e_tag {
        Some(etag) => Some(Version::from(format!("{ETAG}{etag}"))),
        None => Version::of_time(meta.last_modified.into(), meta.size),
    }
}

impl Loader for ObjectStoreLoader {
    fn load(&self, name: &str) -> Load {
        self.read(name, None).map(Reloaded::into_source)
    }

    fn reload(&self, name: &str, version: &Version) -> Load<Reloaded> {
        self.read(name, Some(version.clone()))
    }

    fn list(&self) -> Load<Vec<String>> {
        let (store, prefix) = (Arc::clone(&self.store), self.prefix.clone());
        Load::Later(Box::pin(async move {
            let below = (!prefix.as_ref().is_empty()).then_some(&prefix);
            let names = store.list(below).try_filter_map(async |object| {
                let path = object.location.as_ref();
                let name = match below {
                    Some(prefix) => path.strip_prefix(prefix.as_ref()),
                    None => Some(path),
                };
                let name = name.map(|name| name.trim_start_matches('/'));
                Ok(name.filter(|name| leads_below(name)).map(str::to_owned))
            });
            let mut names: Vec<String> = names
                .try_collect()
                .await
                .map_err(|cause| StoreFault::unlisted(&store, cause))?;
            names.sort_unstable();
            Ok(names)
        }))
    }
}
