"""What judging an answer needs: the exchange so far, and the ways to read, to record and to send."""

from ..detection.inspection import Decision, Inspection, StreamGuard
from ..detection.policy import Policy
from ..detection.types import Action, Receipt, Refusal, Unjudged, Verdict
from ..library.panel import NOBODY, Panel
from .asgi import Headers
from .journal import Journal, Times
from .labels import Labels
from .limits import Limits
from .outlet import Outlet


class Desk:
    """One exchange's papers."""

    __slots__ = (
        "guard", "inspection", "journal", "labels", "limits", "outlet", "panel", "policy",
        "times",
    )  # fmt: skip

    def __init__(
        self, inspection: Inspection, policy: Policy, limits: Limits, journal: Journal,
        times: Times, labels: Labels, outlet: Outlet, panel: Panel = NOBODY,
    ) -> None:  # fmt: skip
        self.inspection = inspection
        self.policy = policy
        self.limits = limits
        self.journal = journal
        self.times = times
        self.labels = labels
        self.outlet = outlet
        self.panel = panel
        self.guard: StreamGuard | None = None
        """Judges the answer where it is streamed."""

    async def give(self, status: int, headers: Headers, body: bytes, outcome: str) -> None:
        """Record the end and send a whole answer."""
        core = self.journal.core()
        head = [*headers, *self.labels.whole(self.policy, core, self.times)]
        if status not in (204, 304):
            head.append((b"content-length", b"%d" % len(body)))
        self.journal.status = status
        if not self.outlet.holds_head:
            self.journal.open()
        await self.outlet.head(status, head)
        self.journal.close(outcome, core)
        await self.outlet.end(body)

    async def refuse(self, refusal: Refusal, outcome: str, more: Headers | None = None) -> None:
        """Send an answer of our own in place of the app's, with `more` header fields."""
        await self.give(refusal.status, refusal_headers(refusal) + (more or []), refusal.body, outcome)

    def unjudged(self, reason: str, action: Action) -> None:
        """Record that the answer was not looked at, and what was done about it; the first reason stands."""
        if self.journal.answer is not None:
            return
        receipt = Receipt(unjudged=(Unjudged("", reason),))
        self.journal.answer = Verdict(action, receipt=receipt, policy=self.policy.digest)


def refusal_headers(refusal: Refusal) -> Headers:
    """Header fields of an answer of our own, but for its length."""
    headers = [(b"content-type", refusal.content_type.encode())]
    if not refusal.retry:
        headers.append((b"x-should-retry", b"false"))
    if refusal.headers:
        headers += [(name.encode("ascii"), value.encode("ascii")) for name, value in refusal.headers]
    return headers


def body_of(decision: Decision) -> bytes:
    """The body a decision passes on. Raises `RuntimeError` where it says nothing."""
    if decision.body is None:
        raise RuntimeError("the core gave neither a body nor a refusal")
    return decision.body
