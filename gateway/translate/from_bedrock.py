"""Answers of Bedrock's Converse, read into the middle form: whole, and streamed as Amazon's messages.

Source: the service model of ``bedrock-runtime`` in botocore. A message of a stream is read as an object
whose only member is the event. Reasoning was not asked for and has no place in other formats.
"""

from collections.abc import Iterator
from typing import Any

from ...detection.framing.aws_event_stream import MessageParser
from .deltas import Broke, CallStarted, CallWords, Counted, Delta, Finished, Started, Words
from .middle import Call, Finish, Made, Said, Text, Usage
from .reading import a_dict, a_list, a_text, count, message_of, tree_of
from .refusals import unreadable
from .to_bedrock import request

_REASONS: dict[str, Finish] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tools",
    "guardrail_intervened": "filter",
    "content_filtered": "filter",
}


class BedrockUpstream:
    """The format as upstreams speak it. Implements `formats.UpstreamFormat`."""

    media = b"application/vnd.amazon.eventstream"
    request = staticmethod(request)

    def answer(self, tree: Any, made: Made) -> Said:
        """Read a whole answer. Raises `UpstreamFault`."""
        answer = a_dict(tree)
        message = a_dict(a_dict(answer.get("output")).get("message"))
        blocks = (a_dict(block) for block in a_list(message.get("content")))
        parts = tuple(part for block in blocks for part in _parts(block))
        return Said("", "", parts, _reason(answer.get("stopReason")), _usage(a_dict(answer.get("usage"))))

    def parser(self) -> MessageParser:
        """Begin to cut a stream into messages."""
        return MessageParser()

    def reader(self, made: Made) -> "BedrockReader":
        """Begin to read the messages of a stream."""
        return BedrockReader()


class BedrockReader:
    """Reads the messages of one stream. Implements `formats.StreamReader`."""

    def __init__(self) -> None:
        self.finished = False
        self._calls: dict[int, int] = {}
        self._empty: set[int] = set()

    def read(self, data: bytes) -> Iterator[Delta]:
        """Yield what a message says. Raises `UpstreamFault`."""
        for name, value in tree_of(data).items():
            event = a_dict(value)
            index = count(event.get("contentBlockIndex"))
            match name:
                case "messageStart":
                    yield Started("", "")
                case "contentBlockStart":
                    yield from self._start(index, a_dict(event.get("start")))
                case "contentBlockDelta":
                    yield from self._delta(index, a_dict(event.get("delta")))
                case "contentBlockStop":
                    yield from self._stop(index)
                case "messageStop":
                    self.finished = True
                    yield Finished(_reason(event.get("stopReason")))
                case "metadata":
                    yield Counted(_usage(a_dict(event.get("usage"))))
                case _ if name.endswith("Exception"):
                    yield Broke(a_text(event.get("message")) or message_of(b"", 502))

    def _start(self, index: int, start: dict[str, Any]) -> Iterator[Delta]:
        if "toolUse" in start:
            use = a_dict(start["toolUse"])
            number = self._calls[index] = len(self._calls)
            self._empty.add(index)
            yield CallStarted(number, a_text(use.get("toolUseId")), a_text(use.get("name")))
        elif start:
            raise unreadable("holds what its client's format cannot express")

    def _delta(self, index: int, delta: dict[str, Any]) -> Iterator[Delta]:
        if text := a_text(delta.get("text")):
            yield Words(text)
        if "toolUse" in delta:
            if index not in self._calls:
                raise unreadable()
            if words := a_text(a_dict(delta["toolUse"]).get("input")):
                self._empty.discard(index)
                yield CallWords(self._calls[index], words)

    def _stop(self, index: int) -> Iterator[Delta]:
        if index in self._empty:
            self._empty.discard(index)
            yield CallWords(self._calls[index], "{}")


def _parts(block: dict[str, Any]) -> Iterator[Text | Call]:
    if "text" in block:
        yield Text(a_text(block["text"]))
    elif "toolUse" in block:
        use = a_dict(block["toolUse"])
        yield Call(a_text(use.get("toolUseId")), a_text(use.get("name")), a_dict(use.get("input")))
    elif "reasoningContent" not in block:
        raise unreadable("holds what its client's format cannot express")


def _reason(reason: Any) -> Finish:
    return _REASONS.get(a_text(reason), "stop")


def _usage(usage: dict[str, Any]) -> Usage:
    read, written = count(usage.get("cacheReadInputTokens")), count(usage.get("cacheWriteInputTokens"))
    plain, output = count(usage.get("inputTokens")), count(usage.get("outputTokens"))
    return Usage(plain + read + written, output, read, written)
