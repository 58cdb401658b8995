"""Requests for Ollama's chat, written from the middle form.

Source: `ollama._types` of the official Python package. Calls have no ids: results name their tool.
"""

from collections.abc import Iterator
from typing import Any

from ...detection.json_text import dump
from .formats import Sent
from .middle import Asked, Call, Image, Part, Result, Turn
from .refusals import untranslatable
from .to_openai import function_of
from .writing import no_strict, option, options_as, texts_of

_NAMES = {
    "max_tokens": "num_predict",
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "seed": "seed",
    "presence_penalty": "presence_penalty",
    "frequency_penalty": "frequency_penalty",
    "stop": "stop",
}
_FAILED = "Error: "
"""Stands before what a tool gave back that failed: the format has no field for that."""


def request(asked: Asked, model: str) -> Sent:
    """Write a request. Raises `BadInput` naming what cannot be expressed."""
    no_strict(asked)
    body: dict[str, Any] = {"model": model, "messages": list(_messages(asked)), "stream": asked.stream}
    if options := options_as(asked, _NAMES, ("form",)):
        body["options"] = options
    if (form := option(asked, "form")) is not None:
        body["format"] = "json" if form.value.schema is None else dict(form.value.schema)
    choice = asked.choice
    if choice is not None and choice.kind not in ("auto", "none"):
        raise untranslatable(choice.where)
    if asked.tools and (choice is None or choice.kind == "auto"):
        body["tools"] = [function_of(tool) for tool in asked.tools]
    return Sent("ollama", b"/api/chat", dump(body))


def _messages(asked: Asked) -> Iterator[dict[str, Any]]:
    if asked.system:
        yield {"role": "system", "content": texts_of(asked.system)}
    for turn in asked.turns:
        if turn.role == "assistant":
            yield _said(turn)
        else:
            yield from _given(turn)


def _said(turn: Turn) -> dict[str, Any]:
    calls = [part for part in turn.parts if isinstance(part, Call)]
    others = tuple(part for part in turn.parts if not isinstance(part, Call))
    message: dict[str, Any] = {"role": "assistant", "content": texts_of(others)}
    if calls:
        functions = [{"name": call.name, "arguments": dict(call.arguments)} for call in calls]
        message["tool_calls"] = [{"function": function} for function in functions]
    return message


def _given(turn: Turn) -> Iterator[dict[str, Any]]:
    waiting: list[Part] = []
    for part in turn.parts:
        if isinstance(part, Result):
            if waiting:
                yield _words(turn.role, waiting)
                waiting = []
            yield _result(part)
        else:
            waiting.append(part)
    if waiting:
        yield _words(turn.role, waiting)


def _words(role: str, parts: list[Part]) -> dict[str, Any]:
    images = [part for part in parts if isinstance(part, Image)]
    texts = tuple(part for part in parts if not isinstance(part, Image))
    message: dict[str, Any] = {"role": role, "content": texts_of(texts)}
    for image in images:
        if image.url:
            raise untranslatable(image.where, "a picture must be sent along, not linked")
    return message | ({"images": [image.data for image in images]} if images else {})


def _result(result: Result) -> dict[str, Any]:
    if not result.name:
        raise untranslatable(result.where, "no call of that id stands before it")
    text = (_FAILED if result.failed else "") + texts_of(result.parts)
    return {"role": "tool", "content": text, "tool_name": result.name}
