"""The addon: decides by host before TLS is broken, and hands what is inspected over to the gateway."""

from mitmproxy import connection, http, tls
from mitmproxy.proxy import layer
from mitmproxy.proxy.server_hooks import ServerConnectionHookData

from ..intercepted.destinations import reachable
from ..intercepted.host_rules import MAGIC_HOST, HostRule, plain
from ..intercepted.install_page import InstallPage
from ..upstream.addresses import kind_of
from ..upstream.resolver import system_lookup
from .asked import Asked, asked, is_address
from .fail_safe import guarded, guarded_async
from .http_only import read_as_http
from .mends import close, connect_not, cut, let_on, refuse, stay, tunnel
from .post import AWAITED, DIRECT, HANDED, LOOKED, MEANT, SOCKET, WAY, Part, Post
from .protocols import framed, is_grpc, is_object, is_short, is_socket, values, without
from .refusals import refusal

_OURS = (b"x-sluicegate-", b"x-og-")
_ECH = 0xFE0D
"""Number of the extension by which a client hides whom it asks for."""
_QUIC = 443
_PLACE = "sluicegate place"
"""Where a flow's metadata says whom a request is for that is waited for."""


class Interceptor(Part):
    """Implements mitmproxy's hooks. Every one of them ends as `fail_safe` says."""

    def __init__(self, post: Post, page: InstallPage | None = None) -> None:
        super().__init__(post)
        self.rules = post.conduct.rules
        self._page = page

    # before TLS

    @guarded(cut, let_on)
    def http_connect(self, flow: http.HTTPFlow) -> None:
        """Refuse a tunnel to a host that is refused."""
        host = plain(flow.request.host)
        if flow.response is None and self.rules.find(host).action == "refuse":
            self.tally.count("refused")
            flow.response = refusal("host_refused")

    @guarded(stay, tunnel)
    def tls_clienthello(self, data: tls.ClientHelloData) -> None:
        """Leave connections alone that are not looked into: TLS stays between client and host."""
        host, client = _meant(data), _peer(data.context.client)
        if any(kind == _ECH for kind, _ in data.client_hello.extensions):
            self.tally.count("ech", client, host)
        if is_address(host):
            self.tally.count("direct_ip", client, host)
        if self.rules.find(host).action == "tunnel":
            self.tally.count("tunnelled")
            data.ignore_connection = True

    @guarded(close, stay)
    def next_layer(self, chosen: layer.NextLayer) -> None:
        """Let nothing past unread for how it begins."""
        read_as_http(chosen, self.rules)

    @guarded(stay, stay)
    def tls_failed_client(self, data: tls.TlsData) -> None:
        """Remember who does not believe our certificates."""
        self.tally.count("pinned", _peer(data.context.client), plain(data.context.client.sni or ""))

    # requests

    @guarded(refuse, let_on)
    def requestheaders(self, flow: http.HTTPFlow) -> None:
        """Decide what becomes of a request, and hand it over where it is inspected."""
        if flow.response is not None or flow.error is not None:
            return
        data = flow.request.data
        flow.metadata[MEANT] = data.scheme, data.host, data.port
        place = asked(flow)
        _strip_ours(flow.request)
        rule = self.rules.find(place.host)
        code = self._objection(place, rule)
        if place.host == MAGIC_HOST and self._page is not None:
            served = self._page.answer(flow.request.path)
            flow.response = http.Response.make(served.status, served.content, dict(served.headers))
        elif code:
            self.tally.count("refused")
            flow.response = refusal(code)
        elif rule.action == "inspect":
            self._inspect(flow, place)
        elif rule is self.rules.unknown:
            flow.metadata[WAY] = LOOKED
        else:
            _let_pass(flow)

    @guarded(refuse, let_on)
    def request(self, flow: http.HTTPFlow) -> None:
        """Hand over a request that was waited for."""
        if flow.response is not None or flow.error is not None:
            return
        if self.post.watch.alive:
            self.post.hand_over(flow, flow.metadata[_PLACE])
        else:
            self._without_gateway(flow)

    @guarded(cut, stay)
    def responseheaders(self, flow: http.HTTPFlow) -> None:
        """Let answers flow as they come: those of the gateway are judged."""
        response = flow.response
        if response is not None and flow.metadata.get(WAY) in (HANDED, DIRECT):
            response.stream = not (is_short(response) and is_object(response))

    # connections

    @guarded_async(connect_not, stay)
    async def server_connect(self, data: ServerConnectionHookData) -> None:
        """Connect to nobody at an address that the host's rule does not allow."""
        address = data.server.address
        if address is None or (address[0], address[1]) == self.post.conduct.gateway:
            return
        if data.server.transport_protocol == "udp" and address[1] == _QUIC:
            self.tally.count("quic", _peer(data.client), plain(address[0]))
        host = plain(address[0])
        name = plain(data.server.sni or data.client.sni or host) if is_address(host) else host
        kinds = reachable(self.rules.find(name))
        good = [item for item in await _led_to(host, name) if kind_of(item) in kinds]
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
        if not self.post.watch.alive:
            self._without_gateway(flow)
        elif is_socket(flow.request):
            flow.metadata[WAY] = SOCKET
            without(flow.request, b"sec-websocket-extensions")  # nothing bounds what mitmproxy inflates
        elif is_grpc(flow.request):
            self._unjudged(flow, place)
        else:
            self._hand_over(flow, place)

    def _hand_over(self, flow: http.HTTPFlow, place: Asked) -> None:
        request = flow.request
        if values(request, b"upgrade"):
            without(request, b"upgrade")
        if is_short(request):  # its ticket is written when it is there, for it is good for seconds
            flow.metadata[WAY], flow.metadata[_PLACE] = AWAITED, place
            self.post.divert(flow)
        else:
            self.post.hand_over(flow, place)
            request.stream = framed(request)

    def _unjudged(self, flow: http.HTTPFlow, place: Asked) -> None:
        self.tally.count("unjudged", place.client, place.host)
        if self.post.conduct.block_unjudged:
            flow.response = refusal("unjudged_request")
        else:
            _let_pass(flow)

    def _without_gateway(self, flow: http.HTTPFlow) -> None:
        if self.fails_open:
            _let_pass(flow)
            self.tally.count("failed_open")
        else:
            flow.response = refusal("gateway_away")
            self.tally.count("failed_closed")


def _let_pass(flow: http.HTTPFlow) -> None:
    """Send a request where it was meant to go; a long body is not gathered first."""
    data = flow.request.data
    data.scheme, data.host, data.port = flow.metadata[MEANT]
    flow.metadata[WAY] = DIRECT
    flow.request.stream = not is_short(flow.request)


async def _led_to(host: str, name: str) -> list[str]:
    """Return the addresses that a host stands for.

    A client that gives an address of the inside and a name beside it has to mean the name's own.
    """
    if not is_address(host):
        return await system_lookup(host)
    if name == host or kind_of(host) == "public":
        return [host]
    return [item for item in await system_lookup(name) if plain(item) == host]


def _strip_ours(request: http.Request) -> None:
    fields = request.headers.fields
    kept = tuple([field for field in fields if not field[0].lower().startswith(_OURS)])
    if len(kept) != len(fields):
        request.headers.fields = kept


def _meant(data: tls.ClientHelloData) -> str:
    """Return the host that a connection is for, as far as is known before TLS."""
    if data.client_hello.sni:
        return plain(data.client_hello.sni)
    address = data.context.server.address
    return plain(address[0]) if address else ""


def _peer(client: connection.Client) -> str:
    return client.peername[0]
