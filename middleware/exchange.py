"""One guarded exchange: forwarded, judged on its way back, ended and recorded exactly once."""

import asyncio
import logging
from contextlib import suppress

from ..detection.errors import BadInput, UpstreamFault
from ..detection.inspection import Inspector
from ..detection.types import Action, Refusal
from .answer import Answer, AnswerOver, Desk
from .asgi import ASGIApp, Message, Scope
from .client import Client
from .faults import describe, error_frame, native_error, retry_after
from .handover import Handover
from .headers import lowered
from .outlet import ClientGone

_log = logging.getLogger(__name__)


class Exchange:
    """Drives the app for one judged request.

    Whatever goes wrong ends in the caller's own format: as an answer while nothing was sent, as a
    last event in mid-stream. Text that was still held then is never sent.
    """

    def __init__(self, inspector: Inspector, handover: Handover, desk: Desk, client: Client) -> None:
        self._inspector = inspector
        self._handover = handover
        self._desk = desk
        self._client = client
        self._answer: Answer | None = None
        self._over = False
        self._fault: Exception | None = None

    async def forward(self, app: ASGIApp, scope: Scope) -> None:
        """Let the app answer."""
        desk = self._desk
        try:
            await self._run(app, scope)
            if desk.outlet.ended:
                return
            if self._client.gone or isinstance(self._fault, ClientGone):
                desk.journal.close("client_gone")
            else:
                await self._fail(self._fault or RuntimeError("the app ended without an answer"))
        finally:
            # only a cancelled task comes here with the record still open
            desk.journal.close("error")

    async def _run(self, app: ASGIApp, scope: Scope) -> None:
        client = self._client
        client.begin()
        try:
            self._desk.times.lap()
            await app(scope, client.receive, self._send)
        except asyncio.CancelledError:
            if not client.cancelled():
                raise
        except Exception as error:  # noqa: BLE001 - whatever an app raises ends in a native error
            self._fault = self._fault or error
        finally:
            client.end()
            self._over = True

    async def _send(self, message: Message) -> None:
        """The `send` of the app. Its own faults are kept, for the app may swallow what it is raised."""
        times = self._desk.times
        times.upstream += times.lap()
        if self._over or self._client.gone:
            raise AnswerOver
        try:
            await self._take(message)
        except AnswerOver:
            self._cut()
            raise
        except Exception as error:
            self._fault = error
            if isinstance(error, UpstreamFault) and not self._desk.outlet.started:
                self._desk.unjudged("unreadable", Action.BLOCK)
            self._cut()
            raise AnswerOver from error
        finally:
            times.lap()

    def _cut(self) -> None:
        self._over = True
        self._client.hang_up()

    async def _take(self, message: Message) -> None:
        kind = message["type"]
        if kind == "http.response.start" and self._answer is None:
            self._answer = self._desk.begin(message["status"], lowered(message.get("headers", ())))
        elif kind == "http.response.body" and self._answer is not None:
            last = not message.get("more_body", False)
            await self._answer.take(message.get("body", b""), last)
            self._over = last
        else:
            raise RuntimeError("the app sent a message out of turn")

    async def _fail(self, fault: Exception) -> None:
        desk = self._desk
        refusal, outcome = self._explain(fault)
        try:
            if not desk.outlet.started:
                await desk.refuse(refusal, outcome, retry_after(fault))
            else:
                desk.journal.close(outcome)
                await desk.outlet.end(error_frame(refusal))
        except ClientGone:
            desk.journal.close("client_gone")

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
    desk.journal.close("client_gone")
