"""Which requests of a program are guarded, and what becomes of the others."""

from collections.abc import Iterable

from ...detection.errors import BadInput
from ..headers import lowered
from ..labels import Labels
from ..rejection import Rejected
from ..request_id import new_id
from .call import Call
from .failing import error_answer
from .parts import FACE, Given, Parts


class OutboundGuard:
    """Opens calls. Holds no state of a call; any number of threads may use it.

    Args:
        parts: how calls are guarded.
    """

    def __init__(self, parts: Parts) -> None:
        self.parts = parts

    def begin(
        self, method: str, authority: str, target: bytes, fields: Iterable[tuple[bytes, bytes]]
    ) -> Call | Given | None:
        """Begin a call: a `Call` drives it, `Given` answers it, None means that it passes untouched.

        Args:
            method: of the request.
            authority: ``host`` or ``host:port``.
            target: path and query as they are sent, beginning with a slash.
            fields: header fields of the request.
        """
        parts, headers = self.parts, lowered(fields)
        method, authority = method.upper(), authority.lower()
        try:
            route = parts.directory.find(method, authority, target, headers)
        except Rejected as fault:
            return self._refuse(fault, authority)
        except Exception as fault:  # noqa: BLE001 - whatever goes wrong ends in a native error, or as told
            return self._failed(fault, authority)
        if route is None:
            return self._unknown(method, authority)
        if route.dialect is None:
            parts.tally.count("exempt")
            return None
        query = target.partition(b"?")[2]
        return Call(parts, route, method=method, authority=authority, query=query, headers=headers)

    def _unknown(self, method: str, authority: str) -> Given | None:
        if self.parts.unknown == "pass":
            self.parts.tally.count("passed_unknown")
            return None
        self.parts.tally.count("refused_unknown")
        message = f"No dialect is known for this {method} request, so nothing can be judged."
        return self._told(BadInput(message, code="unknown_route", status=404), authority)

    def _refuse(self, fault: Rejected, authority: str) -> Given:
        self.parts.tally.rejected(FACE, fault.reason)
        return self._told(fault, authority)

    def _failed(self, fault: Exception, authority: str) -> Given | None:
        if self.parts.fail == "open":
            self.parts.tally.failed_open(fault)
            return None
        self.parts.tally.failed_closed(fault)
        return self._told(fault, authority)

    def _told(self, fault: Exception, authority: str) -> Given:
        labels = Labels(new_id(self.parts.clock.now()), request_id=True, full=True)
        return error_answer(self.parts.directory.envelope(authority), fault, labels)
