//! Where the machine is, for errors.

use arcstr::ArcStr;

use crate::bytecode::{Instruction, Label};
use crate::error::{Error, TraceEntry, TraceKind};
use crate::source::Place;
use crate::vm::frame::{Called, CodeFrame, Returns};
use crate::vm::library::{Host, Library};
use crate::vm::machine::Machine;

/// How many steps of a trace are kept at either end of a deep one.
const MOST_STEPS: usize = 20;

impl Machine {
    /// Adds to an error the place where the machine is and how it got there.
    pub(crate) fn locate(&self, host: &Host<'_>, error: Error) -> Error {
        self.locate_in(&Library::new(host, self.programs()), error)
    }

    /// Adds to an error the place where the machine is and how it got there.
    pub(super) fn locate_in(&self, library: &Library<'_>, error: Error) -> Error {
        if error.is_traced() {
            return error;
        }
        let mut error = error.or_at(|| place(library, &self.running));
        if let Some(label) = waited_for(&error) {
            error = error.with_mended_source(&label);
        }
        self.push_steps(library, &mut |step| error.push_trace(step));
        error.mark_traced();
        error
    }

    /// How the machine got to where it is. The render must be lent to it.
    pub(crate) fn steps(&self, host: &Host<'_>) -> Vec<TraceEntry> {
        let mut steps = Vec::new();
        let library = Library::new(host, self.programs());
        self.push_steps(&library, &mut |step| steps.push(step));
        steps
    }

    /// Adds who called whom, the innermost first.
    fn push_steps(&self, library: &Library<'_>, push: &mut dyn FnMut(TraceEntry)) {
        let steps = self.callers.len();
        for (step, (callee, caller)) in self.frames().zip(self.frames().skip(1)).enumerate() {
            if step >= MOST_STEPS && step < steps.saturating_sub(MOST_STEPS) {
                continue;
            }
            push(TraceEntry {
                kind: kind(callee),
                name: name(library, callee),
                place: place(library, caller),
            });
        }
        let seldom = self.seldom.iter();
        seldom
            .flat_map(|seldom| &seldom.steps)
            .cloned()
            .for_each(push);
    }

    /// Adds to the error of a branch how the machine that it was split off got there.
    pub(super) fn continue_trace(&self, host: &Host<'_>, mut error: Error) -> Error {
        if !error.is_traced() {
            return self.locate(host, error);
        }
        let library = Library::new(host, self.programs());
        self.push_steps(&library, &mut |step| error.push_trace(step));
        error
    }

    /// Adds to the error of a template that could not be compiled how the render got to it.
    pub(super) fn locate_load(
        &self,
        library: &Library<'_>,
        name: ArcStr,
        mut error: Error,
    ) -> Error {
        let frame = &self.running;
        let program = library.program(frame.program);
        // The instruction that asked for the template runs again once that is there.
        let kind = match program.code.get(frame.address as usize) {
            Some(Instruction::ImportTemplate(_)) => TraceKind::Import,
            Some(Instruction::ExtendTemplate) => TraceKind::Extends,
            _ => TraceKind::Include,
        };
        if error.location().is_some() {
            let place = Place {
                origin: program.origin.clone(),
                span: program.span(Label(frame.address)),
            };
            error.push_trace(TraceEntry { kind, name, place });
        }
        error
    }
}

/// The call that gave the future or stream that an error is about.
fn waited_for(error: &Error) -> Option<ArcStr> {
    let value = error.pending()?;
    match (value.as_pending(), value.as_stream()) {
        (Some(pending), _) => Some(pending.label().clone()),
        (None, Some(stream)) => Some(stream.label().clone()),
        (None, None) => None,
    }
}

/// Where a frame is: in the instruction that it ran last.
fn place(library: &Library<'_>, frame: &CodeFrame) -> Place {
    let program = library.program(frame.program);
    Place {
        origin: program.origin.clone(),
        span: program.span(Label(frame.address.saturating_sub(1))),
    }
}

fn kind(frame: &CodeFrame) -> TraceKind {
    match &frame.returns {
        Returns::Nothing(called) | Returns::Text { called, .. } => match called {
            Called::Include => TraceKind::Include,
            Called::Block => TraceKind::Block,
            Called::Macro => TraceKind::Macro,
            Called::Loop => TraceKind::Loop,
        },
        Returns::Module { .. } => TraceKind::Import,
        Returns::Finish | Returns::Value | Returns::Prelude => TraceKind::Extends,
    }
}

fn name(library: &Library<'_>, frame: &CodeFrame) -> ArcStr {
    let program = library.program(frame.program);
    match &frame.returns {
        Returns::Nothing(Called::Block | Called::Macro)
        | Returns::Text {
            called: Called::Block | Called::Macro,
            ..
        } => frame.unit(program).name.clone(),
        _ => program.origin.name.clone(),
    }
}
