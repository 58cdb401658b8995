"""From matches to findings, actions and replacements: one judge a text, one ledger a direction."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from .crowd import CROWDED, Weight, weight
from .methods import Given, Keys, Method, Placeholder, plain_label
from .methods.sealed import PREFIX as SEALED
from .methods.sealed import rest_of
from .pointer import public
from .policy import Policy
from .rules import Rule
from .text_channel import Judged
from .text_scan import Hit
from .types import (
    Action,
    Cost,
    Decided,
    Direction,
    Edit,
    Finding,
    Receipt,
    Segment,
    Span,
    Tier,
    Unjudged,
    Verdict,
)
from .vault import SHAPE, Minted, Vault, value_digest

SCANNER = "patterns"
_ATTACK = "prompt_attack"
_CREDENTIAL = "secret."
_MOST_KEPT = 64
_MOST_DECIDED = 4096
"""Matches of one look at a text: each is asked for three times before the next look."""
_SHORT_REST = 8
"""Characters beside a placeholder that are no secret of their own."""


class Ledger:
    """What one direction of an exchange came to so far.

    Attributes:
        decided: what was found and what is done about it, in order.
        edits: what was changed, by recorded pointers.
        unjudged: what was not looked at.
        segments: texts looked at.
        characters: their length, together.
        remembered: how many of these were judged before and not scanned again.
        seconds: time spent judging.
        stopped: something was refused that no finding speaks of.
        costs: what models behind the patterns took.
        counts: findings by `crowd.Weight`, those that are not listed, too.
    """

    __slots__ = (
        "characters", "costs", "counts", "decided", "edits", "remembered", "seconds", "segments", "stopped",
        "unjudged",
    )  # fmt: skip

    def __init__(self) -> None:
        self.decided: list[Decided] = []
        self.edits: list[Edit] = []
        self.unjudged: list[Unjudged] = []
        self.segments = 0
        self.characters = 0
        self.remembered = 0
        self.seconds = 0.0
        self.stopped = False
        self.costs: tuple[Cost, ...] = ()
        self.counts = [0, 0, 0, 0]

    def verdict(self, policy: Policy) -> Verdict:
        """Return the verdict as it stands."""
        receipt = Receipt(self.segments, self.characters, tuple(self.unjudged), self.remembered)
        if not (self.decided or self.unjudged or self.stopped or self.costs):  # most are clean
            return Verdict(Action.PASS, (), (), receipt, Tier.PATTERNS, policy.digest, self.seconds)
        action = Action.BLOCK if self.stopped else policy.strictest(self.decided, receipt)
        return Verdict(
            action,
            tuple(self.decided),
            tuple(self.edits),
            receipt,
            max([cost.tier for cost in self.costs], default=Tier.PATTERNS),
            policy.digest,
            self.seconds,
            self.costs,
        )


@dataclass(frozen=True, slots=True)
class Scope:
    """What the judges of one exchange share."""

    policy: Policy
    vault: Vault
    digest_key: bytes = field(repr=False)
    known: set[str]
    """Digests of values that a user-role segment of the prompt held."""
    seal_key: bytes = field(default=b"", repr=False)
    """Encrypts values; the tenant's, 64 bytes."""
    application: str = ""
    """Name of the application that asks: exceptions may be for one alone."""

    def ruled(self, finding: Finding) -> Decided:
        """Return what the policy does about a finding; one that an exception lets through is marked."""
        policy = self.policy
        if policy.allowed and policy.allows(finding, self.application, time.time()):
            finding.allowed = True
            return Decided(finding, Action.PASS)
        return Decided(finding, policy.action(finding))


class SegmentJudge:
    """Judges the matches of one text.

    Args:
        segment: the text, or - where it grows - its place with an empty text.
        ledger: where findings go.
    """

    def __init__(self, scope: Scope, ledger: Ledger, segment: Segment):
        self._scope = scope
        self._ledger = ledger
        self._segment = segment
        self._pointer: str | None = None
        self._digest = ""
        self._decided: dict[tuple[str, int, str, str], Decided] = {}

    def decide(self, hit: Hit) -> Decided | None:
        """Return what a match comes to; None for another kind of text, or what a policy put there."""
        if self._is_ours(hit):
            return None
        # In a stream the same match is asked about again until it is decided.
        key = (hit.rule.id, hit.start, hit.view, hit.value)
        decided = self._decided.get(key)
        if decided is None:
            if len(self._decided) >= _MOST_DECIDED:
                self._decided.clear()
            decided = self._decided[key] = self._scope.ruled(self._finding(hit))
        return decided

    def decide_once(self, hit: Hit) -> Decided | None:
        """Return what `decide` does about a match that is asked about once."""
        return None if self._is_ours(hit) else self._scope.ruled(self._finding(hit))

    def _is_ours(self, hit: Hit) -> bool:
        """Say whether a match is none in this kind of text, or what a policy put there."""
        rule, value = hit.rule, hit.value
        if rule.kinds and self._segment.kind not in rule.kinds:
            return True
        tokens = self._scope.vault.tokens()
        if tokens and _has_token(value, tokens):
            return True
        return SEALED in value and len(rest_of(self._scope.seal_key, value)) < _SHORT_REST

    def record(self, decided: Decided) -> None:
        """Note a finding."""
        finding = decided.finding
        if finding.direction is Direction.PROMPT and finding.role == "user":
            self._scope.known.add(finding.digest)
        kind, counts, most = weight(decided), self._ledger.counts, self._scope.policy.max_findings
        counts[kind] += 1
        if counts[kind] <= most:
            self._ledger.decided.append(decided)
        elif kind is Weight.TOLD and counts[kind] == most + 1:
            self.unjudged(CROWDED)

    def unjudged(self, reason: str) -> None:
        """Note, once, that a part of the text was not judged."""
        part = Unjudged(self._public(), reason)
        if part not in self._ledger.unjudged[-_MOST_KEPT:]:
            self._ledger.unjudged.append(part)

    def stops_unjudged(self, reason: str) -> bool:
        """Say whether the policy blocks what was not judged for a reason."""
        return self._scope.policy.unscanned(reason) is Action.BLOCK

    def beyond(self, judged: list[Judged], crowded: tuple[Rule, ...]) -> int | None:
        """Return where the first match begins that the policy's bound on findings stops all for."""
        policy, counts = self._scope.policy, self._ledger.counts
        if len(judged) + max(counts) <= policy.max_findings and not crowded:
            return None
        counts = counts.copy()
        stops = [Weight.ACTS, Weight.SPARED]
        if policy.unscanned(CROWDED) is Action.BLOCK:
            stops.append(Weight.TOLD)
        for item in judged:
            kind = weight(item.decided)
            counts[kind] += 1
            if counts[kind] > policy.max_findings and kind in stops:
                return item.hit.start
        last = judged[-1].hit.start if judged else 0
        return last if any(map(self.acts_on, crowded)) else None

    def acts_on(self, rule: Rule) -> bool:
        """Say whether a match of a rule that nobody looked at could have been acted on."""
        finding = self._finding(Hit(rule, 0, 0, "", ""))
        finding.known = False
        return self._scope.policy.action(finding) >= Action.MASK

    def overload(self) -> None:
        """Note that a bound on findings stopped all."""
        self.unjudged(CROWDED)
        self._ledger.stopped = True

    def replacement(self, cluster: list[Judged], value: str) -> str:
        """Return what the policy puts in the place of a value."""
        text = self._substitute(cluster, value)
        first = cluster[0].hit.start
        self._ledger.edits.append(Edit(self._public(), Span(first, first + len(value)), text))
        return text

    def _public(self) -> str:
        if self._pointer is None:
            self._pointer = public(self._segment.pointer)
        return self._pointer

    def _substitute(self, cluster: list[Judged], value: str) -> str:
        segment, scope = self._segment, self._scope
        (hit, decided), *others = cluster
        rule = hit.rule
        name = rule.label or "Removed"
        way = action, method = self._way(decided)
        agreed, secret = True, rule.category.startswith(_CREDENTIAL)
        for other in others:
            secret = secret or other.hit.rule.category.startswith(_CREDENTIAL)
            agreed = agreed and self._way(other.decided) == way
        if agreed and isinstance(method, Placeholder):
            if action is Action.MASK and scope.policy.restore and segment.direction is Direction.PROMPT:
                return scope.vault.mint(value, name, user=segment.role == "user", secret=secret)
            agreed = False
        given = Given(value, name, rule.category, Keys(scope.digest_key, scope.seal_key))
        # where overlapping matches do not agree a label tells least
        return method.replace(given) if agreed else plain_label(given)

    def _way(self, decided: Decided) -> tuple[Action, Method]:
        return decided.action, self._scope.policy.method(decided)

    def _finding(self, hit: Hit) -> Finding:
        segment, rule = self._segment, hit.rule
        if segment.text and rule.category.startswith(_ATTACK):
            digest = self._digest = self._digest or value_digest(self._scope.digest_key, segment.text)
        else:
            digest = value_digest(self._scope.digest_key, hit.value)
        return Finding(
            SCANNER,
            rule.id,
            rule.category,
            rule.level,
            rule.score,
            self._public(),
            Span(hit.start, hit.end),
            segment.role,
            segment.kind,
            segment.direction,
            digest,
            hit.view,
            segment.editable,
            Tier.PATTERNS,
            segment.direction is Direction.ANSWER and digest in self._scope.known,
        )


def _has_token(value: str, tokens: Mapping[str, Minted]) -> bool:
    """Say whether a match is a placeholder; what else a match holds beside one must be short."""
    if value in tokens:
        return True
    if not tokens or not any(found.group() in tokens for found in SHAPE.finditer(value)):
        return False
    rest = SHAPE.sub(lambda found: "" if found.group() in tokens else found.group(), value)
    return len(rest) < _SHORT_REST
