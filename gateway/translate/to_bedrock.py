"""Requests for Bedrock's Converse, written from the middle form.

Source: the service model of ``bedrock-runtime`` in botocore.
"""

from typing import Any
from urllib.parse import quote

from ...detection.json_text import dump
from .formats import Sent
from .middle import Asked, Call, Form, Image, Part, Result, Text, Turn
from .refusals import untranslatable
from .writing import between, no_system, option, options_as

_NAMES = {"max_tokens": "maxTokens", "temperature": "temperature", "top_p": "topP", "stop": "stopSequences"}
_FORMATS = {"image/png": "png", "image/jpeg": "jpeg", "image/gif": "gif", "image/webp": "webp"}


def request(asked: Asked, model: str) -> Sent:
    """Write a request. Raises `BadInput` naming what cannot be expressed."""
    no_system(asked.turns)
    between(asked, "temperature", 1)
    body: dict[str, Any] = {"messages": [_message(turn) for turn in asked.turns]}
    if asked.system:
        body["system"] = [{"text": text.text} for text in asked.system]
    if config := options_as(asked, _NAMES, ("form",)):
        body["inferenceConfig"] = config
    body |= _tools(asked)
    if (form := option(asked, "form")) is not None:
        body["outputConfig"] = {"textFormat": _form(form.value, form.where)}
    action = b"/converse-stream" if asked.stream else b"/converse"
    return Sent("bedrock", b"/model/" + quote(model, safe="").encode() + action, dump(body))


def _message(turn: Turn) -> dict[str, Any]:
    return {"role": turn.role, "content": [_block(part) for part in turn.parts]}


def _block(part: Part) -> dict[str, Any]:
    match part:
        case Text():
            return {"text": part.text}
        case Image():
            return _image(part)
        case Call():
            return {"toolUse": {"toolUseId": part.id, "name": part.name, "input": dict(part.arguments)}}
        case Result():
            result: dict[str, Any] = {"toolUseId": part.id, "content": [_block(item) for item in part.parts]}
            return {"toolResult": result | ({"status": "error"} if part.failed else {})}


def _image(image: Image) -> dict[str, Any]:
    if image.url:
        raise untranslatable(image.where, "a picture must be sent along, not linked")
    if image.media not in _FORMATS:
        raise untranslatable(image.where, f"pictures of the type {image.media} are not known there")
    return {"image": {"format": _FORMATS[image.media], "source": {"bytes": image.data}}}


def _tools(asked: Asked) -> dict[str, Any]:
    choice = asked.choice
    if choice is not None and (choice.kind == "none" or not asked.tools):
        raise untranslatable(choice.where)
    if not asked.tools:
        return {}
    specs = [
        {"name": tool.name, "inputSchema": {"json": dict(tool.schema)}}
        | ({"description": tool.description} if tool.description else {})
        | ({"strict": True} if tool.strict else {})
        for tool in asked.tools
    ]
    config: dict[str, Any] = {"tools": [{"toolSpec": spec} for spec in specs]}
    if choice is not None:
        config["toolChoice"] = {"tool": {"name": choice.name}} if choice.name else {choice.kind: {}}
    return {"toolConfig": config}


def _form(form: Form, where: str) -> dict[str, Any]:
    if form.schema is None:
        raise untranslatable(where, "JSON is written to a schema there")
    schema = {"name": form.name, "schema": dump(form.schema).decode()}
    if form.description:
        schema["description"] = form.description
    return {"type": "json_schema", "structure": {"jsonSchema": schema}}
