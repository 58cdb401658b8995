"""Which tiers a policy asks about what: decided once a policy, not once a request."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from .bands import USUAL, Bands
from .policy import Policy
from .similar.subjects import Subjects
from .tenant.scanner import CustomScanner
from .tier_rule import TierRule, Use
from .tiers import ATTACK, HARMFUL, TextModel
from .types import Action, Direction, Finding, Kind, Level, Role, Segment, Span, Tier

SLOW = (Tier.TRANSFORMER, Tier.GUARD_MODEL)
"""The tiers that are awaited, the cheaper one first."""

_MOST_PLANS = 4096
_LETTER = re.compile(r"[^\W\d_]")
_FAMILIES = {"prompt_attack": ATTACK, "harmful": HARMFUL}
_KINDS = (Kind.TEXT, Kind.OTHER)
_ASKED = {
    Direction.PROMPT: (Role.USER, Role.TOOL, Role.RETRIEVED),
    Direction.ANSWER: (Role.ASSISTANT,),
}
"""Whose texts models look at: the developer's own instructions are none of theirs."""


class Stage(NamedTuple):
    """One tier of a plan, and what it is asked."""

    rule: TierRule
    families: tuple[str, ...]
    definitions: tuple[CustomScanner, ...]
    there: bool
    """Whether it can be asked at all; one that cannot leaves its texts unjudged."""
    subjects: Subjects | None = None
    """What it compares texts with, where it does."""

    def always(self, role: Role) -> bool:
        """Say whether it is asked about every text of a role."""
        return bool(self.definitions) or self.rule.use is Use.ALWAYS or role in self.rule.always


class Plan(NamedTuple):
    """Who is asked about the texts of one direction, in passing and stage after stage, and about pictures."""

    linear: Stage | None
    slow: tuple[Stage, ...]
    vision: Stage | None = None
    """Asked about pictures, and about nothing else."""
    similarity: Stage | None = None
    """Asked how near each text is to the policy's topics."""
    ends_early: bool = False
    """Whether nobody else is asked about a user's text that the linear model thinks nothing of."""

    @property
    def empty(self) -> bool:
        """Whether nobody is asked about texts."""
        return self.linear is None and not self.awaited

    @property
    def awaited(self) -> tuple[Stage, ...]:
        """Who is asked about texts, but for who is asked in passing."""
        return self.slow if self.similarity is None else (*self.slow, self.similarity)

    @property
    def races(self) -> bool:
        """Whether a prompt need not wait for the slow ones, as far as they are concerned.

        What a tenant defined in words may be data, which never leaves unjudged.
        """
        return all(stage.rule.race and not stage.definitions for stage in self.awaited)


class Models:
    """The models that the exchanges of a process may ask.

    Args:
        linear: the one that is asked in passing; None where there is none.
        tiers: those that whoever drives the core is ready to ask.
        bands: what their scores mean; the usual ones where they say nothing.
    """

    __slots__ = ("_plans", "bands", "least", "linear", "tiers")

    def __init__(
        self, linear: TextModel | None = None, tiers: Iterable[Tier] = (), bands: Bands | None = None
    ) -> None:
        self.linear = linear
        self.tiers = frozenset(tiers)
        self.bands: Bands = bands or {}
        self.least = min(USUAL.doubt, *(min(band[:2]) for band in self.bands.values()), 1.0)
        """No score below it means anything, of whatever tier."""
        self._plans: dict[tuple[str, Direction], Plan] = {}

    def has(self, tier: Tier) -> bool:
        """Say whether a tier is there."""
        return self.linear is not None if tier is Tier.LINEAR else tier in self.tiers

    def plan(self, policy: Policy, direction: Direction) -> "Plan":
        """Return what a policy asks of these models."""
        key = (policy.digest, direction)
        plan = self._plans.get(key)
        if plan is None:
            if len(self._plans) >= _MOST_PLANS:
                self._plans.clear()
            plan = self._plans[key] = _plan(policy, self, direction)
        return plan


def looks_at(segment: Segment) -> bool:
    """Say whether models look at a text: one that somebody else than the developer brings in."""
    if segment.kind not in _KINDS or segment.role not in _ASKED[segment.direction]:
        return False
    return is_worded(segment.text)


def is_worded(text: str) -> bool:
    """Say whether there is anything in a text that a model could judge."""
    return _LETTER.search(text) is not None


def _plan(policy: Policy, models: Models, direction: Direction) -> Plan:
    linear = _stage(policy, models, direction, Tier.LINEAR)
    slow = [_stage(policy, models, direction, tier) for tier in SLOW]
    vision = _stage(policy, models, direction, Tier.VISION)
    similarity = _similarity(policy, models, direction)
    awaited = tuple(stage for stage in slow if stage)
    early = linear is not None and linear.there and similarity is None
    early = early and not any(stage.always(Role.USER) for stage in awaited)
    return Plan(linear, awaited, vision, similarity, early)


def _stage(policy: Policy, models: Models, direction: Direction, tier: Tier) -> Stage | None:
    rule = policy.tier(tier)
    there = models.has(tier)
    definitions = _definitions(policy, direction) if there and tier is Tier.GUARD_MODEL else ()
    used = rule.use is not Use.OFF and (there or rule.demanded)
    if direction is Direction.ANSWER and not rule.answers:
        used = False
    families = _families(policy, direction, tier) if used else ()
    if not families and not definitions:
        return None
    return Stage(rule, families, definitions, there)


def _similarity(policy: Policy, models: Models, direction: Direction) -> Stage | None:
    """Return who compares texts with the topics of a policy: one that states some wants them compared."""
    rule = policy.tier(Tier.SIMILARITY)
    subjects = [topic.subject for topic in policy.topics if direction in topic.directions]
    looks = direction is Direction.PROMPT or rule.answers
    if not subjects or not looks or rule.use is Use.OFF:
        return None
    return Stage(rule, ("topic",), (), models.has(Tier.SIMILARITY), Subjects(subjects))


def _definitions(policy: Policy, direction: Direction) -> tuple[CustomScanner, ...]:
    return tuple(item for item in policy.scanners if item.way == "genai" and direction in item.directions)


def _families(policy: Policy, direction: Direction, tier: Tier) -> tuple[str, ...]:
    """Return the families that a policy does anything about when this tier finds them."""
    role, kind = _ASKED[direction][0], Kind.IMAGE if tier is Tier.VISION else Kind.TEXT
    return tuple(
        family
        for family, category in _FAMILIES.items()
        if policy.action(
            Finding(
                tier.name.lower(), "", category, Level.HIGH, 1.0, "", Span(0, 1), role, kind, direction,
                "", editable=False, tier=tier,
            )
        )
        is not Action.PASS
    )  # fmt: skip
