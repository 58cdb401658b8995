"""Frames hold all that was collected while they were read: nothing else makes them."""

import ast
import json
from pathlib import Path
from typing import Any

import pytest

import sluicegate.detection
from sluicegate.detection.dialects import DIALECTS, Asked, collect
from sluicegate.detection.dialects.base import Slot
from sluicegate.detection.dialects.collect import Collector
from sluicegate.detection.types import Direction, Kind, Role

ODD = "jane.roe@example.org wrote"


def test_nothing_but_the_collector_makes_a_frame() -> None:
    folder = Path(sluicegate.detection.__path__[0])
    made = [
        path.name
        for path in folder.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Frame"
    ]
    assert made == ["collect.py"]


def test_a_frame_brings_texts_controls_and_what_nobody_reads() -> None:
    collector = Collector(Direction.ANSWER)
    collector.text("said", "/a", Role.ASSISTANT)
    collector.control(ODD, "", "id", Role.ASSISTANT)
    collector.skip("/b", "image")
    frame = collector.frame()
    assert [segment.text for segment in frame.others] == ["said"]
    assert [segment.text for segment in frame.controls] == [ODD]
    assert [item.reason for item in frame.unjudged] == ["image"]


SLOT = Slot(0, "/t", "/t", "hi", Kind.TEXT)


@pytest.mark.parametrize(
    ("given", "bare"),
    [
        ({"slots": (SLOT,)}, True),
        ({"slots": ()}, False),
        ({"slots": (SLOT,), "ended": (0,)}, False),
        ({"slots": (SLOT,), "repeats": (SLOT,)}, False),
    ],
)
def test_only_a_frame_that_does_nothing_but_grow_may_wait(given: dict[str, Any], bare: bool) -> None:
    assert Collector(Direction.ANSWER).frame(**given, bare=True).bare is bare


def test_a_frame_with_another_text_may_not_wait() -> None:
    collector = Collector(Direction.ANSWER)
    collector.text("said", "/a", Role.ASSISTANT)
    assert not collector.frame((SLOT,), bare=True).bare


@pytest.mark.parametrize(
    "event",
    [
        {"type": "response.output_item.added", "item": {"type": "message", "id": ODD, "content": []}},
        {"type": "response.output_item.done", "item": {"type": "function_call", "status": ODD}},
        {"type": "response.completed", "response": {"output": [{"type": "message", "id": ODD}]}},
    ],
)
@pytest.mark.parametrize("dialect", ["openai_responses"])
def test_odd_names_of_items_are_judged_in_a_stream(dialect: str, event: dict[str, Any]) -> None:
    shape = DIALECTS[dialect].stream(Asked("m", stream=True))
    assert shape is not None
    frame = shape.read(event)
    texts = [segment.text for segment in (*frame.controls, *frame.others)]
    assert ODD in texts


def test_words_that_are_not_looked_at_would_pass() -> None:
    assert all(collect.is_plain(word) for word in vars(collect)["_WORDS"])
    assert all(collect.words_only(name) for name in vars(collect)["_COUNTS"])


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        ("chatcmpl-BxT3kq9Zk3ehL0aFh8bLZ1mXy2Qw", True),
        ("gpt-4o-mini-2024-07-18", True),
        ("abcdefghijklmnopqrstuv", True),
        ("abcdefghijklmnopqrstuV", False),
        ("model-2024-20240718", True),
        ("model-2124", False),
        ("chatcmpl-a1b2_c3", False),
        ("a b", False),
        ("word1234", False),
    ],
)
def test_what_looks_like_machinery_s(value: str, plain: bool) -> None:
    assert collect.is_plain(value) is plain


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"prompt_tokens": 3, "total_tokens": 10**9}, False),
        ({"prompt_tokens": 3, "total_tokens": 10**9 - 1}, True),
        ({"prompt_tokens": True, "details": {"cached_tokens": None}}, True),
        ({"prompt_tokens": "a text of somebody"}, False),
        ({"jane.roe@example.org": 1}, False),
        ({"prompt_tokens": [1, {"x": "y z"}]}, False),
    ],
)
def test_counts_hold_no_words_of_anyone(value: Any, words: bool) -> None:
    assert collect.words_only(value) is words


@pytest.mark.parametrize(
    ("more", "texts"),
    [
        ({}, ["hi"]),
        ({"refusal": None, "annotations": []}, ["hi"]),
        ({"refusal": "no"}, ["hi", "no"]),
        ({"annotations": [{"url": "u"}]}, ["hi", "annotations", "u"]),
        ({"name": "n"}, ["n", "hi"]),
        ({"role": "odd one"}, ["odd one", "hi"]),
    ],
)
def test_an_answer_of_a_text_alone_is_read_like_any(more: dict[str, Any], texts: list[str]) -> None:
    message = {"role": "assistant", "content": "hi", **more}
    body = json.dumps({"choices": [{"index": 0, "message": message}]}).encode()
    segments = DIALECTS["openai_chat"].parse_answer(body)[0].segments
    assert [segment.text for segment in segments] == texts
