"""Requests for OpenAI's chat completions, written from the middle form.

Source: `openai.types.chat.completion_create_params` of the official Python package.
"""

from collections.abc import Iterator
from typing import Any

from ...detection.json_text import dump
from .data_url import url_of
from .formats import Sent
from .middle import Asked, Call, Form, Image, Part, Result, Text, Tool, Turn
from .writing import option, options_as, texts_of

_NAMES = {
    "temperature": "temperature",
    "top_p": "top_p",
    "seed": "seed",
    "presence_penalty": "presence_penalty",
    "frequency_penalty": "frequency_penalty",
    "stop": "stop",
    "user": "user",
}
_KINDS = {"auto": "auto", "none": "none", "any": "required"}
_FAILED = "Error: "
"""Stands before what a tool gave back that failed: the format has no field for that."""


def request(asked: Asked, model: str, most: str) -> Sent:
    """Write a request; `most` names the bound of tokens. Raises `BadInput` for what cannot be expressed."""
    body: dict[str, Any] = {"model": model, "messages": list(_messages(asked))}
    body |= options_as(asked, {**_NAMES, "max_tokens": most}, ("one_call", "form"))
    body |= _tools(asked)
    if (form := option(asked, "form")) is not None:
        body["response_format"] = _form(form.value)
    if asked.stream:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    return Sent("openai", b"/v1/chat/completions", dump(body))


def _messages(asked: Asked) -> Iterator[dict[str, Any]]:
    if asked.system:
        yield {"role": "system", "content": texts_of(asked.system)}
    for turn in asked.turns:
        if turn.role == "system":
            yield {"role": "system", "content": texts_of(turn.parts)}
        elif turn.role == "assistant":
            yield _said(turn)
        else:
            yield from _given(turn)


def _said(turn: Turn) -> dict[str, Any]:
    calls = [part for part in turn.parts if isinstance(part, Call)]
    others = tuple(part for part in turn.parts if not isinstance(part, Call))
    message: dict[str, Any] = {"role": "assistant", "content": texts_of(others) if others else None}
    if calls:
        message["tool_calls"] = [_call(call) for call in calls]
    return message


def _call(call: Call) -> dict[str, Any]:
    function = {"name": call.name, "arguments": dump(call.arguments).decode()}
    return {"id": call.id, "type": "function", "function": function}


def _given(turn: Turn) -> Iterator[dict[str, Any]]:
    """Yield a user's turn: each result is a message of its own, what stands between them another."""
    waiting: list[Part] = []
    for part in turn.parts:
        if isinstance(part, Result):
            if waiting:
                yield _user(waiting)
                waiting = []
            text = (_FAILED if part.failed else "") + texts_of(part.parts)
            yield {"role": "tool", "tool_call_id": part.id, "content": text}
        else:
            waiting.append(part)
    if waiting:
        yield _user(waiting)


def _user(parts: list[Part]) -> dict[str, Any]:
    if len(parts) == 1 and isinstance(parts[0], Text):
        return {"role": "user", "content": parts[0].text}
    return {"role": "user", "content": [_part(part) for part in parts]}


def _part(part: Part) -> dict[str, Any]:
    if isinstance(part, Image):
        return {"type": "image_url", "image_url": {"url": url_of(part)}}
    return {"type": "text", "text": texts_of((part,))}


def function_of(tool: Tool) -> dict[str, Any]:
    """Write a tool as OpenAI has it; others copied that."""
    function: dict[str, Any] = {"name": tool.name, "parameters": dict(tool.schema)}
    if tool.description:
        function["description"] = tool.description
    if tool.strict:
        function["strict"] = True
    return {"type": "function", "function": function}


def _tools(asked: Asked) -> dict[str, Any]:
    written: dict[str, Any] = {}
    if asked.tools:
        written["tools"] = [function_of(tool) for tool in asked.tools]
        if option(asked, "one_call") is not None:
            written["parallel_tool_calls"] = False
    if asked.choice is not None and asked.choice.kind == "one":
        written["tool_choice"] = {"type": "function", "function": {"name": asked.choice.name}}
    elif asked.choice is not None:
        written["tool_choice"] = _KINDS[asked.choice.kind]
    return written


def _form(form: Form) -> dict[str, Any]:
    if form.schema is None:
        return {"type": "json_object"}
    schema = {"name": form.name, "schema": dict(form.schema), "strict": form.strict}
    return {"type": "json_schema", "json_schema": schema}
