"""One conversation of an agent: what its tools said, and where that may go."""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal

from ..detection.policy import Policy
from ..detection.taint import Leak, Taint
from ..detection.texts import Text
from ..detection.types import Action, Decided, Direction, Finding, Level, Role, Span, Verdict
from .outcome import Outcome

CATEGORY = "leak.taint"
"""What text is called that leaves for another place than it came from."""
MOST_OUTCOMES = 1000

type OnTaint = Literal["policy", "flag", "block", "off"]
"""What becomes of such text: as the policy says of `CATEGORY`, or as told; it is flagged at least."""

_ACTIONS = {"flag": Action.FLAG, "block": Action.BLOCK}
_current: ContextVar["Session | None"] = ContextVar("sluicegate_session", default=None)


class Session:
    """A conversation. Threads and tasks of it may speak at once.

    Attributes:
        outcomes: what texts came to in it, the newest `MOST_OUTCOMES`.
    """

    def __init__(self, taint: OnTaint = "policy", on_outcome: Callable[[Outcome], object] | None = None):
        self._mode = taint
        self._on_outcome = on_outcome
        self._taint = Taint()
        self._lock = threading.Lock()
        self.outcomes: deque[Outcome] = deque(maxlen=MOST_OUTCOMES)

    @property
    def forgotten(self) -> int:
        """How much of what tools said had to be forgotten, see `detection.taint`."""
        return self._taint.forgotten

    def say(self, *texts: str) -> None:
        """Note what the user, the system prompt or the model said: that may go anywhere."""
        with self._lock:
            for text in texts:
                self._taint.say(text)

    def learn(self, texts: Sequence[Text], source: str) -> None:
        """Note what a tool returned."""
        if self._mode != "off":
            with self._lock:
                for text in texts:
                    self._taint.learn(text.text, source)

    def told(self, outcome: Outcome) -> None:
        """Keep what texts came to."""
        self.outcomes.append(outcome)
        if self._on_outcome is not None:
            self._on_outcome(outcome)

    def leaving(self, texts: Sequence[Text], destination: str, policy: Policy) -> tuple[Decided, ...]:
        """Return what is to be said of texts on their way to a tool that came from another place."""
        if self._mode == "off":
            return ()
        with self._lock:
            found = [
                (index, text, leak)
                for index, text in enumerate(texts)
                for leak in self._taint.leaks(text.text, destination)
            ]
        return tuple(self._decided(_finding(index, text, leak), policy) for index, text, leak in found)

    def _decided(self, finding: Finding, policy: Policy) -> Decided:
        action = _ACTIONS.get(self._mode) or max(policy.action(finding), Action.FLAG)
        return Decided(finding, Action.BLOCK if action > Action.FLAG else Action.FLAG)


def current_session() -> Session | None:
    """Return the session in which this code runs."""
    return _current.get()


@contextmanager
def guarded_session(
    *, taint: OnTaint = "policy", on_outcome: Callable[[Outcome], object] | None = None
) -> Iterator[Session]:
    """Run a conversation of an agent inside a ``with`` block, which gives its `Session`.

    What tools return in it may not leave in the arguments of a tool at another place, see `Session.leaving`.
    Tasks that are started inside belong to it; a session inside a session stands for itself. Threads belong
    to it where they run in a copy of the context, as those of asyncio do.

    Args:
        taint: what becomes of text that leaves for another place than it came from.
        on_outcome: is called with what texts of its functions and tools come to.

    Raises:
        ValueError: `taint` is no such word.
    """
    if taint not in ("policy", "flag", "block", "off"):
        raise ValueError("taint must be policy, flag, block or off")
    session = Session(taint, on_outcome)
    token = _current.set(session)
    try:
        yield session
    finally:
        _current.reset(token)


def with_leaks(verdict: Verdict, leaks: tuple[Decided, ...]) -> Verdict:
    """Return a verdict that speaks of leaks, too."""
    if not leaks:
        return verdict
    action = max(verdict.action, *(item.action for item in leaks))
    edits = () if action is Action.BLOCK else verdict.edits
    return Verdict(
        action,
        (*verdict.decided, *leaks),
        edits,
        verdict.receipt,
        verdict.tier,
        verdict.policy,
        verdict.seconds,
    )


def _finding(index: int, text: Text, leak: Leak) -> Finding:
    return Finding(
        "taint", "taint", CATEGORY, Level.HIGH, 1.0, f"/{index}", Span(leak.start, leak.end), Role.ASSISTANT,
        text.kind, Direction.ANSWER, "", view="evened", editable=False,
    )  # fmt: skip
