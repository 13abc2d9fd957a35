//! Which names of its context a template can read, itself or in what it names.

use std::collections::HashSet;

use arcstr::ArcStr;
use serde::Serialize;

use crate::environment::cache::Compiled;
use crate::environment::configuration::Configuration;
use crate::environment::load::LoadNow;
use crate::environment::references::walk;
use crate::error::Error;
use crate::value::{self, Value};

/// The names a template can read; none if that is known only when it runs.
pub(crate) type Reads = Option<HashSet<ArcStr>>;

/// Converts a context for a template, without the fields that it can never read.
pub(crate) fn convert_context(
    configuration: &Configuration,
    template: &Compiled,
    context: &(impl Serialize + ?Sized),
) -> Result<Value, Error> {
    if template.reads.get().is_none() {
        find_reads(configuration, template);
    }
    match template.reads.get() {
        Some(Some(names)) => value::from_fields(context, &|name| names.contains(name)),
        Some(None) | None => Value::from_serialize(context),
    }
}

/// Finds the names out if all templates are there already; nothing is loaded for this.
fn find_reads(configuration: &Configuration, template: &Compiled) {
    let cached = |name: &ArcStr| match configuration.cache.get(name) {
        Some(compiled) => LoadNow::Found(compiled),
        None => LoadNow::Missing,
    };
    let walk = walk(&template.program, cached, |_| false);
    let reads = if walk.dynamic {
        None
    } else if !walk.incomplete {
        let programs = walk.visited.iter().map(|visited| &visited.program);
        let names = programs.flat_map(|program| {
            let names = program.context_names.iter();
            names.map(|name| program.name(*name).text().clone())
        });
        Some(names.collect())
    } else if template.may_be_asked_again() {
        return;
    } else {
        None
    };
    configuration.cache.note_summary();
    let _ = template.reads.set(reads);
}
