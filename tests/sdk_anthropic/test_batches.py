"""The real anthropic package through the gateway: batches, and what else the account holds."""

from typing import Any

import anthropic
import pytest

from sluicegate.gateway.upstream_spec import UpstreamSpec
from tests.detection.support import BLOCK_ALL, MASK_ALL
from tests.fakes import anthropic_api as api
from tests.fakes.anthropic_api import MODEL, FakeAnthropic
from tests.fakes.http_server import Answer, Received
from tests.fakes.scripted_api import KEY, document, events
from tests.support.local_gateway import LocalGateway

SECRET = "AKIA" + "5XGQ7R2MZN4CTYLB"
TIME = "2026-01-01T00:00:00Z"


def batch(**more: Any) -> dict[str, Any]:
    counts = {"processing": 1, "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0}
    head = {"id": "msgbatch_1", "type": "message_batch", "processing_status": "in_progress"}
    return {**head, "request_counts": counts, "created_at": TIME, "expires_at": TIME, **more}


def requests(*texts: str) -> Any:
    return [
        {
            "custom_id": f"r{number}",
            "params": {"model": MODEL, "max_tokens": 9, "messages": [{"role": "user", "content": text}]},
        }
        for number, text in enumerate(texts)
    ]


def keeping(request: Received) -> Answer:
    match request.method, request.path.partition("?")[0]:
        case "POST", "/v1/messages/batches" | "/v1/messages/batches/msgbatch_1/cancel":
            return document(batch())
        case "GET", "/v1/messages/batches/msgbatch_1":
            return document(
                batch(
                    processing_status="ended",
                    results_url="https://api.elsewhere.example/v1/messages/batches/msgbatch_1/results",
                )
            )
        case "GET", "/v1/messages/batches/msgbatch_1/results":
            said = api.message([{"type": "text", "text": f"It is {SECRET} - K\u00f6nig"}])
            failed = {"type": "errored", "error": api.failure("invalid_request_error", "too long")}
            return api.results(
                [
                    {"custom_id": "r0", "result": {"type": "succeeded", "message": said}},
                    {"custom_id": "r1", "result": failed},
                ]
            )
        case "DELETE", "/v1/messages/batches/msgbatch_1":
            return document({"id": "msgbatch_1", "type": "message_batch_deleted"})
    return document(api.failure("not_found_error", "nothing here"), status=404)


def test_every_request_of_a_batch_is_judged(
    client: anthropic.Anthropic, gateway: LocalGateway, fake: FakeAnthropic
) -> None:
    fake.reset(keeping)
    gateway.policy = MASK_ALL
    made = client.messages.batches.create(requests=requests("hi", f"my key is {SECRET} "))
    assert made.id == "msgbatch_1"
    texts = [item["params"]["messages"][0]["content"] for item in fake.last["requests"]]
    assert texts == ["hi", "my key is [AwsKey] "]
    gateway.policy = BLOCK_ALL
    with pytest.raises(anthropic.BadRequestError):
        client.messages.batches.create(requests=requests("hi", f"my key is {SECRET} "))
    assert len(fake.requests) == 1


def test_every_result_of_a_batch_is_judged(
    client: anthropic.Anthropic, gateway: LocalGateway, fake: FakeAnthropic
) -> None:
    fake.reset(keeping)
    gateway.policy = MASK_ALL
    assert client.messages.batches.retrieve("msgbatch_1").processing_status == "ended"
    done, failed = client.messages.batches.results("msgbatch_1")
    assert done.result.type == "succeeded"
    assert done.result.message.content[0].type == "text"
    assert done.result.message.content[0].text == "It is [AwsKey] - K\u00f6nig"
    assert failed.result.type == "errored"
    gateway.policy = BLOCK_ALL
    with pytest.raises(anthropic.BadRequestError):
        client.messages.batches.results("msgbatch_1")


def test_a_batch_is_cancelled_and_deleted(client: anthropic.Anthropic, fake: FakeAnthropic) -> None:
    fake.reset(keeping)
    assert client.messages.batches.cancel("msgbatch_1").id == "msgbatch_1"
    assert client.messages.batches.delete("msgbatch_1").type == "message_batch_deleted"
    with pytest.raises(anthropic.APIStatusError) as caught:
        client.messages.batches.list()
    assert caught.value.status_code == 405
    assert len(fake.requests) == 2


def test_models_on_vertex_are_named_by_the_path() -> None:
    def script(request: Received) -> Answer:
        said = api.whole_stream(api.text_frames(["It is ", SECRET, " then."]))
        return events(said, named=True) if ":stream" in request.path else api.whole("Hello there.")

    class Vertex(FakeAnthropic):
        def _answer(self, request: Received) -> Answer:
            assert request.header("authorization") == f"Bearer {KEY}"
            return self.script(request)

    with Vertex() as upstream:
        upstream.reset(script)
        spec = UpstreamSpec("vertex", "vertex", upstream.base_url, KEY)
        with (
            LocalGateway(spec, policy=MASK_ALL) as gateway,
            anthropic.AnthropicVertex(
                region="europe-west1",
                project_id="p",
                access_token=gateway.key,
                base_url=f"{gateway.url}/v1",
            ) as client,
        ):
            wanted: Any = {"model": MODEL, "max_tokens": 9, "messages": [{"role": "user", "content": SECRET}]}
            answer = client.messages.create(**wanted)
            assert answer.content[0].type == "text"
            with client.messages.stream(**wanted) as stream:
                assert stream.get_final_text() == "It is [AwsKey] then."
        place = f"/v1/projects/p/locations/europe-west1/publishers/anthropic/models/{MODEL}"
        paths = [request.path for request in upstream.requests]
        assert paths == [f"{place}:rawPredict", f"{place}:streamRawPredict"]
        assert all(SECRET not in request.text for request in upstream.requests)
