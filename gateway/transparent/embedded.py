"""The core inside somebody's own mitmproxy: fast tiers only, in the process that moves the bytes.

Tiers that think would stop every other connection meanwhile; what they would have been asked is listed as
unjudged, and the policy says what becomes of that.
"""

import logging
from http import HTTPStatus
from typing import Any, Literal
from urllib.parse import unquote

from mitmproxy import ctx, http
from mitmproxy.addonmanager import Loader

from ...detection.errors import BadInput, UpstreamFault
from ...detection.framing import STREAMED
from ...detection.inspection import Decision, Inspection, Inspector, StreamGuard
from ...detection.policy import Policy
from ...detection.tiers import nothing_known
from ...detection.types import Action, Refusal
from ...library.embedded import Embedded as Core
from ...library.local import SELF
from ...library.settings import policy_of
from ...middleware.headers import media_type
from ...middleware.request_id import new_id
from ...middleware.routes import Route
from ..intercepted.host_rules import HostRules, rules_of
from ..intercepted.routes import TICKET, HostRoutes, is_listed
from ..intercepted.ticket import Ticket
from .asked import asked
from .fail_safe import guarded
from .mends import cut, let_on, refuse, stay
from .refusals import refusal
from .tally import Tally

_LOG = logging.getLogger("sluicegate.addon")
_JUDGED = "sluicegate exchange"
_FAILED = "The proxy failed while it looked at the answer."


class Exchange:
    """One request of an inspected host and its answer."""

    def __init__(self, inspection: Inspection, route: Route) -> None:
        self.inspection = inspection
        self.route = route
        self.guard: StreamGuard | None = None


class Embedded:
    """The addon. Options: ``sluicegate_policy`` (a preset), ``sluicegate_fail`` (closed or open)."""

    def __init__(self, rules: HostRules | None = None, core: Inspector | None = None) -> None:
        self.tally = Tally()
        self.policy: Policy = policy_of("balanced")
        self._rules = rules or rules_of(())
        self._routes = HostRoutes(self._rules)
        self._core: Inspector = core or Core()
        self._fail: Literal["closed", "open"] = "closed"

    @property
    def fails_open(self) -> bool:
        """Whether traffic goes on when a hook fails."""
        return self._fail == "open"

    def load(self, loader: Loader) -> None:
        """Tell mitmproxy of the options."""
        loader.add_option("sluicegate_policy", str, "balanced", "Preset: monitor, balanced or strict.")
        loader.add_option("sluicegate_fail", str, "closed", "When judging fails.", choices=("closed", "open"))

    def configure(self, updated: set[str]) -> None:
        """Take the options."""
        if "sluicegate_policy" in updated:
            self.policy = policy_of(ctx.options.sluicegate_policy)
        if "sluicegate_fail" in updated:
            self._fail = ctx.options.sluicegate_fail

    @guarded(refuse, let_on)
    def request(self, flow: http.HTTPFlow) -> None:
        """Judge a request to an inspected host; mitmproxy has all of it."""
        place = asked(flow)
        rule = self._rules.find(place.host)
        if flow.response is not None or rule.action != "inspect":
            return
        if place.contradicts:
            flow.response = refusal("host_mismatch")
            return
        try:
            route = self._routes.find(_scope(flow, place.host))
            if route.dialect is None:
                self._unjudged(flow, route)
            else:
                self._judge(flow, route, route.dialect)
        except BadInput as fault:
            told = self._core.error("openai_chat", fault.status, fault.code, str(fault), fault.param)
            flow.response = _response(told)

    @guarded(cut, stay)
    def responseheaders(self, flow: http.HTTPFlow) -> None:
        """Judge an answer that is streamed, as it comes."""
        exchange: Exchange | None = flow.metadata.get(_JUDGED)
        response = flow.response
        if exchange is None or response is None:
            return
        kind = media_type(str(response.headers.get("content-type", "")).encode("latin-1"))
        array = kind == b"application/json" and exchange.inspection.wants_array
        if kind in STREAMED or (array and response.status_code == HTTPStatus.OK):
            if response.headers.get("content-encoding", "identity") != "identity":
                raise UpstreamFault("The answer has a content encoding.", code="encoded_answer")
            response.headers.pop("content-length", None)
            exchange.guard = exchange.inspection.stream()
            response.stream = Judging(self, exchange)

    @guarded(cut, stay)
    def response(self, flow: http.HTTPFlow) -> None:
        """Judge an answer that came whole, and say what an exchange came to."""
        exchange: Exchange | None = flow.metadata.get(_JUDGED)
        response = flow.response
        if exchange is None or response is None:
            return
        if exchange.guard is None:
            kind = str(response.headers.get("content-type", ""))
            content = response.content or b""
            decision = _settled(exchange.inspection, exchange.inspection.response(content, kind))
            if decision.refusal is not None:
                flow.response = _response(decision.refusal)
            elif decision.body is not None and decision.body != content:
                response.content = decision.body
        self._tell(flow, exchange)

    def _judge(self, flow: http.HTTPFlow, route: Route, dialect: str) -> None:
        content = flow.request.content or b""
        inspection = self._core.open(dialect, self.policy, SELF, new_id(flow.timestamp_start))
        addressed = route.asked_with(_scope(flow, "")) if route.framings else route.addressed
        decision = _settled(inspection, inspection.request(content, addressed))
        if decision.refusal is not None:
            self.tally.count("refused")
            flow.response = _response(decision.refusal)
            return
        if decision.body is not None and decision.body != content:
            flow.request.content = decision.body
        flow.request.headers["accept-encoding"] = "identity"
        flow.metadata[_JUDGED] = Exchange(inspection, route)

    def _unjudged(self, flow: http.HTTPFlow, route: Route) -> None:
        if is_listed(route) or flow.request.method in ("GET", "HEAD", "OPTIONS"):
            return
        self.tally.count("unjudged", flow.client_conn.peername[0], flow.request.pretty_host)
        if self.policy.unscanned("a request that no table lists") is Action.BLOCK:
            flow.response = refusal("unjudged_request")

    def _tell(self, flow: http.HTTPFlow, exchange: Exchange) -> None:
        core = exchange.inspection.core()
        verdicts = [core.prompt, *([core.answer] if core.answer is not None else [])]
        action = max(verdict.action for verdict in verdicts)
        found = {item.finding.category for verdict in verdicts for item in verdict.decided}
        unjudged = {item.reason for verdict in verdicts for item in verdict.receipt.unjudged}
        _LOG.info(
            "%s %s %s: %s found=%s unjudged=%s",
            flow.request.method,
            flow.request.pretty_host,
            exchange.route.path,
            action.label,
            ",".join(sorted(found)) or "nothing",
            ",".join(sorted(unjudged)) or "nothing",
        )


class Judging:
    """A streamed answer on its way: mitmproxy calls it with each piece, and with none at the end."""

    def __init__(self, addon: Embedded, exchange: Exchange) -> None:
        self._addon = addon
        self._exchange = exchange
        self._over = self._failed = False

    def __call__(self, piece: bytes) -> bytes:
        """Return what may leave now. An exception here would let the rest pass unseen."""
        try:
            return self._judged(piece)
        except Exception as fault:  # noqa: BLE001 - an answer that cannot be judged ends in its dialect's words
            _LOG.warning("an answer could not be judged: %s", type(fault).__name__)
            self._failed = True
            if not self._addon.fails_open:
                return self._stopped()
            self._addon.tally.count("failed_open")
            return piece

    def _judged(self, piece: bytes) -> bytes:
        guard = self._exchange.guard
        if self._failed:
            return piece if self._addon.fails_open else b""
        if self._over or guard is None:
            return b""
        step = guard.feed(piece) if piece else guard.close()
        self._over = step.ended or not piece
        return step.release

    def _stopped(self) -> bytes:
        over, self._over = self._over, True
        self._addon.tally.count("failed_closed")
        guard = self._exchange.guard
        return b"" if over or guard is None else guard.fault(_FAILED)


def _settled(asking: Inspection, decision: Decision) -> Decision:
    """Return a decision that stands; whoever thinks is not asked here."""
    while decision.ask is not None:
        decision = asking.settle(nothing_known(decision.ask.doubts, "nobody", "elsewhere"))
    return decision


def _scope(flow: http.HTTPFlow, host: str) -> dict[str, Any]:
    path, _, query = flow.request.path.partition("?")
    return {
        "method": flow.request.method,
        "path": unquote(path),
        "raw_path": path.encode("latin-1"),
        "query_string": query.encode("latin-1"),
        TICKET: Ticket(0, 0.0, "", host, 0, ""),
    }


def _response(told: Refusal) -> http.Response:
    return http.Response.make(told.status, told.body, {"content-type": told.content_type})
