"""An upstream over httpx: HTTP/1.1, pooled connections, nothing taken from the environment."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from ...detection.errors import UpstreamFault
from ...middleware.headers import every
from .base import UpstreamAnswer, UpstreamRequest
from .decoding import decoded

_ENCODING = b"content-encoding"


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds. `connect` includes waiting for a free connection, `silence` is between two bytes."""

    connect: float = 10.0
    silence: float = 600.0
    total: float = 3600.0


class HttpxUpstream:
    """Talks to the origin of one base URL. Implements `base.Upstream`.

    It stands on httpx's transport, below what httpx adds for browsing: no redirects, cookies,
    netrc or proxies exist there.
    """

    def __init__(
        self,
        base_url: str,
        *,
        timeouts: Timeouts | None = None,
        connections: int = 200,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        parts = urlsplit(base_url)
        self._origin = httpx.URL(f"{parts.scheme}://{parts.netloc}")
        self._timeouts = timeouts or Timeouts()
        # without TLS there is nothing to verify, and the list of roots need not be read
        self._transport = httpx.AsyncHTTPTransport(
            verify=tls or parts.scheme == "https",
            trust_env=False,
            http2=False,
            limits=httpx.Limits(
                max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=30.0
            ),
        )

    @asynccontextmanager
    async def send(self, request: UpstreamRequest) -> AsyncIterator[UpstreamAnswer]:
        """Send a request; see `base.Upstream`."""
        bound = asyncio.timeout(self._timeouts.total)
        try:
            async with bound:
                with _foreign_errors():
                    response = await self._transport.handle_async_request(self._request(request))
                try:
                    yield _answer(response)
                finally:
                    await _close(response)
        except TimeoutError:
            if bound.expired():
                raise _timeout() from None
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


def _answer(response: httpx.Response) -> UpstreamAnswer:
    headers = [(name.lower(), value) for name, value in response.headers.raw]
    encodings = every(headers, _ENCODING)
    kept = [field for field in headers if field[0] != _ENCODING]
    return UpstreamAnswer(response.status_code, kept, decoded(_chunks(response), encodings))


async def _chunks(response: httpx.Response) -> AsyncIterator[bytes]:
    with _foreign_errors():
        async for chunk in response.aiter_raw():
            yield chunk


async def _close(response: httpx.Response) -> None:
    """Close the connection of an answer that was not read to its end."""
    if not response.is_closed:
        with suppress(httpx.HTTPError):
            # httpcore leaves the connection open when it is cancelled while closing it
            await asyncio.shield(response.aclose())


@contextmanager
def _foreign_errors() -> Iterator[None]:
    try:
        yield
    except httpx.TimeoutException:
        raise _timeout() from None
    except httpx.ConnectError:
        raise UpstreamFault("The upstream cannot be reached.", code="upstream_unreachable") from None
    except (httpx.HTTPError, httpx.StreamError):
        raise UpstreamFault(
            "The upstream broke off or does not speak HTTP.", code="upstream_protocol"
        ) from None


def _timeout() -> UpstreamFault:
    return UpstreamFault("The upstream did not answer in time.", code="upstream_timeout", status=504)
