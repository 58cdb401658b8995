"""Compares texts by the vectors of an embeddings endpoint, such as BGE-M3 on vLLM."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from itertools import islice
from time import perf_counter
from typing import TYPE_CHECKING, Any

from ...detection.models.guards.doubts import OVER_SIZE
from ...detection.similar.sentences import sentences
from ...detection.similar.subjects import Subjects
from ...detection.similar.verdict import opinion
from ...detection.tiers import Doubt, Opinion, nothing_known
from ...detection.types import Tier
from ..breaker import Breaker
from ..guard_client.caller import Caller
from ..guard_client.faults import NoAnswer
from ..guard_client.tally import NoTally, Tally
from ..guard_client.target import Target
from .vectors import BadVectors, read_vectors

if TYPE_CHECKING:
    import numpy as np

    type Rows = np.ndarray[Any, Any]

FORMAT = "embeddings"
"""What metrics call its requests."""
LEAST = 0.7
"""From this cosine on two texts are near, unless a subject says otherwise."""
MOST_PIECES = 64
"""Pieces of a text that are compared; what is behind them is unjudged."""

_PATH = "/embeddings"
_AT_ONCE = 32
_MOST_KEPT = 64
_UNFIT = re.compile(r"[^a-z0-9_.-]+")


class SimilarityClient:
    """Implements `detection.tiers.SlowTier` over one endpoint.

    The examples of subjects are sent once and their vectors kept; a text is sent in pieces of a sentence or
    two. Made and used in one event loop.
    """

    tier = Tier.SIMILARITY

    def __init__(
        self,
        target: Target,
        least: float = LEAST,
        *,
        tally: Tally | None = None,
        breaker: Breaker | None = None,
    ) -> None:
        self._target = target
        self._least = least
        self._tally = tally or NoTally()
        self._caller = Caller(target, breaker)
        self._kept: dict[str, Rows] = {}
        self.breaker = self._caller.breaker
        self.model = _UNFIT.sub("-", f"{FORMAT}.{target.model}".lower())[:60]
        """What records call it."""

    async def judge(self, doubts: Sequence[Doubt], deadline: float) -> Sequence[Opinion]:
        """Compare each text; see `detection.tiers.SlowTier`."""
        until = asyncio.get_running_loop().time() + min(deadline, self._target.seconds)
        try:
            with self._caller.admitted():
                return [await self._judged(doubt, until) for doubt in doubts]
        except NoAnswer as fault:
            return nothing_known(doubts, self.model, str(fault))

    async def close(self) -> None:
        """Close every connection."""
        await self._caller.close()

    async def _judged(self, doubt: Doubt, until: float) -> Opinion:
        began, subjects = perf_counter(), doubt.subjects
        if subjects is None or not subjects.items:
            return Opinion(self.model, unjudged="not its subject")
        pieces = sentences(doubt.text)
        read = list(islice(pieces, MOST_PIECES))
        unjudged = OVER_SIZE if next(pieces, None) is not None else ""
        try:
            near = _nearest(await self._vectors(read, until), await self._examples(subjects, until), subjects)
        except BadVectors:
            return Opinion(self.model, unjudged="unreadable")
        except NoAnswer as fault:
            return Opinion(self.model, unjudged=str(fault))
        spent = perf_counter() - began
        return opinion(near, subjects, self._least, model=self.model, seconds=spent, unjudged=unjudged)

    async def _examples(self, subjects: Subjects, until: float) -> "Rows":
        """Return the vectors of all examples, in order. Raises `BadVectors`, `NoAnswer`."""
        known = self._kept.get(subjects.digest)
        if known is None:
            texts = [text for item in subjects.items for text in item.examples]
            known = await self._vectors(texts, until)
            if len(self._kept) >= _MOST_KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[subjects.digest] = known
        return known

    async def _vectors(self, texts: Sequence[str], until: float) -> "Rows":
        """Return the vectors of texts. Raises `BadVectors`, `NoAnswer`."""
        import numpy as np  # noqa: PLC0415 - an extra, and wanted where there is an endpoint alone

        parts = [await self._asked(texts[at : at + _AT_ONCE], until) for at in range(0, len(texts), _AT_ONCE)]
        if len({part.shape[1] for part in parts}) != 1:
            raise BadVectors("odd vectors")
        return np.concatenate(parts)

    async def _asked(self, texts: Sequence[str], until: float) -> "Rows":
        began, outcome = perf_counter(), "judged"
        spelled = [text.encode("utf-8", "replace").decode() for text in texts]
        try:
            body = await self._caller.answer(_PATH, {"input": spelled, "encoding_format": "float"}, until)
            return read_vectors(body, len(texts))
        except BadVectors:
            outcome = "unreadable"
            raise
        except NoAnswer as fault:
            outcome = str(fault)
            raise
        finally:
            self._tally.guard_call(FORMAT, outcome, perf_counter() - began)


def _nearest(pieces: "Rows", examples: "Rows", subjects: Subjects) -> Mapping[int, float]:
    """Return how near the nearest example of each subject is to any piece. Raises `BadVectors`."""
    if pieces.shape[1] != examples.shape[1]:
        raise BadVectors("odd vectors")
    shares = (pieces @ examples.T).max(axis=0).tolist()
    near: dict[int, float] = {}
    rest = iter(shares)
    for at, item in enumerate(subjects.items):
        best = max(float(share) for share in islice(rest, len(item.examples)))
        near[at] = min(1.0, max(0.0, best))
    return near
