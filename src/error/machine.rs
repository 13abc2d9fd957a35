//! What the machine says.

use std::time::Duration;

use arcstr::{ArcStr, literal};
use thiserror::Error as ThisError;

use crate::error::{Error, ErrorKind, suggest};
use crate::source::Place;

/// Why `loop.cycle()` and the like fail, what calls get wrong, and what templates do to each other.
#[derive(Debug, ThisError)]
pub(crate) enum MachineFault {
    #[error("template `{}` not found", names.first().map_or("", |name| name.as_str()))]
    TemplateNotFound { names: Vec<ArcStr> },
    #[error("none of the templates {} was found", quoted(names))]
    TemplatesNotFound { names: Vec<ArcStr> },
    #[error("a template is named by text or a list of texts, not by {found}")]
    TemplateName { found: ArcStr },
    #[error("this template waits (`{construct}`); render it with `render_async`")]
    AsyncRequired { construct: ArcStr },
    #[error("`loop.cycle()` needs at least one value")]
    CycleOfNothing,
    #[error(
        "how many items there are is not known here; name `loop.length` or `loop.last` in the body of the loop itself"
    )]
    UnknownLoopLength,
    #[error("`loop(…)` takes one iterable, found {found} arguments")]
    LoopArguments { found: usize },
    #[error("only a running loop marked `recursive` can be called")]
    LoopNotRecursive,
    #[error("{owner} has no method `{name}`")]
    NoMethod { owner: ArcStr, name: ArcStr },
    #[error("`self` is not callable; call one of its blocks: `self.name()`")]
    BlocksAreNotCallable,
    #[error("{found} is not callable")]
    NotCallable { found: ArcStr },
    #[error("keyword arguments are named by text, found {found} as a name")]
    KeywordNotText { found: ArcStr },
    #[error("macro `{callee}` got more than one value for argument `{name}`")]
    RepeatedArgument { callee: ArcStr, name: ArcStr },
    #[error("the filters of a `filter` block must give text, found {found}")]
    FilteredToNoText { found: ArcStr },
    #[error("keyword argument `{name}` is given more than once")]
    RepeatedKeyword { name: ArcStr },
    #[error("macro `{callee}` takes no keyword argument `{name}`")]
    UnknownKeyword { callee: ArcStr, name: ArcStr },
    #[error(
        "macro `{callee}` takes no `caller`: its body never calls `caller()`, so it cannot be used in a `call` block"
    )]
    NoCallerTaken { callee: ArcStr },
    #[error("macro `{callee}` takes not more than {most} argument(s), found {found}")]
    TooManyArguments {
        callee: ArcStr,
        most: usize,
        found: usize,
    },
    #[error("cannot set an attribute of {found}; only a `namespace()` can be changed")]
    NotANamespace { found: ArcStr },
    #[error("`**` needs a mapping, found {found}")]
    NotAMapping { found: ArcStr },
    #[error("`timeout` is a number of seconds that is not negative, found {found}")]
    Seconds { found: ArcStr },
    #[error(
        "a cache key is made of text, numbers, `true`, `false`, `none`, and lists, tuples and dicts of them, found {found}"
    )]
    CacheKey { found: ArcStr },
    #[error(
        "`ttl` is a number of seconds or a text such as \"90s\", \"5m\" or \"1h30m\", found {found}"
    )]
    Ttl { found: ArcStr },
    #[error("how many may run at once is a positive integer, found {found}")]
    Concurrency { found: ArcStr },
    #[error("this took longer than its `timeout` of {0:?}")]
    Timeout(Duration),
    #[error("a range goes from integer to integer, found {found}")]
    RangeBound { found: ArcStr },
    #[error("a range cannot include {end}, the last integer of 64 bits")]
    RangeEnd { end: i64 },
    #[error("{} values to unpack: expected {expected}, found {}", if found > expected { "too many" } else { "not enough" }, count(*expected, *found))]
    Unpack { expected: usize, found: usize },
    #[error("required block `{name}` is not filled by any template that extends this one")]
    RequiredBlock { name: ArcStr },
    #[error("there is no parent block called '{name}'.")]
    NoParentBlock { name: ArcStr },
    #[error("`super()` works in blocks only")]
    SuperOutsideBlock,
    #[error("extended multiple times: a template has one parent")]
    ExtendedTwice,
    #[error("template `{name}` extends itself, directly or through others")]
    ExtendsItself { name: ArcStr },
    #[error("there is no block called `{name}`")]
    NoSuchBlock { name: ArcStr },
}

/// Why the value of a conditional without `else` is undefined.
pub(crate) const NO_ELSE: ArcStr =
    literal!("the condition of this `if` was false and it has no `else`");
/// Why `caller` is undefined.
pub(crate) const NO_CALLER: ArcStr =
    literal!("`caller` is undefined: the macro was not called by a `call` block");

fn count(expected: usize, found: usize) -> String {
    if found > expected {
        "more".into()
    } else {
        found.to_string()
    }
}

fn quoted(names: &[ArcStr]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

impl MachineFault {
    /// The public error.
    #[cold]
    pub(crate) fn into_error(self) -> Error {
        let kind = match self {
            MachineFault::TemplateNotFound { .. } | MachineFault::TemplatesNotFound { .. } => {
                ErrorKind::TemplateNotFound
            }
            MachineFault::AsyncRequired { .. } => ErrorKind::AsyncRequired,
            MachineFault::Timeout(_) => ErrorKind::Timeout,
            MachineFault::CycleOfNothing
            | MachineFault::RepeatedArgument { .. }
            | MachineFault::RepeatedKeyword { .. }
            | MachineFault::UnknownKeyword { .. }
            | MachineFault::NoCallerTaken { .. }
            | MachineFault::LoopArguments { .. }
            | MachineFault::TooManyArguments { .. } => ErrorKind::Argument,
            MachineFault::TemplateName { .. }
            | MachineFault::LoopNotRecursive
            | MachineFault::BlocksAreNotCallable
            | MachineFault::NotCallable { .. }
            | MachineFault::KeywordNotText { .. }
            | MachineFault::NotANamespace { .. }
            | MachineFault::FilteredToNoText { .. }
            | MachineFault::NotAMapping { .. }
            | MachineFault::Seconds { .. }
            | MachineFault::CacheKey { .. }
            | MachineFault::Ttl { .. }
            | MachineFault::Concurrency { .. }
            | MachineFault::RangeBound { .. } => ErrorKind::Type,
            MachineFault::Unpack { .. }
            | MachineFault::RangeEnd { .. }
            | MachineFault::UnknownLoopLength => ErrorKind::Value,
            MachineFault::NoMethod { .. } | MachineFault::NoParentBlock { .. } => {
                ErrorKind::Undefined
            }
            MachineFault::RequiredBlock { .. }
            | MachineFault::SuperOutsideBlock
            | MachineFault::ExtendedTwice
            | MachineFault::ExtendsItself { .. }
            | MachineFault::NoSuchBlock { .. } => ErrorKind::Inheritance,
        };
        Error::new(kind, self.to_string())
    }

    /// That none of some templates exists.
    #[cold]
    pub(crate) fn not_found(names: &[ArcStr]) -> Error {
        let names = names.to_vec();
        if names.len() == 1 {
            MachineFault::TemplateNotFound { names }.into_error()
        } else {
            MachineFault::TemplatesNotFound { names }.into_error()
        }
    }

    /// That a value of type `found` is no template's name.
    #[cold]
    pub(crate) fn template_name(found: &str) -> Error {
        MachineFault::TemplateName {
            found: found.into(),
        }
        .into_error()
    }

    /// That an unknown filter was reached.
    #[cold]
    pub(crate) fn unknown_filter<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Error {
        super::call::CallFault::unknown_filter(name, known)
    }

    /// That an unknown test was reached.
    #[cold]
    pub(crate) fn unknown_test<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Error {
        super::call::CallFault::unknown_test(name, known)
    }

    /// That a macro has no such parameter.
    #[cold]
    pub(crate) fn unknown_keyword(callee: &ArcStr, name: &ArcStr, parameters: &[ArcStr]) -> Error {
        let callee = callee.clone();
        if name == "caller" {
            return MachineFault::NoCallerTaken { callee }.into_error();
        }
        let error = MachineFault::UnknownKeyword {
            callee,
            name: name.clone(),
        }
        .into_error();
        did_you_mean(error, name, parameters.iter().map(ArcStr::as_str))
    }

    /// Adds the nearest function to the error about an undefined one.
    #[cold]
    pub(crate) fn suggest_function<'a>(
        error: Error,
        name: &str,
        known: impl Iterator<Item = &'a str>,
    ) -> Error {
        did_you_mean(error, name, known)
    }

    /// Why a macro's parameter is undefined.
    pub(crate) fn missing_parameter(name: &str) -> ArcStr {
        format!("parameter '{name}' was not provided").into()
    }

    /// Why `super` is undefined.
    pub(crate) fn no_parent_block(name: &ArcStr) -> ArcStr {
        MachineFault::NoParentBlock { name: name.clone() }
            .to_string()
            .into()
    }

    /// Why an imported name is undefined.
    pub(crate) fn no_export(template: &str, importing: &Place, name: &str) -> ArcStr {
        let line = importing.location().line;
        let by = &importing.origin.name;
        format!(
            "the template '{template}' (imported on line {line} in '{by}') \
             does not export the requested name '{name}'"
        )
        .into()
    }
}

/// Adds the nearest of the known names, if any is near.
fn did_you_mean<'a>(error: Error, name: &str, known: impl Iterator<Item = &'a str>) -> Error {
    match suggest(name, known) {
        Some(near) => error.with_note(format!("did you mean `{near}`?"), None),
        None => error,
    }
}
