//! The filters `slugify` and `slug`: a text as a part of an address.

use std::sync::Arc;

use crate::builtins::operand::text;
use crate::builtins::produce::{Answer, value};
use crate::call::{Bound, Builtin, CallContext, Registry};

const FILTERS: &[Builtin] = &[
    Builtin::filter("slugify", &[], slugify),
    Builtin::filter("slug", &[], slugify),
];

/// Registers the filters.
pub(super) fn register(registry: &mut Registry) {
    for filter in FILTERS {
        registry.set_filter(filter.name, Arc::new(filter));
    }
}

/// Letters and digits of ASCII in lower case, with hyphens for all between them.
fn slugify(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    let text = text(context, bound.value)?;
    // A character may become several letters.
    context.fuel(text.len() as u64 / 4)?;
    context.memory(4 * text.len() as u64)?;
    value(slug::slugify(text.as_str()))
}
