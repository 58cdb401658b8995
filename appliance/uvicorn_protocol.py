"""uvicorn's HTTP protocol with bounds on the head of a request.

httptools bounds neither how long a head is nor how long it takes to arrive; one client could hold
memory and connections for ever with a head that does not end.
"""

from asyncio import Transport
from asyncio.events import TimerHandle
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_HEAD_BYTES = 64 * 1024
HEAD_SECONDS = 20.0
LINGER_SECONDS = 1.0
"""How long a client that is refused may go on sending before it is cut off."""

_TOO_LARGE = "Request head too large."
_TOO_LARGE_ANSWER = (
    "HTTP/1.1 431 Request Header Fields Too Large\r\n"
    "content-type: text/plain; charset=utf-8\r\n"
    f"content-length: {len(_TOO_LARGE)}\r\n"
    "connection: close\r\n\r\n"
    f"{_TOO_LARGE}"
).encode()


class _HeadTooLarge(Exception):
    """Ends the parsing of a head from inside the parser's callback."""


class BoundedHttpProtocol(HttpToolsProtocol):
    """One connection. A head beyond the bound is answered 431, one that comes too late not at all."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._in_head = True
        self._head_bytes = 0
        self._too_large = False
        self._refused = False
        self._head_timer: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Start waiting for the first head."""
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the deadline."""
        self._cancel_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes; a head that does not end is counted before it is kept any longer."""
        if self._refused:
            return
        if self._in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > MOST_HEAD_BYTES and not self._refused:
            self._refuse()

    def on_message_begin(self) -> None:
        """Start counting another head."""
        super().on_message_begin()
        self._await_head()

    def on_headers_complete(self) -> None:
        """Judge the head that is complete now; it may have come in one piece."""
        self._in_head = False
        self._head_bytes = 0
        self._cancel_timer()
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > MOST_HEAD_BYTES:
            self._too_large = True
            raise _HeadTooLarge
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer a head that cannot be read; the bound has an answer of its own."""
        if self._too_large:
            self._refuse()
        else:
            super().send_400_response(msg)

    def _refuse(self) -> None:
        """Answer, then read on for a moment: closing on unread bytes would take the answer back."""
        self._refused = True
        self._cancel_timer()
        self.transport.write(_TOO_LARGE_ANSWER)
        self.transport.write_eof()
        self._head_timer = self.loop.call_later(LINGER_SECONDS, self._late)

    def _await_head(self) -> None:
        self._in_head = True
        self._cancel_timer()
        self._head_timer = self.loop.call_later(HEAD_SECONDS, self._late)

    def _cancel_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _late(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()
