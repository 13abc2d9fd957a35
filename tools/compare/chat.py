"""Chat templates in the manner of the well-known model families, over several conversations.

The templates are in `chat/`. They are rendered as their home does: with `trim_blocks` and `lstrip_blocks`,
and `raise_exception` and `strftime_now` as functions of the host.
"""

import itertools
import pathlib

TOOLS = [
    {"type": "function", "function": {"name": "get_weather", "description": "The weather at a \"place\" <now>", "parameters": {
        "type": "object", "properties": {"place": {"type": "string", "description": "A city & country"}, "unit": {"type": "string", "enum": ["c", "f"]}, "days": {"type": ["integer", "null"], "default": 1}},
        "required": ["place"]}, "return": {"type": "string", "description": "the weather"}}},
    {"type": "function", "function": {"name": "noop", "description": "", "parameters": {"type": "object", "properties": {}}}},
]
CALL = {"id": "call12345", "type": "function", "function": {"name": "get_weather", "arguments": {"place": "Zürich", "days": 2}}}
TEXT_CALL = {"id": "abcdefghi", "type": "function", "function": {"name": "get_weather", "arguments": "{\"place\": \"Paris\"}"}}


def m(role, content, **rest):
    return {"role": role, "content": content, **rest}


CONVERSATIONS = {
    "one": [m("user", "Hello!")],
    "empty": [],
    "system": [m("system", "  You are <helpful> & \"kind\".\n"), m("user", "Hi\n")],
    "turns": [m("user", "a"), m("assistant", " b "), m("user", "c\n\n"), m("assistant", "d"), m("user", "日本語 🎉")],
    "system turns": [m("system", "S"), m("user", "a"), m("assistant", "b"), m("user", "c")],
    "two users": [m("user", "a"), m("user", "b")],
    "assistant first": [m("assistant", "b"), m("user", "c")],
    "ends with assistant": [m("user", "a"), m("assistant", "so far")],
    "late system": [m("user", "a"), m("assistant", "b"), m("system", "changed"), m("user", "c")],
    "parts": [m("user", [{"type": "text", "text": "See "}, {"type": "image"}, {"type": "text", "text": " and say"}, {"type": "image_url", "image_url": {"url": "http://x/y.png"}}])],
    "call": [m("user", "Weather?"), m("assistant", None, tool_calls=[CALL]), m("tool", "{\"t\": 21.5}", name="get_weather", tool_call_id="call12345"), m("assistant", "21.5 °C"), m("user", "thanks")],
    "calls": [m("system", "Use tools."), m("user", "Weather?"), m("assistant", "", tool_calls=[CALL, TEXT_CALL]), m("tool", "sunny", name="get_weather", tool_call_id="call12345"), m("tool", {"t": 3, "list": [1, None, True]}, name="get_weather", tool_call_id="abcdefghi")],
    "thinking": [m("user", "1+1?"), m("assistant", "<think>\nsum\n</think>\n\n2"), m("user", "2+2?"), m("assistant", "<think>\nagain\n</think>\n\n4")],
    "reasoning": [m("user", "q"), m("assistant", "answer", reasoning_content="because"), m("user", "q2")],
    "bad role": [m("user", "a"), m("narrator", "b")],
    "developer": [m("developer", "Be terse."), m("user", "a")],
    "missing content": [m("user", "a"), {"role": "assistant"}],
    "documents": [m("user", "from the documents?")],
}

OPTIONS = [
    {"add_generation_prompt": True},
    {"add_generation_prompt": False},
    {"add_generation_prompt": True, "tools": TOOLS},
    {"add_generation_prompt": True, "tools": None, "enable_thinking": False, "documents": [{"title": "T1", "text": "body one", "doc_id": 1}, {"title": "T2", "text": "body\ntwo"}]},
    {"add_generation_prompt": True, "tools": TOOLS, "enable_thinking": True, "date_string": "01 Jan 2025", "tools_in_user_message": False, "builtin_tools": ["code_interpreter", "brave_search"]},
]


def all_cases():
    folder = pathlib.Path(__file__).parent / "chat"
    for path in sorted(folder.glob("*.jinja")):
        source = path.read_text()
        for (name, messages), (number, options) in itertools.product(CONVERSATIONS.items(), enumerate(OPTIONS)):
            yield {
                "test": f"{path.name}: {name}, options {number}",
                "templates": {"main": source},
                "main": "main",
                "options": {"trim_blocks": True, "lstrip_blocks": True, "keep_trailing_newline": number == 1},
                "context": {"messages": messages, "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", **options},
            }
