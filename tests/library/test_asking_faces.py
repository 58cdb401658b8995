"""Models that take long are asked by every face that can wait for them."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import pytest

from sluicegate import configure
from sluicegate.detection.presets import BALANCED
from sluicegate.detection.shipped_models import Linear, Transformer
from sluicegate.detection.testing import FakeModel
from sluicegate.detection.tier_rule import TierRule, Use
from sluicegate.detection.tiers import ATTACK, Opinion, Score
from sluicegate.detection.types import AuditEntry, Tier
from sluicegate.library.turn import TURN
from sluicegate.middleware import GuardMiddleware, Messages
from sluicegate.middleware.asgi import Receive, Scope, Send
from sluicegate.middleware.outbound.over_httpx import AsyncGuardTransport, GuardTransport
from sluicegate.middleware.outbound.settings import outbound_guard
from tests.middleware.test_sockets import Chat, talk

POLICY = replace(BALANCED, tiers=(TierRule(Tier.TRANSFORMER, use=Use.DOUBT, deadline=30.0),))
SAID = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "ok"}, "finish_reason": "stop"}]}
URL = "https://api.openai.com/v1/chat/completions"


@dataclass
class Deep:
    """A transformer that is sure of what is bad."""

    version: str = "deep-1"
    seen: list[str] = field(default_factory=list)

    def opinion(self, text: str) -> Opinion:
        assert not TURN.locked()
        self.seen.append(text)
        return Opinion(self.version, (Score(ATTACK, 0.9999 if "bad" in text else 0.0),), 0.01)


@pytest.fixture
def deep(monkeypatch: pytest.MonkeyPatch) -> Iterator[Deep]:
    model = Deep()
    monkeypatch.setattr(Linear, "load", lambda: FakeModel({"odd": 0.9, "bad": 0.9}))
    monkeypatch.setattr(Transformer, "load", lambda: model)
    configure(models="transformer", policy=POLICY)
    yield model
    configure(models="none", policy="balanced")


def body(text: str) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": text}]}


@dataclass
class Provider:
    """Counts what reaches it."""

    reached: int = 0

    def __call__(self, _: httpx.Request) -> httpx.Response:
        self.reached += 1
        return httpx.Response(200, json=SAID)


@pytest.mark.parametrize(("text", "passes"), [("an odd one", True), ("a bad one", False)])
def test_a_program_s_calls_wait_for_the_model(deep: Deep, text: str, passes: bool) -> None:
    entries: list[AuditEntry] = []
    provider = Provider()
    guard = outbound_guard(audit=entries.append)
    with httpx.Client(transport=GuardTransport(guard, httpx.MockTransport(provider))) as client:
        answer = client.post(URL, json=body(text))
    assert (answer.json() == SAID) is passes
    assert provider.reached == passes
    assert deep.seen == [text]
    assert entries[0].core.prompt.receipt.unjudged == ()


async def test_an_event_loop_goes_on_meanwhile(deep: Deep) -> None:
    provider = Provider()
    guard = outbound_guard()
    inner = httpx.MockTransport(provider)
    async with httpx.AsyncClient(transport=AsyncGuardTransport(guard, inner)) as client:
        answer = await client.post(URL, json=body("a bad one"))
    assert answer.json() != SAID
    assert provider.reached == 0
    assert deep.seen == ["a bad one"]


@pytest.mark.parametrize(("text", "passes"), [("an odd one", True), ("a bad one", False)])
async def test_requests_to_an_app_wait_for_the_model(deep: Deep, text: str, passes: bool) -> None:
    async def app(_: Scope, receive: Receive, send: Send) -> None:
        await receive()
        fields = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": fields})
        await send({"type": "http.response.body", "body": json.dumps(SAID).encode()})

    transport = httpx.ASGITransport(GuardMiddleware(app))
    async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
        answer = await client.post("/v1/chat/completions", json=body(text))
    assert (answer.json() == SAID) is passes
    assert deep.seen == [text]


@pytest.mark.parametrize(("text", "passes"), [("an odd one", True), ("a bad one", False)])
async def test_messages_of_a_socket_wait_for_the_model(deep: Deep, text: str, passes: bool) -> None:
    messages = Messages(text=True)
    chat = Chat(messages)
    app = GuardMiddleware(chat, routes={"/chat": messages})
    async with asyncio.timeout(60):
        await talk(app, text)
    assert chat.seen == ([text] if passes else [])
    assert deep.seen == [text]
