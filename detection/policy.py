"""Policy: what is done about what was found. Pure.

A policy is an ordered list of clauses; the first that fits a finding decides its action, and what
no clause fits passes. The verdict's action is the most severe one taken.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from functools import cached_property
from typing import Literal, NamedTuple

from .categories import covers
from .crowd import MOST_FINDINGS, most_matches
from .effort import TOO_DEAR
from .errors import BadPolicy
from .methods import Label, Method, Placeholder
from .policy_case import Case
from .sensitivity import DEFAULT, Threshold, threshold
from .tenant import Allowed, CustomScanner, Knowledge, KnownValues, Topic
from .tier_rule import TierRule, usual
from .types import Action, Decided, Direction, Finding, Kind, Level, Receipt, Role, Span, Tier, Verdict
from .unscannable import kind_of

SAFE_TEXT = "This request was stopped by the content policy of your organisation."
"""What a caller reads in place of a blocked answer unless the policy says otherwise."""

type Explain = Literal["none", "category", "rule"]
"""How much a caller is told about a block."""

_MOST_RULINGS = 16_384
_PLACEHOLDER, _LABEL = Placeholder(), Label()


@dataclass(frozen=True, slots=True)
class Clause:
    """Fits a finding when every given condition does. Empty means any.

    `category` fits itself and everything below it: ``secret`` fits ``secret.aws_access_key``.
    `known` True fits only values the user's own prompt held, False only others, None both.
    `method` is what stands in place of a value where the action edits; unless given a placeholder for
    a mask and a label for a replacement.
    """

    action: Action
    category: tuple[str, ...] = ()
    level: Level = Level.NONE
    """Lowest level that fits."""
    direction: Direction | None = None
    role: tuple[Role, ...] = ()
    kind: tuple[Kind, ...] = ()
    known: bool | None = None
    scanner: tuple[str, ...] = ()
    rule: tuple[str, ...] = ()
    method: Method | None = None

    def fits(self, finding: Finding) -> bool:
        """Say whether this clause speaks about the finding."""
        return (
            finding.level >= self.level
            and (self.direction is None or finding.direction is self.direction)
            and (not self.role or finding.role in self.role)
            and (not self.kind or finding.kind in self.kind)
            and (self.known is None or finding.known is self.known)
            and (not self.category or any(covers(item, finding.category) for item in self.category))
            and (not self.scanner or finding.scanner in self.scanner)
            and (not self.rule or finding.rule in self.rule)
        )


class Ruling(NamedTuple):
    """What a policy makes of findings that agree in all but place and score."""

    action: Action
    """For a score of at least `least`; any other passes."""
    least: float
    method: Method


@dataclass(frozen=True)
class Policy:
    """An immutable policy. `digest` names its exact content.

    `unjudged` is the action for a payload with parts nobody could scan, `unscannable` the same by
    kind of reason; `block_style` chooses between a native refusal (HTTP 200) and an error (HTTP 400);
    `restore` switches masks between reversible placeholders and plain labels. `safe_text` and the
    `responses` by category are what a caller reads in place of a blocked answer: see `notice`.
    `explain` is how much a caller is told, `link_hours` how long a link to an explanation works.
    """

    name: str
    clauses: tuple[Clause, ...]
    unjudged: Action = Action.FLAG
    block_style: Literal["refusal", "error"] = "refusal"
    safe_text: str = SAFE_TEXT
    restore: bool = True
    show_categories: bool = False
    placeholder_scope: Literal["application", "tenant"] = "application"
    thresholds: tuple[Threshold, ...] = ()
    unscannable: tuple[tuple[str, Action], ...] = ()
    tiers: tuple[TierRule, ...] = ()
    """For the tiers behind the patterns; one that is not named has its usual rule."""
    responses: tuple[tuple[str, str], ...] = ()
    """Template by category."""
    explain: Explain = "none"
    link_hours: int = 72
    scanners: tuple[CustomScanner, ...] = ()
    known_values: tuple[KnownValues, ...] = ()
    allowed: tuple[Allowed, ...] = ()
    max_findings: int = MOST_FINDINGS
    """Findings that may act in one direction of an exchange; more of them stop it, see `crowd`."""
    private: tuple[str, ...] = ()
    """Categories: a request in which one is found, and does not simply pass, is for models on premise."""
    topics: tuple[Topic, ...] = ()
    names: tuple[str, ...] = ()
    """Kinds of names that a model looks for in prompts, see `name_rules`."""
    knowledge: tuple[Knowledge, ...] = ()
    """Approved answers, for who is blocked."""
    cases: tuple[Case, ...] = ()
    """Tests of this policy's own file."""

    def __post_init__(self) -> None:
        for action in (self.unjudged, *(action for _, action in self.unscannable)):
            if action not in (Action.PASS, Action.FLAG, Action.BLOCK):
                raise BadPolicy(f"policy {self.name}: unjudged must be pass, flag or block")
        if not self.safe_text.strip():
            raise BadPolicy(f"policy {self.name}: safe_text is empty")

    @cached_property
    def digest(self) -> str:
        """Sixteen hex digits over everything the policy says."""
        return hashlib.sha256(_canonical(self).encode()).hexdigest()[:16]

    def action(self, finding: Finding) -> Action:
        """Return what is done about one finding.

        A finding that asks for an edit where none may happen (a number, an object key, signed
        reasoning) is blocked instead; one of a score that does not count passes.
        """
        ruling = self.ruling(finding)
        return ruling.action if finding.score >= ruling.least else Action.PASS

    def ruling(self, finding: Finding) -> Ruling:
        """Return what is done about a finding whose score counts, and how."""
        key = (
            finding.rule,
            finding.category,
            finding.level,
            finding.direction,
            finding.role,
            finding.kind,
            finding.known,
            finding.editable,
            finding.scanner,
        )
        ruling = self._rulings.get(key)
        if ruling is None:
            if len(self._rulings) >= _MOST_RULINGS:
                self._rulings.clear()
            ruling = self._rulings[key] = self._ruling(finding)
        return ruling

    @cached_property
    def _rulings(self) -> dict[tuple[object, ...], Ruling]:
        """What was decided before, by all that clauses look at."""
        return {}

    def _ruling(self, finding: Finding) -> Ruling:
        least = threshold(self.thresholds, finding.category) if self.thresholds else DEFAULT
        clause = next((clause for clause in self.clauses if clause.fits(finding)), None)
        if clause is None:
            return Ruling(Action.PASS, least, _LABEL)
        action, method = clause.action, clause.method
        if action in (Action.MASK, Action.REPLACE) and not finding.editable:
            action = Action.BLOCK
        return Ruling(action, least, method or (_PLACEHOLDER if action is Action.MASK else _LABEL))

    def allows(self, finding: Finding, application: str, now: float) -> bool:
        """Say whether an exception lets a finding of an application through, at `now` in epoch seconds."""
        return any(item.fits(finding, application, now) for item in self._exceptions.get(finding.digest, ()))

    @cached_property
    def _exceptions(self) -> dict[str, list[Allowed]]:
        found: dict[str, list[Allowed]] = {}
        for item in self.allowed:
            found.setdefault(item.digest, []).append(item)
        return found

    def wants_model(self, direction: Direction) -> bool:
        """Say whether a scanner of the policy looks at this direction with a model."""
        return any(item.way == "genai" and direction in item.directions for item in self.scanners)

    @cached_property
    def own_rules(self) -> bool:
        """Whether the policy looks for more than the shipped rules do."""
        return bool(self.known_values or self.names) or any(item.way != "genai" for item in self.scanners)

    def method(self, decided: Decided) -> Method:
        """Return what stands in place of a value that is masked or replaced."""
        if not self._chooses:
            return _PLACEHOLDER if decided.action is Action.MASK else _LABEL
        return self.ruling(decided.finding).method

    @cached_property
    def _chooses(self) -> bool:
        return any(clause.method is not None for clause in self.clauses)

    def changes(self, direction: Direction) -> bool:
        """Say whether any finding in this direction could change or stop what passes."""
        return self._stops_unscannable or any(
            clause.action >= Action.MASK and clause.direction in (None, direction) for clause in self.clauses
        )

    @cached_property
    def guards_prompts(self) -> bool:
        """Say whether an answer that repeats its system prompt is changed or stopped, see `echo`."""
        probe = Finding(
            "", "system_prompt_echo", "leak.system_prompt", Level.MEDIUM, 0.75, "", Span(0, 1),
            Role.ASSISTANT, Kind.TEXT, Direction.ANSWER, "",
        )  # fmt: skip
        return self.action(probe) >= Action.MASK

    @cached_property
    def asks_rules_alone(self) -> bool:
        """Whether rules alone judge, and nothing of a prompt is kept but what they find."""
        return not (self.scanners or self.topics or self.knowledge or self.guards_prompts)

    def most_matches(self, direction: Direction, *, known: bool) -> int:
        """Return how many matches of one rule are looked for in a text.

        Args:
            direction: of the text.
            known: whether the user's prompt held values, which may come back.
        """
        spares = bool(self.allowed) or (known and direction is Direction.ANSWER)
        return most_matches(self.max_findings, spares=spares)

    @cached_property
    def _stops_unscannable(self) -> bool:
        return self.unjudged is Action.BLOCK or any(action is Action.BLOCK for _, action in self.unscannable)

    def unscanned(self, reason: str) -> Action:
        """Return what is done about a part that nobody could scan, by the reason its receipt names."""
        action = self._unscannable.get(kind_of(reason))
        if action is not None:
            return action
        # Not looked at as it stands, and anybody can make such a text: nothing would be safe behind it.
        return Action.BLOCK if reason == TOO_DEAR and self._acts else self.unjudged

    @cached_property
    def _acts(self) -> bool:
        return any(clause.action >= Action.MASK for clause in self.clauses)

    @cached_property
    def _unscannable(self) -> dict[str, Action]:
        return dict(self.unscannable)

    def keeps_private(self, verdict: Verdict) -> bool:
        """Say whether a request with this verdict may be served on premise only."""
        return any(
            item.action is not Action.PASS
            and any(covers(name, item.finding.category) for name in self.private)
            for item in verdict.decided
        )

    def tier(self, tier: Tier) -> TierRule:
        """Return the rule of a tier behind the patterns. Raises `ValueError` for the patterns."""
        return next((rule for rule in self.tiers if rule.tier is tier), None) or usual(tier)

    def decide(self, findings: Iterable[Finding], receipt: Receipt) -> Verdict:
        """Judge one direction of an exchange."""
        decided = tuple(Decided(item, self.action(item)) for item in findings)
        action = self.strictest(decided, receipt)
        return Verdict(action, decided, receipt=receipt, tier=Tier.PATTERNS, policy=self.digest)

    def strictest(self, decided: Iterable[Decided], receipt: Receipt) -> Action:
        """Return the most severe action of what was decided and of what could not be judged."""
        action = max([item.action for item in decided], default=Action.PASS)
        if not receipt.unjudged:
            return action
        return max(action, *[self.unscanned(item.reason) for item in receipt.unjudged])


def _canonical(value: object) -> str:
    if isinstance(value, Enum):
        return str(value.name)
    if isinstance(value, tuple):
        return "(" + ",".join(_canonical(item) for item in value) + ")"
    if is_dataclass(value):
        inside = (f"{item.name}={_canonical(getattr(value, item.name))}" for item in fields(value))
        return f"{type(value).__name__}{{{','.join(inside)}}}"
    return repr(value)
