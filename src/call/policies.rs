//! What builtin filters do where a template does not say.

/// What filters do where a template does not say: what Jinja2 calls policies.
///
/// Given to [`Environment::set_policies`](crate::Environment::set_policies).
///
/// ```
/// use kakehi::{Environment, Policies};
/// let mut policies = Policies::default();
/// policies.truncate_leeway = 0;
/// policies.urlize_target = Some("_blank".to_owned());
/// let mut env = Environment::new();
/// env.set_policies(policies);
/// assert_eq!(env.render_str("<< 'hello world' | truncate(9) >>", ())?, "hello...");
/// assert_eq!(
///     env.render_str("<< 'https://a.example' | urlize >>", ())?,
///     r#"<a href="https://a.example" rel="noopener" target="_blank">https://a.example</a>"#,
/// );
/// # Ok::<(), kakehi::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Policies {
    /// How many characters more than asked for a text may have before `truncate` cuts it; 5.
    pub truncate_leeway: u32,
    /// What links of `urlize` always have in `rel`, words apart by spaces; `noopener`.
    pub urlize_rel: String,
    /// What links of `urlize` have as `target`, if anything.
    pub urlize_target: Option<String>,
    /// Schemes that `urlize` makes links of besides its own, such as `ftp:` or `tel:`.
    pub urlize_extra_schemes: Vec<String>,
    /// How `tojson` writes.
    pub json: JsonStyle,
}

impl Default for Policies {
    fn default() -> Self {
        Policies {
            truncate_leeway: 5,
            urlize_rel: "noopener".to_owned(),
            urlize_target: None,
            urlize_extra_schemes: Vec::new(),
            json: JsonStyle::default(),
        }
    }
}

/// How the filter `tojson` writes, as the arguments of Python's `json.dumps` say it.
///
/// Whatever it says, `<`, `>`, `&` and `'` are written as escapes, so that the text can stand in HTML.
///
/// ```
/// use kakehi::{Environment, Policies};
/// let mut policies = Policies::default();
/// policies.json.sort_keys = false;
/// policies.json.ensure_ascii = false;
/// policies.json.separators = Some((",".to_owned(), ":".to_owned()));
/// let mut env = Environment::new();
/// env.set_policies(policies);
/// assert_eq!(env.render_str("<< {'é': 1, 'a': [2, 3]} | tojson >>", ())?, r#"{"é":1,"a":[2,3]}"#);
/// # Ok::<(), kakehi::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct JsonStyle {
    /// Whether the keys of dicts are sorted; they are.
    pub sort_keys: bool,
    /// Whether characters beyond ASCII are written as escapes; they are.
    pub ensure_ascii: bool,
    /// What lines are indented with, once for each level, where a template gives no `indent`. None writes
    /// all on one line.
    pub indent: Option<String>,
    /// What stands between items, and between a key and its value; `, ` and `: `, or `,` and `: ` where lines
    /// are indented.
    pub separators: Option<(String, String)>,
}

impl Default for JsonStyle {
    fn default() -> Self {
        JsonStyle {
            sort_keys: true,
            ensure_ascii: true,
            indent: None,
            separators: None,
        }
    }
}
