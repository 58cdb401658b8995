"""What is told and recorded where a call was not judged."""

import logging

from ...detection.dialects import DIALECTS
from ...detection.inspection import Inspection
from ...detection.types import Action, AuditCore, Receipt, Refusal, Unjudged, Verdict
from ..asgi import Headers
from ..desk import refusal_headers
from ..faults import describe, native_error, retry_after
from ..labels import Labels
from ..rejection import Rejected
from .parts import Given

_log = logging.getLogger(__name__)
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


def report(fault: Exception) -> None:
    """Log where a failure of the judging happened; its message may hold what it read, and is left out."""
    _log.error("a call could not be judged: %s", describe(fault))


class Record:
    """The record of a call, also where its judging failed. Implements `journal.Recorded`."""

    __slots__ = ("_dialect", "digest", "failed", "inspection")

    def __init__(self, dialect: str) -> None:
        self._dialect = dialect
        self.digest = ""
        """Of the policy that is in force."""
        self.inspection: Inspection | None = None
        self.failed = False

    def judged(self) -> Inspection:
        """Return what judges the call. Raises `RuntimeError` where nothing does."""
        if self.inspection is None:
            raise RuntimeError("the call was not opened")
        return self.inspection

    def core(self) -> AuditCore:
        """The face-independent record; nothing was judged in one that failed."""
        if self.inspection is not None and not self.failed:
            return self.inspection.core()
        receipt = Receipt(unjudged=(Unjudged("", REASON),))
        verdict = Verdict(Action.FLAG, receipt=receipt, policy=self.digest)
        return AuditCore(self._dialect, "", self.digest, verdict, None)
