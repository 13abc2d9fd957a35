//! What runs side by side within one render: branches of its template, and futures it has started.
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
use crate::render::lane::{Event, Held, Lane, Surroundings};
use crate::value::{Pending, Value, Waiter};
use crate::vm::{Answer, BranchPlace, GroupId, Machine};

/// All that runs beside the machine of the whole template.
#[derive(Default)]
pub(super) struct Branches {
    entries: Slab<Entry>,
    /// How many of them are branches.
    branches: usize,
    /// How many of those stand still until branches of their own end.
    parked: usize,
    /// What can go on, the next first.
    ready: VecDeque<Who>,
    woken: Arc<Woken>,
    root: Stand,
    /// How many wait for something outside.
    waiting: usize,
    /// The number of the next entry.
    next: u64,
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
    Branch(Box<Branch>),
    Task(Waiter),
}

/// A branch, and the machine that it was split off.
struct Branch {
    lane: Lane,
    parent: Who,
    place: BranchPlace,
    /// Told the branch's result, if another branch waits for it.
    result: Option<Arc<Pending>>,
}

/// How something stands.
#[derive(Default)]
struct Stand {
    waker: Option<Waker>,
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

impl Branches {
    /// Whether nothing runs beside the root, which does not wait for it either.
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.root.parked == Parked::No
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
        if self.ready.is_empty() && self.entries.is_empty() {
            self.ready.push_back(Who::Root);
        }
        loop {
            let Some(who) = self.ready.pop_front() else {
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
            if let Some(event) = self.handle(root, who, event, held, around.most) {
                if matches!(event, Event::Pauses | Event::Flush) {
                    self.collect(root, chunk);
                }
                return event;
            }
            // What ends without waiting does not pause by itself.
            if chunk.is_some_and(|chunk| root.machine.output_len() >= chunk) {
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
                Runs::Branch(branch) => {
                    let machine = &mut branch.lane.machine;
                    root.machine.lend_render(machine);
                    machine.set_others_waiting(self.waiting);
                    let event = branch.lane.advance(&mut cx, held, around);
                    root.machine.lend_render(&mut branch.lane.machine);
                    event
                }
                Runs::Task(waiter) => match waiter.poll_done(&mut cx) {
                    std::task::Poll::Pending => Event::Waits,
                    std::task::Poll::Ready(()) => Event::Finished(Value::NONE),
                },
            },
        };
        let dropped = self.lane(root, who).map(|lane| lane.machine.take_dropped());
        for group in dropped.into_iter().flatten() {
            self.cancel(root, who, group);
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
                self.ready.push_back(who);
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
            Event::Finished(value) if who == Who::Root => Some(Event::Finished(value)),
            Event::Failed(error) if who == Who::Root => Some(Event::Failed(error)),
            Event::Finished(value) => {
                self.finish(root, who, &value, held, most);
                None
            }
            Event::Failed(error) => {
                self.fail(root, who, held, error);
                None
            }
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
            let split = self.with_render(root, who, |machine| machine.split(&held.host(), key));
            let Some(split) = split else {
                return;
            };
            let branch = self.insert(Runs::Branch(Box::new(Branch {
                lane: Lane::new(split.machine),
                parent: who,
                place: split.place,
                result: split.result,
            })));
            self.branches += 1;
            self.ready.push_front(who);
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

    /// A branch has ended: its machine goes on with what it gave. Of a task nobody needs to know.
    fn finish(&mut self, root: &mut Lane, who: Who, value: &Value, held: &Held, most: usize) {
        let Some(Runs::Branch(mut branch)) = self.remove(who) else {
            return;
        };
        let text = branch.lane.machine.take_output();
        let (parent, place) = (branch.parent, branch.place);
        if let Some(result) = branch.result.take() {
            result.complete(Ok(value.clone()));
        }
        drop(branch);
        let Some(lane) = self.lane(root, parent) else {
            return;
        };
        if !lane.machine.receive_branch(place, text, Some(value)) {
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

    /// A branch has failed: the others of its block end, and its machine fails.
    fn fail(&mut self, root: &mut Lane, who: Who, held: &Held, error: Error) {
        let Some(Runs::Branch(branch)) = self.remove(who) else {
            return;
        };
        let (parent, group) = (branch.parent, branch.place.group);
        drop(branch);
        self.cancel(root, parent, group);
        let Some(lane) = self.lane(root, parent) else {
            return;
        };
        lane.wait = None;
        let dropped = self.with_render(root, parent, |machine| {
            machine.fail_branch(&held.host(), group, error);
            machine.take_dropped()
        });
        for group in dropped.into_iter().flatten() {
            self.cancel(root, parent, group);
        }
        if let Some(stand) = self.stand(parent) {
            let waits = mem::take(&mut stand.waits);
            self.waiting -= usize::from(waits);
        }
        self.set_parked(parent, Parked::No);
        self.ready.push_front(parent);
    }

    /// Ends the branches of a block, and theirs.
    fn cancel(&mut self, root: &mut Lane, parent: Who, group: GroupId) {
        let mut ended =
            self.children(|branch| branch.parent == parent && branch.place.group == group);
        while let Some(who) = ended.pop() {
            ended.extend(self.children(|branch| branch.parent == who));
            if let Some(Runs::Branch(mut branch)) = self.remove(who) {
                branch.lane.wait = None;
                root.machine.lend_render(&mut branch.lane.machine);
                branch.lane.machine.abandon();
                root.machine.lend_render(&mut branch.lane.machine);
            }
        }
    }

    fn children(&self, belongs: impl Fn(&Branch) -> bool) -> Vec<Who> {
        let entries = self.entries.iter();
        entries
            .filter_map(|(key, entry)| match &entry.runs {
                Runs::Branch(branch) if belongs(branch) => Some(Who::Entry(key, entry.number)),
                _ => None,
            })
            .collect()
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
            let text = branch.lane.machine.take_output();
            let (parent, place) = (branch.parent, branch.place);
            if !text.is_empty()
                && let Some(lane) = self.lane(root, parent)
            {
                lane.machine.receive_branch(place, text, None);
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
        self.set_parked(who, Parked::No);
        let entry = self.entries.remove(key);
        self.waiting -= usize::from(entry.stand.waits);
        self.branches -= usize::from(matches!(entry.runs, Runs::Branch(_)));
        Some(entry.runs)
    }

    /// Does something with the machine of one of them while the render is lent to it.
    fn with_render<T>(
        &mut self,
        root: &mut Lane,
        who: Who,
        act: impl FnOnce(&mut Machine) -> T,
    ) -> Option<T> {
        let Who::Entry(key, number) = who else {
            return Some(act(&mut root.machine));
        };
        let entry = self.entries.get_mut(key)?;
        let Runs::Branch(branch) = &mut entry.runs else {
            return None;
        };
        if entry.number != number {
            return None;
        }
        let machine = &mut branch.lane.machine;
        root.machine.lend_render(machine);
        let result = act(machine);
        root.machine.lend_render(machine);
        Some(result)
    }

    /// The machine of one of them, unless it has ended or has none.
    fn lane<'a>(&'a mut self, root: &'a mut Lane, who: Who) -> Option<&'a mut Lane> {
        match who {
            Who::Root => Some(root),
            Who::Entry(key, number) => {
                let entry = self.entries.get_mut(key)?;
                match &mut entry.runs {
                    Runs::Branch(branch) if entry.number == number => Some(&mut branch.lane),
                    _ => None,
                }
            }
        }
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
        let woken = Arc::clone(&self.woken);
        let stand = self.stand(who)?;
        let waker = stand.waker.get_or_insert_with(|| {
            Waker::from(Arc::new(Bell {
                who,
                is_rung: AtomicBool::new(false),
                woken,
            }))
        });
        Some(waker.clone())
    }
}
