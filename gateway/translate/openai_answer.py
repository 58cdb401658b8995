"""Answers of OpenAI's chat completions, written from the middle form: whole, streamed, and errors.

Source: `openai.types.chat.ChatCompletion` and `ChatCompletionChunk` of the official Python package.
"""

from typing import Any

from ...detection.dialects.openai_common import error as openai_error
from ...detection.framing.sse import write
from ...detection.json_text import dump
from .deltas import Broke, CallStarted, CallWords, Counted, Delta, Ended, Finished, Started, Words
from .middle import Asked, Call, Finish, Made, Said, Text, Usage
from .openai_request import read

_REASONS: dict[Finish, str] = {
    "stop": "stop",
    "sequence": "stop",
    "length": "length",
    "tools": "tool_calls",
    "filter": "content_filter",
}


class OpenAIClient:
    """The format as clients speak it. Implements `formats.ClientFormat`."""

    read = staticmethod(read)

    def answer(self, said: Said, made: Made) -> bytes:
        """Write a whole answer."""
        message: dict[str, Any] = {"role": "assistant", "content": _text(said), "refusal": None}
        calls = [part for part in said.parts if isinstance(part, Call)]
        if calls:
            message["tool_calls"] = [_call(call, made, index) for index, call in enumerate(calls)]
        choice = {
            "index": 0,
            "message": message,
            "logprobs": None,
            "finish_reason": _REASONS[said.finish],
        }
        head = _head("chat.completion", said.id, said.model, made)
        return dump({**head, "choices": [choice], "usage": _usage(said.usage)})

    def writer(self, asked: Asked, made: Made) -> "OpenAIWriter":
        """Begin a stream."""
        return OpenAIWriter(made, usage=asked.usage)

    def error(self, status: int, message: str) -> bytes:
        """Write an error that the upstream told."""
        return openai_error(status, "upstream_error", message).body


class OpenAIWriter:
    """Writes the chunks of one stream. Implements `formats.StreamWriter`."""

    def __init__(self, made: Made, *, usage: bool) -> None:
        self._made = made
        self._head: dict[str, Any] = {}
        self._wants_usage = usage
        self._usage = Usage()
        self._reason: Finish = "stop"

    def write(self, delta: Delta) -> bytes:
        """Return the chunks that tell of it."""
        match delta:
            case Started():
                return self._begin(delta.id, delta.model)
            case Words():
                return self._chunk({"content": delta.text})
            case CallStarted():
                function = {"name": delta.name, "arguments": ""}
                identity = delta.id or _made_id(self._made, delta.number)
                call = {"index": delta.number, "id": identity, "type": "function", "function": function}
                return self._chunk({"tool_calls": [call]})
            case CallWords():
                call = {"index": delta.number, "function": {"arguments": delta.text}}
                return self._chunk({"tool_calls": [call]})
            case Finished():
                self._reason = delta.reason
            case Counted():
                self._usage = delta.usage
            case Broke():
                return write(openai_error(502, "upstream_error", delta.message).body)
            case Ended():
                return self._end()
        return b""

    def _begin(self, identity: str = "", model: str = "") -> bytes:
        if self._head:
            return b""
        self._head = _head("chat.completion.chunk", identity, model, self._made)
        return self._chunk({"role": "assistant", "content": ""})

    def _chunk(self, delta: dict[str, Any], reason: str | None = None) -> bytes:
        begin = b"" if self._head else self._begin()
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        return begin + write(dump({**self._head, "choices": [choice]}))

    def _end(self) -> bytes:
        last = self._chunk({}, _REASONS[self._reason])
        if self._wants_usage:
            last += write(dump({**self._head, "choices": [], "usage": _usage(self._usage)}))
        return last + write(b"[DONE]")


def _head(kind: str, identity: str, model: str, made: Made) -> dict[str, Any]:
    return {
        "id": identity or f"chatcmpl-{made.id}",
        "object": kind,
        "created": made.created,
        "model": model or made.model,
    }


def _text(said: Said) -> str | None:
    texts = [part.text for part in said.parts if isinstance(part, Text)]
    return "".join(texts) if texts or not said.parts else None


def _call(call: Call, made: Made, index: int) -> dict[str, Any]:
    function = {"name": call.name, "arguments": dump(call.arguments).decode()}
    return {"id": call.id or _made_id(made, index), "type": "function", "function": function}


def _made_id(made: Made, index: int) -> str:
    return f"call_{made.id}_{index}"


def _usage(usage: Usage) -> dict[str, Any]:
    return {
        "prompt_tokens": usage.input,
        "completion_tokens": usage.output,
        "total_tokens": usage.input + usage.output,
        "prompt_tokens_details": {"cached_tokens": usage.cached},
    }
