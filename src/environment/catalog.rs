//! Catalogues of gettext.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use polib::po_file;

use crate::call::Translations;
use crate::environment::plural_rule::PluralRule;
use crate::error::{CatalogFault, Error};

/// What stands between a context and its message in a key.
const CONTEXT_END: char = '\u{4}';

/// The messages of a catalogue of gettext: the text of a `.po` file.
///
/// ```
/// use kakehi::{Environment, GettextCatalog};
/// let catalog = GettextCatalog::parse(r#"
/// msgid ""
/// msgstr "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=2; plural=(n != 1);\n"
///
/// msgid "%(n)s cup"
/// msgid_plural "%(n)s cups"
/// msgstr[0] "%(n)s Tasse"
/// msgstr[1] "%(n)s Tassen"
/// "#)?;
/// let mut env = Environment::new();
/// env.set_translations(catalog);
/// assert_eq!(env.render_str("<% trans n=2 %><< n >> cup<% pluralize %><< n >> cups<% end %>", ())?, "2 Tassen");
/// # Ok::<(), kakehi::Error>(())
/// ```
pub struct GettextCatalog {
    /// The forms of each message.
    messages: HashMap<String, Vec<String>>,
    rule: PluralRule,
}

impl GettextCatalog {
    /// Reads a catalogue. Messages without a translation, and those marked as `fuzzy`, stay as they are.
    ///
    /// # Errors
    /// [`ErrorKind::Host`](crate::ErrorKind::Host) if the text is no catalogue, or if its rule for plural
    /// forms is none.
    ///
    /// ```
    /// let head = r#"msgid ""
    /// msgstr "Plural-Forms: nplurals=2; plural=many;\n"
    /// "#;
    /// let error = kakehi::GettextCatalog::parse(head).unwrap_err();
    /// assert_eq!(error.kind(), kakehi::ErrorKind::Host);
    /// ```
    pub fn parse(text: &str) -> Result<Self, Error> {
        let catalog = po_file::parse_from_reader(text.as_bytes())
            .map_err(|cause| CatalogFault::Unreadable(cause.to_string()))?;
        let rule = &catalog.metadata.plural_rules.expr;
        let rule = PluralRule::parse(rule).ok_or_else(|| CatalogFault::PluralRule(rule.clone()))?;
        let mut messages = HashMap::new();
        for message in catalog.messages() {
            if message.is_fuzzy() || !message.is_translated() {
                continue;
            }
            let forms = match (message.msgstr_plural(), message.msgstr()) {
                (Ok(forms), _) => forms.clone(),
                (_, Ok(form)) => vec![form.to_owned()],
                _ => continue,
            };
            messages.insert(key(message.msgctxt(), message.msgid()), forms);
        }
        Ok(GettextCatalog { messages, rule })
    }

    fn form(&self, context: Option<&str>, message: &str, form: usize) -> Option<&str> {
        let forms = match context {
            None => self.messages.get(message),
            Some(_) => self.messages.get(&key(context, message)),
        };
        forms?.get(form).map(String::as_str)
    }
}

fn key(context: Option<&str>, message: &str) -> String {
    match context {
        None => message.to_owned(),
        Some(context) => format!("{context}{CONTEXT_END}{message}"),
    }
}

impl Translations for GettextCatalog {
    fn gettext<'a>(&'a self, context: Option<&'a str>, message: &'a str) -> Cow<'a, str> {
        Cow::Borrowed(self.form(context, message, 0).unwrap_or(message))
    }

    fn ngettext<'a>(
        &'a self,
        context: Option<&'a str>,
        singular: &'a str,
        plural: &'a str,
        count: i64,
    ) -> Cow<'a, str> {
        let form = self.rule.form(count.unsigned_abs());
        let untranslated = if count == 1 { singular } else { plural };
        Cow::Borrowed(self.form(context, singular, form).unwrap_or(untranslated))
    }
}

impl fmt::Debug for GettextCatalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GettextCatalog")
            .field("messages", &self.messages.len())
            .finish_non_exhaustive()
    }
}
