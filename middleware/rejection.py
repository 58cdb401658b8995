"""A request that ends before it becomes an exchange."""

import logging

from ..detection.errors import BadInput, UpstreamFault
from .asgi import Headers
from .faults import describe

_log = logging.getLogger(__name__)


class Rejected(BadInput):
    """Refused at the door. `reason` is the metrics label, `headers` go out with the answer."""

    def __init__(
        self,
        message: str,
        *,
        code: str,
        status: int,
        reason: str,
        param: str | None = None,
        headers: Headers | None = None,
    ) -> None:
        super().__init__(message, code=code, status=status, param=param)
        self.reason = reason
        self.headers: Headers = headers or []


def reason_of(fault: Exception, what: str) -> str:
    """Return the metrics label of a fault; one that is none of ours is logged: `what` failed."""
    if isinstance(fault, Rejected):
        return fault.reason
    if isinstance(fault, BadInput):
        return "request"
    if isinstance(fault, UpstreamFault):
        return "upstream"
    _log.error("%s failed: %s", what, describe(fault))
    return "error"
