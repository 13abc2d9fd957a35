//! The tag `debug`, which shows what there is where it stands.

use std::sync::Arc;

use arcstr::ArcStr;

use crate::builtins::filters;
use crate::builtins::produce::{Answer, value};
use crate::call::{CallContext, Function, Tag, TagCall, TagFunction};
use crate::value::{Map, Value, mapping};

/// How deep values within values are shown.
const DEPTH: usize = 3;

/// What the tag does.
pub(super) fn debug() -> Arc<dyn Function> {
    let tag = Tag::new("debug").parameters(<[&str; 0]>::default());
    TagFunction::shared(tag.sees_variables(), show)
}

fn show(context: &CallContext<'_>, call: &TagCall<'_>) -> Answer {
    let mut names = Map::new();
    for (name, global) in context.registry().globals() {
        names.insert_str(name.clone(), global.clone());
    }
    if let Some(variables) = call.variables().and_then(mapping) {
        for (name, variable) in variables.iter() {
            names.insert(name, variable.clone())?;
        }
    }
    let mut all = Map::new();
    all.insert_str(ArcStr::from("context"), Value::shared_map(names));
    let registry = context.registry();
    all.insert_str(ArcStr::from("filters"), sorted(registry.filter_names()));
    all.insert_str(ArcStr::from("tests"), sorted(registry.test_names()));
    value(filters::pretty(context, &Value::shared_map(all), DEPTH)?)
}

fn sorted<'a>(names: impl Iterator<Item = &'a str>) -> Value {
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    Value::from_iter(names)
}
