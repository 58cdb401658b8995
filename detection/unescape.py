"""Decoding the inside of a JSON string that arrives in pieces (RFC 8259, section 7).

What looks like an escape and is none is read as it is spelled: models write broken JSON, and
lenient parsers read it.
"""

import json
import re

_TOKEN = re.compile(
    r'(?P<plain>[^"\\]+)|(?P<pair>\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})'
    r"|(?P<unit>\\u(?![dD][89abAB])[0-9a-fA-F]{4})|(?P<short>\\[\"\\/bfnrt])"
)
_SHORT = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_HEXADECIMAL = frozenset("0123456789abcdefABCDEF")
_LONGEST_UNIT = 6


class Unescaper:
    """Decodes one string.

    `decoded` and `widths` hold what the last `take` or `cut` decoded: the characters, and for each
    how many characters spell it.
    """

    __slots__ = ("_pending", "decoded", "widths")

    def __init__(self) -> None:
        self._pending = ""
        self.decoded = ""
        self.widths: list[int] = []

    def take(self, text: str, position: int) -> int:
        """Decode up to the closing quote or the text's end; return the offset where it stopped."""
        pieces: list[str] = []
        widths: list[int] = []
        while position < len(text):
            if self._pending:
                position += self._slowly(text[position], pieces, widths)
                continue
            token = _TOKEN.match(text, position)
            if token is not None:
                _decode(token, pieces, widths)
                position = token.end()
            elif text[position] == '"':
                break
            else:
                self._pending = "\\"
                position += 1
        self.decoded, self.widths = "".join(pieces), widths
        return position

    def cut(self) -> None:
        """The text ended inside the string: an unfinished escape is read as it is spelled."""
        pieces: list[str] = []
        widths: list[int] = []
        while self._pending:
            spelled = _unescaped(self._pending) if self._pending[0] == "\\" else None
            character, used = spelled or (self._pending[0], 1)
            pieces.append(character)
            widths.append(used)
            self._pending = self._pending[used:]
        self.decoded, self.widths = "".join(pieces), widths

    def _slowly(self, character: str, pieces: list[str], widths: list[int]) -> int:
        """Take one character behind the beginning of an escape; return 0 to have it read again."""
        rest, self._pending = self._pending + character, ""
        while rest:
            if rest[0] != "\\" and len(rest) == 1:
                return 0  # it stands for itself, or ends the string
            decoded = _unescaped(rest) if rest[0] == "\\" else (rest[0], 1)
            if decoded is None:
                self._pending = rest
                break
            pieces.append(decoded[0])
            widths.append(decoded[1])
            rest = rest[decoded[1] :]
        return 1


def _decode(token: re.Match[str], pieces: list[str], widths: list[int]) -> None:
    spelled = token.group()
    if token.lastgroup == "plain":
        pieces.append(spelled)
        widths.extend([1] * len(spelled))
        return
    if token.lastgroup == "short":
        pieces.append(_SHORT.get(spelled[1], spelled[1]))
    elif token.lastgroup == "unit":
        pieces.append(chr(int(spelled[-4:], 16)))
    else:
        pieces.append(json.loads(f'"{spelled}"'))
    widths.append(len(spelled))


def _unescaped(raw: str) -> tuple[str, int] | None:
    """Decode the escape that `raw` begins with; None while it is not complete.

    Returns:
        The character and how much of `raw` spells it. What is no escape stands for itself.
    """
    if len(raw) == 1:
        return None
    if raw[1] != "u":
        known = raw[1] in _SHORT or raw[1] in '"\\/'
        return (_SHORT.get(raw[1], raw[1]), 2) if known else (raw[0], 1)
    digits = raw[2:_LONGEST_UNIT]
    if not _HEXADECIMAL.issuperset(digits):
        return raw[0], 1
    if len(raw) < _LONGEST_UNIT:
        return None
    high = int(digits, 16)
    if not 0xD800 <= high < 0xDC00:
        return chr(high), _LONGEST_UNIT
    return _paired(raw, high)


def _paired(raw: str, high: int) -> tuple[str, int] | None:
    low = raw[_LONGEST_UNIT : 2 * _LONGEST_UNIT]
    if not "\\u".startswith(low[:2]) or not _HEXADECIMAL.issuperset(low[2:]):
        return chr(high), _LONGEST_UNIT
    if len(low) < _LONGEST_UNIT:
        return None
    code = int(low[-4:], 16)
    if not 0xDC00 <= code < 0xE000:
        return chr(high), _LONGEST_UNIT
    return chr(0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00)), 2 * _LONGEST_UNIT
