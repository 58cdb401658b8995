"""What the gateway says itself in the form of OpenAI's Responses: a refusal, whole or streamed.

A request that is refused gets a response that is complete and holds a refusal, as of a model that says no:
programs read it without special care and do not try again. A stream that is stopped midway did not complete:
it ends with ``response.incomplete`` and the reason ``content_filter``, as the provider ends its own.

Source: `openai.types.responses.Response` and `ResponseStreamEvent` of the official Python package.
"""

import time
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

NO_USAGE = {
    "input_tokens": 0,
    "input_tokens_details": {"cached_tokens": 0},
    "output_tokens": 0,
    "output_tokens_details": {"reasoning_tokens": 0},
    "total_tokens": 0,
}
LONGEST_ID = 128


def response(model: str, original: Any = None) -> dict[str, Any]:
    """Return a response without output; of the `original` that it stands for only the name is kept."""
    return {
        "id": _identity(original),
        "object": "response",
        "created_at": int(time.time()),
        "status": "in_progress",
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "model": model,
        "output": [],
        "parallel_tool_calls": True,
        "temperature": None,
        "tool_choice": "auto",
        "tools": [],
        "top_p": None,
        "usage": None,
    }


def refused(model: str, text: str, original: Any = None) -> dict[str, Any]:
    """Return a whole response that says no."""
    head = response(model, original)
    item = message(refusal(text), "completed")
    return {**head, "status": "completed", "output": [item], "usage": NO_USAGE}


def refused_events(model: str, text: str) -> Iterator[dict[str, Any]]:
    """Yield the events of a streamed response that says no."""
    head = response(model)
    yield {"type": "response.created", "sequence_number": 0, "response": head}
    yield {"type": "response.in_progress", "sequence_number": 1, "response": head}
    item = message(refusal(text), "completed")
    yield from said(item, 0, 2)
    done = {**head, "status": "completed", "output": [item], "usage": NO_USAGE}
    yield {"type": "response.completed", "sequence_number": 8, "response": done}


def said(item: Mapping[str, Any], index: int, number: int) -> Iterator[dict[str, Any]]:
    """Yield the six events of a message that refuses, numbered from `number` on."""
    part = item["content"][0]
    place = {"item_id": item["id"], "output_index": index, "content_index": 0}
    text = part["refusal"]
    begun = {**item, "status": "in_progress", "content": []}
    events: tuple[dict[str, Any], ...] = (
        {"type": "response.output_item.added", "output_index": index, "item": begun},
        {"type": "response.content_part.added", **place, "part": refusal("")},
        {"type": "response.refusal.delta", **place, "delta": text},
        {"type": "response.refusal.done", **place, "refusal": text},
        {"type": "response.content_part.done", **place, "part": part},
        {"type": "response.output_item.done", "output_index": index, "item": item},
    )
    for offset, event in enumerate(events):
        yield {**event, "sequence_number": number + offset}


def message(part: Mapping[str, Any], status: str) -> dict[str, Any]:
    """Return a message of the assistant with one part."""
    identity = f"msg_{uuid.uuid4().hex}"
    return {"id": identity, "type": "message", "role": "assistant", "status": status, "content": [part]}


def refusal(text: str) -> dict[str, Any]:
    """Return the part that refuses."""
    return {"type": "refusal", "refusal": text}


def _identity(original: Any) -> str:
    given = original.get("id") if isinstance(original, Mapping) else None
    return given if isinstance(given, str) and 0 < len(given) <= LONGEST_ID else f"resp_{uuid.uuid4().hex}"
