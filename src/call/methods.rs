//! The methods that the types of values have, found by names that are hashed already.

use std::collections::HashMap;
use std::fmt;

use arcstr::ArcStr;

use crate::call::Builtin;
use crate::value::{BuildKeyHasher, Symbol, Value, ValueKind};

/// Methods by name. A name that no type has a method of, such as most keys of dicts, is one miss.
#[derive(Default)]
pub(crate) struct Methods(HashMap<Symbol, Vec<Method>, BuildKeyHasher>);

type Method = (&'static [ValueKind], &'static Builtin);

impl Methods {
    /// The methods of these tables, each of the types that have all in it.
    pub(crate) fn new(tables: &[(&'static [ValueKind], &'static [Builtin])]) -> Self {
        let mut methods = Methods::default();
        for (kinds, table) in tables {
            for method in *table {
                let name = Symbol::new(ArcStr::from(method.name));
                methods.0.entry(name).or_default().push((kinds, method));
            }
        }
        methods
    }

    /// The method `name` of the type of `receiver`.
    #[inline]
    pub(super) fn find(&self, receiver: &Value, name: &Symbol) -> Option<&'static Builtin> {
        let methods = self.0.get(name)?;
        let kind = receiver.kind();
        methods
            .iter()
            .find(|(kinds, _)| kinds.contains(&kind))
            .map(|(_, method)| *method)
    }
}

impl fmt::Debug for Methods {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
