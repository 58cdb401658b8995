"""Compares texts in this process, without a model: by their words alone."""

import time
from collections.abc import Iterator
from itertools import islice

from ..models.guards.doubts import OVER_SIZE
from ..tiers import Doubt, Opinion, nothing_known
from .index import LEAST, WordIndex
from .sentences import sentences
from .subjects import Subjects
from .verdict import opinion

MODEL = "words-1"
"""What records call it."""
MOST_PIECES = 512
"""Pieces of a text that are compared, a tenth of a millisecond each."""
MOST_INDEXES = 64

_NOTHING = "not its subject"


class LocalSimilarity:
    """Compares texts with subjects, and keeps those made ready that were asked for last."""

    def __init__(self) -> None:
        self._indexes: dict[str, WordIndex] = {}

    def opinion(self, doubt: Doubt) -> Opinion:
        """Judge a text. It never raises for one."""
        *_, last = self.steps(doubt)
        if last is None:
            raise AssertionError("the last step is an opinion")
        return last

    def steps(self, doubt: Doubt) -> Iterator[Opinion | None]:
        """Yield None after each piece of a text, and then the opinion: whoever asks may pause between."""
        subjects = doubt.subjects
        if subjects is None or not subjects.items:
            yield nothing_known((doubt,), MODEL, _NOTHING)[0]
            return
        began = time.thread_time()
        index = self._index(subjects)
        near: dict[int, float] = {}
        pieces = sentences(doubt.text)
        for piece in islice(pieces, MOST_PIECES):
            for at, share in index.near(piece).items():
                near[at] = max(near.get(at, 0.0), share)
            yield None
        unjudged = OVER_SIZE if next(pieces, None) is not None else ""
        spent = time.thread_time() - began
        yield opinion(near, subjects, LEAST, model=MODEL, seconds=spent, unjudged=unjudged)

    def _index(self, subjects: Subjects) -> WordIndex:
        index = self._indexes.get(subjects.digest)
        if index is None:
            if len(self._indexes) >= MOST_INDEXES:
                del self._indexes[next(iter(self._indexes))]
            index = self._indexes[subjects.digest] = WordIndex(subjects)
        return index
