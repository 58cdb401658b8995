"""Taking the ports of the appliance, before anything else happens."""

import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic, sleep
from typing import Any

from .errors import ApplianceError
from .settings import Settings

SETTINGS = ("admin_port", "detection_port", "proxy_port")
"""The settings that choose a port, in the order of `Ports`."""

_BACKLOG = 2048
PATIENCE_SECONDS = 1.0
"""How long a port in use is waited for: workers of a supervisor that was killed let go in a moment."""
_AGAIN_SECONDS = 0.05
_LOOPBACK = "127.0.0.1"
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, not listened on


@dataclass(frozen=True, slots=True)
class Listener:
    """A taken port. Nothing is accepted before it is served."""

    setting: str
    socket: socket.socket
    port: int
    """Its number, also where the setting asked for any free one."""


def base_url(host: str, port: int) -> str:
    """Return the address a client on this machine uses; a host that means all of it is loopback."""
    host = _EVERYWHERE.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _bind(setting: str, host: str, port: int, patience: float) -> Listener:
    """Take a port, waiting until the time `patience` while it is in use.

    Raises `ApplianceError` naming the setting that chose it.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        raise ApplianceError(f"host: {host} is no address of this machine: {error.strerror}") from error
    taken = socket.socket(family, kind, protocol)
    try:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        _insist(taken, address, patience)
        # Listening takes the port from others for good; connections wait until it is served.
        taken.listen(_BACKLOG)
    except OSError as error:
        taken.close()
        raise ApplianceError(_why(setting, host, port, error)) from error
    taken.setblocking(False)
    return Listener(setting, taken, taken.getsockname()[1])


def _insist(taken: socket.socket, address: Any, patience: float) -> None:
    """Bind. Raises `OSError`."""
    while True:
        try:
            taken.bind(address)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or monotonic() >= patience:
                raise
            sleep(_AGAIN_SECONDS)
        else:
            return


def _why(setting: str, host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is in use; stop what uses it or set {setting} (SLUICEGATE_{setting.upper()})"
    if error.errno == errno.EACCES:
        return (
            f"port {port} needs more rights; set {setting} (SLUICEGATE_{setting.upper()}) to one above 1023"
        )
    return f"cannot listen on {host} port {port} ({setting}): {error.strerror}"


@dataclass(frozen=True, slots=True)
class Ports:
    """The three ports of an appliance, and the one that its transparent proxy hands requests over to."""

    admin: Listener
    detection: Listener
    proxy: Listener
    handover: Listener | None = None

    @property
    def all(self) -> tuple[Listener, ...]:
        """Every port there is."""
        ports = (self.admin, self.detection, self.proxy)
        return ports if self.handover is None else (*ports, self.handover)


@contextmanager
def taken_ports(settings: Settings) -> Iterator[Ports]:
    """Take all ports or none, and give them back at the end. Raises `ApplianceError`."""
    taken: list[Listener] = []
    patience = monotonic() + PATIENCE_SECONDS
    try:
        for name in SETTINGS:
            listener = _bind(name, settings.host, getattr(settings, name), patience)
            taken.append(listener)
        if settings.intercept is not None:
            taken.append(_bind("intercept", _LOOPBACK, 0, patience))
        yield Ports(*taken)
    finally:
        for listener in taken:
            listener.socket.close()


@contextmanager
def taken_port(host: str, port: int) -> Iterator[Listener]:
    """Take one port, and give it back at the end. Raises `ApplianceError`."""
    try:
        listener = _bind("port", host, port, monotonic() + PATIENCE_SECONDS)
    except ApplianceError:
        raise ApplianceError(f"cannot listen on {host} port {port}; choose others") from None
    try:
        yield listener
    finally:
        listener.socket.close()
