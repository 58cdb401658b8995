"""Opening a WebSocket to an upstream over what its pool dials: its addresses, TLS, proxy and breaker."""

import asyncio
from collections.abc import Callable
from typing import Protocol, runtime_checkable
from urllib.parse import urlsplit

from ...detection.errors import BadInput
from ...middleware.asgi import Headers
from ..upstream.dialer import Dialled
from ..upstream.faults import late
from .peer import Peer
from .upstream_socket import UpstreamSocket


@runtime_checkable
class Dials(Protocol):
    """An upstream that opens connections for other things than requests."""

    async def dial[C: Dialled](self, make: Callable[[], C]) -> C:
        """Connect; the connection takes the place of one for requests until it is `released`.

        Raises `UpstreamFault`.
        """
        ...

    def released(self, connection: Dialled) -> None:
        """Take back the place of a connection that is gone; told more than once."""
        ...


async def open_socket(
    upstream: object, base_url: str, target: bytes, headers: Headers, seconds: float
) -> Peer:
    """Return the other end of a new connection to an upstream that answers the handshake in so many seconds.

    Raises:
        BadInput: the upstream has no WebSockets.
        UpstreamFault: it cannot be reached, or does not answer.
        Declined: it answers with something else.
    """
    if not isinstance(upstream, Dials):
        raise BadInput("The upstream of this model has no WebSockets.", code="no_realtime", status=404)
    host = urlsplit(base_url).netloc
    socket = await upstream.dial(lambda: UpstreamSocket(host, target, headers))
    socket.when_gone(lambda: upstream.released(socket))
    try:
        async with asyncio.timeout(seconds):
            return await socket.shaken()
    except TimeoutError:
        socket.abort()
        raise late() from None
    except BaseException:
        socket.abort()
        raise
