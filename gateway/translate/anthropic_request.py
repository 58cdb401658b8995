"""Requests of Anthropic's messages, read into the middle form.

Source: `anthropic.types.message_create_params` of the official Python package. ``cache_control`` is advice
about cost and no part of what is asked: other providers cache by themselves.
"""

from collections.abc import Iterator
from typing import Any

from .fields import Fields
from .middle import Asked, Call, Form, Image, Option, Part, Result, Text, Tool, ToolChoice, Turn
from .refusals import malformed, untranslatable
from .turns import joined, leading

_USUAL: dict[str, tuple[Any, ...]] = {
    "thinking": ({"type": "disabled"},),
    "service_tier": ("auto",),
    "mcp_servers": ([],),
}
"""Wishes for what is so anyway."""
_NUMBERS = ("temperature", "top_p", "top_k")
_CHOICES: dict[str, ToolChoice] = {
    "auto": ToolChoice("auto", where="tool_choice"),
    "none": ToolChoice("none", where="tool_choice"),
    "any": ToolChoice("any", where="tool_choice"),
}


def read(tree: Any) -> Asked:
    """Read a request. Raises `BadInput` naming what no other format knows."""
    fields = Fields(tree)
    fields.any("cache_control")
    fields.usual(_USUAL)
    model = fields.text("model")
    system = tuple(_texts(fields, "system", needed=False))
    first, turns = leading(joined(_turn(item) for item in fields.objects("messages")))
    tools = tuple(_tool(item) for item in fields.objects("tools"))
    choice, one_call = _choice(fields)
    options = dict(_options(fields))
    if one_call is not None:
        options["one_call"] = one_call
    stream = fields.take("stream", bool) or False
    fields.done()
    return Asked(model, system + first, turns, tools, choice, options, stream, usage=True)


def _turn(message: Fields) -> Turn:
    role = message.text("role")
    if role == "user":
        turn = Turn("user", tuple(_blocks(message, "content")), message.where)
    elif role == "assistant":
        turn = Turn("assistant", tuple(_blocks(message, "content")), message.where)
    elif role == "system":
        turn = Turn("system", tuple(_texts(message, "content", needed=True)), message.where)
    else:
        raise untranslatable(message.at("role"))
    message.done()
    return turn


def _texts(fields: Fields, name: str, *, needed: bool) -> Iterator[Text]:
    for part in _blocks(fields, name, needed=needed):
        if not isinstance(part, Text):
            raise untranslatable(part.where)
        yield part


def _blocks(fields: Fields, name: str, *, needed: bool = True) -> Iterator[Part]:
    content, where = fields.any(name), fields.at(name)
    if isinstance(content, str):
        yield Text(content, where)
    elif isinstance(content, list):
        for index, item in enumerate(content):
            yield _block(Fields(item, f"{where}.{index}"))
    elif needed or content is not None:
        raise malformed(where)


def _block(block: Fields) -> Part:
    block.any("cache_control")
    found: Part
    match block.text("type"):
        case "text":
            block.usual({"citations": ([],)})
            found = Text(block.text("text"), block.where)
        case "image":
            found = _image(block)
        case "tool_use":
            block.usual({"caller": ({"type": "direct"},)})
            given = block.take("input", dict)
            found = Call(block.text("id"), block.text("name"), given or {}, block.where)
        case "tool_result":
            found = _result(block)
        case _:
            raise untranslatable(block.where)
    block.done()
    return found


def _image(block: Fields) -> Image:
    source = Fields(block.any("source"), block.at("source"))
    match source.text("type"):
        case "base64":
            image = Image(source.text("media_type"), source.text("data"), where=block.where)
        case "url":
            image = Image(url=source.text("url"), where=block.where)
        case _:
            raise untranslatable(source.at("type"))
    source.done()
    return image


def _result(block: Fields) -> Result:
    identity, failed = block.text("tool_use_id"), block.take("is_error", bool) or False
    parts: list[Text | Image] = []
    for part in _blocks(block, "content", needed=False):
        if not isinstance(part, Text | Image):
            raise untranslatable(part.where)
        parts.append(part)
    return Result(identity, "", tuple(parts), failed, block.where)


def _tool(item: Fields) -> Tool:
    item.any("cache_control")
    item.usual({"type": ("custom",), "defer_loading": (False,), "eager_input_streaming": (False,)})
    if (kind := item.any("type")) is not None:
        raise untranslatable(
            item.at("type"), "a tool that the provider runs" if isinstance(kind, str) else ""
        )
    name, description = item.text("name"), item.take("description", str) or ""
    schema, strict = item.take("input_schema", dict), item.take("strict", bool) or False
    item.done()
    return Tool(name, description, schema or {"type": "object", "properties": {}}, strict, item.where)


def _choice(fields: Fields) -> tuple[ToolChoice | None, Option | None]:
    if (given := fields.any("tool_choice")) is None:
        return None, None
    wanted = Fields(given, "tool_choice")
    kind = wanted.text("type")
    if kind == "tool":
        choice = ToolChoice("one", wanted.text("name"), "tool_choice")
    elif kind in _CHOICES:
        choice = _CHOICES[kind]
    else:
        raise untranslatable(wanted.at("type"))
    alone = wanted.take("disable_parallel_tool_use", bool)
    wanted.done()
    return choice, Option(True, wanted.at("disable_parallel_tool_use")) if alone else None


def _options(fields: Fields) -> Iterator[tuple[str, Option]]:
    if (most := fields.take("max_tokens", int)) is not None:
        yield "max_tokens", Option(most, "max_tokens")
    for name in _NUMBERS:
        number = fields.number(name)
        if number is not None:
            yield name, Option(number, name)
    if stop := fields.take("stop_sequences", list):
        if not all(isinstance(item, str) for item in stop):
            raise malformed("stop_sequences")
        yield "stop", Option(stop, "stop_sequences")
    if (given := fields.any("metadata")) is not None:
        metadata = Fields(given, "metadata")
        user = metadata.take("user_id", str)
        metadata.done()
        if user is not None:
            yield "user", Option(user, "metadata.user_id")
    if (given := fields.any("output_config")) is not None:
        yield from _form(Fields(given, "output_config"))


def _form(fields: Fields) -> Iterator[tuple[str, Option]]:
    if (given := fields.any("format")) is not None:
        wanted = Fields(given, fields.at("format"))
        if wanted.text("type") != "json_schema":
            raise untranslatable(wanted.at("type"))
        schema = wanted.take("schema", dict)
        if schema is None:
            raise malformed(wanted.at("schema"))
        wanted.done()
        yield "form", Option(Form("answer", schema), wanted.where)
    fields.done()
