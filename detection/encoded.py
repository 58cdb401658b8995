"""A text beside its UTF-8 bytes: engines in C read bytes, the house counts characters."""

import re

_SURROGATE = re.compile("[\ud800-\udfff]")
_WIDEST = 4


class Encoded:
    """UTF-8 bytes of a text with offsets both ways.

    A lone surrogate has no UTF-8 form; engines see U+FFFD in its place, so that offsets agree.
    A look-up costs the distance from the one before.
    """

    __slots__ = ("_byte", "_char", "data", "plain", "text", "widest")

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

    def char(self, byte: int) -> int:
        """Return the character offset of a byte offset (at a character's boundary)."""
        if self.plain:
            return byte
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
        if char >= self._char:
            self._byte += len(self.text[self._char : char].encode())
        else:
            self._byte -= len(self.text[char : self._char].encode())
        self._char = char
        return self._byte

    def after(self, byte: int) -> int:
        """Return the byte offset just behind the character that begins at `byte`."""
        lead = self.data[byte]
        return byte + (1 if lead < 0x80 else 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4)
