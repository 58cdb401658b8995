"""A scripted Gemini API over real sockets, and how it spells what a model says.

Shapes follow the type definitions of the official ``google-genai`` package; nothing here is shared with
the product.
"""

import json
from collections.abc import Callable, Iterable
from typing import Any

from tests.fakes.cuts import ByteCut, TextCut, words
from tests.fakes.http_server import Answer, Piece, Received
from tests.fakes.scripted_server import ScriptedServer

UPSTREAM_KEY = "gemini-upstream-key-that-only-the-operator-knows"
USAGE = {
    "promptTokenCount": 4,
    "candidatesTokenCount": 3,
    "totalTokenCount": 7,
    "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 4}],
}
_HEAD = {"modelVersion": "gemini-2.5-pro", "responseId": "gemini-response-1"}


class FakeGemini(ScriptedServer[Answer]):
    """The API on a free port; use as a context manager."""

    def __init__(self, *, api_key: str = UPSTREAM_KEY) -> None:
        super().__init__(hello)
        self.api_key = api_key

    def _answer(self, request: Received) -> Answer:
        if request.header("x-goog-api-key") != self.api_key:
            return error(401, "UNAUTHENTICATED", "API key not valid.")
        action = request.path.partition("?")[0].rpartition(":")[2]
        if action in _COUNTED:
            return _COUNTED[action](request.body)
        return self.script(request)


def hello(request: Received) -> Answer:
    """The script that runs when a test sets none."""
    return answered(request, {"text": "Hello there."})


def error(status: int, name: str, message: str) -> Answer:
    """An error in Google's envelope."""
    body = {"error": {"code": status, "message": message, "status": name}}
    return Answer([json.dumps(body).encode()], status=status)


def said(*parts: dict[str, Any], reason: str | None = "STOP", **candidate: Any) -> dict[str, Any]:
    """A whole answer, or a frame of a stream, with one candidate."""
    told: dict[str, Any] = {"content": {"parts": list(parts), "role": "model"}, "index": 0, **candidate}
    if reason:
        told["finishReason"] = reason
    return {"candidates": [told], "usageMetadata": USAGE, **_HEAD}


def answered(request: Received, *parts: dict[str, Any], cut: TextCut = words, **candidate: Any) -> Answer:
    """What the model says, as the address wants it: whole, as events, or as an array."""
    if ":stream" not in request.path:
        return Answer([json.dumps(said(*parts, **candidate)).encode()])
    frames = [said(piece, reason=None) for part in parts for piece in _cut(part, cut)]
    return streamed([*frames, said({"text": ""}, **candidate)], array="alt=sse" not in request.path)


def streamed(frames: Iterable[Any], *, array: bool = False, byte_cut: ByteCut | None = None) -> Answer:
    """A stream of exactly these frames."""
    told = [json.dumps(frame, ensure_ascii=False).encode() for frame in frames]
    if array:
        written = [(b",\r\n" if index else b"[") + frame for index, frame in enumerate(told)] + [b"]"]
    else:
        written = [b"data: " + frame + b"\r\n\r\n" for frame in told]
    pieces: list[Piece] = list(byte_cut(b"".join(written))) if byte_cut else list(written)
    kind = "application/json; charset=UTF-8" if array else "text/event-stream"
    return Answer(pieces, content_type=kind, framing="chunked")


def interaction(request: Received, *steps: dict[str, Any], cut: TextCut = words, **more: Any) -> Answer:
    """An interaction that consists of these steps, whole or as events, as the request wants it."""
    asked = request.body if request.raw else {}
    head = {"id": "v1_interaction", "object": "interaction", "model": asked.get("model"), **more}
    done = {"status": "completed", "usage": {"total_tokens": 7}, **head}
    if not asked.get("stream"):
        return Answer([json.dumps({**done, "steps": list(steps)}).encode()])
    events: list[Any] = [_lived("created", {**head, "status": "in_progress"})]
    for index, step in enumerate(steps):
        events += _stepped(index, step, cut)
    events.append(_lived("completed", {**done, "steps": list(steps)}))
    written = [
        b"event: %b\ndata: %b\n\n" % (event["event_type"].encode(), json.dumps(event).encode())
        for event in events
    ]
    return Answer(
        [*written, b"event: done\ndata: [DONE]\n\n"], content_type="text/event-stream", framing="chunked"
    )


def _lived(what: str, told: dict[str, Any]) -> dict[str, Any]:
    return {"event_type": f"interaction.{what}", "interaction": told, "event_id": "e"}


def _stepped(index: int, step: dict[str, Any], cut: TextCut) -> list[dict[str, Any]]:
    deltas: list[dict[str, Any]] = []
    if step["type"] == "model_output":
        empty = {**step, "content": []}
        for content in step["content"]:
            deltas += [{"type": "text", "text": piece} for piece in cut(content["text"])]
    elif step["type"] == "thought":
        empty = {"type": "thought"}
        for content in step["summary"]:
            pieces = [{"type": "text", "text": piece} for piece in cut(content["text"])]
            deltas += [{"type": "thought_summary", "content": piece} for piece in pieces]
    else:
        empty = {**step, "arguments": {}}
        pieces_of = cut(json.dumps(step["arguments"]))
        deltas += [{"type": "arguments_delta", "arguments": piece} for piece in pieces_of]
    return [
        {"event_type": "step.start", "index": index, "step": empty},
        *({"event_type": "step.delta", "index": index, "delta": delta} for delta in deltas),
        {"event_type": "step.stop", "index": index},
    ]


def _cut(part: dict[str, Any], cut: TextCut) -> list[dict[str, Any]]:
    return [{**part, "text": piece} for piece in cut(part["text"])] if "text" in part else [part]


def _count(_: dict[str, Any]) -> Answer:
    return Answer([json.dumps({"totalTokens": 5}).encode()])


def _embed(body: dict[str, Any]) -> Answer:
    vectors = [{"values": [0.25, -0.5]} for _ in body["requests"]]
    return Answer([json.dumps({"embeddings": vectors}).encode()])


_COUNTED: dict[str, Callable[[dict[str, Any]], Answer]] = {
    "countTokens": _count,
    "batchEmbedContents": _embed,
}
