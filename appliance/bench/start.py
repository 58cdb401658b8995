"""What a start costs: a process that loads compiled rules from the cache and judges once.

Run as ``python -m sluicegate.appliance.bench.start FOLDER RULES``; it writes one line of JSON. The
folder is the cache; the first run with a number of rules compiles them.
"""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import orjson

from ...detection.database_cache import DatabaseCache
from .filler import filled_packs
from .scanning import built, exchange, guard
from .workload import stream_frames


@dataclass(frozen=True, slots=True)
class Start:
    """Milliseconds: loading the databases, building the core around them, first exchange, first frame."""

    load: float
    build: float
    first: float
    frame: float


def measure(folder: Path, count: int) -> Start:
    """Build a core in this process and use it for the first time."""
    rules = filled_packs(count)
    loading = 0.0
    real = DatabaseCache.database

    def database(cache: DatabaseCache, expressions: Sequence[Any]) -> Any:
        nonlocal loading
        began = time.perf_counter()
        try:
            return real(cache, expressions)
        finally:
            loading += time.perf_counter() - began

    began = time.perf_counter()
    with patch.object(DatabaseCache, "database", database):
        core = built(rules, folder)
    ready = time.perf_counter()
    exchange(core)
    first = time.perf_counter()
    watching = guard(core)
    for frame in stream_frames(4):
        watching.feed(frame)
    streamed = time.perf_counter()
    return Start(loading * 1e3, (ready - began) * 1e3, (first - ready) * 1e3, (streamed - first) * 1e3)


def main() -> None:
    """Measure and write."""
    folder, count = sys.argv[1:]
    found = measure(Path(folder), int(count))
    sys.stdout.buffer.write(orjson.dumps(found))


if __name__ == "__main__":
    main()
