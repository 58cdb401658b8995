"""mitmproxy as the benchmark runs it: with our addon, which does nothing where the path says so.

Both in one process: two processes differ by how their memory is laid out, and by more than is to be measured.
Run as ``python -m sluicegate.appliance.bench.proxy_process PORT UPSTREAM FOLDER``. What the addon hands over
goes to the upstream, too, which stands for the gateway: what that costs is counted where it runs.
"""

import asyncio
import sys
from pathlib import Path
from unittest.mock import patch

import certifi
from mitmproxy import http
from mitmproxy.proxy.server_hooks import ServerConnectionHookData

from ...gateway.intercepted.host_rules import HostRule, inspected_names, rules_of
from ...gateway.transparent import proxy
from ...gateway.transparent.conduct import Conduct, Door
from ...gateway.transparent.ensemble import Ensemble
from ...gateway.transparent.post import Post
from ..authority import make_root

HOST = "localhost"
"""A name, as hosts of providers have one."""
NOTHING = "/nothing"
"""Begins the path of a request that the addon leaves alone."""
_NOTHING = NOTHING.encode()


class Sometimes(Ensemble):
    """Our addon, asked about every request, and idle about some."""

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        """Do as ours does, or nothing."""
        if not flow.request.data.path.startswith(_NOTHING):
            super().requestheaders(flow)

    def request(self, flow: http.HTTPFlow) -> None:
        """Do as ours does, or nothing."""
        if not flow.request.data.path.startswith(_NOTHING):
            super().request(flow)

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        """Do as ours does, or nothing."""
        if not flow.request.data.path.startswith(_NOTHING):
            super().responseheaders(flow)

    async def server_connect(self, data: ServerConnectionHookData) -> None:
        """Let both keep their connections: of a name that it resolved itself mitmproxy keeps none."""


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


async def serve(port: int, upstream: int, folder: Path) -> None:
    """Serve until the process is ended."""
    rules = rules_of((HostRule(pattern=HOST, action="inspect", private=True),))
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
    with patch.object(proxy, "Ensemble", Sometimes):
        await proxy.Proxy(door, post).run(lambda: None)


def main() -> None:
    """Serve."""
    port, upstream, folder = sys.argv[1:]
    asyncio.run(serve(int(port), int(upstream), Path(folder)))


if __name__ == "__main__":
    main()
