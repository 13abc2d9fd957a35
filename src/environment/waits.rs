//! Whether a template waits, itself or in what it names.

use std::collections::HashSet;
use std::sync::Arc;

use arcstr::ArcStr;

use crate::bytecode::{Program, ReferenceKind, WaitSite};
use crate::environment::cache::Compiled;
use crate::environment::configuration::Configuration;
use crate::environment::load::{LoadNow, load_now};
use crate::error::machine::MachineFault;
use crate::error::{Error, TraceEntry, TraceKind};
use crate::source::{Place, Span};

/// Whether rendering a template waits, as far as can be known before it runs.
///
/// ```
/// use kakehi::{Environment, Waits};
/// let env = Environment::new();
/// assert_eq!(env.template_from_str("<< 1 + 1 >>")?.is_async(), Waits::No);
/// assert_eq!(env.template_from_str("<< await f() >>")?.is_async(), Waits::Yes);
/// assert_eq!(env.template_from_str("<% include name %>")?.is_async(), Waits::Unknown);
/// # Ok::<(), kakehi::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Waits {
    /// There is an `await`, an `async for` or the like in it or in a template that it names.
    Yes,
    /// Nothing in it can wait.
    No,
    /// It names templates that are known only when it runs or that can only be loaded by waiting, or
    /// futures are awaited wherever they turn up.
    Unknown,
}

/// What was found out about a template.
#[derive(Debug)]
pub(crate) struct WaitSummary {
    pub(crate) answer: Waits,
    site: Option<Site>,
}

/// A place that waits, and how a render gets there.
#[derive(Debug)]
struct Site {
    program: Arc<Program>,
    index: usize,
    /// Outermost first.
    path: Vec<Step>,
}

/// A template that names another one.
#[derive(Clone, Debug)]
struct Step {
    program: Arc<Program>,
    kind: ReferenceKind,
    span: Span,
    name: ArcStr,
}

impl WaitSummary {
    /// The refusal to render synchronously a template that waits.
    #[cold]
    pub(crate) fn refusal(&self) -> Option<Error> {
        let site = self.site.as_ref()?;
        let wait: &WaitSite = &site.program.waits[site.index];
        let fault = MachineFault::AsyncRequired {
            construct: wait.construct.clone(),
        };
        let mut error = fault.into_error().or_at(|| Place {
            origin: Arc::clone(&site.program.origin),
            span: wait.span,
        });
        for step in site.path.iter().rev() {
            error.push_trace(TraceEntry {
                kind: match step.kind {
                    ReferenceKind::Include => TraceKind::Include,
                    ReferenceKind::Import => TraceKind::Import,
                    ReferenceKind::Extends => TraceKind::Extends,
                },
                name: step.name.clone(),
                place: Place {
                    origin: Arc::clone(&step.program.origin),
                    span: step.span,
                },
            });
        }
        Some(error)
    }
}

/// Whether the template waits; remembered in it once that cannot change any more.
pub(crate) fn waits(configuration: &Configuration, template: &Compiled) -> Waits {
    if let Some(summary) = template.waits.get() {
        return summary.answer;
    }
    let (summary, lasting) = summarise(configuration, template);
    let answer = summary.answer;
    if lasting {
        configuration.cache.note_summary();
        let _ = template.waits.set(summary);
    }
    answer
}

/// Fails if it is known that the template waits.
pub(crate) fn refuse_if_waiting(
    configuration: &Configuration,
    template: &Compiled,
) -> Result<(), Error> {
    if let Some(summary) = template.waits.get() {
        return match summary.answer {
            Waits::Yes => summary.refusal().map_or(Ok(()), Err),
            Waits::No | Waits::Unknown => Ok(()),
        };
    }
    let (summary, lasting) = summarise(configuration, template);
    let refusal = summary.refusal();
    if lasting {
        configuration.cache.note_summary();
        let _ = template.waits.set(summary);
    }
    refusal.map_or(Ok(()), Err)
}

/// A template on the way, with the one that names it.
struct Visited {
    program: Arc<Program>,
    from: Option<(usize, Step)>,
}

/// Walks all templates that are named statically, nearest first, and says whether the answer will last.
fn summarise(configuration: &Configuration, template: &Compiled) -> (WaitSummary, bool) {
    let mut lasting = true;
    let mut unknown = false;
    let mut seen = HashSet::new();
    let mut visited = vec![Visited {
        program: Arc::clone(&template.program),
        from: None,
    }];
    let mut next = 0;
    while next < visited.len() {
        let program = Arc::clone(&visited[next].program);
        if !program.waits.is_empty() {
            let site = Site {
                path: path_to(&visited, next),
                program,
                index: 0,
            };
            let summary = WaitSummary {
                answer: Waits::Yes,
                site: Some(site),
            };
            return (summary, true);
        }
        // With automatic waiting, whatever comes from outside may be a future.
        unknown |= program.auto_await && !program.context_names.is_empty();
        for reference in &program.references {
            let Some(names) = &reference.names else {
                unknown = true;
                continue;
            };
            for name in names {
                match load_now(configuration, name) {
                    LoadNow::Found(found) => {
                        if seen.insert(name.clone()) {
                            let step = Step {
                                program: Arc::clone(&program),
                                kind: reference.kind,
                                span: reference.span,
                                name: name.clone(),
                            };
                            visited.push(Visited {
                                program: Arc::clone(&found.program),
                                from: Some((next, step)),
                            });
                        }
                        break;
                    }
                    // A template that is missing now may be there later.
                    LoadNow::Missing => lasting = false,
                    LoadNow::Waits => {
                        lasting = false;
                        unknown = true;
                        break;
                    }
                    // The render will fail there, and need not wait for that.
                    LoadNow::Failed(_) => {
                        lasting = false;
                        break;
                    }
                }
            }
        }
        next += 1;
    }
    let answer = if unknown { Waits::Unknown } else { Waits::No };
    (WaitSummary { answer, site: None }, lasting)
}

fn path_to(visited: &[Visited], mut index: usize) -> Vec<Step> {
    let mut path = Vec::new();
    while let Some((from, step)) = &visited[index].from {
        path.push(step.clone());
        index = *from;
    }
    path.reverse();
    path
}
