"""JSON text on its way: every string, number and key inside is judged as the value it spells.

Tool-call arguments are JSON in a string, and so may be their values. This channel reads the text
one character at a time, decodes strings, hands what they hold to a channel of their own - a
nested `JsonChannel` where the string begins like a JSON document - and maps that channel's pieces
back onto the spelling it read: kept characters keep their escapes, replacements are escaped once
for this level (and once more by each channel around it).

Models write broken JSON, and prose in brackets is not JSON. From the first character that cannot
stand where it stands, the rest is treated as plain text.
"""

import json
import re
from collections.abc import Callable

from .json_text import escape
from .pieces import Piece
from .pointer import step
from .text_channel import NOTHING, Fed, TextChannel

DEEPEST = 8
"""Levels of JSON within JSON that are read; deeper text is scanned as it is spelled."""
NESTING = 64
"""Levels of arrays and objects within one text."""
LONGEST_SCALAR = 512
SHORTEST_SCALAR = 7
"""Numbers with fewer characters say nothing about anyone and are not judged."""

type Channel = TextChannel | JsonChannel
type OpenLeaf = Callable[[str, str, bool], TextChannel]
"""Opens the channel of a leaf: pointer, field name, whether it may be edited."""

_SCALAR = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null")
_SCALAR_BEGINNING = re.compile(
    r"-?(?:(?:0|[1-9]\d*)(?:\.\d*)?(?:[eE][+-]?\d*)?)?|t(?:r(?:ue?)?)?|f(?:a(?:l(?:se?)?)?)?|n(?:u(?:ll?)?)?"
)
_PLAIN_RUN = re.compile(r'[^"\\]+')
_ESCAPES = frozenset('"\\/bfnrt')
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
        self._string: _String | None = None
        self._plain: TextChannel | None = None
        self._scalar = ""
        self._done = False

    def feed(self, text: str, final: bool = False) -> Fed:
        """Take the next characters; with `final`, the text ends here."""
        out: list[Piece] = []
        position = 0
        while position < len(text):
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

    def _open_string(self) -> "_String":
        is_key = bool(self._places) and self._places[-1].awaits_key
        pointer, name = self._here(), self._name()
        if is_key:
            pointer, name = self._places[-1].base, ""
        return _String(self._open_leaf, pointer, name, self._depth, is_key=is_key)

    def _in_string(self, string: "_String", text: str, position: int) -> tuple[int, Fed]:
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
        self._plain = self._open_leaf(self._pointer[:-1], self._own_name, True)
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
        return step(self.base, self.key if self.is_object else self.index)

    def name(self) -> str:
        return self.key if self.is_object else ""


class _String:
    """The inside of one string: decodes escapes and maps pieces back to their spelling."""

    def __init__(self, open_leaf: OpenLeaf, pointer: str, name: str, depth: int, *, is_key: bool):
        self._open_leaf = open_leaf
        self._pointer = pointer
        self._name = name
        self._depth = depth
        self.is_key = is_key
        self._channel: Channel | None = None
        self._blank = ""
        self._escape = ""
        self._widths: list[int] = []
        self._key: list[str] = []

    def take(self, text: str, position: int) -> tuple[int, Fed, bool]:
        """Take some characters; return how many, what they came to, and whether the string ended."""
        mark = text[position]
        if self._escape or mark == "\\":
            taken, fed = self._in_escape(text, position)
            return taken, fed, False
        if mark == '"':
            fed = self._end()
            pieces = fed.pieces if fed.blocked else [*fed.pieces, Piece(1)]
            return 1, Fed(pieces, fed.blocked), True
        run = _PLAIN_RUN.match(text, position)
        taken = (run.end() if run else position + 1) - position
        return taken, self._decoded(text[position : position + taken], None), False

    def cut(self) -> Fed:
        """The text ended inside this string: an unfinished escape is read as it is spelled."""
        pieces: list[Piece] = []
        while self._escape:
            spelled = _unescaped(self._escape) if self._escape[0] == "\\" else None
            character, used = spelled or (self._escape[0], 1)
            self._escape = self._escape[used:]
            fed = self._decoded(character, used)
            pieces += fed.pieces
            if fed.blocked:
                return Fed(pieces, blocked=True)
        fed = self._end()
        return Fed(pieces + fed.pieces, fed.blocked)

    def key(self) -> str:
        """Return the decoded text of a key."""
        return "".join(self._key)

    def _in_escape(self, text: str, position: int) -> tuple[int, Fed]:
        """Take one character of an escape. What turns out to be none is read as it is spelled."""
        rest, self._escape = self._escape + text[position], ""
        pieces: list[Piece] = []
        while rest:
            if rest[0] != "\\" and len(rest) == 1:
                return 0, Fed(pieces)  # the character just taken stands for itself, or ends the string
            decoded = _unescaped(rest) if rest[0] == "\\" else (rest[0], 1)
            if decoded is None:
                self._escape = rest
                break
            fed = self._decoded(*decoded)
            pieces += fed.pieces
            if fed.blocked:
                return 1, Fed(pieces, blocked=True)
            rest = rest[decoded[1] :]
        return 1, Fed(pieces)

    def _decoded(self, text: str, width: int | None) -> Fed:
        """Give decoded characters to the channel; `width` is the spelling's length of one escape."""
        if self.is_key:
            self._key.append(text)
        self._widths += [1] * len(text) if width is None else [width]
        if self._channel is None:
            self._blank += text
            begins = self._blank.lstrip(_SPACE)
            if not begins and len(self._blank) < LONGEST_SCALAR:
                return NOTHING
            text, self._blank = self._blank, ""
            self._channel = self._open(begins)
        return self._mapped(self._channel.feed(text))

    def _open(self, begins: str) -> Channel:
        if begins[:1] in ("{", "[") and not self.is_key and self._depth < DEEPEST:
            return JsonChannel(self._open_leaf, self._pointer, self._name, self._depth + 1)
        return self._open_leaf(self._pointer, self._name, not self.is_key)

    def _end(self) -> Fed:
        if self._channel is None:
            self._channel = self._open_leaf(self._pointer, self._name, not self.is_key)
        return self._mapped(self._channel.feed(self._blank, final=True))

    def _mapped(self, fed: Fed) -> Fed:
        pieces: list[Piece] = []
        for piece in fed.pieces:
            spelled = sum(self._widths[: piece.count])
            del self._widths[: piece.count]
            pieces.append(Piece(spelled, None if piece.text is None else escape(piece.text)))
        return Fed(pieces, fed.blocked)


def _unescaped(raw: str) -> tuple[str, int] | None:
    """Decode the escape that `raw` begins with; None while it is not complete.

    Returns:
        The character and how much of `raw` spells it. What is no escape stands for itself.
    """
    if len(raw) < 2:
        return None
    if raw[1] != "u":
        return (json.loads(f'"{raw[:2]}"'), 2) if raw[1] in _ESCAPES else (raw[0], 1)
    if not _hexadecimal(raw[2:6]):
        return raw[0], 1
    if len(raw) < 6:
        return None
    high = int(raw[2:6], 16)
    if not 0xD800 <= high < 0xDC00:
        return chr(high), 6
    return _paired(raw, high)


def _paired(raw: str, high: int) -> tuple[str, int] | None:
    low = raw[6:12]
    if not "\\u".startswith(low[:2]) or not _hexadecimal(low[2:]):
        return chr(high), 6
    if len(low) < 6:
        return None
    code = int(raw[8:12], 16)
    if not 0xDC00 <= code < 0xE000:
        return chr(high), 6
    return chr(0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00)), 12


def _hexadecimal(digits: str) -> bool:
    return all(digit in "0123456789abcdefABCDEF" for digit in digits)


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
