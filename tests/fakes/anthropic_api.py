"""A scripted Anthropic API: shapes as the official ``anthropic`` package reads them."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from tests.fakes.http_server import Answer, Received
from tests.fakes.scripted_api import KEY, ScriptedApi, document, events

MODEL = "claude-of-the-tests"
USAGE = {"input_tokens": 7, "output_tokens": 3, "cache_read_input_tokens": 2}


class FakeAnthropic(ScriptedApi):
    """Answers messages, counts and batches; says hello unless a test sets a script."""

    def __init__(self) -> None:
        super().__init__(hello, failure("authentication_error", "invalid x-api-key"))

    def _answer(self, request: Received) -> Answer:
        if request.header("x-api-key") != KEY:
            return document(failure("authentication_error", "invalid x-api-key"), status=401)
        return self.script(request)


def failure(kind: str, message: str) -> dict[str, Any]:
    """An error as Anthropic writes it."""
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"}


def hello(request: Received) -> Answer:
    """The script that runs when a test sets none."""
    match request.path.partition("?")[0]:
        case "/v1/messages":
            return stream(["Hello ", "there."]) if request.body.get("stream") else whole("Hello there.")
        case "/v1/messages/count_tokens":
            return document({"input_tokens": 12})
    return document(failure("not_found_error", "nothing here"), status=404)


def message(blocks: Sequence[Any], reason: str | None = "end_turn", **more: Any) -> dict[str, Any]:
    """A message of the model."""
    head = {"id": "msg_01", "type": "message", "role": "assistant", "model": MODEL}
    return {
        **head,
        "content": [*blocks],
        "stop_reason": reason,
        "stop_sequence": None,
        "usage": USAGE,
        **more,
    }


def whole(text: str, **more: Any) -> Answer:
    """An answer of one text."""
    return document(message([{"type": "text", "text": text, **more}]))


def called(name: str, given: dict[str, Any]) -> Answer:
    """An answer that uses a tool."""
    return document(
        message([{"type": "tool_use", "id": "toolu_1", "name": name, "input": given}], "tool_use")
    )


def block_frames(block: dict[str, Any], deltas: Iterable[dict[str, Any]], index: int = 0) -> list[Any]:
    """The events of one block."""
    return [
        {"type": "content_block_start", "index": index, "content_block": block},
        *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]


def text_frames(parts: Iterable[str], index: int = 0) -> list[Any]:
    """The events of a text."""
    deltas = [{"type": "text_delta", "text": part} for part in parts]
    return block_frames({"type": "text", "text": ""}, deltas, index)


def thinking_frames(parts: Iterable[str], index: int = 0) -> list[Any]:
    """The events of signed reasoning."""
    deltas = [{"type": "thinking_delta", "thinking": part} for part in parts]
    signed = [*deltas, {"type": "signature_delta", "signature": "c2lnbmF0dXJl"}]
    return block_frames({"type": "thinking", "thinking": "", "signature": ""}, signed, index)


def call_frames(name: str, parts: Iterable[str], index: int = 0) -> list[Any]:
    """The events of a tool's use."""
    deltas = [{"type": "input_json_delta", "partial_json": part} for part in ("", *parts)]
    return block_frames({"type": "tool_use", "id": "toolu_1", "name": name, "input": {}}, deltas, index)


def whole_stream(frames: Iterable[Any], reason: str = "end_turn") -> list[Any]:
    """Events between the start and the end of a message."""
    return [
        {"type": "message_start", "message": message([], None)},
        {"type": "ping"},
        *frames,
        {
            "type": "message_delta",
            "delta": {"stop_reason": reason, "stop_sequence": None},
            "usage": {"output_tokens": 9},
        },
        {"type": "message_stop"},
    ]


def stream(parts: Iterable[str]) -> Answer:
    """A streamed answer of one text."""
    return streamed(whole_stream(text_frames(parts)))


def streamed(frames: list[Any]) -> Answer:
    """A streamed answer."""
    return events(frames, named=True)


def results(lines: Iterable[Any]) -> Answer:
    """What became of a batch."""
    body = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    return Answer([body], content_type="application/x-jsonl")
