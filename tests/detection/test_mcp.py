"""The Model Context Protocol: what is read of messages either way, and how it says no."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.detection.dialects.mcp import MOST_MESSAGES, Mcp
from sluicegate.detection.errors import BadInput, UpstreamFault
from sluicegate.detection.inspection import Decision, Inspection
from sluicegate.detection.policy import Policy
from sluicegate.detection.types import Kind, Role
from tests.detection.support import ALICE, BLOCK_ALL, INSPECTOR, MASK_ALL, chunked, frames_of, run
from tests.detection.test_law_split import timeless

KEY, MAIL = "AKIA5XGQ7R2MZN4CTYLB", "maria.keller@example.org"


def message(method: str, params: Any, number: Any = 1) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


def result(value: Any, number: Any = 1) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "result": value}


def call(to: Any, number: Any = 1) -> dict[str, Any]:
    return message("tools/call", {"name": "send", "arguments": {"to": to}}, number)


def said(text: str) -> dict[str, Any]:
    return result({"content": [{"type": "text", "text": text}], "isError": False})


def asked(body: Any) -> dict[str, tuple[Role, Kind]]:
    raw = json.dumps(body, indent=1).encode()
    document, _ = Mcp().parse_request(raw)
    assert document.render(()) == raw
    return {item.text: (item.role, item.kind) for item in document.segments}


def heard(body: Any) -> dict[str, tuple[Role, Kind]]:
    raw = json.dumps(body, indent=1).encode()
    document, _ = Mcp().parse_answer(raw)
    assert document.render(()) == raw
    return {item.text: (item.role, item.kind) for item in document.segments}


def test_what_a_client_says() -> None:
    found = asked(
        message(
            "tools/call",
            {"name": "send", "arguments": {"a": [{"b": "Bern"}, 12345678]}, "_meta": {"x": "more"}},
        )
    )
    assert found["send"] == (Role.ASSISTANT, Kind.NAME)
    assert found["Bern"] == (Role.ASSISTANT, Kind.ARGUMENTS)
    assert found["12345678"] == (Role.ASSISTANT, Kind.ARGUMENTS)
    assert "more" in found
    assert asked(message("prompts/get", {"name": "p", "arguments": {"x": "said"}}))["said"] == (
        Role.USER,
        Kind.TEXT,
    )
    assert asked(message("resources/read", {"uri": "file:///a"}))["file:///a"] == (Role.USER, Kind.TEXT)
    sampled = result({"role": "assistant", "content": {"type": "text", "text": "sampled"}, "model": "m"})
    assert asked(sampled)["sampled"] == (Role.ASSISTANT, Kind.TEXT)
    assert "never heard of" in asked(message("some/thing", {"new": {"deep": ["never heard of"]}}))
    assert "beside" in asked({**call("x"), "unknownMember": "beside"})


def test_what_a_server_says() -> None:
    tools = {
        "tools": [
            {
                "name": "send",
                "description": "sends a letter",
                "inputSchema": {"properties": {"to": {"description": "whom"}}},
            }
        ]
    }
    for text in ("sends a letter", "whom", "send"):
        assert heard(result(tools))[text] == (Role.TOOL, Kind.TOOL_DEFINITION)
    found = heard(
        result(
            {
                "content": [
                    {"type": "text", "text": "done"},
                    {"type": "image", "data": "AAAA", "mimeType": "image/png"},
                    {"type": "resource", "resource": {"uri": "file:///b", "text": "embedded"}},
                    {"type": "resource_link", "uri": "file:///c", "description": "linked"},
                ],
                "structuredContent": {"city": "Bern"},
            }
        )
    )
    assert found["done"] == (Role.TOOL, Kind.TEXT)
    assert found["Bern"] == (Role.TOOL, Kind.TEXT)
    assert found["embedded"] == found["linked"] == (Role.RETRIEVED, Kind.TEXT)
    assert "AAAA" not in found
    assert heard(result({"contents": [{"uri": "u", "text": "read"}]}))["read"] == (Role.RETRIEVED, Kind.TEXT)
    assert heard(result({"instructions": "be kind"}))["be kind"] == (Role.TOOL, Kind.TEXT)
    prompt = {"messages": [{"role": "user", "content": {"type": "text", "text": "asked"}}]}
    assert heard(result(prompt))["asked"] == (Role.TOOL, Kind.TEXT)
    sampling = {
        "messages": [{"role": "assistant", "content": {"type": "text", "text": "sample"}}],
        "systemPrompt": "system",
    }
    found = heard(message("sampling/createMessage", sampling))
    assert (found["sample"][0], found["system"][0]) == (Role.TOOL, Role.TOOL)
    failed = {
        "jsonrpc": "2.0",
        "id": 1,
        "error": {"code": -1, "message": "broken", "data": {"trace": "told"}},
    }
    assert {"broken", "told"} <= set(heard(failed))


def test_media_are_listed() -> None:
    body = result(
        {"content": [{"type": "audio", "data": "AAAA"}], "contents": [{"uri": "u", "blob": "AAAA"}]}
    )
    document, _ = Mcp().parse_answer(json.dumps(body).encode())
    assert [item.reason for item in document.unjudged] == ["audio", "file"]


@pytest.mark.parametrize("body", [[], "x", 7, ["x"], None, [call("x")] * (MOST_MESSAGES + 1)])
def test_what_is_no_message_is_refused(body: Any) -> None:
    with pytest.raises(BadInput):
        Mcp().parse_request(json.dumps(body).encode())


def exchange(policy: Policy, body: Any) -> tuple[Inspection, Decision]:
    inspection = INSPECTOR.open("mcp", policy, ALICE)
    return inspection, inspection.request(json.dumps(body).encode() if body is not None else b"")


def test_arguments_are_masked_and_a_refused_call_is_a_failed_result() -> None:
    decision = exchange(MASK_ALL, call(f"to {MAIL}"))[1]
    assert decision.body is not None
    assert json.loads(decision.body)["params"]["arguments"] == {"to": "to [Email]"}
    refusal = exchange(BLOCK_ALL, call(f"key {KEY} ", "seven"))[1].refusal
    assert refusal is not None
    body = json.loads(refusal.body)
    assert (refusal.status, body["id"], body["result"]["isError"]) == (200, "seven", True)
    assert body["result"]["content"][0]["text"] == BLOCK_ALL.safe_text


def test_other_requests_are_refused_with_an_error_and_batches_one_by_one() -> None:
    bad = message("prompts/get", {"name": f"key {KEY} "}, 2)
    refusal = exchange(BLOCK_ALL, bad)[1].refusal
    assert refusal is not None
    assert json.loads(refusal.body)["error"]["code"] == -32001
    batch = [call("x", 1), bad, {"jsonrpc": "2.0", "method": "notifications/initialized"}]
    refusal = exchange(BLOCK_ALL, batch)[1].refusal
    assert refusal is not None
    assert [(item["id"], "result" in item) for item in json.loads(refusal.body)] == [(1, True), (2, False)]


def test_a_notification_or_response_is_refused_with_a_status() -> None:
    told = {"jsonrpc": "2.0", "method": "notifications/message", "params": {"data": f"key {KEY} "}}
    for body in (told, said(f"key {KEY} ")):
        refusal = exchange(BLOCK_ALL, body)[1].refusal
        assert refusal is not None
        assert refusal.status == 400
        assert json.loads(refusal.body)["id"] is None


def test_answers_are_masked_or_replaced() -> None:
    inspection, _ = exchange(MASK_ALL, call("x"))
    raw = json.dumps(said(f"write to {MAIL}")).encode()
    assert inspection.response(raw, "application/json").body == raw.replace(MAIL.encode(), b"[Email]")
    inspection, _ = exchange(BLOCK_ALL, call("x"))
    refusal = inspection.response(raw, "application/json").refusal
    assert refusal is not None
    assert json.loads(refusal.body)["result"]["isError"] is True


def test_plain_text_of_a_server_passes_or_is_refused_whole() -> None:
    inspection, _ = exchange(MASK_ALL, None)
    assert inspection.response(b"Method Not Allowed", "text/plain").body == b"Method Not Allowed"
    inspection, _ = exchange(MASK_ALL, None)
    assert inspection.response(f"ask {MAIL} ".encode(), "text/plain").refusal is not None
    inspection, _ = exchange(MASK_ALL, None)
    with pytest.raises(UpstreamFault):
        inspection.response(b'{"a":1,"a":2}', "application/json")


def events(*messages: Any) -> bytes:
    return b"".join(
        b"event: message\nid: 7\ndata: " + json.dumps(item).encode() + b"\n\n" for item in messages
    )


def test_a_stream_without_findings_passes_byte_for_byte() -> None:
    stream = b"id: 0\ndata: \n\n: ping\n\n" + events(
        message("notifications/progress", {"progress": 1}), said("done")
    )
    for size in (1, 5, 1000):
        assert run(exchange(BLOCK_ALL, call("x"))[0], chunked(stream, size)) == stream


def test_a_block_in_a_stream_answers_the_waiting_requests() -> None:
    stream = events(said(f"key {KEY} "), said("never"))
    out = frames_of(run(exchange(BLOCK_ALL, call("x", 9))[0], [stream]))
    assert [(item["id"], item["result"]["isError"]) for item in out] == [(9, True)]
    assert run(exchange(BLOCK_ALL, None)[0], [stream]) == b""


def test_what_is_no_message_in_a_stream_ends_it_with_an_error() -> None:
    out = frames_of(run(exchange(BLOCK_ALL, call("x", 9))[0], [b'data: "x"\n\n']))
    assert [(item["id"], item["error"]["code"]) for item in out] == [(9, -32603)]
    out = frames_of(run(exchange(BLOCK_ALL, None)[0], [b"data: nothing\n\n"]))
    assert out[0]["method"] == "notifications/message"


@pytest.mark.parametrize("policy", [MASK_ALL, BLOCK_ALL], ids=["mask", "block"])
@settings(max_examples=40, deadline=None)
@given(
    texts=st.lists(
        st.sampled_from([KEY, MAIL, "word", "K\u00f6nig \U0001f600", '"q"\n']), min_size=1, max_size=4
    ),
    size=st.integers(1, 99),
)
def test_law_1_any_cuts(policy: Policy, texts: list[str], size: int) -> None:
    stream = events(*[said(f"so {text} it is") for text in texts])

    def streamed(step: int) -> tuple[object, ...]:
        inspection, _ = exchange(policy, call("x"))
        return run(inspection, chunked(stream, step)), timeless(inspection.core())

    fold = streamed(1)
    assert streamed(size) == fold == streamed(len(stream))
    assert KEY not in str(fold[0])
    assert MAIL not in str(fold[0])
