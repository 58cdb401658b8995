"""How a connection comes about: name, TCP, proxy, TLS."""

import asyncio
import ssl
from collections.abc import Callable
from urllib.parse import urlsplit

from .connect_proxy import ConnectProxy, Tunnel
from .faults import unreachable
from .resolver import Resolver

_PORTS = {"http": 80, "https": 443}


class Dialled(asyncio.Protocol):
    """What a dialled connection is handed to. `open` says whether the connection can still be used."""

    __slots__ = ()

    open: bool

    def abort(self) -> None:
        """Cut the connection."""
        raise NotImplementedError


class Dialer:
    """Connects to the origin of one base URL and to no other host, save its proxy.

    With a proxy it is the proxy that resolves the name. TLS checks the certificate for the host of
    the base URL, and speaks HTTP/1.1.
    """

    def __init__(
        self,
        base_url: str,
        *,
        tls: ssl.SSLContext | None = None,
        proxy: str | None = None,
        resolver: Resolver | None = None,
    ) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise ValueError("an upstream is http://HOST or https://HOST")
        self._host = parts.hostname
        self._port = parts.port or _PORTS[parts.scheme]
        self._tls = (tls or ssl.create_default_context()) if parts.scheme == "https" else None
        self._proxy = ConnectProxy.parse(proxy) if proxy else None
        self._resolver = resolver or Resolver(self._proxy.host if self._proxy else self._host)

    async def dial[C: Dialled](self, make: Callable[[], C], deadline: float) -> C:
        """Connect until `deadline` (the loop's time), which the addresses that are tried in turn share.

        Raises `UpstreamFault`, `OSError` and `TimeoutError`.
        """
        time = asyncio.get_running_loop().time
        async with asyncio.timeout_at(deadline):
            addresses = await self._resolver.addresses()
        while True:
            address, *addresses = addresses
            try:
                async with asyncio.timeout((deadline - time()) / (1 + len(addresses))):
                    connection = await self._connect(make(), address)
            except OSError:  # TimeoutError is one
                if not addresses:
                    raise
            else:
                self._resolver.prefer(address)
                return connection

    async def _connect[C: Dialled](self, connection: C, address: str) -> C:
        loop = asyncio.get_running_loop()
        if self._proxy is not None:
            await self._tunnel(connection, address, self._proxy)
        elif self._tls is not None:
            await loop.create_connection(
                lambda: connection, address, self._port, ssl=self._tls, server_hostname=self._host
            )
        else:
            await loop.create_connection(lambda: connection, address, self._port)
        if not connection.open:
            raise ConnectionResetError
        return connection

    async def _tunnel(self, connection: Dialled, address: str, proxy: ConnectProxy) -> None:
        loop = asyncio.get_running_loop()
        asked = Tunnel(proxy.request(self._host, self._port))
        transport, _ = await loop.create_connection(lambda: asked, address, proxy.port)
        through: asyncio.Transport | None = transport
        try:
            wrong = await asked.opened
            if wrong:
                raise unreachable(wrong)
            if self._tls is None:
                transport.set_protocol(connection)
            else:
                through = await loop.start_tls(transport, connection, self._tls, server_hostname=self._host)
            if through is None:
                raise ConnectionAbortedError
        except BaseException:
            transport.abort()
            raise
        connection.connection_made(through)
