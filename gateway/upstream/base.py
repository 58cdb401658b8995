"""The seam to an upstream: one request out, one answer back in pieces."""

from dataclasses import dataclass, field
from typing import Protocol

from ...middleware.asgi import Headers
from ...middleware.origin import OriginAnswer
from ...middleware.spooled import Body


@dataclass(slots=True)
class UpstreamRequest:
    """What is sent. `target` is the raw path from its first slash, with the query if there is one.

    `headers` hold everything but host and framing; `body` is sent with its length. It is not
    frozen because one is made for every exchange, and freezing costs a microsecond; nobody
    changes it.
    """

    method: str
    target: bytes
    headers: Headers = field(repr=False)
    body: Body = field(default=b"", repr=False)


class UpstreamAnswer(OriginAnswer, Protocol):
    """What came back, its body free of content encoding. The status is never an interim one."""


class Upstream(Protocol):
    """One configured upstream. It talks to the host of its configuration and to no other.

    Sending and reading raise `UpstreamFault`: ``upstream_unreachable`` (502) when no connection
    came about, ``upstream_timeout`` (504) when a time limit passed, ``upstream_protocol`` (502)
    when what came is not HTTP, is cut off, or is encoded in a way that is not read, and
    ``upstream_unavailable`` (503) while an upstream that kept failing is given a rest. After a
    fault or a cancellation the connection is gone.
    """

    async def send(self, request: UpstreamRequest) -> UpstreamAnswer:
        """Send a request and return when the head of its answer is there.

        The caller closes the answer, whatever happens. Redirects are answers like others and
        never followed. A target that begins otherwise than with a slash is a `ValueError`.
        """
        ...

    async def close(self) -> None:
        """Close every connection. Answers that are still being read are cut off."""
        ...
