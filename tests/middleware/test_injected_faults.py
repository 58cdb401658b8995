"""A thousand exceptions at random points of the guard: closed, nothing leaves; open, all goes on."""

import asyncio
import json
import logging
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest

from sluicegate.middleware import Fields, GuardMiddleware
from sluicegate.middleware.asgi import ASGIApp, Receive, Scope, Send
from sluicegate.middleware.counts import Counts
from tests.middleware.client import JSON_TYPE, Answer, Connection, scope
from tests.middleware.injected import Injected, lines

ADDRESS = "maria.keller@kontor-nord.example"
KEY = "AKIA" + "Z7QK3MX5RT9WBV2C"
ROUTES: Mapping[str, str | Fields] = {
    "/whole": Fields(["/question"], ["/answer"]),
    "/stream": Fields(["/question"], ["/answer"], ends="/done"),
    "/chat": "openai_chat",
}
BODIES = {
    "/whole": json.dumps({"question": f"Write to {ADDRESS}."}).encode(),
    "/stream": json.dumps({"question": f"Write to {ADDRESS}."}).encode(),
    "/chat": json.dumps(
        {"model": "m", "messages": [{"role": "user", "content": f"Write to {ADDRESS}."}]}
    ).encode(),
}
TEXT = f"The key is {KEY} and that is all."
FAULTS = 520
"""In each mode; a few come to lie behind the last line of a shorter request."""
NET = ("/middleware/fail_open.py", "/middleware/drop_in.py")
"""What catches the failures of all else."""


@dataclass
class App:
    """Answers every path in its way, and keeps the bodies it was sent."""

    bodies: list[bytes] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message["body"]
            more = message.get("more_body", False)
        self.bodies.append(body)
        kind = b"text/event-stream" if scope["path"] == "/stream" else b"application/json"
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]})
        pieces = answer_of(scope["path"])
        for number, piece in enumerate(pieces, 1):
            await send({"type": "http.response.body", "body": piece, "more_body": number < len(pieces)})


def answer_of(path: str) -> list[bytes]:
    if path == "/whole":
        return [json.dumps({"answer": TEXT}).encode()]
    if path == "/chat":
        message = {"role": "assistant", "content": TEXT}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return [json.dumps({"id": "1", "object": "chat.completion", "choices": [choice]}).encode()]
    frames: list[dict[str, Any]] = [{"answer": TEXT[at : at + 5]} for at in range(0, len(TEXT), 5)]
    return [b"data: %b\n\n" % json.dumps(frame).encode() for frame in [*frames, {"done": True}]]


def text_of(path: str, body: bytes) -> str:
    """The text of a whole answer; raises for one that no client could read."""
    if path == "/whole":
        return str(json.loads(body)["answer"])
    if path == "/chat":
        return str(json.loads(body)["choices"][0]["message"]["content"])
    *events, rest = body.split(b"\n\n")
    frames = [json.loads(event.removeprefix(b"data: ")) for event in events]
    assert rest == b""
    assert frames[-1] == {"done": True}
    return "".join(frame.get("answer", "") for frame in frames)


def of_the_guard(file: str) -> bool:
    # what watches a client that has its answer already may fail unseen
    return "/sluicegate/middleware/" in file and not file.endswith(("/drop_in.py", "/client.py"))


def behind_the_net(file: str) -> bool:
    return of_the_guard(file) and not file.endswith(NET)


@dataclass
class House:
    fail: Literal["closed", "open"]
    app: App = field(default_factory=App)
    counts: Counts = field(default_factory=Counts)
    loose: list[object] = field(default_factory=list)
    """What the event loop was told of: faults in what runs behind the end of a request."""

    def __post_init__(self) -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, told: self.loose.append(told))

    @property
    def guard(self) -> ASGIApp:
        return GuardMiddleware(
            self.app, policy="balanced", routes=ROUTES, fail=self.fail, metrics=self.counts
        )

    @property
    def failures(self) -> int:
        rejected = self.counts.rejections
        counted = sum(rejected[reason] for reason in ("error", "failed_open", "failed", "app"))
        return counted + self.counts.exchanges["error"] + len(self.loose)


async def ask(house: House, guard: ASGIApp, path: str) -> Answer:
    house.app.bodies.clear()
    return await asyncio.wait_for(
        Connection([BODIES[path]]).open(guard, scope("POST", path, list(JSON_TYPE))), timeout=30
    )


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    log = logging.getLogger("sluicegate.middleware")
    log.setLevel(logging.CRITICAL)
    yield
    log.setLevel(logging.NOTSET)


@pytest.mark.parametrize("path", ROUTES)
async def test_without_faults_both_directions_are_judged(path: str) -> None:
    house = House("closed")
    answer = await ask(house, house.guard, path)
    assert ADDRESS.encode() not in house.app.bodies[0]
    assert KEY not in text_of(path, answer.body)
    assert house.failures == 0


async def lines_of(house: House, guard: ASGIApp, wanted: Callable[[str], bool]) -> dict[str, int]:
    """How many lines a request takes, by its path; not always the same number."""
    found = {}
    for path in ROUTES:
        await ask(house, guard, path)
        with lines(wanted) as watched:
            await ask(house, guard, path)
        found[path] = watched.count
    return found


async def test_closed_nothing_unscanned_leaves() -> None:
    chance, house = random.Random(7), House("closed")
    guard = house.guard
    count = await lines_of(house, guard, of_the_guard)
    for number in range(FAULTS):
        path, before = chance.choice(list(ROUTES)), house.failures
        connection = Connection([BODIES[path]])
        house.app.bodies.clear()
        with lines(of_the_guard, at=chance.randint(1, count[path])) as watched:
            opened = connection.open(guard, scope("POST", path, list(JSON_TYPE)))
            with suppress(Injected, RuntimeError):
                await asyncio.wait_for(opened, timeout=30)
        where = f"{number}: {path} {watched.place}"
        assert not any(ADDRESS.encode() in body for body in house.app.bodies), where
        assert KEY.encode() not in connection.answer.body, where
        assert house.failures > before or not watched.place, where


async def test_open_nobody_notices() -> None:
    chance, house = random.Random(11), House("open")
    guard = house.guard
    count = await lines_of(house, guard, behind_the_net)
    for number in range(FAULTS):
        path, before = chance.choice(list(ROUTES)), house.failures
        with lines(behind_the_net, at=chance.randint(1, count[path])) as watched:
            answer = await ask(house, guard, path)
        where = f"{number}: {path} {watched.place}"
        assert answer.status == 200, where
        assert text_of(path, answer.body).startswith("The"), where
        assert len(house.app.bodies) == 1, where
        assert house.failures > before or not watched.place, where
