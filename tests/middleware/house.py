"""A guard with fakes on every port, and the fakes where a test can read them."""

import json
from dataclasses import dataclass, field
from typing import Any

from sluicegate.detection.inspection import Inspector
from sluicegate.detection.ports import CounterStore
from sluicegate.detection.testing import (
    SOMEBODY,
    FakeClock,
    FakeInspector,
    FixedPolicy,
    MemoryAudit,
    MemoryBans,
    MemoryKeys,
    NullMetrics,
    OpenCounters,
)
from sluicegate.detection.types import AuditEntry
from sluicegate.library.panel import NOBODY, Panel
from sluicegate.middleware.asgi import ASGIApp
from sluicegate.middleware.guard import Guard
from sluicegate.middleware.identity import Identity
from sluicegate.middleware.limits import Limits
from sluicegate.middleware.routes import Route, RouteMap, RouteTable
from tests.middleware.client import KEY, Answer

CHAT = Route("POST", "/v1/chat/completions", "openai_chat")
EXEMPT = Route("GET", "/v1/models", None)


@dataclass(slots=True)
class House:
    """The ports of one guard. Change them before `guard` is called."""

    inspector: Inspector = field(default_factory=FakeInspector)
    policies: FixedPolicy = field(default_factory=FixedPolicy)
    keys: MemoryKeys = field(default_factory=lambda: MemoryKeys({KEY: SOMEBODY}))
    bans: MemoryBans = field(default_factory=MemoryBans)
    counters: CounterStore = field(default_factory=OpenCounters)
    audit: MemoryAudit = field(default_factory=MemoryAudit)
    metrics: NullMetrics = field(default_factory=NullMetrics)
    clock: FakeClock = field(default_factory=FakeClock)
    routes: RouteMap = field(default_factory=lambda: RouteTable([CHAT, EXEMPT]))
    limits: Limits = field(default_factory=Limits)
    identity: Identity | None = None
    expose_headers: bool = False
    expose_request_id: bool = False
    face: str = "middleware"
    panel: Panel = NOBODY
    races: bool = False

    def guard(self, app: ASGIApp) -> Guard:
        return Guard(
            app,
            inspector=self.inspector,
            policies=self.policies,
            keys=self.keys,
            bans=self.bans,
            counters=self.counters,
            audit=self.audit,
            metrics=self.metrics,
            clock=self.clock,
            routes=self.routes,
            limits=self.limits,
            identity=self.identity,
            expose_headers=self.expose_headers,
            expose_request_id=self.expose_request_id,
            face=self.face,
            panel=self.panel,
            races=self.races,
        )


def one_entry(house: House) -> AuditEntry:
    assert len(house.audit.entries) == 1
    assert len(house.audit.opens) <= 1
    for entry in house.audit.opens:
        assert entry.exchange_id == house.audit.entries[0].exchange_id
        assert entry.outcome == "open"
    assert [entry for _, entry in house.metrics.exchanges] == house.audit.entries
    return house.audit.entries[0]


def error_of(answer: Answer) -> dict[str, Any]:
    error = json.loads(answer.body)["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert "Traceback" not in answer.body.decode()
    assert isinstance(error, dict)
    return error
