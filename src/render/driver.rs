//! The async driver: runs a machine and waits for what it waits for.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use futures_core::future::BoxFuture;
use futures_util::FutureExt;

use crate::environment::{Compiled, Configuration, Linked};
use crate::error::{Error, HostFault};
use crate::render::clock::Deadline;
use crate::render::fragments;
use crate::render::job::{Job, Pace, Target};
use crate::render::load::{Check, LoadFuture};
use crate::render::timers::Timers;
use crate::value::{StreamHandle, Value, Waiter};
use crate::vm::{Answer, FragmentAnswer, Machine, Outcome, Suspension};

/// A render as a state machine that is polled.
///
/// Dropping it drops the machine, what it waits for and all they hold.
pub(crate) struct Driver {
    stage: Stage,
    chunked: bool,
    deadline: Option<Deadline>,
}

enum Stage {
    /// Refused before anything ran.
    Failed(Error),
    /// Not polled yet.
    Waiting(Box<Job>),
    /// Its template is being loaded.
    Loading(Box<Job>, LoadFuture),
    Running(Box<Run>),
    Over,
}

/// A machine and what it waits for.
struct Run {
    machine: Machine,
    wait: Option<Wait>,
    timers: Timers,
    configuration: Arc<Configuration>,
    compiled: Arc<Compiled>,
    linked: Option<Arc<Linked>>,
    /// Checks of templates that were served as they were.
    checks: Vec<Check>,
    chunk: Option<usize>,
    /// Waits that were over at once since the task last paused.
    ready: u32,
}

/// How many waits may be over at once before others get their turn: a stream that always has an item
/// would keep the task busy without a single instruction.
const MOST_READY: u32 = 128;

/// What a machine waits for.
enum Wait {
    Load(LoadFuture),
    Await(Waiter),
    Next(StreamHandle),
    Fragment(BoxFuture<'static, FragmentAnswer>),
    Keep(BoxFuture<'static, ()>),
}

/// What a driver gives to those above it.
pub(crate) enum Step {
    /// Output to hand on, and whether the reader should see it at once.
    Chunk { text: String, flush: bool },
    /// The end, with the last of the output.
    Finished { value: Value, rest: String },
}

impl Driver {
    /// Drives `job`; with chunks, or all its output at the end.
    pub(crate) fn new(job: Result<Job, Error>, chunked: bool) -> Self {
        let (stage, deadline) = match job {
            Ok(job) => (Stage::Waiting(Box::new(job)), None),
            Err(error) => (Stage::Failed(error), None),
        };
        Driver {
            stage,
            chunked,
            deadline,
        }
    }

    /// Whether it has ended, well or not.
    pub(crate) fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Over)
    }

    /// Runs until there is something to hand on, or something to wait for.
    ///
    /// # Panics
    /// If it is over.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Step, Error>> {
        let step = ready!(self.poll_stage(cx));
        if !matches!(step, Ok(Step::Chunk { .. })) {
            self.stage = Stage::Over;
            self.deadline = None;
        }
        Poll::Ready(step)
    }

    fn poll_stage(&mut self, cx: &mut Context<'_>) -> Poll<Result<Step, Error>> {
        loop {
            // A panic of the host leaves the driver over, not in the middle of something.
            match std::mem::replace(&mut self.stage, Stage::Over) {
                Stage::Failed(error) => return Poll::Ready(Err(error)),
                Stage::Waiting(job) => {
                    let limits = job.options.resolve_limits(&job.configuration.limits);
                    self.deadline = limits.deadline.map(Deadline::start);
                    self.stage = match &job.target {
                        Target::Compiled(compiled) => {
                            let compiled = Arc::clone(compiled);
                            Stage::Running(Run::start(*job, compiled, self.chunked))
                        }
                        Target::Named(name) => {
                            let load =
                                LoadFuture::new(Arc::clone(&job.configuration), name.clone());
                            Stage::Loading(job, load)
                        }
                    };
                }
                Stage::Loading(job, mut load) => match load.poll_unpin(cx) {
                    Poll::Ready(Ok(Some(compiled))) => {
                        let mut run = Run::start(*job, compiled, self.chunked);
                        run.checks.extend(load.take_check());
                        self.stage = Stage::Running(run);
                    }
                    Poll::Ready(Ok(None)) => {
                        let Target::Named(name) = &job.target else {
                            unreachable!("only named templates are loaded");
                        };
                        return Poll::Ready(Err(job.configuration.not_found(name)));
                    }
                    Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                    Poll::Pending => {
                        if let Some(error) = self.late(cx) {
                            return Poll::Ready(Err(error));
                        }
                        self.stage = Stage::Loading(job, load);
                        return Poll::Pending;
                    }
                },
                Stage::Running(mut run) => {
                    let step = run.poll(cx, &mut self.deadline);
                    if !matches!(step, Poll::Ready(Ok(Step::Finished { .. }) | Err(_))) {
                        self.stage = Stage::Running(run);
                    }
                    return step;
                }
                Stage::Over => panic!("a render was polled after its end"),
            }
        }
    }

    /// The error of a deadline that is over; else the task is woken when it is, if there is a timer.
    fn late(&mut self, cx: &mut Context<'_>) -> Option<Error> {
        late(&mut self.deadline, cx)
    }
}

/// The error of a deadline that is over; else the task is woken when it is, if there is a timer.
fn late(deadline: &mut Option<Deadline>, cx: &mut Context<'_>) -> Option<Error> {
    let deadline = deadline.as_mut()?;
    let over = deadline.is_over() || deadline.poll_over(cx).is_ready();
    over.then(|| HostFault::Deadline(deadline.allowed).into())
}

impl Run {
    fn start(job: Job, compiled: Arc<Compiled>, chunked: bool) -> Box<Self> {
        let configuration = Arc::clone(&job.configuration);
        let linked = job.linked.clone();
        let chunk = chunked.then(|| job.options.chunk());
        let pace = Pace {
            slice: Some(job.options.slice()),
            chunk,
        };
        Box::new(Run {
            machine: job.start(&compiled, pace),
            wait: None,
            timers: Timers::default(),
            configuration,
            compiled,
            linked,
            checks: Vec::new(),
            chunk,
            ready: 0,
        })
    }

    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        deadline: &mut Option<Deadline>,
    ) -> Poll<Result<Step, Error>> {
        if let Some(over) = deadline.as_ref().filter(|deadline| deadline.is_over()) {
            let error = HostFault::Deadline(over.allowed).into();
            return Poll::Ready(Err(self.machine.locate(error)));
        }
        self.checks.retain(|check| check.poll(cx));
        loop {
            if let Some(wait) = &mut self.wait {
                match wait.poll(cx) {
                    Poll::Ready(answer) => {
                        if let Some(Wait::Load(mut load)) = self.wait.take() {
                            self.checks.extend(load.take_check());
                        }
                        self.machine.resume(answer);
                        self.ready += 1;
                        if self.ready == MOST_READY {
                            self.ready = 0;
                            self.time_out();
                            cx.waker().wake_by_ref();
                            return Poll::Pending;
                        }
                    }
                    Poll::Pending => {
                        self.ready = 0;
                        if let Some(error) = late(deadline, cx) {
                            return Poll::Ready(Err(self.machine.locate(error)));
                        }
                        if let Some(handler) = self.timers.poll_over(&self.machine, cx) {
                            self.wait = None;
                            self.machine.resume(Answer::TimedOut { handler });
                            continue;
                        }
                        // What is written is sent before the wait; polled again, it waits on.
                        if self.chunk.is_some() && self.machine.output_len() > 0 {
                            return Poll::Ready(Ok(Step::Chunk {
                                text: self.machine.take_output(),
                                flush: true,
                            }));
                        }
                        return Poll::Pending;
                    }
                }
            }
            match self.machine.run() {
                Err(error) => return Poll::Ready(Err(error)),
                Ok(Outcome::Finished(value)) => {
                    let rest = self.machine.take_output();
                    if self.chunk.is_none() {
                        self.compiled.wrote(rest.len());
                    }
                    return Poll::Ready(Ok(Step::Finished { value, rest }));
                }
                Ok(Outcome::Suspended(Suspension::Yield)) => {
                    self.machine.resume(Answer::Continue);
                    self.time_out();
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Ok(Outcome::Suspended(Suspension::Flush)) => {
                    if let Some(step) = self.flush() {
                        return Poll::Ready(Ok(step));
                    }
                }
                Ok(Outcome::Suspended(Suspension::Timer { handler, after })) => {
                    self.timers.start(handler, after);
                    self.machine.resume(Answer::Continue);
                }
                Ok(Outcome::Suspended(Suspension::Fragment { key })) => {
                    let asked = fragments::ask(&self.configuration.fragments, &self.machine, key);
                    self.wait = Some(Wait::Fragment(asked));
                }
                Ok(Outcome::Suspended(Suspension::Keep {
                    key,
                    text,
                    ttl,
                    token,
                })) => {
                    let cache = &self.configuration.fragments;
                    self.wait = Some(Wait::Keep(fragments::keep(cache, &key, text, ttl, token)));
                }
                Ok(Outcome::Suspended(Suspension::Load { name })) => {
                    let linked = self.linked.as_ref().and_then(|linked| linked.get(&name));
                    let there = linked.cloned().or_else(|| {
                        let compiled = self.configuration.cached(&name)?;
                        Some(Arc::clone(&compiled.program))
                    });
                    match there {
                        Some(program) => self.machine.resume(Answer::Loaded {
                            name,
                            program: Ok(Some(program)),
                        }),
                        None => {
                            let load = LoadFuture::new(Arc::clone(&self.configuration), name);
                            self.wait = Some(Wait::Load(load));
                        }
                    }
                }
                Ok(Outcome::Suspended(Suspension::Await { pending })) => {
                    if pending.result().is_some() {
                        self.machine.resume(Answer::Awaited);
                    } else {
                        self.wait = Some(Wait::Await(pending.wait()));
                    }
                }
                Ok(Outcome::Suspended(Suspension::Next { stream })) => {
                    self.wait = Some(Wait::Next(stream));
                }
            }
        }
    }

    /// Ends a `try` that takes too long.
    fn time_out(&mut self) {
        if let Some(handler) = self.timers.over(&self.machine) {
            self.machine.resume(Answer::TimedOut { handler });
        }
    }

    /// Takes the output to hand it on, if chunks are wanted and there is any.
    fn flush(&mut self) -> Option<Step> {
        let step = self.chunk.and_then(|size| {
            let text = self.machine.take_output();
            // Shorter than a chunk: the template asked for it, for the reader to see.
            let flush = text.len() < size;
            (!text.is_empty()).then_some(Step::Chunk { text, flush })
        });
        self.machine.resume(Answer::Continue);
        step
    }
}

impl Wait {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Answer> {
        match self {
            Wait::Load(load) => load.poll_loaded(cx),
            Wait::Await(waiter) => waiter.poll_done(cx).map(|()| Answer::Awaited),
            Wait::Fragment(asked) => asked.poll_unpin(cx).map(Answer::Fragment),
            Wait::Keep(kept) => kept.poll_unpin(cx).map(|()| Answer::Continue),
            Wait::Next(stream) => {
                let mut stream = stream.lock();
                Pin::new(&mut *stream)
                    .poll_next(cx)
                    .map(|item| Answer::Item(item.transpose()))
            }
        }
    }
}

impl LoadFuture {
    /// As [`Future::poll`], with the answer as the machine takes it.
    fn poll_loaded(&mut self, cx: &mut Context<'_>) -> Poll<Answer> {
        self.poll_unpin(cx).map(|loaded| Answer::Loaded {
            name: self.name().clone(),
            program: loaded.map(|found| found.map(|compiled| Arc::clone(&compiled.program))),
        })
    }
}
