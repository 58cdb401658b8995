"""The body of one request: taken in pieces, kept whole or judged as it goes by."""

from typing import Protocol

from ...detection.errors import BadInput
from ...detection.form_exchange import TakesForms
from ...detection.form_guard import FormGuard
from ...detection.framing.multipart import boundary_of
from ...detection.inspection import Decision, Inspection
from ..asgi import Headers
from ..body import check_framing, has_body
from ..desk import body_of
from ..form import takes_form
from ..headers import Fields, first
from ..limits import Limits, too_large
from ..routes import Route
from ..spooled import Body, Spooled
from .unasked import Asks, unasked

_MAY_LACK_A_BODY = ("DELETE", "GET")


class Asking(Protocol):
    """Takes a body and judges it."""

    def take(self, piece: bytes) -> None:
        """Take the next bytes. Raises `BadInput`."""
        ...

    def judged(self, inspection: Inspection, asks: Asks) -> tuple[Decision, Body]:
        """Return what is decided about the body, and what may be sent. Raises `BadInput`."""
        ...

    def close(self) -> None:
        """Give back files."""
        ...


def asking(route: Route, headers: Headers, query: bytes, limits: Limits, inspection: Inspection) -> Asking:
    """Return what takes the body of a request.

    Raises `Rejected` for a body that two programs could delimit or read differently.
    """
    form = takes_form(route) and route.method not in _MAY_LACK_A_BODY
    fields = Fields(headers)
    if route.method not in _MAY_LACK_A_BODY or has_body(fields):
        check_framing(fields, limits.of_uploads() if form else limits, route.accepts)
    if form:
        return _Form(route, headers, limits, inspection)
    return _Whole(route, query, limits)


class _Whole:
    """Keeps a body until its end."""

    def __init__(self, route: Route, query: bytes, limits: Limits) -> None:
        self._addressed = route.asked_with({"query_string": query}) if route.framings else route.addressed
        self._most = limits.request_bytes
        self._body = bytearray()

    def take(self, piece: bytes) -> None:
        """Take the next bytes. Raises `Rejected` beyond the limit."""
        self._body += piece
        if len(self._body) > self._most:
            raise too_large()

    def judged(self, inspection: Inspection, asks: Asks) -> tuple[Decision, Body]:
        """Judge the body; see `Asking`."""
        decision = unasked(inspection, inspection.request(bytes(self._body), self._addressed), asks)
        return decision, b"" if decision.refusal is not None else body_of(decision)

    def close(self) -> None:
        """There are no files."""


class _Form:
    """Judges a form as it goes by; what may pass of it lies in a file."""

    def __init__(self, route: Route, headers: Headers, limits: Limits, inspection: Inspection) -> None:
        if not isinstance(inspection, TakesForms):
            raise BadInput("This route takes no forms.", code="unsupported_content_type", status=415)
        boundary = boundary_of(first(headers, b"content-type") or b"")
        self._inspection = inspection
        self._guard: FormGuard = inspection.form(boundary, route.addressed)
        self._most = limits.upload_bytes
        self._size = 0
        self._passed = Spooled()

    def take(self, piece: bytes) -> None:
        """Judge the next bytes; see `Asking`."""
        self._size += len(piece)
        if self._size > self._most:
            raise too_large()
        self._passed.write(self._guard.feed(piece))

    def judged(self, inspection: Inspection, asks: Asks) -> tuple[Decision, Body]:
        """Decide about the form; see `Asking`."""
        self._passed.write(self._guard.close())
        return unasked(inspection, self._inspection.form_ended(), asks), self._passed.body()

    def close(self) -> None:
        """Give back files."""
        self._passed.close()
