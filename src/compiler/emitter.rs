//! Puts instructions together: jumps to places not known yet, stack depth, spans, merged text.

use crate::bytecode::{Effect, Instruction, Label, Shortcut, StackChange};
use crate::compiler::pools::Pools;
use crate::error::CompileFault;
use crate::source::Span;

/// A place in the code of the running unit that jumps may go to before it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark(u32);

/// The code of one unit.
#[derive(Debug, Default)]
pub(super) struct Emitter {
    code: Vec<Instruction>,
    spans: Vec<(Label, Span)>,
    marks: Vec<MarkInfo>,
    /// Text to be written before the next instruction, and where it began.
    text: String,
    text_span: Span,
    /// How many values are on the stack here.
    depth: usize,
    most: usize,
    /// Nothing leads here: what is emitted is left out.
    dead: bool,
    /// The last address that something may jump to: no shortcut reaches over it.
    joined: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct MarkInfo {
    address: Option<u32>,
    /// The stack's depth there, as far as a jump has said.
    depth: Option<usize>,
}

/// The finished code of a unit; its addresses count from its own start.
#[derive(Debug)]
pub(super) struct UnitCode {
    pub(super) code: Vec<Instruction>,
    pub(super) spans: Vec<(Label, Span)>,
    pub(super) stack: u16,
}

impl Emitter {
    /// An emitter for a unit that starts with so many values on the stack.
    pub(super) fn new(depth: usize) -> Self {
        Emitter {
            depth,
            most: depth,
            ..Emitter::default()
        }
    }

    /// Makes room for the code of so many nodes of a tree.
    pub(super) fn reserve(&mut self, nodes: usize) {
        let most = nodes + nodes / 2;
        self.code.reserve(most);
        self.spans.reserve(most);
    }

    /// How many values are on the stack.
    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    /// A mark to be bound later.
    pub(super) fn mark(&mut self) -> Mark {
        self.marks.push(MarkInfo::default());
        Mark(self.marks.len() as u32 - 1)
    }

    /// A mark at the next instruction.
    pub(super) fn here(&mut self, pools: &mut Pools) -> Mark {
        let mark = self.mark();
        self.bind(mark, pools);
        mark
    }

    /// The mark is at the next instruction.
    pub(super) fn bind(&mut self, mark: Mark, pools: &mut Pools) {
        self.flush_text(pools);
        let address = self.code.len() as u32;
        self.joined = self.code.len();
        let info = &mut self.marks[mark.0 as usize];
        info.address = Some(address);
        match info.depth {
            Some(depth) => {
                debug_assert!(
                    self.dead || depth == self.depth,
                    "ways meet with different stacks"
                );
                self.depth = depth;
                self.dead = false;
            }
            None => info.depth = Some(self.depth),
        }
    }

    /// Adds text to the output.
    pub(super) fn emit_text(&mut self, text: &str, span: Span) {
        if self.dead || text.is_empty() {
            return;
        }
        if self.text.is_empty() {
            self.text_span = span;
        }
        self.text.push_str(text);
    }

    fn flush_text(&mut self, pools: &mut Pools) {
        if !self.text.is_empty() {
            let id = pools.text(&self.text);
            self.text.clear();
            self.push(Instruction::EmitText(id), self.text_span, pools);
        }
    }

    /// Adds an instruction that goes on with the next.
    pub(super) fn emit(&mut self, instruction: Instruction, span: Span, pools: &mut Pools) {
        if self.dead {
            return;
        }
        self.flush_text(pools);
        let effect = pools.effect(instruction);
        self.push(instruction, span, pools);
        match effect.next {
            Some(change) => self.apply(change),
            None => self.dead = true,
        }
    }

    /// Adds an instruction that may jump to the mark.
    pub(super) fn jump(
        &mut self,
        instruction: impl FnOnce(Label) -> Instruction,
        mark: Mark,
        span: Span,
        pools: &mut Pools,
    ) {
        if self.dead {
            return;
        }
        self.flush_text(pools);
        let instruction = instruction(Label(mark.0));
        let effect = pools.effect(instruction);
        self.push(instruction, span, pools);
        let before = self.depth;
        if let Some(change) = effect.jump {
            self.apply(change);
            let info = &mut self.marks[mark.0 as usize];
            debug_assert!(
                info.depth.is_none_or(|depth| depth == self.depth),
                "jumps to one place with different stacks"
            );
            info.depth = Some(self.depth);
            self.depth = before;
        }
        match effect.next {
            Some(change) => self.apply(change),
            None => self.dead = true,
        }
    }

    fn apply(&mut self, change: StackChange) {
        debug_assert!(
            change.pops <= self.depth,
            "an instruction finds its operands"
        );
        self.depth = self.depth.saturating_sub(change.pops) + change.pushes;
        self.most = self.most.max(self.depth);
    }

    fn push(&mut self, instruction: Instruction, span: Span, pools: &Pools) {
        if self.spans.last().is_none_or(|(_, last)| *last != span) {
            self.spans.push((Label(self.code.len() as u32), span));
        }
        self.code.push(instruction);
        let end = &self.code[self.joined..];
        if pools.shortcuts
            && let Some(shortcut) = Shortcut::of_end(end, |name| pools.is_dict_method(name))
        {
            self.put_before(shortcut);
        }
    }

    /// Puts a shortcut before the last instructions, or in the place of a shorter one.
    fn put_before(&mut self, shortcut: Shortcut) {
        let at = self.code.len() - shortcut.length;
        if at > self.joined && self.code[at - 1].shortens().is_some() {
            self.code[at - 1] = shortcut.instruction;
            return;
        }
        self.code.insert(at, shortcut.instruction);
        for (label, _) in self.spans.iter_mut().rev() {
            if label.0 as usize <= at {
                break;
            }
            label.0 += 1;
        }
    }

    /// Ends the unit.
    pub(super) fn finish(
        mut self,
        span: Span,
        pools: &mut Pools,
    ) -> Result<UnitCode, CompileFault> {
        self.dead = false;
        self.emit(Instruction::Return, span, pools);
        for instruction in &mut self.code {
            if let Some(label) = instruction.target_mut() {
                label.0 = self.marks[label.0 as usize]
                    .address
                    .expect("every mark that is jumped to gets bound");
            }
        }
        let stack = u16::try_from(self.most).map_err(|_| CompileFault::TooMany {
            what: "values in one expression",
            most: u64::from(u16::MAX),
        })?;
        Ok(UnitCode {
            code: self.code,
            spans: self.spans,
            stack,
        })
    }
}

/// An effect of an instruction whose operands the compiler has made itself.
impl Pools {
    fn effect(&self, instruction: Instruction) -> Effect {
        Effect::of(instruction, &self.shapes, &self.call_sites)
            .expect("shapes and call sites exist before code uses them")
    }
}
