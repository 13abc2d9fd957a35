//! `include`, `import`, and the templates of a render.

use arcstr::ArcStr;

use crate::bytecode::{ImportSite, IncludeSite, Visible};
use crate::error::Error;
use crate::error::machine::MachineFault;
use crate::source::Place;
use crate::value::{Map, Repr, Undefined, UndefinedPolicy, Value, settled};
use crate::vm::context::Context;
use crate::vm::dispatch::Control;
use crate::vm::frame::{Called, CodeFrame, Returns};
use crate::vm::library::{Library, ProgramId};
use crate::vm::machine::Machine;
use crate::vm::objects::Module;
use crate::vm::scope::{Scope, ScopeNames, Site};

/// Where a template is.
pub(super) enum Lookup {
    /// In this render already.
    Found(ProgramId),
    /// Not here yet: the name to load.
    Load(ArcStr),
}

impl Machine {
    /// The template that the top of the stack names, or the first that exists of a list of names; or the
    /// name of one to load first.
    pub(super) fn find_template(&self) -> Result<Lookup, Error> {
        let value = settled(&self.render.budget, self.top())?;
        let found = match &value.0 {
            Repr::List(list) => self.first_template(&list.items())?,
            Repr::Tuple(tuple) => self.first_template(tuple.items())?,
            _ => self.template(self.template_name(value)?),
        };
        match found {
            Some(lookup) => Ok(lookup),
            None => Err(MachineFault::not_found(&self.template_names(value)?)),
        }
    }

    fn first_template(&self, names: &[Value]) -> Result<Option<Lookup>, Error> {
        // Whatever is no name is a mistake, also behind one that is found.
        for name in names {
            self.template_name(name)?;
        }
        for name in names {
            let found = self.template(self.template_name(name)?);
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    fn template_name<'v>(&self, value: &'v Value) -> Result<&'v ArcStr, Error> {
        let value = settled(&self.render.budget, value)?;
        match (value.as_text(), value.as_undefined()) {
            (Some(name), _) => Ok(name),
            (None, Some(undefined)) => Err(undefined.error()),
            (None, None) => Err(MachineFault::template_name(value.type_name())),
        }
    }

    fn template_names(&self, value: &Value) -> Result<Vec<ArcStr>, Error> {
        let name = |value: &Value| self.template_name(value).cloned();
        match &value.0 {
            Repr::List(list) => list.items().iter().map(name).collect(),
            Repr::Tuple(tuple) => tuple.items().iter().map(name).collect(),
            _ => Ok(vec![name(value)?]),
        }
    }

    /// Whether the top of the stack can name no template at all, rather than one that may be missing. As in
    /// Jinja2, what is false is a list of none.
    fn is_no_name(&self) -> bool {
        let top = self.top();
        match &top.0 {
            Repr::List(_) | Repr::Tuple(_) => false,
            _ => top.is_undefined() || top.as_text().is_none() && top.is_true(),
        }
    }

    /// What is known of a template; none if it is known not to exist.
    fn template(&self, name: &ArcStr) -> Option<Lookup> {
        let kept = self.render.kept.as_ref();
        match kept.and_then(|kept| kept.templates.get(name)) {
            None => Some(Lookup::Load(name.clone())),
            Some(Some(program)) => Some(Lookup::Found(*program)),
            Some(None) => None,
        }
    }

    /// `name ->`; the name of a template to load first, if it was not used yet.
    pub(super) fn include_template(
        &mut self,
        library: &Library<'_>,
        index: u32,
        site: &IncludeSite,
    ) -> Result<Option<ArcStr>, Error> {
        let program = match self.known_template(self.top()) {
            Some(program) => program,
            None => match self.find_template() {
                Ok(Lookup::Found(program)) => program,
                Ok(Lookup::Load(name)) => return Ok(Some(name)),
                Err(error) => {
                    if site.ignore_missing && !self.is_no_name() {
                        self.pop();
                        return Ok(None);
                    }
                    return Err(error);
                }
            },
        };
        self.check_depth()?;
        self.pop();
        self.enter_include(library, program, index, site)?;
        Ok(None)
    }

    /// As the constant `name` and [`include_template`](Self::include_template) after it, of a template that the render
    /// has used before; else nothing. The running activation goes on at `next`.
    ///
    /// The name is not counted for this, as values are that come to the stack and go.
    #[inline(never)]
    pub(super) fn include_known(
        &mut self,
        library: &Library<'_>,
        name: &Value,
        index: u32,
        site: &IncludeSite,
        next: usize,
    ) -> Result<Option<Control>, Error> {
        let Some(program) = self.known_template(name) else {
            return Ok(None);
        };
        if self.check_depth().is_err() {
            return Ok(None);
        }
        self.frame_mut().address = next as u32;
        self.enter_include(library, program, index, site)?;
        Ok(Some(Control::Switch))
    }

    #[inline(always)]
    fn enter_include(
        &mut self,
        library: &Library<'_>,
        program: ProgramId,
        index: u32,
        site: &IncludeSite,
    ) -> Result<(), Error> {
        let site = site.visible.is_some().then_some(Site::Include(index));
        let returns = Returns::Nothing(Called::Include);
        let frame = self.template_frame(library, program, site, returns);
        self.push_unit(library.program(program), frame)
    }

    /// A dict of all that a template sees which is included here, but for globals.
    pub(super) fn visible_names(
        &mut self,
        library: &Library<'_>,
        visible: Option<&[Visible]>,
    ) -> Result<Value, Error> {
        let names = match visible {
            Some(visible) => {
                let scope = self.running.scope;
                let locals = self.visible(self.callers.len(), visible);
                let chain = self.chain(library, scope);
                Context::nested(self.share(library, scope), locals, chain).visible_names()
            }
            None => Vec::new(),
        };
        let budget = &self.render.budget;
        budget.memory((2 * names.len() * size_of::<Value>()) as u64)?;
        let mut map = Map::with_capacity(names.len());
        for (name, value) in names {
            map.insert_str(name, value);
        }
        Ok(Value::shared_map(map))
    }

    /// The template that a value names, if that is a text and the render has used it before.
    #[inline]
    fn known_template(&self, name: &Value) -> Option<ProgramId> {
        let kept = self.render.kept.as_ref()?;
        *kept.templates.get(name.as_text()?)?
    }

    /// An activation of a template, which sees what stands where it is named if `site` says where.
    #[inline(always)]
    fn template_frame(
        &mut self,
        library: &Library<'_>,
        program: ProgramId,
        site: Option<Site>,
        returns: Returns,
    ) -> CodeFrame {
        let names = match site {
            Some(site) => ScopeNames::Caller {
                frame: self.callers.len(),
                site,
            },
            None => ScopeNames::Host(Value::NONE),
        };
        let scopes = self.scopes.len() as u32;
        let scope = self.push_scope(Scope::new(names, program));
        let base = self.stack.len();
        CodeFrame {
            auto_escape: library.program(program).auto_escape,
            scopes,
            ..CodeFrame::new(program, 0, base, scope, returns)
        }
    }

    /// `name -> module`; the name of a template to load first, if it was not used yet.
    pub(super) fn import_template(
        &mut self,
        library: &Library<'_>,
        index: u32,
        site: &ImportSite,
    ) -> Result<Option<ArcStr>, Error> {
        let program = match self.find_template()? {
            Lookup::Found(program) => program,
            Lookup::Load(name) => return Ok(Some(name)),
        };
        let cached = site.visible.is_none();
        let kept = self.render.kept.iter();
        let mut modules = kept.flat_map(|kept| &kept.modules);
        if cached && let Some((_, module)) = modules.find(|(known, _)| *known == program) {
            *self.stack.last_mut().expect("the name is there") = module.clone();
            return Ok(None);
        }
        self.check_depth()?;
        self.pop();
        let site = site.visible.is_some().then_some(Site::Import(index));
        let returns = Returns::Module { cached };
        let frame = self.template_frame(library, program, site, returns);
        self.push_captured(library.program(program), frame)?;
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
            let place = place();
            let hint = MachineFault::no_export(&module.name, &place, name);
            Value::missing(Undefined::hint(hint, policy).at(place))
        })
    }
}
