//! Tests: what the parser makes of whole templates.

use std::sync::Arc;

use crate::error::{Error, ErrorKind};
use crate::source::Origin;
use crate::syntax::ast::StmtKind;
use crate::syntax::{
    Delimiters, Newline, Options, Whitespace, dump_expression, dump_tokens, dump_tree, parse,
    parse_expression, print_tree,
};

pub(super) fn origin(source: &str) -> Arc<Origin> {
    Arc::new(Origin {
        name: "t".into(),
        text: source.into(),
    })
}

pub(super) fn jinja() -> Options {
    Options {
        delimiters: Delimiters::jinja(),
        ..Options::default()
    }
}

pub(super) fn expression(source: &str) -> String {
    let origin = origin(source);
    match parse_expression(&origin, &jinja()) {
        Ok((tree, id)) => dump_expression(&tree, id),
        Err(error) => panic!("{source}: {error:#}"),
    }
}

pub(super) fn fault(source: &str) -> Error {
    let origin = origin(source);
    parse(&origin, &jinja()).map(drop).expect_err(source)
}

/// Texts in brackets, `O` for outputs and `S` for statements; the expectations are Jinja2's.
#[test]
fn white_space_is_jinjas() {
    for (flags, source, expected) in [
        ("", "a {{ x }} b", "[a ]O[ b]"),
        ("", " {{- x -}} \n b", "O[b]"),
        ("", "a\n  {%- set x = 1 -%}\n  b", "[a]S[b]"),
        ("", "a {#- c -#} b", "[ab]"),
        ("", "{{-1}}", "O"),
        ("", "\u{a0}{{- x }}", "O"),
        ("", "a\n", "[a]"),
        ("", "a\r\n", "[a]"),
        ("", "a\n\n", "[a\n]"),
        ("k", "a\n", "[a\n]"),
        ("", "a\r\nb\rc\n", "[a\nb\nc]"),
        ("r", "a\nb\r\nc\n", "[a\r\nb\r\nc]"),
        ("t", "{% set x = 1 %}\n\nb", "S[\nb]"),
        ("t", "{% set x = 1 +%}\nb", "S[\nb]"),
        ("t", "{{ x }}\nb", "O[\nb]"),
        ("t", "{# c #}\nb", "[b]"),
        ("t", "{% set x = 1 %}\r\nb", "S[b]"),
        ("t", "{% set x = 1 -%}\n\n b", "S[b]"),
        ("l", "a\n  {% set x = 1 %}", "[a\n]S"),
        ("l", "  {% set x = 1 %}", "S"),
        ("l", "a  {% set x = 1 %}", "[a  ]S"),
        ("l", "\t{# c #} b", "[ b]"),
        ("l", "  {{ x }}", "[  ]O"),
        ("l", "  {%+ set x = 1 %}", "[  ]S"),
        ("l", "a\n {{ x }} {% set x = 1 %}", "[a\n ]O[ ]S"),
        ("l", "{% set x = 1 %}  {% set x = 1 %}", "S[  ]S"),
        ("tl", "{% set x = 1 %}\n  {% set x = 1 %}\n b", "SS[ b]"),
        ("", "a{% raw %} {{ x }} {% endraw %}b", "[a {{ x }} b]"),
        ("", "a {%- raw -%} x {%- endraw -%} b", "[axb]"),
        ("t", "{% raw %}\nx{% endraw %}\nb", "[\nxb]"),
        ("l", "  {% raw %}\n  x\n  {% endraw %}b", "[\n  x\nb]"),
        ("", "{% raw %}{% raw %}{% endraw %}", "[{% raw %}]"),
        (
            "",
            "{%raw%}{% endraw x %}{%-  endraw\n%}",
            "[{% endraw x %}]",
        ),
        ("", "{{ \"}}\" }}{{ {1: {}}}}", "OO"),
        ("", "{# a {# b #} c #}", "[ c #}]"),
        ("", "{#-#}", ""),
        ("", "a{#--#} b", "[ab]"),
        ("", "{{ x -}}  {{- x }}", "OO"),
        ("S", "# set x = 1\na", "S[a]"),
        ("S", "  # set x = 1\n\n\na", "S[a]"),
        ("S", "a # b\n# set x = (1,\n2)\nc", "[a # b\n]S[c]"),
        ("S", "#- set x = 1\na", "S[a]"),
        ("S", " a\n#- set x = 1\nb", "[ a]S[b]"),
        ("S", "# set x = 1", "S"),
        (
            "S",
            "{{ x }}# set x = 1\n# set x = 2\n",
            "O[# set x = 1\n]S",
        ),
        ("C", "a ## b\nc", "[a\nc]"),
        ("C", "## b\nc", "[\nc]"),
        ("C", "a\n  ## b\nc", "[a\n\nc]"),
        ("C", "a {{ x }} ## {{ y }}\n{{ z }}", "[a ]O[\n]O"),
        ("SC", "## a\n# set x = 1\nb ## c\n", "[\n]S[b]"),
        ("S", "a\n\n   # set x = 1   \n  b", "[a\n\n]S[  b]"),
        ("C", "a ##- b\nc", "[a\nc]"),
        ("S", "a\r\n# set x = 1\r\nb", "[a\n]S[b]"),
    ] {
        let mut delimiters = Delimiters::jinja();
        delimiters.line_statement = flags.contains('S').then(|| "#".into());
        delimiters.line_comment = flags.contains('C').then(|| "##".into());
        let whitespace = Whitespace {
            trim_blocks: flags.contains('t'),
            lstrip_blocks: flags.contains('l'),
            keep_trailing_newline: flags.contains('k'),
            newline_sequence: if flags.contains('r') {
                Newline::CrLf
            } else {
                Newline::Lf
            },
        };
        let options = Options {
            delimiters,
            whitespace,
            ..Options::default()
        };
        let origin = origin(source);
        let tree = parse(&origin, &options).expect(source);
        let mut shape = String::new();
        for id in &tree[tree.body] {
            match &tree.stmt(*id).kind {
                StmtKind::Text(text) if shape.ends_with(']') => {
                    shape.pop();
                    shape.push_str(&format!("{}]", tree.text(*text)));
                }
                StmtKind::Text(text) => shape.push_str(&format!("[{}]", tree.text(*text))),
                StmtKind::Output(_) => shape.push('O'),
                _ => shape.push('S'),
            }
        }
        assert_eq!(shape, expected, "{flags} {source:?}");
    }
}

#[test]
fn operators_bind_as_in_jinja() {
    for (source, grouped) in [
        ("a or b and c", "a or (b and c)"),
        ("not a in b", "not (a in b)"),
        ("not a and b", "(not a) and b"),
        ("a + b < c", "(a + b) < c"),
        ("1 + 2 ~ 3", "1 + (2 ~ 3)"),
        ("1 * 2 ~ 3", "(1 * 2) ~ 3"),
        ("a - b * c", "a - (b * c)"),
        ("a * b ** c", "a * (b ** c)"),
        ("-a ** b", "(-a) ** b"),
        ("a ** -b", "a ** (-b)"),
        ("-a.b", "-(a.b)"),
        ("-a|abs", "(-a)|abs"),
        ("a + b is odd", "a + (b is odd)"),
        ("a * b|f", "a * (b|f)"),
        ("not a is odd", "not (a is odd)"),
        ("a is divisibleby 3 + 1", "(a is divisibleby(3)) + 1"),
        ("a is sameas b.c|f", "(a is sameas(b.c))|f"),
        ("a is not in b", "a is not in(b)"),
        ("a if b else c if d else e", "a if b else (c) if d else e"),
        ("a if b if c else d", "(a if b) if c else d"),
        (
            "a or b if c or d else e or f",
            "(a or b) if (c or d) else (e or f)",
        ),
        ("a ?? b or c", "a ?? (b or c)"),
        ("a ?? b if c else d", "(a ?? b) if c else d"),
        ("a..b + 1 by c * 2", "a..(b + 1) by (c * 2)"),
        ("a in 1..3", "a in (1..3)"),
        ("await f(x).y|upper", "(await (f(x).y))|upper"),
        ("await f() ** 2", "(await (f())) ** 2"),
        ("-await f()", "-(await (f()))"),
        ("not await f() is odd", "not ((await (f())) is odd)"),
        ("a |> f(1)|g", "(a|f(1))|g"),
        ("'a' \"b\"", "'ab'"),
        ("x[]", "x[()]"),
        ("x[1, 2]", "x[(1, 2)]"),
        ("x.1", "x[1]"),
        ("True, None", "(true, none)"),
    ] {
        // A chain in parentheses is a node of its own, so the printed forms are compared.
        let plain = expression(source).replace("chain\n", "");
        let grouped = expression(grouped).replace("chain\n", "");
        let lines = |dump: &str| {
            dump.lines()
                .map(|line| line.trim().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(lines(&plain), lines(&grouped), "{source}");
    }
}

#[test]
fn chains_of_one_tier_are_one_node() {
    assert_eq!(
        expression("a + b - c"),
        "binary\n  name a\n  +\n    name b\n  -\n    name c\n"
    );
    assert_eq!(
        expression("a ** b ** c"),
        "binary\n  name a\n  **\n    name b\n  **\n    name c\n"
    );
    assert_eq!(
        expression("a < b <= c"),
        "compare\n  name a\n  <\n    name b\n  <=\n    name c\n"
    );
    assert_eq!(
        expression("(a < b) < c"),
        "compare\n  compare\n    name a\n    <\n      name b\n  <\n    name c\n"
    );
    assert_eq!(expression("- + -a"), "unary - + -\n  name a\n");
    assert_eq!(expression("not not a"), "not 2 times\n  name a\n");
    assert_eq!(
        expression("a.b[0](c)|d is e"),
        "chain\n  name a\n  .b\n  []\n    integer 0\n  ()\n    name c\n  | d\n  is e\n"
    );
}

#[test]
fn keywords_are_names_elsewhere() {
    for word in [
        "await",
        "async",
        "spawn",
        "match",
        "case",
        "parallel",
        "block",
        "macro",
        "for",
        "by",
        "with",
        "without",
        "as",
        "import",
        "recursive",
        "ignore",
        "missing",
        "context",
        "scoped",
        "required",
        "set",
        "end",
        "endif",
        "elif",
        "raw",
    ] {
        for source in [
            format!("{{{{ {word} }}}}"),
            format!("{{{{ {word} + {word}.{word}|f({word}={word}) }}}}"),
            format!("{{% set {word} = {word} %}}"),
            format!("{{% for {word} in {word} if {word} %}}{{% endfor %}}"),
            format!("{{% macro {word}({word}={word}) %}}{{% endmacro %}}"),
            format!("{{% with {word} = 1 %}}{{% endwith %}}"),
            format!("{{% block {word} %}}{{% endblock {word} %}}"),
            format!("{{% from {word} import {word} as {word} %}}"),
            format!("{{% include {word} %}}"),
            format!("{{{{ [{word}, {{{word}: {word}}}] }}}}"),
        ] {
            // Before a parenthesis and before a name, `await` waits.
            if source.contains("await(") || source.contains("await import") {
                continue;
            }
            let origin = origin(&source);
            if let Err(error) = parse(&origin, &jinja()) {
                panic!("{source}: {error:#}");
            }
        }
    }
    for word in ["and", "or", "if", "else", "in", "is", "none", "true", "not"] {
        let dump = expression(&format!("x.{word}"));
        assert_eq!(dump, format!("chain\n  name x\n  .{word}\n"));
    }
}

#[test]
fn tokens_are_shown_with_their_places() {
    let dump = dump_tokens(
        &origin("a\n{%- if x -%} {{ 'b' ?? 1.5 }}{% end %}"),
        &jinja(),
    );
    assert_eq!(
        dump.expect("lexes"),
        "1:1 text \"a\"\n2:1 tag if\n2:8 name x\n2:10 tag end\n2:14 output start\n2:17 string 'b'\n2:21 symbol ??\n\
         2:24 float 1.5\n2:28 output end\n2:30 tag end\n2:37 tag end\n"
    );
}

#[test]
fn delimiters_must_be_told_apart() {
    let build = |statement: (&str, &str), output: (&str, &str)| {
        let builder = Delimiters::builder().statement(statement.0, statement.1);
        builder.output(output.0, output.1).build()
    };
    for (statement, output, message) in [
        (("", "%>"), ("<<", ">>"), "the statement start is empty"),
        (
            ("<%", "%>"),
            ("<%", ">>"),
            "statement start and output start are the same: `<%`",
        ),
        (
            ("<%", "%>"),
            ("<%-", ">>"),
            "`<%-` cannot be told from `<%` with a trim mark",
        ),
        (
            ("<%", "%\n>"),
            ("<<", ">>"),
            "the statement end \"%\\n>\" holds white space",
        ),
        (
            ("<%", "end"),
            ("<<", ">>"),
            "the statement end `end` starts like code: with a letter, a digit or a quote",
        ),
    ] {
        let error = build(statement, output).expect_err(message);
        assert_eq!((error.message(), error.kind()), (message, ErrorKind::Value));
    }
    assert!(build(("<%", "%>"), ("<%=", "%>")).is_ok());
    let options = Options {
        delimiters: build(("<%", "%>"), ("<%=", "%>")).expect("the longest start wins"),
        ..Options::default()
    };
    let origin = origin("<%= a %><% set b = 1 %>");
    let tree = parse(&origin, &options).expect("parses");
    assert_eq!(dump_tree(&tree), "output\n  name a\nset b =\n  integer 1\n");
}

/// A small generator of templates: the same number gives the same template.
struct Templates(u64);

impl Templates {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % end
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len() as u64) as usize]
    }

    /// A form with `$` for expressions, `@` for targets, `&` for patterns and `#` for bodies filled in.
    fn fill(&mut self, form: &str, depth: u32) -> String {
        let mut filled = String::new();
        for character in form.chars() {
            match character {
                '$' => filled.push_str(&self.expression(depth)),
                '@' => filled.push_str(self.pick(&["a", "b", "(a, b)", "(a, (b,))"])),
                '&' => filled.push_str(&self.pattern(depth)),
                '#' => filled.push_str(&self.body(depth)),
                character => filled.push(character),
            }
        }
        filled
    }

    fn expression(&mut self, depth: u32) -> String {
        let leaf = self.pick(&[
            "a",
            "b",
            "await",
            "async",
            "by",
            "1",
            "2.5",
            "1e300",
            "99999999999999999999",
            "'it''s'",
            "'\\n\\x01\\\\'",
            "none",
            "true",
            "false",
            "[]",
            "{}",
            "()",
            "\"q'\"",
            "1e999",
        ]);
        if depth == 0 || self.below(4) == 0 {
            return leaf.to_owned();
        }
        let form = self.pick(&[
            "$ + $",
            "$ - ($ - $)",
            "$ * $",
            "$ ** $",
            "$ ~ $",
            "$ and $",
            "$ or $",
            "not $",
            "- $",
            "+ - $",
            "$ < $ >= $",
            "$ in $",
            "$ not in $",
            "$ == $",
            "$ if $",
            "$ if $ else $",
            "($ if $) if $ else $",
            "$ ?? $",
            "($)",
            "$.x",
            "($).x",
            "($)?.y[$]",
            "($)?[$]",
            "($)[$:]",
            "($)[:$:$]",
            "($)[::$]",
            "($)($, k=$, *$, **$)",
            "($)|f",
            "($)|f($)",
            "($ |> f) ?| await g($)",
            "($)|f()($)",
            "($) is defined",
            "($) is not odd($)",
            "($) is foo 'x'",
            "($) is a() is b",
            "await a",
            "await ($)",
            "await ([$])",
            "- await b.c",
            "[$, *$]",
            "[$ for @ in $ if $]",
            "[$ async for @ in a]",
            "{$: $, **$}",
            "($, $)",
            "($,)",
            "($..$)",
            "($...$ by $)",
            "x[]",
            "x[$, $]",
            "x.0",
            "(a + b) * c",
            "(a.b).c",
            "((a < b) < c)",
            "(a ~ b) ~ c",
            "a ~ (b ~ c)",
            "(not a) is b",
            "(await a).b",
            "(-a).b",
            "(a|f).b",
        ]);
        self.fill(form, depth - 1)
    }

    fn pattern(&mut self, depth: u32) -> String {
        let form = self.pick(&[
            "_",
            "a",
            "1",
            "-2.5",
            "'x'",
            "none",
            "[&, &]",
            "[&, *r]",
            "[*_]",
            "{'k': &}",
            "{1: &, **r}",
            "{**r}",
            "(&|&)|a",
            "a|1",
        ]);
        if depth == 0 && form.contains('&') {
            return "_".to_owned();
        }
        self.fill(form, depth.saturating_sub(1))
    }

    fn body(&mut self, depth: u32) -> String {
        let count = if depth == 0 { 1 } else { self.below(4) };
        (0..count).map(|_| self.statement(depth)).collect()
    }

    fn statement(&mut self, depth: u32) -> String {
        let flat = [
            "text\n",
            " ",
            "a < b",
            "{{ $ }}",
            "{{ $, $ }}",
            "{% raw %}{{ x {% if {% endraw %}",
            "text{",
            "{# c #}",
            "{% set @ = $ %}",
            "{% set a.b ??= $ %}",
            "{% let a = $ %}",
            "{% do $ %}",
            "{% print $, $ %}",
            "{% flush %}",
            "{% include $ ignore missing without context %}",
            "{% import $ as a with context %}",
            "{% extends $ %}",
            "{% from $ import a, b as c with context %}",
            "{% include $ %}",
        ];
        let nested = [
            "{% if $ %}#{% elif $, $ %}#{% else %}#{% endif %}",
            "{% unless $ %}#{% else %}#{% end %}",
            "{% for @ in a if $ recursive %}#{% else %}#{% endfor %}",
            "{% async for @ in a, b %}#{% break %}{% end %}",
            "{% while $ %}#{% continue %}{% end %}",
            "{% match $ %} {% case & if $ %}#{% case & %}#{% end %}",
            "{% set @ | f($) | await g %}#{% endset %}",
            "{% let a %}#{% end %}",
            "{% capture a %}#{% end %}",
            "{% with @ = $, b = $ %}#{% end %}",
            "{% macro m(a, b=$) %}#{% end %}",
            "{% call(a, b=$) m($).n($) %}#{% end %}",
            "{% call m() %}#{% end %}",
            "{% filter f | g($) %}#{% end %}",
            "{% spaceless %}#{% end %}",
            "{% autoescape $ %}#{% end %}",
            "{% try %}#{% fallback %}#{% endtry %}",
            "{% cache $ %}#{% endcache %}",
            "{% cache $, ttl=$ %}#{% end %}",
            "{% try timeout=$ %}#{% fallback error %}#{% end %}",
            "{% block b scoped required %} {% end %}",
            "{% block b %}#{% endblock b %}",
        ];
        let forms: &[&str] = if depth == 0 || self.below(3) == 0 {
            &flat
        } else {
            &nested
        };
        let form = self.pick(forms);
        // A ternary at the top of a condition has to be in parentheses.
        let form = form
            .replace("if $", "if ($)")
            .replace("while $", "while ($)");
        let form = form
            .replace("unless $", "unless ($)")
            .replace("elif $, $", "elif ($), ($)");
        self.fill(&form, depth.saturating_sub(1))
    }
}

#[test]
fn printed_trees_parse_to_the_same_tree() {
    let kakehi = Options {
        whitespace: Whitespace {
            keep_trailing_newline: true,
            ..Whitespace::default()
        },
        ..Options::default()
    };
    let mut parsed = 0;
    for seed in 1..3000_u64 {
        let source = Templates(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)).body(4);
        let origin = origin(&source);
        // Forms are filled in without regard to precedence, so some do not parse.
        let Ok(tree) = parse(&origin, &jinja()) else {
            continue;
        };
        parsed += 1;
        let dump = dump_tree(&tree);
        for options in [
            kakehi.clone(),
            Options {
                delimiters: Delimiters::jinja(),
                ..kakehi.clone()
            },
        ] {
            let printed = print_tree(&tree, &options.delimiters);
            let again = self::origin(&printed);
            match parse(&again, &options) {
                Ok(tree) => assert_eq!(dump_tree(&tree), dump, "{source}\n{printed}"),
                Err(error) => panic!("{error:#}\n{source}\n{printed}"),
            }
        }
    }
    assert!(parsed > 1000, "{parsed}");
}
