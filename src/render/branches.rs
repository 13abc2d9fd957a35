//! What runs side by side within one render: branches of its template, deferred parts, and futures it has started.
//!
//! Each has a waker of its own that says which of them was woken, so that a wake-up costs the same however
//! many there are, and nothing is polled that is not ready. All of them run on the render's own task.

use std::collections::VecDeque;
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Wake, Waker};

use futures_util::task::AtomicWaker;
use slab::Slab;

use crate::error::Error;
use crate::render::combine;
use crate::render::deferred::Deferred;
use crate::render::lane::{Event, Held, Lane, Surroundings};
use crate::value::{Pending, Value, Waiter};
use crate::vm::{Answer, BranchPlace, Machine};

/// All that runs beside the machine of the whole template.
#[derive(Default)]
pub(super) struct Branches {
    entries: Slab<Entry>,
    /// How many of them are branches or deferred parts.
    branches: usize,
    /// How many of those stand still until others end.
    parked: usize,
    /// What can go on, the next first.
    ready: VecDeque<Who>,
    /// What has used up its slice, and goes on when others had their turn.
    paused: VecDeque<Who>,
    woken: Arc<Woken>,
    root: Stand,
    /// How many wait for something outside.
    waiting: usize,
    /// The number of the next entry.
    next: u64,
    /// Where something was deferred.
    deferred: Option<Deferred>,
    /// Deferred parts that start when others end, the next first.
    queue: VecDeque<Who>,
    /// Lanes and wakers of branches that have ended, for those to come.
    #[expect(
        clippy::vec_box,
        reason = "a lane moves from here to its branch and back"
    )]
    spare: Vec<Box<Lane>>,
    spare_bells: Vec<Arc<Bell>>,
    /// What the root gave at its end, if there is something to send behind it.
    ended: Option<Value>,
}

/// Something that runs: the machine of the whole template, or an entry and its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Root,
    Entry(usize, u64),
}

/// Something that runs beside the root.
struct Entry {
    number: u64,
    runs: Runs,
    stand: Stand,
}

enum Runs {
    Branch(Branch),
    Part(Box<Part>),
    Task(Waiter),
}

impl Runs {
    fn lane(&mut self) -> Option<&mut Lane> {
        match self {
            Runs::Branch(branch) => Some(&mut branch.lane),
            Runs::Part(part) => Some(&mut part.lane),
            Runs::Task(_) => None,
        }
    }
}

/// A deferred part.
struct Part {
    lane: Lane,
    number: usize,
}

/// A branch, and the machine that it was split off.
struct Branch {
    lane: Box<Lane>,
    parent: Who,
    place: BranchPlace,
    /// Told the branch's result, if another branch waits for it.
    result: Option<Arc<Pending>>,
}

/// How many lanes and wakers are kept: enough where one begins as another ends.
const MOST_SPARE: usize = 16;

/// How something stands.
#[derive(Default)]
struct Stand {
    bell: Option<Arc<Bell>>,
    parked: Parked,
    /// Whether it waits for something outside.
    waits: bool,
}

/// What a machine waits for within the render.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Parked {
    #[default]
    No,
    /// That one of its branches ends, so that another may start.
    Slot,
    /// That all of them end.
    Join,
    /// Of a deferred part, that it may start.
    Start,
}

/// Who was woken, and the task to be woken for that.
#[derive(Default)]
struct Woken {
    list: Mutex<Vec<Arc<Bell>>>,
    task: AtomicWaker,
}

/// The waker of one of them.
struct Bell {
    who: Who,
    is_rung: AtomicBool,
    woken: Arc<Woken>,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.is_rung.swap(true, Ordering::AcqRel) {
            self.woken.push(Arc::clone(self));
        }
    }
}

impl Woken {
    fn push(&self, bell: Arc<Bell>) {
        let mut list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        list.push(bell);
        drop(list);
        self.task.wake();
    }

    /// Who was woken since the last time; from here on each may ring again.
    fn take(&self) -> Vec<Who> {
        let bells = mem::take(&mut *self.list.lock().unwrap_or_else(PoisonError::into_inner));
        let bells = bells.into_iter();
        bells
            .map(|bell| {
                bell.is_rung.store(false, Ordering::Release);
                bell.who
            })
            .collect()
    }
}

/// Has a machine leave everything; gives its branches that run, by their keys.
fn abandon(root: &mut Lane, lane: &mut Lane) -> Vec<usize> {
    root.machine.lend_render(&mut lane.machine);
    lane.machine.abandon();
    root.machine.lend_render(&mut lane.machine);
    lane.machine.take_dropped()
}

/// Whether there is text enough to hand on.
fn is_full(root: &Lane, chunk: Option<usize>) -> bool {
    chunk.is_some_and(|chunk| root.machine.output_len() >= chunk)
}

impl Branches {
    /// Whether nothing runs beside the root, which does not wait for it either, and nothing is to be sent.
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.root.parked == Parked::No && self.deferred.is_none()
    }

    /// Does what the root asked for while nothing ran beside it.
    pub(super) fn handle_root(&mut self, root: &mut Lane, event: Event, held: &Held, most: usize) {
        let _ = self.handle(root, Who::Root, event, held, most);
        if self.root.parked == Parked::No && !self.ready.contains(&Who::Root) {
            self.ready.push_back(Who::Root);
        }
    }

    /// Runs what is ready until the root is over, has text to hand on, or all of them wait.
    pub(super) fn advance(
        &mut self,
        root: &mut Lane,
        cx: &mut Context<'_>,
        held: &Held,
        around: &mut Surroundings,
        chunk: Option<usize>,
    ) -> Event {
        self.woken.task.register(cx.waker());
        let may_go_on = !self.ready.is_empty() || !self.paused.is_empty();
        if !may_go_on && self.entries.is_empty() && self.ended.is_none() {
            self.ready.push_back(Who::Root);
        }
        // Who was woken since has a turn as who paused has.
        self.ready.extend(self.woken.take());
        self.collect(root, chunk);
        // What was written before a pause is handed on before there is more.
        if is_full(root, chunk) {
            return Event::Flush;
        }
        loop {
            if let Some(event) = self.send(root, held) {
                return event;
            }
            self.start_parts(around.most);
            let next = self.ready.pop_front();
            let Some(who) = next.or_else(|| self.paused.pop_front()) else {
                let woken = self.woken.take();
                if woken.is_empty() {
                    self.collect(root, chunk);
                    return Event::Waits;
                }
                self.ready.extend(woken);
                continue;
            };
            let Some(event) = self.turn(root, who, held, around) else {
                continue;
            };
            // Whose turn has come is to hand its text on before it has written much.
            let moves_turns = matches!(event, Event::Branch | Event::Finished(_));
            if let Some(event) = self.handle(root, who, event, held, around.most) {
                if matches!(event, Event::Pauses | Event::Flush) {
                    self.collect(root, chunk);
                }
                return event;
            }
            if moves_turns {
                self.collect(root, chunk);
            }
            // What ends without waiting does not pause by itself.
            if is_full(root, chunk) {
                return Event::Flush;
            }
        }
    }

    /// Runs one of them, if it is still there and can go on.
    fn turn(
        &mut self,
        root: &mut Lane,
        who: Who,
        held: &Held,
        around: &mut Surroundings,
    ) -> Option<Event> {
        if who == Who::Root && self.ended.is_some() {
            return None;
        }
        let waker = self.waker(who)?;
        let mut cx = Context::from_waker(&waker);
        let stand = self.stand(who)?;
        if stand.parked != Parked::No {
            // Woken while its branches run: by the timer of a `try` around them.
            if !self.lane(root, who)?.poll_time_out(&mut cx) {
                return None;
            }
            self.set_parked(who, Parked::No);
        }
        let waited = mem::take(&mut self.stand(who)?.waits);
        self.waiting -= usize::from(waited);
        let event = match who {
            Who::Root => {
                root.machine.set_others_waiting(self.waiting);
                root.advance(&mut cx, held, around)
            }
            Who::Entry(key, _) => match &mut self.entries[key].runs {
                Runs::Task(waiter) => match waiter.poll_done(&mut cx) {
                    std::task::Poll::Pending => Event::Waits,
                    std::task::Poll::Ready(()) => Event::Finished(Value::NONE),
                },
                runs => {
                    let lane = runs.lane().expect("what is no task has a machine");
                    root.machine.lend_render(&mut lane.machine);
                    lane.machine.set_others_waiting(self.waiting);
                    let event = lane.advance(&mut cx, held, around);
                    root.machine.lend_render(&mut lane.machine);
                    event
                }
            },
        };
        if let Some(lane) = self.lane(root, who)
            && lane.machine.has_dropped()
        {
            let dropped = lane.machine.take_dropped();
            self.end(root, dropped);
            self.drop_inner_parts(root, who);
        }
        Some(event)
    }

    /// Does what one of them asks for; gives what concerns the render as a whole.
    fn handle(
        &mut self,
        root: &mut Lane,
        who: Who,
        event: Event,
        held: &Held,
        most: usize,
    ) -> Option<Event> {
        match event {
            Event::Waits => {
                self.waiting += 1;
                self.stand(who)?.waits = true;
                None
            }
            Event::Pauses => {
                self.paused.push_back(who);
                Some(Event::Pauses)
            }
            Event::Flush => {
                self.ready.push_front(who);
                self.lane(root, who)?.machine.resume(Answer::Continue);
                Some(Event::Flush)
            }
            Event::Branch => {
                self.start(root, who, held, most);
                None
            }
            Event::Defer => {
                self.defer(root, who, held, most);
                None
            }
            Event::Join => {
                self.park(root, who, Parked::Join);
                None
            }
            Event::Spawn(pending) => {
                self.ready.push_front(who);
                let waiter = combine::wait(&pending, most);
                let key = self.insert(Runs::Task(waiter));
                self.ready.push_front(key);
                None
            }
            Event::Finished(value) if who == Who::Root => match self.deferred {
                None => Some(Event::Finished(value)),
                Some(_) => {
                    self.ended = Some(value);
                    // The page is whole, whatever comes behind it.
                    Some(Event::Flush)
                }
            },
            Event::Failed(error) if who == Who::Root => Some(Event::Failed(error)),
            Event::Finished(value) => {
                self.finish(root, who, &value, held, most);
                None
            }
            Event::Failed(error) => self.fail(root, who, held, error),
        }
    }

    /// Splits a branch off a machine, if it may start now.
    fn start(&mut self, root: &mut Lane, who: Who, held: &Held, most: usize) {
        // Neither those that stand still nor the machine itself, which goes on.
        let itself = usize::from(who != Who::Root);
        let busy = self.branches - self.parked - itself;
        let key = self.entries.vacant_key();
        let Some(lane) = self.lane(root, who) else {
            return;
        };
        let (running, limit) = lane.machine.load();
        let is_full = running >= limit || busy >= most;
        // Who makes a fragment waits for no other fragment that waits for it, which only shows where one
        // machine asks for both.
        let makes_fragment = lane.machine.fragment_tokens().next().is_some();
        if limit == 1 || is_full && running == 0 || makes_fragment {
            // The machine itself counts as one that runs.
            lane.machine.resume(Answer::InPlace);
            self.ready.push_front(who);
        } else if is_full {
            self.park(root, who, Parked::Slot);
        } else {
            let spare = self.spare.pop();
            let mut lane = spare.unwrap_or_else(|| Box::new(Lane::new(Machine::idle())));
            let split = self.with_render(root, who, |machine| {
                machine.split(&held.host(), key, &mut lane.machine)
            });
            let Some(split) = split else {
                return;
            };
            let branch = self.insert(Runs::Branch(Branch {
                lane,
                parent: who,
                place: split.place,
                result: split.result,
            }));
            self.branches += 1;
            self.ready.push_front(who);
            // One that paused goes on before there is another branch.
            if let Some(paused) = self.paused.pop_front() {
                self.ready.push_front(paused);
            }
            self.ready.push_front(branch);
        }
    }

    /// Has a machine stand still until its branches have ended.
    fn park(&mut self, root: &mut Lane, who: Who, parked: Parked) {
        let Some(waker) = self.waker(who) else {
            return;
        };
        let times_out = self
            .lane(root, who)
            .is_some_and(|lane| lane.poll_time_out(&mut Context::from_waker(&waker)));
        match times_out {
            false => self.set_parked(who, parked),
            true => self.ready.push_front(who),
        }
    }

    /// Splits a deferred part off a machine, which goes on behind it.
    fn defer(&mut self, root: &mut Lane, who: Who, held: &Held, most: usize) {
        let itself = usize::from(who != Who::Root);
        let is_full = self.branches - self.parked - itself >= most;
        let within = self.part_around(who);
        let deferred = self
            .deferred
            .get_or_insert_with(|| Deferred::new(held.options.deferral()));
        let (number, (begin, end)) = deferred.begin(within);
        let (begin, end) = (Value::safe(begin), Value::safe(end));
        let host = held.host();
        let machine = self.with_render(root, who, |machine| machine.defer(&host, begin, end));
        let Some(mut machine) = machine else {
            return;
        };
        // Those around may have ended when an error has to say how the render got there.
        let mut around = Some(who);
        while let Some(who) = around {
            let steps = self.with_render(root, who, |machine| machine.steps(&host));
            machine.add_steps(steps.unwrap_or_default());
            around = self.parent(who);
        }
        let lane = Lane::new(machine);
        let part = self.insert(Runs::Part(Box::new(Part { lane, number })));
        self.branches += 1;
        self.ready.push_front(who);
        if is_full {
            self.set_parked(part, Parked::Start);
            self.queue.push_back(part);
        } else {
            self.ready.push_front(part);
        }
    }

    /// Starts deferred parts as far as they may.
    fn start_parts(&mut self, most: usize) {
        while self.branches - self.parked < most
            && let Some(part) = self.queue.pop_front()
        {
            if self.stand(part).is_some() {
                self.set_parked(part, Parked::No);
                self.ready.push_back(part);
            }
        }
    }

    /// Sends what is ready once the page is sent; the end if that was all.
    fn send(&mut self, root: &mut Lane, held: &Held) -> Option<Event> {
        let (Some(deferred), Some(value)) = (&mut self.deferred, &self.ended) else {
            return None;
        };
        match deferred.next() {
            Some(part) => Some(match root.machine.send(&part.text, part.markup) {
                Ok(()) => Event::Flush,
                Err(error) => Event::Failed(root.machine.locate(&held.host(), error)),
            }),
            None => deferred.is_over().then(|| Event::Finished(value.clone())),
        }
    }

    /// Ends the parts whose placeholders stand in text that a deferred part has given up.
    fn drop_inner_parts(&mut self, root: &mut Lane, who: Who) {
        let Some(Runs::Part(part)) = self.runs(who) else {
            return;
        };
        if !part.lane.machine.take_gave_up() {
            return;
        }
        let number = part.number;
        let Some(deferred) = &mut self.deferred else {
            return;
        };
        let dropped = deferred.drop_within(number);
        let entries = self.entries.iter();
        let ended = entries
            .filter_map(|(key, entry)| match &entry.runs {
                Runs::Part(part) if dropped.contains(&part.number) => Some(key),
                _ => None,
            })
            .collect();
        self.end(root, ended);
    }

    /// The deferred part that one of them is or belongs to.
    fn part_around(&mut self, who: Who) -> Option<usize> {
        let mut who = who;
        loop {
            match self.runs(who)? {
                Runs::Part(part) => return Some(part.number),
                Runs::Branch(branch) => who = branch.parent,
                Runs::Task(_) => return None,
            }
        }
    }

    /// What a branch was split off.
    fn parent(&mut self, who: Who) -> Option<Who> {
        match self.runs(who)? {
            Runs::Branch(branch) => Some(branch.parent),
            Runs::Part(_) | Runs::Task(_) => None,
        }
    }

    /// A branch has ended: its machine goes on with what it gave. A deferred part is ready to be sent. Of a task nobody
    /// needs to know.
    fn finish(&mut self, root: &mut Lane, who: Who, value: &Value, held: &Held, most: usize) {
        let mut branch = match self.remove(who) {
            Some(Runs::Branch(branch)) => branch,
            Some(Runs::Part(mut part)) => {
                let text = part.lane.machine.take_output();
                abandon(root, &mut part.lane);
                if let Some(deferred) = &mut self.deferred {
                    deferred.finish(part.number, text);
                }
                return;
            }
            Some(Runs::Task(_)) | None => return,
        };
        let (parent, place) = (branch.parent, branch.place);
        if let Some(result) = branch.result.take() {
            result.complete(Ok(value.clone()));
        }
        let Some(lane) = self.lane(root, parent) else {
            abandon(root, &mut branch.lane);
            return;
        };
        let mut text = branch.lane.machine.take_output();
        let is_open = lane.machine.receive_branch(place, &mut text, Some(value));
        if branch.lane.machine.has_own_cells() {
            abandon(root, &mut branch.lane);
        }
        // What it shares with others it lets go of in any case.
        if branch.lane.retire(text) && self.spare.len() < MOST_SPARE {
            self.spare.push(branch.lane);
        }
        if !is_open {
            return;
        }
        let (running, limit) = match self.stand(parent).map(|stand| stand.parked) {
            None | Some(Parked::No) => return,
            Some(_) => self
                .lane(root, parent)
                .map_or((0, 0), |lane| lane.machine.load()),
        };
        match self.stand(parent).map(|stand| stand.parked) {
            Some(Parked::Join) if running == 0 => {
                self.set_parked(parent, Parked::No);
                self.ready.push_front(parent);
            }
            Some(Parked::Slot) if running < limit => {
                self.set_parked(parent, Parked::No);
                self.start(root, parent, held, most);
            }
            _ => {}
        }
    }

    /// A branch has failed: the others of its block end, and its machine fails. With a deferred part the render does.
    fn fail(&mut self, root: &mut Lane, who: Who, held: &Held, error: Error) -> Option<Event> {
        let mut runs = self.remove(who)?;
        // It may have failed while branches of its own run.
        let within = runs.lane().map(|lane| abandon(root, lane));
        self.end(root, within.unwrap_or_default());
        let branch = match runs {
            Runs::Branch(branch) => branch,
            Runs::Part(_) => return Some(Event::Failed(error)),
            Runs::Task(_) => return None,
        };
        let (parent, place) = (branch.parent, branch.place);
        drop(branch);
        let lane = self.lane(root, parent)?;
        lane.wait = None;
        let dropped = self.with_render(root, parent, |machine| {
            machine.fail_branch(&held.host(), place, error);
            machine.take_dropped()
        })?;
        self.end(root, dropped);
        if let Some(stand) = self.stand(parent) {
            let waits = mem::take(&mut stand.waits);
            self.waiting -= usize::from(waits);
        }
        self.set_parked(parent, Parked::No);
        self.ready.push_front(parent);
        None
    }

    /// Ends some of them, by their keys, and their branches.
    fn end(&mut self, root: &mut Lane, mut ended: Vec<usize>) {
        while let Some(key) = ended.pop() {
            let Some(number) = self.entries.get(key).map(|entry| entry.number) else {
                continue;
            };
            let mut runs = self.remove(Who::Entry(key, number));
            if let Some(lane) = runs.as_mut().and_then(Runs::lane) {
                lane.wait = None;
                ended.extend(abandon(root, lane));
            }
        }
    }

    /// Hands text on from the branch whose turn it is, up to the root, and has it do so by itself.
    fn collect(&mut self, root: &mut Lane, chunk: Option<usize>) {
        let Some(chunk) = chunk else {
            return;
        };
        let mut path = Vec::new();
        let mut next = root.machine.next_branch();
        while let Some(key) = next
            && let Some(Runs::Branch(branch)) = self.entries.get(key).map(|entry| &entry.runs)
        {
            path.push(key);
            next = branch.lane.machine.next_branch();
        }
        while let Some(key) = path.pop() {
            let Some(Runs::Branch(branch)) = self.entries.get_mut(key).map(|entry| &mut entry.runs)
            else {
                continue;
            };
            branch.lane.machine.stream(chunk);
            let mut text = branch.lane.machine.take_output();
            let (parent, place) = (branch.parent, branch.place);
            if !text.is_empty()
                && let Some(lane) = self.lane(root, parent)
            {
                lane.machine.receive_branch(place, &mut text, None);
            }
        }
    }

    fn insert(&mut self, runs: Runs) -> Who {
        let number = self.next;
        self.next += 1;
        let key = self.entries.insert(Entry {
            number,
            runs,
            stand: Stand::default(),
        });
        Who::Entry(key, number)
    }

    fn remove(&mut self, who: Who) -> Option<Runs> {
        let Who::Entry(key, _) = who else {
            return None;
        };
        self.stand(who)?;
        let entry = self.entries.remove(key);
        self.parked -= usize::from(entry.stand.parked != Parked::No);
        self.waiting -= usize::from(entry.stand.waits);
        if let Some(mut bell) = entry.stand.bell
            && self.spare_bells.len() < MOST_SPARE
            && Arc::get_mut(&mut bell).is_some()
        {
            self.spare_bells.push(bell);
        }
        self.branches -= usize::from(!matches!(entry.runs, Runs::Task(_)));
        Some(entry.runs)
    }

    /// Does something with the machine of one of them while the render is lent to it.
    fn with_render<T>(
        &mut self,
        root: &mut Lane,
        who: Who,
        act: impl FnOnce(&mut Machine) -> T,
    ) -> Option<T> {
        if who == Who::Root {
            return Some(act(&mut root.machine));
        }
        let machine = &mut self.runs(who)?.lane()?.machine;
        root.machine.lend_render(machine);
        let result = act(machine);
        root.machine.lend_render(machine);
        Some(result)
    }

    /// The machine of one of them, unless it has ended or has none.
    fn lane<'a>(&'a mut self, root: &'a mut Lane, who: Who) -> Option<&'a mut Lane> {
        match who {
            Who::Root => Some(root),
            Who::Entry(..) => self.runs(who)?.lane(),
        }
    }

    /// What one of them runs, unless it has ended or is the root.
    fn runs(&mut self, who: Who) -> Option<&mut Runs> {
        let Who::Entry(key, number) = who else {
            return None;
        };
        let entry = self.entries.get_mut(key)?;
        (entry.number == number).then_some(&mut entry.runs)
    }

    /// How one of them stands, unless it has ended.
    fn stand(&mut self, who: Who) -> Option<&mut Stand> {
        match who {
            Who::Root => Some(&mut self.root),
            Who::Entry(key, number) => {
                let entry = self.entries.get_mut(key)?;
                (entry.number == number).then_some(&mut entry.stand)
            }
        }
    }

    fn set_parked(&mut self, who: Who, parked: Parked) {
        let Some(stand) = self.stand(who) else {
            return;
        };
        let before = mem::replace(&mut stand.parked, parked);
        if who != Who::Root {
            self.parked -= usize::from(before != Parked::No);
            self.parked += usize::from(parked != Parked::No);
        }
    }

    /// The waker of one of them, unless it has ended.
    fn waker(&mut self, who: Who) -> Option<Waker> {
        let bell = match &self.stand(who)?.bell {
            Some(bell) => Arc::clone(bell),
            None => {
                let bell = self.bell(who);
                self.stand(who)?.bell = Some(Arc::clone(&bell));
                bell
            }
        };
        Some(Waker::from(bell))
    }

    /// A bell of one of them; that of another which nobody can ring any more is as good as a new one.
    fn bell(&mut self, who: Who) -> Arc<Bell> {
        if let Some(mut bell) = self.spare_bells.pop()
            && let Some(free) = Arc::get_mut(&mut bell)
        {
            free.who = who;
            return bell;
        }
        Arc::new(Bell {
            who,
            is_rung: AtomicBool::new(false),
            woken: Arc::clone(&self.woken),
        })
    }
}
