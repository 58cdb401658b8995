"""What the two ends of a WebSocket say to each other, and who the far end is."""

from typing import NamedTuple, Protocol

NORMAL, AWAY, NO_CODE, BROKEN, INVALID = 1000, 1001, 1005, 1006, 1007
VIOLATION, TOO_BIG, FAILED, LATER = 1008, 1009, 1011, 1013
"""Codes of closings (RFC 6455, section 7.4.1, and the registry it makes)."""
LONGEST_REASON = 123
"""Bytes of UTF-8 that a closing has for its reason."""

_SENDABLE = frozenset((*range(1000, 1004), *range(1007, 1015)))
_APPLICATIONS = range(3000, 5000)


class Message(NamedTuple):
    """One whole message; the content of a text is UTF-8."""

    content: bytes
    is_text: bool = True


class Closing(NamedTuple):
    """How a connection ended.

    Attributes:
        code, reason: what the other end said, or what it would have said.
        broke: it did not say so: it broke the rules, or was gone.
    """

    code: int
    reason: str = ""
    broke: bool = False


class FarEnd(Protocol):
    """Whom a client talks to: a connection to an upstream, or the app behind the guard."""

    async def receive(self) -> Message | Closing:
        """Return the next message; after the last one how it ended. One task asks at a time."""
        ...

    async def send(self, message: Message) -> None:
        """Say something, and wait while the far end does not listen."""
        ...

    def hint(self, message: Message) -> None:
        """Say something that may be lost where the far end does not listen."""
        ...

    def leave(self, code: int, *, lost: bool) -> None:
        """Say that it is over: with the code of a client that is lost, or with the one the client is told."""
        ...


def sendable(code: int, reason: str) -> tuple[int, str]:
    """Return what a closing may say: the code for no reason at all in place of one that nobody may send."""
    known = code in _SENDABLE or code in _APPLICATIONS
    return code if known else NORMAL, reason.encode()[:LONGEST_REASON].decode(errors="ignore")
