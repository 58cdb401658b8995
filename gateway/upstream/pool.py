"""An upstream over our own keep-alive connections: HTTP/1.1, TLS, an optional proxy."""

import asyncio
import ssl
from collections import deque
from collections.abc import Callable
from functools import cached_property

from ...detection.errors import UpstreamFault
from ...middleware.breaker import Breaker, Resting
from ..outbox import Outbox
from .answer import PooledAnswer
from .base import UpstreamAnswer, UpstreamRequest
from .connection import Connection
from .decoding import decoded
from .dialer import Dialer, Dialled
from .faults import late, unreachable
from .request_head import RequestHead
from .resolver import Resolver
from .timeouts import Timeouts

IDLE_SECONDS = 30.0
"""So long a connection is kept that nobody uses."""

_COARSE = 0.5
_PARTS = 4


class PooledUpstream:
    """Talks to the origin of one base URL. Implements `base.Upstream`.

    At most `connections` are open; who finds none free waits in line, within the connect time-out.
    Time limits are watched by one timer for all exchanges, a few times in the shortest limit and
    at least twice a second: an exchange ends at most two such steps late, never early. A request
    is sent a second time only when it met an idle connection that turned out closed before a byte
    of it was confirmed, or, for one that may be repeated, before a byte of the answer.
    """

    def __init__(
        self,
        base_url: str,
        *,
        timeouts: Timeouts | None = None,
        connections: int = 200,
        idle_seconds: float = IDLE_SECONDS,
        tls: ssl.SSLContext | None = None,
        proxy: str | None = None,
        resolver: Resolver | None = None,
        breaker: Breaker | None = None,
    ) -> None:
        self._head = RequestHead(base_url)
        self._dialer = Dialer(base_url, tls=tls, proxy=proxy, resolver=resolver)
        self._timeouts = times = timeouts or Timeouts()
        self._idle_seconds = idle_seconds
        shortest = min(times.first_byte, times.silence, times.total, idle_seconds)
        self._step = min(_COARSE, shortest / _PARTS)
        self.breaker = breaker or Breaker()
        self._slots = connections
        self._all: set[Connection] = set()
        self._idle: list[Connection] = []
        self._others: set[Dialled] = set()
        self._line: deque[asyncio.Future[Connection | None]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False

    @property
    def open_connections(self) -> int:
        """Connections that are open, in use or not."""
        return len(self._all)

    @property
    def idle_connections(self) -> int:
        """Connections that are open and wait for a request."""
        return len(self._idle)

    @cached_property
    def outbox(self) -> Outbox:
        """Where small requests are written; made in the loop that sends the first."""
        return Outbox(asyncio.get_running_loop())

    async def send(self, request: UpstreamRequest) -> UpstreamAnswer:
        """Send a request; see `base.Upstream`."""
        head = self._head.render(request)
        breaker = self.breaker
        probe = breaker.troubled and _admitted(breaker)
        try:
            connection = self._idle.pop() if self._idle else await self._connected()
            answer = connection.begin(head, request.body, request.method)
            if not isinstance(request.body, bytes):
                await connection.pump(request.body, answer)
            if not await answer.arrived():
                answer = await self._again(request, head, answer)
        finally:
            if probe:
                breaker.gave_up()
        if breaker.troubled:
            breaker.succeeded()
        return await _plain(answer) if answer.encoded else answer

    async def dial[C: Dialled](self, make: Callable[[], C]) -> C:
        """Open a connection for something else than requests; see `realtime.dial.Dials`."""
        breaker = self.breaker
        probe = breaker.troubled and breaker.admit()
        deadline = asyncio.get_running_loop().time() + self._timeouts.connect
        try:
            async with asyncio.timeout_at(deadline):
                await self._place()
            made = await self._dialled(make, deadline)
        except TimeoutError:
            raise late("All connections to the upstream are busy.") from None
        finally:
            if probe:
                breaker.gave_up()
        if breaker.troubled:
            breaker.succeeded()
        self._others.add(made)
        if self._closed:
            made.abort()
        return made

    def released(self, connection: Dialled) -> None:
        """Take back the place of such a connection."""
        if connection in self._others:
            self._others.remove(connection)
            self._pass_on(None)

    async def close(self) -> None:
        """Close every connection."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        for connection in tuple(self._all):
            connection.fail(_closed())
        for other in tuple(self._others):
            other.abort()
        while self._line:
            self._pass_on(None)
        await asyncio.sleep(0)  # transports close in the next round of the loop

    def free(self, connection: Connection) -> None:
        """Take back a connection; see `connection.Owner`."""
        if self._line:
            self._pass_on(connection)
        else:
            self._idle.append(connection)

    def lost(self, connection: Connection) -> None:
        """Forget a connection; see `connection.Owner`."""
        if connection in self._all:
            self._all.remove(connection)
            if connection in self._idle:
                self._idle.remove(connection)
            self._pass_on(None)

    async def _again(self, request: UpstreamRequest, head: bytes, failed: PooledAnswer) -> PooledAnswer:
        """Repeat a request that met a stale connection, once; raise the fault of any other."""
        if failed.stale:
            connection = await self._connected()
            failed = connection.begin(head, request.body, request.method)
            if not isinstance(request.body, bytes):
                await connection.pump(request.body, failed)
            if await failed.arrived():
                return failed
        if failed.silent:
            self.breaker.failed()
        raise failed.fault or _closed()

    async def _connected(self) -> Connection:
        """Return a connection that is free or new."""
        deadline = asyncio.get_running_loop().time() + self._timeouts.connect
        try:
            async with asyncio.timeout_at(deadline):
                handed = await self._turn()
        except TimeoutError:
            raise late("All connections to the upstream are busy.") from None
        return handed or await self._opened(deadline)

    async def _place(self) -> None:
        """Wait for the right to open a connection; one that nobody uses makes room."""
        if not self._slots and self._idle:
            self._idle[0].drop()
        while (free := await self._turn()) is not None:
            free.drop()

    async def _turn(self) -> Connection | None:
        """Wait for a free connection, or for the right to open one (None)."""
        while not self._closed:
            if self._slots:
                self._slots -= 1
                return None
            waiter: asyncio.Future[Connection | None] = asyncio.get_running_loop().create_future()
            self._line.append(waiter)
            try:
                handed = await waiter
            except BaseException:
                self._leave_line(waiter)
                raise
            if handed is None or handed.open:
                return handed
        raise _closed()

    def _leave_line(self, waiter: asyncio.Future[Connection | None]) -> None:
        if waiter in self._line:
            self._line.remove(waiter)
        elif not waiter.cancelled():
            self._pass_on(waiter.result())

    def _pass_on(self, connection: Connection | None) -> None:
        """Give a free connection, or the right to open one, to the first in line."""
        while self._line:
            waiter = self._line.popleft()
            if not waiter.done():
                waiter.set_result(connection)
                return
        if connection is None:
            self._slots += 1
        elif connection.open:
            self._idle.append(connection)

    async def _opened(self, deadline: float) -> Connection:
        """Open a connection; the right to it is there and is given back when it fails."""
        connection = await self._dialled(lambda: Connection(self), deadline)
        if self._closed:
            connection.drop()
            self._pass_on(None)
            raise _closed()
        self._all.add(connection)
        if self._timer is None:
            self._watch()
        return connection

    async def _dialled[C: Dialled](self, make: Callable[[], C], deadline: float) -> C:
        """Dial; the right to a connection is there and is given back when that fails."""
        try:
            return await self._dialer.dial(make, deadline)
        except BaseException as error:
            self._pass_on(None)
            if isinstance(error, (OSError, UpstreamFault)):
                self.breaker.failed()
                raise _fault_of(error) from None
            raise

    def _watch(self) -> None:
        """Look at the time limits of everything that is open, and again in a moment."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        for connection in tuple(self._all):
            connection.check(now, self._timeouts, self._idle_seconds)
        self._timer = loop.call_later(self._step, self._watch) if self._all and not self._closed else None


def _admitted(breaker: Breaker) -> bool:
    """Say whether a request that may be sent is the probe of a breaker. Raises `UpstreamFault`."""
    try:
        return breaker.admit()
    except Resting as resting:
        raise UpstreamFault(
            "The upstream is unavailable for the moment.",
            code="upstream_unavailable",
            status=503,
            retry_after=resting.seconds,
        ) from None


async def _plain(answer: PooledAnswer) -> UpstreamAnswer:
    try:
        return decoded(answer)
    except UpstreamFault:
        await answer.close()
        raise


def _closed() -> UpstreamFault:
    return unreachable("The client of this upstream is closed.")


def _fault_of(error: Exception) -> UpstreamFault:
    if isinstance(error, UpstreamFault):
        return error
    if isinstance(error, TimeoutError):
        return late("The upstream cannot be reached in time.")
    return unreachable()
