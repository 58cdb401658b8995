"""Clients that begin exchanges, hang up, and remember of which they saw a byte."""

import asyncio
import json
import random
import re
from collections.abc import Callable
from contextlib import suppress

from tests.support.appliance import RunningAppliance

_ID = re.compile(rb"\r\nx-sluicegate-request-id: ([0-9a-f-]{36})\r\n", re.IGNORECASE)
_PAUSE_SECONDS = 0.02


class Traffic:
    """Many clients at a time: half of them ask for streams, a share of them hangs up at random.

    `seen` are the ids of exchanges whose head arrived with status 200; `statuses` counts what came.
    """

    def __init__(self, place: str, headers: dict[str, str], seed: int = 1, *, hang_ups: float = 0.25) -> None:
        self.seen: list[str] = []
        self.statuses: dict[int, int] = {}
        self._host, _, port = place.removeprefix("http://").partition(":")
        self._port = int(port)
        self._head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._random = random.Random(seed)
        self._hang_ups = hang_ups

    @classmethod
    def to(cls, running: RunningAppliance, *, hang_ups: float = 0.25) -> "Traffic":
        """Clients of an appliance; it may be replaced by another on the same ports."""
        return cls(running.proxy, running.headers(), hang_ups=hang_ups)

    async def flow(self, clients: int, until: Callable[[], bool]) -> None:
        """Send from so many clients until the condition holds."""

        async def client() -> None:
            while not until():
                if not await self._exchange():
                    await asyncio.sleep(_PAUSE_SECONDS)

        async with asyncio.TaskGroup() as group:
            for _ in range(clients):
                group.create_task(client())

    async def _exchange(self) -> bool:
        """Have one exchange on a connection of its own; false when nobody took it."""
        with suppress(OSError, EOFError, TimeoutError):
            async with asyncio.timeout(30):
                return await self._try()
        return False

    async def _try(self) -> bool:
        reader, writer = await asyncio.open_connection(self._host, self._port)
        try:
            writer.write(self._request(stream=self._random.random() < 0.5))
            head = await reader.readuntil(b"\r\n\r\n")
            status = int(head[9:12])
            self.statuses[status] = self.statuses.get(status, 0) + 1
            if status == 200 and (found := _ID.search(head)):
                self.seen.append(found[1].decode())
            if self._random.random() < self._hang_ups:
                await reader.read(self._random.randrange(1, 200))
            else:
                await reader.read()
            return status == 200
        finally:
            writer.transport.abort()

    def _request(self, *, stream: bool) -> bytes:
        message = {"role": "user", "content": f"Hello {self._random.random()}"}
        body = json.dumps({"model": "demo", "messages": [message], "stream": stream})
        return (
            f"POST /v1/chat/completions HTTP/1.1\r\nhost: {self._host}\r\n{self._head}"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n"
            f"connection: close\r\n\r\n{body}"
        ).encode()
