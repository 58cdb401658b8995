"""An appliance's detection API in this process, as a program reaches it over HTTP."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from sluicegate.detection.testing import FakeClock
from sluicegate.detection.types import AuditEntry
from sluicegate.middleware.asgi import ASGIApp
from sluicegate.middleware.remote.remote import Remote
from tests.detection_api.service import Service
from tests.middleware.client import KEY, call, scope

URL = "http://127.0.0.1:5001"
NEVER = 86_400.0

type Meddler = Callable[[httpx.Request, httpx.Response], httpx.Response]


@dataclass(slots=True)
class Appliance:
    """What a `Remote` talks to: serves, is `away`, or is somebody who meddles with what it says."""

    service: Service = field(default_factory=lambda: Service(clock=FakeClock(time.time())))
    away: bool = False
    meddler: Meddler | None = None
    asked: list[tuple[str, int]] = field(default_factory=list)
    """Path and status of every answer."""
    app: ASGIApp | None = None
    """Answers in place of the service."""

    def answer(self, request: httpx.Request) -> httpx.Response:
        if self.away:
            raise httpx.ConnectError("away")
        with ThreadPoolExecutor(1) as apart:  # whoever asks may be inside an event loop
            answer = apart.submit(lambda: asyncio.run(self._answer(request, request.read()))).result()
        if self.meddler is not None:
            answer = self.meddler(request, answer)
        self.asked.append((request.url.path, answer.status_code))
        return answer

    async def _answer(self, request: httpx.Request, body: bytes) -> httpx.Response:
        headers = [(name.lower(), value) for name, value in request.headers.raw]
        asked = scope(request.method, request.url.path, headers, query=request.url.query, peer="127.0.0.1")
        answered = await call(self.app or self.service.app(), asked, body)
        return httpx.Response(
            answered.status,
            headers=answered.messages[0]["headers"],
            stream=httpx.ByteStream(answered.body),
            request=request,
        )

    @property
    def transport(self) -> httpx.BaseTransport:
        return _Transport(self)

    def remote(self, folder: Path, **more: Any) -> Remote:
        """A remote of it that asks and sends only when it is told to, beyond the first time."""
        return Remote(URL, KEY, state=folder, transport=self.transport, **{"pull_seconds": NEVER, **more})

    @property
    def entries(self) -> list[AuditEntry]:
        return self.service.audit.entries


class _Transport(httpx.BaseTransport):
    def __init__(self, appliance: Appliance) -> None:
        self._appliance = appliance

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._appliance.answer(request)
