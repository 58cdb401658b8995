"""The door: the order of its questions, and how a refusal looks."""

import json
from dataclasses import replace

import pytest

from sluicegate.detection.testing import SOMEBODY, FakeInspector, FixedWindows
from sluicegate.detection.types import Ban
from sluicegate.middleware.asgi import Message, Receive, Scope, Send
from sluicegate.middleware.limits import Limits, Rate
from tests.middleware.client import AUTHORIZED, JSON_TYPE, Connection, call, fields, reply, scope
from tests.middleware.house import House

GOOD = [*AUTHORIZED, *JSON_TYPE]


async def never(_: Scope, __: Receive, ___: Send) -> None:
    raise AssertionError("the app was reached")


WRONG_KEY = fields(("x-api-key", "wrong"))
TOO_LONG = [*GOOD, *fields(("content-length", "101"))]


@pytest.mark.parametrize(
    ("request_", "body", "status", "code", "reason"),
    [
        (scope(path="/v1/x", headers=GOOD), b"{}", 404, "unknown_route", "route"),
        (scope("GET", headers=GOOD), b"", 405, "method_not_allowed", "route"),
        (scope(path="/v1/x", raw=b"/v1//x"), b"", 400, "invalid_path", "path"),
        (scope(headers=JSON_TYPE), b"{}", 401, "missing_api_key", "missing_key"),
        (scope(headers=WRONG_KEY), b"{}", 401, "invalid_api_key", "unknown_key"),
        (scope(headers=AUTHORIZED), b"{}", 415, "unsupported_content_type", "media_type"),
        (scope(headers=TOO_LONG), b"{}", 413, "body_too_large", "size"),
        (scope(headers=GOOD), [b"x" * 60] * 2, 413, "body_too_large", "size"),
        (scope(headers=GOOD), b"nonsense", 400, "invalid_json", "request"),
    ],
)
async def test_a_refusal_is_native_counted_and_not_recorded(
    request_: Scope, body: bytes | list[bytes], status: int, code: str, reason: str
) -> None:
    house = House(limits=Limits(request_bytes=100), expose_request_id=True)
    answer = await call(house.guard(never), request_, body)
    error = json.loads(answer.body)["error"]
    assert (answer.status, error["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-length"] == str(len(answer.body))
    assert len(answer.headers["x-sluicegate-request-id"]) == 36
    assert house.metrics.rejections == [("middleware", reason)]
    assert house.audit.opens == house.audit.entries == []


@pytest.mark.parametrize(
    ("kind", "value"),
    [("ip", "192.0.2.7"), ("key", SOMEBODY.key_id), ("application", SOMEBODY.application_id)],
)
async def test_who_is_banned_is_403(kind: str, value: str) -> None:
    house = House()
    app = house.guard(reply(b"{}"))
    house.bans.add(Ban(kind, value + "0", "another one", None))
    assert (await call(app)).status == 200
    house.bans.add(Ban(kind, value, "abuse of the demo", None))
    answer = await call(app)
    assert (answer.status, json.loads(answer.body)["error"]["code"]) == (403, "banned")
    assert b"abuse" not in answer.body


async def test_the_rates_count_callers_and_keys() -> None:
    house = House(limits=Limits(client_rate=Rate(2), key_rate=None), face="gateway")
    house.counters = FixedWindows(house.clock)
    app = house.guard(reply(b"{}"))
    statuses = [(await call(app)).status for _ in range(3)]
    assert statuses == [200, 200, 429]
    answer = await call(app)
    assert answer.headers["retry-after"] == "60"
    assert answer.headers["x-ratelimit-limit"] == "2"
    assert (await call(app, scope(headers=GOOD, peer="192.0.2.8"))).status == 200
    assert house.metrics.rejections == [("gateway", "client_rate")] * 2


async def test_a_wrong_key_takes_nothing_from_the_right_ones_rate() -> None:
    house = House(limits=Limits(client_rate=None, key_rate=Rate(1)))
    house.counters = FixedWindows(house.clock)
    app = house.guard(reply(b"{}"))
    for _ in range(3):
        assert (await call(app, scope(headers=fields(("x-api-key", "wrong"))))).status == 401
    assert (await call(app)).status == 200
    assert (await call(app)).status == 429


async def test_the_connection_closes_after_a_body_that_was_not_read() -> None:
    house = House(limits=Limits(request_bytes=100))
    for announced in (("content-length", "5000"), ("transfer-encoding", "chunked")):
        connection = Connection([b"x" * 150] * 5)
        request = scope(headers=[*GOOD, *fields(announced)])
        answer = await connection.open(house.guard(never), request)
        assert (answer.status, answer.complete) == (413, True)
        assert answer.headers["connection"] == "close"
        assert connection._body == []

    answer = await call(house.guard(never), scope(headers=[*GOOD, *fields(("content-length", "3"))]), b"bad")
    assert answer.status == 400
    assert "connection" not in answer.headers


async def test_http_2_knows_no_connection_field() -> None:
    request = {**scope(headers=fields(("content-length", "5"))), "http_version": "2"}
    answer = await call(House().guard(never), request, b"12345")
    assert answer.status == 401
    assert "connection" not in answer.headers


async def test_a_client_that_leaves_before_its_body_ended_is_counted() -> None:
    house = House()
    connection = Connection([b'{"mod'], unfinished=True)
    connection.left.set()
    answer = await connection.open(house.guard(never), scope(headers=GOOD))
    assert answer.messages == []
    assert house.metrics.rejections == [("middleware", "client_gone")]
    assert house.audit.entries == []


async def test_a_client_that_leaves_before_its_refusal_hurts_nobody() -> None:
    class Gone(Connection):
        async def send(self, message: Message) -> None:
            raise OSError("lost")

    house = House(FakeInspector(block=(b"m",)))
    await Gone([b"{}"]).open(house.guard(never), scope())
    assert house.metrics.rejections == [("middleware", "missing_key")]
    await Gone([b'{"model":"m"}']).open(house.guard(never), scope(headers=GOOD))
    assert [entry.outcome for entry in house.audit.entries] == ["client_gone"]


async def test_policies_are_asked_for_the_principal() -> None:
    house = House(FakeInspector(block=(b"attack",)))
    house.policies.value = replace(house.policies.value, safe_text="Ask the help desk.")
    answer = await call(house.guard(never), body=b'{"model":"m","x":"attack"}')
    assert json.loads(answer.body) == {"refused": "Ask the help desk."}
