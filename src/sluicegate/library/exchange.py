"""One exchange as a program sees it: a prompt, and what is answered to it. Any thread may use it."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from ..detection.notice import notice
from ..detection.policy import Policy
from ..detection.texts import ANSWER, Judged, Text, TextInspection, TextStream
from ..detection.tiers import Ask, Opinion
from ..detection.types import Action, AuditCore, Direction, Receipt, Unjudged, Verdict
from .outcome import Outcome
from .turn import TURN

type Asked = Callable[[Ask], Sequence[Opinion]]
"""Returns an opinion for each doubt, in order."""


class Exchange:
    """One exchange under one policy.

    Args:
        inner: the core's own.
        policy: the one it was opened with.
        asked: asks models what the core wants to hear of them first; may take long.
        told: is given a record of what went to a model, and one of what was answered.
    """

    def __init__(
        self,
        inner: TextInspection,
        policy: Policy,
        asked: Asked | None = None,
        told: Callable[[AuditCore], None] | None = None,
    ):
        self._inner = inner
        self._policy = policy
        self._asked = asked
        self._told = told

    def prompt(self, texts: Sequence[Text]) -> tuple[Outcome, tuple[str, ...]]:
        """Judge what goes to a model; return what may go on, empty texts after a block. Called once.

        Raises:
            BadInput: too many texts or values.
        """
        with TURN:
            judged = self._inner.prompt(texts)
        verdict, out = self._settled(judged)
        if self._told is not None:
            self._told(self._inner.core())
        return outcome_of(verdict, self._policy, Direction.PROMPT), out

    def answer(self, texts: Sequence[Text]) -> tuple[Outcome, tuple[str, ...]]:
        """Judge what a model answered, put back what `prompt` replaced. Raises `BadInput`."""
        with TURN:
            judged = self._inner.answer(texts)
        verdict, out = self._settled(judged)
        self.answered()
        return outcome_of(verdict, self._policy, Direction.ANSWER), out

    def answered(self) -> None:
        """Tell what was answered; the record of the prompt tells the rest."""
        if self._told is not None:
            core = self._inner.core()
            self._told(replace(core, prompt=Verdict(Action.PASS, policy=core.policy)))

    def _settled(self, judged: Judged) -> Judged:
        """Return what texts came to, every model asked that was to be asked; others scan meanwhile."""
        while (ask := self._inner.asks) is not None and self._asked is not None:
            opinions = self._asked(ask)
            with TURN:
                judged = self._inner.settle(opinions)
        return judged

    def stream(self, like: Text = ANSWER) -> "Stream":
        """Begin to judge an answer that comes in pieces."""
        with TURN:
            return Stream(self._inner, self._inner.stream(like), self._policy, self.answered)

    def unread(self, reason: str) -> Outcome:
        """Return what the policy says of an answer that nobody can read."""
        parts = (Unjudged("", reason),)
        action = self._policy.strictest((), Receipt(unjudged=parts))
        verdict = Verdict(action, receipt=Receipt(unjudged=parts), policy=self._policy.digest)
        return outcome_of(verdict, self._policy, Direction.ANSWER)


class Stream:
    """An answer that grows: pieces in, pieces out, both cut anywhere.

    What is returned may be shown. It runs behind by no more than what may still become a finding; with
    functions among the scanners everything waits for the end.
    """

    def __init__(
        self, exchange: TextInspection, inner: TextStream, policy: Policy, ended: Callable[[], None]
    ):
        self._exchange = exchange
        self._inner = inner
        self._policy = policy
        self._ended: Callable[[], None] | None = ended

    @property
    def blocked(self) -> bool:
        """Whether a finding stopped it: nothing more will come."""
        return self._inner.blocked

    def feed(self, text: str) -> str:
        """Take the next characters; return what may be shown. Raises `BadInput`."""
        with TURN:
            released = self._inner.feed(text)
        if self._inner.blocked:
            self._end()
        return released

    def close(self) -> str:
        """The answer ended: return what was held. Raises `BadInput`."""
        with TURN:
            released = self._inner.close()
        self._end()
        return released

    def _end(self) -> None:
        """Tell of the end, once."""
        ended, self._ended = self._ended, None
        if ended is not None:
            ended()

    def outcome(self) -> Outcome:
        """What it came to so far."""
        answer = self._exchange.core().answer
        return outcome_of(answer or Verdict(Action.PASS), self._policy, Direction.ANSWER)


def outcome_of(verdict: Verdict, policy: Policy, direction: Direction) -> Outcome:
    """Return an outcome that knows what the policy says in place of what was blocked."""
    blocked = verdict.action is Action.BLOCK
    return Outcome(verdict, (verdict.answer or notice(policy, verdict.decided, direction)) if blocked else "")
