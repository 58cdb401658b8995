"""How exchanges end when an app, a client, a core or a server fails."""

import asyncio
import gc
import json
from contextlib import suppress

import pytest

from sluicegate.detection.errors import BadInput, UpstreamFault
from sluicegate.detection.testing import FakeInspector
from sluicegate.middleware.asgi import ASGIApp, Message, Receive, Scope, Send
from sluicegate.middleware.limits import Limits
from tests.middleware.client import (
    AUTHORIZED,
    JSON_TYPE,
    Connection,
    call,
    reply,
    scope,
)
from tests.middleware.house import House, error_of, one_entry

SSE = b"text/event-stream"


async def test_wall_5_what_was_held_when_a_stream_broke_is_never_sent() -> None:
    house = House(FakeInspector(hold=4))

    async def app(_: Scope, __: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", SSE)]})
        await send({"type": "http.response.body", "body": b"data: held", "more_body": True})
        raise UpstreamFault("The upstream broke off.", code="upstream_protocol")

    answer = await call(house.guard(app))
    assert answer.pieces[0] == b"data: "
    assert b"held" not in answer.body
    assert b"upstream_protocol" in answer.body


async def failing(_: Scope, __: Receive, ___: Send) -> None:
    raise ValueError("the text of the request: hunter2")


async def silent(_: Scope, __: Receive, ___: Send) -> None:
    return


async def half_done(_: Scope, __: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"{", "more_body": True})


async def sending_a_file(_: Scope, __: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.pathsend", "path": "/etc/passwd"})


async def starting_twice(_: Scope, __: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.start", "status": 200, "headers": []})


async def sending_more_than_an_answer(_: Scope, __: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.push", "path": "/x", "headers": []})
    await send({"type": "http.response.body", "body": b"{}"})


@pytest.mark.parametrize(
    "app", [failing, silent, half_done, sending_a_file, starting_twice, sending_more_than_an_answer]
)
async def test_a_broken_app_becomes_a_native_error(app: ASGIApp, caplog: pytest.LogCaptureFixture) -> None:
    house = House()
    answer = await call(house.guard(app))
    assert (answer.status, error_of(answer)["code"]) == (500, "internal_error")
    assert one_entry(house).outcome == "error"
    assert "hunter2" not in answer.body.decode() + caplog.text


@pytest.mark.parametrize("step", ["request", "response", "feed", "close"])
async def test_wall_5_a_broken_core_lets_nothing_through(step: str) -> None:
    house = House(FakeInspector(broken=step))
    app = reply([b"data: unscanned\n\n"], kind=SSE) if step in ("feed", "close") else reply(b'"unscanned"')
    answer = await call(house.guard(app))
    text = answer.body.decode()
    if step != "close":
        assert answer.status == 500
        assert "unscanned" not in text
    code = "upstream_protocol" if step == "close" else "internal_error"  # the former: the guard's own words
    assert json.loads(text[text.index('{"error"') :])["error"]["code"] == code
    if step == "request":
        assert house.metrics.rejections == [("middleware", "error")]
    else:
        assert one_entry(house).outcome == "error"


async def test_a_fault_in_mid_stream_is_the_last_event() -> None:
    house = House()

    async def app(_: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", SSE)]})
        await send({"type": "http.response.body", "body": b"data: 1\n\n", "more_body": True})
        raise UpstreamFault("The upstream broke off.", code="upstream_protocol")

    answer = await call(house.guard(app))
    assert answer.pieces[0] == b"data: 1\n\n"
    frame = answer.pieces[1].decode().strip()
    assert json.loads(frame.removeprefix("data: "))["error"]["code"] == "upstream_protocol"
    entry = one_entry(house)
    assert (entry.outcome, entry.status) == ("upstream_error", 200)


@pytest.mark.parametrize(
    ("fault", "status", "outcome"),
    [
        (BadInput("No.", code="model_not_found", status=404, param="model"), 404, "refused"),
        (UpstreamFault("No.", code="upstream_timeout", status=504), 504, "upstream_error"),
    ],
)
async def test_an_app_may_raise_our_errors(
    fault: BadInput | UpstreamFault, status: int, outcome: str
) -> None:
    async def app(_: Scope, __: Receive, ___: Send) -> None:
        raise fault

    house = House()
    answer = await call(house.guard(app))
    assert (answer.status, error_of(answer)["code"]) == (status, fault.code)
    assert one_entry(house).outcome == outcome


async def test_an_app_that_swallows_our_fault_cannot_hide_it() -> None:
    heard: list[str] = []

    async def app(request: Scope, receive: Receive, send: Send) -> None:
        with suppress(OSError):
            await reply(b"x" * 101)(request, receive, send)
        with suppress(OSError):
            await send({"type": "http.response.body", "body": b"all is well"})
        heard.append((await receive())["type"])

    house = House(limits=Limits(answer_bytes=100))
    answer = await call(house.guard(app))
    assert error_of(answer)["code"] == "answer_too_large"
    assert heard == ["http.disconnect"]


async def test_an_app_that_does_not_stop_is_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sluicegate.middleware.app_origin.GRACE_SECONDS", 0.0)

    async def app(request: Scope, receive: Receive, send: Send) -> None:
        with suppress(OSError):
            await reply(b"x" * 101)(request, receive, send)
        await asyncio.Event().wait()

    house = House(limits=Limits(answer_bytes=100))
    assert error_of(await call(house.guard(app)))["code"] == "answer_too_large"


async def test_a_client_that_leaves_cancels_the_app_and_leaves_one_entry() -> None:
    house = House()
    cancelled = asyncio.Event()

    async def app(_: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", SSE)]})
        await send({"type": "http.response.body", "body": b"data: 1\n\n", "more_body": True})
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    connection = Connection([b'{"model":"m"}'])
    task = asyncio.create_task(connection.open(house.guard(app), scope(headers=[*AUTHORIZED, *JSON_TYPE])))
    await connection.sent.get()
    await connection.sent.get()
    connection.left.set()
    answer = await task
    assert cancelled.is_set()
    assert answer.pieces == [b"data: 1\n\n"]
    assert one_entry(house).outcome == "client_gone"


async def test_an_app_may_clean_up_after_a_client_that_left() -> None:
    house, cleaned = House(), []

    async def app(_: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", SSE)]})
        try:
            while True:
                await asyncio.sleep(0)
                await send({"type": "http.response.body", "body": b"data: 1\n\n", "more_body": True})
        finally:
            for _step in range(5):
                await asyncio.sleep(0)
            cleaned.append(True)

    connection = Connection([b'{"model":"m"}'])
    task = asyncio.create_task(connection.open(house.guard(app), scope(headers=[*AUTHORIZED, *JSON_TYPE])))
    await connection.sent.get()
    connection.left.set()
    await task
    assert cleaned == [True]
    assert one_entry(house).outcome == "client_gone"


async def test_an_answer_that_comes_at_once_waits_for_nobody() -> None:
    house, connection, before = House(), Connection([b'{"model":"m"}']), asyncio.all_tasks()
    serving = connection.open(house.guard(reply(b"{}")), scope(headers=[*AUTHORIZED, *JSON_TYPE]))
    with pytest.raises(StopIteration):
        serving.send(None)
    assert connection.answer.complete
    assert asyncio.all_tasks() == before
    assert one_entry(house).outcome == "complete"


async def test_an_app_that_cancels_itself_is_one_that_did_not_answer() -> None:
    async def app(_: Scope, __: Receive, ___: Send) -> None:
        raise asyncio.CancelledError

    house = House()
    answer = await call(house.guard(app))
    assert (answer.status, one_entry(house).outcome) == (500, "error")


async def test_an_app_that_sends_from_two_tasks_at_once_is_stopped() -> None:
    class Slow(Connection):
        async def send(self, message: Message) -> None:
            await asyncio.sleep(0)
            await super().send(message)

    async def app(_: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", SSE)]})
        piece = {"type": "http.response.body", "body": b"data: 1\n\n", "more_body": True}
        await asyncio.gather(send(dict(piece)), send(dict(piece)), return_exceptions=True)

    house = House()
    await Slow([b'{"model":"m"}']).open(house.guard(app), scope(headers=[*AUTHORIZED, *JSON_TYPE]))
    assert one_entry(house).outcome == "error"


async def test_a_client_that_left_cancels_nothing_behind_its_request() -> None:
    """An app may swallow the cancellation that tells it so; the server's task is not left cancelled."""
    house, waiting = House(), asyncio.Event()

    async def app(_: Scope, receive: Receive, send: Send) -> None:
        await receive()
        with suppress(asyncio.CancelledError):
            waiting.set()
            await asyncio.Event().wait()
        await reply(b"{}")({}, receive, send)

    connection = Connection([b'{"model":"m"}'])
    cancelling: list[int] = []

    async def serve() -> None:
        with suppress(OSError):
            await connection.open(house.guard(app), scope(headers=[*AUTHORIZED, *JSON_TYPE]))
        task = asyncio.current_task()
        cancelling.append(-1 if task is None else task.cancelling())

    task = asyncio.create_task(serve())
    await waiting.wait()
    connection.left.set()
    await task
    assert cancelling == [0]
    assert one_entry(house).outcome == "client_gone"


async def test_nothing_is_left_running() -> None:
    class Silent(Connection):
        async def receive(self) -> Message:
            if not self._body:
                await asyncio.Event().wait()
            return await super().receive()

    before = asyncio.all_tasks()
    await Silent([b'{"model":"m"}']).open(
        House().guard(reply(b"{}")), scope(headers=[*AUTHORIZED, *JSON_TYPE])
    )
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before


async def test_the_app_hears_that_the_client_left() -> None:
    house, reading = House(), asyncio.Event()
    heard: list[str] = []

    async def app(_: Scope, receive: Receive, __: Send) -> None:
        await receive()
        reading.set()
        try:
            heard.append((await receive())["type"])
        except asyncio.CancelledError:
            heard.append("cancelled")
            raise

    connection = Connection([b'{"model":"m"}'])
    task = asyncio.create_task(connection.open(house.guard(app), scope(headers=[*AUTHORIZED, *JSON_TYPE])))
    await reading.wait()
    connection.left.set()
    await task
    assert heard in (["http.disconnect"], ["cancelled"])
    assert one_entry(house).outcome == "client_gone"


async def test_a_cancelled_server_task_still_leaves_one_entry() -> None:
    house, running = House(), asyncio.Event()

    async def app(_: Scope, __: Receive, ___: Send) -> None:
        running.set()
        await asyncio.Event().wait()

    connection = Connection([b'{"model":"m"}'])
    task = asyncio.create_task(connection.open(house.guard(app), scope(headers=[*AUTHORIZED, *JSON_TYPE])))
    await running.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert one_entry(house).outcome == "error"


async def test_work_after_the_answer_is_not_cancelled() -> None:
    house, finished = House(), asyncio.Event()

    async def app(request: Scope, receive: Receive, send: Send) -> None:
        await reply(b"{}")(request, receive, send)
        for _ in range(10):
            await asyncio.sleep(0)
        finished.set()

    await call(house.guard(app))
    assert finished.is_set()
    assert one_entry(house).outcome == "complete"


async def test_a_server_that_raises_for_a_lost_client_is_understood() -> None:
    class Broken(Connection):
        async def send(self, message: Message) -> None:
            raise OSError("lost")

    for app in (reply(b"{}"), reply([b"data: 1\n\n"], kind=SSE)):
        house = House()
        await Broken([b'{"model":"m"}']).open(house.guard(app), scope(headers=[*AUTHORIZED, *JSON_TYPE]))
        assert one_entry(house).outcome == "client_gone"


async def test_a_fault_on_an_exempt_route_is_native() -> None:
    house = House()
    answer = await call(house.guard(failing), scope("GET", "/v1/models", AUTHORIZED), b"")
    assert (answer.status, error_of(answer)["code"]) == (500, "internal_error")
    assert house.metrics.rejections == [("middleware", "error")]


@pytest.mark.parametrize("kind", [b"application/json", SSE])
async def test_an_exchange_leaves_nothing_for_the_collector(kind: bytes) -> None:
    """A cycle would keep all that an exchange made, until a collector looks for such things."""

    async def app(_: Scope, __: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]})
        await send({"type": "http.response.body", "body": b"data: 1\n\n" if kind == SSE else b"{}"})

    guard = House().guard(app)
    await call(guard)
    gc.collect()
    gc.disable()
    left = []
    try:
        for _ in range(5):
            await call(guard)
            left.append(gc.collect())
        assert 0 in left, left  # threads of other tests may leave something now and then, not every time
    finally:
        gc.enable()
