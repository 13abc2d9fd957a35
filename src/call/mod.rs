//! The calling convention: how the machine calls native code, and how native code answers.
//!
//! A filter, a test and a function are all a [`Function`]: it sees its [`Arguments`] on the machine's
//! stack (a filter's or test's value is the first of them) and the render through a [`CallContext`],
//! and answers with a [`Flow`]. Native code never runs template code and never waits by itself: it
//! asks the machine to, by the answer, and says how it goes on. Plain closures with typed arguments
//! become functions in [`typed`]; builtins bind keywords by a table, see [`Builtin`].

mod arguments;
mod budget;
mod builtin;
mod context;
mod extensions;
mod extract;
mod flow;
mod function;
mod methods;
mod policies;
mod registry;
mod result;
mod tag;
#[cfg(test)]
mod tests;
mod translations;
mod typed;

pub use arguments::Arguments;
pub(crate) use arguments::OwnedArguments;
pub(crate) use budget::{Budget, UndefinedHook};
pub(crate) use builtin::{Bound, Builtin, Futures};
pub use context::CallContext;
pub(crate) use context::ContextParts;
pub use extensions::Extensions;
pub use extract::{ArgumentReader, FromArgument, FromValue, Kwargs, Rest, Serde};
pub use flow::Flow;
pub(crate) use flow::{Continuation, NextContinuation, and_then, resolve};
pub(crate) use function::{BoundMethod, NativeFunction};
pub use function::{Function, FunctionKind};
pub(crate) use methods::Methods;
pub use policies::{JsonStyle, Policies};
pub(crate) use registry::Registry;
pub use result::IntoResult;
pub use tag::{Tag, TagCall};
pub(crate) use tag::{TagFunction, part_name};
pub use translations::Translations;
pub(crate) use translations::{RenderTranslations, Translating};
pub use typed::{IntoAsyncFunction, IntoFunction};
