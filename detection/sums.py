"""What several verdicts come to together."""

from collections.abc import Iterable

from .types import Action, Cost, Decided, Edit, Receipt, Tier, Unjudged, Verdict

MOST_KEPT = 1000
"""Findings, edits and unjudged parts that are kept of a sum; it is `full` then."""


class Sum:
    """Adds verdicts up: the most severe action, all that was found, each unjudged part once."""

    __slots__ = (
        "_action", "_characters", "_costs", "_decided", "_edits", "_remembered", "_seconds", "_segments",
        "_tier", "_unjudged", "added",
    )  # fmt: skip

    def __init__(self) -> None:
        self.added = 0
        """Verdicts so far."""
        self._action = Action.PASS
        self._tier = Tier.PATTERNS
        self._decided: list[Decided] = []
        self._edits: list[Edit] = []
        self._costs: list[Cost] = []
        self._unjudged: dict[Unjudged, None] = {}
        self._segments = self._characters = self._remembered = 0
        self._seconds = 0.0

    def add(self, verdict: Verdict) -> None:
        """Add a verdict."""
        receipt = verdict.receipt
        self.added += 1
        self._action = max(self._action, verdict.action)
        self._tier = max(self._tier, verdict.tier)
        self._segments += receipt.segments
        self._characters += receipt.characters
        self._remembered += receipt.remembered
        self._seconds += verdict.seconds
        if verdict.decided:
            _extend(self._decided, verdict.decided)
            _extend(self._edits, verdict.edits)
        if verdict.costs:
            _extend(self._costs, verdict.costs)
        for item in receipt.unjudged:
            if len(self._unjudged) < MOST_KEPT:
                self._unjudged[item] = None

    @property
    def full(self) -> bool:
        """Whether more would not be kept."""
        return len(self._decided) >= MOST_KEPT or len(self._unjudged) >= MOST_KEPT

    def verdict(self, policy: str) -> Verdict:
        """Return what it comes to under a policy with such a digest."""
        receipt = Receipt(self._segments, self._characters, tuple(self._unjudged), self._remembered)
        return Verdict(
            self._action,
            tuple(self._decided),
            tuple(self._edits),
            receipt,
            self._tier,
            policy,
            self._seconds,
            tuple(self._costs),
        )


def _extend[Item](kept: list[Item], more: Iterable[Item]) -> None:
    kept += more
    del kept[MOST_KEPT:]
