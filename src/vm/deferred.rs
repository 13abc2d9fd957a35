//! `defer`: bodies that run beside the rest of a page and are sent after it.
//!
//! A deferred body is a machine of its own, on a copy of all that it sees, so that it shows the same whether it
//! runs in its place or later. Where its text would not go to the reader as it is, because a capture collects it
//! or it is no HTML, it runs in its place.

use std::sync::Arc;

use crate::bytecode::{Instruction, Program};
use crate::error::{Error, TraceEntry};
use crate::value::Value;
use crate::vm::cells::Cells;
use crate::vm::context::Context;
use crate::vm::library::{Host, Library};
use crate::vm::machine::Machine;

/// About what a name in a context takes.
const NAME_SIZE: usize = 48;

impl Machine {
    /// `->`: whether the body that follows is deferred; if so, pays for the machine that it will be.
    pub(super) fn begin_defer(
        &mut self,
        library: &Library<'_>,
        program: &Program,
    ) -> Result<bool, Error> {
        if !self.render.defers || !self.running.auto_escape || !self.is_straight() {
            return Ok(false);
        }
        let context = self.share(library, self.running.scope);
        let names: usize = contexts(&context).map(|context| context.len()).sum();
        let unit = self.running.unit(program);
        let values = (unit.slots + unit.stack) as usize * size_of::<Value>();
        let size = size_of::<Machine>() + values + names * NAME_SIZE;
        self.render.budget.memory(size as u64)?;
        self.output.settle(&self.render.budget)?;
        Ok(true)
    }

    /// Splits off the body that the machine suspended at, and goes on with its placeholder, which stands between
    /// two texts. The render must be lent to the machine.
    pub(crate) fn defer(&mut self, host: &Host<'_>, begin: Value, end: Value) -> Machine {
        let (program, context) = self.with_library(host, |machine, library| {
            let context = machine.share(library, machine.running.scope).copy();
            (library.program(machine.running.program).clone(), context)
        });
        let address = self.running.address as usize;
        let Instruction::BeginDefer(site, placeholder) = program.code[address - 1] else {
            unreachable!("a machine defers where a deferred body begins");
        };
        let cells = self.running.cells.as_deref().map(Cells::copy_all);
        let mut machine = Machine::idle();
        let room = self.running.unit(&program).stack as usize;
        self.copy_slots(&mut machine, room);
        self.branch_off(&mut machine, site, context, cells);
        if program.branches[site as usize].has_fallback {
            let Instruction::EnterTry(fallback) = program.code[address] else {
                unreachable!("a body with a fallback begins with a `try`");
            };
            machine.running.address += 1;
            machine.catch_deferred(self.render.next_handler, fallback);
            self.render.next_handler += 1;
        }
        self.stack.push(end);
        self.stack.push(begin);
        self.running.address = placeholder.0;
        machine
    }

    /// Says how the machines around got to where they split this one off.
    pub(crate) fn add_steps(&mut self, steps: Vec<TraceEntry>) {
        self.seldom().steps.extend(steps);
    }

    /// Writes a deferred part behind the page, which is written; of its text only the markup is not paid for.
    pub(crate) fn send(&mut self, text: &str, markup: usize) -> Result<(), Error> {
        self.render.budget.output(markup as u64)?;
        self.output.write_paid(text);
        Ok(())
    }

    /// Whether all that this deferred body has deferred so far is of no use any more, since its fallback runs.
    pub(crate) fn take_gave_up(&mut self) -> bool {
        let seldom = self.seldom.as_mut();
        seldom.is_some_and(|seldom| std::mem::take(&mut seldom.gave_up))
    }
}

/// A context and those around it.
pub(super) fn contexts(context: &Arc<Context>) -> impl Iterator<Item = &Arc<Context>> {
    std::iter::successors(Some(context), |context| context.outer())
}
