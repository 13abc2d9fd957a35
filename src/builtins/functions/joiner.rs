//! The function `joiner`, whose object is empty when it is called first and a separator from then on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::builtins::produce::{Answer, value};
use crate::call::{Arguments, Bound, Builtin, CallContext, Flow};
use crate::error::Error;
use crate::error::call::CallFault;
use crate::value::{Object, Value};

pub(super) const JOINER: Builtin = Builtin::function("joiner", &["sep"], joiner);

fn joiner(_: &CallContext<'_>, bound: &Bound<'_>) -> Answer {
    value(Value::from_object(Joiner {
        separator: bound.get(0).cloned().unwrap_or(Value::string(", ")),
        used: AtomicBool::new(false),
    }))
}

/// A separator, and whether it is due.
#[derive(Debug)]
struct Joiner {
    separator: Value,
    used: AtomicBool,
}

impl Object for Joiner {
    fn type_name(&self) -> &str {
        "Joiner"
    }

    fn get_attr(self: &Arc<Self>, name: &str) -> Option<Value> {
        match name {
            "sep" => Some(self.separator.clone()),
            "used" => Some(Value::bool(self.used.load(Ordering::Relaxed))),
            _ => None,
        }
    }

    fn is_callable(&self) -> bool {
        true
    }

    fn call(
        self: &Arc<Self>,
        context: &CallContext<'_>,
        arguments: &Arguments<'_>,
    ) -> Result<Flow, Error> {
        let _ = context;
        if !arguments.is_empty() {
            return Err(CallFault::too_many("joiner", 0, 0, arguments.len()));
        }
        match self.used.swap(true, Ordering::Relaxed) {
            true => value(self.separator.clone()),
            false => value(""),
        }
    }
}
