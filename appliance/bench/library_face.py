"""The library as the benchmark runs it: one process, one thread, a kilobyte of prompt at a time.

Run as ``python -m sluicegate.appliance.bench.library_face CACHE SECONDS``; prints one line of JSON.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import orjson

from ... import configure, scan, scan_output
from .workload import NUMBER, fixed_answer, plain_prompt

_TOGETHER = 100
"""Calls between two looks at the clock."""


@dataclass(frozen=True, slots=True)
class Pace:
    """What one kind of call came to: microseconds of processor time a call, calls a second."""

    cpu: float
    rate: float


def paces(seconds: float) -> dict[str, Pace]:
    """Measure a prompt, and a prompt with its answer, each for so many seconds."""
    answer: str = orjson.loads(fixed_answer())["choices"][0]["message"]["content"]

    def both(text: str) -> object:
        return scan_output(answer, prompt=scan(text))

    return {"prompt": _pace(scan, seconds), "prompt and answer": _pace(both, seconds)}


def _pace(call: Callable[[str], object], seconds: float) -> Pace:
    head, _, tail = plain_prompt().partition(NUMBER)
    for number in range(_TOGETHER):
        call(f"{head}{number:07}{tail}")
    calls = 0
    began, spent = time.perf_counter(), time.process_time()
    while time.perf_counter() - began < seconds:
        for number in range(_TOGETHER):
            call(f"{head}{calls + number:07}{tail}")
        calls += _TOGETHER
    return Pace((time.process_time() - spent) / calls * 1e6, calls / (time.perf_counter() - began))


def main() -> None:
    """Measure and print."""
    configure(cache=Path(sys.argv[1]))
    sys.stdout.buffer.write(orjson.dumps(paces(float(sys.argv[2]))) + b"\n")


if __name__ == "__main__":
    main()
