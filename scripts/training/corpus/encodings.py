"""Encodings that a seed asks for by name: `[[base64|text]]` becomes the encoded text."""

import base64
import codecs
import re
from collections.abc import Callable, Mapping
from urllib.parse import quote

_MARK = re.compile(r"\[\[(\w+)\|(.*?)\]\]", re.DOTALL)
_LEET = str.maketrans("aeiostAEIOST", "431057431057")
_HOMOGLYPHS = str.maketrans("aceopxyAEOPCTX", "асеорхуАЕОРСТХ")  # noqa: RUF001 - look-alikes are the point
_MORSE = dict(
    zip(
        "abcdefghijklmnopqrstuvwxyz",
        (
            ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- "
            ".-- -..- -.-- --.."
        ).split(),
        strict=True,
    )
)


def _morse(text: str) -> str:
    words = text.lower().split()
    return " / ".join(" ".join(_MORSE.get(letter, letter) for letter in word) for word in words)


def _tags(text: str) -> str:
    return "".join(chr(0xE0000 + ord(letter)) if letter.isascii() else letter for letter in text)


def _piglatin(text: str) -> str:
    return " ".join(word[1:] + word[0] + "ay" if word.isalpha() else word for word in text.split())


ENCODINGS: Mapping[str, Callable[[str], str]] = {
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base32": lambda text: base64.b32encode(text.encode()).decode(),
    "hex": lambda text: text.encode().hex(" "),
    "url": lambda text: quote(text, safe=""),
    "rot13": lambda text: codecs.encode(text, "rot13"),
    "binary": lambda text: " ".join(f"{byte:08b}" for byte in text.encode()),
    "decimal": lambda text: " ".join(str(ord(letter)) for letter in text),
    "unicode": lambda text: "".join(f"\\u{ord(letter):04x}" for letter in text),
    "entities": lambda text: "".join(f"&#{ord(letter)};" for letter in text),
    "reverse": lambda text: text[::-1],
    "words": lambda text: " ".join(reversed(text.split())),
    "morse": _morse,
    "leet": lambda text: text.translate(_LEET),
    "spaced": " ".join,
    "dotted": ".".join,
    "invisible": "\u200b".join,
    "homoglyph": lambda text: text.translate(_HOMOGLYPHS),
    "piglatin": _piglatin,
    "tags": _tags,
}


def encode(text: str) -> str:
    """The text with every marked part encoded. Raises KeyError for an unknown encoding."""
    return _MARK.sub(lambda match: ENCODINGS[match[1]](match[2]), text)
