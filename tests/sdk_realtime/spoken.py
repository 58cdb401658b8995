"""What a realtime model of OpenAI says, event by event."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

CREATED = {
    "type": "session.created",
    "event_id": "event_0",
    "session": {"type": "realtime", "object": "realtime.session", "id": "sess_1", "model": "gpt-realtime"},
}
SOUND = "UklGRiQAAABXQVZF" * 4
"""Stands for sound, in base64."""


def said(
    pieces: Iterable[str], *, name: str = "resp_1", spoken: bool = False, item: str = "item_1"
) -> Iterator[dict[str, Any]]:
    """Yield the events of a response that is one message; `spoken` as sound with its transcript."""
    part, member, family = ("audio", "transcript", "output_audio_transcript") if spoken else _TEXT
    place = {"response_id": name, "item_id": item, "output_index": 0, "content_index": 0}
    yield from _begun(name, {"id": item, "type": "message", "role": "assistant", "content": []})
    yield _event("response.content_part.added", **place, part={"type": part, member: ""})
    text = ""
    for piece in pieces:
        text += piece
        yield _event(f"response.{family}.delta", **place, delta=piece)
        if spoken:
            yield _event("response.output_audio.delta", **place, delta=SOUND)
    yield _event(f"response.{family}.done", **place, **{member: text})
    yield _event("response.content_part.done", **place, part={"type": part, member: text})
    content = [{"type": f"output_{part}", member: text}]
    yield from _done(name, {"id": item, "type": "message", "role": "assistant", "content": content})


def called(pieces: Iterable[str], *, name: str = "resp_1") -> Iterator[dict[str, Any]]:
    """Yield the events of a response that calls a tool."""
    call = {"id": "item_2", "type": "function_call", "name": "find", "call_id": "call_1"}
    place = {"response_id": name, "item_id": "item_2", "output_index": 0, "call_id": "call_1"}
    yield from _begun(name, {**call, "arguments": ""})
    for piece in pieces:
        yield _event("response.function_call_arguments.delta", **place, delta=piece)
    text = "".join(pieces)
    yield _event("response.function_call_arguments.done", **place, name="find", arguments=text)
    yield from _done(name, {**call, "arguments": text})


def cut(text: str, size: int = 3) -> list[str]:
    """Cut a text into pieces."""
    return [text[at : at + size] for at in range(0, len(text), size)]


_TEXT = ("text", "text", "output_text")


def _event(kind: str, **members: Any) -> dict[str, Any]:
    return {"type": kind, "event_id": "event_1", **members}


def _response(name: str, **members: Any) -> Mapping[str, Any]:
    return {"object": "realtime.response", "id": name, "conversation_id": "conv_1", **members}


def _begun(name: str, item: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield _event("response.created", response=_response(name, status="in_progress", output=[]))
    begun = {**item, "object": "realtime.item", "status": "in_progress"}
    yield _event("response.output_item.added", response_id=name, output_index=0, item=begun)
    yield _event("conversation.item.added", previous_item_id=None, item=begun)


def _done(name: str, item: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    done = {**item, "object": "realtime.item", "status": "completed"}
    yield _event("conversation.item.done", previous_item_id=None, item=done)
    yield _event("response.output_item.done", response_id=name, output_index=0, item=done)
    usage = {"total_tokens": 9, "input_tokens": 4, "output_tokens": 5}
    whole = _response(name, status="completed", output=[done], usage=usage)
    yield _event("response.done", response=whole)
