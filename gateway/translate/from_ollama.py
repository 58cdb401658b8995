"""Answers of Ollama's chat, read into the middle form: whole, and streamed as JSON lines.

Source: `ollama._types.ChatResponse` of the official Python package. A line is a whole answer with the next
words; the last one says that it is.
"""

from collections.abc import Iterator
from typing import Any

from ...detection.framing.ndjson import LineParser
from ...detection.json_text import dump
from .deltas import Broke, CallStarted, CallWords, Counted, Delta, Ended, Finished, Started, Words
from .middle import Call, Finish, Made, Said, Text, Usage
from .reading import a_dict, a_list, a_text, count, message_of, tree_of
from .to_ollama import request


class OllamaUpstream:
    """The format as upstreams speak it. Implements `formats.UpstreamFormat`."""

    media = b"application/x-ndjson"
    request = staticmethod(request)

    def answer(self, tree: Any, made: Made) -> Said:
        """Read a whole answer. Raises `UpstreamFault`."""
        answer = a_dict(tree)
        parts = tuple(_parts(answer))
        called = any(isinstance(part, Call) for part in parts)
        return Said("", a_text(answer.get("model")), parts, _finish(answer, called=called), _usage(answer))

    def parser(self) -> LineParser:
        """Begin to cut a stream into lines."""
        return LineParser()

    def reader(self, made: Made) -> "OllamaReader":
        """Begin to read the lines of a stream."""
        return OllamaReader()


class OllamaReader:
    """Reads the lines of one stream. Implements `formats.StreamReader`."""

    finished = False
    """A stream ends with a line that says so."""

    def __init__(self) -> None:
        self._begun = False
        self._calls = 0

    def read(self, data: bytes) -> Iterator[Delta]:
        """Yield what a line says. Raises `UpstreamFault`."""
        tree = tree_of(data)
        if tree.get("error") is not None:
            yield Broke(message_of(data, 502))
            return
        if not self._begun:
            self._begun = True
            yield Started("", a_text(tree.get("model")))
        for part in _parts(tree):
            yield from self._part(part)
        if tree.get("done") is True:
            yield Finished(_finish(tree, called=bool(self._calls)))
            yield Counted(_usage(tree))
            yield Ended()

    def _part(self, part: Text | Call) -> Iterator[Delta]:
        if isinstance(part, Call):
            number = self._calls
            self._calls += 1
            yield CallStarted(number, part.id, part.name)
            yield CallWords(number, dump(part.arguments).decode())
        else:
            yield Words(part.text)


def _parts(tree: dict[str, Any]) -> Iterator[Text | Call]:
    message = a_dict(tree.get("message"))
    if text := a_text(message.get("content")):
        yield Text(text)
    for item in a_list(message.get("tool_calls")):
        call = a_dict(item)
        function = a_dict(call.get("function"))
        yield Call(a_text(call.get("id")), a_text(function.get("name")), a_dict(function.get("arguments")))


def _finish(tree: dict[str, Any], *, called: bool) -> Finish:
    if tree.get("done_reason") == "length":
        return "length"
    return "tools" if called else "stop"


def _usage(tree: dict[str, Any]) -> Usage:
    return Usage(count(tree.get("prompt_eval_count")), count(tree.get("eval_count")))
