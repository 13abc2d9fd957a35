//! The arguments of a call, borrowed from the machine's stack or kept for later.

use arcstr::ArcStr;

use crate::value::Value;

/// The arguments of one call: positional ones, then keywords with their values.
///
/// They are borrowed from where the caller has them, so that a call copies nothing. The value that a
/// filter or test is applied to is positional argument 0.
///
/// ```
/// use std::sync::Arc;
/// use kakehi::{Arguments, CallContext, Environment, Error, Flow, Function, Value};
///
/// /// Counts what it is called with.
/// struct Count;
///
/// impl Function for Count {
///     fn call(&self, _: &CallContext<'_>, arguments: &Arguments<'_>) -> Result<Flow, Error> {
///         let keywords = arguments.len() - arguments.positional().len();
///         Ok(Flow::from(Value::from(format!("{} and {keywords}", arguments.positional().len()))))
///     }
/// }
///
/// let mut env = Environment::new();
/// env.set_function("count", Arc::new(Count));
/// assert_eq!(env.render_str("<< count(1, 2, x=3) >>", ())?, "2 and 1");
/// # Ok::<(), kakehi::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Arguments<'a> {
    positional: &'a [Value],
    keyword_names: &'a [ArcStr],
    keyword_values: &'a [Value],
}

impl<'a> Arguments<'a> {
    /// Arguments without keywords.
    #[cfg(test)]
    pub(crate) fn positional_only(positional: &'a [Value]) -> Self {
        Arguments {
            positional,
            keyword_names: &[],
            keyword_values: &[],
        }
    }

    /// Arguments with keywords; `names` and `values` go together and are equally long.
    pub(crate) fn new(positional: &'a [Value], names: &'a [ArcStr], values: &'a [Value]) -> Self {
        debug_assert_eq!(names.len(), values.len());
        Arguments {
            positional,
            keyword_names: names,
            keyword_values: values,
        }
    }

    /// The arguments given by position.
    ///
    /// ```
    /// use kakehi::Arguments;
    /// let arguments = Arguments::default();
    /// assert!(arguments.positional().is_empty());
    /// ```
    pub fn positional(&self) -> &'a [Value] {
        self.positional
    }

    /// The positional argument at `index`, from 0.
    ///
    /// ```
    /// use kakehi::Arguments;
    /// assert!(Arguments::default().get(0).is_none());
    /// ```
    pub fn get(&self, index: usize) -> Option<&'a Value> {
        self.positional.get(index)
    }

    /// The keyword argument called `name`.
    ///
    /// ```
    /// use kakehi::Arguments;
    /// assert!(Arguments::default().keyword("default").is_none());
    /// ```
    pub fn keyword(&self, name: &str) -> Option<&'a Value> {
        let at = self.keyword_names.iter().position(|known| known == name)?;
        self.keyword_values.get(at)
    }

    /// The keyword arguments, in the order they were written.
    ///
    /// ```
    /// use kakehi::Arguments;
    /// assert_eq!(Arguments::default().keywords().len(), 0);
    /// ```
    pub fn keywords(&self) -> impl ExactSizeIterator<Item = (&'a ArcStr, &'a Value)> + use<'a> {
        self.keyword_names.iter().zip(self.keyword_values)
    }

    /// How many arguments there are, keywords included.
    ///
    /// ```
    /// use kakehi::Arguments;
    /// assert_eq!(Arguments::default().len(), 0);
    /// ```
    pub fn len(&self) -> usize {
        self.positional.len() + self.keyword_names.len()
    }

    /// Whether there are no arguments at all.
    ///
    /// ```
    /// use kakehi::Arguments;
    /// assert!(Arguments::default().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A copy that outlives the call.
    pub(crate) fn to_owned(self) -> OwnedArguments {
        OwnedArguments {
            positional: self.positional.to_vec(),
            keyword_names: self.keyword_names.to_vec(),
            keyword_values: self.keyword_values.to_vec(),
        }
    }

    /// The same arguments without the first `count` positional ones.
    pub(crate) fn skip(self, count: usize) -> Self {
        Arguments {
            positional: self.positional.get(count..).unwrap_or_default(),
            ..self
        }
    }
}

/// Arguments that a [`Flow::Call`](crate::call::Flow::Call) hands to the machine.
#[derive(Clone, Debug, Default)]
pub struct OwnedArguments {
    /// By position.
    pub(crate) positional: Vec<Value>,
    /// The names of those by keyword.
    pub(crate) keyword_names: Vec<ArcStr>,
    /// Their values, one for each name.
    pub(crate) keyword_values: Vec<Value>,
}

impl OwnedArguments {
    /// Arguments without keywords.
    pub(crate) fn from_positional(positional: Vec<Value>) -> Self {
        OwnedArguments {
            positional,
            ..OwnedArguments::default()
        }
    }

    /// Adds a keyword argument.
    pub(crate) fn push_keyword(&mut self, name: ArcStr, value: Value) {
        self.keyword_names.push(name);
        self.keyword_values.push(value);
    }

    /// The same arguments, borrowed.
    pub(crate) fn borrow(&self) -> Arguments<'_> {
        Arguments {
            positional: &self.positional,
            keyword_names: &self.keyword_names,
            keyword_values: &self.keyword_values,
        }
    }
}
