"""What mitmproxy gives to hooks, as much of it as they look at."""

from types import SimpleNamespace

from mitmproxy import tls
from mitmproxy.test import tflow


def hello(host: str, sni: str | None = None, extensions: tuple[int, ...] = ()) -> tls.ClientHelloData:
    """A client begins TLS with an address, for a name."""
    client = tflow.tclient_conn()
    client.sni = sni
    server = SimpleNamespace(address=(host, 443))
    hello = SimpleNamespace(sni=sni, extensions=[(number, b"") for number in extensions])
    context = SimpleNamespace(client=client, server=server)
    return tls.ClientHelloData(context, hello)  # type: ignore[arg-type] # as much of them as is looked at
