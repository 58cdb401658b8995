"""Bedrock's Converse: what is read of requests, answers and streams, and how it says no."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.detection.dialects.base import Addressed
from sluicegate.detection.dialects.bedrock_converse import BedrockConverse
from sluicegate.detection.dialects.bedrock_converse_stream import FRAMING, ConverseStream
from sluicegate.detection.errors import BadInput, UpstreamFault
from sluicegate.detection.inspection import Inspection
from sluicegate.detection.policy import Policy
from sluicegate.detection.types import AuditCore, Kind, Role
from tests.detection.support import ALICE, BLOCK_ALL, INSPECTOR, MASK_ALL, chunked, cut, run
from tests.detection.test_law_split import timeless

NOVA = Addressed("us.amazon.nova-lite-v1:0", stream=True)
KEY, MAIL = "AKIA5XGQ7R2MZN4CTYLB", "maria.keller@example.org"


def converse(*blocks: Any, role: str = "user", **more: Any) -> dict[str, Any]:
    content = [{"text": block} if isinstance(block, str) else block for block in blocks]
    return {"messages": [{"role": role, "content": content}], **more}


def parse(body: Any) -> list[tuple[str, str, Role, Kind]]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    document, _ = BedrockConverse().parse_request(raw, NOVA)
    assert document.render(()) == raw
    return [(item.pointer, item.text, item.role, item.kind) for item in document.segments]


def texts(body: Any) -> dict[str, tuple[Role, Kind]]:
    return {text: (role, kind) for _, text, role, kind in parse(body)}


def test_roles_and_kinds_of_what_a_request_says() -> None:
    found = texts(
        {
            "system": [
                {"text": "be kind"},
                {"guardContent": {"text": {"text": "guarded", "qualifiers": ["query"]}}},
            ],
            "messages": [
                {
                    "role": "user",
                    "content": [
                        {"text": "hi"},
                        {
                            "document": {
                                "name": "report",
                                "format": "txt",
                                "source": {"text": "retrieved words"},
                            }
                        },
                        {
                            "searchResult": {
                                "title": "title",
                                "source": "https://a.example",
                                "content": [{"text": "found"}],
                            }
                        },
                        {
                            "toolResult": {
                                "toolUseId": "call-number-1",
                                "content": [{"text": "22 C"}, {"json": {"city": "Bern"}}],
                            }
                        },
                    ],
                },
                {
                    "role": "assistant",
                    "content": [
                        {
                            "toolUse": {
                                "toolUseId": "call-number-2",
                                "name": "send",
                                "input": {"to": "Bern", "deep": [{"n": 12345678}]},
                            }
                        },
                        {
                            "reasoningContent": {
                                "reasoningText": {"text": "thinking", "signature": "c2lnbmVk"}
                            }
                        },
                        {
                            "citationsContent": {
                                "content": [{"text": "cited"}],
                                "citations": [{"title": "where"}],
                            }
                        },
                    ],
                },
                {"role": "system", "content": [{"text": "standing order"}]},
            ],
            "toolConfig": {
                "tools": [
                    {
                        "toolSpec": {
                            "name": "send",
                            "description": "sends a letter",
                            "inputSchema": {"json": {"type": "object"}},
                        }
                    }
                ]
            },
            "promptVariables": {"name": {"text": "filled in"}},
            "additionalModelRequestFields": {"stop_words": ["never heard of"]},
            "somethingNew": {"inner": "said before we know it"},
        }
    )
    assert found["be kind"] == (Role.SYSTEM, Kind.TEXT)
    assert found["guarded"] == (Role.SYSTEM, Kind.TEXT)
    assert found["hi"] == (Role.USER, Kind.TEXT)
    assert found["retrieved words"] == (Role.RETRIEVED, Kind.TEXT)
    assert found["found"] == (Role.RETRIEVED, Kind.TEXT)
    assert found["22 C"] == (Role.TOOL, Kind.TEXT)
    assert found["Bern"] == (Role.ASSISTANT, Kind.ARGUMENTS) or found["Bern"][0] is Role.TOOL
    assert found["12345678"] == (Role.ASSISTANT, Kind.ARGUMENTS)
    assert found["thinking"] == (Role.ASSISTANT, Kind.REASONING)
    assert found["cited"] == (Role.ASSISTANT, Kind.TEXT)
    assert found["where"] == (Role.RETRIEVED, Kind.TEXT)
    assert found["standing order"] == (Role.SYSTEM, Kind.TEXT)
    assert found["sends a letter"] == (Role.SYSTEM, Kind.TOOL_DEFINITION)
    assert found["filled in"] == (Role.USER, Kind.TEXT)
    for unknown in ("never heard of", "said before we know it", "call-number-1", "c2lnbmVk"):
        assert unknown in found


def test_signed_reasoning_is_read_and_not_editable() -> None:
    block = {"reasoningContent": {"reasoningText": {"text": MAIL, "signature": "c2ln"}}}
    document, _ = BedrockConverse().parse_request(json.dumps(converse(block)).encode(), NOVA)
    assert {item.text: item.editable for item in document.segments} == {MAIL: False, "c2ln": False}


def test_media_and_sealed_reasoning_are_listed() -> None:
    body = converse(
        {"image": {"format": "png", "source": {"bytes": "iVBORw0KGgo="}}},
        {"document": {"name": "d", "source": {"s3Location": {"uri": "s3://bucket/key"}}}},
        {"toolResult": {"toolUseId": "1", "content": [{"video": {"source": {"bytes": "AAAA"}}}]}},
        {"reasoningContent": {"redactedContent": "AAAA"}},
    )
    document, _ = BedrockConverse().parse_request(json.dumps(body).encode(), NOVA)
    root = "/messages/0/content"
    assert [(item.pointer, item.reason) for item in document.unjudged] == [
        (f"{root}/0/image/source/bytes", "image"),
        (f"{root}/1/document/source/*", "file"),
        (f"{root}/2/toolResult/content/0/video/source/bytes", "video"),
        (f"{root}/3/reasoningContent/redactedContent", "encrypted reasoning"),
    ]
    assert "s3://bucket/key" in [item.text for item in document.segments]
    assert not {"iVBORw0KGgo=", "AAAA"} & {item.text for item in document.segments}


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ([], None),
        ("text", None),
        ({"messages": {}}, "messages"),
        ({"messages": ["hi"]}, "messages.0"),
        ({"messages": [{"role": "tool", "content": []}]}, "messages.0.role"),
        ({"messages": [{"role": ["user"], "content": []}]}, "messages.0.role"),
        ({"messages": [{"role": "user", "content": "hi"}]}, "messages.0.content"),
        ({"messages": [{"role": "user"}]}, "messages.0.content"),
    ],
)
def test_shapes_that_mean_nothing_are_refused(body: Any, param: str | None) -> None:
    with pytest.raises(BadInput) as problem:
        parse(body)
    assert problem.value.param == param


@pytest.mark.parametrize("model", ["", "x" * 2049, "a\nb"])
def test_a_model_that_is_no_name_is_refused(model: str) -> None:
    with pytest.raises(BadInput):
        BedrockConverse().parse_request(b"{}", Addressed(model, stream=False))


def test_a_request_may_have_odd_blocks_and_they_are_read() -> None:
    body = converse(
        "a",
        7,
        None,
        ["list word"],
        {"text": ["not a text"]},
        {"toolUse": "bare"},
        {"toolResult": ["bare too"]},
    )
    assert {"list word", "not a text", "bare", "bare too"} <= set(texts(body))


ANSWER = {
    "output": {
        "message": {
            "role": "assistant",
            "content": [
                {"text": f"write to {MAIL}"},
                {"toolUse": {"toolUseId": "1", "name": "send", "input": {"to": MAIL, "n": 1.50}}},
            ],
        }
    },
    "stopReason": "tool_use",
    "usage": {"inputTokens": 1, "outputTokens": 2, "totalTokens": 3},
    "metrics": {"latencyMs": 7},
    "trace": {"guardrail": {"modelOutput": [f"raw {MAIL}"]}},
    "x-unknown": {"keeps": 1.0},
}


def opened(policy: Policy, body: Any = None, *, stream: bool = True) -> Inspection:
    inspection = INSPECTOR.open("bedrock_converse", policy, ALICE)
    given_body = json.dumps(converse("hi") if body is None else body).encode()
    inspection.request(given_body, NOVA._replace(stream=stream))
    return inspection


def test_an_answer_is_edited_where_it_must_be_and_nowhere_else() -> None:
    raw = json.dumps(ANSWER, indent=1).encode()
    body = opened(MASK_ALL).response(raw, "application/json").body
    assert body == raw.replace(MAIL.encode(), b"[Email]")
    clean = raw.replace(MAIL.encode(), b"nobody")
    assert opened(MASK_ALL).response(clean, "application/json").body == clean


@pytest.mark.parametrize("body", [b"[]", b'"x"', b'{"output": 3}', b'{"message": "error of the upstream"}'])
def test_an_answer_of_another_shape_is_read_text_by_text(body: bytes) -> None:
    assert opened(MASK_ALL).response(body, "application/json").body == body


def test_a_refusal_reads_like_a_guardrail_that_intervened() -> None:
    refused = (
        opened(BLOCK_ALL, stream=False).response(json.dumps(ANSWER).encode(), "application/json").refusal
    )
    assert refused is not None
    body = json.loads(refused.body)
    assert body["stopReason"] == "guardrail_intervened"
    assert MAIL not in refused.body.decode()
    assert body["usage"] == {"inputTokens": 1, "outputTokens": 2, "totalTokens": 3}


@pytest.mark.parametrize(
    ("status", "code", "shown", "kind"),
    [
        (400, "content_filter", 400, "ValidationException"),
        (401, "x", 401, "UnrecognizedClientException"),
        (403, "x", 403, "AccessDeniedException"),
        (404, "x", 404, "ResourceNotFoundException"),
        (413, "x", 413, "ValidationException"),
        (429, "x", 429, "ThrottlingException"),
        (500, "x", 500, "InternalServerException"),
        (503, "x", 503, "ServiceUnavailableException"),
        (502, "upstream_credential", 424, "ModelErrorException"),
        (502, "upstream_unreachable", 502, "InternalServerException"),
    ],
)
def test_errors_name_their_type_in_a_header(status: int, code: str, shown: int, kind: str) -> None:
    refusal = BedrockConverse().error(status, code, "said", None)
    assert (refusal.status, refusal.headers) == (shown, (("x-amzn-errortype", kind),))
    assert json.loads(refusal.body)["message"] == "said"


def delta(block: int, content: Any, **more: Any) -> dict[str, Any]:
    return {"contentBlockDelta": {"contentBlockIndex": block, "delta": content, **more}}


def stopped(block: int) -> dict[str, Any]:
    return {"contentBlockStop": {"contentBlockIndex": block}}


def whole(*events: dict[str, Any]) -> bytes:
    """A streamed answer of these events."""
    usage = {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2}
    last = [
        {"messageStop": {"stopReason": "end_turn"}},
        {"metadata": {"usage": usage, "metrics": {"latencyMs": 1}}},
    ]
    return b"".join(map(FRAMING.write, [{"messageStart": {"role": "assistant"}}, *events, *last]))


def of_kind(kind: str, parts: list[str]) -> bytes:
    """A streamed answer in which one text of a kind comes in parts."""
    if kind == "input":
        start = {
            "contentBlockStart": {
                "contentBlockIndex": 0,
                "start": {"toolUse": {"toolUseId": "t", "name": "send"}},
            }
        }
        return whole(start, *[delta(0, {"toolUse": {"input": part}}) for part in parts], stopped(0))
    if kind == "reasoning":
        deltas = [delta(0, {"reasoningContent": {"text": part}}) for part in parts]
        return whole(*deltas, stopped(0), delta(1, {"text": "so"}), stopped(1))
    if kind == "unknown":
        return whole(*[delta(0, {"somethingNew": {"inner": part}}) for part in parts], stopped(0))
    return whole(*[delta(0, {"text": part}, p="abcd") for part in parts], stopped(0))


def events_of(stream: bytes) -> list[dict[str, Any]]:
    parser = FRAMING.parser()
    found = [json.loads(event.data or b"null") for event in parser.feed(stream)]
    parser.close()
    return found


def said(stream: bytes) -> dict[str, str]:
    """What a client puts together: all strings of the deltas by block and place."""
    together: dict[str, str] = {}
    for event in events_of(stream):
        payload = event.get("contentBlockDelta")
        if payload:
            way, value = [str(payload["contentBlockIndex"])], payload["delta"]
            while isinstance(value, dict):
                ((key, value),) = value.items()
                way.append(key)
            together["/".join(way)] = together.get("/".join(way), "") + value
    return {way: text for way, text in together.items() if text}


def judged(stream: bytes, policy: Policy, size: int = 1 << 20) -> tuple[dict[str, str], list[str], AuditCore]:
    inspection = opened(policy)
    out = run(inspection, chunked(stream, size))
    kinds = [next(iter(event)) for event in events_of(out) if "contentBlockDelta" not in event]
    return said(out), kinds, timeless(inspection.core())


def test_a_stream_without_findings_passes_byte_for_byte() -> None:
    stream = of_kind("text", ["Hello ", "there. ", "All well. "])
    assert run(opened(BLOCK_ALL), [stream]) == stream


@pytest.mark.parametrize("kind", ["text", "input", "reasoning", "unknown"])
@pytest.mark.parametrize("policy", [MASK_ALL, BLOCK_ALL], ids=["mask", "block"])
@settings(max_examples=25, deadline=None)
@given(
    words=st.lists(
        st.sampled_from([KEY, MAIL, "word", "K\u00f6nig \U0001f600", "AKIA5X", "@", "\\u0041", '"q"']),
        min_size=1,
        max_size=5,
    ),
    cuts=st.lists(st.integers(0, 150), max_size=6),
    size=st.integers(1, 90),
)
def test_law_1_any_cuts(kind: str, policy: Policy, words: list[str], cuts: list[int], size: int) -> None:
    text = " ".join(words)
    if kind == "input":
        text = json.dumps({"note": text, "n": [1, None]})
    fold = judged(of_kind(kind, list(text)), policy)
    assert judged(of_kind(kind, cut(text, cuts)), policy) == fold
    assert judged(of_kind(kind, cut(text, cuts)), policy, size) == fold
    assert KEY not in json.dumps(fold[0])
    assert MAIL not in json.dumps(fold[0])


def test_a_block_ends_the_stream_as_a_guardrail_does() -> None:
    start = {
        "contentBlockStart": {
            "contentBlockIndex": 1,
            "start": {"toolUse": {"toolUseId": "t", "name": "send"}},
        }
    }
    stream = whole(
        delta(0, {"text": "Well. "}), stopped(0), start, delta(1, {"toolUse": {"input": f'{{"to":"{KEY} '}})
    )
    out = events_of(run(opened(BLOCK_ALL), [stream]))
    assert [next(iter(event)) for event in out] == [
        "messageStart",
        "contentBlockDelta",
        "contentBlockStop",
        "contentBlockDelta",
        "contentBlockStop",
        "messageStop",
    ]
    assert out[-1] == {"messageStop": {"stopReason": "guardrail_intervened"}}
    assert out[-3]["contentBlockDelta"]["contentBlockIndex"] == 1
    assert KEY not in json.dumps(out)


def test_a_refused_prompt_is_answered_with_a_whole_stream() -> None:
    inspection = INSPECTOR.open("bedrock_converse", BLOCK_ALL, ALICE)
    refusal = inspection.request(json.dumps(converse(f"my key is {KEY} ")).encode(), NOVA).refusal
    assert refusal is not None
    assert refusal.content_type == "application/vnd.amazon.eventstream"
    out = events_of(refusal.body)
    assert [next(iter(event)) for event in out][-2:] == ["messageStop", "metadata"]
    assert said(refusal.body)["0/text"]


@pytest.mark.parametrize(
    "event",
    [
        {"contentBlockDelta": {"contentBlockIndex": 0}},
        {"contentBlockDelta": {"delta": {"text": "x"}}},
        {"contentBlockDelta": {"contentBlockIndex": -1, "delta": {}}},
        {"contentBlockDelta": {"contentBlockIndex": True, "delta": {}}},
        {"contentBlockDelta": {"contentBlockIndex": 4096, "delta": {}}},
        {"contentBlockStop": {}},
        {"messageStart": []},
        {"messageStart": {}, "messageStop": {}},
        {},
        [],
        "x",
    ],
)
def test_what_is_no_event_is_refused(event: Any) -> None:
    with pytest.raises(UpstreamFault):
        ConverseStream().read(event)


def test_a_stream_that_cannot_be_judged_ends_in_an_exception() -> None:
    good, bad = FRAMING.write(delta(0, {"text": "Well. "})), FRAMING.write({"messageStart": {}})[:-1] + b"\0"
    out = events_of(run(opened(BLOCK_ALL), [good + bad, good]))
    assert [next(iter(event)) for event in out] == ["contentBlockDelta", "modelStreamErrorException"]


def test_what_else_events_say_is_judged() -> None:
    trace = {"metadata": {"trace": {"guardrail": {"modelOutput": [f"raw {MAIL}"]}}}}
    cited = delta(0, {"citation": {"title": MAIL, "sourceContent": [{"text": f"see {MAIL}"}]}})
    failed = {"throttlingException": {"message": f"ask {MAIL}"}}
    for event in (
        trace,
        cited,
        failed,
        {"neverHeardOf": {"inner": {"text": MAIL}}},
        delta(0, {"text": "x"}, p=MAIL),
    ):
        out = run(opened(MASK_ALL), [FRAMING.write(event)])
        assert MAIL not in json.dumps(events_of(out)), event


def test_every_exception_of_the_provider_passes() -> None:
    failed = FRAMING.write({"throttlingException": {"message": "slow down"}})
    stream = FRAMING.write(delta(0, {"text": "half a wor"})) + failed
    out = run(opened(BLOCK_ALL), [stream])
    assert said(out) == {"0/text": "half a wor"}
    assert out.endswith(failed)


def test_a_tool_has_one_name() -> None:
    starts = [
        {
            "contentBlockStart": {
                "contentBlockIndex": 0,
                "start": {"toolUse": {"toolUseId": "t", "name": name}},
            }
        }
        for name in ("send", "sendall")
    ]
    out = events_of(run(opened(BLOCK_ALL), [whole(*starts)]))
    assert [next(iter(event)) for event in out][-1] == "modelStreamErrorException"
