"""What an appliance is asked about one exchange, and what it says: values that travel as JSON.

Nothing is kept between two questions. Who asks about an answer tells the request again, which gives the
same verdict and the same placeholders.
"""

from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from typing import Literal

from ...detection.dialects.base import NOTHING_ADDRESSED, Addressed
from ...detection.errors import BadInput, UpstreamFault
from ...detection.inspection import Decision
from ...detection.types import AuditCore, Refusal, Verdict
from ...detection.wire import Unreadable

EXCHANGES = "/v1/remote/exchanges"
LONGEST = 64 * 1024 * 1024
"""Characters of any text in a question or an answer: bodies are base64."""


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer: whole, or a stream's bytes so far; `broke` says in what words its end is to be told.

    Bodies are base64.
    """

    streamed: bool
    body: str = field(repr=False)
    content_type: str = ""
    broke: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A request, and what was answered to it where that is asked about.

    `policy` is the digest of the one that the program knows; where it is in force no more, its successor is.
    """

    exchange: str
    dialect: str
    policy: str
    body: str = field(repr=False)
    addressed: Addressed = NOTHING_ADDRESSED
    answer: Answered | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a body: `input` is the caller's fault, `upstream` the provider's."""

    kind: Literal["input", "upstream"]
    message: str
    code: str
    status: int
    param: str | None = None

    def raised(self) -> BadInput | UpstreamFault:
        """Return the error that it is."""
        if self.kind == "input":
            return BadInput(self.message, code=self.code, status=self.status, param=self.param)
        return UpstreamFault(self.message, code=self.code, status=self.status)


@dataclass(frozen=True, slots=True)
class Declined:
    """An answer in place of another one, see `detection.types.Refusal`."""

    status: int
    body: str = field(repr=False)
    content_type: str
    retry: bool
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """What a question came to: a fault, or what may pass and the record so far.

    `body` is what passes of the body that was asked about, or `declined` stands in its place. Of a stream,
    `ended` says that it was stopped, `told` that its end has come, `last` how a broken one is ended.
    """

    fault: Fault | None = None
    core: AuditCore | None = None
    body: str | None = field(default=None, repr=False)
    declined: Declined | None = None
    ended: bool = False
    told: bool = False
    last: str = field(default="", repr=False)
    model: str = ""
    wants_stream: bool = False
    wants_array: bool = False

    def decision(self, verdict: Verdict) -> Decision:
        """Return it as a decision. Raises what the fault is, and `Unreadable` where nothing is said."""
        if self.fault is not None:
            raise self.fault.raised()
        given = self.declined
        if given is not None:
            refusal = Refusal(
                given.status, octets(given.body), given.content_type, given.retry, given.headers
            )
            return Decision(verdict, refusal=refusal)
        if self.body is None:
            raise Unreadable("nothing is said of the body")
        return Decision(verdict, body=octets(self.body))


def fault_of(error: BadInput | UpstreamFault) -> Fault:
    """Return an error as it travels."""
    if isinstance(error, BadInput):
        return Fault("input", error.message, error.code, error.status, error.param)
    return Fault("upstream", error.message, error.code, error.status)


def declined(refusal: Refusal) -> Declined:
    """Return a refusal as it travels."""
    return Declined(
        refusal.status, spelled(refusal.body), refusal.content_type, refusal.retry, refusal.headers
    )


def spelled(body: bytes) -> str:
    """Return bytes as text."""
    return b64encode(body).decode()


def octets(text: str) -> bytes:
    """Return the bytes that `spelled` wrote. Raises `Unreadable`."""
    try:
        return b64decode(text, validate=True)
    except ValueError:
        raise Unreadable("these are no bytes") from None
