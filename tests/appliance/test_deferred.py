"""An app that is built later: early requests wait, and a failure to build is not kept quiet."""

import asyncio
import threading
from typing import Any

import httpx
import pytest

from sluicegate.appliance.deferred import Deferred
from sluicegate.middleware.asgi import ASGIApp, Receive, Scope, Send


async def pages(_: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"page"})


async def test_requests_wait_until_the_app_is_there_and_nothing_else_does() -> None:
    go = threading.Event()

    def build() -> ASGIApp:
        assert go.wait(20)
        return pages

    deferred = Deferred(build)
    app: Any = deferred
    loading = asyncio.create_task(deferred.load())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://h") as client:
        early = asyncio.create_task(client.get("/"))
        await asyncio.sleep(0)
        before = deferred.loaded
        go.set()
        async with asyncio.timeout(20):
            assert (await early).content == b"page"
            await loading
        assert (before, deferred.loaded) == (False, True)
        assert (await client.get("/")).content == b"page"


async def test_a_client_that_gives_up_early_takes_nothing_from_the_next() -> None:
    deferred = Deferred(lambda: pages)
    app: Any = deferred
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://h") as client:
        early = asyncio.create_task(client.get("/"))
        await asyncio.sleep(0)
        early.cancel()
        await asyncio.gather(early, return_exceptions=True)
        await deferred.load()
        assert (await client.get("/")).content == b"page"


async def test_what_building_raises_is_raised() -> None:
    def build() -> ASGIApp:
        raise LookupError("no pages")

    with pytest.raises(LookupError, match="no pages"):
        await Deferred(build).load()
