//! Whether a template waits, itself or in what it names.

use std::sync::Arc;

use arcstr::ArcStr;

use crate::bytecode::{Program, ReferenceKind};
use crate::environment::compiled::Compiled;
use crate::environment::configuration::Configuration;
use crate::environment::load::{LoadNow, load_now};
use crate::environment::references::{Step, walk};
use crate::error::machine::MachineFault;
use crate::error::{Error, TraceEntry, TraceKind};
use crate::source::Place;

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
    /// The cache's generation then.
    generation: u64,
}

/// The first place of a program that waits, and how a render gets there.
#[derive(Debug)]
struct Site {
    program: Arc<Program>,
    /// Outermost first.
    path: Vec<Step>,
}

impl WaitSummary {
    /// The refusal to render synchronously a template that waits.
    #[cold]
    pub(crate) fn refusal(&self) -> Option<Error> {
        let site = self.site.as_ref()?;
        let wait = site.program.waits.first()?;
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
    if let Some(summary) = known(configuration, template) {
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
#[inline]
pub(crate) fn refuse_if_waiting(
    configuration: &Configuration,
    template: &Compiled,
) -> Result<(), Error> {
    match known(configuration, template) {
        Some(summary) if summary.answer != Waits::Yes => Ok(()),
        Some(summary) => summary.refusal().map_or(Ok(()), Err),
        None => find_out(configuration, template),
    }
}

/// Finds out whether the template waits, and fails if it is known to.
#[cold]
fn find_out(configuration: &Configuration, template: &Compiled) -> Result<(), Error> {
    let (summary, lasting) = summarise(configuration, template);
    let refusal = summary.refusal();
    if lasting {
        configuration.cache.note_summary();
        let _ = template.waits.set(summary);
    }
    refusal.map_or(Ok(()), Err)
}

/// What was found out before, if no template has changed since.
#[inline]
fn known<'a>(configuration: &Configuration, template: &'a Compiled) -> Option<&'a WaitSummary> {
    let summary = template.waits.get()?;
    (summary.generation == configuration.cache.generation()).then_some(summary)
}

/// Walks all templates that are named statically, and says whether the answer will last.
fn summarise(configuration: &Configuration, template: &Compiled) -> (WaitSummary, bool) {
    let generation = configuration.cache.generation();
    // What is there is not checked for this: the render does that where it uses it.
    let find = |name: &ArcStr| match configuration.cache.peek(name) {
        Some(compiled) => LoadNow::Found(compiled),
        None => load_now(configuration, name),
    };
    let walk = walk(&template.program, find, |program| !program.waits.is_empty());
    if let Some(index) = walk.stopped_at {
        let site = Site {
            program: Arc::clone(&walk.visited[index].program),
            path: walk.path_to(index),
        };
        let summary = WaitSummary {
            answer: Waits::Yes,
            site: Some(site),
            generation,
        };
        return (summary, true);
    }
    // With automatic waiting, whatever comes from outside may be a future.
    let automatic = |program: &Program| program.auto_await && !program.context_names.is_empty();
    let unknown = walk.dynamic
        || walk.unloaded
        || walk
            .visited
            .iter()
            .any(|visited| automatic(&visited.program));
    let answer = if unknown { Waits::Unknown } else { Waits::No };
    let lasting = !walk.unloaded && !walk.incomplete;
    let summary = WaitSummary {
        answer,
        site: None,
        generation,
    };
    (summary, lasting)
}
