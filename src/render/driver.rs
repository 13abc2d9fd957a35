//! The async driver: runs a machine and waits for what it waits for.

use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_util::FutureExt;

use crate::environment::Compiled;
use crate::error::{Error, HostFault};
use crate::render::branches::Branches;
use crate::render::clock::Deadline;
use crate::render::defer_mode::DeferMode;
use crate::render::job::{HostData, Job, Pace, Target};
use crate::render::lane::{Event, Held, Lane, Surroundings};
use crate::render::load::LoadFuture;
use crate::value::Value;
use crate::vm::{Answer, Machine};

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

/// The machine of the whole template, and those that were split off.
struct Run {
    root: Lane,
    /// Where anything runs beside the root.
    branches: Option<Box<Branches>>,
    around: Surroundings,
    held: Held,
    chunk: Option<usize>,
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
                    self.deadline = job.parts().deadline().map(Deadline::start);
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
                        run.around.checks.extend(load.take_check());
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
        let chunk = chunked.then(|| job.options.chunk());
        let most = job.options.most_concurrent();
        let pace = Pace {
            slice: Some(job.options.slice()),
            chunk,
            defers: chunked && *job.options.deferral() != DeferMode::InOrder,
        };
        let held = Held {
            configuration: job.configuration,
            options: job.options,
            compiled,
        };
        let mut machine = Machine::idle();
        let HostData { context, linked } = job.data;
        let parts = held.parts();
        parts.set_up(&mut machine, &held.compiled, &job.entry, context, pace);
        Box::new(Run {
            root: Lane::new(machine),
            branches: None,
            around: Surroundings {
                linked,
                checks: Vec::new(),
                ready: 0,
                owed: 0,
                most,
            },
            held,
            chunk,
        })
    }

    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        deadline: &mut Option<Deadline>,
    ) -> Poll<Result<Step, Error>> {
        let held = &self.held;
        if let Some(over) = deadline.as_ref().filter(|deadline| deadline.is_over()) {
            let error = HostFault::Deadline(over.allowed).into();
            return Poll::Ready(Err(self.root.machine.locate(&held.host(), error)));
        }
        // A turn was as long as several, and others get theirs before the next.
        if let Some(owed) = self.around.owed.checked_sub(1) {
            self.around.owed = owed;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.around.checks.retain(|check| check.poll(cx));
        loop {
            let event = match &mut self.branches {
                None => self.root.advance(cx, held, &mut self.around),
                Some(branches) => {
                    let event =
                        branches.advance(&mut self.root, cx, held, &mut self.around, self.chunk);
                    if branches.is_empty() {
                        self.branches = None;
                        self.root.machine.set_others_waiting(0);
                    }
                    event
                }
            };
            match event {
                Event::Waits => {
                    self.around.ready = 0;
                    if let Some(error) = late(deadline, cx) {
                        return Poll::Ready(Err(self.root.machine.locate(&held.host(), error)));
                    }
                    // What is written is sent before the wait; polled again, it waits on.
                    if self.chunk.is_some() && self.root.machine.output_len() > 0 {
                        return Poll::Ready(Ok(Step::Chunk {
                            text: self.root.machine.take_output(),
                            flush: true,
                        }));
                    }
                    return Poll::Pending;
                }
                Event::Pauses => {
                    self.around.ready = 0;
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Event::Flush => {
                    if self.branches.is_none() {
                        self.root.machine.resume(Answer::Continue);
                    }
                    if let Some(step) = flush(&mut self.root, self.chunk) {
                        return Poll::Ready(Ok(step));
                    }
                }
                beside @ (Event::Branch | Event::Join | Event::Spawn(_) | Event::Defer) => {
                    let branches = self.branches.get_or_insert_default();
                    branches.handle_root(&mut self.root, beside, held, self.around.most);
                }
                Event::Finished(value) => {
                    let rest = self.root.machine.take_output();
                    if self.chunk.is_none() {
                        held.compiled.wrote(rest.len());
                    }
                    return Poll::Ready(Ok(Step::Finished { value, rest }));
                }
                Event::Failed(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

/// Takes the output to hand it on, if chunks are wanted and there is any.
fn flush(root: &mut Lane, chunk: Option<usize>) -> Option<Step> {
    chunk.and_then(|size| {
        let text = root.machine.take_output();
        // Shorter than a chunk: the template asked for it, for the reader to see.
        let flush = text.len() < size;
        (!text.is_empty()).then_some(Step::Chunk { text, flush })
    })
}
