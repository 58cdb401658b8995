"""Rules that some texts are judged by, over the rules that all are judged by.

A tenant's own rules lie over the shipped ones; rules that look at one lot of texts over those that look
at every text. So each set is compiled once, and texts of other tenants and lots neither pay nor wait
for what they are not judged by.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property

from .database_cache import Databases
from .encoded import Encoded
from .holdback import HoldBack
from .lots import FOREIGN, Lot
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
        self._of: dict[Lot, Ruleset] = {lot: Layered(base.of(lot), own) for lot in base.apart}
        self.apart = base.apart
        self.patterns = base.patterns + own.patterns
        self.signs = base.signs

    def of(self, lot: Lot) -> Ruleset:
        """Return the rules that look at texts of a lot."""
        return self._of.get(lot, self)

    @cached_property
    def holdback(self) -> HoldBack:
        """What may still become a match of either."""
        return _Either(self._base.holdback, self._own.holdback)

    @cached_property
    def minding_quotes(self) -> Ruleset:
        """Those of either that mind how quotation marks look."""
        return Layered(self._base.minding_quotes, self._own.minding_quotes)

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


class ByLot(Ruleset):
    """Rules of which some look at texts of some lots only.

    Args:
        patterns: the rules.
        cache: keeps the compiled databases; None compiles them anew.
        prompts: the rules about prompts, which look at foreign texts, too; None where these look at all.
    """

    def __init__(
        self, patterns: Iterable[Pattern], cache: Databases | None = None, prompts: Ruleset | None = None
    ):
        every: list[Pattern] = []
        some: dict[Kind, list[Pattern]] = {}
        for pattern in patterns:
            if not pattern.rule.kinds:
                every.append(pattern)
            for kind in pattern.rule.kinds:
                some.setdefault(kind, []).append(pattern)
        super().__init__(every, cache)
        self._of: dict[Lot, Ruleset] = {
            kind: Layered(self, Ruleset(own, cache)) for kind, own in some.items()
        }
        if prompts is not None:
            known = frozenset(prompts.patterns)
            rest = [pattern for pattern in every if pattern not in known]
            self._of[FOREIGN] = _Foreign(self, prompts, Ruleset(rest, cache))
        self.apart = frozenset(self._of)

    def of(self, lot: Lot) -> Ruleset:
        """Return the rules that look at texts of a lot."""
        return self._of.get(lot, self)


class _Foreign(Layered):
    """What foreign texts of answers are judged by.

    Args:
        answers: the rules about answers.
        prompts: the rules about prompts.
        rest: those about answers that are none about prompts.
    """

    def __init__(self, answers: Ruleset, prompts: Ruleset, rest: Ruleset):
        super().__init__(prompts, rest)
        self._answers = answers

    @cached_property
    def holdback(self) -> HoldBack:
        """What may still become a match; of a rule about prompts, whatever is as long as it may be.

        Their words are so many, and may be put together in so many ways, that it costs a millisecond to say
        exactly what may still become one of them.
        """
        known = frozenset(self._answers.patterns)
        own = [item.rule for item in self.patterns if item not in known and not item.rule.kinds]
        longest = max([rule.max_length for rule in own], default=0)
        return _Either(self._answers.holdback, _Latest(longest))


class _Latest(HoldBack):
    """Holds so many of the latest characters."""

    def __init__(self, longest: int):
        self._longest = longest

    def start(self, encoded: Encoded, base: int, nearby: Iterable[str]) -> int:
        """Return the first character that is still undecided."""
        return max(base, len(encoded.text) - self._longest)


class _Either(HoldBack):
    """Holds what either holds."""

    def __init__(self, base: HoldBack, own: HoldBack):
        self._base = base
        self._own = own

    def start(self, encoded: Encoded, base: int, nearby: Iterable[str]) -> int:
        """Return the first character that is still undecided."""
        return min(self._base.start(encoded, base, nearby), self._own.start(encoded, base, nearby))


def _both(base: Hits, own: Hits) -> Hits:
    if not (own.anchored or own.nearby):
        return base
    return Hits(base.anchored + own.anchored, base.starts + own.starts, base.nearby + own.nearby)
