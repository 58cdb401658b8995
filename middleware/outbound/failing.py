"""What is told and recorded where a call was not judged."""

from dataclasses import replace

from ...detection.dialects import DIALECTS
from ...detection.inspection import Inspection
from ...detection.types import Action, AuditCore, Receipt, Refusal, Unjudged, Verdict
from ..asgi import Headers
from ..desk import refusal_headers
from ..faults import native_error, retry_after
from ..labels import Labels
from ..rejection import Rejected
from .parts import Given

_USUAL = "openai_chat"
REASON = "guard failed"
"""Why the texts of a call are unjudged whose judging failed."""


class Envelopes:
    """Tells errors without a core. Implements `faults.Envelopes`."""

    def error(self, dialect: str, status: int, code: str, message: str, param: str | None = None) -> Refusal:
        """Render an error; see `faults.Envelopes`."""
        return DIALECTS.get(dialect, DIALECTS[_USUAL]).error(status, code, message, param)


def error_answer(dialect: str | None, fault: Exception, labels: Labels) -> Given:
    """Return the answer that tells of a fault, in the words of a dialect."""
    refusal = native_error(Envelopes(), dialect, fault)
    told = refusal_headers(refusal) + labels.bare() + retry_after(fault)
    if isinstance(fault, Rejected):
        told += fault.headers
    return given(refusal.status, told, refusal.body)


def given(status: int, headers: Headers, body: bytes) -> Given:
    """Return a whole answer with its length."""
    return Given(status, [*headers, (b"content-length", b"%d" % len(body))], body)


class Record:
    """The record of a call, also where its judging failed. Implements `journal.Recorded`."""

    __slots__ = ("_asked", "_dialect", "_failed", "digest", "inspection")

    def __init__(self, dialect: str) -> None:
        self._dialect = dialect
        self.digest = ""
        """Of the policy that is in force."""
        self.inspection: Inspection | None = None
        self._asked = self._failed = False

    def judged(self) -> Inspection:
        """Return what judges the call. Raises `RuntimeError` where nothing does."""
        if self.inspection is None:
            raise RuntimeError("the call was not opened")
        return self.inspection

    def asked(self) -> None:
        """Note that the request was judged."""
        self._asked = True

    def fail(self) -> None:
        """Note that judging failed, and goes on no more."""
        self._failed = True

    def core(self) -> AuditCore:
        """The face-independent record; what was not judged says so."""
        if self.inspection is not None and not self._failed:
            return self.inspection.core()
        receipt = Receipt(unjudged=(Unjudged("", REASON),))
        unjudged = Verdict(Action.FLAG, receipt=receipt, policy=self.digest)
        if self.inspection is not None and self._asked:
            return replace(self.inspection.core(), answer=unjudged)
        return AuditCore(self._dialect, "", self.digest, unjudged, None)
