"""A scripted Cohere API: shapes as the official ``cohere`` package reads them."""

from collections.abc import Iterable
from typing import Any

from tests.fakes.http_server import Answer, Received
from tests.fakes.scripted_api import ScriptedApi, document, events, lines

USAGE = {"billed_units": {"input_tokens": 1, "output_tokens": 2}, "tokens": {"input_tokens": 1}}


class FakeCohere(ScriptedApi):
    """Answers both versions; says hello unless a test sets a script."""

    def __init__(self) -> None:
        super().__init__(hello, {"message": "invalid api token"})


def hello(request: Received) -> Answer:
    """The script that runs when a test sets none."""
    streams = request.body.get("stream")
    match request.path:
        case "/v2/chat":
            return stream(["Hello ", "there."]) if streams else chat("Hello there.")
        case "/v1/chat":
            return stream_v1(["Hello ", "there."]) if streams else chat_v1("Hello there.")
        case "/v2/embed" | "/v1/embed":
            return document(
                {"id": "e1", "embeddings": {"float": [[0.5, -0.25]]}, "texts": request.body.get("texts")}
            )
        case "/v2/rerank" | "/v1/rerank":
            results = [{"index": 1, "relevance_score": 0.98765432}, {"index": 0, "relevance_score": 0.1}]
            return document({"id": "r1", "results": results, "meta": {"api_version": {"version": "2"}}})
    return document({"message": "not found"}, status=404)


def chat(text: str, **message: Any) -> Answer:
    """A whole answer of version 2."""
    said = {"role": "assistant", "content": [{"type": "text", "text": text}], **message}
    return document({"id": "c1", "finish_reason": "COMPLETE", "message": said, "usage": USAGE})


def called(name: str, arguments: str) -> Answer:
    """A whole answer of version 2 that calls a tool."""
    call = {"id": "t1", "type": "function", "function": {"name": name, "arguments": arguments}}
    said = {"role": "assistant", "tool_plan": "I will look.", "tool_calls": [call]}
    return document({"id": "c1", "finish_reason": "TOOL_CALL", "message": said, "usage": USAGE})


def text_frames(parts: Iterable[str], kind: str = "text", index: int = 0) -> list[Any]:
    """The events of one content block."""
    start = {"message": {"content": {"type": kind, kind: ""}}}
    deltas = [
        {"type": "content-delta", "index": index, "delta": {"message": {"content": {kind: part}}}}
        for part in parts
    ]
    return [
        {"type": "content-start", "index": index, "delta": start},
        *deltas,
        {"type": "content-end", "index": index},
    ]


def call_frames(name: str, parts: Iterable[str], index: int = 0) -> list[Any]:
    """The events of one tool call."""
    call = {"id": "t1", "type": "function", "function": {"name": name, "arguments": ""}}
    deltas = [
        {
            "type": "tool-call-delta",
            "index": index,
            "delta": {"message": {"tool_calls": {"function": {"arguments": part}}}},
        }
        for part in parts
    ]
    return [
        {"type": "tool-call-start", "index": index, "delta": {"message": {"tool_calls": call}}},
        *deltas,
        {"type": "tool-call-end", "index": index},
    ]


def whole_stream(frames: Iterable[Any], reason: str = "COMPLETE") -> list[Any]:
    """Events between the start and the end of a message."""
    said = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}
    return [
        {"type": "message-start", "id": "c1", "delta": {"message": said}},
        *frames,
        {"type": "message-end", "delta": {"finish_reason": reason, "usage": USAGE}},
    ]


def stream(parts: Iterable[str]) -> Answer:
    """A streamed answer of version 2."""
    return events(whole_stream(text_frames(parts)), named=True, end=b"[DONE]")


def chat_v1(text: str, **more: Any) -> Answer:
    """A whole answer of version 1."""
    return document({"text": text, "generation_id": "g1", "finish_reason": "COMPLETE", **more})


def frames_v1(parts: Iterable[str], **response: Any) -> list[Any]:
    """The events of a streamed answer of version 1; the last one says all of it again."""
    pieces = list(parts)
    whole = "".join(pieces)
    history = [{"role": "USER", "message": "hi"}, {"role": "CHATBOT", "message": whole}]
    answer = {"text": whole, "generation_id": "g1", "chat_history": history, "finish_reason": "COMPLETE"}
    said = [{"is_finished": False, "event_type": "text-generation", "text": part} for part in pieces]
    return [
        {"is_finished": False, "event_type": "stream-start", "generation_id": "g1"},
        *said,
        {
            "is_finished": True,
            "event_type": "stream-end",
            "finish_reason": "COMPLETE",
            "response": {**answer, **response},
        },
    ]


def stream_v1(parts: Iterable[str]) -> Answer:
    """A streamed answer of version 1."""
    return lines(frames_v1(parts), "application/stream+json")
