"""One end of a WebSocket on a transport: a queue of messages, back-pressure both ways, signs of life."""

import asyncio
from collections import deque

from websockets.protocol import CLOSED

from ...middleware.live_ends import BROKEN, FAILED, NORMAL, Closing, Message
from .wire import Wire

HIGH_WATER = 256 * 1024
"""Bytes of messages that wait unread before the connection is no longer read."""
MOST_WAITING = 64
"""Messages that do."""
PING_SECONDS = 20.0
"""How often the other end is asked for a sign of life."""
SILENT_SECONDS = 60.0
"""How long it may give none."""
CLOSING_SECONDS = 5.0
"""How long it may take to confirm the end."""


class Peer:
    """The other end of a connection. Implements `live_ends.FarEnd`.

    Whoever owns the transport passes on what it tells.

    Not thread-safe: one task receives, any may send.
    """

    def __init__(self, transport: asyncio.Transport, wire: Wire) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport = transport
        self._wire = wire
        self._messages: deque[Message] = deque()
        self._waiting = 0
        self._paused = self._lost = False
        self._reader: asyncio.Future[None] | None = None
        self._drain: asyncio.Future[None] | None = None
        self._heard = self._loop.time()
        self._timer = self._loop.call_later(PING_SECONDS, self._look)
        self._said_bye = False

    # what the transport tells

    def data_received(self, data: bytes) -> None:
        """Take bytes."""
        self._heard = self._loop.time()
        self.take(self._wire.feed(data))

    def take(self, messages: list[Message]) -> None:
        """Take messages that were read already, and go on from there."""
        if not self._said_bye:
            self._messages += messages
            self._waiting += sum([len(message.content) for message in messages])
        self.flush()
        crowded = self._waiting > HIGH_WATER or len(self._messages) > MOST_WAITING
        if crowded and not self._paused and not self._lost:
            self._paused = True
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        """The other end sends no more."""
        self._wire.feed_end()
        self.flush()
        self._wake()

    def pause_writing(self) -> None:
        """The other end reads more slowly than we write."""
        if self._drain is None:
            self._drain = self._loop.create_future()

    def resume_writing(self) -> None:
        """The other end has read on."""
        drain, self._drain = self._drain, None
        if drain is not None and not drain.done():
            drain.set_result(None)

    def connection_lost(self) -> None:
        """The connection is gone."""
        self._lost = True
        self._timer.cancel()
        if self._wire.protocol.state is not CLOSED:
            self._wire.feed_end()
        self.resume_writing()
        self._wake()

    # what the exchange asks for

    async def receive(self) -> Message | Closing:
        """Return the next message, after the last one how the connection ended."""
        while not self._messages:
            closing = self._wire.closing
            if closing is not None or self._lost:
                return closing or Closing(BROKEN, broke=True)
            self._reader = self._loop.create_future()
            await self._reader
        message = self._messages.popleft()
        self._waiting -= len(message.content)
        if self._paused and self._waiting <= HIGH_WATER // 2 and len(self._messages) <= MOST_WAITING // 2:
            self._paused = False
            self._transport.resume_reading()
        return message

    async def send(self, message: Message) -> None:
        """Send a message, and wait while the other end does not read. What nobody reads any more is lost."""
        self.hint(message)
        if self._drain is not None and not self._lost:
            await asyncio.shield(self._drain)

    def hint(self, message: Message) -> None:
        """Send a message without waiting. What nobody reads any more is lost."""
        if not self._lost:
            self._wire.say(message)
            self.flush()

    def leave(self, code: int, *, lost: bool) -> None:
        """Say that it ends; why is told of a client that is gone alone."""
        self.close(code if lost else NORMAL)

    def close(self, code: int, reason: str = "") -> None:
        """Say that it ends; the transport goes when the other end confirms, or a few seconds later."""
        if self._lost or self._said_bye:
            return
        self._wire.close(code, reason)
        self._linger()
        self.flush()

    def abort(self) -> None:
        """Cut the connection."""
        if not self._lost:
            self._transport.abort()

    def flush(self) -> None:
        """Send what the frames came to."""
        data, ended = self._wire.out()
        if self._lost or self._transport.is_closing():
            return
        if data:
            self._transport.write(data)
        if ended and self._wire.confirmed:
            self._transport.close()
            return
        if ended and self._transport.can_write_eof():
            self._transport.write_eof()
        if self._wire.failed and not self._said_bye:
            self._linger()

    def _linger(self) -> None:
        """Read past what still comes for a moment: closing on unread bytes would take back what was said."""
        self._said_bye = True
        self._resume()
        self._timer.cancel()
        self._timer = self._loop.call_later(CLOSING_SECONDS, self.abort)

    def _resume(self) -> None:
        if self._paused:
            self._paused = False
            self._transport.resume_reading()

    def _wake(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None and not reader.done():
            reader.set_result(None)

    def _look(self) -> None:
        """Ask for a sign of life, or take its absence for the end."""
        silent = self._loop.time() - self._heard
        if silent >= SILENT_SECONDS and not self._paused:
            self._wire.close(FAILED, "no sign of life")
            self.flush()
            self.abort()
            return
        self._wire.ping()
        self.flush()
        self._timer = self._loop.call_later(PING_SECONDS, self._look)
