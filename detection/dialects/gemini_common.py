"""What the Gemini dialects share: envelopes of errors and refusals, and what counts as machinery.

Source: type definitions of the official ``google-genai`` Python package; errors are
``google.rpc.Status`` as Google's APIs write it (https://google.aip.dev/193).
"""

from collections.abc import Mapping
from typing import Any

from ..document import Document
from ..errors import BadInput
from ..json_read import Parsed, parse
from ..json_text import dump
from ..types import Direction, Refusal, Role
from .base import Addressed, Asked
from .collect import Collector
from .openai_common import LONGEST_MODEL, generic_answer

MOST_CANDIDATES = 128
NO_USAGE = {"promptTokenCount": 0, "totalTokenCount": 0}
BLOCKED_PROMPT = "PROHIBITED_CONTENT"
"""`promptFeedback.blockReason` of a prompt that never reached the model."""
BLOCKED_ANSWER = "SAFETY"
"""`finishReason` of an answer that was stopped."""

_STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    408: "DEADLINE_EXCEEDED",
    409: "ABORTED",
    413: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    501: "UNIMPLEMENTED",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
_FINAL = frozenset(("content_filter", "upstream_credential", "upstream_redirect"))
"""Codes of errors that the same request would meet again."""


def both(*names: str) -> frozenset[str]:
    """Return field names in both spellings that Google's parser takes: camelCase and snake_case."""
    return frozenset((*names, *map(snake, names)))


def snake(name: str) -> str:
    """Return the snake_case spelling of a camelCase name."""
    return "".join("_" + mark.lower() if mark.isupper() else mark for mark in name)


def spelled(tree: Mapping[str, Any], name: str) -> tuple[str, Any]:
    """Return a member and the key it stands under; None under the camelCase one where it is missing.

    Raises:
        BadInput: it stands there twice, in both spellings.
    """
    other = snake(name)
    if other != name and other in tree:
        if name in tree:
            raise BadInput(f"{name} stands there twice.", code="duplicate_key", param=name)
        return other, tree[other]
    return name, tree.get(name)


def read_object(body: bytes) -> Parsed:
    """Parse a request body that must be a JSON object. Raises `BadInput`."""
    parsed = parse(body)
    if not isinstance(parsed.tree, dict):
        raise BadInput("The body must be a JSON object.", code="invalid_type")
    return parsed


def asked(tree: Mapping[str, Any], addressed: Addressed) -> Asked:
    """Return what the address asks for; the body may name the model where the address does not.

    Raises:
        BadInput: nothing names a model, or what names it is no name.
    """
    model = addressed.model or tree.get("model")
    if not isinstance(model, str) or not model.strip():
        raise BadInput("The address must name a model.", code="missing_model", param="model")
    if len(model) > LONGEST_MODEL or not model.isprintable():
        raise BadInput("model is not a model's name.", code="invalid_model", param="model")
    return Asked(model, bool(addressed.stream), framing=addressed.framing)


def error(status: int, code: str, message: str, param: str | None = None) -> Refusal:
    """Write a ``google.rpc.Status``: our code is its reason, the member at fault its violation."""
    reason = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": code.upper(),
        "domain": "sluicegate",
    }
    details: list[Any] = [reason]
    if param:
        violation = {"field": param, "description": message}
        details.append({"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation]})
    return Refusal(status, dump(status_of(status, message, details)), retry=code not in _FINAL)


def status_of(status: int, message: str, details: list[Any] | None = None) -> dict[str, Any]:
    """Return the tree of an error; it may also stand in a stream."""
    name = _STATUSES.get(status, "INTERNAL" if status >= 500 else "FAILED_PRECONDITION")
    body: dict[str, Any] = {"code": status, "message": message, "status": name}
    return {"error": body | ({"details": details} if details else {})}


def walked_answer(body: bytes) -> tuple[Document, Mapping[str, str]]:
    """Read an answer of which nothing but its strings is known. Raises `BadInput`."""
    return generic_answer(body, parse(body)), {}


def embedding_answer(body: bytes, member: str) -> tuple[Document, Mapping[str, str]]:
    """Read an answer of vectors: numbers hold no text, anything beside them is taken. Raises `BadInput`."""
    parsed = parse(body)
    tree, collector = parsed.tree, Collector(Direction.ANSWER)
    given = tree.get(member) if isinstance(tree, dict) else None
    if not isinstance(given, list | dict):
        return generic_answer(body, parsed), {}
    vectors = [(f"/{member}", given)] if isinstance(given, dict) else _listed(given, f"/{member}")
    for pointer, vector in vectors:
        if isinstance(vector, dict):
            numbers = vector.get("values")
            plain = isinstance(numbers, list) and all(type(number) in (float, int) for number in numbers)
            skip = frozenset(("values",)) if plain else frozenset[str]()
            collector.members(vector, pointer, Role.ASSISTANT, skip=skip)
        else:
            collector.walk(vector, pointer, Role.ASSISTANT)
    collector.members(tree, "", Role.ASSISTANT, skip=frozenset((member,)))
    return collector.document(body, parsed), {}


def _listed(values: list[Any], pointer: str) -> list[tuple[str, Any]]:
    return [(f"{pointer}/{index}", value) for index, value in enumerate(values)]
