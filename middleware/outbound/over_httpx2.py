"""The guard as transports of httpx2, for its clients and the SDKs that stand on them."""

import httpx2

from .async_way import AsyncStream, AsyncWay
from .guard import OutboundGuard
from .sync_way import SyncStream, SyncWay


class _Stream(SyncStream, httpx2.SyncByteStream):
    """An answer that streams."""


class _AsyncStream(AsyncStream, httpx2.AsyncByteStream):
    """An answer that streams."""


class GuardTransport(SyncWay, httpx2.BaseTransport):
    """Guards what a `httpx2.Client` sends and gets.

    Args:
        guard: see `settings.outbound_guard`.
        inner: sends what may be sent; httpx2's own unless given.
    """

    _library = httpx2
    _stream_type = _Stream

    def __init__(self, guard: OutboundGuard, inner: httpx2.BaseTransport | None = None) -> None:
        self._guard = guard
        self._inner: httpx2.BaseTransport = inner or httpx2.HTTPTransport()

    def close(self) -> None:
        """Close what sends."""
        self._inner.close()


class AsyncGuardTransport(AsyncWay, httpx2.AsyncBaseTransport):
    """`GuardTransport` for a `httpx2.AsyncClient`."""

    _library = httpx2
    _stream_type = _AsyncStream

    def __init__(self, guard: OutboundGuard, inner: httpx2.AsyncBaseTransport | None = None) -> None:
        self._guard = guard
        self._inner: httpx2.AsyncBaseTransport = inner or httpx2.AsyncHTTPTransport()

    async def aclose(self) -> None:
        """Close what sends."""
        await self._inner.aclose()
