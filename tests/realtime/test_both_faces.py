"""A talk through the gateway and one with an app behind the middleware: judged and recorded alike."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

from sluicegate.detection.policy import Policy
from sluicegate.detection.presets import BALANCED, STRICT
from sluicegate.detection.types import AuditEntry, Verdict
from sluicegate.gateway.upstream_spec import UpstreamSpec
from tests.fakes.live_api import Answers, FakeLive
from tests.middleware.live_app import WAIT, LiveApp, guarded, heard, say
from tests.middleware.test_live_sockets import CREATE, answering, item
from tests.sdk.material import AWS_KEY, EMAIL, INJECTION, OTHER_AWS_KEY, TOKEN
from tests.sdk_realtime.spoken import called, cut, said
from tests.support.socket_gateway import SocketGateway

type Seen = tuple[list[Any], list[Any], list[Any]]
"""What the client heard, what the far end heard, and what was recorded."""

_PATH = "/v1/realtime?model=gpt-realtime"


def _spoken(text: str) -> Iterable[object]:
    if text.startswith("Call"):
        return called(cut(json.dumps({"who": text, "key": OTHER_AWS_KEY}), 5))
    if text.startswith("Leak"):
        return said([f"It is {OTHER_AWS_KEY} ", "and so on."], spoken=True)
    return said(cut(f"Noted: {text}"))


TURNS: dict[str, list[Any]] = {
    "plain": [item("Good morning."), CREATE],
    "masked": [item(f"Write to {EMAIL} and {AWS_KEY}."), CREATE],
    "blocked": [item(INJECTION), CREATE],
    "stopped": [item("Leak it."), CREATE],
    "called": [item(f"Call {EMAIL}."), CREATE],
    "broken": [{"kind": "no event"}, {"type": "error", "x": [EMAIL]}, CREATE],
}


@pytest.mark.parametrize("policy", [BALANCED, STRICT], ids=lambda policy: str(policy.name))
@pytest.mark.parametrize("name", TURNS)
def test_a_talk_is_judged_alike(name: str, policy: Policy) -> None:
    through, behind = _through_the_gateway(TURNS[name], policy), _behind_the_middleware(TURNS[name], policy)
    assert through == behind


def _through_the_gateway(turn: list[Any], policy: Policy) -> Seen:
    with FakeLive() as provider:
        provider.answers = _answers()
        spec = UpstreamSpec("voice", "openai", provider.base_url + "/v1", "upstream-key")
        with SocketGateway(spec) as gateway:
            gateway.policy = policy
            address = gateway.url.replace("http", "ws") + _PATH
            with _client(address, {"authorization": f"Bearer {gateway.key}"}) as client:
                events = _taken(client, turn)
            provider.gone.wait(WAIT)
        return _seen(events, provider.received, gateway.ports.audit.entries)


def _behind_the_middleware(turn: list[Any], policy: Policy) -> Seen:
    app = LiveApp(_answers())
    with guarded(app, routes="auto", policy=policy) as served:
        with _client(f"ws://127.0.0.1:{served.port}{_PATH}", {}) as client:
            events = _taken(client, turn)
        app.ended.wait(WAIT)
    return _seen(events, app.received, served.entries)


def _answers() -> Answers:
    return answering(_spoken)


@contextmanager
def _client(address: str, headers: dict[str, str]) -> Iterator[ClientConnection]:
    with connect(address, additional_headers=headers, proxy=None, compression=None) as client:
        yield client


def _taken(client: ClientConnection, turn: list[Any]) -> list[Any]:
    """Say all of a turn; return what came up to the end of the answer to it."""
    say(client, *turn)
    events: list[Any] = []
    while not events or events[-1]["type"] != "response.done":
        events += heard(client)
    return events


def _seen(client: list[Any], far: list[Any], entries: list[AuditEntry]) -> Seen:
    """Placeholders and ids differ from one installation to another."""
    alike = TOKEN.sub("TOKEN", json.dumps([_without_ids(client), far]))
    told, received = json.loads(alike)
    return told, [event for event in received if event["type"] != "response.cancel"], [
        (entry.method, entry.path, entry.status, entry.outcome, entry.streamed, entry.core.model,
         _judged(entry.core.prompt), _judged(entry.core.answer))
        for entry in entries
    ]  # fmt: skip


def _without_ids(events: list[Any]) -> list[Any]:
    return [{key: value for key, value in event.items() if key != "event_id"} for event in events]


def _judged(verdict: Verdict | None) -> Any:
    if verdict is None:
        return None
    decided = [(item.finding.rule, item.finding.span, item.action) for item in verdict.decided]
    return verdict.action, decided, verdict.policy, verdict.receipt
