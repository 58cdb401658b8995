"""Frames of a known form: they come to the same as when each is read by every rule."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.detection import frame_forms, frame_guard
from sluicegate.detection.channels import Channels
from sluicegate.detection.dialects import Slot
from sluicegate.detection.document import Document, edit_json
from sluicegate.detection.errors import BadInput
from sluicegate.detection.frame_form import FrameForm, form_of
from sluicegate.detection.framing.sse import Event, SseParser
from sluicegate.detection.growing import Growing
from sluicegate.detection.json_read import Parsed, parse
from sluicegate.detection.judge import Ledger, Scope
from sluicegate.detection.policy import Policy
from sluicegate.detection.presets import BALANCED, MONITOR, STRICT
from sluicegate.detection.ruleset import Ruleset
from sluicegate.detection.types import Direction, Edit, Kind, Role, Segment, Span
from sluicegate.detection.vault import SHAPE, Vault
from tests.detection.support import BLOCK_ALL, MASK_ALL, WAYS, Way, begin, chat, frame, looked
from tests.strategies import JSON, Json

HIT = "My mail is jane.doe@acme.com and my key AKIA5XGQ7R2MZN4CTYLB"
BITS = [
    "hello ",
    "wor",
    "ld. ",
    "jane",
    ".doe@acme.com ",
    "AKIA5XGQ7R2M",
    "ZN4CTYLB",
    "",
    " ",
    '"',
    "\\",
    "\n",
    "\u00e9 \u2019",
    "\U0001f600",
    "Sgx",
    "TOKEN",
    "(http://",
    "\ud800",
    "4111 1111 ",
    "1111 1111",
]
DELTAS: st.SearchStrategy[dict[str, Any]] = st.tuples(
    st.sampled_from(["content", "content", "content", "refusal", "reasoning_content", "odd_field"]),
    st.sampled_from(BITS),
).map(lambda pair: {pair[0]: pair[1]}) | st.sampled_from(BITS).map(
    lambda text: {"tool_calls": [{"index": 0, "function": {"arguments": text}}]}
)
FRAMES = st.tuples(
    DELTAS,
    st.sampled_from([0, 0, 0, 1]),
    st.sampled_from([None] * 12 + ["stop"]),
    st.sampled_from(
        [{}, {}, {"logprobs": None}, {"logprobs": None}, {"logprobs": {"content": [{"token": "a"}]}}]
    ),
)


def written(body: dict[str, Any], compact: bool) -> bytes:
    if not compact:
        return b"data: " + json.dumps(body).encode() + b"\n\n"
    try:
        return b"data: " + orjson.dumps(body) + b"\n\n"
    except orjson.JSONEncodeError:
        return written(body, compact=False)


@contextmanager
def tries(count: int) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(frame_forms, "_MOST_TRIES", count)
        yield


def released(chunks: list[bytes], policy: Policy, token: bool, way: Way = looked) -> list[object]:
    """Drive a stream; return what each chunk released and what is recorded."""
    inspection, forwarded = begin(chat(HIT), policy)
    if forwarded is None:
        inspection, forwarded = begin(chat("hello"), policy)
    found = SHAPE.search(json.dumps(forwarded)) if token else None
    minted = found.group().encode() if found else b"x"
    guard = inspection.stream()
    steps = [way(guard, chunk.replace(b"TOKEN", minted)) for chunk in chunks]
    steps.append(guard.close())
    core = inspection.core()
    assert core.answer
    told = any(step.told for step in steps)
    return [*((step.release, step.ended) for step in steps), told, replace(core.answer, seconds=0.0)]


@settings(max_examples=400, deadline=None)
@given(
    frames=st.lists(FRAMES, max_size=14),
    compact=st.booleans(),
    padding=st.sampled_from(["", "", "abc", "a-b"]),
    policy=st.sampled_from([BALANCED, MONITOR, STRICT, MASK_ALL, BLOCK_ALL]),
    joined=st.integers(1, 3),
    done=st.booleans(),
)
def test_a_stream_comes_to_the_same_as_when_every_frame_is_read(
    frames: list[tuple[dict[str, Any], int, str | None, dict[str, Any]]],
    compact: bool,
    padding: str,
    policy: Policy,
    joined: int,
    done: bool,
) -> None:
    events: list[bytes] = []
    for delta, choice, reason, more in frames:
        item = {"index": choice, "delta": delta, **more, "finish_reason": reason}
        last = {"obfuscation": padding * (1 + len(events) % 3)} if padding else {}
        events.append(written({"id": "c", "model": "m", "choices": [item], **last}, compact))
    if done:
        events.insert(len(events) * 2 // 3, b"data: [DONE]\n\n")
    chunks = [b"".join(events[at : at + joined]) for at in range(0, len(events), joined)]
    with tries(0):
        slow = released(chunks, policy, token=True)
    assert [released(chunks, policy, token=True, way=way) for way in WAYS] == [slow, slow]


def test_forms_are_used_where_frames_are_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    read = []

    def counted(body: bytes) -> Parsed:
        read.append(body)
        return parse(body)

    monkeypatch.setattr(frame_guard, "parse", counted)
    inspection, _ = begin()
    guard = inspection.stream()
    text = b"".join(guard.feed(frame({"content": f"word{number} "})).release for number in range(50))
    assert text.count(b"data: ") == 50
    assert len(read) == 1


def a_form(raw: bytes = b'data: {"a":1,"t":"old","b":2}\n\n') -> FrameForm:
    scope = Scope(BALANCED, Vault(bytes(32)), bytes(32), set())
    slot = Slot(0, "/a", "/t", "old", Kind.TEXT)
    segment = Segment("", "/a", Role.ASSISTANT, Kind.TEXT, Direction.ANSWER)
    channel = Channels(Ruleset(()), scope, Ledger(), whole=False).open(segment)
    return form_of(raw, raw[6:-2], json.loads(raw[6:]), slot, Growing(slot, channel))


@pytest.mark.parametrize(
    ("event", "text"),
    [
        pytest.param(b'data: {"a":1,"t":"new","b":2}\n\n', "new", id="another text"),
        pytest.param(b'data: {"a":1,"t":"","b":2}\n\n', "", id="no text"),
        pytest.param(b'data: {"a":1,"t":"\\"\\u00e9\\\\","b":2}\n\n', '"\u00e9\\', id="escapes"),
        pytest.param('data: {"a":1,"t":"\u4f60","b":2}\n\n'.encode(), "\u4f60", id="letters beyond ASCII"),
        pytest.param(b'data: {"a":1,"t":"x","u":"y","b":2}\n\n', None, id="a member more"),
        pytest.param(b'data: {"a":1,"t":"x","t":"y","b":2}\n\n', None, id="the member twice"),
        pytest.param(b'data: {"a":1,"t":"x\\","b":2}\n\n', None, id="an escaped end"),
        pytest.param(b'data: {"a":2,"t":"x","b":2}\n\n', None, id="another beginning"),
        pytest.param(b'data: {"a":1,"t":"x","b":3}\n\n', None, id="another end"),
        pytest.param(b'data: {"a":1,"t":"x\ny","b":2}\n\n', None, id="a raw line end"),
        pytest.param(b'data: {"a":1,"t":"\xff","b":2}\n\n', None, id="no UTF-8"),
        pytest.param(b'data: {"a":1,"t":"\\ud800","b":2}\n\n', None, id="half a pair"),
        pytest.param(b'data: {"a":1,"t":"x","b":2}\n\n' * 2, None, id="two events"),
        pytest.param(b'data: {"a":1,"t":","b":2}\n\n', None, id="beginning and end overlap"),
        pytest.param(b'data: {"a":1,"t":"x","b":2}\n', None, id="no end of event"),
        pytest.param(b"", None, id="nothing"),
    ],
)
def test_the_text_of_a_frame_is_read_only_from_its_form(event: bytes, text: str | None) -> None:
    assert a_form().read(event) == text


PADDED = b'data: {"a":1,"t":"old","b":2,"obfuscation":"aB1","c":3}\n\n'


@pytest.mark.parametrize(
    ("event", "text"),
    [
        pytest.param(b'data: {"a":1,"t":"new","b":2,"obfuscation":"xyz0Q","c":3}\n\n', "new", id="letters"),
        pytest.param(b'data: {"a":1,"t":"","b":2,"obfuscation":"x","c":3}\n\n', "", id="no text"),
        pytest.param(b'data: {"a":1,"t":"new","b":2,"obfuscation":"","c":3}\n\n', None, id="no letters"),
        pytest.param(
            b'data: {"a":1,"t":"n","b":2,"obfuscation":"x","d":"y","c":3}\n\n', None, id="a member more"
        ),
        pytest.param(b'data: {"a":1,"t":"n","b":2,"obfuscation":"x\\u0041","c":3}\n\n', None, id="escapes"),
        pytest.param(
            b'data: {"a":1,"t":"n","b":2,"obfuscation":"x@y","c":3}\n\n', None, id="other characters"
        ),
        pytest.param(b'data: {"a":1,"t":"n","b":2,"c":3}\n\n', None, id="no padding"),
        pytest.param(b'data: {"a":1,"t":"n","b":3,"obfuscation":"x","c":3}\n\n', None, id="another middle"),
        pytest.param(
            b'data: {"a":1,"t":"n","t":"m","b":2,"obfuscation":"x","c":3}\n\n', None, id="the member twice"
        ),
    ],
)
def test_padding_may_differ(event: bytes, text: str | None) -> None:
    form = a_form(PADDED)
    assert form.read(event) == text
    if text is not None:
        assert form.event(text, event) == event


@given(text=st.text())
def test_a_form_writes_what_it_reads(text: str) -> None:
    form, like = a_form(), b'data: {"a":1,"t":"old","b":2}\n\n'
    assert form.read(like) == "old"
    event = form.event(text, like)
    assert json.loads(event[6:]) == {"a": 1, "t": text, "b": 2}
    if "\\ud" not in event.decode():
        assert form.read(event) == text


MARKED = b"data: \xef\xbb\xbf"
LINES = st.lists(
    st.sampled_from([b"data: {}", b"data: a: b", b"data:x", b"data", b": ping", b"event: e", b"", MARKED]),
    max_size=7,
)


@settings(max_examples=300, deadline=None)
@given(lines=LINES, end=st.sampled_from([b"\n", b"\n", b"\r\n", b"\r"]), last=st.booleans())
def test_events_are_the_same_in_one_chunk_and_byte_by_byte(
    lines: list[bytes], end: bytes, last: bool
) -> None:
    stream = end.join([*lines, b"", b""] if last else lines)
    whole, slow = SseParser(), SseParser()
    found = whole.feed(stream)
    bitwise = [event for at in range(len(stream)) for event in slow.feed(stream[at : at + 1])]
    assert [(event.raw, event.data) for event in found] == [(event.raw, event.data) for event in bitwise]
    assert [event.without_data() for event in found] == [event.without_data() for event in bitwise]
    assert whole.close() == slow.close()


def test_a_plain_event_is_known_as_such() -> None:
    assert SseParser().feed(b"data: a\n\ndata: b\n\n") == [
        Event(b"data: a\n\n", b"a", plain=True),
        Event(b"data: b\n\n", b"b", plain=True),
    ]
    assert [event.plain for event in SseParser().feed(b"data: a\nid: 1\n\ndata: b\n\n")] == [False, True]


@settings(max_examples=300, deadline=None)
@given(tree=JSON, start=st.integers(0, 20), length=st.integers(0, 9), new=st.text(max_size=5), data=st.data())
def test_a_compact_document_is_edited_as_any_other(
    tree: Json, start: int, length: int, new: str, data: st.DataObject
) -> None:
    body = orjson.dumps({"list": [tree, "text to edit"], "x/y~#": {"k": "another"}, "n": [1, 2]})
    try:
        parsed = parse(body)
    except BadInput:
        return
    assert parsed.compact
    before = orjson.dumps(parsed.tree)
    pointers = data.draw(st.lists(st.sampled_from(["/list/1", "/x~1y~0~2/k"]), unique=True, min_size=1))
    edits = [
        Edit(pointer, Span(start, min(start + length, size)), new)
        for pointer in pointers
        if start <= (size := {"/list/1": 12, "/x~1y~0~2/k": 7}[pointer])
    ]
    values = data.draw(st.sampled_from([{}, {"/n": "null"}, {"/list": '{"a":[1]}'}, {"/n/1": "[]"}]))
    document = Document(body, parsed.tree, (), compact=True)
    assert document.render(edits, values) == edit_json(body.decode(), edits, values).encode("utf-8")
    assert orjson.dumps(parsed.tree) == before


def test_an_edit_that_brings_half_a_pair_is_spelled() -> None:
    body = b'{"a":"xyz"}'
    document = Document(body, json.loads(body), (), compact=True)
    assert document.render([Edit("/a", Span(1, 2), "\ud800")]) == b'{"a":"x\\ud800z"}'


def with_usage(text: str) -> bytes:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": None}
    return written({"id": "c", "choices": [choice], "usage": {"total_tokens": 1}}, compact=True)


@pytest.mark.parametrize(
    "chunks",
    [
        pytest.param(
            [
                frame({"content": "a "}),
                frame({}, reason="stop"),
                frame({"content": ""}),
                frame({"content": "b "}),
            ],
            id="text behind the end",
        ),
        pytest.param(
            [frame({"content": "a "}), frame({"content": "AKIA5XGQ7R2MZN4CTYLB "}), frame({"content": "b "})],
            id="text behind a block",
        ),
        pytest.param([with_usage("jane"), with_usage(".doe"), with_usage("@x ")], id="frames that say more"),
    ],
)
def test_what_a_form_must_not_take(chunks: list[bytes]) -> None:
    with tries(0):
        slow = released(chunks, BLOCK_ALL, token=False)
    assert released(chunks, BLOCK_ALL, token=False) == slow
