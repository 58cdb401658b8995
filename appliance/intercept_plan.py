"""How the network is led through the transparent proxy: rules of nftables, and how to take them back."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .errors import ApplianceError

TABLE = "inet sluicegate"
"""The one table that everything stands in: taking it away takes all of it away."""

_FORWARDING = ("net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding")


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do. `rules` are for ``nft -f``; `before` and `after` are commands around them."""

    rules: str
    before: tuple[tuple[str, ...], ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def undo(self) -> tuple[str, ...]:
        """The command that takes the rules back."""
        return ("nft", "delete", "table", *TABLE.split())


def gateway_plan(interface: str, port: int, ports: Sequence[int] = (80, 443)) -> Plan:
    """Return the plan for a machine that others send their traffic through; they come in by `interface`."""
    shown = ", ".join(map(str, ports))
    rules = f"""table {TABLE} {{
  counter quic {{ }}
  chain through {{
    type nat hook prerouting priority dstnat; policy accept;
    iifname "{interface}" tcp dport {{ {shown} }} redirect to :{port}
  }}
  chain past {{
    type filter hook forward priority filter; policy accept;
    iifname "{interface}" udp dport 443 counter name quic reject
    iifname "{interface}" tcp dport 853 reject
  }}
}}
"""
    return Plan(
        rules,
        before=tuple(("sysctl", "-qw", f"{name}=1") for name in _FORWARDING if _has(name)),
        notes=(
            "Let the clients' default route lead to this machine, or add one for the hosts that matter:",
            "  ip route replace default via ADDRESS-OF-THIS-MACHINE",
            f'The proxy needs a mode transparent@{port} and a host it can be reached at: host = "0.0.0.0".',
        ),
    )


def _has(name: str) -> bool:
    return Path("/proc/sys", name.replace(".", "/")).exists()


def host_plan(user: str, port: int, ports: Sequence[int] = (80, 443)) -> Plan:
    """Return the plan for the programs of this machine itself; the proxy runs as `user`, who is left out."""
    shown = ", ".join(map(str, ports))
    rules = f"""table {TABLE} {{
  counter quic {{ }}
  chain through {{
    type nat hook output priority dstnat; policy accept;
    meta skuid {user} accept
    oifname "lo" accept
    tcp dport {{ {shown} }} redirect to :{port}
  }}
  chain past {{
    type filter hook output priority filter; policy accept;
    meta skuid {user} accept
    udp dport 443 counter name quic reject
  }}
}}
"""
    return Plan(rules, notes=("Only programs of other users than the proxy's are led through it.",))


def apply(plan: Plan) -> None:
    """Put a plan in force. Raises `ApplianceError` where this machine or its user cannot."""
    for command in plan.before:
        _run(command)
    _run(("nft", "-f", "-"), plan.rules)


def undo() -> None:
    """Take the rules of any plan back. Raises `ApplianceError`."""
    _run(Plan("").undo)


def quic_seen() -> int:
    """Return how many packets of QUIC the rules turned away; 0 where no rules are in force."""
    if shutil.which("nft", path=_PATH) is None:
        return 0
    command = ["nft", "list", "counter", *TABLE.split(), "quic"]
    ran = subprocess.run(command, env={"PATH": _PATH}, capture_output=True, text=True, check=False)  # noqa: S603 - fixed words
    words = ran.stdout.split()
    return int(words[words.index("packets") + 1]) if "packets" in words else 0


_PATH = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))


def _run(command: Sequence[str], given: str = "") -> None:
    program = shutil.which(command[0], path=_PATH)
    if program is None:
        raise ApplianceError(f"{command[0]} is not on this machine")
    ran = subprocess.run(  # noqa: S603 - the words are a plan's
        [program, *command[1:]], input=given, capture_output=True, text=True, check=False
    )
    if ran.returncode:
        raise ApplianceError(f"{' '.join(command)}: {ran.stderr.strip() or ran.returncode}")
