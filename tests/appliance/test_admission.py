"""Exchanges that could not be recorded do not begin; everything else goes on."""

import json
from typing import Any

import httpx
import pytest

from sluicegate.appliance.admission import Admission
from sluicegate.detection.testing import FakeInspector, NullMetrics
from sluicegate.middleware.asgi import Receive, Scope, Send


async def behind(_: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"served"})


def _client(accepting: bool, metrics: NullMetrics) -> httpx.AsyncClient:
    app: Any = Admission(
        behind, accepting=lambda: accepting, inspector=FakeInspector(), metrics=metrics, service="gateway"
    )
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://h")


@pytest.mark.parametrize(
    ("method", "accepting", "status"),
    [("POST", True, 200), ("GET", True, 200), ("GET", False, 200), ("POST", False, 503), ("PUT", False, 503)],
)
async def test_only_what_would_be_recorded_is_refused(method: str, accepting: bool, status: int) -> None:
    metrics = NullMetrics()
    async with _client(accepting, metrics) as client:
        answer = await client.request(method, "/v1/chat/completions")
    assert answer.status_code == status
    assert metrics.rejections == ([("gateway", "audit")] if status == 503 else [])


async def test_a_refusal_says_when_to_come_back_in_the_callers_envelope() -> None:
    async with _client(False, NullMetrics()) as client:
        answer = await client.post("/v1/chat/completions")
    assert answer.headers["retry-after"] == "5"
    assert json.loads(answer.content)["error"]["code"] == "audit_unavailable"
