"""Gemini: ``models/{model}:generateContent`` and ``:streamGenerateContent``, on every version of the API.

Vertex AI takes the same bodies. Source: `google.genai.types` of the official Python package.
"""

import uuid
from collections.abc import Mapping
from typing import Any

from ..document import Document
from ..errors import BadInput
from ..framing import sse
from ..json_read import parse
from ..json_text import dump
from ..types import Direction, Kind, Refusal, Role
from .base import NOTHING_ADDRESSED, Addressed, Asked
from .collect import Collector
from .gemini_common import (
    BLOCKED_ANSWER,
    BLOCKED_PROMPT,
    MOST_CANDIDATES,
    NO_USAGE,
    asked,
    both,
    error,
    read_object,
    spelled,
)
from .gemini_parts import read_content, read_contents
from .gemini_said import read_response
from .gemini_stream import GeminiStream
from .openai_common import generic_answer

_READ = both("contents", "systemInstruction", "tools", "model", "generationConfig")
_SEED = frozenset(("seed",))
_NO_SKIP: frozenset[str] = frozenset()


class Gemini:
    """The dialect of generated content."""

    name = "gemini"
    turns = "contents"

    def parse_request(self, body: bytes, addressed: Addressed = NOTHING_ADDRESSED) -> tuple[Document, Asked]:
        """Read a request. Raises `BadInput`."""
        parsed = read_object(body)
        tree = parsed.tree
        wanted = asked(tree, addressed)
        collector = Collector(Direction.PROMPT)
        candidates = read_request(collector, tree, "")
        wanted = Asked(wanted.model, wanted.stream, candidates, framing=wanted.framing)
        return collector.document(body, parsed), wanted

    def parse_answer(self, body: bytes) -> tuple[Document, Mapping[str, str]]:
        """Read an answer; token lists and grounded passages go where their candidate's text changes.

        A stream that was framed as an array and came whole is a list of answers.
        """
        parsed = parse(body)
        collector = Collector(Direction.ANSWER)
        repeats: dict[str, str] = {}
        answers = parsed.tree if isinstance(parsed.tree, list) else [parsed.tree]
        if not all(isinstance(answer, dict) for answer in answers):
            return generic_answer(body, parsed), {}
        for index, answer in enumerate(answers):
            pointer = f"/{index}" if isinstance(parsed.tree, list) else ""
            repeats |= read_response(collector, answer, pointer)
        return collector.document(body, parsed), repeats

    def refuse(self, asked: Asked, text: str, original: Any = None) -> Refusal:
        """Say no: a prompt gets feedback and no candidate, an answer candidates that finished unsafe."""
        head = {"modelVersion": asked.model, "responseId": uuid.uuid4().hex}
        body: dict[str, Any]
        if original is None:
            feedback = {"blockReason": BLOCKED_PROMPT, "blockReasonMessage": text}
            body = {"promptFeedback": feedback, "usageMetadata": NO_USAGE, **head}
        else:
            said = {"role": "model", "parts": [{"text": text}]}
            ended = {"finishReason": BLOCKED_ANSWER, "finishMessage": text}
            count = _count(original)
            candidates = [{"content": said, **ended, "index": index} for index in range(count)]
            body = {"candidates": candidates, "usageMetadata": NO_USAGE, **head}
        if asked.stream and asked.framing != "json_array" and original is None:
            return Refusal(200, sse.write(dump(body)), "text/event-stream", retry=False)
        whole = [body] if asked.stream else body
        return Refusal(200, dump(whole), "application/json; charset=UTF-8", retry=False)

    def error(self, status: int, code: str, message: str, param: str | None) -> Refusal:
        """Return Google's error envelope."""
        return error(status, code, message, param)

    def stream(self, asked: Asked) -> GeminiStream:
        """Return the shape of streamed answers."""
        return GeminiStream(asked)


def read_request(collector: Collector, tree: Mapping[str, Any], pointer: str) -> int:
    """Collect from what generates content; return how many candidates it asks for. Raises `BadInput`."""
    key, tools = spelled(tree, "tools")
    if not isinstance(tools, list | dict | None):
        raise BadInput("tools must be a list.", code="invalid_type", param="tools")
    collector.walk(tools, f"{pointer}/{key}", Role.SYSTEM, Kind.TOOL_DEFINITION)
    key, instruction = spelled(tree, "systemInstruction")
    if isinstance(instruction, dict):
        read_content(collector, instruction, f"{pointer}/{key}", key, Role.SYSTEM)
    elif isinstance(instruction, str):
        collector.text(instruction, f"{pointer}/{key}", Role.SYSTEM)
    elif instruction is not None:
        raise BadInput(f"{key} must be an object.", code="invalid_type", param=key)
    read_contents(collector, tree.get("contents"), f"{pointer}/contents", "contents")
    candidates = _configuration(collector, tree, pointer)
    model = tree.get("model")
    if model is not None:
        collector.walk(model, f"{pointer}/model", Role.SYSTEM)
    collector.members(dict(tree), pointer, Role.SYSTEM, skip=_READ)
    return candidates


def _configuration(collector: Collector, tree: Mapping[str, Any], pointer: str) -> int:
    """Collect from the configuration; return the number of candidates."""
    key, given = spelled(tree, "generationConfig")
    if not isinstance(given, dict):
        if given is not None:
            raise BadInput(f"{key} must be an object.", code="invalid_type", param=key)
        return 1
    name, count = spelled(given, "candidateCount")
    if count is None:
        count = 1
    if type(count) is not int or not 1 <= count <= MOST_CANDIDATES:
        raise BadInput(
            f"{name} must be a whole number from 1 to {MOST_CANDIDATES}.",
            code="invalid_value",
            param=f"{key}.{name}",
        )
    seeded = isinstance(given.get("seed"), int)  # a number like any other, and nobody's
    collector.members(given, f"{pointer}/{key}", Role.SYSTEM, skip=_SEED if seeded else _NO_SKIP)
    return count


def _count(original: Any) -> int:
    answer = original[-1] if isinstance(original, list) and original else original
    given = answer.get("candidates") if isinstance(answer, dict) else None
    return max(1, min(len(given), MOST_CANDIDATES)) if isinstance(given, list) else 1
