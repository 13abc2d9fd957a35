//! What chat templates of language models are given besides: `tojson` as they know it, `raise_exception`,
//! and the tag `generation`.

use std::sync::Arc;

use crate::builtins::filters;
use crate::builtins::operand::text;
use crate::builtins::produce::Answer;
use crate::call::{
    Bound, Builtin, CallContext, Flow, Function, Registry, Tag, TagCall, TagFunction,
};
use crate::error::Error;

static TO_JSON: Builtin = Builtin::filter(
    "tojson",
    &["ensure_ascii", "indent", "separators", "sort_keys"],
    filters::dumps,
);

static RAISE_EXCEPTION: Builtin =
    Builtin::function("raise_exception", &["message"], raise_exception).required(1);

/// Fills a registry with the filter and the function.
pub(crate) fn register(registry: &mut Registry) {
    registry.set_filter(TO_JSON.name, Arc::new(&TO_JSON));
    registry.set_function(RAISE_EXCEPTION.name, Arc::new(&RAISE_EXCEPTION));
}

/// The shape of the tag around what the model says, and what it does: its body is printed.
pub(crate) fn generation() -> (Tag, Arc<dyn Function>) {
    let tag = Tag::new("generation").parameters(<[&str; 0]>::default());
    let tag = tag.body();
    (tag.clone(), TagFunction::shared(tag, print_body))
}

fn print_body(_: &CallContext<'_>, call: &TagCall<'_>) -> Answer {
    let Some(body) = call.body() else {
        return Ok(Flow::nothing());
    };
    let print = |_: &CallContext<'_>, text: Result<_, Error>| text.map(Flow::from);
    Ok(Flow::call(body.clone(), [], print))
}

/// Fails with what the template says.
fn raise_exception(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let message = text(context, bound.required(0))?;
    Err(Error::host(message.as_str()))
}
