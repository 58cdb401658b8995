"""The one path: what every face drives for every exchange.

A face opens one `Inspection` an exchange, gives it the request body, forwards what it is told to
forward, gives it the answer - whole, or piece by piece through a `StreamGuard` - and records its
`core`. Nothing here knows sockets, ASGI or time-outs.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, runtime_checkable

from .dialects import NOTHING_ADDRESSED, Addressed
from .policy import Policy
from .ports import Links
from .texts import TextInspection
from .tiers import Ask, Opinion
from .types import AuditCore, Principal, Refusal, Verdict


@dataclass(slots=True, unsafe_hash=True)  # not frozen: that costs microseconds; nobody changes one
class Decision:
    """What to do with a body: pass `body` on, or answer with `refusal`. Exactly one is set.

    Or neither is: then `ask` says what a model is to be asked first, see `Inspection.settle`. Where `ahead`
    is set that body may be sent meanwhile, if the answer is kept back until the decision stands, and
    dropped where it is a refusal.
    """

    verdict: Verdict
    body: bytes | None = None
    refusal: Refusal | None = None
    ask: Ask | None = None
    ahead: bytes | None = None


class Step(NamedTuple):
    """What one piece of a stream came to.

    `release` may go to the client now. After `ended` nothing more will come: the guard closed the
    stream in the dialect's own words and the upstream call is to be cancelled. `told`: the mark that
    ends an answer has come, and clients may leave once they have read it. A tuple, because every chunk
    makes one. Only an `AskingStream` says what a model is to be asked before anything else.
    """

    release: bytes = b""
    ended: bool = False
    told: bool = False
    ask: Ask | None = None


class StreamGuard(Protocol):
    """Inspects a streamed answer. Synchronous, sans-io, deterministic."""

    def feed(self, chunk: bytes) -> Step:
        """Take the next bytes of the upstream's answer, cut anywhere."""
        ...

    def close(self) -> Step:
        """The upstream ended: judge and release what was held."""
        ...

    def fault(self, message: str) -> bytes:
        """End a stream that broke off, in the dialect's own words; what was held is never released."""
        ...


@runtime_checkable
class PassingStream(StreamGuard, Protocol):
    """Inspects a streamed answer most of whose pieces need no more than a look."""

    def passing(self, chunk: bytes) -> bytes | None:
        """Take the next bytes where nothing is to be done about them, as `feed` would.

        Returns:
            What may go to the client now, of a stream that goes on; None where only `feed` can say:
            nothing was taken then.
        """
        ...

    def spent(self, seconds: float) -> None:
        """Count in the verdict what pieces took that passed: two looks at a clock cost a tenth of one."""
        ...


class AskingStream(StreamGuard, Protocol):
    """Inspects a streamed answer that models are asked about, too; their word may come late, see `settle`."""

    def answer(self, opinions: Sequence[Opinion]) -> Step:
        """Go on with what the last step asked: an opinion for each of its doubts, in order.

        Nothing else is called before. Raises `ValueError` where nothing was asked.
        """
        ...


class Inspection(Protocol):
    """One exchange through the core. Calls come in the order of the methods."""

    @property
    def model(self) -> str:
        """Model the request names; empty before `request` or where the dialect has none."""
        ...

    @property
    def wants_stream(self) -> bool:
        """Whether the request asks for a streamed answer."""
        ...

    def request(self, body: bytes, addressed: Addressed = NOTHING_ADDRESSED) -> Decision:
        """Judge the body of a request to such an address.

        Raises `BadInput` (already fit for the caller to read).
        """
        ...

    def settle(self, opinions: Sequence[Opinion], *, raced: bool = False) -> Decision:
        """Go on with what the last decision asked: an opinion for each of its doubts, in order.

        `raced` says that the body was sent `ahead`; that is recorded. Raises `ValueError` where nothing was
        asked.
        """
        ...

    @property
    def wants_array(self) -> bool:
        """Whether a streamed answer of type ``application/json`` is an array that grows."""
        ...

    def response(self, body: bytes, content_type: str) -> Decision:
        """Judge a whole answer (also an upstream's error body) and restore placeholders."""
        ...

    def stream(self) -> StreamGuard:
        """Begin judging a streamed answer (see `framing.STREAMED`)."""
        ...

    def asking_stream(self) -> AskingStream | None:
        """Begin judging a streamed answer, with the models that the policy wants to be asked about it.

        None where it wants none: then `stream` does. With `stream` alone they leave it unjudged.
        """
        ...

    def core(self) -> AuditCore:
        """The face-independent audit record as it stands now; final once the answer ended."""
        ...


class Inspector(Protocol):
    """Opens inspections. One a process, shared by all exchanges; holds no exchange state."""

    def warm(self, *, expressions: bool = True) -> Iterator[None]:
        """Do ahead, in steps of milliseconds, what first exchanges would otherwise wait for.

        Args:
            expressions: compile those of every rule, too. They take some twenty megabytes; a rule that
                no text asks for never needs them, any other compiles its own within a millisecond.
        """
        ...

    def open(
        self,
        dialect: str,
        policy: Policy,
        principal: Principal,
        exchange_id: str = "",
        links: Links | None = None,
    ) -> Inspection:
        """Begin an exchange in a named dialect (``openai_chat``...).

        The text of a refusal may name the exchange and hold one of the `links`.
        """
        ...

    def texts(self, policy: Policy, principal: Principal) -> TextInspection:
        """Begin an exchange of plain texts."""
        ...

    def error(self, dialect: str, status: int, code: str, message: str, param: str | None = None) -> Refusal:
        """Render an error in the dialect's own envelope; an unknown dialect gives OpenAI's."""
        ...
