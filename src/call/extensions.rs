//! Values of the host that travel with one render.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

/// A map from types to values: what a host wants its functions to find, such as a pool or a request.
///
/// ```
/// use kakehi::Extensions;
/// struct Tenant(u32);
/// let mut extensions = Extensions::new();
/// extensions.insert(Tenant(7));
/// assert_eq!(extensions.get::<Tenant>().map(|tenant| tenant.0), Some(7));
/// ```
#[derive(Clone, Default)]
pub struct Extensions {
    // Most renders have none, and then nothing is allocated.
    values: HashMap<TypeId, Arc<dyn Any + Send + Sync>, foldhash::fast::FixedState>,
}

impl Extensions {
    /// No values.
    ///
    /// ```
    /// assert!(kakehi::Extensions::new().get::<u32>().is_none());
    /// ```
    pub fn new() -> Self {
        Extensions::default()
    }

    /// Puts `value` in, in place of an earlier one of the same type.
    ///
    /// ```
    /// let mut extensions = kakehi::Extensions::new();
    /// extensions.insert(1_u32);
    /// extensions.insert(2_u32);
    /// assert_eq!(extensions.get::<u32>(), Some(&2));
    /// ```
    pub fn insert<T: Send + Sync + 'static>(&mut self, value: T) {
        self.values.insert(TypeId::of::<T>(), Arc::new(value));
    }

    /// The value of type `T`.
    ///
    /// ```
    /// let mut extensions = kakehi::Extensions::new();
    /// extensions.insert("a pool");
    /// assert_eq!(extensions.get::<&str>(), Some(&"a pool"));
    /// assert_eq!(extensions.get::<u32>(), None);
    /// ```
    pub fn get<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.values.get(&TypeId::of::<T>())?.downcast_ref()
    }
}

impl fmt::Debug for Extensions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Extensions({})", self.values.len())
    }
}
