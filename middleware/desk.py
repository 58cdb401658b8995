"""What judging an answer needs: the exchange so far, and the ways to read, to record and to send."""

from ..detection.inspection import Decision, Inspection, StreamGuard
from ..detection.policy import Policy
from ..detection.types import Action, Receipt, Refusal, Unjudged, Verdict
from ..library.panel import Panel
from .asgi import Headers
from .journal import Journal, Times
from .labels import Labels
from .limits import Limits
from .outlet import Outlet


class Desk:
    """One exchange's papers, as an `Exchange` lays them out.

    Attributes:
        inspection: the core's part in it.
        policy: in force.
        limits: of the door.
        journal: its record.
        times: where its time goes.
        labels: what its client is shown.
        outlet: the way to its client.
        panel: the models that may be asked.
        guard: judges the answer where it is streamed.
    """

    __slots__ = (
        "guard", "inspection", "journal", "labels", "limits", "outlet", "panel", "policy",
        "times",
    )  # fmt: skip

    inspection: Inspection
    policy: Policy
    limits: Limits
    journal: Journal
    times: Times
    labels: Labels
    outlet: Outlet
    panel: Panel
    guard: StreamGuard | None

    async def give(self, status: int, headers: Headers, body: bytes, outcome: str) -> None:
        """Record the end and send a whole answer."""
        journal, outlet = self.journal, self.outlet
        core = journal.core()
        head = headers + self.labels.whole(self.policy, core, self.times)
        if status not in (204, 304):
            head.append((b"content-length", b"%d" % len(body)))
        journal.status = status
        if not outlet.holds_head:
            journal.open()
        await outlet.head(status, head)
        journal.close(outcome, core)
        await outlet.end(body)

    async def refuse(self, refusal: Refusal, outcome: str, more: Headers | None = None) -> None:
        """Send an answer of our own in place of the app's, with `more` header fields."""
        await self.give(refusal.status, refusal_headers(refusal) + (more or []), refusal.body, outcome)

    def unreadable(self) -> None:
        """Record that the answer could not be read, unless some of it was."""
        if not self.outlet.started:
            self.unjudged("unreadable", Action.BLOCK)

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
