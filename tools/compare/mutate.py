"""Templates of `generate` with a mistake or two in them: what is no template in Jinja2 is none in kakehi.

A token is left out, written twice, put in another place, or taken from elsewhere.
"""

import random
import re

import generate

TOKEN = re.compile(r"\{[{%#][-+]?|[-+]?[}%#]\}|\w+|\s+|'[^']*'|\"[^\"]*\"|//|\*\*|[<>=!]=|.", re.DOTALL)
EXTRA = [
    "{{", "}}", "{%", "%}", "{#", "#}", "(", ")", "[", "]", "{", "}", ",", ":", "|", ".", "=", "==", "~", "+", "-", "*", "**", "/", "//", "%", "<", ">", "!", "is", "not", "in", "and", "or", "if", "else", "for", "set", "endfor",
    "endif", "elif", "x", "1", "1.5", "'s'", "none", "recursive", "scoped", "required", "with", "context", "without", "import", "from", "as", "include", "ignore", "missing", "extends", "block", "endblock", "macro", "endmacro",
    "call", "endcall", "filter", "endfilter", "raw", "endraw", "do", "break", "continue", "loop", "self", "super", "caller", "varargs", "kwargs", "true", " ", "\n", ";", "\\", "'", '"', "0x", "1_", "00", "..", "&", "@", "print", "autoescape", "endautoescape", "endset", "endwith", "ns.x", "*", "_",
]


def mutate(r, text, others):
    tokens = TOKEN.findall(text)
    for _ in range(r.choice([1, 1, 1, 2])):
        if not tokens:
            break
        at = r.randrange(len(tokens))
        kind = r.randint(0, 5)
        if kind == 0:
            del tokens[at]
        elif kind == 1:
            tokens.insert(at, tokens[at])
        elif kind == 2:
            other = r.randrange(len(tokens))
            tokens[at], tokens[other] = tokens[other], tokens[at]
        elif kind == 3:
            tokens[at] = r.choice(EXTRA)
        elif kind == 4:
            tokens.insert(at, r.choice(EXTRA))
        else:
            tokens.insert(at, r.choice(others))
    return "".join(tokens)


def case(seed, number):
    """The case of that number."""
    r = random.Random(f"mutate {seed}/{number}")
    made = generate.case(seed, number)
    while len(made["templates"]["main"]) > 600:
        number += 100_000_000
        made = generate.case(seed, number)
    main = made["main"]
    others = [token for token in TOKEN.findall(generate.case(seed, number + 1)["templates"]["main"]) if not token.isspace()] or ["x"]
    made["templates"][main] = mutate(r, made["templates"][main], others)
    return made
