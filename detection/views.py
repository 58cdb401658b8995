"""Readings of a text beside the plain one, each with a map back to the original characters.

The Unicode view undoes what looks the same to a model but not to a pattern: compatibility forms
(NFKC), letters of other scripts that look Latin, invisible characters, tag characters, stuffed
combining marks. It maps one character at a time and knows no context, so it can grow with a
stream and is linear in the text. It keeps case: rules that do not care say so.
"""

import unicodedata

_LOOK_ALIKES = {
    # Cyrillic
    "аеорсухіјѕԛԝһԁӏ": "aeopcyxijsqwhdl",
    "АВЕКМНОРСТУХІЈЅԚԜ": "ABEKMHOPCTYXIJSQW",
    # Greek
    "αονυρικτ": "aovupikt",
    "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ": "ABEZHIKMNOPTYX",
    # Latin letters and signs that NFKC keeps apart
    "ıɑɡɩʟɴʀʏɪꜱᴀᴄᴅᴇᴊᴋᴍᴏᴘᴛᴜᴠᴡᴢɢʜʙ": "iagilnryisacdejkmoptuvwzghb",
    # Punctuation that patterns care about
    "‐‑‒–—―−⁃﹘": "---------",
    "∶ː։": ":::",
    "‘’‛′ʼ“”‟″": "''''''\"\"\"",
    "∕⁄": "//",
}
"""Characters confusable with ASCII, after the data of Unicode Technical Standard 39."""

_TAG_BASE = 0xE0000
_MARKS = ("Mn", "Me")
_AS_THEY_ARE = ("Cs", "Cn", "Co")
_MOST_READINGS = 200_000
"""Characters whose reading is kept: more than Unicode assigns."""


class _Table(dict[int, str]):
    """Fills itself: what a character reads as, kept for the next time up to a bound."""

    def __missing__(self, code: int) -> str:
        reading = _reading(chr(code))
        if len(self) < _MOST_READINGS:
            self[code] = reading
        return reading


def _reading(character: str) -> str:
    code = ord(character)
    if 0xE0020 <= code <= 0xE007E:
        return chr(code - _TAG_BASE)
    category = unicodedata.category(character)
    if category == "Cf" or category in _MARKS or 0xFE00 <= code <= 0xFE0F or 0xE0000 <= code <= 0xE01EF:
        return ""
    if category == "Zs":
        return " "
    if category in _AS_THEY_ARE:
        return character
    folded = unicodedata.normalize("NFKD", character)
    bare = "".join(part for part in folded if unicodedata.category(part) not in _MARKS)
    if bare.isascii():
        return bare
    return unicodedata.normalize("NFKC", character)


_TABLE = _Table()
for _odd, _plain in _LOOK_ALIKES.items():
    _TABLE.update({ord(odd): plain for odd, plain in zip(_odd, _plain, strict=True)})
_TABLE.update({code: chr(code) for code in range(128)})


def differs(text: str) -> bool:
    """Say cheaply whether the Unicode view of a text would differ from the text."""
    return not text.isascii() and text.translate(_TABLE) != text


def reading(text: str) -> str:
    """Read a text through the Unicode view, without the map back."""
    return text.translate(_TABLE)


def unicode_view(text: str, offset: int = 0) -> tuple[str, list[int]]:
    """Read a text through the Unicode view.

    Returns:
        The view, and for each of its characters the index (plus `offset`) of the original
        character it came from.
    """
    pieces: list[str] = []
    origins: list[int] = []
    for index, character in enumerate(text, offset):
        reading = _TABLE[ord(character)]
        pieces.append(reading)
        origins += [index] * len(reading)
    return "".join(pieces), origins
