"""mitmproxy as the benchmark runs it: with our addon, or with one that does nothing, and otherwise alike.

Run as ``python -m sluicegate.appliance.bench.proxy_process WHAT PORT UPSTREAM FOLDER``. What the addon hands
over goes to the upstream, too, which stands for the gateway: what that costs is counted where it runs.
"""

import asyncio
import sys
from pathlib import Path
from unittest.mock import patch

import certifi
from mitmproxy import http

from ...gateway.intercepted.host_rules import HostRule, inspected_names, rules_of
from ...gateway.transparent import proxy
from ...gateway.transparent.conduct import Conduct, Door
from ...gateway.transparent.ensemble import Ensemble
from ...gateway.transparent.post import Post
from ..authority import make_root

NOOP, ADDON = "noop", "addon"


class Nothing:
    """An addon that is asked about as much as ours, and does nothing."""

    def __init__(self, *_: object) -> None:
        """Take what ours is given."""

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        """Do nothing."""

    def request(self, flow: http.HTTPFlow) -> None:
        """Do nothing."""

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        """Do nothing."""


class Standing:
    """Stands in for the watch: the gateway is there."""

    def __init__(self) -> None:
        self.alive = True
        self.changed = asyncio.Event()
        self.changed.set()

    def start(self) -> None:
        """Watch nothing."""

    def stop(self) -> None:
        """Watch nothing."""


async def serve(what: str, port: int, upstream: int, folder: Path) -> None:
    """Serve until the process is ended."""
    rules = rules_of((HostRule(pattern="127.0.0.1", action="inspect", private=True),))
    post = Post(Conduct(rules=rules, gateway=("127.0.0.1", upstream), key=b"k" * 32))
    vars(post)["watch"] = Standing()
    root = make_root(inspected_names(rules))
    door = Door(
        modes=("regular",),
        host="127.0.0.1",
        port=port,
        authority=root.pem + root.key_pem,
        folder=folder,
        trusted=Path(certifi.where()),
    )
    with patch.object(proxy, "Ensemble", Nothing if what == NOOP else Ensemble):
        await proxy.Proxy(door, post).run(lambda: None)


def main() -> None:
    """Serve."""
    what, port, upstream, folder = sys.argv[1:]
    asyncio.run(serve(what, int(port), int(upstream), Path(folder)))


if __name__ == "__main__":
    main()
