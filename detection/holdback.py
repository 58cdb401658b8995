"""How much of a text's end must be held back because it may still become a match.

For rules with neither lead nor context the answer comes from one RE2 run over the text read
backwards: the expression is the union of all rules' reversed prefixes, each closed by a neighbour
its rule allows, and the longest match is the number of characters to hold. It is exact: a
character is held only while a rule's match could still cover it.

A rule whose matches all begin with a fixed word (a token's prefix) stands in the union with that
word alone. Where the word itself occurs in the text, which is seldom, the rule is asked by itself.
So thousands of rules make a small union.

Numbers and codes in capital letters have unions of their own. A state of a union says how far each of
its rules has come, so rules of different characters in one union multiply their states: every new number
that a text ends with would be states of all of them, until memory ran out and they were built again.

The union stands in RE2 and not in Hyperscan because RE2 builds its automaton lazily: long rules
(keys in PEM, tokens, connection strings) cost what the text makes of them, not seconds of compilation.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property

import hyperscan

from .automaton import Automaton
from .charset import PLAIN, Charset, charset, letters
from .database_cache import Expression, compile_database
from .encoded import Encoded
from .fixed import expression_of, head_of
from .patterns import Pattern

_MEMORY = 32 << 20
_LITTLE_MEMORY = 8 << 20
"""For the union of numbers, and for that of codes."""


class HoldBack:
    """Finds the first character that is still undecided. Not for two threads at once.

    Args:
        patterns: the rules.
        compiled: compiles a database, or loads it.
    """

    def __init__(
        self,
        patterns: Sequence[Pattern],
        compiled: Callable[[Sequence[Expression]], hyperscan.Database] = compile_database,
    ):
        plain = [item for item in patterns if not item.rule.lead and not item.rule.context]
        self._headed = [item for item in plain if head_of(item.node) is not None]
        rest = [item for item in plain if head_of(item.node) is None]
        heads = [_partial_head(item) for item in self._headed]
        apart = [_Apart(kind, rest) for kind in (Charset.DIGITS, Charset.CAPITALS)]
        rest = [item for item in rest if all(item not in union.patterns for union in apart)]
        self._apart = [union for union in apart if union.patterns]
        self._union = _union([*heads, *(item.reversed_prefixes() for item in rest)])
        self._uncapped = [*heads, *(item.reversed_prefixes() for item in rest if not item.long)]
        self._capped = [item for item in rest if item.long]
        self._cap = min((item.rule.max_length for item in self._capped), default=1 << 62)
        self._leads = {item.rule.id: item for item in patterns if item.rule.lead}
        self._contexts = {p.rule.id: p for p in patterns if p.rule.context and not p.rule.lead}
        self._heads: hyperscan.Database | None = None
        if self._headed:
            self._heads = compiled([_head(item) for item in self._headed])
        self._seen: set[int] = set()
        seen = self._seen.add

        def on_hit(index: int, _start: int, _end: int, _flags: int, _context: object) -> None:
            seen(index)

        self._on_hit = on_hit

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
        last = tail[-1]
        for union in self._apart:
            if last not in union.foreign:
                first = min(first, total - _longest(union.automaton, backwards))
        for pattern in self._begun(tail):
            first = min(first, total - self._alone(pattern, tail, backwards))
        for rule in nearby:
            if rule in self._leads:
                start = self._leads[rule].live_behind_lead(encoded, base)
                if start is not None:
                    first = min(first, start)
            elif rule in self._contexts:
                pattern = self._contexts[rule]
                start = total - _longest(pattern.backwards, backwards)
                if start < first and pattern.in_context(encoded, encoded.byte(start)):
                    first = start
        return first

    def _plain(self, tail: str, backwards: bytes) -> int:
        held = _longest(self._union, backwards)
        if held < self._cap:
            return held
        capped = (self._alone(item, tail, backwards) for item in self._capped)
        return max(_longest(self._union_uncapped, backwards), *capped)

    def _begun(self, tail: str) -> Sequence[Pattern]:
        """Return the rules whose first word stands in a text."""
        if self._heads is None:
            return ()
        seen = self._seen
        self._heads.scan(tail.encode("utf-8", "replace"), self._on_hit)
        if not seen:
            return ()
        begun = [self._headed[index] for index in seen]
        seen.clear()
        return begun

    @staticmethod
    def _alone(pattern: Pattern, tail: str, backwards: bytes) -> int:
        if pattern.long:
            backwards = tail[-pattern.rule.max_length :][::-1].encode()
        return _longest(pattern.backwards, backwards)


class _Apart:
    """The bounded rules among some that are made of one kind of characters, in a union of their own.

    `foreign` are letters that stand in none of their matches: a text that ends so ends in none.
    """

    __slots__ = ("automaton", "foreign", "patterns")

    def __init__(self, kind: Charset, patterns: Sequence[Pattern]):
        self.patterns = [
            item
            for item in patterns
            if not item.long and charset(item.node, caseless=item.rule.caseless) is kind
        ]
        written = [item.reversed_prefixes() for item in self.patterns]
        self.automaton = _union(written, _LITTLE_MEMORY)
        own = [letters(item.node, caseless=item.rule.caseless) for item in self.patterns]
        self.foreign = PLAIN.difference(*own)


def _head(pattern: Pattern) -> Expression:
    head = head_of(pattern.node)
    expression = expression_of(head or pattern.node, pattern.rule.caseless)
    return Expression(expression.pattern, expression.flags | int(hyperscan.HS_FLAG_SINGLEMATCH))


def _partial_head(pattern: Pattern) -> str:
    """Write what a rule's first word looks like, read backwards, while it is not whole."""
    return pattern.reversed_prefixes(head_of(pattern.node))


def _union(written: Sequence[str], memory: int = _MEMORY) -> Automaton | None:
    if not written:
        return None
    return Automaton("|".join(f"(?:{item})" for item in written), memory=memory)


def _longest(union: Automaton | None, backwards: bytes) -> int:
    """Return how many characters the union matches, its neighbour not counted."""
    if union is None:
        return 0
    found = union.match(backwards, 0)
    if found is None:
        return 0
    end = found[1]
    return (end if backwards.isascii() else len(backwards[:end].decode())) - 1
