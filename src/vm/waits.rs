//! Values that must be waited for, and native functions that wait.
//!
//! An instruction that meets a future where it needs the result fails with an error that carries the
//! future. Where waiting is allowed, the machine suspends on it and runs the instruction again.

use std::num::NonZeroU32;
use std::sync::Arc;

use arcstr::ArcStr;

use crate::bytecode::{Instruction, Program};
use crate::call::Flow;
use crate::error::Error;
use crate::error::machine::MachineFault;
use crate::value::{Pending, Repr, Stream, StreamReader, Value, ValueFuture, mapping};
use crate::vm::dispatch::Control;
use crate::vm::frame::{NativeFrame, NativeStep};
use crate::vm::library::{Host, Library};
use crate::vm::machine::Machine;
use crate::vm::outcome::{FragmentAnswer, HandlerId, Suspension};

/// What the machine waits for before it runs on.
#[derive(Debug)]
pub(super) enum Waiting {
    Nothing,
    /// Futures whose results the next instruction needs, the next one last.
    Futures(Vec<Arc<Pending>>),
    /// A stream that is read to its end to stand for a list.
    Collect {
        stream: Arc<Stream>,
        /// None while the driver has it.
        reader: Option<StreamReader>,
        items: Vec<Value>,
    },
    /// Branches that the one of `site` comes after, and which of these they are, the next one first.
    Branches {
        site: u16,
        earlier: std::vec::IntoIter<(Arc<Pending>, u32)>,
    },
    /// An item of the innermost loop's stream.
    LoopItem,
    /// An item of the stream that the native function on top reads.
    NativeItem,
    /// Nothing any more: the fragment is there, or has to be made.
    Fragment(FragmentAnswer),
    /// Nothing any more: the render has failed.
    Failed(Error),
    /// Nothing any more: the template `name` could not be loaded.
    LoadFailed {
        name: ArcStr,
        error: Error,
    },
    /// Nothing any more: the time of a `try` is over.
    TimedOut(HandlerId),
}

/// How often one instruction may find yet another future before that counts as an endless supply.
const MOST_RETRIES: u32 = 10_000;

/// How many values are searched for futures before an instruction runs again.
const MOST_SEARCHED: usize = 1 << 20;

impl Machine {
    /// The next suspension of what the machine waits for; none if it can run.
    #[inline]
    pub(super) fn continue_waiting(
        &mut self,
        library: &Library<'_>,
    ) -> Result<Option<Suspension>, Error> {
        match self.waiting {
            Waiting::Nothing => Ok(None),
            _ => self.wait_on(library),
        }
    }

    #[cold]
    #[inline(never)]
    fn wait_on(&mut self, library: &Library<'_>) -> Result<Option<Suspension>, Error> {
        match std::mem::replace(&mut self.waiting, Waiting::Nothing) {
            Waiting::Nothing => Ok(None),
            Waiting::Failed(error) => Err(error),
            Waiting::LoadFailed { name, error } => Err(self.locate_load(library, name, error)),
            Waiting::TimedOut(handler) => {
                self.time_out(library, handler)?;
                Ok(None)
            }
            Waiting::Futures(mut pendings) => {
                while pendings.pop_if(|next| next.result().is_some()).is_some() {}
                let Some(pending) = pendings.last().cloned() else {
                    return Ok(None);
                };
                self.waiting = Waiting::Futures(pendings);
                Ok(Some(Suspension::Await { pending }))
            }
            Waiting::Branches { site, earlier } => {
                Ok(self.continue_branches(library, site, earlier))
            }
            Waiting::Collect {
                stream,
                reader,
                items,
            } => {
                self.waiting = Waiting::Collect {
                    stream,
                    reader: None,
                    items,
                };
                let stream = reader.expect("the driver gave it back");
                Ok(Some(Suspension::Next { stream }))
            }
            // The instruction or frame that asked runs again and finds its item.
            found @ (Waiting::LoopItem | Waiting::NativeItem | Waiting::Fragment(_)) => {
                self.waiting = found;
                Ok(None)
            }
        }
    }

    /// The suspension for the next of the branches that the one of `site` comes after; takes over what the others have
    /// set.
    fn continue_branches(
        &mut self,
        library: &Library<'_>,
        site: u16,
        mut earlier: std::vec::IntoIter<(Arc<Pending>, u32)>,
    ) -> Option<Suspension> {
        let program = library.program(self.running.program);
        let after = &program.branches[site as usize].after;
        while let Some((pending, index)) = earlier.as_slice().first() {
            match pending.result() {
                Some(Ok(values)) => self.take_over(&after[*index as usize], values),
                // The block has failed, and this branch with it.
                Some(Err(_)) => {}
                None => {
                    let pending = Arc::clone(pending);
                    self.waiting = Waiting::Branches { site, earlier };
                    return Some(Suspension::Await { pending });
                }
            }
            earlier.next();
        }
        None
    }

    /// Takes an item of a stream to whoever waits for it.
    pub(super) fn receive(
        &mut self,
        item: Result<Option<Value>, Error>,
        reader: Option<StreamReader>,
    ) {
        match std::mem::replace(&mut self.waiting, Waiting::Nothing) {
            Waiting::Collect {
                stream, mut items, ..
            } => match item {
                Ok(Some(item)) => {
                    items.push(item);
                    let budget = &self.render.budget;
                    self.waiting = match budget
                        .items(items.len() as u64)
                        .and_then(|()| budget.memory(size_of::<Value>() as u64))
                    {
                        Ok(()) => Waiting::Collect {
                            stream,
                            reader,
                            items,
                        },
                        Err(error) => Waiting::Failed(error),
                    };
                }
                Ok(None) => self.replace_stream(&stream, Value::list(items)),
                Err(error) => self.waiting = Waiting::Failed(error),
            },
            Waiting::LoopItem => {
                if let Some(state) = self.loops.last_mut() {
                    state.receive(item, reader);
                }
            }
            Waiting::NativeItem => {
                if let Some(NativeFrame {
                    step: NativeStep::Next(_, slot, _),
                    ..
                }) = self.native()
                {
                    *slot = Some(item);
                }
            }
            other => self.waiting = other,
        }
    }

    /// Puts a list in the place of a stream that was read to its end.
    fn replace_stream(&mut self, stream: &Arc<Stream>, list: Value) {
        let operands = self.running.floor();
        for value in &mut self.stack[operands..] {
            if matches!(&value.0, Repr::Stream(known) if Arc::ptr_eq(known, stream)) {
                *value = list.clone();
            }
        }
    }

    /// Suspends on the future or stream that an error is about, if the instruction may wait.
    ///
    /// The instruction at `address` changed nothing and runs again after that.
    #[cold]
    pub(super) fn wait_or_fail(
        &mut self,
        program: &Program,
        address: usize,
        error: Error,
    ) -> Result<Control, Error> {
        self.running.address = address as u32 + 1;
        let awaits = program.auto_await
            || match program.code[address] {
                Instruction::AwaitFilter(_) => true,
                Instruction::EnterLoop(info) => program.loops[info as usize].is_async,
                _ => false,
            };
        let Some(value) = error.pending().filter(|_| awaits).cloned() else {
            return Err(error);
        };
        self.render.budget.fuel(1)?;
        self.frame_mut().address = address as u32;
        match &value.0 {
            Repr::Pending(pending) => {
                let mut found = Vec::new();
                find_pendings(&self.stack[self.running.floor()..], &mut found);
                if pending.result().is_some() {
                    // Its result is there and the instruction still cannot use it.
                    return Err(error);
                }
                if !found.iter().any(|known| Arc::ptr_eq(known, pending)) {
                    // A call may make a new future each time it runs; nothing else does.
                    if program.code[address].is_call() {
                        let retries = &mut self.seldom().retries;
                        let (last, count) = *retries;
                        *retries = (address, if last == address { count + 1 } else { 1 });
                        if retries.1 > MOST_RETRIES {
                            return Err(error);
                        }
                    }
                    found.push(pending.clone());
                }
                found.reverse();
                self.waiting = Waiting::Futures(found);
            }
            Repr::Stream(stream) => {
                self.waiting = Waiting::Collect {
                    stream: stream.clone(),
                    reader: Some(stream.take()?.reader()),
                    items: Vec::new(),
                };
            }
            _ => return Err(error),
        }
        Ok(Control::Switch)
    }

    /// Replaces the top `count` values by a future, or by its result if the next instruction awaits it and it
    /// is there by now; whether it is waited for.
    pub(super) fn finish_async_call(
        &mut self,
        library: &Library<'_>,
        count: usize,
        label: ArcStr,
        future: ValueFuture,
    ) -> bool {
        let supply = match self.next_instruction(library) {
            Some(Instruction::Await) => library.host.supply,
            _ => None,
        };
        let Some(supply) = supply else {
            self.replace(count, Value::pending_box(label, future));
            return false;
        };
        match supply.begin(label, future) {
            Ok(value) => {
                self.replace(count, value);
                self.frame_mut().address += 1;
                false
            }
            // The instruction that awaits it has its result, or its error, when it runs.
            Err(pending) => {
                let waits = pending.result().is_none();
                if waits {
                    self.waiting = Waiting::Futures(vec![Arc::clone(&pending)]);
                }
                self.replace(count, Value(Repr::Pending(pending)));
                waits
            }
        }
    }

    /// Whether it may ask for what may be there by now, before it stops for it.
    pub(crate) fn may_be_supplied(&self) -> bool {
        self.slice != Some(NonZeroU32::MIN) && self.render.budget.in_flight(1).is_ok()
    }

    /// Does what a native function asked for.
    pub(super) fn follow(
        &mut self,
        library: &Library<'_>,
        name: &str,
        awaits: bool,
        flow: Flow,
    ) -> Result<Option<Value>, Error> {
        let step = match flow {
            Flow::Return(value) => return Ok(Some(value)),
            Flow::Future { label, future } => return Ok(Some(Value::pending_box(label, future))),
            Flow::Call {
                callee,
                arguments,
                then,
            } => {
                self.check_depth()?;
                let (natives, callers) = (self.natives().len(), self.callers.len());
                self.push_native(name, awaits, NativeStep::Call(then));
                return match self.call_owned(library, callee, arguments) {
                    Ok(()) => Ok(None),
                    Err(error) => {
                        // The native function hears of it, as of an error in what it called.
                        self.seldom().natives.truncate(natives + 1);
                        while self.callers.len() > callers {
                            self.pop_frame();
                        }
                        self.waiting = Waiting::Failed(error);
                        Ok(None)
                    }
                };
            }
            Flow::Await { value, then } => NativeStep::Await(value, then),
            Flow::Next { stream, then } => NativeStep::Next(stream, None, then),
        };
        self.push_native(name, awaits, step);
        Ok(None)
    }

    fn push_native(&mut self, name: &str, awaits: bool, step: NativeStep) {
        let callers = self.callers.len();
        self.seldom().natives.push(NativeFrame {
            callers,
            name: name.into(),
            awaits,
            step,
        });
    }

    /// Runs the native function on top of the frames as far as it goes.
    #[inline(never)]
    pub(super) fn run_native(&mut self, library: &Library<'_>) -> Result<Control, Error> {
        let native = self.natives().last();
        let step = &native
            .expect("only called with a native function on top")
            .step;
        match step {
            NativeStep::Call(_) => unreachable!("the frames above deliver the result"),
            NativeStep::Await(value, _) => {
                let result = match &value.0 {
                    Repr::Pending(pending) => match pending.result() {
                        Some(result) => result.clone(),
                        None => {
                            let pending = pending.clone();
                            return Ok(self.suspend(Suspension::Await { pending }));
                        }
                    },
                    _ => Ok(value.clone()),
                };
                self.continue_native(library, result)?;
            }
            NativeStep::Next(stream, item, _) => {
                if item.is_none() {
                    let stream = stream.clone().reader();
                    self.waiting = Waiting::NativeItem;
                    return Ok(self.suspend(Suspension::Next { stream }));
                }
                let Some(NativeFrame {
                    name,
                    awaits,
                    step: NativeStep::Next(_, Some(item), then),
                    ..
                }) = self.seldom().natives.pop()
                else {
                    unreachable!("just looked at");
                };
                let flow = then(&self.call_context(library, &name, awaits), item)?;
                if let Some(value) = self.follow(library, &name, awaits, flow)? {
                    self.deliver(library, value)?;
                }
            }
        }
        Ok(Control::Switch)
    }

    /// Hands a result to whoever is on top of the frames.
    pub(super) fn deliver(&mut self, library: &Library<'_>, value: Value) -> Result<(), Error> {
        if self.native().is_some() {
            return self.continue_native(library, Ok(value));
        }
        self.stack.push(value);
        Ok(())
    }

    /// Goes on with the native function on top of the frames, and with those that wait for it.
    pub(super) fn continue_native(
        &mut self,
        library: &Library<'_>,
        result: Result<Value, Error>,
    ) -> Result<(), Error> {
        let mut result = result;
        loop {
            let native = self.seldom().natives.pop();
            let NativeFrame {
                name, awaits, step, ..
            } = native.expect("results go to the function that asked for them");
            let context = self.call_context(library, &name, awaits);
            let answer = match step {
                NativeStep::Call(then) | NativeStep::Await(_, then) => then(&context, result),
                NativeStep::Next(_, _, then) => then(&context, result.map(Some)),
            };
            let delivered = match answer {
                Ok(flow) => self.follow(library, &name, awaits, flow)?,
                Err(error) => return Err(self.locate_in(library, error)),
            };
            match delivered {
                None => return Ok(()),
                Some(value) if self.native().is_some() => result = Ok(value),
                Some(value) => {
                    self.stack.push(value);
                    return Ok(());
                }
            }
        }
    }

    /// The error of a sync render at a suspension that would wait.
    pub(crate) fn refuse_wait(&self, host: &Host<'_>, suspension: &Suspension) -> Error {
        let construct = match suspension {
            Suspension::Await { pending } => format!("await {}", pending.label()),
            Suspension::Next { stream } => format!("async for over {}", stream.label()),
            Suspension::Load { name } => format!("loading {name}"),
            Suspension::Spawn { pending } => format!("spawn {}", pending.label()),
            Suspension::Flush
            | Suspension::Timer { .. }
            | Suspension::Fragment { .. }
            | Suspension::Keep { .. }
            | Suspension::Branch
            | Suspension::Defer
            | Suspension::Join
            | Suspension::Yield => String::new(),
        };
        let fault = MachineFault::AsyncRequired {
            construct: construct.into(),
        };
        self.locate(host, fault.into_error())
    }
}

/// Collects the futures without result in some values and, to a bounded depth, inside of them.
fn find_pendings(values: &[Value], found: &mut Vec<Arc<Pending>>) {
    let mut searched = 0;
    let mut queue: Vec<(Value, usize)> = values.iter().rev().map(|v| (v.clone(), 0)).collect();
    while let Some((value, depth)) = queue.pop() {
        searched += 1;
        if searched > MOST_SEARCHED {
            return;
        }
        if let Repr::Pending(pending) = &value.0 {
            if pending.result().is_none() && !found.iter().any(|known| Arc::ptr_eq(known, pending))
            {
                found.push(pending.clone());
            }
        } else if depth < 16 {
            match &value.0 {
                Repr::List(list) => {
                    queue.extend(list.items().iter().rev().map(|v| (v.clone(), depth + 1)));
                }
                Repr::Tuple(tuple) => {
                    queue.extend(tuple.items().iter().rev().map(|v| (v.clone(), depth + 1)));
                }
                _ => {
                    if let Some(view) = value.as_dict_view() {
                        queue.push((view.items.clone(), depth + 1));
                    } else if let Some(mapping) = mapping(&value) {
                        queue.extend(mapping.iter().map(|(_, v)| (v.clone(), depth + 1)));
                    }
                }
            }
        }
    }
}
