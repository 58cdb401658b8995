"""Whom a client meant: name, scheme and port of a flow, before anything is changed."""

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address

from mitmproxy import http
from mitmproxy.proxy.mode_specs import ReverseMode

from ..intercepted.host_rules import plain


@dataclass(frozen=True, slots=True)
class Asked:
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
    host = request.data.host if reverse else request.pretty_host
    shown = plain(client.sni) if client.sni and not reverse else ""
    return Asked(request.scheme, plain(host), request.data.port, shown, client.peername[0])


@lru_cache(4096)
def is_address(host: str) -> bool:
    """Say whether a host is no name but an IP address."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
