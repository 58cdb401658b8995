"""What the Ollama dialects share: the frame of a request, ends of answers, errors, calls of tools.

Source: type definitions of the official ``ollama`` Python package.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ..errors import BadInput
from ..json_read import Parsed, parse
from ..json_text import dump
from ..types import Kind, Refusal, Role
from .base import Asked
from .collect import Collector
from .openai_common import LONGEST_MODEL

CONTROL = frozenset(
    (
        "model", "created_at", "done", "done_reason", "total_duration", "load_duration", "prompt_eval_count",
        "prompt_eval_duration", "eval_count", "eval_duration",
    )
)  # fmt: skip
"""Members of an answer that the server's machinery writes, not the model."""
BLOCKED = "content_filter"
"""`done_reason` of an answer that says no: clients take any word."""
NDJSON = "application/x-ndjson"

_FINAL = frozenset(("content_filter", "upstream_credential", "upstream_redirect"))
"""Codes of errors that the same request would meet again."""
_NOTHING_SPENT = {
    "total_duration": 0,
    "load_duration": 0,
    "prompt_eval_count": 0,
    "prompt_eval_duration": 0,
    "eval_count": 0,
    "eval_duration": 0,
}
_CALL = frozenset(("function",))
_FUNCTION = frozenset(("name", "arguments"))


def read_object(body: bytes) -> Parsed:
    """Parse a request body that must be a JSON object. Raises `BadInput`."""
    parsed = parse(body)
    if not isinstance(parsed.tree, dict):
        raise BadInput("The body must be a JSON object.", code="invalid_type")
    return parsed


def asked(tree: Mapping[str, Any], *, streams: bool = True) -> Asked:
    """Read model and stream: what says nothing about streaming is streamed. Raises `BadInput`."""
    model = tree.get("model")
    if not isinstance(model, str) or not model.strip():
        raise BadInput("model must be a non-empty string.", code="missing_model", param="model")
    if len(model) > LONGEST_MODEL or not model.isprintable():
        raise BadInput("model is not a model's name.", code="invalid_model", param="model")
    stream = tree.get("stream")
    if streams and stream is not None and not isinstance(stream, bool):
        raise BadInput("stream must be true or false.", code="invalid_type", param="stream")
    return Asked(model, streams and stream is not False)


def ended(model: str) -> dict[str, Any]:
    """Return the members of a last line, or of a whole answer, that says no."""
    return {**head(model), "done": True, "done_reason": BLOCKED, **_NOTHING_SPENT}


def head(model: str) -> dict[str, Any]:
    """Return the members that every line begins with."""
    now = datetime.now(UTC).isoformat(timespec="microseconds")
    return {"model": model, "created_at": now.replace("+00:00", "Z")}


def head_of(tree: Any) -> dict[str, Any]:
    """Return the members that a line like this one begins with."""
    given = tree if isinstance(tree, dict) else {}
    return {key: given[key] for key in ("model", "created_at") if key in given}


def error(status: int, code: str, message: str) -> Refusal:
    """Write Ollama's error, and our code beside it."""
    return Refusal(status, dump({"error": message, "code": code}), retry=code not in _FINAL)


def read_images(collector: Collector, images: Any, pointer: str, role: Role) -> None:
    """List pictures as unjudged."""
    if not isinstance(images, list) or not all(isinstance(image, str) for image in images):
        collector.walk(images, pointer, role)
        return
    for index in range(len(images)):
        collector.skip(f"{pointer}/{index}", "image")


def read_calls(collector: Collector, calls: Any, pointer: str, role: Role) -> None:
    """Collect from calls of tools: arguments are an object, so its values are the texts."""
    if not isinstance(calls, list):
        collector.walk(calls, pointer, role)
        return
    for index, call in enumerate(calls):
        where = f"{pointer}/{index}"
        function = call.get("function") if isinstance(call, dict) else None
        if not isinstance(function, dict):
            collector.walk(call, where, role, Kind.ARGUMENTS)
            continue
        collector.walk(function.get("name"), f"{where}/function/name", role, Kind.NAME)
        collector.walk(function.get("arguments"), f"{where}/function/arguments", role, Kind.ARGUMENTS)
        collector.members(function, f"{where}/function", role, skip=_FUNCTION)
        collector.members(call, where, role, skip=_CALL)
