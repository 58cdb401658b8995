"""What the OpenAI dialects share: envelope of errors, checks of a request's frame.

Source: type definitions of the official ``openai`` Python package.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ..document import Document
from ..errors import BadInput
from ..framing.sse import Sse
from ..json_read import Parsed, parse
from ..json_text import dump
from ..types import Direction, Kind, Refusal, Role
from .base import Addressed, Asked
from .collect import Collector

LONGEST_MODEL = 256
MOST_CHOICES = 128
ANSWER_CONTROL = frozenset(
    (
        "id", "object", "created", "model", "system_fingerprint", "service_tier", "usage", "obfuscation",
        "provider", "timings", "stats",
    )
)  # fmt: skip
"""Members of an answer that the upstream's machinery writes, not the model; the last ones are OpenRouter's,
llama.cpp's and LM Studio's."""

_CHOICES = {
    member: frozenset(("index", member, "logprobs", "finish_reason", "token_ids"))
    for member in ("message", "text")
}
"""Members of a choice, by the one that its texts stand in."""
CHUNK = ANSWER_CONTROL | {"choices"}
"""Members of a streamed chunk that every chunk repeats or that stand for themselves."""
DATA_EVENTS = Sse(end=b"[DONE]")
"""Events without names, closed by one that says so."""
NO_USAGE = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}

_FINAL = frozenset(("content_filter", "upstream_credential", "upstream_redirect"))
"""Codes of errors that the same request would meet again."""
_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
}


def read_object(body: bytes) -> Parsed:
    """Parse a request body that must be a JSON object. Raises `BadInput`."""
    parsed = parse(body)
    if not isinstance(parsed.tree, dict):
        raise BadInput("The body must be a JSON object.", code="invalid_type")
    return parsed


def asked(tree: Mapping[str, Any]) -> Asked:
    """Read model, stream and n. Raises `BadInput` naming the member at fault."""
    model = tree.get("model")
    if not isinstance(model, str) or not model.strip():
        raise BadInput("model must be a non-empty string.", code="missing_model", param="model")
    if len(model) > LONGEST_MODEL or not model.isprintable():
        raise BadInput("model is not a model's name.", code="invalid_model", param="model")
    stream = tree.get("stream")
    if stream is not None and not isinstance(stream, bool):
        raise BadInput("stream must be true or false.", code="invalid_type", param="stream")
    choices = tree.get("n")
    if choices is None:
        choices = 1
    if not isinstance(choices, int) or isinstance(choices, bool) or not 1 <= choices <= MOST_CHOICES:
        raise BadInput(f"n must be a whole number from 1 to {MOST_CHOICES}.", code="invalid_value", param="n")
    options = tree.get("stream_options")
    usage = isinstance(options, dict) and options.get("include_usage") is True
    return Asked(model, bool(stream), choices, usage)


def with_addressed(tree: Mapping[str, Any], addressed: Addressed) -> Mapping[str, Any]:
    """Return a request as if it named the model that its address names; what the body says does not count."""
    return {**tree, "model": addressed.model} if addressed.model else tree


def asked_unnamed(tree: Mapping[str, Any]) -> Asked:
    """Read stream and n of a request that names no model: the provider chooses. Raises `BadInput`."""
    return replace(asked({**tree, "model": "-"}), model="")


def usage_frame(head: Mapping[str, Any]) -> list[Any]:
    """Return the last chunk that reports usage: none was spent."""
    return [{**head, "choices": [], "usage": NO_USAGE}]


def error(status: int, code: str, message: str, param: str | None = None) -> Refusal:
    """Write OpenAI's error envelope. What a retry cannot change tells SDKs not to try."""
    return Refusal(status, dump(error_body(status, code, message, param)), retry=code not in _FINAL)


def error_body(status: int, code: str, message: str, param: str | None = None) -> dict[str, Any]:
    """Return OpenAI's error envelope."""
    kind = _TYPES.get(status, "api_error" if status >= 500 else "invalid_request_error")
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def fault_frame(message: str) -> Any:
    """Return OpenAI's error as a streamed frame: the rest of the answer cannot be told."""
    return {"error": {"message": message, "type": "api_error", "param": None, "code": "upstream_protocol"}}


def generic_answer(body: bytes, parsed: Parsed) -> Document:
    """Take every text of an answer that has no known shape (an error body, say)."""
    collector = Collector(Direction.ANSWER)
    collector.walk(parsed.tree, "", Role.ASSISTANT, Kind.OTHER)
    return collector.document(body, parsed)


def choices_answer(
    body: bytes, member: str, read_member: Callable[[Collector, Any, str], None]
) -> tuple[Document, Mapping[str, str]]:
    """Parse an answer whose texts stand in `member` of its choices, beside their token lists.

    Returns:
        As `Dialect.parse_answer`. An answer without choices is taken text by text.
    """
    parsed = parse(body)
    tree, collector = parsed.tree, Collector(Direction.ANSWER)
    choices = tree.get("choices") if isinstance(tree, dict) else None
    if not isinstance(choices, list):
        return generic_answer(body, parsed), {}
    repeats: dict[str, str] = {}
    known = _CHOICES[member]
    for index, choice in enumerate(choices):
        pointer = f"/choices/{index}"
        if not isinstance(choice, dict):
            collector.walk(choice, pointer, Role.ASSISTANT)
            continue
        read_member(collector, choice.get(member), f"{pointer}/{member}")
        for name in ("logprobs", "token_ids"):
            if choice.get(name) is not None:
                repeats[f"{pointer}/{name}"] = f"{pointer}/{member}"
        collector.members(choice, pointer, Role.ASSISTANT, skip=known)
    collector.members(tree, "", Role.ASSISTANT, skip=CHUNK)
    return collector.document(body, parsed), repeats
