//! The sync driver: answers what it can at once, and refuses to wait unless the host said how.

use std::future::poll_fn;
use std::io::Write;
use std::sync::Arc;

use serde::Serialize;

use crate::environment::{Configuration, Linked, LoadNow, load_now, refuse_if_waiting};
use crate::error::{Error, HostFault};
use crate::render::block_on::BlockOn;
use crate::render::clock::Deadline;
use crate::render::driver::{Driver, Step};
use crate::render::job::{HostData, Pace, Plan};
use crate::render::timers::Timers;
use crate::render::{RenderOptions, fragments, spare};
use crate::value::Value;
use crate::vm::{Answer, Entry, Host, Machine, Stopped, Suspension};

/// Renders into a text.
#[inline(always)]
pub(crate) fn render(plan: Plan<'_>, context: impl Serialize) -> Result<String, Error> {
    render_text(&plan, plan.convert(&context)?)
}

fn render_text(plan: &Plan<'_>, data: HostData) -> Result<String, Error> {
    let emit = &mut |_: &str, _| Ok(());
    match plan.options.blocker() {
        Some(blocker) => Ok(drive_waiting(plan, data, false, emit, &**blocker)?.rest),
        None => drive_at_once(plan, data, false, emit, Machine::take_last_output),
    }
}

/// Renders into a writer, chunk by chunk.
pub(crate) fn render_to(
    plan: Plan<'_>,
    context: impl Serialize,
    writer: &mut (impl Write + ?Sized),
) -> Result<(), Error> {
    let mut write = |text: &str, flush: bool| {
        let written = writer.write_all(text.as_bytes());
        let written = written.and_then(|()| if flush { writer.flush() } else { Ok(()) });
        written.map_err(|cause| HostFault::Output(cause).into())
    };
    let rest = render_chunks(&plan, plan.convert(&context)?, &mut write)?;
    write(&rest, true)
}

/// Renders in chunks, and gives the last one.
fn render_chunks(plan: &Plan<'_>, data: HostData, emit: Emit<'_>) -> Result<String, Error> {
    match plan.options.blocker() {
        Some(blocker) => Ok(drive_waiting(plan, data, true, emit, &**blocker)?.rest),
        None => drive_at_once(plan, data, true, emit, Machine::take_last_output),
    }
}

/// Evaluates an expression.
pub(crate) fn evaluate(plan: Plan<'_>, context: impl Serialize) -> Result<Value, Error> {
    let data = plan.convert(&context)?;
    let emit = &mut |_: &str, _| Ok(());
    match plan.options.blocker() {
        Some(blocker) => Ok(drive_waiting(&plan, data, false, emit, &**blocker)?.value),
        None => drive_at_once(&plan, data, false, emit, Machine::take_result),
    }
}

/// How a render that could wait ended.
struct Ended {
    value: Value,
    rest: String,
}

/// Takes a chunk of output, and whether a reader should see it at once.
type Emit<'a> = &'a mut dyn FnMut(&str, bool) -> Result<(), Error>;

/// Does a job without waiting, and takes what is wanted from the machine that has done it.
///
/// Part of each function that calls it, with what that does not need left out: handing the job and its result over
/// would be a tenth of a small render.
#[inline(always)]
fn drive_at_once<R>(
    plan: &Plan<'_>,
    data: HostData,
    chunked: bool,
    emit: Emit<'_>,
    take: impl FnOnce(&mut Machine) -> R,
) -> Result<R, Error> {
    let (compiled, HostData { context, linked }) = (plan.compiled, data);
    // A block may wait for nothing though its template does.
    if !matches!(plan.entry, Entry::Block(_)) {
        refuse_if_waiting(plan.configuration, compiled)?;
    }
    let parts = plan.parts();
    let is_timed = parts.deadline().is_some();
    let pace = Pace {
        slice: is_timed.then(|| plan.options.slice()),
        chunk: chunked.then(|| plan.options.chunk()),
        // Nothing waits, so nothing is ready later.
        defers: false,
    };
    let mut machine = spare::take();
    parts.set_up(&mut machine, compiled, plan.entry, context, pace);
    let host = parts.host(compiled);
    let answers = |emit| Answers {
        configuration: plan.configuration,
        options: plan.options,
        linked: linked.as_deref(),
        host: &host,
        deadline: parts.deadline().map(Deadline::start),
        chunk: pace.chunk,
        timers: Timers::default(),
        emit,
    };
    if is_timed {
        answers(emit).run(&mut machine)?;
    } else if let Stopped::Suspended = machine.run_here(&host)? {
        // Most renders do not get here.
        answers(emit).give(&mut machine)?;
    }
    if !chunked {
        compiled.wrote(machine.output_len());
    }
    let taken = take(&mut machine);
    spare::keep(machine);
    Ok(taken)
}

/// Answers what a machine asks for, from its first suspension on.
struct Answers<'a> {
    configuration: &'a Arc<Configuration>,
    options: &'a RenderOptions,
    linked: Option<&'a Linked>,
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
            Stopped::Finished => Ok(()),
            Stopped::Suspended => self.give(machine),
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
            if let Stopped::Finished = machine.run_on(self.host)? {
                return Ok(());
            }
        }
    }

    fn answer(&mut self, machine: &mut Machine, suspension: Suspension) -> Result<Answer, Error> {
        let fragments = &self.configuration.fragments;
        Ok(match suspension {
            Suspension::Load { name } => {
                let linked = self.linked.and_then(|linked| linked.get(&name));
                let program = match linked {
                    Some(program) => Ok(Some(Arc::clone(program))),
                    None => match load_now(self.configuration, &name) {
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
                Answer::Fragment(fragments::ask_now(fragments, machine, &key))
            }
            Suspension::Keep {
                key,
                text,
                ttl,
                token,
            } => {
                fragments::keep_now(fragments, &key, text, ttl, token);
                Answer::Continue
            }
            Suspension::Timer { handler, after } => {
                self.timers.start(handler, after);
                // From here on the clock has to be looked at.
                machine.set_slice(self.options.slice());
                Answer::Continue
            }
            Suspension::Branch => Answer::InPlace,
            Suspension::Defer => unreachable!("this driver told the machine not to defer"),
            Suspension::Join => Answer::Joined,
            Suspension::Yield => Answer::Continue,
        })
    }
}

/// Runs the async driver on the host's runtime, one step at a time, so that writers stay on this thread.
fn drive_waiting(
    plan: &Plan<'_>,
    data: HostData,
    chunked: bool,
    emit: Emit<'_>,
    blocker: &dyn BlockOn,
) -> Result<Ended, Error> {
    if blocker.would_stop_runtime() {
        return Err(HostFault::BlockingInRuntime.into());
    }
    let mut driver = Driver::new(Ok(plan.hold(data)), chunked);
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
