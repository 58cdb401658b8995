"""What the Mistral dialects share: the envelope of errors, the name of what answers.

Source: `mistralai.client.errors` and what the API is seen to answer: errors are one flat object.
"""

from collections.abc import Mapping
from typing import Any

from ..errors import BadInput
from ..json_text import dump
from ..types import Refusal
from .base import Asked
from .openai_common import asked, asked_unnamed

_TYPES = {401: "authentication_error", 403: "permission_error", 404: "not_found", 429: "rate_limited"}


def error(status: int, code: str, message: str, param: str | None = None) -> Refusal:
    """Write Mistral's error envelope."""
    kind = _TYPES.get(status, "internal_error" if status >= 500 else "invalid_request_error")
    body = {"object": "error", "message": message, "type": kind, "param": param, "code": code}
    return Refusal(status, dump(body), retry=code != "content_filter")


def asked_of_agent(tree: Mapping[str, Any], *, named: bool = True) -> Asked:
    """Read what a request asks for that may name an agent in a model's place.

    Args:
        named: one of the two must be named; otherwise the provider may know it.

    Raises `BadInput`.
    """
    name = tree.get("model") if tree.get("agent_id") is None else tree["agent_id"]
    if name is None and not named:
        return asked_unnamed(tree)
    if not isinstance(name, str) or not name.strip():
        raise BadInput("agent_id must be a non-empty string.", code="missing_model", param="agent_id")
    return asked({**tree, "model": name})
