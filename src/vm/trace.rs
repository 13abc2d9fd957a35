//! Where the machine is, for errors.

use arcstr::ArcStr;

use crate::bytecode::{Instruction, Label};
use crate::error::{Error, TraceEntry, TraceKind};
use crate::source::Place;
use crate::vm::frame::{Called, CodeFrame, Frame, Returns};
use crate::vm::machine::Machine;

/// How many steps of a trace are kept at either end of a deep one.
const MOST_STEPS: usize = 20;

impl Machine {
    /// Adds to an error the place where the machine is and how it got there.
    pub(crate) fn locate(&self, error: Error) -> Error {
        if error.is_traced() {
            return error;
        }
        let frames: Vec<&CodeFrame> = self.code_frames().collect();
        let Some(top) = frames.last() else {
            return error;
        };
        let mut error = error.or_at(|| place(top));
        if let Some(label) = waited_for(&error) {
            error = error.with_mended_source(&label);
        }
        self.push_steps(&frames, &mut error);
        error.mark_traced();
        error
    }

    fn code_frames(&self) -> impl Iterator<Item = &CodeFrame> {
        self.frames.iter().filter_map(|frame| match frame {
            Frame::Code(frame) => Some(frame),
            Frame::Native(_) => None,
        })
    }

    /// Adds who called whom, the innermost first.
    fn push_steps(&self, frames: &[&CodeFrame], error: &mut Error) {
        let steps = frames.len().saturating_sub(1);
        for (step, pair) in frames.windows(2).rev().enumerate() {
            if step >= MOST_STEPS && step < steps.saturating_sub(MOST_STEPS) {
                continue;
            }
            let [caller, callee] = pair else {
                unreachable!("windows of two");
            };
            error.push_trace(TraceEntry {
                kind: kind(callee),
                name: name(callee),
                place: place(caller),
            });
        }
    }

    /// Adds to the error of a branch how the machine that it was split off got there.
    pub(super) fn continue_trace(&self, error: Error) -> Error {
        if !error.is_traced() {
            return self.locate(error);
        }
        let frames: Vec<&CodeFrame> = self.code_frames().collect();
        let mut error = error;
        self.push_steps(&frames, &mut error);
        error
    }

    /// Adds to the error of a template that could not be compiled how the render got to it.
    pub(super) fn locate_load(&self, name: ArcStr, mut error: Error) -> Error {
        let Some(Frame::Code(frame)) = self.frames.last() else {
            return error;
        };
        // The instruction that asked for the template runs again once that is there.
        let kind = match frame.program.code.get(frame.address) {
            Some(Instruction::ImportTemplate(_)) => TraceKind::Import,
            Some(Instruction::ExtendTemplate) => TraceKind::Extends,
            _ => TraceKind::Include,
        };
        if error.location().is_some() {
            let place = Place {
                origin: frame.program.origin.clone(),
                span: frame.program.span(Label(frame.address as u32)),
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
fn place(frame: &CodeFrame) -> Place {
    Place {
        origin: frame.program.origin.clone(),
        span: frame
            .program
            .span(Label(frame.address.saturating_sub(1) as u32)),
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
        Returns::Finish | Returns::Prelude { .. } => TraceKind::Extends,
    }
}

fn name(frame: &CodeFrame) -> ArcStr {
    match &frame.returns {
        Returns::Nothing(Called::Block | Called::Macro)
        | Returns::Text {
            called: Called::Block | Called::Macro,
            ..
        } => frame.program.units[frame.unit].name.clone(),
        _ => frame.program.origin.name.clone(),
    }
}
