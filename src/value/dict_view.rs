//! What `keys()`, `values()` and `items()` of a dict give: items in a row, printed with what they are.

use std::sync::Arc;

use crate::value::{Object, Unlimited, Value, ValueIter, display};

/// The keys, values or items that a dict had when it was asked for them.
#[derive(Debug)]
pub(crate) struct DictView {
    /// What Python calls it, such as `dict_keys`.
    pub(crate) kind: &'static str,
    /// A list.
    pub(crate) items: Value,
}

impl DictView {
    /// Whether it is of keys, which can all be hashed.
    pub(super) fn is_keys(&self) -> bool {
        self.kind == "dict_keys"
    }

    /// Whether it compares as a set, as views of keys and of items do.
    pub(super) fn is_set(&self) -> bool {
        self.kind != "dict_values"
    }
}

impl Object for DictView {
    fn type_name(&self) -> &str {
        self.kind
    }

    fn iterate(self: &Arc<Self>) -> Option<ValueIter> {
        self.items.try_iter().ok()
    }

    fn len(&self) -> Option<usize> {
        self.items.len()
    }

    fn render(&self) -> String {
        let mut out = format!("{}(", self.kind);
        if display::repr(&Unlimited, &mut out, &self.items).is_err() {
            out.push_str("[...]");
        }
        out.push(')');
        out
    }
}

impl Value {
    /// A view of a dict; `kind` is what Python calls it.
    pub(crate) fn dict_view(kind: &'static str, items: Vec<Value>) -> Value {
        Value::from_object(DictView {
            kind,
            items: Value::list(items),
        })
    }

    /// The view of a dict that the value is.
    pub(crate) fn as_dict_view(&self) -> Option<&DictView> {
        self.downcast_object()
    }
}
