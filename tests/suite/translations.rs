//! Translations: the language of the case files, and catalogues of gettext.

use std::borrow::Cow;

use kakehi::{Environment, RenderOptions, Translations};

/// A little German.
pub(crate) struct German;

const MESSAGES: &[(&str, &str)] = &[
    ("Hello %(user)s!", "Hallo %(user)s!"),
    ("tea", "Tee"),
    ("%(num)s cup", "%(num)s Tasse"),
    ("%(num)s cups", "%(num)s Tassen"),
    ("<b>bold</b>", "<b>fett</b>"),
    ("100%", "hundert Prozent"),
    ("100%%", "hundert %%"),
    ("a b", "A B"),
    ("%(x)s off", "minus %(x)s"),
];

const IN_CONTEXT: &[(&str, &str, &str)] = &[
    ("month", "May", "Mai"),
    ("verb", "May", "darf"),
    ("drinks", "%(num)s cup", "%(num)s Becher"),
];

impl Translations for German {
    fn gettext<'a>(&'a self, context: Option<&'a str>, message: &'a str) -> Cow<'a, str> {
        let known = match context {
            None => MESSAGES
                .iter()
                .find(|(known, _)| *known == message)
                .map(|(_, translated)| *translated),
            Some(context) => IN_CONTEXT
                .iter()
                .find(|(known, text, _)| *known == context && *text == message)
                .map(|(_, _, translated)| *translated),
        };
        Cow::Borrowed(known.unwrap_or(message))
    }

    fn ngettext<'a>(
        &'a self,
        context: Option<&'a str>,
        singular: &'a str,
        plural: &'a str,
        count: i64,
    ) -> Cow<'a, str> {
        self.gettext(context, if count == 1 { singular } else { plural })
    }
}

#[test]
fn a_render_may_have_a_language_of_its_own() {
    let mut env = Environment::new();
    env.set_translations(German);
    let template = env
        .template_from_str("<% trans %>tea<% end %> << _('tea') >>")
        .expect("a template");
    assert_eq!(template.render(()).expect("renders"), "Tee Tee");

    struct Silent;
    impl Translations for Silent {
        fn gettext<'a>(&'a self, _: Option<&'a str>, _: &'a str) -> Cow<'a, str> {
            Cow::Borrowed("-")
        }
        fn ngettext<'a>(
            &'a self,
            _: Option<&'a str>,
            _: &'a str,
            _: &'a str,
            _: i64,
        ) -> Cow<'a, str> {
            Cow::Borrowed("-")
        }
    }
    let options = RenderOptions::new().with_translations(Silent);
    assert_eq!(template.render_with((), options).expect("renders"), "- -");
}

#[test]
fn messages_are_found_in_source_order_with_their_comments() {
    let env = Environment::jinja();
    let source = "{# NOTE: greets #}\n\
        {% trans user %}Hello {{ user }}!{% endtrans %} {{ _('tea') if x else gettext('a' 'b') }}\n\
        {# no note #}{{ ngettext('one', 'many', n) }}{{ _(name) }}{{ f('no') }}\n\
        {{ pgettext('c', 'May') ~ npgettext('c', '1', '2', n) }}\n\
        {% trans 'd' trimmed n=3 %}\n  100% of one\n{% pluralize %}\n  {{ n }} of\n  many\n{% endtrans %} {# NOTE: late #}";
    let found = env
        .extract_messages("page.html", source, &["NOTE:"])
        .expect("a template");
    let found: Vec<_> = found
        .iter()
        .map(|m| {
            (
                m.location.line,
                m.context.as_deref().unwrap_or(""),
                m.singular.as_str(),
                m.plural.as_deref().unwrap_or(""),
                m.comments.join("|"),
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            (2, "", "Hello %(user)s!", "", "NOTE: greets".to_owned()),
            (2, "", "tea", "", String::new()),
            (2, "", "ab", "", String::new()),
            (3, "", "one", "many", String::new()),
            (4, "c", "May", "", String::new()),
            (4, "c", "1", "2", String::new()),
            (5, "d", "100%% of one", "%(n)s of many", String::new()),
        ]
    );
}

#[cfg(feature = "gettext")]
#[test]
fn a_catalogue_translates_with_its_plural_forms() {
    let catalog = kakehi::GettextCatalog::parse(
        r#"
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\n"
"Plural-Forms: nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);\n"

#: page.html:1
msgid "%(n)s cup"
msgid_plural "%(n)s cups"
msgstr[0] "%(n)s чашка"
msgstr[1] "%(n)s чашки"
msgstr[2] "%(n)s чашек"

msgctxt "month"
msgid "May"
msgstr "май"

msgid "tea"
msgstr "чай"

#, fuzzy
msgid "rice"
msgstr "?"

msgid "salt"
msgstr ""
"#,
    )
    .expect("a catalogue");
    let mut env = Environment::new();
    env.set_translations(catalog);
    let page = env
        .render_str(
            "<% for n in [1, 3, 11] %><% trans n %><< n >> cup<% pluralize %><< n >> cups<% end %>, <% end %>\
             << _('tea') >> << pgettext('month', 'May') >> << _('May') >> << _('rice') >> << _('salt') >>",
            (),
        )
        .expect("renders");
    assert_eq!(page, "1 чашка, 3 чашки, 11 чашек, чай май May rice salt");
    let wrong = "msgid \"\"\nmsgstr \"Plural-Forms: nplurals=2; plural=n is 1;\\n\"\n";
    let error = kakehi::GettextCatalog::parse(wrong).expect_err("no rule");
    assert!(error.to_string().contains("n is 1"), "{error}");
}
