"""The addon: decides by host before TLS is broken, and hands what is inspected over to the gateway."""

from typing import Any

from mitmproxy import connection, http, tls
from mitmproxy.proxy.server_hooks import ServerConnectionHookData

from ..intercepted.destinations import reachable
from ..intercepted.host_rules import MAGIC_HOST, HostRule, plain
from ..intercepted.install_page import InstallPage
from ..intercepted.ticket import HEADER, TicketOffice
from ..upstream.addresses import kind_of
from ..upstream.resolver import system_lookup
from .asked import Asked, asked, is_address
from .conduct import Conduct
from .fail_safe import guarded, guarded_async
from .identity import ClientCertificates
from .refusals import refusal
from .tally import Tally
from .watch import Watch

WAY = "sluicegate"
"""Where a flow's metadata says what became of its request: ``handed`` or ``direct``."""

_OURS = ("x-sluicegate-", "x-og-")
_ECH = 0xFE0D


def _refuse(_: "Interceptor", flow: http.HTTPFlow) -> None:
    """Nothing of the request leaves."""
    flow.request.stream = False
    flow.response = refusal("interception_failed")


def _let_on(_: "Interceptor", flow: http.HTTPFlow) -> None:
    """Send the request where it was meant to go, as if nobody had looked."""
    flow.metadata[WAY] = "direct"
    meant: tuple[str, str, int] | None = flow.metadata.get("meant")
    if meant is not None:
        flow.request.data.scheme, flow.request.data.host, flow.request.data.port = (
            meant[0].encode(),
            meant[1],
            meant[2],
        )
    flow.request.headers.pop(HEADER, None)
    flow.response = None


def _cut(_: "Interceptor", flow: http.HTTPFlow) -> None:
    if flow.killable:
        flow.kill()


def _pass(_: "Interceptor", _flow: Any) -> None:
    """Whatever mitmproxy does by itself."""


def _tunnel(_: "Interceptor", data: tls.ClientHelloData) -> None:
    data.ignore_connection = True


def _no_connection(_: "Interceptor", data: ServerConnectionHookData) -> None:
    data.server.error = "the proxy failed"


class Interceptor:
    """Implements mitmproxy's hooks. Every one of them ends as `fail_safe` says."""

    def __init__(
        self,
        conduct: Conduct,
        *,
        page: InstallPage | None = None,
        certificates: ClientCertificates | None = None,
    ) -> None:
        self.conduct = conduct
        self.tally = Tally()
        self.watch = Watch(conduct.gateway)
        self._office = TicketOffice(conduct.key)
        self._page = page
        self._certificates = certificates

    @property
    def fails_open(self) -> bool:
        """Whether traffic goes on when a hook fails."""
        return self.conduct.fail == "open"

    def running(self) -> None:
        """Begin to watch the gateway."""
        self.watch.start()

    def done(self) -> None:
        """Watch no more."""
        self.watch.stop()

    # before TLS

    @guarded(_cut, _let_on)
    def http_connect(self, flow: http.HTTPFlow) -> None:
        """Refuse a tunnel to a host that is refused."""
        host = plain(flow.request.host)
        if flow.response is None and self.conduct.rules.find(host).action == "refuse":
            self.tally.count("refused")
            flow.response = refusal("host_refused")

    @guarded(_pass, _tunnel)
    def tls_clienthello(self, data: tls.ClientHelloData) -> None:
        """Leave connections alone that are not looked into: TLS stays between client and host."""
        host, client = _meant(data), _peer(data.context.client)
        if any(kind == _ECH for kind, _ in data.client_hello.extensions):
            self.tally.count("ech", client, host)
        if is_address(host):
            self.tally.count("direct_ip", client, host)
        if self.conduct.rules.find(host).action == "tunnel":
            self.tally.count("tunnelled")
            data.ignore_connection = True

    @guarded(_pass, _pass)
    def tls_failed_client(self, data: tls.TlsData) -> None:
        """Remember who does not believe our certificates."""
        self.tally.count("pinned", _peer(data.context.client), plain(data.context.client.sni or ""))

    # requests

    @guarded(_refuse, _let_on)
    def requestheaders(self, flow: http.HTTPFlow) -> None:
        """Decide what becomes of a request, and hand it over where it is inspected."""
        if flow.response is not None or flow.error is not None:
            return
        place = asked(flow)
        flow.metadata["meant"] = flow.request.scheme, flow.request.data.host, flow.request.data.port
        _strip_ours(flow.request)
        rule = self.conduct.rules.find(place.host)
        code = self._objection(place, rule)
        if place.host == MAGIC_HOST and self._page is not None:
            served = self._page.answer(flow.request.path)
            flow.response = http.Response.make(served.status, served.content, dict(served.headers))
        elif code:
            self.tally.count("refused")
            flow.response = refusal(code)
        elif rule.action == "inspect":
            self._inspect(flow, place)
        else:
            flow.metadata[WAY] = "direct"

    @guarded(_cut, _pass)
    def responseheaders(self, flow: http.HTTPFlow) -> None:
        """Let answers flow as they come: those of the gateway are judged."""
        if flow.response is not None and flow.metadata.get(WAY) is not None:
            flow.response.stream = True

    # connections

    @guarded_async(_no_connection, _pass)
    async def server_connect(self, data: ServerConnectionHookData) -> None:
        """Connect to nobody at an address that the host's rule does not allow."""
        address = data.server.address
        if address is None or (address[0], address[1]) == self.conduct.gateway:
            return
        name = plain(data.server.sni or address[0])
        kinds = reachable(self.conduct.rules.find(name))
        host = plain(address[0])
        found = [host] if is_address(host) else await system_lookup(host)
        good = [item for item in found if kind_of(item) in kinds]
        if not good:
            self.tally.count("refused")
            data.server.error = "the address is not allowed"
        elif not is_address(host):
            data.server.sni = data.server.sni or address[0]
            data.server.address = good[0], address[1]

    def _objection(self, place: Asked, rule: HostRule) -> str:
        """Return why a request goes nowhere; empty where nothing speaks against it."""
        if rule.action == "refuse":
            return "host_refused"
        if place.contradicts:
            return "host_mismatch"
        if is_address(place.host) and kind_of(place.host) not in reachable(rule):
            return "address_refused"
        return ""

    def _inspect(self, flow: http.HTTPFlow, place: Asked) -> None:
        if not self.watch.alive:
            self._without_gateway(flow)
            return
        user = self._user(flow)
        request = flow.request
        request.headers[HEADER] = self._office.issue(place.scheme, place.host, place.port, place.client, user)
        request.data.scheme = b"http"
        request.data.host, request.data.port = self.conduct.gateway
        request.stream = True
        flow.metadata[WAY] = "handed"
        self.tally.count("handed_over")

    def _without_gateway(self, flow: http.HTTPFlow) -> None:
        if self.fails_open:
            flow.metadata[WAY] = "direct"
            self.tally.count("failed_open")
        else:
            flow.response = refusal("gateway_away")
            self.tally.count("failed_closed")

    def _user(self, flow: http.HTTPFlow) -> str:
        known = flow.metadata.get("proxyauth")
        if known:
            return str(known[0])
        return self._certificates.name(flow.client_conn) if self._certificates is not None else ""


def _strip_ours(request: http.Request) -> None:
    for name in {key for key in request.headers if key.lower().startswith(_OURS)}:
        del request.headers[name]


def _meant(data: tls.ClientHelloData) -> str:
    """Return the host that a connection is for, as far as is known before TLS."""
    if data.client_hello.sni:
        return plain(data.client_hello.sni)
    address = data.context.server.address
    return plain(address[0]) if address else ""


def _peer(client: connection.Client) -> str:
    return client.peername[0]
