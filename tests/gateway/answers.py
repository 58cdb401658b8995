"""Reading what an upstream answers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sluicegate.gateway.upstream.base import Upstream, UpstreamAnswer, UpstreamRequest


@asynccontextmanager
async def opened(upstream: Upstream, request: UpstreamRequest) -> AsyncIterator[UpstreamAnswer]:
    answer = await upstream.send(request)
    try:
        yield answer
    finally:
        await answer.close()


async def pieces_of(answer: UpstreamAnswer) -> list[bytes]:
    """Every piece that is left; the end is told once and stays told."""
    pieces = []
    while piece := await answer.read():
        pieces.append(piece)
    assert answer.ended
    assert await answer.read() == b""
    return pieces


async def whole(answer: UpstreamAnswer) -> bytes:
    return b"".join(await pieces_of(answer))
