"""Texts with names in known places, made of templates, and texts without any."""

import gzip
import json
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from .names_values import LABELLED, LOCALES, Values
from .ordinary import abroad, ordinary
from .slots import lines

_FOLDER = Path(__file__).parent / "names"
_SLOT = re.compile(r"\{(\w+)\}")
_TIMES, _PLAIN_TIMES = 30, 12
"""Fillings of a template, and of one without names."""
_SMALL, _LARGE = 0.12, 0.03
"""Share of texts in small letters, and in capitals."""
_JOINED = 0.25
"""Share of texts that are two templates in a row."""
_WITHOUT = ("benign_clinc150", "benign_banking77")
"""Public files of requests in which nobody is named."""


class Marked(NamedTuple):
    """A text, and its names: kind, begin and end in characters."""

    text: str
    names: tuple[tuple[str, int, int], ...]


def filled(seed: int) -> Iterator[Marked]:
    """Yield templates with their slots filled: the same for the same seed."""
    values, rng = Values(seed), random.Random(f"names texts {seed}")
    for lang in LOCALES:
        with_names = _templates(lang)
        plain = _templates(f"{lang}.plain")
        for template, times in [(it, _TIMES) for it in with_names] + [(it, _PLAIN_TIMES) for it in plain]:
            for _ in range(times if _SLOT.search(template) else 2):
                text = fill(template, lang, values)
                if rng.random() < _JOINED:
                    text = _after(text, fill(rng.choice(with_names + plain), lang, values), rng)
                yield _cased(text, rng.random())


def fill(template: str, lang: str, values: Values) -> Marked:
    """Return a template with its slots filled."""
    parts: list[str] = []
    names: list[tuple[str, int, int]] = []
    at = end = 0
    for slot in _SLOT.finditer(template):
        value = values.draw(slot[1], lang)
        before = template[end : slot.start()]
        at += len(before)
        if slot[1] in LABELLED:
            names.append((LABELLED[slot[1]], at, at + len(value)))
        parts += (before, value)
        at += len(value)
        end = slot.end()
    return Marked("".join((*parts, template[end:])), tuple(names))


def _templates(name: str) -> list[str]:
    return [line.replace("\\n", "\n") for _, line in lines(_FOLDER / f"{name}.txt")]


def _after(one: Marked, other: Marked, rng: random.Random) -> Marked:
    joint = rng.choice((" ", "\n", "\n\n"))
    shift = len(one.text) + len(joint)
    moved = tuple((kind, start + shift, end + shift) for kind, start, end in other.names)
    return Marked(one.text + joint + other.text, one.names + moved)


def _cased(item: Marked, drawn: float) -> Marked:
    """Return a text as it is, in small letters or in capitals, where these are as long."""
    other = item.text.lower() if drawn < _SMALL else item.text.upper() if drawn > 1 - _LARGE else item.text
    return Marked(other, item.names) if len(other) == len(item.text) else item


def without(data: Path, seed: int) -> Iterator[Marked]:
    """Yield requests in which nobody is named: our own in many languages, and public ones."""
    for item in (*ordinary(seed), *abroad(seed)):
        yield Marked(item.text, ())
    for name in _WITHOUT:
        for row in rows(data / "train" / f"{name}.jsonl.gz"):
            yield Marked(row["text"], ())


def rows(path: Path) -> Sequence[dict[str, str]]:
    """Return the rows of a public file."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]
