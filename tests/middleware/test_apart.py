"""The parts of the door, each alone in an app."""

import json
from typing import Any

import pytest

from sluicegate.detection.testing import SOMEBODY, FakeClock, MemoryBans, MemoryKeys
from sluicegate.detection.types import Ban, Principal
from sluicegate.middleware.apart import (
    BanMiddleware,
    IdentityMiddleware,
    RateLimitMiddleware,
    RequestIdMiddleware,
    SecurityHeadersMiddleware,
    TenantMiddleware,
    principal_of,
)
from sluicegate.middleware.asgi import ASGIApp, Message, Scope
from sluicegate.middleware.identity import KeyIdentity
from sluicegate.middleware.limits import Rate
from sluicegate.middleware.recent_calls import RecentCalls
from tests.middleware.client import AUTHORIZED, KEY, Answer, call, fields, reply, scope

TENANT = SOMEBODY.tenant_id


async def get(app: ASGIApp, headers: Any = (), path: str = "/", **more: Any) -> Answer:
    return await call(app, {**scope("GET", path, list(headers)), **more}, b"")


async def test_only_known_callers_come_in() -> None:
    app = IdentityMiddleware(reply(), KeyIdentity(MemoryKeys({KEY: SOMEBODY})))
    known, unknown = await get(app, AUTHORIZED), await get(app, fields(("authorization", "Bearer x")))
    assert (known.status, unknown.status) == (200, 401)
    assert json.loads(unknown.body)["code"] == "invalid_api_key"


async def test_the_principal_stands_in_the_scope() -> None:
    request = scope("GET", "/")
    await call(IdentityMiddleware(reply(), lambda _: "somebody"), request, b"")
    principal = principal_of(request)
    assert principal is not None
    assert principal.key_id == "somebody"


@pytest.mark.parametrize("kind", ["ip", "key", "application"])
async def test_who_is_banned_is_turned_away(kind: str) -> None:
    values = {"ip": "192.0.2.7", "key": SOMEBODY.key_id, "application": SOMEBODY.application_id}
    bans = MemoryBans()
    app = IdentityMiddleware(BanMiddleware(reply(), bans), lambda _: SOMEBODY)
    assert (await get(app)).status == 200
    bans.add(Ban(kind, values[kind], "because", None))
    assert (await get(app)).status == 403


async def test_rates_count_by_address_or_by_name() -> None:
    by_address = RateLimitMiddleware(reply(), Rate(2))
    assert [(await get(by_address)).status for _ in range(3)] == [200, 200, 429]
    forged = fields(("x-forwarded-for", "192.0.2.99"))
    assert (await get(by_address, forged)).status == 429
    assert (await get(by_address, client=("192.0.2.8", 1))).status == 200
    by_path = RateLimitMiddleware(reply(), Rate(1), lambda scope: str(scope["path"]))
    assert [(await get(by_path, path=path)).status for path in ("/a", "/b", "/a")] == [200, 200, 429]
    assert "retry-after" in (await get(by_path, path="/a")).headers


def test_a_window_slides() -> None:
    clock = FakeClock(elapsed=1000.0)
    calls = RecentCalls(clock, most=2)
    taken = [calls.take("a", 4, 10).allowed for _ in range(5)]
    assert taken == [True] * 4 + [False]
    refused = calls.take("a", 4, 10)
    assert 0 < refused.retry_after <= 20
    clock.advance(refused.retry_after + 0.01)
    assert calls.take("a", 4, 10).allowed
    clock.advance(30)
    assert [calls.take("a", 4, 10).allowed for _ in range(5)] == [True] * 4 + [False]
    for name in ("b", "c"):
        calls.take(name, 4, 10)
    assert calls.take("a", 4, 10).remaining == 3


async def test_every_request_has_an_id_of_ours() -> None:
    request = scope("GET", "/", fields(("x-request-id", "forged")))
    app = RequestIdMiddleware(reply(headers=fields(("X-Request-Id", "of the app"))))
    answer = await call(app, request, b"")
    assert answer.headers["x-request-id"] == request["state"]["request_id"] != "forged"


async def test_answers_tell_browsers_to_be_careful() -> None:
    app = SecurityHeadersMiddleware(reply(headers=fields(("X-Frame-Options", "SAMEORIGIN"))))
    plain, over_tls = (await get(app)).headers, (await get(app, scheme="https")).headers
    assert plain["X-Frame-Options"] == "SAMEORIGIN"
    assert plain["x-content-type-options"] == "nosniff"
    assert "strict-transport-security" in over_tls.keys() - plain.keys()


@pytest.mark.parametrize(
    ("path", "caller", "status"),
    [
        (f"/t/{TENANT}/x", SOMEBODY, 200),
        ("/t/other/x", SOMEBODY, 404),
        (f"/t/{TENANT}/x", None, 404),
        ("/about", None, 200),
    ],
)
async def test_tenants_are_kept_apart(path: str, caller: Principal | None, status: int) -> None:
    def tenant(scope: Scope) -> str | None:
        parts = scope["path"].split("/")
        return parts[2] if parts[1] == "t" else None

    app: ASGIApp = TenantMiddleware(reply(), tenant)
    if caller is not None:
        app = IdentityMiddleware(app, lambda _: caller)
    assert (await get(app, path=path)).status == status


async def test_a_websocket_is_closed_before_it_opens() -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    app = RateLimitMiddleware(reply(), Rate(1), lambda _: "all")
    app.admit({"type": "http"})
    await app({"type": "websocket"}, receive, send)
    assert sent == [{"type": "websocket.close", "code": 1008}]


async def test_other_scopes_pass() -> None:
    seen: list[Any] = []

    async def app(*given: Any) -> None:
        seen.append(given)

    layers: list[ASGIApp] = [
        RequestIdMiddleware(app),
        SecurityHeadersMiddleware(app),
        RateLimitMiddleware(app, Rate(1)),
    ]
    for layer in layers:
        given: Any = ({"type": "lifespan"}, None, None)
        await layer(*given)
        assert seen.pop() == given
