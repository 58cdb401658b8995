"""Policy: what is done about what was found. Pure.

A policy is an ordered list of clauses; the first that fits a finding decides its action, and what
no clause fits passes. The verdict's action is the most severe one taken.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, fields
from enum import Enum
from functools import cached_property
from typing import Literal

from .errors import BadPolicy
from .types import Action, Decided, Direction, Finding, Kind, Level, Receipt, Role, Tier, Verdict

SAFE_TEXT = "This request was stopped by the content policy of your organisation."
"""What a caller reads in place of a blocked answer unless the policy says otherwise."""


@dataclass(frozen=True, slots=True)
class Clause:
    """Fits a finding when every given condition does. Empty means any.

    `category` fits itself and everything below it: ``secret`` fits ``secret.aws_access_key``.
    `known` True fits only values the user's own prompt held, False only others, None both.
    """

    action: Action
    category: tuple[str, ...] = ()
    level: Level = Level.NONE
    """Lowest level that fits."""
    direction: Direction | None = None
    role: tuple[Role, ...] = ()
    kind: tuple[Kind, ...] = ()
    known: bool | None = None

    def fits(self, finding: Finding) -> bool:
        """Say whether this clause speaks about the finding."""
        return (
            finding.level >= self.level
            and (self.direction is None or finding.direction is self.direction)
            and (not self.role or finding.role in self.role)
            and (not self.kind or finding.kind in self.kind)
            and (self.known is None or finding.known is self.known)
            and (not self.category or any(_covers(item, finding.category) for item in self.category))
        )


@dataclass(frozen=True)
class Policy:
    """An immutable policy. `digest` names its exact content.

    `unjudged` is the action for a payload with parts nobody could scan; `block_style` chooses
    between a native refusal (HTTP 200) and an error (HTTP 400); `restore` switches masks between
    reversible placeholders and plain labels.
    """

    name: str
    clauses: tuple[Clause, ...]
    unjudged: Action = Action.FLAG
    block_style: Literal["refusal", "error"] = "refusal"
    safe_text: str = SAFE_TEXT
    restore: bool = True
    show_categories: bool = False
    placeholder_scope: Literal["application", "tenant"] = "application"

    def __post_init__(self) -> None:
        if self.unjudged not in (Action.PASS, Action.FLAG, Action.BLOCK):
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
        reasoning) is blocked instead.
        """
        key = (
            finding.category,
            finding.level,
            finding.direction,
            finding.role,
            finding.kind,
            finding.known,
            finding.editable,
        )
        action = self._actions.get(key)
        if action is None:
            action = self._actions[key] = self._action(finding)
        return action

    @cached_property
    def _actions(self) -> dict[tuple[object, ...], Action]:
        """What was decided before, by all that clauses look at: rules have few categories."""
        return {}

    def _action(self, finding: Finding) -> Action:
        for clause in self.clauses:
            if clause.fits(finding):
                if clause.action in (Action.MASK, Action.REPLACE) and not finding.editable:
                    return Action.BLOCK
                return clause.action
        return Action.PASS

    def changes(self, direction: Direction) -> bool:
        """Say whether any finding in this direction could change or stop what passes."""
        return self.unjudged is Action.BLOCK or any(
            clause.action >= Action.MASK and clause.direction in (None, direction) for clause in self.clauses
        )

    def decide(self, findings: Iterable[Finding], receipt: Receipt) -> Verdict:
        """Judge one direction of an exchange."""
        decided = tuple(Decided(item, self.action(item)) for item in findings)
        action = self.strictest(decided, receipt)
        return Verdict(action, decided, receipt=receipt, tier=Tier.PATTERNS, policy=self.digest)

    def strictest(self, decided: Iterable[Decided], receipt: Receipt) -> Action:
        """Return the most severe action of what was decided and of what could not be judged."""
        action = max([item.action for item in decided], default=Action.PASS)
        return max(action, self.unjudged) if receipt.unjudged else action


def _covers(wanted: str, category: str) -> bool:
    return category == wanted or category.startswith(wanted + ".")


def _canonical(value: object) -> str:
    if isinstance(value, Enum):
        return str(value.name)
    if isinstance(value, tuple):
        return "(" + ",".join(_canonical(item) for item in value) + ")"
    if isinstance(value, Clause | Policy):
        return "{" + ",".join(f"{f.name}={_canonical(getattr(value, f.name))}" for f in fields(value)) + "}"
    return repr(value)
