"""Readings of a text beside the plain one, each with a map back to the original characters.

The Unicode view undoes what looks the same to a model but not to a pattern: compatibility forms
(NFKC), letters of other scripts that look Latin, invisible characters, tag characters, stuffed
combining marks. It maps one character at a time and knows no context, so it can grow with a
stream and is linear in the text. It keeps case: rules that do not care say so.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from functools import cache, lru_cache

from ..automaton import Automaton
from ..origins import Origins

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
    "‘’‛′ʼ": "'''''",
    "“”‟″": '""""',
    "∕⁄": "//",
}
"""Characters confusable with ASCII, after the data of Unicode Technical Standard 39."""

_ASCII = bytes(range(128))
_EAST = "\u4e00-\u9fff\u3400-\u4dbf\u3041-\u3096\u30a1-\u30fa\uac00-\ud7a3\u3001\u3002\u300a-\u300d"
"""Scripts of East Asia, whose letters read as themselves."""
_COMMON = "\uff0c\uff01\uff1f\uff1a\uff1b\uff08\uff09\u201c\u201d\u2018\u2019\u2026\u2014\u3000\u00b7"
"""Punctuation beside them."""
_UNUSUAL = Automaton(f"[^\\x00-\\x7f{_EAST}{_COMMON}]")
_NO_ODD: AbstractSet[str] = frozenset()
FILLERS = "\u115f\u1160"
"""Letters that are not seen."""
_SAME: set[int] = set()
"""Code points that are known to read as themselves."""
_THEMSELVES = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0xD800, 0xF8FF))
"""Ideographs, syllables, surrogates and private characters of the BMP."""
_DOUBTFUL_BEYOND = "\U00010000-\U0001ffff\U0002f800-\U0002fa1f\U000e0000-\U000e0fff"
"""Characters beyond the BMP, but for ideographs and those that nothing is assigned to."""
_LONG = 16_384
_SAMPLE, _SAMPLES, _FEW = 1024, 4, 256
"""Characters that are looked at for which there are, how often, and how many different ones are few."""
_TEXTS = 4
"""Texts whose odd characters are known: a text, what it reads as, and the same in a view."""
_MOSTLY_ASCII = 1.5
"""Bytes a character of texts that it pays to rid of ASCII first."""
_MOST_ODD = 128
"""Different characters up to which one replacement each is faster than a look at every odd one."""
_LAST_OF_BMP = "\uffff"
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
    """Return what a character reads as; what that is made of reads as itself."""
    first = _first_reading(character)
    if first == character or first.isascii():
        return first
    return "".join([part if part == character else _TABLE[ord(part)] for part in first])


def _first_reading(character: str) -> str:
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
_TABLE.update({ord(filler): "" for filler in FILLERS})


def differs(text: str) -> bool:
    """Say cheaply whether the Unicode view of a text would differ from the text."""
    return not text.isascii() and bool(odd_ones(text))


def reading(text: str) -> str:
    """Read a text through the Unicode view, without the map back."""
    return _read(text, odd_ones(text))


def unicode_view(text: str, offset: int = 0) -> tuple[str, Origins]:
    """Read a text through the Unicode view.

    Returns:
        The view, the very text where it is no different, and for each of its characters the index
        (plus `offset`) of the original character it came from.
    """
    odd = _NO_ODD if text.isascii() else odd_ones(text)
    uneven = [character for character in odd if len(_TABLE[ord(character)]) != 1]
    if not uneven:
        return _read(text, odd), Origins.of(offset)
    lengths = {character: len(_TABLE[ord(character)]) for character in uneven}
    found = _places(text, lengths)
    if not any(lengths.values()):
        return _read(text, odd), Origins.without(offset, [at.start() for at in found])
    return _read(text, odd), Origins.of(offset, ((at.start(), lengths[at[0]]) for at in found))


def _places(text: str, wanted: Mapping[str, int]) -> Iterable[re.Match[str]]:
    """Find where some of the characters stand that read differently."""
    if max(wanted) <= _LAST_OF_BMP:
        return re.finditer(f"[{re.escape(''.join(wanted))}]", text)
    # The engine tells characters beyond the BMP apart one by one.
    return (found for found in doubtful().finditer(text) if found[0] in wanted)


@lru_cache(_TEXTS)
def odd_ones(text: str) -> AbstractSet[str]:
    """Return the characters of a text that read differently, and none of ASCII.

    Most of most texts is ASCII, which goes first and in C; of the rest what surely reads as itself
    goes next, and few characters are left to look up.
    """
    data = text.encode("utf-8", "surrogatepass")
    if len(data) < _MOSTLY_ASCII * len(text):
        text = data.translate(None, _ASCII).decode("utf-8", "surrogatepass")
    elif _UNUSUAL.search(data, 0) is None:
        return {
            character for character in _COMMON if character in text and _TABLE[ord(character)] != character
        }
    different = set(map(ord, set(text))) if len(text) < _LONG else _different(text)
    new = different - _SAME
    odd = {code for code in new if _TABLE[code] != chr(code)}
    if len(_SAME) < _MOST_READINGS:
        _SAME.update(new - odd)
    return set(map(chr, odd))


def _different(text: str) -> set[int]:
    """Return different code points of a long text: all, or those that may read differently."""
    known: set[str] = set()
    place = 0
    for _ in range(_SAMPLES):
        known.update(text[place : place + _SAMPLE])
        if len(known) > _FEW:
            break
        other = re.compile(f"[^{re.escape(''.join(known))}]").search(text, place)
        if other is None:
            return set(map(ord, known))
        place = other.start()
    return set(map(ord, set(doubtful().findall(text))))


@cache
def doubtful() -> re.Pattern[str]:
    """Return what finds characters that read differently, and beyond the BMP some that do not.

    It takes some thirty milliseconds to make.
    """
    same = {code for low, high in _THEMSELVES for code in range(low, high + 1)}
    odd = [chr(code) for code in range(0x80, 0x10000) if code not in same and _is_odd(code)]
    return re.compile(f"[{re.escape(''.join(odd))}{_DOUBTFUL_BEYOND}]")


def _is_odd(code: int) -> bool:
    # Not kept in the table: it would come to megabytes.
    character = chr(code)
    return (_TABLE[code] if code in _TABLE else _reading(character)) != character


def _read(text: str, odd: AbstractSet[str]) -> str:
    if len(odd) > _MOST_ODD:
        return _read_many(text, odd)
    if not all(odd.isdisjoint(_TABLE[ord(character)]) for character in odd):
        return text.translate(_TABLE)
    for character in odd:
        text = text.replace(character, _TABLE[ord(character)])
    return text


def _read_many(text: str, odd: AbstractSet[str]) -> str:
    """Read a text with many different characters that read differently."""
    found = doubtful().findall(text)
    if len(found) > len(text) // 2:
        return text.translate(_TABLE)
    # A table of all characters is too large for the processor's caches: only odd ones are looked up.
    known = {character: _TABLE[ord(character)] for character in odd}
    parts = [""] * (2 * len(found) + 1)
    parts[::2] = doubtful().split(text)
    parts[1::2] = [known.get(character, character) for character in found]
    return "".join(parts)


def read_as(character: str) -> str:
    """Return what one character reads as."""
    return _TABLE[ord(character)]
