"""How answers of upstreams are read: strictly, with an `UpstreamFault` for what they should not be."""

from typing import Any

from .json_exact import load
from .refusals import unreadable

_LONGEST = 2_000
"""Characters of an upstream's message that are passed on."""


def tree_of(data: bytes) -> dict[str, Any]:
    """Parse JSON that must be an object. Raises `UpstreamFault`."""
    try:
        tree = load(data)
    except ValueError:
        raise unreadable("is not JSON") from None
    return a_dict(tree)


def a_dict(value: Any) -> dict[str, Any]:
    """Return a value that must be an object; a null is an empty one. Raises `UpstreamFault`."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise unreadable()
    return value


def a_list(value: Any) -> list[Any]:
    """Return a value that must be a list; a null is an empty one. Raises `UpstreamFault`."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise unreadable()
    return value


def a_text(value: Any) -> str:
    """Return a value that must be a string; a null is an empty one. Raises `UpstreamFault`."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise unreadable()
    return value


def count(value: Any) -> int:
    """Return a number of tokens; what is none counts as 0."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def arguments_of(text: str) -> dict[str, Any]:
    """Parse the arguments of a call, an object as JSON text. Raises `UpstreamFault`."""
    try:
        arguments = load(text or "{}")
    except ValueError:
        arguments = None
    if not isinstance(arguments, dict):
        raise unreadable("calls a tool with arguments that are no JSON object")
    return arguments


def message_of(body: bytes, status: int) -> str:
    """Return what an upstream says about an error, in whatever format; its status if it says nothing."""
    try:
        tree = load(body)
    except ValueError:
        tree = None
    for found in _messages(tree):
        if isinstance(found, str) and found.strip():
            return found[:_LONGEST]
    return f"The upstream answered with status {status}."


def _messages(tree: Any) -> list[Any]:
    if isinstance(tree, list) and tree:
        tree = tree[0]
    if not isinstance(tree, dict):
        return []
    error = tree.get("error")
    inner = error.get("message") if isinstance(error, dict) else error
    return [inner, tree.get("message"), tree.get("Message"), tree.get("detail")]
