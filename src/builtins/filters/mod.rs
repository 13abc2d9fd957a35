//! The builtin filters, by what they work on.

mod adopted;
mod attributes;
mod format;
mod html;
mod json;
mod lines;
mod mapping;
mod number;
mod ordering;
mod pretty;
mod select;
mod sequence;
mod text;
mod url;
mod urlize;

pub(super) use adopted::{ends, starts};
pub(super) use json::dumps;
pub(super) use lines::{pad, pad_both};
pub(super) use pretty::pretty;
pub(super) use sequence::tuples;
pub(super) use text::{escaped, replace_text};

use crate::call::Builtin;

/// All of them: names, the second ones among them, with their code.
pub(super) fn all() -> impl Iterator<Item = (&'static str, &'static Builtin)> {
    let tables: [&'static [Builtin]; 15] = [
        adopted::FILTERS,
        attributes::FILTERS,
        format::FILTERS,
        html::FILTERS,
        json::FILTERS,
        lines::FILTERS,
        mapping::FILTERS,
        number::FILTERS,
        ordering::FILTERS,
        pretty::FILTERS,
        select::FILTERS,
        sequence::FILTERS,
        text::FILTERS,
        url::FILTERS,
        urlize::FILTERS,
    ];
    tables
        .into_iter()
        .flatten()
        .map(|filter| (filter.name, filter))
}
