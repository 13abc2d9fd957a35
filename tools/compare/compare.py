#!/usr/bin/env python3
"""Compares kakehi with an installed Jinja2 (3.1.6): the same templates, the same contexts.

    cargo build --manifest-path tools/compare/Cargo.toml
    tools/compare/compare.py random --seed 1 --count 10000   # generated templates
    tools/compare/compare.py surface --seed 1 --count 10000  # calls of everything that has a name, with any arguments
    tools/compare/compare.py scopes --seed 1 --count 10000   # variables in every kind of block
    tools/compare/compare.py mutate --seed 1 --count 10000   # generated templates with mistakes in them
    tools/compare/compare.py wild --seed 1 --count 10000     # what nobody would write, in any delimiters
    tools/compare/compare.py arithmetic --seed 1 --count 10000  # numbers, formats and texts at their edges
    tools/compare/compare.py chat                            # chat templates of `chat/`
    tools/compare/compare.py chat FOLDER…                    # others, such as those of models that you have
    tools/compare/compare.py cases FILE.jsonl…               # cases written before, such as by record.py

Each case is rendered by Jinja2, and by kakehi synchronously and asynchronously. They agree if all give the
same text, or if all fail. Differences go to standard output (`--show N` of them), and as cases to the file
`--write` names, to be run again with `cases`. Differences that `docs/jinja2-differences.md` names are
recognised in `named` below and counted apart.
"""

import argparse
import collections
import importlib
import json
import pathlib
import re
import subprocess
import sys

import cases

HERE = pathlib.Path(__file__).parent


class Engine:
    """kakehi, in a process that is started anew if it dies."""

    def __init__(self, path):
        self.path, self.process = path, None

    def render(self, case):
        if self.process is None or self.process.poll() is not None:
            self.process = subprocess.Popen([self.path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            self.process.stdin.write(json.dumps(case).encode() + b"\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = b""
        if not line:
            self.process.wait()
            crash = {"error": "CRASH", "message": f"exit status {self.process.returncode}"}
            return {"sync": crash, "async": crash}
        return json.loads(line)


GENERATORS = ("random", "surface", "mutate", "scopes", "wild", "arithmetic")
LAZY = r"\b(map|(select|reject)(attr)?|unique|batch|slice|items|reverse)\b"


def named(case, expected, actual):
    """The name of a difference that is meant, if this is one."""
    text = "\n".join(case["templates"].values())
    message, printed = actual.get("message", ""), expected.get("output", "")
    if re.search(" at 0x[0-9a-f]", printed, re.IGNORECASE):
        return "prints an address"
    if re.search(LAZY, text) and re.search(r"g,e,n,e,r,a,t,o,r|generator%20object|^5$", printed):
        return "counts or takes apart what prints an address"
    if "128 bits" in message or "128-bit" in message:
        return "integers beyond 128 bits"
    if expected.get("error") in ("TimeoutError", "MemoryError"):
        return "took Jinja2 too long, or too much"
    if actual.get("error", "").endswith("Limit") or actual.get("error") == "Fuel":
        return "limit"
    if re.search(r"-[\w.]+\)? *\*\*", text) and printed.replace("-", "") == actual.get("output", "").replace("-", ""):
        return "the power of a negative constant"
    if "fractional power" in message:
        return "complex numbers"
    if re.search(r"undefined value printed|no such element: (jinja2\.|dict_\w+ object)", printed, re.IGNORECASE):
        return "words of undefined values under `debug`"
    if re.search(r"(<|&lt;)class ", printed):
        return "prints a class"
    if "TemplateReference" in printed:
        return "prints `self`"
    if re.search(r"\bfor\b", text) and "include" in text and "loop" in text:
        return "an included template sees `loop`"
    if re.search(r"include [^%]*without context", text) and re.search(r"macro|set \w+ *(%|\|)|filter|call", text):
        return "`include` without context in what is captured"
    if "never closed" in message and "output" in expected:
        return "opened by the last characters of a template"
    if "cannot be sliced" in message:
        return "slices of constants"
    if "`items` cannot be applied" in message:
        return "filters that are generators fail later"
    if case.get("preset") == "chat" and "unknown tag 'do'" in expected.get("message", ""):
        return "`do` is always there"
    if case.get("preset") == "chat" and expected.get("error") == "SecurityError":
        return "chat templates may change what they made"
    if "Object of type generator is not JSON" in expected.get("message", ""):
        return "filters that are generators have no JSON"
    if expected.get("error") == "TemplateSyntaxError" and re.search(r"\.\.|\|>|\?\?|\?\.", text):
        return "operators of kakehi"
    if "output" in expected and re.search(LAZY, text) and "error" in actual:
        return "filters that are generators fail later"
    if expected.get("error") == "TemplateSyntaxError" and re.search(r"\[\*", text):
        return "operators of kakehi"
    if expected.get("error") == "TemplateSyntaxError" and re.search(r"(set|for|call|macro)\b[^%]*\w, *(=|in|\))", text):
        return "a comma behind the last target"
    if "invalid syntax for function call" in expected.get("message", ""):
        return "operators of kakehi"
    if "<bound method" in printed or "&lt;bound method" in printed:
        return "prints a method"
    if re.search(r"\bself\b", text):
        return "`self` as a value"
    if expected.get("error") == "KeyError" and re.search(r"\{\w*\[\w+\]", text):
        return "items of objects in `format`"
    if "a thing has no items" in expected.get("message", "") and "urlencode" in text:
        return "`urlencode` of an object"
    if re.search(r"of `(wordwrap|truncate)` must be an integer, found float", message):
        return "a float as width"
    if "unknown tag 'debug'" in expected.get("message", ""):
        return "`debug` is always there"
    if "expected" in message and (
        re.search(r"`(and|or|in|is|not|if|else)`", message)
        or re.search(r"[(,]\s*(and|or|in|is|not|if|else)\s*[,)]", text)
    ):
        return "words of operators as names"
    if re.search(r"\b_\b", text) and "i18n" not in (case.get("options") or {}):
        return "`_` exists"
    if "random" in text:
        return "random"
    if "__class__" in text:
        return "names with two underscores"
    if re.search(r"is +(not +)?\w+ +(if|in|not)\b", text):
        return "kakehi takes `x is none if y`"
    if re.search(r"autoescape +(?!true|false)\w", text):
        return "constants where escaping is decided at run time"
    return None


def same(expected, actual):
    if "output" in expected:
        return expected.get("output") == actual.get("output")
    return "error" in actual and actual["error"] not in ("PANIC", "CRASH")


def run(engine, all_cases, options):
    counts, differences = collections.Counter(), []
    for case in all_cases:
        expected = cases.render(case)
        recorded = case.get("recorded")
        if recorded and ("error" in expected) != ("error" in recorded):
            counts["not repeatable"] += 1
            continue
        if recorded and expected.get("output") != recorded.get("output"):
            counts["not repeatable"] += 1
            continue
        counts["compared"] += 1
        counts["rendered by Jinja2"] += "output" in expected
        answer = engine.render(case)
        sync, asynchronous = answer["sync"], answer["async"]
        if sync.get("error") == "AsyncRequired":
            sync = asynchronous
        wrong = next((got for got in (sync, asynchronous) if not same(expected, got)), None)
        if wrong is None:
            counts["equal"] += 1
            continue
        name = named(case, expected, wrong)
        if name:
            counts[f"named: {name}"] += 1
            continue
        counts["different"] += 1
        differences.append((case, expected, wrong))
    for case, expected, wrong in differences[: options.show]:
        show(case, expected, wrong)
    if options.write:
        with open(options.write, "w") as file:
            for case, _, _ in differences:
                file.write(json.dumps(case) + "\n")
    for name, count in counts.items():
        print(f"{count:7} {name}")
    return not differences


def show(case, expected, wrong):
    print("=" * 80, case.get("test", ""), {k: v for k, v in (case.get("options") or {}).items()})
    for name, text in case["templates"].items():
        print(f"--- {name}{' (main)' if name == case['main'] else ''}\n{text}")
    text = "\n".join(case["templates"].values())
    used = {k: v for k, v in (case.get("context") or {}).items() if re.search(rf"\b{re.escape(k)}\b", text)}
    print("--- context", json.dumps(used, ensure_ascii=False)[:1500])
    for label, result in (("jinja2", expected), ("kakehi", wrong)):
        if "output" in result:
            print(f"--- {label}: {result['output']!r}")
        else:
            print(f"--- {label} FAILS: {result['error']}: {str(result.get('message'))[:600]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", default=str(HERE / "target/debug/kakehi-compare"), help="the built program")
    parser.add_argument("--show", type=int, default=10)
    parser.add_argument("--write")
    commands = parser.add_subparsers(dest="command", required=True)
    for name in GENERATORS:
        made = commands.add_parser(name)
        made.add_argument("--seed", type=int, default=1)
        made.add_argument("--count", type=int, default=1000)
    chat_command = commands.add_parser("chat")
    chat_command.add_argument("folders", nargs="*", default=[str(HERE / "chat")], help="folders with *.jinja; those of kakehi if none")
    commands.add_parser("cases").add_argument("files", nargs="+")
    options = parser.parse_args()
    if options.command in GENERATORS:
        module = importlib.import_module("generate" if options.command == "random" else options.command)
        all_cases = (module.case(options.seed, number) for number in range(options.count))
    elif options.command == "chat":
        import chat
        all_cases = chat.all_cases(options.folders)
    else:
        all_cases = (json.loads(line) for file in options.files for line in open(file))
    sys.exit(0 if run(Engine(options.engine), all_cases, options) else 1)


if __name__ == "__main__":
    main()
