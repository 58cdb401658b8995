"""An answer that is there already: nothing was sent anywhere."""

from collections.abc import Iterable

from ...middleware.asgi import Headers


class GivenAnswer:
    """Gives the pieces, one a read; empty ones are left out. Implements `base.UpstreamAnswer`."""

    __slots__ = ("_next", "_pieces", "headers", "status")

    def __init__(self, status: int, headers: Headers, pieces: Iterable[bytes]) -> None:
        self.status = status
        self.headers = headers
        self._pieces = filter(None, pieces)
        self._next = next(self._pieces, b"")

    @property
    def ended(self) -> bool:
        """Whether every piece was read."""
        return not self._next

    async def read(self) -> bytes:
        """Return the next piece."""
        piece = self._next
        self._next = next(self._pieces, b"")
        return piece

    async def close(self) -> None:
        """Nothing is open."""
