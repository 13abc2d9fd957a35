//! In which templates what is printed is escaped.

use std::fmt;
use std::sync::Arc;

use crate::environment::surfaces::UNNAMED;

/// In which templates `<`, `>`, `&` and quotes of printed values are escaped for HTML.
///
/// ```
/// use kakehi::{AutoEscape, Environment};
/// let mut env = Environment::new();
/// assert_eq!(env.render_str("<< '<br>' >>", ())?, "<br>");
/// env.set_auto_escape(AutoEscape::Always);
/// assert_eq!(env.render_str("<< '<br>' >>", ())?, "&lt;br&gt;");
/// # Ok::<(), kakehi::Error>(())
/// ```
#[derive(Clone, Default)]
#[non_exhaustive]
pub enum AutoEscape {
    /// In those named `*.html`, `*.htm`, `*.xml` or `*.xhtml`, also with `.j2`, `.jinja`, `.jinja2` or
    /// `.kakehi` behind it.
    #[default]
    ByExtension,
    /// In all.
    Always,
    /// In none.
    Never,
    /// In those whose name the function says yes to, see [`AutoEscape::by`].
    Custom(Arc<dyn Fn(&str) -> bool + Send + Sync>),
}

impl AutoEscape {
    /// In those whose name `decide` says yes to. A template without a name is called `<string>`.
    ///
    /// ```
    /// use kakehi::{AutoEscape, Environment};
    /// let folders = vec!["pages/".to_owned(), "mail/".to_owned()];
    /// let mut env = Environment::new();
    /// env.set_auto_escape(AutoEscape::by(move |name| {
    ///     folders.iter().any(|folder| name.starts_with(folder))
    /// }));
    /// assert_eq!(env.render_named_str("mail/a", "<< '&' >>", ())?, "&amp;");
    /// assert_eq!(env.render_named_str("sql/a", "<< '&' >>", ())?, "&");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn by(decide: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        AutoEscape::Custom(Arc::new(decide))
    }

    /// Whether a template of this name escapes what it prints.
    ///
    /// ```
    /// use kakehi::AutoEscape;
    /// assert!(AutoEscape::ByExtension.applies_to("page.html"));
    /// assert!(AutoEscape::ByExtension.applies_to("mail/page.HTML.j2"));
    /// assert!(!AutoEscape::ByExtension.applies_to("page.txt"));
    /// ```
    pub fn applies_to(&self, name: &str) -> bool {
        match self {
            AutoEscape::ByExtension => is_markup(name),
            AutoEscape::Always => true,
            AutoEscape::Never => false,
            AutoEscape::Custom(decide) => decide(name),
        }
    }
}

impl fmt::Debug for AutoEscape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            AutoEscape::ByExtension => "ByExtension",
            AutoEscape::Always => "Always",
            AutoEscape::Never => "Never",
            AutoEscape::Custom(_) => "Custom(..)",
        })
    }
}

/// Templates that are escaped by the end of their name, as Jinja2's `select_autoescape` has it: letters
/// are compared without regard to case, and the enabled ends come first.
///
/// ```
/// use kakehi::{Environment, SelectAutoEscape};
/// let mut env = Environment::jinja();
/// env.set_auto_escape(SelectAutoEscape {
///     disabled: vec!["txt".to_owned()],
///     otherwise: true,
///     ..SelectAutoEscape::default()
/// });
/// assert_eq!(env.render_named_str("a.html", "{{ '&' }}", ())?, "&amp;");
/// assert_eq!(env.render_named_str("a.txt", "{{ '&' }}", ())?, "&");
/// assert_eq!(env.render_named_str("a.mail", "{{ '&' }}", ())?, "&amp;");
/// # Ok::<(), kakehi::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelectAutoEscape {
    /// The ends of names that are escaped; `html`, `htm` and `xml`.
    pub enabled: Vec<String>,
    /// The ends of names that are not; none.
    pub disabled: Vec<String>,
    /// Whether templates without a name are escaped; they are.
    pub for_strings: bool,
    /// Whether all others are escaped; they are not.
    pub otherwise: bool,
}

impl Default for SelectAutoEscape {
    fn default() -> Self {
        SelectAutoEscape {
            enabled: ["html", "htm", "xml"].map(str::to_owned).into(),
            disabled: Vec::new(),
            for_strings: true,
            otherwise: false,
        }
    }
}

impl SelectAutoEscape {
    fn selects(&self, name: &str) -> bool {
        if name == UNNAMED {
            return self.for_strings;
        }
        let name = name.to_lowercase();
        let ends = |known: &[String]| {
            known.iter().any(|end| {
                let end = end.trim_start_matches('.').to_lowercase();
                name.strip_suffix(&end)
                    .is_some_and(|stem| stem.ends_with('.'))
            })
        };
        ends(&self.enabled) || (self.otherwise && !ends(&self.disabled))
    }
}

impl From<SelectAutoEscape> for AutoEscape {
    fn from(select: SelectAutoEscape) -> Self {
        AutoEscape::by(move |name| select.selects(name))
    }
}

fn is_markup(name: &str) -> bool {
    let is_one_of = |extension: &str, known: &[&str]| {
        known
            .iter()
            .any(|known| extension.eq_ignore_ascii_case(known))
    };
    let mut extensions = name.rsplit('.');
    let last = extensions.next().unwrap_or_default();
    let (extension, stem) = if is_one_of(last, &["j2", "jinja", "jinja2", "kakehi"]) {
        (extensions.next().unwrap_or_default(), extensions.next())
    } else {
        (last, extensions.next())
    };
    stem.is_some() && is_one_of(extension, &["html", "htm", "xml", "xhtml"])
}

#[cfg(test)]
mod tests {
    use super::{AutoEscape, SelectAutoEscape};

    #[test]
    fn extensions_that_mean_markup() {
        for (name, expected) in [
            ("a.html", true),
            ("a.htm", true),
            ("a.xml", true),
            ("a.xhtml", true),
            ("A.HTML", true),
            ("dir.txt/a.html", true),
            ("a.html.j2", true),
            ("a.xml.jinja", true),
            ("a.htm.jinja2", true),
            ("a.html.kakehi", true),
            ("a.j2", false),
            ("a.txt.j2", false),
            ("a.html.txt", false),
            ("dir.html/a", false),
            ("html", false),
            ("", false),
            ("<string>", false),
        ] {
            assert_eq!(AutoEscape::ByExtension.applies_to(name), expected, "{name}");
        }
    }
    #[test]
    fn selected_as_in_jinja2() {
        let all = SelectAutoEscape::default();
        let own = SelectAutoEscape {
            enabled: vec!["html".to_owned(), ".J2".to_owned()],
            disabled: vec!["txt".to_owned(), "html.txt".to_owned()],
            for_strings: false,
            otherwise: true,
        };
        for (name, by_default, by_own) in [
            ("a.html", true, true),
            ("A.XML", true, true),
            ("a.htm", true, true),
            ("a.xhtml", false, true),
            ("a.html.j2", false, true),
            ("a.txt", false, false),
            ("a.html.txt", false, false),
            ("html", false, true),
            ("<string>", true, false),
        ] {
            assert_eq!(
                AutoEscape::from(all.clone()).applies_to(name),
                by_default,
                "{name}"
            );
            assert_eq!(
                AutoEscape::from(own.clone()).applies_to(name),
                by_own,
                "{name}"
            );
        }
    }
}
