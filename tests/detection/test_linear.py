"""Wall 4: the work of scanning grows with the text and no faster.

Work is counted, not timed: candidates that are looked at exactly, and bytes handed to RE2.
"""

import tracemalloc

import pytest

from sluicegate.detection import patterns, shapes
from sluicegate.detection.automaton import Automaton, Span
from sluicegate.detection.encoded import Encoded
from sluicegate.detection.rules import Rule
from sluicegate.detection.ruleset import Ruleset
from tests.detection.support import KINDS, RULES


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Counts the bytes between where the engine starts and where it stops."""
    counter = [0]

    class Counted(Automaton):
        def search(self, data: bytes, position: int, end: int = 1 << 62) -> Span | None:
            found = super().search(data, position, end)
            counter[0] += max(0, (found[1] if found else min(end, len(data))) - position) + 1
            return found

        def match(self, data: bytes, position: int, end: int = 1 << 62) -> Span | None:
            found = super().match(data, position, end)
            counter[0] += (found[1] - position if found else 1) + 1
            return found

        def fullmatch(self, data: bytes, position: int) -> Span | None:
            counter[0] += len(data) - position + 1
            return super().fullmatch(data, position)

    monkeypatch.setattr(patterns, "Automaton", Counted)
    monkeypatch.setattr(shapes, "Automaton", Counted)
    return counter


def spent(ruleset: Ruleset, text: str, work: list[int]) -> int:
    work[0] = 0
    encoded = Encoded("\n" + text)
    ruleset.matches(encoded, 1, ruleset.hits(encoded))
    return work[0]


@pytest.mark.parametrize("rule", RULES + KINDS, ids=lambda rule: rule.id)
def test_twice_the_text_is_at_most_twice_the_work(rule: Rule, work: list[int]) -> None:
    sample = rule.examples[0]
    ruleset = Ruleset([patterns.Pattern(rule)])
    for seed in (
        sample,
        sample[: len(sample) // 2],
        sample[:-1] + " ",
        rule.near_misses[0],
        f"{sample[:9]} ",
    ):
        size = max(1, 24_000 // len(seed))
        once, twice = (spent(ruleset, seed * count, work) for count in (size, 2 * size))
        assert twice <= 2.2 * once + 12_000, seed


@pytest.mark.parametrize("unit", ["mysql -p ", "unzip -P AAAA"])
def test_leads_without_end_take_no_memory(unit: str) -> None:
    """Each lead here begins in the one before: what was tried is forgotten once no later lead ends there."""
    rule = next(rule for rule in RULES if rule.id == "command_password_letter")
    encoded = Encoded("\n" + unit * 30_000)
    pattern = patterns.Pattern(rule)
    list(pattern.find(Encoded("\n" + unit), 1))  # compiles
    tracemalloc.start()
    try:
        assert not list(pattern.find(encoded, 1))
        assert tracemalloc.get_traced_memory()[1] < len(encoded.data)
    finally:
        tracemalloc.stop()
