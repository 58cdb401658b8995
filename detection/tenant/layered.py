"""A tenant's own rules over the shipped ones, which all tenants share."""

from collections.abc import Iterable, Sequence
from functools import cached_property

from ..encoded import Encoded
from ..holdback import HoldBack
from ..ruleset import Hits, Ruleset


class Layered(Ruleset):
    """Two rule sets as one. Each scans with a database of its own.

    Args:
        base: the shipped rules.
        own: the tenant's.
    """

    def __init__(self, base: Ruleset, own: Ruleset):
        self._base = base
        self._own = own
        self.patterns = base.patterns + own.patterns
        self.signs = base.signs

    @cached_property
    def holdback(self) -> HoldBack:
        """What may still become a match of either."""
        return _Either(self._base.holdback, self._own.holdback)

    def hits(self, encoded: Encoded, *, shapeless: bool = False) -> Hits:
        """Scan a text for what gives rules away."""
        base = self._base.hits(encoded, shapeless=shapeless)
        return _both(base, self._own.hits(encoded, shapeless=shapeless))

    def hits_by_line(self, encoded: Encoded, texts: Sequence[str]) -> dict[int, Hits]:
        """Scan several texts at once, each behind a line feed."""
        base = self._base.hits_by_line(encoded, texts)
        own = self._own.hits_by_line(encoded, texts)
        if not own:
            return base
        found = {**own, **base, **{line: _both(base[line], own[line]) for line in base.keys() & own.keys()}}
        return {line: found[line] for line in sorted(found)}


class _Either(HoldBack):
    """Holds what either holds."""

    def __init__(self, base: HoldBack, own: HoldBack):
        self._base = base
        self._own = own

    def start(self, encoded: Encoded, base: int, nearby: Iterable[str]) -> int:
        """Return the first character that is still undecided."""
        return min(self._base.start(encoded, base, nearby), self._own.start(encoded, base, nearby))


def _both(base: Hits, own: Hits) -> Hits:
    if not own.anchored:
        return base
    return Hits(base.anchored + own.anchored, base.starts + own.starts, base.nearby + own.nearby)
