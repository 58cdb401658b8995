"""One call of the detection service: admitted, read, handled, recorded, answered."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from ...detection.errors import BadInput, UpstreamFault
from ...detection.json_read import read
from ...detection.types import Principal
from ...middleware.asgi import ARRIVED, Headers, Receive, Scope, Send, peer
from ...middleware.bans import refuse_banned_address, refuse_banned_principal
from ...middleware.body import check_framing, discard, has_body, read_body
from ...middleware.faults import retry_after
from ...middleware.handover import Handover
from ...middleware.headers import Fields, first
from ...middleware.journal import Circumstances, Journal, Times
from ...middleware.labels import Labels
from ...middleware.limits import rate_headers, take_client, take_key
from ...middleware.outlet import Outlet
from ...middleware.over import ClientGone
from ...middleware.rejection import Rejected, reason_of
from ...middleware.request_id import new_id
from ...middleware.routes import Route
from ...middleware.visit import LINGER_BYTES, LINGER_SECONDS
from .bypass import takes_bypass
from .call import Call, Operation, Reply
from .elsewhere import Elsewhere
from .faults import Invalid, crowded, detail_body, fault_of, unrecorded
from .judging import Judge
from .parts import FACE, MOST_AT_ONCE, ServiceParts
from .query import read_query
from .shapes import check, missing
from .table import OperationTable
from .written import written


class Visit:
    """Serves one request. `running` counts the calls under way, this one with them."""

    def __init__(
        self, parts: ServiceParts, service: str, running: int, scope: Scope, receive: Receive, send: Send
    ) -> None:
        self._parts = parts
        self._service = service
        self._running = running
        self._scope = scope
        self._receive = receive
        self._started = parts.clock.now()
        self._id = new_id(self._started)
        self._times = Times(parts.clock)
        self._outlet = Outlet(send)
        self._labels = Labels(self._id, request_id=True, full=True)
        self._fields = Fields(scope["headers"])
        self._rate: Headers = []
        self._body_left = has_body(self._fields)
        self._unread = self._body_left and ARRIVED not in scope.get("extensions", {})
        self._operation: Operation | None = None
        self._raw = b""
        self._credential = ""

    async def serve(self, table: OperationTable) -> bytes | None:
        """Answer the request; return its body where that is not the service's to do."""
        self._times.lap()
        try:
            self._operation, names = table.find(self._scope)
            if self._running > MOST_AT_ONCE:
                raise crowded()
            principal = self._admit(self._operation)
            body = await self._body(self._operation)
            query = read_query(self._scope["query_string"], self._operation.query)
            await self._handle(self._operation, self._call(self._operation, principal, body, query, names))
        except Elsewhere:
            return self._raw
        except ClientGone:
            self._parts.metrics.rejected(FACE, "client_gone")
        except Exception as fault:  # noqa: BLE001 - whatever goes wrong ends in an answer of the service's
            await self._fail(fault)
        return None

    def _admit(self, operation: Operation) -> Principal:
        """Know the caller, or raise `Rejected`. Nothing here looks at anything but the head."""
        parts, limits = self._parts, self._parts.limits
        address = peer(self._scope)
        take_client(parts.counters, limits.client_rate, FACE, address)
        refuse_banned_address(parts.bans, address)
        if operation.open:
            return Principal("", "", "", "")
        caller = parts.callers.identify(self._scope, self._service)
        self._credential = caller.credential.decode("latin-1")
        principal = caller.principal
        refuse_banned_principal(parts.bans, principal)
        allowance = take_key(parts.counters, limits.key_rate, FACE, principal.key_id)
        if allowance is not None and limits.key_rate is not None:
            self._rate = rate_headers(allowance, limits.key_rate)
        if operation.judged and not parts.accepting():
            raise unrecorded()
        return principal

    async def _body(self, operation: Operation) -> Any:
        """Return the JSON of the body, checked; None where the operation takes none."""
        if operation.body is None or not self._body_left:
            if operation.body is not None and not operation.body_optional:
                raise Invalid([missing(("body",))])
            return None
        check_framing(self._fields, self._parts.limits)
        body = await read_body(self._receive, self._parts.limits)
        self._unread = False
        if body is None:
            raise ClientGone
        self._raw = body
        tree = read(body)
        issues = check(tree, operation.body)
        if issues:
            raise Invalid(issues)
        return tree

    def _call(
        self, operation: Operation, principal: Principal, body: Any, query: Mapping[str, Any],
        names: Mapping[str, str],
    ) -> Call:  # fmt: skip
        parts = self._parts
        policy = parts.policies.policy(principal, operation.path)
        judge = Judge(parts.inspector, policy, principal, parts.panel)
        if operation.judged:
            judge.bypassed = takes_bypass(parts.tools.bypass, self._scope["headers"], principal)
        return Call(
            exchange_id=self._id,
            service=self._service,
            principal=principal,
            policy=policy,
            judge=judge,
            tools=parts.tools,
            body=body,
            query=query,
            path=names,
            credential=self._credential,
            known_tag=(first(self._scope["headers"], b"if-none-match") or b"").decode("latin-1"),
        )

    async def _handle(self, operation: Operation, call: Call) -> None:
        journal = self._journal(operation, call)
        try:
            reply = await operation.handler(call)
            if call.judge.used:
                await self._give_judged(reply, call, journal)
            else:
                await self._give(reply.status, reply, self._labels.bare())
        except (BadInput, UpstreamFault, ClientGone, Elsewhere):
            raise
        except BaseException as error:
            if call.judge.used:
                journal.status = self._outlet.status or 500
                journal.close("client_gone" if isinstance(error, asyncio.CancelledError) else "error")
            raise

    def _journal(self, operation: Operation, call: Call) -> Journal:
        parts = self._parts
        circumstances = Circumstances(FACE, operation.method, peer(self._scope), self._started)
        told = Handover(self._id, call.principal, Route(operation.method, operation.path, None))
        return Journal(parts.audit, parts.metrics, circumstances, told, call.judge, self._times)

    async def _give_judged(self, reply: Reply, call: Call, journal: Journal) -> None:
        """Answer a judged call; its record is made before the last byte leaves."""
        times = self._times
        times.guard += times.lap()
        core = journal.core()
        journal.status = reply.status
        try:
            await self._head(reply.status, reply, self._labels.whole(call.policy, core, times))
            journal.close("complete", core)
            await self._outlet.end(reply.body)
        finally:
            journal.close("client_gone", core)

    async def _give(self, status: int, reply: Reply, labels: Headers) -> None:
        await self._head(status, reply, labels)
        await self._outlet.end(reply.body)

    async def _head(self, status: int, reply: Reply, more: Headers) -> None:
        headers = [
            (b"content-type", reply.kind.encode()),
            (b"content-length", b"%d" % len(reply.body)),
            (b"cache-control", b"no-store"),
            (b"x-service-type", self._service.encode()),
            (b"x-concurrent-limit", b"%d" % MOST_AT_ONCE),
            (b"x-current-concurrent", b"%d" % self._running),
            (b"x-processing-time", b"%.2fms" % ((self._times.guard + self._times.lap()) * 1000)),
        ]
        await self._outlet.head(status, headers + self._rate + more + [*reply.headers])

    async def _fail(self, error: Exception) -> None:
        """Answer with a fault. Raises `RuntimeError` when an answer was under way."""
        self._parts.metrics.rejected(FACE, reason_of(error, f"call {self._id}"))
        if self._outlet.started:
            raise RuntimeError(f"call {self._id} was cut off") from None
        fault = fault_of(error)
        render = self._operation.render if self._operation else detail_body
        status, body = render(fault, self._service)
        reply = Reply(written(body), status)
        more = self._labels.bare() + retry_after(error)
        if isinstance(error, Rejected):
            more += error.headers
            if fault.limit:
                self._rate = []
        with suppress(ClientGone):
            await self._send_fault(reply, more)

    async def _send_fault(self, reply: Reply, more: Headers) -> None:
        if not self._unread:
            await self._give(reply.status, reply, more)
            return
        if self._scope.get("http_version", "1.1") in ("1.0", "1.1"):
            more.append((b"connection", b"close"))
        await self._head(reply.status, reply, more)
        await self._outlet.piece(reply.body)
        await discard(self._receive, LINGER_BYTES, LINGER_SECONDS)
        await self._outlet.end()
