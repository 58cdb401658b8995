"""What one request has in common with those before it, and what is to be remembered of it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from ..dialects import NOTHING_ADDRESSED, Addressed, Asked, Dialect
from ..document import Document
from ..errors import BadInput
from ..json_read import parse
from ..sift import Known, Sift
from ..turn_seams import TEXTS
from ..types import Edit, Segment, Unjudged
from .memory import Memory
from .texts import Looked
from .turns import Kept, Trail, Turns, known_turns

MOST_KEPT = 64
MOST_SEGMENTS = 10_000
"""Turns that are read every time, and texts that are not, up to which a conversation is remembered."""

_USER = "user"
_NEWEST = TEXTS - 1
_STANDING = ("system", "developer")
"""Roles of turns that are always read: instructions matter to the answer, too."""
_NOTHING = Turns(0, 0, (), 0, 0)


@dataclass(frozen=True, slots=True)
class Abridged:
    """A request without the turns that are known; stands where a `Document` does.

    Attributes:
        body: the whole request.
        small: the rest of it, read.
        segments: the texts of the rest, by their places in the whole.
        unjudged: parts of the rest that no scanner can read.
    """

    body: bytes = field(repr=False)
    small: Document = field(repr=False)
    segments: tuple[Segment, ...]
    unjudged: tuple[Unjudged, ...] = ()

    def render(self, edits: Iterable[Edit]) -> bytes:
        """Return the whole body with the edits applied."""
        # Its beginning was compact when it was remembered, so it is if the rest is.
        compact = self.small.compact
        tree = orjson.loads(self.body) if compact else parse(self.body).tree
        return Document(self.body, tree, (), compact=compact).render(edits)


class Recollection:
    """One large request, beside what is remembered.

    Args:
        memory: what is remembered.
        key: hash object of who asks, see `Memory.key`.
        dialect: of the body.
        body: the request.
        addressed: what its address says.
    """

    __slots__ = (
        "_addressed",
        "_body",
        "_dialect",
        "_end",
        "_key",
        "_looked",
        "_memory",
        "_small",
        "_trail",
        "_turns",
    )

    def __init__(
        self,
        memory: Memory,
        key: Any,
        dialect: Dialect,
        body: bytes,
        addressed: Addressed = NOTHING_ADDRESSED,
    ):
        self._memory = memory
        self._key = key
        self._dialect = dialect
        self._body = body
        self._addressed = addressed
        self._looked: Looked | None = None
        self._small: Document | None = None
        self._trail = Trail(key, body)
        self._end, self._turns = 0, _NOTHING
        if dialect.turns:
            end, turns = known_turns(memory.turns, self._trail, body)
            if turns is not None:
                self._end, self._turns = end, turns

    @property
    def small(self) -> Document | None:
        """What of the request is not known, once it was read; places are those in it, not in the whole."""
        return self._small

    @property
    def segments(self) -> int:
        """Texts that are not read again."""
        return self._turns.segments

    @property
    def unread(self) -> int:
        """Characters that are not read again."""
        return self._turns.characters

    @property
    def remembered(self) -> int:
        """Characters that were not scanned again: unread ones, and those of texts that are known."""
        return self._turns.characters + (self._looked.characters if self._looked else 0)

    def parse(self) -> tuple[Document | Abridged, Asked]:
        """Read what is not known. Raises `BadInput`."""
        if self._turns.length:
            try:
                document, asked = self._dialect.parse_request(self._abridged(), self._addressed)
            except BadInput:  # its place is told in the whole body
                self._end, self._turns = 0, _NOTHING
            else:
                self._small = document
                return self._moved(document), asked
        self._small, asked = self._dialect.parse_request(self._body, self._addressed)
        return self._small, asked

    def doubtful(self, sift: Sift, segments: Sequence[Segment]) -> Mapping[int, Known]:
        """Return what `Sift.doubtful` returns, from memory where it is known."""
        self._looked = Looked(self._memory.texts, self._key, segments, self._clean(segments))
        return self._looked.doubtful(sift)

    def _clean(self, segments: Sequence[Segment]) -> set[int]:
        """Return the texts of kept turns in which nothing stands."""
        turns = {turn.number for turn in self._turns.kept if turn.clean}
        root = f"/{self._dialect.turns}/"
        return {
            index for index, segment in enumerate(segments) if turns and _turn(segment.pointer, root) in turns
        }

    def keep(self, document: Document | Abridged, doubtful: Collection[int]) -> None:
        """Remember the turns of this body, which was judged and may go on.

        Args:
            document: as `parse` gave it.
            doubtful: texts in which something stands, by index.
        """
        small = self._small
        if small is None or not small.compact or not isinstance(small.tree.get(self._dialect.turns), list):
            return
        again = self._to_read_again(document, doubtful)
        if again is None:
            return
        turns = self._grown(small.tree, document, again)
        if turns is not None and len(turns[1].kept) <= MOST_KEPT and turns[1].segments <= MOST_SEGMENTS:
            self._memory.turns.put(self._trail.digest(turns[0]), turns[1])

    def _abridged(self) -> bytes:
        """Cut the known turns out of the body, but for those that are kept."""
        turns, body = self._turns, self._body
        kept = [body[turn.start : turn.end] for turn in turns.kept]
        rest = body[self._end :]
        if not kept and rest.startswith(b","):
            rest = rest[1:]
        return body[: turns.start] + b",".join(kept) + rest

    def _moved(self, small: Document) -> Abridged:
        """Give texts the places that they have in the whole body."""
        root = f"/{self._dialect.turns}/"
        segments = tuple(
            [
                segment._replace(pointer=self._place(segment.pointer, root))
                if segment.pointer.startswith(root)
                else segment
                for segment in small.segments
            ]
        )
        unjudged = tuple(
            Unjudged(self._place(item.pointer, root), item.reason) if item.pointer.startswith(root) else item
            for item in small.unjudged
        )
        return Abridged(self._body, small, segments, unjudged)

    def _place(self, pointer: str, root: str) -> str:
        index, slash, rest = pointer[len(root) :].partition("/")
        kept = self._turns.kept
        at = int(index)
        whole = kept[at].number if at < len(kept) else self._turns.length + at - len(kept)
        return f"{root}{whole}{slash}{rest}"

    def _to_read_again(self, document: Document | Abridged, doubtful: Collection[int]) -> set[int] | None:
        """Return the turns in which something stands; None where that cannot be told."""
        root = f"/{self._dialect.turns}/"
        pointers = [document.segments[index].pointer for index in doubtful]
        pointers += [item.pointer for item in document.unjudged]
        found = {pointer[len(root) :].partition("/")[0] for pointer in pointers if pointer.startswith(root)}
        return {int(index) for index in found} if all(index.isdecimal() for index in found) else None

    def _grown(self, tree: Any, document: Document | Abridged, again: set[int]) -> tuple[int, Turns] | None:
        """Return the end of the turns in the body and what they came to; None where none is new."""
        known, name = self._turns, self._dialect.turns
        turns = tree[name][len(known.kept) :]
        if not turns:
            return None
        start = known.start or _start(tree, name)
        at = self._end + 1 if known.length else start
        kept, newest = [*known.kept], [turn for turn in known.kept if not turn.lasting]
        for number, turn in enumerate(turns, known.length):
            end = at + len(orjson.dumps(turn))
            clean = number not in again
            role = turn.get("role") if isinstance(turn, dict) else None
            lasting = not clean or role in _STANDING
            if lasting or role == _USER:
                kept.append(Kept(number, at, end, clean, lasting))
                newest += [] if lasting else [kept[-1]]
            at = end + 1
        if self._body[at - 1 : at] != b"]":
            return None
        left = {turn.number for turn in newest[:-_NEWEST]}
        kept = [turn for turn in kept if turn.number not in left]
        stays = {turn.number for turn in kept}
        read = [
            len(segment.text)
            for segment in document.segments
            if (place := _turn(segment.pointer, f"/{name}/")) is not None and place not in stays
        ]
        length = known.length + len(turns)
        return at - 1, Turns(
            start, length, tuple(kept), known.segments + len(read), known.characters + sum(read)
        )


def _start(tree: Mapping[str, Any], name: str) -> int:
    """Return the offset of the first item of a list in a compact object."""
    before: dict[str, Any] = {}
    for key, value in tree.items():
        if key == name:
            break
        before[key] = value
    return len(orjson.dumps(before)) - 1 + bool(before) + len(orjson.dumps(name)) + len(b":[")


def _turn(pointer: str, root: str) -> int | None:
    """Return the number of the turn that a text stands in; None for one that stands elsewhere."""
    return int(pointer[len(root) :].partition("/")[0]) if pointer.startswith(root) else None
