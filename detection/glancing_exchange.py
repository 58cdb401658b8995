"""An exchange that clears plain, clean payloads at a glance.

Most requests and answers are plain, and nothing stands in them. Where a glance reads one (`dialects.glance`)
and the sift clears all its texts at once, what the general way would come to is known: nothing found,
nothing changed, so many texts and characters. What a user said is put to the linear model where the policy
has it asked, and nobody else unless it sees something. Whatever is doubtful goes that way from the start.
"""

import time
from collections.abc import Sequence

from .dialects import Addressed
from .dialects.glances import reader_of
from .escalation import Models, is_worded
from .form_exchange import FormExchange
from .inspection import Decision
from .looked_at import is_readable
from .memory import WORTH
from .memory.opinions import LONG
from .tiers import Opinion
from .turn_seams import stands_over_seam
from .types import Action, Cost, Direction, Receipt, Tier, Verdict
from .vault import PREFIX


class GlancingExchange(FormExchange):
    """An exchange in a provider's format, of which plain and clean payloads are known at a glance."""

    __slots__ = ()

    def _clean_request(self, body: bytes, addressed: Addressed, began: float) -> Decision | None:
        """Pass a request in which nothing stands; None where only the general way can say."""
        read = reader_of(self._dialect)
        if read is None or len(body) >= WORTH or not self._policy.asks_rules_alone:
            return None
        models = self._engine.models
        plan = None if models is None else models.plan(self._policy, Direction.PROMPT)
        if plan is not None and not (plan.empty or plan.ends_early):
            return None
        glance = read.request(body, addressed)
        if glance is None:
            return None
        sift = self._engine.sifts[Direction.PROMPT]
        asked, texts, said, foreign = glance
        if foreign and not (plan is None or plan.empty):
            return None
        if (asked.model and not sift.knows(asked.model)) or not sift.silences(texts):
            return None
        if len(said) > 1 and stands_over_seam(said, self._engine.rulesets[Direction.PROMPT]):
            return None
        costs = () if models is None or plan is None or plan.empty else _cleared(models, said)
        if costs is None:
            return None
        self._asked = asked
        self._prompt = verdict = self._passed(texts, began, costs)
        return Decision(verdict, body)

    def _clean_answer(self, body: bytes, began: float) -> Decision | None:
        """Pass an answer in which nothing stands; None where only the general way can say."""
        read = reader_of(self._dialect)
        if read is None or not self._policy.asks_rules_alone or not self._asks_nobody():
            return None
        if self._quotable is not None or self._prompt_segments:  # a system prompt must not be quoted
            return None
        minted = self._scope is not None and self._scope.vault.tokens()
        if minted and self._engine.vaults is not None:  # they are kept under names that the answer tells
            return None
        texts = read.answer(body)
        if texts is None or not self._engine.sifts[Direction.ANSWER].silences(texts):
            return None
        if minted and any(PREFIX in text for text in texts):  # they may have to be restored
            return None
        self._inquiry = self._search = self._answer_ledger = None
        self._answer = verdict = self._passed(texts, began)
        return Decision(verdict, body)

    def _asks_nobody(self) -> bool:
        """Say whether no model looks at answers."""
        models = self._engine.models
        return models is None or models.plan(self._policy, Direction.ANSWER).empty

    def _passed(self, texts: Sequence[str], began: float, costs: tuple[Cost, ...] = ()) -> Verdict:
        """Return the verdict on texts in which nothing stands."""
        receipt = Receipt(len(texts), sum([len(text) for text in texts]))
        tier = Tier.LINEAR if costs else Tier.PATTERNS
        seconds = time.perf_counter() - began
        return Verdict(Action.PASS, (), (), receipt, tier, self._policy.digest, seconds, costs)


def _cleared(models: Models, said: Sequence[str]) -> tuple[Cost, ...] | None:
    """Return what it took the linear model to see nothing in texts; None where it may see something."""
    linear, judged = models.linear, 0
    if linear is None:
        return None
    began = time.perf_counter()
    for text in said:
        if len(text) >= LONG:
            return None  # what was said of it may be remembered
        if is_worded(text):
            opinion = linear.opinion(text)
            if opinion.unjudged or not is_readable(opinion) or _worst(opinion) >= models.least:
                return None
            judged += 1
    seconds = time.perf_counter() - began
    return (Cost(Tier.LINEAR, linear.version, judged, seconds),) if judged else ()


def _worst(opinion: Opinion) -> float:
    return max([score for _, score, _ in opinion.scores], default=0.0)
