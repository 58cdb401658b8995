"""The guard inside a Starlette application, installed as its users install middleware."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route as Path_

from sluicegate.detection.testing import (
    SOMEBODY,
    FakeClock,
    FakeInspector,
    FakeStreamGuard,
    FixedPolicy,
    MemoryAudit,
    MemoryBans,
    MemoryKeys,
    NullMetrics,
    OpenCounters,
)
from sluicegate.middleware.guard import Guard
from sluicegate.middleware.identity import ApplicationIdentity
from sluicegate.middleware.routes import Route, RouteTable
from tests.middleware.client import JSON_TYPE, Answer, call, scope

done: list[str] = []


async def echo(request: Request) -> Response:
    return JSONResponse({"got": await request.json()}, background=BackgroundTask(done.append, "echo"))


async def stream(_: Request) -> Response:
    async def lines() -> AsyncIterator[bytes]:
        try:
            for text in (b"data: 1\n\n", b"data: attack\n\n", b"data: 2\n\n", b"data: 3\n\n"):
                yield text
                done.append(text.decode().strip())
        finally:
            done.append("closed")

    return StreamingResponse(lines(), media_type="text/event-stream")


async def file(_: Request) -> Response:
    return FileResponse(Path(__file__), media_type="application/json")


async def broken(_: Request) -> Response:
    raise ValueError("hunter2")


async def page(_: Request) -> Response:
    return Response("<p>attack</p>", media_type="text/html")


@pytest.fixture
def audit() -> MemoryAudit:
    done.clear()
    return MemoryAudit()


@pytest.fixture
def app(audit: MemoryAudit) -> Starlette:
    handlers = {"/echo": echo, "/stream": stream, "/file": file, "/broken": broken}
    guard = Middleware(
        Guard,
        inspector=FakeInspector(block=(b"attack", b"FileResponse"), mask={b"secret-value": b"LABEL"}),
        policies=FixedPolicy(),
        keys=MemoryKeys(),
        bans=MemoryBans(),
        counters=OpenCounters(),
        audit=audit,
        metrics=NullMetrics(),
        clock=FakeClock(),
        routes=RouteTable([Route("POST", path, "openai_chat") for path in handlers], unlisted="pass"),
        identity=ApplicationIdentity(SOMEBODY),
    )
    routes = [Path_(path, handler, methods=["POST"]) for path, handler in handlers.items()]
    return Starlette(routes=[*routes, Path_("/page", page)], middleware=[guard])


async def post(app: Starlette, path: str, body: bytes = b'{"model":"m"}') -> Answer:
    return await call(app, scope("POST", path, list(JSON_TYPE)), body)


async def test_a_request_is_masked_for_the_app_and_restored_for_the_client(
    app: Starlette, audit: MemoryAudit
) -> None:
    answer = await post(app, "/echo", b'{"model":"m","x":"secret-value"}')
    assert json.loads(answer.body) == {"got": {"model": "m", "x": "secret-value"}}
    assert done == ["echo"]
    assert [entry.outcome for entry in audit.entries] == ["complete"]


async def test_a_blocked_request_never_reaches_the_app(app: Starlette) -> None:
    answer = await post(app, "/echo", b'{"model":"attack"}')
    assert b"got" not in answer.body
    assert done == []


async def test_a_blocked_stream_stops_the_app(app: Starlette, audit: MemoryAudit) -> None:
    answer = await post(app, "/stream")
    assert answer.body == b"data: 1\n\n" + FakeStreamGuard.END
    assert "data: 3" not in done
    assert [entry.outcome for entry in audit.entries] == ["stopped"]


async def test_a_file_does_not_slip_past(app: Starlette) -> None:
    answer = await post(app, "/file")
    assert json.loads(answer.body) == {"refused": FixedPolicy().value.safe_text}


async def test_an_exception_is_native(app: Starlette, audit: MemoryAudit) -> None:
    answer = await post(app, "/broken")
    assert answer.status == 500
    assert b"hunter2" not in answer.body
    assert len(audit.entries) == 1


async def test_other_pages_are_the_apps_own(app: Starlette, audit: MemoryAudit) -> None:
    answer = await call(app, scope("GET", "/page"), b"")
    assert answer.body == b"<p>attack</p>"
    assert (await post(app, "/page/")).status in {404, 307}
    assert audit.entries == []
