"""Load from one process: as many requests as are answered, or as many as are due, answered or not.

With a closed loop a slow server is asked less; an open one is asked when it is time, and whoever has to wait
waits from then on. Requests come at random, a Poisson process, each over a connection that is free or new.
"""

import asyncio
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from random import Random

from .exact_time import ExactTime
from .workload import MARK, chat_body, fixed_answer

_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
_LONGEST_ANSWER = 30.0


class BadAnswer(Exception):
    """An answer that is not what was asked for."""


@dataclass(slots=True)
class Seen:
    """What came of some requests: seconds until the first byte, and until the last."""

    first: list[float] = field(default_factory=list)
    last: list[float] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.last) / self.seconds


class Load:
    """Sends requests to one port.

    Args:
        port: on this machine.
        headers: sent with each.
        texts: what is asked, one a request.
    """

    def __init__(self, port: int, headers: Mapping[str, str], texts: Iterator[str]) -> None:
        self._port = port
        self._fields = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._texts = texts
        self._free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self._writers: list[asyncio.StreamWriter] = []

    async def closed(self, connections: int, seconds: float) -> Seen:
        """Ask again as soon as an answer came. Raises `BadAnswer`, `OSError`."""
        seen = Seen()
        began = time.perf_counter()

        async def ask() -> None:
            while time.perf_counter() - began < seconds:
                await self._ask(time.perf_counter(), seen)

        async with asyncio.TaskGroup() as group:
            for _ in range(connections):
                group.create_task(ask())
        seen.seconds = time.perf_counter() - began
        return seen

    async def open(self, rate: float, seconds: float, seed: int) -> Seen:
        """Ask when it is time, `rate` times a second on average. Raises `BadAnswer`, `OSError`."""
        seen, random = Seen(), Random(seed)  # noqa: S311 - arrivals that can be made again
        began = time.perf_counter()
        due = began
        with closing(ExactTime()) as clock:
            async with asyncio.timeout(seconds + _LONGEST_ANSWER), asyncio.TaskGroup() as group:
                while (due := due + random.expovariate(rate)) < began + seconds:
                    await clock.until(due)
                    group.create_task(self._ask(due, seen))
        seen.seconds = time.perf_counter() - began
        return seen

    async def close(self) -> None:
        """Close every connection."""
        for writer in self._writers:
            writer.close()
        for writer in self._writers:
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def _ask(self, since: float, seen: Seen) -> None:
        body = chat_body(next(self._texts))
        head = (
            f"POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1:{self._port}\r\n"
            f"content-type: application/json\r\n{self._fields}content-length: {len(body)}\r\n\r\n"
        )
        while self._free and self._free[-1][0].at_eof():
            self._free.pop()  # closed meanwhile: it was free for too long
        reader, writer = self._free.pop() if self._free else await self._connected()
        writer.write(head.encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        first = time.perf_counter() - since
        length = _LENGTH.search(answer)
        if length is None:
            raise BadAnswer("an answer has no length")
        content = await reader.readexactly(int(length[1]))
        if b" 200 " not in answer[:16] or MARK.encode() not in content:
            raise BadAnswer(f"not the upstream's answer: {answer[:60]!r}")
        seen.first.append(first)
        seen.last.append(time.perf_counter() - since)
        self._free.append((reader, writer))

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._writers.append(writer)
        return reader, writer


class Upstream:
    """Answers every request with the same text, after `delay` seconds."""

    def __init__(self) -> None:
        self.delay = 0.0
        body = fixed_answer()
        head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        self._answer = head.encode() + body
        self._clock = ExactTime()
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def start(self, port: int) -> None:
        """Listen. Raises `OSError`."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)

    async def close(self) -> None:
        """Listen no more, and close every connection."""
        self._clock.close()
        if self._server is not None:
            self._server.close()
            for writer in tuple(self._open):
                writer.close()
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = _LENGTH.search(head)
                await reader.readexactly(int(length[1]) if length else 0)
                await self._clock.until(time.perf_counter() + self.delay)
                writer.write(self._answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the other side is done
        finally:
            writer.close()
            self._open.discard(writer)
