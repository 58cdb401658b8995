"""An upstream over httpx, for HTTP/2: nothing is taken from the environment."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial
from mmap import mmap
from urllib.parse import urlsplit

import httpx

from ...middleware.spooled import slices, taken
from .base import UpstreamAnswer, UpstreamRequest
from .decoding import decoded
from .faults import broken, late, unreachable
from .timeouts import Timeouts


class HttpxUpstream:
    """Talks to the origin of one base URL. Implements `base.Upstream`.

    It speaks HTTP/2 where it is told to and the upstream offers it, else HTTP/1.1. It stands on
    httpx's transport, below what httpx adds for browsing: no redirects, cookies, netrc exist there.

    httpx neither resets an HTTP/2 stream that is left early nor gives back what came on it of the
    connection's window. So such a connection takes no more requests and is closed with the last
    answer on it, at once where there is no other; until then its upstream sends at most a stream's
    window, 64 KB.
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
        self._http2 = http2
        # without TLS there is nothing to verify, and the list of roots need not be read
        self._transport = partial(
            httpx.AsyncHTTPTransport,
            verify=tls or parts.scheme == "https",
            trust_env=False,
            http2=http2,
            proxy=proxy,
            limits=httpx.Limits(
                max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=30.0
            ),
        )
        self._lines: set[Line] = set()
        self._line = self._new_line()

    async def send(self, request: UpstreamRequest) -> UpstreamAnswer:
        """Send a request; see `base.Upstream`."""
        deadline = asyncio.get_running_loop().time() + self._timeouts.total
        outgoing = self._request(request)
        line = self._line
        line.answers += 1
        try:
            async with _within(deadline):
                response = await line.transport.handle_async_request(outgoing)
        except BaseException:
            await self.leave(line, clean=not self._http2)
            raise
        answer = HttpxAnswer(self, line, response, deadline)
        try:
            return decoded(answer)
        except BaseException:
            await answer.close()
            raise

    async def close(self) -> None:
        """Close every connection."""
        for line in tuple(self._lines):
            await line.transport.aclose()

    async def leave(self, line: "Line", *, clean: bool) -> None:
        """Count an answer that is over; one that was not `clean` is the last on its line but for others."""
        line.answers -= 1
        if not clean and line is self._line:
            self._line = self._new_line()
        if line is not self._line and not line.answers:
            self._lines.discard(line)
            # httpcore leaves connections open when it is cancelled while closing them
            await asyncio.shield(line.transport.aclose())

    def _new_line(self) -> "Line":
        line = Line(self._transport())
        self._lines.add(line)
        return line

    def _request(self, request: UpstreamRequest) -> httpx.Request:
        if not request.target.startswith(b"/"):
            raise ValueError("a request target begins with a slash")
        times = self._timeouts
        return httpx.Request(
            request.method,
            self._origin.copy_with(raw_path=request.target),
            headers=request.headers,
            content=request.body if isinstance(request.body, bytes) else _pieces(request.body),
            extensions={
                "timeout": {
                    "connect": times.connect,
                    "pool": times.connect,
                    "read": times.silence,
                    "write": times.silence,
                }
            },
        )


class Line:
    """Connections that belong together, and how many answers are on their way over them."""

    def __init__(self, transport: httpx.AsyncHTTPTransport) -> None:
        self.transport = transport
        self.answers = 0


class HttpxAnswer:
    """An answer as httpx gives it. Implements `base.UpstreamAnswer`."""

    def __init__(
        self, upstream: HttpxUpstream, line: Line, response: httpx.Response, deadline: float
    ) -> None:
        self.status = response.status_code
        self.headers = [(name.lower(), value) for name, value in response.headers.raw]
        self.ended = False
        self._upstream = upstream
        self._line = line
        self._response = response
        self._deadline = deadline
        self._chunks = response.aiter_raw()
        self._closed = False

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
        if self._closed:
            return
        self._closed = True
        try:
            if not self._response.is_closed:
                with suppress(httpx.HTTPError):
                    # httpcore leaves the connection open when it is cancelled while closing it
                    await asyncio.shield(self._response.aclose())
        finally:
            clean = self.ended or self._response.http_version != "HTTP/2"
            await self._upstream.leave(self._line, clean=clean)


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


async def _pieces(body: mmap) -> AsyncIterator[bytes]:
    """Yield a body that lies in a file."""
    for piece in slices(body):
        yield taken(body, piece)
