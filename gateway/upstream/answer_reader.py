"""From the bytes of a connection to answers. Sans-io."""

import httptools

from .answer import PooledAnswer
from .faults import broken

HEAD_BYTES = 64 * 1024
"""Most bytes of all heads of an answer, of its trailers, or of a line between two chunks."""
HEAD_FIELDS = 200
"""Most header fields of an answer."""
MOST_INTERIM = 8
"""Most interim answers (1xx) in front of an answer."""

_TOLD_BY_FIELD = frozenset((b"content-length", b"transfer-encoding", b"content-encoding"))
_VERSIONS = frozenset(("1.0", "1.1"))


class AnswerReader:
    """Reads the answers of one HTTP/1 connection, one after the other.

    Over llhttp at its strictest, which refuses what two readers could read differently: repeated
    or contradicting lengths, bare CR and LF, folded lines. What is checked here are the limits,
    the versions, and that ``chunked`` is the only transfer coding. The ``on_`` methods are
    httptools'. Trailers are read past.
    """

    __slots__ = (
        "_answer", "_bodiless", "_fields", "_interim", "_keep", "_parser", "_silent_bytes", "_surplus",
        "_until_close",
    )  # fmt: skip

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)

    def start(self, answer: PooledAnswer, *, bodiless: bool) -> None:
        """Take the answer to fill next; `bodiless` is one to a HEAD."""
        self._answer = answer
        self._bodiless = bodiless
        self._fields: list[tuple[bytes, bytes]] = []
        self._silent_bytes = self._interim = 0
        self._keep = self._surplus = self._until_close = False

    @property
    def untouched(self) -> bool:
        """Whether not a byte came since `start`."""
        return not (self._silent_bytes or self._interim or self._answer.status)

    @property
    def reusable(self) -> bool:
        """Whether another answer may follow the one that is complete."""
        return self._keep and not self._surplus

    def feed(self, data: bytes) -> None:
        """Fill the answer. Raises `UpstreamFault` for what is no answer or goes beyond a limit."""
        answer = self._answer
        if not (self._silent_bytes or answer.status or data.startswith(b"H")):
            raise broken()  # llhttp would read RTSP and empty lines too
        self._silent_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            if not answer.complete:
                raise broken() from None
            self._surplus = True
        if answer.fault is not None:
            raise answer.fault
        if self._silent_bytes > HEAD_BYTES and not answer.complete:
            raise broken("The upstream's answer has an endless head.")

    def end(self) -> None:
        """Complete an answer whose body ends with the connection. Raises `UpstreamFault` otherwise."""
        if not self._until_close:
            raise broken()
        self._answer.complete = True

    def on_message_begin(self) -> None:
        """Notice an answer to no request."""
        if self._answer.complete:
            self._surplus = True

    def on_header(self, name: bytes, value: bytes) -> None:
        """Collect a field; those behind the head are dropped with the list."""
        self._fields.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """Hand the head over, or put it aside where it is an interim one."""
        answer, fields = self._answer, self._fields
        if answer.complete:
            return
        status = self._parser.get_status_code()
        self._fields = []
        if len(fields) > HEAD_FIELDS or (self._silent_bytes > HEAD_BYTES and _size(fields) > HEAD_BYTES):
            answer.fault = broken("The upstream's answer has too long a head.")
        elif self._parser.get_http_version() not in _VERSIONS or status < 100 or status == 101:
            answer.fault = broken()
        elif status < 200:
            self._interim += 1
            if self._interim > MOST_INTERIM:
                answer.fault = broken("The upstream sends interim answers without end.")
        else:
            self._take(answer, status, fields)

    def on_body(self, body: bytes) -> None:
        """Add a piece of the body."""
        answer = self._answer
        if not answer.complete:
            self._silent_bytes = 0
            answer.pieces.append(body)
            answer.unread += len(body)

    def on_message_complete(self) -> None:
        """Note the end of the answer; interim ones and surplus ones are none."""
        answer = self._answer
        if answer.status and not answer.complete:
            answer.complete = True
            self._keep = self._parser.should_keep_alive()

    def _take(self, answer: PooledAnswer, status: int, fields: list[tuple[bytes, bytes]]) -> None:
        framed = False
        for name, value in fields:
            if name not in _TOLD_BY_FIELD:
                continue
            if name == b"content-encoding":
                answer.encoded = True
            elif framed or (name == b"transfer-encoding" and value.strip().lower() != b"chunked"):
                answer.fault = broken("The upstream's answer has an unknown framing.")
                return
            else:
                framed = True
        self._until_close = not framed
        answer.status = status
        answer.headers = fields
        answer.complete = self._bodiless


def _size(fields: list[tuple[bytes, bytes]]) -> int:
    return sum(len(name) + len(value) + 4 for name, value in fields)
