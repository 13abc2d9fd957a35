//! A template engine whose templates can wait.
//!
//! kakehi is Jinja-like: everything that Jinja2 3.1 has works as it does there. Besides, a template can
//! `await` an async function, iterate an async stream, and include a template that has to be fetched
//! first; and the page can be streamed while it is being made.
//!
//! ```
//! use kakehi::{Environment, context};
//!
//! let mut env = Environment::new();
//! env.add_async_function("last_login", |id: u64| async move { format!("day {id}") });
//! env.add_template(
//!     "users.html",
//!     "<ul><% for user in users %><li><< user.name >>, << await last_login(user.id) >></li><% end %></ul>",
//! );
//!
//! let users = [context! { id => 1, name => "Ann" }, context! { id => 2, name => "<Bob>" }];
//! # futures_executor::block_on(async {
//! let page: String = env.render_async("users.html", context! { users }).await?;
//! assert_eq!(page, "<ul><li>Ann, day 1</li><li>&lt;Bob&gt;, day 2</li></ul>");
//! # Ok::<(), kakehi::Error>(())
//! # }).unwrap();
//! ```
//!
//! - [`Environment`] holds configuration: delimiters, filters, functions, loaders, limits. It renders by
//!   name, as text ([`Environment::render`]), as a future ([`Environment::render_async`]) or as a stream
//!   of chunks ([`Environment::render_stream`]).
//! - [`Template`], [`Block`] and [`Expression`] are what it compiles.
//! - [`Value`] is the data of templates; [`context!`] spells a context out, [`Object`] brings in types of
//!   the host.
//! - [`RenderOptions`] and [`Limits`] say what one render gets and may use.
//! - [`Error`] says what went wrong and where; `{:#}` prints a report.
//!
//! No runtime is needed: renders are plain futures and streams, `Send` and `'static`.
//!
//! # Features
//!
//! - `tokio`: writers of tokio, deadlines that its timer keeps, and `block_on` for its handle.
//! - `embed`: `embed_folder!`, which puts a folder of templates into the program.
//! - `datetime`: the filters `datetimeformat`, `dateformat` and `timeformat`, the function `now`, and values made of
//!   the types of the crate `jiff`.
//! - `slug`: the filter `slugify`.
//! - `gettext`: `GettextCatalog`, which translates messages by a catalogue of gettext.
//! - `memory-cache`: environments keep cached fragments in memory.
//! - `cli`: the program `kakehi`; for the command line only.

#![forbid(unsafe_code)]

mod builtins;
mod bytecode;
mod call;
mod compiler;
mod environment;
mod error;
mod expression;
mod limits;
mod render;
mod source;
mod syntax;
mod template;
mod value;
mod vm;

pub use call::{
    ArgumentReader, Arguments, CallContext, Extensions, Flow, FromArgument, FromValue, Function,
    FunctionKind, IntoAsyncFunction, IntoFunction, IntoResult, JsonStyle, Kwargs, Policies, Rest,
    Serde, Tag, TagCall, Translations,
};
#[cfg(feature = "gettext")]
pub use environment::GettextCatalog;
#[cfg(feature = "memory-cache")]
pub use environment::MemoryCache;
#[cfg(feature = "object-store")]
pub use environment::ObjectStoreLoader;
#[cfg(feature = "redis")]
pub use environment::RedisCache;
#[cfg(feature = "sql")]
pub use environment::SqlLoader;
#[cfg(feature = "watch")]
pub use environment::WatchLoader;
#[cfg(feature = "embed")]
#[doc(hidden)]
pub use environment::list_folder;
pub use environment::{
    AsyncFunctionLoader, AutoEscape, ChoiceLoader, EmbeddedLoader, Environment, FileLoader,
    FragmentCache, FunctionLoader, Load, Loader, MapLoader, Message, PrefixLoader, Reloaded,
    SelectAutoEscape, Source, TemplateCachePolicy, Version, Waits,
};
pub use error::{Error, ErrorKind};
pub use expression::Expression;
#[cfg(feature = "embed")]
#[doc(hidden)]
pub use include_dir;
pub use limits::Limits;
pub use render::{
    BlockOn, BlockingRender, Context, DeferMode, EvalFuture, ParkThread, RenderFuture,
    RenderOptions, RenderStream, WriteFuture,
};
pub use source::Location;
pub use syntax::{
    Delimiters, DelimitersBuilder, Newline, NodeKind, SyntaxNode, SyntaxTree, Whitespace,
};
pub use template::{Block, MacroSignature, Template};
pub use value::{Object, StreamHandle, UndefinedPolicy, Value, ValueIter, ValueKind};

/// The example of the README, as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
