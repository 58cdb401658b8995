"""An exchange that clears plain, clean payloads at a glance.

Most requests and answers are plain, and nothing stands in them. Where a glance reads one (`dialects.glance`)
and the sift clears all its texts at once, what the general way would come to is known: nothing found,
nothing changed, so many texts and characters. Whatever is doubtful goes that way from the start.
"""

import time
from collections.abc import Sequence

from .dialects import Addressed
from .dialects.glances import reader_of
from .form_exchange import FormExchange
from .inspection import Decision
from .memory import WORTH
from .turn_seams import stands_over_seam
from .types import Action, Direction, Receipt, Tier, Verdict
from .vault import PREFIX


class GlancingExchange(FormExchange):
    """An exchange in a provider's format, of which plain and clean payloads are known at a glance."""

    __slots__ = ()

    def _clean_request(self, body: bytes, addressed: Addressed, began: float) -> Decision | None:
        """Pass a request in which nothing stands; None where only the general way can say."""
        read = reader_of(self._dialect)
        if read is None or len(body) >= WORTH or not self._is_for_rules(Direction.PROMPT):
            return None
        glance = read.request(body, addressed)
        if glance is None:
            return None
        sift = self._engine.sifts[Direction.PROMPT]
        asked, texts, said = glance
        if (asked.model and not sift.knows(asked.model)) or not sift.silences(texts):
            return None
        if len(said) > 1 and stands_over_seam(said, self._engine.rulesets[Direction.PROMPT]):
            return None
        self._asked = asked
        self._prompt = verdict = self._passed(texts, began)
        return Decision(verdict, body)

    def _clean_answer(self, body: bytes, began: float) -> Decision | None:
        """Pass an answer in which nothing stands; None where only the general way can say."""
        read = reader_of(self._dialect)
        if read is None or not self._is_for_rules(Direction.ANSWER):
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

    def _is_for_rules(self, direction: Direction) -> bool:
        """Say whether nobody but the rules looks at a direction."""
        models = self._engine.models
        return self._policy.asks_rules_alone and (
            models is None or models.plan(self._policy, direction).empty
        )

    def _passed(self, texts: Sequence[str], began: float) -> Verdict:
        """Return the verdict on texts in which nothing stands."""
        receipt = Receipt(len(texts), sum([len(text) for text in texts]))
        seconds = time.perf_counter() - began
        return Verdict(Action.PASS, (), (), receipt, Tier.PATTERNS, self._policy.digest, seconds)
