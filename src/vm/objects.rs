//! Values that only the machine makes: macros, loops, modules, blocks.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use arcstr::ArcStr;

use crate::bytecode::{LoopField, MacroInfo, Program};
use crate::call::{Arguments, CallContext, Flow};
use crate::error::Error;
use crate::error::machine::MachineFault;
use crate::value::{Object, UndefinedPolicy, Value};
use crate::vm::cells::Cells;
use crate::vm::context::Context;
use crate::vm::library::ProgramId;
use crate::vm::loops::LoopState;

/// A macro, or the body of a `call` block, with what it captured.
pub(super) struct Macro {
    pub(super) program: Arc<Program>,
    /// Its number in the render that made the macro.
    pub(super) id: ProgramId,
    /// The index of its description in the program.
    pub(super) index: usize,
    pub(super) context: Arc<Context>,
    pub(super) cells: Option<Arc<Cells>>,
    /// Whether its body escapes what it writes.
    pub(super) auto_escape: bool,
}

impl Macro {
    /// What the compiler knows of it.
    pub(super) fn info(&self) -> &MacroInfo {
        &self.program.macros[self.index]
    }
}

impl Object for Macro {
    fn type_name(&self) -> &str {
        "macro"
    }

    fn is_callable(&self) -> bool {
        true
    }

    fn get_attr(self: &Arc<Self>, name: &str) -> Option<Value> {
        let info = self.info();
        Some(match name {
            "name" if info.is_caller => Value::NONE,
            "name" => Value::string(info.name.clone()),
            "arguments" => Value::tuple(
                info.parameters
                    .iter()
                    .map(|name| Value::string(name.clone()))
                    .collect(),
            ),
            "catch_kwargs" => Value::bool(info.kwargs.is_some()),
            "catch_varargs" => Value::bool(info.varargs.is_some()),
            "caller" => Value::bool(info.caller.is_some()),
            _ => return None,
        })
    }

    fn call(
        self: &Arc<Self>,
        _: &CallContext<'_>,
        arguments: &Arguments<'_>,
    ) -> Result<Flow, Error> {
        Ok(call_back(Value::from_arc_object(self.clone()), arguments))
    }

    fn render(&self) -> String {
        match self.info() {
            info if info.is_caller => "<Macro anonymous>".to_owned(),
            info => format!("<Macro '{}'>", info.name),
        }
    }
}

/// Asks the machine to call a value that only it can call.
fn call_back(callee: Value, arguments: &Arguments<'_>) -> Flow {
    Flow::Call {
        callee,
        arguments: (*arguments).to_owned(),
        then: Box::new(|_, result| result.map(Flow::Return)),
    }
}

impl fmt::Debug for Macro {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render())
    }
}

/// An imported template: what it exports, and what it printed.
pub(super) struct Module {
    pub(super) name: ArcStr,
    pub(super) context: Arc<Context>,
    /// What the template wrote while it was imported.
    pub(super) body: String,
}

impl Module {
    /// An exported value; names that start with an underscore are the template's own.
    pub(super) fn export(&self, name: &str) -> Option<Value> {
        if name.starts_with('_') {
            return None;
        }
        self.context.export(name)
    }
}

impl Object for Module {
    fn type_name(&self) -> &str {
        "module"
    }

    fn get_attr(self: &Arc<Self>, name: &str) -> Option<Value> {
        self.export(name)
    }

    fn render(&self) -> String {
        self.body.clone()
    }

    fn is_markup(&self) -> bool {
        true
    }
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.context.export_names();
        write!(f, "<module {:?} {names:?}>", self.name.as_str())
    }
}

/// `self`: the blocks of the running template by name, or one block as a value: `self.name`, `super`.
#[derive(Debug)]
pub(super) enum Blocks {
    All(Arc<Context>),
    One {
        context: Arc<Context>,
        name: ArcStr,
        level: usize,
    },
}

impl Object for Blocks {
    fn type_name(&self) -> &str {
        match self {
            Blocks::All(_) => "blocks",
            Blocks::One { .. } => "block",
        }
    }

    fn is_callable(&self) -> bool {
        matches!(*self, Blocks::One { .. })
    }

    fn get_attr(self: &Arc<Self>, attribute: &str) -> Option<Value> {
        let (context, name, level) = match &**self {
            Blocks::All(context) => (context, ArcStr::from(attribute), 0),
            Blocks::One {
                context,
                name,
                level,
            } if attribute == "super" => (context, name.clone(), level + 1),
            Blocks::One { .. } => return None,
        };
        context.chain.block(&name, level)?;
        Some(Value::from_object(Blocks::One {
            context: context.clone(),
            name,
            level,
        }))
    }

    fn call(
        self: &Arc<Self>,
        _: &CallContext<'_>,
        arguments: &Arguments<'_>,
    ) -> Result<Flow, Error> {
        match &**self {
            Blocks::All(_) => Err(MachineFault::BlocksAreNotCallable.into_error()),
            Blocks::One { .. } => Ok(call_back(Value::from_arc_object(self.clone()), arguments)),
        }
    }
}

/// `loop` as a value: shows the state of its loop, and runs a recursive one again.
pub(super) struct LoopObject {
    /// What the machine finds the loop by.
    pub(super) id: u64,
    state: Mutex<Snapshot>,
}

/// What a loop was like when its running round began.
#[derive(Clone)]
struct Snapshot {
    fields: Vec<(LoopField, Option<Value>)>,
    changed: Option<Vec<Value>>,
}

const FIELDS: [(&str, LoopField); 11] = [
    ("index", LoopField::Index),
    ("index0", LoopField::Index0),
    ("revindex", LoopField::RevIndex),
    ("revindex0", LoopField::RevIndex0),
    ("first", LoopField::First),
    ("last", LoopField::Last),
    ("length", LoopField::Length),
    ("depth", LoopField::Depth),
    ("depth0", LoopField::Depth0),
    ("previtem", LoopField::PreviousItem),
    ("nextitem", LoopField::NextItem),
];

impl LoopObject {
    /// The value of a loop.
    pub(super) fn new(state: &LoopState) -> Arc<Self> {
        Arc::new(LoopObject {
            id: state.id,
            state: Mutex::new(Snapshot {
                fields: fields(state),
                changed: None,
            }),
        })
    }

    /// Shows a later round.
    pub(super) fn update(&self, state: &LoopState) {
        let new = fields(state);
        let old = std::mem::replace(&mut self.lock().fields, new);
        drop(old);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Snapshot> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn fields(state: &LoopState) -> Vec<(LoopField, Option<Value>)> {
    FIELDS
        .iter()
        .map(|(_, field)| (*field, state.field(*field, UndefinedPolicy::Lenient).ok()))
        .collect()
}

impl Object for LoopObject {
    fn type_name(&self) -> &str {
        "loop"
    }

    fn is_callable(&self) -> bool {
        true
    }

    fn render(&self) -> String {
        let shown = |field| {
            let fields = &self.lock().fields;
            let value = fields.iter().find(|(known, _)| *known == field);
            value
                .and_then(|(_, value)| value.as_ref()?.as_i64())
                .unwrap_or(0)
        };
        let (index, length) = (shown(LoopField::Index), shown(LoopField::Length));
        format!("<LoopContext {index}/{length}>")
    }

    fn get_attr(self: &Arc<Self>, name: &str) -> Option<Value> {
        let at = FIELDS.iter().position(|(known, _)| *known == name)?;
        self.lock().fields[at].1.clone()
    }

    fn call(
        self: &Arc<Self>,
        _: &CallContext<'_>,
        arguments: &Arguments<'_>,
    ) -> Result<Flow, Error> {
        Ok(call_back(Value::from_arc_object(self.clone()), arguments))
    }

    fn call_method(
        self: &Arc<Self>,
        context: &CallContext<'_>,
        name: &str,
        arguments: &Arguments<'_>,
    ) -> Result<Flow, Error> {
        let values = arguments.positional();
        match name {
            "cycle" if values.is_empty() => Err(MachineFault::CycleOfNothing.into_error()),
            "cycle" => {
                let index = match self.get_attr("index0").and_then(|index| index.as_i64()) {
                    Some(index) => index as usize,
                    None => 0,
                };
                Ok(Flow::Return(values[index % values.len()].clone()))
            }
            "changed" => {
                let last = self.lock().changed.clone();
                let same = match last {
                    Some(last) if last.len() == values.len() => {
                        let mut same = true;
                        for (a, b) in last.iter().zip(values) {
                            same = same && crate::value::compare::equal(context, a, b)?;
                        }
                        same
                    }
                    _ => false,
                };
                if !same {
                    self.lock().changed = Some(values.to_vec());
                }
                Ok(Flow::Return(Value::bool(!same)))
            }
            _ => Err(MachineFault::NoMethod {
                owner: "loop".into(),
                name: name.into(),
            }
            .into_error()),
        }
    }
}

impl fmt::Debug for LoopObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<loop>")
    }
}
