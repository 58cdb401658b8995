"""A gateway with the real core, fakes on the other ports, and upstreams that answer from memory."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache

from sluicegate.detection.core import build_inspector
from sluicegate.detection.errors import UpstreamFault
from sluicegate.detection.inspection import Inspector
from sluicegate.detection.ports import CounterStore
from sluicegate.detection.testing import (
    SOMEBODY,
    FakeClock,
    FixedPolicy,
    MemoryAudit,
    MemoryBans,
    MemoryKeys,
    NullMetrics,
    OpenCounters,
)
from sluicegate.gateway.app import GatewayParts
from sluicegate.gateway.router import Router
from sluicegate.gateway.upstream.base import Upstream, UpstreamAnswer, UpstreamRequest
from sluicegate.gateway.upstream.given import GivenAnswer
from sluicegate.gateway.upstream_spec import UpstreamSpec
from sluicegate.middleware.asgi import Headers
from sluicegate.middleware.identity import Identity
from sluicegate.middleware.limits import Limits
from tests.middleware.client import KEY, fields

COMPLETION = (
    b'{"id":"c1","object":"chat.completion","created":1,"model":"gpt-5-mini","choices":[{"index":0,'
    b'"message":{"role":"assistant","content":"Hello there."},"finish_reason":"stop"}]}'
)
CONFIGURED = "configured-upstream-key"


@cache
def core() -> Inspector:
    return build_inspector(b"k" * 32)


@dataclass(slots=True)
class ScriptedUpstream:
    """Answers every request alike and keeps them."""

    body: bytes = COMPLETION
    status: int = 200
    headers: Headers = field(default_factory=lambda: fields(("content-type", "application/json")))
    fault: UpstreamFault | None = None
    requests: list[UpstreamRequest] = field(default_factory=list)

    async def send(self, request: UpstreamRequest) -> UpstreamAnswer:
        self.requests.append(request)
        await asyncio.sleep(0)
        if self.fault is not None:
            raise self.fault
        return GivenAnswer(self.status, self.headers, [self.body[:10], self.body[10:]])

    async def close(self) -> None:
        pass

    @property
    def last(self) -> dict[str, str]:
        """Header fields of the newest request."""
        return {name.decode(): value.decode() for name, value in self.requests[-1].headers}


def spec(
    name: str, *models: str, api_key: str | None = CONFIGURED, passthrough: bool = False
) -> UpstreamSpec:
    return UpstreamSpec(name, "openai", f"https://{name}.example/v1", api_key, models, passthrough)


@dataclass(slots=True)
class Ports:
    """The fakes of one gateway."""

    keys: MemoryKeys = field(default_factory=lambda: MemoryKeys({KEY: SOMEBODY}))
    policies: FixedPolicy = field(default_factory=FixedPolicy)
    bans: MemoryBans = field(default_factory=MemoryBans)
    counters: CounterStore = field(default_factory=OpenCounters)
    audit: MemoryAudit = field(default_factory=MemoryAudit)
    metrics: NullMetrics = field(default_factory=NullMetrics)
    clock: FakeClock = field(default_factory=FakeClock)
    limits: Limits = field(default_factory=Limits)
    identity: Identity | None = None
    inspector: Inspector | None = None

    def parts(self, upstreams: Iterable[tuple[UpstreamSpec, Upstream]]) -> GatewayParts:
        pairs = list(upstreams)
        return GatewayParts(
            inspector=self.inspector or core(),
            policies=self.policies,
            keys=self.keys,
            bans=self.bans,
            counters=self.counters,
            audit=self.audit,
            audit_reader=self.audit,
            metrics=self.metrics,
            clock=self.clock,
            router=Router(spec for spec, _ in pairs),
            upstreams={spec.name: upstream for spec, upstream in pairs},
            limits=self.limits,
            identity=self.identity,
        )
