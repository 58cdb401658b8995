"""Big runs of law 1: whole streams of any shape, cut anywhere, give the same texts and record."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sluicegate.detection.framing.sse import SseParser
from sluicegate.detection.policy import Policy
from sluicegate.detection.presets import BALANCED
from sluicegate.detection.types import AuditCore, Decided, Verdict
from sluicegate.detection.vault import SHAPE
from tests.detection.support import (
    BLOCK_ALL,
    DATA_RULES,
    MASK_ALL,
    begin,
    chat,
    cut,
    frames_of,
    run,
)

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]
BIG = settings(
    max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
MAIL = "maria.keller@kontor-nord.example"
TOKEN = "\ue000"
"""Stands for the placeholder of the user's mail."""
POLICIES = [
    pytest.param(MASK_ALL, id="mask"),
    pytest.param(BLOCK_ALL, id="block"),
    pytest.param(BALANCED, id="balanced"),
]
LOOK_ALIKES = str.maketrans(
    "AEIKMOaeiopc4", "\u0410\u0415\u0406\u041a\u041c\u041e\u0430\u0435\u0456\u043e\u0440\u0441\uff14"
)


def disguised(value: str, way: int) -> str:
    """Write a value so that only the Unicode view reads it."""
    middle = len(value) // 2
    return [
        value,
        value.translate(LOOK_ALIKES),
        value[:middle] + "\u200b\u200d" + value[middle:],
        value[:3] + "\u0301" + value[3:],
        "".join(chr(0xFEE0 + ord(mark)) if "!" <= mark <= "~" else mark for mark in value),
    ][way]


_VALUES = st.builds(
    disguised,
    st.sampled_from(
        [item for rule in DATA_RULES for item in (*rule.examples, *rule.near_misses) if len(item) < 120]
    ),
    st.integers(0, 4),
)
_FILLER = st.sampled_from(
    [
        "the ",
        "a\u0301",
        "\u200b",
        "K\u00f6nig ",
        "42",
        ". ",
        "\n",
        "@",
        "-",
        "password: ",
        "AKIA",
        "eyJ",
        "\U0001f600",
        "Sgx",
        TOKEN,
    ]
)
TEXTS = st.lists(st.one_of(_VALUES, _FILLER, _FILLER, st.just(" ")), max_size=7).map("".join)


@st.composite
def answers(draw: st.DrawFn) -> list[dict[str, Any]]:
    """A message for each choice of an answer."""
    messages = []
    for _ in range(draw(st.integers(1, 3))):
        message: dict[str, Any] = {"role": "assistant", "content": draw(TEXTS)}
        if draw(st.booleans()):
            message[draw(st.sampled_from(["refusal", "reasoning_content", "vendor_text"]))] = draw(TEXTS)
        if draw(st.booleans()):
            arguments = json.dumps({"note": draw(TEXTS), "list": [draw(TEXTS), 1, None]})
            if draw(st.booleans()):
                arguments = arguments[: draw(st.integers(0, len(arguments)))]
            function = {"name": "lookup", "arguments": arguments}
            message["tool_calls"] = [{"index": 0, "id": "call_1", "type": "function", "function": function}]
        messages.append(message)
    return messages


def frames(messages: list[dict[str, Any]], part: Callable[[str], list[str]]) -> Iterable[dict[str, Any]]:
    """Spread messages over frames; `part` says how each text is cut."""
    head = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}

    def frame(choice: int, delta: dict[str, Any], reason: str | None = None) -> dict[str, Any]:
        return {**head, "choices": [{"index": choice, "delta": delta, "finish_reason": reason}]}

    for number, message in enumerate(messages):
        for key, value in message.items():
            if key == "role":
                yield frame(number, {"role": value})
            elif key == "tool_calls":
                call = {**value[0], "function": {**value[0]["function"], "arguments": ""}}
                yield frame(number, {"tool_calls": [call]})
                for piece in part(value[0]["function"]["arguments"]):
                    yield frame(number, {"tool_calls": [{"index": 0, "function": {"arguments": piece}}]})
            else:
                for piece in part(value):
                    yield frame(number, {key: piece})
    for number in range(len(messages)):
        yield frame(number, {}, "stop")


def written(bodies: Iterable[dict[str, Any]], newline: str = "\n") -> bytes:
    lines = [f"data: {json.dumps(body, ensure_ascii=False)}{newline}{newline}" for body in bodies]
    return "".join([*lines, f"data: [DONE]{newline}{newline}"]).encode("utf-8", "surrogatepass")


def texts(stream: bytes) -> dict[tuple[int, str], str]:
    """What a client puts together."""
    joined: dict[tuple[int, str], str] = defaultdict(str)
    for body in frames_of(stream.replace(b"\r\n", b"\n")):
        for choice in body["choices"]:
            for key, value in choice["delta"].items():
                if key == "tool_calls":
                    joined[choice["index"], key] += value[0]["function"].get("arguments", "")
                elif key != "role":
                    joined[choice["index"], key] += value
    return {place: text for place, text in joined.items() if text}


def still(core: AuditCore) -> AuditCore:
    def timeless(verdict: Verdict) -> Verdict:
        return replace(verdict, seconds=0.0)

    return replace(core, prompt=timeless(core.prompt), answer=timeless(core.answer) if core.answer else None)


def released(
    messages: list[dict[str, Any]], policy: Policy, part: Callable[[str], list[str]], newline: str, size: int
) -> tuple[dict[tuple[int, str], str], AuditCore]:
    inspection, token = opened(policy)
    stream = written(frames(with_token(messages, token), part), newline)
    out = run(inspection, [stream[at : at + size] for at in range(0, len(stream), size)])
    return texts(out), still(inspection.core())


def with_token(messages: list[dict[str, Any]], token: str) -> list[dict[str, Any]]:
    """Put a placeholder where it belongs; inside of arguments its stand-in is spelled as an escape."""
    return [
        {
            **{key: value.replace(TOKEN, token) for key, value in message.items() if isinstance(value, str)},
            **(
                {"tool_calls": [_call_with(message["tool_calls"][0], token)]}
                if "tool_calls" in message
                else {}
            ),
        }
        for message in messages
    ]


def _call_with(call: dict[str, Any], token: str) -> dict[str, Any]:
    arguments = call["function"]["arguments"].replace(json.dumps(TOKEN)[1:-1], token)
    return {**call, "function": {**call["function"], "arguments": arguments}}


def opened(policy: Policy) -> tuple[Any, str]:
    inspection, forwarded = begin(chat(f"write to {MAIL} "), policy=policy)
    found = SHAPE.search(json.dumps(forwarded)) if forwarded else None
    return inspection, found.group() if found else "nobody"


@pytest.mark.parametrize("policy", POLICIES)
@BIG
@given(
    messages=answers(),
    cuts=st.lists(st.integers(0, 200), max_size=12),
    newline=st.sampled_from(["\n", "\r\n"]),
    size=st.integers(1, 400),
)
def test_any_answer_any_frames_any_bytes(
    policy: Policy, messages: list[dict[str, Any]], cuts: list[int], newline: str, size: int
) -> None:
    if policy is BLOCK_ALL:  # what is released of later texts depends on the order of frames, not on cuts
        messages = messages[:1]
    fold = released(messages, policy, lambda text: list(text) or [""], "\n", 1 << 20)
    assert released(messages, policy, lambda text: cut(text, cuts), newline, size) == fold


def _of_answer(core: AuditCore) -> list[Decided]:
    assert core.answer
    return sorted(
        core.answer.decided,
        key=lambda item: (item.finding.pointer, item.finding.span.start, item.finding.rule),
    )


@pytest.mark.parametrize("policy", [POLICIES[0], POLICIES[2]])
@BIG
@given(messages=answers())
def test_a_buffered_answer_is_a_streamed_one(policy: Policy, messages: list[dict[str, Any]]) -> None:
    streamed, core = released(messages, policy, lambda text: [text], "\n", 1 << 20)
    inspection, token = opened(policy)
    choices = [
        {"index": number, "message": message} for number, message in enumerate(with_token(messages, token))
    ]
    body = json.dumps({"choices": choices}, ensure_ascii=False).encode()
    decision = inspection.response(body, "application/json")
    if decision.body is None:  # a value that cannot be edited blocks both
        assert core.action is inspection.core().action
        return
    for choice in json.loads(decision.body)["choices"]:
        for key, value in choice["message"].items():
            text = value[0]["function"]["arguments"] if key == "tool_calls" else value
            if key != "role":
                assert streamed.get((choice["index"], key), "") == text
    assert _of_answer(core) == _of_answer(still(inspection.core()))


@settings(max_examples=5000, deadline=None)
@given(
    pieces=st.lists(
        st.sampled_from(["\r", "\n", "\r\n", "data: x", "data", ": c", "event: e", "data:\u00e9", " ", "x"]),
        max_size=30,
    ),
    cuts=st.lists(st.integers(0, 120), max_size=12),
)
def test_events_put_together_are_the_stream(pieces: list[str], cuts: list[int]) -> None:
    stream = "".join(pieces).encode()

    def events(parts: list[bytes]) -> tuple[bytes, list[bytes]]:
        parser = SseParser()
        found = [event for part in parts for event in parser.feed(part)]
        rest = parser.close()
        found += [rest] if rest else []
        return b"".join(event.raw for event in found), [
            event.data for event in found if event.data is not None
        ]

    edges = [0, *sorted({at for at in cuts if at < len(stream)}), len(stream)]
    whole = events([stream])
    assert whole[0] == stream
    assert events([stream[left:right] for left, right in pairwise(edges)]) == whole
