"""The real boto3 through the gateway: Converse and InvokeModel, whole and streamed."""

import contextlib
import json
from functools import partial
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EventStreamError

from sluicegate.detection.policy import Clause, Policy
from sluicegate.detection.types import Action
from tests.fakes import bedrock_api as aws
from tests.fakes.bedrock_api import FakeBedrock
from tests.fakes.http_server import Answer, Gate, Received
from tests.sdk_bedrock.conftest import SECRET, bring_key, signing
from tests.support.local_gateway import LocalGateway

MODEL = "eu.anthropic.claude-sonnet-4-20250514-v1:0"
MAIL, KEY = "maria.keller@example.org", "AKIA5XGQ7R2MZN4CTYLB"
BLOCK_ALL = Policy("block", (Clause(Action.BLOCK),))
MASK_AND_RESTORE = Policy("mask", (Clause(Action.MASK),))
TOOLS = {"tools": [{"toolSpec": {"name": "send", "inputSchema": {"json": {"type": "object"}}}}]}


def asked(text: str = "hi", **more: Any) -> dict[str, Any]:
    return {"modelId": MODEL, "messages": [{"role": "user", "content": [{"text": text}]}], **more}


def read_all(answer: dict[str, Any], member: str = "stream") -> list[dict[str, Any]]:
    """Read a streamed answer to its end, and let go of its connection whatever comes."""
    with contextlib.closing(answer[member]) as stream:
        return list(stream)


def given(answer: Answer, _: Received) -> Answer:
    """The script that answers always alike."""
    return answer


def text_of(events: Any) -> str:
    deltas = [event["contentBlockDelta"]["delta"] for event in events if "contentBlockDelta" in event]
    return "".join(delta.get("text", "") for delta in deltas)


def input_of(events: Any) -> str:
    deltas = [event["contentBlockDelta"]["delta"] for event in events if "contentBlockDelta" in event]
    return "".join(delta["toolUse"]["input"] for delta in deltas if "toolUse" in delta)


def reason_of(events: Any) -> str:
    return "".join(event["messageStop"]["stopReason"] for event in events if "messageStop" in event)


def spoken(request: Received) -> str:
    text: str = request.body["messages"][0]["content"][0]["text"]
    return text


def test_a_plain_call_is_signed_for_the_upstream(client: Any, fake: FakeBedrock) -> None:
    answer = client.converse(**asked())
    assert answer["output"]["message"]["content"] == [{"text": "Hello there."}]
    assert answer["usage"]["totalTokens"] == 8
    (request,) = fake.requests
    assert request.path == "/model/eu.anthropic.claude-sonnet-4-20250514-v1%3A0/converse"
    assert f"Credential={aws.ACCESS_KEY}/" in (request.header("authorization") or "")
    assert SECRET not in str(request.headers)


def test_a_streamed_call(client: Any, fake: FakeBedrock) -> None:
    fake.reset(lambda _: aws.streamed(aws.texts("Hel", "lo K\u00f6", "nig \U0001f600.")))
    events = read_all(client.converse_stream(**asked()))
    assert text_of(events) == "Hello K\u00f6nig \U0001f600."
    assert reason_of(events) == "end_turn"
    assert events[-1]["metadata"]["usage"]["totalTokens"] == 8


def test_tools_both_ways(client: Any, gateway: LocalGateway, fake: FakeBedrock) -> None:
    gateway.policy = MASK_AND_RESTORE
    fake.reset(
        lambda request: aws.said(
            {"toolUse": {"toolUseId": "t", "name": "send", "input": {"to": spoken(request).split()[-1]}}},
            reason="tool_use",
        )
    )
    answer = client.converse(**asked(f"Write to {MAIL}", toolConfig=TOOLS))
    assert answer["output"]["message"]["content"][0]["toolUse"]["input"] == {"to": MAIL}
    assert MAIL not in fake.requests[0].text


def test_streamed_tools_are_judged_and_restored_over_fragments(
    client: Any, gateway: LocalGateway, fake: FakeBedrock
) -> None:
    gateway.policy = MASK_AND_RESTORE

    def script(request: Received) -> Answer:
        arguments = json.dumps({"to": spoken(request).split()[-1], "card": "\\u0034111 1111 1111 1111"})
        return aws.streamed(aws.call("send", *arguments), reason="tool_use")

    fake.reset(script)
    events = read_all(client.converse_stream(**asked(f"Write to {MAIL}", toolConfig=TOOLS)))
    assert json.loads(input_of(events))["to"] == MAIL
    assert reason_of(events) == "tool_use"


@pytest.mark.parametrize("streamed", [False, True])
def test_a_masked_value_comes_back(
    client: Any, gateway: LocalGateway, fake: FakeBedrock, *, streamed: bool
) -> None:
    gateway.policy = MASK_AND_RESTORE

    def script(request: Received) -> Answer:
        told = f"Dear {spoken(request).split()[-1]}."
        return aws.streamed(aws.texts(*told)) if streamed else aws.said(told)

    fake.reset(script)
    if streamed:
        text = text_of(read_all(client.converse_stream(**asked(f"Greet {MAIL}"))))
    else:
        text = client.converse(**asked(f"Greet {MAIL}"))["output"]["message"]["content"][0]["text"]
    assert text == f"Dear {MAIL}."
    assert MAIL not in fake.requests[0].text


@pytest.mark.parametrize("streamed", [False, True])
def test_a_blocked_prompt_goes_nowhere_and_reads_like_a_guardrail(
    client: Any, gateway: LocalGateway, fake: FakeBedrock, *, streamed: bool
) -> None:
    gateway.policy = BLOCK_ALL
    if streamed:
        events = read_all(client.converse_stream(**asked(f"my key is {KEY} ")))
        assert reason_of(events) == "guardrail_intervened"
        assert text_of(events) == BLOCK_ALL.safe_text
    else:
        answer = client.converse(**asked(f"my key is {KEY} "))
        assert answer["stopReason"] == "guardrail_intervened"
        assert answer["output"]["message"]["content"] == [{"text": BLOCK_ALL.safe_text}]
    assert not fake.requests


def test_a_block_in_style_of_an_error_is_typed_and_not_tried_again(
    client: Any, gateway: LocalGateway, fake: FakeBedrock
) -> None:
    gateway.policy = Policy("errors", (Clause(Action.BLOCK),), block_style="error")
    with pytest.raises(client.exceptions.ValidationException, match="stopped"):
        client.converse(**asked(f"my key is {KEY} "))
    fake.reset(lambda _: aws.said(f"the key is {KEY} "))
    with pytest.raises(client.exceptions.ValidationException, match="stopped"):
        client.converse(**asked())
    assert len(fake.requests) == 1


def test_a_block_in_mid_stream_ends_natively_and_cancels_the_upstream(
    client: Any, gateway: LocalGateway, fake: FakeBedrock
) -> None:
    gateway.policy = BLOCK_ALL
    never = Gate()
    events = [*aws.texts("All well. ", f"It is {KEY} ")[:-1], never, *aws.texts("never said")]
    fake.reset(lambda _: aws.streamed(events))
    seen = read_all(client.converse_stream(**asked()))
    assert text_of(seen).startswith("All well. It is ")
    assert KEY not in json.dumps(seen)
    assert reason_of(seen) == "guardrail_intervened"
    assert fake.exchanges[0].wait() == "aborted"
    assert len(fake.exchanges) == 1


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, "ValidationException"), (403, "AccessDeniedException"), (404, "ResourceNotFoundException")],
)
def test_an_error_of_the_upstream_arrives_as_it_wrote_it(
    client: Any, fake: FakeBedrock, status: int, kind: str
) -> None:
    fake.reset(lambda _: aws.error(status, kind, "The provider says no."))
    with pytest.raises(getattr(client.exceptions, kind)) as problem:
        client.converse(**asked())
    assert problem.value.response["Error"]["Message"] == "The provider says no."
    assert problem.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert len(fake.requests) == 1


def test_an_exception_in_a_stream_arrives(client: Any, fake: FakeBedrock) -> None:
    failed = ("throttlingException", {"message": "Too many tokens."})
    fake.reset(lambda _: aws.raw_stream([*aws.texts("Well. ")[:-1], failed]))
    with pytest.raises(EventStreamError, match="Too many tokens"):
        read_all(client.converse_stream(**asked()))
    assert len(fake.requests) == 1


def test_a_broken_stream_ends_in_an_exception_and_nothing_of_it_is_told(
    client: Any, fake: FakeBedrock
) -> None:
    broken = bytearray(aws.message("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "x"}}))
    broken[-1] ^= 1
    good = aws.message("messageStart", {"role": "assistant"})
    fake.reset(lambda _: Answer([good, bytes(broken)], content_type=aws.STREAM, framing="chunked"))
    with pytest.raises(EventStreamError, match="checksum"):
        read_all(client.converse_stream(**asked()))


def test_a_stream_that_breaks_off_ends_in_an_exception(client: Any, fake: FakeBedrock) -> None:
    whole = aws.message("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "Well. "}})
    for broken in (
        Answer([whole], content_type=aws.STREAM, framing="unfinished"),
        Answer([whole, whole[:20]], content_type=aws.STREAM, framing="unfinished"),
    ):
        fake.reset(partial(given, broken))
        with pytest.raises(EventStreamError, match="modelStreamErrorException"):
            read_all(client.converse_stream(**asked()))


def test_a_client_that_leaves_cancels_the_upstream(client: Any, fake: FakeBedrock) -> None:
    gate = Gate()
    fake.reset(lambda _: aws.streamed([*aws.texts("First. ")[:-1], gate]))
    stream = client.converse_stream(**asked())["stream"]
    for event in stream:
        if "contentBlockDelta" in event:
            break
    stream.close()
    assert fake.exchanges[0].wait() == "aborted"


def test_a_bearer_token_is_our_key(
    gateway: LocalGateway, fake: FakeBedrock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The SDK sends one over TLS only; the test takes the TLS off when the request is ready."""

    def plain(request: Any, **_: Any) -> None:
        request.url = request.url.replace("https:", "http:", 1)

    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", gateway.key)
    url = gateway.url.replace("http:", "https:")
    client = boto3.client("bedrock-runtime", region_name="us-east-1", endpoint_url=url)
    client.meta.events.register("before-send.bedrock-runtime", plain)
    assert client.converse(**asked())["stopReason"] == "end_turn"
    assert text_of(read_all(client.converse_stream(**asked()))) == "Hello there."
    client.close()
    assert len(fake.requests) == 2
    assert all(gateway.key not in str(request.headers) for request in fake.requests)


def test_a_signature_alone_is_nobodys_and_does_not_travel(gateway: LocalGateway, fake: FakeBedrock) -> None:
    client = signing(gateway, retries={"total_max_attempts": 1})
    with pytest.raises(ClientError) as problem:
        client.converse(**asked())
    assert problem.value.response["Error"]["Code"] == "UnrecognizedClientException"
    assert not fake.requests
    bring_key(client, gateway.key)
    client.converse(**asked())
    client.close()
    (request,) = fake.requests
    for secret in ("AKIDOFTHECLIENT", "session-of-the-client", gateway.key):
        assert secret not in str(request.headers)


def test_a_model_may_be_named_by_its_arn(client: Any, gateway: LocalGateway, fake: FakeBedrock) -> None:
    arn = "arn:aws:bedrock:eu-central-1:123456789012:application-inference-profile/a1b2c3"
    assert client.converse(**asked() | {"modelId": arn})["stopReason"] == "end_turn"
    assert fake.requests[0].path.endswith("application-inference-profile%2Fa1b2c3/converse")
    assert gateway.ports.audit.entries[-1].core.model == arn


def test_an_answer_that_is_none_is_a_typed_error_and_not_tried_again(client: Any, fake: FakeBedrock) -> None:
    fake.reset(lambda _: Answer([b"not json"]))
    with pytest.raises(ClientError) as problem:
        client.converse(**asked())
    assert problem.value.response["Error"]["Code"] == "ModelErrorException"
    assert len(fake.requests) == 1


CLAUDE = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 9}


def invoked(body: dict[str, Any], model: str = MODEL) -> dict[str, Any]:
    return {"modelId": model, "body": json.dumps(body)}


def test_invoking_titan_is_judged_both_ways(client: Any, gateway: LocalGateway, fake: FakeBedrock) -> None:
    gateway.policy = MASK_AND_RESTORE

    def script(request: Received) -> Answer:
        text = f"Dear {request.body['inputText'].split()[-1]}"
        return aws.answered({"results": [{"outputText": text, "completionReason": "FINISH"}]})

    fake.reset(script)
    answer = client.invoke_model(**invoked({"inputText": f"Greet {MAIL}"}, "amazon.titan-text-lite-v1"))
    assert json.loads(answer["body"].read())["results"][0]["outputText"] == f"Dear {MAIL}"
    assert MAIL not in fake.requests[0].text


def frames_of(answer: Any) -> list[dict[str, Any]]:
    return [json.loads(event["chunk"]["bytes"]) for event in read_all(answer, "body")]


def test_a_streamed_invocation_of_llama(client: Any, gateway: LocalGateway, fake: FakeBedrock) -> None:
    gateway.policy = BLOCK_ALL
    frames = [{"generation": part, "stop_reason": None} for part in ("All ", "well. ", KEY, " ")]
    fake.reset(lambda _: aws.chunks(*frames, {"generation": "", "stop_reason": "stop"}))
    stream = client.invoke_model_with_response_stream(
        **invoked({"prompt": "hi"}, "meta.llama3-8b-instruct-v1:0")
    )
    seen = frames_of(stream)
    assert "".join(frame["generation"] for frame in seen) == f"All well. {BLOCK_ALL.safe_text}"
    assert seen[-1]["stop_reason"] == "stop"
    assert seen[-1]["amazon-bedrock-guardrailAction"] == "INTERVENED"


def claude(*parts: str) -> Answer:
    """The frames of a streamed message of Anthropic's."""
    message = {"id": "m", "type": "message", "role": "assistant", "model": MODEL, "content": [], "usage": {}}
    deltas = [
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": part}}
        for part in parts
    ]
    return aws.chunks(
        {"type": "message_start", "message": message},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *deltas,
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 1}},
        {"type": "message_stop", "amazon-bedrock-invocationMetrics": {"inputTokenCount": 8}},
    )


def claude_text(frames: list[dict[str, Any]]) -> str:
    return "".join(
        frame["delta"].get("text", "") for frame in frames if frame["type"] == "content_block_delta"
    )


def test_a_streamed_invocation_of_claude_is_restored_and_stopped(
    client: Any, gateway: LocalGateway, fake: FakeBedrock
) -> None:
    gateway.policy = MASK_AND_RESTORE
    body = CLAUDE | {"messages": [{"role": "user", "content": f"Greet {MAIL}"}]}
    fake.reset(lambda request: claude(*f"Dear {request.body['messages'][0]['content'].split()[-1]}."))
    frames = frames_of(client.invoke_model_with_response_stream(**invoked(body)))
    assert claude_text(frames) == f"Dear {MAIL}."
    assert frames[-1]["amazon-bedrock-invocationMetrics"] == {"inputTokenCount": 8}
    gateway.policy = BLOCK_ALL
    body = CLAUDE | {"messages": [{"role": "user", "content": "hi"}]}
    fake.reset(lambda _: claude("Well. ", f"It is {KEY} "))
    frames = frames_of(client.invoke_model_with_response_stream(**invoked(body)))
    assert KEY not in json.dumps(frames)
    assert [frame["type"] for frame in frames[-2:]] == ["message_delta", "message_stop"]
    assert frames[-2]["delta"]["stop_reason"] == "refusal"


def test_a_refused_invocation_speaks_as_the_model_does(
    client: Any, gateway: LocalGateway, fake: FakeBedrock
) -> None:
    gateway.policy = BLOCK_ALL
    said = f"my key is {KEY} "
    chat = {"messages": [{"role": "user", "content": said}]}
    nova = {"schemaVersion": "messages-v1", "messages": [{"role": "user", "content": [{"text": said}]}]}
    bodies: list[tuple[dict[str, Any], str]] = [
        ({"inputText": said}, "amazon.titan-text-lite-v1"),
        ({"prompt": said}, "meta.llama3-8b-instruct-v1:0"),
        (chat, "openai.gpt-oss-20b-1:0"),
        (nova, "amazon.nova-lite-v1:0"),
    ]
    for body, model in bodies:
        whole = json.loads(client.invoke_model(**invoked(body, model))["body"].read())
        assert whole["amazon-bedrock-guardrailAction"] == "INTERVENED"
        assert BLOCK_ALL.safe_text in json.dumps(whole)
        stream = client.invoke_model_with_response_stream(**invoked(body, model))
        assert BLOCK_ALL.safe_text in json.dumps(frames_of(stream))
    assert (
        json.loads(client.invoke_model(**invoked(CLAUDE | chat))["body"].read())["stop_reason"] == "refusal"
    )
    with pytest.raises(client.exceptions.ValidationException, match="stopped"):
        client.invoke_model(**invoked({"texts": [said]}, "cohere.embed-v4:0"))
    assert not fake.requests


def test_counting_tokens_and_applying_guardrails_is_judged(
    client: Any, gateway: LocalGateway, fake: FakeBedrock
) -> None:
    gateway.policy = BLOCK_ALL
    fake.reset(lambda _: aws.answered({"inputTokens": 7}))
    clean = {"converse": {"messages": [{"role": "user", "content": [{"text": "hi"}]}]}}
    assert client.count_tokens(modelId=MODEL, input=clean)["inputTokens"] == 7
    for bad in (
        {"converse": {"messages": [{"role": "user", "content": [{"text": f"key {KEY} "}]}]}},
        {"invokeModel": {"body": json.dumps({"inputText": f"key {KEY} "})}},
    ):
        with pytest.raises(client.exceptions.ValidationException):
            client.count_tokens(modelId=MODEL, input=bad)
    applied = client.apply_guardrail(
        guardrailIdentifier="g1",
        guardrailVersion="1",
        source="INPUT",
        content=[{"text": {"text": f"key {KEY} "}}],
    )
    assert applied["action"] == "GUARDRAIL_INTERVENED"
    assert len(fake.requests) == 1


def test_every_exchange_is_recorded_once(client: Any, gateway: LocalGateway) -> None:
    before = len(gateway.ports.audit.entries)
    client.converse(**asked())
    read_all(client.converse_stream(**asked()))
    entries = gateway.ports.audit.entries[before:]
    assert [entry.core.model for entry in entries] == [MODEL, MODEL]
    assert [entry.streamed for entry in entries] == [False, True]
    assert {entry.upstream for entry in entries} == {"aws"}
