//! Blocks, `super()`, `self`, `extends`, and the ends of units.

use std::sync::Arc;

use arcstr::ArcStr;

use crate::bytecode::{BlockInfo, UnitKind, Visible, VisibleSource};
use crate::error::Error;
use crate::error::machine::MachineFault;
use crate::source::Place;
use crate::value::{Repr, Undefined, UndefinedPolicy, Value};
use crate::vm::context::{BlockEntry, Context};
use crate::vm::dispatch::Control;
use crate::vm::frame::{BlockLevel, Called, CodeFrame, Frame, Returns};
use crate::vm::imports::Lookup;
use crate::vm::machine::Machine;
use crate::vm::objects::{Blocks, Module};
use crate::vm::operators;

impl Machine {
    /// Enters the most derived definition of a block; whether there is anything to run.
    pub(super) fn call_block(&mut self, info: &BlockInfo) -> Result<bool, Error> {
        let frame = self.frame();
        if let Returns::Prelude { .. } = frame.returns {
            // Only what stands outside of blocks runs before the block that was asked for.
            return Ok(false);
        }
        let context = match &info.visible {
            Some(visible) => {
                let locals = self.visible(visible);
                self.frame().context.scoped(locals)
            }
            None => frame.context.clone(),
        };
        let entry = context
            .block(&info.name, 0)
            .expect("a template registers its blocks before it runs");
        if info.required && context.block(&info.name, 1).is_none() {
            return Err(MachineFault::RequiredBlock {
                name: info.name.clone(),
            }
            .into_error());
        }
        self.check_depth()?;
        let base = self.stack.len();
        let frame = self.block_frame(entry, context, 0, base, 0, Returns::Nothing(Called::Block));
        self.push_unit(CodeFrame {
            captures: self.output.captures(),
            ..frame
        })?;
        Ok(true)
    }

    fn block_frame(
        &self,
        entry: BlockEntry,
        context: Arc<Context>,
        level: usize,
        base: usize,
        operands: usize,
        returns: Returns,
    ) -> CodeFrame {
        let info = &entry.program.blocks[entry.block];
        CodeFrame {
            unit: info.unit as usize,
            address: 0,
            base,
            operands,
            returns,
            context,
            cells: None,
            around: None,
            recursion: 0,
            auto_escape: entry.program.auto_escape,
            parent: None,
            block: Some(BlockLevel {
                name: info.name.clone(),
                level,
            }),
            loops: 0,
            captures: 0,
            escapes: 0,
            program: entry.program,
        }
    }

    /// Enters a definition of a block whose output becomes a value.
    pub(super) fn enter_block_text(
        &mut self,
        context: &Arc<Context>,
        name: &ArcStr,
        level: usize,
        operands: usize,
    ) -> Result<(), Error> {
        let Some(entry) = context.block(name, level) else {
            return Err(MachineFault::NoParentBlock { name: name.clone() }.into_error());
        };
        self.check_depth()?;
        let returns = Returns::Text {
            safe: self.escapes_here(),
            called: Called::Block,
        };
        let base = self.stack.len();
        let frame = self.block_frame(entry, context.clone(), level, base, operands, returns);
        self.push_captured(frame)
    }

    fn escapes_here(&self) -> bool {
        self.frames
            .iter()
            .rev()
            .find_map(|frame| match frame {
                Frame::Code(frame) => Some(frame.auto_escape),
                Frame::Native(_) => None,
            })
            .unwrap_or(false)
    }

    /// `-> text`: the block of the running block's name, one level further out.
    pub(super) fn call_super(&mut self) -> Result<bool, Error> {
        let frame = self.frame();
        let context = frame.context.clone();
        let Some(BlockLevel { name, level }) = frame.block.clone() else {
            return Err(MachineFault::SuperOutsideBlock.into_error());
        };
        self.enter_block_text(&context, &name, level + 1, 0)?;
        Ok(true)
    }

    /// `super` as a value.
    pub(super) fn load_super(
        &self,
        policy: UndefinedPolicy,
        place: impl FnOnce() -> Place,
    ) -> Value {
        let frame = self.frame();
        match &frame.block {
            Some(BlockLevel { name, level }) if frame.context.block(name, level + 1).is_some() => {
                Value::from_object(Blocks::One {
                    context: frame.context.clone(),
                    name: name.clone(),
                    level: level + 1,
                })
            }
            Some(BlockLevel { name, .. }) => Value::missing(
                Undefined::hint(MachineFault::no_parent_block(name), policy).at(place()),
            ),
            None => Value::missing(Undefined::name(ArcStr::from("super"), policy).at(place())),
        }
    }

    /// `self` as a value.
    pub(super) fn load_self(&self) -> Value {
        Value::from_object(Blocks::All(self.frame().context.clone()))
    }

    /// `name ->`; the name of a template to load first, if it was not used yet.
    pub(super) fn extend_template(&mut self) -> Result<Option<ArcStr>, Error> {
        if self.frame().parent.is_some() {
            return Err(MachineFault::ExtendedTwice.into_error());
        }
        let names = self.template_names()?;
        let parent = match self.find_template(&names)? {
            Lookup::Found(parent, _) => parent,
            Lookup::Load(name) => return Ok(Some(name)),
        };
        let frame = self.frame();
        let (is_new, generations) = frame.context.add_template(&parent);
        self.render.budget.depth(generations)?;
        if !is_new {
            return Err(MachineFault::ExtendsItself {
                name: parent.origin.name.clone(),
            }
            .into_error());
        }
        self.pop();
        self.frame_mut().parent = Some(parent);
        Ok(None)
    }

    /// The variables that another template or a scoped block sees of the running unit.
    pub(super) fn visible(&mut self, visible: &[Visible]) -> Vec<(ArcStr, Value)> {
        let base = self.frame().base;
        let mut locals = Vec::with_capacity(visible.len());
        for Visible { name, source } in visible {
            let value = match *source {
                VisibleSource::Local(variable) => self.variable(base, variable),
                VisibleSource::Cell(levels, cell) => self.load_cell(levels, cell),
                VisibleSource::Loop => self.loop_value(0),
            };
            if !matches!(value.0, Repr::Unset) {
                locals.push((name.clone(), value));
            }
        }
        locals
    }

    /// Ends the running unit.
    pub(super) fn leave_unit(&mut self) -> Result<Control, Error> {
        let frame = self.frame_mut();
        // A round of a recursive loop knows the parent as well, but does not go on with it.
        if let Some(parent) = frame.parent.take_if(|_| frame.unit == 0) {
            let base = frame.base;
            frame.auto_escape = parent.auto_escape;
            frame.unit = 0;
            frame.address = parent.units[0].entry.0 as usize;
            frame.cells = None;
            frame.program = parent;
            self.stack.truncate(base);
            let Some(Frame::Code(frame)) = self.frames.pop() else {
                unreachable!("code runs in a code frame");
            };
            self.push_unit(frame)?;
            return Ok(Control::Switch);
        }
        match frame.returns.clone() {
            Returns::Finish => {
                let unit = &frame.program.units[frame.unit];
                let value = match unit.kind {
                    UnitKind::Expression => self.pop(),
                    _ => Value::NONE,
                };
                Ok(Control::Finish(value))
            }
            Returns::Nothing(_) => {
                self.pop_frame();
                Ok(Control::Switch)
            }
            Returns::Text { safe, .. } => {
                let text = self.output.end_capture(&self.render.budget)?;
                self.pop_frame();
                self.deliver(operators::captured(text, safe))?;
                Ok(Control::Switch)
            }
            Returns::Module { name, cached } => {
                let body = self.output.end_capture(&self.render.budget)?;
                let context = self.frame().context.clone();
                self.pop_frame();
                let module = Value::from_object(Module {
                    name: name.clone(),
                    context,
                    body,
                });
                if cached {
                    self.render.modules.insert(name, module.clone());
                }
                self.deliver(module)?;
                Ok(Control::Switch)
            }
            Returns::Prelude { block } => {
                self.output.end_capture(&self.render.budget)?;
                let context = self.frame().context.clone();
                let Some(entry) = context.block(&block, 0) else {
                    return Err(MachineFault::NoSuchBlock { name: block }.into_error());
                };
                let frame = self.block_frame(entry, context, 0, 0, 0, Returns::Finish);
                self.frames.clear();
                self.stack.clear();
                self.push_unit(frame)?;
                Ok(Control::Switch)
            }
        }
    }
}
