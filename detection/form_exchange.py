"""A request that is a form: judged as it arrives, decided at its end."""

import time
from abc import abstractmethod
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Protocol, cast, runtime_checkable

from .dialects import NOTHING_ADDRESSED, Addressed
from .errors import BadInput
from .form_guard import FormDialect, FormGuard
from .inspection import Decision
from .judge import Ledger
from .pending import Pending
from .sift import Known
from .stateful_exchange import StatefulExchange
from .types import Action, Direction, Edit, Segment

MOST_FINDINGS = 1000
"""Findings of one form that are recorded one by one."""
MOST_MINTED = 1000
"""Placeholders that are kept while a form goes by: its answer repeats none of a file's."""


@runtime_checkable
class TakesForms(Protocol):
    """An inspection whose request may be a form. The calls stand in the place of `Inspection.request`."""

    def form(self, boundary: bytes, addressed: Addressed = NOTHING_ADDRESSED) -> FormGuard:
        """Begin to judge a form with this boundary. Raises `BadInput` where the dialect takes none."""
        ...

    def form_ended(self) -> Decision:
        """Decide about the form that was judged; the body of the decision is what its guard released."""
        ...


class FormExchange(StatefulExchange):
    """An exchange whose request may be a form. Implements `TakesForms`."""

    __slots__ = ("_addressed", "_began", "_form", "_worst")

    def form(self, boundary: bytes, addressed: Addressed = NOTHING_ADDRESSED) -> FormGuard:
        """Begin to judge a form; see `TakesForms`."""
        if not hasattr(self._dialect, "reads_files"):
            raise BadInput("This route takes no forms.", code="unsupported_content_type", status=415)
        self._began = time.perf_counter()
        self._addressed = addressed
        self._worst = Action.PASS
        self._form = FormGuard(cast("FormDialect", self._dialect), boundary, self._judge_parts)
        return self._form

    def form_ended(self) -> Decision:
        """Decide about the form; see `TakesForms`."""
        form, ledger = self._form, self._prompt_ledger
        ledger.unjudged += form.unjudged
        self._asked = cast("FormDialect", self._dialect).asked(form.fields, self._addressed)
        return self._decide(Pending(Direction.PROMPT, ledger, b""), self._began)

    @abstractmethod
    def _decide(self, pending: Pending, began: float) -> Decision:
        """Decide what becomes of what was judged."""

    def _judge_parts(self, parts: Sequence[Sequence[Segment]]) -> list[list[Edit]] | None:
        """Judge the texts of some parts of a form, which are sought through at once; None for a block."""
        sift = self._engine.sifts[Direction.PROMPT]
        together = sift.doubtful([segment for part in parts for segment in part])
        doubtful: list[dict[int, Known]] = [{} for _ in parts]
        begins = [0, *accumulate(map(len, parts))]
        for index, known in together.items():
            number = bisect_right(begins, index) - 1
            doubtful[number][index - begins[number]] = known
        found = [self._judge_part(*part) for part in zip(parts, doubtful, strict=True)]
        edits = [item for item in found if item is not None]
        return edits if len(edits) == len(found) else None

    def _judge_part(self, segments: Sequence[Segment], doubtful: Mapping[int, Known]) -> list[Edit] | None:
        """Judge some texts of a form where it is known which are in doubt; None for a block."""
        if self._scope is not None and len(self._scope.vault.tokens()) > MOST_MINTED:
            self._scope = None
        part = Ledger()
        edits = self._judge_doubtful(segments, doubtful, Direction.PROMPT, part)
        worst = max((item.action for item in part.decided), default=Action.PASS)
        self._note(part, worst)
        return None if worst is Action.BLOCK else edits

    def _note(self, part: Ledger, worst: Action) -> None:
        """Add what a part came to; of very many findings the first, and one of each worse kind."""
        ledger = self._prompt_ledger
        ledger.segments += part.segments
        ledger.characters += part.characters
        ledger.unjudged += part.unjudged[: MOST_FINDINGS - len(ledger.unjudged)]
        if len(ledger.decided) + len(part.decided) <= MOST_FINDINGS:
            ledger.decided += part.decided
            ledger.edits += part.edits
        elif worst > self._worst:
            ledger.decided += [item for item in part.decided if item.action is worst][:1]
        self._worst = max(self._worst, worst)
