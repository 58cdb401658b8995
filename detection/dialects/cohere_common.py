"""What the Cohere dialects share: the envelope of errors, checks of a request's frame.

Source: the official ``cohere`` package; errors are ``{"message": ...}``, told apart by their status.
"""

import uuid
from collections.abc import Mapping
from typing import Any

from ..json_text import dump
from ..types import Refusal
from .base import Asked
from .openai_common import asked, asked_unnamed


def error(status: int, code: str, message: str, param: str | None = None) -> Refusal:
    """Write Cohere's error envelope; what is at fault stands beside its message."""
    body = {"message": message, "code": code} | ({"param": param} if param else {})
    return Refusal(status, dump(body), retry=code != "content_filter")


def asked_plainly(tree: Mapping[str, Any], *, named: bool = True) -> Asked:
    """Read model and stream. Raises `BadInput`.

    Args:
        named: the request must name its model; otherwise the provider has a default.
    """
    if not named and tree.get("model") is None:
        return asked_unnamed({"stream": tree.get("stream")})
    return asked({"model": tree.get("model"), "stream": tree.get("stream")})


def identity(original: Any, name: str = "id") -> str:
    """Return the id of an answer that is replaced, or a new one."""
    given = original.get(name) if isinstance(original, dict) else None
    return given if isinstance(given, str) and len(given) <= 128 else str(uuid.uuid4())
