"""How the transparent proxy behaves. Made by the appliance from its settings."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ..intercepted.host_rules import HostRules

type FailMode = Literal["closed", "open"]
type Shadow = Literal["report", "inspect", "refuse"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conduct:
    """What is done with what passes.

    Attributes:
        rules: which hosts are looked into.
        gateway: address of the listener that requests are handed over to.
        key: signs what is handed over.
        fail: what becomes of a request when the addon fails or the gateway is away: ``open`` sends it on
            as if nobody looked, ``closed`` refuses it.
        shadow: what is done with a host nobody knows that turns out to speak to a model.
        block_unjudged: whether what nobody can judge is refused.
    """

    rules: HostRules
    gateway: tuple[str, int]
    key: bytes = field(repr=False)
    fail: FailMode = "closed"
    shadow: Shadow = "report"
    block_unjudged: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Where the proxy listens and whose certificates it issues.

    Attributes:
        modes: as mitmproxy writes them: ``regular@8080``, ``transparent@8081``, ``socks5``.
        host: address it listens on.
        port: of modes that name none.
        authority: PEM of the certificate and the key that sign; further certificates form the chain.
        folder: where mitmproxy may keep what it needs; holds no key.
        trusted: PEM file of the roots that hosts are checked against which are not handed over.
        users: htpasswd file of those who may use the proxy; None lets everybody.
        client_ca: PEM of who vouches for client certificates; empty asks for none.
    """

    modes: tuple[str, ...]
    host: str
    port: int
    authority: bytes = field(repr=False)
    folder: Path
    trusted: Path
    users: Path | None = None
    client_ca: bytes = b""
