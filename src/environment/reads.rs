//! Which names of its context a template can read, itself or in what it names.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arcstr::ArcStr;
use foldhash::fast::RandomState;
use serde::Serialize;

use crate::bytecode::Program;
use crate::environment::compiled::Compiled;
use crate::environment::configuration::Configuration;
use crate::environment::load::LoadNow;
use crate::environment::references::walk;
use crate::error::Error;
use crate::value::{self, Value};

/// What a template can read of its context, itself or in what it names.
#[derive(Debug)]
pub(crate) struct Reads {
    /// None if that is known only when it runs.
    names: Option<HashSet<ArcStr, RandomState>>,
    /// The templates that this was found out from.
    linked: Arc<Linked>,
    /// The cache's generation then.
    generation: u64,
}

/// Templates by the names that others call them.
pub(crate) type Linked = HashMap<ArcStr, Arc<Program>, foldhash::fast::FixedState>;

/// Converts a context for a template, without the fields that it can never read. With it come the versions
/// of the templates for which that holds: a render that does without those fields has to go on with them.
#[inline]
pub(crate) fn convert_context<T: Serialize + ?Sized>(
    configuration: &Configuration,
    template: &Compiled,
    context: &T,
) -> Result<(Value, Option<Arc<Linked>>), Error> {
    // What is a value already has all its fields.
    if let Some(value) = value::as_value(context) {
        return Ok((value, None));
    }
    convert_read(configuration, template, context)
}

fn convert_read<T: Serialize + ?Sized>(
    configuration: &Configuration,
    template: &Compiled,
    context: &T,
) -> Result<(Value, Option<Arc<Linked>>), Error> {
    // Where templates are checked, each render looks up what it includes.
    if configuration.template_cache.every.is_none() {
        if template.reads.get().is_none() {
            find_reads(configuration, template);
        }
        if let Some(reads) = template.reads.get()
            && let Some(names) = &reads.names
            // What makes such a global may read whatever the host gave.
            && !configuration.registry.lazy_global_names().any(|name| names.contains(name))
            && reads.generation == configuration.cache.generation()
        {
            let value = value::of_context(context, Some(&|name| names.contains(name)))?;
            // A template that names no other needs no version of one.
            let linked = (!reads.linked.is_empty()).then(|| Arc::clone(&reads.linked));
            return Ok((value, linked));
        }
    }
    Ok((value::of_context(context, None)?, None))
}

/// Finds the names out if all templates are there already; nothing is loaded for this.
fn find_reads(configuration: &Configuration, template: &Compiled) {
    let generation = configuration.cache.generation();
    let cached = |name: &ArcStr| match configuration.cache.peek(name) {
        Some(compiled) => LoadNow::Found(compiled),
        None => LoadNow::Missing,
    };
    let walk = walk(&template.program, cached, Program::hands_names_over);
    let names = if walk.dynamic || walk.stopped_at.is_some() {
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
    let _ = template.reads.set(Reads {
        names,
        linked: Arc::new(walk.named().collect()),
        generation,
    });
}
