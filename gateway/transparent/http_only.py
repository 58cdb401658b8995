"""What is said to hosts with a rule is read as HTTP, also where its first bytes look like something else.

mitmproxy passes on unread whatever does not begin like HTTP or QUIC: a first packet of one byte is enough.
"""

from mitmproxy.proxy import commands, events, layer, layers
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers.http import HTTPMode

from ..intercepted.host_rules import HostRules, plain

_QUIC_PORTS = (80, 443, 8443)
"""Where mitmproxy takes for QUIC whatever is long enough."""
_HAS_A_SAY = ("inspect", "refuse")


class Closed(layer.Layer):
    """Hears nobody."""

    def _handle_event(self, event: events.Event) -> layer.CommandGenerator[None]:
        if isinstance(event, events.Start):
            yield commands.CloseConnection(self.context.client)


def read_as_http(chosen: layer.NextLayer, rules: HostRules) -> None:
    """Replace what mitmproxy chose to pass on unread.

    TCP becomes HTTP where one of the names of its host has a rule that inspects or refuses: what is not
    HTTP after all ends there with an error. QUIC that agreed on anything but HTTP/3 is closed there. UDP on
    the ports of QUIC is closed, whoever it is for, since its host has no name yet; clients fall back to TCP.
    """
    context = chosen.context
    if isinstance(chosen.layer, (layers.TCPLayer, layers.RawQuicLayer)):
        if any(rules.find(name).action in _HAS_A_SAY for name in _names(context)):
            tcp = isinstance(chosen.layer, layers.TCPLayer)
            _replace(chosen, layers.HttpLayer(context, HTTPMode.transparent) if tcp else Closed(context))
    elif isinstance(chosen.layer, layers.UDPLayer):
        address = context.server.address
        if address is not None and address[1] in _QUIC_PORTS:
            _replace(chosen, Closed(context))


def _replace(chosen: layer.NextLayer, better: layer.Layer) -> None:
    if chosen.layer is not None:
        chosen.context.layers.remove(chosen.layer)
    chosen.layer = better


def _names(context: Context) -> list[str]:
    address = context.server.address
    written = [context.client.sni, context.server.sni, address[0] if address else None]
    return [plain(name) for name in written if name]
