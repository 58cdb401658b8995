"""How the OpenAI Responses API spells what a scripted model says: whole, or as a stream of events.

Shapes follow the type definitions of the official ``openai`` package (``openai.types.responses``); nothing
here is shared with the product.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from tests.fakes.cuts import ByteCut, TextCut, words
from tests.fakes.http_server import Answer, Piece

ID = "resp_0001scripted"
CREATED = 1_790_000_000


def message(text: str, identity: str = "msg_1", **part: Any) -> dict[str, Any]:
    """A message of the model."""
    content = {"type": "output_text", "text": text, "annotations": [], "logprobs": [], **part}
    return _item("message", identity, role="assistant", content=[content])


def refusing(text: str) -> dict[str, Any]:
    """A message in which the model itself refuses."""
    return _item("message", "msg_r", role="assistant", content=[{"type": "refusal", "refusal": text}])


def calling(name: str, arguments: str, identity: str = "fc_1") -> dict[str, Any]:
    """A call of a function. `arguments` is JSON text."""
    return _item("function_call", identity, call_id=f"call_{identity}", name=name, arguments=arguments)


def custom(name: str, given: str) -> dict[str, Any]:
    """A call of a tool that takes free text."""
    return _item("custom_tool_call", "ctc_1", call_id="call_ctc", name=name, input=given)


def thinking(summary: str, content: str = "", sealed: str | None = None) -> dict[str, Any]:
    """Reasoning with a summary, and the text itself where the provider shows it."""
    item = _item("reasoning", "rs_1", summary=[{"type": "summary_text", "text": summary}])
    if content:
        item["content"] = [{"type": "reasoning_text", "text": content}]
    return item | {"encrypted_content": sealed}


def _item(kind: str, identity: str, **members: Any) -> dict[str, Any]:
    return {"id": identity, "type": kind, "status": "completed", **members}


def response(
    request: dict[str, Any], items: Sequence[dict[str, Any]], status: str = "completed", **more: Any
) -> dict[str, Any]:
    """A response object."""
    return {
        "id": ID,
        "object": "response",
        "created_at": CREATED,
        "status": status,
        "error": None,
        "incomplete_details": None,
        "instructions": request.get("instructions"),
        "metadata": {},
        "model": request.get("model", "gpt-5-mini"),
        "output": list(items),
        "parallel_tool_calls": True,
        "previous_response_id": request.get("previous_response_id"),
        "temperature": 1.0,
        "tool_choice": "auto",
        "tools": request.get("tools") or [],
        "top_p": 1.0,
        "usage": _USAGE if status == "completed" else None,
        **more,
    }


_USAGE = {
    "input_tokens": 11,
    "input_tokens_details": {"cached_tokens": 0},
    "output_tokens": 7,
    "output_tokens_details": {"reasoning_tokens": 0},
    "total_tokens": 18,
}


def buffered(request: dict[str, Any], *items: dict[str, Any], **more: Any) -> Answer:
    """`POST /v1/responses` without streaming."""
    return Answer([_dump(response(request, items, **more))])


def streamed(
    request: dict[str, Any],
    *items: dict[str, Any],
    cut: TextCut = words,
    byte_cut: ByteCut | None = None,
) -> Answer:
    """`POST /v1/responses` with ``stream: true``."""
    return sse(events(request, items, cut), byte_cut)


def answered(request: dict[str, Any], *items: dict[str, Any], **how: Any) -> Answer:
    """Either, as the request wants it."""
    return streamed(request, *items, **how) if request.get("stream") else buffered(request, *items)


def sse(told: Iterable[dict[str, Any]], byte_cut: ByteCut | None = None) -> Answer:
    """A stream of exactly these events."""
    written = [event(item) for item in told]
    pieces: list[Piece] = list(byte_cut(b"".join(written))) if byte_cut else list(written)
    return Answer(pieces, content_type="text/event-stream; charset=utf-8", framing="chunked")


def event(told: dict[str, Any]) -> bytes:
    """One event on the wire."""
    return b"event: %b\ndata: %b\n\n" % (told["type"].encode(), _dump(told))


def events(
    request: dict[str, Any], items: Sequence[dict[str, Any]], cut: TextCut = words
) -> list[dict[str, Any]]:
    """The events of a whole stream, numbered."""
    begun = response(request, [], "in_progress")
    told: list[dict[str, Any]] = [
        {"type": "response.created", "response": begun},
        {"type": "response.in_progress", "response": begun},
    ]
    for index, item in enumerate(items):
        told += _told(index, item, cut)
    told.append({"type": "response.completed", "response": response(request, items)})
    return [{**item, "sequence_number": number} for number, item in enumerate(told)]


def _told(index: int, item: dict[str, Any], cut: TextCut) -> Iterator[dict[str, Any]]:
    begun = {**item, "status": "in_progress", **{name: empty for name, empty in _EMPTY if name in item}}
    yield {"type": "response.output_item.added", "output_index": index, "item": begun}
    place = {"item_id": item["id"], "output_index": index}
    kind = item["type"]
    if kind == "message":
        for number, part in enumerate(item["content"]):
            member = "refusal" if part["type"] == "refusal" else "text"
            family = "response.refusal" if member == "refusal" else "response.output_text"
            where = {**place, "content_index": number}
            yield from _part("response.content_part", family, where, part, member, cut)
    elif kind == "reasoning":
        for number, part in enumerate(item["summary"]):
            where = {**place, "summary_index": number}
            family = "response.reasoning_summary"
            yield from _part(f"{family}_part", f"{family}_text", where, part, "text", cut)
        for number, part in enumerate(item.get("content") or ()):
            where = {**place, "content_index": number}
            yield from _text("response.reasoning_text", where, part["text"], "text", cut)
    elif kind in _GROWN:
        family, member = _GROWN[kind]
        yield from _text(family, place, item[member], member, cut)
    yield {"type": "response.output_item.done", "output_index": index, "item": item}


_EMPTY: tuple[tuple[str, Any], ...] = (("content", []), ("summary", []), ("arguments", ""), ("input", ""))
_GROWN = {
    "function_call": ("response.function_call_arguments", "arguments"),
    "mcp_call": ("response.mcp_call_arguments", "arguments"),
    "custom_tool_call": ("response.custom_tool_call_input", "input"),
    "code_interpreter_call": ("response.code_interpreter_call_code", "code"),
}


def _part(
    parts: str, family: str, place: dict[str, Any], part: dict[str, Any], member: str, cut: TextCut
) -> Iterator[dict[str, Any]]:
    yield {"type": f"{parts}.added", **place, "part": {**part, member: ""}}
    yield from _text(family, place, part[member], member, cut)
    yield {"type": f"{parts}.done", **place, "part": part}


def _text(
    family: str, place: dict[str, Any], text: str, member: str, cut: TextCut
) -> Iterator[dict[str, Any]]:
    logprobs: dict[str, Any] = {"logprobs": []} if family == "response.output_text" else {}
    for piece in cut(text):
        yield {"type": f"{family}.delta", **place, "delta": piece, **logprobs}
    yield {"type": f"{family}.done", **place, member: text, **logprobs}


def _dump(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
