"""A plugin of pytest that writes what Jinja2's own tests render as cases.

Unpack Jinja2's source archive, and in its folder run

    CASES=/tmp/cases.jsonl PYTHONPATH=…/tools/compare python -m pytest -p record tests

Each case also has `recorded`, what Jinja2 gave in the test. Cases that cannot be written, such as those of
the sandbox, are counted in `$CASES.skipped`.
"""

import collections
import functools
import inspect
import json
import os

import jinja2
from jinja2 import defaults, ext, nativetypes, runtime, sandbox
from jinja2.environment import Environment, Template

import cases
from cases import Unsupported

OPTIONS = [
    "block_start_string", "block_end_string", "variable_start_string", "variable_end_string",
    "comment_start_string", "comment_end_string", "line_statement_prefix", "line_comment_prefix",
    "trim_blocks", "lstrip_blocks", "newline_sequence", "keep_trailing_newline",
]
DEFAULTS = {name: getattr(Environment(), name) for name in OPTIONS}
ALLOWED = {ext.ExprStmtExtension, ext.LoopControlExtension}
written, skipped = {}, collections.Counter()
sources = {}
busy = False


class Recorder:
    """Wraps a function and keeps its results."""

    def __init__(self, function):
        functools.update_wrapper(self, function)
        self.function, self.results, self.broken = function, [], None

    def __call__(self, *args, **kwargs):
        try:
            result = self.function(*args, **kwargs)
        except Exception as error:
            self.results.append({"$error": str(error)})
            raise
        if inspect.isgenerator(result):
            result = list(result)
            self.results.append({"$iter": [cases.encode(item) for item in result]})
            return iter(result)
        try:
            self.results.append(cases.encode(result))
        except Unsupported as error:
            self.broken = error
        return result


def wrap(value):
    """The value with its functions wrapped and its generators read."""
    if inspect.isfunction(value) and not inspect.iscoroutinefunction(value) and not inspect.isasyncgenfunction(value):
        return Recorder(value)
    if inspect.isgenerator(value) or type(value).__name__ in ("list_iterator", "map", "list_reverseiterator", "groupby"):
        return Items(list(value))
    return value


class Items:
    """A generator that was read."""

    def __init__(self, items):
        self.items = items
        self.iterator = iter(items)

    def __iter__(self):
        return self.iterator

    def __next__(self):
        return next(self.iterator)


def written_as(value):
    if isinstance(value, Recorder):
        if value.broken:
            raise value.broken
        return {"$replay": value.results}
    if isinstance(value, Items):
        return {"$iter": [cases.encode(item) for item in value.items]}
    return cases.encode(value)


def wrap_host(env):
    for table, builtin in ((env.filters, defaults.DEFAULT_FILTERS), (env.tests, defaults.DEFAULT_TESTS),
                           (env.globals, defaults.DEFAULT_NAMESPACE)):
        for name, value in list(table.items()):
            if builtin.get(name) is not value:
                table[name] = wrap(value)


def host(table, builtin):
    return {name: written_as(value) for name, value in table.items() if builtin.get(name) is not value}


def options_of(env, names):
    if isinstance(env, (sandbox.SandboxedEnvironment, nativetypes.NativeEnvironment)) or env.sandboxed:
        raise Unsupported(type(env).__name__)
    if type(env).__module__.startswith("test") or env.finalize is not None:
        raise Unsupported("finalize" if env.finalize else "a subclass of Environment")
    for extension in env.extensions.values():
        if type(extension) not in ALLOWED:
            raise Unsupported(f"extension {type(extension).__name__}")
    options = {name: getattr(env, name) for name in OPTIONS if getattr(env, name) != DEFAULTS[name]}
    if env.undefined is not runtime.Undefined:
        kinds = {value: name for name, value in cases.UNDEFINED.items()}
        if env.undefined not in kinds:
            raise Unsupported("undefined type")
        options["undefined"] = kinds[env.undefined]
    if callable(env.autoescape):
        decided = {bool(env.autoescape(name)) for name in names}
        options["autoescape"] = decided.pop() if len(decided) == 1 else "extension"
    elif env.autoescape:
        options["autoescape"] = True
    return options


def record(env, name, source, globals_, context, result):
    try:
        templates = dict(getattr(env.loader, "mapping", None) or {}) if isinstance(env.loader, jinja2.DictLoader) else {}
        templates.update({key: text for key, text in sources.get(id(env), (None, {}))[1].items() if key})
        if any(not isinstance(text, str) for text in templates.values()):
            raise Unsupported("a template that is no text")
        main = name or "__main__"
        templates[main] = source
        case = {
            "templates": templates,
            "main": main,
            "options": options_of(env, [name] + [key for key in templates if key != "__main__"]),
            "context": {key: written_as(value) for key, value in context.items()},
            "filters": host(env.filters, defaults.DEFAULT_FILTERS),
            "tests": host(env.tests, defaults.DEFAULT_TESTS),
            "globals": host(globals_, defaults.DEFAULT_NAMESPACE),
            "recorded": result,
            "test": os.environ.get("PYTEST_CURRENT_TEST", "").split(" ")[0],
        }
        key = json.dumps({**case, "test": None})
        written.setdefault(key, case)
    except Exception as error:
        skipped[f"{type(error).__name__}: {error}"] += 1


def patch():
    parse, from_string = Environment._parse, Environment.from_string
    load = Environment._load_template

    def new_parse(self, source, name, filename):
        sources.setdefault(id(self), (self, {}))[1][name] = source
        return parse(self, source, name, filename)

    def remembering(function):
        @functools.wraps(function)
        def wrapper(self, source, *args, **kwargs):
            if not busy:
                wrap_host(self)
            try:
                template = function(self, source, *args, **kwargs)
            except jinja2.TemplateSyntaxError as error:
                if function is from_string and isinstance(source, str) and not busy:
                    record(self, None, source, self.globals, {}, {"error": type(error).__name__})
                raise
            if function is from_string and isinstance(source, str):
                template.recorded_source = source
            return template
        return wrapper

    Environment._parse = new_parse
    Environment.from_string = remembering(from_string)
    Environment._load_template = remembering(load)

    def rendering(function, collect):
        def wrapper(self, *args, **kwargs):
            global busy
            if busy:
                return function(self, *args, **kwargs)
            context = {key: wrap(value) for key, value in dict(*args, **kwargs).items()}
            source = getattr(self, "recorded_source", None)
            if source is None:
                source = sources.get(id(self.environment), (None, {}))[1].get(self.name)
            busy = True
            try:
                result = collect(function(self, context))
                outcome = {"output": "".join(result) if isinstance(result, list) else result}
            except Exception as error:
                outcome = {"error": type(error).__name__}
                raise
            finally:
                busy = False
                if source is None:
                    skipped["no source"] += 1
                else:
                    globals_ = {**self.environment.globals, **self.globals}
                    record(self.environment, self.name, source, globals_, context, outcome)
            return iter(result) if isinstance(result, list) else result
        return wrapper

    Template.render = rendering(Template.render, lambda text: text)
    Template.generate = rendering(Template.generate, list)
    original = Template.render_async

    async def render_async(self, *args, **kwargs):
        source = getattr(self, "recorded_source", None)
        if busy or source is None:
            return await original(self, *args, **kwargs)
        context = {key: wrap(value) for key, value in dict(*args, **kwargs).items()}
        try:
            result = await original(self, context)
            outcome = {"output": result}
        except Exception as error:
            outcome = {"error": type(error).__name__}
            raise
        finally:
            globals_ = {**self.environment.globals, **self.globals}
            record(self.environment, self.name, source, globals_, context, outcome)
        return result

    Template.render_async = render_async


def pytest_configure(config):
    patch()


def pytest_unconfigure(config):
    path = os.environ.get("CASES", "cases.jsonl")
    with open(path, "w") as file:
        for case in written.values():
            file.write(json.dumps(case) + "\n")
    with open(path + ".skipped", "w") as file:
        for reason, count in skipped.most_common():
            file.write(f"{count}\t{reason}\n")
