"""What the addon decides hook by hook, without a network."""

import asyncio
import socket
import time
from typing import Any

import pytest
from mitmproxy import connection, http, tls
from mitmproxy.addons.proxyserver import Proxyserver
from mitmproxy.proxy.mode_specs import ProxyMode
from mitmproxy.proxy.server_hooks import ServerConnectionHookData
from mitmproxy.test import tflow

from sluicegate.gateway.intercepted.host_rules import HostRule, rules_of
from sluicegate.gateway.intercepted.ticket import HEADER, read_ticket
from sluicegate.gateway.transparent import interceptor as module
from sluicegate.gateway.transparent import watch as watch_module
from sluicegate.gateway.transparent.conduct import Conduct
from sluicegate.gateway.transparent.ensemble import Ensemble
from sluicegate.gateway.transparent.interceptor import Interceptor
from sluicegate.gateway.transparent.lookout import Glance, Lookout
from sluicegate.gateway.transparent.post import Post
from sluicegate.gateway.transparent.watch import Watch
from tests.transparent.flows import hello

KEY = b"k" * 32
GATEWAY = ("127.0.0.1", 5)
CHAT = b'{"model":"m","messages":[{"role":"user","content":"Hello"}]}'
RULES = (
    HostRule(pattern="no.example", action="refuse"),
    HostRule(pattern="llm.corp.example", action="inspect", private=True),
)


def _post(*, unknown: Any = "tunnel", alive: bool = True, **conduct: Any) -> Post:
    post = Post(Conduct(rules=rules_of(RULES, unknown=unknown), gateway=GATEWAY, key=KEY, **conduct))
    post.watch.alive = alive
    return post


def _flow(host: str, path: str = "/v1/chat/completions", content: bytes = CHAT) -> http.HTTPFlow:
    headers = [
        (b"host", host.encode()),
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(content)),
    ]
    flow = tflow.tflow(req=http.Request.make("POST", f"http://{host}{path}", content, headers))
    flow.client_conn.proxy_mode = ProxyMode.parse("regular")
    flow.client_conn.sni = None
    return flow


def _driven(post: Post, flow: http.HTTPFlow) -> http.HTTPFlow:
    """The hooks of a request, in mitmproxy's order."""
    ensemble = Ensemble(post, Proxyserver())
    ensemble.requestheaders(flow)
    ensemble.request(flow)
    return flow


def _code(flow: http.HTTPFlow) -> str:
    assert flow.response is not None
    code: str = flow.response.json()["error"]["code"]
    return code


def test_an_inspected_request_is_handed_over_with_its_own_host() -> None:
    flow = _driven(_post(), _flow("api.openai.com"))
    assert (flow.request.data.host, flow.request.data.port) == GATEWAY
    assert flow.request.headers["host"] == "api.openai.com"
    ticket = read_ticket(KEY, flow.request.headers[HEADER].encode(), time.time())
    assert (ticket.scheme, ticket.host, ticket.port) == ("http", "api.openai.com", 80)


def test_a_long_request_is_handed_over_while_it_comes() -> None:
    flow = _flow("api.openai.com")
    flow.request.headers["content-length"] = "65537"
    Ensemble(_post(), Proxyserver()).requestheaders(flow)
    assert flow.request.stream is True
    assert read_ticket(KEY, flow.request.headers[HEADER].encode(), time.time()).host == "api.openai.com"


def test_a_short_request_is_waited_for_and_can_go_nowhere_else() -> None:
    flow, ensemble = _flow("api.openai.com"), Ensemble(_post(), Proxyserver())
    flow.request.headers["content-length"] = "65536"
    ensemble.requestheaders(flow)
    assert (flow.request.data.host, flow.request.data.port) == GATEWAY
    assert (flow.request.stream, HEADER in flow.request.headers) == (False, False)
    ensemble.request(flow)
    assert flow.request.headers.get_all(HEADER) == [flow.request.headers[HEADER]]


@pytest.mark.parametrize("length", ["", "65537", "0x10", "-1", "9" * 5000, "12, 12"])
def test_what_does_not_say_that_it_is_short_is_not_waited_for(length: str) -> None:
    flow = _flow("api.openai.com")
    flow.request.headers["content-length"] = length
    Ensemble(_post(), Proxyserver()).requestheaders(flow)
    assert flow.request.stream is True


@pytest.mark.parametrize("fail", ["closed", "open"])
def test_a_gateway_that_goes_while_a_request_is_waited_for_is_away(fail: str) -> None:
    post = _post(fail=fail)
    flow, ensemble = _flow("api.openai.com"), Ensemble(post, Proxyserver())
    ensemble.requestheaders(flow)
    post.watch.alive = False
    ensemble.request(flow)
    assert post.tally.times(f"failed_{fail}") == 1
    if fail == "closed":
        assert _code(flow) == "gateway_away"
    else:
        assert (flow.request.data.host, flow.request.data.port) == ("api.openai.com", 80)
        assert (flow.response, HEADER in flow.request.headers) == (None, False)


@pytest.mark.parametrize(
    ("kind", "length", "flows"),
    [
        ("application/json", "65536", False),
        ("Application/JSON; charset=utf-8", "0", False),
        ("application/json", "65537", True),
        ("application/json", None, True),
        ("text/event-stream", "10", True),
        ("application/x-ndjson", "10", True),
        ("application/jsonl", "10", True),
        (None, "10", True),
    ],
)
def test_an_answer_flows_unless_it_is_a_short_object(
    kind: str | None, length: str | None, flows: bool
) -> None:
    post = _post()
    flow, ensemble = _flow("api.openai.com"), Ensemble(post, Proxyserver())
    ensemble.requestheaders(flow)
    ensemble.request(flow)
    flow.response = http.Response.make(200, b"")
    flow.response.headers.clear()
    for name, value in (("content-type", kind), ("content-length", length)):
        if value is not None:
            flow.response.headers[name] = value
    ensemble.responseheaders(flow)
    assert flow.response.stream is flows


def test_a_long_request_that_is_let_through_is_not_gathered() -> None:
    flow = _flow("tunnelled.example")
    flow.request.headers["content-length"] = str(1 << 30)
    rules = rules_of((HostRule(pattern="tunnelled.example", action="tunnel"),))
    Ensemble(Post(Conduct(rules=rules, gateway=GATEWAY, key=KEY)), Proxyserver()).requestheaders(flow)
    assert (flow.request.stream, flow.request.data.host) == (True, "tunnelled.example")


@pytest.mark.parametrize("fail", ["closed", "open"])
def test_without_the_gateway_the_operators_choice_is_what_happens(fail: str) -> None:
    post = _post(alive=False, fail=fail)
    flow = _driven(post, _flow("api.openai.com"))
    assert post.tally.times(f"failed_{fail}") == 1
    if fail == "closed":
        assert _code(flow) == "gateway_away"
    else:
        assert (flow.response, flow.request.data.host) == (None, "api.openai.com")
        assert HEADER not in flow.request.headers


@pytest.mark.parametrize("shadow", ["report", "inspect", "refuse"])
def test_a_model_that_nobody_allowed_is_told_of(shadow: str) -> None:
    post = _post(shadow=shadow)
    flow = _driven(post, _flow("llm.unknown.example", "/x/chat/completions"))
    (seen,) = post.tally.sightings()
    assert (seen.kind, seen.host) == ("shadow", "llm.unknown.example")
    if shadow == "refuse":
        assert _code(flow) == "shadow_refused"
    elif shadow == "report":
        assert (flow.response, flow.request.data.host) == (None, "llm.unknown.example")
    else:
        ticket = read_ticket(KEY, flow.request.headers[HEADER].encode(), time.time())
        assert (ticket.host, ticket.provider, ticket.base) == ("llm.unknown.example", "openai", "/x")


def test_other_traffic_of_unknown_hosts_is_left_alone() -> None:
    post = _post(shadow="refuse")
    flow = _driven(post, _flow("shop.example", "/buy", b'{"basket": ["a"]}'))
    assert flow.response is None
    assert list(post.tally.sightings()) == []
    large = _flow("shop.example", "/upload", b"{}")
    large.request.headers["content-length"] = str(1 << 30)
    assert _driven(post, large).request.stream is True


def test_a_stream_gives_a_model_away_and_passes_as_it_is() -> None:
    post = _post()
    flow = _driven(post, _flow("llm.unknown.example", "/ask", b'{"q": "x"}'))
    flow.response = http.Response.make(200, b"", {"content-type": "text/event-stream"})
    Lookout(post).responseheaders(flow)
    glance = flow.response.stream
    assert isinstance(glance, Glance)
    pieces = [b'data: {"id":"1","obj', b'ect":"chat.completion.chunk"}\n\n', b"data: [DONE]\n\n"]
    assert [glance(piece) for piece in pieces] == pieces
    assert post.tally.times("shadow") == 1


@pytest.mark.parametrize(
    ("host", "sni", "ignored"),
    [
        ("45.60.1.1", "api.openai.com", False),
        ("45.60.1.1", "shop.example", True),
        ("45.60.1.1", None, True),
        ("api.openai.com", None, False),
        ("45.60.1.1", "no.example", False),
    ],
)
def test_tls_is_left_alone_where_the_rules_say_so(host: str, sni: str | None, ignored: bool) -> None:
    data = hello(host, sni)
    Interceptor(_post()).tls_clienthello(data)
    assert data.ignore_connection is ignored


def test_who_hides_the_name_or_has_none_is_listed() -> None:
    post = _post()
    Interceptor(post).tls_clienthello(hello("45.60.1.1", "cover.example", (0xFE0D,)))
    Interceptor(post).tls_clienthello(hello("45.60.1.1"))
    failed = hello("45.60.1.1", "api.openai.com")
    Interceptor(post).tls_failed_client(tls.TlsData(failed.context.client, failed.context))
    listed = {(item.kind, item.host) for item in post.tally.sightings()}
    assert listed == {("ech", "cover.example"), ("direct_ip", "45.60.1.1"), ("pinned", "api.openai.com")}


@pytest.mark.parametrize(
    ("host", "found", "connected"),
    [
        ("shop.example", ["45.60.1.1"], ("45.60.1.1", 443)),
        ("shop.example", ["10.0.0.1"], None),
        ("shop.example", ["10.0.0.1", "45.60.1.1"], ("45.60.1.1", 443)),
        ("llm.corp.example", ["10.0.0.1"], ("10.0.0.1", 443)),
        ("llm.corp.example", ["169.254.169.254"], None),
        ("169.254.169.254", [], None),
        ("127.0.0.1", [], None),
        ("45.60.1.1", [], ("45.60.1.1", 443)),
    ],
)
async def test_nobody_is_led_inwards(
    host: str, found: list[str], connected: tuple[str, int] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lookup(_: str) -> list[str]:
        return found

    monkeypatch.setattr(module, "system_lookup", lookup)
    server, client = connection.Server(address=(host, 443)), tflow.tclient_conn()
    client.sni = None
    await Interceptor(_post()).server_connect(ServerConnectionHookData(server, client))
    if connected is None:
        assert server.error
    else:
        assert (server.error, server.address) == (None, connected)
        assert server.sni == (host if found else None)


@pytest.mark.parametrize(
    ("address", "shown", "connected"),
    [
        ("10.0.0.1", "llm.corp.example", True),
        ("10.0.0.2", "llm.corp.example", False),  # not that name's: the client picked it
        ("10.0.0.1", "shop.example", False),
        ("10.0.0.1", None, False),
        ("45.60.1.1", "shop.example", True),
        ("inside.example", "llm.corp.example", False),  # the name it is connected by counts
    ],
)
async def test_a_name_that_may_stand_inside_leads_to_its_own_address_only(
    address: str, shown: str | None, connected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lookup(_: str) -> list[str]:
        return ["10.0.0.1"]

    monkeypatch.setattr(module, "system_lookup", lookup)
    server, client = connection.Server(address=(address, 443)), tflow.tclient_conn()
    client.sni = shown
    await Interceptor(_post()).server_connect(ServerConnectionHookData(server, client))
    assert (server.error is None) is connected


async def test_the_watch_knows_at_once_that_the_gateway_went() -> None:
    gone = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(_ALIVE)
        await gone.wait()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    watch = _watch(server)
    await watch.changed.wait()
    before = watch.alive
    watch.changed.clear()
    server.close()
    gone.set()
    await asyncio.wait_for(watch.changed.wait(), 20)
    assert (before, watch.alive) == (True, False)
    watch.stop()


_ALIVE = b"HTTP/1.1 204 No Content\r\n\r\n"


def _watch(server: asyncio.Server) -> Watch:
    watch = Watch(("127.0.0.1", server.sockets[0].getsockname()[1]), lambda: "ticket")
    watch.start()
    return watch


@pytest.mark.parametrize("answer", [b"HTTP/1.1 403 Forbidden\r\n\r\n", b"x" * 100_000, b""])
async def test_a_gateway_that_does_not_answer_as_one_is_away(answer: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        watch = _watch(server)
        await asyncio.wait_for(watch.changed.wait(), 20)
        watch.stop()
        assert not watch.alive


async def test_a_port_that_takes_connections_and_says_nothing_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watch_module, "FIRST_SECONDS", 0.05)
    with socket.socket() as held:  # as where the process died whose port another one holds open
        held.bind(("127.0.0.1", 0))
        held.listen()
        watch = Watch(held.getsockname(), lambda: "ticket")
        watch.start()
        await asyncio.wait_for(watch.changed.wait(), 20)
        watch.stop()
        assert not watch.alive


async def test_one_connection_that_ends_while_another_is_answered_changes_nothing() -> None:
    asked: list[asyncio.StreamWriter] = []
    twice = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(_ALIVE)
        asked.append(writer)
        if len(asked) == 2:
            twice.set()
        else:
            writer.close()

    looks: list[bool] = []

    class Ears:
        def looked(self, *, alive: bool, seconds: float) -> None:
            looks.append(alive)

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        watch = Watch(("127.0.0.1", server.sockets[0].getsockname()[1]), lambda: "ticket", Ears())
        watch.start()
        await asyncio.wait_for(twice.wait(), 20)
        watch.stop()
        asked[1].close()
    assert set(looks) == {True}
