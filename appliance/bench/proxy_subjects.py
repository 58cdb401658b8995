"""mitmproxy with our addon, and with one that does nothing: what the addon costs is the difference."""

import sys
from dataclasses import dataclass
from importlib.util import find_spec

from .subject import Ask, Place, Running, free_port, spawn, wait_until_ready
from .workload import MARK, post_body


@dataclass(frozen=True, slots=True)
class Mitmproxy:
    """A regular proxy that is asked for a host in clear text, where its own work is least."""

    name: str
    about: str
    what: str
    workers: int = 1

    def missing(self) -> str:
        """Say whether mitmproxy is there."""
        return "" if find_spec("mitmproxy") else "no mitmproxy; pip install 'sluicegate[transparent]'"

    def start(self, place: Place) -> Running:
        """Start it in a process of its own."""
        port = free_port()
        module = f"{__package__}.proxy_process"
        command = [sys.executable, "-m", module, self.what, str(port), str(place.upstream), str(place.folder)]
        # both hash alike, so that no dictionary of theirs is laid out better than the other's
        process = spawn(command, place.folder, {"PYTHONHASHSEED": "0"})
        wait_until_ready(process, place.folder, port)
        host = f"127.0.0.1:{place.upstream}"
        ask = Ask(f"http://{host}/v1/chat/completions", post_body().decode(), (MARK,))
        return Running(port, {"host": host}, process, ask=ask)


NOOP = Mitmproxy("mitmproxy", "a POST through mitmproxy, with an addon that does nothing", "noop")
ADDON = Mitmproxy("transparent proxy", "the same, handed over to the gateway by our addon", "addon")
