"""What a hostile end, a bound or a failure does to a WebSocket on which an app serves a model."""

import asyncio
import contextlib
import json
import threading
from collections.abc import Iterable
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from sluicegate.detection.frame_guard import FrameGuard
from sluicegate.middleware import Fields, GuardMiddleware, live_conversation
from sluicegate.middleware.asgi import Receive, Scope, Send
from sluicegate.middleware.limits import Limits, Rate
from sluicegate.middleware.live_talk import LiveTalk
from sluicegate.middleware.rejection import Rejected
from sluicegate.middleware.remote.address import BadRemote
from tests.middleware.live_app import WAIT, LiveApp, ended, guarded, heard, say
from tests.middleware.test_live_sockets import CREATE, answering, item, text_of
from tests.sdk.material import EMAIL, INJECTION
from tests.sdk_realtime.spoken import cut, said

NO_RATES: dict[str, Any] = {"client_rate": None, "key_rate": None}
NOISE: list[str | bytes] = [
    "",
    "no json",
    "null",
    "[]",
    "{}",
    '{"type":1}',
    '{"type":"a","type":"b"}',
    '{"type":"a"} {"type":"b"}',
    '{"type":"a","x":NaN}',
    "[" * 100_000,
    b"\xff\xfe{}",
    b"\xef\xbb\xbf{}",
]


@pytest.mark.parametrize("noise", NOISE, ids=range(len(NOISE)))
def test_what_is_no_event_never_reaches_the_app(noise: str | bytes) -> None:
    app = LiveApp(answering(lambda _: said(["Fine."])))
    with guarded(app) as served, served.talk() as client:
        client.send(noise)
        (error,) = heard(client)
        assert error["error"]["type"] == "invalid_request_error"
        say(client, item("Hello."), CREATE)
        assert text_of(heard(client)) == "Fine."
    assert [event["type"] for event in app.received] == ["conversation.item.create", "response.create"]
    assert [entry.outcome for entry in served.entries] == ["refused", "complete"]


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"\x81\x81\0\0\0\0\xff", 1007),
        (b"\x80\x81\0\0\0\0x", 1002),
        (b"\xc1\x81\0\0\0\0x", 1002),
        (b"\x89\xfe\0\x7e\0\0\0\0" + b"x" * 126, 1002),
        (b"\x81\x01x", 1002),
    ],
    ids=["utf-8", "continuation", "reserved", "ping", "unmasked"],
)
def test_a_frame_that_breaks_the_rules_ends_talk_and_app(frame: bytes, code: int) -> None:
    app = LiveApp()
    with guarded(app) as served, served.talk() as client:
        client.socket.sendall(frame)
        assert ended(client)[0] == code
        assert app.ended.wait(WAIT)
    assert app.received == []


def test_a_message_that_is_too_large_ends_it() -> None:
    app = LiveApp()
    small = Limits(request_bytes=1000, **NO_RATES)
    with guarded(app, limits=small) as served, served.talk() as client:
        client.send("x" * 1001)
        assert ended(client)[0] == 1009
        assert app.ended.wait(WAIT)
    assert (app.received, app.left) == ([], 1009)
    assert served.counts.rejections == {"size": 1}


@pytest.mark.parametrize(
    "said_by_app", [b"no json", b'{"type":"' + b"x" * 2000 + b'"}'], ids=["no json", "long"]
)
def test_what_an_app_may_not_say_ends_it(said_by_app: bytes) -> None:
    app = LiveApp(lambda _: [said_by_app])
    small = Limits(answer_bytes=1000, **NO_RATES)
    with guarded(app, limits=small) as served, served.talk() as client:
        say(client, CREATE)
        (error,) = heard(client)
        assert error["error"]["code"] == "upstream_protocol"
        assert ended(client)[0] == 1011
        assert app.ended.wait(WAIT)
    assert [entry.outcome for entry in served.entries] == ["upstream_error"]


def test_an_app_that_fails_ends_it_and_is_heard_of() -> None:
    def fails(_: dict[str, Any]) -> Iterable[object]:
        raise ZeroDivisionError

    app = LiveApp(fails)
    with guarded(app) as served, served.talk() as client:
        say(client, CREATE)
        assert heard(client)[-1]["type"] == "error"
        assert ended(client)[0] == 1011
        assert app.ended.wait(WAIT)
    assert isinstance(app.raised, ZeroDivisionError)


@pytest.mark.parametrize(
    "limits", [Limits(socket_idle_seconds=0.02, **NO_RATES), Limits(socket_seconds=0.02, **NO_RATES)]
)
def test_no_talk_lasts_for_ever(monkeypatch: pytest.MonkeyPatch, limits: Limits) -> None:
    monkeypatch.setattr(live_conversation, "LOOK_SECONDS", 0.01)
    app = LiveApp()
    with guarded(app, limits=limits) as served, served.talk() as client:
        assert ended(client)[0] == 1001
        assert app.ended.wait(WAIT)
    assert app.left == 1001


def test_an_exchange_too_many_is_told() -> None:
    app = LiveApp(answering(lambda _: said(["Fine."])))
    limits = Limits(client_rate=None, key_rate=Rate(2, 3600.0))
    with guarded(app, limits=limits) as served, served.talk() as client:  # the handshake is the first call
        say(client, CREATE)
        assert text_of(heard(client)) == "Fine."
        say(client, CREATE)
        assert heard(client)[-1]["error"]["code"] == "rate_limit_exceeded"
    assert app.received == [CREATE]
    assert served.counts.rejections == {"key_rate": 1}


def test_a_client_too_many_is_not_let_in() -> None:
    app = LiveApp()
    limits = Limits(client_rate=Rate(1, 3600.0), key_rate=None)
    with guarded(app, limits=limits) as served:
        with served.talk():
            pass
        with pytest.raises(InvalidStatus) as caught, served.talk():
            pass
    assert caught.value.response.status_code == 429
    assert json.loads(caught.value.response.body or b"")["error"]["code"] == "rate_limit_exceeded"
    assert len(app.scopes) == 1


def test_whoever_is_known_no_more_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_conversation, "LOOK_SECONDS", 0.01)
    known = [True]

    def identify(_: Scope) -> str:
        if not known[0]:
            raise Rejected("Not you.", code="forbidden", status=403, reason="permission")
        return "somebody"

    app = LiveApp()
    with guarded(app, identify=identify) as served:
        with served.talk() as client:
            known[0] = False
            assert ended(client) == (1008, "Not you.")
            assert app.ended.wait(WAIT)
        with pytest.raises(InvalidStatus) as caught, served.talk():
            pass
    assert caught.value.response.status_code == 403
    assert len(app.scopes) == 1


def test_a_client_that_leaves_is_told_to_an_app_that_only_sends() -> None:
    def endless(_: str) -> Iterable[object]:
        yield from list(said(["Once ", "upon "]))[:6]
        while True:
            yield {"type": "rate_limits.updated", "rate_limits": []}

    app = LiveApp(answering(endless))
    with guarded(app) as served:
        with served.talk() as client:
            say(client, CREATE)
            while json.loads(client.recv(WAIT))["type"] != "response.output_text.delta":
                pass
        assert app.ended.wait(WAIT)
        assert isinstance(app.raised, OSError)
    (entry,) = served.entries
    assert entry.outcome == "client_gone"


@pytest.mark.parametrize("fail", ["closed", "open"])
def test_a_guard_that_fails_on_a_message_ends_it_or_lets_it_by(
    monkeypatch: pytest.MonkeyPatch, fail: str
) -> None:
    async def broken(*_: object) -> None:
        raise ZeroDivisionError

    app = LiveApp(answering(lambda _: said(["Fine."])))
    with guarded(app, fail=fail) as served, served.talk() as client:
        monkeypatch.setattr(LiveTalk, "asked", broken)
        monkeypatch.setattr(LiveTalk, "said", broken)
        say(client, item(INJECTION), CREATE)
        if fail == "open":
            assert text_of(heard(client)) == "Fine."
            assert [event["type"] for event in app.received] == [
                "conversation.item.create",
                "response.create",
            ]
            assert served.counts.rejections["failed_open"] == 2 + len(list(said(["Fine."])))
        else:
            assert ended(client)[0] == 1011
            assert app.received == []
            assert served.counts.rejections == {"error": 1}


def test_what_was_held_when_the_guard_failed_leaves_without_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = threading.Event()
    text = "the token is AKIA and nothing else"
    events = list(said(cut(text, 5)))
    app = LiveApp(lambda _: [*events[:8], gate, *events[8:]])
    with guarded(app, fail="open") as served, served.talk() as client:
        say(client, CREATE)
        told = [json.loads(client.recv(WAIT)) for _ in range(6)]

        def broken(*_: object) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr(FrameGuard, "feed", broken)
        gate.set()
        told += heard(client)
    assert text_of(told) == text
    assert served.counts.rejections == {"failed_open": 1}
    assert [entry.outcome for entry in served.entries] == ["complete"]


# which connections are talks


async def _nothing(scope: Scope, receive: Receive, send: Send) -> None:
    raise AssertionError((scope, receive, send))


def test_the_sockets_of_providers_are_guarded_by_their_paths() -> None:
    app = LiveApp(lambda _: said(["ok"]))
    with guarded(app, routes={"/llm/": "auto"}) as served:
        for path in ("/llm/v1/realtime?model=a", "/llm/openai/realtime?deployment=b"):
            with served.talk(path) as client:
                say(client, item(f"It is {EMAIL}"))
                heard(client)
        with pytest.raises(InvalidStatus), served.talk("/llm//v1/realtime"):
            pass
        with served.talk("/elsewhere") as client:
            client.send(json.dumps(item(f"It is {EMAIL}")))
            client.recv(WAIT)
    first, second, unseen = (json.dumps(event) for event in app.received)
    assert EMAIL not in first + second
    assert EMAIL in unseen
    assert [entry.core.model for entry in served.entries] == ["a", "b"]


def test_two_models_in_an_address_are_none() -> None:
    with (
        guarded(LiveApp()) as served,
        pytest.raises(InvalidStatus) as caught,
        served.talk("/talk?model=a&model=b"),
    ):
        pass
    assert caught.value.response.status_code == 400


@pytest.mark.parametrize(
    "routes",
    [
        {"POST /talk": "openai_realtime"},
        {"WEBSOCKET /talk": "openai_chat"},
        {"WEBSOCKET /talk": Fields(["/question"])},
    ],
    ids=str,
)
def test_a_route_that_cannot_be_is_told_when_it_is_made(routes: Any) -> None:
    with pytest.raises(ValueError, match="WebSocket"):
        GuardMiddleware(_nothing, routes=routes)


_THERE: dict[str, Any] = {"remote": "http://127.0.0.1:9", "key": "sk-nobody", "detect": "remote"}


def test_an_appliance_that_judges_is_not_asked_about_talks() -> None:
    with pytest.raises(BadRemote, match="WebSockets"):
        GuardMiddleware(_nothing, routes={"/talk": "openai_realtime"}, **_THERE)


async def test_a_talk_that_nobody_judges_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    async def loaded() -> bool:
        return True

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    sent: list[Any] = []
    guard = GuardMiddleware(_nothing, **_THERE)
    monkeypatch.setattr(guard, "_loaded", loaded)
    await guard(_scope("/v1/realtime"), receive, send)
    assert sent == [{"type": "websocket.close", "code": 1008}]


# the server


def test_a_server_that_ends_ends_the_talk() -> None:
    app = LiveApp()
    with contextlib.ExitStack() as server, server.enter_context(guarded(app)).talk() as client:
        server.close()
        assert app.ended.is_set()
        assert ended(client)[0] == 1012


async def test_a_server_that_cancels_is_obeyed() -> None:
    waits, stopped = asyncio.Event(), asyncio.Event()

    async def app(_: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        waits.set()
        try:
            await receive()
        except asyncio.CancelledError:
            stopped.set()
            raise

    coming: asyncio.Queue[Any] = asyncio.Queue()
    coming.put_nowait({"type": "websocket.connect"})
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    guard = GuardMiddleware(app, routes={"/talk": "openai_realtime"})
    serving = asyncio.ensure_future(guard(_scope("/talk"), coming.get, send))
    await waits.wait()
    await asyncio.sleep(0)
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving
    assert stopped.is_set()
    assert sent[-1]["type"] == "websocket.close"


def _scope(path: str) -> Scope:
    raw = path.encode()
    return {"type": "websocket", "path": path, "raw_path": raw, "headers": [], "client": ("192.0.2.7", 1)}


async def test_an_app_that_never_answers_the_handshake_is_told_so() -> None:
    async def silent(*_: object) -> None:
        return

    async def early(_: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.send", "text": "hello"})

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        raise AssertionError(message)

    for app in (silent, early):
        guard = GuardMiddleware(app, routes={"/talk": "openai_realtime"})
        with pytest.raises(RuntimeError, match="handshake"):
            await guard(_scope("/talk"), receive, send)
