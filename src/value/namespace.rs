//! What `namespace()` gives: names that templates set wherever they stand.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arcstr::ArcStr;

use crate::error::Error;
use crate::value::map::map_size;
use crate::value::{Charge, Map, Object, Unlimited, Value, display};

/// An object whose attributes a template can set.
#[derive(Debug)]
pub(crate) struct Namespace {
    map: Mutex<Map>,
}

impl Namespace {
    /// A namespace that starts with these names.
    pub(crate) fn new(map: Map) -> Self {
        Namespace {
            map: Mutex::new(map),
        }
    }

    /// The value of a name.
    pub(crate) fn get(&self, name: &str) -> Option<Value> {
        self.lock().get_str(name).cloned()
    }

    /// Sets a name. `this` is the value that this namespace is of.
    pub(crate) fn set(
        &self,
        charge: &dyn Charge,
        this: &Value,
        name: ArcStr,
        value: Value,
    ) -> Result<(), Error> {
        let container = value.is_container();
        // The old value is dropped after the lock is released: it may hold this namespace.
        let old = {
            let mut map = self.lock();
            if map.get_str(&name).is_none() {
                charge.memory(map_size(1))?;
            }
            map.insert_str(name, value)
        };
        drop(old);
        if container {
            charge.stored(this);
        }
        Ok(())
    }

    /// A copy of the names and values.
    pub(crate) fn snapshot(&self) -> Map {
        self.lock().clone()
    }

    /// Forgets all names.
    pub(crate) fn clear(&self) {
        let map = std::mem::take(&mut *self.lock());
        drop(map);
    }

    /// Setting a name is one step, so a poisoned lock is as good as any.
    fn lock(&self) -> MutexGuard<'_, Map> {
        self.map.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Object for Namespace {
    fn type_name(&self) -> &str {
        "Namespace"
    }

    fn get_attr(self: &Arc<Self>, name: &str) -> Option<Value> {
        self.get(name)
    }

    fn get_item(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get(key.as_text()?)
    }

    fn render(&self) -> String {
        let mut out = String::from("<Namespace ");
        if display::repr(&Unlimited, &mut out, &Value::map(self.snapshot())).is_err() {
            out.push_str("{...}");
        }
        out.push('>');
        out
    }
}

impl Value {
    /// The value of a new namespace.
    pub(crate) fn namespace(map: Map) -> Value {
        Value::from_object(Namespace::new(map))
    }

    /// The namespace behind the value.
    pub(crate) fn as_namespace(&self) -> Option<&Namespace> {
        self.downcast_object()
    }
}
