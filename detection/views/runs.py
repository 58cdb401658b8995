"""Which stretch of a growing text is judged as one: a run of characters that encodings are made of.

A run is held until it ends and is judged there, decoded, up to a length; what is longer passes and
is told as not judged. Prose waits for nothing but the end of its current word. A long line of such
characters goes on in the next line, as encoded data does.
"""

import re
import string

from .base64_text import BASE64, CAP
from .binary import BINARY
from .entities import ENTITIES
from .escapes import ESCAPES
from .hexadecimal import HEXADECIMAL
from .percent import PERCENT

VIEWS = frozenset((PERCENT, ENTITIES, ESCAPES, BASE64, HEXADECIMAL, BINARY))
"""Views through which a run is read; what it holds is read through all."""
SHORTEST = 16
"""Characters of a run that shows no sign of its own."""
LONGEST = CAP

_CHARACTERS = string.ascii_letters + string.digits + "+/_=%.~&#;\\-"
_LINE = 32
"""Characters of a line that may go on in the next."""
_ONE = rf"[{_CHARACTERS.replace('\\', '\\\\')}]"
_LINES = rf"(?:(?=\r?\n)(?<={_ONE}{{{_LINE}}})\r?\n{_ONE}++)*+"
_RUN = re.compile(_ONE + "++" + _LINES)
_OTHERS = rf"(?:{_ONE}{{1,{SHORTEST - 1}}}+(?!{_ONE})|{_ONE.replace('[', '[^', 1)}++)*+"
_NEXT = re.compile(rf"{_OTHERS}(?:({_ONE}{{{SHORTEST},}}+{_LINES})|\Z)")
"""Whatever is no run that is long enough, and then one that is."""
_LINE_END = re.compile(r"\r?\n?\Z")


def runs(text: str, low: int) -> list[tuple[int, int]]:
    """Return where the runs of a text stand, from an offset on, that are long enough."""
    return [found.span(1) for found in _NEXT.finditer(text, low) if found[1]]


def may_hold(text: str, low: int) -> bool:
    """Say whether a text may hold a run, from an offset on, that is worth a look."""
    return (
        len(text) - low >= SHORTEST
        or text.find("%", low) >= 0
        or text.find("\\", low) >= 0
        or text.find("&", low) >= 0
    )


def open_run(text: str, low: int) -> int:
    """Return where the run begins that the next character may belong to; the text's length for none."""
    end = begin = len(text)
    if text.find("\n", low) < 0 and text.find("\r", low) < 0:
        return low + len(text[low:].rstrip(_CHARACTERS))
    if text.endswith(("\n", "\r")):
        end = begin = _LINE_END.search(text).start()  # type: ignore[union-attr]  # it matches every end
        if not _is_line(text, end):
            return len(text)
    while True:
        line = max(low, text.rfind("\n", low, end) + 1)
        begin = line + len(text[line:end].rstrip(_CHARACTERS))
        if begin == low or text[begin - 1] != "\n":
            return begin
        end = begin - (2 if text[begin - 2 : begin] == "\r\n" else 1)
        if not _is_line(text, end):
            return begin


def _is_line(text: str, end: int) -> bool:
    """Say whether what ends there is a line's worth of run."""
    return end >= _LINE and not text[end - _LINE : end].strip(_CHARACTERS)


def around(text: str, low: int, index: int) -> tuple[int, int]:
    """Return the run that ends at an index or goes on behind it; an empty one for none."""
    begin = open_run(text[:index], low)
    if begin == index:
        return index, index
    found = _RUN.match(text, begin)
    return begin, max(index, found.end() if found is not None else index)
