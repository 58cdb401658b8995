"""Whether the gateway is there, known before a request is handed over."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from ..intercepted.ticket import HEADER

AGAIN_SECONDS = 0.2
"""How long until a gateway that is away is asked again."""
LOOK_SECONDS = 5.0
"""How long until one that is there is asked again. The end of its connection tells at once."""
ANSWER_SECONDS = 2.0
"""How long an answer may take. A connection alone says nothing: a port whose process died still takes
them where another process holds it open."""
FIRST_SECONDS = 20.0
"""How long the first may take: proxy and gateway start side by side."""

_ANSWERED = b"HTTP/1.1 204"


class Told(Protocol):
    """Hears of every look at the gateway."""

    def looked(self, *, alive: bool, seconds: float) -> None:
        """Take what was found, and how many seconds it is since the last look. Must not fail."""
        ...


class Watch:
    """Asks the gateway whether it serves, on a connection of its own.

    Args:
        address: where the gateway listens.
        ticket: issues a ticket for one question.
        told: hears of every look.
    """

    def __init__(self, address: tuple[str, int], ticket: Callable[[], str], told: Told | None = None) -> None:
        self._address = address
        self._ticket = ticket
        self._told = told
        self._task: asyncio.Task[None] | None = None
        self._last = 0.0
        self._patience = FIRST_SECONDS
        self.alive = False
        """Whether the gateway answered when it was asked last."""
        self.changed = asyncio.Event()
        """Set whenever that was asked."""

    def start(self) -> None:
        """Begin to watch, in the running loop."""
        loop = asyncio.get_running_loop()
        self._last = loop.time()
        self._task = loop.create_task(self._run())

    def stop(self) -> None:
        """Watch no more."""
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        while True:
            try:
                ended_well = await self._hold()
            except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                ended_well = False
            if not ended_well:
                self._say(alive=False)
                await asyncio.sleep(AGAIN_SECONDS)

    async def _hold(self) -> bool:
        """Ask now and then on one connection; True when it ended after an answer, so that another is tried.

        Raises `OSError`, `TimeoutError` or an error of asyncio's streams where there is no answer.
        """
        async with asyncio.timeout(ANSWER_SECONDS):
            reader, writer = await asyncio.open_connection(*self._address)
        try:
            answered = False
            while True:
                try:
                    good = await self._ask(reader, writer)
                except (ConnectionError, asyncio.IncompleteReadError):
                    if answered:  # an idle connection may end at any time
                        return True
                    raise
                if not good:
                    return False
                answered = True
                self._say(alive=True)
                if await self._ended(reader):
                    return True
        finally:
            writer.close()

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        writer.write(
            b"GET / HTTP/1.1\r\nhost: gateway\r\n%b: %b\r\n\r\n" % (HEADER.encode(), self._ticket().encode())
        )
        async with asyncio.timeout(self._patience):
            head = await reader.readuntil(b"\r\n\r\n")
        return head.startswith(_ANSWERED)

    @staticmethod
    async def _ended(reader: asyncio.StreamReader) -> bool:
        """Wait for the next look; True when the connection ends before."""
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                await reader.read(1)
        except TimeoutError:
            return False
        return True

    def _say(self, *, alive: bool) -> None:
        now = asyncio.get_running_loop().time()
        seconds, self._last = now - self._last, now
        self._patience = ANSWER_SECONDS
        self.alive = alive
        self.changed.set()
        if self._told is not None:
            self._told.looked(alive=alive, seconds=seconds)
