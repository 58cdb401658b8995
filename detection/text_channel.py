"""One text on its way: scanned, judged, edited and - in an answer - restored, as it grows.

Whatever the cuts, the released text is the same. Where a match blocks, what was released by then
is what the fold over single characters would have released: the chunk is bisected for the first
character that decides the blocking match, and everything before that character is treated alone.
"""

from collections.abc import Callable
from typing import NamedTuple, Protocol

from .effort import effort
from .pieces import Piece
from .restore import Restorer
from .rules import Rule
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

    def passing(self, more: str) -> int:
        """Look, and commit what is decided, where nothing stands.

        Returns:
            How many characters were committed; -1 where something stands: nothing was changed then.
        """
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

    def beyond(self, judged: list[Judged], crowded: tuple[Rule, ...]) -> int | None:
        """Return where the first match begins that is one too many; None where none is. No side effects.

        `crowded` are rules that may have more matches than these.
        """
        ...

    def overload(self) -> None:
        """Note that there were too many findings. Called once."""
        ...

    def replacement(self, cluster: list[Judged], value: str) -> str:
        """Return what stands for `value`, the union of overlapping editing matches."""
        ...


def nothing_passes(_text: str) -> int:
    """Take nothing, see `TextChannel.passer`."""
    return -1


class TextChannel:
    """A text that arrives in pieces.

    Args:
        scan: the text's scan, fresh.
        judge: decides and records.
        restorer: puts values back into what is released; None where nothing is restored.
        whole: nothing leaves before the text's end.
    """

    def __init__(self, scan: Scan, judge: Judge, restorer: Restorer | None = None, *, whole: bool = False):
        self._whole = whole
        self._scan = scan
        self._judge = judge
        self._restorer = restorer

    def passer(self) -> Callable[[str], int]:
        """Return what takes the next characters of the text where nothing is to be done about them.

        It returns how many leave as they came; -1 where only `feed` can say: nothing was taken then.
        """
        return self._scan.passing if self._restorer is None else nothing_passes

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
        first = self._stops(look, judged)
        if first is not None and self._whole:
            return self._shut(look, judged)
        if first is not None:
            return self._stop(text, final, first) or self._shut(look, judged)
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

    def _shut(self, look: Look, judged: list[Judged]) -> Fed:
        """Record a block, and release nothing."""
        self._close(look, [item for item in judged if item.hit.start >= self._scan.start])
        return Fed([], blocked=True)

    def _stop(self, text: str, final: bool, first: int) -> Fed | None:
        """Release what was decided before the first character that decides a block; record the block.

        No character of this text before offset `first` of the whole can be that one. None where it takes too
        much work to say which is.
        """
        pieces: list[Piece] = []
        begun = first - self._scan.start - len(self._scan.tail)
        if begun > 0:
            fed = self.feed(text[:begun])
            if fed.blocked:
                return fed
            pieces, text = fed.pieces, text[begun:]
        low = self._deciding(text, final)
        before = text[: max(0, low - 1)]
        look = self._scan.look(before, final=False)
        if effort.left < 0:
            return None
        self._note(look)
        pieces = pieces + self._release(before, look.decided, self._judged(look), final=False)
        rest = self._scan.look(text[len(before) : low], final=low > len(text))
        if effort.left < 0:
            return None
        self._close(rest, self._judged(rest))
        return Fed(pieces, blocked=True)

    def _deciding(self, text: str, final: bool) -> int:
        """Return how many characters decide a block; one more than there are where only the end does."""
        low, high, step = 0, len(text) + final, 1  # blocked at `high`, not at `low` - 1
        while step < high:
            if self._blocked(text[:step]):
                high = step
            else:
                low = step + 1
                step *= 2
        while low < high:
            middle = (low + high) // 2
            if self._blocked(text[:middle]):
                high = middle
            else:
                low = middle + 1
        return low

    def _blocked(self, text: str) -> bool:
        look = self._scan.look(text, final=False)
        return self._stops(look, self._judged(look)) is not None

    def _close(self, look: Look, judged: list[Judged]) -> None:
        """Record what ends a text."""
        self._note(look)
        over = self._judge.beyond(judged, look.crowded) is not None
        for item in judged:
            self._judge.record(item.decided)
        if over:
            self._judge.overload()

    def _stops(self, look: Look, judged: list[Judged]) -> int | None:
        """Return an offset before which nothing stops all; None where nothing does."""
        if look.unjudged and self._judge.stops_unjudged(look.unjudged):
            return 0
        first = min([item.hit.start for item in judged if item.decided.action is Action.BLOCK], default=None)
        beyond = self._judge.beyond(judged, look.crowded)
        if first is None or beyond is None:
            return beyond if first is None else first
        return min(first, beyond)

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
        for cluster in clusters(judged, decided):
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


def _before_open_clusters(judged: list[Judged], decided: int) -> int:
    """Return where to release to, so that no match is cut: one may overlap the undecided end."""
    if max([item.hit.end for item in judged], default=0) <= decided:
        return decided
    for item in sorted(judged, key=lambda item: item.hit.end, reverse=True):
        if item.hit.start < decided < item.hit.end:
            decided = item.hit.start
    return decided


def clusters(judged: list[Judged], decided: int) -> list[list[Judged]]:
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
