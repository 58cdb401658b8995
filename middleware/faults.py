"""Faults in the caller's own format, and in words for our log that hold no text of a request."""

import traceback
from typing import Protocol

from ..detection.errors import BadInput, UpstreamFault
from ..detection.types import Refusal
from .asgi import Headers

_FAILED = "The service failed on this request."


class Envelopes(Protocol):
    """Knows how each dialect tells of an error; every `Inspector` does."""

    def error(self, dialect: str, status: int, code: str, message: str, param: str | None = None) -> Refusal:
        """Render an error in the dialect's own envelope; an unknown dialect gives OpenAI's."""
        ...


def native_error(envelopes: Envelopes, dialect: str | None, fault: Exception) -> Refusal:
    """Render a fault in a dialect's envelope; no dialect gives the default one.

    A fault that is not one of ours says nothing but that the service failed.
    """
    if isinstance(fault, BadInput):
        return envelopes.error(dialect or "", fault.status, fault.code, fault.message, fault.param)
    if isinstance(fault, UpstreamFault):
        return envelopes.error(dialect or "", fault.status, fault.code, fault.message)
    return envelopes.error(dialect or "", 500, "internal_error", _FAILED)


def retry_after(fault: Exception) -> Headers:
    """The field that says when asking again makes sense, where a fault knows."""
    if isinstance(fault, UpstreamFault) and fault.retry_after:
        return [(b"retry-after", b"%d" % fault.retry_after)]
    return []


def told_of(fault: Exception) -> str:
    """Return what a client may read of a fault."""
    return fault.message if isinstance(fault, (BadInput, UpstreamFault)) else _FAILED


def describe(error: BaseException) -> str:
    """Name the kind of an error and where it was raised: ``ValueError at core.py:12 in parse``.

    Its message is left out: the messages of parsers quote what they read.
    """
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return type(error).__name__
    last = frames[-1]
    return f"{type(error).__name__} at {last.filename.rpartition('/')[2]}:{last.lineno} in {last.name}"
