"""One WebSocket at the door of an app that serves a model on it, judged as the gateway judges its own."""

import asyncio
import logging

from ..detection.dialects.live import LiveDialect
from ..detection.errors import BadInput
from .app_end import AppEnd
from .asgi import ASGIApp, Receive, Scope, Send
from .faults import describe
from .handshake import admitted, named, refuse
from .headers import for_exempt_app, keep_ours_out
from .identity import Caller
from .live_conversation import Conversation, Reached
from .live_ends import FAILED
from .parts import Parts
from .routes import Route

_log = logging.getLogger(__name__)


class LiveVisit:
    """Serves one WebSocket.

    Args:
        parts: of the guard.
        dialect: of the messages.
        route: of the connection.
        scope, receive, send: of ASGI.
        fails_open: messages on which the guard itself fails go on unjudged.
    """

    def __init__(
        self,
        parts: Parts,
        dialect: LiveDialect,
        route: Route,
        scope: Scope,
        receive: Receive,
        send: Send,
        *,
        fails_open: bool,
    ) -> None:
        self._parts = parts
        self._dialect = dialect
        self._route = route
        self._scope = scope
        self._receive = receive
        self._send = send
        self._fails_open = fails_open

    async def serve(self, app: ASGIApp) -> None:
        """Run the app on a connection whose messages are judged. Raises what the app raises."""
        await self._receive()
        try:
            self._route = named(self._route, self._scope)
            caller = admitted(self._parts, self._scope)
        except BadInput as fault:
            await refuse(fault, self._parts, self._dialect.name, self._scope, self._send)
            return
        except Exception as fault:  # noqa: BLE001 - whoever cannot be known is told no more than that
            self._parts.metrics.rejected(self._parts.face, "error")
            _log.error("a handshake failed: %s", describe(fault))
            await self._send({"type": "websocket.close", "code": FAILED})
            return
        headers = for_exempt_app(self._scope["headers"], caller.credential)
        # an extension could carry an answer past us
        inside = {**self._scope, "headers": headers, "extensions": {}}
        end = AppEnd(app, inside, self._parts.limits.answer_bytes)
        try:
            await self._talk(end, caller)
            await end.finish()
        except BaseException:
            await end.abandon()
            raise

    async def _talk(self, end: AppEnd, caller: Caller) -> None:
        """Pass on the app's answer to the handshake; where it agrees, judge what is said."""
        answer = await end.begin()
        if answer["type"] == "websocket.accept" and answer.get("headers"):
            answer = {**answer, "headers": keep_ours_out(list(answer["headers"]))}
        await self._send(answer)
        if answer["type"] != "websocket.accept":
            end.leave(answer.get("code", FAILED), lost=True)
            return
        conversation = Conversation(
            self._parts,
            self._dialect,
            self._route,
            caller,
            self._scope,
            self._receive,
            self._send,
            fails_open=self._fails_open,
        )
        conversation.reached(Reached(end))
        await conversation.run()
        task = asyncio.current_task()
        if task is not None and task.cancelling():  # a conversation says goodbye first
            raise asyncio.CancelledError
