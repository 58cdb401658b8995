"""One guarded exchange: forwarded, judged on its way back, ended and recorded exactly once."""

import asyncio
import logging
from contextlib import suppress
from functools import partial
from http import HTTPStatus

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
from .origin import Origin, OriginAnswer
from .over import ClientGone
from .race import run_race
from .spooled import Body
from .streamed_answer import deliver_stream
from .whole_answer import deliver_whole

_JSON = b"application/json"

_REPLACED = frozenset((b"content-length", b"transfer-encoding", b"connection", b"keep-alive"))
_keep = Sieve(_REPLACED)
_keep_but_timing = Sieve(_REPLACED | {b"server-timing"})
_log = logging.getLogger(__name__)


class Exchange:
    """Gets one judged request its answer.

    Whatever goes wrong ends in the caller's own format: as an answer while nothing was sent, as a
    last event in mid-stream. Text that was still held then is never sent.
    """

    __slots__ = ("_client", "_desk", "_fault", "_handover", "_inspector")

    def __init__(self, inspector: Inspector, handover: Handover, desk: Desk, client: Client) -> None:
        self._inspector = inspector
        self._handover = handover
        self._desk = desk
        self._client = client
        self._fault: Exception | None = None

    async def run(
        self, origin: Origin, scope: Scope, headers: Headers, body: Body, race: Decision | None = None
    ) -> None:
        """Ask the origin and deliver what it answers; in a `race` once the decision on the request stands."""
        desk = self._desk
        try:
            await self._watched(origin, scope, headers, body, race)
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

    async def _watched(
        self, origin: Origin, scope: Scope, headers: Headers, body: Body, race: Decision | None
    ) -> None:
        client, times = self._client, self._desk.times
        client.begin()
        try:
            times.lap()
            if race is None:
                answer = await origin.ask(scope, headers, body, self._handover)
            else:
                asking = partial(origin.ask, scope, headers, body, self._handover)
                if (won := await run_race(asking, self._desk, self._handover, race)) is None:
                    return
                answer = won
            try:
                times.upstream += times.lap()
                await self._deliver(answer)
            finally:
                await answer.close()
        except asyncio.CancelledError:
            if not client.cancelled():
                raise
        except Exception as error:  # noqa: BLE001 - whatever goes wrong ends in a native error
            self._fault = error
        finally:
            client.end()

    async def _deliver(self, answer: OriginAnswer) -> None:
        desk = self._desk
        try:
            kind = answer_kind(answer.headers)
            headers = (_keep_but_timing if desk.labels.full else _keep)(answer.headers)
            media = media_type(kind)
            route = self._handover.route
            grows = route.addressed.framing and media == _JSON and self._grows(answer)
            if grows or media in route.streamed:
                await deliver_stream(desk, answer, headers)
            else:
                await deliver_whole(desk, answer, headers, kind)
            if answer.ended:
                await answer.read()  # says that the last piece was dealt with
        except UpstreamFault:
            if not (desk.broke_off or desk.outlet.started):
                desk.unjudged("unreadable", Action.BLOCK)
            raise

    def _grows(self, answer: OriginAnswer) -> bool:
        """Say whether JSON is an array that is sent piece by piece; few routes stream so."""
        return answer.status == HTTPStatus.OK and self._desk.inspection.wants_array

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
