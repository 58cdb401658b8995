"""Answers of Gemini's generateContent, read into the middle form: whole, and streamed as events.

Source: `google.genai.types.GenerateContentResponse` of the official Python package. A chunk of a stream is
a whole answer with the next parts; a stream ends where its bytes do.
"""

from collections.abc import Iterator
from typing import Any

from ...detection.framing.sse import SseParser
from ...detection.json_text import dump
from .deltas import Broke, CallStarted, CallWords, Counted, Delta, Finished, Started, Words
from .middle import Call, Finish, Made, Said, Text, Usage
from .reading import a_dict, a_list, a_text, count, message_of, tree_of
from .refusals import unreadable
from .to_gemini import request

_FILTERED = frozenset(
    (
        "SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "MODEL_ARMOR", "IMAGE_SAFETY",
        "IMAGE_PROHIBITED_CONTENT",
    )
)  # fmt: skip


class GeminiUpstream:
    """The format as upstreams speak it. Implements `formats.UpstreamFormat`."""

    media = b"text/event-stream"
    request = staticmethod(request)

    def answer(self, tree: Any, made: Made) -> Said:
        """Read a whole answer. Raises `UpstreamFault`."""
        answer = a_dict(tree)
        parts = tuple(_parts(answer))
        finish = _finish(answer) or "stop"
        if finish == "stop" and any(isinstance(part, Call) for part in parts):
            finish = "tools"
        usage = _usage(a_dict(answer.get("usageMetadata")))
        return Said(
            a_text(answer.get("responseId")), a_text(answer.get("modelVersion")), parts, finish, usage
        )

    def parser(self) -> SseParser:
        """Begin to cut a stream into events."""
        return SseParser()

    def reader(self, made: Made) -> "GeminiReader":
        """Begin to read the events of a stream."""
        return GeminiReader()


class GeminiReader:
    """Reads the chunks of one stream. Implements `formats.StreamReader`."""

    def __init__(self) -> None:
        self.finished = False
        self._begun = False
        self._calls = 0

    def read(self, data: bytes) -> Iterator[Delta]:
        """Yield what a chunk says. Raises `UpstreamFault`."""
        tree = tree_of(data)
        if tree.get("error") is not None:
            yield Broke(message_of(data, 502))
            return
        if not self._begun:
            self._begun = True
            yield Started(a_text(tree.get("responseId")), a_text(tree.get("modelVersion")))
        for part in _parts(tree):
            yield from self._part(part)
        if (finish := _finish(tree)) is not None:
            self.finished = True
            yield Finished("tools" if finish == "stop" and self._calls else finish)
        if usage := a_dict(tree.get("usageMetadata")):
            yield Counted(_usage(usage))

    def _part(self, part: Text | Call) -> Iterator[Delta]:
        if isinstance(part, Call):
            number = self._calls
            self._calls += 1
            yield CallStarted(number, part.id, part.name)
            yield CallWords(number, dump(part.arguments).decode())
        elif part.text:
            yield Words(part.text)


def _candidate(tree: dict[str, Any]) -> dict[str, Any]:
    candidates = a_list(tree.get("candidates"))
    return a_dict(candidates[0]) if candidates else {}


def _parts(tree: dict[str, Any]) -> Iterator[Text | Call]:
    for item in a_list(a_dict(_candidate(tree).get("content")).get("parts")):
        part = a_dict(item)
        if part.get("thought") is True:
            continue
        if "functionCall" in part:
            yield _call(a_dict(part["functionCall"]))
        elif "text" in part:
            yield Text(a_text(part["text"]))
        elif part.keys() - {"thoughtSignature"}:
            raise unreadable("holds what its client's format cannot express")


def _call(call: dict[str, Any]) -> Call:
    if "partialArgs" in call or call.get("willContinue"):
        raise unreadable("holds a call in pieces, which was not asked for")
    return Call(a_text(call.get("id")), a_text(call.get("name")), a_dict(call.get("args")))


def _finish(tree: dict[str, Any]) -> Finish | None:
    if a_dict(tree.get("promptFeedback")).get("blockReason"):
        return "filter"
    reason = a_text(_candidate(tree).get("finishReason"))
    if not reason:
        return None
    return "filter" if reason in _FILTERED else "length" if reason == "MAX_TOKENS" else "stop"


def _usage(usage: dict[str, Any]) -> Usage:
    return Usage(
        count(usage.get("promptTokenCount")) + count(usage.get("toolUsePromptTokenCount")),
        count(usage.get("candidatesTokenCount")) + count(usage.get("thoughtsTokenCount")),
        count(usage.get("cachedContentTokenCount")),
    )
