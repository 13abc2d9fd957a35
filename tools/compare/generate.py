"""Random templates and contexts.

Expressions are made by type, so that most of them mean something; now and then one of another type is put
in its place, since failing where Jinja2 fails counts as well. `case(seed, number)` always gives the same.
"""

import random

INT, FLOAT, STR, BOOL, LIST, DICT, ANY, USERS, STRS, INTS = (
    "int", "float", "str", "bool", "list", "dict", "any", "users", "strs", "ints")

TEXTS = [
    "", "a", "hello world", "Hello World", "<b>bold</b>", "it's", 'say "hi"', "a&b", "  padded  ", "line one\nline two\n",
    "äöü ß", "日本語", "x" * 30, "42", "-3.5", "1e3", "foo bar baz foo", "CamelCase", "tab\there", "100%", "a,b,,c", "é́", "İstanbul",
    "http://example.com/a?b=c&d", "visit www.pocoo.org, or mail me@example.org.", "\\back", "{{ x }}", "0x1F", "none", "true", "ǆ", "a-b_c.d", "\r\nx\r\n", "one-two three",
    "\u00a0nbsp\u00a0", "\x00\x7f", "🎉 party", "don't STOP believin'",
]
WORDS = ["foo", "bar", "Baz", "qux", "alpha", "Beta", "x1", "éclair"]


def make_context(r):
    text = lambda: r.choice(TEXTS)
    integer = lambda: r.choice([0, 1, 2, 3, -1, -7, 10, 42, 100, 255, 1000000, 2**31, r.randint(-50, 50)])
    number = lambda: r.choice([0.0, 0.5, -0.5, 1.0, 2.5, 3.14159, -7.25, 1e16, 1e-5, 123456.789, 0.1, 1e22, 2.675, r.uniform(-10, 10), round(r.uniform(-100, 100), 2)])
    def mixed():
        return r.choice([integer, number, text, lambda: None, lambda: r.random() < 0.5])()
    user = lambda: {"name": r.choice(WORDS), "age": r.randint(1, 60), "admin": r.random() < 0.5, "tags": r.sample(WORDS, r.randint(0, 3)), "address": {"city": r.choice(WORDS), "zip": integer()}}
    context = {
        "i": integer(), "j": integer(), "n": r.randint(1, 9),
        "f": number(), "g": number(),
        "s": text(), "t": text(), "w": r.choice(WORDS), "html": "<p class='x'>" + text() + "</p>",
        "yes": True, "no": False, "nothing": None,
        "ints": [integer() for _ in range(r.randint(0, 6))],
        "strs": [text() if r.random() < 0.4 else r.choice(WORDS) for _ in range(r.randint(0, 6))],
        "mixed": [mixed() for _ in range(r.randint(0, 5))],
        "nested": [[integer(), text()], [], {"k": [mixed()]}],
        "users": [user() for _ in range(r.randint(0, 5))],
        "u": user(),
        "d": {r.choice(WORDS): mixed() for _ in range(r.randint(0, 5))},
        "tup": {"$tuple": [mixed() for _ in range(r.randint(0, 4))]},
        "safe": {"$safe": r.choice(["<i>x</i>", "a &amp; b", "<b>'q'</b>", ""])},
        "pairs": [{"$tuple": [r.choice(WORDS), integer()]} for _ in range(r.randint(0, 4))],
        "nums": [r.choice([integer, number])() for _ in range(r.randint(0, 6))],
        "obj": {"$object": {"text": "<obj>", "attributes": {"x": 1, "name": r.choice(WORDS), "items": [1, 2]}, "items": {"x": 2, "y": 3}}},
        "idict": {"$dict": [[1, "one"], [2, "two"], [{"$tuple": [1, 2]}, "pair"], [None, "none"], [True, "t"], [1.5, text()]]},
    }
    if r.random() < 0.15:
        context["gen"] = {"$iter": [integer() for _ in range(r.randint(0, 4))]}
    return context


def quoted(r, text):
    quote = r.choice("'\"")
    out = text.replace("\\", "\\\\").replace(quote, "\\" + quote).replace("\n", "\\n").replace("\r", "\\r").replace("\x00", "\\x00")
    return quote + out + quote


class Generator:
    def __init__(self, r):
        self.r = r
        self.locals = []
        self.macros = []
        self.blocks = 0

    def pick(self, *choices):
        return self.r.choice(choices)

    def chance(self, p):
        return self.r.random() < p

    # Expressions

    def expr(self, kind=ANY, depth=3):
        r = self.r
        if self.chance(0.04):
            kind = self.pick(INT, FLOAT, STR, BOOL, LIST, DICT, USERS, STRS, INTS)
        if kind == ANY:
            kind = self.pick(INT, INT, FLOAT, STR, STR, STR, BOOL, LIST, INTS, STRS, USERS, DICT)
        if self.chance(0.03):
            return self.pick("missing", "u.missing", "d['nope']", "nothing", "ints[99]", "missing2")
        if self.locals and self.chance(0.15):
            return r.choice(self.locals)
        if depth <= 0 or self.chance(0.2):
            return self.leaf(kind)
        if self.chance(0.06):
            a, b = self.expr(kind, depth - 1), self.expr(kind, depth - 1)
            tail = f" else {b}" if self.chance(0.8) else ""
            return f"(({a}) if {self.expr(BOOL, depth - 2)}{tail})"
        if self.chance(0.03):
            return f"({self.expr(kind, depth - 1)} {self.pick('or', 'and')} {self.expr(kind, depth - 1)})"
        if self.chance(0.03):
            return f"{self.primary(kind, depth - 1)}|default({self.arg('default_value', self.expr(kind, depth - 2))}{self.pick('', ', true', ', boolean=true')})"
        return getattr(self, "make_" + kind)(depth - 1)

    def primary(self, kind, depth):
        text = self.expr(kind, depth)
        simple = text.replace("_", "a").replace(".", "a").isalnum()
        return text if simple or text[0] in "([{\"'" and self.chance(0.1) else f"({text})"

    def leaf(self, kind):
        r = self.r
        return {
            INT: lambda: self.pick("i", "j", "n", "u.age", "0", "1", "2", "3", "-1", "7", "0x1f", "1_000", "0b11", "0o17", "obj.x", "obj['x']", "users|length"),
            FLOAT: lambda: self.pick("f", "g", "1.5", "0.0", "-2.5", "1e3", "3.0", "1.5e-3", "1_0.5", "1e100"),
            STR: lambda: self.pick("s", "t", "w", "u.name", "html", "safe", "u['name']", "u.address.city", quoted(r, r.choice(TEXTS)), quoted(r, r.choice(TEXTS)), "'a' 'b'", r"'\x41\u00e9\t'"),
            BOOL: lambda: self.pick("yes", "no", "true", "False", "u.admin", "not yes", "none is none"),
            LIST: lambda: self.pick("mixed", "tup", "nested", "[]", "[1, 'a', none]", "(1, 2.5, 'x')", "u.tags", "(1,)", "()", "d|list", "range(n)", "idict|list"),
            INTS: lambda: self.pick("ints", "nums", "[3, 1, 2]", "range(5)", "range(1, 10, 3)", "range(n, 0, -1)", "[1, 1, 2, 3, 3]", "[]"),
            STRS: lambda: self.pick("strs", "u.tags", "['b', 'A', 'c', 'a']", "['x']", "s", "s.split()", "'a,b,c'.split(',')"),
            USERS: lambda: self.pick("users"),
            DICT: lambda: self.pick("d", "u", "u.address", "{}", "{'a': 1, 'b': [2]}", "{'B': 2, 'a': 1}", "{1: 'x', 'y': none}", "dict(a=1, b='c')", "idict", "dict(d)", "dict(u.address, k=i)"),
        }[kind]()

    def arg(self, name, value, keyword=0.35):
        return f"{name}={value}" if self.chance(keyword) else value

    def make_int(self, depth):
        e, p = (lambda k: self.expr(k, depth)), (lambda k: self.primary(k, depth))
        small = lambda: self.pick("1", "2", "3", "-1", "n", "0")
        return self.pick(
            lambda: f"{p(INT)} {self.pick('+', '-', '*', '//', '%')} {p(INT)}",
            lambda: f"{p(INT)} ** {self.pick('2', '3', '0', 'n')}",
            lambda: f"-{p(INT)}",
            lambda: f"+{p(INT)}",
            lambda: f"{p(INT)}|abs",
            lambda: f"{p(self.pick(LIST, STR, DICT, USERS))}|{self.pick('length', 'count')}",
            lambda: f"{p(self.pick(STR, FLOAT, INT, BOOL))}|int{self.pick('', '(5)', '(default=-1)', '(0, 16)', '(base=8)', '(0, base=2)', '(0, 0)')}",
            lambda: f"{p(INTS)}|{self.pick('sum', 'first', 'last', 'max', 'min')}",
            lambda: f"{p(INTS)}|sum(start={e(INT)})",
            lambda: f"users|sum({self.arg('attribute', quoted(self.r, 'age'))}{self.pick('', ', 10', ', start=1.5')})",
            lambda: f"{p(STR)}|wordcount",
            lambda: f"{p(STR)}.{self.pick('count', 'find', 'index', 'rfind')}({quoted(self.r, self.pick('a', 'o', 'l', ' ', 'zz', ''))}{self.pick('', ', 1', ', 0, 5', ', -3')})",
            lambda: f"{p(LIST)}.{self.pick('index', 'count')}({e(ANY)})",
            lambda: f"{p(INTS)}[{self.pick('0', '-1', '1', 'n')}]",
        )()

    def make_float(self, depth):
        e, p = (lambda k: self.expr(k, depth)), (lambda k: self.primary(k, depth))
        return self.pick(
            lambda: f"{p(self.pick(INT, FLOAT))} / {p(self.pick(INT, FLOAT))}",
            lambda: f"{p(FLOAT)} {self.pick('+', '-', '*', '//', '%', '/')} {p(self.pick(INT, FLOAT))}",
            lambda: f"{p(FLOAT)} ** {self.pick('2', '-1', '0.5', '3')}",
            lambda: f"{p(INT)} ** {self.pick('-1', '-2', '0.5')}",
            lambda: f"{p(self.pick(FLOAT, FLOAT, INT))}|round{self.round_args()}",
            lambda: f"{p(self.pick(STR, INT, FLOAT))}|float{self.pick('', '(1.5)', '(default=0.1)')}",
            lambda: f"{p(FLOAT)}|abs",
            lambda: f"-{p(FLOAT)}",
            lambda: f"{p(FLOAT)}|abs",
        )()

    def round_args(self):
        return self.pick("", "(1)", "(2)", "(precision=3)", "(0, 'ceil')", "(1, 'floor')", "(method='ceil')", "(2, method='common')", "(-1)", "(0, 'other')")

    def make_str(self, depth):
        e, p = (lambda k: self.expr(k, depth)), (lambda k: self.primary(k, depth))
        q = lambda *texts: quoted(self.r, self.pick(*texts))
        small = lambda: self.pick("0", "1", "3", "5", "10", "20")
        return self.pick(
            lambda: f"{p(STR)} ~ {p(ANY)}",
            lambda: f"{p(ANY)} ~ {p(ANY)} ~ {p(STR)}",
            lambda: f"{p(STR)} + {p(STR)}",
            lambda: f"{p(STR)} * {self.pick('0', '2', '3', '-1')}",
            lambda: f"{p(STR)}|{self.pick('upper', 'lower', 'title', 'capitalize', 'trim', 'escape', 'e', 'safe', 'string', 'striptags', 'forceescape', 'reverse', 'urlize', 'urlencode', 'pprint', 'tojson', 'first', 'last')}",
            lambda: f"{p(ANY)}|{self.pick('string', 'tojson', 'pprint', 'escape', 'forceescape', 'urlencode', 'upper', 'trim', 'title', 'capitalize', 'lower', 'striptags', 'wordcount', 'indent', 'center(30)', 'safe')}",
            lambda: f"{p(STR)}|center({self.arg('width', small())})",
            lambda: f"{p(STR)}|indent({self.pick('', '2', 'width=3', '4, true', '2, first=true, blank=true', quoted(self.r, '> '), '1, blank=true')})",
            lambda: f"{p(STR)}|truncate({self.pick('', '5', '10, true', '8, killwords=true, end=' + q('~', '', '…'), '7, false, ' + q('..'), '9, true, ' + q('>>') + ', 0', 'length=12, leeway=0', '3', '2')})",
            lambda: f"{p(STR)}|replace({q('o', 'a', 'foo', '<', '', ' ')}, {q('0', '', '<x>', 'é')}{self.pick('', ', 1', ', count=2', ', 0')})",
            lambda: f"{p(STR)}|wordwrap({self.pick('', '5', '10, false', 'width=8, wrapstring=' + q('|', '<br>'), '6, break_on_hyphens=false', '3, true, ' + q('/'))})",
            lambda: f"{p(STR)}|trim({self.pick('', q(' a', 'h', 'x'), 'chars=' + q('H', 'd'))})",
            lambda: f"{p(ANY)}|tojson({self.pick('', '2', 'indent=1', 'indent=0')})",
            lambda: f"{p(self.pick(LIST, STRS, INTS))}|join({self.pick('', q(', ', '<br>', '|'), 'd=' + q('-'))})",
            lambda: f"{p(USERS)}|join({q(', ')}, {self.arg('attribute', q('name', 'age', 'address.city', 'nope'))})",
            lambda: f"{p(INT)}|filesizeformat{self.pick('', '(true)', '(binary=true)')}",
            lambda: f"{p(STR)}|urlize({self.pick('', '10', '20, true', 'target=' + q('_blank'), 'rel=' + q('x'), '5, nofollow=true', 'extra_schemes=[' + q('tel:') + ']')})",
            lambda: f"{self.printf(depth)}",
            lambda: f"{self.format_method(depth)}",
            lambda: f"{p(STR)}.{self.pick('upper()', 'lower()', 'title()', 'strip()', 'capitalize()', 'swapcase()', 'lstrip()', 'rstrip()', 'casefold()', 'zfill(8)', 'ljust(8)', 'rjust(8, ' + q('*') + ')', 'center(11, ' + q('-') + ')', 'expandtabs(4)', 'removeprefix(' + q('a', 'h') + ')', 'removesuffix(' + q('d') + ')')}",
            lambda: f"{p(STR)}.{self.pick('replace', 'replace')}({q('o', 'a', ' ')}, {q('0', '', 'é')}{self.pick('', ', 1')})",
            lambda: f"{p(STR)}.{self.pick('strip', 'lstrip', 'rstrip')}({q('a ', 'h', 'xyz')})",
            lambda: f"{q(', ', '', '-')}.join({p(STRS)})",
            lambda: f"{p(STR)}[{self.slice()}]",
            lambda: f"{p(STR)}[{self.pick('0', '-1', '2')}]",
            lambda: f"{p(STR)}|format({e(ANY)})" if self.chance(0.3) else f"{p(STR)}|lower",
            lambda: f"{p(DICT)}|xmlattr{self.pick('', '(false)', '(autospace=true)')}",
            lambda: f"{p(STRS)}|{self.pick('max', 'min')}{self.pick('', '(true)', '(case_sensitive=true)')}",
            lambda: f"{p(STR)}|default({q('x')})|{self.pick('upper', 'length')}",
            lambda: f"{p(STR)}|replace({q('l')}, {q('L')})|{self.pick('title', 'escape', 'upper')}",
            lambda: f"{p(DICT)}|urlencode",
        )()

    def slice(self):
        part = lambda: self.pick("", "", "0", "1", "2", "-1", "-2", "n", "10")
        text = f"{part()}:{part()}"
        return text + (":" + self.pick("1", "2", "-1", "-2", "") if self.chance(0.3) else "")

    def printf(self, depth):
        spec = lambda: "%" + self.pick("", "", "-", "0", "+", " ", "#") + self.pick("", "", "5", "10") + self.pick("", "", ".2", ".0", ".3")
        kinds = [self.pick("s", "s", "r", "d", "d", "i", "f", "e", "g", "x", "o", "X", "c", "a", "%", "G", "E") for _ in range(self.r.randint(1, 3))]
        text, values = "", []
        for kind in kinds:
            if kind == "%":
                text += "%% "
                continue
            text += spec() + kind + " "
            values.append(self.expr({"s": ANY, "r": ANY, "a": ANY, "f": FLOAT, "e": FLOAT, "g": FLOAT, "G": FLOAT, "E": FLOAT, "c": self.pick(STR, INT)}.get(kind, INT), depth - 1))
        if self.chance(0.2):
            return f"'%(name)s is %(age){self.pick('d', 's', '5d', '05.1f')}' % u"
        if self.chance(0.4):
            return f"{quoted(self.r, text)}|format({', '.join(values)})"
        if len(values) == 1 and self.chance(0.5):
            return f"{quoted(self.r, text)} % {self.primary(ANY, 0)}"
        return f"{quoted(self.r, text)} % ({''.join(v + ', ' for v in values)})"

    def format_method(self, depth):
        kind = self.pick(INT, FLOAT, STR)
        types = {INT: ["", "d", "x", "X", "b", "o", "n", "c", "e", "f", "g", "%", "#x", "#b", "08b", "_d", "_x"], FLOAT: ["", "f", "e", "g", "%", "n", "E", "G"], STR: ["", "s"]}[kind]
        spec = self.pick("", "", "<", ">", "^", "*^", "=", "0>", "é<") + self.pick("", "", "+", "-", " ") * (kind != STR) + self.pick("", "", "#") * (kind == INT) + self.pick("", "", "0") + self.pick("", "6", "12") + self.pick("", "", ",", "_") * (kind != STR) + self.pick("", "", ".2", ".0", ".3") * (kind != INT or self.chance(0.1)) + self.pick(*types)
        conversion = self.pick("", "", "", "!r", "!s", "!a")
        field = self.pick("", "0", "x", "0[name]" if False else "0")
        spec = (":" + spec) if spec and not conversion else ""
        value = self.expr(kind, depth - 1)
        if self.chance(0.1):
            return f"'{{0[name]}}-{{0[age]:>5}}-{{1}}'.format(u, {value})"
        if field == "x":
            return f"'[{{x{conversion}{spec}}}]'.format(x={value})"
        return f"'[{{{field}{conversion}{spec}}}]'.format({value})"

    def make_bool(self, depth):
        e, p = (lambda k: self.expr(k, depth)), (lambda k: self.primary(k, depth))
        return self.pick(
            lambda: f"{p(INT)} {self.pick('==', '!=', '<', '<=', '>', '>=')} {p(self.pick(INT, FLOAT))}",
            lambda: f"{p(STR)} {self.pick('==', '!=', '<', '>')} {p(STR)}",
            lambda: f"{p(ANY)} {self.pick('==', '!=')} {p(ANY)}",
            lambda: f"{p(LIST)} {self.pick('==', '<', '>=')} {p(LIST)}",
            lambda: f"{p(INT)} < {p(INT)} {self.pick('<', '<=', '>', '==')} {p(INT)}",
            lambda: f"{p(self.pick(STR, INT, ANY))} {self.pick('in', 'not in')} {p(self.pick(STR, LIST, DICT, STRS, INTS))}",
            lambda: f"not {p(ANY)}",
            lambda: f"{p(BOOL)} {self.pick('and', 'or')} {p(BOOL)}",
            lambda: f"{p(ANY)} is {self.pick('', 'not ')}{self.pick('defined', 'undefined', 'none', 'boolean', 'true', 'false', 'integer', 'float', 'string', 'mapping', 'number', 'sequence', 'iterable', 'callable', 'escaped')}",
            lambda: f"{p(INT)} is {self.pick('', 'not ')}{self.pick('odd', 'even', 'divisibleby 3', 'divisibleby(2)', 'divisibleby n')}",
            lambda: f"{p(STR)} is {self.pick('lower', 'upper', 'string', 'in s', 'filter', 'test')}",
            lambda: f"{p(ANY)} is {self.pick('sameas', 'eq', 'ne', 'equalto', 'in')}({e(ANY)})",
            lambda: f"{p(INT)} is {self.pick('lt', 'le', 'gt', 'ge', 'lessthan', 'greaterthan')} {self.pick('3', 'n', '(i)', '0.5')}",
            lambda: f"{p(STR)}.{self.pick('startswith', 'endswith')}({self.pick(quoted(self.r, 'h'), quoted(self.r, 'a'), '(' + quoted(self.r, 'a') + ', ' + quoted(self.r, 'd') + ')')})",
            lambda: f"{p(STR)}.{self.pick('isdigit', 'isalpha', 'isalnum', 'isupper', 'islower', 'isspace', 'istitle', 'isnumeric', 'isdecimal', 'isidentifier', 'isascii', 'isprintable')}()",
        )()

    def make_list(self, depth):
        e, p = (lambda k: self.expr(k, depth)), (lambda k: self.primary(k, depth))
        seq = lambda: self.pick(LIST, STRS, INTS, USERS, STR)
        return self.pick(
            lambda: f"[{', '.join(e(ANY) for _ in range(self.r.randint(0, 4)))}]",
            lambda: f"({''.join(e(ANY) + ', ' for _ in range(self.r.randint(1, 3)))})",
            lambda: f"{p(LIST)} + {p(LIST)}",
            lambda: f"{p(LIST)} * {self.pick('2', '0', '-1')}",
            lambda: f"{p(seq())}|list",
            lambda: f"{p(seq())}|reverse|list",
            lambda: f"{p(seq())}|batch({self.arg('linecount', self.pick('1', '2', '3'))}{self.pick('', ', none', ', ' + quoted(self.r, '-'), ', fill_with=0')})|list",
            lambda: f"{p(seq())}|slice({self.arg('slices', self.pick('1', '2', '3'))}{self.pick('', ', ' + quoted(self.r, 'x'), ', fill_with=none')})|list",
            lambda: f"{p(seq())}[{self.slice()}]",
            lambda: f"{p(seq())}|unique|list",
            lambda: f"{p(DICT)}|{self.pick('dictsort', 'items|list', 'list', 'dictsort(true)', 'dictsort(by=' + quoted(self.r, 'value') + ')', 'dictsort(reverse=true)', 'dictsort(false, ' + quoted(self.r, 'key') + ', true)')}",
            lambda: f"{p(DICT)}.{self.pick('items', 'keys', 'values')}(){self.pick('', '|list', '|sort', '|first')}",
            lambda: f"{p(LIST)}|{self.pick('select', 'reject')}({self.test_args()})|list",
            lambda: f"{p(LIST)}|map({self.map_args()})|list",
            lambda: f"{p(USERS)}|groupby({self.pick(quoted(self.r, 'age'), quoted(self.r, 'admin'), quoted(self.r, 'name') + ', case_sensitive=true', quoted(self.r, 'nope') + ', default=1', quoted(self.r, 'address.city'))}){self.pick('', '|list', '|map(attribute=0)|list', '|map(' + quoted(self.r, 'first') + ')|list', '|map(attribute=' + quoted(self.r, 'grouper') + ')|list')}",
            lambda: f"{p(STR)}.{self.pick('split', 'rsplit')}({self.pick('', quoted(self.r, ','), quoted(self.r, ' ') + ', 1', 'none, 1', quoted(self.r, 'o'), 'maxsplit=1', quoted(self.r, ''))})",
            lambda: f"{p(STR)}.{self.pick('splitlines()', 'splitlines(true)', 'partition(' + quoted(self.r, ' ') + ')', 'rpartition(' + quoted(self.r, 'o') + ')')}",
            lambda: f"{p(self.pick(LIST, INTS, STRS))}|sort{self.sort_args()}",
            lambda: f"pairs|{self.pick('sort', 'sort(attribute=1)', 'sort(attribute=' + quoted(self.r, '1,0') + ')', 'map(' + quoted(self.r, 'last') + ')|list', 'list', 'items', 'map(attribute=0)|list', 'selectattr(1)|list', 'dictsort')}",
            lambda: f"{p(seq())}|{self.pick('first', 'last', 'max', 'min', 'sum', 'random|length', 'pprint')}" if self.chance(0.5) else f"nested|map({quoted(self.r, 'list')})|list",
        )()

    def sort_args(self):
        return self.pick("", "", "(true)", "(reverse=true)", "(case_sensitive=true)", "(false, true)")

    def test_args(self):
        q = lambda text: quoted(self.r, text)
        return self.pick("", q("defined"), q("none"), q("string"), q("number"), q("integer"), q("mapping"), q("odd"), q("equalto") + ", 1", q("in") + ", [1, 2]", q("gt") + ", 2", q(">") + ", 1", q("sameas") + ", none", q("nosuch"))

    def map_args(self):
        q = lambda text: quoted(self.r, text)
        return self.pick(q("string"), q("upper"), q("length"), q("int"), q("tojson"), q("default") + ", 5", q("int") + ", default=7", q("replace") + ", 'a', 'b'", "attribute=0", "attribute=" + q("name") + ", default=" + q("?"), q("float"), q("e"), q("nosuch"), q("round") + ", 1, " + q("floor"), q("join") + ", '-'", "")

    def make_ints(self, depth):
        p = lambda k: self.primary(k, depth)
        return self.pick(
            lambda: f"{p(INTS)}|sort{self.sort_args()}",
            lambda: f"{p(INTS)}|{self.pick('select', 'reject')}({self.test_args()})|list",
            lambda: f"{p(INTS)}|map({self.map_args()})|list",
            lambda: f"{p(USERS)}|map(attribute='age')|{self.pick('list', 'sort', 'unique|list', 'sum', 'max', 'min')}",
            lambda: f"range({self.expr(INT, 0)}){self.pick('', '|list', '[1:]', '[::-1]')}" if self.chance(0.2) else "range(n)|list",
            lambda: f"{p(INTS)}|unique|list",
            lambda: f"{p(INTS)}[{self.slice()}]",
        )()

    def make_strs(self, depth):
        p = lambda k: self.primary(k, depth)
        q = lambda text: quoted(self.r, text)
        return self.pick(
            lambda: f"{p(STRS)}|sort{self.sort_args()}",
            lambda: f"{p(STRS)}|unique{self.pick('', '(true)', '(case_sensitive=true)')}|list",
            lambda: f"{p(STRS)}|map({q(self.pick('upper', 'length', 'title', 'trim', 'capitalize', 'reverse', 'urlencode', 'first', 'escape', 'list'))})|list",
            lambda: f"{p(USERS)}|map(attribute={q(self.pick('name', 'address.city', 'tags', 'tags.0', 'nope'))}{self.pick('', ', default=' + q('x'))})|list",
            lambda: f"{p(STRS)}|select({q('in')}, {p(STRS)})|list",
            lambda: f"{p(STR)}|list",
            lambda: f"d|{self.pick('sort', 'list', 'unique|list', 'map(' + q('upper') + ')|list')}",
        )()

    def make_users(self, depth):
        p = lambda k: self.primary(k, depth)
        q = lambda text: quoted(self.r, text)
        attribute = lambda: q(self.pick("name", "age", "admin", "address.zip", "address.city", "nope"))
        return self.pick(
            lambda: f"{p(USERS)}|sort({self.pick('true, ', '', 'false, true, ', 'reverse=true, ')}attribute={self.pick(attribute(), q('admin,name'), q('age,address.zip'))})",
            lambda: f"{p(USERS)}|{self.pick('selectattr', 'rejectattr')}({attribute()}{self.pick('', ', ' + self.test_args())})|list",
            lambda: f"{p(USERS)}|unique(attribute={attribute()})|list",
            lambda: f"[{p(USERS)}|{self.pick('max', 'min')}(attribute={attribute()})]",
            lambda: f"{p(USERS)}[{self.slice()}]",
            lambda: f"{p(USERS)}|reverse|list",
        )()

    def make_dict(self, depth):
        e, p = (lambda k: self.expr(k, depth)), (lambda k: self.primary(k, depth))
        return self.pick(
            lambda: "{" + ", ".join(f"{self.expr(self.pick(STR, INT), 0)}: {e(ANY)}" for _ in range(self.r.randint(0, 3))) + "}",
            lambda: f"dict({', '.join(f'{w}={e(ANY)}' for w in self.r.sample(['a', 'b', 'c'], self.r.randint(0, 2)))})",
            lambda: f"dict({p(LIST)})" if self.chance(0.2) else "dict(pairs)",
            lambda: f"{p(USERS)}|first",
            lambda: f"{p(DICT)}.{self.pick('get(' + quoted(self.r, 'name') + ')', 'get(' + quoted(self.r, 'zz') + ', ' + e(ANY) + ')', 'copy()')}",
            lambda: f"({p(DICT)}|items|list)",
        )()

    # Statements

    def output(self):
        return f"{self.open('{{')} {self.expr(ANY, self.r.randint(1, 4))} {self.close('}}')}"

    def open(self, text):
        return text + (self.pick("-", "+") if self.chance(0.08) and text != "{{" else "-" if self.chance(0.04) else "")

    def close(self, text):
        return (self.pick("-", "+") if self.chance(0.08) and text != "}}" else "-" if self.chance(0.04) else "") + text

    def tag(self, text):
        return f"{self.open('{%')} {text} {self.close('%}')}"

    def text(self):
        return self.pick("", " ", "\n", "  \n", "text ", "\n  ", "<hr>", "a\n\nb", "|", "\t", "äö\n", "{ % }", "\r\n")

    def body(self, depth, count=None):
        saved = list(self.locals)
        out = self.text()
        for _ in range(count or self.r.randint(1, 3)):
            out += self.statement(depth) + self.text()
        self.locals = saved
        return out

    def statement(self, depth):
        if depth <= 0 or self.chance(0.35):
            return self.output()
        kinds = [self.s_if, self.s_for, self.s_for, self.s_set, self.s_with, self.s_macro, self.s_setblock, self.s_filter,
                 self.s_call, self.s_namespace, self.s_autoescape, self.s_raw, self.s_comment, self.s_do, self.s_recursive, self.s_cycler, self.s_callmacro, self.s_loopctl, self.s_print, self.s_scope, self.s_mutate]
        return self.r.choice(kinds)(depth - 1)

    def s_if(self, depth):
        out = self.tag(f"if {self.expr(BOOL, 2)}") + self.body(depth)
        if self.chance(0.3):
            out += self.tag(f"elif {self.expr(ANY, 1)}") + self.body(depth)
        if self.chance(0.5):
            out += self.tag("else") + self.body(depth)
        return out + self.tag("endif")

    LOOP = ["loop.index", "loop.index0", "loop.revindex", "loop.revindex0", "loop.first", "loop.last", "loop.length", "loop.depth", "loop.depth0", "loop.previtem", "loop.nextitem",
            "loop.cycle('a', 'b')", "loop.changed(x)", "loop.previtem|default('-')", "loop.nextitem is defined", "loop", "loop.cycle()", "loop.foo"]

    def s_for(self, depth):
        target, source = self.pick(("x", self.expr(self.pick(LIST, INTS, STRS, USERS, STR, DICT), 2)), ("x", self.expr(LIST, 2)), ("k, v", f"{self.primary(DICT, 1)}.items()"), ("k, v", "pairs"), ("x", "gen"), ("a, b", "nested"), ("x", "missing"), ("x", "users"), ("x, (y, z)", "[(1, (2, 3)), (4, 'ab')]"))
        saved = list(self.locals)
        self.locals += [name for name in target.replace("(", "").replace(")", "").split(", ")]
        condition = f" if {self.expr(BOOL, 1)}" if self.chance(0.2) else ""
        body = self.text()
        if self.chance(0.6):
            body += "{{ " + self.r.choice(self.LOOP) + " }}"
        body += self.body(depth)
        if self.chance(0.3):
            body += self.tag(f"set acc = {self.expr(ANY, 1)}") + "{{ acc }}"
        self.locals = saved
        tail = (self.tag("else") + self.body(depth)) if self.chance(0.3) else ""
        return self.tag(f"for {target} in {source}{condition}") + body + tail + self.tag("endfor")

    def s_loopctl(self, depth):
        word = self.pick("break", "continue")
        return f"{{% for x in {self.primary(INTS, 1)} %}}{{% if {self.pick('loop.index > 2', 'x is odd', 'x == n', 'loop.last')} %}}{{% {word} %}}{{% endif %}}{{{{ x }}}},{{% else %}}none{{% endfor %}}"

    def s_recursive(self, depth):
        return "{% for x in " + self.pick("[[1, [2]], [3]]", "nested", "[{'c': [{'c': []}]}]", "[[], [[]]]") + " recursive %}" + self.pick("{{ loop.depth }}", "{{ loop.index }}/{{ loop.depth0 }}", "") + "{% if x is " + self.pick("iterable", "sequence", "not string and x is iterable", "mapping") + " and x %}[{{ loop(" + self.pick("x", "x", "x.c", "x|list") + ") }}]{% else %}" + self.pick("{{ x }}", ".") + "{% endif %}{% endfor %}"

    def s_set(self, depth):
        name = self.pick("v1", "v2", "i", "s")
        out = self.tag(f"set {name} = {self.expr(ANY, 2)}") if self.chance(0.8) else self.tag(f"set {name}, v3 = {self.expr(ANY, 1)}, {self.expr(ANY, 1)}")
        self.locals.append(name)
        return out + self.pick("", f"{{{{ {name} }}}}")

    def s_scope(self, depth):
        return "{% set a1 = 1 %}{% " + self.pick("for q in [1, 2]", "if yes", "with", "with a1 = a1 + 5", "for a1 in [7]") + " %}{% set a1 = " + self.pick("2", "a1 + 1", "a1 ~ 'x'") + " %}{{ a1 }}{% end" + "{}" + " %}{{ a1 }}" if False else self.pick(
            "{% set a1 = 1 %}{% for q in [1, 2] %}{% set a1 = a1 + q %}{{ a1 }}{% endfor %}{{ a1 }}",
            "{% set a1 = 1 %}{% if yes %}{% set a1 = a1 + 1 %}{% endif %}{{ a1 }}",
            "{% if no %}{% set a2 = 1 %}{% endif %}{{ a2 }}",
            "{% set a1 = 1 %}{% with a1 = a1 + 5, b1 = a1 %}{{ a1 }}{{ b1 }}{% set a1 = 9 %}{% endwith %}{{ a1 }}",
            "{% for a1 in [1, 2] %}{{ a1 }}{% endfor %}{{ a1 }}",
            "{% set x = 5 %}{% macro mm() %}{{ x }}{% set x = 6 %}{{ x }}{% endmacro %}{% set x = 7 %}{{ mm() }}{{ x }}",
            "{% macro m1(a, b=a) %}{{ a }}{{ b }}{% endmacro %}{{ m1(1) }}{{ m1(1, 2) }}{{ m1(b=3) }}",
            "{% macro m1(a=b, b=1) %}{{ a }}{{ b }}{% endmacro %}{{ m1() }}",
            "{% for i in range(3) %}{% if loop.first %}{% set fst = i %}{% endif %}{{ fst }}{% endfor %}",
            "{% set ns = namespace(x=1) %}{% macro inc() %}{% set ns.x = ns.x + 1 %}{% endmacro %}{{ inc() }}{{ ns.x }}",
            "{% for x in [1,2] %}{% for y in [3,4] %}{{ loop.index }}{% endfor %}{{ loop.index }}{% endfor %}",
            "{% for x in [1,2] if x > 1 %}{{ loop.length }}{{ loop.index }}{% endfor %}",
            "{% block sc scoped %}{{ i }}{% set i = 1 %}{% endblock %}{{ i }}" if not self.used("sc") else "",
            "{{ self }}" if self.chance(0.05) else "{{ namespace(a=1).a }}",
        )

    def used(self, name):
        names = self.__dict__.setdefault("names", set())
        if name in names:
            return True
        names.add(name)
        return False

    def s_mutate(self, depth):
        return self.pick(
            "{% set l = [1, 2] %}{% do l.append(3) %}{% do l.insert(0, 'z') %}{{ l }}{{ l.pop() }}{{ l }}",
            "{% set m = {'a': 1} %}{% do m.update({'b': i}) %}{{ m }}{{ m.pop('a') }}{{ m }}{{ m.setdefault('q', []) }}{{ m }}",
            "{% set l = [3, 1, 2] %}{% do l.sort() %}{% do l.reverse() %}{% do l.extend([9]) %}{{ l }}{{ l.remove(9) }}{{ l }}",
            "{% set l = [] %}{% for x in ints %}{% if l.append(x) %}{% endif %}{% endfor %}{{ l }}",
            "{% set m = dict(d) %}{{ m.popitem() if m }}{{ m|length }}{{ m.clear() }}{{ m }}",
            "{% set l = [1] %}{% set k = l %}{{ k.append(2) or '' }}{{ l }}{{ l.copy() }}{{ l.clear() }}{{ k }}",
        )

    def s_with(self, depth):
        out = self.tag(f"with {', '.join(f'{n} = {self.expr(ANY, 1)}' for n in self.r.sample(['w1', 'w2', 'i'], self.r.randint(0, 2)))}")
        return out + "{{ w1 }}" + self.body(depth) + self.tag("endwith")

    def s_macro(self, depth):
        name = f"m{len(self.macros)}"
        parameters = self.pick([], ["a"], ["a", "b=2"], ["a='x'", "b=a"], ["a", "b=i"])
        body = self.pick("", "{{ a }}", "{{ a }}-{{ b }}", "{{ varargs }}", "{{ kwargs }}", "{{ caller() if caller }}", "{{ varargs|length }}{{ kwargs|dictsort }}", "{{ s }}") + self.body(min(depth, 1), 1)
        self.macros.append((name, parameters))
        return self.tag(f"macro {name}({', '.join(parameters)})") + body + self.tag("endmacro") + self.s_callmacro(depth)

    def call_expr(self):
        if not self.macros:
            return "m0()"
        name, parameters = self.r.choice(self.macros)
        arguments = [self.expr(ANY, 1) for _ in range(self.r.randint(0, 2))]
        if self.chance(0.2):
            arguments.append(f"{self.pick('a', 'b', 'z')}={self.expr(ANY, 1)}")
        if self.chance(0.05):
            arguments.append(self.pick("*ints", "*tup"))
        if self.chance(0.05):
            arguments.append(self.pick("**d", "**{'b': 5}"))
        return f"{name}({', '.join(arguments)})"

    def s_callmacro(self, depth):
        if self.macros and self.chance(0.1):
            name = self.r.choice(self.macros)[0]
            return f"{{{{ {name}.{self.pick('name', 'arguments', 'catch_kwargs', 'catch_varargs', 'caller')} }}}}"
        return f"{{{{ {self.call_expr()}{self.pick('', '', '|upper', '|length', '|escape')} }}}}"

    def s_call(self, depth):
        if self.chance(0.5):
            k = self.pick("{{ caller() }}", "{{ caller(1) }}", "[{{ caller('p', q=i) }}]", "{{ caller.name }}{{ caller.arguments }}{{ caller() }}")
            p = self.pick("", "(x)", "(x, q=3)", "(x='d')", "()")
            return f"{{% macro cm() %}}{k}{{% endmacro %}}{{% call{p} cm() %}}{self.body(min(depth, 1), 1)}{{{{ x }}}}{{% endcall %}}"
        return self.tag(f"call {self.call_expr()}") + self.body(min(depth, 1), 1) + self.tag("endcall")

    def s_setblock(self, depth):
        name = self.pick("cap", "cap2")
        f = self.pick("", "", " | upper", " | trim", " | replace('a', 'b')", " | length", "|indent(2)|upper")
        return self.tag(f"set {name}{f}") + self.body(depth) + self.tag("endset") + f"{{{{ {name} }}}}{{{{ {name}|length }}}}"

    def s_filter(self, depth):
        f = self.pick("upper", "lower", "trim", "title", "replace('a', 'A')", "indent(2, true)", "escape", "truncate(10)", "wordwrap(8)", "center(20)", "upper|reverse", "striptags", "forceescape", "capitalize", "length", "urlize", "string|lower", "default('x')")
        return self.tag(f"filter {f}") + self.body(depth) + self.tag("endfilter")

    def s_namespace(self, depth):
        return "{% set ns = namespace(" + self.pick("n=0", "n=0, l=[]", "{'n': 1}", "n=i") + ") %}{% for x in " + self.primary(INTS, 1) + " %}{% set ns.n = ns.n " + self.pick("+ 1", "+ x", "~ x", "* 2") + " %}{% endfor %}{{ ns.n }}" + self.pick("", "{{ ns.q }}", "{{ ns['n'] }}", "{{ ns }}")

    def s_autoescape(self, depth):
        return self.tag(f"autoescape {self.pick('true', 'false', 'yes', 'no', 'i', 'nothing')}") + self.body(depth) + self.tag("endautoescape")

    def s_raw(self, depth):
        return self.tag("raw") + self.pick("{{ x }}", "{% if %}", "  {{ }}\n", "{# #}") + self.tag("endraw")

    def s_comment(self, depth):
        return self.open("{#") + self.pick(" c ", "{{ x }}", " a\nb ", " {% if %} ", "") + self.close("#}")

    def s_do(self, depth):
        return self.tag(f"do {self.expr(ANY, 2)}")

    def s_print(self, depth):
        return self.tag(f"print {', '.join(self.expr(ANY, 1) for _ in range(self.r.randint(1, 2)))}")

    def s_cycler(self, depth):
        return self.pick("{% set c = cycler('a', 'b', 3) %}{{ c.next() }}{{ c.current }}{{ c.next() }}{{ c.next() }}{{ c.next() }}{{ c.reset() }}{{ c.current }}",
                         "{% set j1 = joiner(" + self.pick("", "'|'", "sep='<'") + ") %}{% for x in " + self.primary(STRS, 1) + " %}{{ j1() }}{{ x }}{% endfor %}",
                         "{% set c = cycler(*ints) %}{{ c.next() }}{{ c.items }}{{ c.pos }}")

    # Whole templates

    def template(self):
        return self.body(self.r.randint(1, 3), self.r.randint(1, 4))

    def family(self):
        """Templates that name each other."""
        r = self.r
        b = lambda: self.body(1, r.randint(1, 2))
        kind = self.pick("extends", "extends", "include", "import", "from", "three", "self", "dynamic")
        if kind in ("extends", "three", "dynamic"):
            base = f"[{b()}{{% block one {self.pick('', 'scoped', '')} %}}base one {b()}{{% endblock %}}|{{% for x in [1, 2] %}}{{% block two {self.pick('', 'scoped', 'required', '')} %}}{self.pick('{{ x }}', ' ', '')}{{% endblock %}}{{% endfor %}}{{% block three %}}{self.pick('{{ self.one() }}', b())}{{% endblock three %}}]"
            head = self.pick("{% extends 'base' %}", "{% extends 'base' %}", "text {% extends 'base' %}", "{% if yes %}{% extends 'base' %}{% endif %}", "{% set i = 5 %}{% extends parent %}", "{% if no %}{% extends 'base' %}{% endif %}")
            child = head + b() + "{% block one %}" + self.pick("{{ super() }}", "child", "{{ super()|upper }}", "{{ super.super() }}", "{{ self.three() }}" if self.chance(0.3) else "c") + b() + "{% endblock %}" + self.pick("{% block two %}{{ x }}" + self.pick("", "{{ super() }}", "{{ loop.index }}") + "{% endblock %}", "") + self.pick("", "{% set late = 1 %}{% macro q() %}Q{{ i }}{% endmacro %}{% block three %}{{ late }}{{ q() }}{% endblock %}")
            templates = {"base": base, "main": child}
            if kind == "three":
                templates["mid"] = child
                templates["main"] = "{% extends 'mid' %}" + "{% block one %}" + self.pick("{{ super() }}", "{{ super.super() }}", "{{ super() }}{{ super() }}", "top {{ i }}") + "{% endblock %}" + b()
            return templates
        if kind == "include":
            inc = b() + self.pick("{{ x }}", "{{ loop }}", "{% set leak = 1 %}{{ leak }}", "{{ w }}", "{{ loc }}")
            tag = self.pick("'inc'", "'inc' ignore missing", "'nope' ignore missing", "['nope', 'inc']", "('inc',)", "'inc' without context", "'inc' with context", "'nope'", "['a', 'b'] ignore missing", "'in' ~ 'c'", "'inc' ignore missing without context", "name", "[]")
            body = f"{{% include {tag} %}}"
            body = self.pick(body, "{% for x in [1, 2] %}" + body + "{% endfor %}", "{% set loc = 'L' %}" + body + "{{ leak }}", "{% macro m0(x) %}" + body + "{% endmacro %}{{ m0(3) }}", "{% with loc = 2 %}" + body + "{% endwith %}", "{% set cap %}" + body + "{% endset %}{{ cap }}")
            return {"main": b() + body + b(), "inc": inc}
        if kind in ("import", "from"):
            lib = "{% macro hello(a, b='B') %}" + self.pick("{{ a }}{{ b }}", "{{ i }}", "{{ a }}{{ top }}{{ hidden }}", "{{ caller() if caller else '' }}{{ varargs }}") + b() + "{% endmacro %}{% set top = " + self.expr(ANY, 1) + " %}{% set _private = 1 %}{% macro _p() %}p{% endmacro %}text"
            with_ = self.pick("", "", " with context", " without context")
            if kind == "import":
                main = f"{{% import 'lib' as lib{with_} %}}" + self.pick("{{ lib.hello(1) }}", "{{ lib.hello(a=i) }}", "{{ lib.top }}", "{{ lib._private }}", "{{ lib.nope }}", "{{ lib }}", "{% call lib.hello(1) %}c{% endcall %}", "{{ lib.hello }}" if self.chance(0.1) else "{{ lib.hello(s, html) }}", "{{ lib.hello.name }}")
            else:
                names = self.pick("hello", "hello as h, top", "top", "nope", "hello, top", "_private" if self.chance(0.2) else "top as _t", "hello, nope as n")
                main = f"{{% from 'lib' import {names}{with_} %}}" + self.pick("{{ hello(1) }}", "{{ h(2) }}", "{{ top }}", "{{ nope }}", "{{ hello(html) }}{{ top }}", "{{ n }}")
            return {"main": b() + main, "lib": lib}
        return {"main": "{% block a %}" + b() + "{% endblock %}{{ self.a() }}{% block b %}" + self.pick("{{ self.a()|upper }}", "{{ super() }}", "{% block c %}{{ i }}{% endblock %}") + "{% endblock %}" + self.pick("", "{{ self.c() }}", "{{ self.nope() }}", "{{ self.b() }}")}


def layout(r):
    """A template that is all white space, marks and delimiters."""
    mark = lambda: r.choice(["", "", "", "-", "+"])
    space = lambda: r.choice(["", " ", "  ", "\n", " \n", "\n  ", "\t", "\r\n", "\n\n", "x", " y ", "\n z", "\u00a0", "\v", "\f", "#", "%", "{", "}", "-", "{ {", "##", "%%"])
    def tag(text):
        return "{%" + mark() + r.choice([" ", "", "\n", "\t"]) + text + r.choice([" ", "", "\n"]) + mark() + "%}"
    def piece(depth):
        kind = r.randint(0, 9 if depth else 5)
        if kind <= 1:
            return "".join(space() for _ in range(r.randint(1, 4)))
        if kind == 2:
            return "{{" + r.choice(["", "-"]) + " " + r.choice(["1", "'a'", "{'a': {'b': 1}}", "'}}'", "[1, 2]", '"%}"', "'\\n'", "'a\nb'", "(1, (2))", "i -1", "{}"]) + " " + r.choice(["", "-"]) + "}}"
        if kind == 3:
            return "{#" + mark() + r.choice(["", " c ", "\n", " {{ x }} ", " #", "-"]) + mark() + "#}"
        if kind == 4:
            return r.choice(["\n%% set a = 1\n", "\n  %% if yes:\n", "\n%% endif\n", "\n## comment\n", " ## tail\n", "\n%%- set a = 1\n", "%% for x in [1,\n 2]\nx\n%% endfor\n", "\n%% set b = 'x' ## why\n"])
        if kind == 5:
            return "{%" + mark() + " raw " + r.choice(["", "-"]) + "%}" + space() + r.choice(["{{ x }}", "{% if %}", "", "{#"]) + space() + "{%" + r.choice(["", "-", "+"]) + " endraw " + r.choice(["", "-", "+"]) + "%}"
        body = "".join(piece(depth - 1) for _ in range(r.randint(0, 4)))
        return {
            6: lambda: tag("if yes") + body + tag("endif"),
            7: lambda: tag("for x in [1, 2]") + body + tag("endfor"),
            8: lambda: tag("set v") + body + tag("endset") + "[{{ v }}]",
            9: lambda: tag("block b%d" % r.randint(0, 10**9)) + body + tag("endblock"),
        }[kind]()
    return "".join(piece(3) for _ in range(r.randint(1, 7)))


def case(seed, number):
    """The case of that number."""
    r = random.Random(f"{seed}/{number}")
    g = Generator(r)
    options = {}
    if r.random() < 0.3:
        options["trim_blocks"] = True
    if r.random() < 0.3:
        options["lstrip_blocks"] = True
    if r.random() < 0.1:
        options["keep_trailing_newline"] = True
    if r.random() < 0.05:
        options["newline_sequence"] = r.choice(["\r\n", "\r"])
    if r.random() < 0.35:
        options["autoescape"] = True
    if r.random() < 0.35:
        options["undefined"] = r.choice(["strict", "chainable", "debug"])
    if r.random() < 0.05:
        options["line_statement_prefix"] = "%%"
        options["line_comment_prefix"] = "##"
    form = r.random()
    if form < 0.15:
        templates = {"main": layout(r)}
        if r.random() < 0.4:
            options.update(line_statement_prefix=r.choice(["%%", "%", "#"]), line_comment_prefix=r.choice(["##", "//", "%#"]))
        if r.random() < 0.1:
            options.update(block_start_string="<%", block_end_string="%>", variable_start_string="<%=", variable_end_string="%>", comment_start_string="<%#", comment_end_string="%>")
            for old, new in (("{%", "<%"), ("%}", "%>"), ("{{", "<%="), ("}}", "%>"), ("{#", "<%#"), ("#}", "%>")):
                templates["main"] = templates["main"].replace(old, new)
    elif form < 0.5:
        templates = {"main": "{{ " + g.expr(ANY, r.randint(1, 4)) + " }}"}
    elif form < 0.8:
        templates = {"main": g.template()}
    else:
        templates = g.family()
    if form >= 0.15 and "line_statement_prefix" in options:
        lines = r.choice(["%% if yes\nA\n%% endif\n", "%% for x in [1, 2]:\n{{ x }} ## note\n%% endfor\n", "  %% set q = [1,\n 2]\n{{ q }}\n", "## gone\nkept\n"])
        templates["main"] = lines + templates["main"] + r.choice(["", "\n%% if no\nB\n%% else\nC\n%% endif"])
    context = make_context(r)
    context["parent"] = "base"
    context["name"] = "inc"
    return {"templates": templates, "main": "main", "options": options, "context": context}
