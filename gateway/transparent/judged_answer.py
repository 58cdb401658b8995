"""An answer that the addon in somebody's own mitmproxy judges: whole, or as it comes."""

import logging

from mitmproxy import http

from ...detection.errors import BadInput, UpstreamFault
from ...detection.framing import STREAMED
from ...detection.inspection import Decision, Inspection, Step, StreamGuard
from ...detection.policy import Policy
from ...detection.tiers import nothing_known
from ...detection.types import Action
from ...middleware.answer_kind import answer_kind
from ...middleware.asgi import Headers
from ...middleware.faults import describe, told_of
from ...middleware.headers import media_type
from ...middleware.outbound.going_on import GoingOn
from ...middleware.routes import Route
from ...middleware.whole_answer import is_media
from .fail_safe import Failing

_LOG = logging.getLogger("sluicegate.addon")
_OK = 200


class Exchange:
    """One request of an inspected host and its answer. `passed` says whether the request was let through.

    `unread` is why nobody looked at the answer.
    """

    def __init__(self, inspection: Inspection, route: Route, policy: Policy) -> None:
        self.inspection = inspection
        self.route = route
        self.policy = policy
        self.passed = self.streamed = False
        self.unread = ""


def fields(headers: http.Headers) -> Headers:
    """Return header fields as the rest of the house has them: names in lower case."""
    return [(name.lower(), value) for name, value in headers.fields]


def is_streamed(exchange: Exchange, response: http.Response) -> bool:
    """Say whether an answer is judged as it comes; what cannot be read is not, and is refused at its end."""
    try:
        kind = media_type(answer_kind(fields(response.headers)))
    except UpstreamFault:
        return False
    array = kind == b"application/json" and exchange.inspection.wants_array
    return kind in STREAMED or (array and response.status_code == _OK)


def judged_whole(exchange: Exchange, response: http.Response) -> Decision | None:
    """Judge an answer that came whole; None for one that holds nothing to judge.

    Raises `UpstreamFault` for one that cannot be read, or that the policy lets nobody have unjudged.
    """
    kind, body = answer_kind(fields(response.headers)), response.raw_content or b""
    if not body:
        return None
    if is_media(kind, body):
        exchange.unread = "media"
        if exchange.policy.unscanned("media") is Action.BLOCK:
            raise UpstreamFault("The answer is of a type that cannot be judged.", code="unjudged_answer")
        return None
    return settled(exchange.inspection, exchange.inspection.response(body, kind.decode("latin-1")))


def settled(asking: Inspection, decision: Decision) -> Decision:
    """Return a decision that stands; whoever thinks is not asked here."""
    while decision.ask is not None:
        decision = asking.settle(nothing_known(decision.ask.doubts, "nobody", "elsewhere"))
    return decision


class Judging:
    """A streamed answer on its way: mitmproxy calls it with each piece, and with none at the end.

    Where the addon fails open, an answer whose judging fails goes on, with what was held until then.
    """

    def __init__(self, addon: Failing, exchange: Exchange, guard: StreamGuard) -> None:
        self._addon = addon
        self._exchange = exchange
        self._guard = GoingOn(guard, self._went_on) if addon.fails_open else guard
        self._over = False
        self._step: Step | None = None

    def __call__(self, piece: bytes) -> bytes:
        """Return what may leave now. An exception here would let the rest pass unseen."""
        self._step = None
        try:
            return self._judged(piece)
        except Exception as fault:  # noqa: BLE001 - whatever failed, the operator's choice is what happens
            return self._mended(piece, fault)

    def _judged(self, piece: bytes) -> bytes:
        if self._over:
            return b""
        self._step = self._guard.feed(piece) if piece else self._guard.close()
        self._over = self._step.ended or not piece
        return self._step.release

    def _mended(self, piece: bytes, fault: Exception) -> bytes:
        """Stop, or go on: a guard that goes on lets everything go after a fault of its own."""
        if isinstance(fault, (BadInput, UpstreamFault)) or not self._addon.fails_open:
            return self._stopped(fault)
        self._went_on(fault)
        step = self._step or (self._guard.feed(piece) if piece else self._guard.close())
        return step.release

    def _stopped(self, fault: Exception) -> bytes:
        self._over = True
        self._exchange.unread = "guard failed"
        self._addon.tally.count("failed_closed")
        _LOG.warning("an answer could not be judged: %s", describe(fault))
        return self._guard.fault(told_of(fault))

    def _went_on(self, fault: Exception) -> None:
        if not self._exchange.unread:
            self._exchange.unread = "guard failed"
            self._addon.tally.count("failed_open")
            _LOG.warning("an answer goes on unjudged: %s", describe(fault))
