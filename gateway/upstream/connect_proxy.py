"""A tunnel through an HTTP proxy (RFC 9110 section 9.3.6)."""

import asyncio
import re
from base64 import b64encode
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import unquote, urlsplit

HEAD_BYTES = 16 * 1024
"""Most bytes of a proxy's answer."""

_OPENED = re.compile(rb"HTTP/1\.[01] 2[0-9][0-9][ \r]")


@dataclass(frozen=True, slots=True)
class ConnectProxy:
    """A proxy of the configuration; `credential` is a field of every request to it, or empty."""

    host: str
    port: int
    credential: bytes = field(default=b"", repr=False)

    @classmethod
    def parse(cls, url: str) -> "ConnectProxy":
        """Read ``http://[USER:PASSWORD@]HOST[:PORT]``. Raises `ValueError` for anything else."""
        parts = urlsplit(url)
        more = parts.path.strip("/") or parts.query or parts.fragment
        if parts.scheme != "http" or not parts.hostname or more:
            raise ValueError("a proxy is http://HOST:PORT")
        credential = b""
        if parts.username is not None:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
            credential = b"proxy-authorization: Basic " + b64encode(pair) + b"\r\n"
        return cls(parts.hostname, parts.port or 80, credential)

    def request(self, host: str, port: int) -> bytes:
        """The request for a tunnel to `host` and `port`."""
        where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        target = where.encode("ascii")
        return b"CONNECT %b HTTP/1.1\r\nhost: %b\r\n%b\r\n" % (target, target, self.credential)


class Tunnel(asyncio.Protocol):
    """Asks for a tunnel; `opened` is what went wrong, or empty once the tunnel is there."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self._head = bytearray()
        self.opened: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask."""
        cast("asyncio.Transport", transport).write(self._request)

    def data_received(self, data: bytes) -> None:
        """Read the proxy's answer. Nobody speaks behind it before we do."""
        self._head += data
        end = self._head.find(b"\r\n\r\n")
        if end < 0 and len(self._head) <= HEAD_BYTES:
            return
        if end + 4 == len(self._head) and _OPENED.match(self._head):
            self._settle("")
        else:
            self._settle("The proxy does not open a tunnel to the upstream.")

    def connection_lost(self, exc: Exception | None) -> None:
        """The proxy hung up."""
        self._settle("The proxy broke off.")

    def _settle(self, wrong: str) -> None:
        if not self.opened.done():
            self.opened.set_result(wrong)
