"""One guarded exchange: forwarded, judged on its way back, ended and recorded exactly once."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from typing import Any

from ..detection.errors import BadInput, UpstreamFault
from ..detection.inspection import Decision, Inspector
from ..detection.types import Action, Refusal
from .answer_kind import answer_kind
from .asgi import Headers, Scope
from .client import Client
from .desk import Desk
from .faults import describe, native_error, retry_after, told_of
from .handover import Handover
from .headers import Sieve, media_type
from .origin import Origin
from .over import ClientGone
from .race import run_race
from .spooled import Body
from .started import Started
from .streamed_answer import StreamedAnswer
from .whole_answer import WholeAnswer

_JSON = b"application/json"

_REPLACED = frozenset((b"content-length", b"transfer-encoding", b"connection", b"keep-alive"))
_keep = Sieve(_REPLACED)
_keep_but_timing = Sieve(_REPLACED | {b"server-timing"})
_log = logging.getLogger(__name__)


class Exchange:
    """Gets one judged request its answer. Implements `origin.Taker`.

    Whatever goes wrong ends in the caller's own format: as an answer while nothing was sent, as a
    last event in mid-stream. Text that was still held then is never sent.
    """

    __slots__ = ("_answer", "_client", "_desk", "_fault", "_handover", "_inspector")

    def __init__(self, inspector: Inspector, handover: Handover, desk: Desk, client: Client) -> None:
        self._inspector = inspector
        self._handover = handover
        self._desk = desk
        self._client = client
        self._fault: Exception | None = None
        self._answer: WholeAnswer | StreamedAnswer | None = None

    async def run(self, answering: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Deliver what `answering` gives to this exchange, as the source of an origin or `asked` does."""
        desk = self._desk
        try:
            await self._watched(answering)
            if desk.outlet.ended:
                self._note_late()
                return
            if self._client.gone or isinstance(self._fault, ClientGone):
                desk.journal.leave()
            else:
                await self._fail(self._fault or RuntimeError("the exchange ended without an answer"))
        finally:
            # only a cancelled task comes here with the record still open
            desk.journal.close("error")

    def _note_late(self) -> None:
        """Tell of what failed when the client had all of its answer."""
        if self._fault is not None and not isinstance(self._fault, ClientGone | UpstreamFault):
            _log.error("exchange %s failed at its end: %s", self._handover.exchange_id, describe(self._fault))
            self._desk.journal.failed()

    async def _watched(self, answering: Callable[[], Coroutine[Any, Any, None]]) -> None:
        client = self._client
        try:
            started = Started(answering)
            if started.waits:
                client.begin()
                await started
        except asyncio.CancelledError:
            if not client.cancelled():
                raise
        except Exception as error:  # noqa: BLE001 - whatever goes wrong ends in a native error
            self._fault = error
        finally:
            client.end()

    async def asked(
        self, origin: Origin, scope: Scope, headers: Headers, body: Body, race: Decision | None = None
    ) -> None:
        """Ask an origin and take what it answers; in a `race` once the decision on the request stands."""
        asking = partial(origin.ask, scope, headers, body, self._handover)
        if race is None:
            answer = await asking()
        elif (won := await run_race(asking, self._desk, self._handover, race)) is not None:
            answer = won
        else:
            return
        try:
            self.begin(answer.status, answer.headers)
            more = True
            while more:
                piece = await answer.read()
                more = await self.take(piece, last=answer.ended)
            if answer.ended:
                await answer.read()  # says that the last piece was dealt with
        finally:
            await answer.close()

    def begin(self, status: int, headers: Headers) -> None:
        """Take the head of the answer; see `origin.Taker`."""
        desk = self._desk
        try:
            kind = answer_kind(headers)
            kept = (_keep_but_timing if desk.labels.full else _keep)(headers)
            media = media_type(kind)
            route = self._handover.route
            grows = route.addressed.framing and media == _JSON and self._grows(status)
            if grows or media in route.streamed:
                self._answer = StreamedAnswer(desk, status, kept)
            else:
                self._answer = WholeAnswer(desk, status, kept, kind)
        except UpstreamFault:
            desk.unjudged("unreadable", Action.BLOCK)
            raise

    def heed(self, left: Callable[[], None]) -> None:
        """Call `left` when the client is gone; see `origin.Taker`."""
        self._client.heed(left)

    async def take(self, piece: bytes, *, last: bool) -> bool:
        """Deal with the next piece of the answer; see `origin.Taker`."""
        desk, answer = self._desk, self._answer
        if answer is None or self._client.gone:
            raise ClientGone
        desk.times.upstream += desk.times.lap()
        try:
            return await answer.take(piece, last=last)
        except UpstreamFault:
            if not desk.outlet.started:
                desk.unjudged("unreadable", Action.BLOCK)
            raise

    def _grows(self, status: int) -> bool:
        """Say whether JSON is an array that is sent piece by piece; few routes stream so."""
        return status == HTTPStatus.OK and self._desk.inspection.wants_array

    async def _fail(self, fault: Exception) -> None:
        desk = self._desk
        refusal, outcome = self._explain(fault)
        if desk.journal.closed:
            desk.journal.failed()
        try:
            if not desk.outlet.started:
                await desk.refuse(refusal, outcome, retry_after(fault))
            else:
                desk.journal.close(outcome)
                await desk.outlet.end(desk.guard.fault(told_of(fault)) if desk.guard else b"")
        except ClientGone:
            desk.journal.leave()

    def _explain(self, fault: Exception) -> tuple[Refusal, str]:
        told = self._handover
        if isinstance(fault, BadInput):
            outcome = "refused"
        elif isinstance(fault, UpstreamFault):
            outcome = "upstream_error"
        else:
            _log.error("exchange %s failed: %s", told.exchange_id, describe(fault))
            outcome = "error"
        return native_error(self._inspector, told.route.dialect, fault), outcome


async def decline(desk: Desk, refusal: Refusal) -> None:
    """Answer a request that goes nowhere, and record it."""
    with suppress(ClientGone):
        await desk.refuse(refusal, "refused")
    desk.journal.leave()
