"""JSON text on its way: every string, number and key inside is judged as the value it spells.

Tool-call arguments are JSON in a string, and so may be their values. This channel reads the text
one character at a time, decodes strings, hands what they hold to a channel of their own - a
nested `JsonChannel` where the string begins like a JSON document - and maps that channel's pieces
back onto the spelling it read: kept characters keep their escapes, replacements are escaped once
for this level (and once more by each channel around it).

Models write broken JSON, and prose in brackets is not JSON. From the first character that cannot
stand where it stands, the rest is treated as plain text.
"""

import re
from collections.abc import Callable
from typing import Protocol

from .effort import effort
from .errors import BadInput
from .json_text import escape
from .pieces import Piece
from .pointer import step
from .text_channel import NOTHING, Fed, TextChannel, nothing_passes
from .unescape import Unescaper

DEEPEST = 8
"""Levels of JSON within JSON that are read; deeper text is scanned as it is spelled."""
NESTING = 64
"""Levels of arrays and objects within one text."""
LONGEST_SCALAR = 512
LONGEST_STEP = 64
"""Characters of a key that stand in a pointer; a longer key is no field's name."""
MOST_MARKS = 200_000
"""Structural characters, strings and scalars of one text."""
SHORTEST_SCALAR = 7
"""Numbers with fewer characters say nothing about anyone and are not judged."""

type Channel = TextChannel | JsonChannel
type OpenLeaf = Callable[[str, str, bool], TextChannel]
"""Opens the channel of a leaf: pointer, field name, whether it may be edited."""


class Inside(Protocol):
    """Takes what a string spells."""

    def feed(self, text: str, final: bool = False) -> Fed:
        """Take the next characters; with `final`, the text ends there."""
        ...


_SCALAR = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null")
_SCALAR_BEGINNING = re.compile(
    r"-?(?:(?:0|[1-9]\d*)(?:\.\d*)?(?:[eE][+-]?\d*)?)?|t(?:r(?:ue?)?)?|f(?:a(?:l(?:se?)?)?)?|n(?:u(?:ll?)?)?"
)
_SPACE = " \t\r\n"
_ENDS = ',]}:"{[' + _SPACE


class JsonChannel:
    """A JSON text that arrives in pieces.

    Args:
        open_leaf: opens the channel of a string, number or key.
        pointer: where this text stands; leaves stand below it.
        name: field name this text stands under.
        depth: how many levels of JSON text are around this one.
    """

    def __init__(self, open_leaf: OpenLeaf, pointer: str, name: str = "", depth: int = 0):
        self._open_leaf = open_leaf
        self._pointer = pointer + "#"
        self._own_name = name
        self._depth = depth
        self._places: list[_Place] = []
        self._string: JsonString | None = None
        self._plain: TextChannel | None = None
        self._scalar = ""
        self._done = False
        self._marks = 0

    def passer(self) -> Callable[[str], int]:
        """Return what takes nothing: what leaves is known when it was read, see `TextChannel.passer`."""
        return nothing_passes

    def feed(self, text: str, final: bool = False) -> Fed:
        """Take the next characters; with `final`, the text ends here.

        Raises:
            BadInput: more than `MOST_MARKS` values and marks.
        """
        out: list[Piece] = []
        position = 0
        while position < len(text):
            self._count_mark()
            if effort.left < 0 and self._plain is None and self._string is None:
                taken, fed = 0, self._give_up()  # whose channel says that the rest was not judged
            else:
                taken, fed = self._next(text, position)
            out += fed.pieces
            if fed.blocked:
                return Fed(out, blocked=True)
            position += taken
        if final:
            fed = self._close()
            out += fed.pieces
            if fed.blocked:
                return Fed(out, blocked=True)
        return Fed(_joined(out))

    def _count_mark(self) -> None:
        self._marks += 1
        if self._marks > MOST_MARKS:
            raise BadInput("A JSON text in a string holds too many values.", code="too_many_values")

    def _next(self, text: str, position: int) -> tuple[int, Fed]:
        if self._plain is not None:
            return len(text) - position, self._plain.feed(text[position:])
        if self._string is not None:
            return self._in_string(self._string, text, position)
        return self._structure(text[position])

    def _close(self) -> Fed:
        if self._string is not None:
            return self._string.cut()
        fed = self._end_scalar()
        if self._plain is None or fed.blocked:
            return fed
        rest = self._plain.feed("", final=True)
        return Fed(fed.pieces + rest.pieces, rest.blocked)

    def _structure(self, mark: str) -> tuple[int, Fed]:
        """Take one character outside of strings."""
        if self._scalar and mark in _ENDS:
            return 0, self._end_scalar()
        if mark in _SPACE:
            return 1, _kept(mark)
        if not self._fits(mark):
            return 0, self._give_up()
        if mark == '"':
            self._string = self._open_string()
            return 1, _kept(mark)
        if mark in "{[}],:":
            self._move(mark)
            return 1, _kept(mark)
        return self._grow_scalar(mark)

    def _fits(self, mark: str) -> bool:
        """Say whether JSON allows this character here."""
        place = self._places[-1] if self._places else None
        if place is None:
            return not self._done and mark not in "}],:"
        return place.allows(mark) and (mark not in "{[" or len(self._places) < NESTING)

    def _move(self, mark: str) -> None:
        if mark in "{[":
            self._places.append(_Place(self._here(), mark == "{"))
        elif mark in "}]":
            self._places.pop()
            self._value_done()
        else:
            self._places[-1].separate(mark)

    def _value_done(self) -> None:
        if self._places:
            self._places[-1].value_done()
        else:
            self._done = True

    def _here(self) -> str:
        return self._places[-1].pointer() if self._places else self._pointer

    def _name(self) -> str:
        return self._places[-1].name() if self._places else self._own_name

    def _open_string(self) -> "JsonString":
        is_key = bool(self._places) and self._places[-1].awaits_key
        pointer, name = self._here(), self._name()
        if is_key:
            pointer, name = self._places[-1].base, ""
        return JsonString(self._open_leaf, pointer, name, self._depth, is_key=is_key)

    def _in_string(self, string: "JsonString", text: str, position: int) -> tuple[int, Fed]:
        taken, fed, ended = string.take(text, position)
        if ended and not fed.blocked:
            self._string = None
            if string.is_key:
                self._places[-1].key_done(string.key())
            else:
                self._value_done()
        return taken, fed

    def _grow_scalar(self, mark: str) -> tuple[int, Fed]:
        grown = self._scalar + mark
        if len(grown) > LONGEST_SCALAR or not _SCALAR_BEGINNING.fullmatch(grown):
            return 0, self._give_up()
        self._scalar = grown
        return 1, NOTHING

    def _end_scalar(self) -> Fed:
        scalar = self._scalar
        if not scalar:
            return NOTHING
        if not _SCALAR.fullmatch(scalar):
            return self._give_up()
        self._scalar = ""
        fed = _kept(scalar)
        if len(scalar) >= SHORTEST_SCALAR:
            fed = self._open_leaf(self._here(), self._name(), False).feed(scalar, final=True)
        self._value_done()
        return fed

    def _give_up(self) -> Fed:
        """This is no JSON: what is pending and all that follows is plain text."""
        self._plain = self._open_leaf(self._pointer[:-1], self._name() or self._own_name, True)
        pending, self._scalar = self._scalar, ""
        return self._plain.feed(pending)


class _Place:
    """One open array or object: what may come next, and where it stands."""

    __slots__ = ("base", "index", "is_object", "key", "state")

    def __init__(self, base: str, is_object: bool):
        self.base = base
        self.is_object = is_object
        self.index = 0
        self.key = ""
        self.state = "first"

    @property
    def awaits_key(self) -> bool:
        return self.is_object and self.state in ("first", "key")

    def allows(self, mark: str) -> bool:
        if mark == ":":
            return self.state == "colon"
        if mark == ",":
            return self.state == "after"
        if mark in "}]":
            return self.state in ("first", "after") and (mark == "}") == self.is_object
        if self.awaits_key:
            return mark == '"'
        return self.state in ("first", "value")

    def separate(self, mark: str) -> None:
        if mark == ":":
            self.state = "value"
        else:
            self.index += 1
            self.state = "key" if self.is_object else "value"

    def key_done(self, key: str) -> None:
        self.key = key
        self.state = "colon"

    def value_done(self) -> None:
        self.state = "after"

    def pointer(self) -> str:
        return step(self.base, name_in_pointer(self.key) if self.is_object else self.index)

    def name(self) -> str:
        return self.key if self.is_object else ""


class JsonString:
    """The inside of one string: decoded, judged, and mapped back to its spelling.

    Args:
        open_leaf: opens the channel of what it spells.
        pointer: where the string stands.
        name: field name it stands under.
        depth: how many levels of JSON text are around it.
        is_key: it is the name of a member.
        channel: takes what it spells; None where how that begins says what does.
    """

    def __init__(
        self,
        open_leaf: OpenLeaf,
        pointer: str,
        name: str,
        depth: int,
        *,
        is_key: bool,
        channel: "Inside | None" = None,
    ):
        self._open_leaf = open_leaf
        self._pointer = pointer
        self._name = name
        self._depth = depth
        self.is_key = is_key
        self._unescaper = Unescaper()
        self._channel = channel
        self._blank = ""
        self._widths: list[int] = []
        self._key: list[str] = []

    def take(self, text: str, position: int) -> tuple[int, Fed, bool]:
        """Take some characters; return how many, what they came to, and whether the string ended."""
        stopped = self._unescaper.take(text, position)
        ended = stopped < len(text)
        fed = self._decoded(final=ended)
        if ended and not fed.blocked:
            return stopped + 1 - position, Fed([*fed.pieces, Piece(1)]), True
        return stopped - position, fed, ended

    def cut(self) -> Fed:
        """The text ended inside this string."""
        self._unescaper.cut()
        return self._decoded(final=True)

    def key(self) -> str:
        """Return the decoded text of a key."""
        return "".join(self._key)

    def _decoded(self, *, final: bool) -> Fed:
        """Give what was decoded to the channel of this string."""
        text = self._unescaper.decoded
        self._widths += self._unescaper.widths
        if self.is_key:
            self._key.append(text)
        if self._channel is None:
            text, self._blank = self._blank + text, ""
            begins = text.lstrip(_SPACE)
            if not begins and not final and len(text) < LONGEST_SCALAR:
                self._blank = text
                return NOTHING
            self._channel = self._open(begins)
        return self._mapped(self._channel.feed(text, final))

    def _open(self, begins: str) -> "Inside":
        if begins[:1] in ("{", "[") and not self.is_key and self._depth < DEEPEST:
            return JsonChannel(self._open_leaf, self._pointer, self._name, self._depth + 1)
        return self._open_leaf(self._pointer, self._name, not self.is_key)

    def _mapped(self, fed: Fed) -> Fed:
        pieces: list[Piece] = []
        position = 0
        for piece in fed.pieces:
            end = position + piece.count
            spelled = sum(self._widths[position:end])
            pieces.append(Piece(spelled, None if piece.text is None else escape(piece.text)))
            position = end
        del self._widths[:position]
        return Fed(pieces, fed.blocked)


def name_in_pointer(key: str) -> str:
    """Return what stands for a key in pointers."""
    return key if len(key) <= LONGEST_STEP else "*"


def _kept(mark: str) -> Fed:
    return Fed([Piece(len(mark))])


def _joined(pieces: list[Piece]) -> list[Piece]:
    """Join neighbouring kept pieces."""
    joined: list[Piece] = []
    for piece in pieces:
        if joined and piece.text is None and joined[-1].text is None:
            joined[-1] = Piece(joined[-1].count + piece.count)
        elif piece.count or piece.text is not None:
            joined.append(piece)
    return joined
