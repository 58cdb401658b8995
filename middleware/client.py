"""The client's end of an exchange: its body replayed, its going away noticed."""

import asyncio

from .asgi import Message, Receive
from .outlet import Outlet

GRACE_SECONDS = 1.0
"""What an app gets to end by itself once its answer was cut short."""


class Client:
    """Hands the judged body to the app and watches the connection.

    Only `watch` asks the server for more once the body was read. When the client goes away before
    the end of its answer `bound` runs out, which cancels the app.
    """

    def __init__(self, receive: Receive, body: bytes, outlet: Outlet) -> None:
        self.gone = False
        self.bound = asyncio.timeout(None)
        self._outlet = outlet
        self._receive = receive
        self._body: bytes | None = body
        self._left = asyncio.Event()

    async def receive(self) -> Message:
        """The `receive` of the app: the whole body once, then the disconnect when it comes."""
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def watch(self) -> None:
        """Wait for the client to go away."""
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._left.set()
        if not self._outlet.ended:
            self.gone = True
            self._cancel_after(0.0)

    def hang_up(self) -> None:
        """Tell the app that nobody listens any more, and cancel it if it goes on."""
        self._left.set()
        self._cancel_after(GRACE_SECONDS)

    def _cancel_after(self, seconds: float) -> None:
        self.bound.reschedule(asyncio.get_running_loop().time() + seconds)
