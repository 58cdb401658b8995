"""What a model gives away by itself does not reach the client."""

import json

import openai
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fakes.cuts import around, bytes_seeded, per_byte, per_character, slices, text_seeded, whole, words
from tests.fakes.openai_api import FakeOpenAI
from tests.fakes.replies import Choice, Reply, call, error, say
from tests.sdk.gateway import Gateway
from tests.sdk.material import AWS_KEY, EMAIL, MODEL, arguments, ask, content, finish, joined, stream, user

LEAK = f"The root key is {AWS_KEY}; keep it."


def masked(text: str) -> None:
    """Neither the key nor its recognisable start is there; the words around it are."""
    assert "AKIA" not in text
    assert AWS_KEY[4:] not in text
    assert text.startswith("The root key is ")
    assert text.endswith("; keep it.")


def test_a_secret_in_a_buffered_answer_is_masked(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    fake.script = lambda _: say(LEAK)
    masked(content(ask(client, "hi")))


@pytest.mark.parametrize(
    "cut",
    [
        pytest.param(around(AWS_KEY, 3, 12), id="three-chunks"),
        pytest.param(whole, id="whole"),
        pytest.param(words, id="words"),
        pytest.param(per_character, id="characters"),
        pytest.param(text_seeded(1), id="seeded"),
    ],
)
@pytest.mark.parametrize("byte_cut", [None, per_byte, bytes_seeded(9)], ids=["frames", "bytes", "seeded"])
def test_a_secret_in_a_streamed_answer_never_reaches_the_client(
    fake: FakeOpenAI, balanced: Gateway, cut: object, byte_cut: object
) -> None:
    fake.script = lambda _: say(LEAK, cut=cut, byte_cut=byte_cut)
    answer = balanced.post("/chat/completions", {"model": MODEL, "messages": [user("hi")], "stream": True})
    frames = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: {")]
    masked("".join(frame["choices"][0]["delta"].get("content") or "" for frame in frames))
    assert answer.text.rstrip().endswith("data: [DONE]")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(positions=st.sets(st.integers(0, len(LEAK)), max_size=6))
def test_every_cut_gives_the_same_text(fake: FakeOpenAI, client: openai.OpenAI, positions: set[int]) -> None:
    fake.script = lambda _: say(LEAK)
    whole_text = content(ask(client, "hi"))
    fake.script = lambda _: say(LEAK, cut=lambda text: slices(text, positions))
    assert joined(stream(client, "hi")) == whole_text


def test_a_secret_at_the_very_end_is_masked(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    fake.script = lambda _: say(f"It is {AWS_KEY}", cut=per_character)
    chunks = stream(client, "hi")
    assert "AKIA" not in joined(chunks)
    assert finish(chunks) == ["stop"]


def test_a_stream_that_ends_without_an_end_mark_still_hides_the_secret(
    fake: FakeOpenAI, client: openai.OpenAI
) -> None:
    fake.script = lambda _: say(f"It is {AWS_KEY}", cut=per_character, done=False)
    assert "AKIA" not in joined(stream(client, "hi"))


def test_a_secret_in_the_second_choice_is_masked(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    fake.script = lambda _: Reply((Choice("harmless"), Choice(LEAK)), cut=per_character)
    chunks = stream(client, "hi", n=2)
    assert joined(chunks, 0) == "harmless"
    masked(joined(chunks, 1))


def test_a_secret_in_a_refusal_text_is_masked(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    fake.script = lambda _: Reply((Choice(refusal=LEAK),), cut=per_character)
    masked(ask(client, "hi").choices[0].message.refusal)
    masked("".join(chunk.choices[0].delta.refusal or "" for chunk in stream(client, "hi")))


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_a_secret_in_tool_arguments_is_masked_and_they_stay_json(
    fake: FakeOpenAI, client: openai.OpenAI, depth: int
) -> None:
    text = json.dumps({"note": LEAK, "n": 1})
    for _ in range(depth - 1):
        text = json.dumps({"inner": text})
    fake.script = lambda _: call("save", text, cut=per_character)
    for told in (
        ask(client, "hi").choices[0].message.tool_calls[0].function.arguments,
        arguments(stream(client, "hi")),
    ):
        inner = told
        for _ in range(depth - 1):
            inner = json.loads(inner)["inner"]
        masked(json.loads(inner)["note"])
        assert json.loads(inner)["n"] == 1


def test_a_secret_that_the_user_wrote_may_be_said_back(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    """The upstream never saw it; saying it back is restoring."""
    fake.script = lambda _: say(f"Is it {AWS_KEY}?", cut=per_character)
    assert joined(stream(client, f"My key is {AWS_KEY}")) == f"Is it {AWS_KEY}?"


@pytest.mark.parametrize("streamed", [False, True], ids=["buffered", "streamed"])
def test_logprobs_never_show_a_masked_secret(fake: FakeOpenAI, balanced: Gateway, streamed: bool) -> None:
    for cut in (per_character, words, whole):
        fake.script = lambda _, cut=cut: say(LEAK, cut=cut)  # type: ignore[misc]  # bound now
        question = {"model": MODEL, "messages": [user("hi")], "logprobs": True, "stream": streamed}
        answer = balanced.post("/chat/completions", question)
        assert answer.status_code == 200
        shown = _logprob_text(answer.text)
        assert "AKIA" not in shown
        assert AWS_KEY[4:] not in shown


def _logprob_text(body: str) -> str:
    """Every token and every byte list of every logprob of an answer, joined."""
    lines = [line[6:] for line in body.splitlines() if line.startswith("data: {")] or [body]
    shown = []
    for line in lines:
        for choice in json.loads(line)["choices"]:
            for token in (choice.get("logprobs") or {}).get("content") or ():
                shown.append(token["token"])
                shown.append(bytes(token["bytes"] or ()).decode("utf-8", "replace"))
    return "".join(shown[0::2]) + "\n" + "".join(shown[1::2])


def test_unknown_fields_of_an_answer_are_read_too(fake: FakeOpenAI, balanced: Gateway) -> None:
    extra = (("vendor_reasoning", {"notes": [LEAK]}),)
    fake.script = lambda _: say("hi", extra=extra)
    for streamed in (False, True):
        question = {"model": MODEL, "messages": [user("hi")], "stream": streamed}
        answer = balanced.post("/chat/completions", question)
        assert answer.status_code == 200
        assert AWS_KEY not in answer.text


def test_an_address_in_an_answer_is_flagged_and_passes(fake: FakeOpenAI, balanced: Gateway) -> None:
    fake.script = lambda _: say(f"Write to {EMAIL}.")
    answer = balanced.post("/chat/completions", {"model": MODEL, "messages": [user("hi")]})
    assert answer.json()["choices"][0]["message"]["content"] == f"Write to {EMAIL}."
    assert answer.headers["x-sluicegate-action"] == "flag"


def test_an_upstream_error_that_tells_a_secret_is_masked(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    fake.script = lambda _: error(400, "bad", f"Rejected key {AWS_KEY} of tenant")
    with pytest.raises(openai.BadRequestError) as caught:
        ask(client, "hi")
    assert AWS_KEY not in caught.value.response.text
    assert caught.value.code == "bad"
