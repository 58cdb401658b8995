"""What is said to hosts with a rule is read as HTTP, also where its first bytes look like something else.

mitmproxy passes on unread whatever does not begin like HTTP or QUIC: a first packet of one byte is enough.
"""

import re

from mitmproxy.proxy import commands, events, layer, layers
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers.http import HTTPMode
from mitmproxy.proxy.mode_specs import ReverseMode

from ..intercepted.host_rules import HostRules, plain

_QUIC_PORTS = (80, 443, 8443)
"""Where mitmproxy takes for QUIC whatever is long enough."""
_HAS_A_SAY = ("inspect", "refuse")
_HANDSHAKE = b"\x16"
"""How TLS begins; servers look at no more than the first two bytes of the three that mitmproxy wants."""
_MAY_BECOME = re.compile(rb"\x16\x03?|[A-Za-z]{0,20}")
"""Beginnings of TLS and of HTTP that say nothing yet."""
_HTTP = re.compile(rb"[\r\n]|[A-Za-z]{1,20}[ \t\v\f]")
"""How HTTP begins, for servers that are lenient too."""


class Closed(layer.Layer):
    """Hears nobody."""

    def _handle_event(self, event: events.Event) -> layer.CommandGenerator[None]:
        if isinstance(event, events.Start):
            yield commands.CloseConnection(self.context.client)


def read_as_http(chosen: layer.NextLayer, rules: HostRules) -> None:
    """Replace what mitmproxy chose to pass on unread, unless the operator told it so.

    TCP waits for bytes that say whether it is TLS or HTTP, for mitmproxy decides by the first packet and a
    host may have no name before. It becomes HTTP where it begins like that, and where one of the names of
    its host has a rule that inspects or refuses: what is not HTTP after all ends there with an error. TLS
    that mitmproxy does not know is closed, and so is QUIC to such a host that agreed on anything but HTTP/3.
    UDP on the ports of QUIC is closed, whoever it is for, since its host has no name yet; clients fall back
    to TCP.
    """
    context = chosen.context
    if isinstance(chosen.layer, layers.TCPLayer):
        if chosen.layer.flow is not None:  # else a host to be ignored
            _read_tcp(chosen, _has_a_say(context, rules))
    elif isinstance(chosen.layer, layers.RawQuicLayer):
        if _has_a_say(context, rules):
            _replace(chosen, Closed(context))
    elif isinstance(chosen.layer, layers.UDPLayer):
        address = context.server.address
        if address is not None and address[1] in _QUIC_PORTS:
            _replace(chosen, Closed(context))


def _read_tcp(chosen: layer.NextLayer, has_a_say: bool) -> None:
    context, begin = chosen.context, chosen.data_client()
    asked = isinstance(context.client.proxy_mode, ReverseMode) or bool(chosen.data_server())
    if asked and not has_a_say:
        return
    if _MAY_BECOME.fullmatch(begin):
        _replace(chosen, None)
    elif begin.startswith(_HANDSHAKE):
        _replace(chosen, Closed(context))
    elif has_a_say or _HTTP.match(begin):
        _replace(chosen, layers.HttpLayer(context, HTTPMode.transparent))


def _has_a_say(context: Context, rules: HostRules) -> bool:
    return any(rules.find(name).action in _HAS_A_SAY for name in _names(context))


def _replace(chosen: layer.NextLayer, better: layer.Layer | None) -> None:
    if chosen.layer is not None:
        chosen.context.layers.remove(chosen.layer)
    chosen.layer = better


def _names(context: Context) -> list[str]:
    address = context.server.address
    written = [context.client.sni, context.server.sni, address[0] if address else None]
    return [plain(name) for name in written if name]
