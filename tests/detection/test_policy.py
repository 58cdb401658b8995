"""Policies: which clause decides, which score counts, what cannot be scanned, what the digest covers."""

from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from sluicegate.detection.errors import BadPolicy
from sluicegate.detection.methods import Drop, Label, Partial, Placeholder
from sluicegate.detection.policy import Clause, Policy
from sluicegate.detection.policy_case import Case, Expected
from sluicegate.detection.presets import BALANCED, MONITOR, STRICT
from sluicegate.detection.sensitivity import THRESHOLDS, Threshold
from sluicegate.detection.tier_rule import FailMode, TierRule
from sluicegate.detection.types import (
    Action,
    Direction,
    Finding,
    Kind,
    Level,
    Receipt,
    Role,
    Span,
    Tier,
    Unjudged,
)

EMAIL = Finding(
    "patterns", "email", "pii.email", Level.MEDIUM, 0.75, "/0", Span(0, 5), Role.USER, Kind.TEXT,
    Direction.PROMPT, "digest",
)  # fmt: skip
BLOCK = Clause(Action.BLOCK)


def policy(*clauses: Clause, **more: Any) -> Policy:
    return Policy("test", clauses, **more)


@pytest.mark.parametrize(
    ("clause", "fits"),
    [
        (Clause(Action.BLOCK, ("pii",)), True),
        (Clause(Action.BLOCK, ("pii.email",)), True),
        (Clause(Action.BLOCK, ("pii.email_address",)), False),
        (Clause(Action.BLOCK, ("pii.e",)), False),
        (Clause(Action.BLOCK, ("secret", "pii")), True),
        (Clause(Action.BLOCK, level=Level.MEDIUM), True),
        (Clause(Action.BLOCK, level=Level.HIGH), False),
        (Clause(Action.BLOCK, direction=Direction.PROMPT), True),
        (Clause(Action.BLOCK, direction=Direction.ANSWER), False),
        (Clause(Action.BLOCK, role=(Role.TOOL, Role.USER)), True),
        (Clause(Action.BLOCK, role=(Role.TOOL, Role.RETRIEVED)), False),
        (Clause(Action.BLOCK, kind=(Kind.TEXT,)), True),
        (Clause(Action.BLOCK, kind=(Kind.ARGUMENTS,)), False),
        (Clause(Action.BLOCK, known=False), True),
        (Clause(Action.BLOCK, known=True), False),
        (Clause(Action.BLOCK, scanner=("patterns",)), True),
        (Clause(Action.BLOCK, scanner=("linear",)), False),
        (Clause(Action.BLOCK, rule=("phone", "email")), True),
        (Clause(Action.BLOCK, rule=("e-mail",)), False),
        (Clause(Action.BLOCK, ("pii",), rule=("phone",)), False),
    ],
)
def test_a_clause_fits_when_every_condition_does(clause: Clause, fits: bool) -> None:
    assert policy(clause).action(EMAIL) is (Action.BLOCK if fits else Action.PASS)


def test_the_first_clause_that_fits_decides() -> None:
    chosen = policy(Clause(Action.PASS, rule=("email",)), Clause(Action.MASK, ("pii",)), BLOCK)
    assert chosen.action(EMAIL) is Action.PASS
    assert chosen.action(replace(EMAIL, rule="phone")) is Action.MASK
    assert chosen.action(replace(EMAIL, rule="phone", category="secret.key")) is Action.BLOCK


@pytest.mark.parametrize(("sensitivity", "least"), [("low", 0.95), ("medium", 0.60), ("high", 0.40)])
def test_a_score_counts_from_the_threshold_of_its_sensitivity_on(sensitivity: str, least: float) -> None:
    assert THRESHOLDS[sensitivity] == least
    chosen = policy(BLOCK, thresholds=(Threshold("", THRESHOLDS[sensitivity]),))
    assert chosen.action(replace(EMAIL, score=least)) is Action.BLOCK
    assert chosen.action(replace(EMAIL, score=least - 0.01)) is Action.PASS


@pytest.mark.parametrize(
    ("category", "least"),
    [("pii.email", 0.9), ("pii.email.work", 0.9), ("pii.phone", 0.5), ("secret.x", 0.2)],
)
def test_the_longest_name_that_covers_a_category_has_its_threshold(category: str, least: float) -> None:
    named = (Threshold("", 0.2), Threshold("pii", 0.5), Threshold("pii.email", 0.9))
    chosen = policy(BLOCK, thresholds=named)
    assert chosen.action(replace(EMAIL, category=category, score=least)) is Action.BLOCK
    assert chosen.action(replace(EMAIL, category=category, score=least - 0.01)) is Action.PASS


def test_without_a_word_on_sensitivity_it_is_high() -> None:
    assert policy(BLOCK).action(replace(EMAIL, score=0.4)) is Action.BLOCK
    assert policy(BLOCK).action(replace(EMAIL, score=0.39)) is Action.PASS


@pytest.mark.parametrize("action", [Action.MASK, Action.REPLACE])
def test_what_must_not_be_edited_is_blocked_instead(action: Action) -> None:
    assert policy(Clause(action)).action(replace(EMAIL, editable=False)) is Action.BLOCK
    assert policy(Clause(Action.FLAG)).action(replace(EMAIL, editable=False)) is Action.FLAG


@pytest.mark.parametrize(
    ("clause", "method"),
    [
        (Clause(Action.MASK), Placeholder()),
        (Clause(Action.REPLACE), Label()),
        (Clause(Action.MASK, method=Drop()), Drop()),
        (Clause(Action.REPLACE, method=Partial(1, 1)), Partial(1, 1)),
    ],
)
def test_an_action_that_edits_has_a_method(clause: Clause, method: object) -> None:
    assert policy(clause).ruling(EMAIL).method == method


def test_what_was_decided_before_is_decided_again_for_like_findings_only() -> None:
    clauses = (
        Clause(Action.BLOCK, role=(Role.TOOL,)), Clause(Action.MASK, scanner=("linear",)),
        Clause(Action.REPLACE, rule=("phone",)), Clause(Action.FLAG, level=Level.HIGH),
    )  # fmt: skip
    chosen = policy(*clauses)
    roles, scanners = (Role.USER, Role.TOOL), ("patterns", "linear")
    every = list(product(roles, scanners, ("email", "phone"), (Level.LOW, Level.HIGH), (True, False)))
    for _ in range(2):
        for role, scanner, rule, level, editable in every:
            finding = replace(
                EMAIL, role=role, scanner=scanner, rule=rule, level=level, editable=editable, score=1.0
            )
            fresh = policy(*clauses)
            assert chosen.action(finding) is fresh.action(finding)


@pytest.mark.parametrize(
    ("reason", "action"),
    [
        ("media", Action.BLOCK),
        ("image", Action.BLOCK),
        ("audio", Action.BLOCK),
        ("file", Action.BLOCK),
        ("token ids", Action.PASS),
        ("over size", Action.BLOCK),
        ("encoded run over size", Action.BLOCK),
        ("dead tier", Action.FLAG),
        ("unknown part", Action.FLAG),
    ],
)
def test_what_nobody_could_scan_is_decided_by_its_reason(reason: str, action: Action) -> None:
    chosen = policy(
        unscannable=(("media", Action.BLOCK), ("over size", Action.BLOCK), ("token ids", Action.PASS))
    )
    assert chosen.unscanned(reason) is action
    assert chosen.decide((), Receipt(unjudged=(Unjudged("/0", reason),))).action is action


def test_the_worst_of_what_nobody_could_scan_counts() -> None:
    chosen = policy(unscannable=(("media", Action.BLOCK),), unjudged=Action.PASS)
    parts = (Unjudged("/0", "token ids"), Unjudged("/1", "media"))
    assert chosen.decide((), Receipt(unjudged=parts)).action is Action.BLOCK
    assert chosen.decide((), Receipt(unjudged=parts[:1])).action is Action.PASS
    assert chosen.changes(Direction.ANSWER)


@pytest.mark.parametrize(
    "more", [{"unjudged": Action.MASK}, {"unscannable": (("media", Action.REPLACE),)}, {"safe_text": " "}]
)
def test_a_policy_that_cannot_be_followed_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(BadPolicy):
        policy(**more)


def test_a_tier_has_the_rule_that_names_it_else_the_default() -> None:
    rule = TierRule(Tier.LINEAR, FailMode.CLOSED, 0.005)
    chosen = policy(tiers=(rule,))
    assert chosen.tier(Tier.LINEAR) is rule
    assert chosen.tier(Tier.GUARD_MODEL) == TierRule(Tier.GUARD_MODEL, FailMode.OPEN, 1.0)


@pytest.mark.parametrize(
    ("tier", "deadline"), [(Tier.PATTERNS, 1.0), (Tier.LINEAR, 0.0), (Tier.LINEAR, 121.0)]
)
def test_a_tier_rule_that_cannot_be_followed_is_refused(tier: Tier, deadline: float) -> None:
    with pytest.raises(ValueError, match="deadline"):
        TierRule(tier, deadline=deadline)


CHANGES: list[dict[str, Any]] = [
    {"name": "other"},
    {"clauses": ()},
    {"clauses": (Clause(Action.BLOCK, rule=("x",)),)},
    {"clauses": (Clause(Action.BLOCK, scanner=("x",)),)},
    {"clauses": (Clause(Action.MASK, method=Partial(1)),)},
    {"clauses": (Clause(Action.MASK, method=Partial(2)),)},
    {"clauses": (Clause(Action.MASK, method=Drop()),)},
    {"unjudged": Action.PASS},
    {"unscannable": (("media", Action.PASS),)},
    {"thresholds": (Threshold("", 0.5),)},
    {"tiers": (TierRule(Tier.LINEAR, FailMode.HOLD),)},
    {"tiers": (TierRule(Tier.LINEAR, FailMode.CLOSED),)},
    {"responses": (("pii", "x"),)},
    {"explain": "rule"},
    {"link_hours": 1},
    {"cases": (Case(Expected.PASS, "x"),)},
    {"restore": False},
    {"safe_text": "x"},
]


def test_the_digest_covers_everything_a_policy_says() -> None:
    base = policy(BLOCK)
    digests = {base.digest, *(replace(base, **change).digest for change in CHANGES)}
    assert len(digests) == len(CHANGES) + 1
    assert policy(BLOCK).digest == base.digest
    assert len({preset.digest for preset in (MONITOR, BALANCED, STRICT)}) == 3
