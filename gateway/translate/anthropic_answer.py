"""Answers of Anthropic's messages, written from the middle form: whole, streamed, and errors.

Source: `anthropic.types.Message` and `RawMessageStreamEvent` of the official Python package.
"""

from typing import Any

from ...detection.dialects.anthropic_common import error as anthropic_error
from ...detection.dialects.anthropic_stream import FRAMING
from ...detection.framing.sse import write
from ...detection.json_text import dump
from .anthropic_request import read
from .deltas import Broke, CallStarted, CallWords, Counted, Delta, Ended, Finished, Started, Words
from .middle import Asked, Call, Finish, Made, Said, Usage
from .refusals import unreadable

_REASONS: dict[Finish, str] = {
    "stop": "end_turn",
    "sequence": "stop_sequence",
    "length": "max_tokens",
    "tools": "tool_use",
    "filter": "refusal",
}
_TEXT = -1
"""Stands for a text among the numbers of calls."""


class AnthropicClient:
    """The format as clients speak it. Implements `formats.ClientFormat`."""

    read = staticmethod(read)

    def answer(self, said: Said, made: Made) -> bytes:
        """Write a whole answer."""
        message = _message(said.id, said.model, made)
        ending = {"stop_reason": _REASONS[said.finish], "stop_sequence": said.sequence}
        return dump({**message, "content": _blocks(said, made), **ending, "usage": _usage(said.usage)})

    def writer(self, asked: Asked, made: Made) -> "AnthropicWriter":
        """Begin a stream."""
        return AnthropicWriter(made)

    def error(self, status: int, message: str) -> bytes:
        """Write an error that the upstream told."""
        return anthropic_error(status, "upstream_error", message).body


class AnthropicWriter:
    """Writes the events of one stream. Implements `formats.StreamWriter`.

    Blocks follow each other; a call whose arguments go on after another block began cannot be told.
    """

    def __init__(self, made: Made) -> None:
        self._made = made
        self._begun = False
        self._blocks = 0
        self._open: int | None = None
        self._usage = Usage()
        self._last = Finished("stop")

    def write(self, delta: Delta) -> bytes:
        """Return the events that tell of it. Raises `UpstreamFault` for calls that are mixed up."""
        match delta:
            case Started():
                return self._begin(delta.id, delta.model)
            case Words():
                return self._words(delta.text)
            case CallStarted():
                identity = delta.id or _made_id(self._made, delta.number)
                return self._start(delta.number, _call(identity, delta.name, {}))
            case CallWords():
                if self._open != delta.number:
                    raise unreadable("mixes up its calls")
                return self._delta({"type": "input_json_delta", "partial_json": delta.text})
            case Finished():
                self._last = delta
            case Counted():
                self._usage = delta.usage
            case Broke():
                return b"event: error\n" + write(anthropic_error(502, "upstream_error", delta.message).body)
            case Ended():
                return self._end()
        return b""

    def _begin(self, identity: str = "", model: str = "") -> bytes:
        if self._begun:
            return b""
        self._begun = True
        message = _message(identity, model, self._made)
        ending = {"stop_reason": None, "stop_sequence": None, "usage": _usage(self._usage)}
        return FRAMING.write({"type": "message_start", "message": {**message, "content": [], **ending}})

    def _words(self, text: str) -> bytes:
        begin = b"" if self._open == _TEXT else self._start(_TEXT, {"type": "text", "text": ""})
        return begin + self._delta({"type": "text_delta", "text": text})

    def _start(self, which: int, block: dict[str, Any]) -> bytes:
        before = self._begin() + self._stop()
        self._open = which
        index = self._blocks
        return before + FRAMING.write({"type": "content_block_start", "index": index, "content_block": block})

    def _delta(self, delta: dict[str, Any]) -> bytes:
        return FRAMING.write({"type": "content_block_delta", "index": self._blocks, "delta": delta})

    def _stop(self) -> bytes:
        if self._open is None:
            return b""
        self._open = None
        self._blocks += 1
        return FRAMING.write({"type": "content_block_stop", "index": self._blocks - 1})

    def _end(self) -> bytes:
        last = self._last
        delta = {"stop_reason": _REASONS[last.reason], "stop_sequence": last.sequence}
        ending = {"type": "message_delta", "delta": delta, "usage": _usage(self._usage)}
        return self._begin() + self._stop() + FRAMING.write(ending) + FRAMING.write({"type": "message_stop"})


def _blocks(said: Said, made: Made) -> list[dict[str, Any]]:
    """Write the parts of an answer; words that follow each other are one text."""
    blocks: list[dict[str, Any]] = []
    calls = 0
    for part in said.parts:
        if isinstance(part, Call):
            blocks.append(_call(part.id or _made_id(made, calls), part.name, dict(part.arguments)))
            calls += 1
        elif part.text and blocks and blocks[-1]["type"] == "text":
            blocks[-1]["text"] += part.text
        elif part.text:
            blocks.append({"type": "text", "text": part.text})
    return blocks


def _message(identity: str, model: str, made: Made) -> dict[str, Any]:
    return {
        "id": identity or f"msg_{made.id}",
        "type": "message",
        "role": "assistant",
        "model": model or made.model,
    }


def _call(identity: str, name: str, given: dict[str, Any]) -> dict[str, Any]:
    return {"type": "tool_use", "id": identity, "name": name, "input": given}


def _made_id(made: Made, number: int) -> str:
    return f"toolu_{made.id}_{number}"


def _usage(usage: Usage) -> dict[str, Any]:
    return {
        "input_tokens": max(usage.input - usage.cached - usage.written, 0),
        "cache_creation_input_tokens": usage.written,
        "cache_read_input_tokens": usage.cached,
        "output_tokens": usage.output,
    }
