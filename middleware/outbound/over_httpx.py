"""The guard as transports of httpx, for its clients and the SDKs that stand on them."""

import httpx

from .async_way import AsyncStream, AsyncWay
from .guard import OutboundGuard
from .sync_way import SyncStream, SyncWay


class _Stream(SyncStream, httpx.SyncByteStream):
    """An answer that streams."""


class _AsyncStream(AsyncStream, httpx.AsyncByteStream):
    """An answer that streams."""


class GuardTransport(SyncWay, httpx.BaseTransport):
    """Guards what a `httpx.Client` sends and gets.

    Args:
        guard: see `settings.outbound_guard`.
        inner: sends what may be sent; httpx's own unless given.
    """

    _library = httpx
    _stream_type = _Stream

    def __init__(self, guard: OutboundGuard, inner: httpx.BaseTransport | None = None) -> None:
        self._guard = guard
        self._inner: httpx.BaseTransport = inner or httpx.HTTPTransport()

    def close(self) -> None:
        """Close what sends."""
        self._inner.close()


class AsyncGuardTransport(AsyncWay, httpx.AsyncBaseTransport):
    """`GuardTransport` for a `httpx.AsyncClient`."""

    _library = httpx
    _stream_type = _AsyncStream

    def __init__(self, guard: OutboundGuard, inner: httpx.AsyncBaseTransport | None = None) -> None:
        self._guard = guard
        self._inner: httpx.AsyncBaseTransport = inner or httpx.AsyncHTTPTransport()

    async def aclose(self) -> None:
        """Close what sends."""
        await self._inner.aclose()
