"""One text of a streamed answer and the token lists that repeat it."""

from dataclasses import dataclass
from io import StringIO
from typing import Any

from .dialects import Slot
from .json_channel import Channel
from .pieces import Piece, apply

_LIST = ""
"""Name under which a token list stands that is not an object of lists."""


@dataclass(frozen=True, slots=True)
class _Tokens:
    """A frame's token list and the range of the text it spells."""

    start: int
    end: int
    value: dict[str, Any]


class Growing:
    """A text that grows over frames: what arrived, what is decided, what was changed.

    Args:
        slot: where the text first stood; later frames' slots replace it.
        channel: judges the text.
        keeps: keep what came and what left, for strings that repeat it.
    """

    __slots__ = (
        "_came",
        "_changed",
        "_channel",
        "_edited",
        "_left",
        "_pass",
        "_pending",
        "_tokens",
        "decided",
        "slot",
    )

    def __init__(self, slot: Slot, channel: Channel, *, keeps: bool = False):
        self.slot = slot
        self._channel = channel
        self._pass = channel.passer()
        self._came = StringIO() if keeps else None
        self._left: StringIO | None = None
        self._pending = ""
        self._changed = False
        self._tokens: list[_Tokens] = []
        self._edited: list[tuple[int, int]] = []
        self.decided = 0

    def feed(self, text: str, final: bool = False) -> tuple[str, bool]:
        """Take the next characters; return what may leave now, and whether all must stop."""
        pending = self._pending + text
        pieces, blocked = self._channel.feed(text, final)
        if len(pieces) == 1 and pieces[0].text is None:
            count = pieces[0].count
            self.decided += count
            released, self._pending = pending[:count], pending[count:]
            if self._came is not None:
                self._came.write(text)
                if self._left is not None:
                    self._left.write(released)
            return released, blocked
        released = apply(pending, pieces)
        if self._came is not None:
            self._keep(self._came, text, released)
        before = self.decided
        for piece in pieces:
            self._note(piece)
        self._pending = pending[self.decided - before :]
        return released, blocked

    def passing(self, text: str) -> str | None:
        """Take the next characters where nothing is to be done about them, as `feed` would.

        Returns:
            What may leave now; None where only `feed` can say: nothing was taken then.
        """
        count = self._pass(text)
        if count < 0:
            return None
        self.decided += count
        if self._pending or count != len(text):
            pending = self._pending + text
            released, self._pending = pending[:count], pending[count:]
        else:
            released = text
        if self._came is not None:
            self._came.write(text)
            if self._left is not None:
                self._left.write(released)
        return released

    @property
    def arrived(self) -> int:
        """How many characters arrived."""
        return self.decided + len(self._pending)

    @property
    def pending(self) -> str:
        """What arrived and is not decided."""
        return self._pending

    def _keep(self, came: StringIO, text: str, released: str) -> None:
        """Keep what came and left, where what left may differ."""
        if self._left is None:
            self._left = StringIO()
            self._left.write(came.getvalue()[: self.decided])
        came.write(text)
        self._left.write(released)

    def released_of(self, text: str) -> str | None:
        """Return what was released of this text once it ended; None when it is not what came."""
        if self._came is None or self._came.getvalue() != text:
            return None
        return text if self._left is None else self._left.getvalue()

    def released_so_far(self, text: str) -> str | None:
        """Return what was released of this text by now; None when it is no beginning of what came."""
        if self._came is None or not self._came.getvalue().startswith(text):
            return None
        return text[: self.decided] if self._left is None else self._left.getvalue()

    def is_changed(self) -> bool:
        """Say whether what was released of this text so far is not what came."""
        return self._changed

    def _note(self, piece: Piece) -> None:
        if piece.text is not None:
            self._changed = True
            self._edited.append((self.decided, self.decided + piece.count))
        self.decided += piece.count

    def hold_tokens(self, value: Any, start: int) -> None:
        """Keep a frame's token list until the text it repeats, from `start` on, is decided."""
        if isinstance(value, list):
            value = {_LIST: value}
        if isinstance(value, dict):
            self._tokens.append(_Tokens(start, self.arrived, value))

    def tokens(self) -> Any:
        """Return the token lists of decided, unchanged text, joined; None when there are none."""
        joined: dict[str, Any] = {}
        while self._tokens and self._tokens[0].end <= self.decided:
            held = self._tokens.pop(0)
            if not any(start < held.end and held.start < end for start, end in self._edited):
                _join(joined, held.value)
        first = self._tokens[0].start if self._tokens else self.decided
        self._edited = [edit for edit in self._edited if edit[1] > first]
        return joined.get(_LIST, joined) or None


def _join(joined: dict[str, Any], value: dict[str, Any]) -> None:
    for key, item in value.items():
        if isinstance(item, list) and isinstance(joined.get(key), list):
            joined[key] = joined[key] + item
        elif item is not None or key not in joined:
            joined[key] = item
