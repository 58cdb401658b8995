"""What `fail_safe` does with what a hook was given. None of these fails."""

from typing import Any

from mitmproxy import http, tls
from mitmproxy.proxy import layer
from mitmproxy.proxy.server_hooks import ServerConnectionHookData

from ..intercepted.ticket import HEADER
from .fail_safe import Failing
from .http_only import Closed
from .post import DIRECT, MEANT, WAY
from .refusals import refusal


def refuse(_: Failing, flow: http.HTTPFlow) -> None:
    """Nothing of the request leaves."""
    flow.request.stream = False
    flow.response = refusal("interception_failed")


def let_on(_: Failing, flow: http.HTTPFlow) -> None:
    """Send the request where it was meant to go, as if nobody had looked."""
    flow.metadata[WAY] = DIRECT
    meant: tuple[bytes, str, int] | None = flow.metadata.get(MEANT)
    if meant is not None:
        flow.request.data.scheme, flow.request.data.host, flow.request.data.port = meant
    flow.request.headers.pop(HEADER, None)
    flow.request.stream = (
        flow.request.data.content is None
    )  # a body that is still to come is not gathered first
    flow.response = None


def cut(_: Failing, flow: http.HTTPFlow) -> None:
    """Nothing more of the answer arrives."""
    if flow.killable:
        flow.kill()


def drop(_: Failing, flow: http.HTTPFlow) -> None:
    """The newest message of a socket does not arrive."""
    if flow.websocket is not None and flow.websocket.messages:
        flow.websocket.messages[-1].drop()


def stay(_: Failing, _given: Any) -> None:
    """Leave it to what mitmproxy does by itself."""


def tunnel(_: Failing, data: tls.ClientHelloData) -> None:
    """Leave the connection alone."""
    data.ignore_connection = True


def close(_: Failing, chosen: layer.NextLayer) -> None:
    """Hear nothing of what a connection has to say."""
    chosen.layer = Closed(chosen.context)


def connect_not(_: Failing, data: ServerConnectionHookData) -> None:
    """Do not connect."""
    data.server.error = "the proxy failed"
