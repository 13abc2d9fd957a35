//! The filters, tests, functions and methods that every environment starts with.
//!
//! They do what Jinja2 3.1 and Python do, to the byte, and fail with an error where those raise one.
//! Whatever they allocate or loop over is paid for through the [`CallContext`](crate::call::CallContext)
//! first. What does not need values lives in `python` (text) and `html_text`; what all share is how
//! operands are read (`operand`), results are made (`produce`), attributes are looked up in many items
//! (`attribute`) and things are applied to each (`each`), waiting included.

mod attribute;
pub(crate) mod chat;
#[cfg(not(feature = "datetime"))]
#[path = "no_dates.rs"]
mod dates;
#[cfg(feature = "datetime")]
mod dates;
mod each;
mod filters;
mod functions;
mod html_text;
mod methods;
mod operand;
mod predicates;
mod produce;
mod python;
#[cfg(not(feature = "slug"))]
#[path = "no_slug.rs"]
mod slug;
#[cfg(feature = "slug")]
mod slug;
mod sort;
mod tags;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::call::Registry;

/// Fills a registry with all builtins.
pub(crate) fn register(registry: &mut Registry) {
    for (name, filter) in filters::all() {
        registry.set_filter(name, Arc::new(filter));
    }
    for test in predicates::TESTS {
        registry.set_test(test.name, Arc::new(test));
    }
    for function in functions::FUNCTIONS {
        registry.set_function(function.name, Arc::new(function));
    }
    dates::register(registry);
    slug::register(registry);
    registry.set_tag("debug".into(), tags::debug());
    registry.set_methods(&methods::METHODS);
}
