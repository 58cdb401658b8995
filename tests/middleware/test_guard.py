"""The guard around small apps: what passes, what is refused, what is recorded."""

import json
from dataclasses import replace
from typing import Any

import pytest

from sluicegate.detection.presets import BALANCED, MONITOR, STRICT
from sluicegate.detection.testing import SOMEBODY, FakeInspector, FakeStreamGuard
from sluicegate.detection.types import Action
from sluicegate.middleware.asgi import ASGIApp, Message, Receive, Scope, Send
from sluicegate.middleware.limits import Limits
from sluicegate.middleware.routes import RouteTable
from tests.middleware.client import (
    AUTHORIZED,
    JSON_TYPE,
    KEY,
    Connection,
    call,
    fields,
    reply,
    scope,
)
from tests.middleware.house import CHAT, House, error_of, one_entry

SSE = b"text/event-stream"


class Recording:
    """An app that keeps what it was given and answers with what it read."""

    def __init__(self) -> None:
        self.scopes: list[Scope] = []
        self.bodies: list[bytes] = []

    async def __call__(self, request: Scope, receive: Receive, send: Send) -> None:
        self.scopes.append(request)
        message = await receive()
        self.bodies.append(message["body"])
        await send({"type": "http.response.start", "status": 200, "headers": list(JSON_TYPE)})
        await send({"type": "http.response.body", "body": message["body"]})

    def header(self, name: bytes) -> list[bytes]:
        return [value for key, value in self.scopes[-1]["headers"] if key == name]


async def test_a_clean_exchange_passes_byte_for_byte() -> None:
    house, app = House(), Recording()
    body = b'{"model": "m",  "n": 1.0}'
    answer = await call(house.guard(app), body=[body[:3], body[3:9], body[9:]])
    assert app.bodies == [body]
    assert (answer.status, answer.body) == (200, body)
    entry = one_entry(house)
    assert (entry.outcome, entry.status, entry.streamed) == ("complete", 200, False)
    assert (entry.principal, entry.path, entry.client) == (SOMEBODY, CHAT.path, "192.0.2.7")
    assert (entry.core.model, entry.core.action) == ("m", Action.PASS)


async def test_a_blocked_prompt_never_reaches_the_app() -> None:
    house, app = House(FakeInspector(block=(b"attack",))), Recording()
    answer = await call(house.guard(app), body=b'{"model":"m","x":"attack"}')
    assert app.scopes == []
    assert json.loads(answer.body) == {"refused": BALANCED.safe_text}
    assert answer.headers["x-should-retry"] == "false"
    assert one_entry(house).outcome == "refused"


async def test_an_edited_prompt_is_forwarded_with_its_own_length_and_restored() -> None:
    house, app = House(FakeInspector(mask={b"secret-value": b"LABEL"})), Recording()
    request = scope(
        headers=[*AUTHORIZED, *JSON_TYPE, *fields(("content-length", "27"), ("digest", "sha-256=x"))]
    )
    answer = await call(house.guard(app), request, b'{"model":"m","x":"secret-value"}')
    assert app.bodies == [b'{"model":"m","x":"LABEL"}']
    assert app.header(b"content-length") == [b"25"]
    assert app.header(b"digest") == []
    assert answer.body == b'{"model":"m","x":"secret-value"}'
    assert answer.headers["content-length"] == str(len(answer.body))
    assert one_entry(house).core.action is Action.MASK


async def test_a_blocked_answer_is_replaced() -> None:
    house = House(FakeInspector(block=(b"attack",)))
    app = reply([b'{"a":"att', b'ack"}'], headers=fields(("content-type", "application/json"), ("etag", "x")))
    answer = await call(house.guard(app))
    assert b"attack" not in answer.body
    assert "etag" not in answer.headers
    entry = one_entry(house)
    assert (entry.outcome, entry.core.action) == ("refused", Action.BLOCK)


@pytest.mark.parametrize(
    ("status", "outcome"), [(400, "complete"), (429, "complete"), (500, "upstream_error")]
)
async def test_error_bodies_are_judged_too(status: int, outcome: str) -> None:
    house = House(FakeInspector(block=(b"attack",)))
    answer = await call(house.guard(reply(b'{"error":"no"}', status=status)))
    assert (answer.status, answer.body) == (status, b'{"error":"no"}')
    assert one_entry(house).outcome == outcome
    answer = await call(house.guard(reply(b'{"error":"attack"}', status=status)))
    assert b"attack" not in answer.body


async def test_a_stream_is_released_piece_by_piece() -> None:
    house = House(expose_headers=True)
    pieces = [b"data: 1\n\n", b"data: 2\n\n", b"data: [DONE]\n\n"]
    answer = await call(house.guard(reply(pieces, kind=SSE)))
    assert answer.pieces == pieces
    assert "content-length" not in answer.headers
    assert "server-timing" not in answer.headers
    assert answer.headers["x-sluicegate-action"] == "pass"
    entry = one_entry(house)
    assert (entry.outcome, entry.streamed) == ("complete", True)


@pytest.mark.parametrize("status", [200, 429, 500])
async def test_a_stream_keeps_its_status_and_what_was_held_leaves_at_its_end(status: int) -> None:
    house = House(FakeInspector(hold=4))
    app = reply([b"data: 1\n\n", b"data: 2\n\n"], kind=SSE, status=status)
    answer = await call(house.guard(app))
    assert answer.status == status
    assert answer.pieces == [b"data:", b" 1\n\ndata:", b" 2\n\n"]


async def test_the_head_of_a_stream_speaks_of_the_prompt_alone() -> None:
    house = House(FakeInspector(block=(b"attack",), mask={b"hide": b"X"}), expose_headers=True)
    answer = await call(house.guard(reply([b"data: attack\n\n"], kind=SSE)), body=b'{"model":"hide"}')
    assert answer.headers["x-sluicegate-action"] == "mask"
    assert one_entry(house).core.action is Action.BLOCK


async def test_an_edited_answer_loses_what_spoke_of_its_bytes() -> None:
    house = House(FakeInspector(mask={b"secret-value": b"LABEL"}))
    headers = fields(("content-type", "application/json"), ("etag", "x"), ("content-md5", "y"))
    plain = await call(house.guard(reply(b'"other"', headers=headers)))
    assert (plain.headers["etag"], plain.headers["content-md5"]) == ("x", "y")
    edited = await call(house.guard(reply(b'"LABEL"', headers=headers)))
    assert edited.body == b'"secret-value"'
    assert not {"etag", "content-md5"} & set(edited.headers)


async def test_the_type_of_the_answer_chooses_streaming_not_the_request() -> None:
    house = House()
    asked = b'{"model":"m","stream":true}'
    answer = await call(house.guard(reply([b"{", b"}"])), body=asked)
    assert answer.pieces == [b"{}"]
    answer = await call(house.guard(reply([b"data: 1\n\n"], kind=b"Text/Event-Stream; charset=utf-8")))
    assert answer.pieces == [b"data: 1\n\n"]
    assert [entry.streamed for entry in house.audit.entries] == [False, True]


async def test_a_blocked_stream_ends_and_the_app_is_told() -> None:
    house = House(FakeInspector(block=(b"attack",)))
    sent: list[str] = []

    async def app(_: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", SSE)]})
        for text in ("data: fine\n\n", "data: att", "ack\n\n", "data: more\n\n", "data: more\n\n"):
            try:
                await send({"type": "http.response.body", "body": text.encode(), "more_body": True})
            except OSError:
                sent.append("told")
            else:
                sent.append(text)

    answer = await call(house.guard(app))
    assert answer.pieces == [b"data: fine\n\n", b"data: att", FakeStreamGuard.END]
    assert sent == ["data: fine\n\n", "data: att", "told", "told", "told"]
    entry = one_entry(house)
    assert (entry.outcome, entry.core.action) == ("stopped", Action.BLOCK)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        pytest.param(SSE, [(0, 0), (1, 0), (1, 0), (1, 1)], id="stream: opened first, closed last"),
        pytest.param(b"application/json", [(0, 0), (1, 0), (1, 1)], id="whole: opened first, closed last"),
    ],
)
async def test_the_record_comes_before_the_bytes(kind: bytes, expected: list[tuple[int, int]]) -> None:
    house = House()
    seen: list[tuple[int, int]] = []

    def look() -> None:
        seen.append((len(house.audit.opens), len(house.audit.entries)))

    async def app(_: Scope, receive: Receive, send: Send) -> None:
        look()
        await reply([b"data: 1\n\n"], kind=kind)({}, receive, send)

    class Looking(Connection):
        async def send(self, message: Message) -> None:
            look()
            await super().send(message)

    await Looking([b'{"model":"m"}']).open(house.guard(app), scope(headers=[*AUTHORIZED, *JSON_TYPE]))
    assert seen == expected


@pytest.mark.parametrize(
    ("policy", "status"), [(MONITOR, 200), (BALANCED, 200), (STRICT, 502)], ids=lambda item: str(item)[:12]
)
async def test_an_answer_nobody_can_read_is_for_the_policy_to_decide(policy: Any, status: int) -> None:
    house = House()
    house.policies.value = policy
    answer = await call(house.guard(reply(b"\x89PNG", kind=b"image/png")))
    assert answer.status == status
    entry = one_entry(house)
    assert entry.core.answer is not None
    assert entry.core.answer.action is policy.unjudged
    assert [item.reason for item in entry.core.answer.receipt.unjudged] == ["media"]
    assert (b"PNG" in answer.body) == (status == 200)


@pytest.mark.parametrize(
    "kind", [b"image/png", b"application/octet-stream", b"application/pdf", b"font/woff"]
)
async def test_text_cannot_pass_as_something_else(kind: bytes) -> None:
    house = House(FakeInspector(block=(b"attack",)))
    answer = await call(house.guard(reply(b"attack", kind=kind)))
    assert b"attack" not in answer.body
    assert one_entry(house).core.action is Action.BLOCK


@pytest.mark.parametrize(
    ("app", "code"),
    [
        pytest.param(reply([b"x" * 60, b"x" * 60]), "answer_too_large", id="over size in pieces"),
        pytest.param(reply(b"x" * 101), "answer_too_large", id="over size at once"),
        pytest.param(
            reply(b"{}", headers=fields(("content-type", "application/json"), ("content-encoding", "br"))),
            "encoded_answer",
            id="encoded",
        ),
        pytest.param(
            reply(
                b"{}", headers=fields(("content-type", "text/event-stream"), ("content-type", "text/plain"))
            ),
            "ambiguous_answer",
            id="two types",
        ),
        pytest.param(reply(b"{}", kind=b"application/json; charset=utf-16"), "ambiguous_answer", id="UTF-16"),
        pytest.param(reply(b"", kind=b"text/event-stream; charset=utf-7"), "ambiguous_answer", id="UTF-7"),
    ],
)
async def test_an_answer_that_cannot_be_judged_is_withheld(app: ASGIApp, code: str) -> None:
    house = House(limits=Limits(answer_bytes=100))
    answer = await call(house.guard(app))
    assert (answer.status, error_of(answer)["code"]) == (502, code)
    entry = one_entry(house)
    assert (entry.outcome, entry.core.action) == ("upstream_error", Action.BLOCK)
    assert entry.core.answer is not None
    reason = "over size" if code == "answer_too_large" else "unreadable"
    assert [item.reason for item in entry.core.answer.receipt.unjudged] == [reason]


async def test_an_answer_of_exactly_the_limit_passes() -> None:
    house = House(limits=Limits(answer_bytes=100))
    assert (await call(house.guard(reply([b"x" * 50, b"x" * 50])))).body == b"x" * 100


async def test_time_is_counted_for_the_guard_and_for_the_app_apart() -> None:
    house = House(expose_headers=True)

    async def app(request: Scope, receive: Receive, send: Send) -> None:
        house.clock.advance(2.0)
        await reply(b"{}")(request, receive, send)

    class Slow(Connection):
        async def send(self, message: Message) -> None:
            house.clock.advance(50.0)
            await super().send(message)

        async def receive(self) -> Message:
            house.clock.advance(50.0 if self._body else 0.0)
            return await super().receive()

    answer = await Slow([b'{"model":"m"}']).open(house.guard(app), scope(headers=[*AUTHORIZED, *JSON_TYPE]))
    entry = one_entry(house)
    assert (entry.guard_seconds, entry.upstream_seconds) == (0.0, 2.0)
    assert answer.headers["server-timing"] == "guard;dur=0.000, upstream;dur=2000.000"


async def test_wall_8_our_header_fields_are_ours_alone() -> None:
    house, app = House(expose_headers=True), Recording()
    sent = fields(
        ("x-sluicegate-action", "pass"), ("x-og-bypass-token", "t"), ("x-copy", f"see {KEY}"), ("x-mine", "1")
    )
    await call(house.guard(app), scope(headers=[*AUTHORIZED, *JSON_TYPE, *sent]))
    names = {name for name, _ in app.scopes[0]["headers"]}
    assert names == {b"content-type", b"x-mine", b"content-length", b"accept-encoding"}
    assert app.header(b"accept-encoding") == [b"identity"]

    forged = fields(
        ("content-type", "application/json"), ("X-Sluicegate-Action", "block"), ("x-og-decision", "allow"),
        ("server-timing", "guard;dur=0"),
    )  # fmt: skip
    answer = await call(house.guard(reply(b"{}", headers=forged)))
    assert answer.headers["x-sluicegate-action"] == "pass"
    assert not {"X-Sluicegate-Action", "x-og-decision"} & set(answer.headers)
    assert answer.headers["server-timing"] != "guard;dur=0"


async def test_an_app_gets_no_way_around_the_guard() -> None:
    house, app = House(), Recording()
    await call(house.guard(app))
    assert app.scopes[0]["extensions"] == {}


@pytest.mark.parametrize(
    ("full", "identifier", "expected"),
    [
        (False, False, set()),
        (False, True, {"x-sluicegate-request-id"}),
        (
            True,
            False,
            {"x-sluicegate-request-id", "x-sluicegate-action", "x-sluicegate-policy", "server-timing"},
        ),
    ],
)
async def test_what_is_shown_is_a_choice(full: bool, identifier: bool, expected: set[str]) -> None:
    house = House(expose_headers=full, expose_request_id=identifier)
    answer = await call(house.guard(reply(b"{}")))
    assert set(answer.headers) - {"content-type", "content-length"} == expected
    if expected:
        assert answer.headers["x-sluicegate-request-id"] == house.audit.entries[0].exchange_id


async def test_categories_are_shown_only_when_the_policy_says_so() -> None:
    house = House(FakeInspector(mask={b"hide": b"X"}), expose_headers=True)
    body = b'{"model":"m","x":"hide"}'
    assert "x-sluicegate-categories" not in (await call(house.guard(reply(b"{}")), body=body)).headers
    house.policies.value = replace(BALANCED, show_categories=True)
    answer = await call(house.guard(reply(b"{}")), body=body)
    assert answer.headers["x-sluicegate-categories"] == "prompt_attack.fake"


async def test_other_scopes_pass() -> None:
    seen: list[str] = []

    async def app(request: Scope, _: Receive, __: Send) -> None:
        seen.append(request["type"])

    guard = House().guard(app)
    for kind in ("lifespan", "websocket"):
        connection = Connection()
        await guard({"type": kind}, connection.receive, connection.send)
    assert seen == ["lifespan", "websocket"]


async def test_routes_an_embedding_app_did_not_list_pass_unseen() -> None:
    house, app = House(routes=RouteTable([CHAT], unlisted="pass")), Recording()
    request = scope("GET", "/login/", fields(("x-og-theirs", "1")))
    await call(house.guard(app), request)
    assert app.scopes[0] is request
    assert house.audit.entries == []


async def test_an_exempt_route_is_identified_but_not_judged() -> None:
    house, app = House(FakeInspector(block=(b"attack",)), expose_request_id=True), Recording()
    request = scope("GET", "/v1/models", [*AUTHORIZED, *fields(("x-og-theirs", "1"))])
    answer = await call(house.guard(app), request, b"attack")
    assert answer.body == b"attack"
    assert "x-sluicegate-request-id" in answer.headers
    assert app.scopes[0]["headers"] == []
    assert app.scopes[0]["sluicegate"].principal == SOMEBODY
    assert house.audit.entries == []
    assert (await call(house.guard(app), scope("GET", "/v1/models"))).status == 401
