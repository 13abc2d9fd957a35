//! `include`, `import`, and the templates of a render.

use std::sync::Arc;

use arcstr::ArcStr;

use crate::bytecode::{ImportSite, IncludeSite, Program};
use crate::error::Error;
use crate::error::machine::MachineFault;
use crate::source::Place;
use crate::value::{Map, Repr, Symbol, Undefined, UndefinedPolicy, Value, settled};
use crate::vm::context::Context;
use crate::vm::frame::{Called, CodeFrame, Returns};
use crate::vm::machine::Machine;
use crate::vm::objects::Module;

/// Where a template is.
pub(super) enum Lookup {
    /// In this render already, under this name.
    Found(Arc<Program>, ArcStr),
    /// Not here yet: the name to load.
    Load(ArcStr),
}

impl Machine {
    /// The value of a name of the context or of the environment.
    pub(super) fn lookup(&self, name: &Symbol) -> Option<Value> {
        self.frame()
            .context
            .lookup(name)
            .or_else(|| self.render.registry.global(name).cloned())
    }

    /// The names on top of the stack: one text, or a list of them.
    pub(super) fn template_names(&self) -> Result<Vec<ArcStr>, Error> {
        let value = settled(&self.render.budget, self.top())?;
        let text = |value: &Value| {
            let value = settled(&self.render.budget, value)?;
            match (value.as_text(), value.as_undefined()) {
                (Some(name), _) => Ok(name.clone()),
                (None, Some(undefined)) => Err(undefined.error()),
                (None, None) => Err(MachineFault::template_name(value.type_name())),
            }
        };
        match &value.0 {
            Repr::List(list) => list.items().iter().map(text).collect(),
            Repr::Tuple(tuple) => tuple.items().iter().map(text).collect(),
            _ => Ok(vec![text(value)?]),
        }
    }

    /// The first of some templates that exists, and its name; or the name of one to load first.
    pub(super) fn find_template(&self, names: &[ArcStr]) -> Result<Lookup, Error> {
        for name in names {
            match self.render.templates.get(name) {
                None => return Ok(Lookup::Load(name.clone())),
                Some(Some(program)) => return Ok(Lookup::Found(program.clone(), name.clone())),
                Some(None) => {}
            }
        }
        Err(MachineFault::not_found(names))
    }

    /// `name ->`; the name of a template to load first, if it was not used yet.
    pub(super) fn include_template(&mut self, site: &IncludeSite) -> Result<Option<ArcStr>, Error> {
        let names = self.template_names()?;
        let program = match self.find_template(&names) {
            Ok(Lookup::Found(program, _)) => program,
            Ok(Lookup::Load(name)) => return Ok(Some(name)),
            Err(error) => {
                if site.ignore_missing {
                    self.pop();
                    return Ok(None);
                }
                return Err(error);
            }
        };
        self.check_depth()?;
        let context = self.context_for(site.visible.as_deref());
        self.pop();
        let base = self.stack.len();
        let frame = self.template_frame(program, context, base, Returns::Nothing(Called::Include));
        self.push_unit(CodeFrame {
            captures: self.output.captures(),
            ..frame
        })?;
        Ok(None)
    }

    fn context_for(&mut self, visible: Option<&[crate::bytecode::Visible]>) -> Arc<Context> {
        match visible {
            Some(visible) => {
                let locals = self.visible(visible);
                self.frame().context.nested(locals)
            }
            None => Context::root(None),
        }
    }

    /// A dict of all that a template sees which is included here, but for globals.
    pub(super) fn visible_names(
        &mut self,
        visible: Option<&[crate::bytecode::Visible]>,
    ) -> Result<Value, Error> {
        let context = self.context_for(visible);
        let names = context.visible_names();
        let budget = &self.render.budget;
        budget.memory((2 * names.len() * size_of::<Value>()) as u64)?;
        let mut map = Map::with_capacity(names.len());
        for (name, value) in names {
            map.insert_str(name, value);
        }
        Ok(Value::shared_map(map))
    }

    fn template_frame(
        &self,
        program: Arc<Program>,
        context: Arc<Context>,
        base: usize,
        returns: Returns,
    ) -> CodeFrame {
        context.add_template(&program);
        CodeFrame {
            unit: 0,
            address: 0,
            base,
            operands: 0,
            returns,
            context,
            cells: None,
            around: None,
            recursion: 0,
            auto_escape: program.auto_escape,
            parent: None,
            block: None,
            loops: 0,
            captures: 0,
            escapes: 0,
            program,
        }
    }

    /// `name -> module`; the name of a template to load first, if it was not used yet.
    pub(super) fn import_template(&mut self, site: &ImportSite) -> Result<Option<ArcStr>, Error> {
        let names = self.template_names()?;
        let (program, name) = match self.find_template(&names)? {
            Lookup::Found(program, name) => (program, name),
            Lookup::Load(name) => return Ok(Some(name)),
        };
        let cached = site.visible.is_none();
        if cached && let Some(module) = self.render.modules.get(&name).cloned() {
            *self.stack.last_mut().expect("the name is there") = module;
            return Ok(None);
        }
        self.check_depth()?;
        let context = self.context_for(site.visible.as_deref());
        self.pop();
        let base = self.stack.len();
        let frame = self.template_frame(program, context, base, Returns::Module { name, cached });
        self.push_captured(frame)?;
        Ok(None)
    }

    /// `module -> module v`
    pub(super) fn load_export(
        &self,
        name: &ArcStr,
        policy: UndefinedPolicy,
        place: impl FnOnce() -> Place,
    ) -> Value {
        let module = self
            .top()
            .downcast_object::<Module>()
            .expect("only modules are on the stack here");
        module.export(name).unwrap_or_else(|| {
            Value::missing(
                Undefined::hint(MachineFault::no_export(&module.name, name), policy).at(place()),
            )
        })
    }
}
