"""Labelled texts to train on: which file speaks about which head, and which may be used at all."""

import gzip
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

HEADS = ("attack", "harmful", "toxic")
UNKNOWN = -1
"""What a head is taught by a text that says nothing about it: nothing."""

NOT_SHIPPABLE = frozenset({"neuralchemy_injection"})
"""Left out: nobody who published it says under which licence its texts stand."""
NO_TASK = frozenset({"pii_presidio_generated"})
"""Sentences with names and numbers: their label is about those."""
TOXICITY = frozenset({"davidson_hate_offensive", "cold_zh_offensive", "toxicity_sentence_templates"})
_ATTACKS = frozenset({"injection_direct", "injection_indirect", "jailbreak"})


class Example(NamedTuple):
    """A text and what it teaches each head: 1, 0 or `UNKNOWN`.

    `span` is the part that was put into a carrier, in characters, where that is known; (0, 0) elsewhere.
    """

    text: str
    attack: int
    harmful: int
    toxic: int
    source: str
    key: str
    span: tuple[int, int] = (0, 0)
    lang: str = ""


def read_file(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a gzipped file of JSON lines."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def held_out(key: str) -> bool:
    """Whether an example is among the tenth that stops and calibrates training, by the hash of its name."""
    return hashlib.sha256(key.encode()).digest()[0] < 26


def teaching(row: dict[str, Any], source: str) -> tuple[int, int, int]:
    """Return what a row of a file teaches the three heads."""
    if row["label"]:
        if row["category"] in _ATTACKS:
            return 1, UNKNOWN, UNKNOWN
        if row["category"] == "harmful_request":
            return UNKNOWN, 1, UNKNOWN
        return (0, UNKNOWN, 1) if row["category"] == "toxicity" else (0, 0, 0)
    return (0, 0, 0) if source not in TOXICITY else (0, UNKNOWN, 0)


def files(folder: Path) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield the name and the rows of every file that may be trained on."""
    for path in sorted(folder.glob("*.jsonl.gz")):
        name = path.name.removesuffix(".jsonl.gz")
        if name not in NOT_SHIPPABLE:
            yield name, read_file(path)
