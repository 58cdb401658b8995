"""One keep-alive connection: a request out, its answer in, one at a time."""

import asyncio
import socket
from mmap import mmap
from typing import Protocol, cast

from ...detection.errors import UpstreamFault
from ...middleware.spooled import Body, slices, taken
from ..outbox import Outbox
from .answer import PooledAnswer
from .answer_reader import AnswerReader
from .dialer import Dialled
from .faults import broken, late
from .timeouts import Timeouts
from .unacknowledged import unacknowledged

UNREAD_BYTES = 256 * 1024
"""So much of a body may lie unread before the connection is no longer read."""

_JOINED = 64 * 1024
_REPEATABLE = frozenset(("GET", "HEAD"))


class Owner(Protocol):
    """The pool a connection belongs to."""

    @property
    def outbox(self) -> Outbox:
        """Where small requests are written."""
        ...

    def free(self, connection: "Connection") -> None:
        """Take back a connection on which the next request may be sent."""
        ...

    def lost(self, connection: "Connection") -> None:
        """Forget a connection that is no longer `open`, if it is known; told more than once."""
        ...


class Connection(Dialled):
    """An HTTP/1 connection. `open` says whether it can be used or is in use.

    Nothing here looks at a clock while bytes move: `check`, which the pool calls a few times a
    second, notices whether something `moved` since it looked last. A request is held by the
    caller anyway, so it is written at once; the transport keeps what the network does not take.
    """

    __slots__ = (
        "_answer", "_deadline", "_drain", "_made", "_moved", "_owner", "_partial", "_reader", "_repeatable",
        "_sent", "_since",
        "_transport", "_unsent", "_used", "open",
    )  # fmt: skip

    def __init__(self, owner: Owner) -> None:
        self._owner = owner
        self._reader = AnswerReader()
        self._answer: PooledAnswer | None = None
        self._drain: asyncio.Future[None] | None = None
        self._made = self._used = self._partial = False
        self._since = self._deadline = 0.0
        self._unsent = 0
        self._moved = self.open = True
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin; asyncio calls this, or whoever connected by way of a proxy."""
        self._transport, self._made = cast("asyncio.Transport", transport), True
        if not self.open:
            self._transport.abort()
            return
        sock = transport.get_extra_info("socket")
        if sock is not None and sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

    def begin(self, head: bytes, body: Body, method: str) -> PooledAnswer:
        """Send a request on a connection that is `open` and free; a body in a file is left to `pump`."""
        answer = self._answer = PooledAnswer(self)
        self._reader.start(answer, bodiless=method == "HEAD")
        self._repeatable = method in _REPEATABLE
        self._sent = len(head) + len(body)
        self._deadline = 0.0
        self._moved = True
        if not isinstance(body, bytes):
            self._partial = True
            self._transport.write(head)
        elif len(body) > _JOINED:
            self._transport.writelines((head, body))
        else:
            self._owner.outbox.write(self._transport, head + body)
        return answer

    async def pump(self, body: mmap, answer: PooledAnswer) -> None:
        """Send a body that lies in a file, as fast as it is taken, unless the answer comes before its end."""
        try:
            for piece in slices(body):
                if answer.status or answer.fault is not None or not self.open:
                    return
                self._transport.write(taken(body, piece))
                if self._drain is not None:
                    await self._drain
            self._partial = False
        except BaseException:
            self.abandon(answer)
            raise

    def pause_writing(self) -> None:
        """The network takes no more for now; asyncio calls this."""
        self._drain = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        """The network takes more."""
        drain, self._drain = self._drain, None
        if drain is not None and not drain.done():
            drain.set_result(None)

    def data_received(self, data: bytes) -> None:
        """Read on; the reader of the answer is woken once."""
        answer = self._answer
        if answer is None:
            self.drop()
            return
        self._moved = True
        try:
            self._reader.feed(data)
        except UpstreamFault as fault:
            self.fail(fault)
            return
        if answer.status:
            self._wake_pump()
        if answer.complete:
            self._finish(answer)
        elif answer.unread > UNREAD_BYTES and not answer.paused:
            answer.paused = True
            self._transport.pause_reading()
        if answer.status and (answer.pieces or answer.complete or not answer.told):
            answer.wake()

    def eof_received(self) -> None:
        """The other end closed: what was asked is over, and so is the connection."""
        self._over(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._wake_pump()
        self._over(exc)

    def resume(self) -> None:
        """Go on receiving; see `answer.Source`."""
        if self._answer is not None:
            self._answer.paused = False
            self._moved = True
            self._transport.resume_reading()

    def abandon(self, answer: PooledAnswer) -> None:
        """Drop the connection if the answer still comes from it; see `answer.Source`."""
        if self._answer is answer:
            self.fail(broken("The answer was closed."))

    def fail(self, fault: UpstreamFault) -> None:
        """End the exchange with a fault, and the connection with it."""
        answer, self._answer = self._answer, None
        if answer is not None:
            answer.fault = fault
            answer.wake()
        self.drop()

    def drop(self) -> None:
        """Close at once."""
        self.open = False
        self._wake_pump()
        self._owner.lost(self)
        if self._made:
            self._transport.abort()

    def abort(self) -> None:
        """Close at once; see `dialer.Dialled`."""
        self.drop()

    def check(self, now: float, timeouts: Timeouts, idle: float) -> None:
        """Look whether a time limit passed; `now` is the loop's time, `idle` the limit when free."""
        answer = self._answer
        unsent = self._transport.get_write_buffer_size()
        if self._stirred(answer, unsent):
            self._since = now
        if answer is None:
            if now - self._since >= idle:
                self.drop()
            return
        self._deadline = self._deadline or now + timeouts.total
        limit = timeouts.silence if answer.status or unsent else timeouts.first_byte
        if now - self._since >= limit or now >= self._deadline:
            self.fail(late())

    def _stirred(self, answer: PooledAnswer | None, unsent: int) -> bool:
        """Whether anything happened since the last look. Bytes of a head that is not whole do not count."""
        moved, self._moved = self._moved, False
        taken, self._unsent = unsent != self._unsent, unsent
        if taken or answer is None:
            return taken or moved
        return not self._deadline or answer.paused or (moved and answer.status != 0)

    def _finish(self, answer: PooledAnswer) -> None:
        self._answer = None
        answer.ended = not answer.pieces
        reusable = self.open and self._reader.reusable and not self._partial
        if reusable and not self._transport.get_write_buffer_size():
            self._used = self._moved = True
            self._owner.free(self)
        else:
            self.drop()

    def _wake_pump(self) -> None:
        """Let who sends a body look again."""
        if self._drain is not None and not self._drain.done():
            self._drain.set_result(None)

    def _over(self, exc: Exception | None) -> None:
        if not self.open:
            return
        answer, self._answer = self._answer, None
        if answer is not None:
            self._cut(answer, exc)
            answer.wake()
        self.open = False
        self._owner.lost(self)

    def _cut(self, answer: PooledAnswer, exc: Exception | None) -> None:
        try:
            if exc is not None:
                raise broken()
            self._reader.end()
            answer.ended = not answer.pieces
        except UpstreamFault as fault:
            answer.fault = fault
            answer.silent = self._reader.untouched
            answer.stale = self._used and answer.silent and self._may_repeat(exc)

    def _may_repeat(self, exc: Exception | None) -> bool:
        """Whether nobody can have acted upon the request, or acting twice does no harm."""
        if self._owner.outbox.withdraw(self._transport) or self._repeatable:
            return True
        # a reset may come ahead of the confirmation of what was read, an orderly end never does
        return not isinstance(exc, ConnectionResetError) and unacknowledged(self._transport, self._sent)
