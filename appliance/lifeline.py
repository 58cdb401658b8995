"""The line between the supervisor and one child: short orders down, short news up.

A pair of sockets that keep messages apart. When either side dies the other reads the end, so a
child whose supervisor was killed knows at once and nobody needs to be asked.
"""

import socket
from dataclasses import dataclass
from enum import Enum

import orjson

_LONGEST = 4096
_LONGEST_TEXT = 2000


class Order(Enum):
    """What the supervisor says."""

    ANNOUNCE = b"announce"
    """Everything serves: print where."""
    RETIRE = b"retire"
    """Another process takes over: serve who is there to the end, without a hurry."""
    DRAIN = b"drain"
    """End: what runs has the grace period."""


@dataclass(frozen=True, slots=True)
class News:
    """What a child says: that it is ready, or that it cannot be and why."""

    ready: bool
    reason: str = ""
    exit_code: int = 1


class Lifeline:
    """One end. The supervisor's reads `News` and sends `Order`s, a child's the other way round."""

    def __init__(self, end: socket.socket) -> None:
        end.setblocking(False)
        self._socket = end

    def fileno(self) -> int:
        """The descriptor, for a selector or a loop."""
        return self._socket.fileno()

    def order(self, order: Order) -> None:
        """Send an order; a child that is gone needs none."""
        self._send(order.value)

    def tell(self, news: News) -> None:
        """Send news; a supervisor that is gone wants none."""
        self._send(orjson.dumps([news.ready, news.reason[:_LONGEST_TEXT], news.exit_code]))

    def orders(self) -> list[Order | None]:
        """Return the orders that came; None at their end: the supervisor is gone."""
        return [Order(message) if message else None for message in self._receive()]

    def news(self) -> list[News | None]:
        """Return the news that came; None at their end: the child is gone or going."""
        return [News(*orjson.loads(message)) if message else None for message in self._receive()]

    def close(self) -> None:
        """Close this end."""
        self._socket.close()

    def _send(self, message: bytes) -> None:
        if self._socket.fileno() < 0:
            return
        try:
            self._socket.send(message)
        except (BlockingIOError, ConnectionError):
            # Gone, or stuck for so long that it will be killed.
            return

    def _receive(self) -> list[bytes]:
        messages: list[bytes] = []
        while not messages or messages[-1]:
            try:
                messages.append(self._socket.recv(_LONGEST))
            except BlockingIOError:
                break
            except ConnectionError:
                messages.append(b"")
        return messages


def lifelines() -> tuple[Lifeline, Lifeline]:
    """Return the two ends of a new line: the supervisor's and the child's."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    return Lifeline(ours), Lifeline(theirs)
