//! Objects: what a host or the engine itself brings into templates without converting it.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use arcstr::ArcStr;

use crate::call::{Arguments, CallContext, Flow};
use crate::error::Error;
use crate::error::value::ValueFault;
use crate::value::{Repr, Value, ValueIter, drop};

/// A type of the host whose values templates can use as they are.
///
/// Every method has a default, so that an object says only what it can do. An attribute or an item may
/// be a future ([`Value::from_future`]) or a stream ([`Value::from_stream`]), which the template awaits.
///
/// ```
/// use std::sync::Arc;
/// use kakehi::{Object, Value};
///
/// #[derive(Debug)]
/// struct Celsius(f64);
///
/// impl Object for Celsius {
///     fn type_name(&self) -> &str {
///         "celsius"
///     }
///     fn get_attr(self: &Arc<Self>, name: &str) -> Option<Value> {
///         match name {
///             "fahrenheit" => Some(Value::from(self.0 * 1.8 + 32.0)),
///             _ => None,
///         }
///     }
///     fn render(&self) -> String {
///         format!("{} °C", self.0)
///     }
/// }
///
/// let value = Value::from_object(Celsius(100.0));
/// assert_eq!(value.to_string(), "100 °C");
/// assert_eq!(value.get_attr("fahrenheit"), Value::from(212.0));
/// assert!(value.get_attr("kelvin").is_undefined());
/// ```
#[expect(
    clippy::len_without_is_empty,
    reason = "`len` says how many items there are, if that is known"
)]
pub trait Object: fmt::Debug + Send + Sync + 'static {
    /// What messages call the type.
    fn type_name(&self) -> &str {
        "object"
    }

    /// The attribute called `name`, if there is one.
    fn get_attr(self: &Arc<Self>, name: &str) -> Option<Value> {
        let _ = name;
        None
    }

    /// The item of `key`, if there is one. A key that is a string is looked up as an attribute next.
    fn get_item(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let _ = key;
        None
    }

    /// The items of a pass over the object, if it has any.
    fn iterate(self: &Arc<Self>) -> Option<ValueIter> {
        None
    }

    /// How many items there are, where that is known without a pass.
    fn len(&self) -> Option<usize> {
        None
    }

    /// Whether the object counts as true; by default it does unless it has a length of 0.
    fn is_true(&self) -> bool {
        self.len() != Some(0)
    }

    /// Whether the object can be called.
    fn is_callable(&self) -> bool {
        false
    }

    /// Calls the object.
    ///
    /// # Errors
    ///
    /// The default is an error of kind [`Type`](crate::ErrorKind::Type): the object cannot be called.
    fn call(
        self: &Arc<Self>,
        context: &CallContext<'_>,
        arguments: &Arguments<'_>,
    ) -> Result<Flow, Error> {
        let _ = (context, arguments);
        Err(ValueFault::NotCallable(self.type_name().into()).into())
    }

    /// Calls a method. The default calls the attribute `name`.
    ///
    /// # Errors
    ///
    /// The default is an error of kind [`Undefined`](crate::ErrorKind::Undefined) where there is no
    /// such attribute.
    fn call_method(
        self: &Arc<Self>,
        context: &CallContext<'_>,
        name: &str,
        arguments: &Arguments<'_>,
    ) -> Result<Flow, Error> {
        let _ = context;
        match self.get_attr(name) {
            Some(callee) => Ok(Flow::Call {
                callee,
                arguments: (*arguments).to_owned(),
                then: Box::new(|_, result| result.map(Flow::Return)),
            }),
            None => Err(ValueFault::UndefinedAttribute {
                owner: self.type_name().into(),
                name: name.into(),
            }
            .into()),
        }
    }

    /// The text that printing the object gives; by default its type in angle brackets.
    fn render(&self) -> String {
        format!("<{}>", self.type_name())
    }

    /// Whether [`render`](Object::render) gives markup, which is not escaped.
    fn is_markup(&self) -> bool {
        false
    }
}

/// An [`Object`] whose type is forgotten; implemented by shared pointers to objects.
pub(crate) trait ErasedObject: Any + fmt::Debug + Send + Sync {
    fn type_name(&self) -> &str;
    fn get_attr(&self, name: &str) -> Option<Value>;
    fn get_item(&self, key: &Value) -> Option<Value>;
    fn iterate(&self) -> Option<ValueIter>;
    fn len(&self) -> Option<usize>;
    fn is_true(&self) -> bool;
    fn is_callable(&self) -> bool;
    fn call(&self, context: &CallContext<'_>, arguments: &Arguments<'_>) -> Result<Flow, Error>;
    fn call_method(
        &self,
        context: &CallContext<'_>,
        name: &str,
        arguments: &Arguments<'_>,
    ) -> Result<Flow, Error>;
    fn render(&self) -> String;
    fn is_markup(&self) -> bool;
    /// What tells this object from every other one that is alive.
    fn address(&self) -> usize;
    /// Drops the object if this is the last handle to it, in turn if it may hold values.
    fn release(self: Box<Self>);
}

impl<T: Object> ErasedObject for Arc<T> {
    fn type_name(&self) -> &str {
        T::type_name(self)
    }

    fn get_attr(&self, name: &str) -> Option<Value> {
        T::get_attr(self, name)
    }

    fn get_item(&self, key: &Value) -> Option<Value> {
        T::get_item(self, key)
    }

    fn iterate(&self) -> Option<ValueIter> {
        T::iterate(self)
    }

    fn len(&self) -> Option<usize> {
        T::len(self)
    }

    fn is_true(&self) -> bool {
        T::is_true(self)
    }

    fn is_callable(&self) -> bool {
        T::is_callable(self)
    }

    fn call(&self, context: &CallContext<'_>, arguments: &Arguments<'_>) -> Result<Flow, Error> {
        T::call(self, context, arguments)
    }

    fn call_method(
        &self,
        context: &CallContext<'_>,
        name: &str,
        arguments: &Arguments<'_>,
    ) -> Result<Flow, Error> {
        T::call_method(self, context, name, arguments)
    }

    fn render(&self) -> String {
        T::render(self)
    }

    fn is_markup(&self) -> bool {
        T::is_markup(self)
    }

    fn address(&self) -> usize {
        Arc::as_ptr(self).cast::<()>() as usize
    }

    fn release(self: Box<Self>) {
        if let Some(object) = Arc::into_inner(*self)
            && std::mem::needs_drop::<T>()
        {
            drop::drop_in_turn(object);
        }
    }
}

/// A handle to an object that is one word when it is shared.
#[derive(Debug)]
pub(crate) struct ObjectBox(Option<Box<dyn ErasedObject>>);

impl ObjectBox {
    /// The object.
    pub(crate) fn get(&self) -> &dyn ErasedObject {
        self.0
            .as_deref()
            .expect("the object is taken out only when its box is dropped")
    }
}

impl Drop for ObjectBox {
    fn drop(&mut self) {
        if let Some(object) = self.0.take() {
            object.release();
        }
    }
}

impl std::ops::Deref for ObjectBox {
    type Target = dyn ErasedObject;

    fn deref(&self) -> &Self::Target {
        self.get()
    }
}

impl Value {
    /// The value of an object.
    ///
    /// ```
    /// use kakehi::{Object, Value};
    ///
    /// #[derive(Debug)]
    /// struct Pool;
    /// impl Object for Pool {}
    ///
    /// let value = Value::from_object(Pool);
    /// assert!(value.downcast_object::<Pool>().is_some());
    /// ```
    pub fn from_object<T: Object>(object: T) -> Value {
        Value::from_arc_object(Arc::new(object))
    }

    /// The value of an object that the host shares with its templates.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use kakehi::{Object, Value};
    ///
    /// #[derive(Debug)]
    /// struct Pool;
    /// impl Object for Pool {}
    ///
    /// let pool = Arc::new(Pool);
    /// let value = Value::from_arc_object(Arc::clone(&pool));
    /// assert!(Arc::ptr_eq(&pool, value.downcast_object_arc::<Pool>().unwrap()));
    /// ```
    pub fn from_arc_object<T: Object>(object: Arc<T>) -> Value {
        Value(Repr::Object(Arc::new(ObjectBox(Some(Box::new(object))))))
    }

    /// The object behind the value, if it is of type `T`.
    ///
    /// ```
    /// use kakehi::{Object, Value};
    /// #[derive(Debug)]
    /// struct Pool(u32);
    /// impl Object for Pool {}
    /// let value = Value::from_object(Pool(7));
    /// assert_eq!(value.downcast_object::<Pool>().map(|pool| pool.0), Some(7));
    /// ```
    pub fn downcast_object<T: Object>(&self) -> Option<&T> {
        self.downcast_object_arc().map(|object| &**object)
    }

    /// The shared object behind the value, if it is of type `T`.
    ///
    /// ```
    /// use kakehi::{Object, Value};
    /// #[derive(Debug)]
    /// struct Pool(u32);
    /// impl Object for Pool {}
    /// let value = Value::from_object(Pool(7));
    /// let pool = value.downcast_object_arc::<Pool>().unwrap();
    /// assert_eq!(pool.0, 7);
    /// ```
    pub fn downcast_object_arc<T: Object>(&self) -> Option<&Arc<T>> {
        let any: &dyn Any = self.as_object()?;
        any.downcast_ref::<Arc<T>>()
    }

    /// The object behind the value.
    pub(crate) fn as_object(&self) -> Option<&dyn ErasedObject> {
        match &self.0 {
            Repr::Object(object) => Some(object.get()),
            _ => None,
        }
    }

    /// Whether the value is an object of which nobody knows how many items it has, such as a generator.
    pub(crate) fn is_object_without_length(&self) -> bool {
        self.as_object()
            .is_some_and(|object| object.len().is_none())
    }

    /// The value of text that is markup already, for objects and functions that build it.
    ///
    /// ```
    /// let value = kakehi::Value::from_safe_string("<br>");
    /// assert!(value.is_safe());
    /// ```
    pub fn from_safe_string(text: impl Into<String>) -> Value {
        Value::safe(ArcStr::from(text.into()))
    }
}
