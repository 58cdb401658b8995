"""Metrics in the Prometheus text format, with labels from small fixed sets only."""

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from ..detection.types import AuditEntry, Direction, Level, Verdict

OTHER = "other"
"""Stands for a label value that is not in its set."""

OUTCOMES = frozenset(("complete", "refused", "stopped", "upstream_error", "client_gone", "error"))
REASONS = frozenset(
    (
        "path", "route", "missing_key", "unknown_key", "credentials", "banned", "client_rate", "key_rate",
        "framing", "media_type", "size", "slow_body", "request", "not_found", "upstream", "client_gone",
        "error",
    )
)  # fmt: skip
FAMILIES = frozenset(("prompt_attack", "secret", "pii", "placeholder"))
RISKS = {
    Level.NONE: "no_risk",
    Level.LOW: "low_risk",
    Level.MEDIUM: "medium_risk",
    Level.HIGH: "high_risk",
}

_GUARD_BUCKETS = (0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
_EXCHANGE_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)


class PrometheusMetrics:
    """Implements `detection.ports.Metrics` on a registry of its own.

    `services` are the label values of ``service``; another name counts as ``other``.
    """

    def __init__(self, services: tuple[str, ...] = ("gateway", "detection", "admin", "middleware")) -> None:
        self.registry = CollectorRegistry()
        self._services = frozenset(services)
        self._requests = self._counter(
            "guardrails_requests_total", "Exchanges by how they ended.", ("service", "outcome")
        )
        self._duration = self._histogram(
            "guardrails_request_duration_seconds", "Time in the guard and upstream.", _EXCHANGE_BUCKETS
        )
        self._risk = self._counter(
            "guardrails_risk_level_total", "Exchanges by the highest level of a finding.", ("level",)
        )
        self._rejected = self._counter(
            "sluicegate_rejected_total",
            "Requests refused before they became an exchange.",
            ("service", "reason"),
        )
        self._unjudged = self._counter(
            "sluicegate_unjudged_total", "Parts of payloads that nobody could scan.", ("direction",)
        )
        self._actions = self._counter(
            "sluicegate_actions_total",
            "Findings by direction, family and what was done about them.",
            ("direction", "family", "action"),
        )
        self._guard = self._histogram(
            "sluicegate_guard_seconds", "Time in the guard per exchange.", _GUARD_BUCKETS
        )
        self._upstream = self._histogram(
            "sluicegate_upstream_seconds", "Time waiting for the upstream per exchange.", _EXCHANGE_BUCKETS
        )

    def exchange(self, service: str, entry: AuditEntry) -> None:
        """Observe a finished exchange."""
        service = service if service in self._services else OTHER
        outcome = entry.outcome if entry.outcome in OUTCOMES else OTHER
        self._requests.labels(service, outcome).inc()
        self._duration.labels(service).observe(entry.guard_seconds + entry.upstream_seconds)
        self._guard.labels(service).observe(entry.guard_seconds)
        self._upstream.labels(service).observe(entry.upstream_seconds)
        highest = self._verdict(Direction.PROMPT, entry.core.prompt)
        if entry.core.answer is not None:
            highest = max(highest, self._verdict(Direction.ANSWER, entry.core.answer))
        self._risk.labels(RISKS[highest]).inc()

    def rejected(self, service: str, reason: str) -> None:
        """Count a request refused before it became an exchange."""
        service = service if service in self._services else OTHER
        self._rejected.labels(service, reason if reason in REASONS else OTHER).inc()

    def render(self) -> bytes:
        """All series in the Prometheus text format."""
        return generate_latest(self.registry)

    def _verdict(self, direction: Direction, verdict: Verdict) -> Level:
        if verdict.receipt.unjudged:
            self._unjudged.labels(direction.value).inc(len(verdict.receipt.unjudged))
        highest = Level.NONE
        for item in verdict.decided:
            family = item.finding.family if item.finding.family in FAMILIES else OTHER
            self._actions.labels(direction.value, family, item.action.label).inc()
            highest = max(highest, item.finding.level)
        return highest

    def _counter(self, name: str, text: str, labels: tuple[str, ...]) -> Counter:
        return Counter(name, text, labels, registry=self.registry)

    def _histogram(self, name: str, text: str, buckets: tuple[float, ...]) -> Histogram:
        return Histogram(name, text, ("service",), buckets=buckets, registry=self.registry)
