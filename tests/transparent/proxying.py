"""A transparent proxy in a thread, in front of a gateway in another, in front of fakes."""

import asyncio
import ssl
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Self

import certifi

from sluicegate.appliance.authority import Root, make_root
from sluicegate.detection.policy import Policy
from sluicegate.detection.testing import SOMEBODY
from sluicegate.gateway.intercepted.app import InterceptedParts, intercepted_app
from sluicegate.gateway.intercepted.destinations import Destinations
from sluicegate.gateway.intercepted.host_rules import HostRules, inspected_names
from sluicegate.gateway.intercepted.install_page import InstallPage
from sluicegate.gateway.intercepted.once import Handed, Once
from sluicegate.gateway.transparent.callers import Callers
from sluicegate.gateway.transparent.conduct import Conduct, Door
from sluicegate.gateway.transparent.post import Post
from sluicegate.gateway.transparent.proxy import Proxy
from sluicegate.gateway.upstream.base import Upstream
from sluicegate.gateway.upstream.pool import PooledUpstream
from sluicegate.gateway.upstream.resolver import Resolver
from tests.gateway.parts import Ports, core
from tests.gateway.serving import served

KEY = b"h" * 32
_WAIT = 30.0


class InThread:
    """Runs one coroutine in a thread with a loop of its own until the ``with`` block ends."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._up = threading.Event()
        self._failed: BaseException | None = None
        self._over = asyncio.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    async def serve(self, up: Callable[[], None], over: asyncio.Event) -> None:
        """Serve, calling `up` when that has begun, until `over`."""
        raise NotImplementedError

    def ask[T](self, work: Coroutine[Any, Any, T]) -> T:
        """Run something in the loop and return what it gives."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(_WAIT)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._up.wait(_WAIT), "it did not start"
        if self._failed is not None:
            raise self._failed
        return self

    def __exit__(self, *_: object) -> None:
        self.loop.call_soon_threadsafe(self._over.set)
        self._thread.join(_WAIT)
        assert not self._thread.is_alive(), "it did not end"

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        try:
            # What still runs when it is over is cancelled, as everywhere: mitmproxy's other threads would
            # call a loop back that is gone.
            with asyncio.Runner(loop_factory=lambda: self.loop) as runner:
                runner.run(self.serve(self._up.set, self._over))
        except BaseException as problem:
            self._failed = problem
            raise
        finally:
            self._up.set()


class FakeHosts:
    """Leads every host to one of our own ports. Keeps what it was asked for."""

    def __init__(self, port: int = 0) -> None:
        self.port = port
        self.asked: list[str] = []

    def make(self, base_url: str, resolver: Resolver) -> Upstream:
        self.asked.append(base_url)
        return PooledUpstream(f"http://127.0.0.1:{self.port}")


class Gateway(InThread):
    """The hand-over listener of a gateway with fakes around the core."""

    def __init__(self, rules: HostRules, hosts: FakeHosts) -> None:
        super().__init__()
        core()
        self.ports = Ports()
        self.hosts = hosts
        self.rules = rules
        self.port = 0

    @property
    def policy(self) -> Policy:
        """What everybody is judged by."""
        return self.ports.policies.value

    @policy.setter
    def policy(self, policy: Policy) -> None:
        self.ports.policies.value = policy

    def parts(self, destinations: Destinations) -> InterceptedParts:
        ports = self.ports
        return InterceptedParts(
            inspector=core(),
            policies=ports.policies,
            bans=ports.bans,
            counters=ports.counters,
            audit=ports.audit,
            metrics=ports.metrics,
            clock=ports.clock,
            rules=self.rules,
            destinations=destinations,
            handed=Handed(KEY, Once()),
            principal=lambda: SOMEBODY,
        )

    async def serve(self, up: Callable[[], None], over: asyncio.Event) -> None:
        destinations = Destinations(self.hosts.make)
        async with served(intercepted_app(self.parts(destinations))) as port:
            self.port = port
            up()
            await over.wait()
        await destinations.close()


class RunningProxy(InThread):
    """mitmproxy with our addon. `trust` is a file that holds its root."""

    def __init__(
        self,
        folder: Path,
        conduct: Conduct,
        *modes: str,
        root: Root | None = None,
        page: InstallPage | None = None,
        callers: Callers | None = None,
        **more: Any,
    ) -> None:
        super().__init__()
        self.conduct = conduct
        self.root = root or make_root(inspected_names(conduct.rules))
        self.trust = folder / "root.pem"
        self.trust.write_bytes(self.root.pem)
        self.post = Post(conduct, callers)
        self._page = page
        self.port = 0
        self.addresses: list[tuple[str, int]] = []
        self._door = Door(
            modes=modes or ("regular@0",),
            host="127.0.0.1",
            port=0,
            authority=self.root.pem + self.root.key_pem,
            folder=folder,
            trusted=Path(certifi.where()),
            **more,
        )

    @property
    def url(self) -> str:
        """The address of the proxy."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def tls(self) -> ssl.SSLContext:
        """A context that trusts the proxy's root alone."""
        return ssl.create_default_context(cafile=self.trust)

    async def serve(self, up: Callable[[], None], over: asyncio.Event) -> None:
        proxy = Proxy(self._door, self.post, self._page)

        def listening() -> None:
            self.addresses = proxy.addresses
            self.port = self.addresses[0][1] if self.addresses else 0
            up()

        running = asyncio.create_task(proxy.run(listening))
        waiting = asyncio.create_task(over.wait())
        await asyncio.wait([running, waiting], return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if running.done():
            running.result()
        await proxy.stop()
        await running
