//! Catalogues of gettext.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use polib::po_file;

use crate::call::Translations;
use crate::environment::machine_object;
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

    /// Reads a compiled catalogue: the bytes of a `.mo` file. Strings are read as UTF-8, whatever it says.
    ///
    /// # Errors
    /// [`ErrorKind::Host`](crate::ErrorKind::Host) if the bytes are no catalogue, or if its rule for plural
    /// forms is none.
    ///
    /// ```
    /// use kakehi::GettextCatalog;
    /// let error = GettextCatalog::parse_mo(b"not a catalogue").unwrap_err();
    /// assert_eq!(error.kind(), kakehi::ErrorKind::Host);
    /// ```
    pub fn parse_mo(bytes: &[u8]) -> Result<Self, Error> {
        let mut messages = HashMap::new();
        let mut rule = None;
        for (key, translation) in machine_object::entries(bytes)? {
            if key.is_empty() {
                rule = plural_forms(&translation).map(str::to_owned);
                continue;
            }
            // The plural form of the message stands behind its singular, which is the key.
            let key = key.split('\0').next().unwrap_or_default().to_owned();
            messages.insert(key, translation.split('\0').map(str::to_owned).collect());
        }
        let rule = rule.unwrap_or_else(|| "n != 1".to_owned());
        let rule = PluralRule::parse(&rule).ok_or(CatalogFault::PluralRule(rule))?;
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

/// The rule for plural forms in the head of a catalogue.
fn plural_forms(head: &str) -> Option<&str> {
    let line = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("plural-forms").then_some(value)
    })?;
    let rule = line.split(';').find_map(|part| {
        let (name, rule) = part.split_once('=')?;
        (name.trim() == "plural").then_some(rule.trim())
    })?;
    Some(rule)
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
