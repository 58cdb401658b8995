"""Which addresses a name may stand for."""

import ipaddress
from typing import Literal

type Address = ipaddress.IPv4Address | ipaddress.IPv6Address
type Kind = Literal["public", "private", "loopback", "forbidden"]

_METADATA = frozenset(
    map(ipaddress.ip_address, ("100.100.100.200", "192.0.0.192", "fd00:ec2::254", "168.63.129.16"))
)
"""Where clouds tell a machine's own credentials, beside the link-local 169.254.169.254."""
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def kind_of(text: str) -> Kind:
    """Say what kind of address a text is. Raises `ValueError` for what is none.

    Link-local, multicast, unspecified, reserved addresses and those of metadata services are
    ``forbidden``. An IPv6 address that leads to an IPv4 address is judged as that one.
    """
    address = _led_to(ipaddress.ip_address(text))
    if address.is_loopback:
        return "loopback"
    if (
        address.is_link_local
        or address.is_multicast
        or address.is_unspecified
        or address in _METADATA
        or (address.version == 4 and address.is_reserved)
    ):
        return "forbidden"
    return "public" if address.is_global else "private"


def _led_to(address: Address) -> Address:
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or address
