//! Tests: inputs made to break parsers end in a tree or a clear error, on a small stack. Each is so large that
//! quadratic time would take minutes.

use std::sync::Arc;

use crate::source::Origin;
use crate::syntax::{Delimiters, Options, dump_tree, parse, parse_recovering, print_tree};

const MANY: usize = 100_000;

fn on_small_stack(test: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(2 << 20);
    let handle = thread.spawn(test).expect("threads can be started");
    handle.join().expect("the test passes");
}

fn options() -> Options {
    Options {
        delimiters: Delimiters::jinja(),
        ..Options::default()
    }
}

/// Parses, walks the tree both ways there are, and gives the error's message or nothing.
fn outcome(source: String) -> String {
    let origin = Arc::new(Origin {
        name: "t".into(),
        text: source.into(),
    });
    let options = options();
    match parse(&origin, &options) {
        Ok(tree) => {
            // What nests is short; long lists would only cost time.
            if origin.text.len() < MANY {
                dump_tree(&tree);
                print_tree(&tree, &options.delimiters);
            }
            String::new()
        }
        Err(error) => {
            assert!(format!("{error:#}").len() < 4000);
            error.message().to_owned()
        }
    }
}

const DEEP: &str = "nested too deeply (limit 200)";

#[test]
fn nesting_is_limited() {
    on_small_stack(|| {
        let deep = |start: &str, middle: &str, end: &str| {
            let closed = format!(
                "{{{{ {}{middle}{} }}}}",
                start.repeat(MANY),
                end.repeat(MANY)
            );
            assert_eq!(outcome(closed), DEEP, "{start}");
            let open = format!("{{{{ {}{middle}", start.repeat(MANY));
            assert_eq!(outcome(open), DEEP, "{start}");
        };
        deep("(", "1", ")");
        deep("[", "1", "]");
        deep("{1:", "1", "}");
        deep("f(", "1", ")");
        deep("a[", "1", "]");
        deep("x|f(", "1", ")");
        deep("not (", "1", ")");
        deep("(1 if ", "1", ")");
        deep("{ ", "", "}");
        for repeated in ["await ", "2 if 1 if "] {
            let source = format!("{{{{ {}x }}}}", repeated.repeat(MANY));
            assert_eq!(outcome(source), DEEP, "{repeated}");
        }
    });
}

#[test]
fn blocks_nest_to_the_limit_only() {
    on_small_stack(|| {
        for (start, end) in [
            ("{% if a %}", "{% endif %}"),
            ("{% unless a %}", "{% end %}"),
            ("{% for a in b %}", "{% endfor %}"),
            ("{% if a %}{% else %}", "{% endif %}"),
            ("{% while a %}", "{% end %}"),
            ("{% match a %}{% case b %}", "{% end %}"),
            ("{% block a %}", "{% endblock %}"),
            ("{% macro a() %}", "{% endmacro %}"),
            ("{% call a() %}", "{% endcall %}"),
            ("{% with %}", "{% endwith %}"),
            ("{% filter a %}", "{% endfilter %}"),
            ("{% set a %}", "{% endset %}"),
            ("{% spaceless %}", "{% end %}"),
            ("{% autoescape a %}", "{% end %}"),
            ("{% try %}", "{% fallback %}{% end %}"),
            ("{% cache a %}", "{% end %}"),
            ("{% try %}{% fallback %}", "{% endtry %}"),
        ] {
            let closed = format!("{}{}", start.repeat(MANY), end.repeat(MANY));
            assert_eq!(outcome(closed), DEEP, "{start}");
            assert_eq!(outcome(start.repeat(MANY)), DEEP, "{start}");
            assert_ne!(outcome(end.repeat(MANY)), "", "{end}");
            assert_eq!(
                outcome(format!("{}{}", start.repeat(150), end.repeat(150))),
                "",
                "{start}"
            );
        }
    });
}

#[test]
fn targets_and_patterns_nest_to_the_limit_only() {
    on_small_stack(|| {
        for (head, start, middle, end, tail) in [
            ("{% set ", "(", "a", ",)", " = 1 %}"),
            ("{% for ", "(a, ", "b", ")", " in c %}{% end %}"),
            ("{% match x %}{% case ", "[", "a", "]", " %}{% end %}"),
            ("{% match x %}{% case ", "{1:", "a", "}", " %}{% end %}"),
            ("{% match x %}{% case ", "(1|", "a", ")", " %}{% end %}"),
        ] {
            let source = |count: usize| {
                format!(
                    "{head}{}{middle}{}{tail}",
                    start.repeat(count),
                    end.repeat(count)
                )
            };
            assert_eq!(outcome(source(MANY)), DEEP, "{head}{start}");
            assert_eq!(outcome(source(190)), "", "{head}{start}");
        }
    });
}

#[test]
fn chains_are_no_nesting() {
    on_small_stack(|| {
        for (first, repeated) in [
            ("1", "+1"),
            ("1", "~1"),
            ("1", "*1"),
            ("1", "**1"),
            ("1", " and 1"),
            ("1", " or 1"),
            ("1", " ?? 1"),
            ("1", " < 1"),
            ("1", " == 1"),
            ("1", " in 1"),
            ("1", " if 1 else 1"),
            ("x", ".a"),
            ("x", ".0"),
            ("x", "[0]"),
            ("x", "[1:2]"),
            ("x", "()"),
            ("x", "?.a"),
            ("x", "|f"),
            ("x", "|f(1)"),
            ("x", "[y.a]"),
            ("x", "|f(y|g)"),
            ("1", "+(2+3)"),
            ("x", " is a(1)"),
            ("'a'", " 'b'"),
            ("1", ", 1"),
            ("[1", "]+[1]+[1"),
        ] {
            let end = if first == "[1" { "]" } else { "" };
            let source = format!("{{{{ {first}{}{end} }}}}", repeated.repeat(MANY));
            assert_eq!(outcome(source), "", "{repeated}");
        }
        for repeated in ["- ", "+", "not "] {
            let source = format!("{{{{ {}x }}}}", repeated.repeat(MANY));
            assert_eq!(outcome(source), "", "{repeated}");
        }
        let arms = format!("{{% if a %}}{}{{% endif %}}", "{% elif a %}".repeat(MANY));
        assert_eq!(outcome(arms), "");
        let cases = format!("{{% match a %}}{}{{% end %}}", "{% case 1 %}".repeat(MANY));
        assert_eq!(outcome(cases), "");
        for (start, item, end) in [
            ("{{ [", "1,", "] }}"),
            ("{{ {", "1:1,", "} }}"),
            ("{{ f(", "1,", ") }}"),
            ("{% from a import b", ",b", " %}"),
            ("{% with a=1", ",a=1", " %}{% end %}"),
            ("{% filter a", "|a", " %}{% end %}"),
            ("{% match x %}{% case 1", "|1", " %}{% end %}"),
            ("{% raw %}", "{{", "{% endraw %}"),
            ("{# ", "{#", " #}"),
        ] {
            assert_eq!(
                outcome(format!("{start}{}{end}", item.repeat(MANY))),
                "",
                "{start}"
            );
        }
        let many = |form: fn(usize) -> String| (0..MANY).map(form).collect::<String>();
        let parameters = many(|index| format!("a{index},"));
        assert_eq!(
            outcome(format!("{{% macro m({parameters}) %}}{{% end %}}")),
            ""
        );
        let keywords = many(|index| format!("a{index}=1,"));
        assert_eq!(outcome(format!("{{{{ f({keywords}) }}}}")), "");
        assert_ne!(
            outcome(format!("{{% macro m({}) %}}{{% end %}}", "a,".repeat(MANY))),
            ""
        );
        assert_ne!(outcome(format!("{{{{ x{} }}}}", " is a".repeat(MANY))), "");
    });
}

#[test]
fn what_is_never_closed_ends_in_an_error() {
    on_small_stack(|| {
        for repeated in [
            "{{ ",
            "{% ",
            "{# ",
            "{% raw %}",
            "{% if",
            "{{ '",
            "{{ \"",
            "{{ a ",
            "{% set a %}",
            "{% end",
            "{{ [",
            "{{(",
            "{{ a ?",
            "{% for a in",
            "{{ a | ",
            "{%- ",
            "{% else %}",
            "{% elif x %}",
            "{% case x %}",
            "{% empty %}",
        ] {
            assert_ne!(outcome(repeated.repeat(MANY)), "", "{repeated}");
        }
        assert_ne!(outcome("{{ ".repeat(1_000_000)), "");
        assert_ne!(outcome(format!("{{{{ '{}", "\\".repeat(MANY))), "");
        assert_ne!(outcome(format!("{{{{ {} }}}}", "9".repeat(MANY))), "");
        assert_ne!(outcome(format!("{{{{ 0x{} }}}}", "f".repeat(MANY))), "");
        assert_ne!(outcome(format!("{{% {} %}}", "x".repeat(MANY))), "");
        assert_eq!(outcome(format!("{{{{ {} }}}}", "x".repeat(MANY))), "");
        assert_eq!(outcome(format!("{{{{ 1.{}e5 }}}}", "9".repeat(MANY))), "");
        assert_eq!(outcome(format!("{{{{ 1{} }}}}", " ".repeat(MANY))), "");
    });
}

#[test]
fn every_tag_may_be_left_open() {
    on_small_stack(|| {
        for tag in crate::syntax::token::Tag::ALL {
            let name = tag.spelling();
            for source in [
                format!("{{% {name}"),
                format!("{{% {name} %}}"),
                format!("{{% {name} ("),
                format!("{{% {name} a"),
                format!("{{% {name} a %}}"),
                format!("{{% {name} a b c %}}"),
                format!("{{% {name} 'a"),
                format!("{{%{name}"),
            ] {
                let message = outcome(source.clone());
                let flat = matches!(name, "do" | "print" | "flush" | "extends" | "include");
                assert!(flat || !message.is_empty(), "{source}");
            }
        }
    });
}

#[test]
fn text_of_any_size_is_one_pass() {
    on_small_stack(|| {
        assert_eq!(outcome("text < { % # \n".repeat(1_500_000)), "");
        assert_eq!(outcome("\r\n".repeat(1_000_000)), "");
        assert_eq!(
            outcome(format!(
                "{}{{{{ x -}}}}{}",
                " ".repeat(1_000_000),
                " ".repeat(1_000_000)
            )),
            ""
        );
        assert_eq!(outcome("{{ x }} ".repeat(MANY)), "");
        assert_eq!(outcome("{#- x -#} ".repeat(MANY)), "");
    });
}

#[test]
fn line_prefixes_are_one_pass() {
    on_small_stack(|| {
        let delimiters = Delimiters::builder()
            .line_statement("%%")
            .line_comment("##")
            .build()
            .expect("they can be told apart");
        let mut options = options();
        options.delimiters = delimiters;
        for line in [
            "%% set x = 1\n",
            "a ## b\n",
            "a << b >> ",
            "a\n",
            "<% set x = 1 %>",
        ] {
            let origin = Arc::new(Origin {
                name: "t".into(),
                text: line.repeat(MANY).into(),
            });
            parse(&origin, &options).expect("parses");
        }
    });
}

#[test]
fn recovery_survives_the_same() {
    on_small_stack(|| {
        for repeated in [
            "{{ ",
            "{% if a %}",
            "{{ a b }}",
            "{% endif %}",
            "{{ '",
            "{% nope %}",
            "{# ",
            "{% raw %}",
            "{{ ((",
            "{% for %}",
            "{% if a %}{% endfor %}",
            "{% elif %}",
            "{% block a-b %}",
            "{% set %}",
            "{% call %}",
            "{% macro a(a,a) %}",
        ] {
            let origin = Arc::new(Origin {
                name: "t".into(),
                text: repeated.repeat(2000).into(),
            });
            let (_, errors) = parse_recovering(&origin, &options());
            assert!(!errors.is_empty(), "{repeated}");
        }
    });
}

#[test]
fn odd_characters_end_in_a_tree_or_an_error() {
    for source in [
        "\0",
        "\u{feff}{{ x }}",
        "{{ \0 }}",
        "{{ '\0' }}",
        "{{ '\\ud800' }}",
        "{{ \u{202e}x }}",
        "{{ x\u{200b} }}",
        "{{ x\u{200d} }}",
        "{{\u{a0}x\u{3000}}}",
        "\r{{ x }}\r\n\n",
        "{{ 'a\r\nb' }}",
        "{%\r\nif x\r%}{% end %}",
        "{{ 0x }}",
        "{{ 1_ }}",
        "{{ 1e99999 }}",
        "{{ 1.e5 }}",
        "{{ é.ü }}",
        "{{ '\\",
        "{{ '\\x",
        "{{ '\\u{12}' }}",
        "{{ '\\N{DASH' }}",
        "{",
        "{{",
        "{%",
        "{#",
        "{%-",
        "{{-",
        "{#-",
        "{#-#}",
        "{#--#}",
        "{#+",
        "{%- raw",
        "{% raw -",
        "{{ a }",
        "{{ a -}",
        "{{-}}",
        "{% %}",
        "{%%}",
        "{{}}",
        "{##}",
        "}}",
        "%}",
        "{{ 😀 }}",
        "{{ 'a😀\\é' }}",
        "{{ a😀 }}",
        "{{ a | 😀 }}",
        "{% 😀 %}",
    ] {
        let origin = Arc::new(Origin {
            name: "t".into(),
            text: source.into(),
        });
        if let Err(error) = parse(&origin, &options()) {
            assert!(!format!("{error:#}").is_empty());
        }
        parse_recovering(&origin, &options());
    }
}
