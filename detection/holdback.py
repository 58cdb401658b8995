"""How much of a text's end must be held back because it may still become a match.

For rules with neither lead nor context the answer comes from one RE2 run over the text read
backwards: the expression is the union of all rules' reversed prefixes, each closed by a neighbour
its rule allows, and the longest match is the number of characters to hold. It is exact: a
character is held only while a rule's match could still cover it.

The union stands in RE2 and not in Hyperscan because RE2 builds its automaton lazily: long rules
(keys in PEM, tokens, connection strings) cost what the text makes of them, not seconds of compilation.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property

from .automaton import Automaton
from .encoded import Encoded
from .patterns import Pattern

_MEMORY = 64 << 20


class HoldBack:
    """Finds the first character that is still undecided."""

    def __init__(self, patterns: Sequence[Pattern]):
        plain = [item for item in patterns if not item.rule.lead and not item.rule.context]
        self._union = _union(plain)
        self._uncapped = [item for item in plain if not item.long]
        self._capped = [item for item in plain if item.long]
        self._cap = min((item.rule.max_length for item in self._capped), default=1 << 62)
        self._leads = {item.rule.id: item for item in patterns if item.rule.lead}
        self._contexts = {p.rule.id: p for p in patterns if p.rule.context and not p.rule.lead}

    @cached_property
    def _union_uncapped(self) -> Automaton | None:
        return _union(self._uncapped)

    def start(self, encoded: Encoded, base: int, nearby: Iterable[str]) -> int:
        """Return where the undecided end begins; the text's length when everything is decided.

        Args:
            encoded: released context followed by the text in question.
            base: where the text in question begins, at least 1.
            nearby: ids of rules whose lead or context words stand in the text.
        """
        total = len(encoded.text)
        if base >= total:
            return total
        tail = encoded.text[base - 1 :]
        backwards = tail[::-1].encode()
        first = total - self._plain(tail, backwards)
        for rule in nearby:
            if rule in self._leads:
                start = self._leads[rule].live_behind_lead(encoded, base)
                if start is not None:
                    first = min(first, start)
            elif rule in self._contexts:
                pattern = self._contexts[rule]
                start = total - _longest(pattern.backwards, backwards)
                if start < first and pattern.in_context(encoded.text, start):
                    first = start
        return first

    def _plain(self, tail: str, backwards: bytes) -> int:
        held = _longest(self._union, backwards)
        if held < self._cap:
            return held
        capped = (
            _longest(item.backwards, tail[-item.rule.max_length :][::-1].encode()) for item in self._capped
        )
        return max(_longest(self._union_uncapped, backwards), *capped)


def _union(patterns: Sequence[Pattern]) -> Automaton | None:
    if not patterns:
        return None
    return Automaton("|".join(f"(?:{item.reversed_prefixes()})" for item in patterns), memory=_MEMORY)


def _longest(union: Automaton | None, backwards: bytes) -> int:
    """Return how many characters the union matches, its neighbour not counted."""
    if union is None:
        return 0
    found = union.match(backwards, 0)
    if found is None:
        return 0
    end = found[1]
    return (end if backwards.isascii() else len(backwards[:end].decode())) - 1
