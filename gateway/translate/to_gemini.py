"""Requests for Gemini's generateContent, written from the middle form.

Source: `google.genai.types` of the official Python package; names are camel case on the wire.
"""

import re
from typing import Any
from urllib.parse import quote

from ...detection.json_text import dump
from .formats import Sent
from .middle import Asked, Call, Image, Part, Result, Text, Turn
from .refusals import untranslatable
from .writing import no_strict, no_system, option, options_as, texts_of

_NAMES = {
    "max_tokens": "maxOutputTokens",
    "temperature": "temperature",
    "top_p": "topP",
    "top_k": "topK",
    "seed": "seed",
    "presence_penalty": "presencePenalty",
    "frequency_penalty": "frequencyPenalty",
    "stop": "stopSequences",
}
_MODES = {"auto": "AUTO", "none": "NONE", "any": "ANY", "one": "ANY"}
_ROLES = {"user": "user", "assistant": "model"}
_SIGNS_CALLS = re.compile(r"gemini-(?:[3-9]|[1-9]\d)")
_UNSIGNED = "skip_thought_signature_validator"
"""What the provider documents for calls whose signature is not at hand; newer models insist on one."""


def request(asked: Asked, model: str) -> Sent:
    """Write a request. Raises `BadInput` naming what cannot be expressed."""
    no_system(asked.turns)
    no_strict(asked)
    signed = _SIGNS_CALLS.match(model) is not None
    body: dict[str, Any] = {"contents": [_content(turn, signed=signed) for turn in asked.turns]}
    if asked.system:
        body["systemInstruction"] = {"parts": [{"text": text.text} for text in asked.system]}
    if config := options_as(asked, _NAMES, ("form",)) | _form(asked):
        body["generationConfig"] = config
    body |= _tools(asked)
    action = b":streamGenerateContent" if asked.stream else b":generateContent"
    path = b"/v1beta/models/" + quote(model, safe="").encode() + action
    return Sent("gemini", path, dump(body), b"?alt=sse" if asked.stream else b"")


def _content(turn: Turn, *, signed: bool) -> dict[str, Any]:
    parts = [_part(part) for part in turn.parts]
    if signed:
        parts = [part | ({"thoughtSignature": _UNSIGNED} if "functionCall" in part else {}) for part in parts]
    return {"role": _ROLES[turn.role], "parts": parts}


def _part(part: Part) -> dict[str, Any]:
    match part:
        case Text():
            return {"text": part.text}
        case Image():
            if part.url:
                raise untranslatable(part.where, "a picture must be sent along, not linked")
            return {"inlineData": {"mimeType": part.media, "data": part.data}}
        case Call():
            return {"functionCall": {"id": part.id, "name": part.name, "args": dict(part.arguments)}}
        case Result():
            if not part.name:
                raise untranslatable(part.where, "no call of that id stands before it")
            response = {"error" if part.failed else "output": texts_of(part.parts)}
            return {"functionResponse": {"id": part.id, "name": part.name, "response": response}}


def _tools(asked: Asked) -> dict[str, Any]:
    written: dict[str, Any] = {}
    if asked.tools:
        declared = [
            {"name": tool.name, "parametersJsonSchema": dict(tool.schema)}
            | ({"description": tool.description} if tool.description else {})
            for tool in asked.tools
        ]
        written["tools"] = [{"functionDeclarations": declared}]
    if asked.choice is not None:
        config: dict[str, Any] = {"mode": _MODES[asked.choice.kind]}
        if asked.choice.name:
            config["allowedFunctionNames"] = [asked.choice.name]
        written["toolConfig"] = {"functionCallingConfig": config}
    return written


def _form(asked: Asked) -> dict[str, Any]:
    form = option(asked, "form")
    if form is None:
        return {}
    schema = form.value.schema
    json = {"responseMimeType": "application/json"}
    return json if schema is None else {**json, "responseJsonSchema": dict(schema)}
