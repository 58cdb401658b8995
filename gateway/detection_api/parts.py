"""What all calls of the service share."""

from collections.abc import Callable
from dataclasses import dataclass

from ...detection.inspection import Inspector
from ...detection.ports import AuditSink, BanList, Clock, CounterStore, Metrics, PolicySource
from ...library.panel import NOBODY, Panel
from ...middleware.limits import Limits
from .callers import Callers
from .tools import Tools

FACE = "api"
"""Name of this door in records, counters and metrics."""
MOST_AT_ONCE = 400
"""Calls that one process takes on at a time."""


def _always() -> bool:
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceParts:
    """What the service is made of. `accepting` says whether calls can be recorded now."""

    inspector: Inspector
    policies: PolicySource
    callers: Callers
    bans: BanList
    counters: CounterStore
    audit: AuditSink
    metrics: Metrics
    clock: Clock
    limits: Limits
    tools: Tools
    panel: Panel = NOBODY
    accepting: Callable[[], bool] = _always
