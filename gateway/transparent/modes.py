"""What modes of mitmproxy need of the machine, looked at before they are started.

mitmproxy finds some of it missing only when it is too late, and goes on as if nothing were wrong.
"""

import os
import shutil
import sys
from pathlib import Path

from mitmproxy import platform
from mitmproxy_rs.local import LocalRedirector

_CGROUPS = Path("/sys/fs/cgroup/cgroup.controllers")
"""Is there where the second version of control groups is mounted, to which the kernel attaches programs."""
_REDIRECTOR = "mitmproxy-linux"
"""What the kernel calls mitmproxy's redirector: the first 15 characters of its name."""


def lacking(mode: str) -> str:
    """Return what a mode lacks on this machine; empty where it can run."""
    kind = mode.partition(":")[0].partition("@")[0]
    if kind == "transparent" and platform.original_addr is None:
        return "this system does not tell where a redirected connection was meant to go"
    return _local() if kind == "local" else ""


def _local() -> str:
    reason = LocalRedirector.unavailable_reason()
    if reason or not sys.platform.startswith("linux"):
        return reason or ""
    if os.geteuid() != 0:
        return "needs root"
    if shutil.which("sudo") is None:
        return "needs the program sudo, by which mitmproxy starts its redirector, for root too"
    if not _CGROUPS.exists():
        return "needs control groups of the second version at /sys/fs/cgroup"
    return ""


def redirects(proc: Path = Path("/proc")) -> bool:
    """Say whether the redirector of the mode `local` runs: the kernel may have refused its program."""
    for entry in proc.iterdir():
        if entry.name.isdigit():
            try:
                if (entry / "comm").read_text().strip() == _REDIRECTOR:
                    return True
            except OSError:
                continue  # it ended while we looked
    return False
