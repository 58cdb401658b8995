"""ROT13: every letter of the Latin alphabet stands for the one thirteen further."""

from string import ascii_lowercase as small

from .reading import Reading, Same, View

_TURNED = small[13:] + small[:13]
ROT13 = str.maketrans(small + small.upper(), _TURNED + _TURNED.upper())


_OCTETS = bytes(ROT13.get(code, code) for code in range(256))


def _read(text: str) -> Reading | None:
    # Bytes are translated in C, a text beyond ASCII is not.
    read = text.encode("utf-8", "surrogatepass").translate(_OCTETS).decode("utf-8", "surrogatepass")
    return Same(text, read) if read != text else None


ROTATED = View("rot13", _read, guess=True)
