"""Names of persons and organisations, and addresses, as rules: judged, masked and recorded like any other.

What finds them is a model, so nothing cheap gives them away: every text is read by it. For prompts, whose
texts are whole.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter

from .alarms import Spans, pairs
from .encoded import Encoded
from .layered import Layered
from .models.name import Name
from .patterns import Match, Pattern
from .rules import Rule
from .ruleset import Hits, Ruleset
from .text_scan import WIDEST
from .types import Direction, Kind, Level
from .vault import PREFIX, SHAPE

SURE, LIKELY = 0.9, 0.5
"""Scores of names: a sensitivity of `low` hears neither, `medium` the sure ones, `high` all."""
_LEVELS = {"person": Level.MEDIUM, "organization": Level.LOW, "address": Level.MEDIUM}
_LABELS = {"person": "Person", "organization": "Organization", "address": "Address"}


class WithNames(Layered):
    """Rules and names over them. Definitions of tools are read for no names.

    Those are the program's own words, and a tool that is called otherwise than it was defined is lost.

    Args:
        base: the rules.
        kinds: see `NameRules`.

    Raises:
        ModelMissing: the model or what it needs is not installed.
    """

    def __init__(self, base: Ruleset, kinds: Iterable[str]):
        super().__init__(base, NameRules(kinds))
        self._of[Kind.TOOL_DEFINITION] = base.of(Kind.TOOL_DEFINITION)
        self.apart = base.apart | {Kind.TOOL_DEFINITION}


class NameRules(Ruleset):
    """The model of names as a rule set.

    Args:
        kinds: which of `models.name.KINDS` are looked for.

    Raises:
        ModelMissing: the model or what it needs is not installed.
    """

    def __init__(self, kinds: Iterable[str]):
        from .models.names import names_model  # noqa: PLC0415 - brings a library, and few policies ask

        self._model = names_model()
        self._rules = {
            (kind, sure): _NamePattern(kind, SURE if sure else LIKELY)
            for kind in kinds
            for sure in (True, False)
        }
        super().__init__(())
        self.patterns = tuple(self._rules.values())

    def hits(self, encoded: Encoded, *, shapeless: bool = False) -> Hits:
        """Return the names of a text behind a line feed, or of a reading of one."""
        if shapeless:
            return _NOTHING  # a reading that is a guess: what it spells is hardly somebody's name
        text = encoded.text
        return self._hits(text[1:], 1) if text.startswith("\n") else self._hits(text, 0)

    def hits_by_line(self, encoded: Encoded, texts: Sequence[str]) -> dict[int, Hits]:
        """Return the names of several texts, each behind a line feed."""
        found = ((line, self._hits(text, 1)) for line, text in enumerate(texts))
        return {line: hits for line, hits in found if hits.anchored}

    @property
    def minding_quotes(self) -> Ruleset:
        """No rules: quotation marks of any form look alike to the model."""
        return Ruleset(())

    def _hits(self, text: str, shift: int) -> Hits:
        found: dict[_NamePattern, Spans] = {}
        taken = [item.span() for item in SHAPE.finditer(text)] if PREFIX in text else []
        for name in self._model.names(text):
            pattern = self._rules.get((name.kind, name.sure))
            if pattern is not None:
                for start, end in _around(text, name, taken):
                    found.setdefault(pattern, []).extend(_parts(start + shift, end + shift))
        return Hits(tuple(found), tuple(found.values()), ())


_NOTHING = Hits((), (), ())


def _around(text: str, name: Name, taken: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield what of a name is no placeholder: one that comes back stands for somebody already.

    Args:
        text: what it stands in.
        name: the name; it may hold a part of a placeholder, for the model's tokens end at a digit.
        taken: the ranges of all placeholders of the text, rising.
    """
    start = name.start
    at = bisect_right(taken, start, key=itemgetter(1))
    while at < len(taken) and taken[at][0] < name.end:
        low, high = taken[at]
        if before := text[start:low].rstrip():
            yield start, start + len(before)
        start, at = high, at + 1
    if text[start : name.end].strip():
        yield start, name.end


def _parts(start: int, end: int) -> Iterator[int]:
    """Yield where a range begins and ends; in parts where it is wider than a match may be."""
    for begin in range(start, end, WIDEST):
        yield begin
        yield min(end, begin + WIDEST)


class _NamePattern(Pattern):
    """Names of one kind: a pattern whose matches the model found."""

    def __init__(self, kind: str, score: float):
        super().__init__(
            Rule(
                id=f"{kind}_name" if kind != "address" else "street_address",
                category=f"pii.{kind}",
                level=_LEVELS[kind],
                score=score,
                pattern="",
                max_length=WIDEST,
                directions=(Direction.PROMPT,),
                label=_LABELS[kind],
                source="the model of names",
                examples=(),
                near_misses=(),
            )
        )

    def find(self, encoded: Encoded, base: int, starts: Spans | None = None) -> Iterator[Match]:
        """Yield what begins in the text, behind the context before it; `starts` are characters here."""
        for start, end in pairs(starts or []):
            if end > base:
                yield Match(self.rule, max(start, base), end)
