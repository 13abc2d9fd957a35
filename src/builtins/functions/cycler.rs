//! The function `cycler`, whose object gives its items in turn.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::builtins::produce::{Answer, charge_values, value};
use crate::call::{Arguments, Bound, Builtin, CallContext, Flow};
use crate::error::Error;
use crate::error::builtin::BuiltinFault;
use crate::error::call::CallFault;
use crate::value::{Object, Value};

pub(super) const CYCLER: Builtin = Builtin::function("cycler", &[], cycler).rest();

fn cycler(context: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    if bound.rest().is_empty() {
        return Err(BuiltinFault::EmptyCycler.into());
    }
    charge_values(context, bound.rest().len())?;
    value(Value::from_object(Cycler {
        items: bound.rest().to_vec(),
        position: AtomicUsize::new(0),
    }))
}

/// Items to be given in turn, and whose turn it is.
#[derive(Debug)]
struct Cycler {
    items: Vec<Value>,
    position: AtomicUsize,
}

impl Cycler {
    fn current(&self) -> Value {
        self.items[self.position.load(Ordering::Relaxed)].clone()
    }
}

impl Object for Cycler {
    fn type_name(&self) -> &str {
        "Cycler"
    }

    fn get_attr(self: &Arc<Self>, name: &str) -> Option<Value> {
        match name {
            "current" => Some(self.current()),
            "pos" => Some(Value::int(self.position.load(Ordering::Relaxed) as i64)),
            "items" => Some(Value::tuple(self.items.clone())),
            _ => None,
        }
    }

    fn call_method(
        self: &Arc<Self>,
        context: &CallContext<'_>,
        name: &str,
        arguments: &Arguments<'_>,
    ) -> Result<Flow, Error> {
        let _ = context;
        if !arguments.is_empty() {
            return Err(CallFault::too_many(name, 0, 0, arguments.len()));
        }
        match name {
            "next" => {
                let current = self.current();
                let next = (self.position.load(Ordering::Relaxed) + 1) % self.items.len();
                self.position.store(next, Ordering::Relaxed);
                value(current)
            }
            "reset" => {
                self.position.store(0, Ordering::Relaxed);
                value(Value::NONE)
            }
            _ => Err(CallFault::no_method(self.type_name(), name)),
        }
    }
}
