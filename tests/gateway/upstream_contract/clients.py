"""The implementations of `Upstream` that keep the contract."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from sluicegate.gateway.upstream.base import Upstream
from sluicegate.gateway.upstream.httpx_client import HttpxUpstream
from sluicegate.gateway.upstream.pool import PooledUpstream
from sluicegate.gateway.upstream.timeouts import Timeouts

type Open = Callable[..., AbstractAsyncContextManager[Upstream]]
"""Opens a client for a base URL; `silence` and `total` are its time limits in seconds."""


@asynccontextmanager
async def httpx_client(
    base_url: str, *, silence: float = 30.0, total: float = 60.0, connections: int = 10
) -> AsyncIterator[Upstream]:
    timeouts = Timeouts(connect=5.0, first_byte=silence, silence=silence, total=total)
    client = HttpxUpstream(base_url, timeouts=timeouts, connections=connections)
    try:
        yield client
    finally:
        await client.close()


@asynccontextmanager
async def pooled_client(
    base_url: str, *, silence: float = 30.0, total: float = 60.0, connections: int = 10
) -> AsyncIterator[Upstream]:
    timeouts = Timeouts(connect=5.0, first_byte=silence, silence=silence, total=total)
    client = PooledUpstream(base_url, timeouts=timeouts, connections=connections)
    try:
        yield client
    finally:
        await client.close()


CLIENTS: dict[str, Open] = {"httpx": httpx_client, "pool": pooled_client}
