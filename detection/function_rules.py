"""Functions run beside the rules of a direction, and what becomes of those that fail."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from functools import cached_property

from .alarms import Spans
from .encoded import Encoded
from .function_scanners import CATEGORY, Found, FunctionScanner
from .judge import Ledger
from .lots import Lot
from .patterns import Match, Pattern
from .rules import Rule
from .ruleset import Hits, Ruleset
from .text_scan import WIDEST
from .types import Level, Unjudged

MOST_FOUND = 10_000
"""Spans a function may return for one text; more is a fault of the function."""


class Failures:
    """The scanners that did not get through a text of one exchange, and how."""

    def __init__(self) -> None:
        self._reasons: dict[str, None] = {}
        self._closed = False

    def note(self, scanner: FunctionScanner, fault: Exception) -> None:
        """Note a failure by its kind: what a function says of it may hold the text."""
        self._reasons[f"scanner {scanner.name} failed: {type(fault).__name__}"] = None
        self._closed = self._closed or scanner.fail == "closed"

    def tell(self, ledger: Ledger) -> None:
        """Put into a ledger what was noted, and begin anew."""
        ledger.unjudged += [Unjudged("", reason) for reason in self._reasons]
        ledger.stopped = ledger.stopped or self._closed
        self._reasons.clear()
        self._closed = False


class WithFunctions(Ruleset):
    """A rule set and functions beside it. For texts that are whole.

    Args:
        base: the rules.
        scanners: those of the direction.
        failures: notes which did not get through.
        aside: around every call of a function; lets others use the rules meanwhile.
    """

    def __init__(
        self,
        base: Ruleset,
        scanners: Iterable[FunctionScanner],
        failures: Failures,
        aside: Callable[[], AbstractContextManager[None]],
    ):
        self._base = base
        self._scanners = tuple(scanners)
        self._failures = failures
        self._aside = aside
        self.patterns = base.patterns
        self.signs = base.signs

    def of(self, lot: Lot) -> Ruleset:
        """Return the rules that look at texts of a lot, and the functions beside them."""
        return WithFunctions(self._base.of(lot), self._scanners, self._failures, self._aside)

    @cached_property
    def minding_quotes(self) -> Ruleset:
        """Rules that mind how quotation marks look, and all functions."""
        return WithFunctions(self._base.minding_quotes, self._scanners, self._failures, self._aside)

    def hits(self, encoded: Encoded, *, shapeless: bool = False) -> Hits:
        """Scan a text with rules and functions."""
        own = [pattern for scanner in self._scanners for pattern in self._run(scanner, encoded.text)]
        hits = self._base.hits(encoded, shapeless=shapeless)
        if not own:
            return hits
        return Hits((*hits.anchored, *own), (*hits.starts, *([] for _ in own)), hits.nearby)

    def _run(self, scanner: FunctionScanner, text: str) -> list["_Result"]:
        """Call a function for a text behind its line feed."""
        try:
            with self._aside():
                return _results(scanner, text[1:])
        except Exception as fault:  # noqa: BLE001 - whatever a caller's function raises is noted and decides
            self._failures.note(scanner, fault)
            return []


class _Result(Pattern):
    """What a function found of one kind in one text: a pattern whose matches are known."""

    def __init__(self, rule: Rule):
        self.rule = rule
        self._spans: list[tuple[int, int]] = []

    def add(self, start: int, end: int) -> None:
        """Add a span; a wide one in parts, because no match may be wider than `WIDEST`."""
        for part in range(start, end, WIDEST):
            self._spans.append((part, min(end, part + WIDEST)))

    def find(self, encoded: Encoded, base: int, starts: Spans | None = None) -> Iterator[Match]:
        """Yield what reaches into the text, without the context before it."""
        for start, end in self._spans:
            if end > base:
                yield Match(self.rule, max(start, base), end)


def _results(scanner: FunctionScanner, text: str) -> list[_Result]:
    """Call a function. Raises whatever it raises, and `ValueError` for what is no span of the text."""
    results: dict[tuple[str, Level, float], _Result] = {}
    for count, item in enumerate(scanner.find(text)):
        found = Found(*item)
        if count >= MOST_FOUND or not 0 <= found.start < found.end <= len(text):
            raise ValueError("too many spans, or one that is not of the text")
        kind = (found.category or scanner.category, found.level or scanner.level, found.score)
        if kind not in results:
            results[kind] = _Result(_rule(scanner, *kind))
        results[kind].add(found.start + 1, found.end + 1)
    return [*results.values()]


def _rule(scanner: FunctionScanner, category: str, level: Level, score: float) -> Rule:
    if not CATEGORY.fullmatch(category) or not 0 <= score <= 1:
        raise ValueError("a category or score of no usable form")
    own = (category, level) == (scanner.category, scanner.level)
    return Rule(
        id=scanner.name if own else f"{scanner.name}:{category}:{level.label}",
        category=category,
        level=level,
        score=score,
        pattern="",
        max_length=WIDEST,
        label=scanner.label,
        source="a function of the caller's",
        examples=(),
        near_misses=(),
    )
