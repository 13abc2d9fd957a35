"""Templates about nothing but scopes: three variables, set and printed in every kind of block, in templates that include,
import and extend each other. `case(seed, number)` always gives the same.
"""

import random

NAMES = ["x", "y", "z"]


class Scopes:
    def __init__(self, r, templates):
        self.r, self.templates, self.count = r, templates, 0

    def name(self):
        return self.r.choice(NAMES)

    def value(self):
        return self.r.choice(["1", "2", "'s'", self.name(), self.name(), f"{self.name()}|default(0)", f"({self.name()} ~ 'a')|string"])

    def body(self, depth, inside=()):
        return "".join(self.statement(depth, inside) for _ in range(self.r.randint(1, 4)))

    def shown(self, inside):
        return self.r.choice(["{{ %s }}," % self.name()] * 4 + ["{{ x }}{{ y }}{{ z }}|", "{{ x is defined }}{{ y is defined }}", "{{ loop.index }}" if "loop" in inside else "{{ x }}", "{{ ns.v if ns }}", "{{ m0() if m0 is defined }}", "{{ lib.f() if lib is defined }}", "{{ lib.x if lib is defined }}", "{{ f() if f is defined }}", "{{ self.b0() }}" if "block" not in inside and "b0" in self.__dict__.get("blocks", ()) else "{{ y }}"])

    def statement(self, depth, inside):
        r = self.r
        if depth <= 0 or r.random() < 0.3:
            return self.shown(inside)
        name, deeper = self.name(), depth - 1
        kind = r.choice(["set", "set", "set", "setblock", "if", "ifelse", "for", "for", "forelse", "with", "macro", "call", "filter", "block", "include", "import", "from", "ns", "setmany", "recursive", "autoescape"])
        if kind == "set":
            return "{%% set %s = %s %%}" % (name, self.value())
        if kind == "setmany":
            return "{%% set %s, %s = %s, %s %%}" % (name, self.name(), self.value(), self.value())
        if kind == "setblock":
            return "{%% set %s%s %%}%s{%% endset %%}" % (name, r.choice(["", "|upper"]), self.body(deeper, inside))
        if kind == "if":
            return "{%% if %s %%}%s{%% endif %%}" % (r.choice(["true", "x", "y is defined", "false"]), self.body(deeper, inside))
        if kind == "ifelse":
            return "{%% if %s %%}%s{%% elif %s %%}%s{%% else %%}%s{%% endif %%}" % (self.name(), self.body(deeper, inside), self.name(), self.body(deeper, inside), self.body(deeper, inside))
        if kind in ("for", "forelse"):
            tail = "{% else %}" + self.body(deeper, inside) if kind == "forelse" else ""
            condition = r.choice(["", "", f" if {self.name()}", f" if {name} != 2"])
            return "{%% for %s in %s%s %%}%s%s{%% endfor %%}" % (name, r.choice(["[1, 2]", "[3]", "[]", "'ab'", f"[{self.name()}, 5]"]), condition, self.body(deeper, inside + ("loop",)), tail)
        if kind == "recursive":
            return "{%% for %s in [1, [2]] recursive %%}%s{%% if %s is iterable and %s is not string %%}{{ loop(%s) }}{%% endif %%}{%% endfor %%}" % (name, self.body(deeper, inside + ("loop",)), name, name, name)
        if kind == "with":
            bindings = ", ".join(f"{self.name()} = {self.value()}" for _ in range(r.randint(0, 2)))
            return "{%% with %s %%}%s{%% endwith %%}" % (bindings, self.body(deeper, inside))
        if kind == "macro":
            macro = r.choice(["m0", "m1"])
            parameters = r.choice(["", "x", "y=1", "x, y=x", "z=y", "x=z, z=2"])
            arguments = r.choice(["", "7", self.name()]) if parameters else ""
            return "{%% macro %s(%s) %%}%s{%% endmacro %%}{{ %s(%s) }}" % (macro, parameters, self.body(deeper, inside), macro, arguments)
        if kind == "call":
            self.count += 1
            inner = r.choice(["{{ caller() }}", "{{ caller() }}{{ x }}", "{% set x = 9 %}{{ caller() }}", "{% for y in [1] %}{{ caller() }}{% endfor %}"])
            return "{%% macro c%d() %%}%s{%% endmacro %%}{%% call%s c%d() %%}%s{%% endcall %%}" % (self.count, inner, r.choice(["", "", "(x=4)", "(y=z)"]), self.count, self.body(deeper, inside))
        if kind == "filter":
            return "{%% filter upper %%}%s{%% endfilter %%}" % self.body(deeper, inside)
        if kind == "autoescape":
            return "{%% autoescape %s %%}%s{%% endautoescape %%}" % (r.choice(["true", "false"]), self.body(deeper, inside))
        if kind == "block":
            self.count += 1
            block = "b%d" % (self.count if r.random() < 0.5 else 0)
            if block in self.__dict__.setdefault("blocks", set()):
                return self.shown(inside)
            self.blocks.add(block)
            return "{%% block %s%s %%}%s{%% endblock %%}" % (block, r.choice(["", " scoped"]), self.body(deeper, inside + ("block",)))
        if kind == "ns":
            return r.choice(["{%% set ns = namespace(v=%s) %%}" % self.value(), "{%% set ns = namespace() %%}{%% set ns.v = %s %%}" % self.value()])
        others = [other for other in ("inc", "lib") if other in self.templates]
        if not others:
            return self.shown(inside)
        context = r.choice(["", "", " with context", " without context"])
        if kind == "include":
            return "{%% include '%s'%s %%}" % (r.choice(others), context)
        if kind == "import":
            return "{%% import 'lib' as lib%s %%}%s" % (context, r.choice(["", "{{ lib.f() }}", "{{ lib.x }}"])) if "lib" in others else ""
        return "{%% from 'lib' import %s%s %%}%s" % (r.choice(["f", "x", "f, y", "f as g", "z as x"]), context, r.choice(["", "{{ f() }}"])) if "lib" in others else ""


def case(seed, number):
    """The case of that number."""
    r = random.Random(f"scopes {seed}/{number}")
    templates = {}
    if r.random() < 0.6:
        templates["lib"] = "{% macro f() %}" + Scopes(r, {}).body(2) + "{% endmacro %}" + Scopes(r, {}).body(2)
    if r.random() < 0.5:
        templates["inc"] = Scopes(r, {}).body(2)
    if r.random() < 0.3:
        templates["base"] = "[" + Scopes(r, templates).body(2) + "{% block base %}" + Scopes(r, templates).body(1, ("block",)) + "{% endblock %}{% for x in [8] %}{% block inner" + r.choice(["", " scoped"]) + " %}{{ x }}{% endblock %}{% endfor %}]"
    main = Scopes(r, templates).body(r.randint(2, 4))
    if "base" in templates:
        main = r.choice(["", "{% set y = 4 %}", "{{ x }}"]) + "{% extends 'base' %}" + main + "{% block base %}" + r.choice(["{{ super() }}", ""]) + Scopes(r, templates).body(2, ("block",)) + "{% endblock %}" + r.choice(["", "{% block inner %}{{ x }}{% set x = 1 %}{{ super() }}{% endblock %}"])
    templates["main"] = main
    context = {name: value for name, value in (("x", 10), ("y", "Y"), ("z", None)) if r.random() < 0.6}
    options = {"undefined": r.choice(["debug", "chainable"])} if r.random() < 0.3 else {}
    return {"templates": templates, "main": "main", "options": options, "context": context}
