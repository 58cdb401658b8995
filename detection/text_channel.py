"""One text on its way: scanned, judged, edited and - in an answer - restored, as it grows.

Whatever the cuts, the released text is the same. Where a match blocks, what was released by then
is what the fold over single characters would have released: the chunk is bisected for the first
character that decides the blocking match, and everything before that character is treated alone.
"""

from typing import NamedTuple, Protocol

from .pieces import Piece
from .restore import Restorer
from .text_scan import Hit, Look
from .types import Action, Decided

_EDITING = (Action.MASK, Action.REPLACE)


class Fed(NamedTuple):
    """What some more text came to: pieces for what is released now, and whether all must stop."""

    pieces: list[Piece]
    blocked: bool = False


NOTHING = Fed([])


class Scan(Protocol):
    """A growing text that is looked at."""

    @property
    def start(self) -> int:
        """Offset of the first character that is not committed."""
        ...

    @property
    def tail(self) -> str:
        """The characters that are not committed."""
        ...

    def look(self, more: str, final: bool) -> Look:
        """Judge the tail with `more` behind it; with `final`, the text ends there. Changes nothing."""
        ...

    def commit(self, more: str, upto: int) -> None:
        """Append `more` and declare everything before offset `upto` decided and dealt with."""
        ...


class Judged(NamedTuple):
    """A match, and what it comes to."""

    hit: Hit
    decided: Decided


class Judge(Protocol):
    """Says what is done about matches of one text, and keeps the record."""

    def decide(self, hit: Hit) -> Decided | None:
        """Return what a match comes to; None when it is no finding at all. No side effects."""
        ...

    def record(self, decided: Decided) -> None:
        """Note a finding. Called once for each, in order."""
        ...

    def unjudged(self, reason: str) -> None:
        """Note that a part was not judged. Called often for one part."""
        ...

    def stops_unjudged(self, reason: str) -> bool:
        """Say whether a part that was not judged stops all. No side effects."""
        ...

    def replacement(self, cluster: list[Judged], value: str) -> str:
        """Return what stands for `value`, the union of overlapping editing matches."""
        ...


class TextChannel:
    """A text that arrives in pieces.

    Args:
        scan: the text's scan, fresh.
        judge: decides and records.
        restorer: puts values back into what is released; None where nothing is restored.
    """

    def __init__(self, scan: Scan, judge: Judge, restorer: Restorer | None = None):
        self._scan = scan
        self._judge = judge
        self._restorer = restorer

    def feed(self, text: str, final: bool = False) -> Fed:
        """Take the next characters; with `final`, the text ends here."""
        return self._fed(text, self._scan.look(text, final), final)

    def feed_whole(self, text: str, look: Look) -> Fed:
        """Take a text that is whole and was looked at, at once."""
        return self._fed(text, look, final=True)

    def _fed(self, text: str, look: Look, final: bool) -> Fed:
        if not (look.hits or look.unjudged):
            return self._pass(text, look.decided, final)
        judged = self._judged(look)
        if self._stops(look, judged):
            return self._stop(text, final)
        self._note(look)
        return Fed(self._release(text, look.decided, judged, final))

    def _pass(self, text: str, decided: int, final: bool) -> Fed:
        """Release a text without matches up to an offset."""
        scan = self._scan
        count = decided - scan.start
        if self._restorer is not None:
            released = scan.tail + text
            pieces = self._restorer.feed(released if len(released) == count else released[:count], final)
            scan.commit(text, decided)
            return Fed(pieces)
        scan.commit(text, decided)
        return Fed([Piece(count)]) if count else NOTHING

    def _judged(self, look: Look) -> list[Judged]:
        judged = []
        for hit in look.hits:
            decided = self._judge.decide(hit)
            if decided is not None:
                judged.append(Judged(hit, decided))
        return judged

    def _stop(self, text: str, final: bool) -> Fed:
        """Release what was decided before the first character that decides a block; record the block."""
        low, high = 0, len(text) + final  # blocked at `high`, not at `low` - 1
        while low < high:
            middle = (low + high) // 2
            if self._blocked(text[:middle], final=False):
                high = middle
            else:
                low = middle + 1
        before = text[: max(0, low - 1)]
        look = self._scan.look(before, final=False)
        self._note(look)
        pieces = self._release(before, look.decided, self._judged(look), final=False)
        rest = self._scan.look(text[len(before) : low], final=low > len(text))
        self._note(rest)
        for item in self._judged(rest):
            self._judge.record(item.decided)
        return Fed(pieces, blocked=True)

    def _blocked(self, text: str, *, final: bool) -> bool:
        look = self._scan.look(text, final)
        return self._stops(look, self._judged(look))

    def _stops(self, look: Look, judged: list[Judged]) -> bool:
        return _blocks(judged) or (bool(look.unjudged) and self._judge.stops_unjudged(look.unjudged))

    def _note(self, look: Look) -> None:
        if look.unjudged:
            self._judge.unjudged(look.unjudged)

    def _release(self, text: str, decided: int, judged: list[Judged], final: bool) -> list[Piece]:
        decided = _before_open_clusters(judged, decided)
        start = self._scan.start
        source = self._scan.tail + text
        pieces: list[Piece] = []
        for item in judged:
            if item.hit.start < decided:
                self._judge.record(item.decided)
        position = start
        for cluster in _clusters(judged, decided):
            first, last = cluster[0].hit.start, max([item.hit.end for item in cluster])
            pieces += self._keep(source[position - start : first - start], final=True)
            value = source[first - start : last - start]
            pieces.append(Piece(last - first, self._judge.replacement(cluster, value)))
            position = last
        pieces += self._keep(source[position - start : decided - start], final)
        self._scan.commit(text, decided)
        return pieces

    def _keep(self, text: str, final: bool) -> list[Piece]:
        if self._restorer is not None:
            return self._restorer.feed(text, final)
        return [Piece(len(text))] if text else []


def _blocks(judged: list[Judged]) -> bool:
    for item in judged:  # noqa: SIM110 - a generator costs three times as much
        if item.decided.action is Action.BLOCK:
            return True
    return False


def _before_open_clusters(judged: list[Judged], decided: int) -> int:
    """Return where to release to, so that no match is cut: one may overlap the undecided end."""
    if max([item.hit.end for item in judged], default=0) <= decided:
        return decided
    for item in sorted(judged, key=lambda item: item.hit.end, reverse=True):
        if item.hit.start < decided < item.hit.end:
            decided = item.hit.start
    return decided


def _clusters(judged: list[Judged], decided: int) -> list[list[Judged]]:
    """Group decided matches that are edited and overlap, in order."""
    clusters: list[list[Judged]] = []
    end = -1
    for item in judged:
        hit = item.hit
        if item.decided.action not in _EDITING or hit.start >= decided:
            continue
        if hit.start < end:
            clusters[-1].append(item)
        else:
            clusters.append([item])
        end = max(end, hit.end)
    return clusters
