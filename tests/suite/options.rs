//! Options of environments that a case file cannot set.

use kakehi::{
    AsyncFunctionLoader, ChoiceLoader, Environment, ErrorKind, FunctionLoader, Load, Loader,
    MapLoader, Policies, PrefixLoader,
};

fn rendered(policies: &Policies, source: &str) -> String {
    let mut env = Environment::jinja();
    env.set_policies(policies.clone());
    env.render_str(source, ()).expect("it renders")
}

#[test]
fn policies_are_what_filters_do_where_a_template_does_not_say() {
    let mut policies = Policies::default();
    policies.truncate_leeway = 0;
    policies.urlize_rel = String::new();
    policies.urlize_target = Some("_top".to_owned());
    policies.urlize_extra_schemes = vec!["tel:".to_owned(), "ftp://".to_owned()];
    for (source, expected) in [
        ("{{ 'foo bar baz'|truncate(9) }}", "foo..."),
        ("{{ 'foo bar baz'|truncate(9, leeway=5) }}", "foo bar baz"),
        (
            "{{ 'https://a.example tel:123 ftp://x'|urlize }}",
            "<a href=\"https://a.example\" target=\"_top\">https://a.example</a> \
             <a href=\"tel:123\" target=\"_top\">tel:123</a> \
             <a href=\"ftp://x\" target=\"_top\">ftp://x</a>",
        ),
        (
            "{{ 'https://a.example'|urlize(nofollow=true, target='_blank') }}",
            "<a href=\"https://a.example\" rel=\"nofollow\" target=\"_blank\">https://a.example</a>",
        ),
    ] {
        assert_eq!(rendered(&policies, source), expected, "{source}");
    }
    policies.urlize_rel = "noopener ugc".to_owned();
    assert_eq!(
        rendered(&policies, "{{ 'https://a.example'|urlize(rel='x') }}"),
        "<a href=\"https://a.example\" rel=\"noopener ugc x\" target=\"_top\">https://a.example</a>"
    );
}

#[test]
fn a_scheme_that_is_none_is_an_error_also_as_a_policy() {
    let mut policies = Policies::default();
    policies.urlize_extra_schemes = vec!["no scheme".to_owned()];
    let mut env = Environment::jinja();
    env.set_policies(policies);
    let error = env.render_str("{{ 'a'|urlize }}", ()).unwrap_err();
    assert!(error.to_string().contains("no scheme"), "{error}");
}

#[test]
fn json_is_written_as_the_policy_says() {
    let source = "{{ {'b': [1, 'é<&'], 'a': {}}|tojson }}|{{ [1]|tojson(2) }}";
    let style = |change: fn(&mut Policies)| {
        let mut policies = Policies::default();
        change(&mut policies);
        rendered(&policies, source)
    };
    assert_eq!(
        style(|policies| policies.json.sort_keys = false),
        "{\"b\": [1, \"\\u00e9\\u003c\\u0026\"], \"a\": {}}|[\n  1\n]"
    );
    assert_eq!(
        style(|policies| policies.json.ensure_ascii = false),
        "{\"a\": {}, \"b\": [1, \"é\\u003c\\u0026\"]}|[\n  1\n]"
    );
    let separators = |item: &str, key: &str| Some((item.to_owned(), key.to_owned()));
    let mut policies = Policies::default();
    policies.json.separators = separators(",", ":");
    assert_eq!(
        rendered(&policies, source),
        "{\"a\":{},\"b\":[1,\"\\u00e9\\u003c\\u0026\"]}|[\n  1\n]"
    );
    policies.json.separators = separators("; ", "=");
    policies.json.indent = Some("..".to_owned());
    assert_eq!(
        rendered(&policies, "{{ {'b': [1, 2], 'a': {}}|tojson }}"),
        "{\n..\"a\"={}; \n..\"b\"=[\n....1; \n....2\n..]\n}"
    );
}

#[test]
fn loaders_list_their_templates() {
    let shop = MapLoader::from_iter([("b", ""), ("a", "")]);
    let theme = MapLoader::from_iter([("a", ""), ("c/d", "")]);
    let mut env = Environment::new();
    assert!(env.list_templates().expect("there is no loader").is_empty());
    env.set_loader(ChoiceLoader::new().with(theme).with(shop.clone()));
    env.add_template("added", "");
    assert_eq!(env.list_templates().unwrap(), ["a", "added", "b", "c/d"]);
    env.set_loader(PrefixLoader::with_delimiter("::").with("shop", shop));
    assert_eq!(
        env.list_templates().unwrap(),
        ["added", "shop::a", "shop::b"]
    );
    env.set_loader(FunctionLoader::new(|_| Ok(None)));
    let error = env.list_templates().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Loader);
    assert!(error.message().contains("cannot list"), "{error}");
}

/// A loader that has to be waited for.
struct Far;

impl Loader for Far {
    fn load(&self, name: &str) -> Load {
        let source = if name == "bad" { "<< 1 + >>" } else { "far" };
        Load::later(async move { Ok(Some(source)) })
    }

    fn list(&self) -> Load<Vec<String>> {
        Load::Later(Box::pin(async {
            Ok(["page", "bad"].map(str::to_owned).into())
        }))
    }
}

#[test]
fn all_templates_are_compiled_and_their_errors_given() {
    let mut env = Environment::new();
    env.set_loader(MapLoader::from_iter([
        ("good", "<< 1 >>"),
        ("bad", "<% if %>"),
        ("worse", "<< 1 | nofilter >>"),
    ]));
    let errors = env.compile_templates().unwrap();
    let names: Vec<_> = errors.iter().filter_map(|error| error.template()).collect();
    assert_eq!(names, ["bad", "worse"]);

    env.set_loader(ChoiceLoader::new().with(Far));
    assert_eq!(
        env.compile_templates().unwrap_err().kind(),
        ErrorKind::AsyncRequired
    );
    let errors = futures_executor::block_on(env.compile_templates_async()).unwrap();
    assert_eq!(errors.len(), 1);
    // Compiled by now, so that a render need not wait.
    assert_eq!(env.render("page", ()).unwrap(), "far");

    env.set_loader(AsyncFunctionLoader::new(|_: String| async { Ok(None) }));
    let listed = futures_executor::block_on(env.list_templates_async());
    assert_eq!(listed.unwrap_err().kind(), ErrorKind::Loader);
}

/// A compiled catalogue of these messages, in the order of bytes that `word` gives.
#[cfg(feature = "gettext")]
fn machine_object(messages: &[(&str, &str)], word: fn(u32) -> [u8; 4]) -> Vec<u8> {
    let count = messages.len() as u32;
    let (mut tables, mut strings) = (Vec::new(), Vec::new());
    let start = 28 + 16 * count;
    for texts in [
        messages.iter().map(|(text, _)| *text).collect::<Vec<_>>(),
        messages.iter().map(|(_, text)| *text).collect(),
    ] {
        for text in texts {
            tables.extend(word(text.len() as u32));
            tables.extend(word(start + strings.len() as u32));
            strings.extend(text.as_bytes());
            strings.push(0);
        }
    }
    let head = [0x9504_12de, 0, count, 28, 28 + 8 * count, 0, 0];
    let mut bytes: Vec<u8> = head.into_iter().flat_map(word).collect();
    bytes.extend(tables);
    bytes.extend(strings);
    bytes
}

#[cfg(feature = "gettext")]
#[test]
fn compiled_catalogues_translate_in_either_order_of_bytes() {
    let messages = [
        (
            "",
            "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=3; plural=(n==1 ? 0 : n<5 ? 1 : 2);\n",
        ),
        ("Hello %(name)s!", "Grüß dich, %(name)s!"),
        ("menu\u{4}Open", "Öffnen"),
        (
            "%(n)s cup\0%(n)s cups",
            "eine Tasse\0%(n)s Tassen\0viele Tassen",
        ),
    ];
    for word in [u32::to_le_bytes, u32::to_be_bytes] {
        let bytes = machine_object(&messages, word);
        let catalog = kakehi::GettextCatalog::parse_mo(&bytes).expect("it is a catalogue");
        let mut env = Environment::jinja();
        env.set_translations(catalog);
        let source = "{% trans name='Ann' %}Hello {{ name }}!{% endtrans %} {{ pgettext('menu', 'Open') }} {{ _('Open') }}\
            {% for n in [1, 3, 9] %} {% trans n=n %}{{ n }} cup{% pluralize %}{{ n }} cups{% endtrans %}{% endfor %}";
        assert_eq!(
            env.render_str(source, ()).unwrap(),
            "Grüß dich, Ann! Öffnen Open eine Tasse 3 Tassen viele Tassen"
        );
        // Whatever is missing of it, it is an error and no panic.
        for length in 0..bytes.len() {
            let _ = kakehi::GettextCatalog::parse_mo(&bytes[..length]);
        }
        assert!(kakehi::GettextCatalog::parse_mo(&bytes[..27]).is_err());
    }
}
