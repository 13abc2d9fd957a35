//! The sync driver: answers what it can at once, and refuses to wait unless the host said how.

use std::future::poll_fn;
use std::io::Write;
use std::sync::Arc;

use arcstr::ArcStr;

use crate::environment::{Compiled, Configuration, LoadNow, load_now, refuse_if_waiting};
use crate::error::{Error, HostFault};
use crate::render::block_on::BlockOn;
use crate::render::clock::Deadline;
use crate::render::driver::{Driver, Step};
use crate::render::fragments;
use crate::render::job::{Job, Pace, Target};
use crate::render::timers::Timers;
use crate::value::Value;
use crate::vm::{Answer, Entry, Outcome, Suspension};

/// Renders into a text.
pub(crate) fn render(job: Job<'_>) -> Result<String, Error> {
    let ended = drive(job, false, &mut |_, _| Ok(()))?;
    Ok(ended.rest)
}

/// Renders into a writer, chunk by chunk.
pub(crate) fn render_to(job: Job<'_>, writer: &mut (impl Write + ?Sized)) -> Result<(), Error> {
    let mut write = |text: &str, flush: bool| {
        let written = writer.write_all(text.as_bytes());
        let written = written.and_then(|()| if flush { writer.flush() } else { Ok(()) });
        written.map_err(|cause| HostFault::Output(cause).into())
    };
    let ended = drive(job, true, &mut write)?;
    write(&ended.rest, true)
}

/// Evaluates an expression.
pub(crate) fn evaluate(job: Job<'_>) -> Result<Value, Error> {
    let ended = drive(job, false, &mut |_, _| Ok(()))?;
    Ok(ended.value)
}

/// How a render ended.
struct Ended {
    value: Value,
    rest: String,
}

/// Takes a chunk of output, and whether a reader should see it at once.
type Emit<'a> = &'a mut dyn FnMut(&str, bool) -> Result<(), Error>;

fn drive(job: Job<'_>, chunked: bool, emit: Emit<'_>) -> Result<Ended, Error> {
    match job.options.blocker() {
        Some(blocker) => drive_waiting(job, chunked, emit, &**blocker),
        None => drive_at_once(job, chunked, emit),
    }
}

fn drive_at_once(job: Job<'_>, chunked: bool, emit: Emit<'_>) -> Result<Ended, Error> {
    let found;
    let compiled = match job.target {
        Target::Lent(compiled) => compiled,
        Target::Compiled(ref compiled) => compiled,
        Target::Named(ref name) => {
            found = find(job.configuration, name)?;
            &found
        }
    };
    // A block may wait for nothing though its template does.
    if !matches!(job.entry, Entry::Block(_)) {
        refuse_if_waiting(job.configuration, compiled)?;
    }
    let parts = job.parts();
    let host = parts.host(compiled);
    let deadline = parts.deadline().map(Deadline::start);
    let chunk = chunked.then(|| job.options.chunk());
    let pace = Pace {
        slice: deadline.is_some().then(|| job.options.slice()),
        chunk,
        // Nothing waits, so nothing is ready later.
        defers: false,
    };
    let slice = job.options.slice();
    let mut timers = Timers::default();
    let mut machine = parts.start(compiled, job.entry, job.context, pace);
    loop {
        let suspension = match machine.run(&host)? {
            Outcome::Finished(value) => {
                let rest = machine.take_output();
                if !chunked {
                    compiled.wrote(rest.len());
                }
                return Ok(Ended { value, rest });
            }
            Outcome::Suspended(suspension) => suspension,
        };
        let answer = match suspension {
            Suspension::Load { name } => {
                let linked = job.linked.as_ref().and_then(|linked| linked.get(&name));
                let program = match linked {
                    Some(program) => Ok(Some(Arc::clone(program))),
                    None => match load_now(job.configuration, &name) {
                        LoadNow::Found(compiled) => Ok(Some(Arc::clone(&compiled.program))),
                        LoadNow::Missing => Ok(None),
                        LoadNow::Failed(error) => Err(error),
                        LoadNow::Waits => {
                            return Err(machine.refuse_wait(&host, &Suspension::Load { name }));
                        }
                    },
                };
                Answer::Loaded { name, program }
            }
            Suspension::Await { pending } if pending.result().is_some() => Answer::Awaited,
            waiting @ (Suspension::Await { .. }
            | Suspension::Next { .. }
            | Suspension::Spawn { .. }) => {
                return Err(machine.refuse_wait(&host, &waiting));
            }
            Suspension::Flush => {
                if let Some(size) = chunk {
                    let text = machine.take_output();
                    emit(&text, text.len() < size)?;
                }
                Answer::Continue
            }
            Suspension::Fragment { key } => {
                let cache = &job.configuration.fragments;
                Answer::Fragment(fragments::ask_now(cache, &machine, &key))
            }
            Suspension::Keep {
                key,
                text,
                ttl,
                token,
            } => {
                fragments::keep_now(&job.configuration.fragments, &key, text, ttl, token);
                Answer::Continue
            }
            Suspension::Timer { handler, after } => {
                timers.start(handler, after);
                // From here on the clock has to be looked at.
                machine.set_slice(slice);
                Answer::Continue
            }
            Suspension::Branch => Answer::InPlace,
            Suspension::Defer => unreachable!("this driver told the machine not to defer"),
            Suspension::Join => Answer::Joined,
            Suspension::Yield => Answer::Continue,
        };
        if let Some(over) = deadline.as_ref().filter(|deadline| deadline.is_over()) {
            return Err(machine.locate(&host, HostFault::Deadline(over.allowed).into()));
        }
        machine.resume(answer);
        if let Some(handler) = timers.over(&machine) {
            machine.resume(Answer::TimedOut { handler });
        }
    }
}

/// A template, loaded if need be.
fn find(configuration: &Configuration, name: &ArcStr) -> Result<Arc<Compiled>, Error> {
    match load_now(configuration, name) {
        LoadNow::Found(compiled) => Ok(compiled),
        LoadNow::Missing => Err(configuration.not_found(name)),
        LoadNow::Failed(error) => Err(error),
        LoadNow::Waits => Err(HostFault::LoadWaits {
            name: name.to_string(),
            instead: "render_async",
        }
        .into()),
    }
}

/// Runs the async driver on the host's runtime, one step at a time, so that writers stay on this thread.
fn drive_waiting(
    job: Job<'_>,
    chunked: bool,
    emit: Emit<'_>,
    blocker: &dyn BlockOn,
) -> Result<Ended, Error> {
    if blocker.would_stop_runtime() {
        return Err(HostFault::BlockingInRuntime.into());
    }
    let mut driver = Driver::new(Ok(job), chunked);
    loop {
        let mut step = None;
        blocker.block_on(Box::pin(async {
            step = Some(poll_fn(|cx| driver.poll(cx)).await);
        }));
        match step.ok_or(HostFault::BlockOnGaveUp)?? {
            Step::Chunk { text, flush } => emit(&text, flush)?,
            Step::Finished { value, rest } => return Ok(Ended { value, rest }),
        }
    }
}
