"""Where answers come from: the seam between the guard and what it guards."""

from collections.abc import Callable
from typing import Protocol

from .asgi import Headers, Scope
from .handover import Handover
from .spooled import Body


class OriginAnswer(Protocol):
    """An answer whose head is there; its body is taken piece by piece."""

    @property
    def status(self) -> int:
        """Status of the answer."""
        ...

    @property
    def headers(self) -> Headers:
        """Header fields as a client may see them; names in lower case."""
        ...

    @property
    def ended(self) -> bool:
        """Whether nothing is left to read, as soon as that is known without waiting."""
        ...

    async def read(self) -> bytes:
        """Return what has arrived since, waiting only when there is nothing; at the end no bytes.

        Asking for the next piece says that the one before is dealt with. Raises `UpstreamFault`
        where the answer broke off.
        """
        ...

    async def close(self) -> None:
        """Take no more. Before the end the origin is told, and stopped if it goes on."""
        ...


class Origin(Protocol):
    """Answers judged requests."""

    async def ask(self, scope: Scope, headers: Headers, body: Body, told: Handover) -> OriginAnswer:
        """Return the answer to a request, once its head is there.

        `scope` is that of the client's request; `headers` and `body` take the place of its own.
        Raises `BadInput` and `UpstreamFault` fit for the client to read; anything else is a fault
        of the origin. Cancelling it leaves nothing running.
        """
        ...


class Taker(Protocol):
    """Takes an answer from whoever gives it piece by piece."""

    def begin(self, status: int, headers: Headers) -> None:
        """Take the head; names in lower case. Raises `UpstreamFault` for one under which nothing is read."""
        ...

    def heed(self, left: Callable[[], None]) -> None:
        """Call `left` when nobody waits for the answer any more, now if it is so; the last one given."""
        ...

    async def take(self, piece: bytes, *, last: bool) -> bool:
        """Deal with the next piece of the body. Returns whether more is taken: not behind the `last` one.

        Raises what keeps the answer from being delivered; nothing more is taken then.
        """
        ...


class Source(Protocol):
    """Answers judged requests by itself, in the task of the exchange."""

    async def pour(self, scope: Scope, headers: Headers, body: Body, told: Handover, taker: Taker) -> None:
        """Give the answer to a request, and return when all that belongs to it is done.

        Arguments are those of `Origin.ask`. Raises what the taker raises, and else what kept it from giving
        a whole answer.
        """
        ...
