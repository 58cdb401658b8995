"""The turns of a conversation that came before, byte for byte: they need not be read again.

Stateless APIs send the whole conversation with every turn. The beginning of a body that is, byte for
byte, that of an earlier body up to the end of one of its turns puts any parser into the very state
it was in there; so what was found in those turns stands, and what follows is read behind them.
"""

from typing import Any, NamedTuple

from .recent import Recent

_BOUNDARY = b'},{"role":'
"""Between two turns as clients write them. Found elsewhere it only costs a look."""
_MOST_LOOKS = 8
"""Ends of turns that are tried, from the last one on: a body brings few new ones."""


class Kept(NamedTuple):
    """A turn that is read with every request.

    `clean`: nothing stands in it. `lasting`: it is read for good; else only while it is one of the
    newest of its user, whose next turn may go on where it ended.
    """

    number: int
    start: int
    end: int
    clean: bool
    lasting: bool


class Turns(NamedTuple):
    """What the beginning of a body came to.

    Attributes:
        start: offset of the first turn.
        length: turns in it.
        kept: those to be read again: instructions, turns with findings or unjudged parts, the newest.
        segments: texts of the others.
        characters: their length, together.
    """

    start: int
    length: int
    kept: tuple[Kept, ...]
    segments: int
    characters: int


class Trail:
    """Digests of the beginnings of one body, each made from the one before.

    Args:
        key: hash object of who asks, see `Memory.key`.
        body: the request body.
    """

    __slots__ = ("_at", "_body", "_key", "_state")

    def __init__(self, key: Any, body: bytes):
        self._key = key
        self._body = memoryview(body)
        self._state = key.copy()
        self._at = 0

    def digest(self, end: int) -> bytes:
        """Digest the body up to an offset. Cheap where offsets rise."""
        if end < self._at:
            self._state = self._key.copy()
            self._at = 0
        self._state.update(self._body[self._at : end])
        self._at = end
        digest: bytes = self._state.copy().digest()
        return digest


def known_turns(table: Recent[Turns], trail: Trail, body: bytes) -> tuple[int, Turns | None]:
    """Find the longest beginning of a body that is known.

    Returns:
        Its end and what it came to; ``(0, None)`` where none is.
    """
    best: tuple[int, Turns | None] = (0, None)
    for end in _ends(body):
        turns = table.get(trail.digest(end))
        if turns is not None:
            best = (end, turns)
    return best


def _ends(body: bytes) -> list[int]:
    """Return offsets where turns may end, rising."""
    ends: list[int] = []
    at = len(body)
    while len(ends) < _MOST_LOOKS:
        at = body.rfind(_BOUNDARY, 0, at)
        if at < 0:
            break
        ends.append(at + 1)
    if ends:
        last = body.find(b"}]", ends[0])  # the same body once more
        if last >= 0:
            ends.insert(0, last + 1)
    return ends[::-1]
