"""One exchange on a WebSocket: what the client said since the last answer ended, and one answer.

It is recorded like any other: once, opened before the first of the answer leaves, closed before the last.
"""

from ..detection.inspection import Inspection
from ..detection.policy import Policy
from ..detection.sums import Sum
from ..detection.types import AuditCore, Verdict
from .handover import Handover
from .journal import Circumstances, Journal, Times
from .parts import Parts

OK, REFUSED = 200, 400
"""Status of a record: what an exchange of HTTP would have had."""


class LiveTurn:
    """Adds up what one exchange came to. Implements `journal.Recorded`.

    Args:
        dialect: its name.
        told: whose exchange it is; the model of its record is the one that stands there.
        policy: decides in it.
        client: address of the client.
        started: seconds since the epoch.
    """

    def __init__(
        self, parts: Parts, dialect: str, told: Handover, policy: Policy, client: str, started: float
    ) -> None:
        self.policy = policy
        self.told = told
        self.times = Times(parts.clock)
        self._dialect = dialect
        self._prompts = Sum()
        self._answers = Sum()
        self._answer: Inspection | None = None
        known = Circumstances(parts.face, told.route.method, client, started)
        self.journal = Journal(parts.audit, parts.metrics, known, told, self, self.times)
        self.journal.status = OK

    def say(self, core: AuditCore) -> None:
        """Add a message of the client, judged."""
        self._prompts.add(core.prompt)
        self.told.model = core.model

    def heard(self, verdict: Verdict) -> None:
        """Add what a message of the provider came to that is no part of the answer."""
        self._answers.add(verdict)

    def answered_by(self, exchange: Inspection) -> None:
        """The answer is judged by this exchange."""
        self._answer = exchange
        self.journal.streamed = True

    @property
    def asked(self) -> bool:
        """Whether the client said something."""
        return self._prompts.added > 0

    @property
    def empty(self) -> bool:
        """Whether nothing was said that a record could tell of."""
        return not self.asked and self._answer is None and not self._answers.added

    @property
    def full(self) -> bool:
        """Whether more would not be kept."""
        return self._prompts.full or self._answers.full

    def core(self) -> AuditCore:
        """Return the face-independent record as it stands."""
        digest = self.policy.digest
        answers = self._answers
        answer = None if self._answer is None else self._answer.core().answer
        if answer is not None and answers.added:
            both = Sum()
            both.add(answers.verdict(digest))
            both.add(answer)
            answer = both.verdict(digest)
        elif answers.added:
            answer = answers.verdict(digest)
        return AuditCore(self._dialect, self.told.model, digest, self._prompts.verdict(digest), answer)

    def refuse(self) -> None:
        """Record that it went nowhere."""
        self.journal.status = REFUSED
        self.journal.close("refused")
