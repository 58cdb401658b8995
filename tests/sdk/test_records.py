"""What the appliance says about an exchange: headers, and the record behind the request id."""

import asyncio

import openai
import pytest

from tests.fakes.cuts import per_character
from tests.fakes.http_server import Gate
from tests.fakes.openai_api import UPSTREAM_KEY, FakeOpenAI
from tests.fakes.replies import say
from tests.sdk.conftest import Launch
from tests.sdk.gateway import Gateway
from tests.sdk.material import (
    AWS_KEY,
    EMAIL,
    INJECTION,
    MODEL,
    ask,
    content,
    echo,
    only_token,
    stream,
    tokens,
    user,
)

ID = "x-sluicegate-request-id"


@pytest.mark.parametrize(
    ("text", "action"),
    [("hi", "pass"), (f"I am {EMAIL}", "mask"), (INJECTION, "block")],
    ids=["pass", "mask", "block"],
)
def test_buffered_answers_carry_the_decision(client: openai.OpenAI, text: str, action: str) -> None:
    raw = client.chat.completions.with_raw_response.create(
        model=MODEL, messages=[{"role": "user", "content": text}]
    )
    assert raw.headers["x-sluicegate-action"] == action
    assert len(raw.headers["x-sluicegate-policy"]) == 16
    assert raw.headers[ID]
    names = [part.strip().partition(";")[0] for part in raw.headers["server-timing"].split(",")]
    assert names == (["guard", "upstream"] if action != "block" else names)
    assert "guard" in names
    assert "x-sluicegate-categories" not in raw.headers
    assert raw.parse().choices


def test_streams_carry_the_decision_on_the_request(client: openai.OpenAI) -> None:
    raw = client.chat.completions.with_raw_response.create(
        model=MODEL, messages=[{"role": "user", "content": f"I am {EMAIL}"}], stream=True
    )
    assert raw.headers["x-sluicegate-action"] == "mask"
    assert raw.headers[ID]
    assert list(raw.parse())


def test_request_ids_are_ours_and_differ(balanced: Gateway) -> None:
    question = {"model": MODEL, "messages": [user("hi")]}
    ids = [balanced.post("/chat/completions", question, {ID: "theirs"}).headers[ID] for _ in range(3)]
    assert len(set(ids)) == 3
    assert "theirs" not in ids


def test_the_record_of_a_masked_exchange_says_why_and_holds_no_value(
    fake: FakeOpenAI, balanced: Gateway
) -> None:
    fake.script = echo
    text = f"I am {EMAIL}, key {AWS_KEY}"
    answer = balanced.post("/chat/completions", {"model": MODEL, "messages": [user(text)]})
    record = balanced.exchange(answer.headers[ID])
    assert record["outcome"] == "complete"
    assert record["action"] == "mask"
    assert record["policy"] == answer.headers["x-sluicegate-policy"]
    found = {item["category"]: item for item in record["prompt"]["findings"]}
    assert set(found) == {"pii.email", "secret.aws_access_key"}
    span = found["pii.email"]["span"]
    assert text[span[0] : span[1]] == EMAIL
    assert found["pii.email"]["pointer"] == "/messages/0/content"
    for value in (EMAIL, AWS_KEY, *tokens(fake.last)):
        assert value not in repr(record)


def test_the_record_of_a_stream_has_the_final_action(
    fake: FakeOpenAI, client: openai.OpenAI, balanced: Gateway
) -> None:
    fake.script = lambda _: say(f"It is {AWS_KEY}!", cut=per_character)
    raw = client.chat.completions.with_raw_response.create(
        model=MODEL, messages=[{"role": "user", "content": "hi"}], stream=True
    )
    assert raw.headers["x-sluicegate-action"] == "pass"
    assert list(raw.parse())
    record = balanced.exchange(raw.headers[ID])
    assert record["action"] == "mask"
    assert record["outcome"] == "complete"
    assert record["streamed"] is True


def test_a_refused_exchange_is_recorded_as_refused(balanced: Gateway) -> None:
    answer = balanced.post("/chat/completions", {"model": MODEL, "messages": [user(INJECTION)]})
    record = balanced.exchange(answer.headers[ID])
    assert (record["outcome"], record["action"]) == ("refused", "block")


def test_records_are_seen_by_their_own_application_only(balanced: Gateway, other_key: str) -> None:
    answer = balanced.post("/chat/completions", {"model": MODEL, "messages": [user("hi")]})
    name = answer.headers[ID]
    assert balanced.get(f"/exchanges/{name}").status_code == 200
    assert balanced.get(f"/exchanges/{name}", key=other_key).status_code == 404
    assert balanced.get(f"/exchanges/{name}", key="sk-nobody-has-this-key-at-all").status_code == 401
    assert balanced.get("/exchanges/there-is-none").status_code == 404


def test_a_client_that_leaves_in_mid_stream_ends_the_upstream_call_too(
    fake: FakeOpenAI, balanced: Gateway
) -> None:
    gate = Gate()
    fake.script = lambda _: say("one two three four five", gate=gate, gate_after=4)
    with balanced.client() as client:
        raw = client.chat.completions.with_raw_response.create(
            model=MODEL, messages=[{"role": "user", "content": "hi"}], stream=True
        )
        chunks = raw.parse()
        next(chunks)
        assert gate.reached.wait(10)
        chunks.close()
    assert fake.exchanges[-1].wait() == "aborted"
    record = balanced.exchange(raw.headers[ID])
    assert record["outcome"] == "client_gone"
    assert balanced.entries(raw.headers[ID]) == ["client_gone"]


def test_a_client_that_leaves_before_the_first_byte_ends_the_upstream_call_too(
    fake: FakeOpenAI, balanced: Gateway
) -> None:
    gate = Gate()
    fake.script = lambda _: say("too late", gate=gate)

    async def leave() -> None:
        async with balanced.async_client() as client:
            waiting = asyncio.ensure_future(
                client.chat.completions.create(
                    model=MODEL, messages=[{"role": "user", "content": "hi"}], stream=True
                )
            )
            await asyncio.to_thread(gate.reached.wait, 10)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting

    before = balanced.entry_ids()
    asyncio.run(leave())
    assert fake.exchanges[-1].wait() == "aborted"
    new = balanced.entry_ids() - before
    assert [balanced.entries(name) for name in new] == [["client_gone"]]


def test_every_exchange_leaves_exactly_one_entry(balanced: Gateway, client: openai.OpenAI) -> None:
    before = balanced.entry_ids()
    ask(client, "hi")
    stream(client, f"I am {EMAIL}")
    ask(client, INJECTION)
    new = balanced.entry_ids() - before
    assert sorted(outcome for name in new for outcome in balanced.entries(name)) == [
        "complete",
        "complete",
        "refused",
    ]


def test_placeholders_survive_a_restart(fake: FakeOpenAI, launch: Launch) -> None:
    gateway = launch()
    fake.script = echo
    with gateway.client() as client:
        ask(client, f"I am {EMAIL}")
    token = only_token(fake.last)
    gateway.stop()
    gateway.start()
    with gateway.client() as client:
        assert content(ask(client, f"I am {EMAIL}")) == f"I am {EMAIL}"
    assert only_token(fake.last) == token


def test_the_terminal_tells_no_prompt_no_secret_and_no_key(fake: FakeOpenAI, launch: Launch) -> None:
    gateway = launch(log_level="debug")
    fake.script = lambda got: say(f"{tokens(got)[0]} {AWS_KEY}")
    with gateway.client() as client:
        ask(client, f"Unmistakable words, {EMAIL}")
        stream(client, f"Unmistakable words, {EMAIL}")
        ask(client, INJECTION)
    gateway.post_raw("/chat/completions", f'{{"model":"{AWS_KEY}'.encode())
    told = gateway.running.output + gateway.running.log
    assert gateway.running.log
    for value in ("Unmistakable", EMAIL, AWS_KEY, INJECTION[:20], gateway.key, UPSTREAM_KEY):
        assert value not in told
