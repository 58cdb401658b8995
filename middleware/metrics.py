"""Metrics in the Prometheus text format, with labels from small fixed sets only."""

from collections.abc import Iterator, Sequence

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric

from ..detection.types import Action, AuditEntry, Direction, Verdict
from .cells import Cells, CounterSeries, HistogramSeries

OTHER = "other"
"""Stands for a label value that is not in its set."""

OUTCOMES = frozenset(("complete", "refused", "stopped", "upstream_error", "client_gone", "error"))
REASONS = frozenset(
    (
        "path", "route", "missing_key", "unknown_key", "credentials", "banned", "client_rate", "key_rate",
        "framing", "media_type", "size", "slow_body", "request", "not_found", "permission", "crowded",
        "upstream", "client_gone", "error", "ticket", "unjudged",
    )
)  # fmt: skip
FAMILIES = frozenset(
    (
        "prompt_attack",
        "secret",
        "pii",
        "placeholder",
        "exfiltration",
        "code",
        "leak",
        "custom",
        "deny",
        "harmful",
    )
)
RISKS = ("no_risk", "low_risk", "medium_risk", "high_risk")
"""Names of the levels of findings, by `Level`."""

SERVICES = ("gateway", "api", "admin", "middleware", "transparent", OTHER)
_OUTCOMES = (*sorted(OUTCOMES), OTHER)
_REASONS = (*sorted(REASONS), OTHER)
_FAMILIES = (*sorted(FAMILIES), OTHER)
_DIRECTIONS = tuple(direction.value for direction in Direction)
_ACTIONS = tuple(action.label for action in Action)
_GUARD_BUCKETS = (0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
_EXCHANGE_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)


_REQUESTS = CounterSeries(
    0,
    "guardrails_requests_total",
    "Exchanges by how they ended.",
    {"service": SERVICES, "outcome": _OUTCOMES},
)
_RISK = CounterSeries(
    _REQUESTS.end,
    "guardrails_risk_level_total",
    "Exchanges by the highest level of a finding.",
    {"level": RISKS},
)
_REJECTED = CounterSeries(
    _RISK.end,
    "sluicegate_rejected_total",
    "Requests refused before they became an exchange.",
    {"service": SERVICES, "reason": _REASONS},
)
_UNJUDGED = CounterSeries(
    _REJECTED.end,
    "sluicegate_unjudged_total",
    "Parts of payloads that nobody could scan.",
    {"direction": _DIRECTIONS},
)
_FINDINGS = CounterSeries(
    _UNJUDGED.end,
    "sluicegate_actions_total",
    "Findings by direction, family and what was done about them.",
    {"direction": _DIRECTIONS, "family": _FAMILIES, "action": _ACTIONS},
)
_LOST = CounterSeries(
    _FINDINGS.end,
    "sluicegate_audit_lost_total",
    "Audit entries that were dropped and counted instead of recorded.",
    {},
)
_DURATION = HistogramSeries(
    _LOST.end,
    "guardrails_request_duration_seconds",
    "Time in the guard and upstream.",
    ("service", SERVICES),
    _EXCHANGE_BUCKETS,
)
_GUARD = HistogramSeries(
    _DURATION.end,
    "sluicegate_guard_seconds",
    "Time in the guard per exchange.",
    ("service", SERVICES),
    _GUARD_BUCKETS,
)
_UPSTREAM = HistogramSeries(
    _GUARD.end,
    "sluicegate_upstream_seconds",
    "Time waiting for the upstream per exchange.",
    ("service", SERVICES),
    _EXCHANGE_BUCKETS,
)
_ALL = (_REQUESTS, _RISK, _REJECTED, _UNJUDGED, _FINDINGS, _LOST, _DURATION, _GUARD, _UPSTREAM)

CELLS = _UPSTREAM.end
"""Numbers in the region of one process."""


class PrometheusMetrics:
    """Implements `detection.ports.Metrics`.

    Counts into `regions[own]` and shows the sum of all `regions`, each a sequence of `CELLS`
    numbers: memory that several processes share, or a list of its own. Other collectors may be
    put into `registry`.
    """

    def __init__(self, regions: Sequence[Cells] = (), own: int = 0) -> None:
        self._regions = regions or ([0.0] * CELLS,)
        self._own = self._regions[own]
        self.registry = CollectorRegistry()
        self.registry.register(self)

    def exchange(self, service: str, entry: AuditEntry) -> None:
        """Observe a finished exchange."""
        own, guard, upstream = self._own, entry.guard_seconds, entry.upstream_seconds
        service = service if service in SERVICES else OTHER
        outcome = entry.outcome if entry.outcome in OUTCOMES else OTHER
        _REQUESTS.add(own, (service, outcome))
        _DURATION.observe(own, service, guard + upstream)
        _GUARD.observe(own, service, guard)
        _UPSTREAM.observe(own, service, upstream)
        core = entry.core
        highest = self._verdict("prompt", core.prompt)
        if core.answer is not None:
            highest = max(highest, self._verdict("answer", core.answer))
        _RISK.add(own, (RISKS[highest],))

    def rejected(self, service: str, reason: str) -> None:
        """Count a request refused before it became an exchange."""
        service = service if service in SERVICES else OTHER
        _REJECTED.add(self._own, (service, reason if reason in REASONS else OTHER))

    def lost(self, entries: int) -> None:
        """Count audit entries that were dropped."""
        _LOST.add(self._own, (), entries)

    def render(self) -> bytes:
        """All series in the Prometheus text format."""
        return generate_latest(self.registry)

    def collect(self) -> Iterator[Metric]:
        """Give all series to the registry."""
        for series in _ALL:
            yield series.family(self._regions)

    def _verdict(self, direction: str, verdict: Verdict) -> int:
        if verdict.receipt.unjudged:
            _UNJUDGED.add(self._own, (direction,), len(verdict.receipt.unjudged))
        highest = 0
        for item in verdict.decided:
            family = item.finding.family if item.finding.family in FAMILIES else OTHER
            _FINDINGS.add(self._own, (direction, family, item.action.label))
            highest = max(highest, int(item.finding.level))
        return highest
