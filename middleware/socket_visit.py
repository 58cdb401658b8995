"""One WebSocket at the door: every message is judged before it goes on, in both directions."""

import asyncio
import logging

from ..library.outcome import Outcome
from .app_runner import STATE, state_of
from .asgi import ASGIApp, Message, Receive, Scope, Send, peer
from .faults import describe
from .handshake import known
from .headers import for_exempt_app
from .limits import take_key
from .live_ends import FAILED, LATER, TOO_BIG, VIOLATION
from .rejection import Rejected
from .socket_talk import Door, Talk

_log = logging.getLogger(__name__)


class SocketVisit:
    """Serves one WebSocket.

    Args:
        door: of the connection.
        fails_open: messages on which the guard fails go on unjudged; otherwise the connection is closed.
    """

    def __init__(self, door: Door, scope: Scope, receive: Receive, send: Send, *, fails_open: bool) -> None:
        self._door = door
        self._parts = door.parts
        self._scope = scope
        self._receive = receive
        self._send = send
        self._fails_open = fails_open
        self._sending = asyncio.Lock()
        self._closed = 0
        self._talk: Talk | None = None
        self._key = ""

    async def serve(self, app: ASGIApp) -> None:
        """Run the app on a connection whose messages are judged. Raises what the app raises."""
        try:
            caller = known(self._parts, self._scope)
        except Exception as fault:  # noqa: BLE001 - whoever is not let in is told so
            await self._turn_away(fault)
            return
        self._key = caller.principal.key_id
        self._talk = talk = Talk(self._door, caller, peer(self._scope))
        headers = for_exempt_app(self._scope["headers"], caller.credential)
        try:
            # an extension could carry an answer past us
            await app({**self._scope, "headers": headers, "extensions": {}}, self.receive, self.send)
        finally:
            talk.lost()

    async def _turn_away(self, fault: Exception) -> None:
        code = VIOLATION
        if isinstance(fault, Rejected):
            self._parts.metrics.rejected(self._parts.face, fault.reason)
        else:
            code = FAILED
            self._note(fault, "error")
        await self._receive()
        await self._send({"type": "websocket.close", "code": code})

    async def receive(self) -> Message:
        """Return the next message that may reach the app."""
        while not self._closed:
            message = await self._receive()
            if message["type"] != "websocket.receive":
                return message
            passed = await self._asked(message)
            if passed is not None:
                return passed
        return {"type": "websocket.disconnect", "code": self._closed, "reason": ""}

    async def _asked(self, message: Message) -> Message | None:
        """Return a message of the client after its edits; None for one that goes nowhere."""
        try:
            content = _content(message)
            self._check(content)
            asked = await self._judging().asked(content)
            state_of(self._scope)[STATE] = Outcome(asked.verdict)
        except Rejected as rejected:
            self._parts.metrics.rejected(self._parts.face, rejected.reason)
            await self._close(TOO_BIG if rejected.reason == "size" else LATER)
            return None
        except Exception as fault:  # noqa: BLE001 - the guard's own
            if self._goes_on(fault):
                return message
            await self._close(FAILED)
            return None
        if not asked.told:
            return message if asked.content == content else _with(message, asked.content)
        if self._door.messages.on_block == "close":
            await self._close(VIOLATION)
        else:
            async with self._sending:
                for told in asked.told:
                    await self._send(_with({"type": "websocket.send", "text": ""}, told))
        return None

    def _check(self, content: bytes) -> None:
        """Raise `Rejected` for a message that is too large, or one too many."""
        parts = self._parts
        if len(content) > parts.limits.request_bytes:
            raise Rejected("The message is too large.", code="body_too_large", status=413, reason="size")
        take_key(parts.counters, parts.limits.key_rate, parts.face, self._key)

    async def send(self, message: Message) -> None:
        """Send what the app says, as far as it may leave."""
        async with self._sending:
            if self._closed:
                return
            if message["type"] == "websocket.send":
                await self._say(message)
                return
            if message["type"] == "websocket.close":
                await self._finish()
            await self._send(message)

    async def _say(self, message: Message) -> None:
        try:
            said = await self._judging().said(_content(message))
        except Exception as fault:  # noqa: BLE001 - the guard's own, or a message that cannot be read
            if self._goes_on(fault):
                await self._send(message)
            else:
                await self._close_now(FAILED)
            return
        for content in said.contents:
            await self._send(_with(message, content))
        if said.stopped and self._door.messages.on_block == "close":
            await self._close_now(VIOLATION)

    async def _finish(self) -> None:
        """Send what is still held."""
        try:
            said = self._judging().finished()
        except Exception as fault:  # noqa: BLE001 - what was held stays where it is
            self._note(fault, "failed_open" if self._fails_open else "error")
            return
        for content in said.contents:
            await self._send(_with({"type": "websocket.send", "text": ""}, content))

    def _judging(self) -> Talk:
        if self._talk is None:
            raise RuntimeError("nobody was let in yet")
        return self._talk

    def _goes_on(self, fault: Exception) -> bool:
        """Count a failure; say whether the message goes on unjudged."""
        self._note(fault, "failed_open" if self._fails_open else "error")
        return self._fails_open

    def _note(self, fault: Exception, reason: str) -> None:
        self._parts.metrics.rejected(self._parts.face, reason)
        _log.error("a connection failed: %s", describe(fault))

    async def _close(self, code: int) -> None:
        async with self._sending:
            await self._close_now(code)

    async def _close_now(self, code: int) -> None:
        if not self._closed:
            self._closed = code
            await self._send({"type": "websocket.close", "code": code})


def _content(message: Message) -> bytes:
    text: str | None = message.get("text")
    if text is not None:
        return text.encode("utf-8", "surrogatepass")
    content: bytes = message.get("bytes") or b""
    return content


def _with(message: Message, content: bytes) -> Message:
    """Return a message of the same kind with another content."""
    if message.get("text") is not None:
        return {"type": message["type"], "text": content.decode("utf-8", "surrogatepass")}
    return {"type": message["type"], "bytes": content}
