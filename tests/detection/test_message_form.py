"""Frames in messages with checksums, and elements of an array, that are told by their form."""

import json
from binascii import b2a_base64, crc32
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from struct import pack
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sluicegate.detection import frame_forms, frame_guard
from sluicegate.detection.dialects import Addressed
from sluicegate.detection.json_read import Parsed, parse
from sluicegate.detection.policy import Policy
from sluicegate.detection.presets import BALANCED
from sluicegate.detection.types import Verdict
from tests.detection.support import ALICE, BLOCK_ALL, INSPECTOR, MASK_ALL, WAYS, Way, looked

SECRET = "AKIA" + "5XGQ7R2MZN4CTYLB"
PARTS = st.lists(
    st.sampled_from(
        ["Hello ", "K\u00f6nig ", '"', "\\", "\n", SECRET[:9], SECRET[9:], SECRET + " ", "\u4f60", ""]
    ),
    max_size=12,
)
POLICIES = st.sampled_from([MASK_ALL, BLOCK_ALL, BALANCED])


def message(kind: str, payload: bytes, *, wrong: int = 0) -> bytes:
    """Spell a message of the event stream, as the format says."""
    named = ((":event-type", kind), (":content-type", "application/json"), (":message-type", "event"))
    head = b"".join(
        pack("!B", len(name)) + name.encode() + pack("!BH", 7, len(value)) + value.encode()
        for name, value in named
    )
    begin = pack("!II", len(head) + len(payload) + 16, len(head))
    begin += pack("!I", crc32(begin))
    return begin + head + payload + pack("!I", crc32(begin + head + payload) ^ wrong)


def converse(parts: list[str]) -> list[bytes]:
    told = [
        {"contentBlockIndex": 0, "delta": {"text": part}, "p": "abcdefghij"[: 1 + at % 9]}
        for at, part in enumerate(parts)
    ]
    return [
        message("messageStart", b'{"role":"assistant","p":"ab"}'),
        *(message("contentBlockDelta", json.dumps(tree).encode()) for tree in told),
        message("contentBlockStop", b'{"contentBlockIndex":0}'),
        message("messageStop", b'{"stopReason":"end_turn"}'),
    ]


def chunk(tree: Any, padding: str) -> bytes:
    data = b2a_base64(json.dumps(tree).encode(), newline=False).decode()
    return message("chunk", json.dumps({"bytes": data, "p": padding}, separators=(",", ":")).encode())


def invoke(parts: list[str]) -> list[bytes]:
    block = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
    deltas = [
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": part}}
        for part in parts
    ]
    begun = {"id": "msg_1", "type": "message", "role": "assistant", "content": [], "usage": {}}
    return [
        chunk(tree, "abcdefghij"[: at % 9])
        for at, tree in enumerate(
            [
                {"type": "message_start", "message": begun},
                block,
                *deltas,
                {"type": "content_block_stop", "index": 0},
                {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {}},
                {"type": "message_stop"},
            ]
        )
    ]


def candidates(parts: list[str]) -> list[str]:
    trees = [
        {
            "candidates": [{"content": {"parts": [{"text": part}], "role": "model"}, "index": 0}],
            "usageMetadata": {"promptTokenCount": 4, "candidatesTokenCount": at, "totalTokenCount": at + 4},
            "modelVersion": "gemini-2.5-flash",
        }
        for at, part in enumerate(parts)
    ]
    end = {"candidates": [{"content": {"parts": [{"text": ""}]}, "index": 0, "finishReason": "STOP"}]}
    return [json.dumps(tree, indent=1) for tree in (*trees, end)]


def gemini(parts: list[str]) -> list[bytes]:
    written = (json.dumps(json.loads(tree)) for tree in candidates(parts))
    return [f"data: {tree}\r\n\r\n".encode() for tree in written]


def gemini_array(parts: list[str]) -> list[bytes]:
    numbered = zip(count(), candidates(parts))
    return [*((",\r\n" if at else "[").encode() + tree.encode() for at, tree in numbered), b"]"]


type Stream = tuple[str, Addressed, Any, Callable[[list[str]], list[bytes]]]
_GEMINI_ASKS = {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}
_ANTHROPIC_ASKS = {
    "anthropic_version": "bedrock-2023-05-31",
    "max_tokens": 9,
    "messages": [{"role": "user", "content": "hi"}],
}
STREAMS: dict[str, Stream] = {
    "converse": (
        "bedrock_converse",
        Addressed("m", stream=True),
        {"messages": [{"role": "user", "content": [{"text": "hi"}]}]},
        converse,
    ),
    "invoke": ("bedrock_invoke", Addressed("anthropic.m", stream=True), _ANTHROPIC_ASKS, invoke),
    "gemini": ("gemini", Addressed("m", stream=True, framing="sse"), _GEMINI_ASKS, gemini),
    "gemini array": ("gemini", Addressed("m", stream=True, framing="json_array"), _GEMINI_ASKS, gemini_array),
}


def released(
    name: str, chunks: list[bytes], policy: Policy, way: Way = looked
) -> tuple[list[bytes], Verdict]:
    dialect, addressed, asks, _ = STREAMS[name]
    inspection = INSPECTOR.open(dialect, policy, ALICE)
    inspection.request(json.dumps(asks).encode(), addressed)
    guard = inspection.stream()
    seen = [way(guard, chunk).release for chunk in chunks] + [guard.close().release]
    answer = inspection.core().answer
    assert answer
    return seen, replace(answer, seconds=0.0)


@pytest.mark.parametrize("name", STREAMS)
@settings(max_examples=40, deadline=None)
@given(parts=PARTS, policy=POLICIES, joined=st.integers(1, 3))
@example(parts=["One ", "two ", "three ", SECRET + " "], policy=BLOCK_ALL, joined=1)
@example(parts=["One ", "two ", "three ", SECRET + " ", "and more. "], policy=MASK_ALL, joined=1)
def test_a_stream_comes_to_the_same_as_when_every_frame_is_read(
    name: str, parts: list[str], policy: Policy, joined: int
) -> None:
    events = STREAMS[name][3](parts)
    chunks = [b"".join(events[at : at + joined]) for at in range(0, len(events), joined)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(frame_forms, "_MOST_TRIES", 0)
        slow = released(name, chunks, policy)
    for way in WAYS:
        assert _texts(name, released(name, chunks, policy, way)) == _texts(name, slow)


def _texts(name: str, came: tuple[list[bytes], Verdict]) -> Any:
    """Take what a client reads: a frame that is written anew may be spelled in another way."""
    stream, verdict = b"".join(came[0]), came[1]
    if name == "gemini array":
        return json.loads(stream), verdict
    if name == "gemini":
        return [json.loads(line[6:]) for line in stream.split(b"\r\n\r\n") if line[:5] == b"data:"], verdict
    return stream, verdict


@pytest.mark.parametrize("name", STREAMS)
def test_forms_are_used_where_frames_are_alike(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[bytes] = []

    def counted(body: bytes) -> Parsed:
        read.append(body)
        return parse(body)

    monkeypatch.setattr(frame_guard, "parse", counted)
    events = STREAMS[name][3]([f"word{number} " for number in range(50)])
    came, _ = released(name, events, MASK_ALL)
    assert b"".join(came) == b"".join(events)
    assert len(read) < 14


WORDS = [f"word{number} " for number in range(8)]


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param(message("contentBlockDelta", b'{"contentBlockIndex":0}', wrong=1), id="wrong checksum"),
        pytest.param(
            converse(["x "])[1][:-9] + b"y" + converse(["x "])[1][-8:], id="changed behind its back"
        ),
        pytest.param(b"\x00" * 16, id="no message"),
    ],
)
def test_what_is_no_message_is_no_frame_of_a_form(odd: bytes) -> None:
    events = converse(WORDS)[:-2]
    came, verdict = released("converse", [*events, odd], MASK_ALL)
    assert b"modelStreamErrorException" in b"".join(came)
    assert [part.reason for part in verdict.receipt.unjudged] == ["upstream_protocol"]


def delta(text: str, index: int = 0) -> str:
    tree = {"type": "content_block_delta", "index": index, "delta": {"type": "text_delta", "text": text}}
    return b2a_base64(json.dumps(tree).encode(), newline=False).decode()


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(f'{{"bytes":"{delta("last ")}"}}', id="no padding"),
        pytest.param(f'{{"bytes":"{delta("last ")}","p":""}}', id="empty padding"),
        pytest.param(f'{{"bytes":"{delta("last ")}","p":"say {SECRET} "}}', id="padding that says something"),
        pytest.param(f'{{"bytes":"{delta("last ")}","q":"ab"}}', id="another member"),
        pytest.param(f'{{"p":"ab","bytes":"{delta("last ")}"}}', id="another order"),
        pytest.param(f'{{"bytes":"{delta("last ")[:-4]}","p":"ab"}}', id="cut off"),
        pytest.param(f'{{"bytes":"{delta("last ")[:-3]}","p":"ab"}}', id="half a group"),
        pytest.param(f'{{"bytes":"{delta("last ")}="}}', id="a sign too many"),
        pytest.param(f'{{"bytes":"{delta("last ")}","p":"ab"}}{{}}', id="two documents"),
        pytest.param(f'{{"bytes":"{delta("last ", 1)}"}}', id="another text"),
        pytest.param(f'{{"bytes":"{delta(SECRET + " ")}","p":"ab"}}', id="a secret"),
        pytest.param('{"bytes":""}', id="nothing"),
    ],
)
@pytest.mark.parametrize("policy", [MASK_ALL, BLOCK_ALL])
def test_a_chunk_comes_to_the_same_as_when_it_is_read(payload: str, policy: Policy) -> None:
    events = [*invoke(WORDS)[:-3], message("chunk", payload.encode())]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(frame_forms, "_MOST_TRIES", 0)
        slow = released("invoke", events, policy)
    assert [released("invoke", events, policy, way) for way in WAYS] == [slow, slow]


def test_padding_that_says_something_is_no_frame_of_a_form() -> None:
    said = {"contentBlockIndex": 0, "delta": {"text": "x "}, "p": f"say {SECRET} "}
    odd = message("contentBlockDelta", json.dumps(said).encode())
    came, _ = released("converse", [*converse(WORDS)[:-2], odd], MASK_ALL)
    assert SECRET.encode() not in b"".join(came)


def test_a_second_array_is_no_element() -> None:
    events = gemini_array(WORDS)[:-2]
    came, _ = released("gemini array", [*events, events[0], events[1]], BALANCED)
    assert b"".join(came) == b"".join(events)
