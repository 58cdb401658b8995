"""Wall 4: the work of scanning grows with the text and no faster.

Work is counted, not timed: candidates that are looked at exactly, and bytes handed to RE2.
"""

from typing import Any

import pytest

from sluicegate.detection import patterns
from sluicegate.detection.encoded import Encoded
from sluicegate.detection.rules import Rule
from sluicegate.detection.ruleset import Ruleset
from tests.detection.support import KINDS, RULES


class Counted:
    """An RE2 object that counts the bytes between where it starts and where it may look to."""

    def __init__(self, inner: Any, work: list[int]):
        self._inner = inner
        self._work = work

    def _count(self, data: bytes, position: int, end: int | None, found: Any) -> Any:
        limit = len(data) if end is None else min(end, len(data))
        self._work[0] += (found.end() if found else limit) - position + 1
        return found

    def search(self, data: bytes, position: int = 0, end: int | None = None) -> Any:
        limit = len(data) if end is None else end
        return self._count(data, position, end, self._inner.search(data, position, limit))

    def match(self, data: bytes, position: int = 0, end: int | None = None) -> Any:
        limit = len(data) if end is None else end
        found = self._inner.match(data, position, limit)
        self._work[0] += (found.end() - position if found else 1) + 1
        return found

    def fullmatch(self, data: bytes, position: int = 0) -> Any:
        return self._count(data, position, None, self._inner.fullmatch(data, position))


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    counter = [0]
    compiled = patterns.compile_re2
    monkeypatch.setattr(
        patterns, "compile_re2", lambda pattern, **more: Counted(compiled(pattern, **more), counter)
    )
    return counter


def spent(rule: Rule, text: str, work: list[int]) -> int:
    ruleset = Ruleset([patterns.Pattern(rule)])
    work[0] = 0
    encoded = Encoded("\n" + text)
    ruleset.matches(encoded, 1, ruleset.hits(encoded))
    return work[0]


@pytest.mark.parametrize("rule", RULES + KINDS, ids=lambda rule: rule.id)
def test_twice_the_text_is_at_most_twice_the_work(rule: Rule, work: list[int]) -> None:
    sample = rule.examples[0]
    for seed in (
        sample,
        sample[: len(sample) // 2],
        sample[:-1] + " ",
        rule.near_misses[0],
        f"{sample[:9]} ",
    ):
        size = max(1, 80_000 // len(seed))
        once, twice = (spent(rule, seed * count, work) for count in (size, 2 * size))
        assert twice <= 2.2 * once + 40_000, seed
