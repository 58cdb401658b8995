"""Requests of OpenAI's chat completions, read into the middle form.

Source: `openai.types.chat.completion_create_params` of the official Python package.
"""

from collections.abc import Iterator
from typing import Any

from .data_url import image_at
from .fields import Fields
from .json_exact import load
from .middle import Asked, Call, Form, Image, Option, Part, Result, Text, Tool, ToolChoice, Turn
from .refusals import malformed, untranslatable
from .turns import joined, leading

_USUAL: dict[str, tuple[Any, ...]] = {
    "n": (1,),
    "logprobs": (False,),
    "top_logprobs": (0,),
    "store": (False,),
    "modalities": (["text"],),
    "logit_bias": ({},),
    "metadata": ({},),
    "service_tier": ("auto", "default"),
    "presence_penalty": (0,),
    "frequency_penalty": (0,),
    "parallel_tool_calls": (True,),
    "verbosity": ("medium",),
}
"""Wishes for what is so anyway."""
_NUMBERS = ("temperature", "top_p", "presence_penalty", "frequency_penalty", "seed")
_MOST = ("max_completion_tokens", "max_tokens")
_ANYWAY: dict[str, tuple[Any, ...]] = {"annotations": ([],)}


def read(tree: Any) -> Asked:
    """Read a request. Raises `BadInput` naming what no other format knows."""
    fields = Fields(tree)
    model = fields.text("model")
    turns = joined(turn for item in fields.objects("messages") for turn in _turns(item))
    system, rest = leading(turns)
    fields.usual(_USUAL)
    tools = tuple(_tool(item) for item in fields.objects("tools"))
    choice = _choice(fields)
    options = dict(_options(fields))
    stream = fields.take("stream", bool) or False
    usage = _wants_usage(fields)
    fields.done()
    return Asked(model, system, rest, tools, choice, options, stream, usage)


def _turns(message: Fields) -> Iterator[Turn]:
    role = message.text("role")
    if role in ("system", "developer"):
        yield Turn("system", tuple(_texts(message, "content")), message.where)
    elif role == "user":
        yield Turn("user", tuple(_content(message)), message.where)
    elif role == "assistant":
        yield Turn("assistant", tuple(_said(message)), message.where)
    elif role == "tool":
        identity = message.text("tool_call_id")
        result = Result(identity, "", tuple(_texts(message, "content")), where=message.where)
        yield Turn("user", (result,), message.where)
    else:
        raise untranslatable(message.at("role"))
    message.done()


def _said(message: Fields) -> Iterator[Part]:
    message.usual(_ANYWAY)
    calls = [_call(item) for item in message.objects("tool_calls")]
    texts = list(_texts(message, "content", needed=not calls))
    yield from (text for text in texts if text.text or not calls)
    yield from calls


def _texts(message: Fields, name: str, *, needed: bool = True) -> Iterator[Text]:
    for part in _parts(message, name, needed=needed):
        if not isinstance(part, Text):
            raise untranslatable(part.where)
        yield part


def _content(message: Fields) -> Iterator[Text | Image]:
    yield from _parts(message, "content", needed=True)


def _parts(message: Fields, name: str, *, needed: bool) -> Iterator[Text | Image]:
    content, where = message.any(name), message.at(name)
    if isinstance(content, str):
        yield Text(content, where)
    elif isinstance(content, list) and content:
        for index, item in enumerate(content):
            yield _part(Fields(item, f"{where}.{index}"))
    elif needed or content is not None:
        raise malformed(where)


def _part(part: Fields) -> Text | Image:
    found: Text | Image
    match part.text("type"):
        case "text":
            found = Text(part.text("text"), part.where)
        case "image_url":
            found = _image(part)
        case _:
            raise untranslatable(part.where)
    part.done()
    return found


def _image(part: Fields) -> Image:
    source = Fields(part.any("image_url"), part.at("image_url"))
    url = source.text("url")
    source.usual({"detail": ("auto",)})
    source.done()
    return image_at(url, source.at("url"))


def _call(item: Fields) -> Call:
    identity = item.text("id")
    if item.text("type") != "function":
        raise untranslatable(item.at("type"))
    function = Fields(item.any("function"), item.at("function"))
    name, written = function.text("name"), function.text("arguments")
    function.done()
    item.done()
    try:
        arguments = load(written or "{}")
    except ValueError:
        arguments = None
    if not isinstance(arguments, dict):
        raise untranslatable(function.at("arguments"), "expected an object as JSON")
    return Call(identity, name, arguments, item.where)


def _tool(item: Fields) -> Tool:
    if item.text("type") != "function":
        raise untranslatable(item.at("type"))
    function = Fields(item.any("function"), item.at("function"))
    name, description = function.text("name"), function.take("description", str) or ""
    schema = function.take("parameters", dict)
    strict = function.take("strict", bool) or False
    function.done()
    item.done()
    return Tool(name, description, schema or {"type": "object", "properties": {}}, strict, function.where)


def _choice(fields: Fields) -> ToolChoice | None:
    choice, where = fields.any("tool_choice"), fields.at("tool_choice")
    if choice is None:
        return None
    if isinstance(choice, str):
        match choice:
            case "auto" | "none":
                return ToolChoice(choice, where=where)
            case "required":
                return ToolChoice("any", where=where)
        raise untranslatable(where)
    named = Fields(choice, where)
    if named.text("type") != "function":
        raise untranslatable(named.at("type"))
    function = Fields(named.any("function"), named.at("function"))
    name = function.text("name")
    function.done()
    named.done()
    return ToolChoice("one", name, where)


def _options(fields: Fields) -> Iterator[tuple[str, Option]]:
    for name in _NUMBERS:
        number = fields.number(name)
        if number is not None:
            yield name, Option(number, name)
    most = {name: value for name in _MOST if (value := fields.take(name, int)) is not None}
    if len(set(most.values())) > 1:
        raise untranslatable("max_tokens", "max_completion_tokens says something else")
    for name, value in most.items():
        yield "max_tokens", Option(value, name)
    stop = fields.any("stop")
    if stop is not None:
        yield "stop", Option(_sequences(stop), "stop")
    if (user := fields.take("user", str)) is not None:
        yield "user", Option(user, "user")
    if fields.take("parallel_tool_calls", bool) is False:
        yield "one_call", Option(True, "parallel_tool_calls")
    form = _form(fields)
    if form is not None:
        yield "form", Option(form, "response_format")


def _sequences(stop: Any) -> list[str]:
    sequences = [stop] if isinstance(stop, str) else stop
    if not isinstance(sequences, list) or not all(isinstance(item, str) for item in sequences):
        raise malformed("stop")
    return sequences


def _form(fields: Fields) -> Form | None:
    if (given := fields.any("response_format")) is None:
        return None
    wanted = Fields(given, "response_format")
    kind = wanted.text("type")
    form = None
    if kind == "json_schema":
        form = _schema(Fields(wanted.any("json_schema"), wanted.at("json_schema")))
    elif kind == "json_object":
        form = Form("", None)
    elif kind != "text":
        raise untranslatable(wanted.at("type"))
    wanted.done()
    return form


def _schema(fields: Fields) -> Form:
    name, schema = fields.text("name"), fields.take("schema", dict)
    strict, description = fields.take("strict", bool) or False, fields.take("description", str) or ""
    fields.done()
    if schema is None:
        raise malformed(fields.at("schema"))
    return Form(name, schema, strict, description)


def _wants_usage(fields: Fields) -> bool:
    given = fields.any("stream_options")
    if given is None:
        return False
    options = Fields(given, "stream_options")
    wanted = options.take("include_usage", bool) or False
    options.usual({"include_obfuscation": (False,)})
    options.done()
    return wanted
