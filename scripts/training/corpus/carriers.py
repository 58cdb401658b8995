"""Carriers: documents and tool outputs with a place `{{PAYLOAD}}` for a smuggled text.

A file holds templates separated by a line `---`. Braces are literal, `{{name}}` is a slot of the seeds. The
first part of a carrier's name says how a payload is escaped (`csv_*`, `yaml_*`, `html_*`, `code_*`, others);
JSON is known by its first letter. In these the payload stays at its place. Elsewhere it may also stand at the
start, between lines or at the end.
"""

import html
import json
import random
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from .seeds import HERE, BadSeed, choices, fill

PAYLOAD = "{{PAYLOAD}}"
PLACES = ("slot", "slot", "start", "middle", "end")
_SLOT = re.compile(r"\{\{(\w+)\}\}")
_SPLIT = re.compile(r"^---[ \t]*$", re.MULTILINE)
_FIXED = ("json", "csv", "yaml", "html", "xml", "code", "diff")
_ENDS = re.compile(r"(?<=[.!?])\s+|(?<=[。！？।])|\n+")  # noqa: RUF001 - sentence ends
_MARKUP = frozenset("<>{}[]|=;\t")


@dataclass(frozen=True, slots=True)
class Carrier:
    """One template; `name` and `lang` come from its file."""

    name: str
    lang: str
    number: int
    text: str

    @property
    def id(self) -> str:
        """Where the template stands, such as `carriers/email.fr:3`."""
        return f"carriers/{self.name}.{self.lang}:{self.number}"

    @property
    def family(self) -> str:
        """How a payload is escaped: as JSON where the template is JSON, else as the name says."""
        return "json" if self.text.lstrip()[:1] in {"{", "["} else self.name.split("_")[0]


@cache
def carriers(root: Path = HERE) -> tuple[Carrier, ...]:
    """Every template, by file and place. Raises BadSeed for one without its single payload."""
    found = []
    for path in sorted((root / "carriers").glob("*.txt")):
        name, lang, _ = path.name.split(".")
        for number, text in enumerate(_SPLIT.split(path.read_text(encoding="utf-8")), start=1):
            if text.count(PAYLOAD) != 1:
                raise BadSeed(f"{path.name}: template {number} needs {PAYLOAD} once")
            found.append(Carrier(name, lang, number, text.strip("\n")))
    return tuple(found)


def _slotted(carrier: Carrier, rng: random.Random) -> str:
    """The template with its slots filled; the payload's place stays."""

    def one(match: re.Match[str]) -> str:
        if match[0] == PAYLOAD:
            return PAYLOAD
        return fill(rng.choice(choices(match[1], carrier.lang)), carrier.lang, rng)

    return _SLOT.sub(one, carrier.text)


def _escaped(payload: str, family: str, indent: str) -> str:
    if family == "json":
        return json.dumps(payload, ensure_ascii=False)[1:-1]
    if family == "csv":
        return payload.replace('"', '""').replace("\n", " ")
    if family == "xml":
        return html.escape(payload, quote=False)
    if family in {"yaml", "code", "diff"}:
        return payload.replace("\n", "\n" + indent)
    return payload


def bare(carrier: Carrier, rng: random.Random) -> str:
    """The carrier with nothing smuggled in."""
    text = _slotted(carrier, rng)
    return re.sub(r"[ \t]*" + re.escape(PAYLOAD) + r"[ \t]*", " ", text).replace(" \n", "\n").strip()


@cache
def fillers(lang: str, root: Path = HERE) -> tuple[str, ...]:
    """Ordinary sentences of the carriers of a language, to stand where an attack would."""
    texts = [
        carrier.text for carrier in carriers(root) if carrier.lang == lang and carrier.family not in _FIXED
    ]
    found = [part.strip(" -*#>") for text in texts for part in _ENDS.split(text)]
    return tuple(dict.fromkeys(part for part in found if len(part) >= 20 and not set(part) & _MARKUP))


def _between(text: str, rng: random.Random) -> int:
    """An offset between two lines or, on one line, between two sentences; the end when there is none."""
    cuts = [match.end() for match in re.finditer(r"\n+", text)]
    cuts = cuts or [match.end() for match in re.finditer(r"[.!?。！？।] ?", text)]  # noqa: RUF001 - sentence ends
    return rng.choice(cuts) if cuts else len(text)


def carry(carrier: Carrier, payload: str, place: str, rng: random.Random) -> str:
    """The carrier with the payload at one of PLACES (at its own place where the format is strict)."""
    if place == "slot" or carrier.family in _FIXED:
        text = _slotted(carrier, rng)
        line = text[: text.index(PAYLOAD)].rsplit("\n", 1)[-1]
        indent = line[: len(line) - len(line.lstrip(" #*/+>"))]
        return text.replace(PAYLOAD, _escaped(payload, carrier.family, indent))
    text = bare(carrier, rng)
    if place == "start":
        return f"{payload}\n\n{text}"
    if place == "end":
        return f"{text}\n\n{payload}"
    cut = _between(text, rng)
    gap = "\n" if "\n" in text else " "
    return f"{text[:cut]}{payload}{gap}{text[cut:]}"
