//! Dropping nested values without recursion, so that depth cannot overflow the stack.

use std::sync::Arc;

use crate::value::{Repr, Value};

/// Whether dropping `items` one by one could recurse.
pub(super) fn has_nested(items: &[Value]) -> bool {
    items.iter().any(nests)
}

/// Whether dropping `value` may drop further values.
pub(super) fn nests(value: &Value) -> bool {
    matches!(
        value.0,
        Repr::List(_) | Repr::Tuple(_) | Repr::Map(_) | Repr::Record(_) | Repr::Object(_)
    )
}

/// Drops `values` and all that only they hold.
pub(super) fn drop_all(mut values: Vec<Value>) {
    while let Some(value) = values.pop() {
        // Only the last owner takes the content apart; what is left of it then has nothing to drop.
        match value.0 {
            Repr::List(list) => {
                if let Some(mut list) = Arc::into_inner(list) {
                    values.append(&mut list.take());
                }
            }
            Repr::Tuple(tuple) => {
                if let Some(mut tuple) = Arc::into_inner(tuple) {
                    values.append(&mut tuple.take());
                }
            }
            Repr::Map(dict) => {
                if let Some(mut dict) = Arc::into_inner(dict) {
                    dict.take().take_values(&mut values);
                }
            }
            Repr::Record(record) => {
                if let Some(mut record) = Arc::into_inner(record) {
                    values.append(&mut record.take());
                }
            }
            Repr::Object(object) => {
                if let Some(mut object) = Arc::into_inner(object) {
                    object.take_values(&mut values);
                }
            }
            _ => {}
        }
    }
}
