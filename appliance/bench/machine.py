"""The machine that a benchmark ran on, in words."""

import os
import platform
from collections.abc import Mapping
from pathlib import Path

_CPU = Path("/proc/cpuinfo")


def describe() -> dict[str, str]:
    """Return processor, cores, kernel, versions and load average by name."""
    load = " ".join(f"{value:.2f}" for value in os.getloadavg())
    return {
        "processor": _model(),
        "cores": str(len(os.sched_getaffinity(0))),
        "kernel": f"{platform.system()} {platform.release()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "load average at the start": load,
    }


def spell(facts: Mapping[str, str]) -> str:
    """Write the facts in one line."""
    return "; ".join(f"{name} {value}" for name, value in facts.items())


def _model() -> str:
    try:
        lines = _CPU.read_text("utf-8", "replace").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())
