"""One call of a program to a model: what may be sent, what may come back. Sans-io.

A transport, synchronous or not, drives it in this order::

    call.take(piece)...; call.asked()      # Send: send that; Given: answer with that
    call.head(status, headers)             # Given, Streaming or Collecting
    call.feed(piece)...; call.end()        # Streaming: what may be let go, piece by piece
    call.more(piece)...; call.whole()      # Collecting: the judged answer
    call.lost(fault) or call.left()        # at any time: the provider failed, the program took no more

The steps are those of the gateway's exchanges. No method raises for anything that was sent or came, or for a
judging that failed: `Parts.fail` decides about that.
"""

from http import HTTPStatus

from ...detection.errors import BadInput, UpstreamFault
from ...detection.inspection import Step
from ...detection.policy import Policy
from ...detection.types import Action
from ..answer_kind import answer_kind
from ..asgi import Headers
from ..desk import refusal_headers
from ..handover import Handover
from ..headers import Sieve, first, for_app, keep_ours_out, lowered, media_type
from ..inflate import ENCODING, encoding_of
from ..journal import Circumstances, Journal, Times
from ..labels import Labels
from ..rejection import Rejected
from ..request_id import new_id
from ..routes import Route
from ..spooled import Body, Spooled
from .answering import Papers, StreamedAnswer, WholeAnswer
from .asking import Asking, asking
from .failing import Record, error_answer, given
from .parts import FACE, Collecting, Given, Parts, Send, Streaming

_JSON = b"application/json"
_SIGNED = b"AWS4-"
"""How an authorization begins that covers the bytes of the body (AWS Signature Version 4)."""
_keep = Sieve(
    (b"content-length", b"transfer-encoding", b"connection", b"keep-alive", b"server-timing", ENCODING)
)


class Call:
    """Guards one call.

    Args:
        parts: what all calls share.
        route: whose format it is; one with a dialect.
        method: of the request.
        authority: host and port that are asked.
        query: of the address, as it is sent.
        headers: fields of the request, names in lower case.
    """

    def __init__(
        self, parts: Parts, route: Route, *, method: str, authority: str, query: bytes, headers: Headers
    ) -> None:
        started = parts.clock.now()
        self._parts = parts
        self._route = route
        self._headers = headers
        self._query = query
        self._times = Times(parts.clock)
        self._labels = Labels(new_id(started), request_id=True, full=True)
        self._record = Record(route.dialect or "")
        told = Handover(self._labels.exchange_id, parts.principal, route, upstream=authority)
        circumstances = Circumstances(FACE, method, "", started)
        self._journal = Journal(parts.audit, parts.tally, circumstances, told, self._record, self._times)
        self._came = Spooled() if parts.fail == "open" else None
        self._policy: Policy | None = None
        self._asking: Asking | None = None
        self._fault: Exception | None = None
        self._raw = False
        self.size = 0
        """Bytes that were taken since something was judged."""
        self._whole: WholeAnswer | None = None
        self._stream: StreamedAnswer | None = None

    @property
    def waits(self) -> bool:
        """Whether judging may wait for a model."""
        return self._parts.waits()

    def take(self, piece: bytes) -> bool:
        """Take the next bytes of the request; False where no more of them are of use."""
        self.size += len(piece)
        try:
            if self._came is not None:
                self._came.write(piece)
            if self._fault is None:
                if self._asking is None:
                    self._asking = self._open()
                self._asking.take(piece)
        except Exception as fault:  # noqa: BLE001 - `asked` tells what becomes of it
            self._fault = fault
        return self._fault is None or not _is_refusal(self._fault)

    def asked(self) -> Send | Given:
        """Judge the request that was taken."""
        try:
            if self._fault is not None:
                raise self._fault
            return self._asked(self._asking or self._open())
        except Exception as fault:  # noqa: BLE001 - whatever goes wrong ends in a native error, or as told
            return self._not_asked(fault)

    def head(self, status: int, headers: Headers) -> Given | Streaming | Collecting:
        """Take the head of the answer; return how its bytes are wanted."""
        headers = lowered(headers)
        if self._raw:
            return Streaming(status, headers)
        try:
            self._times.upstream += self._times.lap()
            if 300 <= status < 400:
                # where it leads is another request, which is judged by itself
                return self._papers().give(status, _keep(headers), b"", "complete")
            return self._head(status, headers)
        except Exception as fault:  # noqa: BLE001 - as in `asked`
            if self._failed_open(fault):
                return Streaming(status, headers)
            return self._not_answered(fault)

    def more(self, piece: bytes) -> bool:
        """Take the next bytes of an answer that is collected; False where no more are of use."""
        self.size += len(piece)
        try:
            if self._fault is None and self._whole is not None:
                self._whole.more(piece)
        except Exception as fault:  # noqa: BLE001 - `whole` tells what becomes of it
            self._fault = fault
        return self._fault is None

    def whole(self) -> Given:
        """Judge the answer that was collected."""
        answer = self._whole
        try:
            if self._fault is not None:
                raise self._fault
            if answer is None:
                raise RuntimeError("no answer was collected")
            return answer.judged()
        except Exception as fault:  # noqa: BLE001 - as in `asked`
            if answer is not None and self._fault is None and self._failed_open(fault):
                self._journal.close("complete")
                status, headers, body = answer.came
                return given(status, headers, body)
            return self._not_answered(fault)

    def feed(self, piece: bytes) -> Step:
        """Take the next bytes of an answer that streams; return what may be let go."""
        if self._stream is None:
            return Step(piece)
        try:
            return self._stream.feed(piece)
        except Exception as fault:  # noqa: BLE001 - as in `asked`
            return Step(self._cut_off(fault), ended=True)

    def end(self) -> bytes:
        """The streamed answer ended: return what was held and may be let go."""
        try:
            if self._stream is None:
                self._journal.close("complete")
                return b""
            return self._stream.end()
        except Exception as fault:  # noqa: BLE001 - as in `asked`
            return self._cut_off(fault)

    def lost(self, fault: BaseException) -> None:
        """Record that the provider could not be reached or broke off, or that the program gave up."""
        if isinstance(fault, Exception):
            self._close("upstream_error")
        else:
            self.left()

    def left(self) -> None:
        """Record that the program takes no more; after the end this says nothing."""
        self._close("complete" if self._journal.told else "client_gone")

    def close(self) -> None:
        """Give back what the request took, once it was sent."""
        if self._asking is not None:
            self._asking.close()
        if self._came is not None:
            self._came.close()

    def _open(self) -> Asking:
        parts, record = self._parts, self._record
        dialect = self._route.dialect or ""
        self._policy = policy = parts.policy()
        record.digest = policy.digest
        record.inspection = inspection = parts.inspector().open(
            dialect, policy, parts.principal, self._labels.exchange_id
        )
        return asking(self._route, self._headers, self._query, parts.limits, inspection)

    def _asked(self, taken: Asking) -> Send | Given:
        self._asking = taken
        inspection = self._record.judged()
        self._times.lap()
        decision, body = taken.judged(inspection, self._parts.asks)
        self.size = 0
        self._times.guard += self._times.lap()
        self._record.asked()
        if decision.refusal is not None:
            refusal = decision.refusal
            return self._papers().give(refusal.status, refusal_headers(refusal), refusal.body, "refused")
        return Send(self._sent_headers(body, edited=bool(decision.verdict.edits)), body)

    def _sent_headers(self, body: Body, *, edited: bool) -> Headers:
        signature = first(self._headers, b"authorization") or b""
        if not signature.startswith(_SIGNED):
            return for_app(self._headers, b"", body, edited=edited, known={})
        if edited:
            raise BadInput(
                "The request is signed, so nothing in it can be masked here.", code="signed_request"
            )
        return keep_ours_out(self._headers)

    def _head(self, status: int, headers: Headers) -> Given | Streaming | Collecting:
        encoding = encoding_of(headers)
        kept = _keep(headers)
        kind = answer_kind(kept)
        media = media_type(kind)
        inspection = self._record.judged()
        grows = self._route.addressed.framing and media == _JSON and status == HTTPStatus.OK
        if media in self._route.streamed or (grows and inspection.wants_array):
            failed = self._failed_open if self._parts.fail == "open" else None
            self._stream = StreamedAnswer(self._papers(), status, kept, encoding, failed)
            return Streaming(status, self._stream.headers)
        self._whole = WholeAnswer(self._papers(), status, kept, kind, encoding)
        return Collecting()

    def _papers(self) -> Papers:
        inspection, policy = self._record.judged(), self._policy
        if policy is None:
            raise RuntimeError("the request was not judged")
        most = self._parts.limits.answer_bytes
        asks = self._parts.asks
        return Papers(inspection, policy, self._journal, self._times, self._labels, most, asks)

    def _not_asked(self, fault: Exception) -> Send | Given:
        if self._came is not None and self._failed_open(fault):
            return Send(keep_ours_out(self._headers), self._came.body())
        if not _is_refusal(fault):
            self._parts.tally.failed_closed(fault)
        reason = fault.reason if isinstance(fault, Rejected) else "request" if _is_refusal(fault) else "error"
        self._parts.tally.rejected(FACE, reason)
        self._journal.closed = True  # it never became an exchange: counted, not recorded
        return error_answer(self._route.dialect, fault, self._labels)

    def _not_answered(self, fault: Exception) -> Given:
        outcome = self._outcome(fault)
        if isinstance(fault, UpstreamFault):
            self._papers().unjudged("unreadable", Action.BLOCK)
        answer = error_answer(self._route.dialect, fault, self._labels)
        self._journal.status = answer.status
        self._close(outcome)
        return answer

    def _cut_off(self, fault: Exception) -> bytes:
        """End a stream whose judging failed: natively, or by letting the rest go as it comes."""
        stream = self._stream
        outcome = self._outcome(fault)
        self._close(outcome)
        if stream is None:
            return b""
        try:
            return stream.fault(fault)
        except Exception as second:  # noqa: BLE001 - a broken guard has no last words; nothing it held leaves
            self._parts.tally.failed_closed(second)
            return b""

    def _outcome(self, fault: Exception) -> str:
        if isinstance(fault, BadInput):
            return "refused"
        if isinstance(fault, UpstreamFault):
            return "upstream_error"
        self._parts.tally.failed_closed(fault)
        return "error"

    def _failed_open(self, fault: Exception) -> bool:
        """Say whether the call goes on unjudged: a failure, not a refusal, and the program wants it so."""
        if self._parts.fail != "open" or _is_refusal(fault):
            return False
        self._parts.tally.failed_open(fault)
        self._raw = True
        self._record.fail()
        return True

    def _close(self, outcome: str) -> None:
        """Record the end where that is possible: an answer that is lost anyway is not lost twice."""
        try:
            self._journal.close(outcome)
        except Exception as fault:  # noqa: BLE001 - the caller is being told of a failure already
            self._parts.tally.failed_closed(fault)


def _is_refusal(fault: Exception) -> bool:
    """Say whether a fault is what the core says of the traffic, and no failure of the core."""
    return isinstance(fault, BadInput | UpstreamFault)
