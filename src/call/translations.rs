//! Where translated messages come from.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// Messages in the language of a reader: what `trans`, `gettext` and their sisters ask.
///
/// A message is what stands in the template, with variables as `%(name)s` and a percent sign as `%%` where
/// there are any. A context tells messages apart that read the same. What is not known is answered with the
/// message itself.
///
/// Given to an environment by
/// [`Environment::set_translations`](crate::Environment::set_translations), and to a single render by
/// [`RenderOptions::with_translations`](crate::RenderOptions::with_translations).
///
/// ```
/// use std::borrow::Cow;
/// use kakehi::{Environment, RenderOptions, Translations};
///
/// struct German;
///
/// impl Translations for German {
///     fn gettext<'a>(&'a self, _: Option<&'a str>, message: &'a str) -> Cow<'a, str> {
///         Cow::Borrowed(match message {
///             "Hello %(name)s!" => "Hallo %(name)s!",
///             other => other,
///         })
///     }
///
///     fn ngettext<'a>(
///         &'a self,
///         _: Option<&'a str>,
///         singular: &'a str,
///         plural: &'a str,
///         count: i64,
///     ) -> Cow<'a, str> {
///         Cow::Borrowed(match (plural, count) {
///             ("%(n)s cups", 1) => "eine Tasse",
///             ("%(n)s cups", _) => "%(n)s Tassen",
///             (_, 1) => singular,
///             _ => plural,
///         })
///     }
/// }
///
/// let env = Environment::new();
/// let template = env.template_from_str(
///     "<% trans name='Ann' %>Hello << name >>!<% end %> <% trans n=2 %>a cup<% pluralize %><< n >> cups<% end %>",
/// )?;
/// assert_eq!(template.render(())?, "Hello Ann! 2 cups");
/// let german = RenderOptions::new().with_translations(German);
/// assert_eq!(template.render_with((), german)?, "Hallo Ann! 2 Tassen");
/// # Ok::<(), kakehi::Error>(())
/// ```
pub trait Translations: Send + Sync + 'static {
    /// The translation of a message.
    fn gettext<'a>(&'a self, context: Option<&'a str>, message: &'a str) -> Cow<'a, str>;

    /// The translation of a message that has a form for one and others for many.
    fn ngettext<'a>(
        &'a self,
        context: Option<&'a str>,
        singular: &'a str,
        plural: &'a str,
        count: i64,
    ) -> Cow<'a, str>;
}

/// How the messages of an environment are translated.
#[derive(Clone, Default)]
pub(crate) struct Translating {
    /// Where translations come from where a render has none of its own.
    pub(crate) translations: Option<Arc<dyn Translations>>,
    /// Whether `gettext` and its sisters put variables into messages.
    pub(crate) formats_messages: bool,
}

/// The translations of one render.
pub(crate) struct RenderTranslations(pub(crate) Arc<dyn Translations>);

impl fmt::Debug for Translating {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Translating")
            .field("translations", &self.translations.is_some())
            .field("formats_messages", &self.formats_messages)
            .finish()
    }
}
