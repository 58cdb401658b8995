"""One WebSocket on which a model is talked to: two pumps, every message judged on its way.

Whom the client talks to is a `FarEnd`: an upstream of the gateway, or the app behind the guard.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple

import orjson

from ..detection.dialects.live import LiveDialect
from ..detection.document import edit_json
from ..detection.errors import BadInput, UpstreamFault
from ..detection.types import Edit, Span
from .asgi import LEAVING, Receive, Scope, Send, peer
from .bans import refuse_banned_principal
from .faults import describe
from .handover import Handover
from .identity import Caller
from .limits import take_key
from .live_ends import AWAY, BROKEN, FAILED, NORMAL, TOO_BIG, VIOLATION, Closing, FarEnd, Message, sendable
from .live_talk import LiveTalk, Told
from .parts import Parts
from .rejection import Rejected
from .request_id import new_id
from .routes import Route

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


class Reached(NamedTuple):
    """Who answers on a connection.

    Attributes:
        far: the far end.
        upstream: its name, empty for an app.
        on_premise: whether it is a model of the house.
        alias: the name that it knows the model by, empty for the same one.
    """

    far: FarEnd
    upstream: str = ""
    on_premise: bool = False
    alias: str = ""


type Connect = Callable[[Handover], Awaitable[Reached]]
"""Reaches who serves the model of a connection. Raises `BadInput` or `UpstreamFault`."""


class Conversation:
    """Serves one connection that was agreed to.

    Args:
        parts: of the guard.
        dialect: of the messages.
        route: of the connection; its address names the model, or else a message does.
        caller: whose it is.
        scope, receive, send: of ASGI.
        fails_open: messages on which the guard itself fails go on unjudged; otherwise the connection ends.

    Attributes:
        told: what those who serve the connection are told of it.
        talk: judges what is said.
    """

    def __init__(
        self,
        parts: Parts,
        dialect: LiveDialect,
        route: Route,
        caller: Caller,
        scope: Scope,
        receive: Receive,
        send: Send,
        *,
        fails_open: bool = False,
    ) -> None:
        self.told = Handover(new_id(parts.clock.now()), caller.principal, route, caller.provider_key)
        self.told.model = route.addressed.model
        failed = self._failed_open if fails_open else None
        self.talk = LiveTalk(parts, dialect, route, caller, peer(scope), failed)
        self._parts = parts
        self._scope = scope
        self._receive = receive
        self._send = send
        self._fails_open = fails_open
        self._binary = self._client_binary = False
        self._far: FarEnd | None = None
        self._leaving = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._spoken = self._loop.time()

    def reached(self, reached: Reached) -> None:
        """Note who answers."""
        self._far = reached.far
        self.talk.leads(reached.upstream, on_premise=reached.on_premise)

    async def run(self, connect: Connect | None = None) -> None:
        """Serve it until either end, a limit or the service ends it.

        With `connect` the first message names the model, and with it who answers.
        """
        server = self._scope.get("extensions", {}).get(LEAVING)
        if server is not None:
            subscribe: Callable[[Callable[[], None]], None] = server["subscribe"]
            subscribe(self._leaving.set)
        ending = _Ending(FAILED, outcome="error")
        try:
            ending = await self._until_over(connect)
        finally:
            self._over(ending)
            if not ending.lost:
                with suppress(OSError):
                    await self._tell(ending)

    async def _until_over(self, connect: Connect | None) -> _Ending:
        try:
            async with asyncio.timeout(self._parts.limits.socket_seconds):
                if connect is not None:
                    refused = await self._first(connect)
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

    # the beginning

    async def _first(self, connect: Connect) -> _Ending | None:
        """Judge the message that names the model, and connect; return why that was not to be."""
        try:
            async with asyncio.timeout(self._parts.limits.socket_first_seconds):
                content = await self._next()
        except TimeoutError:
            return _Ending(VIOLATION, "Nothing was said.")
        if isinstance(content, _Ending):
            return content
        told = await self.talk.asked(content)
        await self._to_client(told)
        if told.closes or not told.provider:
            return _Ending(VIOLATION, told.closes)
        model = self.talk.model
        if not model:
            return _Ending(VIOLATION, "The first message must name a model.", "refused")
        handover = _asked_in(self.told, model)
        handover.private = self.talk.private
        try:
            reached = await connect(handover)
        except (BadInput, UpstreamFault) as fault:
            self._parts.metrics.rejected(self._parts.face, "upstream")
            code = VIOLATION if isinstance(fault, BadInput) else FAILED
            return _Ending(code, fault.message, "upstream_error")
        self.reached(reached)
        await self._to_far(told, reached.alias)
        return None

    # the pumps

    async def _pumped(self) -> _Ending:
        pumps = [
            asyncio.create_task(self._from_client()),
            asyncio.create_task(self._from_far()),
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
                told = self.talk.declined(content, rejected.code, rejected.message)
            else:
                told = await self._asked(content)
            await self._to_client(told)
            await self._to_far(told)
            if told.closes:
                return _Ending(VIOLATION, told.closes)

    async def _asked(self, content: bytes) -> Told:
        try:
            return await self.talk.asked(content)
        except Exception as fault:
            if not self._goes_on(fault):
                raise
            return Told((content,))

    async def _from_far(self) -> _Ending:
        far = self._reached()
        while True:
            said = await far.receive()
            if isinstance(said, Closing):
                return await self._far_ended(said)
            self._spoken = self._loop.time()
            self._binary = not said.is_text
            try:
                told = await self._said(said.content)
            except UpstreamFault as fault:
                return await self._broken(fault)
            for content in told.provider:
                far.hint(Message(content, not self._client_binary))
            await self._to_client(told)
            if self._leaving.is_set() and not self.talk.busy:
                return _Ending(AWAY, "The service ends.")

    async def _said(self, content: bytes) -> Told:
        try:
            return await self.talk.said(content)
        except UpstreamFault:
            raise
        except Exception as fault:
            if not self._goes_on(fault):
                raise
            return Told(client=(content,))

    def _goes_on(self, fault: Exception) -> bool:
        """Say whether a message on which the guard failed goes on unjudged, which is counted."""
        if self._fails_open:
            self._failed_open(fault)
        return self._fails_open

    def _failed_open(self, fault: Exception) -> None:
        self._note(fault, "failed_open")

    async def _watch(self) -> _Ending:
        """Wait until nobody speaks any more, the key is no longer good, or the service is about to end."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._leaving.wait()
            if self._leaving.is_set():
                if not self.talk.busy:
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
        if not self.talk.begun:
            take_key(parts.counters, parts.limits.key_rate, parts.face, self.told.principal.key_id)

    def _still_known(self) -> None:
        self._parts.identity.identify(self._scope)
        refuse_banned_principal(self._parts.bans, self.told.principal)

    async def _next(self) -> bytes | _Ending:
        """Return the client's next message."""
        message = await self._receive()
        if message["type"] != "websocket.receive":
            code = message.get("code", BROKEN)
            gone = self.talk.busy or code not in (NORMAL, AWAY)
            return _Ending(code, outcome="client_gone" if gone else "complete", lost=True)
        self._spoken = self._loop.time()
        text: str | None = message.get("text")
        self._client_binary = text is None
        if text is not None:
            return text.encode("utf-8", "surrogatepass")
        content: bytes = message.get("bytes") or b""
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

    async def _to_far(self, told: Told, alias: str = "") -> None:
        for content in told.provider:
            named = _with_model(content, alias) if alias else content
            await self._reached().send(Message(named, not self._client_binary))

    def _reached(self) -> FarEnd:
        if self._far is None:
            raise RuntimeError("nobody is there to speak to")
        return self._far

    async def _far_ended(self, closing: Closing) -> _Ending:
        reason = self.talk.parting(closing.reason)
        if closing.broke:
            return await self._broken(UpstreamFault("The upstream broke off.", code="upstream_protocol"))
        for content in await self.talk.finished():
            await self._say(content)
        return _Ending(closing.code, reason)

    async def _broken(self, fault: UpstreamFault) -> _Ending:
        for content in self.talk.failed(fault.message):
            await self._say(content)
        return _Ending(FAILED, fault.message, "upstream_error")

    # the end

    def _over(self, ending: _Ending) -> None:
        self.talk.over(ending.outcome)
        if self._far is not None:
            self._far.leave(ending.code, lost=ending.lost)

    async def _tell(self, ending: _Ending) -> None:
        code, reason = sendable(ending.code, ending.reason)
        await self._send({"type": "websocket.close", "code": code, "reason": reason})

    def _note(self, fault: Exception, reason: str = "error") -> None:
        self._parts.metrics.rejected(self._parts.face, reason)
        _log.error("a connection failed: %s", describe(fault))


def _asked_in(told: Handover, model: str) -> Handover:
    """Return the handover of a connection for the model that was named on it."""
    route = told.route
    named = replace(route, addressed=route.addressed._replace(model=model))
    return replace(told, route=named, model=model)


def _with_model(content: bytes, alias: str) -> bytes:
    """Return the message that names the model with the other name in its place."""
    text = content.decode()
    model: str = orjson.loads(content)["setup"]["model"]
    start = model.rfind("/") + 1
    return edit_json(text, [Edit("/setup/model", Span(start, len(model)), alias)]).encode()
