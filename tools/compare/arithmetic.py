"""Numbers and texts at their edges: operators, rounding, all format specifications, parsing, and methods of odd texts.
`case(seed, number)` always gives the same.
"""

import random

SPECIAL = ["true", "false", "0", "-0.0", "1e308", "5e-324", "1e16", "1e-5", "0.1", "2.5", "3.5", "0.5", "-0.5", "1.005", "2.675", "9007199254740993", "9223372036854775807", "-9223372036854775808", "9223372036854775808", "inf", "nan", "1e22", "1e21", "123456789012345680.0"]
ROUNDED = ["round", "round(1)", "round(2)", "round(-1)", "round(3, 'floor')", "round(0, 'ceil')", "round(-2, 'common')", "int", "float", "abs", "filesizeformat", "filesizeformat(true)", "string", "tojson", "pprint", "length", "round|int", "round(20)", "round(400)", "round(-400)", "e"]
PARSED = ["int", "int(7)", "float", "float(2.5)", "int(0, 16)", "int(base=8)", "int(base=2)", "int(0, 0)", "int(0, 36)", "int(base=37)", "int(base=1)"]
GATHERED = ["sum", "max", "min", "sort", "unique|list", "join(',')", "tojson", "pprint", "sum(start=0.0)", "first", "map('round')|list", "map('int')|list", "select('odd')|list", "string"]
METHODS = ["upper()", "lower()", "title()", "capitalize()", "swapcase()", "casefold()", "strip()", "split()", "splitlines()", "splitlines(true)", "isdigit()", "isalpha()", "isalnum()", "isupper()", "islower()", "isspace()", "istitle()", "isnumeric()", "isdecimal()", "isidentifier()", "isprintable()", "isascii()", "zfill(6)", "center(9)", "center(10, '*')", "ljust(9)", "rjust(9)", "expandtabs(4)", "partition(' ')", "rsplit(' ', 1)", "encode()", "find('a')"]
FILTERS = ["title", "capitalize", "upper", "lower", "wordcount", "length", "list", "reverse", "trim", "urlencode", "tojson", "pprint", "e", "striptags", "urlize", "center(9)", "truncate(3)", "truncate(4, true)", "truncate(4, true, '', 0)", "wordwrap(3)", "wordwrap(2, false)", "indent", "indent(2, true)", "indent(1, blank=true)", "first", "last", "string", "replace('a', '')", "replace('', '-')", "sort", "unique|join", "batch(2)|list", "slice(3)|list", "select('upper')|list", "map('upper')|join", "forceescape", "default('x', true)", "int", "float"]
LETTERS = "aAbZ éßÄşıİǆΣς日本🎉\u0301-_.,0123٣½²\n\t\r\x1c\u2028 "


def number(r):
    return r.choice([
        lambda: str(r.randint(-20, 20)), lambda: str(r.randint(-(2**31), 2**63)), lambda: str(r.randint(-(2**100), 2**100)), lambda: repr(r.uniform(-10, 10)),
        lambda: repr(r.uniform(-1, 1) * 10 ** r.randint(-30, 30)), lambda: repr(round(r.uniform(-100, 100), r.randint(0, 4))), lambda: r.choice(SPECIAL),
    ])()


def text(r):
    return quoted("".join(r.choice(LETTERS) for _ in range(r.randint(0, 8))))


def quoted(text):
    for old, new in (("\\", "\\\\"), ("'", "\\'"), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t")):
        text = text.replace(old, new)
    return f"'{text}'"


def specification(r):
    align = r.choice(["", r.choice("*é0 <") + r.choice("<>=^"), r.choice(["", "<", ">", "^", "="])])
    width = r.choice(["", "", str(r.randint(0, 20))])
    precision = r.choice(["", "", f".{r.randint(0, 20)}"])
    return align + r.choice(["", "", "+", "-", " "]) + r.choice(["", "", "", "z"]) + r.choice(["", "", "#"]) + r.choice(["", "", "0"]) + width + r.choice(["", "", "", ",", "_"]) + precision + r.choice(["", *"dfFeEgG%xXobcnsr"])


def placeholder(r):
    flags = "".join(r.sample("#0- +", r.choice([0, 0, 1, 2])))
    width = r.choice(["", "", str(r.randint(0, 15)), "*"])
    precision = r.choice(["", "", f".{r.randint(0, 15)}", ".", ".*"])
    return quoted("%" + r.choice(["", "", "(a)"]) + flags + width + precision + r.choice(["", "", "l", "h"]) + r.choice("diouxXeEfFgGcrsa%z"))


def expression(r):
    n = lambda: number(r)
    return r.choice([
        lambda: f"({n()}) {r.choice(['+', '-', '*', '/', '//', '%', '==', '<', '>='])} ({n()})",
        # The exponent is small: Python computes large powers for as long as it takes.
        lambda: f"({n()}) ** ({r.choice(['2', '3', '0', '-1', '0.5', '-2.5', '10', 'true', '100'])})",
        lambda: f"({n()})|{r.choice(ROUNDED)}",
        lambda: f"{quoted('{:' + specification(r) + '}')}.format({r.choice([n(), n(), n(), text(r), 'none', '[1]'])})",
        lambda: f"{placeholder(r)}|format({', '.join(n() for _ in range(r.choice([1, 1, 1, 2, 3])))})",
        lambda: f"{placeholder(r)} % ({r.choice([n(), text(r), f'({n()}, {n()})', '{' + chr(39) + 'a' + chr(39) + ': ' + n() + '}', f'({text(r)},)'])})",
        lambda: f"{quoted(r.choice([n(), f' {n()} ', f'0x{r.randint(0, 99999):x}', '1_000', '0b11', '0o7', n() + 'x', '1e5', '.5', '5.', '+5', '- 5', '٣', '½', 'inf', '-Infinity', 'nan', '']))}|{r.choice(PARSED)}",
        lambda: f"[{', '.join(n() for _ in range(r.randint(0, 5)))}]|{r.choice(GATHERED)}",
        lambda: f"{text(r)}.{r.choice(METHODS)}",
        lambda: f"{text(r)}[{r.choice(['::-1', '1:', '-2:5:2', '0', ':-1', '5:1:-2'])}]",
        lambda: f"{text(r)}|{r.choice(FILTERS)}",
        lambda: f"{n()} is {r.choice(['odd', 'even', 'number', 'integer', 'float', 'true', 'boolean', 'string', 'none'])}",
        lambda: f"{n()} is {r.choice(['divisibleby', 'eq', 'lt', 'ge', 'sameas'])}({n()})",
    ])()


def case(seed, number):
    """The case of that number."""
    r = random.Random(f"arithmetic {seed}/{number}")
    context = {"inf": {"$float": "inf"}, "nan": {"$float": "nan"}}
    return {"templates": {"main": "{{ " + expression(r) + " }}"}, "main": "main", "options": {}, "context": context}
