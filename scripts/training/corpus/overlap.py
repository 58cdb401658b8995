"""Keeps the corpus apart from files that measure it: shared runs of eight words."""

import gzip
import json
import re
import unicodedata
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

WORDS = 8
SHARE = 0.5
# A letter of a script written without spaces counts as a word.
_TOKEN = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|\w+?(?=[\u3040-\u9fff])|\w+")


def normal(text: str) -> str:
    """The text for comparison: compatibility forms, case and white space made alike."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def shingles(text: str) -> list[int]:
    """Hashes of every run of eight words; of the whole text when it is shorter."""
    words = _TOKEN.findall(normal(text))
    runs = range(max(1, len(words) - WORDS + 1))
    return [hash_of(words[at : at + WORDS]) for at in runs]


def hash_of(words: Iterable[str]) -> int:
    """A hash of 64 bits that is the same in every process."""
    joined = " ".join(words).encode()
    return zlib.crc32(joined) << 32 | zlib.adler32(joined)


def _texts(folder: Path) -> Iterator[str]:
    """The texts of every `*.jsonl.gz` in a folder; none when there is no such folder."""
    for path in sorted(folder.glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as rows:
            yield from (json.loads(row)["text"] for row in rows)


class Overlap:
    """Answers whether a text says again what a file under `folders` says."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self._known = {run for folder in folders for text in _texts(folder) for run in shingles(text)}

    def __contains__(self, text: object) -> bool:
        runs = shingles(str(text))
        return bool(self._known) and sum(run in self._known for run in runs) >= SHARE * len(runs)
