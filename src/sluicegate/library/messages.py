"""Conversations as the body of a chat request and back: one reader for all that holds messages."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..detection.errors import BadInput
from ..detection.json_read import parse
from ..detection.json_text import dump

DIALECT = "openai_chat"
"""Names the reader: texts, parts and tool calls where OpenAI has them, any other member generically."""

_ALIASES = {"model": "assistant"}
"""Roles of other providers."""


def body_of(messages: Sequence[object]) -> bytes:
    """Write a chat request that holds these messages.

    Raises:
        BadInput: one of them is no message, or cannot be written as JSON.
    """
    try:
        return dump({"model": "any", "messages": [_renamed(_plain(message)) for message in messages]})
    except (TypeError, ValueError, RecursionError):
        raise BadInput("A message cannot be written as JSON.", code="invalid_type") from None


def messages_of(body: bytes, messages: Sequence[object]) -> tuple[dict[str, Any], ...]:
    """Read the messages of a body that `body_of` wrote, each with the role it came with."""
    kept = parse(body).tree["messages"]
    return tuple(
        {**item, "role": _plain(message)["role"]} for item, message in zip(kept, messages, strict=True)
    )


def _plain(message: object) -> Mapping[str, Any]:
    if isinstance(message, Mapping):
        return message
    dumped = getattr(message, "model_dump", None)
    if callable(dumped):
        plain = dumped(mode="json", exclude_none=True)
        if isinstance(plain, dict):
            return plain
    raise BadInput("A message is a dict with a role, or an object with model_dump.", code="invalid_type")


def _renamed(message: Mapping[str, Any]) -> dict[str, Any]:
    role = message.get("role")
    return {**message, "role": _ALIASES.get(role, role) if isinstance(role, str) else role}
