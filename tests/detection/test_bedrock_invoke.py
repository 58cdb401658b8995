"""Bedrock's InvokeModel: bodies of any provider, judged by their form; guardrails and counts beside it."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.detection.dialects.base import Addressed
from sluicegate.detection.dialects.bedrock_bodies import form_of
from sluicegate.detection.dialects.bedrock_count_tokens import BedrockCountTokens
from sluicegate.detection.dialects.bedrock_guardrail import BedrockGuardrail
from sluicegate.detection.dialects.bedrock_invoke import BedrockInvoke
from sluicegate.detection.errors import BadInput
from sluicegate.detection.framing.aws_event_stream import AwsEventStream
from sluicegate.detection.inspection import Inspection
from sluicegate.detection.policy import Policy
from sluicegate.detection.types import Kind, Role
from tests.detection.support import ALICE, BLOCK_ALL, INSPECTOR, MASK_ALL, chunked, cut, run
from tests.detection.test_law_split import timeless

FRAMING = AwsEventStream(chunks=True)
KEY, MAIL = "AKIA5XGQ7R2MZN4CTYLB", "maria.keller@example.org"
WHERE = Addressed("some.model-v1:0", stream=True)


def texts(body: Any) -> dict[str, tuple[Role, Kind]]:
    raw = json.dumps(body, indent=1).encode()
    document, _ = BedrockInvoke().parse_request(raw, WHERE)
    assert document.render(()) == raw
    return {item.text: (item.role, item.kind) for item in document.segments}


CHAT = {"messages": [{"role": "user", "content": "hi"}]}
NOVA = {"messages": [{"role": "user", "content": [{"text": "hi"}]}]}


@pytest.mark.parametrize(
    ("body", "model", "form"),
    [
        (CHAT | {"anthropic_version": "bedrock-2023-05-31"}, "x", "anthropic"),
        (NOVA, "amazon.nova-lite-v1:0", "converse"),
        (CHAT | {"schemaVersion": "messages-v1"}, "x", "converse"),
        (CHAT, "openai.gpt-oss-20b-1:0", "chat"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}]}, "x", "chat"),
        ({"inputText": "hi"}, "amazon.titan-text", "titan"),
        ({"prompt": "hi"}, "us.meta.llama3-8b", "llama"),
        ({"prompt": "hi"}, "mistral.mistral-7b", ""),
        ({"texts": ["hi"]}, "cohere.embed", ""),
        ({"messages": "none"}, "x", ""),
    ],
)
def test_the_form_of_a_body_is_told_by_what_it_holds(body: dict[str, Any], model: str, form: str) -> None:
    assert form_of(body, model) == form


def test_roles_of_what_a_body_says() -> None:
    found = texts(
        {
            "prompt": "asked",
            "system": "order",
            "documents": [{"t": "fetched"}],
            "tools": [{"d": "tool"}],
            "new": {"x": "word"},
        }
    )
    assert found["asked"] == (Role.USER, Kind.TEXT)
    assert found["order"] == (Role.SYSTEM, Kind.TEXT)
    assert found["fetched"] == (Role.RETRIEVED, Kind.TEXT)
    assert found["tool"] == (Role.SYSTEM, Kind.TOOL_DEFINITION)
    assert found["word"] == (Role.SYSTEM, Kind.OTHER)


def test_only_what_is_nothing_but_media_is_left_out() -> None:
    embedded = "A" * 80
    body = {"inputText": "x", "inputImage": embedded, "images": ["two words here", embedded]}
    document, _ = BedrockInvoke().parse_request(json.dumps(body).encode(), WHERE)
    assert [item.pointer for item in document.unjudged] == ["/inputImage", "/images/1"]
    assert "two words here" in [item.text for item in document.segments]
    elsewhere, _ = BedrockInvoke().parse_request(json.dumps({"inputText": embedded}).encode(), WHERE)
    assert not elsewhere.unjudged


def opened(policy: Policy, body: Any) -> Inspection:
    inspection = INSPECTOR.open("bedrock_invoke", policy, ALICE)
    inspection.request(json.dumps(body).encode(), WHERE)
    return inspection


def frames(stream: bytes) -> list[dict[str, Any]]:
    return [json.loads(event.data or b"null") for event in FRAMING.parser().feed(stream)]


def generic(parts: list[str]) -> bytes:
    """A streamed answer of a model nobody knows."""
    told = [{"event_type": "text", "deep": [{"said": part}], "n": 1} for part in parts]
    return b"".join(map(FRAMING.write, [*told, {"event_type": "end", "finish_reason": "COMPLETE"}]))


def titan(parts: list[str]) -> bytes:
    told = [{"outputText": part, "index": 0, "completionReason": None} for part in parts]
    return b"".join(map(FRAMING.write, [*told, {"outputText": "", "index": 0, "completionReason": "FINISH"}]))


def said(stream: bytes) -> str:
    found = frames(stream)
    return "".join(
        frame.get("outputText") or "".join(item["said"] for item in frame.get("deep", ())) for frame in found
    )


@pytest.mark.parametrize("form", [generic, titan])
@pytest.mark.parametrize("policy", [MASK_ALL, BLOCK_ALL], ids=["mask", "block"])
@settings(max_examples=25, deadline=None)
@given(
    words=st.lists(st.sampled_from([KEY, MAIL, "word", "K\u00f6nig", "AKIA5X", "@"]), min_size=1, max_size=4),
    cuts=st.lists(st.integers(0, 90), max_size=5),
    size=st.integers(1, 99),
)
def test_law_1_any_cuts(form: Any, policy: Policy, words: list[str], cuts: list[int], size: int) -> None:
    text = " ".join(words)

    def streamed(parts: list[str], step: int = 1 << 20) -> tuple[object, ...]:
        inspection = opened(policy, {"inputText": "hi"})
        out = run(inspection, chunked(form(parts), step))
        return said(out), frames(out)[-1], timeless(inspection.core())

    fold = streamed(list(text))
    assert streamed(cut(text, cuts)) == fold
    assert streamed(cut(text, cuts), size) == fold
    assert KEY not in str(fold)
    assert MAIL not in str(fold)


def test_a_model_that_nobody_knows_is_stopped_with_an_exception() -> None:
    out = frames(run(opened(BLOCK_ALL, {"prompt": "hi"}), [generic(["well ", f"{KEY} "])]))
    assert out[-1] == {"validationException": {"message": BLOCK_ALL.safe_text}}


def test_an_answer_of_any_shape_is_edited_where_it_must_be() -> None:
    for body in (
        {"results": [{"outputText": MAIL}]},
        {"generation": MAIL},
        [MAIL],
        {"type": "message", "content": [{"type": "text", "text": MAIL}]},
    ):
        raw = json.dumps(body, indent=1).encode()
        assert opened(MASK_ALL, {"prompt": "hi"}).response(raw, "application/json").body == raw.replace(
            MAIL.encode(), b"[Email]"
        )


def test_a_counted_body_in_base64_is_read_and_never_edited() -> None:
    def counted(data: bytes) -> bytes:
        return json.dumps({"input": {"invokeModel": {"body": base64.b64encode(data).decode()}}}).encode()

    document, _ = BedrockCountTokens().parse_request(counted(b'{"inputText":"said"}'), WHERE)
    (segment,) = [item for item in document.segments if item.text == "said"]
    assert (segment.editable, segment.role) == (False, Role.USER)
    for bad in (b"{", b"[]", b'{"a":1,"a":2}'):
        with pytest.raises(BadInput):
            BedrockCountTokens().parse_request(counted(bad), WHERE)
    odds: tuple[Any, ...] = (
        {"input": []},
        {},
        {"input": {"invokeModel": {"body": "no base64!"}}},
        {"input": {"invokeModel": {}}},
    )
    for odd in odds:
        with pytest.raises(BadInput):
            BedrockCountTokens().parse_request(json.dumps(odd).encode(), WHERE)


def test_a_guardrail_is_given_judged_texts_and_quotes_none() -> None:
    body = {
        "source": "INPUT",
        "content": [{"text": {"text": "said"}}, {"image": {"source": {"bytes": "AAAA"}}}],
    }
    document, _ = BedrockGuardrail().parse_request(json.dumps(body).encode())
    assert [item.role for item in document.segments if item.text == "said"] == [Role.USER]
    assert [item.reason for item in document.unjudged] == ["image"]
    inspection = INSPECTOR.open("bedrock_guardrail", MASK_ALL, ALICE)
    inspection.request(json.dumps(body).encode())
    told = {"action": "NONE", "outputs": [{"text": MAIL}], "assessments": [{"sensitive": {"match": MAIL}}]}
    answered = inspection.response(json.dumps(told).encode(), "application/json").body
    assert answered is not None
    assert MAIL not in answered.decode()
