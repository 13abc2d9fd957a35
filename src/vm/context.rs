//! The names that a template sees besides its own variables, for what may outlive its activation.

use std::collections::HashSet;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use arcstr::ArcStr;

use crate::bytecode::Program;
use crate::value::{Content, Repr, Symbol, Value, mapping};
use crate::vm::library::ProgramId;
use crate::vm::names::NameMap;

/// The context of one template and its parents: what the host gave, what the template exports, and the
/// templates of the inheritance chain.
///
/// Made only once something needs one that may live longer than the template runs: a macro, a module, an
/// export. Until then the names are where [`Scope`](super::scope::Scope) says.
pub(super) struct Context {
    /// What the host gave, or the variables of the including template.
    outer: Outer,
    names: Mutex<Names>,
    /// Whether there ever were `names`: most contexts have none, and need no lock to find none.
    has_names: AtomicBool,
    pub(super) chain: Arc<Chain>,
}

/// The variables that a context has itself.
#[derive(Clone, Default)]
struct Names {
    /// Handed in by name: those an include or a scoped block sees of the place it stands in.
    locals: Vec<(ArcStr, Value)>,
    exports: NameMap<Export>,
}

/// A variable that a template set at its top level.
#[derive(Clone)]
struct Export {
    value: Value,
    /// Whether those that import the template see it.
    is_public: bool,
}

/// Where a context looks for what it does not have itself.
enum Outer {
    /// The host's context, for the rendered template; none for those that are rendered without context.
    Root(Value),
    /// Another template's context.
    Context(Arc<Context>),
}

impl Context {
    /// The context of a template that sees `root`; only globals if that is none.
    pub(super) fn root(root: Value, chain: Arc<Chain>) -> Arc<Self> {
        Arc::new(Context {
            outer: Outer::Root(root),
            names: Mutex::default(),
            has_names: AtomicBool::new(false),
            chain,
        })
    }

    /// The context of a template or scoped block that sees all that `outer` sees, and `locals` before it.
    pub(super) fn nested(
        outer: Arc<Context>,
        locals: Vec<(ArcStr, Value)>,
        chain: Arc<Chain>,
    ) -> Arc<Self> {
        Arc::new(Context {
            outer: Outer::Context(outer),
            has_names: AtomicBool::new(!locals.is_empty()),
            names: Mutex::new(Names {
                locals,
                exports: NameMap::default(),
            }),
            chain,
        })
    }

    /// The same names as they are now, whatever is set later.
    ///
    /// The limit of depth bounds the recursion.
    pub(super) fn copy(&self) -> Arc<Self> {
        let names = lock(&self.names).clone();
        let has_names = !names.locals.is_empty() || names.exports.len() > 0;
        Arc::new(Context {
            outer: match &self.outer {
                Outer::Root(root) => Outer::Root(root.clone()),
                Outer::Context(outer) => Outer::Context(outer.copy()),
            },
            names: Mutex::new(names),
            has_names: AtomicBool::new(has_names),
            chain: Arc::clone(&self.chain),
        })
    }

    /// The context of the including template, if this is the context of an included one.
    pub(super) fn outer(&self) -> Option<&Arc<Self>> {
        match &self.outer {
            Outer::Root(_) => None,
            Outer::Context(outer) => Some(outer),
        }
    }

    /// What the host gave.
    pub(super) fn host(&self) -> &Value {
        let mut context = self;
        loop {
            match &context.outer {
                Outer::Root(root) => return root,
                Outer::Context(outer) => context = outer,
            }
        }
    }

    /// How many variables it has itself.
    pub(super) fn len(&self) -> usize {
        let names = lock(&self.names);
        names.locals.len() + names.exports.len()
    }

    /// The value of a name, without globals.
    pub(super) fn lookup(&self, name: &Symbol) -> Option<Value> {
        let mut context = self;
        loop {
            if context.has_names.load(Ordering::Acquire)
                && let Some(value) = lock(&context.names).find(name)
            {
                return Some(value);
            }
            match &context.outer {
                Outer::Root(root) => return root_name(root, name),
                Outer::Context(outer) => context = outer,
            }
        }
    }

    /// All names with their values; what a name hides is left out.
    pub(super) fn visible_names(&self) -> Vec<(ArcStr, Value)> {
        let mut known: HashSet<ArcStr> = HashSet::new();
        let mut found: Vec<(ArcStr, Value)> = Vec::new();
        let mut add = |name: &ArcStr, value: &Value| {
            if known.insert(name.clone()) {
                found.push((name.clone(), value.clone()));
            }
        };
        let mut context = self;
        loop {
            let names = lock(&context.names);
            for (name, export) in names.exports.iter() {
                add(name, &export.value);
            }
            for (name, value) in names.locals.iter().rev() {
                add(name, value);
            }
            drop(names);
            match &context.outer {
                Outer::Root(root) => {
                    if let Some(root) = mapping(root) {
                        for (name, value) in root.iter() {
                            if let Some(name) = name.as_text() {
                                add(name, value);
                            }
                        }
                    }
                    return found;
                }
                Outer::Context(outer) => context = outer,
            }
        }
    }

    /// What the template itself exports under a name.
    pub(super) fn export(&self, name: &str) -> Option<Value> {
        let names = lock(&self.names);
        let export = names.exports.get(name).filter(|export| export.is_public)?;
        Some(export.value.clone())
    }

    /// The names the template exports.
    pub(super) fn export_names(&self) -> Vec<ArcStr> {
        lock(&self.names)
            .exports
            .iter()
            .filter(|(_, export)| export.is_public)
            .map(|(name, _)| name.clone())
            .collect()
    }

    /// Makes a value visible under a name, also to those that import the template if it `is_public`.
    pub(super) fn set(&self, name: &ArcStr, value: Value, is_public: bool) {
        let mut names = lock(&self.names);
        let old = names.exports.insert(name, Export { value, is_public });
        self.has_names.store(true, Ordering::Release);
        // Dropped outside of the lock: a macro may be the last to hold this very context.
        drop(names);
        drop(old);
    }

    /// Forgets all variables, which breaks cycles through macros, modules and blocks.
    pub(super) fn clear(&self) {
        let names = std::mem::take(&mut *lock(&self.names));
        drop(names);
    }
}

/// A name of the host's context.
#[inline]
pub(super) fn root_name(root: &Value, name: &Symbol) -> Option<Value> {
    match &root.0 {
        Repr::Record(record) => record.get_symbol(name).map(Content::to_value),
        Repr::Map(dict) => dict.get_symbol(name),
        Repr::Object(object) => object.get_attr(name),
        _ => None,
    }
}

impl Names {
    fn find(&self, name: &str) -> Option<Value> {
        // What the template sets itself hides what it was handed.
        if let Some(export) = self.exports.get(name) {
            return Some(export.value.clone());
        }
        let local = self.locals.iter().rev().find(|(known, _)| known == name);
        local.map(|(_, value)| value.clone())
    }
}

/// A template and those it extends, from the most derived to the base.
///
/// A block is looked up here when it is called: chains are short, and most renders call few blocks.
pub(super) struct Chain {
    pub(super) id: ProgramId,
    pub(super) program: Arc<Program>,
    parent: OnceLock<Arc<Chain>>,
}

impl Chain {
    /// A template that extends nothing yet.
    pub(super) fn new(id: ProgramId, program: &Arc<Program>) -> Arc<Self> {
        Arc::new(Chain {
            id,
            program: program.clone(),
            parent: OnceLock::new(),
        })
    }

    /// This template and its ancestors, as far as they are known.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Chain> {
        std::iter::successors(Some(self), |chain| {
            chain.parent.get().map(|parent| &**parent)
        })
    }

    /// Adds a template as the next parent: whether it was not in the chain yet, and how many templates are in
    /// it now.
    pub(super) fn extend(&self, id: ProgramId, program: &Arc<Program>) -> (bool, usize) {
        let mut last = self;
        let (mut is_new, mut count) = (true, 0);
        for chain in self.iter() {
            is_new = is_new && !Arc::ptr_eq(&chain.program, program);
            count += 1;
            last = chain;
        }
        let added = last.parent.set(Chain::new(id, program));
        debug_assert!(added.is_ok(), "one machine extends a chain");
        (is_new, count + 1)
    }

    /// The definition of a block `level` levels below the most derived one, and its index there.
    pub(super) fn block(&self, name: &str, level: usize) -> Option<(&Chain, usize)> {
        let defined = |chain: &'_ Chain| chain.program.block(name);
        let mut definitions = self
            .iter()
            .filter_map(|chain| defined(chain).map(|block| (chain, block)));
        definitions.nth(level)
    }
}

/// One after the other: a chain may be as long as the host allows.
impl Drop for Chain {
    fn drop(&mut self) {
        let mut next = self.parent.take();
        while let Some(mut chain) = next.and_then(Arc::into_inner) {
            next = chain.parent.take();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").finish_non_exhaustive()
    }
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.iter().map(|chain| &chain.program.origin.name);
        f.debug_list().entries(names).finish()
    }
}
