"""Exempt requests: identified, sent on and answered, with nobody's key but the configured one."""

import pytest

from sluicegate.detection.errors import UpstreamFault
from sluicegate.gateway.app import proxy_app
from sluicegate.gateway.router import Router
from sluicegate.gateway.upstream_spec import UpstreamSpec
from sluicegate.middleware.asgi import ASGIApp, Headers
from sluicegate.middleware.limits import Limits
from sluicegate.middleware.providers.match import Matcher
from sluicegate.middleware.providers.row import RouteRow
from tests.gateway.parts import Ports, ScriptedUpstream
from tests.middleware.client import AUTHORIZED, KEY, Answer, call, fields, scope

WHY = "a name and a size"
MATCHER = Matcher(
    [
        (
            "gemini",
            [
                RouteRow(method="GET", template="/v1beta/files/{file}", exempt=WHY, query=("key", "alt")),
                RouteRow(method="POST", template="/v1beta/files", exempt=WHY),
            ],
        ),
        ("openai", [RouteRow(method="DELETE", template="/v1/files/{file}", exempt=WHY)]),
    ]
)
SPECS = (
    UpstreamSpec("openai", "openai", "https://openai.example/v1", "openai-key", ("gpt-*",)),
    UpstreamSpec("google", "gemini", "https://google.example", "google-key"),
)


class Bench:
    def __init__(self, limits: Limits | None = None) -> None:
        self.upstreams = {item.name: ScriptedUpstream() for item in SPECS}
        self.ports = Ports(limits=limits or Limits())
        parts = self.ports.parts([(item, self.upstreams[item.name]) for item in SPECS])
        object.__setattr__(parts, "router", Router(SPECS, MATCHER))
        self.app: ASGIApp = proxy_app(parts)

    async def ask(
        self, method: str, path: str, headers: Headers, body: bytes = b"", query: bytes = b""
    ) -> Answer:
        return await call(self.app, scope(method, path, headers, query=query), body)


async def test_a_request_goes_to_the_upstream_of_its_provider() -> None:
    bench = Bench()
    sent = bench.upstreams["google"]
    answer = await bench.ask("GET", "/v1beta/files/a", [], query=b"key=" + KEY.encode() + b"&alt=json")
    assert (answer.status, answer.body) == (200, sent.body)
    (asked,) = sent.requests
    assert (asked.method, asked.target, asked.body) == ("GET", b"/v1beta/files/a?alt=json", b"")
    assert sent.last == {"x-goog-api-key": "google-key", "accept-encoding": "identity"}
    assert not bench.upstreams["openai"].requests
    assert not bench.ports.audit.entries


async def test_a_body_is_sent_on_as_it_came() -> None:
    bench = Bench()
    given = [*AUTHORIZED, *fields(("content-type", "application/octet-stream"), ("content-length", "3"))]
    await bench.ask("POST", "/v1beta/files", given, b"\xff\0{")
    assert bench.upstreams["google"].requests[0].body == b"\xff\0{"


@pytest.mark.parametrize(("method", "path"), [("GET", "/v1beta/files/a"), ("DELETE", "/v1/files/a")])
@pytest.mark.parametrize("length", [("content-length", "2"), ("transfer-encoding", "chunked")])
async def test_a_body_where_none_belongs_goes_nowhere(
    method: str, path: str, length: tuple[str, str]
) -> None:
    bench = Bench()
    answer = await bench.ask(method, path, [*AUTHORIZED, *fields(length)], b"{}")
    assert answer.status == 400
    assert b"unexpected_body" in answer.body or method == "GET"  # in Gemini's own format it has no code
    assert not any(upstream.requests for upstream in bench.upstreams.values())


async def test_a_request_without_a_model_goes_to_the_first_upstream_of_its_provider() -> None:
    bench = Bench()
    await bench.ask("DELETE", "/v1/files/a", AUTHORIZED)
    assert bench.upstreams["openai"].requests[0].target == b"/v1/files/a"


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ([], b"", 401),
        (fields(("content-length", "9")), b"123456789", 413),
        ([], b"123456789", 413),
        (fields(("content-length", "1"), ("content-length", "2")), b"1", 400),
        (fields(("content-length", "1"), ("transfer-encoding", "chunked")), b"1", 400),
    ],
)
async def test_what_is_refused_goes_nowhere(headers: Headers, body: bytes, status: int) -> None:
    bench = Bench(Limits(request_bytes=8))
    own = [] if status == 401 else AUTHORIZED
    answer = await bench.ask("POST", "/v1beta/files", [*own, *headers], body)
    assert answer.status == status
    assert not bench.upstreams["google"].requests


async def test_an_unknown_query_goes_nowhere() -> None:
    bench = Bench()
    answer = await bench.ask("GET", "/v1beta/files/a", AUTHORIZED, query=b"pageSize=1")
    assert answer.status == 400
    assert not bench.upstreams["google"].requests


@pytest.mark.parametrize(("status", "told"), [(404, 404), (401, 502), (302, 502)])
async def test_an_upstreams_error_arrives_unless_it_misleads(status: int, told: int) -> None:
    bench = Bench()
    bench.upstreams["google"].status = status
    assert (await bench.ask("GET", "/v1beta/files/a", AUTHORIZED)).status == told


async def test_an_upstream_that_is_away_is_an_error() -> None:
    bench = Bench()
    bench.upstreams["google"].fault = UpstreamFault("away", code="upstream_unreachable")
    assert (await bench.ask("GET", "/v1beta/files/a", AUTHORIZED)).status == 502
