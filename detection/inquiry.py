"""What the models are asked about the texts of one direction, and what comes of it.

Texts come by in `look`; the linear tier judges them in passing. `ask` says what a slow tier is to be
asked next, `told` takes its opinions. The deepest opinion on a text is the one that counts; what the
patterns found stands whatever a model says.
"""

import re
import time
from collections.abc import Callable, Iterable, Sequence

from .escalation import SLOW, Models, Plan, Stage, looks_at
from .judge import Ledger, Scope
from .looked_at import LookedAt, is_readable
from .memory import Opinions
from .pictures import Picture
from .pointer import public
from .texts import Text
from .tier_rule import FailMode
from .tiers import OVER_BUDGET, Ask, Doubt, Opinion
from .types import Action, Cost, Decided, Kind, Role, Segment, Tier, Unjudged
from .unscannable import DEAD_TIER

MOST_AT_ONCE = 64
"""Texts of one ask; where there are more they are asked one after another."""
MOST_TEXTS = 4096
MOST_CHARACTERS = 16 << 20
"""Texts of one direction in which models see something, and their characters; those beyond are unjudged."""
LONGEST = 1 << 20
"""Characters of a text that models look at."""
BEFORE = 4
"""Texts before the one in question that a guard model reads along."""
LONGEST_BEFORE = 2000
"""Characters of each of them, from its end."""

_REASON = re.compile(r"[a-z0-9 _-]{1,40}")
_TOO_MUCH = "model over size"
_ATTACK = "prompt_attack"
_NEAR = 16
_SPOKEN = (Role.USER, Role.ASSISTANT)


class Inquiry:
    """The models' part in judging one direction of an exchange.

    Args:
        models: those there are.
        plan: what the policy asks of them.
        scope: returns what the judges of the exchange share.
        ledger: where findings, costs and unjudged parts go.
        opinions: what was said before; None where nothing is remembered.
    """

    __slots__ = (
        "_apart", "_bands", "_characters", "_ledger", "_models", "_opinions", "_over", "_plan", "_scope",
        "_stage", "_stages", "_texts", "_waiting", "again",
    )  # fmt: skip

    def __init__(
        self,
        models: Models,
        plan: Plan,
        scope: Callable[[], Scope],
        ledger: Ledger,
        opinions: Opinions | None,
    ) -> None:
        self._models = models
        self._bands = models.bands
        self._plan = plan
        self._scope = scope
        self._ledger = ledger
        self._opinions = opinions
        self._stages = plan.awaited
        self._texts: list[LookedAt] = []
        self._apart: dict[Tier, list[LookedAt]] = {}
        self._waiting: list[LookedAt] = []
        self._characters = 0
        self._stage = 0
        self._over = False
        self.again: Sequence[int] = ()

    def look(self, segments: Sequence[Segment], found: Sequence[Decided]) -> None:
        """Judge texts in passing, and note those, by index, that must be read `again` another time.

        Args:
            segments: the texts.
            found: what the patterns found in them; where that blocks nobody is asked.
        """
        if any(item.action is Action.BLOCK for item in found):
            self._over = True
            return
        fresh = [LookedAt(segment, index) for index, segment in enumerate(segments) if self._takes(segment)]
        if self._plan.linear is not None:
            self._ask_linear(self._plan.linear, fresh)
        if self._plan.slow:
            _note_suspects(fresh, found)
        mattering = [item for item in fresh if self._matters(item)]
        if any(stage.rule.tier is Tier.GUARD_MODEL for stage in self._plan.slow):
            for item in mattering:
                item.before = _before(segments, item.index)
        for item in mattering:
            self._remember(item)
        self.again = [item.index for item in mattering]
        if self._plan.similarity is not None:
            self._compare(fresh)

    def see(self, pictures: Sequence[Picture]) -> None:
        """Take pictures: whom the plan has for them is asked behind those who read texts."""
        if self._plan.vision is not None and pictures:
            self._stages = (*self._plan.awaited, self._plan.vision)
            self._apart[Tier.VISION] = [LookedAt(segment, -1, part) for segment, part in pictures]

    def _compare(self, fresh: Sequence[LookedAt]) -> None:
        """Note texts that are compared with topics: all, and by opinions beside those of other tiers."""
        items = self._apart.setdefault(Tier.SIMILARITY, [])
        for item in fresh:
            self._remember(LookedAt(item.segment, item.index), items)
        self.again = [item.index for item in fresh]

    def ask(self) -> Ask | None:
        """Return what a slow tier is to be asked next; None where all is said.

        Whoever got one brings the answer to `told` before asking again.
        """
        while not self._over and self._stage < len(self._stages) and not self._blocks():
            stage = self._stages[self._stage]
            waiting = self._wanted(stage)
            if not waiting:
                self._stage += 1
            elif stage.there:
                self._waiting = waiting
                return Ask(stage.rule.tier, tuple([self._doubt(item, stage) for item in waiting]), stage.rule)
            else:
                self._unknown(stage, waiting, "not installed")
        if not self._over:
            self._over = True
            self._ledger.decided += [decided for item in self._seen() for decided in self._ruled(item)]
        return None

    @property
    def races(self) -> bool:
        """Whether a prompt may be on its way before all is said; see `Plan.races`."""
        return self._plan.races

    def told(self, opinions: Sequence[Opinion], *, raced: bool = False) -> None:
        """Take the answer to the last ask: an opinion for each doubt, in order.

        Args:
            opinions: the answer.
            raced: the prompt was on its way meanwhile.

        Raises:
            ValueError: there are more or fewer, or nothing was asked.
        """
        waiting, self._waiting = self._waiting, []
        if len(opinions) != len(waiting) or not waiting:
            raise ValueError("an opinion is due for each doubt")
        stage = self._stages[self._stage]
        spoke: list[Opinion] = []
        for item, opinion in zip(waiting, opinions, strict=True):
            if self._heard(item, stage, opinion):
                spoke.append(opinion)
                self._keep(item, stage.rule.tier, "", opinion)
        for model in dict.fromkeys(opinion.model for opinion in spoke):
            seconds = [opinion.seconds for opinion in spoke if opinion.model == model]
            self._charge(Cost(stage.rule.tier, model, len(seconds), sum(seconds), raced))
        if raced and not spoke and any(opinion.unjudged != OVER_BUDGET for opinion in opinions):
            self._charge(Cost(stage.rule.tier, opinions[0].model, 0, 0.0, raced))

    def waiting(self) -> list[Unjudged]:
        """Return the texts that wait for an answer: unjudged as long as none came."""
        name = self._stages[self._stage].rule.tier.name.lower() if self._waiting else ""
        return [
            Unjudged(public(item.segment.pointer), f"{DEAD_TIER} {name}: unanswered")
            for item in self._waiting
        ]

    def _takes(self, segment: Segment) -> bool:
        if not looks_at(segment):
            return False
        if len(segment.text) <= LONGEST:
            return True
        self._ledger.unjudged.append(Unjudged(public(segment.pointer), _TOO_MUCH))
        return False

    def _matters(self, item: LookedAt) -> bool:
        for stage in self._plan.slow:
            if stage.always(item.segment.role):
                return True
        opinion = item.opinion
        if opinion is not None and not item.suspect:
            least = self._models.least
            if max([score for _, score, _ in opinion.scores], default=0.0) < least:
                return False  # as nearly all are
        return item.matters(self._bands)

    def _remember(self, item: LookedAt, among: list[LookedAt] | None = None) -> None:
        """Hold a text until all is said."""
        held = self._texts if among is None else among
        self._characters += len(item.segment.text)
        if len(held) < MOST_TEXTS and self._characters <= MOST_CHARACTERS:
            held.append(item)
        else:
            self._ledger.unjudged.append(Unjudged(public(item.segment.pointer), _TOO_MUCH))

    def _ask_linear(self, stage: Stage, fresh: Iterable[LookedAt]) -> None:
        linear = self._models.linear
        if linear is None:
            return
        began, judged = time.perf_counter(), 0
        for item in fresh:
            known = self._recalled(item, Tier.LINEAR, linear.version)
            opinion = known or linear.opinion(item.segment.text)
            if self._heard(item, stage, opinion) and known is None:
                judged += 1
                self._keep(item, Tier.LINEAR, linear.version, opinion)
        if any(item.tier is Tier.LINEAR for item in fresh):
            seconds = time.perf_counter() - began if judged else 0.0
            self._charge(Cost(Tier.LINEAR, linear.version, judged, seconds))

    def _wanted(self, stage: Stage) -> list[LookedAt]:
        """Return what a stage is to be asked about now; what it said before is taken from memory."""
        tier, found = stage.rule.tier, list[LookedAt]()
        apart = tier not in SLOW
        for item in self._apart.get(tier, ()) if apart else self._texts:
            wanted = apart or stage.always(item.segment.role) or item.in_doubt(self._bands)
            if item.asked >= tier or not wanted:
                continue
            known = self._recalled(item, tier, "")
            if known is not None:
                if self._heard(item, stage, known):
                    self._charge(Cost(tier, known.model, 0, 0.0))
            elif len(found) < MOST_AT_ONCE:
                found.append(item)
        return found

    def _doubt(self, item: LookedAt, stage: Stage) -> Doubt:
        segment = item.segment
        return Doubt(
            segment.text,
            segment.role,
            segment.kind,
            segment.direction,
            public(segment.pointer),
            stage.families,
            stage.definitions,
            item.worst(),
            stage.always(segment.role),
            item.before,
            stage.subjects,
        )

    def _heard(self, item: LookedAt, stage: Stage, opinion: Opinion) -> bool:
        """Take an opinion on a text; say whether it tells anything."""
        item.asked = stage.rule.tier
        if opinion.unjudged == OVER_BUDGET:
            return False
        reason = opinion.unjudged or ("" if is_readable(opinion) else "unreadable")
        if reason:
            self._unknown(stage, [item], reason)
            return False
        item.take(stage, opinion)
        if item.part is not None:
            self._ledger.unjudged.remove(item.part)
        return True

    def _unknown(self, stage: Stage, items: Iterable[LookedAt], reason: str) -> None:
        """Note that a tier said nothing about some texts; its fail mode says what then."""
        why = reason if _REASON.fullmatch(reason) else "unknown"
        named = f"{DEAD_TIER} {stage.rule.tier.name.lower()}: {why}"
        for item in items:
            item.asked = stage.rule.tier
            self._ledger.unjudged.append(Unjudged(public(item.segment.pointer), named))
        if stage.rule.fail is not FailMode.OPEN:
            self._ledger.stopped = True

    def _blocks(self) -> bool:
        """Say whether the outcome is clear already: nobody else need be asked."""
        if self._ledger.stopped:
            return True
        sure = [item for item in self._seen() if item.is_sure(self._bands)]
        return any(decided.action is Action.BLOCK for item in sure for decided in self._ruled(item))

    def _seen(self) -> list[LookedAt]:
        return sum(self._apart.values(), self._texts) if self._apart else self._texts

    def _ruled(self, item: LookedAt) -> list[Decided]:
        return [self._scope().ruled(finding) for finding in item.findings(self._bands, self._digest_key)]

    def _digest_key(self) -> bytes:
        return self._scope().digest_key

    def _recalled(self, item: LookedAt, tier: Tier, model: str) -> Opinion | None:
        return self._opinions.recall(item.segment, tier, model) if self._opinions is not None else None

    def _keep(self, item: LookedAt, tier: Tier, model: str, opinion: Opinion) -> None:
        if self._opinions is not None:
            self._opinions.keep(item.segment, tier, model, opinion)

    def _charge(self, cost: Cost) -> None:
        """Add what a model took to what it took before."""
        if not self._ledger.costs:
            self._ledger.costs = (cost,)
            return
        costs = {(item.tier, item.model): item for item in self._ledger.costs}
        before = costs.get(cost[:2])
        if before is not None:
            texts, seconds = before.texts + cost.texts, before.seconds + cost.seconds
            cost = Cost(*cost[:2], texts, seconds, before.raced or cost.raced)
        self._ledger.costs = tuple((costs | {cost[:2]: cost}).values())


def _note_suspects(fresh: Iterable[LookedAt], found: Iterable[Decided]) -> None:
    """Mark the texts in which the patterns found an attack that they let pass."""
    places = {
        finding.pointer
        for finding, action in found
        if finding.family == _ATTACK and action is not Action.PASS
    }
    for item in fresh if places else ():
        item.suspect = public(item.segment.pointer) in places


def _before(segments: Sequence[Segment], index: int) -> tuple[Text, ...]:
    """Return what was said before a text."""
    said = [
        item
        for item in segments[max(0, index - _NEAR) : index]
        if item.role in _SPOKEN and item.kind is Kind.TEXT
    ]
    return tuple([Text(item.text[-LONGEST_BEFORE:], item.role) for item in said[-BEFORE:]])
