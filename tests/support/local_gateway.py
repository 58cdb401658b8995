"""The gateway on a real port of this process, over real upstreams: for SDKs that want a server."""

import asyncio
import threading
from collections.abc import Iterable
from typing import Any, Self

from sluicegate.detection.policy import Policy
from sluicegate.detection.presets import BALANCED
from sluicegate.gateway.app import proxy_app
from sluicegate.gateway.upstream.pool import PooledUpstream
from sluicegate.gateway.upstream_spec import UpstreamSpec
from tests.gateway.parts import Ports, core
from tests.gateway.serving import served
from tests.middleware.client import KEY

_WAIT = 20.0


class LocalGateway:
    """Serves upstreams in a thread with a loop of its own; use as a context manager.

    `ports` holds the fakes around the core (`ports.audit` the records); `key` is the callers' key.
    """

    key = KEY

    def __init__(
        self,
        *specs: UpstreamSpec,
        policy: Policy = BALANCED,
        **ports: Any,
    ) -> None:
        self.ports = Ports(**ports)
        self.ports.policies.value = policy
        self.port = 0
        self._specs = specs
        self._started = threading.Event()
        self._failed: BaseException | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._over = asyncio.Event()

    @property
    def policy(self) -> Policy:
        """What every caller is judged by; may be set between calls."""
        return self.ports.policies.value

    @policy.setter
    def policy(self, policy: Policy) -> None:
        self.ports.policies.value = policy

    @property
    def url(self) -> str:
        """Where it serves, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        core()  # in no thread that somebody waits for: it may compile the rules
        self._thread.start()
        assert self._started.wait(_WAIT), "the gateway did not start"
        if self._failed is not None:
            raise self._failed
        return self

    def __exit__(self, *problem: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(_WAIT)
        assert not self._thread.is_alive(), "the gateway did not end"
        self._loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve())
        except BaseException as problem:
            self._failed = problem
            raise
        finally:
            self._started.set()

    async def _serve(self) -> None:
        upstreams = [(spec, PooledUpstream(spec.base_url)) for spec in self._specs]
        try:
            async with served(proxy_app(self.ports.parts(upstreams))) as port:
                self.port = port
                self._started.set()
                await self._over.wait()
        finally:
            await _closed(upstream for _, upstream in upstreams)


async def _closed(upstreams: Iterable[PooledUpstream]) -> None:
    for upstream in upstreams:
        await upstream.close()
