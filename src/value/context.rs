//! The `context!` macro: a context spelled out in place.

use std::sync::OnceLock;

use serde::Serialize;

use crate::value::{Map, Shape, Undefined, Value, mapping};

/// Makes a [`Value`] of names and what they stand for; anything that serialises will do.
///
/// `name => value` gives a name its value, `name` alone takes the variable of that name, and a last
/// `..base` adds the names of another context that were not given.
///
/// ```
/// use kakehi::{Value, context};
/// let name = "ann";
/// let base = context! { site => "example", name => "nobody" };
/// let value = context! { id => 7, name, tags => ["a", "b"], ..base };
/// assert_eq!(value.to_string(), "{'id': 7, 'name': 'ann', 'tags': ['a', 'b'], 'site': 'example'}");
/// ```
///
/// A value that cannot be serialised becomes one whose use in the template is the error.
#[macro_export]
macro_rules! context {
    (@value $name:ident) => { $crate::Value::__from_context(&$name) };
    (@value $name:ident $value:expr) => { $crate::Value::__from_context(&$value) };
    (@fields [$($done:tt)*]) => { $crate::context!(@build [$($done)*] []) };
    (@fields [$($done:tt)*] , $($rest:tt)*) => { $crate::context!(@fields [$($done)*] $($rest)*) };
    (@fields [$($done:tt)*] .. $base:expr $(, .. $more:expr)* $(,)?) => {
        $crate::context!(@build [$($done)*] [$base $(, $more)*])
    };
    (@fields [$($done:tt)*] $name:ident => $value:expr $(, $($rest:tt)*)?) => {
        $crate::context!(@fields [$($done)* ($name $value)] $($($rest)*)?)
    };
    (@fields [$($done:tt)*] $name:ident $(, $($rest:tt)*)?) => {
        $crate::context!(@fields [$($done)* ($name)] $($($rest)*)?)
    };
    (@build [$(($name:ident $($value:expr)?))*] [$($base:expr),*]) => {{
        // The names of one place in the source never change, so all its values share them.
        static SHAPE: ::std::sync::OnceLock<$crate::Value> = ::std::sync::OnceLock::new();
        $crate::Value::__context(
            &SHAPE,
            &[$(stringify!($name)),*],
            ::std::vec![$($crate::context!(@value $name $($value)?)),*],
            &[$($crate::Value::__from_context(&$base)),*],
        )
    }};
    ($($fields:tt)*) => { $crate::context!(@fields [] $($fields)*) };
}

impl Value {
    /// A value of [`context!`]: what cannot be serialised is an error once it is used.
    #[doc(hidden)]
    pub fn __from_context<T: Serialize + ?Sized>(value: &T) -> Value {
        Value::from_serialize(value)
            .unwrap_or_else(|error| Value::missing(Undefined::failed(error)))
    }

    /// What [`context!`] makes. `shape` is remembered at its place in the source.
    #[doc(hidden)]
    pub fn __context(
        shape: &'static OnceLock<Value>,
        names: &[&'static str],
        values: Vec<Value>,
        bases: &[Value],
    ) -> Value {
        if bases.is_empty() {
            let prototype = shape.get_or_init(|| {
                // A name that comes twice has no place in a record.
                let twice = (1..names.len()).any(|at| names[..at].contains(&names[at]));
                if twice {
                    return Value::NONE;
                }
                let shape = Shape::new(names.iter().map(|name| plain_name(name).into()).collect());
                Value::record(shape, vec![Value::NONE; names.len()])
            });
            if let Some(prototype) = prototype.as_record() {
                return Value::record(prototype.shape().clone(), values);
            }
        }
        let mut map = Map::with_capacity(names.len());
        for (name, value) in names.iter().zip(values) {
            map.insert_str(plain_name(name), value);
        }
        for base in bases {
            let Some(base) = mapping(base) else {
                continue;
            };
            for (key, value) in base.iter() {
                if let Ok(false) = map.contains_key(&key) {
                    let known = map.insert(key, value.clone());
                    debug_assert!(known.is_ok(), "keys of a map are hashable");
                }
            }
        }
        Value::map(map)
    }
}

/// A name as templates have it: Rust spells its own keywords `r#type`.
fn plain_name(name: &str) -> &str {
    name.strip_prefix("r#").unwrap_or(name)
}
