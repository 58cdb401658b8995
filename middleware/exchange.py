"""One guarded exchange: forwarded, judged on its way back, ended and recorded exactly once."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from typing import Any

from ..detection.errors import BadInput, UpstreamFault
from ..detection.inspection import Decision, Inspection
from ..detection.policy import Policy
from ..detection.types import Action, Refusal
from .answer_kind import answer_kind
from .asgi import Headers, Receive, Scope
from .client import Client
from .desk import Desk
from .faults import describe, native_error, retry_after, told_of
from .handover import Handover
from .headers import Sieve, media_type
from .journal import Journal, Times
from .labels import Labels
from .origin import Origin
from .outlet import Outlet
from .over import ClientGone
from .parts import Parts
from .race import run_race
from .spooled import Body
from .started import begun
from .streamed_answer import StreamedAnswer
from .whole_answer import WholeAnswer

_JSON = b"application/json"

_REPLACED = frozenset((b"content-length", b"transfer-encoding", b"connection", b"keep-alive"))
_keep = Sieve(_REPLACED)
_keep_but_timing = Sieve(_REPLACED | {b"server-timing"})
_log = logging.getLogger(__name__)


class Exchange(Desk):
    """Gets one judged request its answer. Implements `origin.Taker`.

    Whatever goes wrong ends in the caller's own format: as an answer while nothing was sent, as a
    last event in mid-stream. Text that was still held then is never sent.

    Args:
        parts: what all exchanges at this door share.
        scope: of the request.
        receive: of the request.
        told: what the guard tells of the request.
        policy: in force.
        journal: its record.
        labels: what its client is shown.
        outlet: the way to its client.
    """

    __slots__ = ("_answer", "_client", "_fault", "_parts", "_receive", "_scope", "_told")

    def __init__(
        self, parts: Parts, scope: Scope, receive: Receive, told: Handover, inspection: Inspection,
        policy: Policy, journal: Journal, times: Times, labels: Labels, outlet: Outlet,
    ) -> None:  # fmt: skip
        self.inspection = inspection
        self.policy = policy
        self.limits = parts.limits
        self.journal = journal
        self.times = times
        self.labels = labels
        self.outlet = outlet
        self.panel = parts.panel
        self.guard = None
        self._parts = parts
        self._scope = scope
        self._receive = receive
        self._told = told
        self._client: Client | None = None
        self._fault: Exception | None = None
        self._answer: WholeAnswer | StreamedAnswer | None = None

    async def run(self, headers: Headers, body: Body, race: Decision | None) -> None:
        """Have the request answered, with these fields and body, and deliver the answer.

        In a `race` it waits for the decision on the request.
        """
        try:
            try:
                parts, told = self._parts, self._told
                if parts.origin is None:
                    rest = begun(parts.source.pour, self._scope, headers, body, told, self)
                else:
                    rest = begun(self._ask, parts.origin, headers, body, race)
                if rest is not None:
                    self._watch().begin()
                    await rest
            except asyncio.CancelledError:
                if self._client is None or not self._client.cancelled():
                    raise
            except Exception as error:  # noqa: BLE001 - whatever goes wrong ends in a native error
                self._fault = error
            finally:
                if self._client is not None:
                    self._client.end()
            if not self.outlet.ended:
                await self._end()
            elif self._fault is not None:
                self._note_late(self._fault)
        finally:
            # only a cancelled task comes here with the record still open
            self.journal.close("error")
            self._answer = None  # it holds this exchange: no collector need come for the two

    async def _end(self) -> None:
        """End an exchange whose client did not get all of an answer."""
        left = self._client is not None and self._client.gone
        if left or isinstance(self._fault, ClientGone):
            self.journal.leave()
        else:
            await self._fail(self._fault or RuntimeError("the exchange ended without an answer"))

    def _note_late(self, fault: Exception) -> None:
        """Tell of what failed when the client had all of its answer."""
        if not isinstance(fault, ClientGone | UpstreamFault):
            _log.error("exchange %s failed at its end: %s", self._told.exchange_id, describe(fault))
            self.journal.failed()

    def _watch(self) -> Client:
        """Return the client; it is looked after only where somebody waits."""
        if self._client is None:
            self._client = Client(self._receive, self.outlet, self._scope)
        return self._client

    async def _ask(self, origin: Origin, headers: Headers, body: Body, race: Decision | None) -> None:
        """Ask an origin and take what it answers; in a `race` once the decision on the request stands."""
        if race is None:
            answer = await origin.ask(self._scope, headers, body, self._told)
        else:
            asking = partial(origin.ask, self._scope, headers, body, self._told)
            won = await run_race(asking, self, self._told, race)
            if won is None:
                return
            answer = won
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
        try:
            kind = answer_kind(headers)
            kept = (_keep_but_timing if self.labels.full else _keep)(headers)
            media = media_type(kind)
            route = self._told.route
            grows = route.addressed.framing and media == _JSON and self._grows(status)
            if grows or media in route.streamed:
                self._answer = StreamedAnswer(self, status, kept)
            else:
                self._answer = WholeAnswer(self, status, kept, kind)
        except UpstreamFault:
            self.unjudged("unreadable", Action.BLOCK)
            raise

    def heed(self, left: Callable[[], None]) -> None:
        """Call `left` when the client is gone; see `origin.Taker`."""
        self._watch().heed(left)

    def take(self, piece: bytes, *, last: bool) -> Coroutine[Any, Any, bool]:
        """Deal with the next piece of the answer; see `origin.Taker`."""
        answer, client, times = self._answer, self._client, self.times
        if answer is None or (client is not None and client.gone):
            raise ClientGone
        times.upstream += times.lap()
        return answer.take(piece, last=last)

    def _grows(self, status: int) -> bool:
        """Say whether JSON is an array that is sent piece by piece; few routes stream so."""
        return status == HTTPStatus.OK and self.inspection.wants_array

    async def _fail(self, fault: Exception) -> None:
        refusal, outcome = self._explain(fault)
        if self.journal.closed:
            self.journal.failed()
        try:
            if not self.outlet.started:
                await self.refuse(refusal, outcome, retry_after(fault))
            else:
                self.journal.close(outcome)
                await self.outlet.end(self.guard.fault(told_of(fault)) if self.guard else b"")
        except ClientGone:
            self.journal.leave()

    def _explain(self, fault: Exception) -> tuple[Refusal, str]:
        told = self._told
        if isinstance(fault, BadInput):
            outcome = "refused"
        elif isinstance(fault, UpstreamFault):
            outcome = "upstream_error"
        else:
            _log.error("exchange %s failed: %s", told.exchange_id, describe(fault))
            outcome = "error"
        return native_error(self._parts.inspector, told.route.dialect, fault), outcome


async def decline(desk: Desk, refusal: Refusal) -> None:
    """Answer a request that goes nowhere, and record it."""
    with suppress(ClientGone):
        await desk.refuse(refusal, "refused")
    desk.journal.leave()
