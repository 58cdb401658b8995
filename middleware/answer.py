"""Judging the app's answer: whole, or piece by piece as it streams."""

from typing import Protocol

from ..detection.errors import UpstreamFault
from ..detection.inspection import Decision, Inspection
from ..detection.policy import Policy
from ..detection.types import Action, Receipt, Refusal, Unjudged, Verdict
from .asgi import Headers
from .headers import Fields, Sieve, is_utf8, keep_but_outdated, media_type
from .journal import Journal, Times
from .labels import Labels
from .limits import Limits
from .outlet import Outlet

EVENT_STREAM = b"text/event-stream"

_REPLACED = frozenset((b"content-length", b"transfer-encoding", b"connection", b"keep-alive"))
_keep = Sieve(_REPLACED)
_keep_but_timing = Sieve(_REPLACED | {b"server-timing"})
_MEDIA = (b"image/", b"audio/", b"video/")


class AnswerOver(OSError):
    """The client got all it will get: an app that goes on sending is told like of a lost client."""


class Answer(Protocol):
    """An answer whose head the app has given."""

    async def take(self, body: bytes, last: bool) -> None:
        """Take the next piece. Raises `UpstreamFault` where the answer cannot be judged."""
        ...


class Desk:
    """What judging an answer needs: the exchange so far, and the ways to record and to send."""

    def __init__(
        self, inspection: Inspection, policy: Policy, limits: Limits, journal: Journal,
        times: Times, labels: Labels, outlet: Outlet,
    ) -> None:  # fmt: skip
        self.inspection = inspection
        self.policy = policy
        self.limits = limits
        self.journal = journal
        self.times = times
        self.labels = labels
        self.outlet = outlet

    def begin(self, status: int, headers: Headers) -> Answer:
        """Choose by the type of the answer how it is judged.

        Raises `UpstreamFault` for an answer with several types, in another charset than UTF-8 or
        with a content encoding.
        """
        fields = Fields(headers)
        types = fields.every(b"content-type")
        if len(types) > 1 or not all(map(is_utf8, types)):
            raise UpstreamFault("The answer can be read in several ways.", code="ambiguous_answer")
        if any(
            value.strip().lower() not in (b"", b"identity") for value in fields.every(b"content-encoding")
        ):
            raise UpstreamFault("The answer has a content encoding.", code="encoded_answer")
        kind = types[0] if types else b""
        kept = (_keep_but_timing if self.labels.full else _keep)(headers)
        if media_type(kind) == EVENT_STREAM:
            return StreamedAnswer(self, status, kept)
        return WholeAnswer(self, status, kept, kind)

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


class WholeAnswer:
    """Holds an answer until its end and judges it at once."""

    def __init__(self, desk: Desk, status: int, headers: Headers, content_type: bytes) -> None:
        self._desk = desk
        self._status = status
        self._headers = headers
        self._type = content_type
        self._body = bytearray()

    async def take(self, body: bytes, last: bool) -> None:
        """Add a piece; with the last one the answer is judged and sent."""
        if len(self._body) + len(body) > self._desk.limits.answer_bytes:
            self._desk.unjudged("over size", Action.BLOCK)
            raise UpstreamFault("The answer is too large to be judged.", code="answer_too_large")
        if not last:
            self._body += body
        else:
            await self._deliver(bytes(self._body + body) if self._body else body)

    async def _deliver(self, body: bytes) -> None:
        desk = self._desk
        if not body or is_media(self._type, body):
            if body:
                self._pass_unjudged()
            await desk.give(self._status, self._headers, body, self._outcome())
            return
        decision = desk.inspection.response(body, self._type.decode("latin-1"))
        desk.times.guard += desk.times.lap()
        if decision.refusal is not None:
            await desk.refuse(decision.refusal, "refused")
            return
        judged = body_of(decision)
        headers = self._headers if judged == body else keep_but_outdated(self._headers)
        await desk.give(self._status, headers, judged, self._outcome())

    def _pass_unjudged(self) -> None:
        desk = self._desk
        desk.unjudged("media", desk.policy.unjudged)
        if desk.policy.unjudged is Action.BLOCK:
            raise UpstreamFault("The answer is of a type that cannot be judged.", code="unjudged_answer")

    def _outcome(self) -> str:
        return "upstream_error" if self._status >= 500 else "complete"


class StreamedAnswer:
    """Judges an event stream as it comes and releases what the core lets go."""

    def __init__(self, desk: Desk, status: int, headers: Headers) -> None:
        self._desk = desk
        self._status = status
        self._headers = keep_but_outdated(headers)
        self._guard = desk.inspection.stream()
        desk.journal.streamed = True

    async def take(self, body: bytes, last: bool) -> None:
        """Feed a piece. Raises `AnswerOver` after the core has ended the stream."""
        desk = self._desk
        step = self._guard.feed(body)
        release, ended = step.release, step.ended
        if last and not ended:
            step = self._guard.close()
            release, ended = release + step.release, step.ended
        desk.times.guard += desk.times.lap()
        if not desk.outlet.started:
            await self._head()
        if not (last or ended):
            await desk.outlet.piece(release)
            return
        desk.journal.close(self._outcome() if ended else "complete")
        await desk.outlet.end(release)
        if not last:
            raise AnswerOver

    def _outcome(self) -> str:
        """Why the core ended the stream: a finding said so, or the stream could not be read."""
        answer = self._desk.journal.core().answer
        found = answer is not None and any(item.action is Action.BLOCK for item in answer.decided)
        return "stopped" if found else "upstream_error"

    async def _head(self) -> None:
        desk = self._desk
        desk.journal.status = self._status
        desk.journal.open()
        labels = desk.labels.stream(desk.policy, desk.journal.core())
        await desk.outlet.head(self._status, [*self._headers, *labels])


def is_media(content_type: bytes, body: bytes) -> bool:
    """Say whether an answer is of a kind that holds no text: all else is the core's to read.

    The type alone is not believed: what decodes as UTF-8 is text, whatever it calls itself.
    """
    if not media_type(content_type).startswith(_MEDIA):
        return False
    try:
        body.decode()
    except UnicodeDecodeError:
        return True
    return False


def refusal_headers(refusal: Refusal) -> Headers:
    """Header fields of an answer of our own, but for its length."""
    headers = [(b"content-type", refusal.content_type.encode())]
    if not refusal.retry:
        headers.append((b"x-should-retry", b"false"))
    return headers


def body_of(decision: Decision) -> bytes:
    """The body a decision passes on. Raises `RuntimeError` where it says nothing."""
    if decision.body is None:
        raise RuntimeError("the core gave neither a body nor a refusal")
    return decision.body
