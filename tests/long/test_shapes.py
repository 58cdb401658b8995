"""Fuzzing of shapes: whatever JSON a client or an upstream sends, only the promised errors come out."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sluicegate.detection.channels import Channels
from sluicegate.detection.document import Document
from sluicegate.detection.errors import BadInput, UpstreamFault
from sluicegate.detection.judge import Ledger, Scope
from sluicegate.detection.pieces import apply
from sluicegate.detection.presets import BALANCED
from sluicegate.detection.ruleset import Ruleset
from sluicegate.detection.types import Direction, Edit, Kind, Role, Segment, Span
from sluicegate.detection.vault import Vault
from tests.detection.support import (
    ALICE,
    BLOCK_ALL,
    INSPECTOR,
    KINDS,
    MASK_ALL,
    cut,
    inspector_of,
    run,
)
from tests.strategies import JSON, KEYS

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]
BIG = settings(
    max_examples=2500, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
_CALL = {
    "index": 0,
    "id": "c1",
    "type": "function",
    "function": {"name": "f", "arguments": '{"a": "b"}'},
    "custom": {"name": "g", "input": "x"},
}
_MESSAGE: dict[str, Any] = {
    "role": "assistant",
    "content": "hello",
    "refusal": "no",
    "tool_calls": [_CALL],
    "function_call": {"name": "f", "arguments": "{}"},
    "audio": {"id": "a", "data": "AAAA", "transcript": "t"},
}
_PARTS = [
    {"type": "text", "text": "x"},
    {"type": "image_url", "image_url": {"url": "data:x", "detail": "low"}},
    {"type": "file", "file": {"file_data": "AAAA", "filename": "f"}},
]
REQUESTS: dict[str, dict[str, Any]] = {
    "openai_chat": {
        "model": "m",
        "stream": True,
        "n": 2,
        "stream_options": {"include_usage": True},
        "messages": [_MESSAGE, {"role": "user", "content": _PARTS, "name": "n"}],
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {"properties": {"a": {}}}}}],
    },
    "openai_completions": {"model": "m", "prompt": ["a", [1, 2]], "n": 2, "logit_bias": {"1": 2}},
    "openai_embeddings": {"model": "m", "input": ["a", [1, 2]]},
}
_LOGPROBS = {"content": [{"token": "a", "logprob": -1, "top_logprobs": []}]}
ANSWERS: dict[str, dict[str, Any]] = {
    "openai_chat": {
        "id": "i",
        "choices": [
            {
                "index": 0,
                "message": _MESSAGE,
                "delta": _MESSAGE,
                "logprobs": _LOGPROBS,
                "finish_reason": "stop",
            }
        ],
        "usage": {"total_tokens": 3},
    },
    "openai_completions": {
        "choices": [{"index": 0, "text": "a", "logprobs": {"tokens": ["a"]}, "finish_reason": "stop"}]
    },
    "openai_embeddings": {"data": [{"object": "embedding", "index": 0, "embedding": [0.5, 1]}]},
}
_ODD: st.SearchStrategy[Any] = st.one_of(
    JSON,
    st.sampled_from(
        [None, True, -1, 2**70, 1e300, 0.5, "", "\ud800", "x" * 5000, [], {}, [[]], [{}], {"": {}}]
    ),
    st.integers(1, 70).map(lambda depth: json.loads("[" * depth + "]" * depth)),
    st.just("use AKIA5XGQ7R2MZN4CTYLB "),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place of a tree."""
    yield path
    items: Any = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, item in items:
        yield from places(item, (*path, key))


@st.composite
def mutated(draw: st.DrawFn, base: dict[str, Any]) -> Any:
    """The tree with some values replaced, removed or added."""
    tree: Any = copy.deepcopy(base)
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(list(places(tree))))
        if not path:
            continue
        parent = tree
        for key in path[:-1]:
            parent = parent[key]
        if isinstance(parent, dict) and draw(st.booleans()):
            parent[draw(KEYS)] = copy.deepcopy(draw(_ODD))
        else:
            parent[path[-1]] = copy.deepcopy(draw(_ODD))
    return tree


def body_of(tree: Any) -> bytes:
    return json.dumps(tree).encode()


@pytest.mark.parametrize("dialect", REQUESTS)
@BIG
@given(data=st.data())
def test_any_request_is_judged_or_refused(dialect: str, data: st.DataObject) -> None:
    body = body_of(data.draw(mutated(REQUESTS[dialect])))
    for policy in (MASK_ALL, BLOCK_ALL, BALANCED):
        try:
            decision = INSPECTOR.open(dialect, policy, ALICE).request(body)
        except BadInput as fault:
            said = fault.message + (fault.param or "")
        else:
            said = repr(decision.verdict)
            if decision.body is not None:
                json.loads(decision.body)
        assert "AKIA5XGQ7R2MZN4CTYLB" not in said


@pytest.mark.parametrize("dialect", ANSWERS)
@BIG
@given(data=st.data())
def test_any_answer_is_judged_or_refused(dialect: str, data: st.DataObject) -> None:
    body = body_of(data.draw(mutated(ANSWERS[dialect])))
    for policy in (MASK_ALL, BLOCK_ALL, BALANCED):
        inspection = INSPECTOR.open(dialect, policy, ALICE)
        inspection.request(
            body_of({"model": "m", "input": "a", "messages": [{"role": "user", "content": "a"}]})
        )
        try:
            decision = inspection.response(body, "application/json")
        except UpstreamFault as fault:
            said = fault.message
        else:
            said = repr(decision.verdict)
            json.loads(decision.body or (decision.refusal.body if decision.refusal else b""))
        assert "AKIA5XGQ7R2MZN4CTYLB" not in said


@pytest.mark.parametrize("dialect", ["openai_chat", "openai_completions"])
@BIG
@given(data=st.data())
def test_any_frames_are_judged_or_end_the_stream(dialect: str, data: st.DataObject) -> None:
    trees = data.draw(st.lists(mutated(ANSWERS[dialect]), min_size=1, max_size=3))
    stream = b"".join(b"data: " + body_of(tree) + b"\n\n" for tree in trees)
    for policy in (MASK_ALL, BLOCK_ALL):
        inspection = INSPECTOR.open(dialect, policy, ALICE)
        inspection.request(body_of({"model": "m", "messages": [{"role": "user", "content": "a"}]}))
        run(inspection, [stream, b"data: [DONE]\n\n"])
        assert "AKIA5XGQ7R2MZN4CTYLB" not in repr(inspection.core())


KINDS_ALONE = inspector_of(KINDS)
_BROKEN = st.one_of(
    st.text(alphabet='{}[]":,\\u0041dn \n1.e-tru', max_size=200),
    JSON.map(json.dumps),
    st.tuples(JSON, st.integers(0, 200)).map(lambda pair: json.dumps(pair[0])[: pair[1]]),
    st.tuples(JSON, JSON).map(lambda pair: json.dumps({"in": json.dumps([pair[0], json.dumps(pair[1])])})),
)


@settings(BIG, max_examples=6000)
@given(text=_BROKEN, cuts=st.lists(st.integers(0, 300), max_size=12))
def test_json_without_findings_passes_unchanged_however_cut(text: str, cuts: list[int]) -> None:
    scope = Scope(BALANCED, Vault(bytes(32)), bytes(32), set())
    channel = Channels(Ruleset(()), scope, Ledger(), whole=False).open(
        Segment("", "/a", Role.ASSISTANT, Kind.ARGUMENTS, Direction.ANSWER, encoded=True)
    )
    pieces = [piece for part in cut(text, cuts) for piece in channel.feed(part).pieces]
    pieces += channel.feed("", final=True).pieces
    assert sum(piece.count for piece in pieces) == len(text)
    assert apply(text, pieces) == text


@settings(BIG, max_examples=4000)
@given(
    text=st.text(alphabet=st.sampled_from('ab\\"\n\u00e9\U0001f600\ud800/'), min_size=1, max_size=30),
    ascii_only=st.booleans(),
    spans=st.lists(st.integers(0, 30), max_size=6),
    new=st.text(max_size=5),
)
def test_edits_change_what_they_name_and_nothing_else(
    text: str, ascii_only: bool, spans: list[int], new: str
) -> None:
    ascii_only = ascii_only or "\ud800" in text
    body = json.dumps({"k": ["x", text], "\u00e9": text}, ensure_ascii=ascii_only, indent=1)
    edges = sorted({at for at in spans if at <= len(text)})
    pairs = list(zip(edges[::2], edges[1::2], strict=False))
    wanted, position = "", 0
    for start, end in pairs:
        wanted += text[position:start] + new
        position = end
    wanted += text[position:]
    edits = [Edit("/k/1", Span(start, end), new) for start, end in pairs]
    got = json.loads(Document(body.encode(), json.loads(body), ()).render(edits))
    assert got == {"k": ["x", wanted], "\u00e9": text}
