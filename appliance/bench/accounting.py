"""What processes cost, from the kernel's own accounting.

Processor time comes from each process's CPU-time clock (`clock_getcpuclockid(3)`): nanoseconds of
the whole thread group, threads that ended included, where ``/proc/PID/stat`` counts ticks of ten
milliseconds. What the kernel does in the name of a process (system calls, loopback) is in it.
"""

import os
import time
from collections.abc import Iterable
from pathlib import Path

_PROC = Path("/proc")
_CPUCLOCK_SCHED = 2


def processor_seconds(pids: Iterable[int]) -> float:
    """Return the processor time of these processes since they began. Those that are gone count 0."""
    return sum(_seconds(pid) for pid in pids)


def seconds_by_process(pids: Iterable[int]) -> dict[int, float]:
    """Return the processor time of each process since it began. Those that are gone count 0."""
    return {pid: _seconds(pid) for pid in pids}


def name_of(pid: int) -> str:
    """Return what a process calls itself; empty when it is gone."""
    try:
        return (_PROC / str(pid) / "comm").read_text().strip()
    except OSError:
        return ""


def tree(root: int) -> list[int]:
    """Return a process and all its descendants, parents first."""
    children: dict[int, list[int]] = {}
    for entry in _PROC.iterdir():
        if entry.name.isdigit() and (parent := _parent(entry)) is not None:
            children.setdefault(parent, []).append(int(entry.name))
    found = [root]
    for pid in found:
        found += sorted(children.get(pid, ()))
    return found


def resident_bytes(pid: int) -> int:
    """Return the resident memory of a process, shared pages included; 0 when it is gone."""
    return _kilobytes(_PROC / str(pid) / "status", "VmRSS:") * 1024


def proportional_bytes(pid: int) -> int:
    """Return the memory of a process with shared pages divided among those who share them."""
    return _kilobytes(_PROC / str(pid) / "smaps_rollup", "Pss:") * 1024


def parent_of(stat: str) -> int:
    """Read the parent's id from a ``/proc/PID/stat`` line; names may hold blanks and brackets.

    Raises `ValueError` when it is no such line.
    """
    fields = stat.rpartition(")")[2].split()
    if len(fields) < 2:
        raise ValueError("no line of /proc/PID/stat")
    return int(fields[1])


def _parent(entry: Path) -> int | None:
    try:
        return parent_of((entry / "stat").read_text())
    except (OSError, ValueError):
        return None  # it ended while we looked


def _seconds(pid: int) -> float:
    try:
        return time.clock_gettime_ns((~pid << 3) | _CPUCLOCK_SCHED) / 1e9
    except OSError:
        return 0.0


def _kilobytes(path: Path, name: str) -> int:
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(name)), 0)


def own_seconds() -> float:
    """Return the processor time of this process."""
    return _seconds(os.getpid())
