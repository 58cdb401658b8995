"""What is said on one WebSocket, judged. It waits for models alone.

A message of the client is a request; what the app sends is an answer: a message each, or many that grow.
What one message of the client lost is put back in all answers of the connection.
"""

import asyncio
from dataclasses import dataclass
from typing import NamedTuple

from ..detection.errors import BadInput, UpstreamFault
from ..detection.fields import Messages
from ..detection.fields.messages import is_last, last_message
from ..detection.framing.messages import framed, unframed
from ..detection.inspection import StreamGuard
from ..detection.types import Action, Refusal, Verdict
from ..library.embedded import Embedded
from ..library.panel import settled
from ..library.turned_exchange import TurnedExchange
from .desk import body_of
from .handover import Handover
from .identity import Caller
from .journal import Circumstances, Journal, Times
from .parts import Parts
from .request_id import new_id
from .routes import Route

MOST_REPLACED = 10_000
"""Values of one connection that can be put back; after so many it begins anew."""


class Asked(NamedTuple):
    """What a client's message came to: `content` may reach the app, or else `told` is what says no."""

    verdict: Verdict
    content: bytes = b""
    told: tuple[bytes, ...] = ()


class Said(NamedTuple):
    """What may leave of what the app says. `stopped`: something in it was blocked."""

    contents: tuple[bytes, ...]
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class Door:
    """What all connections of one route share."""

    parts: Parts
    core: Embedded
    route: Route
    messages: Messages


class Talk:
    """Judges the messages of one connection.

    Args:
        door: of the connection.
        caller: whose it is.
        client: address of the client.
    """

    def __init__(self, door: Door, caller: Caller, client: str) -> None:
        self._door = door
        self._caller = caller
        self._client = client
        self._end = door.messages.fields.end
        self._first: TurnedExchange | None = None
        self._guard: StreamGuard | None = None
        self._journal: Journal | None = None

    async def asked(self, content: bytes) -> Asked:
        """Judge a message of the client."""
        exchange, journal = self._begin()
        try:
            decision = await settled(exchange, exchange.request(content), self._door.parts.panel)
        except BadInput as fault:
            journal.close("refused")
            error = self._door.core.error(self._dialect, fault.status, fault.code, fault.message, fault.param)
            return Asked(Verdict(Action.BLOCK), told=self._told(error))
        except asyncio.CancelledError:
            journal.close("client_gone")
            raise
        except Exception:
            journal.close("error")
            raise
        refusal = decision.refusal
        journal.close("complete" if refusal is None else "refused")
        if refusal is not None:
            return Asked(decision.verdict, told=self._told(refusal))
        return Asked(decision.verdict, body_of(decision))

    async def said(self, content: bytes) -> Said:
        """Judge a message of the app. Raises `UpstreamFault` for one that cannot be read."""
        if self._door.messages.answer is None:
            return Said((content,))
        return self._grown(content) if self._door.messages.ends else await self._whole(content)

    def finished(self) -> Said:
        """Return what is still held: the app says no more."""
        guard, self._guard = self._guard, None
        return Said(()) if guard is None else self._closed(guard, b"")

    def lost(self) -> None:
        """Note that the connection is gone."""
        if self._journal is not None:
            self._journal.close("client_gone")

    async def _whole(self, content: bytes) -> Said:
        exchange, journal = self._begin()
        try:
            decision = await settled(exchange, exchange.response(content, ""), self._door.parts.panel)
        except UpstreamFault:
            journal.close("upstream_error")
            raise
        except asyncio.CancelledError:
            journal.close("client_gone")
            raise
        if decision.refusal is not None:
            journal.close("stopped")
            return Said(self._told(decision.refusal), stopped=True)
        journal.close("complete")
        return Said((body_of(decision),))

    def _grown(self, content: bytes) -> Said:
        if self._guard is None:
            exchange, self._journal = self._begin()
            self._guard = exchange.stream()
            self._journal.streamed = True
            self._journal.open()
        guard = self._guard
        step = guard.feed(framed(content))
        if step.ended:
            self._over("stopped")
            return Said(tuple(unframed(step.release)), stopped=True)
        if is_last(self._end, content):
            self._guard = None
            return self._closed(guard, step.release)
        return Said(tuple(unframed(step.release)))

    def _closed(self, guard: StreamGuard, released: bytes) -> Said:
        step = guard.close()
        self._over("stopped" if step.ended else "complete")
        return Said(tuple(unframed(released + step.release)), stopped=step.ended)

    def _over(self, outcome: str) -> None:
        self._guard = None
        if self._journal is not None:
            self._journal.close(outcome)

    def _told(self, refusal: Refusal) -> tuple[bytes, ...]:
        last = last_message(self._end)
        return (refusal.body,) if last is None else (refusal.body, last)

    @property
    def _dialect(self) -> str:
        return self._door.route.dialect or ""

    def _begin(self) -> tuple[TurnedExchange, Journal]:
        door, parts, principal = self._door, self._door.parts, self._caller.principal
        started = parts.clock.now()
        told = Handover(new_id(started), principal, door.route)
        policy = parts.policies.policy(principal, door.route.path)
        exchange = door.core.open(self._dialect, policy, principal, told.exchange_id, parts.links)
        if self._first is None or self._first.replaced > MOST_REPLACED:
            self._first = exchange
        else:
            exchange.follow(self._first)
        circumstances = Circumstances(parts.face, door.route.method, self._client, started)
        times = Times(parts.clock)
        return exchange, Journal(parts.audit, parts.metrics, circumstances, told, exchange, times)
