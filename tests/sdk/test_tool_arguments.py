"""Tool-call arguments after masking and restoring equal what they would have been without either."""

import json

import openai
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fakes.cuts import bytes_seeded, per_byte, per_character, slices
from tests.fakes.http_server import Received
from tests.fakes.openai_api import FakeOpenAI
from tests.fakes.replies import Choice, Reply, ToolCall, call
from tests.sdk.material import (
    EMAIL,
    OTHER_EMAIL,
    arguments,
    ask,
    last_text,
    nested,
    only_token,
    stream,
    tokens,
    unnested,
)

DEPTHS = pytest.mark.parametrize("depth", [1, 2, 3])
AWKWARD = 'say "hi" \\ to\n\tthe <b>café</b> 🌍 \u2028 \x7f'


def made(answer: openai.types.chat.ChatCompletion) -> str:
    calls = answer.choices[0].message.tool_calls or []
    function = getattr(calls[0], "function", None)
    assert function is not None
    text = function.arguments
    assert isinstance(text, str)
    return text


@DEPTHS
def test_a_user_s_address_comes_back_at_every_depth(
    fake: FakeOpenAI, client: openai.OpenAI, depth: int
) -> None:
    fake.script = lambda got: call(
        "send", nested({"to": only_token(got), "text": AWKWARD}, depth), cut=per_character
    )
    wanted = {"to": EMAIL, "text": AWKWARD}
    assert unnested(made(ask(client, f"Write to {EMAIL}")), depth) == wanted
    assert unnested(arguments(stream(client, f"Write to {EMAIL}")), depth) == wanted
    assert EMAIL not in fake.last.text


@DEPTHS
@pytest.mark.parametrize("ascii_json", [False, True], ids=["utf8", "escapes"])
def test_restored_however_the_bytes_are_cut(
    fake: FakeOpenAI, client: openai.OpenAI, depth: int, ascii_json: bool
) -> None:
    for byte_cut in (per_byte, bytes_seeded(depth)):
        fake.script = lambda got, cut=byte_cut: call(  # type: ignore[misc]  # bound now
            "send",
            nested([AWKWARD, f"<{only_token(got)}>"], depth),
            cut=per_character,
            byte_cut=cut,
            ascii_json=ascii_json,
        )
        told = arguments(stream(client, f"Write to {EMAIL}"))
        assert unnested(told, depth) == [AWKWARD, f"<{EMAIL}>"]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    depth=st.integers(1, 3),
    around=st.tuples(st.text(max_size=12), st.text(max_size=12)),
    positions=st.sets(st.integers(0, 160)),
)
def test_any_text_around_it_and_any_cut(
    fake: FakeOpenAI, client: openai.OpenAI, depth: int, around: tuple[str, str], positions: set[int]
) -> None:
    before, after = around

    def use(got: Received) -> Reply:
        text = nested({"a": f"{before} {only_token(got)} {after}"}, depth)
        return call("send", text, cut=lambda value: slices(value, positions))

    fake.script = use
    told = arguments(stream(client, f"Write to {EMAIL}"))
    restored = unnested(told, depth)["a"]
    assert restored in (f"{before} {EMAIL} {after}", f"{before} {only_token(fake.last)} {after}")
    assert restored.count(EMAIL) == 1 or _is_guarded(before)


def _is_guarded(before: str) -> bool:
    """Text in which a placeholder may count as part of a link or a command."""
    return any(mark in before for mark in ":/$`<>()[]|&;@.\\!\"'=#%")


def test_a_value_in_two_calls_and_the_text_around_stays_in_order(
    fake: FakeOpenAI, client: openai.OpenAI
) -> None:
    def use(got: Received) -> Reply:
        first, second = tokens(got)
        calls = (
            ToolCall("send", json.dumps({"to": first, "cc": [second, "team"]}), "call_a"),
            ToolCall("note", json.dumps({"who": second}), "call_b"),
        )
        return Reply((Choice(tool_calls=calls),), cut=per_character)

    fake.script = use
    chunks = stream(client, f"{EMAIL} and {OTHER_EMAIL}")
    assert json.loads(arguments(chunks, 0)) == {"to": EMAIL, "cc": [OTHER_EMAIL, "team"]}
    assert json.loads(arguments(chunks, 1)) == {"who": OTHER_EMAIL}


def test_arguments_in_the_history_come_back_too(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    """A client that resends a restored call gets the same value masked to the same placeholder."""
    fake.script = lambda got: call("send", json.dumps({"to": only_token(got)}))
    first = ask(client, f"Write to {EMAIL}")
    token = only_token(fake.last)
    history = first.choices[0].message.model_dump(exclude_none=True)
    tool = {"role": "tool", "tool_call_id": "call_0001", "content": "sent"}
    ask(client, f"Write to {EMAIL}", history, tool)
    assert tokens(fake.last) == [token]
    assert json.loads(fake.last.body["messages"][1]["tool_calls"][0]["function"]["arguments"]) == {
        "to": token
    }


@pytest.mark.parametrize("text", ["", "not json {", '{"to": "', '{"a": 1}{"b": 2}', '"just a string"', "17"])
def test_arguments_that_are_no_object_pass_as_they_are(
    fake: FakeOpenAI, client: openai.OpenAI, text: str
) -> None:
    fake.script = lambda _: call("send", text, cut=per_character)
    assert made(ask(client, "hi")) == text
    assert arguments(stream(client, "hi")) == text


def test_a_custom_tool_s_free_text_is_read(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    custom = {"id": "call_1", "type": "custom", "custom": {"name": "note", "input": f"to {EMAIL}"}}
    ask(client, "hi", {"role": "assistant", "tool_calls": [custom]}, "go on")
    assert EMAIL not in fake.last.text
    assert last_text(fake.last) == "go on"
