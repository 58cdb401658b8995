"""Base64 (RFC 4648): both alphabets, padded or not, split over lines, behind other letters.

Most long words are no base64. Text that was encoded shows: every fourth character is of a quarter of
the alphabet, because ASCII leaves the high bit of each byte empty, and other scripts of UTF-8 leave
marks as plain. A run is decoded from where such a stretch stands, so letters before it do not matter.
"""

import binascii
import re
from functools import cache

import hyperscan

from ..automaton import Automaton
from ..database_cache import Expression, compile_database
from .reading import Reading, View
from .spliced import is_text, octets, readable, spliced

CAP = 4096
"""Characters of a run that is decoded. What is longer is not judged."""
SHORTEST = 16
_LINE = 32
"""Characters of a line that may go on in the next."""

_ALPHABET = "[A-Za-z0-9+/_-]"
_ASCII = "[CDI-Za-f][A-HQ-Xg-nw-z0-3][ABEFIJMNQRUVYZcdghklopstwx014589]" + _ALPHABET
_THREE_BYTES = "[4-7][I-LYZab-o-r4-7][CGKOSWaeimquy26+-]" + _ALPHABET
_TWO_BYTES = (
    "[w-z0-3][I-LYZabo-r4-7][DHLPTXbfjnrvz37/_][A-Za-f][g-v][MNcdst89][CGKOSWaeimquy26+-]" + _ALPHABET
)
_TELLING = Automaton(f"(?:{_ASCII}){{4}}|(?:{_THREE_BYTES}){{2}}|{_TWO_BYTES}")
_RUNS = re.compile(
    rf"((?:{_ALPHABET}{{{_LINE},}}+\r?\n)+{_ALPHABET}++={{0,2}}(?![^\r\n])|{_ALPHABET}{{{SHORTEST},}}+={{0,2}})"
)
_STANDARD = str.maketrans("-_", "+/")
_BITS = 6


def _begin(letters: str) -> int | None:
    """Return where in a run the encoded text begins; None where there is none."""
    found = _TELLING.search(letters.encode(), 0)
    return found[0] % 4 if found else None


def _spell(run: str) -> str:
    if len(run) > CAP:
        return run
    letters = run.replace("\r", "").replace("\n", "")
    begin = _begin(letters)
    if begin is None:
        return run
    letters = letters[begin:].rstrip("=").translate(_STANDARD)
    if len(letters) % 4 == 1:
        letters = letters[:-1]
    data = binascii.a2b_base64(letters + "=" * (-len(letters) % 4))
    return readable(data) if is_text(data) else run


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
    joined = text.replace("\r", "").replace("\n", "")
    if _TELLING.search(joined.encode("utf-8", "replace"), 0) is None:
        return None
    return spliced(text, _RUNS, _spell, _place)


def overlong(text: str) -> bool:
    """Say whether a text holds a run that is too long to be decoded."""
    if len(text) <= CAP or not _may_be_long(text):
        return False
    return any(found.end() - found.start() > CAP for found in _RUNS.finditer(text))


@cache
def _long_runs() -> hyperscan.Database:
    once = int(hyperscan.HS_FLAG_SINGLEMATCH)
    signs = (f"{_ALPHABET}{{999}}", rf"{_ALPHABET}{{{_LINE}}}\r?\n{_ALPHABET}{{{_LINE}}}")
    return compile_database([Expression(sign.encode(), once) for sign in signs])


def _may_be_long(text: str) -> bool:
    # Not RE2: it takes long to count to a thousand.
    found: list[int] = []
    _long_runs().scan(text.encode("utf-8", "replace"), lambda index, *_: found.append(index))
    return bool(found)


BASE64 = View("base64", _read)
