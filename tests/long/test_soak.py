"""Half an hour of traffic of which a twentieth hangs up: memory and descriptors stay where they are.

Run with ``-s`` it tells the figures. `SOAK_MINUTES` sets how long, warm-up included.
"""

import asyncio
import os
import statistics
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.appliance import RunningAppliance, started
from tests.support.processes import descriptors, named, resident
from tests.support.traffic import Traffic

pytestmark = [pytest.mark.long, pytest.mark.timeout(7200)]

MINUTES = float(os.environ.get("SOAK_MINUTES", "30"))
WARM_SHARE = 0.3
CLIENTS = 8
SAMPLES = 240
MOST_A_HOUR = 1 << 20
"""Bytes that the resident memory of a process may grow by."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at a process: when in seconds, resident bytes, open descriptors."""

    at: float
    resident: int
    descriptors: int


async def test_memory_and_descriptors_stay_flat(tmp_path: Path) -> None:
    with started(tmp_path, workers="2", demo="true", rate_limit="off") as running:
        samples = await _soak(running)
        for (name, pid), seen in samples.items():
            grown = _slope(seen)
            few, many = _descriptors(seen)
            resident_now = seen[-1].resident / 1e6
            _tell(f"{name} {pid}: {grown / 1e6:+.2f} MB an hour of {resident_now:.1f} MB,")
            _tell(f"    {few:.0f} descriptors at first, {many:.0f} at last")
        assert {key: _slope(seen) for key, seen in samples.items() if _slope(seen) > MOST_A_HOUR} == {}
        for seen in samples.values():
            few, many = _descriptors(seen)
            assert many <= few + CLIENTS


async def _soak(running: RunningAppliance) -> dict[tuple[str, int], list[Sample]]:
    loop = asyncio.get_running_loop()
    began, seconds = loop.time(), MINUTES * 60
    traffic = Traffic.to(running, hang_ups=0.05)
    flowing = asyncio.create_task(traffic.flow(CLIENTS, lambda: loop.time() - began > seconds))
    samples: dict[tuple[str, int], list[Sample]] = defaultdict(list)
    await asyncio.sleep(seconds * WARM_SHARE)
    while not flowing.done():
        for process in _processes(running):
            pid = process[1]
            samples[process].append(Sample(loop.time() - began, resident(pid), descriptors(pid)))
        await asyncio.wait([flowing], timeout=seconds / SAMPLES)
    await flowing
    _tell(f"{sum(traffic.statuses.values())} exchanges, {traffic.statuses}")
    assert set(traffic.statuses) == {200}
    return samples


def _processes(running: RunningAppliance) -> list[tuple[str, int]]:
    supervisor = running.process.pid
    children = [(name, pid) for name in ("worker", "control") for pid in named(supervisor, name)]
    return [("supervisor", supervisor), *children]


def _slope(seen: list[Sample]) -> float:
    """Return bytes an hour by least squares."""
    times, bytes_then = [one.at for one in seen], [one.resident for one in seen]
    return statistics.linear_regression(times, bytes_then).slope * 3600


def _descriptors(seen: list[Sample]) -> tuple[float, float]:
    """Return medians of the first and the last quarter."""
    quarter = max(1, len(seen) // 4)
    counts = [one.descriptors for one in seen]
    return statistics.median(counts[:quarter]), statistics.median(counts[-quarter:])


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
