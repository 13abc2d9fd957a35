"""Cases: how they are written as JSON, and how Jinja2 renders them.

A case is an object that can be written as a line of JSON: `templates` (name to text), `main`, `context`,
`options` (keyword arguments of jinja2.Environment that JSON can say; `undefined` by name), and `filters`,
`tests` and `globals` of the host; or with `"preset": "chat"`, as chat templates are rendered by `transformers`. Values that JSON lacks are objects with one key that starts with `$`.
"""

import asyncio
import functools
import json
import math
import resource
import signal
import types

import jinja2
from jinja2 import ext, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

UNDEFINED = {
    "lenient": jinja2.Undefined,
    "chainable": jinja2.ChainableUndefined,
    "debug": jinja2.DebugUndefined,
    "strict": jinja2.StrictUndefined,
}


class Unsupported(Exception):
    """A value that cannot be written."""


class Replay:
    """A function that gives recorded results in order, the last one again and again."""

    def __init__(self, results):
        self.results = results
        self.next = 0

    def __call__(self, *args, **kwargs):
        if not self.results:
            raise RuntimeError("a call that was not recorded")
        result = self.results[min(self.next, len(self.results) - 1)]
        self.next += 1
        if isinstance(result, dict) and "$error" in result:
            raise RuntimeError(result["$error"])
        return decode(result)


class Thing:
    """An object with attributes and items."""

    def __init__(self, inner):
        self.__dict__.update(decode(inner.get("attributes") or {}))
        self._text = inner.get("text") or "<thing>"
        self._items = decode(inner.get("items") or {})
        if inner.get("html") is not None:
            self.__html__ = lambda: inner["html"]

    def __getitem__(self, key):
        return self._items[key]

    def __iter__(self):
        raise TypeError("a thing has no items")

    def __str__(self):
        return self._text

    __repr__ = __str__


def decode(data):
    """The Python value that JSON stands for."""
    if isinstance(data, list):
        return [decode(item) for item in data]
    if not isinstance(data, dict):
        return data
    if len(data) == 1:
        (key, inner), = data.items()
        if key == "$int":
            return int(inner)
        if key == "$float":
            return float(inner)
        if key == "$tuple":
            return tuple(decode(inner))
        if key == "$safe":
            return Markup(inner)
        if key == "$bytes":
            return bytes(inner)
        if key == "$range":
            return range(*inner)
        if key == "$dict":
            return {decode(name): decode(value) for name, value in inner}
        if key == "$iter":
            return (item for item in decode(inner))
        if key == "$stream":
            return stream(decode(inner))
        if key == "$future":
            return later(decode(inner))
        if key == "$replay":
            return Replay(inner)
        if key == "$object":
            return Thing(inner)
    return {key: decode(value) for key, value in data.items()}


async def stream(items):
    for item in items:
        yield item


async def later(value):
    return value


def encode(value, depth=0):
    """JSON that stands for the Python value."""
    if depth > 12:
        raise Unsupported("too deep")
    def inner(value):
        return encode(value, depth + 1)
    if value is None or isinstance(value, bool):
        return value
    if type(value) is int:
        if -(2**63) <= value < 2**63:
            return value
        if -(2**127) <= value < 2**127:
            return {"$int": str(value)}
        raise Unsupported("an integer of more than 128 bits")
    if type(value) is float:
        return value if math.isfinite(value) else {"$float": repr(value)}
    if type(value) is Markup:
        return {"$safe": str(value)}
    if type(value) is str:
        return value
    if type(value) is bytes:
        return {"$bytes": list(value)}
    if type(value) is range:
        return {"$range": [value.start, value.stop, value.step]}
    if type(value) is list:
        return [inner(item) for item in value]
    if type(value) is tuple:
        return {"$tuple": [inner(item) for item in value]}
    if isinstance(value, dict) and type(value).__str__ is dict.__str__ and type(value).__repr__ is dict.__repr__:
        if all(type(key) is str and not key.startswith("$") for key in value):
            return {key: inner(item) for key, item in value.items()}
        return {"$dict": [[inner(key), inner(item)] for key, item in value.items()]}
    if isinstance(value, Replay):
        return {"$replay": value.results}
    if isinstance(value, (types.FunctionType, types.BuiltinFunctionType, types.MethodType, type)):
        raise Unsupported("a function")
    special = {"__call__", "__len__", "__iter__", "__await__", "__aiter__", "__contains__", "__lt__"}
    if any(name in special and name not in object.__dict__ for cls in type(value).__mro__[:-1] for name in cls.__dict__):
        raise Unsupported(f"a {type(value).__name__}")
    attributes = {}
    for name in dir(value):
        if not name.startswith("_") and not callable(getattr(value, name)):
            attributes[name] = inner(getattr(value, name))
    html = value.__html__() if hasattr(value, "__html__") else None
    return {"$object": {"text": str(value), "html": html, "attributes": attributes}}


def environment(case, asynchronous=False):
    """Jinja2's environment for a case."""
    options = dict(case.get("options") or {})
    translated = options.pop("i18n", None)
    options["undefined"] = UNDEFINED[options.get("undefined") or "lenient"]
    if options.get("autoescape") == "extension":
        options["autoescape"] = jinja2.select_autoescape(("html", "htm", "xml", "xhtml"))
    env = jinja2.Environment(
        loader=jinja2.DictLoader(case["templates"]),
        extensions=[ext.do, ext.loopcontrols] + ([ext.i18n] if translated is not None else []),
        enable_async=asynchronous,
        **options,
    )
    if translated is not None:
        def form(one, many, n):
            # As a catalogue of gettext does.
            if not isinstance(n, (int, float)):
                raise TypeError("plural value must be an integer")
            return one if n == 1 else many

        env.policies["ext.i18n.trimmed"] = translated["trimmed"]
        env.install_gettext_callables(
            lambda text: f"[{text}]",
            lambda one, many, n: f"[{form(one, many, n)}]",
            newstyle=translated["newstyle"],
            pgettext=lambda context, text: f"[{context}: {text}]",
            npgettext=lambda context, one, many, n: f"[{context}: {form(one, many, n)}]",
        )
    def raise_exception(message):
        raise jinja2.TemplateError(message)
    env.globals["raise_exception"] = raise_exception
    env.globals["strftime_now"] = lambda _: "26 Jul 2024"
    for kind in ("filters", "tests", "globals"):
        for name, data in (case.get(kind) or {}).items():
            getattr(env, kind)[name] = decode(data)
    return env


class Generation(ext.Extension):
    """The tag `generation`, which prints its body."""

    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return nodes.CallBlock(self.call_method("_body"), [], [], body).set_lineno(line)

    def _body(self, caller):
        return caller()


@functools.lru_cache(maxsize=4)
def chat_template(text):
    """A chat template, set up as `transformers` does."""
    def raise_exception(message):
        raise jinja2.TemplateError(message)

    def tojson(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
        return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)

    env = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, ext.loopcontrols])
    env.filters["tojson"] = tojson
    env.globals["raise_exception"] = raise_exception
    env.globals["strftime_now"] = lambda _: "26 Jul 2024"
    return env.from_string(text)


def needs_async(data):
    """Whether a context holds what only an asynchronous render can wait for."""
    if isinstance(data, dict):
        return "$future" in data or "$stream" in data or any(map(needs_async, data.values()))
    return isinstance(data, list) and any(map(needs_async, data))


# What a template may take in Python, which knows no limits of its own: a text times a large number, say.
MEMORY = 4 << 30
resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))


def alarmed(signum, frame):
    raise TimeoutError


def render(case, seconds=10):
    """What Jinja2 gives: `{"output": …}` or `{"error": …}`."""
    signal.signal(signal.SIGALRM, alarmed)
    signal.alarm(seconds)
    asynchronous = any(needs_async(case.get(part)) for part in ("context", "globals", "filters", "tests"))
    try:
        if case.get("preset") == "chat":
            template = chat_template(case["templates"][case["main"]])
        else:
            template = environment(case, asynchronous).get_template(case["main"])
        context = decode(case.get("context") or {})
        if asynchronous:
            return {"output": asyncio.run(template.render_async(context))}
        return {"output": template.render(context)}
    except Exception as error:
        return {"error": type(error).__name__, "message": str(error)}
    finally:
        signal.alarm(0)
