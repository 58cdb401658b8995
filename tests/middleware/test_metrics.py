"""Prometheus series: names, bounded labels, what is counted where."""

from dataclasses import replace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from sluicegate.detection.ports import Metrics
from sluicegate.detection.testing import SOMEBODY
from sluicegate.detection.types import (
    Action,
    AuditCore,
    AuditEntry,
    Decided,
    Direction,
    Finding,
    Kind,
    Level,
    Receipt,
    Role,
    Span,
    Tier,
    Unjudged,
    Verdict,
)
from sluicegate.middleware.metrics import CELLS, PrometheusMetrics

FINDING = Finding(
    "patterns", "aws", "secret.aws_access_key", Level.HIGH, 1.0, "/x", Span(0, 1), Role.USER, Kind.TEXT,
    Direction.PROMPT, "d",
)  # fmt: skip
ENTRY = AuditEntry(
    "id", SOMEBODY, "gateway", "POST", "/v1/chat/completions", "openai", 200, "complete", False, 0.0,
    0.003, 0.2, "192.0.2.7",
    AuditCore(
        "openai_chat", "m", "p",
        Verdict(Action.MASK, (Decided(FINDING, Action.MASK),)),
        Verdict(Action.FLAG, receipt=Receipt(unjudged=(Unjudged("", "media"), Unjudged("", "media")))),
    ),
)  # fmt: skip


def samples(metrics: PrometheusMetrics) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(metrics.render().decode())
        for sample in family.samples
        if not sample.name.endswith(("_created", "_bucket"))
    }


def test_it_is_a_metrics_port() -> None:
    port: Metrics = PrometheusMetrics()
    port.rejected("gateway", "route")


def test_an_exchange_is_counted_once_everywhere() -> None:
    metrics = PrometheusMetrics()
    metrics.exchange("gateway", ENTRY)
    seen = samples(metrics)
    service = ("service", "gateway")
    assert seen["guardrails_requests_total", (("outcome", "complete"), service)] == 1
    assert seen["guardrails_request_duration_seconds_sum", (service,)] == pytest.approx(0.203)
    assert seen["guardrails_risk_level_total", (("level", "high_risk"),)] == 1
    assert seen["sluicegate_guard_seconds_sum", (service,)] == 0.003
    assert seen["sluicegate_upstream_seconds_sum", (service,)] == 0.2
    assert seen["sluicegate_unjudged_total", (("direction", "answer"),)] == 2
    labels = (("action", "mask"), ("direction", "prompt"), ("family", "secret"))
    assert seen["sluicegate_actions_total", labels] == 1


def test_an_exchange_without_findings_or_answer_is_no_risk() -> None:
    metrics = PrometheusMetrics()
    metrics.exchange("gateway", replace(ENTRY, core=AuditCore("d", "m", "p", Verdict(Action.PASS), None)))
    assert samples(metrics)["guardrails_risk_level_total", (("level", "no_risk"),)] == 1


def test_labels_come_from_fixed_sets() -> None:
    metrics = PrometheusMetrics()
    hostile = replace(FINDING, category="invented_by_somebody.x")
    for number in range(50):
        core = replace(ENTRY.core, prompt=Verdict(Action.FLAG, (Decided(hostile, Action.FLAG),)))
        metrics.exchange(f"service {number}", replace(ENTRY, outcome=f"outcome {number}", core=core))
        metrics.rejected(f"service {number}", f"reason {number}")
    seen = samples(metrics)
    assert seen["guardrails_requests_total", (("outcome", "other"), ("service", "other"))] == 50
    assert seen["sluicegate_rejected_total", (("reason", "other"), ("service", "other"))] == 50
    families = {dict(labels).get("family") for _, labels in seen}
    assert families == {None, "other"}


def test_registries_are_apart() -> None:
    first, second = PrometheusMetrics(), PrometheusMetrics()
    first.rejected("gateway", "route")
    assert ("sluicegate_rejected_total", (("reason", "route"), ("service", "gateway"))) in samples(first)
    assert samples(second) == {("sluicegate_audit_lost_total", ()): 0}


def test_processes_count_apart_and_are_shown_together() -> None:
    regions = [[0.0] * CELLS for _ in range(3)]
    workers = [PrometheusMetrics(regions, own) for own in range(3)]
    for worker in workers:
        worker.exchange("gateway", ENTRY)
        worker.lost(2)
    service = ("service", "gateway")
    seen = samples(workers[1])
    assert seen["guardrails_requests_total", (("outcome", "complete"), service)] == 3
    assert seen["guardrails_request_duration_seconds_sum", (service,)] == pytest.approx(0.609)
    assert seen["guardrails_request_duration_seconds_count", (service,)] == 3
    assert seen["sluicegate_audit_lost_total", ()] == 6
    assert regions[0] == regions[1] == regions[2]


def test_an_observation_falls_into_the_first_bucket_that_holds_it() -> None:
    metrics = PrometheusMetrics()
    for seconds in (0.0, 0.0002, 0.00021, 7.0):
        metrics.exchange("gateway", replace(ENTRY, guard_seconds=seconds, upstream_seconds=0.0))
    buckets = {
        sample.labels["le"]: sample.value
        for family in text_string_to_metric_families(metrics.render().decode())
        for sample in family.samples
        if sample.name == "sluicegate_guard_seconds_bucket"
    }
    assert (buckets["0.0002"], buckets["0.0005"], buckets["5.0"], buckets["+Inf"]) == (2, 3, 3, 4)


def test_every_series_says_what_it_is() -> None:
    metrics = PrometheusMetrics()
    metrics.exchange("gateway", ENTRY)
    metrics.rejected("gateway", "route")
    families = list(text_string_to_metric_families(metrics.render().decode()))
    assert len(families) >= 8
    assert all(family.documentation.endswith(".") for family in families)


def test_requests_to_guards_are_counted_by_format_and_by_what_came_of_them() -> None:
    metrics = PrometheusMetrics()
    metrics.guard_call("judge", "judged", 0.3)
    metrics.guard_call("judge", "status 500", 0.1)
    metrics.guard_call("what a client sent", "judged", 0.1)
    shown = metrics.render().decode()
    assert 'sluicegate_guard_calls_total{model="judge",outcome="judged"} 1.0' in shown
    assert 'sluicegate_guard_calls_total{model="judge",outcome="other"} 1.0' in shown
    assert 'model_api_latency_seconds_sum{model="judge"} 0.4' in shown
    assert "what a client sent" not in shown


def test_slow_tiers_are_counted_by_what_came_of_their_texts() -> None:
    metrics = PrometheusMetrics()
    metrics.asked(Tier.TRANSFORMER, 0.02, {"judged": 2, "unjudged": 0, "budget": 1}, 0.015)
    metrics.failed_open(Tier.GUARD_MODEL, 3.5)
    shown = metrics.render().decode()
    for line in (
        'sluicegate_tier_texts_total{outcome="judged",tier="transformer"} 2.0',
        'sluicegate_tier_texts_total{outcome="budget",tier="transformer"} 1.0',
        'sluicegate_tier_cost_seconds_total{tier="transformer"} 0.015',
        'sluicegate_tier_seconds_sum{tier="transformer"} 0.02',
        'sluicegate_fail_open_seconds_total{tier="guard_model"} 3.5',
    ):
        assert line in shown, line
    assert 'outcome="unjudged"' not in shown


@pytest.mark.parametrize("tier", [tier for tier in Tier if tier is not Tier.PATTERNS])
def test_every_tier_can_be_counted(tier: Tier) -> None:
    metrics = PrometheusMetrics()
    metrics.asked(tier, 0.1, {"judged": 1, "unjudged": 0, "budget": 0}, 0.05)
    metrics.failed_open(tier, 2.0)
    shown = metrics.render().decode()
    assert f'sluicegate_tier_texts_total{{outcome="judged",tier="{tier.name.lower()}"}} 1.0' in shown
