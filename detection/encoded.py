"""A text beside its UTF-8 bytes: engines in C read bytes, the house counts characters."""

import re

_SURROGATE = re.compile("[\ud800-\udfff]")


class Encoded:
    """UTF-8 bytes of a text with offsets both ways.

    A lone surrogate has no UTF-8 form; engines see U+FFFD in its place, so that offsets agree.
    A look-up costs the distance from the one before.
    """

    __slots__ = ("_byte", "_char", "_plain", "data", "text")

    def __init__(self, text: str):
        self._plain = text.isascii()
        if not self._plain:
            text = _SURROGATE.sub("\ufffd", text)
        self.text = text
        self.data = text.encode()
        self._byte = self._char = 0

    def char(self, byte: int) -> int:
        """Return the character offset of a byte offset (at a character's boundary)."""
        if self._plain:
            return byte
        if byte >= self._byte:
            self._char += len(self.data[self._byte : byte].decode())
        else:
            self._char -= len(self.data[byte : self._byte].decode())
        self._byte = byte
        return self._char

    def byte(self, char: int) -> int:
        """Return the byte offset of a character offset."""
        if self._plain:
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
