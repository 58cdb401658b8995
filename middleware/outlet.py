"""The way to the client: one head, pieces, one end."""

from collections.abc import Coroutine
from typing import Any

from .asgi import Headers, Message, Send
from .over import ClientGone


class Outlet:
    """Sends an answer and knows how far it got.

    `holds_head`: the server keeps the head until the first part of the body, so that it may be sent
    before the end is recorded.
    """

    __slots__ = ("_send", "ended", "holds_head", "status")

    def __init__(self, send: Send, *, holds_head: bool = False) -> None:
        self.holds_head = holds_head
        self.status = 0
        self.ended = False
        self._send = send

    @property
    def started(self) -> bool:
        """Whether a head went out."""
        return self.status != 0

    def head(self, status: int, headers: Headers) -> Coroutine[Any, Any, None]:
        """Send status and header fields."""
        self.status = status
        return self._give({"type": "http.response.start", "status": status, "headers": headers})

    async def piece(self, body: bytes) -> None:
        """Send a part of the body; nothing for no bytes."""
        if body:
            await self._give({"type": "http.response.body", "body": body, "more_body": True})

    def end(self, body: bytes = b"") -> Coroutine[Any, Any, None]:
        """Send the last part of the body."""
        self.ended = True
        return self._give({"type": "http.response.body", "body": body, "more_body": False})

    async def _give(self, message: Message) -> None:
        try:
            await self._send(message)
        except OSError as error:
            raise ClientGone from error
