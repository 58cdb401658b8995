"""Three network namespaces in a row: clients, a gateway, hosts. Gone afterwards, whatever happened."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PATH = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))
# addresses of the real network that are reached nowhere from here: private ones would be refused
CLIENT, GATEWAY_IN, GATEWAY_OUT, HOST = "45.60.1.2", "45.60.1.1", "45.60.2.1", "45.60.2.2"
_ETC = Path("/etc/netns")


def possible() -> bool:
    """Whether this machine and its user can have network namespaces and nftables."""
    tools = all(shutil.which(name, path=PATH) for name in ("ip", "nft", "curl", "sysctl"))
    if not tools or os.geteuid() != 0:
        return False
    name = f"sgtry{os.getpid()}"
    made = subprocess.run(["ip", "netns", "add", name], env={"PATH": PATH}, capture_output=True, check=False)
    if made.returncode == 0:
        subprocess.run(["ip", "netns", "delete", name], env={"PATH": PATH}, check=False)
    return made.returncode == 0


@dataclass(frozen=True, slots=True)
class Network:
    """Names of the namespaces."""

    client: str
    gateway: str
    host: str

    def command(self, where: str, *words: str) -> list[str]:
        """A command line that runs in one of them."""
        return ["ip", "netns", "exec", where, *words]

    def run(
        self, where: str, *words: str, env: Mapping[str, str] | None = None, seconds: float = 90
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end in one of them."""
        return subprocess.run(
            self.command(where, *words),
            env={"PATH": PATH, **(env or {})},
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
        )

    def start(self, where: str, *words: str, **more: Any) -> "subprocess.Popen[str]":
        """Start a command in one of them."""
        return subprocess.Popen(self.command(where, *words), text=True, **more)


@contextmanager
def network(hosts: Sequence[str]) -> Iterator[Network]:
    """Make the namespaces; in all of them `hosts` are at the address of the last."""
    made = Network(*(f"sg{os.getpid()}{role}" for role in ("c", "g", "h")))
    spaces = (made.client, made.gateway, made.host)
    try:
        for name in spaces:
            _run("ip", "netns", "add", name)
            _run("ip", "-n", name, "link", "set", "lo", "up")
            (_ETC / name).mkdir(parents=True)
            (_ETC / name / "hosts").write_text(
                "127.0.0.1 localhost\n" + "".join(f"{HOST} {host}\n" for host in hosts)
            )
            (_ETC / name / "resolv.conf").write_text("")
        _join(made.client, "c0", CLIENT, made.gateway, "c1", GATEWAY_IN)
        _join(made.gateway, "h1", GATEWAY_OUT, made.host, "h0", HOST)
        _run("ip", "-n", made.client, "route", "add", "default", "via", GATEWAY_IN)
        _run("ip", "-n", made.host, "route", "add", "default", "via", GATEWAY_OUT)
        yield made
    finally:
        for name in spaces:
            subprocess.run(
                ["ip", "netns", "delete", name], env={"PATH": PATH}, capture_output=True, check=False
            )
            shutil.rmtree(_ETC / name, ignore_errors=True)


def _join(one: str, its: str, address: str, other: str, others: str, far: str) -> None:
    _run("ip", "-n", one, "link", "add", its, "type", "veth", "peer", "name", others, "netns", other)
    for name, device, own in ((one, its, address), (other, others, far)):
        _run("ip", "-n", name, "address", "add", f"{own}/24", "dev", device)
        _run("ip", "-n", name, "link", "set", device, "up")


def _run(*words: str) -> None:
    subprocess.run(list(words), env={"PATH": PATH}, check=True, capture_output=True)
