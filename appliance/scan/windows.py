"""A text of any length through windows of bounded length."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

CORE = 1 << 20
"""Characters of a window in which a finding may begin."""
MARGIN = 1 << 16
"""Characters on either side that are read along: more than any rule and any encoded run reaches."""


class Window(NamedTuple):
    """A stretch of a text. Findings that begin in ``[begin, end)`` are its own.

    `line` and `column` are those of its first character, from 1.
    """

    text: str
    begin: int
    end: int
    line: int
    column: int

    def __repr__(self) -> str:
        """Tell no text."""
        return f"Window({len(self.text)} characters, line {self.line})"


type Place = Callable[[str, int, int], tuple[int, int]]
"""Line and column of what follows a text that begins at a line and column."""


def by_line(text: str, line: int, column: int) -> tuple[int, int]:
    """Count lines and columns as an editor does."""
    breaks = text.count("\n")
    if not breaks:
        return line, column + len(text)
    return line + breaks, len(text) - text.rfind("\n")


def on_one_line(text: str, line: int, column: int) -> tuple[int, int]:
    """Count the characters of a text that stands on one line of a file, whatever it holds."""
    return line, column + len(text)


def windows(
    chunks: Iterable[str], place: Place = by_line, line: int = 1, core: int = CORE, margin: int = MARGIN
) -> Iterator[Window]:
    """Cut a text that comes in chunks into windows; an empty text has none.

    Args:
        chunks: the text.
        place: how places are counted.
        line: on which line the text begins.
        core: characters in which a window's own findings begin.
        margin: characters read along before and behind them.
    """
    text, begin, column = "", 0, 1
    for chunk in chunks:
        text += chunk
        while len(text) > begin + core + margin:
            yield Window(text[: begin + core + margin], begin, begin + core, line, column)
            cut = max(0, begin + core - margin)
            line, column = place(text[:cut], line, column)
            text, begin = text[cut:], begin + core - cut
    if len(text) > begin:
        yield Window(text, begin, len(text), line, column)
