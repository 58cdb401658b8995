"""The core inside somebody's own mitmproxy: fast tiers only, in the process that moves the bytes.

Tiers that think would stop every other connection meanwhile; what they would have been asked is listed as
unjudged, and the policy says what becomes of that.
"""

import logging
from typing import Any, Literal
from urllib.parse import unquote

from mitmproxy import ctx, http
from mitmproxy.addonmanager import Loader
from mitmproxy.proxy import layer

from ...detection.errors import BadInput, UpstreamFault
from ...detection.inspection import Decision, Inspector
from ...detection.policy import Policy
from ...detection.types import Action, Principal, Refusal
from ...library.embedded import Embedded as Core
from ...library.local import SELF
from ...library.settings import policy_of
from ...middleware.body import check_framing, has_body
from ...middleware.faults import native_error
from ...middleware.form import takes_form
from ...middleware.headers import Fields
from ...middleware.limits import Limits
from ...middleware.request_id import new_id
from ...middleware.routes import Route
from ..intercepted.host_rules import HostRules, rules_of
from ..intercepted.routes import TICKET, HostRoutes, is_listed
from ..intercepted.ticket import Ticket
from .asked import asked
from .fail_safe import guarded
from .http_only import read_as_http
from .judged_answer import Exchange, Judging, fields, is_streamed, judged_whole, settled
from .mends import close, cut, let_on, refuse, stay
from .protocols import is_socket
from .refusals import refusal
from .tally import Tally

_LOG = logging.getLogger("sluicegate.addon")
_JUDGED = "sluicegate exchange"
_LIMITS = Limits()
_MAY_LACK_A_BODY = ("DELETE", "GET", "HEAD")
_ASKS_ONLY = ("GET", "HEAD", "OPTIONS")


class Embedded:
    """The addon. Options: ``sluicegate_policy`` (a preset), ``sluicegate_fail`` (closed or open).

    Args:
        rules: which hosts are looked into; the known ones unless given.
        core: judges; one of this process's own unless given.
        principal: for whom.
    """

    def __init__(
        self, rules: HostRules | None = None, core: Inspector | None = None, principal: Principal = SELF
    ) -> None:
        self.tally = Tally()
        self.policy: Policy = policy_of("balanced")
        self._rules = rules or rules_of(())
        self._routes = HostRoutes(self._rules)
        self._core: Inspector = core or Core()
        self._principal = principal
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

    @guarded(close, stay)
    def next_layer(self, chosen: layer.NextLayer) -> None:
        """Let nothing past unread for how it begins."""
        read_as_http(chosen, self._rules)

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
        dialect = None
        try:
            route = self._routes.find(_scope(flow, place.host))
            dialect = route.dialect
            if dialect is None or takes_form(route) or is_socket(flow.request):
                self._unjudged(flow, route)
            else:
                self._judge(flow, route, dialect)
        except BadInput as fault:
            flow.response = _response(native_error(self._core, dialect, fault))

    @guarded(cut, stay)
    def responseheaders(self, flow: http.HTTPFlow) -> None:
        """Judge an answer that is streamed, as it comes."""
        exchange: Exchange | None = flow.metadata.get(_JUDGED)
        response = flow.response
        if exchange is None or response is None or not exchange.passed:
            return
        if is_streamed(exchange, response):
            guard = exchange.inspection.stream()
            exchange.streamed = True
            response.headers.pop("content-length", None)
            response.stream = Judging(self, exchange, guard)

    @guarded(cut, stay)
    def response(self, flow: http.HTTPFlow) -> None:
        """Judge an answer that came whole, and say what an exchange came to."""
        exchange: Exchange | None = flow.metadata.get(_JUDGED)
        response = flow.response
        if exchange is None or response is None:
            return
        if exchange.passed and not exchange.streamed:
            try:
                decision = judged_whole(exchange, response)
            except (BadInput, UpstreamFault) as fault:
                exchange.unread = exchange.unread or "unreadable"
                flow.response = _response(native_error(self._core, exchange.route.dialect, fault))
            else:
                _put(flow, response, decision)
        self._tell(flow, exchange)

    def _judge(self, flow: http.HTTPFlow, route: Route, dialect: str) -> None:
        head = Fields(fields(flow.request.headers))
        if route.method not in _MAY_LACK_A_BODY or has_body(head):
            check_framing(head, _LIMITS, route.accepts)
        content = flow.request.raw_content or b""
        inspection = self._core.open(dialect, self.policy, self._principal, new_id(flow.timestamp_start))
        addressed = route.asked_with(_scope(flow, "")) if route.framings else route.addressed
        exchange = flow.metadata[_JUDGED] = Exchange(inspection, route, self.policy)
        decision = settled(inspection, inspection.request(content, addressed))
        if decision.refusal is not None:
            self.tally.count("refused")
            flow.response = _response(decision.refusal)
            return
        if decision.body is not None and decision.body != content:
            flow.request.content = decision.body
        exchange.passed = True
        flow.request.headers["accept-encoding"] = "identity"

    def _unjudged(self, flow: http.HTTPFlow, route: Route) -> None:
        """Leave to the policy what nobody reads here: what no table lists, forms, WebSockets, gRPC."""
        listed = is_listed(route) and not takes_form(route)
        asks = flow.request.method in _ASKS_ONLY
        nothing = not flow.request.raw_content if asks else listed
        if nothing and not is_socket(flow.request):
            return
        self.tally.count("unjudged", flow.client_conn.peername[0], flow.request.pretty_host)
        if self.policy.unscanned("a request that nobody reads") is Action.BLOCK:
            flow.response = refusal("unjudged_request")

    def _tell(self, flow: http.HTTPFlow, exchange: Exchange) -> None:
        core = exchange.inspection.core()
        verdicts = [core.prompt, *([core.answer] if core.answer is not None else [])]
        action = max(verdict.action for verdict in verdicts)
        found = {item.finding.category for verdict in verdicts for item in verdict.decided}
        unjudged = {item.reason for verdict in verdicts for item in verdict.receipt.unjudged}
        unjudged |= {exchange.unread} - {""}
        _LOG.info(
            "%s %s %s: %s found=%s unjudged=%s",
            flow.request.method,
            flow.request.pretty_host,
            exchange.route.path,
            action.label,
            ",".join(sorted(found)) or "nothing",
            ",".join(sorted(unjudged)) or "nothing",
        )


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


def _put(flow: http.HTTPFlow, response: http.Response, decision: Decision | None) -> None:
    """Give a client what was decided on an answer."""
    if decision is None:
        return
    if decision.refusal is not None:
        flow.response = _response(decision.refusal)
    elif decision.body is not None and decision.body != response.raw_content:
        response.content = decision.body
