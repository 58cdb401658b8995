"""Metrics in the Prometheus text format, with labels from small fixed sets only."""

from collections.abc import Iterator, Mapping, Sequence

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric

from ..detection.models.guards.registry import FORMATS
from ..detection.types import Action, AuditEntry, Direction, Tier, Verdict
from .cells import Cells, CounterSeries, HistogramSeries

OTHER = "other"
"""Stands for a label value that is not in its set."""

OUTCOMES = frozenset(("complete", "refused", "stopped", "upstream_error", "client_gone", "error"))
REASONS = frozenset(
    (
        "path", "route", "missing_key", "unknown_key", "credentials", "banned", "client_rate", "key_rate",
        "framing", "media_type", "size", "slow_body", "request", "not_found", "permission", "crowded",
        "upstream", "client_gone", "error", "ticket", "unjudged", "failed", "failed_open", "app",
        "no_policy",
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
_GUARD_MODELS = (*sorted(FORMATS), "embeddings", OTHER)
_GUARD_OUTCOMES = ("judged", "unreadable", "deadline", "busy", "away", "resting", OTHER)
_MODEL_BUCKETS = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
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
_TIERS = tuple(tier.name.lower() for tier in Tier if tier is not Tier.PATTERNS)
_TEXTS = CounterSeries(
    _LOST.end,
    "sluicegate_tier_texts_total",
    "Texts that a slow tier was wanted for, by what came of it.",
    {"tier": _TIERS, "outcome": ("judged", "unjudged", "budget")},
)
_COST = CounterSeries(
    _TEXTS.end,
    "sluicegate_tier_cost_seconds_total",
    "Processor time of a slow tier, or time it was waited for where it does not tell.",
    {"tier": _TIERS},
)
_OPEN = CounterSeries(
    _COST.end,
    "sluicegate_fail_open_seconds_total",
    "Time in which texts passed because a tier said nothing.",
    {"tier": _TIERS},
)
_RACED = CounterSeries(
    _OPEN.end,
    "sluicegate_raced_total",
    "Prompts that were on their way while a slow tier judged them, by what it came to.",
    {"outcome": ("passed", "stopped")},
)
_WAITED = HistogramSeries(
    _RACED.end,
    "sluicegate_tier_seconds",
    "Time a slow tier was waited for.",
    ("tier", _TIERS),
    _GUARD_BUCKETS,
)
_DURATION = HistogramSeries(
    _WAITED.end,
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
_GUARD_CALLS = CounterSeries(
    _UPSTREAM.end,
    "sluicegate_guard_calls_total",
    "Requests to guard models by format and by what came of them.",
    {"model": _GUARD_MODELS, "outcome": _GUARD_OUTCOMES},
)
_GUARD_LATENCY = HistogramSeries(
    _GUARD_CALLS.end,
    "model_api_latency_seconds",
    "Time that requests to guard models took, their wait in line with it.",
    ("model", _GUARD_MODELS),
    _MODEL_BUCKETS,
)
_ALL = (
    _REQUESTS,
    _RISK,
    _REJECTED,
    _UNJUDGED,
    _FINDINGS,
    _LOST,
    _TEXTS,
    _COST,
    _OPEN,
    _RACED,
    _WAITED,
    _DURATION,
    _GUARD,
    _UPSTREAM,
    _GUARD_CALLS,
    _GUARD_LATENCY,
)

CELLS = _GUARD_LATENCY.end
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
        if any(cost.raced for cost in core.prompt.costs):
            _RACED.add(own, ("stopped" if core.prompt.action is Action.BLOCK else "passed",))

    def rejected(self, service: str, reason: str) -> None:
        """Count a request refused before it became an exchange."""
        service = service if service in SERVICES else OTHER
        _REJECTED.add(self._own, (service, reason if reason in REASONS else OTHER))

    def asked(self, tier: Tier, seconds: float, outcomes: Mapping[str, int], cost: float) -> None:
        """Count one ask of a slow tier; see `library.panel.Watch`."""
        name = tier.name.lower()
        _WAITED.observe(self._own, name, seconds)
        _COST.add(self._own, (name,), cost)
        for outcome, texts in outcomes.items():
            _TEXTS.add(self._own, (name, outcome), texts)

    def failed_open(self, tier: Tier, seconds: float) -> None:
        """Count time in which texts passed because a tier said nothing."""
        _OPEN.add(self._own, (tier.name.lower(),), seconds)

    def lost(self, entries: int) -> None:
        """Count audit entries that were dropped."""
        _LOST.add(self._own, (), entries)

    def guard_call(self, model: str, outcome: str, seconds: float) -> None:
        """Count a request to a guard model; see `guard_client.tally`."""
        own, model = self._own, model if model in _GUARD_MODELS else OTHER
        _GUARD_CALLS.add(own, (model, outcome if outcome in _GUARD_OUTCOMES else OTHER))
        _GUARD_LATENCY.observe(own, model, seconds)

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
