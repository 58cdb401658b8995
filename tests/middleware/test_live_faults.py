"""Exceptions at random points of a talk: closed, nothing unjudged leaves and all ends; open, it goes on."""

import asyncio
import json
import logging
import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Literal

import pytest

from sluicegate.middleware import GuardMiddleware
from sluicegate.middleware.asgi import Message, Receive, Scope, Send
from sluicegate.middleware.counts import Counts
from tests.middleware.injected import Injected, lines
from tests.middleware.test_live_sockets import CREATE, item
from tests.sdk.material import EMAIL, OTHER_AWS_KEY
from tests.sdk_realtime.spoken import cut, said

FAULTS = 250
"""In each mode."""
_BESIDE = ("__init__", "leads", "begun", "busy", "<genexpr>", "over", "_over")
"""Places beside the judging of a message: the connection ends."""
TURN = [item(f"Write to {EMAIL}."), CREATE]
ANSWER = [json.dumps(event) for event in said(cut(f"The key is {OTHER_AWS_KEY} and that is all.", 7))]


class Talk:
    """One talk with an app, without a server."""

    def __init__(self) -> None:
        self.app_heard: list[str] = []
        self.client_heard: list[Message] = []
        self.loose: list[object] = []
        self._coming: asyncio.Queue[Message] = asyncio.Queue()
        self.app_runs = False
        asyncio.get_running_loop().set_exception_handler(lambda _, told: self.loose.append(told))

    async def app(self, _: Scope, receive: Receive, send: Send) -> None:
        self.app_runs = True
        try:
            await receive()
            await send({"type": "websocket.accept"})
            while (message := await receive())["type"] == "websocket.receive":
                self.app_heard.append(message["text"])
                for event in ANSWER if json.loads(message["text"]) == CREATE else ():
                    await send({"type": "websocket.send", "text": event})
        except OSError:
            pass
        finally:
            self.app_runs = False

    async def held(self, guard: GuardMiddleware) -> None:
        """Hold it to its end."""
        self._coming.put_nowait({"type": "websocket.connect"})
        for event in TURN:
            self._coming.put_nowait({"type": "websocket.receive", "text": json.dumps(event)})
        raw = b"/talk"
        scope: Scope = {"type": "websocket", "path": "/talk", "raw_path": raw, "headers": [], "client": None}
        await asyncio.wait_for(guard(scope, self._coming.get, self._take), 30)

    async def _take(self, message: Message) -> None:
        self.client_heard.append(message)
        text = message.get("text") or "{}"
        if message["type"] == "websocket.close" or json.loads(text).get("type") == "response.done":
            self._coming.put_nowait({"type": "websocket.disconnect", "code": 1000})

    @property
    def text(self) -> str:
        """The text of the answer that the client heard."""
        events = [json.loads(message["text"]) for message in self.client_heard if "text" in message]
        return "".join(event["delta"] for event in events if event["type"] == "response.output_text.delta")


def of_a_talk(file: str) -> bool:
    return "/sluicegate/middleware/live_" in file or file.endswith(("/app_end.py", "/handshake.py"))


def of_judging(file: str) -> bool:
    return file.endswith(("/live_talk.py", "/detection/exchange.py", "/detection/frame_guard.py"))


def guarded(talk: list[Talk], fail: Literal["closed", "open"], counts: Counts) -> GuardMiddleware:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await talk[-1].app(scope, receive, send)

    routes: dict[str, Any] = {"/talk": "openai_realtime"}
    return GuardMiddleware(app, policy="balanced", routes=routes, fail=fail, metrics=counts)


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    log = logging.getLogger("sluicegate.middleware")
    log.setLevel(logging.CRITICAL)
    yield
    log.setLevel(logging.NOTSET)


async def lines_of(guard: GuardMiddleware, talks: list[Talk], wanted: Callable[[str], bool]) -> int:
    """How many lines a talk takes; it is judged in both directions."""
    talks.append(Talk())
    await talks[-1].held(guard)
    talks.append(Talk())
    with lines(wanted) as watched:
        await talks[-1].held(guard)
    assert not any(EMAIL in text for text in talks[-1].app_heard)
    assert OTHER_AWS_KEY not in talks[-1].text
    assert talks[-1].text.endswith("that is all.")
    return watched.count


async def test_closed_nothing_unjudged_leaves_and_both_ends_learn_of_the_end() -> None:
    chance, talks = random.Random(13), list[Talk]()
    guard = guarded(talks, "closed", Counts())

    def wanted(file: str) -> bool:
        return of_a_talk(file) or of_judging(file)

    count = await lines_of(guard, talks, wanted)
    for number in range(FAULTS):
        talks.append(talk := Talk())
        with lines(wanted, at=chance.randint(1, count)) as watched, suppress(Injected):
            await talk.held(guard)
        where = f"{number}: {watched.place}"
        assert not any(EMAIL in text for text in talk.app_heard), where
        assert OTHER_AWS_KEY[:8] not in talk.text, where
        assert not talk.app_runs, where


async def test_open_what_judging_fails_on_goes_on() -> None:
    chance, talks, counts = random.Random(17), list[Talk](), Counts()
    guard = guarded(talks, "open", counts)
    count = await lines_of(guard, talks, of_judging)
    for number in range(FAULTS):
        talks.append(talk := Talk())
        before = sum(counts.rejections.values()) + len(talk.loose)
        with lines(of_judging, at=chance.randint(1, count)) as watched, suppress(Injected):
            await talk.held(guard)
        where = f"{number}: {watched.place}"
        assert not talk.app_runs, where
        if watched.place.endswith(tuple(f" in {name}" for name in _BESIDE)):
            continue
        assert len(talk.app_heard) == len(TURN), where
        assert "response.done" in talk.client_heard[-1]["text"], where
        assert sum(counts.rejections.values()) + len(talk.loose) > before or not watched.place, where
