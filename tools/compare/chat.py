"""Chat templates in the manner of the well-known model families, over several conversations.

Those in `chat/` are written for this. Real ones come with models and with the programs that run them; put them in a
folder, one a file. They are rendered by Jinja2 as `transformers` sets it up, and by `Environment::chat()`.
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
    "fields": [m("system", [{"type": "text", "text": "S"}]), m("user", "q", name="ann"), m("assistant", None, reasoning="why\n", thinking="hm", tool_plan="plan", tool_calls=[{"name": "noop", "arguments": {}}]), m("tool", [{"type": "text", "text": "r1"}, {"type": "text", "text": "r2"}], tool_call_id="0"), m("assistant", [{"type": "thinking", "thinking": "t"}, {"type": "text", "text": "done"}]), m("user", "more?")],
    "media": [m("user", [{"type": "image", "image": "x.png"}, {"type": "video", "video": "v.mp4"}, {"type": "audio", "audio": "a.wav"}, {"type": "input_audio", "input_audio": {"data": "QQ=="}}, {"type": "document", "document": {"source": "d"}}, {"type": "text", "text": "what?\n"}]), m("assistant", "this"), m("user", "and?")],
    "late calls": [m("user", "a"), m("assistant", "first", tool_calls=[TEXT_CALL]), m("tool", "", tool_call_id="abcdefghi"), m("assistant", "", reasoning_content="so\nit is", tool_calls=[CALL]), m("tool", "5\n", name="get_weather", tool_call_id="call12345"), m("user", "/no_think b"), m("assistant", "end <think>x</think> tail")],
}

OPTIONS = [
    {"add_generation_prompt": True},
    {"add_generation_prompt": False},
    {"add_generation_prompt": True, "tools": TOOLS},
    {"add_generation_prompt": True, "tools": None, "enable_thinking": False, "documents": [{"title": "T1", "text": "body one", "doc_id": 1}, {"title": "T2", "text": "body\ntwo"}]},
    {"add_generation_prompt": True, "tools": TOOLS, "enable_thinking": True, "date_string": "01 Jan 2025", "tools_in_user_message": False, "builtin_tools": ["code_interpreter", "brave_search"]},
    {"add_generation_prompt": False, "tools": TOOLS, "documents": [{"title": "T", "text": "b", "url": "u", "doc_id": "d1"}], "thinking": True, "reasoning_effort": "high", "reasoning": True, "model_identity": "You are M.", "xml_tools": TOOLS, "python_tools": TOOLS, "custom_tools": TOOLS, "controls": ["length long"], "available_tools": TOOLS, "guidelines": "be kind", "citation_mode": "fast", "add_vision_id": True, "preserve_thinking": True, "keep_all_reasoning": True},
]


def all_cases(folders):
    """Every template of the folders over every conversation and all options."""
    for folder in folders:
        for path in sorted(pathlib.Path(folder).glob("*.jinja")):
            source = path.read_bytes().decode()
            for (name, messages), (number, options) in itertools.product(CONVERSATIONS.items(), enumerate(OPTIONS)):
                yield {
                    "test": f"{path.name}: {name}, options {number}",
                    "templates": {"main": source},
                    "main": "main",
                    "preset": "chat",
                    "context": {"messages": messages, "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", **options},
                }
