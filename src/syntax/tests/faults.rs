//! Tests: what the parser says of broken templates.

use crate::error::ErrorKind;
use crate::syntax::tests::pinned::{expression, fault, jinja, origin};
use crate::syntax::{Delimiters, Options, parse, parse_expression};

#[test]
fn errors_say_what_was_expected() {
    for (source, message) in [
        ("{{ a + }}", "unexpected `}}`, expected an expression"),
        (
            "{{ a b }}",
            "unexpected `b`, expected `}}`, `,` or an operator",
        ),
        (
            "{{ f(a, b }}",
            "unexpected `}}`, expected `)`, `=`, `,` or an operator",
        ),
        (
            "{% if a %}x",
            "`{% if %}` is never closed, expected `{% endif %}`",
        ),
        (
            "{% if a %}x{% endfor %}",
            "`{% endfor %}` does not close `{% if %}`, expected `{% endif %}`",
        ),
        ("{% for x y in z %}", "unexpected `y`, expected `,` or `in`"),
        ("{{ x | }}", "unexpected `}}`, expected a name"),
        (
            "{% endif %}",
            "`{% endif %}` closes nothing: no block is open",
        ),
        ("{% end %}", "`{% end %}` closes nothing: no block is open"),
        (
            "{% try %}x{% end %}",
            "unexpected `{% end %}` in `{% try %}`, expected `{% fallback %}`",
        ),
        (
            "{% if a %}{% try %}x{% endtry %}{% endif %}",
            "unexpected `{% endtry %}` in `{% try %}`, expected `{% fallback %}`",
        ),
        (
            "{% else %}",
            "`{% else %}` does not belong here: no block is open",
        ),
        (
            "{% if x = 1 %}",
            "unexpected `=`, expected `%}`, `,` or an operator",
        ),
        (
            "{% if x %}{% else %}{% elif %}",
            "unexpected `{% elif %}` in `{% if %}`, expected `{% endif %}`",
        ),
        (
            "{% for x in y %}{% case 1 %}",
            "unexpected `{% case %}` in `{% for %}`, expected `{% else %}`, `{% empty %}` or `{% endfor %}`",
        ),
        ("{% fro x in y %}", "unknown tag `fro`; did you mean `for`?"),
        (
            "{% elseif x %}",
            "unknown tag `elseif`; did you mean `elif`?",
        ),
        (
            "{% endtran %}",
            "unknown tag `endtran`; did you mean `endtrans`?",
        ),
        (
            "{% trans a=1 %}{% pluralize b %}{% endtrans %}",
            "`pluralize` counts a variable of the `trans` tag, and `b` is none; write `trans b=…`",
        ),
        (
            "{% trans %}{% pluralize %}{% endtrans %}",
            "`pluralize` has nothing to count; name a variable in the `trans` tag",
        ),
        (
            "{% trans a, a %}{% endtrans %}",
            "variable `a` of the translation is given twice",
        ),
        (
            "{% trans %}{{ a.b }}{% endtrans %}",
            "a translation holds text and names; give the expression a name in the tag, as in `trans name=…`",
        ),
        (
            "{% trans %}{% if a %}{% endif %}{% endtrans %}",
            "a translation holds text and names, no tags",
        ),
        (
            "{% trans %}{% trans %}{% endtrans %}{% endtrans %}",
            "a translation cannot be in another one; is `endtrans` missing?",
        ),
        (
            "{% block a-b %}",
            "a block's name has no hyphens; use an underscore",
        ),
        ("{{ [1, 2 }}", "unexpected `}}`, expected `]` or `,`"),
        (
            "{{ {'a' 1} }}",
            "unexpected `1`, expected `:` or an operator",
        ),
        ("{{ \"abc }}", "the string is never closed"),
        ("{{ a", "`{{` is never closed by `}}`"),
        ("{%- if a", "`{%- if` is never closed by `%}`"),
        ("{# a", "the comment `{#` is never closed by `#}`"),
        (
            "{% raw %}a",
            "`{% raw %}` is never closed by `{% endraw %}`",
        ),
        (
            "{% raw x %}{% endraw %}",
            "`raw` takes no arguments, expected `%}`",
        ),
        ("{{ a && b }}", "`&&` is no operator; write `and`"),
        ("{{ a || b }}", "`||` is no operator; write `or`"),
        ("{{ !a }}", "`!` is no operator; write `not`"),
        (
            "{{ a ? b : c }}",
            "`?` is no operator; write `a if condition else b`",
        ),
        ("{{ a & b }}", "unexpected character '&'"),
        (
            "{{ a; }}",
            "unexpected `;`, expected `}}`, `,` or an operator",
        ),
        ("{% %}", "expected a tag's name between `{%` and `%}`"),
        ("{% 5 %}", "expected a tag's name after `{%`, found '5'"),
        ("{{ }}", "unexpected `}}`, expected an expression"),
        ("{{ 012 }}", "malformed number `012`"),
        (
            "{{ 340282366920938463463374607431768211456 }}",
            "an integer may have 128 bits at most; write it as a float or a string",
        ),
        (
            "{{ '\\x4' }}",
            "the escape `\\x4` needs 2 hexadecimal digits",
        ),
        (
            "{{ '\\ud83d' }}",
            "`\\ud83d` is no character; one beyond `\\uffff` is written `\\U0001f600`",
        ),
        (
            "{{ '\\N{DASH}' }}",
            "`\\N{…}` is not supported; write the character itself or its number, as in `\\u2014`",
        ),
        ("{% break %}", "`break` outside of a loop"),
        (
            "{% for x in y %}{% macro m() %}{% continue %}{% end %}{% end %}",
            "`continue` outside of a loop",
        ),
        (
            "{% for x in y %}{% else %}{% break %}{% end %}",
            "`break` outside of a loop",
        ),
        (
            "{{ f(a=1, b) }}",
            "a positional argument follows a keyword argument",
        ),
        ("{{ f(a=1, a=2) }}", "argument `a` is given twice"),
        (
            "{% macro m(a, a) %}{% end %}",
            "parameter `a` is given twice",
        ),
        (
            "{% macro m(a=1, b) %}{% end %}",
            "parameter `b` needs a default, as one before it has one",
        ),
        (
            "{% call foo %}{% end %}",
            "a `call` block calls something, as in `call f(x)`",
        ),
        (
            "{{ a is b is c }}",
            "tests cannot be chained; use parentheses, or `and`",
        ),
        ("{{ x[1:2, 3] }}", "a slice cannot be part of a tuple index"),
        ("{{ x | a . b }}", "a dotted name has no white space in it"),
        (
            "{% block a %}{% endblock b %}",
            "`endblock b` closes block `a`",
        ),
        (
            "{% block a required %}x{% end %}",
            "a required block holds nothing but white space and comments",
        ),
        (
            "{% from 'a' import _b %}",
            "`_b` cannot be imported, as names that start with an underscore are private",
        ),
        (
            "{% match a %}x{% case b %}{% end %}",
            "text between `match` and its first `case` is never shown",
        ),
    ] {
        let error = fault(source);
        assert_eq!(error.message(), message, "{source}");
        assert_eq!(error.kind(), ErrorKind::Syntax);
    }
}

#[test]
fn reports_point_at_what_they_name() {
    for (source, report) in [
        (
            "{% if a %}\nx\n{% endfor %}",
            "`{% endfor %}` does not close `{% if %}`, expected `{% endif %}`\n --> t:3:1\n  |\n3 | {% endfor %}\n  | ^^^^^^^^^\n\
             note: `{% if %}` opened here\n --> t:1:1\n  |\n1 | {% if a %}\n  | ^^^^^^^^^^",
        ),
        (
            "{{ f(a,\n  b }}",
            "unexpected `}}`, expected `)`, `=`, `,` or an operator\n --> t:2:5\n  |\n2 |   b }}\n  |     ^^\n\
             note: the bracket opened here\n --> t:1:5\n  |\n1 | {{ f(a,\n  |     ^",
        ),
        (
            "{% if x %}{% else if y %}{% end %}",
            "unexpected `if`, expected `%}`\n --> t:1:19\n  |\n1 | {% if x %}{% else if y %}{% end %}\n  |                   ^^\n\
             note: write `elif`",
        ),
        (
            "{{ x|f(1).y }}",
            "unexpected `.`, expected `}}`, `,` or an operator\n --> t:1:10\n  |\n1 | {{ x|f(1).y }}\n  |          ^\n\
             note: put parentheses around what the filters give: `(a | f).b`",
        ),
        (
            "{% if x = 1 %}{% end %}",
            "unexpected `=`, expected `%}`, `,` or an operator\n --> t:1:9\n  |\n1 | {% if x = 1 %}{% end %}\n  |         ^\n\
             note: to compare, write `==`",
        ),
        (
            "{{ 'ab\\x4' }}",
            "the escape `\\x4` needs 2 hexadecimal digits\n --> t:1:7\n  |\n1 | {{ 'ab\\x4' }}\n  |       ^^^",
        ),
    ] {
        assert_eq!(format!("{:#}", fault(source)), report, "{source}");
    }
}

#[test]
fn tags_are_spelled_in_the_templates_delimiters() {
    let mut options = Options {
        delimiters: Delimiters::builder()
            .statement("[%", "%]")
            .output("[[", "]]")
            .comment("[#", "#]")
            .line_statement("%%")
            .build()
            .expect("they can be told apart"),
        ..Options::default()
    };
    for (source, message) in [
        (
            "[% if a %]",
            "`[% if %]` is never closed, expected `[% endif %]`",
        ),
        (
            "[[ a b ]]",
            "unexpected `b`, expected `]]`, `,` or an operator",
        ),
        (
            "[[ a[b[0]]]] [[ c d ]]",
            "unexpected `d`, expected `]]`, `,` or an operator",
        ),
        (
            "%% if a b\n",
            "unexpected `b`, expected the end of the line, `,` or an operator",
        ),
        (
            "%% if\n",
            "unexpected the end of the line, expected an expression",
        ),
    ] {
        let origin = origin(source);
        let error = parse(&origin, &options).map(drop).expect_err(source);
        assert_eq!(error.message(), message, "{source}");
    }
    options.nesting = 2;
    let error = parse(&origin("[% if a %][% if a %][% if a %]"), &options).map(drop);
    assert_eq!(
        error.expect_err("too deep").message(),
        "nested too deeply (limit 2)"
    );
}

#[test]
fn lone_expressions_are_no_templates() {
    for (source, message) in [
        (
            "",
            "unexpected the end of the expression, expected an expression",
        ),
        (
            "a b",
            "unexpected `b`, expected the end of the expression, `,` or an operator",
        ),
        (
            "a }}",
            "unexpected `}`, expected the end of the expression or `,`",
        ),
        (
            "(a",
            "unexpected the end of the expression, expected `)` or `,`",
        ),
    ] {
        let origin = origin(source);
        let error = parse_expression(&origin, &jinja())
            .map(drop)
            .expect_err(source);
        assert_eq!(error.message(), message, "{source}");
    }
    assert_eq!(expression("a\n"), "name a\n");
}
