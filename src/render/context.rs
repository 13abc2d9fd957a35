//! A context that is put together name by name.

use arcstr::ArcStr;
use futures_core::Stream as AsyncStream;
use futures_util::StreamExt as _;
use serde::{Serialize, Serializer};

use crate::call::IntoResult;
use crate::error::{Error, HostFault};
use crate::value::{Map, Value, mapping};

/// The names that a render is given, put together one by one; some of them only once a template asks.
///
/// Where all is known in one place, [`context!`](crate::context) or a struct that serialises is shorter.
///
/// ```
/// use kakehi::{Context, Environment};
/// # futures_executor::block_on(async {
/// let mut context = Context::new();
/// context.insert("id", 7);
/// context.lazy("user", async move { format!("user {}", 7) });
/// let env = Environment::new();
/// let page = env.render_str_async("<< id >>: << await user >>", &context).await?;
/// assert_eq!(page, "7: user 7");
/// # Ok::<(), kakehi::Error>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Debug, Default)]
pub struct Context {
    names: Map,
}

impl Context {
    /// A context without names.
    ///
    /// ```
    /// let env = kakehi::Environment::new();
    /// assert_eq!(env.render_str("<< name | default('nobody') >>", kakehi::Context::new())?, "nobody");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn new() -> Self {
        Context::default()
    }

    /// Gives a name its value: anything that serialises, a [`Value`] among it. An earlier value of the same
    /// name is forgotten.
    ///
    /// A value that cannot be serialised becomes one whose use in the template is the error.
    ///
    /// ```
    /// let mut context = kakehi::Context::new();
    /// context.insert("tags", ["a", "b"]);
    /// let env = kakehi::Environment::new();
    /// assert_eq!(env.render_str("<< tags | join('+') >>", &context)?, "a+b");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn insert(&mut self, name: impl Into<String>, value: impl Serialize) {
        self.set(name.into().into(), Value::__from_context(&value));
    }

    /// Gives a name a value that is made only if a template awaits it, and then once: all who await it, in
    /// every part of the render, get the same result or the same error.
    ///
    /// The future is polled by who waits for it, and dropped with the last value of it. In renders that
    /// share a context it runs once for all of them; see
    /// [`Environment::add_async_global`](crate::Environment::add_async_global) for what runs once in each.
    ///
    /// ```
    /// use kakehi::{Context, Environment};
    /// # futures_executor::block_on(async {
    /// let mut context = Context::new();
    /// context.lazy("never", async { unreachable!("no template asks") as i32 });
    /// context.lazy("number", async { "41".parse::<i64>() });
    /// let env = Environment::new();
    /// let page = env.render_str_async("<< await number + 1 >>, << await number >>", &context).await?;
    /// assert_eq!(page, "42, 41");
    /// # Ok::<(), kakehi::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn lazy<F>(&mut self, name: impl Into<String>, future: F)
    where
        F: Future + Send + 'static,
        F::Output: IntoResult,
    {
        let name = ArcStr::from(name.into());
        let value = Value::pending(name.clone(), async move { future.await.into_result() });
        self.set(name, value);
    }

    /// Gives a name items that arrive one by one, for `async for`; each item goes to the loop that asks for
    /// it first.
    ///
    /// ```
    /// use futures_util::stream;
    /// use kakehi::{Context, Environment};
    /// # futures_executor::block_on(async {
    /// let mut context = Context::new();
    /// context.stream("rows", stream::iter([1, 2, 3]));
    /// let text = "<% async for row in rows %><< row >>;<% end %>";
    /// assert_eq!(Environment::new().render_str_async(text, &context).await?, "1;2;3;");
    /// # Ok::<(), kakehi::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn stream<S>(&mut self, name: impl Into<String>, stream: S)
    where
        S: AsyncStream + Send + 'static,
        S::Item: IntoResult,
    {
        let name = ArcStr::from(name.into());
        let value = Value::stream(name.clone(), stream.map(IntoResult::into_result));
        self.set(name, value);
    }

    /// A context of the names of a struct or a map, for more to be added.
    ///
    /// # Errors
    /// Those of [`Value::from_serialize`], and one of kind [`Host`](crate::ErrorKind::Host) if the value has
    /// no names.
    ///
    /// ```
    /// use kakehi::{Context, Environment};
    /// #[derive(serde::Serialize)]
    /// struct Page {
    ///     title: &'static str,
    /// }
    /// # futures_executor::block_on(async {
    /// let mut context = Context::from_serialize(&Page { title: "Home" })?;
    /// context.lazy("visits", async { 7 });
    /// let page = Environment::new().render_str_async("<< title >>: << await visits >>", &context).await?;
    /// assert_eq!(page, "Home: 7");
    /// assert!(Context::from_serialize(&[1, 2]).is_err());
    /// # Ok::<(), kakehi::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn from_serialize(value: &(impl Serialize + ?Sized)) -> Result<Self, Error> {
        let value = Value::from_serialize(value)?;
        let Some(entries) = mapping(&value) else {
            return Err(HostFault::ContextNotMapping {
                found: value.type_name().to_owned(),
            }
            .into());
        };
        let mut names = Map::with_capacity(entries.len());
        for (name, value) in entries.iter() {
            names.insert(name, value.clone())?;
        }
        Ok(Context { names })
    }

    fn set(&mut self, name: ArcStr, value: Value) {
        self.names.insert_str(name, value);
    }
}

/// The names with their values, which come through to a render as they are.
impl Serialize for Context {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Value::map(self.names.clone()).serialize(serializer)
    }
}
