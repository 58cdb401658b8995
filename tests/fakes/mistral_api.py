"""A scripted Mistral API: shapes as the official ``mistralai`` package reads them."""

from collections.abc import Iterable
from typing import Any

from tests.fakes.http_server import Answer, Received
from tests.fakes.scripted_api import ScriptedApi, document, events

USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
HEAD = {"id": "m1", "model": "mistral-small-latest", "created": 1_790_000_000}
_WHEN = "2026-01-01T00:00:00Z"


class FakeMistral(ScriptedApi):
    """Says hello unless a test sets a script."""

    def __init__(self) -> None:
        super().__init__(hello, {"detail": "Unauthorized"})


def hello(request: Received) -> Answer:
    """The script that runs when a test sets none."""
    streams = request.body.get("stream")
    match request.path:
        case "/v1/chat/completions" | "/v1/fim/completions" | "/v1/agents/completions":
            return stream(["Hello ", "there."]) if streams else chat("Hello there.")
        case path if path.startswith("/v1/conversations"):
            return conversation_stream(["Hello ", "there."]) if streams else conversation("Hello there.")
        case "/v1/embeddings":
            data = [{"object": "embedding", "index": 0, "embedding": [0.5, -0.25]}]
            return document({"id": "e1", "object": "list", "model": "embed", "data": data, "usage": USAGE})
        case "/v1/moderations" | "/v1/chat/moderations":
            return document({"id": "j1", "model": "judge", "results": [{"categories": {"pii": False}}]})
    return document({"object": "error", "message": "no such route"}, status=404)


def chat(content: Any, finish: str = "stop", **message: Any) -> Answer:
    """A whole answer of the chat, fill-in and agent routes."""
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": content, **message},
        "finish_reason": finish,
    }
    return document({**HEAD, "object": "chat.completion", "choices": [choice], "usage": USAGE})


def chunk(delta: dict[str, Any], finish: str | None = None) -> Any:
    """One chunk of a streamed answer."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {**HEAD, "object": "chat.completion.chunk", "choices": [choice]}


def stream(deltas: Iterable[Any]) -> Answer:
    """A streamed answer; each delta is a content or a whole delta."""
    frames = [
        chunk({"role": "assistant", "content": ""}),
        *(chunk(delta if isinstance(delta, dict) else {"content": delta}) for delta in deltas),
        chunk({"content": ""}, "stop") | {"usage": USAGE},
    ]
    return events(frames, end=b"[DONE]")


def thought(text: str) -> list[Any]:
    """Content that is a piece of a thought."""
    return [{"type": "thinking", "thinking": [{"type": "text", "text": text}]}]


def conversation(content: Any) -> Answer:
    """A whole answer of a conversation."""
    entry = {"object": "entry", "type": "message.output", "id": "e1", "role": "assistant", "content": content}
    answer = {"object": "conversation.response", "conversation_id": "conv1", "outputs": [entry]}
    return document(answer | {"usage": USAGE})


def said(content: Any, *, output: int = 0, part: int = 0) -> Any:
    """One event that brings a piece of a message."""
    return {
        "type": "message.output.delta",
        "id": f"e{output}",
        "created_at": _WHEN,
        "output_index": output,
        "content_index": part,
        "model": "mistral-small-latest",
        "role": "assistant",
        "content": content,
    }


def called(name: str, arguments: str, output: int = 0) -> Any:
    """One event that brings a piece of a call."""
    return {
        "type": "function.call.delta",
        "id": f"e{output}",
        "created_at": _WHEN,
        "output_index": output,
        "name": name,
        "tool_call_id": "t1",
        "arguments": arguments,
    }


def conversation_frames(frames: Iterable[Any]) -> list[Any]:
    """Events between the start and the end of a response."""
    return [
        {"type": "conversation.response.started", "created_at": _WHEN, "conversation_id": "conv1"},
        *frames,
        {"type": "conversation.response.done", "created_at": _WHEN, "usage": USAGE},
    ]


def conversation_stream(parts: Iterable[str]) -> Answer:
    """A streamed answer of a conversation."""
    return events(conversation_frames(said(part) for part in parts), named=True)
