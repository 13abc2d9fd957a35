//! What is known of a macro without calling it.

use std::fmt;

use arcstr::ArcStr;

use crate::bytecode::MacroInfo;

/// The name of a macro, and what it takes; see [`Template::macros`](crate::Template::macros).
///
/// ```
/// let template = kakehi::Environment::new().template_from_str("<% macro m(a) %><% end %>")?;
/// assert_eq!(template.macros().map(|found| found.name()).collect::<Vec<_>>(), ["m"]);
/// # Ok::<(), kakehi::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct MacroSignature<'a> {
    info: &'a MacroInfo,
}

impl<'a> MacroSignature<'a> {
    pub(super) fn of(info: &'a MacroInfo) -> Self {
        MacroSignature { info }
    }

    /// The name.
    ///
    /// ```
    /// let template = kakehi::Environment::new().template_from_str("<% macro m() %><% end %>")?;
    /// assert_eq!(template.macros().next().unwrap().name(), "m");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn name(&self) -> &'a str {
        &self.info.name
    }

    /// The names of its parameters, in order.
    ///
    /// ```
    /// let template = kakehi::Environment::new().template_from_str("<% macro m(a, b=1) %><% end %>")?;
    /// assert_eq!(template.macros().next().unwrap().parameters().collect::<Vec<_>>(), ["a", "b"]);
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn parameters(&self) -> impl ExactSizeIterator<Item = &'a str> + use<'a> {
        self.info.parameters.iter().map(ArcStr::as_str)
    }

    /// How many of the first parameters have no default.
    ///
    /// ```
    /// let template = kakehi::Environment::new().template_from_str("<% macro m(a, b=1) %><% end %>")?;
    /// assert_eq!(template.macros().next().unwrap().required_parameters(), 1);
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn required_parameters(&self) -> usize {
        self.info.first_default.into()
    }

    /// Whether it takes more positional arguments than it has parameters: whether it uses `varargs`.
    ///
    /// ```
    /// let template = kakehi::Environment::new().template_from_str("<% macro m() %><< varargs >><% end %>")?;
    /// assert!(template.macros().next().unwrap().takes_more());
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn takes_more(&self) -> bool {
        self.info.varargs.is_some()
    }

    /// Whether it takes keywords that are no parameters: whether it uses `kwargs`.
    ///
    /// ```
    /// let template = kakehi::Environment::new().template_from_str("<% macro m() %><< kwargs >><% end %>")?;
    /// assert!(template.macros().next().unwrap().takes_keywords());
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn takes_keywords(&self) -> bool {
        self.info.kwargs.is_some()
    }

    /// Whether it uses `caller`, and so can be called by `call`.
    ///
    /// ```
    /// let template = kakehi::Environment::new().template_from_str("<% macro m() %><< caller() >><% end %>")?;
    /// assert!(template.macros().next().unwrap().takes_caller());
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn takes_caller(&self) -> bool {
        self.info.caller.is_some()
    }
}

impl fmt::Debug for MacroSignature<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MacroSignature")
            .field("name", &self.info.name)
            .field("parameters", &self.info.parameters)
            .finish_non_exhaustive()
    }
}
