"""A scripted Ollama over real sockets, and how it spells what a model says.

Shapes follow the type definitions of the official ``ollama`` package; nothing here is shared with the
product.
"""

import json
from collections.abc import Iterable
from typing import Any

from tests.fakes.cuts import ByteCut, TextCut, words
from tests.fakes.http_server import Answer, Piece, Received
from tests.fakes.scripted_server import ScriptedServer

_COUNTS = {"total_duration": 5_000_000_000, "prompt_eval_count": 4, "eval_count": 3, "eval_duration": 12}


class FakeOllama(ScriptedServer[Answer]):
    """The server on a free port; use as a context manager. It asks nobody for a key."""

    def __init__(self) -> None:
        super().__init__(hello)

    def _answer(self, request: Received) -> Answer:
        if request.path == "/api/tags":
            return Answer([json.dumps({"models": [{"model": "llama3.2"}]}).encode()])
        if request.path == "/api/embed":
            vectors = [[0.25, -0.5]] * len(request.body["input"])
            return Answer([json.dumps({"model": "llama3.2", "embeddings": vectors}).encode()])
        return self.script(request)


def hello(request: Received) -> Answer:
    """The script that runs when a test sets none."""
    return answered(request, "Hello there.")


def error(status: int, message: str) -> Answer:
    """An error as the server writes it."""
    return Answer([json.dumps({"error": message}).encode()], status=status)


def line(**told: Any) -> dict[str, Any]:
    """A frame of a stream that goes on."""
    return {"model": "llama3.2", "created_at": "2026-01-02T03:04:05.678901Z", "done": False, **told}


def answered(
    request: Received,
    text: str,
    *,
    thinking: str = "",
    calls: Iterable[dict[str, Any]] = (),
    cut: TextCut = words,
) -> Answer:
    """What the model says, in the form of its route; streamed unless the request says otherwise."""
    pieces = [("thinking", piece) for piece in cut(thinking)] if thinking else []
    pieces += [("", piece) for piece in cut(text)]
    tools = [{"function": call} for call in calls]
    end = {"done": True, "done_reason": "stop", **_COUNTS}
    if request.body.get("stream") is False:
        return Answer([json.dumps(_said(request, text, thinking, tools) | end).encode()])
    lines = [_said(request, "" if key else piece, piece if key else "", []) for key, piece in pieces]
    lines += [_said(request, "", "", tools)] if tools else []
    return streamed([*lines, _said(request, "", "", []) | end])


def streamed(lines: Iterable[Any], byte_cut: ByteCut | None = None) -> Answer:
    """A stream of exactly these lines."""
    written = [json.dumps(told, ensure_ascii=False).encode() + b"\n" for told in lines]
    pieces: list[Piece] = list(byte_cut(b"".join(written))) if byte_cut else list(written)
    return Answer(pieces, content_type="application/x-ndjson", framing="chunked")


def _said(request: Received, text: str, thinking: str, calls: list[dict[str, Any]]) -> dict[str, Any]:
    more: dict[str, Any] = {"thinking": thinking} if thinking else {}
    more |= {"tool_calls": calls} if calls else {}
    if request.path == "/api/chat":
        return line(message={"role": "assistant", "content": text, **more})
    return line(response=text, **more)
