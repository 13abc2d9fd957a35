//! Where names are found that are no variables of the running unit.

use std::sync::Arc;

use arcstr::ArcStr;

use crate::bytecode::{Visible, VisibleSource};
use crate::value::{Content, Repr, Symbol, Value, access};
use crate::vm::context::{Chain, Context, root_name};
use crate::vm::library::{Library, ProgramId};
use crate::vm::machine::Machine;
use crate::vm::shortcuts;

/// What one running template sees, with the templates that it extends.
///
/// A scope lives on the machine for as long as the template runs. Only what may live longer, a macro say,
/// gets a [`Context`].
#[derive(Debug)]
pub(super) struct Scope {
    pub(super) names: ScopeNames,
    /// The template itself.
    pub(super) program: ProgramId,
    /// The template and those it extends, once it extends one.
    chain: Option<Arc<Chain>>,
}

/// Where the names of a scope are.
#[derive(Debug)]
pub(super) enum ScopeNames {
    /// What the host gave; none for a template that sees only globals.
    Host(Value),
    /// With the template that included or imported this one, and its place there.
    Caller { frame: usize, site: Site },
    /// In a context. `own` says that the scope's template made it, and not, say, the one around a macro.
    Context { context: Arc<Context>, own: bool },
}

/// The index of an `include` or `import` in its program.
#[derive(Clone, Copy, Debug)]
pub(super) enum Site {
    Include(u32),
    Import(u32),
}

/// A scope of the machine: 0 is that of the template that the render started with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ScopeId(u32);

impl ScopeId {
    /// The scope of the template that the render started with.
    pub(super) const FIRST: ScopeId = ScopeId(0);

    /// The scope, which is the first or one of those opened since.
    #[inline]
    fn of<'s>(self, first: &'s Scope, others: &'s [Scope]) -> &'s Scope {
        match self.0 {
            0 => first,
            number => &others[number as usize - 1],
        }
    }
}

/// A block that was found.
pub(super) struct FoundBlock {
    pub(super) program: ProgramId,
    /// Its index in the program.
    pub(super) block: usize,
    /// 0 is the most derived definition.
    pub(super) level: usize,
}

impl Scope {
    /// The scope of a template.
    #[inline(always)]
    pub(super) fn new(names: ScopeNames, program: ProgramId) -> Self {
        Scope {
            names,
            program,
            chain: None,
        }
    }

    /// Has it show what the host gave.
    #[inline]
    pub(super) fn set_host(&mut self, context: Value) {
        match &mut self.names {
            ScopeNames::Host(root) => root.put(context),
            names => *names = ScopeNames::Host(context),
        }
    }

    /// A name of the host's context, where it is, if that is the scope's own.
    #[inline]
    fn host_field(&self, name: &Symbol) -> Option<Content<'_>> {
        match &self.names {
            ScopeNames::Host(root) => access::field(root, name, false),
            _ => None,
        }
    }

    /// What the host gave, seen from the first scope of a machine.
    #[inline]
    pub(super) fn host_context(&self) -> &Value {
        match &self.names {
            ScopeNames::Host(root) => root,
            ScopeNames::Context { context, .. } => context.host(),
            // The first template was included by none.
            ScopeNames::Caller { .. } => &Value::NONE,
        }
    }

    /// Whether nothing of it may outlive it.
    pub(super) fn is_plain(&self) -> bool {
        self.chain.is_none() && !matches!(self.names, ScopeNames::Context { .. })
    }

    /// The template and those it extends; none if it extends nothing.
    fn chain(&self) -> Option<&Arc<Chain>> {
        match &self.names {
            ScopeNames::Context { context, .. } => Some(&context.chain),
            _ => self.chain.as_ref(),
        }
    }
}

impl Machine {
    /// A scope.
    #[inline]
    fn scope(&self, id: ScopeId) -> &Scope {
        id.of(&self.first_scope, &self.scopes)
    }

    fn scope_mut(&mut self, id: ScopeId) -> &mut Scope {
        match id.0 {
            0 => &mut self.first_scope,
            number => &mut self.scopes[number as usize - 1],
        }
    }

    /// Opens a scope for the frame that is about to be pushed.
    pub(super) fn push_scope(&mut self, scope: Scope) -> ScopeId {
        self.scopes.push(scope);
        ScopeId(self.scopes.len() as u32)
    }

    /// Closes the scopes of a frame that is left.
    pub(super) fn drop_scopes(&mut self, count: usize) {
        while self.scopes.len() > count {
            let last = self.scopes.len() - 1;
            // The context around a macro is its definer's.
            if let ScopeNames::Context { context, own: true } = &self.scopes[last].names {
                self.render.remember_context(context);
            }
            self.scopes.truncate(last);
        }
    }

    /// A name of the host's context, where it is, if the running template has that for its own.
    #[inline]
    pub(super) fn host_field(&self, name: &Symbol) -> Option<Content<'_>> {
        self.scope(self.running.scope).host_field(name)
    }

    /// Writes a name of the host's context from where it is, if that is easily done.
    #[inline(always)]
    pub(super) fn emit_host_field(&mut self, name: &Symbol, auto_escape: bool) -> bool {
        let scope = self.running.scope.of(&self.first_scope, &self.scopes);
        match scope.host_field(name) {
            Some(field) => shortcuts::emit(&mut self.output, field, auto_escape),
            None => false,
        }
    }

    /// The value of a name of the context or of the environment.
    pub(super) fn lookup(&mut self, library: &Library<'_>, name: &Symbol) -> Option<Value> {
        match self.lookup_context(library, name) {
            None => self.lookup_global(library, name),
            found => found,
        }
    }

    #[inline(never)]
    fn lookup_global(&mut self, library: &Library<'_>, name: &Symbol) -> Option<Value> {
        match library.host.registry.global(name) {
            None => self.lazy_global(library, name),
            found => found.cloned(),
        }
    }

    /// A global that is made once a render, and only if it is asked for.
    fn lazy_global(&mut self, library: &Library<'_>, name: &Symbol) -> Option<Value> {
        let make = library.host.registry.lazy_global(name)?;
        let made = &mut self.render.kept().lazy_globals;
        if let Some((_, value)) = made.iter().find(|(known, _)| *known == **name) {
            return Some(value.clone());
        }
        let value = make(&self.call_context(library, name, false));
        let made = &mut self.render.kept().lazy_globals;
        made.push((name.text().clone(), value.clone()));
        Some(value)
    }

    fn lookup_context(&mut self, library: &Library<'_>, name: &Symbol) -> Option<Value> {
        let mut id = self.running.scope;
        loop {
            match self.scope(id).names {
                ScopeNames::Host(ref root) => return root_name(root, name),
                ScopeNames::Context { ref context, .. } => return context.lookup(name),
                ScopeNames::Caller { frame, site } => {
                    let visible = visible(library, self.frame_at(frame).program, site);
                    let named = visible
                        .iter()
                        .rev()
                        .filter(|visible| name.is(&visible.name));
                    for Visible { source, .. } in named {
                        let value = self.visible_value(frame, *source);
                        if !matches!(value.0, Repr::Unset) {
                            return Some(value);
                        }
                    }
                    id = self.frame_at(frame).scope;
                }
            }
        }
    }

    /// The variables that another template or a scoped block sees of an open activation.
    pub(super) fn visible(&mut self, frame: usize, visible: &[Visible]) -> Vec<(ArcStr, Value)> {
        let mut locals = Vec::with_capacity(visible.len());
        for Visible { name, source } in visible {
            let value = self.visible_value(frame, *source);
            if !matches!(value.0, Repr::Unset) {
                locals.push((name.clone(), value));
            }
        }
        locals
    }

    /// A variable of an open activation, as it is where that goes on.
    #[inline]
    fn visible_value(&mut self, frame: usize, source: VisibleSource) -> Value {
        match source {
            VisibleSource::Local(variable) => match variable.get() {
                Ok(slot) => {
                    let base = self.frame_at(frame).base();
                    self.stack[base + slot.0 as usize].copied()
                }
                Err(own) => self.visible_cell(frame, 0, own),
            },
            VisibleSource::Cell(levels, index) => self.visible_cell(frame, levels, index),
            VisibleSource::Loop => self.visible_loop(frame),
        }
    }

    #[inline(never)]
    fn visible_cell(&self, frame: usize, levels: u8, cell: u16) -> Value {
        let cells = self.frame_at(frame).cells.as_ref();
        let cells = cells.expect("the unit has cells");
        cells.up(levels).load(cell)
    }

    #[inline(never)]
    fn visible_loop(&mut self, frame: usize) -> Value {
        let loops = match self.callers.get(frame + 1) {
            Some(called) => called.loops as usize,
            None if frame < self.callers.len() => self.running.loops as usize,
            None => self.loops.len(),
        };
        self.loops[loops - 1].value()
    }

    /// The context of a scope, which may outlive it.
    pub(super) fn share(&mut self, library: &Library<'_>, id: ScopeId) -> Arc<Context> {
        // Those that include each other, the innermost first.
        let mut pending = Vec::new();
        let mut at = id;
        let mut context = loop {
            let scope = self.scope(at);
            match &scope.names {
                ScopeNames::Context { context, .. } => break context.clone(),
                ScopeNames::Host(root) => {
                    let root = root.clone();
                    let chain = self.chain(library, at);
                    break self.keep(at, Context::root(root, chain));
                }
                ScopeNames::Caller { frame, site } => {
                    let (frame, site) = (*frame, *site);
                    pending.push((at, frame, site));
                    at = self.frame_at(frame).scope;
                }
            }
        };
        while let Some((at, frame, site)) = pending.pop() {
            let visible = visible(library, self.frame_at(frame).program, site);
            let locals = self.visible(frame, visible);
            let chain = self.chain(library, at);
            // What is imported may be used for long, and keeps what it saw.
            let outer = match site {
                Site::Include(_) => context,
                Site::Import(_) => context.copy(),
            };
            context = self.keep(at, Context::nested(outer, locals, chain));
        }
        context
    }

    fn keep(&mut self, id: ScopeId, context: Arc<Context>) -> Arc<Context> {
        self.scope_mut(id).names = ScopeNames::Context {
            context: context.clone(),
            own: true,
        };
        context
    }

    /// Makes a value visible under a name, also to those that import the template if it `is_public`.
    pub(super) fn export(
        &mut self,
        library: &Library<'_>,
        name: &ArcStr,
        value: Value,
        is_public: bool,
    ) {
        let context = self.share(library, self.running.scope);
        context.set(name, value, is_public);
    }

    /// The templates of a scope.
    pub(super) fn chain(&mut self, library: &Library<'_>, id: ScopeId) -> Arc<Chain> {
        let scope = self.scope_mut(id);
        match scope.chain() {
            Some(chain) => chain.clone(),
            None => {
                let chain = Chain::new(scope.program, library.program(scope.program));
                scope.chain = Some(chain.clone());
                chain
            }
        }
    }

    /// The definition of a block `level` levels below the most derived one.
    pub(super) fn find_block(
        &mut self,
        library: &Library<'_>,
        id: ScopeId,
        name: &str,
        level: usize,
    ) -> Option<FoundBlock> {
        let scope = self.scope(id);
        let Some(chain) = scope.chain() else {
            let program = scope.program;
            let block = library
                .program(program)
                .block(name)
                .filter(|_| level == 0)?;
            return Some(FoundBlock {
                program,
                block,
                level,
            });
        };
        let (chain, block) = chain.block(name, level)?;
        let program = match library.number(&chain.program, chain.id) {
            Some(program) => program,
            None => {
                let program = chain.program.clone();
                self.adopt(library, &program)
            }
        };
        Some(FoundBlock {
            program,
            block,
            level,
        })
    }
}

/// The variables that a template sees of the place where it is included or imported.
fn visible<'h>(library: &Library<'h>, program: ProgramId, site: Site) -> &'h [Visible] {
    let program = library.program(program);
    let visible = match site {
        Site::Include(site) => &program.includes[site as usize].visible,
        Site::Import(site) => &program.imports[site as usize].visible,
    };
    visible.as_deref().unwrap_or_default()
}
