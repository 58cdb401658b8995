"""Requests for Anthropic's messages, written from the middle form.

Source: `anthropic.types.message_create_params` of the official Python package.
"""

from typing import Any

from ...detection.json_text import dump
from .formats import Sent
from .middle import Asked, Call, Form, Image, Part, Result, Text, Turn
from .refusals import untranslatable
from .writing import between, option, options_as

MOST_TOKENS = 4096
"""Tokens that are asked for where the client sets no bound: the format insists on one."""
_NAMES = {
    "max_tokens": "max_tokens",
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "stop": "stop_sequences",
}
_KINDS = {"auto": "auto", "none": "none", "any": "any", "one": "tool"}
_MEDIA = frozenset(("image/jpeg", "image/png", "image/gif", "image/webp"))


def request(asked: Asked, model: str) -> Sent:
    """Write a request. Raises `BadInput` naming what cannot be expressed."""
    between(asked, "temperature", 1)
    body: dict[str, Any] = {"model": model, "max_tokens": MOST_TOKENS}
    body |= options_as(asked, _NAMES, ("user", "one_call", "form"))
    if asked.system:
        body["system"] = [{"type": "text", "text": text.text} for text in asked.system]
    body["messages"] = [_message(turn) for turn in asked.turns]
    body |= _tools(asked)
    if (user := option(asked, "user")) is not None:
        body["metadata"] = {"user_id": user.value}
    if (form := option(asked, "form")) is not None:
        body["output_config"] = {"format": _form(form.value, form.where)}
    if asked.stream:
        body["stream"] = True
    return Sent("anthropic", b"/v1/messages", dump(body))


def _message(turn: Turn) -> dict[str, Any]:
    return {"role": turn.role, "content": [_block(part) for part in turn.parts]}


def _block(part: Part) -> dict[str, Any]:
    match part:
        case Text():
            return {"type": "text", "text": part.text}
        case Image():
            return _image(part)
        case Call():
            return {"type": "tool_use", "id": part.id, "name": part.name, "input": dict(part.arguments)}
        case Result():
            result: dict[str, Any] = {"type": "tool_result", "tool_use_id": part.id}
            result["content"] = [_block(item) for item in part.parts]
            return result | ({"is_error": True} if part.failed else {})


def _image(image: Image) -> dict[str, Any]:
    if image.url:
        return {"type": "image", "source": {"type": "url", "url": image.url}}
    if image.media not in _MEDIA:
        raise untranslatable(image.where, f"pictures of the type {image.media} are not known there")
    return {"type": "image", "source": {"type": "base64", "media_type": image.media, "data": image.data}}


def _tools(asked: Asked) -> dict[str, Any]:
    written: dict[str, Any] = {}
    if asked.tools:
        written["tools"] = [
            {"name": tool.name, "input_schema": dict(tool.schema)}
            | ({"description": tool.description} if tool.description else {})
            | ({"strict": True} if tool.strict else {})
            for tool in asked.tools
        ]
    one_call = option(asked, "one_call")
    if asked.choice is not None or (one_call is not None and asked.tools):
        kind = asked.choice.kind if asked.choice else "auto"
        choice: dict[str, Any] = {"type": _KINDS[kind]}
        if asked.choice is not None and asked.choice.name:
            choice["name"] = asked.choice.name
        if one_call is not None and kind != "none":
            choice["disable_parallel_tool_use"] = True
        written["tool_choice"] = choice
    return written


def _form(form: Form, where: str) -> dict[str, Any]:
    if form.schema is None:
        raise untranslatable(where, "JSON is written to a schema there")
    return {"type": "json_schema", "schema": dict(form.schema)}
