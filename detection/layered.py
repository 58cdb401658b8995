"""Rules that some texts are judged by, over the rules that all are judged by.

A tenant's own rules lie over the shipped ones; rules that look at one kind of text over those that look
at every kind. So each set is compiled once, and texts of other tenants and kinds neither pay nor wait
for what they are not judged by.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property

from .database_cache import Databases
from .encoded import Encoded
from .holdback import HoldBack
from .patterns import Pattern
from .ruleset import Hits, Ruleset
from .types import Kind


class Layered(Ruleset):
    """Two rule sets as one. Each scans with a database of its own.

    Args:
        base: the rules that others share.
        own: the rules over them.
    """

    def __init__(self, base: Ruleset, own: Ruleset):
        self._base = base
        self._own = own
        self._of = {kind: Layered(base.of(kind), own) for kind in base.apart}
        self.apart = base.apart
        self.patterns = base.patterns + own.patterns
        self.signs = base.signs

    def of(self, kind: Kind) -> Ruleset:
        """Return the rules that look at texts of a kind."""
        return self._of.get(kind, self)

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


class ByKind(Ruleset):
    """Rules of which some look at texts of some kinds only.

    Args:
        patterns: the rules.
        cache: keeps the compiled databases; None compiles them anew.
    """

    def __init__(self, patterns: Iterable[Pattern], cache: Databases | None = None):
        every: list[Pattern] = []
        some: dict[Kind, list[Pattern]] = {}
        for pattern in patterns:
            if not pattern.rule.kinds:
                every.append(pattern)
            for kind in pattern.rule.kinds:
                some.setdefault(kind, []).append(pattern)
        super().__init__(every, cache)
        self._of = {kind: Layered(self, Ruleset(own, cache)) for kind, own in some.items()}
        self.apart = frozenset(some)

    def of(self, kind: Kind) -> Ruleset:
        """Return the rules that look at texts of a kind."""
        return self._of.get(kind, self)


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
