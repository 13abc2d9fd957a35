"""Random calls of everything that has a name: filters, tests, methods, functions, attributes of `loop`.

Where `generate` makes what mostly means something, this goes through names and arguments, by position and by keyword,
and gives each now and then what it does not expect. `case(seed, number)` always gives the same.
"""

import random

import generate

ANYTHING = [
    "none", "true", "false", "0", "1", "-1", "2", "3", "10", "2.5", "-0.0", "1e16", "''", "'a'", "'abc def'", "'<b>'", "'42'", "' x '", "[]", "[1, 2, 3]", "['b', 'A', 'c']", "(1, 'a')", "()",
    "{}", "{'a': 1}", "i", "j", "n", "f", "s", "t", "w", "html", "safe", "ints", "strs", "mixed", "nested", "users", "u", "d", "tup", "pairs", "nums", "obj", "idict", "missing", "u.nope",
    "range(3)", "s|upper", "s|e", "users|map(attribute='name')|list", "'x'|safe", "[1, [2, (3,)]]", "1/3", "2**70", "u.tags", "'a\\nb\\r\\nc'", "[none, true]", "d.items()", "d.keys()", "'äÖß'", "namespace(a=1)", "self is defined",
]
NUMBERS = ["0", "1", "2", "3", "5", "10", "-1", "-3", "n", "i", "true", "2.0", "none", "'3'", "missing"]
TEXTS = ["''", "' '", "'a'", "'o'", "', '", "'<br>'", "'ab'", "'x' * 3", "w", "s", "'é'", "none", "1", "'<'|safe", "missing", "('a', 'b')"]
FLAGS = ["true", "false", "1", "0", "''", "'x'", "none", "missing", "[]"]
PATHS = ["'name'", "'age'", "'address.city'", "'tags.0'", "0", "1", "'0'", "'nope'", "'address.nope'", "none", "''", "'name,age'", "'admin,name'", "missing"]
TESTS = ["'odd'", "'even'", "'defined'", "'none'", "'string'", "'number'", "'in'", "'eq'", "'>'", "'lt'", "'divisibleby'", "'sameas'", "'nosuch'", "'mapping'", "'iterable'", "'lower'", "'escaped'", "'=='", "'ne'", "none"]
FILTERS = ["'upper'", "'length'", "'first'", "'int'", "'string'", "'tojson'", "'default'", "'replace'", "'join'", "'list'", "'nosuch'", "'round'", "'e'", "'title'", "'abs'", "'attr'", "'batch'", "'trim'", "'sum'", "'sort'", "'unique'"]
WORDS = ["'a'", "'key'", "'value'", "'name'", "'common'", "'ceil'", "'floor'", "'other'", "'http'", "none"]

# Parameters: a name, and what is usual for it.
SIGNATURES = {
    "abs": [], "attr": [("name", PATHS + ["'upper'", "'x'", "'items'"])], "batch": [("linecount", NUMBERS), ("fill_with", ANYTHING)], "capitalize": [], "center": [("width", NUMBERS)],
    "count": [], "d": [("default_value", ANYTHING), ("boolean", FLAGS)], "default": [("default_value", ANYTHING), ("boolean", FLAGS)],
    "dictsort": [("case_sensitive", FLAGS), ("by", WORDS), ("reverse", FLAGS)], "e": [], "escape": [], "filesizeformat": [("binary", FLAGS)], "first": [], "float": [("default", ANYTHING)],
    "forceescape": [], "groupby": [("attribute", PATHS), ("default", ANYTHING), ("case_sensitive", FLAGS)], "indent": [("width", NUMBERS + TEXTS), ("first", FLAGS), ("blank", FLAGS)],
    "int": [("default", ANYTHING), ("base", NUMBERS + ["16", "8", "36", "40"])], "items": [], "join": [("d", TEXTS), ("attribute", PATHS)], "last": [], "length": [], "list": [], "lower": [],
    "max": [("case_sensitive", FLAGS), ("attribute", PATHS)], "min": [("case_sensitive", FLAGS), ("attribute", PATHS)], "pprint": [], "replace": [("old", TEXTS), ("new", TEXTS), ("count", NUMBERS)],
    "reverse": [], "round": [("precision", NUMBERS), ("method", WORDS)], "safe": [], "slice": [("slices", NUMBERS), ("fill_with", ANYTHING)],
    "sort": [("reverse", FLAGS), ("case_sensitive", FLAGS), ("attribute", PATHS)], "string": [], "striptags": [], "sum": [("attribute", PATHS), ("start", ANYTHING)], "title": [], "tojson": [("indent", NUMBERS)],
    "trim": [("chars", TEXTS)], "truncate": [("length", NUMBERS), ("killwords", FLAGS), ("end", TEXTS), ("leeway", NUMBERS)], "unique": [("case_sensitive", FLAGS), ("attribute", PATHS)], "upper": [],
    "urlencode": [], "urlize": [("trim_url_limit", NUMBERS), ("nofollow", FLAGS), ("target", TEXTS), ("rel", TEXTS), ("extra_schemes", ["['tel:']", "['a:', 'ftp://']", "none", "'x'", "()", "['no']"])],
    "wordcount": [], "wordwrap": [("width", NUMBERS), ("break_long_words", FLAGS), ("wrapstring", TEXTS), ("break_on_hyphens", FLAGS)], "xmlattr": [("autospace", FLAGS)],
}
LAZY = {"batch", "slice", "items", "unique", "reverse", "map", "select", "reject", "selectattr", "rejectattr"}
METHODS = {
    "s": {
        "upper": [], "lower": [], "title": [], "capitalize": [], "swapcase": [], "casefold": [], "strip": [("chars", TEXTS)], "lstrip": [("chars", TEXTS)], "rstrip": [("chars", TEXTS)],
        "split": [("sep", TEXTS), ("maxsplit", NUMBERS)], "rsplit": [("sep", TEXTS), ("maxsplit", NUMBERS)], "splitlines": [("keepends", FLAGS)], "partition": [("sep", TEXTS)], "rpartition": [("sep", TEXTS)],
        "find": [("sub", TEXTS), ("start", NUMBERS), ("end", NUMBERS)], "rfind": [("sub", TEXTS), ("start", NUMBERS), ("end", NUMBERS)], "index": [("sub", TEXTS), ("start", NUMBERS)], "rindex": [("sub", TEXTS), ("start", NUMBERS)],
        "count": [("sub", TEXTS), ("start", NUMBERS), ("end", NUMBERS)], "replace": [("old", TEXTS), ("new", TEXTS), ("count", NUMBERS)], "startswith": [("prefix", TEXTS), ("start", NUMBERS), ("end", NUMBERS)], "endswith": [("suffix", TEXTS), ("start", NUMBERS)],
        "center": [("width", NUMBERS), ("fillchar", TEXTS)], "ljust": [("width", NUMBERS), ("fillchar", TEXTS)], "rjust": [("width", NUMBERS), ("fillchar", TEXTS)], "zfill": [("width", NUMBERS)], "expandtabs": [("tabsize", NUMBERS)],
        "join": [("iterable", ["strs", "s", "['a', '<b>']", "[1]", "d", "u.tags", "none", "()"])], "removeprefix": [("prefix", TEXTS)], "removesuffix": [("suffix", TEXTS)],
        "isdigit": [], "isalpha": [], "isalnum": [], "isupper": [], "islower": [], "isspace": [], "istitle": [], "isnumeric": [], "isdecimal": [], "isidentifier": [], "isascii": [], "isprintable": [],
    },
    "l": {"index": [("value", ANYTHING), ("start", NUMBERS)], "count": [("value", ANYTHING)], "copy": [], "append": [("object", ANYTHING)], "extend": [("iterable", ANYTHING)], "insert": [("index", NUMBERS), ("object", ANYTHING)], "pop": [("index", NUMBERS)], "remove": [("value", ANYTHING)], "reverse": [], "clear": [], "sort": []},
    "m": {"get": [("key", ANYTHING), ("default", ANYTHING)], "items": [], "keys": [], "values": [], "copy": [], "update": [("other", ["{'z': 1}", "d", "pairs", "none", "[1]", "{}"])], "pop": [("key", ["'a'", "'b'", "1", "'zz'"]), ("default", ANYTHING)], "setdefault": [("key", ["'a'", "'q'", "1"]), ("default", ANYTHING)], "popitem": [], "clear": [], "fromkeys": [("iterable", ["'ab'", "[1, 2]"]), ("value", ANYTHING)]},
}
IS = {
    "boolean": 0, "callable": 0, "defined": 0, "divisibleby": 1, "eq": 1, "equalto": 1, "escaped": 0, "even": 0, "false": 0, "filter": 0, "float": 0, "ge": 1, "greaterthan": 1, "gt": 1, "in": 1, "integer": 0, "iterable": 0,
    "le": 1, "lessthan": 1, "lower": 0, "lt": 1, "mapping": 0, "ne": 1, "none": 0, "number": 0, "odd": 0, "sameas": 1, "sequence": 0, "string": 0, "test": 0, "true": 0, "undefined": 0, "upper": 0,
}
SPECS = ["", "d", "5d", "<5", ">8", "^7", "*^9", "+d", " d", "05d", ",", "_", "x", "#x", "X", "#b", "o", "c", "e", ".2e", "f", ".1f", "08.3f", "g", ".3g", "G", "%", ".1%", "n", "s", ".2s", "10s", "=+6d", "<<4", "{w}", "0<5", "z", "Z", "5.", "#g", ",.2f", "_b", "é>4", "-5", "+", "1,", "012,d", "._f"]
PRINTF = ["%s", "%r", "%a", "%d", "%i", "%u", "%5d", "%-5d|", "%05d", "%+d", "% d", "%x", "%#x", "%X", "%o", "%#o", "%e", "%.3e", "%E", "%f", "%.0f", "%#.0f", "%F", "%g", "%G", "%.2g", "%#g", "%c", "%5s", "%-5s|", "%.2s", "%5.1f", "%%", "%*d", "%.*f", "%(name)s", "%(age)d", "%(nope)s", "%z", "%", "%ld", "%5%"]


class Surface:
    def __init__(self, r):
        self.r = r

    def some(self, items):
        return self.r.choice(items)

    def value(self, usual=None):
        if usual and self.r.random() < 0.85:
            return self.some(usual)
        return self.some(ANYTHING)

    def arguments(self, parameters):
        """Arguments: as many as it likes, by position and then by keyword."""
        r, out = self.r, []
        count = r.randint(0, len(parameters))
        if r.random() < 0.03:
            count += 1
        by_name = False
        for index in range(count):
            if index >= len(parameters):
                out.append(self.value())
                break
            name, usual = parameters[index]
            if r.random() < 0.2:
                by_name = True
                if r.random() < 0.5:
                    continue
            text = self.value(usual)
            out.append(f"{name}={text}" if by_name or r.random() < 0.1 else text)
            by_name = by_name or "=" in out[-1].split("'")[0]
        if r.random() < 0.02:
            out.append("nosuch=1")
        if by_name and r.random() < 0.2:
            r.shuffle(out)
        return ", ".join(out)

    def call(self, name, parameters):
        text = self.arguments(parameters)
        return f"{name}({text})" if text or self.r.random() < 0.1 else name

    def subject(self):
        return self.some(ANYTHING)

    def filter(self):
        r = self.r
        kind = r.random()
        subject = self.subject()
        if kind < 0.12:
            name = self.some(["select", "reject"])
            out = f"({subject})|{name}({', '.join([self.some(TESTS)][: r.randint(0, 1)] + [self.value() for _ in range(r.choice([0, 0, 1]))])})"
        elif kind < 0.2:
            name = self.some(["selectattr", "rejectattr"])
            out = f"({self.some(['users', 'users', 'pairs', subject])})|{name}({self.some(PATHS)}{', ' + self.some(TESTS) if r.random() < 0.6 else ''}{', ' + self.value() if r.random() < 0.3 else ''})"
        elif kind < 0.3:
            name = "map"
            inner = self.some([self.some(FILTERS), self.some(FILTERS) + ", " + self.value(), "attribute=" + self.some(PATHS), "attribute=" + self.some(PATHS) + ", default=" + self.value(), self.some(FILTERS) + ", default=" + self.value()])
            out = f"({self.some(['users', 'pairs', 'strs', 'ints', subject])})|map({inner})"
        elif kind < 0.36:
            name = "format"
            out = f"{self.printf()}|format({', '.join(self.value() for _ in range(r.randint(0, 3)))}{self.some(['', '', 'name=1'])})".replace(")name", ", name").replace("(, ", "(")
        else:
            name = self.some(list(SIGNATURES))
            out = f"({subject})|{self.call(name, SIGNATURES[name])}"
        if name in LAZY:
            out = self.some([f"{out}|list", f"{out}|join('|')", "{% for x in " + out + " %}{{ x }};{% endfor %}", f"{out}|list|length"])
        elif r.random() < 0.15:
            out = f"({out})|{self.some(['upper', 'length', 'string', 'list', 'first', 'e', 'tojson', 'safe', 'int', 'trim'])}"
        return out

    def test(self):
        r = self.r
        name = self.some(list(IS))
        count = IS[name] if r.random() < 0.95 else r.randint(0, 2)
        arguments = [self.value() for _ in range(count)]
        simple = count == 1 and arguments[0].isalnum() and arguments[0] not in ("none", "true", "false")
        text = (f" {arguments[0]}" if simple and r.random() < 0.4 else f"({', '.join(arguments)})") if arguments else ""
        return f"({self.subject()}) is {self.some(['', '', 'not '])}{name}{text}"

    def method(self):
        r = self.r
        owner = self.some(["s", "s", "s", "l", "m"])
        name = self.some(list(METHODS[owner]))
        positional = [(key, usual) for key, usual in METHODS[owner][name]]
        arguments = ", ".join(self.value(usual) for _, usual in positional[: r.randint(0, len(positional))])
        if r.random() < 0.06:
            arguments = self.arguments(positional)
        if owner == "s":
            return f"({self.some(['s', 't', 'w', 'html', 'safe', 's', 'strs[0]', chr(39) + 'Hello World' + chr(39), '(s|e)'])}).{name}({arguments})"
        made = self.some(["[3, 1, 2]", "['b', 'a', 'b']", "[]", "ints|list", "[[1], 2]"]) if owner == "l" else self.some(["{'a': 1, 'b': [2]}", "{}", "dict(d)", "{1: 'x'}", "dict(u.address)"])
        return f"{{% set v = {made} %}}{{{{ v.{name}({arguments}) }}}}{{{{ v }}}}"

    def operator(self):
        r = self.r
        a, b = f"({self.subject()})", f"({self.subject()})"
        return self.some([
            f"{a} {self.some(['+', '-', '*', '/', '//', '%', '**', '~', '==', '!=', '<', '<=', '>', '>=', 'in', 'not in', 'and', 'or'])} {b}",
            f"{self.some(['-', '+', 'not '])}{a}",
            f"{a}[{self.some(NUMBERS + TEXTS + ['1:', ':1', '::-1', '1:2', '-2:', '::2', ':n', 'none', '::0', 'none:none', '1:1:1'])}]",
            f"{a}.{self.some(['name', 'x', '0', '1', 'items', 'nope', 'length', 'upper', 'a', 'address.city', 'tags.0'])}",
            f"{a} {self.some(['<', '==', 'in'])} {b} {self.some(['<', '==', '>='])} ({self.subject()})",
            f"{a} if {b} else ({self.subject()})",
            f"[{a}, {b}, {{{a}: {b}}}]",
            f"({self.printf()}) % {self.some([b, f'({a}, {b})', 'u', '(1,)', '()', '{}'])}",
            f"'{{0:{self.some(SPECS)}}}'.format({a})",
            f"'{{:{self.some(SPECS)}}}|{{x!{self.some('rsa')}}}'.format({a}, x={b}, w=7)",
            f"'{self.some(['{}', '{0}{0}', '{1}', '{x}', '{0.name}', '{0[name]}', '{0[0]}', '{{}}', '{', '}', '{0!x}', '{:{}}', '{0:>{1}}', '{!r:>8}', '{a.b}', '{[0]}'])}'.format({a}, {self.some(NUMBERS)})",
        ])

    def printf(self):
        return generate.quoted(self.r, " ".join(self.some(PRINTF) for _ in range(self.r.randint(1, 2))))

    def function(self):
        return self.some([
            lambda: f"range({', '.join(self.value(NUMBERS) for _ in range(self.r.randint(0, 3)))})|list",
            lambda: f"dict({self.some(['', 'd', 'pairs', 'a=1', 'd, z=2', '[[1, 2]]', '[1]', 'none', '**u.address', 'u, name=3', '((1, 2),)'])})",
            lambda: "{% set c = cycler(" + ", ".join(self.value() for _ in range(self.r.randint(0, 3))) + ") %}{{ c.current }}{{ c.next() }}{{ c.next() }}{{ c.reset() }}{{ c.current }}",
            lambda: "{% set j = joiner(" + self.some(["", self.value(TEXTS), "sep='|'"]) + ") %}{{ j() }}{{ j() }}{{ j() }}",
            lambda: "{% set ns = namespace(" + self.some(["a=1", "{'a': 2}", "d", "pairs", "", "{'a': 1}, a=3", "none"]) + ") %}{% set ns.b = " + self.value() + " %}{{ ns.a }}{{ ns.b }}{{ ns['b'] }}{{ ns.nope }}",
            lambda: f"lipsum(n={self.some(NUMBERS)}, html={self.some(FLAGS)}, min=1, max={self.some(['2', '5'])})|string is string",
        ])()

    def loop(self):
        attribute = self.some(["index", "index0", "revindex", "revindex0", "first", "last", "length", "depth", "depth0", "previtem", "nextitem", "cycle('a', 'b', 1)", "cycle(*ints)", "changed(x)", "changed(x, loop.index)", "changed()", "nope", "previtem.name", "nextitem is defined"])
        source = self.some(["ints", "strs", "users", "s", "d", "mixed", "range(3)", "gen", "nested", "pairs", "missing", "idict", "tup", "u.tags", "[]", "users|map(attribute='name')", "5", "none", "ints|select('odd')", "d.items()"])
        condition = self.some(["", "", " if x", " if x is defined and x", " if loop", " if x is not none"])
        return f"{{% for x in {source}{condition} %}}{{{{ loop.{attribute} }}}},{{% else %}}E{{% endfor %}}"

    def trans(self):
        r = self.r
        variables = r.sample(["name=s", "n=ints|length", "n=i", "other=html", "safe", "w", "x=1 + 1", "m=n", "v=missing"], r.randint(0, 3))
        names = [text.split("=")[0] for text in variables] + ["w", "t"]
        text = lambda: r.choice(["", " ", "\n  "]).join(r.choice(["Hello", "100%", "{{ " + r.choice(names) + " }}", "<b>", "{{ " + r.choice(names) + " }}", "%(x)s", "%%", "a {{ nope }}"]) for _ in range(r.randint(0, 4)))
        head = r.choice(["", "", "'ctx' ", '"c" ']) + r.choice(["", "", "trimmed ", "notrimmed "]) + ", ".join(variables)
        plural = f"{{% pluralize{r.choice(['', '', ' ' + r.choice(names)])} %}}{text()}" if r.random() < 0.5 else ""
        calls = ["_('Hello')", "_('%(a)s and %(b)s', a=1, b=html)", "gettext('<%s>')|format(s)", "ngettext('%(num)s cup', '%(num)s cups', n)", "ngettext('one', 'many', i) % {}", "pgettext('c', 'Hi %(x)s', x=w)", "npgettext('c', 'a', 'b', 2)", "_('100%')", "_('%d')", "_()", "ngettext('a %(n)s', 'b %(n)s', 1, n=5)"]
        return f"{{% trans {head} %}}{text()}{plural}{{% endtrans %}}" + r.choice(["", "", "{{ " + r.choice(calls) + " }}"])

    def template(self):
        r = self.r
        parts = []
        for _ in range(r.choice([1, 1, 1, 2, 3])):
            make = r.choice([self.filter] * 8 + [self.test] * 3 + [self.method] * 4 + [self.operator] * 5 + [self.function] + [self.loop] * 2)
            text = make()
            parts.append(text if "{%" in text else "{{ " + text + " }}")
        return "".join(parts)


def case(seed, number):
    """The case of that number."""
    r = random.Random(f"surface {seed}/{number}")
    options = {}
    if r.random() < 0.35:
        options["autoescape"] = True
    if r.random() < 0.35:
        options["undefined"] = r.choice(["strict", "chainable", "debug"])
    if r.random() < 0.1:
        options["newline_sequence"] = r.choice(["\r\n", "\r"])
    surface = Surface(r)
    context = generate.make_context(r)
    template = surface.template()
    if r.random() < 0.08:
        template = "".join(surface.trans() for _ in range(r.randint(1, 2)))
        options["i18n"] = {"newstyle": r.random() < 0.4, "trimmed": r.random() < 0.2}
    return {"templates": {"main": template}, "main": "main", "options": options, "context": context}
