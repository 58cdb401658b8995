"""One WebSocket between a client and an upstream: two pumps, every message judged on its way."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

import orjson

from ...detection.dialects.live import LiveDialect
from ...detection.document import edit_json
from ...detection.errors import BadInput, UpstreamFault
from ...detection.types import Edit, Span
from ...middleware.asgi import LEAVING, Receive, Scope, Send, peer
from ...middleware.bans import refuse_banned_principal
from ...middleware.faults import describe
from ...middleware.handover import Handover
from ...middleware.headers import for_exempt_app
from ...middleware.identity import Caller
from ...middleware.limits import take_key
from ...middleware.live_talk import LiveTalk, Told
from ...middleware.rejection import Rejected
from ...middleware.request_id import new_id
from ...middleware.routes import Route
from ...middleware.visit import Parts
from ..forward import client_headers
from .peer import Peer
from .reach import Reach, asked_in
from .upstream_socket import Declined
from .wire import AWAY, BROKEN, FAILED, NORMAL, TOO_BIG, VIOLATION, Closing, Message

LOOK_SECONDS = 5.0
"""How late the end of an idle connection, or of a key, may be noticed."""

_log = logging.getLogger(__name__)


class _Ending(NamedTuple):
    """Why it ends: what either end is told, and what stands in the records."""

    code: int
    reason: str = ""
    outcome: str = "complete"
    lost: bool = False
    """The client is gone: nothing can be told to it."""


class Conversation:
    """Serves one connection.

    Args:
        parts: of the guard.
        reach: connects to upstreams.
        dialect: of the messages.
        route: of the connection; its address names the model, or else the first message does.
        caller: whose it is.
        scope, receive, send: of ASGI.
    """

    def __init__(
        self,
        parts: Parts,
        reach: Reach,
        dialect: LiveDialect,
        route: Route,
        caller: Caller,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        self._parts = parts
        self._reach = reach
        self._caller = caller
        self._scope = scope
        self._receive = receive
        self._send = send
        self._talk = LiveTalk(parts, dialect, route, caller, peer(scope))
        self._handover = Handover(new_id(parts.clock.now()), caller.principal, route, caller.provider_key)
        self._handover.model = route.addressed.model
        self._binary = False
        self._upstream: Peer | None = None
        self._leaving = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._spoken = self._loop.time()

    async def begin(self, subprotocol: str | None) -> None:
        """Agree to the connection, behind an upstream that did where its address says who that is.

        Raises what `Reach.connect` raises; then nothing was agreed to.
        """
        if not self._needs_a_word():
            try:
                await self._connect(self._handover)
            except Declined as declined:
                body = self._talk.instead(declined.body)
                self._talk.over("upstream_error")
                raise Declined(declined.status, client_headers(declined.headers), body) from None
        await self._send({"type": "websocket.accept", "subprotocol": subprotocol})

    async def run(self) -> None:
        """Serve it until either end, a limit or the service ends it."""
        server = self._scope.get("extensions", {}).get(LEAVING)
        if server is not None:
            subscribe: Callable[[Callable[[], None]], None] = server["subscribe"]
            subscribe(self._leaving.set)
        ending = _Ending(FAILED, outcome="error")
        try:
            ending = await self._until_over()
        finally:
            self._over(ending)
            if not ending.lost:
                with suppress(OSError):
                    await self._tell(ending)

    async def _until_over(self) -> _Ending:
        try:
            async with asyncio.timeout(self._parts.limits.socket_seconds):
                if self._upstream is None:
                    refused = await self._first()
                    if refused is not None:
                        return refused
                return await self._pumped()
        except TimeoutError:
            return _Ending(AWAY, "The connection lasted as long as one may.")
        except asyncio.CancelledError:
            return _Ending(AWAY, "The service ends.")
        except OSError:
            return _Ending(AWAY, outcome="client_gone", lost=True)
        except Exception as fault:  # noqa: BLE001 - whatever goes wrong ends this connection and no other
            self._note(fault)
            return _Ending(FAILED, outcome="error")

    def _needs_a_word(self) -> bool:
        """Say whether the upstream depends on the first message."""
        return self._handover.route.dialect == "gemini_live"

    # the beginning

    async def _first(self) -> _Ending | None:
        """Judge the message that names the model, and connect; return why that was not to be."""
        try:
            async with asyncio.timeout(self._parts.limits.socket_first_seconds):
                content = await self._next()
        except TimeoutError:
            return _Ending(VIOLATION, "Nothing was said.")
        if isinstance(content, _Ending):
            return content
        told = await self._talk.asked(content)
        await self._to_client(told)
        if told.closes or not told.provider:
            return _Ending(VIOLATION, told.closes)
        model = self._talk.model
        if not model:
            return _Ending(VIOLATION, "The first message must name a model.", "refused")
        handover = asked_in(self._handover, model)
        handover.private = self._talk.private
        try:
            alias = await self._connect(handover)
        except (BadInput, UpstreamFault, Declined) as fault:
            self._parts.metrics.rejected(self._parts.face, "upstream")
            return _Ending(*_told_of(fault), "upstream_error")
        await self._to_upstream(told, alias)
        return None

    async def _connect(self, handover: Handover) -> str:
        """Connect; return the name that the upstream knows the model by, empty for the same one."""
        headers = for_exempt_app(self._scope["headers"], self._caller.credential)
        reached = await self._reach.connect(handover, headers, self._scope.get("query_string", b""))
        self._upstream = reached.peer
        self._talk.leads(reached.spec.name, on_premise=reached.spec.private)
        return reached.alias

    # the pumps

    async def _pumped(self) -> _Ending:
        pumps = [
            asyncio.create_task(self._from_client()),
            asyncio.create_task(self._from_upstream()),
            asyncio.create_task(self._watch()),
        ]
        try:
            done, _ = await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            return next(pump for pump in pumps if pump in done).result()
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)

    async def _from_client(self) -> _Ending:
        while True:
            content = await self._next()
            if isinstance(content, _Ending):
                return content
            try:
                self._check(content)
            except Rejected as rejected:
                self._parts.metrics.rejected(self._parts.face, rejected.reason)
                if rejected.reason == "size":
                    return _Ending(TOO_BIG, rejected.message)
                told = self._talk.declined(content, rejected.code, rejected.message)
            else:
                told = await self._talk.asked(content)
            await self._to_client(told)
            await self._to_upstream(told)
            if told.closes:
                return _Ending(VIOLATION, told.closes)

    async def _from_upstream(self) -> _Ending:
        upstream = self._reached()
        while True:
            said = await upstream.receive()
            if isinstance(said, Closing):
                return await self._upstream_ended(said)
            self._spoken = self._loop.time()
            self._binary = not said.is_text
            try:
                told = await self._talk.said(said.content)
            except UpstreamFault as fault:
                return await self._broken(fault)
            await self._to_upstream(told)
            await self._to_client(told)
            if self._leaving.is_set() and not self._talk.busy:
                return _Ending(AWAY, "The service ends.")

    async def _watch(self) -> _Ending:
        """Wait until nobody speaks any more, the key is no longer good, or the service is about to end."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._leaving.wait()
            if self._leaving.is_set():
                if not self._talk.busy:
                    return _Ending(AWAY, "The service ends.")
                await asyncio.sleep(LOOK_SECONDS)
            if self._loop.time() - self._spoken >= self._parts.limits.socket_idle_seconds:
                return _Ending(AWAY, "Nothing was said for a long time.")
            try:
                self._still_known()
            except Rejected as rejected:
                return _Ending(VIOLATION, rejected.message)

    def _check(self, content: bytes) -> None:
        """Raise `Rejected` for a message that is too large, or one too many, or of a key that is bad now."""
        parts = self._parts
        if len(content) > parts.limits.request_bytes:
            raise Rejected("The message is too large.", code="body_too_large", status=413, reason="size")
        self._still_known()
        if not self._talk.begun:
            take_key(parts.counters, parts.limits.key_rate, parts.face, self._caller.principal.key_id)

    def _still_known(self) -> None:
        self._parts.identity.identify(self._scope)
        refuse_banned_principal(self._parts.bans, self._caller.principal)

    async def _next(self) -> bytes | _Ending:
        """Return the client's next message."""
        message = await self._receive()
        if message["type"] != "websocket.receive":
            code = message.get("code", BROKEN)
            gone = self._talk.busy or code not in (NORMAL, AWAY)
            return _Ending(code, outcome="client_gone" if gone else "complete", lost=True)
        self._spoken = self._loop.time()
        text: str | None = message.get("text")
        content: bytes = message.get("bytes") or b"" if text is None else text.encode()
        return content

    # what is said

    async def _to_client(self, told: Told) -> None:
        for content in told.client:
            await self._say(content)

    async def _say(self, content: bytes) -> None:
        if self._binary:
            await self._send({"type": "websocket.send", "bytes": content})
        else:
            await self._send({"type": "websocket.send", "text": content.decode()})

    async def _to_upstream(self, told: Told, alias: str = "") -> None:
        for content in told.provider:
            named = _with_model(content, alias) if alias else content
            await self._reached().send(Message(named))

    def _reached(self) -> Peer:
        if self._upstream is None:
            raise RuntimeError("nobody is there to speak to")
        return self._upstream

    async def _upstream_ended(self, closing: Closing) -> _Ending:
        reason = self._talk.parting(closing.reason)
        if closing.broke:
            return await self._broken(UpstreamFault("The upstream broke off.", code="upstream_protocol"))
        for content in await self._talk.finished():
            await self._say(content)
        return _Ending(closing.code, reason)

    async def _broken(self, fault: UpstreamFault) -> _Ending:
        for content in self._talk.failed(fault.message):
            await self._say(content)
        return _Ending(FAILED, fault.message, "upstream_error")

    # the end

    def _over(self, ending: _Ending) -> None:
        self._talk.over(ending.outcome)
        if self._upstream is not None:
            self._upstream.close(ending.code if ending.lost else NORMAL)

    async def _tell(self, ending: _Ending) -> None:
        await self._send({"type": "websocket.close", "code": ending.code, "reason": ending.reason})

    def _note(self, fault: Exception) -> None:
        self._parts.metrics.rejected(self._parts.face, "error")
        _log.error("a connection failed: %s", describe(fault))


def _told_of(fault: Exception) -> tuple[int, str]:
    if isinstance(fault, (BadInput, UpstreamFault)):
        return (VIOLATION if isinstance(fault, BadInput) else FAILED), fault.message
    return FAILED, "The upstream does not agree to a WebSocket."


def _with_model(content: bytes, alias: str) -> bytes:
    """Return the message that names the model with the other name in its place."""
    text = content.decode()
    model: str = orjson.loads(content)["setup"]["model"]
    start = model.rfind("/") + 1
    return edit_json(text, [Edit("/setup/model", Span(start, len(model)), alias)]).encode()
