"""Who is behind a flow: by password, by certificate, by program or by address, the first that says it."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from mitmproxy import connection, http

from .identity import ClientCertificates
from .processes import program_at, program_of

type Network = IPv4Network | IPv6Network

_MOST_MET = 10_000
"""Connections whose program is remembered; of more the one met first is forgotten."""


class Networks:
    """Names of clients by address. `named` are addresses or networks with their names; the smallest counts.

    Raises `ValueError` for what is no network.
    """

    def __init__(self, named: Iterable[tuple[str, str]] = ()) -> None:
        networks = [(ip_network(network), name) for network, name in named]
        self._networks = sorted(networks, key=lambda pair: -pair[0].prefixlen)
        self.name: Callable[[str], str] = lru_cache(4096)(self._name)
        """Return the name of an address; empty for none."""

    def _name(self, address: str) -> str:
        with suppress(ValueError):
            found = ip_address(address)
            found = getattr(found, "ipv4_mapped", None) or found
            return next((name for network, name in self._networks if found in network), "")
        return ""


class Callers:
    """Names those who are behind flows.

    Args:
        certificates: knows clients by certificates; None asks for none.
        networks: knows them by address.
        processes: programs of this machine are known by their name and user.
    """

    def __init__(
        self,
        certificates: ClientCertificates | None = None,
        networks: Networks | None = None,
        *,
        processes: bool = False,
    ) -> None:
        self._certificates = certificates
        self._networks = networks or Networks()
        self.processes = processes
        self._met: dict[str, str] = {}

    async def meet(self, client: connection.Client, told: Callable[[], object]) -> None:
        """Look who connects; `told` gives its process where the mode knows it, or raises `KeyError`."""
        pid: object = None
        with suppress(KeyError):
            pid = told()
        if isinstance(pid, int):  # the mode `local`: the kernel said so when the connection was made
            name = program_of(pid)
        else:
            ends = client.peername[:2], client.sockname[:2]
            name = await asyncio.to_thread(program_at, *ends)
        if name:
            if len(self._met) >= _MOST_MET:
                del self._met[next(iter(self._met))]
            self._met[client.id] = name

    def leave(self, client: connection.Client) -> None:
        """Forget a connection."""
        self._met.pop(client.id, None)

    def name(self, flow: http.HTTPFlow) -> str:
        """Return who is behind a flow; empty where nobody knows."""
        known = flow.metadata.get("proxyauth")
        if known:
            return str(known[0])
        client = flow.client_conn
        certified = self._certificates.name(client) if self._certificates is not None else ""
        return certified or self._met.get(client.id, "") or self._networks.name(client.peername[0])
