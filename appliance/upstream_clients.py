"""Which client talks to which upstream."""

import ssl
from collections.abc import Iterable

from ..gateway.upstream.base import Upstream
from ..gateway.upstream.pool import PooledUpstream
from ..gateway.upstream_spec import UpstreamSpec
from .demo import DemoUpstream
from .tls import upstream_tls
from .upstreams import DEMO


def upstream_clients(specs: Iterable[UpstreamSpec]) -> dict[str, Upstream]:
    """Return a client for each upstream, by name; nothing is connected yet."""
    tls: ssl.SSLContext | None = None
    clients: dict[str, Upstream] = {}
    for spec in specs:
        if spec.base_url.startswith("https:") and spec.http == "1.1" and tls is None:
            tls = upstream_tls()
        clients[spec.name] = _client(spec, tls)
    return clients


def _client(spec: UpstreamSpec, tls: ssl.SSLContext | None) -> Upstream:
    if spec.name == DEMO:
        return DemoUpstream()
    if spec.http == "1.1":
        return PooledUpstream(spec.base_url, connections=spec.connections, tls=tls, proxy=spec.proxy)
    # httpx is a fifth of a second and ten megabytes that only such an upstream needs
    from ..gateway.upstream.httpx_client import HttpxUpstream  # noqa: PLC0415

    # its context is its own: httpx writes the protocols it offers into it
    return HttpxUpstream(
        spec.base_url, connections=spec.connections, tls=upstream_tls(), http2=True, proxy=spec.proxy
    )
