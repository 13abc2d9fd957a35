//! The templates that a template names statically, and those that they name.

use std::collections::HashSet;
use std::sync::Arc;

use arcstr::ArcStr;

use crate::bytecode::{Program, ReferenceKind};
use crate::environment::load::LoadNow;
use crate::source::Span;

/// What a walk over all named templates found.
pub(super) struct Walk {
    /// The template itself, and then those it leads to, nearest first.
    pub(super) visited: Vec<Visited>,
    /// The first of `visited` that the walk was to stop at.
    pub(super) stopped_at: Option<usize>,
    /// Whether some names are known only when a template runs.
    pub(super) dynamic: bool,
    /// Whether some templates can only be loaded by waiting.
    pub(super) unloaded: bool,
    /// Whether some templates are missing or broken, which may change.
    pub(super) incomplete: bool,
}

/// A template on the way, with the one that names it.
pub(super) struct Visited {
    pub(super) program: Arc<Program>,
    from: Option<(usize, Step)>,
}

/// A template that names another one.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) program: Arc<Program>,
    pub(super) kind: ReferenceKind,
    pub(super) span: Span,
    pub(super) name: ArcStr,
}

/// Walks from a template to all that it names, as `find` finds them, until one that is to `stop` at.
pub(super) fn walk(
    root: &Arc<Program>,
    find: impl Fn(&ArcStr) -> LoadNow,
    stop: impl Fn(&Program) -> bool,
) -> Walk {
    let mut walk = Walk {
        visited: vec![Visited {
            program: Arc::clone(root),
            from: None,
        }],
        stopped_at: None,
        dynamic: false,
        unloaded: false,
        incomplete: false,
    };
    let mut seen = HashSet::new();
    let mut next = 0;
    while next < walk.visited.len() {
        let program = Arc::clone(&walk.visited[next].program);
        if stop(&program) {
            walk.stopped_at = Some(next);
            return walk;
        }
        for reference in &program.references {
            let Some(names) = &reference.names else {
                walk.dynamic = true;
                continue;
            };
            // The first that exists is the one that is meant.
            for name in names {
                match find(name) {
                    LoadNow::Found(found) => {
                        if seen.insert(name.clone()) {
                            let step = Step {
                                program: Arc::clone(&program),
                                kind: reference.kind,
                                span: reference.span,
                                name: name.clone(),
                            };
                            walk.visited.push(Visited {
                                program: Arc::clone(&found.program),
                                from: Some((next, step)),
                            });
                        }
                        break;
                    }
                    LoadNow::Missing => walk.incomplete = true,
                    LoadNow::Waits => {
                        walk.unloaded = true;
                        break;
                    }
                    // A render fails there, and does nothing more.
                    LoadNow::Failed(_) => {
                        walk.incomplete = true;
                        break;
                    }
                }
            }
        }
        next += 1;
    }
    walk
}

impl Walk {
    /// The templates that are named, with their names.
    pub(super) fn named(&self) -> impl Iterator<Item = (ArcStr, Arc<Program>)> {
        self.visited.iter().filter_map(|visited| {
            let (_, step) = visited.from.as_ref()?;
            Some((step.name.clone(), Arc::clone(&visited.program)))
        })
    }

    /// How a render gets to the template at `index`, outermost step first.
    pub(super) fn path_to(&self, mut index: usize) -> Vec<Step> {
        let mut path = Vec::new();
        while let Some((from, step)) = &self.visited[index].from {
            path.push(step.clone());
            index = *from;
        }
        path.reverse();
        path
    }
}
