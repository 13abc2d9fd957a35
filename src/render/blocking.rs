//! The sync driver: answers what it can at once, and refuses to wait unless the host said how.

use std::future::poll_fn;
use std::io::Write;
use std::sync::Arc;

use crate::environment::{Compiled, LoadNow, load_now, refuse_if_waiting};
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
pub(crate) fn render(job: Job) -> Result<String, Error> {
    let ended = drive(job, false, &mut |_, _| Ok(()))?;
    Ok(ended.rest)
}

/// Renders into a writer, chunk by chunk.
pub(crate) fn render_to(job: Job, writer: &mut (impl Write + ?Sized)) -> Result<(), Error> {
    let mut write = |text: &str, flush: bool| {
        let written = writer.write_all(text.as_bytes());
        let written = written.and_then(|()| if flush { writer.flush() } else { Ok(()) });
        written.map_err(|cause| HostFault::Output(cause).into())
    };
    let ended = drive(job, true, &mut write)?;
    write(&ended.rest, true)
}

/// Evaluates an expression.
pub(crate) fn evaluate(job: Job) -> Result<Value, Error> {
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

fn drive(job: Job, chunked: bool, emit: Emit<'_>) -> Result<Ended, Error> {
    match job.options.blocker().map(Arc::clone) {
        Some(blocker) => drive_waiting(job, chunked, emit, &*blocker),
        None => drive_at_once(job, chunked, emit),
    }
}

fn drive_at_once(job: Job, chunked: bool, emit: Emit<'_>) -> Result<Ended, Error> {
    let compiled = find(&job)?;
    // A block may wait for nothing though its template does.
    if !matches!(job.entry, Entry::Block(_)) {
        refuse_if_waiting(&job.configuration, &compiled)?;
    }
    let limits = job.options.resolve_limits(&job.configuration.limits);
    let deadline = limits.deadline.map(Deadline::start);
    let chunk = chunked.then(|| job.options.chunk());
    let pace = Pace {
        slice: deadline.is_some().then(|| job.options.slice()),
        chunk,
    };
    let configuration = Arc::clone(&job.configuration);
    let slice = job.options.slice();
    let mut timers = Timers::default();
    let linked = job.linked.clone();
    let mut machine = job.start(&compiled, pace);
    loop {
        let suspension = match machine.run()? {
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
                let linked = linked.as_ref().and_then(|linked| linked.get(&name));
                let program = match linked {
                    Some(program) => Ok(Some(Arc::clone(program))),
                    None => match load_now(&configuration, &name) {
                        LoadNow::Found(compiled) => Ok(Some(Arc::clone(&compiled.program))),
                        LoadNow::Missing => Ok(None),
                        LoadNow::Failed(error) => Err(error),
                        LoadNow::Waits => {
                            return Err(machine.refuse_wait(&Suspension::Load { name }));
                        }
                    },
                };
                Answer::Loaded { name, program }
            }
            Suspension::Await { pending } if pending.result().is_some() => Answer::Awaited,
            waiting @ (Suspension::Await { .. }
            | Suspension::Next { .. }
            | Suspension::Spawn { .. }) => {
                return Err(machine.refuse_wait(&waiting));
            }
            Suspension::Flush => {
                if let Some(size) = chunk {
                    let text = machine.take_output();
                    emit(&text, text.len() < size)?;
                }
                Answer::Continue
            }
            Suspension::Fragment { key } => {
                let cache = &configuration.fragments;
                Answer::Fragment(fragments::ask_now(cache, &machine, &key))
            }
            Suspension::Keep {
                key,
                text,
                ttl,
                token,
            } => {
                fragments::keep_now(&configuration.fragments, &key, text, ttl, token);
                Answer::Continue
            }
            Suspension::Timer { handler, after } => {
                timers.start(handler, after);
                // From here on the clock has to be looked at.
                machine.set_slice(slice);
                Answer::Continue
            }
            Suspension::Branch => Answer::InPlace,
            Suspension::Join => Answer::Joined,
            Suspension::Yield => Answer::Continue,
        };
        if let Some(over) = deadline.as_ref().filter(|deadline| deadline.is_over()) {
            return Err(machine.locate(HostFault::Deadline(over.allowed).into()));
        }
        machine.resume(answer);
        if let Some(handler) = timers.over(&machine) {
            machine.resume(Answer::TimedOut { handler });
        }
    }
}

/// The job's code, loaded if need be.
fn find(job: &Job) -> Result<Arc<Compiled>, Error> {
    match &job.target {
        Target::Compiled(compiled) => Ok(Arc::clone(compiled)),
        Target::Named(name) => match load_now(&job.configuration, name) {
            LoadNow::Found(compiled) => Ok(compiled),
            LoadNow::Missing => Err(job.configuration.not_found(name)),
            LoadNow::Failed(error) => Err(error),
            LoadNow::Waits => Err(HostFault::LoadWaits {
                name: name.to_string(),
                instead: "render_async",
            }
            .into()),
        },
    }
}

/// Runs the async driver on the host's runtime, one step at a time, so that writers stay on this thread.
fn drive_waiting(
    job: Job,
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
