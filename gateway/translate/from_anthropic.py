"""Answers of Anthropic's messages, read into the middle form: whole and streamed.

Source: `anthropic.types.Message` and `RawMessageStreamEvent` of the official Python package. Reasoning was
not asked for and has no place in other formats: it is left out.
"""

from collections.abc import Iterator
from typing import Any

from ...detection.framing.sse import SseParser
from ...detection.json_text import dump
from .deltas import Broke, CallStarted, CallWords, Counted, Delta, Ended, Finished, Started, Words
from .middle import Call, Finish, Made, Said, Text, Usage
from .reading import a_dict, a_list, a_text, count, message_of, tree_of
from .refusals import unreadable
from .to_anthropic import request

_REASONS: dict[str, Finish] = {
    "end_turn": "stop",
    "pause_turn": "stop",
    "stop_sequence": "sequence",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tools",
    "refusal": "filter",
}
_REASONING = frozenset(("thinking", "redacted_thinking"))


class AnthropicUpstream:
    """The format as upstreams speak it. Implements `formats.UpstreamFormat`."""

    media = b"text/event-stream"
    request = staticmethod(request)

    def answer(self, tree: Any, made: Made) -> Said:
        """Read a whole answer. Raises `UpstreamFault`."""
        message = a_dict(tree)
        blocks = (a_dict(block) for block in a_list(message.get("content")))
        return Said(
            a_text(message.get("id")),
            a_text(message.get("model")),
            tuple(part for block in blocks for part in _parts(block)),
            _reason(message.get("stop_reason")),
            _usage(a_dict(message.get("usage"))),
            a_text(message.get("stop_sequence")) or None,
        )

    def parser(self) -> SseParser:
        """Begin to cut a stream into events."""
        return SseParser()

    def reader(self, made: Made) -> "AnthropicReader":
        """Begin to read the events of a stream."""
        return AnthropicReader()


class AnthropicReader:
    """Reads the events of one stream. Implements `formats.StreamReader`."""

    finished = False
    """A stream ends with an event that says so."""

    def __init__(self) -> None:
        self._calls: dict[int, int] = {}
        self._empty: set[int] = set()
        self._usage: dict[str, Any] = {}

    def read(self, data: bytes) -> Iterator[Delta]:
        """Yield what an event says. Raises `UpstreamFault`."""
        tree = tree_of(data)
        match tree.get("type"):
            case "message_start":
                message = a_dict(tree.get("message"))
                self._usage = a_dict(message.get("usage"))
                yield Started(a_text(message.get("id")), a_text(message.get("model")))
                yield Counted(_usage(self._usage))
            case "content_block_start":
                yield from self._block(count(tree.get("index")), a_dict(tree.get("content_block")))
            case "content_block_delta":
                yield from self._delta(count(tree.get("index")), a_dict(tree.get("delta")))
            case "content_block_stop":
                yield from self._stop(count(tree.get("index")))
            case "message_delta":
                yield from self._last(tree)
            case "message_stop":
                yield Ended()
            case "error":
                yield Broke(message_of(data, 502))

    def _block(self, index: int, block: dict[str, Any]) -> Iterator[Delta]:
        for part in _parts(block):
            if isinstance(part, Call):
                number = self._calls[index] = len(self._calls)
                yield CallStarted(number, part.id, part.name)
                if part.arguments:
                    yield CallWords(number, dump(part.arguments).decode())
                else:
                    self._empty.add(index)
            elif part.text:
                yield Words(part.text)

    def _delta(self, index: int, delta: dict[str, Any]) -> Iterator[Delta]:
        match delta.get("type"):
            case "text_delta":
                yield Words(a_text(delta.get("text")))
            case "input_json_delta":
                if index not in self._calls:
                    raise unreadable()
                if text := a_text(delta.get("partial_json")):
                    self._empty.discard(index)
                    yield CallWords(self._calls[index], text)

    def _stop(self, index: int) -> Iterator[Delta]:
        if index in self._empty:
            self._empty.discard(index)
            yield CallWords(self._calls[index], "{}")

    def _last(self, tree: dict[str, Any]) -> Iterator[Delta]:
        delta = a_dict(tree.get("delta"))
        self._usage = {**self._usage, **_told(a_dict(tree.get("usage")))}
        yield Finished(_reason(delta.get("stop_reason")), a_text(delta.get("stop_sequence")) or None)
        yield Counted(_usage(self._usage))


def _parts(block: dict[str, Any]) -> Iterator[Text | Call]:
    kind = block.get("type")
    if kind == "text":
        yield Text(a_text(block.get("text")))
    elif kind == "tool_use":
        yield Call(a_text(block.get("id")), a_text(block.get("name")), a_dict(block.get("input")))
    elif kind not in _REASONING:
        raise unreadable("holds what its client's format cannot express")


def _reason(reason: Any) -> Finish:
    return _REASONS.get(a_text(reason), "stop")


def _told(usage: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in usage.items() if value is not None}


def _usage(usage: dict[str, Any]) -> Usage:
    read, written = (
        count(usage.get("cache_read_input_tokens")),
        count(usage.get("cache_creation_input_tokens")),
    )
    plain, output = count(usage.get("input_tokens")), count(usage.get("output_tokens"))
    return Usage(plain + read + written, output, read, written)
