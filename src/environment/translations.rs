//! How the messages of templates are translated, and finding them.

use std::sync::Arc;

use crate::call::Translations;
use crate::environment::Environment;
use crate::error::Error;
use crate::source::Location;
use crate::syntax;

/// A message that a template has translated.
///
/// ```
/// let env = kakehi::Environment::new();
/// let source = "<# NOTE: a greeting #>\n<% trans name %>Hello << name >>!<% end %>";
/// let message = &env.extract_messages("page.html", source, &["NOTE:"])?[0];
/// assert_eq!(message.singular, "Hello %(name)s!");
/// assert_eq!(message.comments, ["NOTE: a greeting"]);
/// assert_eq!(message.location.line, 2);
/// # Ok::<(), kakehi::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Message {
    /// What tells it apart from others that read the same.
    pub context: Option<String>,
    /// The message, or its form for one.
    pub singular: String,
    /// Its form for many.
    pub plural: Option<String>,
    /// What the template's author says to translators.
    pub comments: Vec<String>,
    /// Where it stands.
    pub location: Location,
}

impl Environment {
    /// Sets where the translations of messages come from; without, messages stay as they are.
    ///
    /// ```
    /// use std::borrow::Cow;
    /// use kakehi::{Environment, Translations};
    /// struct Shouting;
    /// impl Translations for Shouting {
    ///     fn gettext<'a>(&'a self, _: Option<&'a str>, message: &'a str) -> Cow<'a, str> {
    ///         message.to_uppercase().into()
    ///     }
    ///     fn ngettext<'a>(&'a self, _: Option<&'a str>, _: &'a str, many: &'a str, _: i64) -> Cow<'a, str> {
    ///         many.to_uppercase().into()
    ///     }
    /// }
    /// let mut env = Environment::new();
    /// env.set_translations(Shouting);
    /// assert_eq!(env.render_str("<< _('hey') >> <% trans %>you<% end %>", ())?, "HEY YOU");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn set_translations(&mut self, translations: impl Translations) {
        self.changed().registry.translating_mut().translations = Some(Arc::new(translations));
    }

    /// Sets whether `gettext` and its sisters put variables into messages, as Jinja2's new-style gettext
    /// does; off by default. Then each message is a format, in which a percent sign is written twice, and
    /// variables are given as keywords.
    ///
    /// ```
    /// let mut env = kakehi::Environment::new();
    /// env.set_newstyle_gettext(true);
    /// assert_eq!(env.render_str("<< _('%(n)s %% of all', n=7) >>", ())?, "7 % of all");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn set_newstyle_gettext(&mut self, on: bool) {
        let configuration = self.recompiled();
        configuration.syntax.translation.formats_messages = on;
        configuration.registry.translating_mut().formats_messages = on;
    }

    /// Sets whether `trans` makes one space of each line break and the white space around it, unless its
    /// tag says `trimmed` or `notrimmed`; off by default.
    ///
    /// ```
    /// let mut env = kakehi::Environment::new();
    /// env.set_trimmed_translations(true);
    /// assert_eq!(env.render_str("<% trans %>\n  a\n  b\n<% end %>", ())?, "a b");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn set_trimmed_translations(&mut self, on: bool) {
        self.recompiled().syntax.translation.trimmed = on;
    }

    /// The messages of a template's text, in the order in which they stand there: those of `trans`, and
    /// those that `gettext`, `ngettext`, `pgettext`, `npgettext` and `_` are given as string literals.
    ///
    /// A comment before a message, on its line or above it, is for translators if it starts with one of
    /// `comment_tags`.
    ///
    /// # Errors
    /// If the text is no template.
    ///
    /// ```
    /// let env = kakehi::Environment::new();
    /// let source = "<< _('tea') >> <% trans 'drinks' n=cups %>a cup<% pluralize %><< n >> cups<% end %>";
    /// let messages = env.extract_messages("page.html", source, &[])?;
    /// assert_eq!(messages[0].singular, "tea");
    /// assert_eq!(messages[1].context.as_deref(), Some("drinks"));
    /// assert_eq!(messages[1].plural.as_deref(), Some("%(n)s cups"));
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn extract_messages(
        &self,
        name: &str,
        source: &str,
        comment_tags: &[&str],
    ) -> Result<Vec<Message>, Error> {
        let origin = super::configuration::origin(name, source)?;
        let options = &self.configuration.syntax;
        let tree = syntax::parse(&origin, options)?;
        let mut comments = match comment_tags {
            [] => Vec::new(),
            _ => syntax::comments(source, options),
        };
        comments.reverse();
        let mut messages = Vec::new();
        for found in syntax::messages(&tree) {
            let location = Location::of(source, found.start);
            // The last comment up to the message's line, if it stands behind the message before.
            let mut comment = None;
            while let Some((start, _)) = comments.last()
                && (*start < found.start || Location::of(source, *start).line == location.line)
            {
                comment = comments.pop();
            }
            let told = comment.map(|(_, text)| text.trim()).filter(|text| {
                let first = text.split_whitespace().next();
                first.is_some_and(|first| comment_tags.contains(&first))
            });
            messages.push(Message {
                context: found.context,
                singular: found.singular,
                plural: found.plural,
                comments: told.map(str::to_owned).into_iter().collect(),
                location,
            });
        }
        Ok(messages)
    }
}
