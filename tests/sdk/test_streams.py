"""Streams of unusual but legal (or nearly legal) shapes hide nothing and lose nothing."""

import json
from typing import Any

import openai
import pytest

from tests.fakes.cuts import per_character, slices
from tests.fakes.http_server import Answer, Gate
from tests.fakes.openai_api import FakeOpenAI
from tests.fakes.replies import chat_chunk, error_body, raw_stream, say
from tests.sdk.gateway import Gateway
from tests.sdk.material import AWS_KEY, EMAIL, MODEL, ask, echo, finish, joined, only_token, stream, user

THIRDS = [AWS_KEY[:5], AWS_KEY[5:13], AWS_KEY[13:]]
DONE = "[DONE]"
QUESTION = {"model": MODEL, "messages": [user("hi")], "stream": True}


def shown(gateway: Gateway) -> list[dict[str, Any]]:
    """The data of every frame that a client gets."""
    answer = gateway.post("/chat/completions", QUESTION)
    assert answer.status_code == 200
    return [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: {")]


def strings(value: Any) -> str:
    """Every string in a JSON value, joined in order."""
    if isinstance(value, dict):
        return "".join(strings(item) for item in value.values())
    if isinstance(value, list):
        return "".join(strings(item) for item in value)
    return value if isinstance(value, str) else ""


def field(frames: list[dict[str, Any]], *path: str | int) -> str:
    """The joined texts at one place of each frame's first choice."""
    told = []
    for frame in frames:
        value: Any = frame["choices"][0]["delta"] if frame.get("choices") else None
        for step in path:
            present = isinstance(step, int) or (isinstance(value, dict) and step in value)
            value = value[step] if value and present else None
        told.append(value or "")
    return "".join(told)


GROWING: dict[str, tuple[tuple[str | int, ...], Any]] = {
    "content": (("content",), lambda text: {"content": text}),
    "refusal": (("refusal",), lambda text: {"refusal": text}),
    "reasoning_content": (("reasoning_content",), lambda text: {"reasoning_content": text}),
    "reasoning": (("reasoning",), lambda text: {"reasoning": text}),
    "transcript": (("audio", "transcript"), lambda text: {"audio": {"id": "a", "transcript": text}}),
    "function_call": (
        ("function_call", "arguments"),
        lambda text: {"function_call": {"arguments": text}},
    ),
    "tool arguments": (
        ("tool_calls", 0, "function", "arguments"),
        lambda text: {"tool_calls": [{"index": 0, "function": {"arguments": text}}]},
    ),
    "tool name": (
        ("tool_calls", 0, "function", "name"),
        lambda text: {"tool_calls": [{"index": 0, "id": "c", "function": {"name": text}}]},
    ),
    "a field nobody knows": (("vendor_text",), lambda text: {"vendor_text": text}),
}


@pytest.mark.parametrize("name", GROWING)
def test_a_secret_in_three_chunks_is_hidden_in_every_text_that_grows(
    fake: FakeOpenAI, balanced: Gateway, name: str
) -> None:
    path, delta = GROWING[name]
    chunks = [chat_chunk(delta(text)) for text in ("It is ", *THIRDS, " indeed.")]
    fake.script = lambda _: raw_stream(*chunks, chat_chunk({}, "stop"), DONE)
    told = field(shown(balanced), *path)
    assert AWS_KEY not in told
    assert THIRDS[1] not in told


def test_text_after_a_choice_has_ended_is_not_let_through_unread(fake: FakeOpenAI, balanced: Gateway) -> None:
    late = [chat_chunk({"content": text}) for text in THIRDS]
    fake.script = lambda _: raw_stream(chat_chunk({"content": "Hi."}, "stop"), *late, DONE)
    assert AWS_KEY not in strings(shown(balanced))


def test_text_after_the_end_mark_is_not_let_through_unread(fake: FakeOpenAI, balanced: Gateway) -> None:
    late = [chat_chunk({"content": text}) for text in THIRDS]
    fake.script = lambda _: raw_stream(chat_chunk({"content": "Hi."}), DONE, *late)
    assert AWS_KEY not in strings(shown(balanced))


@pytest.mark.parametrize("kind", ["comment", "event", "id", "retry", "field nobody knows"])
def test_a_secret_beside_the_data_is_not_let_through(fake: FakeOpenAI, balanced: Gateway, kind: str) -> None:
    names = {"comment": ": ", "event": "event: ", "id": "id: ", "retry": "retry: "}
    line = names.get(kind, "vendor: ") + AWS_KEY
    pieces = [f"{line}\n\n".encode(), b"data: [DONE]\n\n"]
    fake.script = lambda _: Answer(pieces, content_type="text/event-stream", framing="chunked")
    assert AWS_KEY not in balanced.post("/chat/completions", QUESTION).text


def test_content_in_parts_is_read(fake: FakeOpenAI, balanced: Gateway) -> None:
    parts = [{"type": "text", "text": f"It is {AWS_KEY}"}]
    fake.script = lambda _: raw_stream(chat_chunk({"content": parts}), chat_chunk({}, "stop"), DONE)
    assert AWS_KEY not in strings(shown(balanced))


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
@pytest.mark.parametrize("form", ["data:{}", "data: {}", "event: message{n}data: {}", "id: 7{n}data: {}"])
def test_every_spelling_of_an_event_is_understood(
    fake: FakeOpenAI, client: openai.OpenAI, newline: str, form: str
) -> None:
    chunks = [chat_chunk({"content": text}) for text in ("It is ", *THIRDS, ".")]
    texts = [*(json.dumps(chunk) for chunk in chunks), DONE]
    pieces = [(form.replace("{n}", newline).replace("{}", text) + newline * 2).encode() for text in texts]
    fake.script = lambda _: Answer(pieces, content_type="text/event-stream", framing="chunked")
    told = joined(stream(client, "hi"))
    assert told.startswith("It is ")
    assert told.endswith(".")
    assert "AKIA" not in told


def test_data_over_several_lines_is_one_event(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    text = json.dumps(chat_chunk({"content": f"It is {AWS_KEY}."}, "stop"), indent=1)
    event = "".join(f"data: {line}\n" for line in text.splitlines()) + "\n"
    pieces = [event.encode(), b"data: [DONE]\n\n"]
    fake.script = lambda _: Answer(pieces, content_type="text/event-stream", framing="chunked")
    told = joined(stream(client, "hi"))
    assert told.startswith("It is ")
    assert "AKIA" not in told


def test_an_emoji_cut_into_surrogates_arrives(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    chunks = [chat_chunk({"content": text}) for text in ("a ", "\ud83c", "\udf0d", " b")]
    fake.script = lambda _: raw_stream(*chunks, chat_chunk({}, "stop"), DONE)
    told = joined(stream(client, "hi"))
    assert told.encode("utf-16", "surrogatepass").decode("utf-16") == "a 🌍 b"


def test_a_secret_in_an_error_of_mid_stream_is_hidden(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    broken = error_body(500, "server_error", f"No credit left on {AWS_KEY}")
    fake.script = lambda _: raw_stream(chat_chunk({"content": "Hi "}), broken)
    with pytest.raises(openai.APIError) as caught:
        stream(client, "hi")
    assert AWS_KEY not in str(caught.value)
    assert AWS_KEY not in json.dumps(caught.value.body)


def test_a_stream_without_choices_or_usage_passes(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    odd: list[Any] = [{"choices": []}, {"id": "x"}, chat_chunk({}), chat_chunk({"content": None})]
    fake.script = lambda _: raw_stream(*odd, chat_chunk({"content": "Hi."}), chat_chunk({}, "stop"), DONE)
    told = [chunk for chunk in stream(client, "hi") if chunk.choices]
    assert joined(told) == "Hi."
    assert finish(told) == ["stop"]


@pytest.mark.parametrize("data", ["[]", "null", "17", '"text"', "{}", '{"choices":{}}', '{"choices":[7]}'])
def test_a_frame_of_an_impossible_shape_crashes_nothing(
    fake: FakeOpenAI, balanced: Gateway, data: str
) -> None:
    fake.script = lambda _: raw_stream(chat_chunk({"content": "Hi."}), data, DONE)
    answer = balanced.post("/chat/completions", QUESTION)
    assert answer.status_code == 200
    outcome = balanced.exchange(answer.headers["x-sluicegate-request-id"])["outcome"]
    assert outcome in ("complete", "upstream_error", "stopped")


@pytest.mark.parametrize("index", [1, 127, -1, 10**9])
def test_a_choice_nobody_asked_for_is_read_too(fake: FakeOpenAI, balanced: Gateway, index: int) -> None:
    chunks = [chat_chunk({"content": text}, index=index) for text in THIRDS]
    fake.script = lambda _: raw_stream(*chunks, chat_chunk({}, "stop", index), DONE)
    assert AWS_KEY not in strings([frame.get("choices") for frame in shown(balanced)])


def test_choices_without_an_index_are_read_too(fake: FakeOpenAI, balanced: Gateway) -> None:
    chunks = [{"choices": [{"delta": {"content": text}}]} for text in THIRDS]
    fake.script = lambda _: raw_stream(*chunks, DONE)
    assert AWS_KEY not in strings([frame.get("choices") for frame in shown(balanced)])


def test_a_secret_cut_by_an_unrelated_choice_is_found(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    chunks = []
    for text in THIRDS:
        chunks += [chat_chunk({"content": text}), chat_chunk({"content": "word "}, index=1)]
    ends = [chat_chunk({}, "stop"), chat_chunk({}, "stop", 1)]
    fake.script = lambda _: raw_stream(*chunks, *ends, DONE)
    told = stream(client, "hi", n=2)
    assert "AKIA" not in joined(told, 0)
    assert joined(told, 1) == "word word word "


def test_a_long_stream_arrives_whole(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    text = f"A few words about {EMAIL} and then some more of them. " * 200
    fake.script = lambda got: echo(got, cut=lambda value: slices(value, range(0, len(value), 7)))
    assert joined(stream(client, text)) == text
    assert EMAIL not in fake.last.text


def test_prose_is_not_held_back_longer_than_its_word(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    """While the upstream pauses after a finished word the client has all the words before."""
    gate = Gate()
    fake.script = lambda _: say("The quick brown fox jumps", gate=gate, gate_after=5)
    chunks = ask(client, "hi", stream=True)
    told = ""
    assert gate.reached.wait(10)
    while "brown" not in told:
        told += next(chunks).choices[0].delta.content or ""
    gate.open()
    assert told + joined(list(chunks)) == "The quick brown fox jumps"


def test_frames_keep_their_unknown_keys_and_their_texts(fake: FakeOpenAI, balanced: Gateway) -> None:
    """Frames may be joined or cut by the hold-back; what else they say stays."""
    chunks = [
        chat_chunk({"content": text}) | {"vendor": {"n": number}}
        for number, text in enumerate(("Grüße ", "aus ", "Köln."))
    ]
    fake.script = lambda _: raw_stream(*chunks, DONE)
    frames = shown(balanced)
    assert field(frames, "content") == "Grüße aus Köln."
    assert [frame["vendor"]["n"] for frame in frames if "vendor" in frame] == [0, 1, 2]


def test_the_legacy_function_call_is_restored(fake: FakeOpenAI, client: openai.OpenAI) -> None:
    def use(got: Any) -> Answer:
        pieces = per_character(json.dumps({"to": only_token(got)}))
        chunks = [chat_chunk({"function_call": {"arguments": piece}}) for piece in pieces]
        first = chat_chunk({"function_call": {"name": "send", "arguments": ""}})
        return raw_stream(first, *chunks, chat_chunk({}, "function_call"), DONE)

    fake.script = use
    calls = [chunk.choices[0].delta.function_call for chunk in stream(client, f"I am {EMAIL}")]
    assert json.loads("".join(item.arguments or "" for item in calls if item)) == {"to": EMAIL}
