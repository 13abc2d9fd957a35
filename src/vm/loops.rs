//! The state of running loops.

use std::sync::Arc;
use std::task::Poll;

use crate::bytecode::{LoopField, LoopInfo};
use crate::call::Budget;
use crate::error::Error;
use crate::error::machine::MachineFault;
use crate::value::{
    Charge, List, Pending, Repr, StreamReader, Undefined, UndefinedPolicy, Value, ValueIter,
    compare, iterate,
};
use crate::vm::dispatch::Control;
use crate::vm::library::Library;
use crate::vm::machine::Machine;
use crate::vm::objects::LoopObject;
use crate::vm::outcome::{Supply, Suspension};
use crate::vm::waits::Waiting;

/// A running loop.
///
/// Of most loops only the number of the round is asked for; what others need is made for them.
#[derive(Debug)]
pub(super) struct LoopState {
    source: LoopSource,
    /// Of the item that runs now; `usize::MAX` before the first.
    pub(super) index0: usize,
    /// How many items there are, where that is known.
    pub(super) length: Option<usize>,
    /// What `loop` as a value finds its loop by.
    pub(super) id: u64,
    /// 0 for the outermost round of a recursive loop.
    pub(super) depth: u32,
    pub(super) recursive: Option<u32>,
    completed: bool,
    lookahead: bool,
    filtered: bool,
    remembers: bool,
    /// Whether taking an item is no more than counting it.
    only_counts: bool,
    items: Option<Box<LoopItems>>,
}

/// The items of a loop that are looked at besides the one that runs.
#[derive(Clone, Debug, Default)]
struct LoopItems {
    /// The item after the one that runs, in a loop that looks ahead.
    ahead: Option<Value>,
    /// Whether `ahead` was asked for: then none means the end.
    looked_ahead: bool,
    previous: Option<Value>,
    current: Option<Value>,
    changed: Option<Vec<Value>>,
    /// `loop` as a value, if the body asked for it.
    object: Option<Arc<LoopObject>>,
    /// The answer to the item that was asked for.
    fetched: Option<Result<Option<Value>, Error>>,
}

/// Where items come from.
#[derive(Debug)]
enum LoopSource {
    /// Integers, without making an iterator.
    Integers {
        next: i64,
        step: i64,
        left: u64,
    },
    /// The items of a list that no template changes, from an index on.
    Items {
        list: Arc<List>,
        next: usize,
    },
    Values(ValueIter),
    /// A stream, none while the driver has it, and how many items more it may give.
    Stream {
        reader: Option<StreamReader>,
        left: u64,
    },
    /// A stream that is read to its end before the first round, and its items so far.
    Collect(Box<(Option<StreamReader>, Vec<Value>)>),
}

/// What asking for an item gives.
pub(super) enum Fetched {
    Item(Value),
    End,
    /// The stream must be polled first.
    Wait,
}

/// What can be said at once of the next item.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum AtOnce {
    Taken,
    End,
    /// The stream must be waited for.
    Wait,
    /// Nothing.
    Unknown,
}

/// Whether the driver has given an answer that nobody has taken yet.
#[inline]
fn is_fetched(items: &Option<Box<LoopItems>>) -> bool {
    let items = items.as_ref();
    items.is_some_and(|items| items.fetched.is_some())
}

impl LoopState {
    /// The state of the round that runs, for a branch of it.
    pub(super) fn snapshot(&self) -> LoopState {
        LoopState {
            source: LoopSource::Integers {
                next: 0,
                step: 0,
                left: 0,
            },
            items: self.items.as_ref().map(|items| {
                Box::new(LoopItems {
                    object: None,
                    fetched: None,
                    ..LoopItems::clone(items)
                })
            }),
            ..*self
        }
    }

    /// What is kept of its items, made now if there is nothing.
    fn items(&mut self) -> &mut LoopItems {
        self.items.get_or_insert_default()
    }

    /// Whether it reads a stream.
    #[inline]
    fn reads_stream(&self) -> bool {
        matches!(self.source, LoopSource::Stream { .. })
    }

    /// Has the driver give the next item of the stream, unless it has; whether the loop has to wait for that.
    fn ask(&mut self, supply: Option<&dyn Supply>) -> bool {
        let LoopSource::Stream {
            reader: Some(reader),
            ..
        } = &mut self.source
        else {
            return false;
        };
        if is_fetched(&self.items) {
            return false;
        }
        let mut item = Value::NONE;
        let asked = supply.map_or(Poll::Pending, |supply| supply.item(reader, &mut item));
        let Poll::Ready(answer) = asked else {
            return true;
        };
        let answer = answer.map(|found| found.map(|()| item));
        self.items().fetched = Some(answer.transpose());
        false
    }

    /// The stream, for the driver, which gives it back with the next item.
    fn lend_stream(&mut self) -> Option<StreamReader> {
        match &mut self.source {
            LoopSource::Stream { reader, .. } => reader.take(),
            LoopSource::Collect(collected) => collected.0.take(),
            _ => None,
        }
    }

    /// Takes an item that the driver polled, and the stream back.
    pub(super) fn receive(
        &mut self,
        item: Result<Option<Value>, Error>,
        reader: Option<StreamReader>,
    ) {
        match &mut self.source {
            LoopSource::Stream { reader: lent, .. } => *lent = reader,
            LoopSource::Collect(collected) => collected.0 = reader,
            _ => {}
        }
        self.items().fetched = Some(item);
    }

    /// The next item of the source.
    #[inline]
    fn fetch(&mut self, budget: &Budget) -> Result<Fetched, Error> {
        match &mut self.source {
            LoopSource::Integers { next, step, left } => {
                if *left == 0 {
                    return Ok(Fetched::End);
                }
                *left -= 1;
                let item = *next;
                *next = next.wrapping_add(*step);
                Ok(Fetched::Item(Value::int(item)))
            }
            LoopSource::Items { list, next } => {
                let item = match &**list {
                    List::Frozen(items) => items.get(*next).map(Value::copied),
                    List::Taped(items) => {
                        // The round that begins forgets the item before the last, whose place is free for the next.
                        let kept = self.items.as_mut().filter(|_| !self.lookahead);
                        let free = kept.and_then(|kept| kept.previous.take());
                        let mut item = free.unwrap_or_default();
                        items.put_item(*next, &mut item).then_some(item)
                    }
                    List::Shared(_) => None,
                };
                Ok(match item {
                    Some(item) => {
                        *next += 1;
                        Fetched::Item(item)
                    }
                    None => Fetched::End,
                })
            }
            LoopSource::Values(values) => Ok(match values.next() {
                Some(item) => Fetched::Item(item),
                None => Fetched::End,
            }),
            LoopSource::Stream { left, .. } => {
                match self.items.as_mut().and_then(|items| items.fetched.take()) {
                    None => Ok(Fetched::Wait),
                    Some(item) => match item? {
                        None => {
                            // The stream is dropped at once, and is not asked again.
                            self.source = LoopSource::Integers {
                                next: 0,
                                step: 0,
                                left: 0,
                            };
                            Ok(Fetched::End)
                        }
                        Some(item) => {
                            *left = budget.one_item_less(*left)?;
                            Ok(Fetched::Item(item))
                        }
                    },
                }
            }
            LoopSource::Collect(collected) => loop {
                let (_, items) = &mut **collected;
                match self.items.as_mut().and_then(|items| items.fetched.take()) {
                    None => return Ok(Fetched::Wait),
                    Some(item) => match item? {
                        Some(item) => {
                            budget.items(items.len() as u64 + 1)?;
                            budget.memory(size_of::<Value>() as u64)?;
                            items.push(item);
                        }
                        None => {
                            let items = std::mem::take(items);
                            self.length = Some(items.len());
                            self.source = LoopSource::Values(ValueIter::new(items.into_iter()));
                            return self.fetch(budget);
                        }
                    },
                }
            },
        }
    }

    /// The next item that the body or the loop's test sees, one ahead of the source if it looks ahead.
    #[inline]
    fn advance(&mut self, budget: &Budget) -> Result<Fetched, Error> {
        if !self.lookahead || self.filtered {
            return self.fetch(budget);
        }
        if !self.items().looked_ahead {
            match self.fetch(budget)? {
                Fetched::Item(item) => self.items().ahead = Some(item),
                Fetched::End => return Ok(Fetched::End),
                Fetched::Wait => return Ok(Fetched::Wait),
            }
            self.items().looked_ahead = true;
        }
        if self.items().ahead.is_none() {
            return Ok(Fetched::End);
        }
        let next = match self.fetch(budget)? {
            Fetched::Item(item) => Some(item),
            Fetched::End => None,
            Fetched::Wait => return Ok(Fetched::Wait),
        };
        let item = std::mem::replace(&mut self.items().ahead, next);
        Ok(item.map_or(Fetched::End, Fetched::Item))
    }

    /// The next item, counted as the one that runs now unless the loop's test must see it first.
    #[inline]
    pub(super) fn next(&mut self, budget: &Budget) -> Result<Fetched, Error> {
        let fetched = self.advance(budget)?;
        if !self.filtered
            && let Fetched::Item(item) = &fetched
        {
            self.begin_round(item);
        }
        Ok(fetched)
    }

    /// Puts the next item, counted, into a slot, if the loop does no more than count and the source has it at hand.
    #[inline(always)]
    fn next_at_once(&mut self, slot: &mut Value, supply: Option<&dyn Supply>) -> AtOnce {
        if !self.only_counts {
            return AtOnce::Unknown;
        }
        match &mut self.source {
            LoopSource::Integers { next, step, left } => {
                if *left == 0 {
                    return AtOnce::End;
                }
                *left -= 1;
                let item = *next;
                *next = item.wrapping_add(*step);
                slot.put(Value::int(item));
            }
            LoopSource::Items { list, next } => {
                match &**list {
                    List::Frozen(items) => {
                        let Some(item) = items.get(*next) else {
                            return AtOnce::End;
                        };
                        slot.put(item.copied());
                    }
                    List::Taped(taped) => {
                        if !taped.put_item(*next, slot) {
                            return AtOnce::End;
                        }
                    }
                    List::Shared(_) => return AtOnce::Unknown,
                }
                *next += 1;
            }
            LoopSource::Stream {
                reader: Some(reader),
                left: left @ 1..,
            } => {
                let (Some(supply), false) = (supply, is_fetched(&self.items)) else {
                    return AtOnce::Unknown;
                };
                match supply.item(reader, slot) {
                    Poll::Ready(Some(Ok(()))) => *left -= 1,
                    Poll::Ready(last) => return self.keep_last(last),
                    Poll::Pending => return AtOnce::Wait,
                }
            }
            _ => return AtOnce::Unknown,
        }
        self.index0 = self.index0.wrapping_add(1);
        AtOnce::Taken
    }

    /// Keeps what a stream gave instead of an item.
    #[cold]
    fn keep_last(&mut self, last: Option<Result<(), Error>>) -> AtOnce {
        let last = last.and_then(Result::err).map_or(Ok(None), Err);
        self.items().fetched = Some(last);
        AtOnce::Unknown
    }

    /// Counts an item as the one that runs now.
    #[inline]
    pub(super) fn begin_round(&mut self, item: &Value) {
        self.index0 = self.index0.wrapping_add(1);
        if self.remembers {
            let items = self.items();
            items.previous = items.current.replace(item.clone());
            if let Some(object) = items.object.clone() {
                object.update(self);
            }
        }
    }

    /// `loop` as a value.
    pub(super) fn value(&mut self) -> Value {
        let object = match self.items().object.clone() {
            Some(object) => object,
            None => {
                let object = LoopObject::new(self);
                self.items().object = Some(object.clone());
                object
            }
        };
        Value::from_arc_object(object)
    }

    /// Holds an item that passed the loop's test back; gives the one held back before.
    fn hold(&mut self, item: Value) -> Option<Value> {
        let items = self.items();
        items.looked_ahead = true;
        items.ahead.replace(item)
    }

    /// Whether the item that runs is the last.
    pub(super) fn is_last(&self) -> Option<bool> {
        if self.lookahead {
            return Some(self.ahead().is_none());
        }
        Some(self.index0.wrapping_add(1) == self.length?)
    }

    /// The item after the one that runs, as far as it is known.
    pub(super) fn next_item(&self) -> Option<Value> {
        self.ahead().cloned()
    }

    fn previous(&self) -> Option<&Value> {
        self.items.as_ref()?.previous.as_ref()
    }

    fn ahead(&self) -> Option<&Value> {
        self.items.as_ref()?.ahead.as_ref()
    }

    /// Whether the values differ from those of the last call.
    pub(super) fn has_changed(
        &mut self,
        charge: &dyn Charge,
        values: Vec<Value>,
    ) -> Result<bool, Error> {
        let known = &mut self.items().changed;
        if let Some(last) = known
            && last.len() == values.len()
        {
            let mut same = true;
            for (a, b) in std::iter::zip(&*last, &values) {
                if !compare::equal(charge, a, b)? {
                    same = false;
                    break;
                }
            }
            if same {
                return Ok(false);
            }
        }
        *known = Some(values);
        Ok(true)
    }
}

impl Machine {
    /// Has the driver give the next item of the innermost loop if that reads a stream; whether the loop has to wait.
    #[inline]
    pub(super) fn ask_for_item(&mut self, library: &Library<'_>) -> bool {
        let state = self.loop_at(0);
        state.reads_stream() && state.ask(library.host.supply)
    }

    /// Starts a loop over the value on top of the stack.
    pub(super) fn enter_loop(&mut self, info: &LoopInfo, auto_await: bool) -> Result<(), Error> {
        let awaits = info.is_async || auto_await;
        // What most loops are over is moved to where the loop keeps it.
        if let Some(Value(Repr::List(list))) = self
            .stack
            .pop_if(|top| matches!(&top.0, Repr::List(list) if !list.is_shared()))
        {
            let length = Some(list.len());
            self.push_loop(info, LoopSource::Items { list, next: 0 }, length);
            return Ok(());
        }
        let mut iterable = self.top().clone();
        if awaits && let Repr::Pending(pending) = &iterable.0 {
            iterable = match pending.result() {
                Some(result) => result.clone()?,
                None => return Err(Pending::unawaited(&iterable)),
            };
        }
        let mut length = None;
        let source = match &iterable.0 {
            Repr::Range(range) => {
                let left = range.len();
                length = usize::try_from(left).ok();
                LoopSource::Integers {
                    next: range.start,
                    step: range.step,
                    left,
                }
            }
            Repr::Stream(stream) if awaits => {
                let reader = Some(stream.take()?.reader());
                if info.sized {
                    LoopSource::Collect(Box::new((reader, Vec::new())))
                } else {
                    let left = self.render.budget.most_items();
                    LoopSource::Stream { reader, left }
                }
            }
            _ => {
                let values = iterate(&self.render.budget, &iterable)?;
                length = values.known_len();
                if info.sized && length.is_none() {
                    let mut items = Vec::new();
                    for item in values {
                        self.render.budget.fuel(1)?;
                        self.render.budget.memory(size_of::<Value>() as u64)?;
                        items.push(item);
                    }
                    length = Some(items.len());
                    LoopSource::Values(ValueIter::new(items.into_iter()))
                } else {
                    LoopSource::Values(values)
                }
            }
        };
        self.pop();
        self.push_loop(info, source, length);
        Ok(())
    }

    /// Begins a loop over so many items, where their number is known.
    fn push_loop(&mut self, info: &LoopInfo, source: LoopSource, length: Option<usize>) {
        let length = length.filter(|_| !info.filtered);
        let depth = self.recursion_depth() as u32;
        self.render.next_loop += 1;
        self.loops.push(LoopState {
            source,
            index0: usize::MAX,
            length,
            id: self.render.next_loop,
            depth,
            recursive: info.recursive,
            completed: false,
            lookahead: info.lookahead,
            filtered: info.filtered,
            remembers: info.remembers,
            only_counts: !(info.lookahead || info.filtered || info.remembers),
            items: None,
        });
    }

    /// Puts the next item of the innermost loop into a slot, if that loop does no more than count and has it at
    /// hand.
    #[inline(always)]
    pub(super) fn next_into(&mut self, library: &Library<'_>, slot: usize) -> AtOnce {
        let state = self.loops.last_mut().expect("loops are balanced");
        state.next_at_once(&mut self.stack[slot], library.host.supply)
    }

    /// Suspends on the stream of the innermost loop.
    #[cold]
    pub(super) fn wait_for_item(&mut self) -> Control {
        self.waiting = Waiting::LoopItem;
        let stream = self.loop_at(0).lend_stream();
        let stream = stream.expect("the driver gave it back");
        self.suspend(Suspension::Next { stream })
    }

    /// The innermost loop, or one further out.
    pub(super) fn loop_at(&mut self, up: u8) -> &mut LoopState {
        let at = self.loops.len() - 1 - up as usize;
        &mut self.loops[at]
    }

    /// `HoldItem`: false if nothing was held back before.
    pub(super) fn hold_item(&mut self) -> bool {
        let item = self.pop();
        let state = self.loop_at(0);
        match state.hold(item) {
            Some(item) => {
                state.begin_round(&item);
                self.stack.push(item);
                true
            }
            None => false,
        }
    }

    /// `ReleaseItem`: false if nothing is held back.
    pub(super) fn release_item(&mut self) -> bool {
        let state = self.loop_at(0);
        match state.items().ahead.take() {
            Some(item) => {
                state.begin_round(&item);
                self.stack.push(item);
                true
            }
            None => false,
        }
    }

    /// `CompleteRound`
    pub(super) fn complete_round(&mut self) {
        self.loop_at(0).completed = true;
    }

    /// Leaves the innermost loop; whether it completed a round.
    pub(super) fn exit_loop(&mut self) -> bool {
        let state = self.loops.pop().expect("loops are balanced");
        state.completed
    }

    /// The value of an attribute of `loop`.
    pub(super) fn loop_field(
        &mut self,
        up: u8,
        field: LoopField,
        policy: UndefinedPolicy,
    ) -> Result<Value, Error> {
        let state = self.loop_at(up);
        state.field(field, policy)
    }

    /// `loop` as a value.
    pub(super) fn loop_value(&mut self, up: u8) -> Value {
        self.loop_at(up).value()
    }

    /// `loop.cycle(…)` with the top `count` values.
    pub(super) fn cycle_loop(&mut self, up: u8, count: u16) -> Result<(), Error> {
        let start = self.stack.len() - count as usize;
        if count == 0 {
            return Err(MachineFault::CycleOfNothing.into_error());
        }
        let index = self.loop_at(up).index0 % count as usize;
        let value = self.stack[start + index].clone();
        self.stack.truncate(start);
        self.stack.push(value);
        Ok(())
    }

    /// `loop.changed(…)` with the top `count` values.
    pub(super) fn changed_loop(&mut self, up: u8, count: u16) -> Result<(), Error> {
        let start = self.stack.len() - count as usize;
        let values = self.stack[start..].to_vec();
        let at = self.loops.len() - 1 - up as usize;
        let changed = self.loops[at].has_changed(&self.render.budget, values)?;
        self.stack.truncate(start);
        self.stack.push(Value::bool(changed));
        Ok(())
    }
}

impl LoopState {
    /// The value of an attribute of `loop`.
    pub(super) fn field(&self, field: LoopField, policy: UndefinedPolicy) -> Result<Value, Error> {
        let integer = |n: usize| Value::from(n as u64);
        let length = || {
            self.length
                .ok_or_else(|| MachineFault::UnknownLoopLength.into_error())
        };
        Ok(match field {
            LoopField::Index => integer(self.index0.wrapping_add(1)),
            LoopField::Index0 => integer(self.index0),
            LoopField::RevIndex => integer(length()? - self.index0),
            LoopField::RevIndex0 => integer(length()? - self.index0 - 1),
            LoopField::First => Value::bool(self.index0 == 0),
            LoopField::Last => Value::bool(
                self.is_last()
                    .ok_or_else(|| MachineFault::UnknownLoopLength.into_error())?,
            ),
            LoopField::Length => integer(length()?),
            LoopField::Depth => integer(self.depth as usize + 1),
            LoopField::Depth0 => integer(self.depth as usize),
            LoopField::PreviousItem => self.previous().cloned().unwrap_or_else(|| {
                Value::missing(Undefined::hint("there is no previous item", policy))
            }),
            LoopField::NextItem => self.next_item().unwrap_or_else(|| {
                Value::missing(Undefined::hint("there is no next item", policy))
            }),
        })
    }
}
