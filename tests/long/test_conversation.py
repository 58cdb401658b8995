"""What a late turn of a long conversation costs beside a first look at all of it."""

import sys
import time
from typing import Any

import orjson
import pytest

from sluicegate.detection.core import Core
from sluicegate.detection.memory import Memory
from sluicegate.detection.presets import BALANCED
from sluicegate.detection.rules import load_packs
from tests.detection.prose import PROSE
from tests.detection.support import ALICE, MASTER

pytestmark = pytest.mark.long

_TURNS = 200
_ROUNDS = 15
_SHARE = 0.25
"""Of the processor time of a first look, what a known conversation may take."""


def turn(number: int, words: int) -> dict[str, Any]:
    text = " ".join([f"Turn {number} of many.", *PROSE.split()[number % 40 :][:words]])
    return {"role": "user" if number % 2 else "assistant", "content": text}


def seconds(core: Core, body: bytes) -> tuple[float, int]:
    """Processor time of a request, and how many of its characters were scanned."""
    inspection = core.open("openai_chat", BALANCED, ALICE)
    began = time.process_time()
    decision = inspection.request(body)
    took = time.process_time() - began
    receipt = decision.verdict.receipt
    return took, receipt.characters - receipt.remembered


@pytest.mark.parametrize("words", [60, 150])
def test_turn_two_hundred_costs_a_quarter_of_a_first_look(words: int) -> None:
    core = Core(MASTER, load_packs())
    turns = [turn(number, words) for number in range(1, _TURNS + 1)]
    known = orjson.dumps({"model": "m", "messages": turns[:-2]})
    body = orjson.dumps({"model": "m", "messages": turns})
    new = sum(len(item["content"]) for item in turns[-2:])
    first, again = [], []
    for _ in range(_ROUNDS):
        core.memory = None
        first.append(seconds(core, body)[0])
        core.memory = Memory()
        seconds(core, known)
        took, scanned = seconds(core, body)
        again.append(took)
        assert scanned <= new * 1.05
    share = min(again) / min(first)
    size = len(body) / 1000
    at_first, later = (f"{min(times) / size * 1e6:.2f}" for times in (first, again))
    sys.stdout.write(f"\n{size:.0f} KB: {at_first} us a KB at first, {later} when known, {share:.1%}\n")
    assert share <= _SHARE
