"""Chat through the appliance is chat: an unmodified SDK sees what it would see without it."""

import asyncio
import json

import openai

from tests.fakes.cuts import per_character
from tests.fakes.openai_api import UPSTREAM_KEY, FakeOpenAI
from tests.fakes.replies import Choice, Reply, ToolCall, call, say
from tests.sdk.gateway import Gateway
from tests.sdk.material import MODEL, arguments, ask, content, echo, finish, joined, stream, user

PROSE = 'Grüße aus Köln – "Welt" \\ 🌍\nzweite Zeile, 100 % sicher.'
TOOLS = [{"type": "function", "function": {"name": "send", "parameters": {"type": "object"}}}]


def test_a_chat_goes_through(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    fake.script = echo
    answer = ask(client, PROSE)
    assert content(answer) == PROSE
    assert answer.model == MODEL
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.total_tokens == 18


def test_the_upstream_sees_the_operator_s_key_and_never_ours(fake: FakeOpenAI, balanced: Gateway) -> None:
    with balanced.client() as client:
        ask(client, "hi")
    assert fake.last.header("authorization") == f"Bearer {UPSTREAM_KEY}"
    assert balanced.key not in repr(fake.last.headers)
    assert not [name for name, _ in fake.last.headers if name.startswith(("x-sluicegate", "x-og-"))]


def test_a_streamed_chat_goes_through(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    fake.script = lambda got: echo(got, cut=per_character)
    chunks = stream(client, PROSE)
    assert joined(chunks) == PROSE
    assert finish(chunks) == ["stop"]
    assert {chunk.object for chunk in chunks} == {"chat.completion.chunk"}
    assert chunks[0].choices[0].delta.role == "assistant"


def test_the_usage_chunk_comes_last_without_choices(client: openai.OpenAI) -> None:
    chunks = stream(client, "hi", stream_options={"include_usage": True})
    assert chunks[-1].choices == []
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.total_tokens == 18


def test_two_choices(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    fake.script = lambda _: Reply((Choice("first one"), Choice("second one")))
    answer = ask(client, "hi", n=2)
    assert [content(answer, 0), content(answer, 1)] == ["first one", "second one"]
    chunks = stream(client, "hi", n=2)
    assert [joined(chunks, 0), joined(chunks, 1)] == ["first one", "second one"]
    assert [finish(chunks, 0), finish(chunks, 1)] == [["stop"], ["stop"]]


def test_tool_calls(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    given = json.dumps({"to": "the team", "text": PROSE, "count": 3, "flags": [True, None, 1.50]})
    fake.script = lambda _: call("send", given, cut=per_character)
    answer = ask(client, "hi", tools=TOOLS)
    assert answer.choices[0].finish_reason == "tool_calls"
    assert answer.choices[0].message.content is None
    made = answer.choices[0].message.tool_calls[0]
    assert (made.id, made.function.name, made.function.arguments) == ("call_0001", "send", given)
    chunks = stream(client, "hi", tools=TOOLS)
    assert arguments(chunks) == given
    assert finish(chunks) == ["tool_calls"]


def test_two_tool_calls_in_one_answer(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    made = (ToolCall("a", '{"x": 1}', "call_a"), ToolCall("b", '{"y": "two"}', "call_b"))
    fake.script = lambda _: Reply((Choice("Calling.", tool_calls=made),), cut=per_character)
    chunks = stream(client, "hi", tools=TOOLS)
    assert joined(chunks) == "Calling."
    assert [arguments(chunks, 0), arguments(chunks, 1)] == ['{"x": 1}', '{"y": "two"}']


def test_logprobs_of_a_harmless_answer_stay(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    fake.script = lambda _: say("two words")
    tokens = ask(client, "hi", logprobs=True, top_logprobs=1).choices[0].logprobs.content
    assert [token.token for token in tokens] == ["two", " words"]
    assert tokens[0].top_logprobs[0].token == "two"
    held = [chunk.choices[0].logprobs for chunk in stream(client, "hi", logprobs=True)]
    streamed = [token.token for item in held if item for token in item.content or ()]
    assert "".join(streamed) == "two words"


def test_a_refusal_of_the_model_itself_is_kept(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    fake.script = lambda _: Reply((Choice(refusal="I cannot do that."),))
    assert ask(client, "hi").choices[0].message.refusal == "I cannot do that."
    told = [chunk.choices[0].delta.refusal or "" for chunk in stream(client, "hi")]
    assert "".join(told) == "I cannot do that."


def test_the_async_client(fake: FakeOpenAI, balanced: Gateway) -> None:
    fake.script = lambda got: echo(got, cut=per_character)

    async def talk() -> tuple[str, str]:
        async with balanced.async_client() as client:
            ask_for = {"model": MODEL, "messages": [user(PROSE)]}
            whole = await client.chat.completions.create(**ask_for)  # type: ignore[call-overload]  # plain dicts
            pieces = await client.chat.completions.create(**ask_for, stream=True)  # type: ignore[call-overload]  # plain dicts
            return content(whole), joined([chunk async for chunk in pieces])

    assert asyncio.run(talk()) == (PROSE, PROSE)


def test_many_at_once_do_not_mix(fake: FakeOpenAI, balanced: Gateway) -> None:
    fake.script = lambda got: echo(got, cut=per_character)

    async def one(client: openai.AsyncOpenAI, number: int) -> str:
        pieces = await client.chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": f"number {number} of many"}], stream=True
        )
        return joined([chunk async for chunk in pieces])

    async def all_at_once() -> list[str]:
        async with balanced.async_client() as client:
            return list(await asyncio.gather(*(one(client, number) for number in range(20))))

    assert asyncio.run(all_at_once()) == [f"number {number} of many" for number in range(20)]
