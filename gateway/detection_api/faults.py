"""What goes wrong, in the words of these APIs: ``detail``, ``error_code`` and ``status_code``."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ...detection.errors import BadInput, UpstreamFault
from ...detection.types import Ban
from ...middleware.bans import Banned
from ...middleware.rejection import Rejected
from .shapes import Issue

_CODES = {
    400: "INVALID_REQUEST",
    401: "INVALID_API_KEY",
    403: "INSUFFICIENT_PERMISSIONS",
    404: "RESOURCE_NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    408: "REQUEST_TIMEOUT",
    413: "REQUEST_TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
    422: "INVALID_REQUEST",
    429: "RATE_LIMIT_EXCEEDED",
    503: "SERVICE_UNAVAILABLE",
}
_ERROR = "INTERNAL_ERROR"
_CROWDED = "crowded"
_RETRY_SECONDS = 5


class Invalid(BadInput):
    """A request whose shape is wrong. `issues` say where."""

    def __init__(self, issues: list[Issue]) -> None:
        super().__init__(
            "The request does not have the shape it must have.", code="invalid_request", status=422
        )
        self.issues = issues


def unrecorded() -> Rejected:
    """Return what is said while nothing can be recorded."""
    return Rejected(
        "Calls cannot be recorded now; try again later.",
        code="audit_unavailable",
        status=503,
        reason="audit",
        headers=[(b"retry-after", b"%d" % _RETRY_SECONDS)],
    )


def crowded() -> Rejected:
    """The refusal of a call while this process has as many as it takes on."""
    return Rejected(
        "Too many requests at a time; try again in a moment.",
        code=_CROWDED,
        status=429,
        reason="crowded",
        headers=[(b"retry-after", b"1")],
    )


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault as a family's renderer sees it.

    `code` is ours, `error_code` the documented one of these APIs. `limit` and `retry_after` (seconds)
    are set where a rate was exceeded.
    """

    status: int
    code: str
    error_code: str
    message: str
    issues: tuple[Issue, ...] = ()
    ban: Ban | None = None
    limit: int = 0
    retry_after: int = 0


type Render = Callable[[Fault, str], tuple[int, dict[str, Any]]]
"""Gives status and body of a fault on a service: ``detection`` or ``proxy``."""


def fault_of(error: Exception) -> Fault:
    """Say what an exception is to a caller. What is not ours says nothing but that the service failed."""
    if isinstance(error, Banned):
        return Fault(403, error.code, "USER_BANNED", error.message, ban=error.ban)
    if isinstance(error, Invalid):
        return Fault(422, error.code, _CODES[422], error.message, tuple(error.issues))
    if isinstance(error, Rejected):
        headers = dict(error.headers)
        limit, after = (int(headers.get(name, b"0")) for name in (b"x-ratelimit-limit", b"retry-after"))
        return Fault(error.status, error.code, _code(error), error.message, limit=limit, retry_after=after)
    if isinstance(error, BadInput):
        return _bad_input(error)
    if isinstance(error, UpstreamFault):
        return Fault(error.status, error.code, _CODES.get(error.status, _ERROR), error.message)
    return Fault(500, "internal_error", _ERROR, "Detection service error")


def detail_body(fault: Fault, service: str) -> tuple[int, dict[str, Any]]:
    """Render a fault as OpenGuardrails does, with the fields that its documents promise beside it."""
    body: dict[str, Any] = {
        "detail": _detail(fault, service),
        "error_code": fault.error_code,
        "status_code": fault.status,
    }
    if fault.status == 429:
        kind = "service_overloaded" if fault.code == _CROWDED else "rate_limit_exceeded"
        body["retry_after"] = fault.retry_after
        body["error"] = {
            "message": fault.message,
            "type": kind,
            "code": 429,
            "retry_after": fault.retry_after,
        }
    return fault.status, body


def issue_rows(issues: tuple[Issue, ...]) -> list[dict[str, Any]]:
    """Return issues as FastAPI lists them, without the input it would repeat."""
    return [{"type": issue.kind, "loc": list(issue.where), "msg": issue.text} for issue in issues]


def moment(seconds: float | None) -> str | None:
    """Return a time as ISO 8601 in UTC, to the second above."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(math.ceil(seconds), UTC).isoformat()


def _code(error: Rejected) -> str:
    return "MODEL_NOT_FOUND" if error.code == "model_not_found" else _CODES.get(error.status, _ERROR)


def _bad_input(error: BadInput) -> Fault:
    """A body that cannot be read is an issue with the body; FastAPI answers 422."""
    if error.status != 400:
        return Fault(error.status, error.code, _CODES.get(error.status, _ERROR), error.message)
    issue = Issue(error.code, ("body",), error.message)
    return Fault(422, error.code, _CODES[422], error.message, (issue,))


def _detail(fault: Fault, service: str) -> Any:
    if fault.ban is not None:
        return {
            "error": "User is banned",
            "ban_until": moment(fault.ban.until),
            "reason": fault.ban.reason,
        }
    if fault.status == 401:
        return "Invalid API key" if service == "proxy" else "Not authenticated"
    return issue_rows(fault.issues) if fault.issues else fault.message
