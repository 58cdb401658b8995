"""A text beside its UTF-8 bytes: engines in C read bytes, the house counts characters."""

import re
from bisect import bisect_right
from itertools import accumulate

_SURROGATE = re.compile("[\ud800-\udfff]")
_WIDEST = 4
_FAR = 2048
"""Bytes or characters from which on a way is not walked; marks stand so many bytes apart."""
_NO_BEGINNINGS = bytes(range(0x80, 0xC0))
"""Bytes that begin no character."""


class Encoded:
    """UTF-8 bytes of a text with offsets both ways.

    A lone surrogate has no UTF-8 form; engines see U+FFFD in its place, so that offsets agree.
    A look-up costs the distance from the one before, or from a mark nearby.
    """

    __slots__ = ("_byte", "_char", "_marks", "data", "plain", "text", "widest")

    def __init__(self, text: str):
        self.plain = text.isascii()
        """Whether offsets are the same both ways."""
        self.widest = 1 if self.plain else _WIDEST
        """Bytes of the widest character there may be."""
        try:
            self.data = text.encode()
        except UnicodeEncodeError:
            text = _SURROGATE.sub("\ufffd", text)
            self.data = text.encode()
        self.text = text
        self._byte = self._char = 0
        self._marks: list[int] | None = None

    def char(self, byte: int) -> int:
        """Return the character offset of a byte offset (at a character's boundary)."""
        if self.plain:
            return byte
        if not -_FAR < byte - self._byte < _FAR:
            self._go(byte // _FAR)
        if byte >= self._byte:
            self._char += len(self.data[self._byte : byte].decode())
        else:
            self._char -= len(self.data[byte : self._byte].decode())
        self._byte = byte
        return self._char

    def byte(self, char: int) -> int:
        """Return the byte offset of a character offset."""
        if self.plain:
            return char
        if not -_FAR < char - self._char < _FAR:
            self._go(bisect_right(self._counted(), char) - 1)
        if char >= self._char:
            self._byte += len(self.text[self._char : char].encode())
        else:
            self._byte -= len(self.text[char : self._char].encode())
        self._char = char
        return self._byte

    def _go(self, mark: int) -> None:
        """Stand at a mark: at the first character that begins there or behind it."""
        self._char = self._counted()[mark]
        self._byte = mark * _FAR
        while self._byte < len(self.data) and 0x80 <= self.data[self._byte] < 0xC0:
            self._byte += 1

    def _counted(self) -> list[int]:
        """Return how many characters begin before each mark."""
        if self._marks is None:
            stretches = (self.data[at : at + _FAR] for at in range(0, len(self.data), _FAR))
            begun = (len(stretch.translate(None, _NO_BEGINNINGS)) for stretch in stretches)
            self._marks = [0, *accumulate(begun)]
        return self._marks

    def back(self, byte: int, count: int) -> int:
        """Return the byte offset `count` characters before another, or 0. Costs what they take."""
        if self.plain:
            return byte - count if byte > count else 0
        # A beginning in the middle of a character leaves bytes that are none.
        before = self.data[max(0, byte - count * _WIDEST) : byte].decode("utf-8", "ignore")
        return byte - len(before[-count:].encode())

    def after(self, byte: int) -> int:
        """Return the byte offset just behind the character that begins at `byte`."""
        lead = self.data[byte]
        return byte + (1 if lead < 0x80 else spread(lead))


def spread(lead: int) -> int:
    """Return how many bytes a character takes that begins with a byte."""
    return 1 if lead < 0x80 else 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
