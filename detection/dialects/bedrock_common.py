"""What the Bedrock dialects share: errors as rest-json, and the pieces of an answer that says no.

Source: the service model of ``bedrock-runtime`` in botocore. A client finds an error's type in the
header ``x-amzn-errortype``; the status decides whether it tries again.
"""

from collections.abc import Mapping
from typing import Any

from ..errors import BadInput
from ..json_text import dump
from ..types import Refusal
from .base import Addressed, Asked

INTERVENED = "guardrail_intervened"
"""The native ending of what a guardrail stopped."""
ERROR_TYPE = "x-amzn-errortype"

_LONGEST_MODEL = 2048
_FINAL = frozenset(("upstream_credential", "upstream_redirect", "upstream_protocol"))
"""Codes of upstream faults that the same request would meet again: clients retry 5xx, not 424."""
_FAILED_DEPENDENCY = 424
_SERVER = 500
_TYPES = {
    400: "ValidationException",
    401: "UnrecognizedClientException",
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    408: "ModelTimeoutException",
    424: "ModelErrorException",
    429: "ThrottlingException",
    503: "ServiceUnavailableException",
    504: "ModelTimeoutException",
}


def error(status: int, code: str, message: str) -> Refusal:
    """Write an error as Bedrock does; `code` is ours and stands beside the message."""
    if status >= _SERVER and code in _FINAL:
        status = _FAILED_DEPENDENCY
    kind = _TYPES.get(status, "InternalServerException" if status >= _SERVER else "ValidationException")
    body = {"message": message, "reason": code}
    return Refusal(status, dump(body), headers=((ERROR_TYPE, kind),), retry=status >= _SERVER)


def asked(addressed: Addressed) -> Asked:
    """Read what the address says. Raises `BadInput` for a model that is no name."""
    model = addressed.model
    if not model or len(model) > _LONGEST_MODEL or not model.isprintable():
        raise BadInput("The path names no model.", code="invalid_model", param="modelId")
    return Asked(model, bool(addressed.stream), framing=addressed.framing)


def usage(original: Any) -> Mapping[str, int]:
    """Return the token counts of an answer that is replaced; none were spent where there is none."""
    given = original.get("usage") if isinstance(original, dict) else None
    given = given if isinstance(given, dict) else {}
    return {
        name: given[name] if type(given.get(name)) is int else 0
        for name in ("inputTokens", "outputTokens", "totalTokens")
    }
