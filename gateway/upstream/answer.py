"""An answer that arrives on a connection of the pool."""

import asyncio
from typing import Protocol

from ...detection.errors import UpstreamFault
from ...middleware.asgi import Headers


class Source(Protocol):
    """The connection an answer comes from."""

    def resume(self) -> None:
        """Go on receiving: what had piled up was taken."""
        ...

    def abandon(self, answer: "PooledAnswer") -> None:
        """Drop the connection if this answer still comes from it."""
        ...


class PooledAnswer:
    """Implements `base.UpstreamAnswer`. The connection fills it, one reader empties it.

    A plain class: one is made for every exchange. `status` is 0 until the head is there, then the
    reader is told of it (`told`) before it is told of the body. `complete` says that all arrived,
    `ended` that all was taken too; `unread` counts the bytes of `pieces`. `stale` marks a `fault`
    of a connection that had ended before the request reached anybody, `silent` one without a byte.
    """

    __slots__ = (
        "_source", "complete", "encoded", "ended", "fault", "headers", "paused", "pieces", "silent",
        "stale", "status", "told", "unread", "waiter",
    )  # fmt: skip

    def __init__(self, source: Source) -> None:
        self._source = source
        self.status = 0
        self.headers: Headers = []
        self.pieces: list[bytes] = []
        self.unread = 0
        self.waiter: asyncio.Future[None] | None = None
        self.fault: UpstreamFault | None = None
        self.told = self.complete = self.ended = self.encoded = self.paused = False
        self.stale = self.silent = False

    def wake(self) -> None:
        """Let the reader look again."""
        waiter = self.waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    async def arrived(self) -> bool:
        """Wait for the head and say whether it came; else there is a `fault`."""
        if not self.status and self.fault is None:
            await self._arrival()
        self.told = True
        return self.status != 0

    async def read(self) -> bytes:
        """Return what arrived; see `base.UpstreamAnswer`."""
        while not self.pieces:
            if self.ended:
                return b""
            if self.fault is not None:
                raise self.fault
            await self._arrival()
        pieces = self.pieces
        piece = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        pieces.clear()
        self.unread = 0
        if self.complete:
            self.ended = True
        elif self.paused:
            self._source.resume()
        return piece

    async def close(self) -> None:
        """Drop the connection unless the answer is whole."""
        self._source.abandon(self)

    async def _arrival(self) -> None:
        self.waiter = asyncio.get_running_loop().create_future()
        try:
            await self.waiter
        except BaseException:
            self._source.abandon(self)
            raise
        finally:
            self.waiter = None
