"""The seam to an upstream: one request out, one answer back in pieces."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol

from ...middleware.asgi import Headers


@dataclass(frozen=True, slots=True)
class UpstreamRequest:
    """What is sent. `target` is the raw path from its first slash, with the query if there is one.

    `headers` hold everything but host and framing; `body` is sent with its length.
    """

    method: str
    target: bytes
    headers: Headers = field(repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class UpstreamAnswer:
    """What came back: the head, and the body as it arrives, free of content encoding."""

    status: int
    headers: Headers
    chunks: AsyncIterator[bytes]


class Upstream(Protocol):
    """One configured upstream. It talks to the host of its configuration and to no other."""

    def send(self, request: UpstreamRequest) -> AbstractAsyncContextManager[UpstreamAnswer]:
        """Send a request; entering waits for the head of the answer.

        Chunks are given as they arrive and read no faster than they are taken. Leaving before
        the last chunk, or a cancellation, closes the connection. Redirects are answers like
        others and never followed. Entering and iterating raise `UpstreamFault`:
        ``upstream_unreachable`` (502) when no connection came about, ``upstream_timeout`` (504)
        when a time limit passed, ``upstream_protocol`` (502) when what came is not HTTP, is cut
        off, or is encoded in a way that is not read. A target that begins otherwise than with a
        slash is a `ValueError`.
        """
        ...
