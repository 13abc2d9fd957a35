//! What `groupby` gives for each group: a pair with names.

use std::cell::Cell;
use std::sync::Arc;

use crate::error::Error;
use crate::error::builtin::BuiltinFault;
use crate::value::{Charge, Object, Value, ValueIter, display};

/// A pair of what the items have in common and the items: `group.grouper`, `group.list`, or unpacked.
#[derive(Debug)]
pub(super) struct Group {
    grouper: Value,
    list: Value,
}

impl Group {
    /// The pair as a value.
    pub(super) fn value(grouper: Value, list: Value) -> Value {
        Value::from_object(Group { grouper, list })
    }
}

impl Object for Group {
    fn type_name(&self) -> &str {
        "_GroupTuple"
    }

    fn get_attr(self: &Arc<Self>, name: &str) -> Option<Value> {
        match name {
            "grouper" => Some(self.grouper.clone()),
            "list" => Some(self.list.clone()),
            _ => None,
        }
    }

    fn get_item(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_i64()? {
            0 | -2 => Some(self.grouper.clone()),
            1 | -1 => Some(self.list.clone()),
            _ => None,
        }
    }

    fn iterate(self: &Arc<Self>) -> Option<ValueIter> {
        let parts = [self.grouper.clone(), self.list.clone()];
        Some(ValueIter::new(parts.into_iter()))
    }

    fn len(&self) -> Option<usize> {
        Some(2)
    }

    fn render(&self) -> String {
        let mut out = String::from("(");
        let printing = Printing(Cell::new(1 << 20));
        // Printing an object cannot fail, so a group that is too large to print ends early.
        let _ = display::repr(&printing, &mut out, &self.grouper);
        out.push_str(", ");
        let _ = display::repr(&printing, &mut out, &self.list);
        out.push(')');
        out
    }
}

/// What printing one group may use, since it knows no render to charge.
struct Printing(Cell<u64>);

impl Printing {
    fn spend(&self, amount: u64) -> Result<(), Error> {
        let left = self.0.get().checked_sub(amount);
        self.0.set(left.unwrap_or(0));
        match left {
            Some(_) => Ok(()),
            None => Err(BuiltinFault::TooDeep("groupby").into()),
        }
    }
}

impl Charge for Printing {
    fn fuel(&self, rounds: u64) -> Result<(), Error> {
        self.spend(rounds)
    }

    fn memory(&self, bytes: u64) -> Result<(), Error> {
        self.spend(bytes)
    }

    fn futures_are_awaited(&self) -> bool {
        true
    }
}
