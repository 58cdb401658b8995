"""A guard over the tests' core, and what it recorded."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sluicegate.detection.inspection import Inspector
from sluicegate.detection.policy import Policy
from sluicegate.detection.presets import BALANCED
from sluicegate.detection.testing import SOMEBODY, MemoryAudit
from sluicegate.detection.types import AuditEntry
from sluicegate.middleware.limits import Limits
from sluicegate.middleware.outbound.guard import OutboundGuard
from sluicegate.middleware.outbound.parts import Fail, Unknown
from sluicegate.middleware.outbound.settings import outbound_guard
from tests.gateway.parts import core


@dataclass(slots=True)
class Outbound:
    """One guard. Change what is here before `guard` is asked for."""

    policy: Policy = BALANCED
    unknown: Unknown = "refuse"
    fail: Fail = "closed"
    hosts: Mapping[str, str] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    audit: MemoryAudit = field(default_factory=MemoryAudit)
    told: list[AuditEntry] = field(default_factory=list)
    inspector: Inspector | None = None
    made: OutboundGuard | None = None

    @property
    def guard(self) -> OutboundGuard:
        """The guard, the same each time."""
        if self.made is None:
            self.made = outbound_guard(
                policy=self.policy,
                unknown=self.unknown,
                fail=self.fail,
                hosts=self.hosts,
                limits=self.limits,
                audit=self.audit,
                on_verdict=self.told.append,
                principal=SOMEBODY,
                inspector=self.inspector or core(),
            )
        return self.made

    @property
    def counts(self) -> Mapping[str, int]:
        """What was counted."""
        return self.guard.parts.tally.counts()

    def entry(self) -> AuditEntry:
        """The only record."""
        assert len(self.audit.entries) == 1
        assert self.told == self.audit.entries
        for entry in self.audit.opens:
            assert entry.outcome == "open"
            assert entry.exchange_id == self.audit.entries[0].exchange_id
        return self.audit.entries[0]


def text_of_stream(chunks: Any) -> str:
    """The text of a streamed chat."""
    return "".join(
        choice.delta.content or "" for chunk in chunks for choice in chunk.choices if choice.index == 0
    )
