//! The names that a running template sees besides its own variables.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arcstr::ArcStr;

use crate::bytecode::Program;
use crate::value::{Value, mapping};
use crate::vm::names::NameMap;

/// The context of one template and its parents: what the host gave, what the template exports, and the
/// blocks of the inheritance chain.
pub(super) struct Context {
    /// What the host gave, or the variables of the including template.
    outer: Outer,
    names: Mutex<Names>,
    blocks: Arc<Mutex<BlockTable>>,
}

/// The variables that a context has itself.
#[derive(Default)]
struct Names {
    /// Handed in by name: those an include or a scoped block sees of the place it stands in.
    locals: Vec<(ArcStr, Value)>,
    exports: NameMap<Export>,
}

/// A variable that a template set at its top level.
struct Export {
    value: Value,
    /// Whether those that import the template see it.
    is_public: bool,
}

/// Where a context looks for what it does not have itself.
enum Outer {
    /// The host's context, for the rendered template and those that are rendered without context.
    Root(Option<Value>),
    /// Another template's context.
    Context(Arc<Context>),
}

/// The overrides of each block, from the most derived template's to the base's.
#[derive(Default)]
struct BlockTable {
    /// The templates of the chain so far, the most derived first.
    chain: Vec<Arc<Program>>,
    blocks: NameMap<Vec<BlockEntry>>,
}

/// One definition of a block.
#[derive(Clone)]
pub(super) struct BlockEntry {
    pub(super) program: Arc<Program>,
    /// The index of the block in the program.
    pub(super) block: usize,
}

impl Context {
    /// The context of a template that sees `root`, or only globals.
    pub(super) fn root(root: Option<Value>) -> Arc<Self> {
        Arc::new(Context {
            outer: Outer::Root(root),
            names: Mutex::default(),
            blocks: Arc::default(),
        })
    }

    /// The context of a template that sees all that `self` sees, and `locals` before it.
    pub(super) fn nested(self: &Arc<Self>, locals: Vec<(ArcStr, Value)>) -> Arc<Self> {
        Arc::new(Context {
            outer: Outer::Context(self.clone()),
            names: Names::with_locals(locals),
            blocks: Arc::default(),
        })
    }

    /// The context of a scoped block: `locals` before all else, the blocks those of `self`.
    pub(super) fn scoped(self: &Arc<Self>, locals: Vec<(ArcStr, Value)>) -> Arc<Self> {
        Arc::new(Context {
            outer: Outer::Context(self.clone()),
            names: Names::with_locals(locals),
            blocks: self.blocks.clone(),
        })
    }

    /// The value of a name, without globals.
    pub(super) fn lookup(&self, name: &str) -> Option<Value> {
        let mut context = self;
        loop {
            if let Some(value) = lock(&context.names).find(name) {
                return Some(value);
            }
            match &context.outer {
                Outer::Root(Some(root)) => return root_name(root, name),
                Outer::Root(None) => return None,
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
            for (name, value) in names.locals.iter().rev() {
                add(name, value);
            }
            for (name, export) in names.exports.iter() {
                add(name, &export.value);
            }
            drop(names);
            match &context.outer {
                Outer::Root(root) => {
                    if let Some(root) = root.as_ref().and_then(mapping) {
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

    /// Makes a value visible under a name, also to those that import the template.
    pub(super) fn set_export(&self, name: &ArcStr, value: Value) {
        self.set(name, value, true);
    }

    /// Makes a value visible under a name, but not to those that import the template.
    pub(super) fn set_shared(&self, name: &ArcStr, value: Value) {
        self.set(name, value, false);
    }

    fn set(&self, name: &ArcStr, value: Value, is_public: bool) {
        let mut names = lock(&self.names);
        let old = names.exports.insert(name, Export { value, is_public });
        // Dropped outside of the lock: a macro may be the last to hold this very context.
        drop(names);
        drop(old);
    }

    /// Forgets all variables, which breaks cycles through macros, modules and blocks.
    pub(super) fn clear(&self) {
        let names = std::mem::take(&mut *lock(&self.names));
        drop(names);
    }

    /// Adds a template as the next parent of the chain: whether it was not in the chain yet, and how many
    /// templates are in it now.
    pub(super) fn add_template(&self, program: &Arc<Program>) -> (bool, usize) {
        let mut table = lock(&self.blocks);
        let is_new = !table.chain.iter().any(|known| Arc::ptr_eq(known, program));
        table.chain.push(program.clone());
        for (block, info) in program.blocks.iter().enumerate() {
            let entry = BlockEntry {
                program: program.clone(),
                block,
            };
            table.blocks.entry(&info.name, Vec::new).push(entry);
        }
        (is_new, table.chain.len())
    }

    /// The definition of a block `level` levels below the most derived one.
    pub(super) fn block(&self, name: &str, level: usize) -> Option<BlockEntry> {
        let table = lock(&self.blocks);
        table.blocks.get(name)?.get(level).cloned()
    }
}

/// A name of the host's context.
fn root_name(root: &Value, name: &str) -> Option<Value> {
    match (mapping(root), root.as_object()) {
        (Some(mapping), _) => mapping.get_str(name).cloned(),
        (None, Some(object)) => object.get_attr(name),
        (None, None) => None,
    }
}

impl Names {
    fn with_locals(locals: Vec<(ArcStr, Value)>) -> Mutex<Self> {
        Mutex::new(Names {
            locals,
            exports: NameMap::default(),
        })
    }

    fn find(&self, name: &str) -> Option<Value> {
        let local = self.locals.iter().rev().find(|(known, _)| known == name);
        if let Some((_, value)) = local {
            return Some(value.clone());
        }
        self.exports.get(name).map(|export| export.value.clone())
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
