"""Functions that scan are asked by every face that lives in a program."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from sluicegate import register_engine
from sluicegate.detection.inspection import Step, StreamGuard
from sluicegate.detection.presets import BALANCED
from sluicegate.detection.types import Action, Direction
from sluicegate.library.default import current, forget_engine
from sluicegate.library.embedded import Embedded
from sluicegate.library.local import SELF
from sluicegate.library.turn import TURN
from tests.detection.support import frames_of, text_of, text_stream

WORD = "heron"


def find(text: str) -> Iterator[tuple[int, int]]:
    assert not TURN.locked()
    at = text.find(WORD)
    if at >= 0:
        yield at, at + len(WORD)


def broken(text: str) -> Iterator[tuple[int, int]]:
    if WORD in text:
        raise RuntimeError(text)
    return iter(())


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    yield
    for scanner in current().settings.scanners:
        forget_engine(scanner.name)


def request(text: str) -> bytes:
    messages = [{"role": "user", "content": text}]
    return json.dumps({"model": "m", "stream": True, "messages": messages}).encode()


def answering() -> StreamGuard:
    exchange = Embedded().open("openai_chat", current().policy(BALANCED), SELF)
    exchange.request(request("hello"))
    assert exchange.asking_stream() is None
    return exchange.stream()


def test_a_prompt_is_masked_by_what_a_function_finds() -> None:
    register_engine("birds", find, action=Action.MASK)
    exchange = Embedded().open("openai_chat", current().policy(BALANCED), SELF)
    decision = exchange.request(request(f"a {WORD} by the river"))
    assert decision.body is not None
    assert WORD.encode() not in decision.body
    assert [finding.rule for finding in decision.verdict.findings] == ["birds"]


def test_a_whole_answer_is_scanned_too() -> None:
    register_engine("birds", find, action=Action.BLOCK)
    exchange = Embedded().open("openai_chat", current().policy(BALANCED), SELF)
    exchange.request(request("hello"))
    choice = {"index": 0, "message": {"role": "assistant", "content": f"a {WORD}"}, "finish_reason": "stop"}
    decision = exchange.response(json.dumps({"choices": [choice]}).encode(), "application/json")
    assert decision.refusal is not None


def test_a_streamed_answer_waits_for_its_end_and_is_masked() -> None:
    register_engine("birds", find, action=Action.REPLACE)
    guard = answering()
    first = guard.feed(
        text_stream(["one he", "ron and "]).partition(b"data: [DONE]")[0].rpartition(b"data:")[0]
    )
    assert text_of(first.release) == ""
    rest = guard.feed(text_stream([]).partition(b"\n\n")[2])
    said = text_of(rest.release)
    assert WORD not in said
    assert said.startswith("one ")


def test_a_function_for_prompts_alone_holds_no_answer() -> None:
    register_engine("birds", find, directions=[Direction.PROMPT])
    guard = answering()
    assert text_of(guard.feed(text_stream(["one two three "])).release) == "one two three "


@pytest.mark.parametrize(("fail", "passes"), [("open", True), ("closed", False)])
def test_a_function_that_fails_in_a_stream_does_as_it_was_told(fail: str, passes: bool) -> None:
    register_engine("birds", broken, fail="open" if fail == "open" else "closed")
    guard = answering()
    step: Step = guard.feed(text_stream([f"a {WORD}"]))
    assert (WORD.encode() in step.release) is passes
    assert step.ended is not passes
    if not passes:
        assert "error" in frames_of(step.release)[-1]


def test_without_functions_nothing_changes() -> None:
    guard = answering_plain()
    assert text_of(guard.feed(text_stream(["a heron "])).release) == "a heron "


def answering_plain() -> StreamGuard:
    exchange = Embedded().open("openai_chat", replace(BALANCED, name="other"), SELF)
    exchange.request(request("hello"))
    return exchange.stream()
