"""Health, readiness and metrics in front of an app."""

import asyncio
import json

import pytest

from sluicegate.middleware.asgi import Receive, Scope, Send
from sluicegate.middleware.health import Check, HealthApp
from tests.middleware.client import Connection, call, reply, scope

INNER = reply(b"inner", kind=b"text/plain")


async def test_live_needs_nothing() -> None:
    answer = await call(HealthApp(INNER, checks={"database": lambda: False}), scope("GET", "/health"))
    assert (answer.status, json.loads(answer.body)) == (200, {"status": "ok"})
    assert answer.headers["cache-control"] == "no-store"


async def test_ready_names_the_parts_that_are_not() -> None:
    async def slow_but_good() -> bool:
        await asyncio.sleep(0)
        return True

    async def away() -> bool:
        raise ConnectionError("postgresql://user:hunter2@db")

    checks: dict[str, Check] = {"rules": lambda: True, "queue": slow_but_good}
    answer = await call(HealthApp(INNER, checks=checks), scope("GET", "/ready"))
    assert (answer.status, json.loads(answer.body)) == (200, {"status": "ready"})

    bad = HealthApp(INNER, checks={**checks, "keys": lambda: False, "database": away})
    answer = await call(bad, scope("GET", "/ready"))
    assert answer.status == 503
    assert json.loads(answer.body) == {"status": "not ready", "not_ready": ["keys", "database"]}


async def test_a_check_that_hangs_is_not_ready(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("sluicegate.middleware.health.CHECK_SECONDS", 0.0)

    async def hanging() -> bool:
        return await asyncio.Event().wait()

    answer = await call(HealthApp(INNER, checks={"database": hanging}), scope("GET", "/ready"))
    assert (answer.status, json.loads(answer.body)["not_ready"]) == (503, ["database"])
    assert "database" in caplog.text


async def test_metrics_are_text() -> None:
    answer = await call(HealthApp(INNER, metrics=lambda: b"x 1\n"), scope("GET", "/metrics"))
    assert (answer.status, answer.body) == (200, b"x 1\n")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert (await call(HealthApp(INNER), scope("GET", "/metrics"))).body == b"inner"


@pytest.mark.parametrize("path", ["/health", "/ready", "/metrics"])
async def test_only_reading_is_allowed(path: str) -> None:
    answer = await call(HealthApp(INNER, metrics=bytes), scope("POST", path))
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("path", ["/", "/health/", "/Health", "/healthz", "/v1/models"])
async def test_the_rest_is_the_apps(path: str) -> None:
    assert (await call(HealthApp(INNER, metrics=bytes), scope("GET", path))).body == b"inner"


async def test_other_scopes_pass() -> None:
    seen: list[str] = []

    async def app(request: Scope, _: Receive, __: Send) -> None:
        seen.append(request["type"])

    connection = Connection()
    await HealthApp(app)({"type": "lifespan"}, connection.receive, connection.send)
    assert seen == ["lifespan"]
