"""A thousand exceptions at random lines of the addon: each ends as the operator chose, and is counted."""

import asyncio
import random
import time
from collections.abc import Callable
from typing import Any

import pytest
from mitmproxy import connection, http, websocket
from mitmproxy.addons.proxyserver import Proxyserver
from mitmproxy.proxy.mode_specs import ProxyMode
from mitmproxy.proxy.server_hooks import ServerConnectionHookData
from mitmproxy.test import tflow
from wsproto.frame_protocol import Opcode

from sluicegate.gateway.intercepted.host_rules import HostRule, rules_of
from sluicegate.gateway.intercepted.messages import EDITED
from sluicegate.gateway.intercepted.ticket import HEADER, BadTicket, read_ticket
from sluicegate.gateway.transparent.conduct import Conduct, FailMode
from sluicegate.gateway.transparent.ensemble import Ensemble
from sluicegate.gateway.transparent.interceptor import Interceptor
from sluicegate.gateway.transparent.lookout import Lookout
from sluicegate.gateway.transparent.post import SOCKET, WAY, Post
from sluicegate.gateway.transparent.sockets import Sockets
from sluicegate.gateway.upstream.given import GivenAnswer
from tests.transparent.flows import hello
from tests.transparent.fuse import Fuse, Injected, burning

KEY = b"k" * 32
GATEWAY = ("127.0.0.1", 5)
TIMES = 1000
SECRET = b"unseen words of a client"


def _post(fail: FailMode, shadow: Any = "report") -> Post:
    rules = rules_of((HostRule(pattern="no.example", action="refuse"),))
    post = Post(Conduct(rules=rules, gateway=GATEWAY, key=KEY, fail=fail, shadow=shadow))
    post.watch.alive = True
    return post


def _flow(host: str, path: str = "/v1/chat/completions", **fields: str) -> http.HTTPFlow:
    flow = tflow.tflow(
        req=http.Request.make("POST", f"http://{host}{path}", SECRET, [(b"host", host.encode())])
    )
    for name, value in fields.items():
        flow.request.headers[name] = value
    flow.client_conn.proxy_mode = ProxyMode.parse("regular")
    flow.client_conn.sni = None
    return flow


def _swallowed[D](hook: Callable[[D], None], flow: D) -> None:
    """Call a hook as mitmproxy does: what it raises is logged, and the flow goes on."""
    try:
        hook(flow)
    except Injected:
        pytest.fail("an exception left a hook")


def _is_handed(flow: http.HTTPFlow) -> bool:
    data = flow.request.data
    if (data.host, data.port) != GATEWAY:
        return False
    try:
        ticket = read_ticket(KEY, flow.request.headers.get(HEADER, "").encode(), time.time())
    except BadTicket:
        return False
    return ticket.host == "api.openai.com"


@pytest.mark.parametrize("fail", ["closed", "open"])
def test_no_request_slips_by_when_closed_and_none_breaks_when_open(fail: FailMode) -> None:
    draw = random.Random(6)
    burnt = 0
    post = _post(fail)
    ensemble = Ensemble(post, Proxyserver())
    for times in range(TIMES):
        flow, fuse = _flow("api.openai.com"), Fuse(draw.randrange(80))
        if times % 2:
            flow.request.headers["content-length"] = "100000"  # not waited for
        with burning(fuse):
            _swallowed(ensemble.requestheaders, flow)
            _swallowed(ensemble.request, flow)
        burnt += fuse.burnt
        direct = flow.response is None and not _is_handed(flow)
        if fail == "closed":
            assert not direct
        elif fuse.burnt:
            assert flow.response is None
        if direct:
            assert (flow.request.data.host, HEADER in flow.request.headers) == ("api.openai.com", False)
    assert burnt > TIMES // 4
    assert post.tally.times(f"failed_{fail}") == burnt


@pytest.mark.parametrize("fail", ["closed", "open"])
def test_what_is_refused_stays_refused_when_closed(fail: FailMode) -> None:
    draw = random.Random(7)
    post = _post(fail)
    part = Interceptor(post)
    for _ in range(TIMES // 4):
        flow, fuse = _flow("no.example"), Fuse(draw.randrange(40))
        with burning(fuse):
            _swallowed(part.requestheaders, flow)
        assert fail == "open" or flow.response is not None


@pytest.mark.parametrize("fail", ["closed", "open"])
def test_an_answer_is_judged_or_cut_when_closed_and_arrives_when_open(fail: FailMode) -> None:
    draw = random.Random(8)
    burnt = 0
    post = _post(fail)
    part = Interceptor(post)
    for _ in range(TIMES // 4):
        flow, fuse = _flow("api.openai.com"), Fuse(draw.randrange(6))
        part.requestheaders(flow)
        flow.response = http.Response.make(200, b"judged")
        with burning(fuse):
            _swallowed(part.responseheaders, flow)
        burnt += fuse.burnt
        assert (flow.error is not None) == (fuse.burnt and fail == "closed")
    assert post.tally.times(f"failed_{fail}") == burnt > 0


@pytest.mark.parametrize("fail", ["closed", "open"])
async def test_a_message_is_judged_or_dropped_when_closed_and_arrives_when_open(
    fail: FailMode, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw = random.Random(9)
    burnt = 0
    post = _post(fail)
    sockets = Sockets(post, None)  # type: ignore[arg-type] # the server is asked only to end connections

    async def judged(_: object) -> GivenAnswer:
        await asyncio.sleep(0)
        return GivenAnswer(EDITED, [], [b"judged"])

    monkeypatch.setattr(sockets._gateway, "send", judged)
    for _ in range(TIMES // 4):
        flow, fuse = _flow("api.openai.com"), Fuse(draw.randrange(40))
        message = websocket.WebSocketMessage(Opcode.TEXT, True, SECRET)
        flow.websocket = websocket.WebSocketData(messages=[message])
        flow.metadata[WAY] = SOCKET
        with burning(fuse):
            await sockets.websocket_message(flow)
        burnt += fuse.burnt
        if fail == "closed":
            assert message.dropped or message.content == b"judged"
        else:
            assert not message.dropped
    assert post.tally.times(f"failed_{fail}") == burnt > 0


@pytest.mark.parametrize("fail", ["closed", "open"])
def test_a_shadow_that_is_refused_is_not_let_through_by_a_fault(fail: FailMode) -> None:
    draw = random.Random(10)
    post = _post(fail, "refuse")
    parts = (Interceptor(post), Lookout(post))
    for _ in range(TIMES // 4):
        flow = _flow("45.60.2.2", **{"content-type": "application/json", "content-length": "40"})
        flow.request.data.content = b'{"model":"m","messages":[{"role":"user"}]}'
        fuse = Fuse(draw.randrange(80))
        with burning(fuse):
            for part in parts:
                _swallowed(part.requestheaders, flow)
            _swallowed(parts[1].request, flow)
        if fail == "closed" or not fuse.burnt:
            assert flow.response is not None


@pytest.mark.parametrize("fail", ["closed", "open"])
def test_tls_stays_between_client_and_host_when_open_and_is_looked_into_when_closed(fail: FailMode) -> None:
    draw = random.Random(11)
    post = _post(fail)
    part = Interceptor(post)
    burnt = 0
    for _ in range(TIMES // 4):
        data, fuse = hello("45.60.1.1", "api.openai.com", (0xFE0D,)), Fuse(draw.randrange(16))
        with burning(fuse):
            _swallowed(part.tls_clienthello, data)
        burnt += fuse.burnt
        assert data.ignore_connection == (fuse.burnt and fail == "open")
    assert post.tally.times(f"failed_{fail}") == burnt > 0


@pytest.mark.parametrize("fail", ["closed", "open"])
def test_a_tunnel_to_a_refused_host_is_made_by_no_fault_when_closed(fail: FailMode) -> None:
    draw = random.Random(12)
    post = _post(fail)
    part = Interceptor(post)
    burnt = 0
    for _ in range(TIMES // 4):
        flow, fuse = _flow("no.example"), Fuse(draw.randrange(6))
        with burning(fuse):
            _swallowed(part.http_connect, flow)
        burnt += fuse.burnt
        refused = flow.response is not None or flow.error is not None
        assert refused == (fail == "closed" or not fuse.burnt)
    assert post.tally.times(f"failed_{fail}") == burnt > 0


@pytest.mark.parametrize("fail", ["closed", "open"])
async def test_nobody_is_led_inwards_by_a_fault_when_closed(fail: FailMode) -> None:
    draw = random.Random(13)
    post = _post(fail)
    part = Interceptor(post)
    client = tflow.tclient_conn()
    client.sni = None
    burnt = 0
    for _ in range(TIMES // 4):
        data = ServerConnectionHookData(connection.Server(address=("10.0.0.1", 443)), client)
        fuse = Fuse(draw.randrange(12))
        with burning(fuse):
            await part.server_connect(data)
        burnt += fuse.burnt
        assert (data.server.error is not None) == (fail == "closed" or not fuse.burnt)
    assert post.tally.times(f"failed_{fail}") == burnt > 0
