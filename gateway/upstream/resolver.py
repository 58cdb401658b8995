"""From the host of a configuration to the addresses that are connected to."""

import asyncio
import ipaddress
import socket
import time
from collections.abc import Awaitable, Callable

from .addresses import Kind, kind_of
from .faults import unreachable

type Lookup = Callable[[str], Awaitable[list[str]]]
"""Addresses of a host name, as text. Raises `OSError`."""

FRESH_SECONDS = 30.0


async def system_lookup(host: str) -> list[str]:
    """Ask the system's resolver, off the loop."""
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(item[4][0]) for item in found))


class Resolver:
    """Resolves one host and pins what it found: the addresses that were checked are connected to.

    A literal address is taken as the operator wrote it. A name never leads to a ``forbidden``
    address (see `addresses.kind_of`), and to loopback or private ones only if it did so when it
    was resolved for the first time: a name that was public then cannot be turned inwards later.
    An answer is believed for `fresh` seconds, and on when asking again fails. Where somebody else than
    the operator names the host, `kinds` are all that it may lead to, as a literal address too.
    """

    def __init__(
        self,
        host: str,
        *,
        fresh: float = FRESH_SECONDS,
        lookup: Lookup = system_lookup,
        clock: Callable[[], float] = time.monotonic,
        kinds: frozenset[Kind] | None = None,
    ) -> None:
        self._host = host
        self._fresh = fresh
        self._lookup = lookup
        self._clock = clock
        self._until = 0.0
        self._kinds: frozenset[Kind] = kinds or frozenset()
        self._asking: asyncio.Task[None] | None = None
        self._literal = _is_address(host)
        self._known = [host] if self._literal and (kinds is None or kind_of(host) in kinds) else []

    async def addresses(self) -> list[str]:
        """Return at least one address, the best one first.

        Raises `UpstreamFault` (``upstream_unreachable``) when there is none that may be used.
        """
        if not self._literal and self._clock() >= self._until:
            await self._ask()
        if not self._known:
            raise unreachable("The upstream's name leads nowhere that may be connected to.")
        return list(self._known)

    def prefer(self, address: str) -> None:
        """Put an address that answered in front of the others."""
        if address in self._known:
            self._known.remove(address)
            self._known.insert(0, address)

    async def _ask(self) -> None:
        """Resolve; whoever asks meanwhile waits for the same answer, and none of them ends it."""
        if self._asking is None:
            self._asking = asyncio.create_task(self._resolve())
            self._asking.add_done_callback(self._asked)
        await asyncio.shield(self._asking)

    def _asked(self, _: asyncio.Task[None]) -> None:
        self._asking = None

    async def _resolve(self) -> None:
        try:
            found = await self._lookup(self._host)
        except (OSError, UnicodeError):
            return  # what was known is known still; the next request asks again
        kinds = {address: kind_of(address) for address in found}
        if not self._kinds:
            self._kinds = frozenset(kinds.values()) - {"forbidden"} | {"public"} if kinds else frozenset()
        self._known = [address for address in found if kinds[address] in self._kinds]
        self._until = self._clock() + self._fresh


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
