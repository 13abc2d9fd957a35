"""Templates that nobody would write: operands and operators in any order without parentheses, filters behind filters whatever
they give, statements in all their forms, and any delimiters. `case(seed, number)` always gives the same.
"""

import random

import generate
import surface

OPERANDS = surface.ANYTHING + ["'a' 'b'", "0x1F", "1_000", "1e3", "1.5e-3", "0b101", "0o17", "007", "1.", ".5", "1__0", "1e", "'\\x41\\n'", "'\\u00e9'", "'\\q'", '"\'"', "[1,]", "(1,)", "{'a': 1,}", "{1: 2, 'b': [3]}", "[,]", "(,)", "x", "u.name", "u['name']", "ints[0]", "ints[-1]", "ints[1:]", "ints[::-1]", "s[0]", "s[1:3]", "nested[0][1]", "d.items()", "users[0].name", "tup.0", "range(3)[1]", "True", "None", "FALSE", "loop", "self", "caller", "varargs", "_", "ident\u00e9", "cycler('a')", "joiner()", "namespace(a=1).a", "dict(a=1)", "lipsum is callable"]
BINARY = ["+", "-", "*", "/", "//", "%", "**", "~", "==", "!=", "<", "<=", ">", ">=", "in", "not in", "and", "or", "is", "is not", "|", ".", "if", "else", ",", "<>", "=", "&", "?"]
UNARY = ["-", "+", "not ", "not not ", "- -", "~", "!"]
NAMES = list(surface.SIGNATURES) + ["map", "select", "reject", "selectattr", "rejectattr", "random", "format", "nosuch"]
SAFE_NAMES = [name for name in NAMES if name not in ("random", "nosuch")]
DELIMITERS = [
    ("{%", "%}", "{{", "}}", "{#", "#}"), ("<%", "%>", "<%=", "%>", "<%#", "%>"), ("<?", "?>", "<?=", "?>", "<!--", "-->"), ("<!--", "-->", "${", "}", "<!--#", "-->"), ("[%", "%]", "[[", "]]", "[#", "#]"),
    ("((*", "*))", "(((", ")))", "((=", "=))"), ("\\BLOCK{", "}", "\\VAR{", "}", "\\#{", "}"), ("%%{", "}%%", "$$", "$$", "##", "##"), ("<<", ">>", "<", ">", "<#", "#>"), ("{", "}", "{{", "}}", "{#", "#}"), ("@", "@", "@@", "@@", "@#", "#@"),
]


class Wild:
    def __init__(self, r):
        self.r, self.plain = r, surface.Surface(r)

    def some(self, items):
        return self.r.choice(items)

    def operand(self):
        r = self.r
        kind = r.random()
        if kind < 0.6:
            return self.some(OPERANDS)
        if kind < 0.7:
            return self.some(UNARY) + self.some(OPERANDS)
        if kind < 0.8:
            return f"({self.soup(2)})"
        if kind < 0.9:
            return f"{self.some(OPERANDS)}|{self.some(SAFE_NAMES)}"
        return f"{self.some(OPERANDS)} is {self.some(['', 'not '])}{self.some(list(surface.IS))}{self.some(['', '', ' ' + self.some(OPERANDS), '(' + self.some(OPERANDS) + ')'])}"

    def soup(self, most):
        """Operands with operators between them."""
        r = self.r
        out = self.operand()
        for _ in range(r.randint(0, most)):
            operator = self.some(BINARY[:20]) if r.random() < 0.95 else self.some(BINARY)
            right = self.operand()
            if operator in ("is", "is not"):
                right = self.some(list(surface.IS)) + self.some(["", "", f"({right})", " " + right])
            if operator == "|":
                right = self.some(SAFE_NAMES)
            out += f" {operator} {right}" if r.random() < 0.9 else operator + right
        if r.random() < 0.1:
            out += f" if {self.operand()}" + self.some(["", f" else {self.operand()}"])
        return out

    def chain(self):
        """Filters behind filters."""
        r = self.r
        out = self.some(["ints", "strs", "users", "s", "d", "mixed", "nested", "pairs", "tup", "html", "missing", "none", "idict", "nums", "u", "safe", "range(5)", "i", "f"])
        for _ in range(r.randint(1, 4)):
            kind = r.random()
            if kind < 0.2:
                out += f"|{self.some(['select', 'reject'])}" + self.some(["", f"({self.some(surface.TESTS)})", f"({self.some(surface.TESTS)}, {self.some(OPERANDS)})"])
            elif kind < 0.35:
                out += "|map(" + self.some([self.some(surface.FILTERS), "attribute=" + self.some(surface.PATHS), "attribute=" + self.some(surface.PATHS) + ", default=1"]) + ")"
            elif kind < 0.45:
                out += f"|{self.some(['selectattr', 'rejectattr'])}({self.some(surface.PATHS)}" + self.some(["", f", {self.some(surface.TESTS)}", f", {self.some(surface.TESTS)}, {self.some(OPERANDS)}"]) + ")"
            elif kind < 0.55:
                out += "." + self.some(["0", "name", "items()", "keys()", "upper()", "split()", "grouper", "list", "nope"])
            elif kind < 0.62:
                out += "[" + self.some(["0", "-1", "'name'", "1:", "::-1", "'a'", "n"]) + "]"
            else:
                name = self.some(list(surface.SIGNATURES))
                out += "|" + self.plain.call(name, surface.SIGNATURES[name])
        return out

    def once(self):
        """A generator under a name, read more than once."""
        use = lambda: self.some(["{{ g|join(',') }}", "{{ g|first }}", "{{ g|list }}", "{% for x in g %}{{ x }},{% if loop.first %}{% endif %}{% endfor %}", "{{ 2 in g }}", "{% if g %}T{% else %}F{% endif %}", "{{ g is iterable }}{{ g is sequence }}{{ g is mapping }}{{ g is string }}", "{{ g|length }}", "{{ g[0] }}|{{ g.x }}", "{{ g|sum }}", "{{ g|max }}", "{{ g|sort }}", "{{ g == g }}{{ g is sameas g }}", "{{ g|map('string')|join }}", "{{ g|tojson }}", "{% for x in g %}{{ loop.length }}{{ loop.last }}{{ loop.revindex }}{% endfor %}", "{{ g|last }}", "{{ not g }}", "{{ (g or 'x') is string }}", "{{ g|default('x', true) is string }}", "{{ g|batch(2)|list }}", "{% set a, b = g %}{{ a }}{{ b }}", "{{ g|reverse|list }}", "{{ g|unique|list }}", "{{ g|random is defined }}" if False else "{{ g|count }}", "{{ g + g }}", "{{ g ~ '' is string }}" if False else "{{ '%s'|format(g) is string }}", "{{ range(*g)|list }}", "{% for x in g recursive %}{{ x }}{% endfor %}", "{{ [*g] }}", "{{ dict(g) }}", "{{ ','.join(g) }}", "{{ [0]|list + g|list }}", "{{ g|pprint is string }}", "{{ g|groupby(0) }}", "{{ g|string is string }}", "{{ cycler(*g).next() }}"])
        made = self.some(["ints|map('abs')", "strs|map('upper')", "ints|select('odd')", "ints|select", "ints|reject('even')", "users|map(attribute='name')", "users|selectattr('admin')", "users|rejectattr('admin')", "ints|unique", "strs|unique", "ints|batch(2)", "ints|slice(2)", "d|items", "ints|reverse", "tup|reverse", "range(4)|reverse", "d|reverse", "s|reverse", "missing|reverse", "missing|items", "missing|map('upper')", "none|select", "missing|batch(2)", "''|map('upper')", "[]|select('odd')", "[1, 2, 3]|map('string')|map('int')", "pairs|map('first')|select", "d.items()|reverse", "d.keys()|map('upper')"])
        return "{% set g = " + made + " %}" + "".join(use() for _ in range(self.r.randint(1, 3)))

    def statement(self, depth=2):
        r, e = self.r, lambda: self.some(OPERANDS)
        body = lambda: "".join(self.statement(depth - 1) for _ in range(r.randint(0, 2))) if depth > 0 else self.some(["{{ x }}", "t", "{{ y }}", "{{ a }}"])
        end = lambda word: "{% end" + word + self.some(["", "", "", "-"]) + "%}" if r.random() < 0.9 else "{%- end" + word + " +%}"
        return self.some([
            lambda: "{% for " + self.some(["x", "x, y", "(x, y)", "x,", "(x), y", "x, (y, z)", "[x, y]", "x.y", "loop", "x, x", "ns.a", "1", "true"]) + " in " + self.some([e(), "pairs", "d.items()", "[(1, 2)]", "[1, 2]", "1, 2", "[(1, (2, 3))]", "[1] if yes", "[1] if yes else [2]", "d|dictsort", "x"]) + self.some(["", "", " if x", " if x if y", " if loop.index", " recursive", " if x recursive", " recursive if x", ":"]) + " %}" + body() + self.some(["", "", "{% else %}e", "{% else %}{{ loop }}", "{% else %}a{% else %}b", "{% elif x %}"]) + end("for"),
            lambda: "{% if " + self.soup(1) + self.some(["", "", ":"]) + " %}" + body() + self.some(["", "{% else %}e", "{% elif " + e() + " %}" + body(), "{% elif x %}a{% elif y %}b{% else %}c", "{% else %}{% elif %}", "{% else if x %}"]) + end("if"),
            lambda: "{% set " + self.some(["x = " + e(), "x, y = " + e() + ", 1", "x = 1, 2", "x, y = pairs", "(x, y) = 1, 2", "x, y = 1", "x.y = 1", "ns.x = 1", "x['a'] = 1", "x += 1", "x = y = 1", "x", "x = ", "true = 1", "loop = 1", "self = 2", "super = 3", "x, = [1]", "_x = 1", "not = 1", "x = (" + self.soup(1) + ")", "x|upper = 1", "x, y"]) + " %}" + self.some(["{{ x }}", "{{ x }}{{ y }}"]),
            lambda: "{% set x" + self.some(["", "|upper", "|replace('a', 'b')", " | trim | length", "|nosuch", "|join(',')", "|batch(2)|list"]) + " %}" + body() + end("set") + "{{ x }}",
            lambda: "{% with " + self.some(["", "x = 1", "x = 1, y = x", "x, y = 1, 2", "x=y, y=1", "x = 1,", "x 1", "x", "x.y = 1", "(x, y) = (1, 2)"]) + " %}" + body() + end("with"),
            lambda: "{% macro m(" + self.some(["", "a", "a, b=1", "a=1, b", "a, a", "*a", "a=b, b=2", "a,", "a='x'~'y'", "true", "caller", "varargs", "caller=none", "a=a", "x=x, y=y"]) + ") %}" + self.some(["", "{{ a }}", "{{ caller }}", "{{ varargs }}", "{{ kwargs }}", "{{ caller() }}", "{{ m.name }}"]) + body() + self.some(["{% endmacro %}", "{% endmacro m %}", "{% endmacro %}"]) + "{{ m(" + self.some(["", "1", "1, 2", "a=1", "b=2", "1, a=2", "*ints", "**u", "1, 2, 3", "a=1, 2", "*[1], **{'b': 2}", "*[1], 2", "z=1", "x", "a=1, a=2"]) + ") }}",
            lambda: "{% macro c() %}[{{ caller(" + self.some(["", "1", "1, 2", "a=1", "*[1, 2]"]) + ") }}]{% endmacro %}{% call" + self.some(["", "(a)", "(a, b=2)", "()", "(a,)", "(*a)", "(a=1)"]) + " " + self.some(["c()", "c(1)", "c", "c()|upper", "x.y()", "c(caller=1)", "c() %}{% call c()"]) + " %}" + body() + "{{ a }}" + end("call"),
            lambda: "{% filter " + self.some(["upper", "upper|lower", "replace('a', 'b')", "nosuch", "escape", "join(',')", "", "length", "upper()", "upper|", "indent(2)", "trim|e", "urlize", "xmlattr"]) + " %}" + body() + end("filter"),
            lambda: "{% block b" + str(r.randint(0, 30)) + self.some(["", " scoped", " required", " scoped required", " required scoped", " foo"]) + " %}" + self.some([body(), "", " "]) + end("block"),
            lambda: "{% print " + self.soup(1) + " %}", lambda: "{% do " + self.soup(1) + " %}", lambda: "{% print %}",
            lambda: "{% autoescape " + self.some(["true", "false", "1", "''"]) + " %}{{ html }}{{ '<'|e }}{{ html ~ '<' }}" + body() + end("autoescape"),
            lambda: "{% raw %}{{ x }}{% if %}" + self.some(["{% endraw %}", "{%- endraw -%}", "{% endraw x %}", ""]),
            lambda: "{# c" + self.some([" #}", "#}", "-#}", " {{ x }} #}", " {# #} #}", ""]),
            lambda: "{{ " + self.soup(3) + " }}", lambda: "{{ " + self.chain() + " }}", lambda: self.once(),
            lambda: "{% for x in [1, 2, 3] %}{% if x == 2 %}{% " + self.some(["break", "continue"]) + " %}{% endif %}{{ x }}" + self.some(["", "{% else %}E"]) + "{% endfor %}",
            lambda: "{% " + self.some(["break", "continue", "else", "endif", "endfor", "nosuch", "", "if", "for", "for x", "for x in", "block", "block a-b", "include", "import 'a'", "extends", "extends 'a' %}{% extends 'b'", "macro", "macro m", "call", "set", "filter", "raw", "endraw", "with x", "autoescape", "elif x", "trans", "pluralize", "scoped", "2", "'a'", "include 'a' ignore", "import 'a' as", "from 'a' import", "from 'a' import b as", "debug"]) + " %}",
        ])()


def delimited(r, text):
    """The template in other delimiters, and the options that say so."""
    old = DELIMITERS[0]
    new = r.choice(DELIMITERS)
    marks = {before: "\x01%d\x02" % index for index, before in enumerate(old)}
    for before, mark in marks.items():
        text = text.replace(before, mark)
    for index, after in enumerate(new):
        text = text.replace("\x01%d\x02" % index, after)
    names = ["block_start_string", "block_end_string", "variable_start_string", "variable_end_string", "comment_start_string", "comment_end_string"]
    return text, dict(zip(names, new))


def case(seed, number):
    """The case of that number."""
    r = random.Random(f"wild {seed}/{number}")
    wild, options = Wild(r), {}
    if r.random() < 0.3:
        options["autoescape"] = True
    if r.random() < 0.4:
        options["undefined"] = r.choice(["strict", "chainable", "debug"])
    for name in ("trim_blocks", "lstrip_blocks", "keep_trailing_newline"):
        if r.random() < 0.1:
            options[name] = True
    form = r.random()
    if form < 0.3:
        template = "{{ " + wild.soup(3) + " }}"
    elif form < 0.5:
        template = "{{ " + wild.chain() + " }}"
    elif form < 0.6:
        template = wild.once()
    else:
        template = r.choice(["", "\n", " "]).join(wild.statement() for _ in range(r.randint(1, 2)))
    if form > 0.93:
        template = generate.layout(r)
    if r.random() < 0.07:
        template, delimiters = delimited(r, template)
        options.update(delimiters)
    context = generate.make_context(r)
    return {"templates": {"main": template}, "main": "main", "options": options, "context": context}
