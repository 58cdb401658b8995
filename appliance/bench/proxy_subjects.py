"""mitmproxy with our addon, and with one that does nothing: what the addon costs is the difference."""

import subprocess
import sys
from dataclasses import dataclass, field
from importlib.util import find_spec

from .subject import Ask, Place, Running, free_port, spawn, wait_until_ready
from .workload import MARK, post_body

HOST, NOTHING = "localhost", "/nothing"
"""As `proxy_process` has them, which cannot be imported without mitmproxy."""


@dataclass(slots=True)
class _One:
    """The process that both are measured in."""

    port: int = 0
    process: "subprocess.Popen[bytes] | None" = None

    def start(self, place: Place) -> None:
        """Start it unless it runs."""
        if self.process is not None and self.process.poll() is None:
            return
        self.port = free_port()
        module = f"{__package__}.proxy_process"
        command = [sys.executable, "-m", module, str(self.port), str(place.upstream), str(place.folder)]
        self.process = spawn(command, place.folder)
        wait_until_ready(self.process, place.folder, self.port)


@dataclass(frozen=True, slots=True)
class Mitmproxy:
    """A regular proxy that is asked for a host in clear text, where its own work is least."""

    name: str
    about: str
    path: str
    workers: int = 1
    one: _One = field(default_factory=_One, repr=False)

    def missing(self) -> str:
        """Say whether mitmproxy is there."""
        return "" if find_spec("mitmproxy") else "no mitmproxy; pip install 'sluicegate[transparent]'"

    def start(self, place: Place) -> Running:
        """Start it in a process of its own, or take the one that runs."""
        self.one.start(place)
        host = f"{HOST}:{place.upstream}"
        ask = Ask(f"http://{host}{self.path}/v1/chat/completions", post_body().decode(), (MARK,))
        return Running(self.one.port, {"host": host}, self.one.process, ask=ask)


def pair() -> tuple[Mitmproxy, Mitmproxy]:
    """Return mitmproxy with an addon that does nothing, and with ours."""
    one = _One()
    return (
        Mitmproxy("mitmproxy", "a POST through mitmproxy, with an addon that does nothing", NOTHING, one=one),
        Mitmproxy("transparent proxy", "the same, handed over to the gateway by our addon", "", one=one),
    )
