"""Closed-loop load of whole answers: each connection asks again once it has been answered."""

import asyncio
import re
import time
from array import array
from collections.abc import Sequence

from .workload import NUMBER

_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
_LAST_CHUNK = b"\r\n0\r\n\r\n"


class BadAnswer(Exception):
    """An answer that is not what was asked for; its text says how."""


class Tally:
    """What all connections of a cell have seen. `counting` says whether answers count yet."""

    def __init__(self, expect: Sequence[str]) -> None:
        self.expect = [text.encode() for text in expect]
        self.counting = False
        self.asked = 0
        self.stopping = False
        self.latencies = array("q")
        self.error = ""
        self.failed = asyncio.Event()

    def fail(self, error: str) -> None:
        """Remember the first error; nothing of the cell counts any more."""
        self.error = self.error or error
        self.failed.set()


class Client(asyncio.Protocol):
    """One keep-alive connection that asks again and again, under another number each time."""

    def __init__(self, request: bytes, tally: Tally) -> None:
        self._head, _, self._tail = request.partition(NUMBER.encode())
        self._tally = tally
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._asked = 0
        self._hung_up = False
        self.idle = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask at once."""
        self._transport = transport  # type: ignore[assignment] # a stream protocol gets a stream transport
        self._ask()

    def connection_lost(self, exc: Exception | None) -> None:
        """Closing is ours to do."""
        if not self._hung_up:
            self._tally.fail("the connection was closed")
        self.idle.set()

    def data_received(self, data: bytes) -> None:
        """Take what came; when the answer is whole, note how long it took and ask again."""
        if self._buffer:
            data = self._buffer + data
        try:
            if not whole_answer(data, self._tally.expect):
                self._buffer = data
                return
        except BadAnswer as fault:
            self._tally.fail(str(fault))
            return
        self._buffer = b""
        tally = self._tally
        if tally.counting:
            tally.latencies.append(time.monotonic_ns() - self._asked)
        if tally.stopping:
            self.idle.set()
        else:
            self._ask()

    def close(self) -> None:
        """Hang up."""
        self._hung_up = True
        if self._transport is not None:
            self._transport.close()

    def _ask(self) -> None:
        if self._transport is not None:
            self._tally.asked += 1
            request = b"%b%07d%b" % (self._head, self._tally.asked % 10**7, self._tail)
            self._asked = time.monotonic_ns()
            self._transport.write(request)


def whole_answer(data: bytes, expect: Sequence[bytes]) -> bool:
    """Say whether a whole answer has arrived. Raises `BadAnswer` when it is not the right one."""
    head = data.find(b"\r\n\r\n")
    if head < 0:
        return False
    if data[9:12] != b"200":
        raise BadAnswer(f"status {data[9:12].decode('ascii', 'replace')}: {_shown(data[head + 4 :])}")
    length = _LENGTH.search(data, 0, head + 2)
    if length is not None:
        missing = head + 4 + int(length[1]) - len(data)
        if missing < 0:
            raise BadAnswer("more bytes than were announced")
        done = missing == 0
    elif _CHUNKED.search(data, 0, head + 2):
        done = data.endswith(_LAST_CHUNK)
    else:
        raise BadAnswer("neither a length nor chunks")
    if done:
        for text in expect:
            if text not in data:
                raise BadAnswer(f"no {text.decode()!r} in {_shown(data[head + 4 :])}")
    return done


def _shown(body: bytes) -> str:
    return repr(body[:300].decode("utf-8", "replace"))
