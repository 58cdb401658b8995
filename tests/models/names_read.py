"""The texts with marked names beside this file: real life written by hand, for measuring alone.

A line is a language, a tab and a text; ``[person|Ann Lee]`` marks a name. None of them was shown in training.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent
_MARK = re.compile(r"\[(\w+)\|([^\]]*)\]")


class Marked(NamedTuple):
    """A text, its language, and its names: kind, begin and end in characters."""

    lang: str
    text: str
    names: list[tuple[str, int, int]]


def read(name: str) -> Iterator[Marked]:
    """Yield the texts of a file."""
    for line in (FOLDER / name).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            lang, _, marked = line.partition("\t")
            yield Marked(lang, *_unmarked(marked.replace("\\n", "\n")))


def _unmarked(marked: str) -> tuple[str, list[tuple[str, int, int]]]:
    text, end = "", 0
    names: list[tuple[str, int, int]] = []
    for found in _MARK.finditer(marked):
        text += marked[end : found.start()]
        names.append((found[1], len(text), len(text) + len(found[2])))
        text += found[2]
        end = found.end()
    return text + marked[end:], names
