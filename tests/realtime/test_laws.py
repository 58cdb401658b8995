"""The laws of streams, message by message: however texts are cut, the same leaves and is recorded."""

import json
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.detection.dialects import DIALECTS
from sluicegate.detection.dialects.live import LiveDialect
from sluicegate.detection.policy import Policy
from sluicegate.detection.presets import BALANCED, STRICT
from sluicegate.detection.testing import SOMEBODY, MemoryAudit
from sluicegate.detection.types import Action
from sluicegate.gateway.app import GatewayParts
from sluicegate.middleware.guard import Guard
from sluicegate.middleware.identity import Caller
from sluicegate.middleware.live_talk import LiveTalk
from sluicegate.middleware.routes import Route
from tests.gateway.parts import Ports
from tests.sdk.material import EMAIL, OTHER_AWS_KEY, TOKEN
from tests.sdk_realtime.spoken import called, said

type Build = Callable[[Sequence[str]], Iterable[dict[str, Any]]]
"""Makes the messages of an answer out of the pieces of its text."""


def talk(dialect: str, policy: Policy) -> tuple[LiveTalk, MemoryAudit]:
    ports = Ports()
    ports.policies.value = policy
    parts: GatewayParts = ports.parts([])
    guard = Guard(
        _nothing,
        inspector=parts.inspector,
        policies=parts.policies,
        keys=parts.keys,
        bans=parts.bans,
        counters=parts.counters,
        audit=parts.audit,
        metrics=parts.metrics,
        clock=parts.clock,
        routes=parts.router,
    )
    spoken = DIALECTS[dialect]
    assert isinstance(spoken, LiveDialect)
    made = LiveTalk(guard.parts, spoken, Route("WEBSOCKET", "/talk", dialect), Caller(SOMEBODY), "")
    return made, ports.audit


async def _nothing(*_: object) -> None:
    raise AssertionError("nobody asks the app")


def gemini(member: str) -> Build:
    def build(pieces: Sequence[str]) -> Iterator[dict[str, Any]]:
        for piece in pieces:
            if member == "text":
                yield {"serverContent": {"modelTurn": {"parts": [{"text": piece}]}}}
            else:
                yield {"serverContent": {member: {"text": piece}}}
        yield {"serverContent": {"turnComplete": True}}

    return build


def arguments(pieces: Sequence[str]) -> Iterable[dict[str, Any]]:
    whole = json.dumps({"query": "".join(pieces)})
    at, cuts = 0, []
    for piece in pieces:
        cuts.append(whole[at : at + len(piece)])
        at += len(piece)
    return called([*cuts, whole[at:]])


def _text(event: Any) -> str | None:
    parts = event.get("serverContent", {}).get("modelTurn", {}).get("parts", ())
    return "".join(part.get("text", "") for part in parts)


ANSWERS: dict[str, tuple[str, Build, Callable[[Any], str | None]]] = {
    "text": ("openai_realtime", said, lambda event: _delta(event, "output_text")),
    "transcript": (
        "openai_realtime",
        lambda pieces: said(pieces, spoken=True),
        lambda event: _delta(event, "output_audio_transcript"),
    ),
    "arguments": ("openai_realtime", arguments, lambda event: _delta(event, "function_call_arguments")),
    "gemini text": ("gemini_live", gemini("text"), _text),
    "gemini transcript": (
        "gemini_live",
        gemini("outputTranscription"),
        lambda event: _spoken(event, "outputTranscription"),
    ),
    "gemini hearing": (
        "gemini_live",
        gemini("inputTranscription"),
        lambda event: _spoken(event, "inputTranscription"),
    ),
}


def _delta(event: Any, family: str) -> str | None:
    delta: str | None = event.get("delta") if event["type"] == f"response.{family}.delta" else None
    return delta


def _spoken(event: Any, member: str) -> str | None:
    told: str | None = event.get("serverContent", {}).get(member, {}).get("text")
    return told


async def told(made: LiveTalk, messages: Iterable[dict[str, Any]]) -> list[Any]:
    out: list[Any] = []
    for message in messages:
        heard = await made.said(json.dumps(message).encode())
        out += [json.loads(content) for content in heard.client]
    return out


def finished[Value](steps: Coroutine[Any, Any, Value]) -> Value:
    """Run what waits for nobody: no model is asked here."""
    try:
        steps.send(None)
    except StopIteration as end:
        value: Value = end.value
        return value
    raise AssertionError("somebody was waited for")


def cut(text: str, places: Iterable[int]) -> list[str]:
    marks = sorted({0, len(text), *(place % (len(text) + 1) for place in places)})
    return [text[start:end] for start, end in pairwise(marks)]


_PLANTED = st.lists(
    st.sampled_from(
        ["well, ", "the key ", f"{OTHER_AWS_KEY} ", f"{EMAIL} ", "and so on. ", "4111 1111 ", "ä€ "]
    ),
    min_size=1,
    max_size=5,
).map("".join)


_SOUND_PASSES = replace(STRICT, unscannable=(*STRICT.unscannable, ("media", Action.FLAG)))


@pytest.mark.parametrize("policy", [BALANCED, _SOUND_PASSES], ids=lambda policy: str(policy.name))
@pytest.mark.parametrize("name", ANSWERS)
@settings(max_examples=12, deadline=None)
@given(text=_PLANTED, places=st.lists(st.integers(0, 200), max_size=6))
def test_cuts_change_nothing(name: str, policy: Policy, text: str, places: list[int]) -> None:
    dialect, build, read = ANSWERS[name]

    async def once(pieces: Sequence[str]) -> tuple[str, object, object]:
        made, audit = talk(dialect, policy)
        events = await told(made, build(pieces))
        made.over("complete")
        (entry,) = audit.entries
        assert entry.core.answer is not None
        found = [(item.finding.rule, item.finding.span, item.action) for item in entry.core.answer.decided]
        return "".join(read(event) or "" for event in events), found, entry.outcome

    assert finished(once(cut(text, places))) == finished(once(list(text)))


async def test_what_is_clean_passes_byte_for_byte() -> None:
    made, _ = talk("openai_realtime", BALANCED)
    for event in said(["Hello ", "there ", "friend "], spoken=True):
        raw = json.dumps(event, indent=1).encode()
        assert (await made.said(raw)).client == (raw,)


async def test_a_clients_message_passes_byte_for_byte_or_edited_in_its_place() -> None:
    made, _ = talk("openai_realtime", BALANCED)
    content = b'[{"type":"input_text","text":"hi"}]'
    item = b'{"type":"message","role":"user","content":%b}' % content
    raw = b'{ "type":"conversation.item.create" , "new":1.50, "item":%b}' % item
    assert (await made.asked(raw)).provider == (raw,)
    named = raw.replace(b'"hi"', json.dumps(f"to {EMAIL}.").encode())
    (edited,) = (await made.asked(named)).provider
    (token,) = TOKEN.findall(edited.decode())
    assert edited == raw.replace(b'"hi"', f'"to {token}."'.encode())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"type":1}',
        b'{"type":""}',
        b"\xff",
        b'{"type":"a","type":"b"}',
        b"{" * 5000,
    ],
)
async def test_what_is_no_event_goes_nowhere(content: bytes) -> None:
    made, audit = talk("openai_realtime", BALANCED)
    asked = await made.asked(content)
    assert asked.provider == ()
    (error,) = [json.loads(item) for item in asked.client]
    assert error["type"] == "error"
    assert [entry.outcome for entry in audit.entries] == ["refused"]


async def test_unknown_texts_that_grow_are_one_text() -> None:
    made, _ = talk("openai_realtime", BALANCED)
    pieces = [OTHER_AWS_KEY[:7], OTHER_AWS_KEY[7:], " done"]
    events = [{"type": "session.new_thing.delta", "delta": piece} for piece in ["say ", *pieces]]
    out = await told(made, [*events, {"type": "session.new_thing.done"}])
    joined = "".join(event.get("delta", "") for event in out)
    assert OTHER_AWS_KEY[:7] not in joined
    assert joined.endswith(" done")


async def test_many_answers_at_once_are_kept_apart_up_to_a_bound() -> None:
    made, _ = talk("openai_realtime", BALANCED)
    streams = [list(said([f"Number {at}."], name=f"resp_{at}", item=f"item_{at}")) for at in range(10)]
    out = await told(made, (stream[step] for step in range(len(streams[0])) for stream in streams))
    for at in range(10):
        texts = [
            event["delta"] for event in out if event.get("response_id") == f"resp_{at}" and "delta" in event
        ]
        assert "".join(texts) == f"Number {at}."
    assert not made.busy
