"""An upstream over httpx, for HTTP/2: nothing is taken from the environment."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from urllib.parse import urlsplit

import httpx

from .base import UpstreamAnswer, UpstreamRequest
from .decoding import decoded
from .faults import broken, late, unreachable
from .timeouts import Timeouts


class HttpxUpstream:
    """Talks to the origin of one base URL. Implements `base.Upstream`.

    It speaks HTTP/2 where it is told to and the upstream offers it, else HTTP/1.1. It stands on
    httpx's transport, below what httpx adds for browsing: no redirects, cookies, netrc exist there.
    """

    def __init__(
        self,
        base_url: str,
        *,
        timeouts: Timeouts | None = None,
        connections: int = 200,
        tls: ssl.SSLContext | None = None,
        http2: bool = False,
        proxy: str | None = None,
    ) -> None:
        parts = urlsplit(base_url)
        self._origin = httpx.URL(f"{parts.scheme}://{parts.netloc}")
        self._timeouts = timeouts or Timeouts()
        # without TLS there is nothing to verify, and the list of roots need not be read
        self._transport = httpx.AsyncHTTPTransport(
            verify=tls or parts.scheme == "https",
            trust_env=False,
            http2=http2,
            proxy=proxy,
            limits=httpx.Limits(
                max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=30.0
            ),
        )

    async def send(self, request: UpstreamRequest) -> UpstreamAnswer:
        """Send a request; see `base.Upstream`."""
        deadline = asyncio.get_running_loop().time() + self._timeouts.total
        outgoing = self._request(request)
        async with _within(deadline):
            response = await self._transport.handle_async_request(outgoing)
        answer = HttpxAnswer(response, deadline)
        try:
            return decoded(answer)
        except BaseException:
            await answer.close()
            raise

    async def close(self) -> None:
        """Close every connection."""
        await self._transport.aclose()

    def _request(self, request: UpstreamRequest) -> httpx.Request:
        if not request.target.startswith(b"/"):
            raise ValueError("a request target begins with a slash")
        times = self._timeouts
        return httpx.Request(
            request.method,
            self._origin.copy_with(raw_path=request.target),
            headers=request.headers,
            content=request.body,
            extensions={
                "timeout": {
                    "connect": times.connect,
                    "pool": times.connect,
                    "read": times.silence,
                    "write": times.silence,
                }
            },
        )


class HttpxAnswer:
    """An answer as httpx gives it. Implements `base.UpstreamAnswer`."""

    def __init__(self, response: httpx.Response, deadline: float) -> None:
        self.status = response.status_code
        self.headers = [(name.lower(), value) for name, value in response.headers.raw]
        self.ended = False
        self._response = response
        self._deadline = deadline
        self._chunks = response.aiter_raw()

    async def read(self) -> bytes:
        """Return the next piece; see `base.UpstreamAnswer`."""
        piece = b""
        async with _within(self._deadline):
            while not (piece or self.ended):
                try:
                    piece = await anext(self._chunks)
                except StopAsyncIteration:
                    self.ended = True
        return piece

    async def close(self) -> None:
        """Close the connection of an answer that was not read to its end."""
        if not self._response.is_closed:
            with suppress(httpx.HTTPError):
                # httpcore leaves the connection open when it is cancelled while closing it
                await asyncio.shield(self._response.aclose())


@asynccontextmanager
async def _within(deadline: float) -> AsyncIterator[None]:
    bound = asyncio.timeout_at(deadline)
    try:
        async with bound:
            with _foreign_errors():
                yield
    except TimeoutError:
        if bound.expired():
            raise late() from None
        raise


@contextmanager
def _foreign_errors() -> Iterator[None]:
    try:
        yield
    except httpx.TimeoutException:
        raise late() from None
    except httpx.ConnectError:
        raise unreachable() from None
    except (httpx.HTTPError, httpx.StreamError):
        raise broken() from None
