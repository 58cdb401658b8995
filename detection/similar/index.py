"""Examples, ready to be compared with: exact, and in the memory of this process."""

import math
from collections import defaultdict
from collections.abc import Mapping

from .subjects import Subjects
from .words import said

LEAST = 0.35
"""From this similarity on two texts of words in common are near, unless a subject says otherwise."""


class WordIndex:
    """Compares texts with the examples of some subjects, by the cosine of their weighted words.

    What stands in few of the examples counts more than what stands in many.
    """

    __slots__ = ("_lengths", "_rarity", "_subjects", "_usual", "_where")

    def __init__(self, subjects: Subjects) -> None:
        examples = [(at, said(text)) for at, item in enumerate(subjects.items) for text in item.examples]
        counts: dict[str, int] = defaultdict(int)
        for _, words in examples:
            for word in words:
                counts[word] += 1
        total = len(examples)
        self._usual = math.log(2.0 + total)
        self._rarity = {word: math.log(1.0 + (1.0 + total) / count) for word, count in counts.items()}
        self._subjects = [at for at, _ in examples]
        self._lengths = [self._length(words) for _, words in examples]
        self._where: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for number, (_, words) in enumerate(examples):
            for word, weight in words.items():
                self._where[word].append((number, weight * self._rarity[word]))

    def near(self, text: str) -> Mapping[int, float]:
        """Return how near each subject's nearest example is, by place; what shares no word is left out."""
        words = said(text)
        length = self._length(words)
        sums: dict[int, float] = defaultdict(float)
        for word, weight in words.items():
            for number, theirs in self._where.get(word, ()):
                sums[number] += weight * self._rarity[word] * theirs
        found: dict[int, float] = {}
        for number, dot in sums.items():
            at, share = self._subjects[number], min(1.0, dot / (length * self._lengths[number]))
            found[at] = max(found.get(at, 0.0), share)
        return found

    def _length(self, words: Mapping[str, float]) -> float:
        rarity, usual = self._rarity, self._usual
        return (
            math.sqrt(sum((weight * rarity.get(word, usual)) ** 2 for word, weight in words.items())) or 1.0
        )
