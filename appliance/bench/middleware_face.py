"""The middleware as the benchmark runs it: one process, one thread, no socket, an app that answers at once.

Run as ``python -m sluicegate.appliance.bench.middleware_face CACHE SECONDS``; prints one line of JSON. What
the app and the loop cost without a guard is taken off.
"""

import asyncio
import sys
import time
from dataclasses import asdict
from pathlib import Path

import orjson

from ... import configure
from ...middleware import Fields, GuardMiddleware
from ...middleware.asgi import ASGIApp, Message, Receive, Scope, Send
from .library_face import Pace
from .workload import NUMBER, post_prompt

GUARDED, UNGUARDED = "guarded POST of 1.2 kB and its answer", "request that is not guarded"
_TOGETHER = 100
"""Requests between two looks at the clock."""
_ANSWER = orjson.dumps({"answer": "The harvest was good and the weather mild."})


async def _app(_: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-type", b"application/json")],
        }
    )
    await send({"type": "http.response.body", "body": _ANSWER, "more_body": False})


async def paces(seconds: float) -> dict[str, Pace]:
    """Measure a guarded request and one that no route lists, each for so many seconds."""
    guard = GuardMiddleware(_app, routes={"/ask": Fields(["/question"], ["/answer"])})
    bare = await _pace(_app, "/other", seconds / 2)
    found = {}
    for what, path in ((GUARDED, "/ask"), (UNGUARDED, "/other")):
        pace = await _pace(guard, path, seconds)
        found[what] = Pace(pace.cpu - bare.cpu, pace.rate)
    return found


async def _pace(app: ASGIApp, path: str, seconds: float) -> Pace:
    head, _, tail = post_prompt(len(_body(""))).partition(NUMBER)
    for number in range(_TOGETHER):
        await _ask(app, path, f"{head}{number:07}{tail}")
    calls = 0
    began, spent = time.perf_counter(), time.process_time()
    while time.perf_counter() - began < seconds:
        for number in range(_TOGETHER):
            await _ask(app, path, f"{head}{calls + number:07}{tail}")
        calls += _TOGETHER
    return Pace((time.process_time() - spent) / calls * 1e6, calls / (time.perf_counter() - began))


async def _ask(app: ASGIApp, path: str, text: str) -> None:
    body = _body(text)
    coming: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        while not coming:
            await asyncio.get_running_loop().create_future()
        return coming.pop()

    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    scope: Scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": headers,
        "client": ("192.0.2.7", 40_000),
    }
    await app(scope, receive, _swallow)


def _body(text: str) -> bytes:
    return orjson.dumps({"question": text})


async def _swallow(_: Message) -> None:
    """Send nowhere."""


def main() -> None:
    """Measure and print."""
    configure(cache=Path(sys.argv[1]))
    found = asyncio.run(paces(float(sys.argv[2])))
    sys.stdout.buffer.write(orjson.dumps({what: asdict(pace) for what, pace in found.items()}) + b"\n")


if __name__ == "__main__":
    main()
