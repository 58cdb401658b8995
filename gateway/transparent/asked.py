"""Whom a client meant: name, scheme and port of a flow, before anything is changed."""

from functools import lru_cache
from ipaddress import ip_address
from typing import NamedTuple

from mitmproxy import http
from mitmproxy.proxy.mode_specs import ReverseMode

from ..intercepted.host_rules import plain
from .protocols import values

_MOST_NAMED = 4096
_named: dict[tuple[bool, bytes], str] = {}
"""Hosts by how clients write them, whether in HTTP/1 or later: mitmproxy reads them anew each time."""


class Asked(NamedTuple):
    """The place that a request is for.

    `shown` is the name that the client gave when it began TLS; empty where there was none. `client` is
    the address it came from.
    """

    scheme: str
    host: str
    port: int
    shown: str
    client: str

    @property
    def contradicts(self) -> bool:
        """Whether the request is for another host than the connection was made for."""
        return self.scheme == "https" and bool(self.shown) and self.shown != self.host


def asked(flow: http.HTTPFlow) -> Asked:
    """Return the place that a flow's request is for."""
    request, client = flow.request, flow.client_conn
    reverse = isinstance(client.proxy_mode, ReverseMode)  # then the operator said where to
    host = plain(request.data.host) if reverse else _host(request)
    shown = plain(client.sni) if client.sni and not reverse else ""
    return Asked(request.scheme, host, request.data.port, shown, client.peername[0])


def _host(request: http.Request) -> str:
    first = request.data.http_version.startswith(b"HTTP/1")
    written = values(request, b"host") if first else [request.data.authority]
    if len(written) != 1 or not written[0]:
        return plain(request.pretty_host)
    known = _named.get((first, written[0]))
    if known is None:
        if len(_named) >= _MOST_NAMED:
            _named.clear()
        known = _named[first, written[0]] = plain(request.pretty_host)
    return known


@lru_cache(4096)
def is_address(host: str) -> bool:
    """Say whether a host is no name but an IP address."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
