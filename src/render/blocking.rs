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
use crate::render::job::{Job, Pace, Target};
use crate::render::timers::Timers;
use crate::render::{fragments, spare};
use crate::value::Value;
use crate::vm::{Answer, Entry, Host, Machine, Suspension};

/// Renders into a text.
#[inline]
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

#[inline]
fn drive(mut job: Job<'_>, chunked: bool, emit: Emit<'_>) -> Result<Ended, Error> {
    match job.options.blocker() {
        Some(blocker) => drive_waiting(job, chunked, emit, &**blocker),
        None => drive_at_once(&mut job, chunked, emit),
    }
}

fn drive_at_once(job: &mut Job<'_>, chunked: bool, emit: Emit<'_>) -> Result<Ended, Error> {
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
    let allowed = parts.deadline();
    let pace = Pace {
        slice: allowed.is_some().then(|| job.options.slice()),
        chunk: chunked.then(|| job.options.chunk()),
        // Nothing waits, so nothing is ready later.
        defers: false,
    };
    let mut machine = spare::take();
    let context = std::mem::replace(&mut job.context, Value::NONE);
    parts.set_up(&mut machine, compiled, &job.entry, context, pace);
    let host = parts.host(compiled);
    let answers = |emit| Answers {
        job,
        host: &host,
        deadline: allowed.map(Deadline::start),
        chunk: pace.chunk,
        timers: Timers::default(),
        emit,
    };
    if allowed.is_some() {
        answers(emit).run(&mut machine)?;
    } else if !machine.run_on(&host)? {
        // Most renders do not get here.
        answers(emit).give(&mut machine)?;
    }
    let value = machine.take_result();
    let rest = machine.take_output();
    if !chunked {
        compiled.wrote(rest.len());
    }
    spare::keep(machine);
    Ok(Ended { value, rest })
}

/// Answers what a machine asks for, from its first suspension on.
struct Answers<'a> {
    job: &'a Job<'a>,
    host: &'a Host<'a>,
    deadline: Option<Deadline>,
    chunk: Option<usize>,
    timers: Timers,
    emit: Emit<'a>,
}

impl Answers<'_> {
    /// Runs a machine from its start to its end.
    #[inline(never)]
    fn run(self, machine: &mut Machine) -> Result<(), Error> {
        match machine.run_on(self.host)? {
            true => Ok(()),
            false => self.give(machine),
        }
    }

    /// Runs a machine from its first suspension to its end.
    #[inline(never)]
    fn give(mut self, machine: &mut Machine) -> Result<(), Error> {
        loop {
            let suspension = machine.take_suspension();
            let answer = self.answer(machine, suspension)?;
            let deadline = self.deadline.as_ref();
            if let Some(over) = deadline.filter(|deadline| deadline.is_over()) {
                return Err(machine.locate(self.host, HostFault::Deadline(over.allowed).into()));
            }
            machine.resume(answer);
            if let Some(handler) = self.timers.over(machine) {
                machine.resume(Answer::TimedOut { handler });
            }
            if machine.run_on(self.host)? {
                return Ok(());
            }
        }
    }

    fn answer(&mut self, machine: &mut Machine, suspension: Suspension) -> Result<Answer, Error> {
        let job = self.job;
        Ok(match suspension {
            Suspension::Load { name } => {
                let linked = job.linked.as_ref().and_then(|linked| linked.get(&name));
                let program = match linked {
                    Some(program) => Ok(Some(Arc::clone(program))),
                    None => match load_now(job.configuration, &name) {
                        LoadNow::Found(compiled) => Ok(Some(Arc::clone(&compiled.program))),
                        LoadNow::Missing => Ok(None),
                        LoadNow::Failed(error) => Err(error),
                        LoadNow::Waits => {
                            return Err(machine.refuse_wait(self.host, &Suspension::Load { name }));
                        }
                    },
                };
                Answer::Loaded { name, program }
            }
            Suspension::Await { pending } if pending.result().is_some() => Answer::Awaited,
            waiting @ (Suspension::Await { .. }
            | Suspension::Next { .. }
            | Suspension::Spawn { .. }) => {
                return Err(machine.refuse_wait(self.host, &waiting));
            }
            Suspension::Flush => {
                if let Some(size) = self.chunk {
                    let text = machine.take_output();
                    (self.emit)(&text, text.len() < size)?;
                }
                Answer::Continue
            }
            Suspension::Fragment { key } => {
                let cache = &job.configuration.fragments;
                Answer::Fragment(fragments::ask_now(cache, machine, &key))
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
                self.timers.start(handler, after);
                // From here on the clock has to be looked at.
                machine.set_slice(job.options.slice());
                Answer::Continue
            }
            Suspension::Branch => Answer::InPlace,
            Suspension::Defer => unreachable!("this driver told the machine not to defer"),
            Suspension::Join => Answer::Joined,
            Suspension::Yield => Answer::Continue,
        })
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
