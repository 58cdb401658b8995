"""Base64 (RFC 4648): both alphabets, padded or not, split over lines, behind other letters.

Most long words are no base64. Text that was encoded shows: every fourth character is of a quarter of
the alphabet, because ASCII leaves the high bit of each byte empty; other scripts of UTF-8, and what
is put between or over letters, leave marks as plain. A run is decoded from where such a stretch
stands, so letters before it do not matter.
"""

import binascii
import re
import string
from functools import cache

import hyperscan

from ..automaton import Automaton
from ..database_cache import Expression, compile_database
from .reading import Reading, View
from .sextets import spelled
from .spliced import is_text, octets, readable, spliced
from .stretches import Stretches

CAP = 4096
"""Characters of a run that is decoded. What is longer is not judged."""
SHORTEST = 16
_LINE = 32
"""Characters of a line that may go on in the next."""

_ALPHABET = "[A-Za-z0-9+/_-]"
CHARACTER = "[CDI-Za-f][A-HQ-Xg-nw-z0-3][ABEFIJMNQRUVYZcdghklopstwx014589]" + _ALPHABET
_THREE_BYTES = "[4-7][I-LYZabo-r4-7][CGKOSWaeimquy26+-]" + _ALPHABET
_TWO_BYTES = (
    "[w-z0-3][I-LYZabo-r4-7][DHLPTXbfjnrvz37/_][A-Za-f][g-v][MNcdst89][CGKOSWaeimquy26+-]" + _ALPHABET
)
_REST = range(0x80, 0xC0)
_MIXED = (
    ((0xE2,), (0x80,), (*range(0x8B, 0x90), *range(0xAA, 0xAF))),  # not seen: U+200B, U+202E and others
    ((0xE2,), (0x81,), range(0xA0, 0xB0)),
    ((0xF3,), (0xA0,), (0x80, 0x81)),
    ((0xCC, 0xCD), _REST, (0xCC, 0xCD), _REST),  # marks over a letter
)
"""Bytes of texts that are neither ASCII nor of one script, in a row."""
_BESIDE = SHORTEST // 4
_TWO_LETTERS = f"{_ALPHABET}{{{_BESIDE}}}{_TWO_BYTES}|{_TWO_BYTES}{_ALPHABET}{{{_BESIDE}}}"
"""In words shorter than any run nothing is encoded: ``expressions`` looks like two letters."""
_ALIGNED = f"(?:{CHARACTER}){{4}}|(?:{_THREE_BYTES}){{3}}|{_TWO_LETTERS}"
TELLS = "|".join((_ALIGNED, *map(spelled, _MIXED)))
"""What encoded text holds somewhere."""
_TELLING = Automaton(_ALIGNED)
_RUNS = re.compile(
    rf"(?:{_ALPHABET}{{{_LINE},}}+\r?\n)+{_ALPHABET}++={{0,2}}(?![^\r\n])|{_ALPHABET}{{{SHORTEST},}}+={{0,2}}"
)
_STRETCHES = Stretches(TELLS, _RUNS, string.ascii_letters + string.digits + "+/_-=\r\n", CAP)
_STANDARD = str.maketrans("-_", "+/")
_BITS = 6


def _begin(letters: str) -> int | None:
    """Return where in a run the encoded text begins; None where there is none."""
    found = _TELLING.search(letters.encode(), 0)
    likely = [found[0] % 4] if found is not None else []  # what tells may stand at a wrong place by chance
    return next((begin for begin in (*likely, *range(4)) if is_text(_decoded(letters[begin:]))), None)


def _spell(run: str) -> str:
    if len(run) > CAP or not run.strip(string.hexdigits):
        return run
    letters = run.replace("\r", "").replace("\n", "") if "\n" in run else run
    data = _decoded(letters)
    if _is_line(data):
        return data.decode()
    begin = _begin(letters)
    if begin is None:
        return run
    data = _decoded(letters[begin:])
    return readable(data) if is_text(data) else run


def _is_line(data: bytes) -> bool:
    """Say whether bytes are printed characters of ASCII, all of them: that is no accident."""
    return data.isascii() and data.decode().isprintable()


def _decoded(letters: str) -> bytes:
    letters = letters.rstrip("=")
    if "-" in letters or "_" in letters:
        letters = letters.translate(_STANDARD)
    if len(letters) % 4 == 1:
        letters = letters[:-1]
    return binascii.a2b_base64(letters + "=" * (-len(letters) % 4))


def _place(run: str, spelled: str, index: int) -> tuple[int, int]:
    begin = _begin(run.replace("\r", "").replace("\n", "")) or 0
    low, high = octets(spelled, index)
    first, last = begin + low * 8 // _BITS, begin + (high * 8 + _BITS - 1) // _BITS
    return _behind_breaks(run, first), _behind_breaks(run, last - 1) + 1


def _behind_breaks(run: str, letter: int) -> int:
    """Return the index in a run of one of its letters, line breaks not counted."""
    if "\n" not in run:
        return letter
    position = 0
    for line in re.split("(\r?\n)", run):
        if not line.isspace():
            if letter < len(line):
                return position + letter
            letter -= len(line)
        position += len(line)
    return position - 1


def _read(text: str) -> Reading | None:
    return spliced(text, _STRETCHES.of(text), _spell, _place)


def overlong(text: str) -> bool:
    """Say whether a text holds a run that is too long to be decoded."""
    if len(text) <= CAP or not _may_be_long(text):
        return False
    return any(found.end() - found.start() > CAP for found in _RUNS.finditer(text))


@cache
def _long_stretch() -> hyperscan.Database:
    once = int(hyperscan.HS_FLAG_SINGLEMATCH)
    return compile_database([Expression(rf"[A-Za-z0-9+/_\r\n-]{{{CAP - 1}}}".encode(), once)])


def _may_be_long(text: str) -> bool:
    # Not RE2: it takes long to count to a thousand.
    found: list[int] = []
    _long_stretch().scan(text.encode("utf-8", "replace"), lambda index, *_: found.append(index))
    return bool(found)


BASE64 = View("base64", _read, proves=True)
