"""The answer to one call: judged whole, or as it comes. Sans-io; the steps of the gateway's exchanges."""

from ...detection.errors import UpstreamFault
from ...detection.inspection import Inspection, Step
from ...detection.policy import Policy
from ...detection.types import Action, Receipt, Unjudged, Verdict
from ..asgi import Headers
from ..desk import body_of, refusal_headers
from ..faults import told_of
from ..headers import keep_but_outdated
from ..inflate import Inflater
from ..journal import Journal, Times
from ..labels import Labels
from ..streamed_answer import why_stopped
from ..whole_answer import is_media
from .failing import given
from .going_on import Failed, GoingOn
from .parts import Given
from .unasked import Asks, nobody, unasked


class Papers:
    """What judging an answer needs of its call."""

    __slots__ = ("asks", "inspection", "journal", "labels", "most", "policy", "times")

    def __init__(
        self,
        inspection: Inspection,
        policy: Policy,
        journal: Journal,
        times: Times,
        labels: Labels,
        most: int,
        asks: Asks = nobody,
    ) -> None:
        self.inspection = inspection
        self.policy = policy
        self.journal = journal
        self.times = times
        self.labels = labels
        self.most = most
        """Bytes of an answer that is judged whole."""
        self.asks = asks

    def unjudged(self, reason: str, action: Action) -> None:
        """Record that the answer was not looked at, and what was done about it; the first reason stands."""
        if self.journal.answer is None:
            receipt = Receipt(unjudged=(Unjudged("", reason),))
            self.journal.answer = Verdict(action, receipt=receipt, policy=self.policy.digest)

    def give(self, status: int, headers: Headers, body: bytes, outcome: str) -> Given:
        """Record the end, and return a whole answer."""
        core = self.journal.core()
        self.journal.status = status
        self.journal.close(outcome, core)
        return given(status, [*headers, *self.labels.whole(self.policy, core, self.times)], body)


class WholeAnswer:
    """Collects an answer and judges it at its end.

    Args:
        encoding: content encoding that is undone; empty for none.
    """

    def __init__(self, papers: Papers, status: int, headers: Headers, kind: bytes, encoding: bytes) -> None:
        self._papers = papers
        self._status = status
        self._headers = headers
        self._kind = kind
        self._inflater = Inflater(encoding) if encoding else None
        self._body = bytearray()

    def more(self, piece: bytes) -> None:
        """Take the next bytes. Raises `UpstreamFault` for too many, or a broken encoding."""
        inflater = self._inflater
        if inflater is None:
            self._add(piece)
            return
        inflater.take(piece)
        while not inflater.hungry:
            self._add(inflater.next())

    def _add(self, piece: bytes) -> None:
        self._body += piece
        if len(self._body) > self._papers.most:
            self._papers.unjudged("over size", Action.BLOCK)
            raise UpstreamFault("The answer is too large to be judged.", code="answer_too_large")

    @property
    def came(self) -> tuple[int, Headers, bytes]:
        """What came, decoded."""
        return self._status, self._headers, bytes(self._body)

    def judged(self) -> Given:
        """Judge the answer. Raises `UpstreamFault` for one that cannot be read or must not pass unread."""
        papers, body = self._papers, bytes(self._body)
        papers.times.upstream += papers.times.lap()
        if self._inflater is not None:
            self._inflater.end()
        outcome = "upstream_error" if self._status >= 500 else "complete"
        if not body or is_media(self._kind, body):
            if body:
                self._pass_unjudged()
            return papers.give(self._status, self._headers, body, outcome)
        inspection = papers.inspection
        judged = inspection.response(body, self._kind.decode("latin-1"))
        decision = unasked(inspection, judged, papers.asks)
        papers.times.guard += papers.times.lap()
        if decision.refusal is not None:
            refusal = decision.refusal
            return papers.give(refusal.status, refusal_headers(refusal), refusal.body, "refused")
        passed = body_of(decision)
        headers = self._headers if passed == body else keep_but_outdated(self._headers)
        return papers.give(self._status, headers, passed, outcome)

    def _pass_unjudged(self) -> None:
        action = self._papers.policy.unscanned("media")
        self._papers.unjudged("media", action)
        if action is Action.BLOCK:
            raise UpstreamFault("The answer is of a type that cannot be judged.", code="unjudged_answer")


class StreamedAnswer:
    """Judges an answer as it comes. Raises `UpstreamFault` where nothing streams.

    Args:
        encoding: content encoding that is undone; empty for none.
        failed: is told of a judging that fails while the answer goes on; None where it shall not.
    """

    def __init__(
        self, papers: Papers, status: int, headers: Headers, encoding: bytes, failed: Failed | None
    ) -> None:
        self._papers = papers
        guard = papers.inspection.stream()
        self._guard = guard if failed is None else GoingOn(guard, failed)
        self._inflater = Inflater(encoding) if encoding else None
        journal = papers.journal
        journal.streamed = True
        journal.status = status
        journal.open()
        labels = papers.labels.stream(papers.policy, journal.core())
        self.headers = [*keep_but_outdated(headers), *labels]

    def feed(self, piece: bytes) -> Step:
        """Take the next bytes; return what may be let go. Raises `UpstreamFault` for a broken encoding."""
        papers = self._papers
        papers.times.upstream += papers.times.lap()
        step = self._guard.feed(piece) if self._inflater is None else self._inflated(self._inflater, piece)
        papers.times.guard += papers.times.lap()
        if step.ended:
            papers.journal.close(why_stopped(papers.journal))
        papers.journal.told = papers.journal.told or step.told
        return step

    def _inflated(self, inflater: Inflater, piece: bytes) -> Step:
        released, told = b"", False
        inflater.take(piece)
        while not inflater.hungry:
            step = self._guard.feed(inflater.next())
            released, told = released + step.release, told or step.told
            if step.ended:
                return Step(released, ended=True)
        return Step(released, told=told)

    def end(self) -> bytes:
        """The answer ended: return what was held. Raises `UpstreamFault` for one that was cut off."""
        papers = self._papers
        if self._inflater is not None:
            self._inflater.end()
        step = self._guard.close()
        papers.times.guard += papers.times.lap()
        papers.journal.close(why_stopped(papers.journal) if step.ended else "complete")
        return step.release

    def fault(self, fault: Exception) -> bytes:
        """End the stream in the dialect's own words; what was held is never let go."""
        return self._guard.fault(told_of(fault))
