"""What passed the proxy, counted; and who went past it, listed. Bounded, without a word of what was said."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

MOST_LISTED = 512
"""Pairs of client and host that are listed of each kind; more are counted together."""
MANY = "others"
"""Stands for clients and hosts beyond that."""

COUNTS = (
    "handed_over", "tunnelled", "refused", "looked_at", "unjudged", "failed_closed", "failed_open", "shadow",
    "quic", "ech", "pinned", "direct_ip",
)  # fmt: skip
"""All that is counted."""
LISTED = ("shadow", "quic", "ech", "pinned", "direct_ip", "unjudged")
"""What is listed by client and host beside."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """How often a client did something with a host."""

    kind: str
    client: str
    host: str
    times: int


def _nobody(_: str) -> None:
    """Nobody else counts."""


class Tally:
    """Counts. One a proxy. `also` counts beside it and must not fail."""

    def __init__(self, also: Callable[[str], None] = _nobody) -> None:
        self._also = also
        self._counts: Counter[str] = Counter()
        self._listed: dict[str, Counter[tuple[str, str]]] = {kind: Counter() for kind in LISTED}

    def count(self, kind: str, client: str = "", host: str = "") -> None:
        """Count one of `COUNTS`."""
        self._counts[kind] += 1
        self._also(kind)
        pairs = self._listed.get(kind)
        if pairs is not None:
            pair = client, host[:253]
            pairs[pair if pair in pairs or len(pairs) < MOST_LISTED else (MANY, MANY)] += 1

    def times(self, kind: str) -> int:
        """How often something of a kind was counted."""
        return self._counts[kind]

    def sightings(self) -> Iterable[Sighting]:
        """Return everything listed, what happened most often first."""
        for kind, pairs in self._listed.items():
            for (client, host), times in pairs.most_common():
                yield Sighting(kind, client, host, times)

    def counts(self) -> dict[str, int]:
        """Return all counts by kind."""
        return {kind: self._counts[kind] for kind in COUNTS}
