"""Where answers come from: the seam between the guard and what it guards."""

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
