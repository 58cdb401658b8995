"""Wall 8: fields that speak of another path, host, method or client change nothing that is decided."""

import pytest

from sluicegate.detection.testing import SOMEBODY
from sluicegate.detection.types import Ban
from sluicegate.gateway.app import proxy_app
from tests.gateway.parts import Ports, ScriptedUpstream, spec
from tests.middleware.client import AUTHORIZED, JSON_TYPE, call, fields, scope

CHAT = b'{"model":"gpt-5-mini","messages":[{"role":"user","content":"Hello"}]}'
LIES = [
    ("host", "other.example"),
    ("host", "other"),
    ("x-forwarded-host", "other.example"),
    ("x-forwarded-for", "203.0.113.9"),
    ("x-real-ip", "203.0.113.9"),
    ("forwarded", "for=203.0.113.9;host=other"),
    ("x-forwarded-prefix", "/up/other"),
    ("x-original-url", "/up/other/v1/chat/completions"),
    ("x-rewrite-url", "/up/other/v1/chat/completions"),
    ("x-http-method-override", "GET"),
]


@pytest.mark.parametrize(("name", "value"), LIES)
async def test_wall_8_no_field_but_the_credential_decides(name: str, value: str) -> None:
    ports = Ports()
    mine, other = ScriptedUpstream(), ScriptedUpstream()
    app = proxy_app(ports.parts([(spec("mine"), mine), (spec("other"), other)]))
    headers = [*AUTHORIZED, *JSON_TYPE, *fields((name, value))]
    answer = await call(app, scope(headers=headers, peer="192.0.2.7"), CHAT)
    assert answer.status == 200
    assert (len(mine.requests), len(other.requests)) == (1, 0)
    assert (mine.requests[0].method, mine.requests[0].target) == ("POST", b"/v1/chat/completions")
    (entry,) = ports.audit.entries
    assert (entry.client, entry.path, entry.upstream) == ("192.0.2.7", "/v1/chat/completions", "mine")
    assert entry.principal == SOMEBODY


@pytest.mark.parametrize(("name", "value"), LIES)
async def test_wall_8_no_field_lifts_a_ban(name: str, value: str) -> None:
    ports = Ports()
    ports.bans.add(Ban("ip", "192.0.2.7", "test", None))
    app = proxy_app(ports.parts([(spec("mine"), ScriptedUpstream())]))
    headers = [*AUTHORIZED, *JSON_TYPE, *fields((name, value))]
    assert (await call(app, scope(headers=headers, peer="192.0.2.7"), CHAT)).status == 403
