//! Options of environments that a case file cannot set.

use std::sync::{Arc, Mutex};

use kakehi::{
    AsyncFunctionLoader, ChoiceLoader, Environment, ErrorKind, FunctionLoader, Load, Loader,
    MapLoader, NodeKind, Policies, PrefixLoader, Value,
};

use crate::case::{Case, case_files};
use crate::cases::environment;

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

#[test]
fn undefined_values_that_are_used_are_told_to_the_hook() {
    let log = Arc::new(Mutex::new(Vec::new()));
    let mut env = Environment::jinja();
    let written = Arc::clone(&log);
    env.set_undefined_hook(move |used| {
        let mut log = written.lock().expect("nothing panics");
        log.push(used.message().to_owned());
    });
    let quiet = "{{ a is defined }}{{ a | default('x') }}{{ a | default('x', true) }}{% set b = a %}\
        {{ [a] | length }}{{ a is undefined }}{% if true %}{{ 1 }}{% endif %}";
    for (source, expected) in [
        (quiet, &[][..]),
        ("{{ a }}", &["'a' is undefined"]),
        ("{{ d.q }}", &["'dict object' has no attribute 'q'"]),
        ("{{ l[5] }}", &["'list object' has no element 5"]),
        ("{% for x in a %}{% endfor %}", &["'a' is undefined"]),
        ("{% if a %}{% endif %}", &["'a' is undefined"]),
        ("{{ 'x' ~ a }}", &["'a' is undefined"]),
        ("{{ a | upper }}", &["'a' is undefined"]),
        ("{{ not a }}", &["'a' is undefined"]),
        (
            "{{ a }}{{ d.q }}",
            &["'a' is undefined", "'dict object' has no attribute 'q'"],
        ),
    ] {
        let context = || kakehi::context! { d => kakehi::context! {}, l => [1] };
        for is_async in [false, true] {
            log.lock().expect("nothing panics").clear();
            let text = match is_async {
                false => env.render_str(source, context()),
                true => futures_executor::block_on(env.render_str_async(source, context())),
            };
            text.expect("it renders");
            assert_eq!(*log.lock().expect("nothing panics"), expected, "{source}");
        }
    }
}

#[test]
fn a_template_may_have_globals_of_its_own() {
    let mut env = Environment::jinja();
    env.add_global("site", "A");
    env.add_template("lib", "{% macro m() %}<{{ site }}{{ more }}>{% endmacro %}");
    env.add_template("base", "{% block b %}{% endblock %}{{ site }}");
    env.add_template(
        "page",
        "{% extends 'base' %}{% import 'lib' as lib %}{% block b %}{{ site }}{{ lib.m() }}{% include 'lib' %}{% endblock %}",
    );
    let page = env.template("page").unwrap();
    let own = page
        .with_globals([("site", Value::from("B")), ("more", Value::from("!"))])
        .unwrap();
    assert_eq!(own.render(()).unwrap(), "B<B!>B");
    assert_eq!(page.render(()).unwrap(), "A<A>A");
    // The context wins over globals.
    let context = kakehi::context! { site => "C" };
    assert_eq!(own.render(context).unwrap(), "C<B!>C");
}

#[test]
fn the_tree_of_every_case_can_be_walked() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut nodes = 0;
    for path in case_files(&folder) {
        let Ok(case) = Case::read(&path) else {
            continue;
        };
        let mut env = environment(&case);
        crate::host::populate(&mut env, crate::host::Mode::Plain);
        for (name, source) in &case.templates {
            let Ok(tree) = env.parse(name, source) else {
                continue;
            };
            for node in tree.nodes() {
                nodes += 1;
                let span = node.span();
                assert!(
                    tree.source().get(span.clone()).is_some(),
                    "{name}: {span:?}"
                );
                for child in node
                    .children()
                    .filter(|child| child.kind() == NodeKind::Variable)
                {
                    let text = &tree.source()[child.span()];
                    assert_eq!(Some(text), child.name(), "{}", path.display());
                }
            }
        }
    }
    assert!(nodes > 10_000, "only {nodes} nodes were found");
}

#[test]
fn trees_have_what_the_template_has() {
    let env = Environment::jinja();
    let source = "{% macro m(a, b=1) %}{{ -a ** 2 if b is not odd else c.d[0] }}{% endmacro %}\
        {% for k, v in d | items if v %}{{ [k, *v] }}{% else %}-{% endfor %}";
    let tree = env.parse("page", source).unwrap();
    let shown = |node: kakehi::SyntaxNode<'_>| match node.name() {
        Some(name) => format!("{:?} {name}", node.kind()),
        None => format!("{:?}", node.kind()),
    };
    let nodes: Vec<String> = tree.nodes().map(shown).collect();
    assert_eq!(
        nodes,
        [
            "Statement macro",
            "Target m",
            "Parameter a",
            "Parameter b",
            "Literal 1",
            "Body body",
            "Output",
            "Operator if",
            "Operator **",
            "Operator -",
            "Variable a",
            "Literal 2",
            "Operator not",
            "Test odd",
            "Variable b",
            "Item",
            "Attribute d",
            "Variable c",
            "Literal 0",
            "Statement for",
            "Target k",
            "Target v",
            "Filter items",
            "Variable d",
            "Variable v",
            "Body body",
            "Output",
            "Collection list",
            "Variable k",
            "Spread *",
            "Variable v",
            "Body else",
            "Text -",
        ]
    );
    assert!(env.parse("page", "{{ 1 + }}").is_err());
}
