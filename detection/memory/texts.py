"""Texts that were looked at before: what stands in them is known and not looked for again."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ..rules import Rule
from ..sift import Known, Sift
from ..text_scan import PLAIN, Hit, Look
from ..types import Segment
from .recent import Recent

SHORTEST = 64
"""Characters of a text that is worth a digest; shorter ones are scanned faster."""

_CLEAN = Look(0, ())

type Found = tuple[tuple[Rule, int, int], ...]
"""Matches of a text: rule, start and end. No value: it is read from the text again."""


class Looked:
    """The texts of one request, looked at: before, or now.

    Args:
        table: what was found before.
        key: hash object of who asks, see `Memory.key`.
        segments: the texts.
        clean: those among them, by index, in which nothing stands.
    """

    __slots__ = ("_digests", "_segments", "_table", "characters", "known")

    def __init__(
        self, table: Recent[Found], key: Any, segments: Sequence[Segment], clean: Collection[int] = ()
    ):
        self._table = table
        self._segments = segments
        self._digests: dict[int, bytes] = {}
        self.known: dict[int, Found] = dict.fromkeys(clean, ())
        states: dict[tuple[object, ...], Any] = {}
        for index, segment in enumerate(segments):
            if len(segment.text) >= SHORTEST and index not in self.known:
                digest = self._digests[index] = _digest(key, segment, states)
                found = table.get(digest)
                if found is not None:
                    self.known[index] = found
        self.characters = sum([len(segments[index].text) for index in self.known])

    def doubtful(self, sift: Sift) -> Mapping[int, Known]:
        """Return what `Sift.doubtful` returns; only texts nobody looked at are given to it."""
        segments, known = self._segments, self.known
        fresh = [index for index in range(len(segments)) if index not in known]
        found = sift.doubtful([segments[index] for index in fresh])
        doubtful: dict[int, Known] = {}
        for index, hits in known.items():
            if hits:
                text = segments[index].text
                again = [Hit(rule, start, end, PLAIN, text[start:end]) for rule, start, end in hits]
                doubtful[index] = Look(len(text), tuple(again))
        for place, look in found.items():
            doubtful[fresh[place]] = look
        self._keep(fresh, found)
        return dict(sorted(doubtful.items())) if len(doubtful) > 1 else doubtful

    def _keep(self, fresh: Sequence[int], found: Mapping[int, Known]) -> None:
        """Remember what the sift was sure of: what only a channel can say stays unknown."""
        for place, index in enumerate(fresh):
            digest = self._digests.get(index)
            if digest is None:
                continue
            look = found.get(place, _CLEAN)
            if isinstance(look, Look) and not look.unjudged and all(hit.view == PLAIN for hit in look.hits):
                self._table.put(digest, tuple([(hit.rule, hit.start, hit.end) for hit in look.hits]))


def _digest(key: Any, segment: Segment, states: dict[tuple[object, ...], Any]) -> bytes:
    """Digest a text together with all that what is found in it depends on.

    `states` keeps what stands before the text: texts of one request have it in common.
    """
    text, _, role, kind, direction, _, name, encoded = segment
    about = (role, kind, direction, encoded, name)
    state = states.get(about)
    if state is None:
        state = states[about] = key.copy()
        state.update("\0".join(map(str, about)).encode("utf-8", "surrogatepass") + b"\0")
    state = state.copy()
    state.update(text.encode("utf-8", "surrogatepass"))
    digest: bytes = state.digest()
    return digest
