"""An app whose bodies are judged by the appliance: what happens while it is away, or answers nonsense."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from sluicegate.detection.policy import Policy
from sluicegate.detection.presets import BALANCED
from sluicegate.detection.testing import MemoryAudit
from sluicegate.detection.types import Action, Verdict
from sluicegate.library.default import configure
from sluicegate.middleware import Fields
from sluicegate.middleware.asgi import Receive, Scope, Send
from sluicegate.middleware.drop_in import Fail, GuardMiddleware
from sluicegate.middleware.outbound.settings import outbound_guard
from sluicegate.middleware.remote.address import BadRemote
from sluicegate.middleware.remote.judging import AWAY
from sluicegate.middleware.remote.remote import Remote
from tests.middleware.client import JSON_TYPE, Answer, call, scope
from tests.remote.appliance import Appliance

HELLO = b'{"choices":[{"index":0,"message":{"role":"assistant","content":"Hello."}}]}'
STREAM = b'data: {"choices":[{"index":0,"delta":{"content":"Hello."}}]}\n\ndata: [DONE]\n\n'


@pytest.fixture
def appliance() -> Appliance:
    """An appliance that answers."""
    return Appliance()


@pytest.fixture
def remote(appliance: Appliance, tmp_path: Path) -> Iterator[Remote]:
    """A remote of it that is asked about every body."""
    made = appliance.remote(tmp_path, detect="remote")
    made.load()
    yield made
    made.close()


class App:
    """Answers, and remembers what it was asked; `then` happens before it answers."""

    def __init__(self, appliance: Appliance, *, away_after: bool = False, streams: bool = False) -> None:
        self.asked: list[bytes] = []
        self._appliance = appliance
        self._away_after = away_after
        self._streams = streams

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        self.asked.append((await receive())["body"])
        self._appliance.away = self._away_after
        kind = b"text/event-stream" if self._streams else b"application/json"
        head = [(b"content-type", kind)]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": STREAM if self._streams else HELLO})


def _guard(app: App, remote: Remote, fail: Fail) -> tuple[GuardMiddleware, MemoryAudit]:
    audit = MemoryAudit()
    return GuardMiddleware(app, routes="openai", remote=remote, fail=fail, audit=audit), audit


async def _ask(guard: GuardMiddleware, *, stream: bool = False) -> Answer:
    tree = {"model": "m", "stream": stream, "messages": [{"role": "user", "content": "hi"}]}
    return await call(guard, scope("POST", "/v1/chat/completions", [*JSON_TYPE]), json.dumps(tree).encode())


def _unjudged(verdict: Verdict | None) -> bool:
    return verdict is not None and [part.reason for part in verdict.receipt.unjudged] == [AWAY]


async def test_away_and_closed_nothing_reaches_the_app_and_the_record_says_unjudged(
    appliance: Appliance, remote: Remote
) -> None:
    app = App(appliance)
    guard, audit = _guard(app, remote, "closed")
    appliance.away = True
    answer = await _ask(guard)
    assert answer.status == 503
    assert json.loads(answer.body)["error"]["code"] == "detection_away"
    assert app.asked == []
    (entry,) = audit.entries
    assert entry.outcome == "refused"
    assert entry.core.prompt.action is Action.BLOCK
    assert _unjudged(entry.core.prompt)
    appliance.away = False
    assert (await _ask(guard)).status == 200
    assert await asyncio.to_thread(remote.push)
    assert len(appliance.entries) == 2


async def test_away_and_open_everything_passes_and_the_record_says_unjudged(
    appliance: Appliance, remote: Remote
) -> None:
    app = App(appliance, away_after=True)
    guard, audit = _guard(app, remote, "open")
    appliance.away = True
    answer = await _ask(guard)
    assert (answer.status, answer.body) == (200, HELLO)
    (entry,) = audit.entries
    assert entry.core.action is Action.FLAG
    assert _unjudged(entry.core.prompt)
    assert _unjudged(entry.core.answer)


async def test_open_does_not_open_what_the_policy_closes(appliance: Appliance, remote: Remote) -> None:
    strict: Policy = replace(BALANCED, name="closed", unscannable=(("dead tier", Action.BLOCK),))
    appliance.service.policies.value = strict
    assert await asyncio.to_thread(remote.pull)
    app = App(appliance)
    guard, _ = _guard(app, remote, "open")
    appliance.away = True
    assert (await _ask(guard)).status == 503
    assert app.asked == []


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize("fail", ["closed", "open"])
async def test_away_before_the_answer_it_is_unjudged_and_the_prompt_is_not(
    appliance: Appliance, remote: Remote, fail: Fail, streams: bool
) -> None:
    app = App(appliance, away_after=True, streams=streams)
    guard, audit = _guard(app, remote, fail)
    answer = await _ask(guard, stream=streams)
    whole = STREAM if streams else HELLO
    assert (answer.body == whole) == (fail == "open")
    assert b"Hello" not in answer.body or fail == "open"
    (entry,) = audit.entries
    assert entry.core.prompt.receipt.segments == 1
    assert entry.core.prompt.receipt.unjudged == ()
    assert _unjudged(entry.core.answer)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'{"body":"!!!"}',
        b'{"core":{}}',
        b'{"body":"aGk=","more":1}',
        b'{"fault":{"kind":"mine","message":"","code":"","status":0}}',
        b"x" * 1000,
    ],
)
async def test_nonsense_of_the_appliance_is_nothing_judged(
    appliance: Appliance, remote: Remote, body: bytes
) -> None:
    app = App(appliance)
    guard, audit = _guard(app, remote, "closed")
    appliance.meddler = lambda *_: httpx.Response(200, stream=httpx.ByteStream(body))
    assert (await _ask(guard)).status == 503
    assert app.asked == []
    assert _unjudged(audit.entries[0].core.prompt)


def test_what_the_appliance_cannot_know_is_refused_when_the_guard_is_made(
    appliance: Appliance, remote: Remote
) -> None:
    app = App(appliance)
    with pytest.raises(BadRemote):
        GuardMiddleware(
            app, routes={"/ask": Fields(request=["/question"], answer=["/answer"])}, remote=remote
        )
    with pytest.raises(BadRemote):
        GuardMiddleware(app, policy="strict", remote=remote)
    with pytest.raises(BadRemote):
        outbound_guard(remote=remote)
    with pytest.raises(ValueError, match="judges here"):
        configure(remote=remote)
