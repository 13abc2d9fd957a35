//! The strings that mark statements, outputs and comments in a template's text.

use arcstr::ArcStr;

use crate::error::{DelimiterFault, Error};

/// The strings that mark statements, outputs and comments.
///
/// The default is `<% … %>`, `<< … >>` and `<# … #>`; [`Delimiters::jinja`] gives `{% … %}`,
/// `{{ … }}` and `{# … #}`. Where two starts fit at one place, the longer one wins.
///
/// ```
/// use kakehi::Delimiters;
/// let delimiters = Delimiters::builder()
///     .statement("[%", "%]")
///     .output("[[", "]]")
///     .comment("[#", "#]")
///     .line_statement("%%")
///     .build()?;
/// assert_eq!(delimiters.output(), ("[[", "]]"));
/// # Ok::<(), kakehi::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delimiters {
    pub(crate) statement_start: ArcStr,
    pub(crate) statement_end: ArcStr,
    pub(crate) output_start: ArcStr,
    pub(crate) output_end: ArcStr,
    pub(crate) comment_start: ArcStr,
    pub(crate) comment_end: ArcStr,
    pub(crate) line_statement: Option<ArcStr>,
    pub(crate) line_comment: Option<ArcStr>,
}

impl Default for Delimiters {
    fn default() -> Self {
        Delimiters {
            statement_start: arcstr::literal!("<%"),
            statement_end: arcstr::literal!("%>"),
            output_start: arcstr::literal!("<<"),
            output_end: arcstr::literal!(">>"),
            comment_start: arcstr::literal!("<#"),
            comment_end: arcstr::literal!("#>"),
            line_statement: None,
            line_comment: None,
        }
    }
}

impl Delimiters {
    /// Jinja's delimiters.
    ///
    /// ```
    /// assert_eq!(kakehi::Delimiters::jinja().statement(), ("{%", "%}"));
    /// ```
    pub fn jinja() -> Self {
        Delimiters {
            statement_start: arcstr::literal!("{%"),
            statement_end: arcstr::literal!("%}"),
            output_start: arcstr::literal!("{{"),
            output_end: arcstr::literal!("}}"),
            comment_start: arcstr::literal!("{#"),
            comment_end: arcstr::literal!("#}"),
            line_statement: None,
            line_comment: None,
        }
    }

    /// Starts from the default delimiters, to change some of them.
    ///
    /// ```
    /// let error = kakehi::Delimiters::builder().output("<%", "%>").build().unwrap_err();
    /// assert!(error.message().contains("the same"));
    /// ```
    pub fn builder() -> DelimitersBuilder {
        DelimitersBuilder {
            delimiters: Delimiters::default(),
        }
    }

    /// Start and end of a statement.
    ///
    /// ```
    /// assert_eq!(kakehi::Delimiters::default().statement(), ("<%", "%>"));
    /// ```
    pub fn statement(&self) -> (&str, &str) {
        (&self.statement_start, &self.statement_end)
    }

    /// Start and end of an output.
    ///
    /// ```
    /// assert_eq!(kakehi::Delimiters::default().output(), ("<<", ">>"));
    /// ```
    pub fn output(&self) -> (&str, &str) {
        (&self.output_start, &self.output_end)
    }

    /// Start and end of a comment.
    ///
    /// ```
    /// assert_eq!(kakehi::Delimiters::default().comment(), ("<#", "#>"));
    /// ```
    pub fn comment(&self) -> (&str, &str) {
        (&self.comment_start, &self.comment_end)
    }

    /// What makes a line a statement, if anything does.
    ///
    /// ```
    /// assert_eq!(kakehi::Delimiters::default().line_statement(), None);
    /// ```
    pub fn line_statement(&self) -> Option<&str> {
        self.line_statement.as_deref()
    }

    /// What makes the rest of a line a comment, if anything does.
    ///
    /// ```
    /// assert_eq!(kakehi::Delimiters::default().line_comment(), None);
    /// ```
    pub fn line_comment(&self) -> Option<&str> {
        self.line_comment.as_deref()
    }

    /// Each start with what it starts, for messages and comparison.
    fn starts(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [
            ("statement start", Some(&self.statement_start)),
            ("output start", Some(&self.output_start)),
            ("comment start", Some(&self.comment_start)),
            ("line statement prefix", self.line_statement.as_ref()),
            ("line comment prefix", self.line_comment.as_ref()),
        ]
        .into_iter()
        .filter_map(|(what, text)| Some((what, text?.as_str())))
    }

    fn check(&self) -> Result<(), DelimiterFault> {
        let ends = [
            ("statement end", self.statement_end.as_str()),
            ("output end", self.output_end.as_str()),
            ("comment end", self.comment_end.as_str()),
        ];
        for (what, text) in self.starts().chain(ends) {
            if text.is_empty() {
                return Err(DelimiterFault::Empty { what });
            }
            if text.chars().any(char::is_whitespace) {
                return Err(DelimiterFault::WhiteSpace {
                    what,
                    text: text.into(),
                });
            }
        }
        for (index, (one, first)) in self.starts().enumerate() {
            for (other, second) in self.starts().skip(index + 1) {
                if first == second {
                    return Err(DelimiterFault::Equal {
                        one,
                        other,
                        text: first.into(),
                    });
                }
                // `<%` and `<%-` cannot be told apart: the mark after a start trims white space.
                let (short, long) = if first.len() < second.len() {
                    (first, second)
                } else {
                    (second, first)
                };
                if matches!(long.strip_prefix(short), Some("-" | "+")) {
                    return Err(DelimiterFault::TrimMark {
                        short: short.into(),
                        long: long.into(),
                    });
                }
            }
        }
        for (what, text) in ends {
            let first = text.chars().next().expect("empty ends are refused above");
            // Such an end would be read as the start of a string, a name or a number.
            if first.is_alphanumeric() || matches!(first, '_' | '"' | '\'') {
                return Err(DelimiterFault::EndStartsLikeCode {
                    what,
                    text: text.into(),
                });
            }
        }
        Ok(())
    }
}

/// Delimiters in the making; see [`Delimiters::builder`].
///
/// ```
/// let delimiters = kakehi::Delimiters::builder().line_comment("##").build()?;
/// assert_eq!(delimiters.line_comment(), Some("##"));
/// # Ok::<(), kakehi::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is checked until `build`"]
pub struct DelimitersBuilder {
    delimiters: Delimiters,
}

impl DelimitersBuilder {
    /// Sets start and end of a statement.
    ///
    /// ```
    /// use kakehi::{Delimiters, Environment};
    /// let mut env = Environment::new();
    /// env.set_delimiters(Delimiters::builder().statement("[%", "%]").build()?);
    /// assert_eq!(env.render_str("[% if true %]yes[% end %]", ())?, "yes");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn statement(mut self, start: &str, end: &str) -> Self {
        self.delimiters.statement_start = start.into();
        self.delimiters.statement_end = end.into();
        self
    }

    /// Sets start and end of an output.
    ///
    /// ```
    /// use kakehi::{Delimiters, Environment};
    /// let mut env = Environment::new();
    /// env.set_delimiters(Delimiters::builder().output("${", "}").build()?);
    /// assert_eq!(env.render_str("${ {'a': 1}.a }", ())?, "1");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn output(mut self, start: &str, end: &str) -> Self {
        self.delimiters.output_start = start.into();
        self.delimiters.output_end = end.into();
        self
    }

    /// Sets start and end of a comment.
    ///
    /// ```
    /// use kakehi::{Delimiters, Environment};
    /// let mut env = Environment::new();
    /// env.set_delimiters(Delimiters::builder().comment("/*", "*/").build()?);
    /// assert_eq!(env.render_str("a/* not seen */b", ())?, "ab");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn comment(mut self, start: &str, end: &str) -> Self {
        self.delimiters.comment_start = start.into();
        self.delimiters.comment_end = end.into();
        self
    }

    /// Makes each line that starts with `prefix` a statement.
    ///
    /// ```
    /// use kakehi::{Delimiters, Environment};
    /// let mut env = Environment::new();
    /// env.set_delimiters(Delimiters::builder().line_statement("%").build()?);
    /// assert_eq!(env.render_str("% for n in [1, 2]\n<< n >>\n% end\n", ())?, "1\n2\n");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn line_statement(mut self, prefix: &str) -> Self {
        self.delimiters.line_statement = Some(prefix.into());
        self
    }

    /// Makes a comment of everything from `prefix` to the end of its line.
    ///
    /// ```
    /// use kakehi::{Delimiters, Environment};
    /// let mut env = Environment::new();
    /// env.set_delimiters(Delimiters::builder().line_comment("##").build()?);
    /// assert_eq!(env.render_str("a ## not seen\nb", ())?, "a\nb");
    /// # Ok::<(), kakehi::Error>(())
    /// ```
    pub fn line_comment(mut self, prefix: &str) -> Self {
        self.delimiters.line_comment = Some(prefix.into());
        self
    }

    /// Checks that the delimiters can be told apart.
    ///
    /// # Errors
    ///
    /// Of kind [`Value`](crate::ErrorKind::Value), if one is empty or holds white space, two starts are
    /// equal or differ only in a trim mark, or an end would be read as code.
    ///
    /// ```
    /// use kakehi::{Delimiters, ErrorKind};
    /// let same = Delimiters::builder().statement("{{", "}}").output("{{", "}}").build();
    /// assert_eq!(same.unwrap_err().kind(), ErrorKind::Value);
    /// ```
    pub fn build(self) -> Result<Delimiters, Error> {
        self.delimiters.check()?;
        Ok(self.delimiters)
    }
}
