//! Templates and data from strangers: right output or a clear error, on a small stack and within the limits.

use std::panic::resume_unwind;
use std::thread;

use kakehi::{
    AutoEscape, Delimiters, Environment, Error, ErrorKind, FileLoader, FunctionLoader, Limits,
    RenderOptions, Value, context,
};

/// How often what is repeated is repeated.
const MANY: usize = 100_000;

/// Runs a test on a stack as small as those of a runtime's threads.
fn on_small_stack(test: impl FnOnce() + Send + 'static) {
    let thread = thread::Builder::new()
        .stack_size(2 << 20)
        .spawn(test)
        .expect("a thread");
    if let Err(panic) = thread.join() {
        resume_unwind(panic);
    }
}

/// Limits for strangers, but no clock: tests run on slow machines too.
fn limits() -> Limits {
    Limits {
        deadline: None,
        ..Limits::untrusted()
    }
}

fn environment() -> Environment {
    let mut env = Environment::jinja();
    env.set_limits(limits());
    env
}

/// Renders templates, the first of which is `main`.
fn render(templates: &[(&str, &str)]) -> Result<String, Error> {
    let mut env = environment();
    for (name, source) in templates {
        env.add_template(*name, *source);
    }
    env.render("main", ())
}

/// The kind of the error of an expression.
fn kind(expression: &str) -> Option<ErrorKind> {
    let value = environment()
        .expression(expression)
        .and_then(|expression| expression.eval(()));
    value.err().map(|error| error.kind())
}

/// The value of an expression as it is written.
fn value(expression: &str) -> String {
    match environment()
        .expression(expression)
        .and_then(|expression| expression.eval(()))
    {
        Ok(value) => format!("{value:?}"),
        Err(error) => panic!("{expression}: {error:#}"),
    }
}

/// A source's outcome: the output, or the kind of the error and its message.
fn outcome(source: &str) -> String {
    match environment().render_str(source, ()) {
        Ok(output) => output,
        Err(error) => {
            // Whatever the source's size, a report fits a screen.
            assert!(format!("{error:#}").len() < 2000, "{error}");
            format!("{:?}: {}", error.kind(), error.message())
        }
    }
}

#[test]
fn what_nests_a_hundred_thousand_deep_is_an_error_at_the_limit() {
    on_small_stack(|| {
        let nests: [(&str, &str, &str); 22] = [
            ("{{ ", "(", ")"),
            ("{{ ", "[", "]"),
            ("{{ ", "{'a':", "}"),
            ("{{ ", "f(", ")"),
            ("{{ ", "[0][", "]"),
            ("{{ ", "await ", ""),
            ("{{ ", "x if ", " else y"),
            ("{{ ", "[", " for a in [1]]"),
            ("{{ ", "1|default(", ")"),
            ("", "{% if 1 %}", "{% endif %}"),
            ("", "{% if 0 %}{% else %}", "{% endif %}"),
            ("", "{% unless 0 %}", "{% end %}"),
            ("", "{% for a in [1] %}", "{% endfor %}"),
            ("", "{% while 0 %}", "{% end %}"),
            ("", "{% macro m() %}", "{% endmacro %}"),
            ("", "{% call m() %}", "{% endcall %}"),
            ("", "{% with %}", "{% endwith %}"),
            ("", "{% filter upper %}", "{% endfilter %}"),
            ("", "{% set a %}", "{% endset %}"),
            ("", "{% autoescape true %}", "{% endautoescape %}"),
            ("", "{% match 1 %}{% case 1 %}", "{% endmatch %}"),
            ("{% set ", "(", ")"),
        ];
        for (start, open, close) in nests {
            let end = match start {
                "{{ " => " }}",
                "" => "",
                _ => " = 1 %}",
            };
            let inner = if start == "{% set " { "a" } else { "1" };
            let many = format!(
                "{start}{}{inner}{}{end}",
                open.repeat(MANY),
                close.repeat(MANY)
            );
            let outcome = outcome(&many);
            assert!(
                outcome.starts_with("Syntax: nested too deeply"),
                "{open}: {outcome}"
            );
            let unclosed = self::outcome(&format!("{start}{}", open.repeat(MANY)));
            assert!(unclosed.starts_with("Syntax: "), "{open}: {unclosed}");
        }
    });
}

#[test]
fn what_is_only_long_works() {
    on_small_stack(|| {
        let chains: [(&str, &str, &str, &str); 22] = [
            ("{{ 1", "+1", " }}", "100001"),
            ("{{ 1", "*1", " }}", "1"),
            ("{{ 1", "**1", " }}", "1"),
            ("{{ '-'", "~''", " }}", "-"),
            ("{{ 1", " and 1", " }}", "1"),
            ("{{ 0", " or 0", " }}", "0"),
            ("{{ 1", " <= 1", " }}", "True"),
            ("{{ 1", " == 1", " }}", "True"),
            ("{{ ", "not ", "0 }}", "True"),
            ("{{ ", "-", "1 }}", "1"),
            ("{{ none", "??none", " }}", "None"),
            ("{{ x", "?.a", " }}", "None"),
            ("{{ 'a'", "[0:]", " }}", "a"),
            ("{{ 'a'", "|upper", " }}", "A"),
            ("{{ 1", " if 0 else 2", " }}", "2"),
            ("{{ [", "1,", "] | length }}", "100000"),
            ("{{ '", "\\n", "' | length }}", "100000"),
            ("{{ ", "'a' ", " | length }}", "100000"),
            ("{% if 0 %}", "{% elif 0 %}", "{% else %}e{% endif %}", "e"),
            (
                "{% set x = 0 %}",
                "{% set x = x + 1 %}",
                "{{ x }}",
                "100000",
            ),
            ("", "{# c #}{% raw %}{% endraw %}", "x", "x"),
            (
                "{% match 1 %}",
                "{% case 2 %}",
                "{% case 1 %}m{% end %}",
                "m",
            ),
        ];
        for (start, unit, end, expected) in chains {
            let source = format!("{start}{}{end}", unit.repeat(MANY));
            assert_eq!(outcome(&source), expected, "{unit}");
        }
        // These end in an error of their own, after the whole chain was read.
        for (start, unit, end, expected) in [
            ("{{ x", ".a", " }}", "Undefined: 'x' is undefined"),
            ("{{ x", "[0]", " }}", "Undefined: 'x' is undefined"),
            ("{{ x", "()", " }}", "Undefined: 'x' is undefined"),
            ("{{ f(", "1,", ") }}", "Compile: too many arguments"),
            (
                "{{ 1",
                " is number",
                " }}",
                "Syntax: tests cannot be chained",
            ),
            (
                "{{ ",
                "1",
                " }}",
                "Syntax: an integer may have 128 bits at most",
            ),
        ] {
            let outcome = outcome(&format!("{start}{}{end}", unit.repeat(MANY)));
            assert!(outcome.starts_with(expected), "{unit}: {outcome}");
        }
    });
}

#[test]
fn many_names_take_linear_time() {
    // Told by what runs, not by a clock: a search through all names for each of them would take minutes.
    on_small_stack(|| {
        let count = 30_000;
        let many = |unit: &str| -> String {
            (0..count)
                .map(|n| unit.replace('N', &n.to_string()))
                .collect()
        };
        assert_eq!(outcome(&(many("{% set aN = N %}") + "{{ a7 }}")), "7");
        assert_eq!(
            outcome(&(many("{% macro mN() %}{% endmacro %}") + "{{ m7() }}")),
            ""
        );
        assert_eq!(outcome(&(many("{% block bN %}{% endblock %}") + "x")), "x");
        assert_eq!(
            outcome(&format!("{{{{ dict({}) | length }}}}", many("aN=1,"))),
            "30000"
        );
        assert_eq!(
            outcome(&format!("{{{{ {{{}}} | length }}}}", many("'aN':1,"))),
            "30000"
        );
        // And there is a limit to them.
        let vars: String = (0..40_000)
            .map(|n| format!("{{% set a{n} = 1 %}}"))
            .collect();
        assert!(outcome(&vars).starts_with("Compile: too many variables"));
    });
}

#[test]
fn what_is_left_open_is_an_error() {
    on_small_stack(|| {
        for unit in [
            "{{ ",
            "{% ",
            "{# ",
            "{{ '",
            "{% raw %}",
            "{% set x %}",
            "{% block a %}",
            "{{ (",
            "{% if ",
            "{%",
            "{{",
        ] {
            for count in [1, 2, MANY] {
                let outcome = outcome(&unit.repeat(count));
                assert!(outcome.starts_with("Syntax: "), "{unit}: {outcome}");
            }
        }
        // Ends that end nothing.
        for unit in [
            "{% end %}",
            "{% endif %}",
            "{% else %}",
            "{% endraw %}",
            "{% case 1 %}",
            "{% empty %}",
        ] {
            let outcome = outcome(&unit.repeat(MANY));
            assert!(outcome.starts_with("Syntax: "), "{unit}: {outcome}");
        }
        // Ends of outputs and comments in text are text.
        assert_eq!(outcome("}} %} #}"), "}} %} #}");
        // A million openings, and much text.
        assert!(outcome(&"{{ ".repeat(1_000_000)).starts_with("Syntax: "));
        let text = "line of text\n".repeat(1_000_000);
        let output = Environment::new().render_str(&text, ()).expect("renders");
        assert!(
            output.len() == text.len() - 1,
            "one newline at the end is dropped"
        );
    });
}

#[test]
fn odd_characters_are_text_in_text_and_errors_in_code() {
    // The mark of an encoding, nulls and directions are handed on as they are.
    for text in [
        "\u{feff}x",
        "a\0b",
        "\u{202e}abc\u{202c}",
        "a\u{200b}b",
        "\u{1f468}\u{200d}\u{1f469}",
        "\u{fffd}",
    ] {
        assert_eq!(outcome(text), text);
        assert_eq!(outcome(&format!("{{{{ '{text}' }}}}")), text);
    }
    for code in [
        "a\u{200b}b",
        "a\u{202e}b",
        "\0",
        "\u{feff}a",
        "a\u{2028}",
        "a·\u{ad}b",
    ] {
        let outcome = outcome(&format!("{{{{ {code} }}}}"));
        assert!(outcome.starts_with("Syntax: "), "{code:?}: {outcome}");
    }
    // Letters of all scripts make names, as in Python.
    assert_eq!(outcome("{% set größe_名前 = 1 %}{{ größe_名前 }}"), "1");
    // All ends of lines are the one the environment writes.
    assert_eq!(outcome("a\r\nb\rc\nd"), "a\nb\nc\nd");
    for escape in ["\\ud800", "\\x4", "\\u12", "\\U00110000"] {
        let outcome = outcome(&format!("{{{{ '{escape}' }}}}"));
        assert!(outcome.starts_with("Syntax: "), "{escape}: {outcome}");
    }
}

#[test]
fn numbers_are_right_or_an_error_and_never_wrap() {
    for (expression, expected) in [
        ("9223372036854775807 + 1", "9223372036854775808"),
        ("-9223372036854775808 - 1", "-9223372036854775809"),
        ("(-9223372036854775807 - 1) // -1", "9223372036854775808"),
        ("(-9223372036854775807 - 1) % -1", "0"),
        ("(-9223372036854775807 - 1) | abs", "9223372036854775808"),
        ("2 ** 126", "85070591730234615865843651857942052864"),
        ("2 ** -1", "0.5"),
        ("-7 // 2", "-4"),
        ("-7 % 3", "2"),
        ("0.1 + 0.2", "0.30000000000000004"),
        ("1e99999", "inf"),
        ("1e16", "1e+16"),
        ("5e-324", "5e-324"),
        ("(1e400 - 1e400) == (1e400 - 1e400)", "False"),
        ("[2, 1, 3] | sort", "[1, 2, 3]"),
        ("1.5 | round(400)", "1.5"),
        ("1.5 | round(-400)", "0.0"),
        ("'abc'[9223372036854775807:]", "''"),
        (
            "'abc'[-9223372036854775807:9223372036854775807:9223372036854775807]",
            "'a'",
        ),
        ("'abc'[::-9223372036854775807]", "'c'"),
        ("[1, 2, 3][99999999999999999999999:]", "[]"),
        (
            "range(9223372036854775807)[9223372036854775806]",
            "9223372036854775806",
        ),
        ("5 in range(0, 9223372036854775807, 5)", "True"),
        ("'inf' | int", "0"),
    ] {
        assert_eq!(value(expression), expected, "{expression}");
    }
    for expression in [
        "2 ** 100000000",
        "170141183460469231731687303715884105727 + 1",
        "170141183460469231731687303715884105727 * 2",
        "0 ** -1",
        "1 / 0",
        "1 // 0",
        "1 % 0",
        "1.0 // 0.0",
        "(1e308 * 10) | int",
        "('9' * 100) | int",
        "'abc'[::0]",
        "range(1, 10, 0)",
        "'abc' | wordwrap(0)",
        "[1] | slice(0) | list",
        "'%*d' | format(4000000000, 1)",
        "'%4000000000d' | format(1)",
    ] {
        assert_eq!(kind(expression), Some(ErrorKind::Value), "{expression}");
    }
    for number in ["0x", "1_", "1__0", "0b102", "007", "1e", "0o8"] {
        let outcome = outcome(&format!("{{{{ {number} }}}}"));
        assert!(outcome.starts_with("Syntax: "), "{number}: {outcome}");
    }
}

#[test]
fn whatever_would_allocate_much_is_refused_before_it_does() {
    for expression in [
        "range(10000000000) | list",
        "[1] * 10000000000",
        "'a' * 10000000000",
        "10000000000 * (1, 2)",
        "range(100000) | join('x' * 100000)",
        "('a' * 10000000) | replace('a', 'b' * 1000)",
        "('a' * 10000000).replace('a', 'b' * 1000)",
        "'{:4000000000}'.format(1)",
        "'{:.4000000000f}'.format(1.0)",
        "[1] | slice(10000000000) | list",
        "[1] | batch(10000000000, 'x') | list",
        "'a\nb' | indent(4000000000)",
        "'a' | center(4000000000)",
        "'a'.ljust(4000000000)",
        "'a'.rjust(4000000000)",
        "'a'.zfill(4000000000)",
        "'\t'.expandtabs(4000000000)",
        "'x'.join(range(99999999) | map('string'))",
        "[x for x in range(10000000000)]",
        "[*range(10000000000)]",
        "dict(range(10000000000) | batch(2))",
        "lipsum(n=100000000)",
        "range(10000000000) | sum",
        "range(10000000000) | sort",
        "range(10000000000) | map('string') | list",
        "range(10000000000) | select('odd') | list",
        "range(10000000000) | groupby('x')",
        "range(10000000000) | unique | list",
        "range(10000000000) | tojson",
        "range(10000000000) | reverse | list",
        "-1 in (range(10000000000) | map('abs'))",
        "range(10000000000) | random is none and (range(99999999) | list)",
    ] {
        let kind = kind(expression);
        assert!(
            kind.is_some_and(ErrorKind::is_limit),
            "{expression}: {kind:?}"
        );
    }
}

#[test]
fn what_grows_by_doubling_is_stopped() {
    on_small_stack(|| {
        for (start, step, end) in [
            ("s='x'", "ns.s + ns.s", "ns.s | length"),
            ("s='x'", "ns.s ~ ns.s", "ns.s | length"),
            ("s='x'", "'%s%s' % (ns.s, ns.s)", "ns.s | length"),
            ("s='x'", "[ns.s, ns.s] | join", "ns.s | length"),
            ("s='x'", "ns.s.replace('x', 'xx')", "ns.s | length"),
            ("s=[1]", "ns.s + ns.s", "ns.s | length"),
            ("s=[1]", "[*ns.s, *ns.s]", "ns.s | length"),
            // These share their halves, and are small until somebody walks over them.
            ("s=[1]", "[ns.s, ns.s]", "ns.s | string | length"),
            ("s=[1]", "[ns.s, ns.s]", "ns.s | tojson | length"),
            ("s=[1]", "[ns.s, ns.s]", "ns.s | pprint | length"),
            ("s={}", "{'a': ns.s, 'b': ns.s}", "ns.s"),
            ("s=(1,)", "(ns.s, ns.s)", "{ns.s: 1}"),
            ("s=(1,)", "(ns.s, ns.s)", "[ns.s] | unique | list | length"),
            ("s=(1,)", "(ns.s, ns.s)", "ns.s in {}"),
            ("s=(1,), t=(1,)", "(ns.s, ns.s)", "{ns.s: 1} == {ns.t: 1}"),
        ] {
            let source = format!(
                "{{% set ns = namespace({start}) %}}{{% for i in range(60) %}}{{% set ns.s = {step} %}}{{% endfor %}}{{{{ {end} }}}}"
            );
            let error = environment().render_str(&source, ()).unwrap_err();
            assert!(
                error.kind().is_limit() || error.kind() == ErrorKind::Value,
                "{step}, {end}: {error}"
            );
        }
        let equal = "{% set ns = namespace(s=[1], t=[1]) %}{% for i in range(60) %}{% set ns.s = [ns.s, ns.s] %}\
            {% set ns.t = [ns.t, ns.t] %}{% endfor %}{{ ns.s == ns.t }}";
        assert_eq!(
            environment().render_str(equal, ()).unwrap_err().kind(),
            ErrorKind::Fuel
        );
    });
}

#[test]
fn loops_without_an_end_run_out_of_fuel() {
    for source in [
        "{% while true %}{% end %}",
        "{% for a in range(99999) %}{% for b in range(99999) %}{% for c in range(99999) %}{% endfor %}{% endfor %}{% endfor %}",
        "{% for a in range(9999999999) %}{% endfor %}",
        "{% for a in range(9999999999) if false %}{% endfor %}",
        "{% set l = [1] %}{% for i in range(60) %}{% do l.extend(l) %}{% endfor %}",
        "{% macro m() %}{% endmacro %}{% while true %}{{ m() }}{% end %}",
        "{% set x = [1 for a in range(99999) if [1 for b in range(99999) if false]] %}",
    ] {
        let error = environment().render_str(source, ()).unwrap_err();
        assert!(error.kind().is_limit(), "{source}: {error}");
        assert!(error.location().is_some());
    }
    // A list that grows while it is iterated ends at the limit of memory or fuel.
    let error = environment()
        .render_str(
            "{% set l = [1] %}{% for i in l %}{% do l.append(1) %}{% endfor %}",
            (),
        )
        .unwrap_err();
    assert!(error.kind().is_limit(), "{error}");
}

#[test]
fn templates_that_lead_back_to_themselves_are_errors() {
    on_small_stack(|| {
        for templates in [
            &[("main", "{% include 'main' %}")][..],
            &[("main", "{% import 'main' as m %}")],
            &[("main", "{% from 'main' import m %}")],
            &[("main", "{% set n = 'ma' ~ 'in' %}{% include n %}")],
            &[("main", "{% include 'b' %}"), ("b", "{% include 'main' %}")],
            &[
                ("main", "{% import 'b' as b %}"),
                ("b", "{% import 'main' as b %}"),
            ],
            &[
                ("main", "{% extends 'b' %}"),
                ("b", "{% include 'c' %}"),
                ("c", "{% import 'main' as x %}"),
            ],
            &[("main", "{% block a %}{{ self.a() }}{% endblock %}")],
            &[(
                "main",
                "{% block a %}{{ self.b() }}{% endblock %}{% block b %}{{ self.a() }}{% endblock %}",
            )],
            &[("main", "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}")],
            &[(
                "main",
                "{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ a() }}",
            )],
            &[("main", "{% macro m(a=m()) %}{% endmacro %}{{ m() }}")],
            &[(
                "main",
                "{% macro m() %}{{ caller() }}{% call m() %}x{% endcall %}{% endmacro %}{% call m() %}y{% endcall %}",
            )],
            &[(
                "main",
                "{% set l = [] %}{% do l.append(l) %}{% for x in l recursive %}{{ loop(x) }}{% endfor %}",
            )],
        ] {
            let error = render(templates).unwrap_err();
            assert_eq!(
                error.kind(),
                ErrorKind::DepthLimit,
                "{templates:?}: {error}"
            );
            assert!(
                format!("{error:#}").len() < 2000,
                "the trace is shortened: {error:#}"
            );
        }
        for templates in [
            &[("main", "{% extends 'main' %}")][..],
            &[("main", "{% extends 'ma' ~ 'in' %}")],
            &[("main", "{% extends 'b' %}"), ("b", "{% extends 'main' %}")],
        ] {
            let error = render(templates).unwrap_err();
            assert_eq!(
                error.kind(),
                ErrorKind::Inheritance,
                "{templates:?}: {error}"
            );
        }
    });
}

#[test]
fn deep_and_cyclic_values_neither_overflow_nor_hang() {
    on_small_stack(|| {
        for (make, limited) in [
            ("[ns.s]", true),
            ("(ns.s,)", true),
            ("{'a': ns.s}", true),
            ("namespace(s=ns.s)", false),
        ] {
            for (shown, expected) in [
                ("ns.s | string", true),
                ("ns.s | tojson", true),
                ("ns.s == ns.s", false),
                ("1", false),
            ] {
                let source = format!(
                    "{{% set ns = namespace(s=[]) %}}{{% for i in range(100000) %}}{{% set ns.s = {make} %}}{{% endfor %}}{{{{ {shown} }}}}"
                );
                let result = environment().render_str(&source, ());
                if expected && limited {
                    assert_eq!(
                        result.unwrap_err().kind(),
                        ErrorKind::DepthLimit,
                        "{make}, {shown}"
                    );
                }
            }
        }
        let cycle = "{% set l = [] %}{% do l.append(l) %}{% set d = {} %}{% do d.update(a=d) %}{% set ns = namespace() %}{% set ns.a = ns %}";
        let page = environment().render_str(
            &format!("{cycle}{{{{ l }}}}{{{{ d }}}}{{{{ l == l }}}}"),
            (),
        );
        assert_eq!(page.expect("renders"), "[[...]]{'a': {...}}True");
        for shown in ["l | tojson", "d | tojson", "l | pprint", "l == [l]"] {
            let result = environment().render_str(&format!("{cycle}{{{{ {shown} }}}}"), ());
            if let Err(error) = result {
                assert_eq!(error.kind(), ErrorKind::DepthLimit, "{shown}");
            }
        }
        // The host's own values too.
        let mut value = Value::from(1);
        for _ in 0..MANY {
            value = Value::from(vec![value]);
        }
        assert_eq!(
            environment()
                .render_str("{{ v }}", context! { v => value.clone() })
                .unwrap_err()
                .kind(),
            ErrorKind::DepthLimit
        );
        drop(value);
    });
}

#[test]
fn delimiters_that_cannot_be_told_apart_are_refused() {
    let build = |statement: (&str, &str), output: (&str, &str), comment: (&str, &str)| {
        Delimiters::builder()
            .statement(statement.0, statement.1)
            .output(output.0, output.1)
            .comment(comment.0, comment.1)
            .build()
    };
    for (statement, output, comment) in [
        (("", "%}"), ("{{", "}}"), ("{#", "#}")),
        (("{%", ""), ("{{", "}}"), ("{#", "#}")),
        (("{%", "%}"), ("{%", "}}"), ("{#", "#}")),
        (("{%", "%}"), ("{{", "}}"), ("{{", "#}")),
    ] {
        let error = build(statement, output, comment).unwrap_err();
        assert!(!error.message().is_empty());
    }
    // One start may begin as another one does: the longest wins.
    let delimiters = build(("<", ">"), ("<<", ">>"), ("<#", "#>")).expect("can be told apart");
    let mut env = Environment::new();
    env.set_delimiters(delimiters);
    assert_eq!(
        env.render_str("<set x = 1><< x >><# c #>", ())
            .expect("renders"),
        "1"
    );
}

#[test]
fn text_that_is_not_safe_stays_unsafe_on_its_way() {
    let mut env = environment();
    env.set_auto_escape(AutoEscape::Always);
    let evil = "<script>\"'&";
    let escaped = "&lt;script&gt;&#34;&#39;&amp;";
    for shown in [
        "evil",
        "evil ~ ''",
        "evil + ''",
        "'' ~ evil",
        "evil | string",
        "[evil] | join",
        "evil | replace('x', 'y')",
        "'%s' % evil",
        "'%s' | format(evil)",
        "'{}'.format(evil)",
        "evil[0:]",
        "evil | list | join",
        "evil | trim",
        "evil | default('x')",
        "evil | indent",
        "evil.strip()",
        "evil if true else ''",
        "evil ?? ''",
        "[evil][0]",
        "{'a': evil}.a",
        "evil | first ~ evil[1:]",
        "evil | safe ~ '' if false else evil",
        "[evil, evil] | last",
        "evil | e",
        "evil | escape | safe",
    ] {
        let page = env.render_str(&format!("{{{{ {shown} }}}}"), context! { evil });
        assert_eq!(page.expect("renders"), escaped, "{shown}");
    }
    // Through blocks, macros, callers and captures, and escaped once only.
    for source in [
        "{% set x %}{{ evil }}{% endset %}{{ x }}",
        "{% capture x %}{{ evil }}{% end %}{{ x }}",
        "{% macro m(x) %}{{ x }}{% endmacro %}{{ m(evil) }}",
        "{% macro m() %}{{ caller() }}{% endmacro %}{% call m() %}{{ evil }}{% endcall %}",
        "{% filter trim %}{{ evil }}{% endfilter %}",
        "{% block b %}{{ evil }}{% endblock %}",
        "{% with x = evil %}{{ x }}{% endwith %}",
        "{% for x in [evil] %}{{ x }}{% endfor %}",
        "{% autoescape false %}{% set x = evil %}{% endautoescape %}{{ evil }}",
    ] {
        let page = env.render_str(source, context! { evil });
        assert_eq!(page.expect("renders"), escaped, "{source}");
    }
    // A safe text makes what is joined to it no safer.
    for (shown, expected) in [
        ("'<b>' | safe ~ evil", format!("<b>{escaped}")),
        ("('<b>' | safe) + evil", format!("<b>{escaped}")),
        ("('<b>%s' | safe) % evil", format!("<b>{escaped}")),
        ("('<b>{}' | safe).format(evil)", format!("<b>{escaped}")),
        ("[evil, '<b>' | safe] | join", format!("{escaped}<b>")),
        ("['a', 'b'] | join(evil)", format!("a{escaped}b")),
        (
            "('<b>' | safe) | replace('b', evil)",
            format!("<{escaped}>"),
        ),
        (
            "('a' | safe).join([evil, evil])",
            format!("{escaped}a{escaped}"),
        ),
    ] {
        let page = env.render_str(&format!("{{{{ {shown} }}}}"), context! { evil });
        assert_eq!(page.expect("renders"), expected, "{shown}");
    }
    // JSON inside of a script cannot end it, and its lines cannot be ended.
    for evil in ["</script>", "<!--", "]]>", "\u{2028}", "\u{2029}", "&'"] {
        let page = env
            .render_str("{{ evil | tojson }}", context! { evil })
            .expect("renders");
        assert!(
            !page.contains(evil) && !page.contains(['<', '>', '&', '\'']),
            "{page}"
        );
    }
    // Names of attributes are checked, and their values escaped.
    assert_eq!(
        env.render_str("{{ {'title': evil} | xmlattr }}", context! { evil })
            .expect("renders"),
        format!(" title=\"{escaped}\"")
    );
    for name in ["a b", "a/b", "a>b", "a=b", "a\tb", "a\nb"] {
        let error = env
            .render_str("{{ {name: 1} | xmlattr }}", context! { name })
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Value, "{name:?}");
    }
}

#[test]
fn nothing_of_the_engine_can_be_reached_by_underscores() {
    for expression in [
        "''.__class__",
        "''['__class__']",
        "'' | attr('__class__')",
        "[].__class__",
        "range.__globals__",
        "dict.__subclasses__",
        "namespace.__init__",
        "cycler.__init__",
        "(1).__add__",
        "lipsum.__globals__",
        "['a'] | map(attribute='__class__') | first",
    ] {
        assert_eq!(
            value(&format!("({expression}) is undefined")),
            "True",
            "{expression}"
        );
    }
    for expression in [
        "'{0.__class__}'.format(1)",
        "'{0.__class__.__init__}'.format('')",
        "''.__class__.__mro__",
    ] {
        assert_eq!(kind(expression), Some(ErrorKind::Undefined), "{expression}");
    }
}

#[test]
fn names_of_templates_do_not_lead_out_of_the_folder() {
    let mut env = Environment::new();
    env.set_loader(FileLoader::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/suite"
    )));
    assert!(
        env.template("hostile.rs").is_ok()
            || env.template("host.rs").is_ok()
            || env.template("main.rs").is_ok()
    );
    for name in [
        "../../Cargo.toml",
        "..",
        "./main.rs",
        "properties/../main.rs",
        "/etc/passwd",
        "//etc/passwd",
        "..\\..\\Cargo.toml",
        "C:\\x",
        "C:main.rs",
        "\\\\server\\share",
        "main.rs\0",
        "main.rs/",
        "",
        "properties",
    ] {
        let error = env.template(name).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TemplateNotFound, "{name:?}");
        let error = env
            .render_str("<% include name %>", context! { name })
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TemplateNotFound, "{name:?}");
    }
}

#[test]
fn a_source_of_any_bytes_is_a_template_or_an_error() {
    // A loader that gives one of these is no reason to panic.
    for source in [
        "\0",
        "\u{feff}{% if",
        "{%\u{feff}if x %}",
        "{{ '\u{2028}' }}",
        "{{ \"\u{0}\" }}",
    ] {
        let mut env = environment();
        env.set_loader(FunctionLoader::new(move |_| Ok(Some(source.to_owned()))));
        if let Err(error) = env.render("x", ()) {
            assert_eq!(error.kind(), ErrorKind::Syntax, "{source:?}");
        }
    }
}

#[test]
fn a_stream_without_an_end_stops_at_its_limit() {
    let endless = || Value::from_stream(futures_util::stream::repeat_with(|| Ok::<_, Error>(1)));
    for source in [
        "{% async for i in rows %}{% endfor %}",
        "{% for i in rows %}{% endfor %}",
        "{{ rows | list }}",
        "{{ rows | join }}",
        "{% async for i in rows %}{{ loop.length }}{% endfor %}",
        "{{ [i async for i in rows] | length }}",
    ] {
        let Ok(template) = environment().template_from_str(source) else {
            continue;
        };
        let render = template.render_async(context! { rows => endless() });
        let error = futures_executor::block_on(render).unwrap_err();
        assert!(error.kind().is_limit(), "{source}: {error}");
        // With no limit at all, the render still lets others run.
        let free = RenderOptions::new().limits(Limits {
            memory: None,
            ..Limits::default()
        });
        let mut render = crate::events::Task::new(
            template.render_async_with(context! { rows => endless() }, free),
        );
        for _ in 0..3 {
            assert!(render.poll().is_pending(), "{source}");
            assert!(render.is_woken(), "{source}");
        }
    }
}
