//! One machine and what it waits for: runs it as far as it goes without the others of its render.

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use arcstr::ArcStr;
use futures_core::future::BoxFuture;
use futures_util::FutureExt;

use crate::environment::{Compiled, Configuration, Linked};
use crate::error::Error;
use crate::render::RenderOptions;
use crate::render::combine;
use crate::render::fragments;
use crate::render::job::Parts;
use crate::render::load::{Check, LoadFuture};
use crate::render::timers::Timers;
use crate::value::{Pending, StreamReader, Value, ValueFuture, Waiter};
use crate::vm::{Answer, FragmentAnswer, Host, Machine, Outcome, Supply, Suspension};

/// What a render holds as long as it runs, for its machines to read.
pub(super) struct Held {
    pub(super) configuration: Arc<Configuration>,
    pub(super) options: Arc<RenderOptions>,
    pub(super) compiled: Arc<Compiled>,
}

impl Held {
    pub(super) fn parts(&self) -> Parts<'_> {
        Parts {
            configuration: &self.configuration,
            options: &self.options,
        }
    }

    /// What the machines are lent.
    pub(super) fn host(&self) -> Host<'_> {
        self.parts().host(&self.compiled)
    }
}

/// What the machines of a render have in common besides.
pub(super) struct Surroundings {
    pub(super) linked: Option<Arc<Linked>>,
    /// Checks of templates that were served as they were.
    pub(super) checks: Vec<Check>,
    /// Waits that were over at once since the task last paused.
    pub(super) ready: u32,
    /// How many turns of the task are left to others, as one was as long as several.
    pub(super) owed: u64,
    /// How much may be in flight at once.
    pub(super) most: usize,
}

/// How many waits may be over at once before others get their turn: a stream that always has an item
/// would keep the task busy without a single instruction.
pub(super) const MOST_READY: u32 = 128;

/// How many turns are left to others at most: after so many, each runtime has looked at all that others wait for.
const MOST_OWED: u64 = 64;

/// A machine and what it waits for.
pub(super) struct Lane {
    pub(super) machine: Machine,
    pub(super) wait: Option<Wait>,
    pub(super) timers: Timers,
}

/// What a machine waits for.
pub(super) enum Wait {
    Load(LoadFuture),
    Await(Waiter),
    /// The stream; none where it waits with the machine, or its item is there.
    Next(Option<StreamReader>),
    Fragment(BoxFuture<'static, FragmentAnswer>),
    Keep(BoxFuture<'static, ()>),
}

/// Why a machine stopped.
pub(super) enum Event {
    /// It waits, and its waker is woken.
    Waits,
    /// It did enough for now.
    Pauses,
    /// There is text to hand on; to be resumed.
    Flush,
    /// To be split, or to run in place.
    Branch,
    /// To be resumed once the branches of its innermost block have ended.
    Join,
    /// A body to take over, and to be sent later.
    Defer,
    /// A future to start; the machine goes on.
    Spawn(Arc<Pending>),
    Finished(Value),
    Failed(Error),
}

impl Lane {
    /// A machine that waits for nothing.
    pub(super) fn new(machine: Machine) -> Self {
        Lane {
            machine,
            wait: None,
            timers: Timers::default(),
        }
    }

    /// Makes the lane of a branch that has come to its end one that waits for nothing, with the room that it and its text
    /// have; false if that is too much to keep.
    pub(super) fn retire(&mut self, text: String) -> bool {
        self.wait = None;
        self.timers.clear();
        self.machine.retire_branch(text)
    }

    /// Runs the machine until others are concerned.
    pub(super) fn advance(
        &mut self,
        cx: &mut Context<'_>,
        held: &Held,
        around: &mut Surroundings,
    ) -> Event {
        let mut waits = false;
        loop {
            if let Some(wait) = &mut self.wait {
                let polled = match std::mem::take(&mut waits) {
                    true => Poll::Pending,
                    false => wait.poll(cx),
                };
                match polled {
                    Poll::Ready(answer) => {
                        if let Some(Wait::Load(mut load)) = self.wait.take() {
                            around.checks.extend(load.take_check());
                        }
                        self.machine.resume(answer);
                        around.ready += 1;
                        if around.ready >= MOST_READY {
                            self.time_out();
                            return Event::Pauses;
                        }
                    }
                    Poll::Pending => {
                        if !self.poll_time_out(cx) {
                            return Event::Waits;
                        }
                    }
                }
            }
            let now = Now::new(cx.waker(), around);
            let mut host = held.host();
            if self.machine.may_be_supplied() {
                host.supply = Some(&now);
            }
            let outcome = self.machine.run(&host);
            around.ready = now.ready.get();
            let polled = now.waits.take();
            let suspension = match outcome {
                Err(error) => return Event::Failed(error),
                Ok(Outcome::Finished(value)) => return Event::Finished(value),
                Ok(Outcome::Suspended(suspension)) => suspension,
            };
            match suspension {
                Suspension::Yield => {
                    let owed = around.owed + self.machine.overdrawn();
                    around.owed = owed.min(MOST_OWED);
                    self.machine.resume(Answer::Continue);
                    self.time_out();
                    return Event::Pauses;
                }
                Suspension::Flush => return Event::Flush,
                Suspension::Timer { handler, after } => {
                    self.timers.start(handler, after);
                    self.machine.resume(Answer::Continue);
                }
                Suspension::Fragment { key } => {
                    let cache = &held.configuration.fragments;
                    self.wait = Some(Wait::Fragment(fragments::ask(cache, &self.machine, key)));
                }
                Suspension::Keep {
                    key,
                    text,
                    ttl,
                    token,
                } => {
                    let cache = &held.configuration.fragments;
                    self.wait = Some(Wait::Keep(fragments::keep(cache, &key, text, ttl, token)));
                }
                Suspension::Load { name } => {
                    let linked = around.linked.as_ref().and_then(|linked| linked.get(&name));
                    let there = linked.cloned().or_else(|| {
                        let compiled = held.configuration.cached(&name)?;
                        Some(Arc::clone(&compiled.program))
                    });
                    match there {
                        Some(program) => self.machine.resume(Answer::Loaded {
                            name,
                            program: Ok(Some(program)),
                        }),
                        None => {
                            let load = LoadFuture::new(Arc::clone(&held.configuration), name);
                            self.wait = Some(Wait::Load(load));
                        }
                    }
                }
                Suspension::Await { pending } => {
                    if pending.result().is_some() {
                        self.machine.resume(Answer::Awaited);
                    } else {
                        waits = polled.is_some();
                        let wait = || Wait::Await(combine::wait(&pending, around.most));
                        self.wait = Some(polled.unwrap_or_else(wait));
                    }
                }
                Suspension::Next { stream } => {
                    waits = polled.is_some();
                    self.wait = Some(Wait::Next(Some(stream)));
                }
                Suspension::Branch => return Event::Branch,
                Suspension::Defer => return Event::Defer,
                Suspension::Join => return Event::Join,
                Suspension::Spawn { pending } => {
                    self.machine.resume(Answer::Spawned);
                    return Event::Spawn(pending);
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

    /// Ends a `try` that takes too long, and what the machine waits for with it; whether there was one. If
    /// not, the task is woken when there is.
    pub(super) fn poll_time_out(&mut self, cx: &mut Context<'_>) -> bool {
        match self.timers.poll_over(&self.machine, cx) {
            Some(handler) => {
                self.wait = None;
                self.machine.resume(Answer::TimedOut { handler });
                true
            }
            None => false,
        }
    }
}

/// What is there by now: polls once, in the midst of a run of the machine.
struct Now<'a> {
    waker: &'a Waker,
    most: usize,
    ready: Cell<u32>,
    /// What was polled and is not there, for which the machine suspends.
    waits: Cell<Option<Wait>>,
}

impl<'a> Now<'a> {
    fn new(waker: &'a Waker, around: &Surroundings) -> Self {
        Now {
            waker,
            most: around.most,
            ready: Cell::new(around.ready),
            waits: Cell::new(None),
        }
    }

    /// Whether others need not get their turn yet; counts what is there.
    fn may_go_on(&self) -> bool {
        let ready = self.ready.get() + 1;
        let may = ready < MOST_READY;
        if may {
            self.ready.set(ready);
        }
        may
    }

    /// Remembers that the next item was asked for and is not there.
    #[cold]
    fn wait_for_item(&self) {
        self.waits.set(Some(Wait::Next(None)));
    }
}

impl Supply for Now<'_> {
    fn item(&self, stream: &mut StreamReader, slot: &mut Value) -> Poll<Option<Result<(), Error>>> {
        if !self.may_go_on() {
            return Poll::Pending;
        }
        match poll_item(stream, &mut Context::from_waker(self.waker)) {
            Poll::Ready(Some(Ok(item))) => {
                slot.put(item);
                Poll::Ready(Some(Ok(())))
            }
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(error))),
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending => {
                self.wait_for_item();
                Poll::Pending
            }
        }
    }

    fn settles(&self, pending: &Arc<Pending>) -> bool {
        if !self.may_go_on() {
            return false;
        }
        let mut waiter = combine::wait(pending, self.most);
        let done = waiter.poll_done(&mut Context::from_waker(self.waker));
        if done.is_pending() {
            self.waits.set(Some(Wait::Await(waiter)));
        }
        done.is_ready()
    }

    fn begin(&self, label: ArcStr, future: ValueFuture) -> Result<Value, Arc<Pending>> {
        if !self.may_go_on() {
            return Err(Arc::new(Pending::new(label, future)));
        }
        let first = Pending::poll_first(label, future, &mut Context::from_waker(self.waker));
        if let Err(pending) = &first
            && pending.result().is_none()
        {
            self.waits.set(Some(Wait::Await(pending.wait())));
        }
        first
    }
}

impl fmt::Debug for Now<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Now").finish_non_exhaustive()
    }
}

/// The next item of a stream.
#[inline]
fn poll_item(
    reader: &mut StreamReader,
    cx: &mut Context<'_>,
) -> Poll<Option<Result<Value, Error>>> {
    reader.with(|stream| stream.as_mut().poll_next(cx))
}

impl Wait {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Answer> {
        match self {
            Wait::Load(load) => load.poll_loaded(cx),
            Wait::Await(waiter) => waiter.poll_done(cx).map(|()| Answer::Awaited),
            Wait::Fragment(asked) => asked.poll_unpin(cx).map(Answer::Fragment),
            Wait::Keep(kept) => kept.poll_unpin(cx).map(|()| Answer::Continue),
            Wait::Next(stream) => {
                let reader = stream.as_mut().expect("who has its item polls no more");
                let item = ready!(poll_item(reader, cx)).transpose();
                let stream = stream.take();
                Poll::Ready(Answer::Item { item, stream })
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
