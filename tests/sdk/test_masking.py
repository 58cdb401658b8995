"""What a user writes in confidence reaches the upstream as a placeholder and comes back as it was."""

from typing import Any

import openai
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fakes.cuts import around, bytes_seeded, per_byte, per_character, slices, text_seeded, words
from tests.fakes.openai_api import FakeOpenAI
from tests.fakes.replies import Choice, Reply, ToolCall, say
from tests.sdk.gateway import Gateway
from tests.sdk.material import (
    AWS_KEY,
    EMAIL,
    MODEL,
    OTHER_AWS_KEY,
    OTHER_EMAIL,
    TOKEN,
    ask,
    content,
    echo,
    finish,
    joined,
    last_text,
    only_token,
    stream,
    tokens,
    user,
)

VALUES = pytest.mark.parametrize("value", [AWS_KEY, EMAIL], ids=["secret", "email"])
QUESTION = "Remember {}, please: it opens the vault."


@VALUES
def test_a_value_is_masked_upstream_and_restored_in_the_answer(
    fake: FakeOpenAI, client: openai.OpenAI, value: str
) -> None:
    fake.script = echo
    assert content(ask(client, QUESTION.format(value))) == QUESTION.format(value)
    assert value not in fake.last.text
    assert last_text(fake.last) == QUESTION.format(only_token(fake.last))


@VALUES
@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("byte_cut", [None, per_byte, bytes_seeded(3)], ids=["frames", "bytes", "seeded"])
@pytest.mark.parametrize("cut", [words, per_character, text_seeded(7)], ids=["words", "characters", "seeded"])
def test_a_stream_restores_however_it_is_cut(
    fake: FakeOpenAI, client: openai.OpenAI, value: str, newline: str, byte_cut: Any, cut: Any
) -> None:
    fake.script = lambda got: echo(got, cut=cut, byte_cut=byte_cut, newline=newline, comments=True)
    chunks = stream(client, QUESTION.format(value))
    assert joined(chunks) == QUESTION.format(value)
    assert finish(chunks) == ["stop"]
    assert value not in fake.last.text


@VALUES
def test_a_stream_restores_when_the_placeholder_is_cut_at_any_one_place(
    fake: FakeOpenAI, client: openai.OpenAI, value: str
) -> None:
    fake.script = echo
    ask(client, value)
    token = only_token(fake.last)
    for offset in range(len(token) + 1):
        fake.script = lambda got, at=offset: echo(got, cut=around(token, at))  # type: ignore[misc]  # bound now
        assert joined(stream(client, QUESTION.format(value))) == QUESTION.format(value), offset


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(positions=st.sets(st.integers(0, 90)), order=st.permutations([AWS_KEY, EMAIL, OTHER_EMAIL]))
def test_a_stream_of_several_values_restores_at_any_cuts(
    fake: FakeOpenAI, client: openai.OpenAI, positions: set[int], order: list[str]
) -> None:
    fake.script = lambda got: echo(got, cut=lambda text: slices(text, positions))
    text = "{0}{{{1}}} {2}, {0}".format(*order)
    assert joined(stream(client, text)) == text


def test_both_of_two_choices_are_restored(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    def two(got: Any) -> Reply:
        return Reply((Choice(f"A {last_text(got)}"), Choice(f"B {last_text(got)}")), cut=per_character)

    fake.script = two
    answer = ask(client, AWS_KEY, n=2)
    assert [content(answer, 0), content(answer, 1)] == [f"A {AWS_KEY}", f"B {AWS_KEY}"]
    chunks = stream(client, AWS_KEY, n=2)
    assert [joined(chunks, 0), joined(chunks, 1)] == [f"A {AWS_KEY}", f"B {AWS_KEY}"]


def test_logprobs_tell_neither_the_value_nor_the_placeholder(fake: FakeOpenAI, balanced: Gateway) -> None:
    fake.script = lambda got: echo(got, cut=per_character)
    for streamed in (False, True):
        question = {"model": MODEL, "messages": [user(AWS_KEY)], "logprobs": True, "stream": streamed}
        answer = balanced.post("/chat/completions", question)
        assert answer.status_code == 200
        assert '"token":"S"' not in answer.text
        assert '"token":"A"' not in answer.text


def test_the_same_value_has_the_same_placeholder_in_every_turn(
    fake: FakeOpenAI, client: openai.OpenAI
) -> None:
    fake.script = lambda got: say(f"Noted: {TOKEN.findall(got.text)[0]}")
    first = f"My key is {AWS_KEY}"
    answered = content(ask(client, first))
    token = only_token(fake.last)
    ask(client, user(first), {"role": "assistant", "content": answered}, user(f"Use {AWS_KEY} again"))
    assert tokens(fake.last) == [token]
    assert [message["content"] for message in fake.last.body["messages"]] == [
        f"My key is {token}",
        f"Noted: {token}",
        f"Use {token} again",
    ]


def test_different_values_have_different_placeholders(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    ask(client, f"{AWS_KEY} {OTHER_AWS_KEY} {EMAIL} {OTHER_EMAIL}")
    assert len(tokens(fake.last)) == 4


def test_tokens_are_letters_and_digits_only(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    ask(client, f"<{AWS_KEY}>")
    token = last_text(fake.last).strip("<>")
    assert token.isascii()
    assert token.isalnum()
    assert TOKEN.fullmatch(token)


PLACES = {
    "system": [{"role": "system", "content": f"Owner: {EMAIL} {AWS_KEY}"}, user("hi")],
    "developer": [{"role": "developer", "content": f"Owner: {EMAIL} {AWS_KEY}"}, user("hi")],
    "parts": [{"role": "user", "content": [{"type": "text", "text": f"{EMAIL} {AWS_KEY}"}]}],
    "history": [user("hi"), {"role": "assistant", "content": f"{EMAIL} {AWS_KEY}"}, user("hi")],
    "history refusal": [user("hi"), {"role": "assistant", "refusal": f"{EMAIL} {AWS_KEY}"}, user("hi")],
    "tool result": [
        user("hi"),
        {
            "role": "assistant",
            "tool_calls": [
                {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
            ],
        },
        {"role": "tool", "tool_call_id": "call_1", "content": f"{EMAIL} {AWS_KEY}"},
    ],
    "tool result parts": [
        user("hi"),
        {
            "role": "tool",
            "tool_call_id": "call_1",
            "content": [{"type": "text", "text": f"{EMAIL} {AWS_KEY}"}],
        },
    ],
    "call arguments in history": [
        user("hi"),
        {
            "role": "assistant",
            "tool_calls": [
                {
                    "id": "call_1",
                    "type": "function",
                    "function": {"name": "look", "arguments": f'{{"q": "{EMAIL} {AWS_KEY}"}}'},
                }
            ],
        },
        {"role": "tool", "tool_call_id": "call_1", "content": "nothing"},
    ],
    "function result": [user("hi"), {"role": "function", "name": "look", "content": f"{EMAIL} {AWS_KEY}"}],
    "unknown key of a message": [{"role": "user", "content": "hi", "note": f"{EMAIL} {AWS_KEY}"}],
}


@pytest.mark.parametrize("place", PLACES)
def test_messages_of_every_kind_are_masked(fake: FakeOpenAI, client: openai.OpenAI, place: str) -> None:
    ask(client, *PLACES[place])
    assert EMAIL not in fake.last.text
    assert AWS_KEY not in fake.last.text
    assert len(tokens(fake.last)) == 2


def _tool(**fields: Any) -> list[dict[str, Any]]:
    function = {"name": "look", "description": "Looks.", "parameters": {"type": "object"}} | fields
    return [{"type": "function", "function": function}]


FIELDS: dict[str, dict[str, Any]] = {
    "tool description": {"tools": _tool(description=f"Mail to {EMAIL} {AWS_KEY}")},
    "tool parameters": {
        "tools": _tool(
            parameters={
                "type": "object",
                "properties": {"to": {"type": "string", "description": f"{EMAIL} {AWS_KEY}"}},
            }
        )
    },
    "schema default": {
        "tools": _tool(parameters={"type": "object", "properties": {"to": {"enum": [EMAIL, AWS_KEY]}}})
    },
    "legacy functions": {"functions": [{"name": "look", "description": f"{EMAIL} {AWS_KEY}"}]},
    "prediction": {"prediction": {"type": "content", "content": f"{EMAIL} {AWS_KEY}"}},
    "response format": {
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "out", "description": f"{EMAIL} {AWS_KEY}", "schema": {}},
        }
    },
    "end user": {"user": f"{EMAIL} {AWS_KEY}"},
    "metadata": {"metadata": {"who": f"{EMAIL} {AWS_KEY}"}},
    "unknown field": {"extra_body": {"vendor_notes": {"deep": [f"{EMAIL} {AWS_KEY}"]}}},
}


@pytest.mark.parametrize("field", FIELDS)
def test_fields_of_every_kind_are_masked(fake: FakeOpenAI, client: openai.OpenAI, field: str) -> None:
    ask(client, "hi", **FIELDS[field])
    assert EMAIL not in fake.last.text
    assert AWS_KEY not in fake.last.text
    assert len(tokens(fake.last)) == 2


def test_only_what_the_user_wrote_is_restored(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    fake.script = lambda got: say(" ".join(tokens(got)), cut=per_character)
    messages = [{"role": "system", "content": f"Owner: {OTHER_EMAIL}"}, user(f"I am {EMAIL}")]
    answer = content(ask(client, *messages))
    kept, restored = answer.split(" ")
    assert restored == EMAIL
    assert kept in tokens(fake.last)
    assert joined(stream(client, *messages)) == answer


def test_values_in_names_are_read(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    ask(client, {"role": "user", "content": "hi", "name": AWS_KEY})
    assert AWS_KEY not in fake.last.text


def test_calls_and_text_of_one_answer_are_both_restored(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    def both(got: Any) -> Reply:
        token = only_token(got)
        made = ToolCall("send", f'{{"to": "{token}"}}')
        return Reply((Choice(f"To {token}.", tool_calls=(made,)),), cut=per_character)

    fake.script = both
    message = ask(client, f"Write to {EMAIL}").choices[0].message
    assert message.content == f"To {EMAIL}."
    assert message.tool_calls[0].function.arguments == f'{{"to": "{EMAIL}"}}'


@pytest.mark.parametrize(
    "extra",
    [
        pytest.param({"vendor": {AWS_KEY: 1}}, id="object-key"),
        pytest.param({"vendor": {"deep": [{EMAIL: None}]}}, id="deep-object-key"),
        pytest.param({"vendor": {"card": 4111111111111111}}, id="number"),
    ],
)
def test_what_cannot_become_a_placeholder_is_blocked(
    fake: FakeOpenAI, client: openai.OpenAI, extra: dict[str, Any]
) -> None:
    assert ask(client, "hi", extra_body=extra).choices[0].finish_reason == "content_filter"
    assert not fake.requests


def test_a_number_in_a_call_of_the_history_is_blocked_not_corrupted(
    fake: FakeOpenAI, client: openai.OpenAI
) -> None:
    made = {
        "id": "c",
        "type": "function",
        "function": {"name": "pay", "arguments": '{"card": 4111111111111111}'},
    }
    history = {"role": "assistant", "tool_calls": [made]}
    answer = ask(client, "hi", history, {"role": "tool", "tool_call_id": "c", "content": "ok"})
    assert answer.choices[0].finish_reason == "content_filter"
    assert not fake.requests
