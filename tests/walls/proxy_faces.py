"""The transparent proxy among the faces: flows as mitmproxy makes them, through the real hooks of our addons.

Only the two sockets are left out: what the addon hands over is put to the listener's app as its server would
put it, and what the listener answers is put into the flow.
"""

from functools import cache

from mitmproxy import http
from mitmproxy.addons.proxyserver import Proxyserver
from mitmproxy.proxy.mode_specs import ProxyMode
from mitmproxy.test import tflow

from sluicegate.detection.testing import SOMEBODY, FixedPolicy
from sluicegate.gateway.intercepted.app import InterceptedParts, intercepted_app
from sluicegate.gateway.intercepted.destinations import Destinations
from sluicegate.gateway.intercepted.host_rules import HostRule, HostRules, rules_of
from sluicegate.gateway.intercepted.once import Handed, Once
from sluicegate.gateway.transparent.conduct import Conduct
from sluicegate.gateway.transparent.embedded import Embedded
from sluicegate.gateway.transparent.ensemble import Ensemble
from sluicegate.gateway.transparent.post import Post
from sluicegate.gateway.upstream.base import Upstream, UpstreamAnswer, UpstreamRequest
from sluicegate.gateway.upstream.given import GivenAnswer
from sluicegate.gateway.upstream.resolver import Resolver
from sluicegate.middleware.asgi import ASGIApp
from tests.gateway.parts import Ports, core
from tests.middleware.client import Answer, call, scope
from tests.walls.every_face import Seen, pieces, seen, unchanging
from tests.walls.exchanges import Exchange
from tests.walls.faces import timeless

HOST = "one.example"
_KEY = b"h" * 32
_GATEWAY = ("127.0.0.1", 5)
_BASES = {"openai": "/v1"}


async def transparent(exchange: Exchange) -> Seen:
    """mitmproxy's addon, and the listener that it hands requests over to."""
    forwarded: list[bytes] = []

    class Answering:
        async def send(self, request: UpstreamRequest) -> UpstreamAnswer:
            forwarded.append(bytes(request.body))
            told = exchange.answer(forwarded[0])
            return GivenAnswer(told.status, [(b"content-type", told.kind.encode())], pieces(exchange, told))

        async def close(self) -> None:
            pass

    def make(base_url: str, _: Resolver) -> Upstream:
        assert base_url == f"https://{HOST}"
        return Answering()

    ports = Ports(policies=FixedPolicy(exchange.policy))
    rules = _rules(exchange.provider)
    post = Post(Conduct(rules=rules, gateway=_GATEWAY, key=_KEY))
    post.watch.alive = True
    addon = Ensemble(post, Proxyserver())
    flow = _flow(exchange)
    addon.requestheaders(flow)
    addon.request(flow)
    answer = await _handed(flow, intercepted_app(_parts(ports, rules, Destinations(make))))
    flow.response = http.Response.make(answer.status, b"", answer.headers)
    addon.responseheaders(flow)
    assert (flow.error, flow.response.status_code) == (None, answer.status)
    assert post.tally.counts() == {**Post(post.conduct).tally.counts(), "handed_over": 1}
    return seen(
        exchange,
        forwarded,
        answer.status,
        answer.headers.get("content-type", ""),
        answer.body,
        ports.audit,
    )


async def own_mitmproxy(exchange: Exchange) -> Seen:
    """The addon for somebody's own mitmproxy, which holds the core; it keeps no record of its own."""
    addon = Embedded(rules=_rules(exchange.provider), core=core(), principal=SOMEBODY)
    addon.policy = exchange.policy
    flow, forwarded, answer = _flow(exchange), None, b""
    addon.request(flow)
    if flow.response is None:
        forwarded = flow.request.raw_content or b""
        told = exchange.answer(forwarded)
        flow.response = http.Response.make(told.status, b"", {"content-type": told.kind})
        addon.responseheaders(flow)
        stream = flow.response.stream
        if callable(stream):
            answer = b"".join([_bytes(stream(piece)) for piece in (*pieces(exchange, told), b"")])
        else:
            flow.response.content = told.body
    addon.response(flow)
    assert flow.error is None
    response = flow.response
    found = flow.metadata.get("sluicegate exchange")
    kind = str(response.headers.get("content-type", ""))
    said = answer or response.content or b""
    record = timeless(found.inspection.core()) if found is not None else None
    return Seen(forwarded, response.status_code, kind, unchanging(said), record, "")


def _bytes(out: object) -> bytes:
    assert isinstance(out, bytes)
    return out


@cache
def _rules(provider: str) -> HostRules:
    rule = HostRule(pattern=HOST, action="inspect", provider=provider, base=_BASES.get(provider, ""))
    return rules_of((rule,), known=False)


def _parts(ports: Ports, rules: HostRules, destinations: Destinations) -> InterceptedParts:
    return InterceptedParts(
        inspector=core(),
        policies=ports.policies,
        bans=ports.bans,
        counters=ports.counters,
        audit=ports.audit,
        metrics=ports.metrics,
        clock=ports.clock,
        rules=rules,
        destinations=destinations,
        handed=Handed(_KEY, _once()),
        principal=lambda: SOMEBODY,
    )


@cache
def _once() -> Once:
    """Shared memory, of which one table does for all."""
    return Once()


def _flow(exchange: Exchange) -> http.HTTPFlow:
    headers = [(b"host", HOST.encode()), (b"content-type", b"application/json")]
    made = http.Request.make("POST", f"https://{HOST}{exchange.target}", exchange.request, headers)
    flow = tflow.tflow(req=made)
    flow.client_conn.proxy_mode = ProxyMode.parse("regular")
    flow.client_conn.sni = HOST
    return flow


async def _handed(flow: http.HTTPFlow, app: ASGIApp) -> Answer:
    """Ask the listener what the flow now asks, as its server would."""
    request = flow.request
    assert flow.response is None
    assert (request.data.host, request.data.port) == _GATEWAY
    path, _, query = request.path.partition("?")
    fields = [(name.lower(), value) for name, value in request.headers.fields]
    asked = scope(request.method, path, fields, peer="127.0.0.1", query=query.encode())
    return await call(app, asked, request.raw_content or b"")
