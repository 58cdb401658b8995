"""A call over an asynchronous HTTP library that is httpx, or its successor of the same shape."""

import asyncio
from collections.abc import AsyncIterator, Callable
from mmap import mmap
from typing import Any

from ...library.turn import in_thread
from ..spooled import slices, taken
from .call import Call
from .guard import OutboundGuard
from .parts import Given, Send, Streaming
from .sync_way import Library, kept, response, sent

_AT_ONCE = 32_768
"""Bytes that are judged without leaving the event loop: about a millisecond."""


class AsyncWay:
    """`SyncWay` for event loops: the same steps in the same order."""

    _library: Library
    _guard: OutboundGuard
    _inner: Any
    _stream_type: Any

    async def handle_async_request(self, request: Any) -> Any:
        """Serve a request; see the transports of httpx. Raises what the transport behind this one raises."""
        authority = request.url.netloc.decode("ascii")
        call = self._guard.begin(request.method, authority, request.url.raw_path, request.headers.raw)
        if call is None:
            return await self._inner.handle_async_request(request)
        if isinstance(call, Given):
            return response(self._library, call, request)
        try:
            async for piece in request.stream:
                if not call.take(piece):
                    break
            asked = await _aside(call.asked, call)
            if isinstance(asked, Given):
                return response(self._library, asked, request)
            return await self._answer(call, asked, request)
        finally:
            call.close()

    async def _answer(self, call: Call, asked: Send, request: Any) -> Any:
        try:
            answer = await self._inner.handle_async_request(sent(self._library, asked, request, _pieces))
        except BaseException as fault:
            call.lost(fault)
            raise
        try:
            head = call.head(answer.status_code, answer.headers.raw)
            if isinstance(head, Streaming):
                stream = self._stream_type(call, answer)
                return self._library.Response(
                    head.status, headers=head.headers, stream=stream, extensions=kept(answer)
                )
            given = head if isinstance(head, Given) else await _collected(call, answer)
        except BaseException as fault:
            call.lost(fault)
            await answer.aclose()
            raise
        await answer.aclose()
        return response(self._library, given, request)


async def _collected(call: Call, answer: Any) -> Given:
    async for piece in answer.stream:
        if not call.more(piece):
            break
    return await _aside(call.whole, call)


async def _aside[Judged](judge: Callable[[], Judged], call: Call) -> Judged:
    """Judge what takes long in a thread of asyncio's, so that the loop goes on; other loops wait."""
    if call.size <= _AT_ONCE and not call.waits:
        return judge()
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return judge()
    return await in_thread(judge)


class AsyncStream:
    """`SyncStream` for event loops."""

    def __init__(self, call: Call, answer: Any) -> None:
        self._call = call
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        call = self._call
        try:
            async for piece in self._answer.stream:
                step = call.feed(piece)
                if step.release:
                    yield step.release
                if step.ended:
                    await self._answer.aclose()
                    return
        except Exception as fault:
            call.lost(fault)
            raise
        rest = call.end()
        if rest:
            yield rest

    async def aclose(self) -> None:
        """Take no more; the provider is told by the end of the connection."""
        self._call.left()
        await self._answer.aclose()


async def _pieces(body: mmap) -> AsyncIterator[bytes]:
    for piece in slices(body):
        yield taken(body, piece)
