"""Which client talks to which upstream."""

from collections.abc import Iterable

from ..gateway.router import UpstreamSpec
from ..gateway.upstream.base import Upstream
from ..gateway.upstream.httpx_client import HttpxUpstream
from .demo import DemoUpstream
from .tls import upstream_tls
from .upstreams import DEMO


def upstream_clients(specs: Iterable[UpstreamSpec]) -> dict[str, Upstream]:
    """Return a client for each upstream, by name; nothing is connected yet."""
    specs = tuple(specs)
    tls = upstream_tls() if any(spec.base_url.startswith("https:") for spec in specs) else None
    clients: dict[str, Upstream] = {}
    for spec in specs:
        clients[spec.name] = DemoUpstream() if spec.name == DEMO else HttpxUpstream(spec.base_url, tls=tls)
    return clients
