"""Frames hold all that was collected while they were read: nothing else makes them."""

import ast
from pathlib import Path
from typing import Any

import pytest

import sluicegate.detection
from sluicegate.detection.dialects import DIALECTS, Asked
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
