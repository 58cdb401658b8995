"""Connections to the hosts that clients asked for: opened by us, to addresses that we looked at."""

import ssl
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address

from ..upstream.addresses import Kind
from ..upstream.base import Upstream
from ..upstream.pool import PooledUpstream
from ..upstream.resolver import Resolver
from .host_rules import HostRule
from .ticket import Ticket

MOST = 256
"""Hosts whose connections are kept; of more the one unused for longest is closed when nobody uses it."""

_PUBLIC: frozenset[Kind] = frozenset(("public",))
_INWARD: frozenset[Kind] = frozenset(("public", "private", "loopback"))
_PORTS = {"http": 80, "https": 443}

type Make = Callable[[str, Resolver], Upstream]
"""Makes the client of a base URL whose host is resolved so."""


def reachable(rule: HostRule) -> frozenset[Kind]:
    """Return what kinds of address the hosts of a rule may stand at."""
    return _INWARD if rule.private else _PUBLIC


def pooled(tls: Callable[[], ssl.SSLContext]) -> Make:
    """Return a maker of clients that keep connections; `tls` gives what certificates they believe in."""
    contexts: list[ssl.SSLContext] = []

    def make(base_url: str, resolver: Resolver) -> Upstream:
        if base_url.startswith("https:") and not contexts:
            contexts.append(tls())
        return PooledUpstream(base_url, tls=contexts[0] if contexts else None, resolver=resolver)

    return make


class Destinations:
    """The clients of the hosts that were asked for, made when first needed."""

    def __init__(self, make: Make, most: int = MOST) -> None:
        self._make = make
        self._most = most
        self._clients: dict[tuple[str, str, int], Upstream] = {}

    async def find(self, ticket: Ticket, rule: HostRule) -> Upstream:
        """Return the client of the host that a ticket names and a rule allows."""
        place = ticket.scheme, ticket.host, ticket.port
        client = self._clients.pop(place, None)
        if client is None:
            await self._make_room()
            client = self._make(base_url(ticket), Resolver(ticket.host, kinds=reachable(rule)))
        self._clients[place] = client  # at the end: used last
        return client

    async def close(self) -> None:
        """Close every connection."""
        for client in self._clients.values():
            await client.close()
        self._clients.clear()

    async def _make_room(self) -> None:
        if len(self._clients) < self._most:
            return
        for place, client in self._clients.items():
            if not isinstance(client, PooledUpstream) or client.open_connections == client.idle_connections:
                del self._clients[place]
                await client.close()
                return


def base_url(ticket: Ticket) -> str:
    """Return the URL of the host that a ticket names, as it stands in a ``Host`` field."""
    host = f"[{ticket.host}]" if _is_v6(ticket.host) else ticket.host
    port = "" if ticket.port == _PORTS.get(ticket.scheme) else f":{ticket.port}"
    return f"{ticket.scheme}://{host}{port}"


def _is_v6(host: str) -> bool:
    try:
        return isinstance(ip_address(host), IPv6Address)
    except ValueError:
        return False
