"""Responses: the official client gets its answers, masks, refusals and errors in the words it knows."""

import json
from typing import Any

import openai
import pytest
from openai.types.responses import Response
from pydantic import BaseModel

from sluicegate.detection.policy import Clause, Policy
from sluicegate.detection.types import Action, Direction
from tests.fakes.cuts import per_character
from tests.fakes.http_server import Answer, Received
from tests.fakes.openai_api import FakeOpenAI
from tests.fakes.replies import error
from tests.fakes.responses import answered, calling, custom, event, events, message, refusing, sse, thinking
from tests.sdk.material import AWS_KEY, EMAIL, INJECTION, only_token, tokens
from tests.support.local_gateway import LocalGateway

MODEL = "gpt-5-mini"
BOTH_WAYS = pytest.mark.parametrize("streamed", [False, True], ids=["buffered", "streamed"])
STOP_SECRETS = Policy(
    "stop-secrets",
    (Clause(Action.BLOCK, ("secret",), direction=Direction.ANSWER), Clause(Action.MASK)),
)


def ask(client: openai.OpenAI, streamed: bool, given: Any = "hi", **more: Any) -> Response:
    """One response; a streamed one as the client puts it together."""
    if not streamed:
        response: Response = client.responses.create(model=MODEL, input=given, **more)
        return response
    with client.responses.stream(model=MODEL, input=given, **more) as stream:
        return stream.get_final_response()


def says(fake: FakeOpenAI, *items: dict[str, Any], **how: Any) -> None:
    """Let the upstream answer every request with these items."""
    fake.script = lambda got: answered(got.body, *items, **how)


def texts(told: Response) -> list[Any]:
    return [part.to_dict() for item in told.output if item.type == "message" for part in item.content]


@BOTH_WAYS
def test_an_answer_arrives(fake: FakeOpenAI, client: openai.OpenAI, streamed: bool) -> None:
    says(fake, thinking("I wonder.", "deep thought"), message("Hello there."))
    told = ask(client, streamed, instructions="Be kind.")
    assert told.output_text == "Hello there."
    assert [item.type for item in told.output] == ["reasoning", "message"]
    assert told.usage
    assert told.usage.total_tokens == 18
    assert fake.last.path == "/v1/responses"


def test_an_unedited_stream_brings_every_event(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    items = [thinking("A."), message("Some words."), calling("look", '{"a":1}'), custom("run", "x = 1")]
    says(fake, *items)
    seen = [told.type for told in client.responses.create(model=MODEL, input="hi", stream=True)]
    sent = [told["type"] for told in events({}, items)]
    # A text that waits for its word's end comes in fewer pieces, never in more.
    assert list(dict.fromkeys(seen)) == list(dict.fromkeys(sent))
    assert [kind for kind in seen if not kind.endswith("delta")] == [
        kind for kind in sent if not kind.endswith("delta")
    ]


@BOTH_WAYS
def test_values_are_masked_and_restored(fake: FakeOpenAI, client: openai.OpenAI, streamed: bool) -> None:
    def script(got: Received) -> Answer:
        token = only_token(got)
        asked = json.dumps({"to": token})
        return answered(
            got.body, message(f"I write to {token} now."), calling("send", asked), cut=per_character
        )

    fake.script = script
    told = ask(client, streamed, f"Write to {EMAIL}")
    assert EMAIL not in fake.last.text
    assert told.output_text == f"I write to {EMAIL} now."
    call = told.output[1]
    assert call.type == "function_call"
    assert json.loads(call.arguments) == {"to": EMAIL}


@BOTH_WAYS
def test_every_repetition_is_masked(fake: FakeOpenAI, client: openai.OpenAI, streamed: bool) -> None:
    says(fake, message(f"The key is {AWS_KEY}."), calling("keep", json.dumps({"v": AWS_KEY})))
    if streamed:
        told = [item.to_json() for item in client.responses.create(model=MODEL, input="x", stream=True)]
        assert any("The key is" in item for item in told)
        assert not any(AWS_KEY in item for item in told)
    else:
        assert AWS_KEY not in ask(client, streamed).to_json()


PLACES: dict[str, dict[str, Any]] = {
    "input": {"input": INJECTION},
    "a part": {"input": [{"role": "user", "content": [{"type": "input_text", "text": INJECTION}]}]},
    "a result": {"input": [{"type": "function_call_output", "call_id": "c", "output": INJECTION}]},
    "a custom result": {"input": [{"type": "custom_tool_call_output", "call_id": "c", "output": INJECTION}]},
    "a shell's output": {
        "input": [
            {
                "type": "shell_call_output",
                "call_id": "c",
                "output": [{"stdout": INJECTION, "stderr": "", "outcome": {"type": "exit", "exit_code": 0}}],
            }
        ]
    },
    "a patch's output": {
        "input": [
            {"type": "apply_patch_call_output", "call_id": "c", "status": "failed", "output": INJECTION}
        ]
    },
    "a listed tool": {
        "input": [
            {
                "type": "mcp_list_tools",
                "id": "l",
                "server_label": "s",
                "tools": [{"name": "t", "input_schema": {}, "description": INJECTION}],
            }
        ]
    },
    "a variable": {"prompt": {"id": "pmpt_1", "variables": {"topic": INJECTION}}},
    "a tool": {
        "input": "hi",
        "tools": [{"type": "function", "name": "x", "parameters": {}, "description": INJECTION}],
    },
    "an unknown member": {"input": "hi", "extra_body": {"notes": [INJECTION]}},
    "an unknown item": {"input": [{"type": "new_thing", "thing": INJECTION}]},
}


@pytest.mark.parametrize("place", PLACES)
@BOTH_WAYS
def test_an_attack_is_refused_before_anything_is_sent(
    fake: FakeOpenAI, client: openai.OpenAI, streamed: bool, place: str
) -> None:
    if streamed:
        told = list(client.responses.create(model=MODEL, stream=True, **PLACES[place]))
        assert told[-1].type == "response.completed"
        answer: Response = told[-1].response
    else:
        answer = client.responses.create(model=MODEL, **PLACES[place])
    assert not fake.requests
    assert answer.status == "completed"
    assert answer.model == MODEL
    [part] = texts(answer)
    assert part["type"] == "refusal"
    assert "content policy" in part["refusal"]


def test_a_refusal_is_what_the_client_s_own_helper_reads(client: openai.OpenAI) -> None:
    told = ask(client, True, INJECTION)
    [part] = texts(told)
    assert "content policy" in part["refusal"]


def test_in_the_error_style_nothing_is_repeated(
    fake: FakeOpenAI, gateway: LocalGateway, client: openai.OpenAI
) -> None:
    gateway.policy = Policy("errors", (Clause(Action.BLOCK, ("prompt_attack",)),), block_style="error")
    with pytest.raises(openai.BadRequestError) as caught:
        ask(client, False, INJECTION)
    assert caught.value.code == "content_filter"
    assert not fake.requests


def test_a_whole_answer_that_is_blocked_becomes_a_refusal(
    fake: FakeOpenAI, gateway: LocalGateway, client: openai.OpenAI
) -> None:
    gateway.policy = STOP_SECRETS
    says(fake, message(f"Take {AWS_KEY} and go."))
    told = ask(client, False)
    [part] = texts(told)
    assert part["type"] == "refusal"
    assert len(fake.requests) == 1


@pytest.mark.parametrize("cut", [None, per_character], ids=["words", "characters"])
def test_a_stream_is_stopped_in_the_provider_s_own_words(
    fake: FakeOpenAI, gateway: LocalGateway, client: openai.OpenAI, cut: Any
) -> None:
    gateway.policy = STOP_SECRETS
    says(fake, message(f"Take {AWS_KEY} and go."), **({"cut": cut} if cut else {}))
    told = list(client.responses.create(model=MODEL, input="hi", stream=True))
    assert told[-1].type == "response.incomplete"
    assert told[-1].response.incomplete_details
    assert told[-1].response.incomplete_details.reason == "content_filter"
    text = "".join(item.delta for item in told if item.type == "response.output_text.delta")
    assert text == "Take "
    said = "".join(item.delta for item in told if item.type == "response.refusal.delta")
    assert "content policy" in said
    numbers = [item.sequence_number for item in told]
    assert numbers == sorted(numbers)
    assert len(fake.requests) == 1


def test_a_call_whose_arguments_are_stopped_is_never_told_as_done(
    fake: FakeOpenAI, gateway: LocalGateway, client: openai.OpenAI
) -> None:
    gateway.policy = STOP_SECRETS
    says(fake, calling("send", json.dumps({"to": "x", "v": AWS_KEY})))
    told = list(client.responses.create(model=MODEL, input="hi", stream=True))
    assert told[-1].type == "response.incomplete"
    done = [item.item.type for item in told if item.type == "response.output_item.done"]
    assert done == ["message"]
    assert not any(item.type == "response.function_call_arguments.done" for item in told)


@BOTH_WAYS
def test_a_model_s_own_refusal_passes(fake: FakeOpenAI, client: openai.OpenAI, streamed: bool) -> None:
    says(fake, refusing("I will not."))
    assert texts(ask(client, streamed)) == [{"type": "refusal", "refusal": "I will not."}]


@pytest.mark.parametrize(
    ("status", "kind", "calls"),
    [(400, openai.BadRequestError, 1), (404, openai.NotFoundError, 1), (429, openai.RateLimitError, 3)],
)
def test_an_upstream_s_error_arrives_as_it_is(
    fake: FakeOpenAI, gateway: LocalGateway, status: int, kind: type[openai.APIStatusError], calls: int
) -> None:
    fake.script = lambda _: error(status, "some_code", "It is so.", retry_after_ms="1")
    with openai.OpenAI(api_key=gateway.key, base_url=f"{gateway.url}/v1", timeout=20) as client:
        with pytest.raises(kind) as caught:
            ask(client, False)
        assert caught.value.code == "some_code"
    assert len(fake.requests) == calls


def test_a_stream_that_cannot_be_read_is_an_error(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    whole = events({}, [message("Hello there.")])
    broken = [event(item) for item in whole[:5]] + [b"event: response.output_text.delta\ndata: {oops\n\n"]
    fake.script = lambda _: Answer(broken, content_type="text/event-stream", framing="chunked")
    with pytest.raises(openai.APIError):
        list(client.responses.create(model=MODEL, input="hi", stream=True))
    assert len(fake.requests) == 1


def test_a_client_that_leaves_stops_the_upstream(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    told = events({}, [message("word " * 20_000)])
    fake.script = lambda _: sse(told)
    with client.responses.create(model=MODEL, input="hi", stream=True) as stream:
        next(iter(stream))
    assert fake.exchanges[-1].wait() == "aborted"


def test_structured_answers_are_parsed(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    class City(BaseModel):
        name: str

    says(fake, message('{"name": "Cologne"}'))
    told = client.responses.parse(model=MODEL, input="hi", text_format=City)
    assert told.output_parsed is not None
    assert told.output_parsed.name == "Cologne"
    refused = client.responses.parse(model=MODEL, input=INJECTION, text_format=City)
    assert refused.output_parsed is None


def test_placeholders_are_the_same_in_every_turn(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    says(fake, message("ok"))
    ask(client, False, f"I am {EMAIL}")
    first = only_token(fake.last)
    turns = [
        {"role": "user", "content": f"I am {EMAIL}"},
        {"role": "assistant", "content": "ok"},
        {"role": "user", "content": "go on"},
    ]
    ask(client, False, turns)
    assert tokens(fake.last) == [first]
