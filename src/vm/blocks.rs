//! Blocks, `super()`, `self`, `extends`, and the ends of units.

use std::sync::Arc;

use arcstr::ArcStr;

use crate::bytecode::{BlockInfo, Program, Visible};
use crate::error::Error;
use crate::error::machine::MachineFault;
use crate::source::Place;
use crate::value::{Undefined, UndefinedPolicy, Value};
use crate::vm::context::Context;
use crate::vm::dispatch::Control;
use crate::vm::frame::{BlockLevel, Called, CodeFrame, Returns};
use crate::vm::imports::Lookup;
use crate::vm::library::{Library, ProgramId};
use crate::vm::machine::Machine;
use crate::vm::objects::{Blocks, Module};
use crate::vm::operators;
use crate::vm::scope::{FoundBlock, Scope, ScopeId, ScopeNames};

impl Machine {
    /// Enters the most derived definition of a block, if there is anything to run.
    pub(super) fn call_block(
        &mut self,
        library: &Library<'_>,
        info: &BlockInfo,
    ) -> Result<Option<Control>, Error> {
        let frame = self.frame();
        if frame.returns == Returns::Prelude {
            // Only what stands outside of blocks runs before the block that was asked for.
            return Ok(None);
        }
        let outer = frame.scope;
        let found = self
            .find_block(library, outer, &info.name, 0)
            .expect("a template knows its blocks");
        if info.required && self.find_block(library, outer, &info.name, 1).is_none() {
            return Err(MachineFault::RequiredBlock {
                name: info.name.clone(),
            }
            .into_error());
        }
        self.check_depth()?;
        let scopes = self.scopes.len();
        let scope = match &info.visible {
            Some(visible) => self.scoped(library, outer, visible),
            None => outer,
        };
        let returns = Returns::Nothing(Called::Block);
        let program = self.program(library, found.program);
        let frame = self.block_frame(&program, &found, scope, returns);
        self.push_unit(
            &program,
            CodeFrame {
                scopes: scopes as u32,
                ..frame
            },
        )?;
        Ok(Some(Control::Switch))
    }

    /// The scope of a scoped block: some variables before all else, the templates those of `outer`.
    fn scoped(&mut self, library: &Library<'_>, outer: ScopeId, visible: &[Visible]) -> ScopeId {
        let locals = self.visible(self.callers.len(), visible);
        let chain = self.chain(library, outer);
        let context = Context::nested(self.share(library, outer), locals, chain);
        let names = ScopeNames::Context { context, own: true };
        self.push_scope(Scope::new(names, self.frame().program))
    }

    /// An activation of a block on top of the stack.
    fn block_frame(
        &self,
        program: &Program,
        found: &FoundBlock,
        scope: ScopeId,
        returns: Returns,
    ) -> CodeFrame {
        let unit = program.blocks[found.block].unit;
        let base = self.stack.len();
        CodeFrame {
            auto_escape: program.auto_escape,
            block: Some(BlockLevel {
                block: found.block as u32,
                level: found.level as u32,
            }),
            scopes: self.scopes.len() as u32,
            ..CodeFrame::new(found.program, unit, base, scope, returns)
        }
    }

    /// Enters a block that is called as a value.
    pub(super) fn enter_block_value(
        &mut self,
        library: &Library<'_>,
        context: &Arc<Context>,
        block: (&ArcStr, usize),
        operands: usize,
        is_written: bool,
    ) -> Result<(), Error> {
        let (name, level) = block;
        let scopes = self.scopes.len() as u32;
        let names = ScopeNames::Context {
            context: context.clone(),
            own: false,
        };
        let scope = self.push_scope(Scope::new(names, self.frame().program));
        let found = self.find_block(library, scope, name, level);
        let found = found.ok_or_else(|| no_block(name))?;
        self.check_depth()?;
        let program = self.program(library, found.program);
        let returns = self.returns(Called::Block, is_written);
        let frame = self.block_frame(&program, &found, scope, returns);
        self.push_captured(
            &program,
            CodeFrame {
                operands: operands as u32,
                scopes,
                ..frame
            },
        )
    }

    /// `-> text`: the block of the running block's name, one level further out.
    pub(super) fn call_super(&mut self, library: &Library<'_>) -> Result<Option<Control>, Error> {
        let frame = self.frame();
        let scope = frame.scope;
        let Some(block) = frame.block else {
            return Err(MachineFault::SuperOutsideBlock.into_error());
        };
        let name = block.name(library, frame.program);
        let found = self.find_block(library, scope, name, block.level as usize + 1);
        let found = found.ok_or_else(|| no_block(name))?;
        self.check_depth()?;
        let program = self.program(library, found.program);
        let returns = self.returns(Called::Block, self.is_written(library));
        let frame = self.block_frame(&program, &found, scope, returns);
        self.push_captured(&program, frame)?;
        Ok(Some(Control::Switch))
    }

    /// `super` as a value.
    pub(super) fn load_super(
        &mut self,
        library: &Library<'_>,
        policy: UndefinedPolicy,
        place: impl FnOnce() -> Place,
    ) -> Value {
        let frame = self.frame();
        let scope = frame.scope;
        let Some(block) = frame.block else {
            return Value::missing(Undefined::name(ArcStr::from("super"), policy).at(place()));
        };
        let name = block.name(library, frame.program).clone();
        let level = block.level as usize + 1;
        match self.find_block(library, scope, &name, level) {
            Some(_) => Value::from_object(Blocks::One {
                context: self.share(library, scope),
                name,
                level,
            }),
            None => Value::missing(
                Undefined::hint(MachineFault::no_parent_block(&name), policy).at(place()),
            ),
        }
    }

    /// `self` as a value.
    pub(super) fn load_self(&mut self, library: &Library<'_>) -> Value {
        Value::from_object(Blocks::All(self.share(library, self.running.scope)))
    }

    /// `name ->`; the name of a template to load first, if it was not used yet.
    pub(super) fn extend_template(
        &mut self,
        library: &Library<'_>,
    ) -> Result<Option<ArcStr>, Error> {
        if self.frame().parent.is_some() {
            return Err(MachineFault::ExtendedTwice.into_error());
        }
        let parent = match self.find_template()? {
            Lookup::Found(parent) => parent,
            Lookup::Load(name) => return Ok(Some(name)),
        };
        let program = library.program(parent);
        let chain = self.chain(library, self.running.scope);
        let (is_new, generations) = chain.extend(parent, program);
        self.render.budget.depth(generations)?;
        if !is_new {
            return Err(MachineFault::ExtendsItself {
                name: program.origin.name.clone(),
            }
            .into_error());
        }
        self.pop();
        self.frame_mut().parent = Some(parent);
        Ok(None)
    }

    /// Ends the running unit.
    pub(super) fn leave_unit(&mut self, library: &Library<'_>) -> Result<Control, Error> {
        let frame = &mut self.running;
        // A round of a recursive loop knows the parent as well, but does not go on with it.
        if let Some(parent) = frame.parent.take_if(|_| frame.unit == 0) {
            let program = library.program(parent);
            frame.auto_escape = program.auto_escape;
            frame.program = parent;
            if let Some(cells) = frame.cells.take() {
                self.render.remember_cells(&cells);
            }
            self.stack.truncate(self.running.base());
            self.begin_unit(program)?;
            return Ok(Control::Switch);
        }
        match frame.returns {
            Returns::Finish => Ok(Control::Finish),
            Returns::Value => {
                self.result = self.pop();
                self.render.gave_value = self.result.is_container();
                Ok(Control::Finish)
            }
            Returns::Nothing(_) => {
                self.pop_frame();
                Ok(Control::Switch)
            }
            Returns::Text { safe, .. } => {
                let text = self.output.end_capture(&self.render.budget)?;
                self.pop_frame();
                self.deliver(library, operators::captured(text, safe))?;
                Ok(Control::Switch)
            }
            Returns::Module { cached } => {
                let program = frame.program;
                let name = library.program(program).origin.name.clone();
                let body = self.output.end_capture(&self.render.budget)?;
                let context = self.share(library, self.running.scope);
                self.pop_frame();
                let module = Value::from_object(Module {
                    name,
                    context,
                    body,
                });
                if cached {
                    self.render.kept().modules.push((program, module.clone()));
                }
                self.deliver(library, module)?;
                Ok(Control::Switch)
            }
            Returns::Prelude => {
                let block = self.seldom().block.take().expect("a block is rendered");
                self.output.end_capture(&self.render.budget)?;
                let scope = self.running.scope;
                let Some(found) = self.find_block(library, scope, &block, 0) else {
                    return Err(MachineFault::NoSuchBlock { name: block }.into_error());
                };
                self.stack.clear();
                let program = library.program(found.program);
                self.running = CodeFrame {
                    scopes: 0,
                    ..self.block_frame(program, &found, scope, Returns::Finish)
                };
                self.begin_unit(program)?;
                Ok(Control::Switch)
            }
        }
    }
}

fn no_block(name: &ArcStr) -> Error {
    MachineFault::NoParentBlock { name: name.clone() }.into_error()
}

impl BlockLevel {
    /// The name of the block, of an activation of this program.
    fn name<'h>(&self, library: &Library<'h>, program: ProgramId) -> &'h ArcStr {
        &library.program(program).blocks[self.block as usize].name
    }
}
