"""Messages of a connection as a stream: each is a frame, in front of it its length. Messages come whole."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from ..json_text import dump

_LENGTH = 4


class Said(NamedTuple):
    """One message, which is JSON."""

    raw: bytes
    data: bytes | None
    plain: bool = False
    name: str = ""

    def with_data(self, data: bytes) -> bytes:
        """Write the message with another content."""
        return framed(data)

    def without_data(self) -> bytes:
        """Return nothing: there is nothing but the content."""
        return b""


class Messages:
    """Messages that are JSON, behind their lengths."""

    mark: bytes | None = None
    end = b""
    after_fault = b""

    def parser(self) -> "_Parser":
        """Begin a stream."""
        return _Parser()

    def write(self, tree: Any) -> bytes:
        """Write a message."""
        return framed(dump(tree))


class _Parser:
    """Cuts messages apart."""

    idle = True
    separates = False

    def feed(self, chunk: bytes) -> list[Said]:
        """Return the messages."""
        return [Said(framed(content), content) for content in unframed(chunk)]

    def close(self) -> None:
        """Nothing is left."""

    def join(self, pieces: Sequence[bytes]) -> bytes:
        """Put messages together."""
        return b"".join(pieces)


def framed(content: bytes) -> bytes:
    """Return a message behind its length."""
    return len(content).to_bytes(_LENGTH) + content


def unframed(stream: bytes) -> Iterator[bytes]:
    """Yield the messages of a stream."""
    at = 0
    while at < len(stream):
        end = at + _LENGTH + int.from_bytes(stream[at : at + _LENGTH])
        yield stream[at + _LENGTH : end]
        at = end
